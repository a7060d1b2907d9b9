/* SPDX-License-Identifier: ISC */
/*
 * pexd(8): start, run, end.  The order of the start matters: first what may
 * fail and is cheap to undo, then the sandbox, then the key, then children.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "common/child.h"
#include "common/sandbox.h"
#include "common/version.h"
#include "pexd/children.h"
#include "pexd/control.h"
#include "pexd/from_children.h"
#include "pexd/listen.h"
#include "pexd/logsink.h"
#include "pexd/parse.h"
#include "pexd/pexd.h"
#include "pexd/reload.h"

static noreturn void
usage(void)
{
	fprintf(stderr, "usage: pexd [-dnVv] [-D macro=value] [-f file] "
	    "[-x directory]\n");
	exit(2);
}

/* --- the command line -------------------------------------------------- */

static void
define(struct macros *ms, const char *arg)
{
	char *name, *value;

	if ((name = strdup(arg)) == NULL)
		err(1, NULL);
	if ((value = strchr(name, '=')) == NULL)
		errx(2, "-D %s: expected macro=value", arg);
	*value++ = '\0';
	if (macro_set(ms, name, value, true) == -1)
		errx(2, "-D %s: this cannot be a macro", arg);
	free(name);
}

/* A daemon changes its directory; the path has to hold at a reload. */
static const char *
absolute(const char *path)
{
	char *full;

	if ((full = realpath(path, NULL)) == NULL)
		err(1, "%s", path);
	return full;
}

static void
parse_options(struct options_given *g, int argc, char *argv[])
{
	const char *path = PATH_CONF;
	int ch;

	TAILQ_INIT(&g->defines);
	g->libexec = PEXD_LIBEXEC;
	while ((ch = getopt(argc, argv, "D:df:nVvx:")) != -1) {
		switch (ch) {
		case 'D':
			define(&g->defines, optarg);
			break;
		case 'd':
			g->foreground = true;
			break;
		case 'f':
			path = optarg;
			break;
		case 'n':
			g->check_only = true;
			break;
		case 'V':
			printf("pexd %s\n", PEXD_VERSION);
			exit(0);
		case 'v':
			g->verbose++;
			break;
		case 'x':
			g->libexec = optarg;
			break;
		default:
			usage();
		}
	}
	if (optind != argc)
		usage();
	/* In a check, file names in errors stay as they were given. */
	g->conf_path = g->check_only ? path : absolute(path);
}

/* --- -n ---------------------------------------------------------------- */

static void
complain(void *arg, const char *line)
{
	fprintf(stderr, "%s\n", line);
}

static int
check(const struct options_given *g)
{
	struct lex_report report = { complain, NULL };
	struct conf *c;
	int rv = 0;

	c = conf_parse(g->conf_path, geteuid() == 0, &g->defines, &report);
	if (c == NULL)
		return 1;
	if (g->verbose == 0)
		fprintf(stderr, "configuration OK\n");
	else if (conf_print(c, stdout) == -1) {
		warn("cannot print the configuration");
		rv = 1;
	}
	conf_free(c);
	return rv;
}

/* --- events ------------------------------------------------------------ */

struct running {
	struct pexd		 px;
	struct event		 sighup, sigint, sigterm, sigchld;
};

static void
stop(struct pexd *px, int status)
{
	if (px->status == 0)
		px->status = status;
	notify_manager("STOPPING=1");
	children_stop(px->children);
}

static void
on_signal_stop(evutil_socket_t sig, short what, void *arg)
{
	struct running *run = arg;

	log_info("ending on signal %d", (int)sig);
	stop(&run->px, 0);
}

static void
on_sighup(evutil_socket_t sig, short what, void *arg)
{
	struct running *run = arg;

	log_info("reloading on SIGHUP");
	reload_start(run->px.reload, 0);
}

static void
on_sigchld(evutil_socket_t sig, short what, void *arg)
{
	struct running *run = arg;

	children_reap(run->px.children);
}

static void
on_all_ready(void *arg)
{
	struct pexd *px = arg;

	if (px->up)
		return;
	px->up = true;
	listening_commit(px->listeners, px->conf);
	log_info("ready: network %s, %s mode", px->conf->network,
	    px->conf->mode == MODE_SEED ? "seed" : "peer");
	notify_manager("READY=1");
	if (px->daemonize != NULL) {
		if (logsink_to_syslog(px->logsink) == -1)
			log_warn("cannot use the system's log");
		daemonize_done(px->daemonize);
		px->daemonize = NULL;
	}
}

static void
on_up(void *arg, enum role role)
{
	struct pexd *px = arg;

	control_up(px->control, role);
}

static void
on_down(void *arg, enum role role)
{
	struct pexd *px = arg;

	reload_down(px->reload, role);
	control_down(px->control, role);
}

static void
on_conf_result(void *arg, enum role role, const struct m_conf_result *m)
{
	struct pexd *px = arg;

	reload_result(px->reload, role, m);
}

static void
on_give_up(void *arg)
{
	stop(arg, 1);
}

static void
on_stopped(void *arg, bool clean)
{
	struct pexd *px = arg;

	if (!clean)
		px->status = 1;
	event_base_loopbreak(px->base);
}

