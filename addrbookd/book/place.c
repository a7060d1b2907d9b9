/* SPDX-License-Identifier: ISC */
/*
 * Places: which bucket, and which slot in it, the keyed hash gives an
 * address.  The same for the life of a stored book, so numbers go into the
 * hash in network order.
 *
 * Shape of the hash: CometBFT p2p/pex/addrbook.go (calcNewBucket,
 * calcOldBucket); a slot that is fixed too: Bitcoin Core addrman.
 */
#include <endian.h>
#include <string.h>

#include "addrbookd/book/impl.h"
#include "common/uninit.h"

/* What a hash is for stands first, so that no two uses can meet. */
struct input {
	uint8_t	b[64];
	size_t	n;
};

static void
put(struct input *in, const void *p, size_t n)
{
	memcpy(in->b + in->n, p, n);
	in->n += n;
}

static void
put_number(struct input *in, uint64_t v)
{
	v = htobe64(v);
	put(in, &v, sizeof(v));
}

static void
put_triple(struct input *in, const struct peer_addr *a)
{
	put(in, a->id.b, sizeof(a->id.b));
	put(in, a->na.ip, sizeof(a->na.ip));
	in->b[in->n++] = a->na.port >> 8;
	in->b[in->n++] = a->na.port & 0xff;
}

static uint64_t
hash(const struct book *b, const struct input *in)
{
	return siphash24(&b->key, in->b, in->n);
}

static void
start(struct input *in, char use)
{
	in->b[0] = use;
	in->n = 1;
}

static uint32_t
slot(const struct book *b, char table, uint32_t bucket,
    const struct peer_addr *a)
{
	UNINITIALIZED struct input in;

	start(&in, table);
	put_number(&in, bucket);
	put_triple(&in, a);
	return bucket * SLOTS + hash(b, &in) % SLOTS;
}

uint32_t
bk_new_slot(const struct book *b, const struct peer_addr *a, uint32_t bucket)
{
	return slot(b, 'n', bucket, a);
}

/*
 * In a private network, where all may share one group, nobody is confined
 * to a few buckets for it.
 */
static uint64_t
bucket_anywhere(const struct book *b, char table, const struct peer_addr *a,
    uint64_t source)
{
	UNINITIALIZED struct input in;

	start(&in, table);
	put_number(&in, source);
	put_triple(&in, a);
	return hash(b, &in);
}

/* The h-th bucket of those a source can reach. */
static uint64_t
bucket_of_source(const struct book *b, struct netgroup source, uint64_t h)
{
	UNINITIALIZED struct input in;

	start(&in, 'b');
	put_number(&in, source.v);
	put_number(&in, h);
	return hash(b, &in);
}

static uint64_t
bucket_new(const struct book *b, const struct peer_addr *a,
    struct netgroup source)
{
	UNINITIALIZED struct input in;

	start(&in, 'g');
	if (b->conf.private_network)
		return bucket_anywhere(b, 'p', a, source.v);
	put_number(&in, bk_group(b, a->na.ip).v);
	put_number(&in, source.v);
	return bucket_of_source(b, source, hash(b, &in) % SOURCE_BUCKETS);
}

static uint64_t
bucket_old(const struct book *b, const struct peer_addr *a)
{
	UNINITIALIZED struct input in;
	uint64_t	 h;

	start(&in, 't');
	if (b->conf.private_network)
		return bucket_anywhere(b, 'P', a, 0);
	put_triple(&in, a);
	h = hash(b, &in) % GROUP_BUCKETS;
	start(&in, 'B');
	put_number(&in, bk_group(b, a->na.ip).v);
	put_number(&in, h);
	return hash(b, &in);
}

uint32_t
bk_new_place(const struct book *b, const struct peer_addr *a,
    struct netgroup source)
{
	return slot(b, 'n', bucket_new(b, a, source) % b->new_buckets, a);
}

uint32_t
bk_new_place_nth(const struct book *b, const struct peer_addr *a,
    struct netgroup source, unsigned int n)
{
	return slot(b, 'n', bucket_of_source(b, source, n) % b->new_buckets,
	    a);
}

uint32_t
bk_old_place(const struct book *b, const struct peer_addr *a)
{
	return slot(b, 'o', bucket_old(b, a) % b->old_buckets, a);
}

uint64_t
bk_hash_triple(const struct book *b, const struct peer_addr *a)
{
	UNINITIALIZED struct input in;

	start(&in, 'T');
	put_triple(&in, a);
	return hash(b, &in);
}

uint64_t
bk_hash_block(const struct book *b, struct netblock n)
{
	UNINITIALIZED struct input in;

	start(&in, 'N');
	put_number(&in, n.v);
	return hash(b, &in);
}

uint64_t
bk_hash_group(const struct book *b, struct netgroup g)
{
	UNINITIALIZED struct input in;

	start(&in, 'G');
	put_number(&in, g.v);
	return hash(b, &in);
}
