/* SPDX-License-Identifier: ISC */
/*
 * Which calls each role makes, and why.
 *
 * A child: what is not here kills it (SIGSYS), since no code of ours does
 * it.  Calls that a library makes in passing, and can do without, get an
 * errno instead.  The parent: everything but what is here.
 *
 * Names cover the 64-bit Linux systems; one that a system does not have
 * makes no rule there.
 */
#include "common/sandbox_impl.h"

#ifdef SANDBOX_LINUX

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>

#include "common/tcp_rto.h"

#define ALL	(SANDBOX_CHILDREN | SANDBOX_EARLY)
#define WORKING	SANDBOX_CHILDREN
#define ENGINE	ROLE_ENGINE
#define DIALER	ROLE_DIALER
#define NET	(ROLE_ENGINE | ROLE_DIALER)
#define BOOK	ROLE_ADDRBOOKD
#define CTL	ROLE_CTL
#define EARLY	SANDBOX_EARLY		/* pexctl, as it begins */

#define ALLOW	SCMP_ACT_ALLOW
#define KILL	SCMP_ACT_KILL_PROCESS
#define NO(e)	SCMP_ACT_ERRNO(e)

/* Conditions on the n-th argument. */
#define ANY		{ { 0, 0, 0, 0 } }
#define IS(n, v)	{ n, SCMP_CMP_EQ, v, 0 }
#define NOT(n, v)	{ n, SCMP_CMP_NE, v, 0 }
#define NONE_OF(n, m)	{ n, SCMP_CMP_MASKED_EQ, m, 0 }
#define BITS(n, m, v)	{ n, SCMP_CMP_MASKED_EQ, m, v }

#define NAMESPACES	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | \
	CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define NO_NAMESPACE(flag) { "clone", ROLE_PARENT, KILL, \
	{ BITS(0, flag, flag) }, "namespaces" }

#define SOCK_KIND	0xf	/* without SOCK_NONBLOCK and SOCK_CLOEXEC */

