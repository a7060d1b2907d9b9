/* SPDX-License-Identifier: ISC */
/*
 * What a process taken over could try, role by role.
 */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>

#include "common/sandbox_impl.h"
#include "regress/lib/confined_act.h"

#ifdef SANDBOX_LINUX

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <linux/sched.h>

#define CHILDREN	ROLE_CHILDREN
#define CTL		ROLE_CTL
#define PARENT		ROLE_PARENT
#define CONFINED	(ROLE_CHILDREN | ROLE_CTL)
#define ALL		(CONFINED | ROLE_PARENT)

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif

/* Every one of these does something, or fails otherwise, outside. */
ACT(open_passwd, open("/etc/passwd", O_RDONLY))
ACT(open_write, open("/dev/null", O_WRONLY))
ACT(open_create, open("created", O_RDWR | O_CREAT, 0600))
ACT(stat_passwd, syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", arg, 0))
ACT(statx_root, syscall(SYS_statx, AT_FDCWD, "/", 0, 0, NULL))
ACT(access_root, faccessat(AT_FDCWD, "/", R_OK, 0))
ACT(read_link, readlinkat(AT_FDCWD, "/proc/self/exe", arg, 1))
ACT(open_how, syscall(SYS_openat2, AT_FDCWD, "/", NULL, 0))
ACT(make_dir, mkdirat(AT_FDCWD, "made", 0700))
ACT(remove_file, unlinkat(AT_FDCWD, "none", 0))
ACT(rename_file, renameat(AT_FDCWD, "none", AT_FDCWD, "other"))
ACT(make_link, symlinkat("none", AT_FDCWD, "link"))
ACT(mode_file, fchmodat(AT_FDCWD, "/", 0777, 0))
ACT(make_memfd, syscall(SYS_memfd_create, "m", 0))
ACT(change_dir, chdir("/"))
ACT(change_root, chroot("/"))
ACT(list_dir, syscall(SYS_getdents64, -1, NULL, 0))

ACT(unix_socket, socket(AF_UNIX, SOCK_STREAM, 0))
ACT(inet_socket, socket(AF_INET, SOCK_STREAM, 0))
ACT(mptcp_socket, socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP))
ACT(inet6_socket, socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0))
ACT(udp_socket, socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))
ACT(raw_socket, socket(AF_INET, SOCK_RAW, IPPROTO_ICMP))
ACT(packet_socket, socket(AF_PACKET, SOCK_RAW, 0))
ACT(netlink_socket, socket(AF_NETLINK, SOCK_RAW, 0))
ACT(vsock_socket, socket(AF_VSOCK, SOCK_STREAM, 0))
ACT(socket_pair, socketpair(AF_UNIX, SOCK_STREAM, 0, arg))
ACT(bind_socket, bind(-1, arg, sizeof(struct sockaddr_in)))
ACT(listen_socket, listen(-1, 1))
ACT(connect_socket, connect(-1, arg, sizeof(struct sockaddr_in)))
ACT(accept_socket, accept4(-1, NULL, NULL, SOCK_NONBLOCK))
ACT(old_accept, accept(-1, NULL, NULL))
ACT(send_to, sendto(-1, "x", 1, 0, arg, sizeof(struct sockaddr_in)))
ACT(attach_bpf, setsockopt(-1, SOL_SOCKET, SO_ATTACH_FILTER, arg, 16))
ACT(bind_device, setsockopt(-1, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3))

ACT(exec_true, execve("/bin/true", (char *[]){ NULL }, (char *[]){ NULL }))
ACT(exec_at, syscall(SYS_execveat, AT_FDCWD, "/bin/true", NULL, NULL, 0))
ACT(fork_raw, syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL))
ACT(clone_new, syscall(SYS_clone3, NULL, 0))
ACT(kill_parent, kill(getppid(), 0))
ACT(kill_thread, syscall(SYS_tgkill, getppid(), getppid(), 0))
ACT(kill_group, kill(0, 0))
ACT(pidfd, syscall(SYS_pidfd_open, getppid(), 0))
ACT(pidfd_steal, syscall(SYS_pidfd_getfd, -1, 0, 0))
ACT(trace_me, ptrace(PTRACE_TRACEME, 0, NULL, NULL))
ACT(read_other, syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0))
ACT(write_other, syscall(SYS_process_vm_writev, getppid(), NULL, 0, NULL, 0,
    0))
