/* SPDX-License-Identifier: ISC */
/*
 * The store: addrbook.db, SQLite, in addrbookd's one directory.
 *
 * One thread writes, fed through a bounded queue, so that the caller never
 * waits for the disk; a change is committed within a second.  All files are
 * open when store_open() returns: later only those descriptors are used.
 * Whatever is wrong with a file, the store opens: the damaged one is set
 * aside and what is sound in it is kept.  Where nothing can be written it is
 * in memory until that changes.
 */
#ifndef PEXD_STORE_H
#define PEXD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/msg.h"

#define STORE_WINDOWS		5	/* of uptime: 2h 8h 1d 1w 1mo */
#define STORE_NODES_AT_ONCE	64

struct book;
struct store;

struct store_nodes_answer {
	uint32_t	request;
	uint64_t	cursor;		/* to go on from */
	bool		more;
	unsigned	n;
	struct m_row_node rows[STORE_NODES_AT_ONCE];
};

/* How opening went: for the log and for pexctl show. */
struct store_report {
	bool		fresh;		/* nothing usable was there */
	unsigned	salvaged;	/* entries of a damaged file */
	unsigned	from_copy;	/* .. of the last clean start's copy */
	int		migrated;	/* from that older version, or 0 */
	char		old_copy[256];	/* .. which is kept under this name */
	char		set_aside[256];	/* new name of what was there, or "" */
	char		why[256];	/* why it was set aside, or "" */
	unsigned	removed;	/* older ones that had been set aside */
	bool		in_memory;	/* no file can be written, for now */
	bool		nowhere;	/* .. nor be made: not at all */
	char		error[128];	/* .. and why */
};

struct store_stats {
	uint64_t	commits;	/* transactions */
	uint64_t	pushed;		/* jobs handed to the writer */
	uint64_t	rows;		/* .. and committed */
	uint64_t	errors;		/* failed transactions (retried) */
	uint64_t	saves;		/* of a store in memory */
	uint64_t	facts_lost;	/* of nodes; the queue was full */
	uint32_t	queued;		/* rows waiting for the writer */
	uint32_t	commit_max_ms;	/* slowest commit */
	bool		failing;	/* the last commit failed */
	bool		damaged;	/* .. of damage that a start repairs */
	bool		broken;		/* .. of I/O errors, again and again */
	bool		in_memory;	/* there is no file yet */
	bool		ready;		/* .. and now there could be one */
	char		error[128];	/* SQLite's word for it */
};

/* What the log calls a path: its name, for dir is "/" after chroot(2). */
const char	*store_name(const char *path);

/*
 * Open or make the store of that network in dir (0700, ours).  NULL, after
 * logging why: there is no such directory, another process has the store, or
 * there is no memory.  hash_key gets
 * the book's key: the stored one, or new_key which is then stored.
 */
struct store	*store_open(const char *dir, const char *network,
		    const uint8_t new_key[16], uint8_t hash_key[16],
		    struct store_report *);
/*
 * Fill an empty book (book_load_*, book_load_end).  Call once, after open.
 * Returns the number of entries taken, or -1 without memory.
 */
int		 store_load(struct store *, struct book *, uint32_t now);
/*
 * Hand the book's changes to the writer, as many as the queue takes; the
 * rest stays marked in the book.  Call several times a second, and when
 * store_fd() is readable: then the queue is empty again.
 */
void		 store_sync(struct store *, struct book *);
/*
 * What was learnt of a node; now in seconds since 1970.  Lost, and counted,
 * when the queue is full.
 */
void		 store_fact(struct store *, uint32_t now,
		    const struct m_peer_up *);
/* What a dial of ours says of the time since the last one to that node. */
enum store_uptime { STORE_DOWN, STORE_UP, STORE_UNKNOWN };
void		 store_uptime(struct store *, uint32_t now,
		    const struct peer_addr *, enum store_uptime);
/*
 * Facts for pexctl, read by the writer's thread: ask with a cursor (0 to
 * begin); store_fd() becomes readable when there is an answer, and
 * store_answer() takes it.  -1: too busy.
 */
int		 store_ask_nodes(struct store *, uint32_t request,
		    uint64_t cursor);
int		 store_fd(struct store *);
bool		 store_answer(struct store *, struct store_nodes_answer *);
void		 store_stats(struct store *, struct store_stats *);
/*
 * A store in memory that is ready: wait until all is in a file, which the
 * next start takes.  -1: there is no room again; go on.
 */
int		 store_finish(struct store *, struct book *);
/* Write what is left, wait for it, close.  NULL is fine. */
void		 store_close(struct store *, struct book *);

#endif
