/* SPDX-License-Identifier: ISC */
/* The store: open whatever is there, load the book, hand on its changes. */

#include <sys/types.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addrbookd/store_impl.h"
#include "common/log.h"

struct store {
	struct store_db		 db;		/* until the writer has it */
	struct store_writer	*writer;
	char			 path[STORE_PATH_SIZE];
	char			 copy[STORE_PATH_SIZE];
	struct store_report	*report;	/* while opening */
	uint64_t		 facts_lost;
};

/* --- opening ---------------------------------------------------------- */

enum found {		/* what stands at the store's path */
	FOUND_NOTHING,
	FOUND_SOUND,
	FOUND_DAMAGED,
	FOUND_NEWER,
	FOUND_FOREIGN,		/* another program's, or not a file */
	FOUND_OTHER_NETWORK,
	FOUND_UNKNOWN,		/* cannot tell: out of memory, I/O error */
};

#define OF_NETWORK	"it is of the network "

static int
same_network(struct store_db *d, const char *network, char *other,
    size_t size)
{
	size_t len = 0;
	int rc;

	memset(other, 0, size);
	rc = store_db_get_meta(d, "network", other, size - 1, &len);
	if (rc != SQLITE_OK)
		return -1;
	return strcmp(other, network) == 0;
}

/* By whom, and when: FOUND_SOUND if it may be ours. */
static enum found
judge(int app, int version, char *why, size_t size)
{
	if (app == 0 && version == 0) {
		strlcpy(why, "it is empty", size);
		return FOUND_DAMAGED;
	}
	if (app != STORE_APPLICATION) {
		strlcpy(why, "it is not an address book of pexd", size);
		return FOUND_FOREIGN;
	}
	if (version > STORE_VERSION) {
		snprintf(why, size, "its version is %d, newer than %d",
		    version, STORE_VERSION);
		return FOUND_NEWER;
	}
	return FOUND_SOUND;
}

static enum found
look_inside(struct store_db *d, const char *network, char *why, size_t size)
{
	char other[CONF_NETWORK_SIZE];
	int app = 0, version = 0, rc;
	enum found found;

	if ((rc = store_db_version(d, &app, &version)) != SQLITE_OK) {
		strlcpy(why, sqlite3_errstr(rc), size);
		return FOUND_DAMAGED;
	}
	if ((found = judge(app, version, why, size)) != FOUND_SOUND)
		return found;
	if ((rc = store_db_verify(d)) != SQLITE_OK ||
	    (rc = store_db_touch(d, version)) == SQLITE_READONLY) {
		strlcpy(why, sqlite3_errstr(rc), size);
		return FOUND_DAMAGED;
	}
	switch (same_network(d, network, other, sizeof(other))) {
	case 1:
		return FOUND_SOUND;
	case 0:
		snprintf(why, size, OF_NETWORK "%s", other);
		return FOUND_OTHER_NETWORK;
	default:
		strlcpy(why, "its network cannot be read", size);
		return FOUND_DAMAGED;
	}
}

/* Is there a file that may be opened? */
static enum found
look_at(const char *path, char *why, size_t size)
{
	struct stat st;

	if (lstat(path, &st) == -1) {
		strlcpy(why, strerror(errno), size);
		return errno == ENOENT ? FOUND_NOTHING : FOUND_FOREIGN;
	}
	if (!S_ISREG(st.st_mode)) {
		strlcpy(why, "it is not a regular file", size);
		return FOUND_FOREIGN;
	}
	if (access(path, R_OK | W_OK) == -1) {
		strlcpy(why, strerror(errno), size);
		return FOUND_FOREIGN;
	}
	return FOUND_SOUND;
}

static enum found
look(struct store *s, const char *network, char *why, size_t size)
{
	enum found found;
	int rc, app, version;

	if ((found = look_at(s->path, why, size)) != FOUND_SOUND)
		return found;
	/* To open it would give it a log, whosever it is. */
	if (store_db_peek(s->path, &app, &version) &&
	    (found = judge(app, version, why, size)) != FOUND_SOUND)
		return found;
	if ((rc = store_db_open(&s->db, s->path, false)) != SQLITE_OK) {
		strlcpy(why, sqlite3_errstr(rc), size);
		return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB ?
		    FOUND_DAMAGED : FOUND_UNKNOWN;
	}
	found = look_inside(&s->db, network, why, size);
	if (found == FOUND_SOUND)
		return found;
	/* Leave every byte as it is. */
	sqlite3_db_config(s->db.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
	    NULL);
	store_db_close(&s->db);
	return found;
}