ACT(set_user, setuid(getuid()))
ACT(set_limit, syscall(SYS_prlimit64, 0, RLIMIT_CORE, arg, NULL))
ACT(limit_other, syscall(SYS_prlimit64, getppid(), RLIMIT_CORE, NULL, NULL))
ACT(set_affinity, syscall(SYS_sched_setaffinity, 0, 0, NULL))
ACT(dumpable, prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
ACT(seccomp_more, syscall(SYS_seccomp, 1, 0, NULL))

ACT(mount_fs, syscall(SYS_mount, NULL, NULL, NULL, 0, NULL))
ACT(new_mount, syscall(SYS_fsopen, NULL, 0))
ACT(mount_tree, syscall(SYS_open_tree, -1, NULL, 0))
ACT(unshare_user, syscall(SYS_unshare, CLONE_NEWUSER))
ACT(enter_ns, syscall(SYS_setns, -1, 0))
ACT(clone_user, syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL,
    NULL))
ACT(load_module, syscall(SYS_finit_module, -1, "", 0))
ACT(load_bpf, syscall(SYS_bpf, 0, NULL, 0))
ACT(uring, syscall(SYS_io_uring_setup, 1, NULL))
ACT(uring_enter, syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0))
ACT(key_session, syscall(SYS_keyctl, 0, -3, 0))
ACT(key_add, syscall(SYS_add_key, NULL, NULL, NULL, 0, 0))
ACT(perf, syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0))
ACT(fault_fd, syscall(SYS_userfaultfd, 0))
ACT(load_kernel, syscall(SYS_kexec_load, 0, 0, NULL, ~0UL))
ACT(handle_open, syscall(SYS_open_by_handle_at, -1, NULL, 0))
ACT(set_personality, syscall(SYS_personality, 0x0040000))
ACT(set_clock, syscall(SYS_clock_settime, -1, NULL))
ACT(terminal_input, ioctl(0, TIOCSTI, arg))
ACT(terminal_size, ioctl(-1, TIOCGWINSZ, arg))
ACT(read_count, ioctl(-1, FIONREAD, arg))
ACT(own_pipe, fcntl(0, F_SETOWN, 1))
ACT(code_mapping, mmap(NULL, 4096, PROT_READ | PROT_EXEC,
    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0)
ACT(code_protect, mprotect((void *)4096, 0, PROT_EXEC))
ACT(position_write, pwrite(-1, "", 1, 0))
ACT(future_call, syscall(SANDBOX_CALL_KNOWN + 50))
#ifdef __x86_64__
/* Known calls under numbers of another ABI. */
ACT(x32_open, syscall(0x40000000 | SYS_open, "/etc/passwd", O_RDONLY))
#endif

struct act {
	const char	*name;
	int		(*fn)(void *);
	unsigned int	 roles;
	int		 want;		/* WORKS, KILLED or an errno */
};

#define A(fn, roles, want)	{ #fn, fn, roles, want }

static const struct act acts[] = {
	A(open_passwd, CHILDREN, EACCES), A(open_passwd, CTL, WORKS),
	A(open_write, CHILDREN, EACCES), A(open_write, CTL, KILLED),
	A(open_create, CHILDREN, EACCES), A(open_create, CTL, KILLED),
	A(stat_passwd, ROLE_ENGINE | ROLE_DIALER, EACCES),
	A(stat_passwd, CTL | ROLE_ADDRBOOKD, WORKS),
	A(statx_root, CONFINED, ENOSYS), A(access_root, CONFINED, EACCES),
	A(read_link, CONFINED, EACCES), A(open_how, CONFINED, ENOSYS),
	A(make_dir, CONFINED, KILLED),
	A(remove_file, ROLE_ENGINE | ROLE_DIALER | CTL, KILLED),
	A(remove_file, ROLE_ADDRBOOKD, EACCES),
	A(rename_file, ROLE_ENGINE | ROLE_DIALER | CTL, KILLED),
	A(rename_file, ROLE_ADDRBOOKD, EACCES),
	A(make_link, CONFINED, KILLED), A(mode_file, CONFINED, KILLED),
	A(make_memfd, CONFINED, KILLED), A(change_dir, CONFINED, KILLED),
	A(change_root, CONFINED, KILLED), A(list_dir, CONFINED, KILLED),

	A(unix_socket, CONFINED, KILLED),
	A(inet_socket, CONFINED & ~ROLE_DIALER, KILLED),
	A(inet6_socket, CONFINED & ~ROLE_DIALER, KILLED),
	A(udp_socket, CONFINED & ~ROLE_DIALER, KILLED),
	A(inet_socket, ROLE_DIALER, WORKS), A(mptcp_socket, CONFINED, KILLED),
	A(udp_socket, ROLE_DIALER, WORKS),
	A(raw_socket, CONFINED, KILLED), A(packet_socket, CONFINED, KILLED),
	A(netlink_socket, CONFINED, KILLED), A(vsock_socket, CONFINED, KILLED),
	A(socket_pair, CONFINED, KILLED), A(bind_socket, CONFINED, KILLED),
	A(listen_socket, CONFINED, KILLED),
	A(connect_socket, CONFINED & ~ROLE_DIALER, KILLED),
	A(connect_socket, ROLE_DIALER, EBADF),
	A(accept_socket, CONFINED & ~ROLE_ENGINE, KILLED),
	A(accept_socket, ROLE_ENGINE, EBADF), A(old_accept, CONFINED, KILLED),
	A(send_to, CONFINED & ~ROLE_DIALER, KILLED),
	A(send_to, ROLE_DIALER, EBADF),
	A(attach_bpf, CONFINED, KILLED), A(bind_device, CONFINED, KILLED),

	A(exec_true, CONFINED, KILLED), A(exec_at, CONFINED, KILLED),
	A(fork_raw, CONFINED, KILLED), A(clone_new, ALL, ENOSYS),
	A(kill_parent, CONFINED, KILLED), A(kill_thread, CONFINED, KILLED),
	A(kill_group, CONFINED, KILLED), A(pidfd, CONFINED, KILLED),
	A(pidfd_steal, ALL, KILLED), A(trace_me, ALL, KILLED),
	A(read_other, ALL, KILLED), A(write_other, ALL, KILLED),
	A(set_user, CONFINED, KILLED), A(set_limit, CONFINED, KILLED),
	A(limit_other, CONFINED, KILLED), A(set_affinity, CONFINED, KILLED),
	A(dumpable, CONFINED, EPERM), A(seccomp_more, CONFINED, KILLED),

	A(mount_fs, ALL, KILLED), A(new_mount, ALL, KILLED),
	A(mount_tree, ALL, KILLED), A(unshare_user, ALL, KILLED),
	A(enter_ns, ALL, KILLED), A(clone_user, ALL, KILLED),
	A(load_module, ALL, KILLED), A(load_bpf, ALL, KILLED),
	A(uring, CONFINED, KILLED), A(uring, PARENT, ENOSYS),
	A(uring_enter, CONFINED, KILLED), A(uring_enter, PARENT, ENOSYS),
	A(key_session, CONFINED, KILLED), A(key_session, PARENT, EPERM),
	A(key_add, CONFINED, KILLED), A(key_add, PARENT, EPERM),
	A(perf, CONFINED, KILLED), A(perf, PARENT, EPERM),
	A(fault_fd, ALL, KILLED), A(load_kernel, ALL, KILLED),
	A(handle_open, ALL, KILLED), A(set_personality, CONFINED, KILLED),
	A(set_personality, PARENT, EPERM), A(set_clock, ALL, KILLED),
	A(terminal_input, CHILDREN, ENOTTY), A(terminal_input, CTL, KILLED),
	A(terminal_size, CHILDREN, ENOTTY), A(terminal_size, CTL, EBADF),
	A(read_count, CONFINED, EBADF), A(own_pipe, CONFINED, KILLED),
	A(code_mapping, CONFINED, KILLED), A(code_protect, CONFINED, KILLED),
	A(position_write, CONFINED & ~ROLE_ADDRBOOKD, KILLED),
	A(position_write, ROLE_ADDRBOOKD, EBADF),
	A(future_call, CONFINED, ENOSYS),
#ifdef __x86_64__
	A(x32_open, ALL, KILLED),
#endif
	/* The parent's own work. */
	A(open_passwd, PARENT, WORKS), A(unix_socket, PARENT, WORKS),
	A(inet_socket, PARENT, WORKS), A(socket_pair, PARENT, WORKS),
	A(exec_true, PARENT, WORKS), A(kill_parent, PARENT, WORKS),
};

static void
check_role(enum role role)
{
	const struct act *a;
	int		 tried = 0;

	for (a = acts; a < acts + sizeof(acts) / sizeof(acts[0]); a++) {
		if (!(a->roles & role))
			continue;
		act_check(role, NULL, NULL, a->name, a->fn, a->want);
		tried++;
	}
	ATF_CHECK(tried > 25);
}

#define ROLE_CASE(name, role)			\
ATF_TC_WITHOUT_HEAD(name);			\
ATF_TC_BODY(name, tc)				\
{						\
	check_role(role);			\
}

ROLE_CASE(engine_is_confined, ROLE_ENGINE)
ROLE_CASE(dialer_is_confined, ROLE_DIALER)
ROLE_CASE(addrbookd_is_confined, ROLE_ADDRBOOKD)
ROLE_CASE(pexctl_is_confined, ROLE_CTL)
ROLE_CASE(parent_is_confined, ROLE_PARENT)

static int
nothing(void *arg)
{
	(void)arg;
	return 0;
}

/* Raw landlock_create_ruleset(2): the version, or -1. */
static int
landlock_abi(void)
{
	return syscall(444, NULL, 0, 1);
}

static void
expected_level(char *text, size_t size, const char *filter, bool landlock)
{
	int	 abi = landlock ? landlock_abi() : -1;

	if (abi > 0)
		snprintf(text, size, "%s+landlock%d+nnp", filter, abi);
	else
		snprintf(text, size, "%s+nnp", filter);
}

ATF_TC_WITHOUT_HEAD(levels);
ATF_TC_BODY(levels, tc)
{
	static const struct sandbox_opts	log = { .log_only = true };
	struct confined	 c;
	char		 want[64];

	expected_level(want, sizeof(want), "seccomp", true);
	confined_start(&c, ROLE_ENGINE, NULL, NULL, nothing, NULL);
	confined_wait(&c);
	ATF_CHECK_STREQ(want, c.level);
	confined_start(&c, ROLE_PARENT, NULL, NULL, nothing, NULL);
	confined_wait(&c);
	ATF_CHECK_STREQ("seccomp-deny+nnp", c.level);
	confined_start(&c, ROLE_ADDRBOOKD, &log, NULL, nothing, NULL);
	confined_wait(&c);
	ATF_CHECK_STREQ("seccomp-log+nnp", c.level);
}

static int
cut_level(void *arg)
{
	static const struct sandbox_opts	again;
	char	 text[8];

	(void)arg;
	if (sandbox_enter(ROLE_PARENT, &again, text, 0) != -1 ||
	    errno != EINVAL)
		return confined_say("no room at all was taken");
	if (sandbox_enter(ROLE_PARENT, &again, text, sizeof(text)) == -1)
		return confined_say("not twice: %s", strerror(errno));
	if (strcmp(text, "seccomp") != 0)
		return confined_say("cut to \"%s\"", text);
	return 0;
}

ATF_TC_WITHOUT_HEAD(level_is_cut);
ATF_TC_BODY(level_is_cut, tc)
{
	confined_must(ROLE_PARENT, NULL, cut_level, NULL);
}

/* A parent's filter goes on in its children; theirs come on top. */
static int
child_in_parent(void *arg)
{
	static const struct sandbox_opts	opts;
	char	 level[64];

	(void)arg;
	if (sandbox_enter(ROLE_ENGINE, &opts, level, sizeof(level)) == -1)
		return confined_say("engine: %s", strerror(errno));
	if (open("/etc/passwd", O_RDONLY) != -1 || errno != EACCES)
		return confined_say("engine opens files");
	return 0;
}

ATF_TC_WITHOUT_HEAD(child_inside_parent);
ATF_TC_BODY(child_inside_parent, tc)
{
	confined_must(ROLE_PARENT, NULL, child_in_parent, NULL);
}

static int
log_only_acts(void *arg)
{
	struct rlimit	 rl;

	(void)arg;
	if (open("/etc/passwd", O_RDONLY) == -1)
		return confined_say("open: %s", strerror(errno));
	if (socket(AF_UNIX, SOCK_STREAM, 0) == -1)
		return confined_say("socket: %s", strerror(errno));
	if (mkdirat(AT_FDCWD, "/", 0700) != -1 || errno != EEXIST)
		return confined_say("mkdir: %s", strerror(errno));
	if (prctl(PR_GET_DUMPABLE) != 1 && geteuid() != 65534)
		return confined_say("not dumpable");
	if (getrlimit(RLIMIT_NOFILE, &rl) == -1 || rl.rlim_cur != 64)
		return confined_say("the limit of descriptors is not 64");
	return 0;
}

ATF_TC_WITHOUT_HEAD(log_only_denies_nothing);
ATF_TC_BODY(log_only_denies_nothing, tc)
{
	static const enum role	roles[] = { ROLE_PARENT, ROLE_ENGINE,
	    ROLE_DIALER, ROLE_ADDRBOOKD, ROLE_CTL };
	struct sandbox_opts	opts = { .log_only = true, .nofile = 64 };
	struct confined		c;
	size_t			i;

	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		confined_start(&c, roles[i], &opts, NULL, log_only_acts,
		    NULL);
		confined_wait(&c);
		ATF_CHECK_MSG(c.signal == 0 && c.code == 0,
		    "role %#x: signal %d, %s", roles[i], c.signal, c.text);
	}
}

