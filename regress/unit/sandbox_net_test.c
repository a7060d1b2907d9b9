/* SPDX-License-Identifier: ISC */
/*
 * Inside their sandboxes engine and dialer can do their work.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <atf-c.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <imsg.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "regress/lib/confined.h"

#define DEADLINE_MS	10000

/* --- what stands outside ------------------------------------------------ */

static int
loopback(int type, struct sockaddr_in *sin)
{
	socklen_t	 len = sizeof(*sin);
	int		 s;

	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE((s = socket(AF_INET, type, 0)) != -1);
	ATF_REQUIRE_EQ(0, bind(s, (struct sockaddr *)sin, len));
	if (type == SOCK_STREAM)
		ATF_REQUIRE_EQ(0, listen(s, 8));
	ATF_REQUIRE_EQ(0, getsockname(s, (struct sockaddr *)sin, &len));
	return s;
}

static void
wait_readable(int fd)
{
	struct pollfd	 pfd = { .fd = fd, .events = POLLIN };

	ATF_REQUIRE_EQ_MSG(1, poll(&pfd, 1, DEADLINE_MS),
	    "nothing came in time");
}

static void
must_end_well(struct confined *c)
{
	confined_wait(c);
	ATF_CHECK_MSG(c->signal == 0, "killed by %s", strsignal(c->signal));
	ATF_CHECK_MSG(c->code == 0, "failed: %s", c->text);
}

/* --- engine: a peer on a listener that came over a pipe ------------------ */

struct engine_case {
	struct event_base	*base;
	struct event		*ev_pipe, *ev_listen, *ev_peer;
	struct imsgbuf		 imsgbuf;
	int			 pipe[2];
	const char		*error;
	int			 done;
};

static void
engine_prepare(void *arg)
{
	struct engine_case	*k = arg;
	struct tm		 tm;
	time_t			 now = 0;
	uint8_t			 b;

	close(k->pipe[0]);
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	RAND_bytes(&b, 1);
	tzset();
	localtime_r(&now, &tm);
	k->base = event_base_new();
	if (imsgbuf_init(&k->imsgbuf, k->pipe[1]) == -1)
		abort();
	imsgbuf_allow_fdpass(&k->imsgbuf);
}

static void
engine_give_up(struct engine_case *k, const char *error)
{
	k->error = error;
	event_base_loopbreak(k->base);
}

static void
engine_peer(evutil_socket_t fd, short what, void *arg)
{
	struct engine_case	*k = arg;
	struct linger		 linger = { 0, 0 };
	char			 buf[64];
	ssize_t			 n;
	int			 on = 1;

	(void)what;
	if ((n = recv(fd, buf, sizeof(buf), 0)) == -1) {
		engine_give_up(k, "recv");
		return;
	}
	if (n == 0) {
		if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger,
		    sizeof(linger)) == -1)
			engine_give_up(k, "SO_LINGER");
		k->done = 1;
		event_base_loopbreak(k->base);
		return;
	}
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1 ||
	    send(fd, buf, n, MSG_NOSIGNAL) != n ||
	    shutdown(fd, SHUT_WR) == -1)
		engine_give_up(k, "answering");
}

