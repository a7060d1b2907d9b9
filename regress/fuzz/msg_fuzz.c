/* SPDX-License-Identifier: ISC */
/* Any bytes as a message of any type: it decodes and re-encodes the same. */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/uio.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <imsg.h>

#include "common/msg.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void *body;
	struct ibuf *in, *out;
	uint32_t type;

	if (body == NULL && (body = malloc(msg_body_max())) == NULL)
		abort();
	if (size < 1 || size > MAX_IMSGSIZE)
		return 0;
	type = data[0];
	if ((in = ibuf_dynamic(64, 65536)) == NULL ||
	    ibuf_add(in, data + 1, size - 1) == -1)
		abort();
	if (msg_decode(type, in, body) == 0) {
		if ((out = ibuf_dynamic(64, 65536)) == NULL ||
		    msg_encode(type, body, out) == -1)
			abort();
		if (ibuf_size(out) != size - 1 ||
		    memcmp(ibuf_data(out), data + 1, size - 1) != 0)
			abort();
		ibuf_free(out);
	}
	ibuf_free(in);
	return 0;
}
