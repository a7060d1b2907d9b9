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
/* A new file while it is made. */
#define STORE_FRESH		"addrbook.db.new"
#define STORE_VERSION		2		/* of the schema */
#define STORE_VERSION_MIN	1		/* .. that is migrated */
#define STORE_APPLICATION	0x70657864	/* "pexd" in its header */
#define STORE_BLOB_MAX		320		/* bytes of an encoded row */
#define STORE_QUEUE		4096	/* rows waiting for the writer */
#define STORE_PATH_SIZE		1200
#define STORE_NODES_MAX		200000	/* who was seen longest ago goes */
#define STORE_ASIDE_MAX		4	/* damaged files kept; newest */
#define STORE_SEEN_SPACING	3600	/* s; how finely that is kept */

/* How the why of another network's begins. */
#define STORE_OF_NETWORK	"it is of the network "

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
	enum store_uptime uptime;	/* UPTIME */
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
void	 store_node_uptime(struct store_node *, uint32_t now,
	    enum store_uptime);
void	 store_node_row(const struct store_node *, struct m_row_node *);

/* store_db.c: one open database file.  SQLite's codes. */
struct store_db {
	sqlite3		*db;
	sqlite3_stmt	*put[STORE_ROW_TABLES], *del[STORE_ROW_TABLES];
	sqlite3_stmt	*node_get, *node_put, *node_scan;
	/* store_memory.c */
	bool		 in_memory;
	int		 target;	/* where it will be saved, or -1 */
	bool		 has_header;	/* what stands there may be whole */
};
enum store_open {
	STORE_OPEN_OLD,		/* with a log, for the writer */
	STORE_OPEN_NEW,		/* to be made, in a transaction */
};
/*
 * Nodes are numbered in the order they were met in, which a listing goes
 * by, and forgotten in the order they were seen in.
 */
#define STORE_DDL_NODE							\
	"CREATE TABLE node(seq INTEGER PRIMARY KEY,"			\
	" id BLOB NOT NULL UNIQUE, seen INTEGER NOT NULL,"		\
	" row BLOB NOT NULL, crc INTEGER NOT NULL);"			\
	"CREATE INDEX node_seen ON node(seen)"
#define STORE_SQL_PUT_NODE						\
	"INSERT INTO node(id, seen, row, crc) VALUES(?1,?2,?3,?4)"	\
	" ON CONFLICT(id) DO UPDATE SET seen=?2, row=?3, crc=?4"
extern const char *const store_table_name[STORE_ROW_TABLES + 1];
/*
 * What the header says of a file that keeps no log, so that nothing has to
 * be opened; false if it keeps one, or is no database.
 */
bool	 store_db_peek(const char *path, int *application, int *version);
/* Open path for writing: SQLITE_OK, or why not. */
int	 store_db_open(struct store_db *, const char *path, enum store_open);
void	 store_db_close(struct store_db *);
/* Before anything else is done with it. */
void	 store_db_harden(sqlite3 *);
/* After an error: is it that there is no room? */
bool	 store_db_no_room(struct store_db *);
int	 store_db_version(struct store_db *, int *application, int *version);
/* Write the version that stands there: a damaged header may forbid it. */
int	 store_db_touch(struct store_db *, int version);
/* The schema, in a new file; and that all of it is on disk. */
int	 store_db_create(struct store_db *);
int	 store_db_finish(struct store_db *);
int	 store_db_prepare(struct store_db *);
/* A meta value; len is its exact size, or the most with text. */
int	 store_db_get_meta(struct store_db *, const char *name, void *,
	    size_t size, size_t *len);
int	 store_db_put_meta(struct store_db *, const char *name, const void *,
	    size_t len);
/* What a row at that place has for a checksum. */
uint32_t store_db_crc(uint32_t index, const void *row, size_t);
int	 store_db_put(struct store_db *, enum store_table, uint32_t index,
	    const uint8_t *, size_t);
int	 store_db_delete(struct store_db *, enum store_table, uint32_t index);
int	 store_db_get_node(struct store_db *, const struct node_id *,
	    struct store_node *);
int	 store_db_put_node(struct store_db *, const struct store_node *);
/* The same by a statement of STORE_SQL_PUT_NODE; a row begins with its ID. */
int	 store_db_bind_node(sqlite3_stmt *, const uint8_t *id, uint32_t seen,
	    const uint8_t *row, size_t);
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
/* Of a table under another name, while it is migrated. */
int	 store_db_scan_of(struct store_db *, const char *name,
	    enum store_table, bool backward, store_row_fn, void *,
	    unsigned *unsound);

/* store_still.c */
/* To be read only; without its log a file is what it once was. */
int	 store_db_open_still(struct store_db *, const char *path,
	    bool with_log);

/* store_check.c */
/* Every page, index and checksum. */
int	 store_db_verify(struct store_db *);
/* Are tables and indexes those of a new file?  SQLITE_CORRUPT if not. */
int	 store_db_same_schema(struct store_db *);

/* store_file.c */
/* Rename path (and its log or journal) to a new name with that word in it. */
int	 store_set_aside(const char *path, const char *word,
	    char *newname, size_t size);
/*
 * Remove damaged and replaced files that were set aside, but for newest and
 * those before it, STORE_ASIDE_MAX together.  Returns how many.
 */
unsigned store_prune_aside(const char *path, const char *newest);
int	 store_copy_file(const char *from, const char *to);
/* So that what was renamed stays so when the power goes. */
void	 store_sync_dir(const char *path);

