/* SPDX-License-Identifier: ISC */
/*
 * A damaged file, or its log, combed for rows: whatever bytes look like one
 * of ours and have its checksum.  Neither pages nor what points to them have
 * to be sound.
 *
 * Source: sqlite.org, "Database File Format", 1.6 and 2.1: a row of a table
 * is its size and its number, then the size of a header, a type for each
 * column, and the columns.  Ours are shorter than any page.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addrbookd/store_impl.h"

#define CHUNK		(1 << 20)
#define OVERLAP		1024		/* longer than any row */
#define BLOCK		4096		/* one that cannot be read is passed */
#define COLUMNS_MAX	5
#define COMB_MAX	(1LL << 30)	/* bytes looked at */

struct record {
	uint64_t	 number;
	unsigned	 n;			/* columns */
	const uint8_t	*p[COLUMNS_MAX];
	size_t		 len[COLUMNS_MAX];
	uint64_t	 type[COLUMNS_MAX];
	const uint8_t	*end;
};

/* --- a record --------------------------------------------------------- */

/* A number of up to nine bytes, the high bit of each says if more follow. */
static const uint8_t *
get_number(const uint8_t *p, const uint8_t *end, uint64_t *v)
{
	int i;

	for (*v = 0, i = 0; i < 5 && p < end; i++) {
		*v = *v << 7 | (*p & 0x7f);
		if ((*p++ & 0x80) == 0)
			return p;
	}
	return NULL;	/* none of ours is longer */
}

static size_t
size_of(uint64_t type)
{
	static const uint8_t sizes[12] = { 0, 1, 2, 3, 4, 6, 8, 8 };

	return type >= 12 ? (type - 12) / 2 : sizes[type];
}

/* Header and columns; NULL: it is none. */
static bool
get_columns(struct record *r, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *types_end;
	uint64_t size;
	unsigned i;

	types_end = p + *p;
	if (types_end > end)
		return false;
	for (p++, r->n = 0; p < types_end; r->n++)
		if (r->n == COLUMNS_MAX || (p = get_number(p, types_end,
		    &r->type[r->n])) == NULL)
			return false;
	for (i = 0; i < r->n; i++) {
		size = size_of(r->type[i]);
		if (size > (uint64_t)(end - p))
			return false;
		r->p[i] = p;
		r->len[i] = size;
		p += size;
	}
	return p == end;
}

static bool
is_integer(const struct record *r, unsigned i)
{
	return (r->type[i] >= 1 && r->type[i] <= 6) || r->type[i] == 8 ||
	    r->type[i] == 9;
}

static uint64_t
integer(const struct record *r, unsigned i)
{
	uint64_t v = r->type[i] == 9;
	size_t k;

	for (k = 0; k < r->len[i]; k++)
		v = v << 8 | r->p[i][k];
	return v;
}

/* A checksum that is small has fewer bytes, and no sign that matters. */
static bool
sum_holds(const struct record *r, unsigned row, uint32_t index)
{
	return is_integer(r, row + 1) && (uint32_t)integer(r, row + 1) ==
	    store_db_crc(index, r->p[row], r->len[row]);
}

/* --- what it is ------------------------------------------------------- */

static bool
table_of(size_t len, enum store_table *t)
{
	static size_t sizes[STORE_ROW_TABLES];
	uint8_t out[STORE_BLOB_MAX];
	int i;

	if (sizes[0] == 0) {
		sizes[STORE_BAN] = store_encode_ban(&(struct book_ban){ 0 },
		    out);
		sizes[STORE_HOLD] = store_encode_hold(
		    &(struct book_hold){ 0 }, out);
		sizes[STORE_OWN] = store_encode_own(&(struct book_own){ 0 },
		    out);
		sizes[STORE_ENTRY] = store_encode_entry(
		    &(struct book_row){ 0 }, out);
	}
	for (i = 0; i < STORE_ROW_TABLES; i++)
		if (sizes[i] == len) {
			*t = i;
			return true;
		}
	return false;
}

