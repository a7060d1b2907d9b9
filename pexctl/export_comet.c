/* SPDX-License-Identifier: ISC */
/*
 * CometBFT's addrbook.json, such that a stock node starts from it: one
 * endpoint per ID, each entry in one bucket, buckets and tables within their
 * sizes.  A node panics on less.
 *
 * A book of pexd's may be far larger than CometBFT's: the best that fit are
 * kept, in memory that does not grow with the book.
 *
 * Source: CometBFT p2p/pex/file.go, known_address.go, addrbook.go.
 */

#include <sys/types.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pexctl/export.h"
#include "pexctl/jsonw.h"
#include "pexctl/rfc3339.h"

#define BUCKET_SIZE	64
#define NEW_BUCKETS	256
#define OLD_BUCKETS	64
#define KEEP		((NEW_BUCKETS + OLD_BUCKETS) * BUCKET_SIZE)
#define GATHER		(3 * KEEP)	/* rows gathered before a sift */

struct comet_row {
	struct peer_addr addr;
	uint8_t		 level;
	bool		 is_old;
	uint16_t	 bucket;	/* where pexd has it; a hint */
	uint32_t	 attempts;
	int64_t		 last_try, last_success;
};

struct table {			/* how full its buckets are */
	const char	*type;
	unsigned	 nbuckets;
	uint8_t		 fill[NEW_BUCKETS];
	unsigned	 hint;		/* none before it has room */
	unsigned	 n;
};

/* --- which ------------------------------------------------------------- */

/* The better one first: what a node should have rather than another. */
static int
by_worth(const void *va, const void *vb)
{
	const struct comet_row *a = va, *b = vb;

	if (a->level != b->level)
		return a->level > b->level ? -1 : 1;
	if (a->last_success != b->last_success)
		return a->last_success > b->last_success ? -1 : 1;
	if (a->attempts != b->attempts)
		return a->attempts < b->attempts ? -1 : 1;
	return memcmp(&a->addr.id, &b->addr.id, sizeof(a->addr.id));
}

static int
by_id(const void *va, const void *vb)
{
	const struct comet_row *a = va, *b = vb;
	int cmp = node_id_cmp(&a->addr.id, &b->addr.id);

	return cmp != 0 ? cmp : by_worth(va, vb);
}

/* Keep the best endpoint of each ID, and of those the best KEEP. */
static void
sift(struct export *ex)
{
	struct comet_row *r = ex->rows;
	size_t i, n = 0;

	if (ex->n == 0)
		return;
	qsort(r, ex->n, sizeof(*r), by_id);
	for (i = 0; i < ex->n; i++) {
		if (n > 0 && node_id_equal(&r[n - 1].addr.id, &r[i].addr.id))
			ex->other_endpoint++;
		else
			r[n++] = r[i];
	}
	qsort(r, n, sizeof(*r), by_worth);
	if (n > KEEP) {
		ex->no_room += n - KEEP;
		n = KEEP;
	}
	ex->n = n;
}

static int
room_for_one(struct export *ex)
{
	struct comet_row *rows;
	size_t max;

	if (ex->n == GATHER)
		sift(ex);
	if (ex->n < ex->max)
		return 0;
	max = ex->max == 0 ? 256 : ex->max * 2;
	if (max > GATHER)
		max = GATHER;
	if ((rows = reallocarray(ex->rows, max, sizeof(*rows))) == NULL)
		return -1;
	ex->rows = rows;
	ex->max = max;
	return 0;
}

static int
comet_entry(struct export *ex, const struct m_row_entry *e)
{
	struct comet_row *r;

	if (room_for_one(ex) == -1)
		return -1;
	r = &ex->rows[ex->n++];
	memset(r, 0, sizeof(*r));
	r->addr = e->addr;
	r->level = e->level;
	/* What CometBFT calls old is what it has verified. */
	r->is_old = e->is_old || e->level >= LEVEL_GOOD;
	r->bucket = e->nbuckets > 0 ? e->buckets[0] : 0;
	r->attempts = e->attempts > INT32_MAX ? INT32_MAX : e->attempts;
	r->last_try = e->last_try;
	r->last_success = e->last_success;
	return 0;
}

/* --- where ------------------------------------------------------------- */

/* A bucket with room, near the one it had; -1 when the table is full. */
static int
place(struct table *t, unsigned bucket)
{
	if (t->n == t->nbuckets * BUCKET_SIZE)
		return -1;
	bucket %= t->nbuckets;
	if (t->fill[bucket] == BUCKET_SIZE) {
		while (t->fill[t->hint] == BUCKET_SIZE)
			t->hint++;
		bucket = t->hint;
	}
	t->fill[bucket]++;
	t->n++;
	return (int)bucket;
}

/* --- writing ----------------------------------------------------------- */

static void
put_addr(struct jsonw *j, const char *key, const struct peer_addr *pa)
{
	char id[NODE_ID_TEXT_SIZE], ip[IP_TEXT_SIZE];

	jsonw_object(j, key);
	jsonw_str(j, "id", node_id_text(&pa->id, id));
	jsonw_str(j, "ip", ip_text(pa->na.ip, ip));
	jsonw_uint(j, "port", pa->na.port);
	jsonw_end(j);
}

static void
put_row(struct jsonw *j, const struct comet_row *r, int type, int bucket)
{
	char t[RFC3339_SIZE];

	jsonw_object(j, NULL);
	put_addr(j, "addr", &r->addr);
	/* It has to have an ID, and only the group of a source is known. */
	put_addr(j, "src", &r->addr);
	jsonw_array(j, "buckets");
	jsonw_int(j, NULL, bucket);
	jsonw_end(j);
	jsonw_uint(j, "attempts", r->attempts);
	jsonw_int(j, "bucket_type", type);
	jsonw_str(j, "last_attempt", rfc3339_text(r->last_try, t));
	jsonw_str(j, "last_success", rfc3339_text(r->last_success, t));
	jsonw_str(j, "last_ban_time", RFC3339_ZERO);
	jsonw_end(j);
}

static void
put_key(struct jsonw *j, const uint8_t key[EXPORT_KEY_SIZE])
{
	char hex[2 * EXPORT_KEY_SIZE + 1];
	size_t i;

	for (i = 0; i < EXPORT_KEY_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", key[i]);
	jsonw_str(j, "key", hex);
}

static int
comet_end(struct export *ex)
{
	struct table new = { .nbuckets = NEW_BUCKETS };
	struct table old = { .nbuckets = OLD_BUCKETS };
	struct jsonw j;
	size_t i;
	int bucket, type;

	sift(ex);
	jsonw_init(&j, ex->f);
	jsonw_object(&j, NULL);
	put_key(&j, ex->key);
	jsonw_rows(&j, "addrs");
	for (i = 0; i < ex->n; i++) {
		bucket = -1;
		type = 2;
		if (ex->rows[i].is_old)
			bucket = place(&old, ex->rows[i].bucket);
		if (bucket == -1) {
			type = 1;
			bucket = place(&new, ex->rows[i].bucket);
		}
		if (bucket == -1) {
			ex->no_room++;
			continue;
		}
		put_row(&j, &ex->rows[i], type, bucket);
		ex->written++;
	}
	jsonw_finish(&j);
	return 0;
}

const struct export_format export_comet = {
	.name = "addrbook.json",
	.entry = comet_entry,
	.end = comet_end,
};
