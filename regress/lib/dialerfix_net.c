/* SPDX-License-Identifier: ISC */
/* Places on loopback for a dialer under test to dial, and a name server. */

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "regress/lib/dialerfix.h"

struct peer_addr
dfix_addr(unsigned n, uint16_t port)
{
	struct peer_addr a = { .na = { .port = port } };

	a.id.b[0] = n >> 8;
	a.id.b[1] = n;
	a.id.b[19] = 7;
	ATF_REQUIRE_EQ(0, ip_parse("127.0.0.1", 9, a.na.ip));
	return a;
}

struct peer_addr
dfix_addr_of(int family, unsigned n, uint16_t port)
{
	struct peer_addr a = dfix_addr(n, port);

	if (family == AF_INET6)
		ATF_REQUIRE_EQ(0, ip_parse("::1", 3, a.na.ip));
	return a;
}

struct host_addr
dfix_host(unsigned n, const char *host, uint16_t port)
{
	struct host_addr h = { .id = dfix_addr(n, 1).id, .port = port };

	strlcpy(h.host, host, sizeof(h.host));
	h.is_literal = ip_parse(host, strlen(host), h.ip) == 0;
	return h;
}

static int
bound(int family, int type, uint16_t *port)
{
	struct sockaddr_storage ss;
	struct netaddr na;
	socklen_t len;
	int fd;

	ATF_REQUIRE_EQ(0, family == AF_INET6 ?
	    ip_parse("::1", 3, na.ip) : ip_parse("127.0.0.1", 9, na.ip));
	na.port = 0;
	len = netaddr_to_sockaddr(&na, &ss);
	fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ATF_REQUIRE(fd != -1);
	ATF_REQUIRE_EQ(0, bind(fd, (struct sockaddr *)&ss, len));
	len = sizeof(ss);
	ATF_REQUIRE_EQ(0, getsockname(fd, (struct sockaddr *)&ss, &len));
	ATF_REQUIRE_EQ(0, netaddr_from_sockaddr((struct sockaddr *)&ss, len,
	    &na));
	*port = na.port;
	return fd;
}

int
dfix_listen(int family, uint16_t *port)
{
	int fd = bound(family, SOCK_STREAM, port);

	ATF_REQUIRE_EQ(0, listen(fd, 1024));
	return fd;
}

uint16_t
dfix_closed_port(void)
{
	uint16_t port;

	close(bound(AF_INET, SOCK_STREAM, &port));
	return port;
}

/* A listener that accepts nothing loses SYNs once its backlog is full. */
int
dfix_blackhole(int family, uint16_t *port, int fds[], unsigned max)
{
	int fd = bound(family, SOCK_STREAM, port);
	struct peer_addr a = dfix_addr_of(family, 1, *port);
	struct sockaddr_storage ss;
	socklen_t len = netaddr_to_sockaddr(&a.na, &ss);
	unsigned i;

	ATF_REQUIRE_EQ(0, listen(fd, 0));
	for (i = 0; i < max; i++) {
		fds[i] = socket(family, SOCK_STREAM | SOCK_NONBLOCK |
		    SOCK_CLOEXEC, 0);
		ATF_REQUIRE(fds[i] != -1);
		ATF_REQUIRE(connect(fds[i], (struct sockaddr *)&ss, len) ==
		    0 || errno == EINPROGRESS);
	}
	return fd;
}

/* --- the name server ------------------------------------------------------ */

/*
 * Names end in .test.  both: 127.0.0.1 and ::1; four: 127.0.0.1; many: 20
 * addresses 127.0.1.x; empty: no address; none: does not exist; dead: never
 * an answer; broken: rubbish for an answer.
 */
#define TYPE_A		1
#define TYPE_AAAA	28
#define RCODE_NAME	3

struct question {
	const uint8_t	*start;		/* of the name */
	size_t		 len;		/* of the whole question */
	char		 name[64];
	unsigned	 type;
};

static bool
read_question(const uint8_t *p, size_t n, struct question *q)
{
	size_t i = 12, out = 0, label;

	while (i < n && p[i] != 0) {
		label = p[i++];
		if (label > 63 || i + label >= n ||
		    out + label + 2 > sizeof(q->name))
			return false;
		memcpy(q->name + out, p + i, label);
		out += label;
		q->name[out++] = '.';
		i += label;
	}
	if (out == 0 || i + 5 > n)
		return false;
	q->name[out - 1] = '\0';
	q->type = p[i + 1] << 8 | p[i + 2];
	q->start = p + 12;
	q->len = i + 5 - 12;
	return true;
}

static size_t
put_record(uint8_t *out, unsigned type, unsigned last)
{
	static const uint8_t head[] = { 0xc0, 12, 0, 0, 0, 1, 0, 0, 0, 60 };
	uint8_t v6[16] = { 0 }, v4[4] = { 127, 0, 0, 1 };
	size_t len = type == TYPE_A ? 4 : 16;

	v6[15] = 1;
	if (last != 0) {
		v4[2] = 1;
		v4[3] = last;
	}
	memcpy(out, head, sizeof(head));
	out[3] = type;
	out[10] = 0;
	out[11] = len;
	memcpy(out + 12, type == TYPE_A ? v4 : v6, len);
	return 12 + len;
}

static size_t
answer(const uint8_t *query, const struct question *q, uint8_t *out)
{
	unsigned i, count = 0;
	size_t len = 12 + q->len;

	memset(out, 0, 12);
	memcpy(out, query, 2);
	out[2] = 0x81;
	out[3] = 0x80;
	out[5] = 1;
	memcpy(out + 12, q->start, q->len);
	if (strcmp(q->name, "none.test") == 0)
		out[3] |= RCODE_NAME;
	if (strcmp(q->name, "both.test") == 0)
		count = 1;
	if (q->type == TYPE_A && strcmp(q->name, "four.test") == 0)
		count = 1;
	if (q->type == TYPE_A && strcmp(q->name, "many.test") == 0)
		count = 20;
	for (i = 0; i < count; i++)
		len += put_record(out + len, q->type, count > 1 ? i + 1 : 0);
	out[7] = count;
	return len;
}

static void
on_query(evutil_socket_t fd, short what, void *arg)
{
	struct dialerfix *fix = arg;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	uint8_t in[512], out[1024];
	struct question q;
	size_t outlen;
	ssize_t n;

	n = recvfrom(fd, in, sizeof(in), 0, (struct sockaddr *)&ss, &len);
	if (n <= 0 || !read_question(in, n, &q))
		return;
	fix->dns_questions++;
	if (strcmp(q.name, "dead.test") == 0)
		return;
	outlen = answer(in, &q, out);
	if (strcmp(q.name, "broken.test") == 0)
		memset(out + 2, 0xff, outlen - 2);
	(void)sendto(fd, out, outlen, 0, (struct sockaddr *)&ss, len);
}

void
dfix_dns(struct dialerfix *fix)
{
	uint16_t port;

	fix->dns_fd = bound(AF_INET, SOCK_DGRAM, &port);
	fix->dns_ev = event_new(fix->child.base, fix->dns_fd,
	    EV_READ | EV_PERSIST, on_query, fix);
	ATF_REQUIRE(fix->dns_ev != NULL);
	event_add(fix->dns_ev, NULL);
	fix->conf->nameservers[fix->conf->nnameservers++] =
	    dfix_addr(1, port).na;
}
