/* SPDX-License-Identifier: ISC */
/*
 * A neighbour that was taken over says whatever its pipe may carry: the
 * process at the other end goes on working, or drops that pipe and says so.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <atf-c.h>

#include "regress/lib/anymsg.h"
#include "regress/lib/bookdfix.h"
#include "regress/lib/dialerfix.h"
#include "regress/lib/enginepeer.h"

#define SEEDS	4
#define ROUNDS	8000
#define PEERS	6

/* Say something by our pipe as that role, while there is one. */
static void
say_any(struct childfix *c, struct rng *r, enum role as, void *body)
{
	uint32_t	 type = anymsg(r, as, c->kind->role, body);
	struct pipe	*p = c->pipes[as];

	if (p != NULL && type != MSG_PIPE_SYNCED)
		(void)pipe_send(p, type, rng_below(r, 20), -1, body);
}

/* Both neighbours say something; what hears it has to stay with its parent. */
static void
both_say(struct childfix *c, struct rng *r, unsigned int round, enum role one,
    enum role other, void *body)
{
	say_any(c, r, one, body);
	say_any(c, r, other, body);
	if (round % 4 == 0)
		childfix_turn(c);
	ATF_REQUIRE_MSG(c->pipes[ROLE_PARENT] != NULL, "it is gone");
}

/* A pipe in place of one that was dropped. */
static void
wire_again(struct childfix *c, enum role role)
{
	if (c->pipes[role] != NULL)
		return;
	childfix_wire(c, role);
	childfix_synced(c, role);
}

static void
book_hears(struct bookdfix *fix, struct rng *r, void *body)
{
	unsigned	 i;

	for (i = 0; i < ROUNDS; i++) {
		if (fix_pipe(fix, ROLE_ENGINE) == NULL)
			bfix_again(fix, ROLE_ENGINE);
		if (fix_pipe(fix, ROLE_DIALER) == NULL)
			bfix_again(fix, ROLE_DIALER);
		both_say(&fix->child, r, i, ROLE_ENGINE, ROLE_DIALER, body);
	}
}

ATF_TC_WITHOUT_HEAD(addrbookd);
ATF_TC_BODY(addrbookd, tc)
{
	struct bookdfix	 fix;
	struct rng	 r;
	void		*body = malloc(msg_body_max());
	uint64_t	 seed;

	ATF_REQUIRE(body != NULL);
	bfix_init(&fix);
	fix.conf->strict = false;	/* loopback is an address, too */
	fix.conf->private_network = true;
	bfix_start(&fix);
	for (seed = 0; seed < SEEDS; seed++) {
		rng_seed_number(&r, seed);
		book_hears(&fix, &r, body);
		ATF_CHECK(fix_counter(&fix, "book_size") >= 0);
		fix_forget(&fix);
	}
	bfix_stop(&fix);
	free(body);
}

static void
dialer_hears(struct dialerfix *fix, struct rng *r, void *body)
{
	unsigned	 i;

	for (i = 0; i < ROUNDS; i++) {
		wire_again(&fix->child, ROLE_ENGINE);
		wire_again(&fix->child, ROLE_ADDRBOOKD);
		both_say(&fix->child, r, i, ROLE_ENGINE, ROLE_ADDRBOOKD, body);
	}
}

ATF_TC_WITHOUT_HEAD(dialer);
ATF_TC_BODY(dialer, tc)
{
	struct dialerfix fix;
	struct rng	 r;
	void		*body = malloc(msg_body_max());
	uint64_t	 seed;

	ATF_REQUIRE(body != NULL);
	dfix_init(&fix);
	dfix_start(&fix);
	for (seed = 0; seed < SEEDS; seed++) {
		rng_seed_number(&r, seed);
		dialer_hears(&fix, &r, body);
		ATF_CHECK(fix_counter(&fix, "outbound") >= 0);
		fix_forget(&fix);
	}
	dfix_stop(&fix);
	free(body);
}

/* Those that were thrown out come again and ask. */
static void
peers_again(struct enginefix *fix, struct enginepeer *peers)
{
	unsigned	 i;

	for (i = 0; i < PEERS; i++) {
		if (enginepeer_is_up(&peers[i]))
			enginepeer_ask(&peers[i]);
		if (peers[i].open)
			continue;
		enginepeer_free(&peers[i]);
		enginepeer_init(&peers[i], fix, i);
		enginepeer_open(&peers[i]);
	}
}

/* The pipe may have ended meanwhile, so this is not left to the fixture. */
static void
admit_all(struct enginefix *fix)
{
	struct m_admitted	 out = { .verdict = VERDICT_OK };
	struct pipe		*p = fix_pipe(fix, ROLE_DIALER);
	const struct childmsg	*m;

	TAILQ_FOREACH(m, &fix->child.msgs, entry)
		if (m->type == MSG_ADMIT && p != NULL) {
			out.conn = ((const struct m_admit *)m->body)->conn;
			(void)pipe_send(p, MSG_ADMITTED, 0, -1, &out);
		}
	fix_forget(fix);
}

