/* SPDX-License-Identifier: ISC */
/*
 * CometBFT's addrbook.json, entry by entry: the outer object and its list
 * are walked here, byte by byte; each entry is parsed on its own.
 */

#include <sys/types.h>

#include <string.h>

#include "pexctl/import_impl.h"
#include "pexctl/rfc3339.h"

/* Both of CometBFT's tables, counted in buckets. */
#define COMET_NEW_BUCKETS	256
#define COMET_OLD_BUCKETS	64

enum comet_state {
	BEGIN = 0,	/* '{' */
	FIRST_KEY,	/* a key or '}' */
	KEY,
	IN_KEY,
	COLON,
	VALUE,
	IN_VALUE,
	FIRST_ENTRY,	/* an entry or ']' */
	ENTRY,
	IN_ENTRY,
	AFTER_ENTRY,	/* ',' or ']' */
	AFTER_VALUE,	/* ',' or '}' */
	COMPLETE,
};

/* --- one entry --------------------------------------------------------- */

static enum import_defect
check_buckets(const json_t *entry)
{
	const json_t *type = json_object_get(entry, "bucket_type");
	const json_t *list = json_object_get(entry, "buckets"), *b;
	json_int_t limit;
	size_t i;

	if (!json_is_integer(type) || (json_integer_value(type) != 1 &&
	    json_integer_value(type) != 2))
		return DEFECT_BUCKET_TYPE;
	limit = json_integer_value(type) == 1 ? COMET_NEW_BUCKETS :
	    COMET_OLD_BUCKETS;
	if (json_array_size(list) == 0)
		return DEFECT_NO_BUCKET;
	json_array_foreach(list, i, b)
		if (!json_is_integer(b) || json_integer_value(b) < 0 ||
		    json_integer_value(b) >= limit)
			return DEFECT_BUCKET;
	return DEFECT_NONE;
}

static enum import_defect
check_times(const json_t *entry)
{
	static const char *const keys[] = { "last_attempt", "last_success",
	    "last_ban_time" };
	const json_t *v;
	int64_t t;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		/* Older books have no last_ban_time. */
		if ((v = json_object_get(entry, keys[i])) == NULL)
			continue;
		if (!json_is_string(v) || rfc3339_parse(json_string_value(v),
		    json_string_length(v), &t) == -1)
			return DEFECT_TIME;
	}
	return DEFECT_NONE;
}

/*
 * The address is all that enters.  The rest has to be sound all the same:
 * an entry that would stop a stock node is not one to trust.
 */
static enum import_defect
parse_entry(const json_t *entry, struct m_row_entry *e)
{
	const json_t *attempts;
	enum import_defect d;

	memset(e, 0, sizeof(*e));
	e->level = LEVEL_HEARD;
	d = entry_json_addr(json_object_get(entry, "addr"), &e->addr);
	if (d != DEFECT_NONE || (d = check_buckets(entry)) != DEFECT_NONE)
		return d;
	attempts = json_object_get(entry, "attempts");
	if (attempts != NULL && (!json_is_integer(attempts) ||
	    json_integer_value(attempts) < 0 ||
	    json_integer_value(attempts) > INT32_MAX))
		return DEFECT_COUNT;
	return check_times(entry);
}

/* --- the walk ---------------------------------------------------------- */

static int
value_begins(struct import *im, enum comet_state inside)
{
	im->state = inside;
	im->value_at = im->at;
	jslice_start(&im->slice);
	return 0;
}

static int
take_key(struct import *im)
{
	json_t *key;

	if ((key = import_parse(im)) == NULL)
		return -1;
	im->in_addrs = strcmp(json_string_value(key), "addrs") == 0;
	json_decref(key);
	if (im->in_addrs && im->have_addrs)
		return import_fail(im, im->value_at,
		    "\"addrs\" for the second time");
	im->have_addrs |= im->in_addrs;
	im->state = COLON;
	return 0;
}

