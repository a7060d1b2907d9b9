/* SPDX-License-Identifier: ISC */
/* What each job of the writer does to the database.  SQLite's codes. */

#include <string.h>

#include "addrbookd/store_impl.h"

static int
do_fact(struct store_db *d, const struct store_job *j, int *nnodes)
{
	struct store_node fact, n;
	int rc;

	if (store_decode_node(j->blob, j->len, &fact) == -1)
		return SQLITE_OK;
	if ((rc = store_db_get_node(d, &j->id, &n)) == SQLITE_NOTFOUND) {
		memset(&n, 0, sizeof(n));
		if (*nnodes >= 0)
			++*nnodes;
	} else if (rc != SQLITE_OK)
		return rc;
	store_node_fact(&n, j->now, &fact);
	return store_db_put_node(d, &n);
}

static int
do_uptime(struct store_db *d, const struct store_job *j, int *nnodes)
{
	struct store_node n;
	int rc;

	/* Who proved its ID was met, even if its facts are still to come. */
	rc = store_db_get_node(d, &j->id, &n);
	if (rc == SQLITE_NOTFOUND) {
		if (j->uptime != STORE_UP ||
		    store_decode_node(j->blob, j->len, &n) == -1)
			return SQLITE_OK;
		if (*nnodes >= 0)
			++*nnodes;
	} else if (rc != SQLITE_OK)
		return rc;
	store_node_uptime(&n, j->now, j->uptime);
	return store_db_put_node(d, &n);
}

static int
do_put(struct store_db *d, const struct store_job *j, int *nnodes)
{
	return store_db_put(d, j->table, j->index, j->blob, j->len);
}

static int
do_delete(struct store_db *d, const struct store_job *j, int *nnodes)
{
	return store_db_delete(d, j->table, j->index);
}

static int (*const jobs[])(struct store_db *, const struct store_job *,
    int *nnodes) = {
	[JOB_PUT]		= do_put,
	[JOB_DELETE]		= do_delete,
	[JOB_FACT]		= do_fact,
	[JOB_UPTIME]		= do_uptime,
};

int
store_do_job(struct store_db *d, const struct store_job *j, int *nnodes)
{
	return jobs[j->kind](d, j, nnodes);
}

/* Who was seen longest ago makes room; what is asked seldom is counted. */
int
store_bound_nodes(struct store_db *d, int *nnodes)
{
	int rc = SQLITE_OK;

	if (*nnodes < 0)
		rc = store_db_count_nodes(d, nnodes);
	if (rc != SQLITE_OK || *nnodes <= STORE_NODES_MAX)
		return rc;
	rc = store_db_forget_nodes(d, *nnodes - STORE_NODES_MAX);
	*nnodes = STORE_NODES_MAX;
	return rc;
}

void
store_do_read(struct store_db *d, struct store_nodes_answer *a)
{
	sqlite3_stmt *st = d->node_scan;
	struct store_node n;

	sqlite3_bind_int64(st, 1, a->cursor);
	sqlite3_bind_int64(st, 2, STORE_NODES_AT_ONCE);
	while (a->n < STORE_NODES_AT_ONCE && sqlite3_step(st) == SQLITE_ROW) {
		a->cursor = sqlite3_column_int64(st, 0);
		a->more = true;
		if (store_decode_node(sqlite3_column_blob(st, 1),
		    sqlite3_column_bytes(st, 1), &n) == 0)
			store_node_row(&n, &a->rows[a->n++]);
	}
	sqlite3_reset(st);
}
