/* SPDX-License-Identifier: ISC */
/*
 * Landlock: no file, no TCP, no abstract socket, no signal to others; a
 * second lock on doors that the filter closes already, and one that names
 * doors instead of calls.
 */
#include "common/sandbox_impl.h"

#ifdef SANDBOX_LINUX

#include <sys/syscall.h>

#include <errno.h>
#include <unistd.h>

/*
 * The kernel's interface, as far as its ABI 8; defined here because the
 * headers of a stable distribution are older than the kernels it runs on.
 */
#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset	444
#define __NR_landlock_restrict_self	446
#endif

struct ruleset_attr {
	uint64_t	fs;
	uint64_t	net;		/* since ABI 4 */
	uint64_t	scoped;		/* since ABI 6 */
};

#define GET_VERSION	(1U << 0)
#define ALL_THREADS	(1U << 3)	/* restrict_self, since ABI 8 */

#define FS_WRITE_FILE	(1ULL << 1)
#define FS_READ_FILE	(1ULL << 2)
#define FS_READ_DIR	(1ULL << 3)
#define FS_REMOVE_FILE	(1ULL << 5)
#define FS_MAKE_REG	(1ULL << 8)
#define FS_ABI1		((1ULL << 13) - 1)
#define FS_REFER	(1ULL << 13)	/* since ABI 2 */
#define FS_TRUNCATE	(1ULL << 14)	/* since ABI 3 */
#define FS_IOCTL_DEV	(1ULL << 15)	/* since ABI 5 */

#define NET_BIND_TCP	(1ULL << 0)
#define NET_CONNECT_TCP	(1ULL << 1)

#define SCOPE_ABSTRACT	(1ULL << 0)
#define SCOPE_SIGNAL	(1ULL << 1)

/* What is denied: there is no rule that gives any of it back. */
static void
denied(enum role role, bool early, int abi, struct ruleset_attr *attr)
{
	attr->fs = FS_ABI1;
	if (abi >= 2)
		attr->fs |= FS_REFER;
	if (abi >= 3)
		attr->fs |= FS_TRUNCATE;
	if (abi >= 5)
		attr->fs |= FS_IOCTL_DEV;
	/* pexctl reads time zones, and files named after it began. */
	if (role == ROLE_CTL)
		attr->fs &= ~(FS_READ_FILE | FS_READ_DIR);
	/* Files made under one name take their own in the same folder. */
	if (early)
		attr->fs &= ~(FS_WRITE_FILE | FS_MAKE_REG | FS_REMOVE_FILE);

	attr->net = 0;
	if (abi >= 4)
		attr->net = NET_BIND_TCP | NET_CONNECT_TCP;
	if (role == ROLE_DIALER)
		attr->net &= ~NET_CONNECT_TCP;
	attr->scoped = abi >= 6 ? SCOPE_ABSTRACT | SCOPE_SIGNAL : 0;
}

static int
restrict_self(int fd, int abi)
{
	/* A writer thread of addrbookd would stay outside else. */
	if (abi >= 8 &&
	    syscall(__NR_landlock_restrict_self, fd, ALL_THREADS) == 0)
		return 0;
	return syscall(__NR_landlock_restrict_self, fd, 0);
}

int
sandbox_landlock(enum role role, const struct sandbox_opts *opts,
    int *reached)
{
	struct ruleset_attr	 attr;
	int			 abi, error, fd, rv;

	/* The children would inherit the parent's and stay in it. */
	if (role == ROLE_PARENT || opts->log_only)
		return 0;
	abi = syscall(__NR_landlock_create_ruleset, NULL, 0, GET_VERSION);
	if (abi == -1) {
		/*
		 * Not built; not enabled at boot; a container's own filter,
		 * for the question as such is refused to nobody.
		 */
		if (errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM)
			return sandbox_lacking(opts, "Landlock");
		return -1;
	}
	denied(role, opts->early, abi, &attr);
	/* Zeroes beyond what an older kernel knows are fine with it. */
	fd = syscall(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd == -1)
		return -1;
	rv = restrict_self(fd, abi);
	error = errno;
	close(fd);
	errno = error;
	if (rv == 0)
		*reached = abi;
	return rv;
}

#endif /* SANDBOX_LINUX */