static int
take_value(struct import *im)
{
	json_t *v;
	bool ok;

	if ((v = import_parse(im)) == NULL)
		return -1;
	/* Go writes an empty list as null. */
	ok = !im->in_addrs || json_is_null(v);
	json_decref(v);
	if (!ok)
		return import_fail(im, im->value_at,
		    "\"addrs\" is not a list");
	im->state = AFTER_VALUE;
	return 0;
}

static int
take_entry(struct import *im)
{
	struct m_row_entry e;
	enum import_defect d;
	json_t *v;

	if ((v = import_parse(im)) == NULL)
		return -1;
	d = parse_entry(v, &e);
	json_decref(v);
	im->state = AFTER_ENTRY;
	return import_take(im, im->value_at.line, d, &e, false);
}

/* A byte within a value; 1 if it was not part of it after all. */
static int
inside(struct import *im, char c)
{
	enum jslice_result res;
	int rv;

	if (import_slice(im, c, &res) == -1)
		return -1;
	if (res == JSLICE_MORE)
		return 0;
	if (im->state == IN_KEY)
		rv = take_key(im);
	else if (im->state == IN_VALUE)
		rv = take_value(im);
	else
		rv = take_entry(im);
	return rv == 0 && res == JSLICE_PAST ? 1 : rv;
}

/*
 * Between values: a byte that fits either begins a value of the state
 * `begins' or moves on to `next'.
 */
static const struct step {
	enum comet_state	 state;
	char			 c;	/* 0: any byte but white space */
	enum comet_state	 next;
	bool			 begins;
} steps[] = {
	{ BEGIN,	'{',	FIRST_KEY,	false },
	{ FIRST_KEY,	'}',	COMPLETE,	false },
	{ FIRST_KEY,	'"',	IN_KEY,		true },
	{ KEY,		'"',	IN_KEY,		true },
	{ COLON,	':',	VALUE,		false },
	{ VALUE,	0,	IN_VALUE,	true },
	{ FIRST_ENTRY,	']',	AFTER_VALUE,	false },
	{ FIRST_ENTRY,	0,	IN_ENTRY,	true },
	{ ENTRY,	0,	IN_ENTRY,	true },
	{ AFTER_ENTRY,	',',	ENTRY,		false },
	{ AFTER_ENTRY,	']',	AFTER_VALUE,	false },
	{ AFTER_VALUE,	',',	KEY,		false },
	{ AFTER_VALUE,	'}',	COMPLETE,	false },
};

static const struct step *
find_step(enum comet_state state, char c)
{
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i].state == state &&
		    (steps[i].c == c || steps[i].c == 0))
			return &steps[i];
	return NULL;
}

static int
comet_byte(struct import *im, char c)
{
	const struct step *s;
	int rv;

	if (im->state == IN_KEY || im->state == IN_VALUE ||
	    im->state == IN_ENTRY)
		if ((rv = inside(im, c)) != 1)
			return rv;
	if (import_is_space(c))
		return 0;
	if (im->state == VALUE && im->in_addrs && c == '[') {
		im->state = FIRST_ENTRY;
		return 0;
	}
	if ((s = find_step(im->state, c)) == NULL)
		return import_fail(im, im->at, "byte 0x%02x does not belong "
		    "here in an addrbook.json", (unsigned char)c);
	if (!s->begins) {
		im->state = s->next;
		return 0;
	}
	(void)value_begins(im, s->next);
	/* PAST is impossible for a first byte. */
	return inside(im, c);
}

static int
comet_end(struct import *im)
{
	if (im->state != COMPLETE)
		return import_fail(im, im->at, "the file ends too early");
	if (!im->have_addrs)
		return import_fail(im, im->at, "it has no \"addrs\"");
	return 0;
}

const struct import_ops import_comet = {
	.name = "addrbook.json",
	/* Three times what 20480 entries in four buckets each take. */
	.bytes_max = 64ull << 20,
	.byte = comet_byte,
	.end = comet_end,
};
