/* SPDX-License-Identifier: ISC */
/* pexctl: the operator's hand. */

#include <sys/types.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "common/conf.h"
#include "common/sandbox.h"
#include "common/version.h"
#include "pexctl/complain.h"
#include "pexctl/ctl.h"
#include "pexctl/human.h"

static int	dial_command(struct ctl *);
static int	drop_command(struct ctl *);
static int	ban_command(struct ctl *);
static int	reload_command(struct ctl *);
static int	log_command(struct ctl *);

static int	(*const commands[])(struct ctl *) = {
	[ACT_SHOW]		= show_command,
	[ACT_DIAL]		= dial_command,
	[ACT_DROP]		= drop_command,
	[ACT_BAN]		= ban_command,
	[ACT_RELOAD]		= reload_command,
	[ACT_LOG]		= log_command,
	[ACT_MONITOR]		= monitor_command,
	[ACT_IMPORT]		= book_import_command,
	[ACT_EXPORT]		= book_export_command,
	[ACT_KEY_GENERATE]	= key_generate_command,
	[ACT_KEY_SHOW]		= key_show_command,
	[ACT_KEY_IMPORT]	= key_import_command,
	[ACT_KEY_EXPORT]	= key_export_command,
};

/* --- for the commands -------------------------------------------------- */

int
ctl_connect(struct ctl *ctl)
{
	if ((ctl->client = client_open(ctl->socket)) != NULL)
		return CTL_OK;
	complain_errno("cannot reach pexd at %s", ctl->socket);
	return CTL_NO_DAEMON;
}

static int
enter(bool early)
{
	const struct sandbox_opts opts = {
		.log_only = sandbox_log_default(),
		.early = early,
	};
	char level[MSG_NAME_SIZE];

	if (sandbox_enter(ROLE_CTL, &opts, level, sizeof(level)) == 0)
		return CTL_OK;
	complain_errno("cannot enter the sandbox (%s)", level);
	return CTL_REFUSED;
}

int
ctl_confine(void)
{
	return enter(false);
}

int
ctl_end(struct ctl *ctl, int rv, const struct m_done *done)
{
	char text[sizeof(done->text)];

	if (rv == -1) {
		complain("lost pexd at %s: %s", ctl->socket,
		    client_why(ctl->client));
		return CTL_NO_DAEMON;
	}
	if (done->status == STATUS_OK)
		return CTL_OK;
	if (ctl->view.out->done != NULL)
		ctl->view.out->done(&ctl->view, done);
	warnx("%s%s%s", status_name(done->status),
	    done->text[0] == '\0' ? "" : ": ",
	    human_safe(done->text, text, sizeof(text)));
	return CTL_REFUSED;
}

int
ctl_request(struct ctl *ctl, uint32_t type, const void *body)
{
	struct m_done done;
	int rv;

	if ((rv = ctl_connect(ctl)) != CTL_OK || (rv = ctl_confine()) != CTL_OK)
		return rv;
	rv = client_ask(ctl->client, type, body, &done);
	if (rv == 0 && done.status == STATUS_OK)
		ctl->view.out->done(&ctl->view, &done);
	return ctl_end(ctl, rv, &done);
}

/* --- commands that are one request ------------------------------------- */

static int
dial_command(struct ctl *ctl)
{
	struct m_ctl_dial m = { .persistent = ctl->args.persistent };

	m.addr = ctl->args.addr;
	return ctl_request(ctl, MSG_CTL_DIAL, &m);
}

static int
drop_command(struct ctl *ctl)
{
	struct m_ctl_drop m = { .id = ctl->args.id };

	return ctl_request(ctl, MSG_CTL_DROP, &m);
}

static int
ban_command(struct ctl *ctl)
{
	struct m_ban m = { .left_s = ctl->args.seconds };

	m.has_id = ctl->args.has_id;
	m.has_host = ctl->args.has_ip;
	m.id = ctl->args.id;
	memcpy(m.ip, ctl->args.ip, sizeof(m.ip));
	return ctl_request(ctl, MSG_CTL_BAN, &m);
}

