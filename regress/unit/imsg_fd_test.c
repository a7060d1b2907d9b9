/* SPDX-License-Identifier: ISC */
/*
 * Descriptors over imsg: whose they are, and what becomes of lost ones.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>
#include <imsg.h>

#include "regress/lib/imsgpair.h"

static bool
same_file(int a, int b)
{
	struct stat	 x, y;

	ATF_REQUIRE_EQ(0, fstat(a, &x));
	ATF_REQUIRE_EQ(0, fstat(b, &y));
	return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

ATF_TC_WITHOUT_HEAD(fd_ownership);
ATF_TC_BODY(fd_ownership, tc)
{
	struct imsgpair	 p;
	struct imsg	 imsg;
	int		 before = imsgpair_open_fds(), fd, got, pair[2];

	imsgpair_open(&p);
	imsgpair_pass_fds(&p);
	ATF_REQUIRE_EQ(0, pipe(pair));
	fd = dup(pair[0]);
	ATF_REQUIRE_EQ(1, imsg_compose(&p.a, 1, 0, 0, -1, "a", 1));
	ATF_REQUIRE_EQ(1, imsg_compose(&p.a, 2, 0, 0, fd, "b", 1));
	ATF_REQUIRE_EQ(1, imsg_compose(&p.a, 3, 0, 0, dup(pair[1]), "c", 1));
	ATF_REQUIRE_EQ(1, imsg_compose(&p.a, 4, 0, 0, dup(pair[1]), NULL, 0));
	while (imsgbuf_queuelen(&p.a) > 0)
		ATF_REQUIRE_EQ(0, imsgbuf_write(&p.a));
	ATF_CHECK_EQ_MSG(-1, fcntl(fd, F_GETFD), "not closed once sent");

	/* The kernel ends a read at each descriptor. */
	while (imsgbuf_get(&p.b, &imsg) == 0)
		ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
	ATF_CHECK_EQ(-1, imsg_get_fd(&imsg));
	imsg_free(&imsg);
	while (imsgbuf_get(&p.b, &imsg) == 0)
		ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
	got = imsg_get_fd(&imsg);
	ATF_REQUIRE(got != -1);
	ATF_CHECK_EQ(-1, imsg_get_fd(&imsg));	/* once only */
	imsg_free(&imsg);
	ATF_CHECK_EQ_MSG(FD_CLOEXEC, fcntl(got, F_GETFD),
	    "a received descriptor would survive exec");
	ATF_CHECK(same_file(got, pair[0]));
	close(got);
	/* Unclaimed ones are closed: with their message, or never cut out. */
	while (imsgbuf_get(&p.b, &imsg) == 0)
		ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
	ATF_CHECK_EQ(3, imsg_get_type(&imsg));
	imsg_free(&imsg);
	ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
	imsgpair_close(&p);
	close(pair[0]);
	close(pair[1]);
	ATF_CHECK_EQ(before, imsgpair_open_fds());
}

