/* SPDX-License-Identifier: ISC */
/*
 * pexctl book import: the file is read twice, first to the end to see that
 * it is whole, then to send it.  A file that is refused has changed nothing.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pexctl/complain.h"
#include "pexctl/ctl.h"
#include "pexctl/human.h"

struct batch {
	struct ctl	*ctl;
	struct m_import	 msg;
	uint64_t	 taken, known, refused, why[IMPORT_REFUSAL_MAX];
	int		 status;	/* CTL_* of the last one sent */
};

static void
on_imported(void *ctx, struct pipe *p, struct msg *m)
{
	const struct m_imported *im = m->body;
	struct batch *b = ctx;
	size_t i;

	b->taken += im->taken;
	b->known += im->known;
	b->refused += im->refused;
	for (i = 0; i < IMPORT_REFUSAL_MAX; i++)
		b->why[i] += im->why[i];
	client_answered(b->ctl->client, m);
}

static const struct msg_handler handlers[] = {
	{ MSG_IMPORTED, on_imported },
	{ MSG_NONE, NULL }
};

static int
send_batch(struct batch *b)
{
	struct m_done done;
	int rv;

	if (b->msg.n == 0)
		return 0;
	rv = client_ask(b->ctl->client, MSG_CTL_IMPORT, &b->msg, &done);
	b->msg.n = 0;
	b->status = ctl_end(b->ctl, rv, &done);
	return b->status == CTL_OK ? 0 : -1;
}

static int
into_batch(void *ctx, const struct m_row_entry *e, bool with_history)
{
	struct batch *b = ctx;

	b->msg.with_history = with_history;
	b->msg.list[b->msg.n++] = *e;
	return b->msg.n == MSG_IMPORT_MAX ? send_batch(b) : 0;
}

static int
ignore(void *ctx, const struct m_row_entry *e, bool with_history)
{
	return 0;
}

/* All of the file through im.  Says what is wrong with it. */
static int
feed_file(struct import *im, const char *file, int fd)
{
	static char buf[64 * 1024];
	char safe[512];
	ssize_t n;
	int rv = 0;

	if (lseek(fd, 0, SEEK_SET) == -1) {
		complain_errno("%s", file);
		return -1;
	}
	while (rv == 0 && (n = read(fd, buf, sizeof(buf))) != 0) {
		if (n == -1 && errno != EINTR) {
			complain_errno("%s", file);
			return -1;
		}
		if (n > 0)
			rv = import_feed(im, buf, (size_t)n);
	}
	if (rv == 0)
		rv = import_end(im);
	if (rv == -1 && import_error(im) != NULL)
		complain("%s: %s", file, human_safe(import_error(im),
		    safe, sizeof(safe)));
	return rv;
}

/* A file of which nothing can be used is hardly the one that was meant. */
static int
check_usable(const char *file, const struct import_tally *t)
{
	enum import_defect d, first = DEFECT_NONE;

	if (t->entries > 0 || t->left_out == 0)
		return 0;
	for (d = 0; d < DEFECT_MAX; d++)
		if (t->defects[d] > 0 && (first == DEFECT_NONE ||
		    t->first_line[d] < t->first_line[first]))
			first = d;
	if (first == DEFECT_NONE)
		complain("%s: none of its entries can be used", file);
	else
		complain("%s: none of its %" PRIu64 " entries can be used; "
		    "line %" PRIu64 ": %s", file, t->left_out,
		    t->first_line[first], import_defect_text(first));
	return -1;
}

static int
check_file(const char *file, int fd, enum import_format format)
{
	struct import *im;
	int rv;

	if ((im = import_new(format, ignore, NULL)) == NULL) {
		complain("out of memory");
		return -1;
	}
	if ((rv = feed_file(im, file, fd)) == 0)
		rv = check_usable(file, import_tally(im));
	import_free(im);
	return rv;
}

static int
send_file(struct ctl *ctl, int fd, enum import_format format)
{
	static struct batch b;
	struct import_report r = { .file = ctl->args.file, .format = format };
	struct import *im;
	int rv;

	b.ctl = ctl;
	r.checked_only = ctl->args.check_only;
	if (!r.checked_only)
		client_handle(ctl->client, handlers, &b);
	im = import_new(format, r.checked_only ? ignore : into_batch, &b);
	if (im == NULL) {
		complain("out of memory");
		return CTL_REFUSED;
	}
	rv = feed_file(im, ctl->args.file, fd);
	if (rv == 0)
		rv = send_batch(&b);
	r.tally = import_tally(im);
	r.taken = b.taken;
	r.known = b.known;
	r.refused = b.refused;
	memcpy(r.why, b.why, sizeof(r.why));
	if (rv == 0)
		ctl->view.out->imported(&ctl->view, &r);
	import_free(im);
	if (rv == -1 && b.status == CTL_OK)
		return CTL_REFUSED;
	return b.status;
}

static int
open_file(const char *file)
{
	struct stat st;
	int fd;

	if ((fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1) {
		complain_errno("%s", file);
		return -1;
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		complain("%s: not a regular file, which is read twice", file);
		close(fd);
		return -1;
	}
	return fd;
}

static int
import_fd(struct ctl *ctl, int fd)
{
	char peek[IMPORT_PEEK];
	enum import_format format;
	ssize_t n;
	int rv;

	if (!ctl->args.check_only && (rv = ctl_connect(ctl)) != CTL_OK)
		return rv;
	if ((rv = ctl_confine()) != CTL_OK)
		return rv;
	if ((n = read(fd, peek, sizeof(peek))) == -1) {
		complain_errno("%s", ctl->args.file);
		return CTL_REFUSED;
	}
	format = import_detect(peek, (size_t)n);
	if (check_file(ctl->args.file, fd, format) == -1)
		return CTL_REFUSED;
	return send_file(ctl, fd, format);
}

int
book_import_command(struct ctl *ctl)
{
	int fd, rv;

	if ((fd = open_file(ctl->args.file)) == -1)
		return CTL_REFUSED;
	rv = import_fd(ctl, fd);
	close(fd);
	return rv;
}
