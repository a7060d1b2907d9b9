/* SPDX-License-Identifier: ISC */
/*
 * Inside its sandbox each role can do its work.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
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
#include <sqlite3.h>

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

/* --- addrbookd: SQLite with a writer thread ------------------------------ */

#define ROWS	2000
#define COMMITS	20

struct book_case {
	sqlite3		*db;
	pthread_t	 writer;
	pthread_mutex_t	 lock;
	pthread_cond_t	 cond;
	int		 go;
	const char	*error;
};

static int
sql(sqlite3 *db, const char *text)
{
	return sqlite3_exec(db, text, NULL, NULL, NULL);
}

static void *
book_writer(void *arg)
{
	struct book_case	*k = arg;
	int			 i, j;

	pthread_mutex_lock(&k->lock);
	while (!k->go)
		pthread_cond_wait(&k->cond, &k->lock);
	pthread_mutex_unlock(&k->lock);
	for (i = 0; i < COMMITS; i++) {
		if (sql(k->db, "BEGIN IMMEDIATE") != SQLITE_OK)
			k->error = "begin";
		for (j = 0; j < ROWS / COMMITS; j++)
			if (sql(k->db, "INSERT INTO t(b) VALUES"
			    "(randomblob(500))") != SQLITE_OK)
				k->error = "insert";
		if (sql(k->db, "COMMIT") != SQLITE_OK)
			k->error = "commit";
	}
	return NULL;
}

static void
book_prepare(void *arg)
{
	struct book_case	*k = arg;

	if (sqlite3_open("book.db", &k->db) != SQLITE_OK ||
	    sql(k->db, "PRAGMA locking_mode=EXCLUSIVE") != SQLITE_OK ||
	    sql(k->db, "PRAGMA journal_mode=WAL") != SQLITE_OK ||
	    sql(k->db, "PRAGMA synchronous=FULL") != SQLITE_OK ||
	    sql(k->db, "PRAGMA temp_store=MEMORY") != SQLITE_OK ||
	    sql(k->db, "CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)") !=
	    SQLITE_OK)
		abort();
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->cond, NULL);
	if (pthread_create(&k->writer, NULL, book_writer, k) != 0)
		abort();
}

static int
book_store(void *arg)
{
	struct book_case	*k = arg;

	pthread_mutex_lock(&k->lock);
	k->go = 1;
	pthread_cond_signal(&k->cond);
	pthread_mutex_unlock(&k->lock);
	pthread_join(k->writer, NULL);
	if (k->error != NULL)
		return confined_say("%s: %s", k->error,
		    sqlite3_errmsg(k->db));
	if (sql(k->db, "UPDATE t SET b = randomblob(600) WHERE a % 3 = 0") !=
	    SQLITE_OK || sql(k->db, "PRAGMA wal_checkpoint(TRUNCATE)") !=
	    SQLITE_OK || sql(k->db, "DELETE FROM t WHERE a % 10 = 0") !=
	    SQLITE_OK)
		return confined_say("%s", sqlite3_errmsg(k->db));
	/* It cannot remove its log; that has to do no harm. */
	if (sqlite3_close(k->db) != SQLITE_OK)
		return confined_say("close");
	return 0;
}

static int
count_rows(void *arg, int n, char **values, char **names)
{
	(void)n;
	(void)names;
	*(int *)arg = atoi(values[0]);
	return 0;
}

ATF_TC_WITHOUT_HEAD(addrbookd_keeps_a_store);
ATF_TC_BODY(addrbookd_keeps_a_store, tc)
{
	static struct book_case	 k;
	sqlite3			*db;
	int			 n = 0;

	unlink("book.db");
	unlink("book.db-wal");
	confined_must(ROLE_ADDRBOOKD, book_prepare, book_store, &k);
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_open("book.db", &db));
	ATF_REQUIRE_EQ(SQLITE_OK, sqlite3_exec(db, "SELECT count(*) FROM t",
	    count_rows, &n, NULL));
	ATF_CHECK_EQ(ROWS - ROWS / 10, n);
	ATF_CHECK_EQ(SQLITE_OK, sql(db, "PRAGMA integrity_check"));
	ATF_CHECK_EQ(SQLITE_OK, sqlite3_close(db));
}

static void *
idle_thread(void *arg)
{
	return arg;
}

/* A thread started afterwards would be outside of Landlock: none is. */
static int
late_thread(void *arg)
{
	pthread_t	 t;

	(void)arg;
	(void)pthread_create(&t, NULL, idle_thread, NULL);
	return 0;
}

static void
prepare_nothing(void *arg)
{
	(void)arg;
}

ATF_TC_WITHOUT_HEAD(no_late_threads);
ATF_TC_BODY(no_late_threads, tc)
{
	struct confined	 c;

	confined_start(&c, ROLE_ADDRBOOKD, NULL, prepare_nothing, late_thread,
	    NULL);
	confined_wait(&c);
#ifdef SANDBOX_LINUX
	ATF_CHECK_EQ(SIGSYS, c.signal);
#endif
}

