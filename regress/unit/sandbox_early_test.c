/* SPDX-License-Identifier: ISC */
/*
 * What pexctl can and cannot do as it begins, and that it can give up the
 * rest later.
 */
#include <sys/types.h>
#include <sys/mman.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/ptrace.h>
#endif
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>

#include "common/sandbox_impl.h"
#include "regress/lib/confined_act.h"

static const struct sandbox_opts	early = { .early = true };

#ifdef SANDBOX_LINUX
#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))
ACT(read_file, open("/etc/passwd", O_RDONLY))
ACT(make_file, open("made", O_RDWR | O_CREAT, 0600))
ACT(name_file, rename("there", "renamed"))
ACT(link_file, link("there", "linked"))
ACT(remove_file, unlink("there"))
ACT(ask_file, access("there", F_OK))
ACT(unix_socket, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
ACT(connect_any, connect(-1, arg, sizeof(struct sockaddr_in)))

ACT(inet_socket, socket(AF_INET, SOCK_STREAM, 0))
ACT(udp_socket, socket(AF_INET6, SOCK_DGRAM, 0))
ACT(packet_socket, socket(AF_PACKET, SOCK_RAW, 0))
ACT(netlink_socket, socket(AF_NETLINK, SOCK_RAW, 0))
ACT(listen_any, listen(-1, 1))
ACT(bind_any, bind(-1, arg, sizeof(struct sockaddr_in)))
ACT(start_program, execve("/bin/true", (char *[]){ NULL },
    (char *[]){ NULL }))
ACT(trace, ptrace(PTRACE_TRACEME, 0, NULL, NULL))
ACT(read_parent, syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0,
    0))
ACT(new_thread, syscall(SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND,
    NULL, NULL, NULL, NULL))
ACT(new_namespace, syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL,
    NULL, NULL))
ACT(unshare_user, unshare(CLONE_NEWUSER))
ACT(code, mmap(NULL, 4096, PROT_READ | PROT_EXEC,
    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0)
ACT(own_user, setuid(getuid()))
ACT(mode, chmod("there", 0777))
ACT(folder, mkdir("folder", 0700))
ACT(symbolic, symlink("there", "symbolic"))
ACT(special, mkfifo("special", 0600))
ACT(traceable, prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
ACT(other_limit, syscall(SYS_prlimit64, getppid(), RLIMIT_CORE, NULL, NULL))

/* Its work: a process of its own, which ends, and a word to it. */
static int
fork_and_wait(void *arg)
{
	int	 status;
	pid_t	 pid;

	(void)arg;
	if ((pid = fork()) == -1)
		return errno;
	if (pid == 0) {
		pause();
		_exit(1);
	}
	if (kill(pid, SIGTERM) == -1 || waitpid(pid, &status, 0) != pid)
		return errno;
	return WIFSIGNALED(status) ? 0 : EINVAL;
}

static const struct {
	const char	*name;
	int		(*fn)(void *);
	int		 want;
} acts[] = {
#define A(fn, want)	{ #fn, fn, want }
	A(read_file, WORKS), A(make_file, WORKS), A(name_file, WORKS),
	A(link_file, WORKS), A(remove_file, WORKS), A(ask_file, WORKS),
	A(unix_socket, WORKS), A(connect_any, EBADF),
	A(fork_and_wait, WORKS),

	A(inet_socket, KILLED), A(udp_socket, KILLED),
	A(packet_socket, KILLED), A(netlink_socket, KILLED),
	A(listen_any, KILLED), A(bind_any, KILLED), A(start_program, KILLED),
	A(trace, KILLED), A(read_parent, KILLED), A(new_thread, KILLED),
	A(new_namespace, KILLED), A(unshare_user, KILLED), A(code, KILLED),
	A(own_user, KILLED), A(mode, KILLED), A(folder, KILLED),
	A(symbolic, KILLED), A(special, KILLED), A(traceable, KILLED),
	A(other_limit, KILLED),
};

/* Where whoever it becomes may make files. */
static void
prepare(void *arg)
{
	int	 fd;

	(void)arg;
	if (mkdir("room", 0700) == -1 && errno != EEXIST)
		return;
	(void)!chmod("room", 0777);
	(void)!chdir("room");
	(void)unlink("linked");
	(void)unlink("made");
	if ((fd = open("there", O_RDWR | O_CREAT, 0666)) != -1) {
		(void)!fchmod(fd, 0666);
		(void)!fchown(fd, 65534, 65534);
		close(fd);
	}
}

ATF_TC_WITHOUT_HEAD(begins);
ATF_TC_BODY(begins, tc)
{
	size_t		 i;

	for (i = 0; i < NITEMS(acts); i++)
		act_check(ROLE_CTL, &early, prepare, acts[i].name, acts[i].fn,
		    acts[i].want);
}

/* A file may not wander to another folder, whatever calls are allowed. */
static int
move_away(void *arg)
{
	(void)arg;
	return rename("there", "elsewhere/there") == -1 ? errno : 0;
}

static void
prepare_two(void *arg)
{
	prepare(arg);
	(void)mkdir("elsewhere", 0700);
	(void)!chmod("elsewhere", 0777);
}

ATF_TC_WITHOUT_HEAD(one_folder);
ATF_TC_BODY(one_folder, tc)
{
	struct confined	 c;

	confined_start(&c, ROLE_CTL, &early, prepare_two, move_away, NULL);
	confined_wait(&c);
	if (strstr(c.level, "landlock") == NULL)
		atf_tc_skip("no Landlock here: %s", c.level);
	ATF_CHECK_EQ_MSG(EXDEV, c.code, "%s", strerror(c.code));
}

/* All of the sandbox on top of it. */
static int
give_up_more(void *arg)
{
	static const struct sandbox_opts	 all;
	char					 level[64];

	(void)arg;
	if (sandbox_enter(ROLE_CTL, &all, level, sizeof(level)) == -1)
		return confined_say("not later: %s", strerror(errno));
	if (open("/etc/passwd", O_RDONLY) == -1)
		return confined_say("reading: %s", strerror(errno));
	(void)!open("made", O_RDWR | O_CREAT, 0600);
	return confined_say("a file was made");
}

ATF_TC_WITHOUT_HEAD(then_the_rest);
ATF_TC_BODY(then_the_rest, tc)
{
	struct confined	 c;

	confined_start(&c, ROLE_CTL, &early, prepare, give_up_more, NULL);
	confined_wait(&c);
	ATF_CHECK_MSG(c.signal == SIGSYS, "%s", c.text);
}

#endif /* SANDBOX_LINUX */

static int
early_engine(void *arg)
{
	char	 level[64];

	(void)arg;
	if (sandbox_enter(ROLE_ENGINE, &early, level, sizeof(level)) == 0)
		return confined_say("it is for pexctl alone");
	return errno == EINVAL ? 0 : confined_say("%s", strerror(errno));
}

ATF_TC_WITHOUT_HEAD(pexctl_alone);
ATF_TC_BODY(pexctl_alone, tc)
{
	confined_must(ROLE_PARENT, NULL, early_engine, NULL);
}

ATF_TP_ADD_TCS(tp)
{
#ifdef SANDBOX_LINUX
	ATF_TP_ADD_TC(tp, begins);
	ATF_TP_ADD_TC(tp, one_folder);
	ATF_TP_ADD_TC(tp, then_the_rest);
#endif
	ATF_TP_ADD_TC(tp, pexctl_alone);
	return atf_no_error();
}
