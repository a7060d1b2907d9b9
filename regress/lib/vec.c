/* SPDX-License-Identifier: ISC */
/* Test vectors: finding, loading and walking the files. */
#include <ctype.h>
#include <err.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "regress/lib/hex.h"
#include "regress/lib/vec.h"

struct vec_alloc {
	struct vec_alloc	*next;
	max_align_t		 data[];
};

#define INT_DIGITS_MAX	18	/* what jansson's integers surely hold */

void *
vec_alloc(struct vec *v, size_t n)
{
	struct vec_alloc	*a;

	if ((a = calloc(1, sizeof(*a) + n + 1)) == NULL)
		err(1, NULL);
	a->next = v->allocs;
	v->allocs = a;
	return a->data;
}

static void
free_allocs(struct vec *v)
{
	struct vec_alloc	*a;

	while ((a = v->allocs) != NULL) {
		v->allocs = a->next;
		free(a);
	}
}

void
vec_fail(struct vec *v, const char *fmt, ...)
{
	va_list	 ap;

	v->nfailed++;
	fprintf(v->out, "%s: case %zu%s%s%s: ", v->file, v->index,
	    v->name == NULL ? "" : " (", v->name == NULL ? "" : v->name,
	    v->name == NULL ? "" : ")");
	va_start(ap, fmt);
	vfprintf(v->out, fmt, ap);
	va_end(ap);
	fputc('\n', v->out);
}

/* --- values ----------------------------------------------------------- */

bool
vec_has(const json_t *obj, const char *key)
{
	return json_object_get(obj, key) != NULL;
}

const char *
vec_text(struct vec *v, const json_t *obj, const char *key)
{
	const char	*s = json_string_value(json_object_get(obj, key));

	if (s == NULL)
		vec_fail(v, "\"%s\" is no text", key);
	return s == NULL ? "" : s;
}

struct wire_span
vec_span(struct vec *v, const json_t *obj, const char *key)
{
	return wire_span_of(vec_text(v, obj, key),
	    json_string_length(json_object_get(obj, key)));
}

uint64_t
vec_u64(struct vec *v, const json_t *obj, const char *key)
{
	const json_t	*value = json_object_get(obj, key);
	const char	*text;
	char		*end;
	uint64_t	 n;

	if (json_is_integer(value) && json_integer_value(value) >= 0)
		return json_integer_value(value);
	if ((text = json_string_value(value)) != NULL &&
	    isdigit((unsigned char)*text)) {
		n = strtoull(text, &end, 10);
		if (*end == '\0')
			return n;
	}
	vec_fail(v, "\"%s\" is no number", key);
	return 0;
}

bool
vec_bool(struct vec *v, const json_t *obj, const char *key)
{
	const json_t	*value = json_object_get(obj, key);

	if (!json_is_boolean(value))
		vec_fail(v, "\"%s\" is not true or false", key);
	return json_is_true(value);
}

struct wire_span
vec_bytes_of(struct vec *v, const json_t *value)
{
	const char	*s = json_string_value(value);
	uint8_t		*p;
	size_t		 n;

	if (s == NULL)
		s = "";
	n = strlen(s) / 2;
	p = vec_alloc(v, n);
	if (!json_is_string(value) || hex_exact(s, p, n) == -1) {
		vec_fail(v, "\"%.32s\" is no hex", s);
		n = 0;
	}
	return wire_span_of(p, n);
}

struct wire_span
vec_bytes(struct vec *v, const json_t *obj, const char *key)
{
	return vec_bytes_of(v, json_object_get(obj, key));
}

const uint8_t *
vec_exact(struct vec *v, const json_t *obj, const char *key, size_t n)
{
	struct wire_span	 s = vec_bytes(v, obj, key);

	if (s.len == n)
		return s.p;
	vec_fail(v, "\"%s\" has %zu bytes, not %zu", key, s.len, n);
	return vec_alloc(v, n);
}