/* --- pexctl, parent, the end --------------------------------------------- */

static int
ctl_work(void *arg)
{
	struct tm	 tm;
	time_t		 now = time(NULL);
	char		 line[256];
	FILE		*f;

	(void)arg;
	if (localtime_r(&now, &tm) == NULL ||
	    strftime(line, sizeof(line), "%c", &tm) == 0)
		return confined_say("time");
	if ((f = fopen("/etc/passwd", "r")) == NULL ||
	    fgets(line, sizeof(line), f) == NULL || fclose(f) != 0)
		return confined_say("reading: %s", strerror(errno));
	if (fopen("written", "w") != NULL)
		return confined_say("writing");
	return 0;
}

/* The stdio of a program whose output is no terminal, and its exit. */
static int
ctl_print(void *arg)
{
	(void)arg;
	printf("%d\n", 42);
	exit(fflush(stdout) == 0 ? 0 : 1);
}

ATF_TC_WITHOUT_HEAD(pexctl_reads_and_prints);
ATF_TC_BODY(pexctl_reads_and_prints, tc)
{
	struct confined	 c;

	confined_start(&c, ROLE_CTL, NULL, NULL, ctl_work, NULL);
	confined_wait(&c);
	/* To open for writing is no mistake of form: it kills. */
#ifdef SANDBOX_LINUX
	ATF_CHECK_EQ(SIGSYS, c.signal);
#endif
	ATF_CHECK_STREQ("", c.text);
	confined_must(ROLE_CTL, NULL, ctl_print, NULL);
}

static int
parent_start_child(void)
{
	char	*argv[] = { (char[]){ "true" }, NULL };
	pid_t	 pid;
	int	 status;

	if ((pid = fork()) == -1)
		return -1;
	if (pid == 0) {
		execv("/bin/true", argv);
		_exit(1);
	}
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int
parent_work(void *arg)
{
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	pthread_t		 t;
	int			 s;

	(void)arg;
	if (parent_start_child() == -1)
		return confined_say("starting a child: %s", strerror(errno));
	strlcpy(sun.sun_path, "control", sizeof(sun.sun_path));
	unlink("control");
	if ((s = socket(AF_UNIX, SOCK_STREAM, 0)) == -1 ||
	    bind(s, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    chmod("control", 0660) == -1 || listen(s, 4) == -1 ||
	    unlink("control") == -1)
		return confined_say("control socket: %s", strerror(errno));
	if ((s = open("log", O_WRONLY | O_CREAT, 0600)) == -1 ||
	    write(s, "x", 1) != 1)
		return confined_say("writing: %s", strerror(errno));
	if (pthread_create(&t, NULL, idle_thread, NULL) != 0 ||
	    pthread_join(t, NULL) != 0)
		return confined_say("a library's thread");
	/* What a child started as root does before its own sandbox. */
	if (geteuid() == 0 && (chroot(".") == -1 || chdir("/") == -1 ||
	    setresgid(65534, 65534, 65534) == -1 ||
	    setresuid(65534, 65534, 65534) == -1))
		return confined_say("dropping privileges: %s",
		    strerror(errno));
	return 0;
}

ATF_TC_WITHOUT_HEAD(parent_has_authority);
ATF_TC_BODY(parent_has_authority, tc)
{
	confined_must(ROLE_PARENT, NULL, parent_work, NULL);
}

static int
give_up(void *arg)
{
	(void)arg;
	abort();
}

/* A failed assertion is told from a forbidden call. */
ATF_TC_WITHOUT_HEAD(abort_is_abort);
ATF_TC_BODY(abort_is_abort, tc)
{
	static const enum role	roles[] = { ROLE_PARENT, ROLE_ENGINE,
	    ROLE_DIALER, ROLE_ADDRBOOKD, ROLE_CTL };
	struct confined		c;
	size_t			i;

	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		confined_start(&c, roles[i], NULL, NULL, give_up, NULL);
		confined_wait(&c);
		ATF_CHECK_EQ_MSG(SIGABRT, c.signal, "role %#x: %d", roles[i],
		    c.signal);
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, engine_serves_a_peer);
	ATF_TP_ADD_TC(tp, engine_computes);
	ATF_TP_ADD_TC(tp, dialer_resolves_and_dials);
	ATF_TP_ADD_TC(tp, addrbookd_keeps_a_store);
	ATF_TP_ADD_TC(tp, no_late_threads);
	ATF_TP_ADD_TC(tp, pexctl_reads_and_prints);
	ATF_TP_ADD_TC(tp, parent_has_authority);
	ATF_TP_ADD_TC(tp, abort_is_abort);
	return atf_no_error();
}