static int
limits(void *arg)
{
	enum role	 role = *(enum role *)arg;
	struct rlimit	 rl;
	rlim_t		 want;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1 || rl.rlim_cur != 50 ||
	    rl.rlim_max != 50)
		return confined_say("descriptors");
	if (getrlimit(RLIMIT_CORE, &rl) == -1 || rl.rlim_max != 0)
		return confined_say("core");
	if (getrlimit(RLIMIT_NPROC, &rl) == -1 ||
	    (rl.rlim_max == 0) != (role != ROLE_PARENT))
		return confined_say("processes");
	want = role == ROLE_ENGINE || role == ROLE_DIALER;
	if (getrlimit(RLIMIT_FSIZE, &rl) == -1 || (rl.rlim_max == 0) != want)
		return confined_say("file size");
	return 0;
}

/* Last words to a file fail; they do not kill. */
static int
write_to_file(void *arg)
{
	if (write(*(int *)arg, "x", 1) != -1 || errno != EFBIG)
		return confined_say("a file was written");
	return 0;
}

ATF_TC_WITHOUT_HEAD(resource_limits);
ATF_TC_BODY(resource_limits, tc)
{
	static enum role	 roles[] = { ROLE_PARENT, ROLE_ENGINE,
	    ROLE_DIALER, ROLE_ADDRBOOKD, ROLE_CTL };
	struct sandbox_opts	 opts = { .nofile = 50 };
	struct confined		 c;
	size_t			 i;
	int			 fd;

	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		confined_start(&c, roles[i], &opts, NULL, limits, &roles[i]);
		confined_wait(&c);
		ATF_CHECK_MSG(c.signal == 0 && c.code == 0,
		    "role %#x: signal %d, %s", roles[i], c.signal, c.text);
	}
	ATF_REQUIRE((fd = open("file", O_WRONLY | O_CREAT, 0600)) != -1);
	confined_must(ROLE_ENGINE, NULL, write_to_file, &fd);
	close(fd);
}

