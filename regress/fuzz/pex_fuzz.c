/* SPDX-License-Identifier: ISC */
/*
 * PEX messages: what is taken out of a list, written again, is taken out
 * the same.
 */
#include <stdlib.h>

#include "wire/pex.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct peer_addr	first[PEX_ADDRS_FIT], second[PEX_ADDRS_FIT];

/* As many as fit, since a short form may become a longer one. */
static void
check_again(const struct pex_list *list)
{
	static uint8_t		 buf[PEX_ADDRS_SIZE(PEX_ADDRS_FIT)];
	struct pex_list		 again = { .addrs = second,
	    .max = PEX_ADDRS_FIT };
	struct pex_writer	 w;
	struct wire_span	 msg;
	enum pex_kind		 kind;
	size_t			 i;

	pex_writer_init(&w, buf, sizeof(buf));
	for (i = 0; i < list->n; i++)
		if (pex_writer_add(&w, &list->addrs[i]) == -1)
			break;
	msg = pex_writer_end(&w);
	if (msg.len > PEX_CAPACITY)
		abort();
	if (pex_decode(msg, &kind, &again) != WIRE_OK || kind != PEX_ADDRS ||
	    again.n != i || again.total != i)
		abort();
	while (i-- > 0)
		if (!peer_addr_equal(&first[i], &second[i]))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pex_list	 list = { .addrs = first, .max = PEX_ADDRS_FIT };
	enum pex_kind	 kind = 0;
	enum wire_error	 rv;

	if (len > PEX_CAPACITY)
		return 0;
	rv = pex_decode(wire_span_of(data, len), &kind, &list);
	if (list.n > list.total || list.n > list.max)
		abort();
	if (rv == WIRE_OK && kind == PEX_ADDRS)
		check_again(&list);
	else if (rv == WIRE_OK && (kind != PEX_REQUEST || list.total != 0))
		abort();
	return 0;
}