static void
engine_accept(evutil_socket_t fd, short what, void *arg)
{
	struct engine_case	*k = arg;
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);
	int			 error, s;

	(void)what;
	s = accept4(fd, (struct sockaddr *)&ss, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (s == -1) {
		engine_give_up(k, "accept4");
		return;
	}
	len = sizeof(ss);
	if (getsockname(s, (struct sockaddr *)&ss, &len) == -1 ||
	    getpeername(s, (struct sockaddr *)&ss, &len) == -1)
		engine_give_up(k, "names");
	len = sizeof(error);
	if (getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		engine_give_up(k, "SO_ERROR");
	k->ev_peer = event_new(k->base, s, EV_READ | EV_PERSIST, engine_peer,
	    k);
	event_add(k->ev_peer, NULL);
}

static void
engine_pipe(evutil_socket_t fd, short what, void *arg)
{
	struct engine_case	*k = arg;
	struct imsg		 imsg;
	int			 s;

	(void)fd;
	(void)what;
	if (imsgbuf_read(&k->imsgbuf) != 1 ||
	    imsgbuf_get(&k->imsgbuf, &imsg) != 1) {
		engine_give_up(k, "the pipe");
		return;
	}
	if ((s = imsg_get_fd(&imsg)) == -1 ||
	    evutil_make_socket_nonblocking(s) == -1) {
		engine_give_up(k, "the listener");
		return;
	}
	imsg_free(&imsg);
	k->ev_listen = event_new(k->base, s, EV_READ | EV_PERSIST,
	    engine_accept, k);
	event_add(k->ev_listen, NULL);
	if (imsg_compose(&k->imsgbuf, 2, 0, 0, -1, "got", 3) != 1 ||
	    imsgbuf_flush(&k->imsgbuf) == -1)
		engine_give_up(k, "answering on the pipe");
}

static int
engine_serve(void *arg)
{
	struct engine_case	*k = arg;
	struct timeval		 tv = { DEADLINE_MS / 1000, 0 };

	k->ev_pipe = event_new(k->base, k->pipe[1], EV_READ | EV_PERSIST,
	    engine_pipe, k);
	event_add(k->ev_pipe, NULL);
	event_base_loopexit(k->base, &tv);
	event_base_dispatch(k->base);
	if (k->error != NULL)
		return confined_say("%s: %s", k->error, strerror(errno));
	if (!k->done)
		return confined_say("no peer in time");
	close(event_get_fd(k->ev_peer));
	event_free(k->ev_pipe);
	event_free(k->ev_peer);
	event_free(k->ev_listen);
	event_base_free(k->base);
	return 0;
}

ATF_TC_WITHOUT_HEAD(engine_serves_a_peer);
ATF_TC_BODY(engine_serves_a_peer, tc)
{
	static struct engine_case	 k;
	struct confined			 c;
	struct sockaddr_in		 sin;
	struct imsgbuf			 imsgbuf;
	struct imsg			 imsg;
	char				 buf[8];
	int				 listener, s;

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, k.pipe));
	listener = loopback(SOCK_STREAM, &sin);
	confined_start(&c, ROLE_ENGINE, NULL, engine_prepare, engine_serve,
	    &k);
	ATF_REQUIRE_EQ(0, imsgbuf_init(&imsgbuf, k.pipe[0]));
	imsgbuf_allow_fdpass(&imsgbuf);
	ATF_REQUIRE_EQ(1, imsg_compose(&imsgbuf, 1, 0, 0, listener, NULL, 0));
	ATF_REQUIRE_EQ(0, imsgbuf_flush(&imsgbuf));
	wait_readable(k.pipe[0]);
	ATF_REQUIRE_EQ(1, imsgbuf_read(&imsgbuf));
	ATF_REQUIRE_EQ_MSG(1, imsgbuf_get(&imsgbuf, &imsg), "no answer");
	imsg_free(&imsg);

	ATF_REQUIRE((s = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, connect(s, (struct sockaddr *)&sin, sizeof(sin)));
	ATF_REQUIRE_EQ(4, send(s, "ping", 4, MSG_NOSIGNAL));
	wait_readable(s);
	ATF_REQUIRE_EQ(4, recv(s, buf, sizeof(buf), MSG_WAITALL));
	close(s);
	must_end_well(&c);
	imsgbuf_clear(&imsgbuf);
	close(k.pipe[0]);
	close(k.pipe[1]);
}

/* --- engine: the cryptography of a handshake ----------------------------- */

static int
x25519(void)
{
	EVP_PKEY	*a = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_PKEY	*b = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new(a, NULL);
	uint8_t		 secret[32];
	size_t		 len = sizeof(secret);
	int		 ok;

	ok = EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, b) == 1 &&
	    EVP_PKEY_derive(ctx, secret, &len) == 1 && len == 32;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(a);
	EVP_PKEY_free(b);
	return ok;
}

static int
ed25519(void)
{
	EVP_PKEY	*key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	uint8_t		 sig[64];
	size_t		 len = sizeof(sig);
	int		 ok;

	ok = EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, sig, &len, (const uint8_t *)"text", 4) == 1 &&
	    EVP_MD_CTX_reset(ctx) == 1 &&
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, sig, len, (const uint8_t *)"text", 4) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok;
}

