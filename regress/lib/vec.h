/* SPDX-License-Identifier: ISC */
/*
 * Test vectors: JSON files of cases, each kind of file with a function that
 * tries one case.  Strict about shape: a file, a field or a value that is
 * not understood is a failure, so that nothing passes by being overlooked.
 */
#ifndef PEXD_REGRESS_VEC_H
#define PEXD_REGRESS_VEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "wire/crypto.h"
#include "wire/span.h"

struct vec_alloc;

struct vec {
	const char		*file;		/* name without folder */
	const char		*path;
	json_t			*top;		/* the whole file */
	size_t			 index;		/* of the case */
	const char		*name;		/* of the case, or NULL */
	struct wire_crypto	*crypto;
	unsigned		 ncases, nfailed;
	FILE			*out;		/* failures are told here */
	struct vec_alloc	*allocs;	/* gone after the case */
};

struct vec_kind {
	const char	*name;		/* of the test case */
	const char	*stem;		/* how the file's name begins */
	const char	*suffix;	/* how it ends, before .json */
	/*
	 * The fields of a case: "a b? c*" are required, optional, any that
	 * begin so.
	 */
	const char	*keys;
	const char	*top_keys;	/* of an object that holds "cases" */
	void		(*run)(struct vec *, json_t *);
};

extern const struct vec_kind	vec_kinds[];	/* ends with a NULL name */

/*
 * Which kind a file is: by its name, else by the fields of its first case.
 * NULL: not understood.
 */
const struct vec_kind	*vec_kind_of(const char *path);
/*
 * Try every case of a file.  Returns the number of failures, told on out;
 * *ncases is increased by the number of cases.
 */
unsigned	 vec_run_file(const struct vec_kind *, const char *path,
		    FILE *out, unsigned *ncases);
/* The folder of the vectors: $PEXD_VECTORS, or the project's own. */
const char	*vec_folder(void);

/* --- for the functions that try a case -------------------------------- */

void	 vec_fail(struct vec *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
#define VEC_CHECK(v, cond)						\
	do {								\
		if (!(cond))						\
			vec_fail(v, "%s", #cond);			\
	} while (0)
/* Has obj just these fields?  Tells what is missing or unknown. */
bool	 vec_keys(struct vec *, json_t *obj, const char *keys);
bool	 vec_has(const json_t *, const char *key);
/* Values; a wrong type is a failure, and then "", 0, false or no bytes. */
const char	*vec_text(struct vec *, const json_t *, const char *key);
/* The same where the text may hold a NUL. */
struct wire_span vec_span(struct vec *, const json_t *, const char *key);
uint64_t	 vec_u64(struct vec *, const json_t *, const char *key);
bool		 vec_bool(struct vec *, const json_t *, const char *key);
struct wire_span vec_bytes(struct vec *, const json_t *, const char *key);
struct wire_span vec_bytes_of(struct vec *, const json_t *text);
/* Just n bytes; zeros when they are not there. */
const uint8_t	*vec_exact(struct vec *, const json_t *, const char *key,
		    size_t n);
/* An array or null (which is an empty one); else a failure. */
json_t		*vec_array(struct vec *, const json_t *, const char *key);
/* The file as it is. */
const char	*vec_file_text(struct vec *);
/* Memory until the case ends; never NULL. */
void		*vec_alloc(struct vec *, size_t);
bool		 vec_is(struct wire_span, const void *, size_t);
bool		 vec_begins(const char *text, const char *prefix);

/* vec_secret.c */
void	 vec_merlin(struct vec *, json_t *);
void	 vec_x25519(struct vec *, json_t *);
void	 vec_sealed_frames(struct vec *, json_t *);
void	 vec_sealed_stream(struct vec *, json_t *);
void	 vec_recv_frames(struct vec *, json_t *);
/* vec_handshake.c */
void	 vec_handshake(struct vec *, json_t *);
/* vec_mconn.c */
void	 vec_delimited(struct vec *, json_t *);
void	 vec_packets(struct vec *, json_t *);
void	 vec_mconn_constants(struct vec *, json_t *);
/* vec_pex.c */
void	 vec_pex_messages(struct vec *, json_t *);
void	 vec_pex_streams(struct vec *, json_t *);
void	 vec_pex_decode(struct vec *, json_t *);
/* vec_nodeinfo.c */
void	 vec_node_info(struct vec *, json_t *);
/* vec_netaddr.c */
void	 vec_ip_parse(struct vec *, json_t *);
void	 vec_netaddress_parse(struct vec *, json_t *);
void	 vec_routability(struct vec *, json_t *);
/* vec_book.c */
void	 vec_addrbook(struct vec *, json_t *);
void	 vec_node_key(struct vec *, json_t *);
void	 vec_node_key_id(struct vec *, json_t *);
void	 vec_selection_sizes(struct vec *, json_t *);
void	 vec_is_bad(struct vec *, json_t *);
void	 vec_p2p_config(struct vec *, json_t *);

#endif
