/* SPDX-License-Identifier: ISC */
/*
 * What an unknown peer sends first: its key message, or anything else.  Two
 * connections, one fed whole and one byte by byte, must agree.
 */
#include <stdlib.h>

#include "regress/lib/wirepeer.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct wire_crypto	*crypto;
static struct wirepeer		 whole, cut;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t	 i;

	if (crypto == NULL) {
		crypto = wire_crypto_new();
		wirepeer_init(&whole, crypto, 1);
		wirepeer_init(&cut, crypto, 1);
		whole.no_sign = cut.no_sign = true;
	}
	whole.error = cut.error = WIRE_OK;
	wirepeer_open(&whole, NULL, 2);
	wirepeer_open(&cut, NULL, 2);
	wirepeer_input(&whole, data, len);
	for (i = 0; i < len && cut.error == WIRE_OK; i++)
		wirepeer_input(&cut, data + i, 1);
	if (whole.error != cut.error ||
	    wire_conn_phase(whole.conn) != wire_conn_phase(cut.conn) ||
	    wire_conn_memory(whole.conn) != wire_conn_memory(cut.conn))
		abort();
	/* Nobody is authenticated by chance. */
	if (wire_conn_remote_id(whole.conn) != NULL)
		abort();
	wire_conn_free(whole.conn);
	wire_conn_free(cut.conn);
	return 0;
}