static int
seal(void)
{
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	static uint8_t	 key[32], nonce[12], in[1028], out[1044];
	int		 len, ok;

	ok = EVP_EncryptInit_ex(ctx, EVP_chacha20_poly1305(), NULL, key,
	    nonce) == 1 &&
	    EVP_EncryptUpdate(ctx, out, &len, in, sizeof(in)) == 1 &&
	    EVP_EncryptFinal_ex(ctx, out + len, &len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16,
	    out + sizeof(in)) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static int
compare(const void *a, const void *b)
{
	uint32_t	 x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

static int
memory_and_time(void)
{
	const size_t	 n = 1 << 20;
	uint32_t	*p, *q;
	struct tm	 tm;
	time_t		 now = time(NULL);

	if ((p = malloc(n * sizeof(*p))) == NULL)
		return 0;
	arc4random_buf(p, n * sizeof(*p));
	qsort(p, n, sizeof(*p), compare);
	if ((q = realloc(p, 4 * n * sizeof(*p))) == NULL)
		return 0;
	free(q);
	return localtime_r(&now, &tm) != NULL;
}

static int
engine_compute(void *arg)
{
	uint8_t	 md[32], rnd[64];

	(void)arg;
	if (RAND_bytes(rnd, sizeof(rnd)) != 1)
		return confined_say("random bytes");
	if (!x25519())
		return confined_say("X25519");
	if (!ed25519())
		return confined_say("Ed25519");
	if (!seal())
		return confined_say("ChaCha20-Poly1305");
	if (EVP_Q_digest(NULL, "SHA256", NULL, "x", 1, md, NULL) != 1)
		return confined_say("SHA-256");
	if (!memory_and_time())
		return confined_say("memory or time");
	return 0;
}

ATF_TC_WITHOUT_HEAD(engine_computes);
ATF_TC_BODY(engine_computes, tc)
{
	static struct engine_case	 k;

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, k.pipe));
	confined_must(ROLE_ENGINE, engine_prepare, engine_compute, &k);
}

/* --- dialer: a name, a connection, both handed on ------------------------ */

struct dialer_case {
	struct event_base	*base;
	struct evdns_base	*dns;
	struct imsgbuf		 imsgbuf;
	int			 pipe[2];
	struct sockaddr_in	 server, peer;
	char			 answer[32];
};

static void
dialer_prepare(void *arg)
{
	struct dialer_case	*k = arg;

	close(k->pipe[0]);
	k->base = event_base_new();
	k->dns = evdns_base_new(k->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (imsgbuf_init(&k->imsgbuf, k->pipe[1]) == -1)
		abort();
	imsgbuf_allow_fdpass(&k->imsgbuf);
}

static void
dialer_resolved(int result, char type, int count, int ttl, void *addrs,
    void *arg)
{
	struct dialer_case	*k = arg;

	(void)ttl;
	if (result == DNS_ERR_NONE && type == DNS_IPv4_A && count == 1)
		inet_ntop(AF_INET, addrs, k->answer, sizeof(k->answer));
	else
		snprintf(k->answer, sizeof(k->answer), "error %d", result);
	event_base_loopbreak(k->base);
}

/* As a non-blocking dial goes: EINPROGRESS, writable, SO_ERROR. */
static int
dialer_connect(struct dialer_case *k)
{
	struct pollfd	 pfd = { .events = POLLOUT };
	socklen_t	 len = sizeof(int);
	int		 error = 0;

	pfd.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (pfd.fd == -1)
		return -1;
	if (connect(pfd.fd, (struct sockaddr *)&k->peer,
	    sizeof(k->peer)) == -1 && errno != EINPROGRESS)
		return -1;
	if (poll(&pfd, 1, DEADLINE_MS) != 1 ||
	    getsockopt(pfd.fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1 ||
	    error != 0)
		return -1;
	return pfd.fd;
}

static int
dialer_work(void *arg)
{
	struct dialer_case	*k = arg;
	struct timeval		 tv = { DEADLINE_MS / 1000, 0 };
	int			 s;

	/* Name servers come with the configuration, at reload too. */
	if (evdns_base_nameserver_sockaddr_add(k->dns,
	    (struct sockaddr *)&k->server, sizeof(k->server), 0) != 0)
		return confined_say("name server not taken");
	if (evdns_base_resolve_ipv4(k->dns, "seed.example.org",
	    DNS_QUERY_NO_SEARCH, dialer_resolved, k) == NULL)
		return confined_say("cannot ask");
	event_base_loopexit(k->base, &tv);
	event_base_dispatch(k->base);
	if (strcmp(k->answer, "192.0.2.7") != 0)
		return confined_say("resolved to \"%s\"", k->answer);
	if ((s = dialer_connect(k)) == -1)
		return confined_say("connect: %s", strerror(errno));
	if (imsg_compose(&k->imsgbuf, 1, 0, 0, s, NULL, 0) != 1 ||
	    imsgbuf_flush(&k->imsgbuf) == -1)
		return confined_say("handing on: %s", strerror(errno));
	evdns_base_free(k->dns, 0);
	event_base_free(k->base);
	return 0;
}

/* A server that knows one name: the question back with one A record. */
static void
answer_name(int s)
{
	static const uint8_t	 rr[] = { 0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60,
				    0, 4, 192, 0, 2, 7 };
	struct sockaddr_in	 from;
	socklen_t		 len = sizeof(from);
	uint8_t			 q[512];
	ssize_t			 n;

	wait_readable(s);
	n = recvfrom(s, q, sizeof(q) - sizeof(rr), 0,
	    (struct sockaddr *)&from, &len);
	ATF_REQUIRE(n > 12);
	q[2] = 0x81;		/* answer, recursion desired */
	q[3] = 0x80;		/* recursion available, no error */
	q[7] = 1;		/* one answer */
	q[11] = 0;		/* nothing additional */
	memcpy(q + n, rr, sizeof(rr));
	ATF_REQUIRE_EQ(n + (ssize_t)sizeof(rr), sendto(s, q, n + sizeof(rr),
	    0, (struct sockaddr *)&from, len));
}

ATF_TC_WITHOUT_HEAD(dialer_resolves_and_dials);
ATF_TC_BODY(dialer_resolves_and_dials, tc)
{
	static struct dialer_case	 k;
	struct confined			 c;
	struct imsgbuf			 imsgbuf;
	struct imsg			 imsg;
	int				 listener, server, s;

	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, k.pipe));
	server = loopback(SOCK_DGRAM, &k.server);
	listener = loopback(SOCK_STREAM, &k.peer);
	confined_start(&c, ROLE_DIALER, NULL, dialer_prepare, dialer_work,
	    &k);
	answer_name(server);
	wait_readable(listener);
	ATF_REQUIRE((s = accept(listener, NULL, NULL)) != -1);
	ATF_REQUIRE_EQ(0, imsgbuf_init(&imsgbuf, k.pipe[0]));
	imsgbuf_allow_fdpass(&imsgbuf);
	wait_readable(k.pipe[0]);
	ATF_REQUIRE_EQ(1, imsgbuf_read(&imsgbuf));
	ATF_REQUIRE_EQ(1, imsgbuf_get(&imsgbuf, &imsg));
	ATF_CHECK(imsg_get_fd(&imsg) != -1);
	imsg_free(&imsg);
	must_end_well(&c);
	imsgbuf_clear(&imsgbuf);
	close(s);
}