json_t *
vec_array(struct vec *v, const json_t *obj, const char *key)
{
	json_t	*value = json_object_get(obj, key);

	if (json_is_array(value))
		return value;
	if (!json_is_null(value))
		vec_fail(v, "\"%s\" is no array", key);
	return NULL;
}

bool
vec_is(struct wire_span s, const void *p, size_t n)
{
	return s.len == n && (n == 0 || memcmp(s.p, p, n) == 0);
}

bool
vec_begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* --- shape ------------------------------------------------------------ */

/* Is name one of the words of keys?  Words end in ? or * or not. */
static bool
key_is_known(const char *keys, const char *name)
{
	size_t	 n;

	for (; *keys != '\0'; keys += n + strspn(keys + n, " ")) {
		n = strcspn(keys, " ");
		if (keys[n - 1] == '*' && strncmp(keys, name, n - 1) == 0)
			return true;
		if (strlen(name) == n - (keys[n - 1] == '?') &&
		    strncmp(keys, name, strlen(name)) == 0)
			return true;
	}
	return false;
}

/* The first required word that obj lacks, copied to buf; or NULL. */
static const char *
missing_key(const char *keys, const json_t *obj, char *buf, size_t room)
{
	size_t	 n;

	for (; *keys != '\0'; keys += n + strspn(keys + n, " ")) {
		n = strcspn(keys, " ");
		if (keys[n - 1] == '?' || keys[n - 1] == '*')
			continue;
		snprintf(buf, room, "%.*s", (int)n, keys);
		if (!vec_has(obj, buf))
			return buf;
	}
	return NULL;
}

bool
vec_keys(struct vec *v, json_t *obj, const char *keys)
{
	const char	*key;
	json_t		*value;
	char		 buf[64];
	bool		 ok = true;

	if (!json_is_object(obj)) {
		vec_fail(v, "no object with the fields %s", keys);
		return false;
	}
	json_object_foreach(obj, key, value)
		if (!key_is_known(keys, key)) {
			vec_fail(v, "field \"%s\" is not understood", key);
			ok = false;
		}
	if (missing_key(keys, obj, buf, sizeof(buf)) != NULL) {
		vec_fail(v, "field \"%s\" is missing", buf);
		ok = false;
	}
	return ok;
}

/* --- files ------------------------------------------------------------ */

/*
 * Numbers over 63 bits occur, which jansson refuses: they are put in quotes
 * before it sees them.
 */
static char *
quote_big_numbers(const char *text)
{
	char	*out = malloc(2 * strlen(text) + 1), *p = out;
	bool	 quoted = false;
	size_t	 n;

	if (out == NULL)
		err(1, NULL);
	while (*text != '\0') {
		n = quoted ? 0 : strspn(text, "0123456789");
		if (n > INT_DIGITS_MAX && strchr(".eE", text[n]) == NULL) {
			p += sprintf(p, "\"%.*s\"", (int)n, text);
			text += n;
			continue;
		}
		if (*text == '"')
			quoted = !quoted;
		if (*text == '\\' && text[1] != '\0')
			*p++ = *text++;
		*p++ = *text++;
	}
	*p = '\0';
	return out;
}

static char *
read_file(const char *path)
{
	char	*text;
	FILE	*f;
	long	 size;

	if ((f = fopen(path, "r")) == NULL)
		return NULL;
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	if (size < 0 || (text = malloc(size + 1)) == NULL)
		err(1, "%s", path);
	size = fread(text, 1, size, f);
	text[size] = '\0';
	fclose(f);
	return text;
}

const char *
vec_file_text(struct vec *v)
{
	char	*text = read_file(v->path), *copy;

	if (text == NULL)
		err(1, "%s", v->path);
	copy = vec_alloc(v, strlen(text));
	memcpy(copy, text, strlen(text));
	free(text);
	return copy;
}

