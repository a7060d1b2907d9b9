/* SPDX-License-Identifier: ISC */
/*
 * What pexctl can say, as a table of functions: one constant instance per
 * format.  A format that has no use for something leaves the function out.
 */
#ifndef PEXCTL_OUTPUT_H
#define PEXCTL_OUTPUT_H

#include <stdint.h>
#include <stdio.h>

#include "common/msg.h"
#include "pexctl/import.h"
#include "pexctl/jsonw.h"
#include "pexctl/summary.h"

struct output;

/* Where it goes, and the one moment all of a document refers to. */
struct view {
	const struct output	*out;
	FILE			*f;
	int64_t			 now;	/* unix s */
	struct jsonw		 json;	/* of the JSON format */
};

struct version_count {			/* a row of show versions */
	char		version[33];
	char		network[CONF_NETWORK_SIZE];
	uint64_t	nodes;
	uint64_t	share;		/* per mille of all */
};

struct import_report {
	const char			*file;
	enum import_format		 format;
	const struct import_tally	*tally;
	bool				 checked_only;	/* -n */
	uint64_t			 taken, known, refused;
	uint64_t			 why[IMPORT_REFUSAL_MAX];
};

struct export_report {
	const char	*file;
	const char	*format;
	uint64_t	 written;
	uint64_t	 banned, other_endpoint, no_room;	/* left out */
};

struct key_report {
	const char	*file;
	struct node_id	 id;
	uint8_t		 pubkey[32];
};

struct output {
	/* Around rows; what is an enum show, or SHOW_VERSIONS. */
	void	(*begin)(struct view *, int what);
	void	(*end)(struct view *);

	void	(*summary)(struct view *, struct summary *);
	void	(*peer)(struct view *, const struct m_row_peer *);
	void	(*entry)(struct view *, const struct m_row_entry *);
	void	(*ban)(struct view *, const struct m_row_ban *);
	void	(*node)(struct view *, const struct m_row_node *);
	void	(*proc)(struct view *, const struct m_row_proc *);
	void	(*dial)(struct view *, const struct m_row_dial *);
	void	(*version)(struct view *, const struct version_count *);

	void	(*event)(struct view *, const struct m_event *);
	void	(*done)(struct view *, const struct m_done *);
	/* What is wrong; standard error has it already. */
	void	(*error)(struct view *, const char *);
	void	(*imported)(struct view *, const struct import_report *);
	void	(*exported)(struct view *, const struct export_report *);
	void	(*key)(struct view *, const struct key_report *);
};

/* pexctl's own, made from the rows of SHOW_NODES; and of two answers. */
#define SHOW_VERSIONS	(SHOW_MAX + 1)
#define SHOW_METRICS	(SHOW_MAX + 2)

extern const struct output	output_text, output_json, output_openmetrics;

/* output_json.c: the object that book export -f json writes, too. */
void	 json_entry(struct jsonw *, const char *key,
	    const struct m_row_entry *);
/* output_text.c: the word for an enum purpose, by its foremost bit. */
const char *purpose_name(unsigned purpose);

#endif
