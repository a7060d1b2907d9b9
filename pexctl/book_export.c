/* SPDX-License-Identifier: ISC */
/* pexctl book export: the book as a file, without who is banned. */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pexctl/banset.h"
#include "pexctl/complain.h"
#include "pexctl/ctl.h"
#include "pexctl/export.h"
#include "pexctl/outfile.h"

struct job {
	struct ctl	*ctl;
	struct banset	 bans;
	struct export	 ex;
	uint64_t	 banned;
	bool		 no_memory;
};

static const struct export_format *const formats[] = {
	[BOOK_JSON]	= &export_lines,
	[BOOK_LIST]	= &export_list,
	[BOOK_COMET]	= &export_comet,
};

static void
on_ban(void *ctx, struct pipe *p, struct msg *m)
{
	struct job *job = ctx;

	job->no_memory |= banset_add(&job->bans, m->body,
	    job->ctl->view.now) == -1;
}

static void
on_entry(void *ctx, struct pipe *p, struct msg *m)
{
	const struct m_row_entry *e = m->body;
	struct job *job = ctx;

	if (banset_has(&job->bans, &e->addr))
		job->banned++;
	else
		job->no_memory |= export_entry(&job->ex, e) == -1;
}

static const struct msg_handler handlers[] = {
	{ MSG_ROW_BAN, on_ban },
	{ MSG_ROW_ENTRY, on_entry },
	{ MSG_NONE, NULL }
};

static int
ask(struct job *job, enum show what)
{
	struct m_show m = { .what = (uint8_t)what };
	struct m_done done;
	int rv;

	rv = client_ask(job->ctl->client, MSG_SHOW, &m, &done);
	if ((rv = ctl_end(job->ctl, rv, &done)) == CTL_OK && job->no_memory) {
		complain("out of memory");
		rv = CTL_REFUSED;
	}
	return rv;
}

static int
export_rows(struct job *job)
{
	int rv;

	if ((rv = ask(job, SHOW_BANS)) != CTL_OK)
		return rv;
	banset_sort(&job->bans);
	if ((rv = ask(job, SHOW_BOOK)) != CTL_OK)
		return rv;
	if (export_end(&job->ex) == -1 || fflush(job->ex.f) == EOF ||
	    ferror(job->ex.f)) {
		complain_errno("cannot write the book");
		return CTL_REFUSED;
	}
	return CTL_OK;
}

/* With the book on standard output there is no place to say more. */
static void
report(const struct job *job)
{
	struct export_report r = { .file = job->ctl->args.file };

	if (r.file == NULL)
		return;
	r.format = job->ex.format->name;
	r.written = job->ex.written;
	r.banned = job->banned;
	r.other_endpoint = job->ex.other_endpoint;
	r.no_room = job->ex.no_room;
	job->ctl->view.out->exported(&job->ctl->view, &r);
}

static int
export_to(struct ctl *ctl, FILE *f)
{
	struct job job = { .ctl = ctl };
	uint8_t key[EXPORT_KEY_SIZE];
	int rv;

	if ((rv = ctl_confine()) != CTL_OK)
		return rv;
	arc4random_buf(key, sizeof(key));
	export_init(&job.ex, formats[ctl->args.format], f, key);
	client_handle(ctl->client, handlers, &job);
	if ((rv = export_rows(&job)) == CTL_OK)
		report(&job);
	export_free(&job.ex);
	banset_free(&job.bans);
	return rv;
}

static int
fill(void *ctx, int fd)
{
	static char buf[64 * 1024];
	FILE *f;
	int rv;

	if ((f = fdopen(fd, "w")) == NULL) {
		complain("out of memory");
		return CTL_REFUSED;
	}
	(void)setvbuf(f, buf, _IOFBF, sizeof(buf));
	rv = export_to(ctx, f);
	fclose(f);
	return rv;
}

int
book_export_command(struct ctl *ctl)
{
	int rv;

	if (ctl->args.file != NULL && strcmp(ctl->args.file, "-") == 0)
		ctl->args.file = NULL;
	if (ctl->args.file == NULL)
		ctl->view.out = &output_text;	/* stdout is the book's */
	if ((rv = ctl_connect(ctl)) != CTL_OK)
		return rv;
	if (ctl->args.file == NULL)
		return export_to(ctl, stdout);
	return outfile_write(ctl->args.file, true, fill, ctl);
}
