/* SPDX-License-Identifier: ISC */
/* Pipes: authority by table, descriptors, back-pressure, ends. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>
#include <event2/event.h>
#include <imsg.h>

#include "common/pipe.h"

/* An engine and an addrbookd joined by a pipe, on one loop. */
struct pair {
	struct event_base	*base;
	struct pipe		*engine, *book;
	unsigned		 got, got_id, ups;
	enum pipe_end		 ended;		/* of book's side */
	char			 why[128];
	unsigned		 drained;
	uint16_t		 last_n;
	bool			 free_in_handler;
};

static void
ended(void *ctx, struct pipe *p, enum pipe_end end, const char *why)
{
	struct pair *t = ctx;

	if (p == t->book) {
		t->ended = end;
		strlcpy(t->why, why, sizeof(t->why));
		t->book = NULL;
	} else
		t->engine = NULL;
	pipe_free(p);
}

static void
drained(void *ctx, struct pipe *p)
{
	struct pair *t = ctx;

	t->drained++;
}

static const struct pipe_ops ops = { .ended = ended, .drained = drained };

static void
on_addrs(void *ctx, struct pipe *p, struct msg *m)
{
	struct pair *t = ctx;
	const struct m_addrs *b = m->body;

	t->got++;
	t->got_id = m->id;
	t->last_n = b->n;
	if (t->free_in_handler) {
		t->book = NULL;
		pipe_free(p);
	}
}

static void
on_select(void *ctx, struct pipe *p, struct msg *m)
{
	pipe_violation(p, "no select today");
}

static void
on_peer_up(void *ctx, struct pipe *p, struct msg *m)
{
	struct pair *t = ctx;

	t->ups++;
	/* In the order in which they were sent. */
	ATF_CHECK_EQ(t->got, 0);
}

static const struct msg_handler lazy_handlers[] = {
	{ MSG_PEER_UP,	on_peer_up },
	{ MSG_NONE,	NULL }
};

static const struct msg_handler book_handlers[] = {
	{ MSG_ADDRS,	on_addrs },
	{ MSG_SELECT,	on_select },
	{ MSG_NONE,	NULL }
};

static int
pair_init(struct pair *t)
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	memset(t, 0, sizeof(*t));
	ATF_REQUIRE((t->base = event_base_new()) != NULL);
	ATF_REQUIRE_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	t->book = pipe_new(t->base, fds[1], ROLE_ADDRBOOKD, ROLE_ENGINE,
	    &ops, t);
	ATF_REQUIRE(t->book != NULL);
	pipe_handle(t->book, book_handlers, t);
	return fds[0];
}

static void
pair_init_both(struct pair *t)
{
	int fd = pair_init(t);

	t->engine = pipe_new(t->base, fd, ROLE_ENGINE, ROLE_ADDRBOOKD, &ops,
	    t);
	ATF_REQUIRE(t->engine != NULL);
}

static void
pair_free(struct pair *t)
{
	pipe_free(t->engine);
	pipe_free(t->book);
	event_base_free(t->base);
}

/* Run the loop until nothing is left to do. */
static void
turn(struct pair *t)
{
	int i;

	for (i = 0; i < 50; i++)
		event_base_loop(t->base, EVLOOP_NONBLOCK);
}

/* Write one raw imsg, whatever it is, into fd. */
static void
raw(int fd, uint32_t type, const void *data, size_t len, int passfd)
{
	struct imsgbuf ib;

	ATF_REQUIRE_EQ(imsgbuf_init(&ib, fd), 0);
	imsgbuf_allow_fdpass(&ib);
	ATF_REQUIRE_EQ(imsg_compose(&ib, type, 7, 0, passfd, data, len), 1);
	ATF_REQUIRE_EQ(imsgbuf_flush(&ib), 0);
	imsgbuf_clear(&ib);
}

