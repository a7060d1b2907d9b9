/* SPDX-License-Identifier: ISC */
/*
 * pexctl key: node keys and node_key.json.  What is read and what is written
 * is seen by a confined process alone; see outfile.h.
 */

#include <sys/types.h>
#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pexctl/complain.h"
#include "pexctl/ctl.h"
#include "pexctl/nodekey_json.h"
#include "pexctl/outfile.h"

/* A key on its way to a file. */
struct job {
	struct ctl		*ctl;
	const char		*in;		/* or NULL */
	/* Half of it is made by fill(), and that is another process. */
	struct key_report	*report;
};

static void
describe(struct key_report *r, const struct nodekey *k)
{
	r->id = *nodekey_id(k);
	memcpy(r->pubkey, nodekey_pub(k), sizeof(r->pubkey));
}

static int
write_file(struct ctl *ctl, const char *in, const char *out,
    int (*fill)(void *, int))
{
	struct job job = { .ctl = ctl, .in = in };
	int rv;

	job.report = mmap(NULL, sizeof(*job.report), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANON, -1, 0);
	if (job.report == MAP_FAILED) {
		complain_errno("memory for a key");
		return CTL_REFUSED;
	}
	if ((rv = outfile_write(out, false, fill, &job)) == CTL_OK) {
		job.report->file = out;
		ctl->view.out->key(&ctl->view, job.report);
	}
	munmap(job.report, sizeof(*job.report));
	return rv;
}

/* Confined: k, taken over, into fd as pexd has it. */
static int
put_pem(struct job *job, struct nodekey *k, int fd,
    const struct nodekey_why *why)
{
	int rv = CTL_REFUSED;

	if (k == NULL)
		complain("%s", why->text);
	else if (nodekey_write(k, fd) == -1)
		complain_errno("cannot write the key");
	else {
		describe(job->report, k);
		rv = CTL_OK;
	}
	nodekey_free(k);
	return rv;
}

/* --- a new one --------------------------------------------------------- */

static int
fill_generated(void *ctx, int fd)
{
	struct nodekey_why why;
	int rv;

	if ((rv = ctl_confine()) != CTL_OK)
		return rv;
	return put_pem(ctx, nodekey_generate(&why), fd, &why);
}

int
key_generate_command(struct ctl *ctl)
{
	return write_file(ctl, NULL, ctl->args.file, fill_generated);
}

int
key_show_command(struct ctl *ctl)
{
	struct key_report r = { .file = ctl->args.file };
	struct nodekey_why why;
	struct nodekey *k;
	int rv;

	if ((rv = ctl_confine()) != CTL_OK)
		return rv;
	if ((k = nodekey_load(ctl->args.file, &why)) == NULL) {
		complain("%s", why.text);
		return CTL_REFUSED;
	}
	describe(&r, k);
	ctl->view.out->key(&ctl->view, &r);
	nodekey_free(k);
	return CTL_OK;
}

/* --- from node_key.json ------------------------------------------------ */

static ssize_t
read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size && (n = read(fd, buf + len, size - len)) != 0) {
		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0)
			len += (size_t)n;
	}
	return (ssize_t)len;
}

static int
read_seed(const char *file, uint8_t seed[NODEKEY_SEED_SIZE])
{
	static char buf[NODEKEY_JSON_MAX + 1];
	const char *why;
	ssize_t n;
	int fd, rv = -1;

	if ((fd = open(file, O_RDONLY | O_CLOEXEC)) == -1 ||
	    (n = read_all(fd, buf, sizeof(buf))) == -1)
		complain_errno("%s", file);
	else if (nodekey_json_parse(buf, (size_t)n, seed, &why) == -1)
		complain("%s: %s", file, why);
	else
		rv = 0;
	explicit_bzero(buf, sizeof(buf));
	if (fd != -1)
		close(fd);
	return rv;
}

static int
fill_imported(void *ctx, int fd)
{
	uint8_t seed[NODEKEY_SEED_SIZE];
	struct nodekey_why why;
	struct nodekey *k;
	struct job *job = ctx;
	int rv;

	if ((rv = ctl_confine()) != CTL_OK)
		return rv;
	if (read_seed(job->in, seed) == -1)
		return CTL_REFUSED;
	k = nodekey_from_seed(seed, &why);
	explicit_bzero(seed, sizeof(seed));
	return put_pem(job, k, fd, &why);
}

int
key_import_command(struct ctl *ctl)
{
	return write_file(ctl, ctl->args.file, ctl->args.file2,
	    fill_imported);
}

/* --- to node_key.json -------------------------------------------------- */

static int
put_json(struct job *job, const struct nodekey *k, int fd)
{
	char text[NODEKEY_JSON_SIZE];
	int n, rv = CTL_REFUSED;

	if ((n = nodekey_json_write(k, text)) == -1 ||
	    write(fd, text, (size_t)n) != n)
		complain_errno("cannot write the key");
	else {
		describe(job->report, k);
		rv = CTL_OK;
	}
	explicit_bzero(text, sizeof(text));
	return rv;
}

static int
fill_exported(void *ctx, int fd)
{
	struct nodekey_why why;
	struct nodekey *k;
	struct job *job = ctx;
	int rv;

	if ((rv = ctl_confine()) != CTL_OK)
		return rv;
	if ((k = nodekey_load(job->in, &why)) == NULL) {
		complain("%s", why.text);
		return CTL_REFUSED;
	}
	rv = put_json(job, k, fd);
	nodekey_free(k);
	return rv;
}

int
key_export_command(struct ctl *ctl)
{
	return write_file(ctl, ctl->args.file, ctl->args.file2,
	    fill_exported);
}