const struct sandbox_rule sandbox_child_rules[] = {
	/* Memory. */
	{ "brk", ALL, ALLOW, ANY, "malloc" },
	{ "mmap", ALL, ALLOW, { NONE_OF(2, PROT_EXEC) },
	    "malloc; never code" },
	{ "mprotect", ALL, ALLOW, { NONE_OF(2, PROT_EXEC) },
	    "malloc's arenas; never code" },
	{ "munmap", ALL, ALLOW, ANY, "free" },
	{ "mremap", ALL, ALLOW, ANY, "realloc" },
	{ "madvise", ALL, ALLOW, ANY, "free; a thread's stack at its end" },
	{ "sysinfo", ALL, ALLOW, ANY, "qsort asks how much memory there is" },

	/* Threads that run already. */
	{ "futex", ALL, ALLOW, ANY, "locks, also inside libraries" },
	{ "sched_yield", ALL, ALLOW, ANY, "locks" },
	{ "sched_getaffinity", ALL, ALLOW, ANY, "malloc's number of arenas" },
	{ "rseq", BOOK, ALLOW, ANY, "writer thread not quite started" },
	{ "set_robust_list", BOOK, ALLOW, ANY,
	    "writer thread not quite started" },

	/* Time, randomness. */
	{ "clock_gettime", ALL, ALLOW, ANY, "where the vDSO has no clock" },
	{ "clock_getres", ALL, ALLOW, ANY, "libevent's choice of clock" },
	{ "gettimeofday", ALL, ALLOW, ANY, "where the vDSO has no clock" },
	{ "time", ALL, ALLOW, ANY, "where the vDSO has no clock" },
	{ "nanosleep", ALL, ALLOW, ANY, "SQLite's busy handler, pexctl" },
	{ "clock_nanosleep", ALL, ALLOW, ANY, "the same" },
	{ "getrandom", ALL, ALLOW, ANY, "arc4random, OpenSSL's reseeding" },

	/* The process itself. */
	{ "exit", ALL, ALLOW, ANY, "a thread's end" },
	{ "exit_group", ALL, ALLOW, ANY, "the end" },
	{ "getpid", ALL, ALLOW, ANY, "fork checks of OpenSSL, arc4random" },
	{ "gettid", ALL, ALLOW, ANY, "abort" },
	{ "getppid", ALL, ALLOW, ANY, "harmless" },
	{ "getuid", ALL, ALLOW, ANY, "issetugid of libraries" },
	{ "geteuid", ALL, ALLOW, ANY, "issetugid of libraries, SQLite" },
	{ "getgid", ALL, ALLOW, ANY, "issetugid of libraries" },
	{ "getegid", ALL, ALLOW, ANY, "issetugid of libraries" },
	{ "getrusage", ALL, ALLOW, ANY, "what it cost, for show" },
	{ "getrlimit", ALL, ALLOW, ANY, "how many descriptors there may be" },
	{ "prlimit64", WORKING, ALLOW, { IS(0, 0), IS(2, 0) },
	    "the same: ask, not set" },
	{ "tgkill", WORKING, ALLOW, { IS(0, SANDBOX_SELF) }, "abort" },
	{ "rt_sigaction", ALL, ALLOW, ANY, "libevent's signals, abort" },
	{ "rt_sigprocmask", ALL, ALLOW, ANY, "abort, threads" },
	{ "rt_sigreturn", ALL, ALLOW, ANY, "the end of a handler" },
	{ "sigaltstack", ALL, ALLOW, ANY, "harmless" },
	{ "restart_syscall", ALL, ALLOW, ANY, "a call after SIGSTOP" },
	{ "prctl", WORKING, NO(EPERM), ANY, "names of threads and of memory" },

	/* The event loop. */
	{ "epoll_create1", ALL, ALLOW, ANY, "a loop made late" },
	{ "epoll_ctl", ALL, ALLOW, ANY, "the loop" },
	{ "epoll_wait", ALL, ALLOW, ANY, "the loop" },
	{ "epoll_pwait", ALL, ALLOW, ANY, "the loop" },
	{ "epoll_pwait2", ALL, ALLOW, ANY, "the loop of a newer libevent" },
	{ "poll", ALL, ALLOW, ANY, "imsgbuf_flush, pexctl" },
	{ "ppoll", ALL, ALLOW, ANY, "the same where there is no poll" },

	/* Descriptors. */
	{ "read", ALL, ALLOW, ANY, "I/O" },
	{ "readv", ALL, ALLOW, ANY, "I/O" },
	{ "write", ALL, ALLOW, ANY, "I/O" },
	{ "writev", ALL, ALLOW, ANY, "I/O" },
	{ "close", ALL, ALLOW, ANY, "I/O" },
	{ "lseek", ALL, ALLOW, ANY, "stdio at exit; SQLite" },
	{ "fstat", ALL, ALLOW, ANY, "stdio; SQLite" },
	{ "fcntl", ALL, ALLOW, { IS(1, F_GETFD) }, "pipes" },
	{ "fcntl", ALL, ALLOW, { IS(1, F_SETFD) }, "close-on-exec" },
	{ "fcntl", ALL, ALLOW, { IS(1, F_GETFL) }, "pipes" },
	{ "fcntl", ALL, ALLOW, { IS(1, F_SETFL) }, "non-blocking" },
	{ "fcntl", ALL, ALLOW, { IS(1, F_DUPFD_CLOEXEC) }, "reserves" },
	{ "ioctl", ROLE_CHILDREN, ALLOW, { IS(1, FIONREAD) },
	    "evbuffer asks how much there is" },
	{ "ioctl", ROLE_CHILDREN, NO(ENOTTY), { NOT(1, FIONREAD) },
	    "stdio asks for a terminal" },

	/* Pipes: messages and descriptors; sockets that came that way. */
	{ "recvmsg", ALL, ALLOW, ANY, "imsg" },
	{ "sendmsg", ALL, ALLOW, { NONE_OF(2, MSG_FASTOPEN) },
	    "imsg; Fast Open would be a connect past Landlock" },
	{ "getsockopt", ALL, ALLOW, ANY, "SO_ERROR, buffer sizes" },
	{ "setsockopt", ALL, ALLOW, { IS(1, SOL_SOCKET), IS(2, SO_SNDBUF) },
	    "pipes, peers" },
	{ "setsockopt", ALL, ALLOW, { IS(1, SOL_SOCKET), IS(2, SO_RCVBUF) },
	    "pipes, peers" },
	{ "getsockname", NET, ALLOW, ANY, "which of our addresses it is" },
	{ "getpeername", NET, ALLOW, ANY, "whose address it is" },
	{ "shutdown", NET, ALLOW, { IS(1, SHUT_WR) },
	    "polite close; a listener shut down may connect" },
	{ "recvfrom", NET, ALLOW, ANY, "recv; answers of name servers" },
	{ "setsockopt", NET, ALLOW, { IS(1, SOL_SOCKET), IS(2, SO_LINGER) },
	    "close by reset" },
	{ "setsockopt", NET, ALLOW,
	    { IS(1, SOL_SOCKET), IS(2, SO_KEEPALIVE) }, "dead peers" },
	{ "setsockopt", NET, ALLOW, { IS(1, IPPROTO_TCP), IS(2, TCP_NODELAY) },
	    "small messages at once" },
	{ "setsockopt", ENGINE, ALLOW,
	    { IS(1, IPPROTO_TCP), IS(2, TCP_THIN_LINEAR_TIMEOUTS) },
	    "losses on a bad line" },
	{ "setsockopt", ENGINE, ALLOW,
	    { IS(1, IPPROTO_TCP), IS(2, TCP_RTO_MAX_MS) },
	    "losses on a bad line" },

	/* engine: takes peers, makes no socket. */
	{ "accept4", ENGINE, ALLOW, ANY, "inbound peers" },
	{ "sendto", ENGINE, ALLOW, { IS(4, 0), NONE_OF(3, MSG_FASTOPEN) },
	    "send, without an address" },

	/*
	 * dialer: makes sockets of two families, listens on none.  TCP and
	 * UDP only: MPTCP, SMC and the like would be other code.
	 */
	{ "socket", DIALER, ALLOW,
	    { IS(0, AF_INET), BITS(1, SOCK_KIND, SOCK_STREAM),
	      IS(2, 0) }, "dials" },
	{ "socket", DIALER, ALLOW,
	    { IS(0, AF_INET6), BITS(1, SOCK_KIND, SOCK_STREAM),
	      IS(2, 0) }, "dials" },
	{ "socket", DIALER, ALLOW,
	    { IS(0, AF_INET), BITS(1, SOCK_KIND, SOCK_DGRAM),
	      IS(2, 0) },
	    "name servers" },
	{ "socket", DIALER, ALLOW,
	    { IS(0, AF_INET6), BITS(1, SOCK_KIND, SOCK_DGRAM),
	      IS(2, 0) },
	    "name servers" },
	{ "connect", DIALER, ALLOW, ANY, "dials, name servers" },
	{ "sendto", DIALER, ALLOW, { NONE_OF(3, MSG_FASTOPEN) },
	    "questions to name servers" },

	/* addrbookd: SQLite on the files it has open. */
	{ "pread64", BOOK, ALLOW, ANY, "the store" },
	{ "pwrite64", BOOK, ALLOW, ANY, "the store" },
	{ "fsync", BOOK, ALLOW, ANY, "the store" },
	{ "fdatasync", BOOK, ALLOW, ANY, "the store" },
	{ "ftruncate", BOOK, ALLOW, ANY, "the log's length" },
	{ "fcntl", BOOK, ALLOW, { IS(1, F_GETLK) }, "SQLite's locks" },
	{ "fcntl", BOOK, ALLOW, { IS(1, F_SETLK) }, "SQLite's locks" },
	{ "fcntl", BOOK, ALLOW, { IS(1, F_SETLKW) }, "SQLite's locks" },
	{ "stat", BOOK, ALLOW, ANY, "SQLite asks if its file was moved" },
	{ "newfstatat", BOOK, ALLOW, ANY, "the same" },
	{ "unlink", BOOK, NO(EACCES), ANY, "SQLite removes an empty log" },
	{ "unlinkat", BOOK, NO(EACCES), ANY, "the same" },
	{ "rename", BOOK, NO(EACCES), ANY, "setting a store aside" },
	{ "renameat", BOOK, NO(EACCES), ANY, "the same" },
	{ "renameat2", BOOK, NO(EACCES), ANY, "the same" },
	{ "fchmod", BOOK, NO(EACCES), ANY, "SQLite's new files" },
	{ "fchown", BOOK, NO(EACCES), ANY, "SQLite's new files" },

	/* pexctl: reads files, writes what is open, talks to a terminal. */
	{ "open", CTL, ALLOW,
	    { NONE_OF(1, O_ACCMODE | O_CREAT | O_TRUNC) }, "time zones" },
	{ "openat", CTL, ALLOW,
	    { NONE_OF(2, O_ACCMODE | O_CREAT | O_TRUNC) }, "time zones" },
	{ "stat", CTL | EARLY, ALLOW, ANY, "time zones" },
	{ "newfstatat", CTL | EARLY, ALLOW, ANY, "time zones, stdio" },
	{ "ioctl", CTL | EARLY, ALLOW, { IS(1, TIOCGWINSZ) },
	    "width of a table" },
	{ "ioctl", CTL | EARLY, ALLOW, { IS(1, TCGETS) }, "stdio" },
	{ "ioctl", CTL | EARLY, ALLOW, { IS(1, FIONREAD) }, "libevent" },
	{ "fsync", CTL | EARLY, ALLOW, ANY,
	    "an export is on disk or has failed" },

	/* pexctl as it begins: reaches the daemon, makes and names files. */
	{ "socket", EARLY, ALLOW, { IS(0, AF_UNIX) }, "control socket" },
	{ "connect", EARLY, ALLOW, ANY, "control socket" },
	{ "pipe2", EARLY, ALLOW, ANY, "libevent's own, of signals" },
	{ "open", EARLY, ALLOW, ANY, "files made" },
	{ "openat", EARLY, ALLOW, ANY, "files made" },
	{ "access", EARLY, ALLOW, ANY, "whether one is there" },
	{ "faccessat", EARLY, ALLOW, ANY, "the same" },
	{ "faccessat2", EARLY, ALLOW, ANY, "the same" },
	{ "link", EARLY, ALLOW, ANY, "a file gets its name" },
	{ "linkat", EARLY, ALLOW, ANY, "the same" },
	{ "rename", EARLY, ALLOW, ANY, "the same" },
	{ "renameat", EARLY, ALLOW, ANY, "the same" },
	{ "renameat2", EARLY, ALLOW, ANY, "the same" },
	{ "unlink", EARLY, ALLOW, ANY, "the temporary name" },
	{ "unlinkat", EARLY, ALLOW, ANY, "the same" },
	{ "fork", EARLY, ALLOW, ANY, "who writes is another process" },
	{ "clone", EARLY, ALLOW, { BITS(0, CLONE_VM | NAMESPACES, 0) },
	    "the same: no thread, no namespace" },
	{ "set_robust_list", EARLY, ALLOW, ANY, "after fork" },
	{ "wait4", EARLY, ALLOW, ANY, "how that process ended" },
	{ "kill", EARLY, ALLOW, ANY, "^C is passed on to it" },
	{ "tgkill", EARLY, ALLOW, ANY, "abort, in either process" },
	{ "prctl", EARLY, ALLOW, { IS(0, PR_SET_NO_NEW_PRIVS) },
	    "the whole sandbox" },
	{ "prctl", EARLY, ALLOW, { IS(0, PR_SET_DUMPABLE), IS(1, 0) },
	    "the same" },
	{ "prctl", EARLY, ALLOW, { IS(0, PR_GET_SECCOMP) }, "the same" },
	{ "seccomp", EARLY, ALLOW, ANY, "the same" },
	{ "landlock_create_ruleset", EARLY, ALLOW, ANY, "the same" },
	{ "landlock_restrict_self", EARLY, ALLOW, ANY, "the same" },
	{ "setrlimit", EARLY, ALLOW, ANY, "the same" },
	{ "prlimit64", EARLY, ALLOW, { IS(0, 0) }, "the same" },

	/* Asked in passing, with an answer for no. */
	{ "open", ROLE_CHILDREN, NO(EACCES), ANY,
	    "time zones, configurations" },
	{ "openat", ROLE_CHILDREN, NO(EACCES), ANY, "the same" },
	{ "openat2", ALL, NO(ENOSYS), ANY, "a newer libc" },
	{ "stat", NET, NO(EACCES), ANY, "time zones" },
	{ "newfstatat", NET, NO(EACCES), ANY, "time zones, stdio" },
	{ "lstat", ALL, NO(EACCES), ANY, "realpath" },
	{ "statx", ALL, NO(ENOSYS), ANY, "a newer libc" },
	{ "access", WORKING, NO(EACCES), ANY, "libraries, SQLite" },
	{ "faccessat", WORKING, NO(EACCES), ANY, "the same" },
	{ "faccessat2", WORKING, NO(EACCES), ANY, "the same" },
	{ "readlink", ALL, NO(EACCES), ANY, "realpath" },
	{ "readlinkat", ALL, NO(EACCES), ANY, "the same" },
	{ "getcwd", ALL, NO(EACCES), ANY, "realpath" },
	{ "clone3", ALL, NO(ENOSYS), ANY,
	    "flags no filter can see; clone kills" },
	{ NULL, 0, 0, ANY, NULL }
};

