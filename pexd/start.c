/* SPDX-License-Identifier: ISC */
/* What has to hold before children are started.  Every failure ends pexd. */

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/sandbox.h"
#include "pexd/pexd.h"

#define NOFILE_STEP	1024	/* room for a reload to raise limits in */

/* --- the user ---------------------------------------------------------- */

void
start_identity(struct pexd *px)
{
	const struct conf *c = px->conf;
	struct passwd *pw;

	if (geteuid() != 0) {
		if (c->user[0] != '\0' || c->chroot_dir[0] != '\0')
			log_info("not started as root: \"user\" and "
			    "\"chroot\" have no effect");
		return;
	}
	if (sandbox_log_default()) {
		/* In a chroot it could not tell leaks: it reads /proc. */
		log_info("a sanitizer's build: the children stay root");
		return;
	}
	errno = 0;
	if ((pw = getpwnam(c->user)) == NULL) {
		if (errno != 0)
			fatal("cannot look up user %s", c->user);
		fatalx("there is no user %s: create it, or name another one "
		    "with \"user\" in %s", c->user, px->given.conf_path);
	}
	if (pw->pw_uid == 0 || pw->pw_gid == 0)
		fatalx("user %s is root or of root's group: the children have "
		    "to be somebody else", c->user);
	px->identity.drop = true;
	px->identity.uid = pw->pw_uid;
	px->identity.gid = pw->pw_gid;
}

/* --- programs ---------------------------------------------------------- */

/* May others than root and us change it? */
static const char *
trust_problem(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "belongs neither to root nor to the caller";
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "is writable by its group or by all";
	return NULL;
}

static void
check_program(const char *dir, const char *name)
{
	const char *why;
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    (int)sizeof(path))
		fatalx("the path of %s/%s is too long", dir, name);
	if (stat(path, &st) == -1)
		fatal("cannot find %s", path);
	if (!S_ISREG(st.st_mode) || access(path, X_OK) == -1)
		fatalx("%s is not a program", path);
	if ((why = trust_problem(&st)) != NULL)
		fatalx("%s %s", path, why);
}

void
start_check_programs(const char *libexec)
{
	const char *why;
	struct stat st;

	if (libexec[0] != '/')
		fatalx("the folder of the children, %s, is not an absolute "
		    "path", libexec);
	if (stat(libexec, &st) == -1)
		fatal("cannot find the children's folder %s", libexec);
	if (!S_ISDIR(st.st_mode))
		fatalx("%s is not a folder", libexec);
	if ((why = trust_problem(&st)) != NULL)
		fatalx("%s %s", libexec, why);
	check_program(libexec, "engine");
	check_program(libexec, "dialer");
	check_program(libexec, "addrbookd");
}

/* --- folders ----------------------------------------------------------- */

static int
open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int
open_or_make(const char *path)
{
	int fd = open_folder(path);

	if (fd != -1 || errno != ENOENT)
		return fd;
	if (mkdir(path, 0700) == -1)
		return -1;
	log_info("made the state directory %s", path);
	return open_folder(path);
}

/* Is there anything but an address book?  The name of the first. */
static bool
holds_others(int dir, char *name, size_t size)
{
	static const char ours[] = "addrbook.db";
	struct dirent *e;
	bool found = false;
	DIR *d;
	int fd;

	if ((fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1 ||
	    (d = fdopendir(fd)) == NULL)
		fatal("cannot read the state directory");
	while (!found && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0 &&
		    strncmp(e->d_name, ours, sizeof(ours) - 1) != 0) {
			strlcpy(name, e->d_name, size);
			found = true;
		}
	closedir(d);
	return found;
}

/*
 * Owner and mode of a directory in other use are not pexd's to change: a
 * slip in the config must not take /var/lib from a whole system.
 */
static void
take_state(const struct pexd *px, int fd, const struct stat *st, uid_t uid)
{
	const char *path = px->conf->state_dir;
	char other[NAME_MAX + 1], shown[LOG_LINE_SIZE / 4];

	if (holds_others(fd, other, sizeof(other)))
		fatalx("the state directory %s has other files (%s), and has "
		    "to be closed to others: expected a directory that is "
		    "pexd's alone", path,
		    log_vis(shown, sizeof(shown), other, strlen(other)));
	if (px->identity.drop &&
	    (st->st_uid != uid || st->st_gid != px->identity.gid) &&
	    fchown(fd, uid, px->identity.gid) == -1)
		fatal("cannot give the state directory %s to user %u", path,
		    (unsigned)uid);
	if (fchmod(fd, 0700) == -1)
		fatal("cannot close the state directory %s to others", path);
	if (st->st_uid != uid || (st->st_mode & 07777) != 0700)
		log_info("the state directory %s was made user %u's alone",
		    path, (unsigned)uid);
}

/* addrbookd's: its user's own, and nobody else's business. */
static void
check_state(const struct pexd *px, const char *path)
{
	uid_t uid = px->identity.drop ? px->identity.uid : geteuid();
	struct stat st;
	int fd;

	if ((fd = open_or_make(path)) == -1 || fstat(fd, &st) == -1)
		fatal("cannot use the state directory %s", path);
	if (st.st_uid != uid && st.st_uid != geteuid())
		fatalx("the state directory %s belongs to user %u, not to %u",
		    path, (unsigned)st.st_uid, (unsigned)uid);
	if (st.st_uid != uid || (st.st_mode & 07777) != 0700 ||
	    (px->identity.drop && st.st_gid != px->identity.gid))
		take_state(px, fd, &st, uid);
	close(fd);
}

static void
check_chroot(const char *path)
{
	struct stat st;
	int fd;

	if ((fd = open_folder(path)) == -1 || fstat(fd, &st) == -1)
		fatal("cannot use the directory to chroot to, %s", path);
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
		fatalx("the directory to chroot to, %s, has to belong to root "
		    "and be writable by nobody else", path);
	close(fd);
}

void
start_folders(const struct pexd *px)
{
	check_state(px, px->conf->state_dir);
	if (px->identity.drop)
		check_chroot(px->conf->chroot_dir);
}

/* --- descriptors ------------------------------------------------------- */

/* What engine gets: what it needs and some room, as far as the limit goes. */
void
start_descriptors(struct pexd *px)
{
	uint32_t need = load_engine_nofile(px->conf);
	uint32_t want = (need + NOFILE_STEP - 1) / NOFILE_STEP * NOFILE_STEP;
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		fatal("cannot read the limit of descriptors");
	if (rl.rlim_max < want && geteuid() == 0) {
		rl.rlim_max = want;
		(void)setrlimit(RLIMIT_NOFILE, &rl);
		if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
			fatal("cannot read the limit of descriptors");
	}
	if (rl.rlim_max < need)
		fatalx("the configured limits (max inbound %u, max outbound "
		    "%u, max dials %u, max pending %u) need %u descriptors, "
		    "and a process may have %llu: lower them or raise that",
		    px->conf->limits.max_inbound,
		    px->conf->limits.max_outbound, px->conf->limits.max_dials,
		    px->conf->limits.pending, need,
		    (unsigned long long)rl.rlim_max);
	px->engine_nofile = rl.rlim_max < want ? rl.rlim_max : want;
}
