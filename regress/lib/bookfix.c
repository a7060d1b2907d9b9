/* SPDX-License-Identifier: ISC */
/* A book for a test. */
#include <string.h>

#include <atf-c.h>

#include "regress/lib/bookfix.h"

static const uint8_t	key[BOOK_KEY_SIZE] = "a book for tests";

void
fix_init(struct bookfix *f, unsigned int size, uint64_t seed)
{
	memset(f, 0, sizeof(*f));
	rng_seed_number(&f->rng, seed);
	f->now = FIX_START;
	f->conf.strict = true;
	f->book = book_new(size, key, &f->rng, &f->conf);
	ATF_REQUIRE(f->book != NULL);
	FIX_CHECK(f);
}

void
fix_free(struct bookfix *f)
{
	FIX_CHECK(f);
	book_free(f->book);
}

void
fix_wait(struct bookfix *f, uint32_t seconds)
{
	f->now += seconds;
	(void)fix_counts(f);
	FIX_CHECK(f);
}

void
fix_check(const struct bookfix *f, const char *file, int line)
{
	int	 code = book_check(f->book);

	ATF_REQUIRE_MSG(code == 0, "%s:%d: broken rule %d: %s", file, line,
	    code, book_check_text(code));
}

struct node_id
fix_id(uint32_t n)
{
	struct node_id	 id;
	size_t		 i;

	for (i = 0; i < sizeof(id.b); i++)
		id.b[i] = (n * 2654435761U + i * 40503U) >> (i % 4 * 8);
	memcpy(id.b, &n, sizeof(n));
	return id;
}

struct peer_addr
fix_addr(uint32_t n, const char *ip, uint16_t port)
{
	struct peer_addr	 a;

	memset(&a, 0, sizeof(a));
	a.id = fix_id(n);
	ATF_REQUIRE(ip_parse(ip, strlen(ip), a.na.ip) == 0);
	a.na.port = port;
	return a;
}

/* First byte 11 .. 99 or 128 and up: no special range but 169.254, 172.16. */
struct peer_addr
fix_peer(uint32_t n)
{
	struct peer_addr	 a;
	uint32_t		 group = n % 40000;

	memset(&a, 0, sizeof(a));
	a.id = fix_id(n);
	a.na.ip[10] = a.na.ip[11] = 0xff;
	a.na.ip[12] = group / 256 < 89 ? 11 + group / 256 :
	    128 + (group / 256 - 89) % 36;
	a.na.ip[13] = group % 256;
	a.na.ip[14] = 1 + n / 40000 / 200 % 200;
	a.na.ip[15] = 1 + n / 40000 % 200;
	a.na.port = 26656;
	return a;
}

struct book_source
fix_source(uint32_t n)
{
	struct book_source	 s;
	struct peer_addr	 a = fix_peer(n);

	s.id = fix_id(n + 0x40000000);
	memcpy(s.ip, a.na.ip, sizeof(s.ip));
	return s;
}

enum book_result
fix_hear(struct bookfix *f, const struct peer_addr *a, uint32_t source)
{
	struct book_source	 s = fix_source(source);
	enum book_result	 r = book_hear(f->book, f->now, a, &s);

	FIX_CHECK(f);
	return r;
}

void
fix_outcome(struct bookfix *f, const struct peer_addr *a,
    enum book_outcome how)
{
	book_outcome(f->book, f->now, a, how);
	FIX_CHECK(f);
}

void
fix_good(struct bookfix *f, const struct peer_addr *a)
{
	fix_hear(f, a, 7);
	fix_outcome(f, a, BOOK_ANSWERED);
	ATF_REQUIRE_EQ(BOOK_GOOD, fix_row(f, a).level);
}

struct book_row
fix_row(struct bookfix *f, const struct peer_addr *a)
{
	struct book_row	 row;
	char		 text[PEER_ADDR_TEXT_SIZE];

	ATF_REQUIRE_MSG(book_find(f->book, f->now, a, &row), "%s is not there",
	    peer_addr_text(a, text));
	return row;
}

bool
fix_has(struct bookfix *f, const struct peer_addr *a)
{
	struct book_row	 row;

	return book_find(f->book, f->now, a, &row);
}

struct book_counts
fix_counts(struct bookfix *f)
{
	struct book_counts	 c;

	book_count(f->book, f->now, &c);
	return c;
}
