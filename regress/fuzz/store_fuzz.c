/* SPDX-License-Identifier: ISC */
/*
 * A store with any bytes in its files: it opens, its book is sound, it takes
 * a change and opens again with it.  An input is the file, or "log", two
 * bytes (the file's length / 16, little endian), the file and its log.  Its
 * bytes are read as a row of each table, too, which checksums keep out of
 * reach.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addrbookd/store_impl.h"
#include "common/log.h"
#include "regress/lib/nosync.h"
#include "regress/lib/storefix.h"

int	LLVMFuzzerInitialize(int *, char ***);
int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char	 dir[64];

static const char *
name(const char *suffix)
{
	static char	 path[128];

	snprintf(path, sizeof(path), "%s/addrbook.db%s", dir, suffix);
	return path;
}

static void
leave(void)
{
	storefix_clean(dir);
	(void)rmdir(dir);
}

static void
say_nothing(void *ctx, enum log_level level, const char *line)
{
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char	*base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" :
			    "/tmp";

	snprintf(dir, sizeof(dir), "%s/store_fuzz.XXXXXX", base);
	if (mkdtemp(dir) == NULL)
		abort();
	atexit(leave);
	log_set_sink(say_nothing, NULL);
	return 0;
}

/* --- files ------------------------------------------------------------ */

static void
put_file(const char *suffix, const uint8_t *p, size_t len)
{
	int	 fd = open(name(suffix), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write(fd, p, len) != (ssize_t)len)
		abort();
	close(fd);
}

static void
put_files(const uint8_t *p, size_t len)
{
	size_t	 n = len;

	if (len > 5 && memcmp(p, "log", 3) == 0) {
		n = (p[3] | (size_t)p[4] << 8) * 16;
		p += 5;
		len -= 5;
		if (n > len)
			n = len;
		put_file("-wal", p + n, len - n);
	}
	put_file("", p, n);
}

/* Open, load, change a row of each kind, close; the ID was there already. */
static bool
use(const struct peer_addr *a)
{
	static const uint8_t	 fresh[BOOK_KEY_SIZE] = "a fresh hash key";
	static const struct store_pace pace = { 0, 1, 1, 0 };
	struct book_config	 conf = { .strict = true };
	struct m_peer_up	 up = { .addr = *a, .outbound = true };
	struct store_report	 report;
	struct store		*store;
	struct book		*book;
	struct rng		 rng;
	uint8_t			 key[BOOK_KEY_SIZE];
	bool			 known;

	store = store_open(dir, "test-1", fresh, key, &report);
	rng_seed_number(&rng, 1);
	book = book_new(BOOK_SIZE_MIN, key, &rng, &conf);
	if (store == NULL || book == NULL)
		abort();
	store->pace = pace;
	if (store_load(store, book, FIX_START) == -1 ||
	    book_check(book) != 0)
		abort();
	known = book_has_id(book, &a->id);
	book_outcome(book, FIX_START, a, BOOK_ANSWERED);
	store_fact(store, FIX_START, &up);
	store_uptime(store, FIX_START, a, STORE_UP);
	store_close(store, book);
	book_free(book);
	return known;
}

/* --- rows ------------------------------------------------------------- */

/* What is taken for a row is one: written again it is the same bytes. */
static void
decode_all(const uint8_t *p, size_t len)
{
	uint8_t			 out[STORE_BLOB_MAX];
	uint32_t		 seen;
	union {
		struct book_row		 row;
		struct book_ban		 ban;
		struct book_hold	 hold;
		struct book_own		 own;
		struct store_node	 node;
	} u;

#define ROUND_TRIP(kind, field) do {					\
	if (store_decode_##kind(p, len, &u.field) == 0 &&		\
	    store_encode_##kind(&u.field, out) != len)			\
		abort();						\
} while (0)
	ROUND_TRIP(entry, row);
	ROUND_TRIP(ban, ban);
	ROUND_TRIP(hold, hold);
	ROUND_TRIP(own, own);
	ROUND_TRIP(node, node);
	if ((len = store_node_of_1(p, len, out, &seen)) > 0)
		(void)store_decode_node(out, len, &u.node);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct peer_addr	 a = fix_peer(39000);

	if (size > 1 << 20)
		return 0;
	if (size <= STORE_BLOB_MAX)
		decode_all(data, size);
	storefix_clean(dir);
	put_files(data, size);
	(void)use(&a);
	if (!use(&a))
		abort();
	return 0;
}
