/* SPDX-License-Identifier: ISC */
/*
 * A list of id@ip:port, as operators keep and publish them: separated by
 * white space or commas, '#' begins a comment that ends with its line.
 */

#include <sys/types.h>

#include <string.h>

#include "pexctl/import_impl.h"

static enum import_defect
defect_of(enum addrparse e)
{
	switch (e) {
	case ADDRPARSE_OK:
		return DEFECT_NONE;
	case ADDRPARSE_NO_ID:
	case ADDRPARSE_BAD_ID:
		return DEFECT_ID;
	case ADDRPARSE_NO_PORT:
	case ADDRPARSE_BAD_PORT:
		return DEFECT_PORT;
	case ADDRPARSE_BAD_HOST:
		break;
	}
	return DEFECT_IP;
}

static int
take_word(struct import *im)
{
	struct m_row_entry e = { .level = LEVEL_HEARD };
	struct host_addr ha;
	enum import_defect d;

	if (im->word_len == 0)
		return 0;
	d = defect_of(host_addr_parse(im->word, im->word_len, &ha));
	if (d == DEFECT_NONE && !ha.is_literal)
		d = DEFECT_HOST_NAME;
	else if (d == DEFECT_NONE && ha.port == 0)
		d = DEFECT_PORT;
	else if (d == DEFECT_NONE) {
		e.addr.id = ha.id;
		memcpy(e.addr.na.ip, ha.ip, sizeof(ha.ip));
		e.addr.na.port = ha.port;
	}
	im->word_len = 0;
	return import_take(im, im->at.line, d, &e, false);
}

static int
list_byte(struct import *im, char c)
{
	if (im->comment && c != '\n' && c != '\0')
		return 0;
	im->comment = false;
	if (import_is_space(c) || c == ',')
		return take_word(im);
	if (c == '#') {
		im->comment = true;
		return take_word(im);
	}
	/* A list is text: what is none is somebody's other file. */
	if (c < 0x21 || c > 0x7e)
		return import_fail(im, im->at, "byte 0x%02x has no place in "
		    "a list of id@ip:port", (unsigned char)c);
	if (im->word_len == sizeof(im->word))
		return import_fail(im, im->at, "a word of more than %d "
		    "bytes in a list of id@ip:port", IMPORT_WORD_MAX);
	im->word[im->word_len++] = c;
	return 0;
}

const struct import_ops import_list = {
	.name = "list of addresses",
	.bytes_max = 1ull << 30,
	.byte = list_byte,
	.end = take_word,
};
