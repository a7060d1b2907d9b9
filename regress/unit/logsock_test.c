/* SPDX-License-Identifier: ISC */
/* The system's log: its lines, and that it is never waited for. */

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <atf-c.h>

#include "compat/logsock.h"

#define PLACE	"log"

#ifdef __linux__
static int
log_daemon(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	unlink(PLACE);
	strlcpy(sun.sun_path, PLACE, sizeof(sun.sun_path));
	ATF_REQUIRE((fd = socket(AF_UNIX, SOCK_DGRAM, 0)) != -1);
	ATF_REQUIRE_EQ(0, bind(fd, (struct sockaddr *)&sun, sizeof(sun)));
	return fd;
}

static void
read_line(int fd, char *buf, size_t size)
{
	ssize_t n = recv(fd, buf, size - 1, MSG_DONTWAIT);

	ATF_REQUIRE(n > 0);
	buf[n] = '\0';
}

ATF_TC_WITHOUT_HEAD(line);
ATF_TC_BODY(line, tc)
{
	char buf[2048], end[64], text[4096];
	struct logsock *ls;
	int fd = log_daemon();

	ATF_REQUIRE((ls = logsock_open("pexd", PLACE)) != NULL);
	ATF_REQUIRE_EQ(0, logsock_send(ls, LOG_WARNING, "engine: hello"));
	read_line(fd, buf, sizeof(buf));
	/* LOG_DAEMON is 3 << 3, LOG_WARNING 4. */
	ATF_CHECK_EQ_MSG(0, strncmp(buf, "<28>", 4), "%s", buf);
	snprintf(end, sizeof(end), " pexd[%ld]: engine: hello",
	    (long)getpid());
	ATF_CHECK_STREQ(end, buf + 4 + sizeof("Nov 23 05:06:07") - 1);

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ATF_CHECK_EQ(0, logsock_send(ls, LOG_INFO, text));
	read_line(fd, buf, sizeof(buf));
	ATF_CHECK_EQ(sizeof(buf) - 1, strlen(buf));	/* cut */
	logsock_close(ls);
	close(fd);
}

ATF_TC(stuck);
ATF_TC_HEAD(stuck, tc)
{
	atf_tc_set_md_var(tc, "descr", "a log daemon that reads nothing");
	atf_tc_set_md_var(tc, "timeout", "20");
}
ATF_TC_BODY(stuck, tc)
{
	struct logsock *ls;
	int i, fd = log_daemon();
	char buf[2048];

	ATF_REQUIRE((ls = logsock_open("pexd", PLACE)) != NULL);
	for (i = 0; i < 100000 && logsock_send(ls, LOG_INFO, "x") == 0; i++)
		;
	ATF_CHECK(i > 0 && i < 100000);
	read_line(fd, buf, sizeof(buf));
	ATF_CHECK_EQ(0, logsock_send(ls, LOG_INFO, "room again"));
	logsock_close(ls);
	close(fd);
}

ATF_TC(comes_and_goes);
ATF_TC_HEAD(comes_and_goes, tc)
{
	atf_tc_set_md_var(tc, "descr", "a log daemon that is not there, and "
	    "one that is started anew");
}
ATF_TC_BODY(comes_and_goes, tc)
{
	struct logsock *ls;
	char buf[2048];
	int fd;

	ATF_REQUIRE((ls = logsock_open("pexd", PLACE)) != NULL);
	ATF_CHECK_EQ(-1, logsock_send(ls, LOG_INFO, "nobody"));
	fd = log_daemon();
	ATF_CHECK_EQ(0, logsock_send(ls, LOG_INFO, "first"));
	close(fd);
	fd = log_daemon();
	ATF_CHECK_EQ(0, logsock_send(ls, LOG_INFO, "second"));
	read_line(fd, buf, sizeof(buf));
	ATF_CHECK(strstr(buf, "second") != NULL);
	logsock_close(ls);
	close(fd);
}
#endif

ATF_TP_ADD_TCS(tp)
{
#ifdef __linux__
	ATF_TP_ADD_TC(tp, line);
	ATF_TP_ADD_TC(tp, stuck);
	ATF_TP_ADD_TC(tp, comes_and_goes);
#endif
	return atf_no_error();
}