/* The word in the name of what is set aside. */
static void
word_for(enum found found, const char *why, char *word, size_t size)
{
	size_t i;

	switch (found) {
	case FOUND_NEWER:
		strlcpy(word, "newer", size);
		return;
	case FOUND_OTHER_NETWORK:
		strlcpy(word, why + strlen(OF_NETWORK), size);
		for (i = 0; word[i] != '\0'; i++)
			if (!isalnum((unsigned char)word[i]) &&
			    word[i] != '-')
				word[i] = '_';
		return;
	case FOUND_FOREIGN:
		strlcpy(word, "foreign", size);
		return;
	default:
		strlcpy(word, "damaged", size);
		return;
	}
}

static int
make_fresh(struct store *s, const char *network, const uint8_t key[16])
{
	char stale[STORE_PATH_SIZE + 8];
	int rc;

	/* A log without its database would be replayed into the new one. */
	snprintf(stale, sizeof(stale), "%s-wal", s->path);
	if (unlink(stale) == -1 && errno != ENOENT)
		log_warn("cannot remove %s", stale);
	if ((rc = store_db_open(&s->db, s->path, true)) != SQLITE_OK ||
	    (rc = store_db_create(&s->db)) != SQLITE_OK ||
	    (rc = store_db_put_meta(&s->db, "network", network,
	    strlen(network))) != SQLITE_OK ||
	    (rc = store_db_put_meta(&s->db, "hash_key", key, 16)) !=
	    SQLITE_OK) {
		log_warnx("cannot make %s: %s", s->path, sqlite3_errstr(rc));
		store_db_close(&s->db);
		return -1;
	}
	s->report->fresh = true;
	return 0;
}

/* Rows out of the damaged file; if there is none, out of the last copy. */
static void
recover(struct store *s, const char *damaged)
{
	if (store_db_prepare(&s->db) != SQLITE_OK)
		return;
	if (store_salvage(&s->db, damaged) > 0)
		s->report->salvaged = true;
	else if (access(s->copy, R_OK) == 0 &&
	    store_salvage(&s->db, s->copy) > 0)
		s->report->from_copy = true;
	if (s->report->salvaged || s->report->from_copy)
		s->report->fresh = false;
}

static int
start_over(struct store *s, enum found found, const char *network,
    const uint8_t key[16])
{
	char word[64], aside[STORE_PATH_SIZE];

	if (found == FOUND_UNKNOWN) {
		log_warnx("cannot open %s: %s", s->path, s->report->why);
		return -1;
	}
	if (found == FOUND_NOTHING) {
		s->report->why[0] = '\0';
		return make_fresh(s, network, key);
	}
	word_for(found, s->report->why, word, sizeof(word));
	if (store_set_aside(s->path, word, aside, sizeof(aside)) == -1) {
		log_warn("cannot set %s aside", s->path);
		return -1;
	}
	strlcpy(s->report->set_aside, aside, sizeof(s->report->set_aside));
	if (make_fresh(s, network, key) == -1)
		return -1;
	/* What was no database of ours leaves the copy. */
	if (found == FOUND_DAMAGED || found == FOUND_FOREIGN)
		recover(s, aside);
	return 0;
}

/* A sound file found at the start is worth a copy. */
static void
keep_copy(struct store *s)
{
	if (store_db_exec(&s->db, "PRAGMA wal_checkpoint(TRUNCATE)") !=
	    SQLITE_OK || store_copy_file(s->path, s->copy) == -1)
		log_warn("cannot copy %s to %s", s->path, s->copy);
}

static int
open_db(struct store *s, const char *network, const uint8_t new_key[16])
{
	enum found found;

	found = look(s, network, s->report->why, sizeof(s->report->why));
	if (found == FOUND_SOUND) {
		keep_copy(s);
		return store_db_prepare(&s->db) == SQLITE_OK ? 0 : -1;
	}
	if (start_over(s, found, network, new_key) == -1)
		return -1;
	if (s->db.node_scan != NULL)
		return 0;		/* prepared by recover() */
	return store_db_prepare(&s->db) == SQLITE_OK ? 0 : -1;
}