/*
 * The parent starts processes whose filters come on top of this, so only
 * what none of them ever does is here.
 */
const struct sandbox_rule sandbox_parent_rules[] = {
	/* Other processes. */
	{ "ptrace", ROLE_PARENT, KILL, ANY, "other processes' memory" },
	{ "process_vm_readv", ROLE_PARENT, KILL, ANY, "the same" },
	{ "process_vm_writev", ROLE_PARENT, KILL, ANY, "the same" },
	{ "process_madvise", ROLE_PARENT, KILL, ANY, "the same" },
	{ "pidfd_getfd", ROLE_PARENT, KILL, ANY, "their descriptors" },
	{ "kcmp", ROLE_PARENT, KILL, ANY, "their descriptors" },
	{ "migrate_pages", ROLE_PARENT, KILL, ANY, "their memory" },
	{ "move_pages", ROLE_PARENT, KILL, ANY, "their memory" },

	/* The kernel itself. */
	{ "init_module", ROLE_PARENT, KILL, ANY, "modules" },
	{ "finit_module", ROLE_PARENT, KILL, ANY, "modules" },
	{ "delete_module", ROLE_PARENT, KILL, ANY, "modules" },
	{ "kexec_load", ROLE_PARENT, KILL, ANY, "another kernel" },
	{ "kexec_file_load", ROLE_PARENT, KILL, ANY, "another kernel" },
	{ "reboot", ROLE_PARENT, KILL, ANY, "the machine" },
	{ "iopl", ROLE_PARENT, KILL, ANY, "hardware" },
	{ "ioperm", ROLE_PARENT, KILL, ANY, "hardware" },
	{ "swapon", ROLE_PARENT, KILL, ANY, "the machine" },
	{ "swapoff", ROLE_PARENT, KILL, ANY, "the machine" },
	{ "acct", ROLE_PARENT, KILL, ANY, "the machine" },
	{ "quotactl", ROLE_PARENT, KILL, ANY, "the machine" },
	{ "quotactl_fd", ROLE_PARENT, KILL, ANY, "the machine" },
	{ "settimeofday", ROLE_PARENT, KILL, ANY, "the clock" },
	{ "clock_settime", ROLE_PARENT, KILL, ANY, "the clock" },
	{ "sethostname", ROLE_PARENT, KILL, ANY, "the machine's name" },
	{ "setdomainname", ROLE_PARENT, KILL, ANY, "the machine's name" },
	{ "open_by_handle_at", ROLE_PARENT, KILL, ANY,
	    "files past every directory's rights" },
	{ "lookup_dcookie", ROLE_PARENT, KILL, ANY, "profiling" },

	/* Mounts. */
	{ "mount", ROLE_PARENT, KILL, ANY, "mounts" },
	{ "umount2", ROLE_PARENT, KILL, ANY, "mounts" },
	{ "pivot_root", ROLE_PARENT, KILL, ANY, "mounts" },
	{ "open_tree", ROLE_PARENT, KILL, ANY, "mounts" },
	{ "move_mount", ROLE_PARENT, KILL, ANY, "mounts" },
	{ "fsopen", ROLE_PARENT, KILL, ANY, "mounts" },
	{ "fsconfig", ROLE_PARENT, KILL, ANY, "mounts" },
	{ "fsmount", ROLE_PARENT, KILL, ANY, "mounts" },
	{ "fspick", ROLE_PARENT, KILL, ANY, "mounts" },
	{ "mount_setattr", ROLE_PARENT, KILL, ANY, "mounts" },

	/* Namespaces: a new user namespace opens much of the kernel. */
	{ "unshare", ROLE_PARENT, KILL, ANY, "namespaces" },
	{ "setns", ROLE_PARENT, KILL, ANY, "namespaces" },
	NO_NAMESPACE(CLONE_NEWNS),
	NO_NAMESPACE(CLONE_NEWCGROUP),
	NO_NAMESPACE(CLONE_NEWUTS),
	NO_NAMESPACE(CLONE_NEWIPC),
	NO_NAMESPACE(CLONE_NEWUSER),
	NO_NAMESPACE(CLONE_NEWPID),
	NO_NAMESPACE(CLONE_NEWNET),
	{ "clone3", ROLE_PARENT, NO(ENOSYS), ANY,
	    "flags no filter can see; libc falls back to clone" },

	/* Large and often broken, and of no use here. */
	{ "bpf", ROLE_PARENT, KILL, ANY, "programs in the kernel" },
	{ "userfaultfd", ROLE_PARENT, KILL, ANY, "a tool of exploits" },
	{ "vmsplice", ROLE_PARENT, KILL, ANY, "a tool of exploits" },
	{ "modify_ldt", ROLE_PARENT, KILL, ANY, "a tool of exploits" },
	{ "perf_event_open", ROLE_PARENT, NO(EPERM), ANY, "profiling" },
	{ "io_uring_setup", ROLE_PARENT, NO(ENOSYS), ANY,
	    "calls past the filter; libraries do without" },
	{ "io_uring_enter", ROLE_PARENT, NO(ENOSYS), ANY, "the same" },
	{ "io_uring_register", ROLE_PARENT, NO(ENOSYS), ANY, "the same" },
	{ "keyctl", ROLE_PARENT, NO(EPERM), ANY, "keys of the session" },
	{ "add_key", ROLE_PARENT, NO(EPERM), ANY, "the same" },
	{ "request_key", ROLE_PARENT, NO(EPERM), ANY, "the same" },
	{ "personality", ROLE_PARENT, NO(EPERM), ANY,
	    "executable stacks, fixed addresses" },
	{ NULL, 0, 0, ANY, NULL }
};

#endif /* SANDBOX_LINUX */
