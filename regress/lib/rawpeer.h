/* SPDX-License-Identifier: ISC */
/*
 * A peer without manners: it has the keys and can seal, but what it says is
 * up to the test.  Talks to a wirepeer.
 */
#ifndef PEXD_REGRESS_RAWPEER_H
#define PEXD_REGRESS_RAWPEER_H

#include "regress/lib/bytes.h"
#include "regress/lib/wirepeer.h"

struct rawpeer {
	struct wire_crypto	*crypto;
	struct nodekey		*key;
	struct node_id		 id;
	struct secret_exchange	 exchange;
	struct secret		 secret;
	uint8_t			 hello[SECRET_HELLO_SIZE];
	uint8_t			 challenge[SECRET_CHALLENGE_SIZE];
	struct bytes		 out;	/* sealed, not yet sent */
	struct bytes		 in;	/* what the other said, decrypted */
};

void	 rawpeer_init(struct rawpeer *, struct wire_crypto *, uint64_t seed);
void	 rawpeer_free(struct rawpeer *);
/* Read what the other has to say: its key message, then sealed frames. */
void	 rawpeer_take_hello(struct rawpeer *, struct wirepeer *);
void	 rawpeer_take_frames(struct rawpeer *, struct wirepeer *);
/* Put bytes in frames, up to 1024 each, into out. */
void	 rawpeer_seal(struct rawpeer *, const void *, size_t);
/* One frame of 1028 bytes of plaintext as they are. */
void	 rawpeer_seal_plain(struct rawpeer *,
	    const uint8_t plain[SECRET_PLAIN_SIZE]);
/* Seal a delimited message. */
void	 rawpeer_say(struct rawpeer *, struct wire_span message);
/* Hand out to the other; its verdict. */
enum wire_error	 rawpeer_send(struct rawpeer *, struct wirepeer *);

/* Exchange keys with a freshly opened wirepeer. */
void	 rawpeer_meet(struct rawpeer *, struct wirepeer *);
/* ... and authenticate. */
enum wire_error	 rawpeer_authenticate(struct rawpeer *, struct wirepeer *);
/* Our delimited AuthSigMessage. */
void	 rawpeer_auth_message(struct rawpeer *, struct bytes *);
/* A node info that the other accepts, without prefix. */
void	 rawpeer_node_info(struct rawpeer *, struct bytes *);
/* All of the handshake, until packets flow. */
enum wire_error	 rawpeer_connect(struct rawpeer *, struct wirepeer *);

#endif