ATF_TC_WITHOUT_HEAD(message_arrives_decoded);
ATF_TC_BODY(message_arrives_decoded, tc)
{
	struct m_addrs *m = calloc(1, sizeof(*m));
	struct pair t;

	pair_init_both(&t);
	m->n = 3;
	ATF_CHECK_EQ(pipe_send(t.engine, MSG_ADDRS, 42, -1, m), 0);
	ATF_CHECK_EQ(t.got, 0);		/* not before the loop turns */
	turn(&t);
	ATF_CHECK_EQ(t.got, 1);
	ATF_CHECK_EQ(t.got_id, 42);
	ATF_CHECK_EQ(t.last_n, 3);
	ATF_CHECK_EQ(pipe_stats(t.engine)->queued, 0);
	free(m);
	pair_free(&t);
}

ATF_TC_WITHOUT_HEAD(sender_is_held_to_the_table);
ATF_TC_BODY(sender_is_held_to_the_table, tc)
{
	struct m_ban ban = { .left_s = 1 };
	struct pair t;
	struct stat st;
	int fd;

	pair_init_both(&t);
	/* BAN is addrbookd's to send, and a refused descriptor is closed. */
	ATF_REQUIRE((fd = open("/dev/null", O_RDONLY)) != -1);
	ATF_CHECK_ERRNO(EINVAL,
	    pipe_send(t.engine, MSG_BAN, 0, fd, &ban) == -1);
	ATF_CHECK_ERRNO(EBADF, fstat(fd, &st) == -1);
	ATF_CHECK_ERRNO(EINVAL,
	    pipe_send(t.engine, 9999, 0, -1, &ban) == -1);
	pair_free(&t);
}

static void
expect_violation(uint32_t type, const void *data, size_t len, int passfd,
    const char *why)
{
	struct pair t;
	int fd = pair_init(&t);

	raw(fd, type, data, len, passfd);
	turn(&t);
	ATF_CHECK_EQ_MSG(t.ended, PIPE_VIOLATION, "type %u", type);
	ATF_CHECK_MSG(strstr(t.why, why) != NULL, "\"%s\" lacks \"%s\"",
	    t.why, why);
	ATF_CHECK_EQ(t.got, 0);
	close(fd);
	pair_free(&t);
}

ATF_TC_WITHOUT_HEAD(receiver_is_held_to_the_table);
ATF_TC_BODY(receiver_is_held_to_the_table, tc)
{
	static const uint8_t junk[41] = { 1 };
	int fd;

	expect_violation(0, junk, 1, -1, "unknown type");
	expect_violation(MSG_MAX, junk, 1, -1, "unknown type");
	expect_violation(MSG_BAN, junk, sizeof(junk), -1, "not its to send");
	expect_violation(MSG_PEER_UP, junk, 1, -1, "not expected here");
	expect_violation(MSG_ADDRS, junk, 3, -1, "malformed");
	expect_violation(MSG_ADDRS, junk, 0, -1, "malformed");
	ATF_REQUIRE((fd = open("/dev/null", O_RDONLY)) != -1);
	expect_violation(MSG_ADDRS, junk, 41, fd, "carries a descriptor");
}

ATF_TC_WITHOUT_HEAD(handler_may_refuse);
ATF_TC_BODY(handler_may_refuse, tc)
{
	struct m_select m = { .seed_inbound = true };
	struct pair t;

	pair_init_both(&t);
	ATF_CHECK_EQ(pipe_send(t.engine, MSG_SELECT, 1, -1, &m), 0);
	turn(&t);
	ATF_CHECK_EQ(t.ended, PIPE_VIOLATION);
	ATF_CHECK_STREQ(t.why, "no select today");
	ATF_CHECK(t.engine == NULL);	/* it saw the end of its pipe */
	pair_free(&t);
}