/* store_look.c */
enum store_found {	/* what stands at a path */
	FOUND_NOTHING,
	FOUND_SOUND,
	FOUND_OLDER,		/* sound, of an older version */
	FOUND_DAMAGED,
	FOUND_NEWER,
	FOUND_FOREIGN,		/* another program's, or not a file */
	FOUND_OTHER_NETWORK,
	FOUND_BUSY,		/* another process has it */
	FOUND_UNKNOWN,		/* cannot tell: out of memory or room */
};
/* SOUND, OLDER: d is open.  Else it is not, and why says why. */
enum store_found store_look(struct store_db *d, const char *path,
	    const char *network, char *why, size_t size);
/* Is that a whole store of this network?  Nothing is written. */
bool	 store_look_still(const char *path, const char *network);
/* Does SQLite's code speak of the content, and not of memory or room? */
bool	 store_is_damage(int rc);

/* store_memory.c */
/* An empty database in memory and in a transaction; SQLite's codes. */
int	 store_memory_open(struct store_db *);
/* Make the file it will be saved to; -1 with errno: none can be made. */
int	 store_memory_target(struct store_db *, const char *path);
/*
 * All of it onto the disk; only with finish is the file a database then.
 * -1 with errno: no room, or whatever the disk says.
 */
int	 store_memory_save(struct store_db *, bool finish);

/* store_migrate.c: all or nothing; SQLite's codes. */
int	 store_migrate(struct store_db *, int version);
/* A node's row of version 1 in version 2's bytes, how many; 0 if it is none. */
size_t	 store_node_of_1(const uint8_t *, size_t,
	    uint8_t out[STORE_BLOB_MAX], uint32_t *last_seen);

/* store_merge.c: rows of several files into one that is in a transaction */
struct store_merge {
	struct store_db	*to;
	sqlite3_stmt	*had, *note;
	sqlite3_stmt	*used[STORE_ROW_TABLES], *next[STORE_ROW_TABLES];
	int		 version;	/* of the file that is read */
	bool		 has_key;	/* the hash key was found */
	unsigned	 entries;	/* new ones so far */
	int		 rc;		/* of writing; then it takes nothing */
};
int	 store_merge_begin(struct store_merge *, struct store_db *to);
void	 store_merge_end(struct store_merge *);
/* A store_row_fn: a row that is not there yet, or was older there. */
void	 store_merge_row(void *, enum store_table, uint32_t index,
	    const uint8_t *, size_t);

/* store_salvage.c */
enum store_whose {
	WHOSE_UNKNOWN,
	WHOSE_OURS,		/* of this network */
	WHOSE_OTHERS,
};
/*
 * The sound rows of a damaged file and its log.  True: it was read whole, or
 * is another network's; there is no need of a copy.
 */
bool	 store_salvage(struct store_merge *, const char *path);
/* Of a file that has no log. */
void	 store_salvage_copy(struct store_merge *, const char *path);

/* store_comb.c: whatever in a file is a row of ours with its checksum. */
void	 store_comb(struct store_merge *, const char *path);

/* store_begin.c */
/* A new store in place of what was found; -1 after logging why not. */
int	 store_begin(struct store *, enum store_found, const char *network,
	    const uint8_t key[BOOK_KEY_SIZE]);
/* The same in memory; s->db is the store then.  -1: no memory. */
int	 store_begin_in_memory(struct store *, enum store_found,
	    const char *network, const uint8_t key[BOOK_KEY_SIZE]);
/*
 * What an earlier start, or a store in memory, has made whole is put in its
 * place.  -1: it is there and that cannot be done.
 */
int	 store_begun(struct store *, const char *network);

/* store_jobs.c: nnodes is how many there are, or -1: to be counted. */
int	 store_do_job(struct store_db *, const struct store_job *,
	    int *nnodes);
int	 store_bound_nodes(struct store_db *, int *nnodes);
/* Rows from a->cursor on, at most STORE_NODES_AT_ONCE. */
void	 store_do_read(struct store_db *, struct store_nodes_answer *);

/* store_writer.c */
struct store_writer;
struct store_pace {
	unsigned	commit_gap_ms;	/* at least from one to the next */
	unsigned	retry_min_ms, retry_max_ms;	/* doubled each time */
	unsigned	first_save_ms;	/* in memory: not before */
};
extern const struct store_pace store_pace;	/* what a daemon goes by */
/* Takes the database over; its thread runs when this returns. */
struct store_writer *store_writer_start(struct store_db *,
	    const struct store_pace *);
/* -1: the queue is full. */
int	 store_writer_push(struct store_writer *, const struct store_job *);
unsigned store_writer_room(struct store_writer *);
/* store_writer_fd() becomes readable when the queue was emptied. */
void	 store_writer_want_room(struct store_writer *);
void	 store_writer_stats(struct store_writer *, struct store_stats *);
/* Readable when there is an answer, or the room that was wanted. */
int	 store_writer_fd(struct store_writer *);
bool	 store_writer_answer(struct store_writer *,
	    struct store_nodes_answer *);
/* In memory: all that is queued becomes a file; -1: not yet.  Waits. */
int	 store_writer_finish(struct store_writer *);
/* Write all that is queued, end the thread; free. */
void	 store_writer_stop(struct store_writer *);

/* The store itself: store_open.c, store_load.c, store.c. */
struct store {
	struct store_db		 db;		/* until the writer has it */
	struct store_writer	*writer;
	struct store_pace	 pace;		/* for the writer */
	char			 path[STORE_PATH_SIZE];
	char			 copy[STORE_PATH_SIZE];
	char			 fresh[STORE_PATH_SIZE];
	struct store_report	*report;	/* while opening */
	bool			 stuck;	/* fresh is whole and stays there */
	uint64_t		 facts_lost;
};

#endif
