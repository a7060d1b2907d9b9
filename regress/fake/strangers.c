/* SPDX-License-Identifier: ISC */
/*
 * Strangers who fill what a pexd keeps for unfinished input, beside honest
 * peers who say nothing.  Prints how many of the honest ones are left.
 * Usage: strangers PORT REFUSED PARTIAL
 *   REFUSED: node infos of another network, as long as may be
 *   PARTIAL: handshakes that stop inside a node info of that length
 */

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/lib/rawpeer.h"
#include "wire/delim.h"

#define HONEST		30
#define INFO_MAX	10240

static struct wire_crypto	*crypto;
static in_port_t		 port;
static uint32_t			 hosts;		/* each comes from another */

static int
dial(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct timeval tv = { .tv_sec = 5 };
	int fd;

	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		err(1, "socket");
	sin.sin_addr.s_addr = htonl(0x7f020000 + ++hosts);
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "bind");
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(port);
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "connect");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return fd;
}

static int
read_all(int fd, void *buf, size_t len)
{
	size_t got = 0;
	ssize_t n;

	for (; got < len; got += n)
		if ((n = read(fd, (char *)buf + got, len - got)) <= 0)
			return -1;
	return 0;
}

/* The keys, and our half of the authentication, sealed. */
static int
begin(int fd, struct rawpeer *r)
{
	uint8_t hello[SECRET_HELLO_SIZE];
	struct bytes auth = { 0 };

	rawpeer_init(r, crypto, hosts);
	if (read_all(fd, hello, sizeof(hello)) == -1 ||
	    secret_agree(crypto, &r->exchange, hello + 3, &r->secret,
	    r->challenge) != WIRE_OK)
		return -1;
	rawpeer_auth_message(r, &auth);
	rawpeer_seal(r, auth.p, auth.len);
	bytes_reset(&auth);
	return 0;
}

static void
say(int fd, struct rawpeer *r)
{
	struct bytes b = { 0 };

	bytes_add(&b, r->hello, sizeof(r->hello));
	bytes_add(&b, r->out.p, r->out.len);
	if (write(fd, b.p, b.len) != (ssize_t)b.len)
		warn("write");
	bytes_reset(&b);
}

static int
honest(void)
{
	uint8_t answer[2 * SECRET_FRAME_SIZE];
	struct bytes info = { 0 };
	struct rawpeer r;
	int fd = dial();

	if (begin(fd, &r) == -1)
		errx(1, "an honest peer was not heard");
	rawpeer_node_info(&r, &info);
	rawpeer_say(&r, bytes_span(&info));
	say(fd, &r);
	if (read_all(fd, answer, sizeof(answer)) == -1)
		errx(1, "an honest peer was not admitted");
	bytes_reset(&info);
	rawpeer_free(&r);
	return fd;
}

/* The socket stays open: it is closed with the process. */
static void
refused(void)
{
	static const char filling[INFO_MAX];
	struct bytes info = { 0 };
	struct rawpeer r;
	int fd = dial();

	if (begin(fd, &r) == 0) {
		rawpeer_node_info(&r, &info);
		bytes_add_text(&info, 4, "another");
		bytes_add_field(&info, 15, filling, INFO_MAX - info.len - 4);
		rawpeer_say(&r, bytes_span(&info));
		say(fd, &r);
	}
	bytes_reset(&info);
	rawpeer_free(&r);
}

static void
partial(void)
{
	uint8_t start[16], *end;
	struct rawpeer r;
	int fd = dial();

	if (begin(fd, &r) == 0) {
		end = varint_put(start, INFO_MAX);
		*end++ = 0x0a;
		rawpeer_seal(&r, start, end - start);
		say(fd, &r);
	}
	rawpeer_free(&r);
}

static int
is_open(int fd)
{
	char buf[4096];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		;
	return n == -1 && errno == EAGAIN;
}

int
main(int argc, char **argv)
{
	struct rlimit rl;
	int fds[HONEST], i, n, left = 0;

	if (argc != 4)
		errx(2, "usage: strangers PORT REFUSED PARTIAL");
	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	port = atoi(argv[1]);
	if ((crypto = wire_crypto_new()) == NULL)
		errx(1, "no crypto");
	for (i = 0; i < HONEST; i++)
		fds[i] = honest();
	for (n = atoi(argv[2]); n > 0; n--)
		refused();
	for (n = atoi(argv[3]); n > 0; n--)
		partial();
	/* What came of it has come when one more is served. */
	close(honest());
	for (i = 0; i < HONEST; i++)
		left += is_open(fds[i]);
	printf("%d of %d\n", left, HONEST);
	return 0;
}
