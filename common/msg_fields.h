/* SPDX-License-Identifier: ISC */
/* The fields of a message: what the codec is told by the tables. */
#ifndef PEXD_MSG_FIELDS_H
#define PEXD_MSG_FIELDS_H

#include <stddef.h>
#include <stdint.h>

enum field_kind {
	F_END = 0,
	F_U8,
	F_BOOL,		/* bool; one byte, 0 or 1 */
	F_U16,
	F_U32,
	F_U64,		/* and int64_t */
	F_ENUM,		/* int-sized enum, sent as 32 bits */
	F_RAW,		/* size bytes as they are */
	F_TEXT,		/* char[size], sent as u16 length and bytes */
	F_NA,		/* struct netaddr */
	F_PA,		/* struct peer_addr */
	F_HA,		/* struct host_addr */
	F_LIST,		/* u16 or u8 count, then that many records */
};

struct field {
	enum field_kind		 kind;
	size_t			 off;
	size_t			 size;		/* RAW, TEXT; of an element */
	size_t			 count_off;	/* LIST */
	size_t			 count_size;	/* LIST: of the count, 1 or 2 */
	size_t			 max;		/* LIST */
	const struct field	*sub;		/* LIST: fields of an element */
};

/* Of a type that msg_info() knows; ends with F_END. */
const struct field	*msg_fields(uint32_t type);

#endif
