/* SPDX-License-Identifier: ISC */
/*
 * The authentication message: our reader against nanopb's, an independent
 * one, which must find the same key and signature or none either.  nanopb
 * refuses groups, and skips varints of any length; there they may differ.
 */
#include <pb_decode.h>

#include <stdlib.h>
#include <string.h>

#include "wire/secret.h"
#include "wire/proto/p2p.pb.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_same(const p2p_AuthSigMessage *msg, const uint8_t *pub,
    const uint8_t *sig)
{
	if (msg->pub_key.which_sum != p2p_PublicKey_ed25519_tag ||
	    msg->pub_key.sum.ed25519.size != ED25519_KEY_SIZE ||
	    msg->sig.size != ED25519_SIG_SIZE)
		abort();
	if (memcmp(msg->pub_key.sum.ed25519.bytes, pub, ED25519_KEY_SIZE) !=
	    0 || memcmp(msg->sig.bytes, sig, ED25519_SIG_SIZE) != 0)
		abort();
}

/* What nanopb took and we did not has to be for a reason of ours. */
static void
check_refused(const p2p_AuthSigMessage *msg, enum wire_error rv)
{
	bool	 is_ed25519 = msg->pub_key.which_sum ==
	    p2p_PublicKey_ed25519_tag;

	if (rv == WIRE_AUTH_KEY_TYPE && is_ed25519)
		abort();
	if (rv == WIRE_AUTH_SIGNATURE && (!is_ed25519 ||
	    msg->sig.size == ED25519_SIG_SIZE))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	p2p_AuthSigMessage	 msg = p2p_AuthSigMessage_init_zero;
	uint8_t			 pub[ED25519_KEY_SIZE];
	uint8_t			 sig[ED25519_SIG_SIZE];
	pb_istream_t		 in;
	enum wire_error		 rv;
	bool			 taken;

	if (len > SECRET_AUTH_MAX)
		return 0;
	rv = secret_auth_decode(wire_span_of(data, len), pub, sig);
	in = pb_istream_from_buffer(data, len);
	taken = pb_decode(&in, p2p_AuthSigMessage_fields, &msg);
	if (taken && rv == WIRE_OK)
		check_same(&msg, pub, sig);
	else if (taken)
		check_refused(&msg, rv);
	return 0;
}