static const struct children_ops children_ops = {
	.from_engine = from_engine,
	.from_dialer = from_dialer,
	.from_addrbookd = from_addrbookd,
	.all_ready = on_all_ready,
	.up = on_up,
	.down = on_down,
	.conf_result = on_conf_result,
	.give_up = on_give_up,
	.stopped = on_stopped,
};

/* --- start ------------------------------------------------------------- */

static void
complain_log(void *arg, const char *line)
{
	log_warnx("%s", line);
}

static void
read_configuration(struct pexd *px)
{
	struct lex_report report = { complain_log, NULL };

	if ((px->conf = load_conf(&px->given, &report)) == NULL)
		fatalx("cannot start with this configuration");
}

static void
open_sockets(struct pexd *px)
{
	char why[256];

	px->control = control_open(px->conf->control_socket, why,
	    sizeof(why));
	if (px->control == NULL)
		fatalx("%s", why);
	if ((px->listeners = listening_new()) == NULL)
		fatal("listeners");
	if (listening_open(px->listeners, px->conf, why, sizeof(why)) == -1) {
		control_free(px->control);
		fatalx("%s", why);
	}
}

static void
enter_sandbox(struct pexd *px)
{
	struct sandbox_opts opts = { .log_only = sandbox_log_default() };

	if (sandbox_enter(ROLE_PARENT, &opts, px->sandbox,
	    sizeof(px->sandbox)) == -1)
		fatal("cannot enter the sandbox (%s)", px->sandbox);
	log_debug("sandbox: %s", px->sandbox);
}

static void
take_key(struct pexd *px)
{
	struct nodekey_why why;

	if ((px->key = key_load(px->conf->node_key, &why)) == NULL) {
		control_free(px->control);
		fatalx("%s", why.text);
	}
	px->conf->id = *nodekey_id(px->key);
	memcpy(px->conf->pubkey, nodekey_pub(px->key),
	    sizeof(px->conf->pubkey));
}

static void
make_parts(struct pexd *px)
{
	struct children_params params = {
		.libexec = px->given.libexec,
		.listeners = px->listeners,
		.quiet = !px->given.foreground,
		.drop = px->identity.drop,
		.uid = px->identity.uid,
		.gid = px->identity.gid,
		.nofile = px->engine_nofile,
	};

	if ((px->base = event_base_new()) == NULL)
		fatalx("cannot make an event base");
	if (logsink_start(px->logsink, px->base) == -1)
		fatalx("cannot make a timer");
	px->children = children_new(px->base, &params, px->conf,
	    &children_ops, px);
	px->reload = reload_new(px, control_reloaded, px->control);
	if (px->children == NULL || px->reload == NULL ||
	    control_start(px->control, px) == -1)
		fatal("cannot make the parts of pexd");
}

static void
catch_signals(struct running *run)
{
	struct event_base *base = run->px.base;

	signal(SIGPIPE, SIG_IGN);
	/* What rotates logs sends one of these to many a daemon. */
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, SIG_IGN);
	evsignal_assign(&run->sighup, base, SIGHUP, on_sighup, run);
	evsignal_assign(&run->sigint, base, SIGINT, on_signal_stop, run);
	evsignal_assign(&run->sigterm, base, SIGTERM, on_signal_stop, run);
	evsignal_assign(&run->sigchld, base, SIGCHLD, on_sigchld, run);
	if (event_add(&run->sighup, NULL) == -1 ||
	    event_add(&run->sigint, NULL) == -1 ||
	    event_add(&run->sigterm, NULL) == -1 ||
	    event_add(&run->sigchld, NULL) == -1)
		fatalx("cannot catch signals");
}

static void
start(struct running *run)
{
	struct pexd *px = &run->px;

	umask(077);
	if ((px->logsink = logsink_new()) == NULL)
		fatal("log");
	if (!px->given.foreground &&
	    (px->daemonize = daemonize_begin()) == NULL)
		fatalx("cannot start");
	px->started_ms = child_mono_ms();
	read_configuration(px);
	setproctitle("-pexd: parent (%s, %s)", px->conf->network,
	    px->given.conf_path);
	start_identity(px);
	start_check_programs(px->given.libexec);
	start_descriptors(px);
	start_folders(px);
	open_sockets(px);
	if (chdir("/") == -1)
		fatal("chdir to /");
	enter_sandbox(px);
	take_key(px);
	make_parts(px);
	catch_signals(run);
	children_start(px->children);
}

static void
end(struct running *run)
{
	struct pexd *px = &run->px;

	event_del(&run->sighup);
	event_del(&run->sigint);
	event_del(&run->sigterm);
	event_del(&run->sigchld);
	control_free(px->control);
	reload_free(px->reload);
	children_free(px->children);
	listening_free(px->listeners);
	conf_free(px->conf);
	nodekey_free(px->key);
	macros_free(&px->given.defines);
	log_info("ended");
	logsink_free(px->logsink);
	event_base_free(px->base);
}

int
main(int argc, char *argv[])
{
	static struct running run;

	log_init("pexd");
	parse_options(&run.px.given, argc, argv);
	if (run.px.given.check_only)
		return check(&run.px.given);
	log_set_verbose(run.px.given.verbose);
	start(&run);
	if (event_base_dispatch(run.px.base) == -1) {
		log_warnx("the event loop failed");
		run.px.status = 1;
	}
	end(&run);
	return run.px.status;
}
