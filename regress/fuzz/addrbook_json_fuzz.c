/* SPDX-License-Identifier: ISC */
/*
 * Files that operators import: cut anywhere a file reads the same, and what
 * was taken out of it, written in any format, is taken out again.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pexctl/export.h"
#include "pexctl/import.h"

#define TAKEN_MAX	128

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct taken {
	struct m_row_entry	 list[TAKEN_MAX];
	size_t			 n;
	int			 rv;
	char			 why[256];
	struct import_tally	 tally;
};

static struct taken	whole, pieces, again;

static int
take(void *ctx, const struct m_row_entry *e, bool with_history)
{
	struct taken *t = ctx;

	if (t->n < TAKEN_MAX)
		t->list[t->n] = *e;
	t->n++;
	return 0;
}

static void
read_text(struct taken *t, enum import_format format, const char *text,
    size_t len, size_t step)
{
	struct import *im;
	size_t n;

	memset(t, 0, sizeof(*t));
	if ((im = import_new(format, take, t)) == NULL)
		abort();
	for (; t->rv == 0 && len > 0; text += n, len -= n) {
		n = len < step ? len : step;
		t->rv = import_feed(im, text, n);
	}
	if (t->rv == 0)
		t->rv = import_end(im);
	if ((t->rv == -1) != (import_error(im) != NULL))
		abort();
	if (t->rv == -1)
		(void)strlcpy(t->why, import_error(im), sizeof(t->why));
	t->tally = *import_tally(im);
	if (t->tally.entries != t->n)
		abort();
	import_free(im);
}

static void
write_and_read(const struct export_format *to, enum import_format from)
{
	static const uint8_t key[EXPORT_KEY_SIZE];
	struct export ex;
	size_t i, len;
	char *text;
	FILE *f;

	if ((f = open_memstream(&text, &len)) == NULL)
		abort();
	export_init(&ex, to, f, key);
	for (i = 0; i < whole.n; i++)
		if (export_entry(&ex, &whole.list[i]) == -1)
			abort();
	if (export_end(&ex) == -1 || fclose(f) == EOF)
		abort();
	read_text(&again, from, text, len, len);
	if (again.rv == -1 || again.n != ex.written ||
	    again.tally.left_out != 0 ||
	    ex.written + ex.other_endpoint + ex.no_room != whole.n)
		abort();
	export_free(&ex);
	free(text);
}

static bool
same_history(const struct m_row_entry *x, const struct m_row_entry *y)
{
	return x->level == y->level && x->is_old == y->is_old &&
	    x->verified == y->verified && x->attempts == y->attempts &&
	    x->successes == y->successes && x->tries == y->tries &&
	    x->first_heard == y->first_heard &&
	    x->last_heard == y->last_heard && x->last_try == y->last_try &&
	    x->first_success == y->first_success &&
	    x->last_success == y->last_success &&
	    x->last_failure == y->last_failure &&
	    x->next_try == y->next_try;
}

/* In the order in which they came. */
static void
check_same(bool history)
{
	size_t i;

	for (i = 0; i < whole.n; i++)
		if (!peer_addr_equal(&whole.list[i].addr,
		    &again.list[i].addr) || (history &&
		    !same_history(&whole.list[i], &again.list[i])))
			abort();
}

/* What a stock node asks of a book, and nobody in it that was not given. */
static void
check_comet(void)
{
	size_t i, k;

	for (i = 0; i < again.n; i++) {
		for (k = 0; k < i; k++)
			if (node_id_equal(&again.list[i].addr.id,
			    &again.list[k].addr.id))
				abort();
		for (k = 0; k < whole.n; k++)
			if (peer_addr_equal(&again.list[i].addr,
			    &whole.list[k].addr))
				break;
		if (k == whole.n)
			abort();
	}
}

/* A refusal says where, and that is in the file. */
static void
check_place(const char *why, const char *text, size_t len)
{
	unsigned long line, column, lines = 1;
	size_t i;

	if (sscanf(why, "line %lu, column %lu: ", &line, &column) != 2)
		abort();
	for (i = 0; i < len; i++)
		lines += text[i] == '\n';
	if (line < 1 || line > lines || column < 1 || column > len + 1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	enum import_format format = import_detect(text, len);

	read_text(&whole, format, text, len, len);
	read_text(&pieces, format, text, len, 1 + len % 7);
	if (whole.rv != pieces.rv || whole.n != pieces.n ||
	    strcmp(whole.why, pieces.why) != 0 ||
	    memcmp(&whole.tally, &pieces.tally, sizeof(whole.tally)) != 0)
		abort();
	if (whole.rv == -1)
		check_place(whole.why, text, len);
	if (whole.n == 0 || whole.n > TAKEN_MAX)
		return 0;
	write_and_read(&export_lines, IMPORT_LINES);
	check_same(true);
	write_and_read(&export_list, IMPORT_LIST);
	check_same(false);
	write_and_read(&export_comet, IMPORT_COMET);
	check_comet();
	return 0;
}