ATF_TC_WITHOUT_HEAD(handler_may_free_its_pipe);
ATF_TC_BODY(handler_may_free_its_pipe, tc)
{
	struct m_addrs *m = calloc(1, sizeof(*m));
	struct pair t;

	pair_init_both(&t);
	t.free_in_handler = true;
	ATF_CHECK_EQ(pipe_send(t.engine, MSG_ADDRS, 1, -1, m), 0);
	ATF_CHECK_EQ(pipe_send(t.engine, MSG_ADDRS, 2, -1, m), 0);
	turn(&t);
	ATF_CHECK_EQ(t.got, 1);
	free(m);
	pair_free(&t);
}

ATF_TC_WITHOUT_HEAD(what_came_before_the_end_counts);
ATF_TC_BODY(what_came_before_the_end_counts, tc)
{
	struct m_addrs *m = calloc(1, sizeof(*m));
	struct pair t;

	pair_init_both(&t);
	ATF_CHECK_EQ(pipe_send(t.engine, MSG_ADDRS, 9, -1, m), 0);
	pipe_flush(t.engine);
	pipe_free(t.engine);
	t.engine = NULL;
	turn(&t);
	ATF_CHECK_EQ(t.got, 1);
	ATF_CHECK_EQ(t.ended, PIPE_EOF);
	free(m);
	pair_free(&t);
}

/* A neighbour that died with messages unread is gone, not in error. */
ATF_TC_WITHOUT_HEAD(last_words_of_the_dead);
ATF_TC_BODY(last_words_of_the_dead, tc)
{
	struct m_addrs *m = calloc(1, sizeof(*m));
	struct m_selected *s = calloc(1, sizeof(*s));
	struct pair t;

	pair_init_both(&t);
	ATF_CHECK_EQ(pipe_send(t.book, MSG_SELECTED, 1, -1, s), 0);
	pipe_flush(t.book);
	ATF_CHECK_EQ(pipe_send(t.engine, MSG_ADDRS, 9, -1, m), 0);
	pipe_flush(t.engine);
	pipe_free(t.engine);
	t.engine = NULL;
	/* The failing write comes before the read. */
	ATF_CHECK_EQ(pipe_send(t.book, MSG_SELECTED, 2, -1, s), 0);
	pipe_flush(t.book);
	turn(&t);
	turn(&t);
	ATF_CHECK_EQ(t.got, 1);
	ATF_CHECK_EQ(t.ended, PIPE_EOF);
	free(m);
	free(s);
	pair_free(&t);
}

ATF_TC_WITHOUT_HEAD(sheds_above_high_water);
ATF_TC_BODY(sheds_above_high_water, tc)
{
	struct m_addrs *m = calloc(1, sizeof(*m));
	struct m_misbehaved bad;
	struct pair t;
	unsigned sent = 0;

	pair_init_both(&t);
	memset(&bad, 0, sizeof(bad));
	m->n = MSG_LIST_MAX;
	pipe_pause(t.book);		/* a neighbour that does not read */
	while (pipe_send(t.engine, MSG_ADDRS, 0, -1, m) == 0) {
		ATF_REQUIRE(++sent < 10000);
		event_base_loop(t.base, EVLOOP_NONBLOCK);
	}
	ATF_CHECK_EQ(errno, ENOBUFS);
	ATF_CHECK(pipe_is_high(t.engine));
	ATF_CHECK_EQ(pipe_stats(t.engine)->shed, 1);
	/* What must not be lost is still taken. */
	ATF_CHECK_EQ(pipe_send(t.engine, MSG_MISBEHAVED, 0, -1, &bad), 0);
	ATF_CHECK(pipe_stats(t.engine)->queued <
	    PIPE_HIGH_WATER + 2 * MAX_IMSGSIZE);
	/* MISBEHAVED has no handler here: let it find the end of the test. */
	while (t.got < sent) {
		pipe_resume(t.book);
		event_base_loop(t.base, EVLOOP_NONBLOCK);
		ATF_REQUIRE(t.ended == 0 || t.got == sent);
	}
	ATF_CHECK_EQ(t.drained, 1);
	free(m);
	pair_free(&t);
}

