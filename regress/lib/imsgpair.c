/* SPDX-License-Identifier: ISC */
/*
 * Both ends of an imsg pipe, and a sender that keeps no rules.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <string.h>
#include <unistd.h>

#include <atf-c.h>

#include "regress/lib/imsgpair.h"

void
imsgpair_open(struct imsgpair *p)
{
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, p->fd));
	ATF_REQUIRE_EQ(0, imsgbuf_init(&p->a, p->fd[0]));
	ATF_REQUIRE_EQ(0, imsgbuf_init(&p->b, p->fd[1]));
}

void
imsgpair_close(struct imsgpair *p)
{
	imsgbuf_clear(&p->a);
	imsgbuf_clear(&p->b);
	imsgbuf_clear(&p->b);		/* may be called twice */
	close(p->fd[0]);
	close(p->fd[1]);
}

void
imsgpair_pass_fds(struct imsgpair *p)
{
	imsgbuf_allow_fdpass(&p->a);
	imsgbuf_allow_fdpass(&p->b);
}

int
imsgpair_open_fds(void)
{
	struct stat	 st;
	int		 fd, n = 0;

	for (fd = 0; fd < 1024; fd++)
		if (fstat(fd, &st) == 0)
			n++;
	return n;
}

void
imsgpair_send(int fd, const void *data, size_t len)
{
	ATF_REQUIRE_EQ((ssize_t)len, send(fd, data, len, MSG_NOSIGNAL));
}

/* A raw send with any number of descriptors: what no imsg sender does. */
void
imsgpair_send_fds(int s, const void *data, size_t len, const int *fds, size_t n)
{
	union {
		struct cmsghdr	 align;
		char		 buf[CMSG_SPACE(8 * sizeof(int))];
	} control;
	struct iovec	 iov;
	struct msghdr	 msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr	*cmsg;
	char		 copy[64];

	ATF_REQUIRE(len <= sizeof(copy) && n <= 8);
	memcpy(copy, data, len);
	iov.iov_base = copy;
	iov.iov_len = len;
	memset(&control, 0, sizeof(control));
	msg.msg_control = &control;
	msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(cmsg), fds, n * sizeof(int));
	ATF_REQUIRE_EQ((ssize_t)len, sendmsg(s, &msg, MSG_NOSIGNAL));
}

struct imsg_hdr
imsgpair_header(uint32_t type, uint32_t len)
{
	struct imsg_hdr	 hdr = { type, len, 0, 1 };

	return hdr;
}