/* Landlock alone: the filter would hide whether it is there. */
struct landlock_case {
	int	 file;
	int	 port;
	int	 result;
};

static int
tcp_connect(int port)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	int			 rv, s;

	sin.sin_port = port;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((s = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		return errno;
	rv = act_errno(connect(s, (struct sockaddr *)&sin, sizeof(sin)));
	close(s);
	return rv;
}

static int
tcp_bind(void)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	int			 rv, s;

	if ((s = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		return errno;
	rv = act_errno(bind(s, (struct sockaddr *)&sin, sizeof(sin)));
	close(s);
	return rv;
}

static int
landlocked(enum role role, const struct landlock_case *k)
{
	static const struct sandbox_opts	opts;
	int	 abi = 0, want;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    sandbox_landlock(role, &opts, &abi) == -1)
		return 1;
	if (abi == 0)
		return landlock_abi() > 0 ? 2 : 0;
	want = role == ROLE_CTL ? 0 : EACCES;
	if (act_errno(open("/etc/passwd", O_RDONLY)) != want)
		return 3;
	if (open("file", O_WRONLY) != -1 || errno != EACCES)
		return 4;
	if (mkdir("made", 0700) != -1 || errno != EACCES)
		return 5;
	if (write(k->file, "x", 1) != 1 || ftruncate(k->file, 0) == -1)
		return 6;
	if (abi >= 4) {
		want = role == ROLE_DIALER ? 0 : EACCES;
		if (tcp_connect(k->port) != want)
			return 7;
		if (tcp_bind() != EACCES)
			return 8;
	}
	if (abi >= 6 && (kill(getppid(), 0) != -1 || errno != EPERM))
		return 9;
	return 0;
}

ATF_TC_WITHOUT_HEAD(landlock_alone);
ATF_TC_BODY(landlock_alone, tc)
{
	static const enum role	 roles[] = { ROLE_ENGINE, ROLE_DIALER,
	    ROLE_ADDRBOOKD, ROLE_CTL };
	struct landlock_case	 k;
	struct sockaddr_in	 sin = { .sin_family = AF_INET };
	socklen_t		 len = sizeof(sin);
	size_t			 i;
	int			 s, status;
	pid_t			 pid;

	ATF_REQUIRE((k.file = open("file", O_RDWR | O_CREAT, 0600)) != -1);
	ATF_REQUIRE((s = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ATF_REQUIRE_EQ(0, bind(s, (struct sockaddr *)&sin, sizeof(sin)));
	ATF_REQUIRE_EQ(0, listen(s, 8));
	ATF_REQUIRE_EQ(0, getsockname(s, (struct sockaddr *)&sin, &len));
	k.port = sin.sin_port;
	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		ATF_REQUIRE((pid = fork()) != -1);
		if (pid == 0)
			_exit(landlocked(roles[i], &k));
		ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
		ATF_CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		    "role %#x: step %d", roles[i], WEXITSTATUS(status));
	}
	close(s);
	close(k.file);
}

/* Two entries for one call that say different things would be a bug. */
ATF_TC_WITHOUT_HEAD(rules_are_whole);
ATF_TC_BODY(rules_are_whole, tc)
{
	const struct sandbox_rule	*r, *o;
	int				 nr, n = 0;

	for (r = sandbox_child_rules; r->name != NULL; r++, n++) {
		ATF_CHECK_MSG(r->why != NULL && r->why[0] != '\0', "%s",
		    r->name);
		ATF_CHECK_MSG((r->roles & ~(SANDBOX_CHILDREN |
		    SANDBOX_EARLY)) == 0, "%s",
		    r->name);
		nr = seccomp_syscall_resolve_name(r->name);
		ATF_CHECK_MSG(nr != __NR_SCMP_ERROR, "%s: no such call",
		    r->name);
		ATF_CHECK_MSG(nr <= SANDBOX_CALL_KNOWN, "%s is newer",
		    r->name);
		for (o = sandbox_child_rules; o < r; o++)
			ATF_CHECK_MSG(strcmp(o->name, r->name) != 0 ||
			    (o->roles & r->roles) == 0 ||
			    (o->args[0].op != 0 && r->args[0].op != 0),
			    "%s: one entry hides another", r->name);
	}
	ATF_CHECK(n > 80);
	for (r = sandbox_parent_rules; r->name != NULL; r++)
		ATF_CHECK_MSG(r->roles == ROLE_PARENT &&
		    r->action != SCMP_ACT_ALLOW &&
		    seccomp_syscall_resolve_name(r->name) != __NR_SCMP_ERROR,
		    "%s", r->name);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, engine_is_confined);
	ATF_TP_ADD_TC(tp, dialer_is_confined);
	ATF_TP_ADD_TC(tp, addrbookd_is_confined);
	ATF_TP_ADD_TC(tp, pexctl_is_confined);
	ATF_TP_ADD_TC(tp, parent_is_confined);
	ATF_TP_ADD_TC(tp, levels);
	ATF_TP_ADD_TC(tp, level_is_cut);
	ATF_TP_ADD_TC(tp, child_inside_parent);
	ATF_TP_ADD_TC(tp, log_only_denies_nothing);
	ATF_TP_ADD_TC(tp, resource_limits);
	ATF_TP_ADD_TC(tp, landlock_alone);
	ATF_TP_ADD_TC(tp, rules_are_whole);
	return atf_no_error();
}

#else /* !SANDBOX_LINUX */

static int
opens(void *arg)
{
	(void)arg;
	return open("/etc/passwd", O_RDONLY) == -1 ? 1 : 0;
}

/* On other systems: the level says whether there is one. */
ATF_TC_WITHOUT_HEAD(level_is_told);
ATF_TC_BODY(level_is_told, tc)
{
	struct confined	 c;

	confined_start(&c, ROLE_ENGINE, NULL, NULL, opens, NULL);
	confined_wait(&c);
	ATF_CHECK(c.level[0] != '\0' || c.signal != 0);
	if (strcmp(c.level, "none") == 0)
		ATF_CHECK_EQ(0, c.code);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, level_is_told);
	return atf_no_error();
}

#endif