ATF_TC_WITHOUT_HEAD(gives_up_at_the_hard_limit);
ATF_TC_BODY(gives_up_at_the_hard_limit, tc)
{
	struct m_misbehaved bad;
	struct pair t;
	unsigned n;

	pair_init_both(&t);
	memset(&bad, 0, sizeof(bad));
	memset(bad.why, 'w', sizeof(bad.why) - 1);
	pipe_pause(t.book);
	for (n = 0; n < 1000000; n++)
		if (pipe_send(t.engine, MSG_MISBEHAVED, 0, -1, &bad) == -1)
			break;
	ATF_CHECK_EQ(errno, EPIPE);
	ATF_CHECK(t.engine == NULL);
	ATF_CHECK(n > PIPE_HARD_LIMIT / 1024 && n < 1000000);
	pair_free(&t);
}

ATF_TC_WITHOUT_HEAD(paused_pipe_keeps_its_messages);
ATF_TC_BODY(paused_pipe_keeps_its_messages, tc)
{
	struct m_addrs *m = calloc(1, sizeof(*m));
	struct pair t;
	int i;

	pair_init_both(&t);
	pipe_pause(t.book);
	for (i = 0; i < 5; i++)
		ATF_CHECK_EQ(pipe_send(t.engine, MSG_ADDRS, i, -1, m), 0);
	turn(&t);
	ATF_CHECK_EQ(t.got, 0);
	pipe_resume(t.book);
	turn(&t);
	ATF_CHECK_EQ(t.got, 5);
	free(m);
	pair_free(&t);
}

/* A lazy message waits for company, but not for long. */
ATF_TC_WITHOUT_HEAD(lazy_travels_along);
ATF_TC_BODY(lazy_travels_along, tc)
{
	struct m_addrs *m = calloc(1, sizeof(*m));
	struct m_peer_up *up = calloc(1, sizeof(*up));
	struct pair t;

	ATF_REQUIRE(m != NULL && up != NULL);
	ATF_REQUIRE(msg_info(MSG_PEER_UP)->flags & MSG_LAZY);
	pair_init_both(&t);
	pipe_handle(t.book, lazy_handlers, &t);
	ATF_CHECK_EQ(pipe_send(t.engine, MSG_PEER_UP, 0, -1, up), 0);
	ATF_CHECK_EQ(pipe_send(t.engine, MSG_PEER_UP, 0, -1, up), 0);
	ATF_CHECK_EQ(pipe_send(t.engine, MSG_ADDRS, 1, -1, m), 0);
	turn(&t);
	ATF_CHECK_EQ(t.ups, 2);
	ATF_CHECK_EQ(t.got, 1);
	/* Alone: the loop sleeps until its time has come, then it goes. */
	t.got = 0;
	ATF_CHECK_EQ(pipe_send(t.engine, MSG_PEER_UP, 0, -1, up), 0);
	while (t.ups == 2)
		ATF_REQUIRE_EQ(event_base_loop(t.base, EVLOOP_ONCE), 0);
	ATF_CHECK_EQ(t.ups, 3);
	free(m);
	free(up);
	pair_free(&t);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, message_arrives_decoded);
	ATF_TP_ADD_TC(tp, sender_is_held_to_the_table);
	ATF_TP_ADD_TC(tp, receiver_is_held_to_the_table);
	ATF_TP_ADD_TC(tp, handler_may_refuse);
	ATF_TP_ADD_TC(tp, handler_may_free_its_pipe);
	ATF_TP_ADD_TC(tp, what_came_before_the_end_counts);
	ATF_TP_ADD_TC(tp, last_words_of_the_dead);
	ATF_TP_ADD_TC(tp, sheds_above_high_water);
	ATF_TP_ADD_TC(tp, gives_up_at_the_hard_limit);
	ATF_TP_ADD_TC(tp, paused_pipe_keeps_its_messages);
	ATF_TP_ADD_TC(tp, lazy_travels_along);
	return atf_no_error();
}
