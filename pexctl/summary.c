/* SPDX-License-Identifier: ISC */
/* The figures and texts of a summary, gathered and put in order. */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pexctl/summary.h"

void
summary_init(struct summary *s)
{
	memset(s, 0, sizeof(*s));
}

void
summary_free(struct summary *s)
{
	free(s->items);
	free(s->procs);
	summary_init(s);
}

/* Names are keys in every format: what is no part of one becomes '_'. */
static void
copy_name(char *dst, const char *name)
{
	char c;

	(void)strlcpy(dst, name[0] == '\0' ? "_" : name, MSG_NAME_SIZE);
	if (dst[0] >= '0' && dst[0] <= '9')
		dst[0] = '_';
	for (; (c = *dst) != '\0'; dst++)
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
			*dst = '_';
}

static bool
has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n > m && strcmp(name + n - m, suffix) == 0;
}

static bool
is_same(const struct item *a, const struct item *b)
{
	return a->role == b->role && a->is_text == b->is_text &&
	    strcmp(a->name, b->name) == 0;
}

/*
 * Is there nothing new in it?  Otherwise give it its place behind the values
 * of that name that are there.
 */
static bool
is_known(const struct summary *s, struct item *it)
{
	size_t i;

	it->seq = (unsigned)s->n;
	for (i = 0; i < s->n; i++) {
		if (!is_same(&s->items[i], it))
			continue;
		if (!it->is_text || strcmp(s->items[i].text, it->text) == 0)
			return true;
		it->seq = s->items[i].seq;
		it->nth++;
	}
	return false;
}

/* Room for one more in an array that doubles; NULL without memory. */
static void *
grow(void *list, size_t n, size_t size)
{
	if (list != NULL && (n & (n - 1)) != 0)
		return list;
	return reallocarray(list, n == 0 ? 1 : n * 2, size);
}

static int
add_item(struct summary *s, struct item *it, const char *name)
{
	struct item *p;

	copy_name(it->name, name);
	it->is_total = !it->is_text && has_suffix(it->name, "_total");
	if (s->n == SUMMARY_MAX || is_known(s, it))
		return 0;
	if ((p = grow(s->items, s->n, sizeof(*p))) == NULL)
		return -1;
	s->items = p;
	s->items[s->n++] = *it;
	return 0;
}

int
summary_add_fact(struct summary *s, const struct m_fact *f)
{
	struct item it = { .role = f->role, .is_text = true };

	(void)strlcpy(it.text, f->value, sizeof(it.text));
	return add_item(s, &it, f->name);
}

int
summary_add_counter(struct summary *s, const struct m_counter *c)
{
	struct item it = { .role = c->role, .number = c->value };

	return add_item(s, &it, c->name);
}

int
summary_add_proc(struct summary *s, const struct m_row_proc *proc)
{
	struct m_row_proc *p;

	if (s->nprocs == SUMMARY_MAX)
		return 0;
	if ((p = grow(s->procs, s->nprocs, sizeof(*p))) == NULL)
		return -1;
	s->procs = p;
	s->procs[s->nprocs++] = *proc;
	return 0;
}

static int
by_role(const void *va, const void *vb)
{
	const struct item *a = va, *b = vb;

	if (a->role != b->role)
		return a->role < b->role ? -1 : 1;
	if (a->is_text != b->is_text)
		return a->is_text ? -1 : 1;
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	return a->nth < b->nth ? -1 : a->nth > b->nth;
}

static int
by_name(const void *va, const void *vb)
{
	const struct item *a = va, *b = vb;
	int cmp = strcmp(a->name, b->name);

	return cmp != 0 ? cmp : by_role(va, vb);
}

void
summary_sort(struct summary *s)
{
	if (s->n > 1)
		qsort(s->items, s->n, sizeof(s->items[0]), by_role);
}

void
summary_sort_by_name(struct summary *s)
{
	if (s->n > 1)
		qsort(s->items, s->n, sizeof(s->items[0]), by_name);
}

size_t
summary_values(const struct summary *s, size_t i)
{
	size_t n = 1;

	while (i + n < s->n && is_same(&s->items[i], &s->items[i + n]))
		n++;
	return n;
}

bool
summary_is_list(const char *name)
{
	static const char *const lists[] = { "external", "listen", "reactor" };
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcmp(lists[i], name) == 0)
			return true;
	return false;
}

char *
summary_key(const struct summary *s, size_t i, char buf[SUMMARY_KEY_SIZE])
{
	const struct item *it = &s->items[i];
	size_t k;

	for (k = 0; k < i; k++)
		if (s->items[k].is_text && s->items[k].role != it->role &&
		    strcmp(s->items[k].name, it->name) == 0)
			break;
	snprintf(buf, SUMMARY_KEY_SIZE, "%s%s%s",
	    k == i ? "" : role_name(it->role), k == i ? "" : "_", it->name);
	return buf;
}