static void
engine_hears(struct enginefix *fix, struct enginepeer *peers, struct rng *r,
    void *body)
{
	unsigned	 i;

	for (i = 0; i < ROUNDS; i++) {
		wire_again(&fix->child, ROLE_DIALER);
		wire_again(&fix->child, ROLE_ADDRBOOKD);
		both_say(&fix->child, r, i, ROLE_DIALER, ROLE_ADDRBOOKD, body);
		admit_all(fix);
		if (i % 64 == 0)
			peers_again(fix, peers);
	}
}

ATF_TC_WITHOUT_HEAD(engine);
ATF_TC_BODY(engine, tc)
{
	struct enginefix fix;
	struct enginepeer *peers;
	struct rng	 r;
	void		*body = malloc(msg_body_max());
	uint64_t	 seed;

	ATF_REQUIRE(body != NULL);
	enginefix_init(&fix);
	enginefix_start(&fix);
	peers = enginepeers_up(&fix, PEERS);
	fix.no_admit = fix.no_select = true;
	for (seed = 0; seed < SEEDS; seed++) {
		rng_seed_number(&r, seed);
		engine_hears(&fix, peers, &r, body);
		ATF_CHECK(fix_counter(&fix, "connections") >= 0);
	}
	enginepeers_free(peers, PEERS);
	enginefix_stop(&fix);
	free(body);
}

/* What a dialer might hand on in place of a connected socket. */
static int
odd_descriptor(unsigned i)
{
	int	 sv[2];

	switch (i) {
	case 0:
		return open("/dev/null", O_RDWR);
	case 1:
		return open("file", O_RDWR | O_CREAT, 0600);
	case 2:
		return open(".", O_RDONLY | O_DIRECTORY);
	case 3:
		ATF_REQUIRE_EQ(0, pipe(sv));
		close(sv[1]);
		return sv[0];
	case 4:		/* blocks, where it may */
		ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
		return sv[0];	/* the other is left open */
	case 5:
		ATF_REQUIRE_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, sv));
		close(sv[1]);
		return sv[0];
	case 6:
		return socket(AF_INET, SOCK_STREAM, 0);
	case 7:
		return socket(AF_INET6, SOCK_DGRAM, 0);
	default:
		return -1;
	}
}

ATF_TC_WITHOUT_HEAD(engine_descriptors);
ATF_TC_BODY(engine_descriptors, tc)
{
	struct m_dial	 m = { .purpose = PURPOSE_PEER };
	struct enginefix fix;
	unsigned	 i;
	int		 fd;

	enginefix_init(&fix);
	fix.conf->times.handshake_timeout = 500;
	enginefix_start(&fix);
	for (i = 0; (fd = odd_descriptor(i)) != -1; i++) {
		m.dial = i + 1;
		ATF_REQUIRE_EQ(0, pipe_send(fix_pipe(&fix, ROLE_DIALER),
		    MSG_DIAL, 0, fd, &m));
	}
	ATF_REQUIRE(i > 5);
	/* Each dial ends, and nothing of it is left. */
	FIX_WAIT(&fix, fix_count(&fix, MSG_DIALED) == i);
	ATF_CHECK_EQ(0, fix_counter(&fix, "connections"));
	enginefix_stop(&fix);
}

/*
 * Listeners outlive an engine, and so does what one that was taken over did
 * to them: its successor accepts until there is nobody, and does not wait.
 */
ATF_TC_WITHOUT_HEAD(engine_inherits);
ATF_TC_BODY(engine_inherits, tc)
{
	struct enginefix  fix;
	struct enginepeer p;
	struct linger	  linger = { 1, 60 };
	socklen_t	  len = sizeof(linger);
	int		  flags;

	enginefix_init(&fix);
	flags = fcntl(fix.listen_fds[0], F_GETFL);
	ATF_REQUIRE(flags != -1 && fcntl(fix.listen_fds[0], F_SETFL,
	    flags & ~O_NONBLOCK) == 0);
	ATF_REQUIRE_EQ(0, setsockopt(fix.listen_fds[0], SOL_SOCKET, SO_LINGER,
	    &linger, len));
	enginefix_start(&fix);
	enginepeer_init(&p, &fix, 1);
	enginepeer_up(&p);
	ATF_CHECK_EQ(1, fix_counter(&fix, "connections"));
	ATF_REQUIRE_EQ(0, getsockopt(fix.listen_fds[0], SOL_SOCKET, SO_LINGER,
	    &linger, &len));
	ATF_CHECK_EQ(0, linger.l_onoff);
	enginepeer_free(&p);
	enginefix_stop(&fix);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, addrbookd);
	ATF_TP_ADD_TC(tp, dialer);
	ATF_TP_ADD_TC(tp, engine);
	ATF_TP_ADD_TC(tp, engine_descriptors);
	ATF_TP_ADD_TC(tp, engine_inherits);
	return atf_no_error();
}
