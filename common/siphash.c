/* SPDX-License-Identifier: ISC */
/*
 * SipHash-2-4.
 */
#include <endian.h>
#include <string.h>

#include "common/siphash.h"

struct state {
	uint64_t	v0, v1, v2, v3;
	uint64_t	word;		/* input not yet compressed */
	size_t		total;
};

static inline uint64_t
rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static inline uint64_t
load_le64(const uint8_t *p)
{
	uint64_t	 v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline void
sip_round(struct state *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 = rotl(s->v2, 32);
}

static inline void
compress(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

static inline void
begin(struct state *s, const struct siphash_key *key)
{
	s->v0 = key->k0 ^ 0x736f6d6570736575ULL;
	s->v1 = key->k1 ^ 0x646f72616e646f6dULL;
	s->v2 = key->k0 ^ 0x6c7967656e657261ULL;
	s->v3 = key->k1 ^ 0x7465646279746573ULL;
	s->word = 0;
	s->total = 0;
}

static inline uint64_t
finish(struct state *s)
{
	int	 i;

	compress(s, s->word | (uint64_t)s->total << 56);
	s->v2 ^= 0xff;
	for (i = 0; i < 4; i++)
		sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

void
siphash_key_set(struct siphash_key *key, const uint8_t b[SIPHASH_KEY_SIZE])
{
	key->k0 = load_le64(b);
	key->k1 = load_le64(b + 8);
}

uint64_t
siphash24(const struct siphash_key *key, const void *data, size_t len)
{
	const uint8_t	*p = data;
	struct state	 s;
	size_t		 left;

	begin(&s, key);
	s.total = len;
	for (left = len; left >= 8; p += 8, left -= 8)
		compress(&s, load_le64(p));
	if (left > 0)
		memcpy(&s.word, p, left);
	s.word = le64toh(s.word);
	return finish(&s);
}
