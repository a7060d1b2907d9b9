/* SPDX-License-Identifier: ISC */
/* A book entry as JSON: reading what pexctl and CometBFT write. */

#include <sys/types.h>

#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "pexctl/import_impl.h"

/* No address, but with letters, and without the colons of IPv6. */
static bool
looks_like_name(const char *s)
{
	bool letters = false;

	for (; *s != '\0' && *s != ':'; s++)
		letters |= isalpha((unsigned char)*s) != 0;
	return letters && *s == '\0';
}

enum import_defect
entry_json_addr(const json_t *o, struct peer_addr *pa)
{
	const json_t *id = json_object_get(o, "id");
	const json_t *ip = json_object_get(o, "ip");
	const json_t *port = json_object_get(o, "port");

	if (!json_is_object(o))
		return DEFECT_NOT_OBJECT;
	if (!json_is_string(id) || node_id_parse(json_string_value(id),
	    json_string_length(id), &pa->id) == -1)
		return DEFECT_ID;
	if (!json_is_string(ip))
		return DEFECT_IP;
	if (ip_parse(json_string_value(ip), json_string_length(ip),
	    pa->na.ip) == -1)
		return looks_like_name(json_string_value(ip)) ?
		    DEFECT_HOST_NAME : DEFECT_IP;
	if (!json_is_integer(port) || json_integer_value(port) < 1 ||
	    json_integer_value(port) > UINT16_MAX)
		return DEFECT_PORT;
	pa->na.port = (uint16_t)json_integer_value(port);
	return DEFECT_NONE;
}

/* A key that is missing or null leaves the value alone. */
static int
get_integer(const json_t *o, const char *key, json_int_t max, json_int_t *v)
{
	const json_t *n = json_object_get(o, key);

	if (n == NULL || json_is_null(n))
		return 0;
	if (!json_is_integer(n) || json_integer_value(n) < 0 ||
	    json_integer_value(n) > max)
		return -1;
	*v = json_integer_value(n);
	return 0;
}

static int
get_count(const json_t *o, const char *key, uint32_t *v)
{
	json_int_t n = 0;

	if (get_integer(o, key, UINT32_MAX, &n) == -1)
		return -1;
	*v = (uint32_t)n;
	return 0;
}

/* Seconds since 1970.  The book counts them in 32 bits. */
static int
get_time(const json_t *o, const char *key, int64_t *v)
{
	json_int_t n = 0;

	if (get_integer(o, key, UINT32_MAX, &n) == -1)
		return -1;
	*v = n;
	return 0;
}

static enum import_defect
get_level(const json_t *o, struct m_row_entry *e)
{
	const json_t *level = json_object_get(o, "level");
	unsigned l;

	if (level == NULL || json_is_null(level))
		return DEFECT_NONE;
	if (!json_is_string(level))
		return DEFECT_LEVEL;
	for (l = LEVEL_HEARD; l <= LEVEL_SENIOR; l++)
		if (strcmp(level_name(l), json_string_value(level)) == 0)
			break;
	if (l > LEVEL_SENIOR ||
	    (l > LEVEL_HEARD && (e->successes == 0 || e->last_success == 0)))
		return DEFECT_LEVEL;
	/* Who is senior is worked out among those of that book. */
	e->level = (uint8_t)(l == LEVEL_SENIOR ? LEVEL_GOOD : l);
	return DEFECT_NONE;
}

/*
 * Where it stands and who told of it are shown but not read: the book works
 * both out anew.
 */
enum import_defect
entry_json_parse(const json_t *o, struct m_row_entry *e)
{
	enum import_defect d;

	memset(e, 0, sizeof(*e));
	if ((d = entry_json_addr(o, &e->addr)) != DEFECT_NONE)
		return d;
	if (get_count(o, "attempts", &e->attempts) == -1 ||
	    get_count(o, "successes", &e->successes) == -1 ||
	    get_count(o, "tries", &e->tries) == -1)
		return DEFECT_COUNT;
	if (get_time(o, "first_heard", &e->first_heard) == -1 ||
	    get_time(o, "last_heard", &e->last_heard) == -1 ||
	    get_time(o, "last_try", &e->last_try) == -1 ||
	    get_time(o, "first_success", &e->first_success) == -1 ||
	    get_time(o, "last_success", &e->last_success) == -1 ||
	    get_time(o, "last_failure", &e->last_failure) == -1 ||
	    get_time(o, "next_try", &e->next_try) == -1)
		return DEFECT_TIME;
	e->is_old = json_is_true(json_object_get(o, "old"));
	e->verified = json_is_true(json_object_get(o, "verified"));
	return get_level(o, e);
}
