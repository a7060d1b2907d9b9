/* SPDX-License-Identifier: ISC */
/* What the formats of import.c share. */
#ifndef PEXCTL_IMPORT_IMPL_H
#define PEXCTL_IMPORT_IMPL_H

#include <stdbool.h>

#include <jansson.h>

#include "pexctl/import.h"
#include "pexctl/jslice.h"

/* id@[ip]:port with a scheme or a long name in front of it all. */
#define IMPORT_WORD_MAX	512

/* A place in the file, both from 1; columns are bytes. */
struct import_pos {
	uint64_t	line, column;
};

struct import {
	const struct import_ops	*ops;
	import_fn		 fn;
	void			*ctx;
	struct jslice		 slice;
	struct import_tally	 tally;
	uint64_t		 bytes;
	struct import_pos	 at;		/* of the byte now read */
	struct import_pos	 value_at;	/* where the value began */
	int			 state;		/* of the format's machine */
	bool			 in_addrs;	/* comet: the list is next */
	bool			 have_addrs;
	bool			 comment;	/* list: until the line ends */
	char			 word[IMPORT_WORD_MAX];
	size_t			 word_len;
	char			 why[256];
};

/* A format: 0, or -1 after import_fail() or when the callback said so. */
struct import_ops {
	const char	*name;
	uint64_t	 bytes_max;	/* a larger file is refused */
	int		(*byte)(struct import *, char);
	int		(*end)(struct import *);
};
extern const struct import_ops	import_list, import_lines, import_comet;

/* import.c */
int		 import_fail(struct import *, struct import_pos,
		    const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));
/* Count it, or hand it on. */
int		 import_take(struct import *, uint64_t line,
		    enum import_defect, const struct m_row_entry *,
		    bool with_history);
/* Feed the slice and turn its complaints into import_fail(). */
int		 import_slice(struct import *, char, enum jslice_result *);
/* Parse what the slice holds.  NULL after import_fail(). */
json_t		*import_parse(struct import *);
bool		 import_is_space(char);

/* entry_json.c */
/* id, ip and port of a JSON object, as both JSON formats have them. */
enum import_defect	 entry_json_addr(const json_t *, struct peer_addr *);
/* An entry of pexd's own lines. */
enum import_defect	 entry_json_parse(const json_t *,
			    struct m_row_entry *);

#endif