static int
reload_command(struct ctl *ctl)
{
	return ctl_request(ctl, MSG_CTL_RELOAD, NULL);
}

static int
log_command(struct ctl *ctl)
{
	struct m_log_level m = { .verbose = ctl->args.verbose };

	return ctl_request(ctl, MSG_LOG_LEVEL, &m);
}

/* --- start and end ----------------------------------------------------- */

static const char usage[] = "usage: pexctl [-jV] [-s socket] command "
    "[argument ...]";

static void
put_error(struct ctl *ctl, const char *text)
{
	if (ctl->view.out->error != NULL)
		ctl->view.out->error(&ctl->view, text);
}

/* "what is wrong; valid here:" and the words, a line each, as one line. */
static void
join_lines(char *text)
{
	const char *from, *between = " ";
	char *to = text;

	for (from = text; *from != '\0'; from++) {
		if (*from != '\n') {
			*to++ = *from;
			continue;
		}
		if (from[1] == '\0')
			break;
		/* Of a newline and two blanks. */
		to = stpcpy(to, between);
		between = ", ";
		from += 2;
	}
	*to = '\0';
}

static int
parse_words(struct ctl *ctl, int argc, char *argv[])
{
	static const char name[] = "pexctl: ";
	char *text = NULL;
	size_t len;
	FILE *f;
	int rv;

	if ((f = open_memstream(&text, &len)) == NULL) {
		complain("out of memory");
		return -1;
	}
	rv = command_parse(argc, argv, &ctl->args, f);
	if (fclose(f) == EOF)
		complain("out of memory");
	else if (rv == -1) {
		fputs(text, stderr);
		join_lines(text);
		put_error(ctl, text + sizeof(name) - 1);
	}
	free(text);
	return rv;
}

static int
parse_options(struct ctl *ctl, int argc, char *argv[])
{
	int ch;

	while ((ch = getopt(argc, argv, "+jVs:")) != -1) {
		switch (ch) {
		case 'j':
			ctl->view.out = &output_json;
			break;
		case 's':
			ctl->socket = optarg;
			break;
		case 'V':
			printf("pexctl %s\n", PEXD_VERSION);
			exit(CTL_OK);
		default:
			fprintf(stderr, "%s\n", usage);
			put_error(ctl, usage);
			return -1;
		}
	}
	if (ctl->socket[0] == '\0') {
		complain("-s: the path of the socket is empty");
		return -1;
	}
	if (optind == argc)
		fprintf(stderr, "%s\n", usage);
	if (parse_words(ctl, argc - optind, argv + optind) == -1)
		return -1;
	if (ctl->args.what == SHOW_METRICS)
		ctl->view.out = &output_openmetrics;
	return 0;
}

/*
 * What libraries would open or ask for on first use, they get now: later
 * the sandbox does not let them.
 */
static void
prepare(struct ctl *ctl)
{
	static char buf[BUFSIZ];
	size_t seed;

	arc4random_buf(&seed, sizeof(seed));
	json_object_seed(seed);
	(void)setvbuf(stdout, buf, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF,
	    sizeof(buf));
	ctl->view.now = time(NULL);
}

int
main(int argc, char *argv[])
{
	struct ctl ctl;
	int rv;

	memset(&ctl, 0, sizeof(ctl));
	ctl.socket = CONF_CONTROL_SOCKET;
	ctl.view.out = &output_text;
	ctl.view.f = stdout;
	complain_to(&ctl.view);
	if (enter(true) != CTL_OK)
		return CTL_REFUSED;
	if (parse_options(&ctl, argc, argv) == -1)
		return CTL_USAGE;
	prepare(&ctl);
	rv = commands[ctl.args.action](&ctl);
	client_close(ctl.client);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		warn("cannot write the answer");
		rv = CTL_REFUSED;
	}
	return rv;
}
