/* SPDX-License-Identifier: ISC */
/*
 * Writes the book to a file: one constant instance per format, fed with rows.
 * Pure but for the stream it writes to.
 */
#ifndef PEXCTL_EXPORT_H
#define PEXCTL_EXPORT_H

#include <stdint.h>
#include <stdio.h>

#include "common/msg.h"

#define EXPORT_KEY_SIZE	12	/* bytes of an addrbook.json's key */

struct export;

struct export_format {
	const char	*name;
	/* An entry, in any order.  0, or -1 without memory. */
	int		(*entry)(struct export *, const struct m_row_entry *);
	/* After the last one; or NULL. */
	int		(*end)(struct export *);
};
extern const struct export_format	export_list, export_lines, export_comet;

struct export {
	const struct export_format	*format;
	FILE				*f;
	/* Random, for addrbook.json: CometBFT's tables are keyed with it. */
	uint8_t				 key[EXPORT_KEY_SIZE];
	uint64_t			 written;
	uint64_t			 no_room;	/* tables full */
	uint64_t			 other_endpoint; /* of an ID written */
	struct comet_row		*rows;		/* export_comet's */
	size_t				 n, max;
};

/* f stays the caller's. */
void	 export_init(struct export *, const struct export_format *, FILE *f,
	    const uint8_t key[EXPORT_KEY_SIZE]);
int	 export_entry(struct export *, const struct m_row_entry *);
int	 export_end(struct export *);
void	 export_free(struct export *);

#endif