static json_t *
load(const char *path, FILE *out)
{
	char		*text, *quoted;
	json_error_t	 error;
	json_t		*top;

	if ((text = read_file(path)) == NULL) {
		fprintf(out, "%s: cannot be read\n", path);
		return NULL;
	}
	quoted = quote_big_numbers(text);
	free(text);
	if ((top = json_loads(quoted, JSON_ALLOW_NUL, &error)) == NULL)
		fprintf(out, "%s: line %d: %s\n", path, error.line,
		    error.text);
	free(quoted);
	return top;
}

static const char *
base_name(const char *path)
{
	const char	*slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* Does name begin with the kind's stem, as a word, and end as it should? */
static bool
name_matches(const struct vec_kind *k, const char *name)
{
	size_t	 n = strlen(k->stem), len = strlen(name) - strlen(".json");
	size_t	 s = strlen(k->suffix);

	if (strncmp(name, k->stem, n) != 0 || isalpha((unsigned char)name[n]))
		return false;
	if (s == 0)
		return memchr(name, '.', len) == NULL;
	return len >= n + s && strncmp(name + len - s, k->suffix, s) == 0;
}

/* The cases of a file: its array, its "cases", or itself. */
static json_t *
cases_of(json_t *top)
{
	json_t	*cases = json_object_get(top, "cases");

	return json_is_array(cases) ? cases : top;
}

static const struct vec_kind *
kind_by_shape(const char *path)
{
	const struct vec_kind	*k, *found = NULL;
	struct vec		 v = { .file = "" };
	json_t			*top, *c;

	if ((v.out = fopen("/dev/null", "w")) == NULL)
		err(1, "/dev/null");
	if ((top = load(path, v.out)) == NULL) {
		fclose(v.out);
		return NULL;
	}
	c = cases_of(top);
	if (json_is_array(c))
		c = json_array_get(c, 0);
	for (k = vec_kinds; k->name != NULL; k++)
		if (found == NULL && vec_keys(&v, c, k->keys))
			found = k;
	json_decref(top);
	fclose(v.out);
	return found;
}

const struct vec_kind *
vec_kind_of(const char *path)
{
	const char		*name = base_name(path);
	const struct vec_kind	*k, *found = NULL;

	for (k = vec_kinds; k->name != NULL; k++)
		if (name_matches(k, name) && (found == NULL ||
		    strlen(k->stem) > strlen(found->stem)))
			found = k;
	return found != NULL ? found : kind_by_shape(path);
}

static void
run_case(struct vec *v, const struct vec_kind *k, json_t *c)
{
	v->ncases++;
	v->name = json_string_value(json_object_get(c, "name"));
	if (vec_keys(v, c, k->keys))
		k->run(v, c);
	free_allocs(v);
	v->name = NULL;
}

unsigned
vec_run_file(const struct vec_kind *k, const char *path, FILE *out,
    unsigned *ncases)
{
	struct vec	 v = { .path = path, .file = base_name(path) };
	json_t		*cases, *c;

	v.out = out;
	if ((v.top = load(path, out)) == NULL)
		return 1;
	if ((v.crypto = wire_crypto_new()) == NULL)
		errx(1, "no crypto");
	cases = cases_of(v.top);
	if (cases != v.top)
		vec_keys(&v, v.top, k->top_keys);
	if (json_is_array(cases)) {
		json_array_foreach(cases, v.index, c)
			run_case(&v, k, c);
	} else
		run_case(&v, k, cases);
	if (v.ncases == 0)
		vec_fail(&v, "no cases");
	json_decref(v.top);
	wire_crypto_free(v.crypto);
	*ncases += v.ncases;
	return v.nfailed;
}

const char *
vec_folder(void)
{
	static char	 path[PATH_MAX];
	const char	*s;

	if ((s = getenv("PEXD_VECTORS")) != NULL && *s != '\0')
		return s;
	if ((s = getenv("PEXD_SRC")) != NULL)
		snprintf(path, sizeof(path), "%s/regress/vectors", s);
	else
		snprintf(path, sizeof(path), "%.*s/../vectors",
		    (int)(base_name(__FILE__) - __FILE__ - 1), __FILE__);
	return path;
}