/* --- engine: sockets that it was given are not made to dial ------------- */

struct redial {
	int			 own;		/* a listener given to engine */
	struct sockaddr_in	 there;		/* one that it was not */
};

/*
 * Linux: a listener that is shut down may connect, and TCP Fast Open does
 * so without connect(2), past Landlock, too.
 */
static void
free_listener(void *arg)
{
	ATF_REQUIRE_EQ(0, shutdown(((struct redial *)arg)->own, SHUT_RD));
}

static int
try_shutdown(void *arg)
{
	return shutdown(((struct redial *)arg)->own, SHUT_RD);
}

static int
try_sendmsg(void *arg)
{
	struct redial	*k = arg;
	char		 word[] = "word";
	struct iovec	 iov = { word, 4 };
	struct msghdr	 msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	msg.msg_name = &k->there;
	msg.msg_namelen = sizeof(k->there);
	return sendmsg(k->own, &msg, MSG_FASTOPEN | MSG_NOSIGNAL) == -1;
}

static int
try_send(void *arg)
{
	return send(((struct redial *)arg)->own, "word", 4,
	    MSG_FASTOPEN | MSG_NOSIGNAL) == -1;
}

ATF_TC_WITHOUT_HEAD(engine_dials_nobody);
ATF_TC_BODY(engine_dials_nobody, tc)
{
	static int	 (*const tries[])(void *) = {
		try_shutdown, try_sendmsg, try_send
	};
	struct sockaddr_in	 sin;
	struct confined		 c;
	struct redial		 k;
	size_t			 i;
	int			 there;

	there = loopback(SOCK_STREAM, &k.there);
	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		k.own = loopback(SOCK_STREAM, &sin);
		confined_start(&c, ROLE_ENGINE, NULL,
		    tries[i] == try_shutdown ? NULL : free_listener,
		    tries[i], &k);
		confined_wait(&c);
		ATF_CHECK_MSG(c.signal == SIGSYS, "%zu: code %d", i, c.code);
		close(k.own);
	}
	close(there);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, engine_serves_a_peer);
	ATF_TP_ADD_TC(tp, engine_computes);
	ATF_TP_ADD_TC(tp, engine_dials_nobody);
	ATF_TP_ADD_TC(tp, dialer_resolves_and_dials);
	return atf_no_error();
}