struct store *
store_open(const char *dir, const char *network, const uint8_t new_key[16],
    uint8_t hash_key[16], struct store_report *report)
{
	struct store *s;
	mode_t mask;
	size_t len = 0;
	int rv;

	memset(report, 0, sizeof(*report));
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		log_warn("no memory for the store");
		return NULL;
	}
	s->report = report;
	snprintf(s->path, sizeof(s->path), "%s/%s", dir, STORE_FILE);
	snprintf(s->copy, sizeof(s->copy), "%s/%s", dir, STORE_COPY);
	mask = umask(077);
	rv = open_db(s, network, new_key);
	umask(mask);
	if (rv == -1)
		goto fail;
	if (store_db_get_meta(&s->db, "hash_key", hash_key, 16, &len) !=
	    SQLITE_OK || len != 16) {
		memcpy(hash_key, new_key, 16);
		/* The first write also opens the log, before the sandbox. */
		(void)store_db_put_meta(&s->db, "hash_key", new_key, 16);
	} else
		(void)store_db_put_meta(&s->db, "hash_key", hash_key, 16);
	s->report = NULL;
	return s;
fail:
	store_db_close(&s->db);
	free(s);
	return NULL;
}

/* --- loading ---------------------------------------------------------- */

struct loader {
	struct book	*book;
	uint32_t	 now;
	unsigned	 taken;
	struct refused	*refused;	/* rows to be deleted */
	size_t		 nrefused, max;
};

struct refused {
	enum store_table t;
	uint32_t	 index;
};

/* Without memory it stays where it is and is refused again next time. */
static void
refuse(struct loader *l, enum store_table t, uint32_t index)
{
	struct refused *r;

	if (l->nrefused == l->max) {
		r = reallocarray(l->refused, l->max * 2 + 64, sizeof(*r));
		if (r == NULL)
			return;
		l->refused = r;
		l->max = l->max * 2 + 64;
	}
	l->refused[l->nrefused].t = t;
	l->refused[l->nrefused++].index = index;
}

static void
load_row(void *arg, enum store_table t, uint32_t index, const uint8_t *p,
    size_t len)
{
	struct loader *l = arg;
	union {
		struct book_row	 row;
		struct book_ban	 ban;
		struct book_hold hold;
		struct book_own	 own;
	} u;
	bool taken;

	switch (t) {
	case STORE_ENTRY:
		taken = store_decode_entry(p, len, &u.row) == 0 &&
		    book_load_row(l->book, l->now, index, &u.row);
		l->taken += taken;
		break;
	case STORE_BAN:
		taken = store_decode_ban(p, len, &u.ban) == 0 &&
		    book_load_ban(l->book, l->now, index, &u.ban);
		break;
	case STORE_HOLD:
		taken = store_decode_hold(p, len, &u.hold) == 0 &&
		    book_load_hold(l->book, l->now, index, &u.hold);
		break;
	default:
		taken = store_decode_own(p, len, &u.own) == 0 &&
		    book_load_own(l->book, l->now, index, &u.own);
		break;
	}
	if (!taken)
		refuse(l, t, index);
}

/*
 * What the book does not take any more is not kept for it.  A row whose
 * number is beyond the book was taken under another one at an earlier start.
 */
static void
delete_refused(struct store *s, struct loader *l)
{
	size_t i;
	int rc;

	if (l->nrefused == 0)
		return;
	rc = store_db_exec(&s->db, "BEGIN IMMEDIATE");
	for (i = 0; i < l->nrefused && rc == SQLITE_OK; i++)
		rc = store_db_delete(&s->db, l->refused[i].t,
		    l->refused[i].index);
	if (rc == SQLITE_OK)
		rc = store_db_exec(&s->db, "COMMIT");
	if (rc != SQLITE_OK)
		(void)store_db_exec(&s->db, "ROLLBACK");
	free(l->refused);
}

/* What entries are judged by comes before them. */
static const enum store_table load_order[STORE_ROW_TABLES] = {
	STORE_OWN, STORE_BAN, STORE_HOLD, STORE_ENTRY,
};

int
store_load(struct store *s, struct book *book, uint32_t now)
{
	struct loader l = { .book = book, .now = now };
	unsigned unsound = 0;
	int t;

	for (t = 0; t < STORE_ROW_TABLES; t++)
		(void)store_db_scan(&s->db, load_order[t], false, load_row,
		    &l, &unsound);
	delete_refused(s, &l);
	if (book_load_end(book, now) == -1)
		return -1;
	if ((s->writer = store_writer_start(&s->db)) == NULL) {
		log_warn("cannot start the store's writer");
		return -1;
	}
	return l.taken;
}

