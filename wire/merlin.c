/* SPDX-License-Identifier: ISC */
/* STROBE-128 as far as Merlin uses it, and Merlin on top. */
#include <string.h>

#include "wire/merlin.h"

/* Flags of the STROBE operations; C makes an operation start a new block. */
#define FLAG_C		0x04
#define OP_AD		0x02
#define OP_META_AD	0x12
#define OP_PRF		0x07

static inline void
xor_byte(struct merlin *m, size_t at, uint8_t b)
{
	m->lane[at / 8] ^= (uint64_t)b << at % 8 * 8;
}

static inline uint8_t
get_byte(const struct merlin *m, size_t at)
{
	return m->lane[at / 8] >> at % 8 * 8;
}

/* Pad the block and permute. */
static void
run(struct merlin *m)
{
	xor_byte(m, m->pos, m->begin);
	xor_byte(m, m->pos + 1U, 0x04);
	xor_byte(m, STROBE_RATE + 1, 0x80);
	keccak_f1600(m->lane);
	m->pos = m->begin = 0;
}

static void
absorb(struct merlin *m, const void *data, size_t len)
{
	const uint8_t	*p = data;

	while (len-- > 0) {
		xor_byte(m, m->pos, *p++);
		if (++m->pos == STROBE_RATE)
			run(m);
	}
}

static void
squeeze(struct merlin *m, uint8_t *out, size_t len)
{
	while (len-- > 0) {
		*out = get_byte(m, m->pos);
		xor_byte(m, m->pos, *out++);	/* the byte becomes zero */
		if (++m->pos == STROBE_RATE)
			run(m);
	}
}

static void
begin(struct merlin *m, uint8_t flags)
{
	uint8_t	 header[2] = { m->begin, flags };

	m->begin = m->pos + 1;
	absorb(m, header, sizeof(header));
	if ((flags & FLAG_C) != 0 && m->pos != 0)
		run(m);
}

/* Frame the label and the length of what comes next. */
static void
frame(struct merlin *m, const char *label, size_t len)
{
	uint8_t	 size[4] = { len, len >> 8, len >> 16, len >> 24 };

	begin(m, OP_META_AD);
	absorb(m, label, strlen(label));
	absorb(m, size, sizeof(size));
}

void
merlin_init(struct merlin *m, const char *protocol)
{
	static const uint8_t	 domain[18] = {
		1, STROBE_RATE + 2, 1, 0, 1, 12 * 8,
		'S', 'T', 'R', 'O', 'B', 'E', 'v', '1', '.', '0', '.', '2'
	};
	static const char	 version[] = "Merlin v1.0";
	size_t			 i;

	memset(m, 0, sizeof(*m));
	for (i = 0; i < sizeof(domain); i++)
		xor_byte(m, i, domain[i]);
	keccak_f1600(m->lane);
	begin(m, OP_META_AD);
	absorb(m, version, sizeof(version) - 1);
	merlin_append(m, "dom-sep", protocol, strlen(protocol));
}

void
merlin_append(struct merlin *m, const char *label, const void *data,
    size_t len)
{
	frame(m, label, len);
	begin(m, OP_AD);
	absorb(m, data, len);
}

void
merlin_challenge(struct merlin *m, const char *label, uint8_t *out,
    size_t len)
{
	frame(m, label, len);
	begin(m, OP_PRF);
	squeeze(m, out, len);
}

void
merlin_peek(const struct merlin *m, uint8_t *out, size_t n)
{
	size_t	 i;

	for (i = 0; i < n && i < sizeof(m->lane); i++)
		out[i] = get_byte(m, i);
}

void
merlin_wipe(struct merlin *m)
{
	explicit_bzero(m, sizeof(*m));
}