/* A descriptor's message in pieces, the next one's right behind it. */
ATF_TC_WITHOUT_HEAD(fd_split_header);
ATF_TC_BODY(fd_split_header, tc)
{
	struct imsgpair	 p;
	struct imsg	 imsg;
	struct imsg_hdr	 hdr;
	uint8_t		 raw[2 * IMSG_HEADER_SIZE];
	int		 before = imsgpair_open_fds(), pair[2], fd;

	imsgpair_open(&p);
	imsgpair_pass_fds(&p);
	ATF_REQUIRE_EQ(0, pipe(pair));
	hdr = imsgpair_header(1, IMSGPAIR_FD_MARK | IMSG_HEADER_SIZE);
	memcpy(raw, &hdr, sizeof(hdr));
	memcpy(raw + sizeof(hdr), &hdr, sizeof(hdr));
	imsgpair_send_fds(p.fd[0], raw, 5, &pair[0], 1);
	ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
	ATF_CHECK_EQ(0, imsgbuf_get(&p.b, &imsg));
	/* The rest and the next message with its own: one read. */
	imsgpair_send(p.fd[0], raw + 5, 11);
	imsgpair_send_fds(p.fd[0], raw + 16, 16, &pair[1], 1);
	ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	fd = imsg_get_fd(&imsg);
	ATF_REQUIRE(fd != -1);
	ATF_CHECK((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
	close(fd);
	imsg_free(&imsg);
	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	fd = imsg_get_fd(&imsg);
	ATF_REQUIRE(fd != -1);
	ATF_CHECK((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY);
	close(fd);
	imsg_free(&imsg);
	close(pair[0]);
	close(pair[1]);
	imsgpair_close(&p);
	ATF_CHECK_EQ(before, imsgpair_open_fds());
}

/* Descriptors that no message claims, many at once, again and again. */
ATF_TC_WITHOUT_HEAD(fd_hostile);
ATF_TC_BODY(fd_hostile, tc)
{
	struct imsgpair	 p;
	struct imsg	 imsg;
	struct imsg_hdr	 hdr = imsgpair_header(1, IMSG_HEADER_SIZE);
	int		 before = imsgpair_open_fds(), during, fds[8], i;

	imsgpair_open(&p);
	imsgpair_pass_fds(&p);
	during = imsgpair_open_fds();
	for (i = 0; i < 8; i++)
		fds[i] = i % 3;
	for (i = 0; i < 50; i++) {
		imsgpair_send_fds(p.fd[0], &hdr, sizeof(hdr), fds, 1 + i % 8);
		ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
		ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
		ATF_CHECK_EQ(-1, imsg_get_fd(&imsg));
		imsg_free(&imsg);
		ATF_REQUIRE_EQ(during, imsgpair_open_fds());
	}
	/* A header that never ends keeps one at most. */
	for (i = 0; i < 10; i++) {
		imsgpair_send_fds(p.fd[0], (char *)&hdr + i, 1, fds, 8);
		ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
		ATF_CHECK(imsgpair_open_fds() <= during + 1);
	}
	/* A mark without a descriptor. */
	imsgpair_send(p.fd[0], (char *)&hdr + 10, 6);
	hdr.len |= IMSGPAIR_FD_MARK;
	imsgpair_send(p.fd[0], &hdr, sizeof(hdr));
	ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	imsg_free(&imsg);
	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	ATF_CHECK_EQ(-1, imsg_get_fd(&imsg));
	imsg_free(&imsg);
	ATF_CHECK_EQ(during, imsgpair_open_fds());
	imsgpair_close(&p);
	ATF_CHECK_EQ(before, imsgpair_open_fds());
}

/* Either side without imsgbuf_allow_fdpass(): the message comes alone. */
ATF_TC_WITHOUT_HEAD(fd_not_allowed);
ATF_TC_BODY(fd_not_allowed, tc)
{
	struct imsgpair	 p;
	struct imsg	 imsg;
	int		 before = imsgpair_open_fds(), side;

	for (side = 0; side < 2; side++) {
		imsgpair_open(&p);
		imsgbuf_allow_fdpass(side == 0 ? &p.a : &p.b);
		ATF_REQUIRE_EQ(1, imsg_compose(&p.a, 1, 0, 0, dup(0), "x",
		    1));
		ATF_REQUIRE_EQ(0, imsgbuf_write(&p.a));
		ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
		ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
		ATF_CHECK_EQ(1, imsg_get_len(&imsg));
		ATF_CHECK_EQ(-1, imsg_get_fd(&imsg));
		imsg_free(&imsg);
		imsgpair_close(&p);
		ATF_CHECK_EQ(before, imsgpair_open_fds());
	}
}

/* At the limit descriptors are lost; none goes to another's message. */
ATF_TC_WITHOUT_HEAD(fd_receiver_full);
ATF_TC_BODY(fd_receiver_full, tc)
{
	struct imsgpair	 p;
	struct imsg	 imsg;
	struct rlimit	 rl, old;
	uint8_t		 raw[IMSG_HEADER_SIZE];
	struct imsg_hdr	 hdr = imsgpair_header(1,
			    IMSGPAIR_FD_MARK | IMSG_HEADER_SIZE);
	int		 pair[2], fd;

	imsgpair_open(&p);
	imsgpair_pass_fds(&p);
	ATF_REQUIRE_EQ(0, pipe(pair));
	memcpy(raw, &hdr, sizeof(hdr));
	ATF_REQUIRE_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	rl = old;
	rl.rlim_cur = 1;

	/* Lost with the first bytes of its header. */
	imsgpair_send_fds(p.fd[0], raw, 5, &pair[0], 1);
	ATF_REQUIRE_EQ(0, setrlimit(RLIMIT_NOFILE, &rl));
	ATF_CHECK_EQ(1, imsgbuf_read(&p.b));
	ATF_REQUIRE_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
	imsgpair_send(p.fd[0], raw + 5, sizeof(raw) - 5);
	imsgpair_send_fds(p.fd[0], raw, sizeof(raw), &pair[1], 1);
	ATF_CHECK_EQ(1, imsgbuf_read(&p.b));
	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	ATF_CHECK_EQ_MSG(-1, imsg_get_fd(&imsg), "took another's descriptor");
	imsg_free(&imsg);
	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	fd = imsg_get_fd(&imsg);
	ATF_CHECK(fd != -1);
	ATF_CHECK((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY);
	close(fd);
	imsg_free(&imsg);
	close(pair[0]);
	close(pair[1]);
	imsgpair_close(&p);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, fd_ownership);
	ATF_TP_ADD_TC(tp, fd_split_header);
	ATF_TP_ADD_TC(tp, fd_hostile);
	ATF_TP_ADD_TC(tp, fd_not_allowed);
	ATF_TP_ADD_TC(tp, fd_receiver_full);
	return atf_no_error();
}
