/* SPDX-License-Identifier: ISC */
/* Writes the book to a file; the formats that keep nothing. */

#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "pexctl/export.h"
#include "pexctl/output.h"

void
export_init(struct export *ex, const struct export_format *format, FILE *f,
    const uint8_t key[EXPORT_KEY_SIZE])
{
	memset(ex, 0, sizeof(*ex));
	ex->format = format;
	ex->f = f;
	memcpy(ex->key, key, sizeof(ex->key));
}

int
export_entry(struct export *ex, const struct m_row_entry *e)
{
	return ex->format->entry(ex, e);
}

int
export_end(struct export *ex)
{
	return ex->format->end == NULL ? 0 : ex->format->end(ex);
}

void
export_free(struct export *ex)
{
	free(ex->rows);
	ex->rows = NULL;
}

static int
list_entry(struct export *ex, const struct m_row_entry *e)
{
	char addr[PEER_ADDR_TEXT_SIZE];

	fprintf(ex->f, "%s\n", peer_addr_text(&e->addr, addr));
	ex->written++;
	return 0;
}

static int
lines_entry(struct export *ex, const struct m_row_entry *e)
{
	struct jsonw j;

	jsonw_init(&j, ex->f);
	json_entry(&j, NULL, e);
	jsonw_finish(&j);
	ex->written++;
	return 0;
}

const struct export_format export_list = {
	.name = "list of addresses",
	.entry = list_entry,
};

const struct export_format export_lines = {
	.name = "book of JSON lines",
	.entry = lines_entry,
};
