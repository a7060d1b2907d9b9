/* SPDX-License-Identifier: ISC */
/*
 * A protocol connection with a key and a memory: signs when asked, starts
 * when it may, and writes down what happened.  Two of them and a pipe that
 * cuts the bytes as the test likes make a conversation.
 */
#ifndef PEXD_REGRESS_WIREPEER_H
#define PEXD_REGRESS_WIREPEER_H

#include "common/nodekey.h"
#include "regress/lib/testrng.h"
#include "wire/conn.h"
#include "wire/pex.h"

#define WIREPEER_CHANNELS_MAX	16

struct wirepeer {
	struct wire_crypto	*crypto;
	struct wire_config	 config;
	struct mconn_channel	 channels[WIREPEER_CHANNELS_MAX];
	struct nodekey		*key;
	struct node_id		 id;
	struct netaddr		 listen_addr;
	struct wire_conn	*conn;

	/* What the test wants left to itself. */
	bool			 no_sign, no_start;

	/* What happened. */
	uint8_t			 challenge[SECRET_CHALLENGE_SIZE];
	struct node_id		 remote;
	unsigned		 nsignature, nauthenticated, nnode_info;
	unsigned		 nmessage, nping, npong, nasked, nrefused;
	uint8_t			 channel;	/* of the last message */
	uint8_t			*message;	/* copy of the last one */
	size_t			 message_len;
	char			 moniker[64], listen_text[64];
	char			 network[64];	/* of who was refused */
	enum wire_error		 error;		/* of the last call */
	/* Called for each message after the above, if set. */
	void			(*on_message)(struct wirepeer *);
};

/*
 * A peer with a key made from seed, channel PEX alone, network "test-net",
 * block 11.  The caller may change peer->config before wirepeer_open().
 */
void	 wirepeer_init(struct wirepeer *, struct wire_crypto *, uint64_t seed);
/* One for all of a test program, made when it is first wanted. */
struct wire_crypto *wirepeer_crypto(void);
/* Two with keys of their own, 1 and 2; and their end. */
void	 wirepeer_pair(struct wirepeer *, struct wirepeer *);
void	 wirepeer_free_pair(struct wirepeer *, struct wirepeer *);
/* Begin a connection; the ephemeral key comes from seed. */
void	 wirepeer_open(struct wirepeer *, const struct node_id *dialled,
	    uint64_t seed);
void	 wirepeer_free(struct wirepeer *);
/* As wire_conn_input(), keeping the result in peer->error. */
enum wire_error	 wirepeer_input(struct wirepeer *, const uint8_t *, size_t);
enum wire_error	 wirepeer_sign(struct wirepeer *);

/*
 * Move bytes from one to the other in random pieces (whole if rng is NULL)
 * until neither has anything to say.  Returns the number of bytes moved.
 */
size_t	 wirepair_pump(struct wirepeer *, struct wirepeer *, struct testrng *);
/* Both opened, b dialled by a, pumped until running on both sides. */
void	 wirepair_connect(struct wirepeer *a, struct wirepeer *b,
	    struct testrng *);

#endif