/* --- writing ---------------------------------------------------------- */

static size_t
encode(struct book *book, const struct book_change *c, uint8_t *out)
{
	union {
		struct book_row	 row;
		struct book_ban	 ban;
		struct book_hold hold;
		struct book_own	 own;
	} u;

	switch (c->table) {
	case BOOK_TABLE_ENTRY:
		return book_get_row(book, c->index, &u.row) ?
		    store_encode_entry(&u.row, out) : 0;
	case BOOK_TABLE_BAN:
		return book_get_ban(book, c->index, &u.ban) ?
		    store_encode_ban(&u.ban, out) : 0;
	case BOOK_TABLE_HOLD:
		return book_get_hold(book, c->index, &u.hold) ?
		    store_encode_hold(&u.hold, out) : 0;
	default:
		return book_get_own(book, c->index, &u.own) ?
		    store_encode_own(&u.own, out) : 0;
	}
}

void
store_sync(struct store *s, struct book *book)
{
	unsigned room = store_writer_room(s->writer);
	struct book_change c;
	struct store_job j;

	memset(&j, 0, sizeof(j));
	/* Some room stays for facts and questions. */
	for (; room > STORE_QUEUE / 8 && book_next_change(book, &c); room--) {
		j.table = (enum store_table)c.table;
		j.index = c.index;
		j.len = encode(book, &c, j.blob);
		j.kind = j.len > 0 ? JOB_PUT : JOB_DELETE;
		if (store_writer_push(s->writer, &j) == -1) {
			book_mark_change(book, &c);
			return;
		}
	}
}

/* Not worth waiting for, unlike what the book holds. */
static void
push_fact(struct store *s, const struct store_job *j)
{
	if (store_writer_push(s->writer, j) == -1)
		s->facts_lost++;
}

void
store_fact(struct store *s, uint32_t now, const struct m_peer_up *m)
{
	struct store_job j = { .kind = JOB_FACT, .now = now };
	struct store_node n;

	memset(&n, 0, sizeof(n));
	n.addr = m->addr;
	n.has_claim = m->has_claim;
	n.claim = m->claim;
	if (!m->outbound && m->has_claim)
		n.addr.na.port = m->claim.port;	/* not its ephemeral one */
	strlcpy(n.moniker, m->moniker, sizeof(n.moniker));
	strlcpy(n.version, m->version, sizeof(n.version));
	strlcpy(n.network, m->network, sizeof(n.network));
	n.latency_ms = m->latency_ms;
	j.id = m->addr.id;
	j.len = store_encode_node(&n, j.blob);
	push_fact(s, &j);
}

void
store_uptime(struct store *s, uint32_t now, const struct peer_addr *addr,
    bool reached)
{
	struct store_job j = { .kind = JOB_UPTIME, .now = now,
	    .id = addr->id, .reached = reached };
	struct store_node n;

	memset(&n, 0, sizeof(n));
	n.addr = *addr;
	j.len = store_encode_node(&n, j.blob);
	push_fact(s, &j);
}

int
store_ask_nodes(struct store *s, uint32_t request, uint64_t cursor)
{
	struct store_job j = { .kind = JOB_READ_NODES, .index = request,
	    .cursor = cursor };

	return store_writer_push(s->writer, &j);
}

int
store_fd(struct store *s)
{
	return store_writer_fd(s->writer);
}

bool
store_answer(struct store *s, struct store_nodes_answer *a)
{
	return store_writer_answer(s->writer, a);
}

void
store_stats(struct store *s, struct store_stats *stats)
{
	store_writer_stats(s->writer, stats);
	stats->facts_lost = s->facts_lost;
}

/* Rounds of handing on until the book has nothing left, or no disk is. */
static void
drain(struct store *s, struct book *book)
{
	struct timespec ts = { .tv_nsec = 20000000 };
	struct store_stats st;
	int i;

	for (i = 0; i < 250; i++) {
		store_sync(s, book);
		store_writer_stats(s->writer, &st);
		if (st.failing || store_writer_room(s->writer) >
		    STORE_QUEUE / 8)
			return;
		nanosleep(&ts, NULL);
	}
}

void
store_close(struct store *s, struct book *book)
{
	if (s == NULL)
		return;
	if (s->writer != NULL) {
		if (book != NULL)
			drain(s, book);
		store_writer_stop(s->writer);
	} else
		store_db_close(&s->db);
	free(s);
}
