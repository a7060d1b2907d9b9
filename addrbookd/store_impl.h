/* SPDX-License-Identifier: ISC */
/* What the files of the store share and nobody else sees. */
#ifndef PEXD_STORE_IMPL_H
#define PEXD_STORE_IMPL_H

#include <pthread.h>
#include <sqlite3.h>

#include "addrbookd/book/book.h"
#include "addrbookd/store.h"

#define STORE_FILE		"addrbook.db"
/* Of the last clean start. */
#define STORE_COPY		"addrbook.db.copy"
#define STORE_VERSION		1		/* of the schema */
#define STORE_APPLICATION	0x70657864	/* "pexd" in its header */
#define STORE_BLOB_MAX		320		/* bytes of an encoded row */
#define STORE_QUEUE		4096	/* rows waiting for the writer */
#define STORE_PATH_SIZE		1200
#define STORE_NODES_MAX		200000	/* who was seen longest ago goes */

/* Tables that hold rows by index: those of the book, in its order. */
enum store_table {
	STORE_ENTRY = BOOK_TABLE_ENTRY,
	STORE_BAN = BOOK_TABLE_BAN,
	STORE_HOLD = BOOK_TABLE_HOLD,
	STORE_OWN = BOOK_TABLE_OWN,
	STORE_ROW_TABLES,
	STORE_NODE = STORE_ROW_TABLES,	/* by node ID */
};

enum job_kind {
	JOB_PUT,		/* write or replace a row */
	JOB_DELETE,
	JOB_FACT,		/* merge into a node's row */
	JOB_UPTIME,
	JOB_READ_NODES,
};

struct store_job {
	enum job_kind	kind;
	enum store_table table;
	uint32_t	index;		/* READ_NODES: the caller's request */
	uint32_t	now;
	uint64_t	cursor;		/* READ_NODES */
	struct node_id	id;		/* FACT, UPTIME */
	bool		reached;	/* UPTIME */
	uint16_t	len;
	uint8_t		blob[STORE_BLOB_MAX];
};

/* What is kept of a node; merged by the writer. */
struct store_node {
	struct peer_addr addr;
	bool		has_claim;	/* where it says that it listens: */
	struct netaddr	claim;
	char		moniker[65];
	char		version[33];
	char		network[CONF_NETWORK_SIZE];
	uint32_t	latency_ms;
	uint32_t	first_seen, last_seen, last_try;
	uint32_t	share[STORE_WINDOWS];	/* up, of UINT32_MAX */
	uint32_t	weight[STORE_WINDOWS];	/* how much is known */
};

/* store_rows.c: rows to bytes and back.  Decoding: 0, or -1. */
size_t	 store_encode_entry(const struct book_row *, uint8_t *);
int	 store_decode_entry(const uint8_t *, size_t, struct book_row *);
size_t	 store_encode_ban(const struct book_ban *, uint8_t *);
int	 store_decode_ban(const uint8_t *, size_t, struct book_ban *);
size_t	 store_encode_hold(const struct book_hold *, uint8_t *);
int	 store_decode_hold(const uint8_t *, size_t, struct book_hold *);
size_t	 store_encode_own(const struct book_own *, uint8_t *);
int	 store_decode_own(const uint8_t *, size_t, struct book_own *);
size_t	 store_encode_node(const struct store_node *, uint8_t *);
int	 store_decode_node(const uint8_t *, size_t, struct store_node *);

/* store_node.c: what a fact or a dial changes in a node's row. */
void	 store_node_fact(struct store_node *, uint32_t now,
	    const struct store_node *fact);
void	 store_node_uptime(struct store_node *, uint32_t now, bool reached);
void	 store_node_row(const struct store_node *, struct m_row_node *);

/* store_db.c: one open database file.  SQLite's codes. */
struct store_db {
	sqlite3		*db;
	sqlite3_stmt	*put[STORE_ROW_TABLES], *del[STORE_ROW_TABLES];
	sqlite3_stmt	*node_get, *node_put, *node_move, *node_scan;
};
extern const char *const store_table_name[STORE_ROW_TABLES + 1];
/*
 * What the header says of a file that keeps no log, so that nothing has to
 * be opened; false if it keeps one, or is no database.
 */
bool	 store_db_peek(const char *path, int *application, int *version);
/* Open path for writing and check it: SQLITE_OK, or why not. */
int	 store_db_open(struct store_db *, const char *path, bool create);
void	 store_db_close(struct store_db *);
int	 store_db_version(struct store_db *, int *application, int *version);
/* Write the version that stands there: a damaged header may forbid it. */
int	 store_db_touch(struct store_db *, int version);
int	 store_db_create(struct store_db *);	/* the schema, if empty */
int	 store_db_prepare(struct store_db *);
/* A meta value; len is its exact size, or the most with text. */
int	 store_db_get_meta(struct store_db *, const char *name, void *,
	    size_t size, size_t *len);
int	 store_db_put_meta(struct store_db *, const char *name, const void *,
	    size_t len);
int	 store_db_put(struct store_db *, enum store_table, uint32_t index,
	    const uint8_t *, size_t);
int	 store_db_delete(struct store_db *, enum store_table, uint32_t index);
int	 store_db_get_node(struct store_db *, const struct node_id *,
	    struct store_node *);
/* seen: it comes after all others in the order of who was seen last. */
int	 store_db_put_node(struct store_db *, const struct store_node *,
	    bool seen);
int	 store_db_count_nodes(struct store_db *, int *count);
/* Forget the n that were seen longest ago. */
int	 store_db_forget_nodes(struct store_db *, int n);
int	 store_db_exec(struct store_db *, const char *sql);
/*
 * Call row for each sound row of a table, forward or backward, until an
 * error or the end; unsound ones are counted.  SQLITE_OK at the end.
 */
typedef void (*store_row_fn)(void *, enum store_table, uint32_t index,
	    const uint8_t *, size_t);
int	 store_db_scan(struct store_db *, enum store_table, bool backward,
	    store_row_fn, void *, unsigned *unsound);
/* quick_check, and every checksum. */
int	 store_db_verify(struct store_db *);

/* store_salvage.c */
/* Copy the sound rows of a damaged file into to; returns how many. */
unsigned store_salvage(struct store_db *to, const char *damaged);
/* Rename path (and its log or journal) to a new name with that word in it. */
int	 store_set_aside(const char *path, const char *word,
	    char *newname, size_t size);
int	 store_copy_file(const char *from, const char *to);

/* store_writer.c */
struct store_writer;
/* Takes the database over; its thread runs when this returns. */
struct store_writer *store_writer_start(struct store_db *);
/* -1: the queue is full. */
int	 store_writer_push(struct store_writer *, const struct store_job *);
unsigned store_writer_room(struct store_writer *);
void	 store_writer_stats(struct store_writer *, struct store_stats *);
/* Readable when an answer is there. */
int	 store_writer_fd(struct store_writer *);
bool	 store_writer_answer(struct store_writer *,
	    struct store_nodes_answer *);
/* Write all that is queued, end the thread; free. */
void	 store_writer_stop(struct store_writer *);

#endif