/* Number, row, checksum; or number, ID, perhaps a time, row, checksum. */
static bool
take(struct store_merge *m, const struct record *r)
{
	enum store_table t;
	unsigned row = r->n - 2;

	if (r->n < 3 || r->type[0] != 0 || r->type[row] < 12 ||
	    r->len[row] > STORE_BLOB_MAX)
		return false;
	if (r->n == 3) {
		if (r->number > UINT32_MAX || !table_of(r->len[1], &t) ||
		    !sum_holds(r, 1, r->number))
			return false;
		store_merge_row(m, t, r->number, r->p[1], r->len[1]);
		return true;
	}
	if (r->len[1] != NODE_ID_SIZE || r->len[row] < NODE_ID_SIZE ||
	    memcmp(r->p[1], r->p[row], NODE_ID_SIZE) != 0 ||
	    !sum_holds(r, row, 0))
		return false;
	m->version = r->n == 4 ? 1 : STORE_VERSION;
	store_merge_row(m, STORE_NODE, 0, r->p[row], r->len[row]);
	return true;
}

/* A row at p?  Most bytes are refused by the first look at them. */
static bool
row_at(struct store_merge *m, const uint8_t *p, const uint8_t *end)
{
	struct record r;
	uint64_t size;

	if ((p = get_number(p, end, &size)) == NULL || size < 10 ||
	    size > OVERLAP / 2 || (p = get_number(p, end, &r.number)) ==
	    NULL || size > (uint64_t)(end - p) || p[0] < 4 || p[0] > 12 ||
	    p[1] != 0)
		return false;
	return get_columns(&r, p, p + size) && take(m, &r);
}

/* The key has no number: its name, itself, its checksum. */
static void
key_at(struct store_merge *m, const uint8_t *p, const uint8_t *end)
{
	static const char name[] = "hash_key";
	struct record r;

	if (m->has_key || p[0] != 4 || p[1] != 13 + 2 * strlen(name) ||
	    p[2] != 12 + 2 * BOOK_KEY_SIZE || p[3] < 1 || p[3] > 9 ||
	    4 + strlen(name) + BOOK_KEY_SIZE + 8 > (size_t)(end - p))
		return;
	if (!get_columns(&r, p, p + 4 + strlen(name) + BOOK_KEY_SIZE +
	    size_of(p[3])) || r.n != 3 || memcmp(r.p[0], name,
	    strlen(name)) != 0 || !sum_holds(&r, 1, 0))
		return;
	m->rc = store_db_put_meta(m->to, name, r.p[1], BOOK_KEY_SIZE);
	m->has_key = m->rc == SQLITE_OK;
}

/* --- a file ----------------------------------------------------------- */

/* What cannot be read is nothing. */
static size_t
read_chunk(int fd, uint8_t *buf, size_t size, off_t at)
{
	size_t n;
	ssize_t got;

	for (n = 0; n < size; n += got) {
		if ((got = pread(fd, buf + n, size - n < BLOCK ? size - n :
		    BLOCK, at + n)) == 0)
			break;
		if (got == -1) {
			got = size - n < BLOCK ? size - n : BLOCK;
			memset(buf + n, 0, got);
		}
	}
	return n;
}

static void
comb(struct store_merge *m, int fd, uint8_t *buf)
{
	const uint8_t *p, *end;
	size_t n;
	off_t at, len;

	if ((len = lseek(fd, 0, SEEK_END)) > COMB_MAX)
		len = COMB_MAX;
	for (at = 0; at < len && m->rc == SQLITE_OK; at += CHUNK) {
		n = read_chunk(fd, buf, CHUNK + OVERLAP, at);
		memset(buf + n, 0, OVERLAP);
		end = buf + n;
		for (p = buf; p < end && p < buf + CHUNK; p++) {
			if (*p == 0)
				continue;
			(void)row_at(m, p, end);
			key_at(m, p, end);
		}
	}
}

void
store_comb(struct store_merge *m, const char *path)
{
	struct stat st;
	uint8_t *buf;
	int fd;

	if (lstat(path, &st) == -1 || !S_ISREG(st.st_mode))
		return;
	if ((fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return;
	if ((buf = malloc(CHUNK + 2 * OVERLAP)) != NULL)
		comb(m, fd, buf);
	free(buf);
	close(fd);
}
