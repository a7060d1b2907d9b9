/* SPDX-License-Identifier: ISC */
/*
 * Two connections and the fuzzer between them: it says who writes how much
 * when, who signs and admits late, what is sent, and which byte is damaged.
 * If none was, and nobody left, both must end up running with every message
 * delivered.
 */
#include <stdlib.h>
#include <string.h>

#include "regress/lib/wirepeer.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define OPS_MAX	400

struct side {
	struct wirepeer	*from, *to;
	unsigned	 nsent;		/* messages on their way to "to" */
};

static struct wire_crypto	*crypto;
static struct wirepeer		 a, b;

static bool
is_failed(const struct wirepeer *p)
{
	return wire_conn_phase(p->conn) == WIRE_PHASE_FAILED;
}

/* Move n bytes, damaging the first if asked to.  Was there one to damage? */
static bool
move(struct side *s, size_t n, bool damage)
{
	struct wire_span	 out = wire_conn_output(s->from->conn);
	size_t			 want = wire_conn_want(s->to->conn);
	uint8_t			*copy;

	if (n > out.len)
		n = out.len;
	if (n > want)
		n = want;
	if (n == 0 || (copy = malloc(n)) == NULL)
		return false;
	memcpy(copy, out.p, n);
	if (damage)
		copy[0] ^= 1;
	wire_conn_sent(s->from->conn, n);
	wirepeer_input(s->to, copy, n);
	free(copy);
	return damage;
}

static void
send_message(struct side *s, size_t len)
{
	static const uint8_t	 data[PEX_CAPACITY];

	if (wire_conn_send(s->from->conn, 0, data, len) == WIRE_OK)
		s->nsent++;
}

static void
sign_or_start(struct wirepeer *p)
{
	if (p->nsignature > 0 && p->no_sign) {
		p->no_sign = false;
		wirepeer_sign(p);
	} else if (wire_conn_phase(p->conn) == WIRE_PHASE_ADMIT)
		wire_conn_start(p->conn);
}

/* One step.  Returns true if it may spoil the conversation. */
static bool
step(struct side *s, uint8_t op, uint8_t arg)
{
	switch (op % 8) {
	case 0:
		return move(s, 1 + arg, false);
	case 1:
		return move(s, 16 * (arg + 1), false);
	case 2:
		sign_or_start(s->from);
		return false;
	case 3:
		send_message(s, 40 * arg);
		return false;
	case 4:
		wire_conn_ping(s->from->conn);
		return false;
	case 5:
		return move(s, 1 + arg, arg == 0xaa);
	case 6:
		if (arg != 0xbb)
			return false;
		wire_conn_finish(s->from->conn);
		return true;
	default:
		return move(s, SIZE_MAX, false);
	}
}

static void
set_up(uint8_t how)
{
	if (crypto == NULL) {
		crypto = wire_crypto_new();
		wirepeer_init(&a, crypto, 1);
		wirepeer_init(&b, crypto, 2);
	}
	a.no_sign = how & 1;
	b.no_sign = how & 2;
	a.no_start = how & 4;
	b.no_start = how & 8;
	a.nsignature = b.nsignature = a.nmessage = b.nmessage = 0;
	wirepeer_open(&a, &b.id, 3);
	wirepeer_open(&b, NULL, 4);
}

static void
check_end(const struct side s[2])
{
	a.no_start = b.no_start = false;
	wirepair_pump(&a, &b, NULL);
	sign_or_start(&a);
	sign_or_start(&b);
	wirepair_pump(&a, &b, NULL);
	sign_or_start(&a);
	sign_or_start(&b);
	wirepair_pump(&a, &b, NULL);
	if (wire_conn_phase(a.conn) != WIRE_PHASE_RUNNING ||
	    wire_conn_phase(b.conn) != WIRE_PHASE_RUNNING)
		abort();
	if (a.nmessage != s[1].nsent || b.nmessage != s[0].nsent)
		abort();
	if (wire_conn_held(a.conn) != 0 || wire_conn_held(b.conn) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct side	 s[2] = { { &a, &b, 0 }, { &b, &a, 0 } };
	bool		 spoilt = false;
	size_t		 i;

	if (len < 1)
		return 0;
	set_up(data[0]);
	for (i = 1; i + 1 < len && i < 2 * OPS_MAX; i += 2)
		spoilt |= step(&s[data[i] >> 7], data[i], data[i + 1]);
	if (!spoilt && (is_failed(&a) || is_failed(&b)))
		abort();
	if (!spoilt)
		check_end(s);
	wire_conn_free(a.conn);
	wire_conn_free(b.conn);
	return 0;
}
