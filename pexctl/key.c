/* SPDX-License-Identifier: ISC */
/* pexctl key: make, show and convert node keys. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pexctl/ctl.h"
#include "pexctl/nodekey_json.h"
#include "pexctl/outfile.h"

static int
report(struct ctl *ctl, const struct nodekey *k, const char *file)
{
	struct key_report r = { .file = file };

	r.id = *nodekey_id(k);
	memcpy(r.pubkey, nodekey_pub(k), sizeof(r.pubkey));
	ctl->view.out->key(&ctl->view, &r);
	return CTL_OK;
}

/* Takes k over; NULL after a failure. */
static int
save_and_report(struct ctl *ctl, struct nodekey *k, const char *file,
    struct nodekey_why *why)
{
	int rv = CTL_REFUSED;

	if (k == NULL || nodekey_save(k, file, why) == -1)
		warnx("%s", why->text);
	else
		rv = report(ctl, k, file);
	nodekey_free(k);
	return rv;
}

int
key_generate_command(struct ctl *ctl)
{
	struct nodekey_why why;

	return save_and_report(ctl, nodekey_generate(&why), ctl->args.file,
	    &why);
}

int
key_show_command(struct ctl *ctl)
{
	struct nodekey_why why;
	struct nodekey *k;
	int rv;

	if ((k = nodekey_load(ctl->args.file, &why)) == NULL) {
		warnx("%s", why.text);
		return CTL_REFUSED;
	}
	rv = report(ctl, k, ctl->args.file);
	nodekey_free(k);
	return rv;
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

/* Confined: parse what is in fd and hand the 32 bytes of it to out. */
static int
parse_confined(const char *file, int fd, int out)
{
	static char buf[NODEKEY_JSON_MAX + 1];
	uint8_t seed[NODEKEY_SEED_SIZE];
	const char *why;
	ssize_t n;
	int rv;

	if ((rv = ctl_confine()) != CTL_OK)
		return rv;
	if ((n = read_all(fd, buf, sizeof(buf))) == -1) {
		warn("%s", file);
		return CTL_REFUSED;
	}
	if (nodekey_json_parse(buf, (size_t)n, seed, &why) == -1) {
		warnx("%s: %s", file, why);
		return CTL_REFUSED;
	}
	n = write(out, seed, sizeof(seed));
	explicit_bzero(seed, sizeof(seed));
	explicit_bzero(buf, sizeof(buf));
	return n == (ssize_t)sizeof(seed) ? CTL_OK : CTL_REFUSED;
}

/* The seed in the JSON of fd, from a process that can do nothing else. */
static int
parse_apart(const char *file, int fd, uint8_t seed[NODEKEY_SEED_SIZE])
{
	int pair[2], status;
	ssize_t n;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1) {
		warn("socketpair");
		return -1;
	}
	switch (pid = fork()) {
	case -1:
		warn("fork");
		close(pair[0]);
		close(pair[1]);
		return -1;
	case 0:
		close(pair[0]);
		_exit(parse_confined(file, fd, pair[1]));
	}
	close(pair[1]);
	n = read_all(pair[0], (char *)seed, NODEKEY_SEED_SIZE);
	close(pair[0]);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (n == NODEKEY_SEED_SIZE)
		return 0;
	if (WIFSIGNALED(status))
		warnx("%s: its parser died of signal %d", file,
		    WTERMSIG(status));
	return -1;
}

int
key_import_command(struct ctl *ctl)
{
	uint8_t seed[NODEKEY_SEED_SIZE];
	struct nodekey_why why;
	struct nodekey *k;
	int fd, rv;

	if ((fd = open(ctl->args.file, O_RDONLY | O_CLOEXEC)) == -1) {
		warn("%s", ctl->args.file);
		return CTL_REFUSED;
	}
	rv = parse_apart(ctl->args.file, fd, seed);
	close(fd);
	if (rv == -1)
		return CTL_REFUSED;
	k = nodekey_from_seed(seed, &why);
	explicit_bzero(seed, sizeof(seed));
	return save_and_report(ctl, k, ctl->args.file2, &why);
}

/* --- to node_key.json -------------------------------------------------- */

static int
fill_json(void *ctx, int fd)
{
	char text[NODEKEY_JSON_SIZE];
	int n, rv = CTL_OK;

	if ((rv = ctl_confine()) != CTL_OK)
		return rv;
	if ((n = nodekey_json_write(ctx, text)) == -1 ||
	    write(fd, text, (size_t)n) != n) {
		warn("cannot write the key");
		rv = CTL_REFUSED;
	}
	explicit_bzero(text, sizeof(text));
	return rv;
}

int
key_export_command(struct ctl *ctl)
{
	struct nodekey_why why;
	struct nodekey *k;
	int rv;

	if ((k = nodekey_load(ctl->args.file, &why)) == NULL) {
		warnx("%s", why.text);
		return CTL_REFUSED;
	}
	rv = outfile_write(ctl->args.file2, false, fill_json, k);
	if (rv == CTL_OK)
		rv = report(ctl, k, ctl->args.file2);
	nodekey_free(k);
	return rv;
}
