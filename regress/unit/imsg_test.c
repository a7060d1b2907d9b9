/* SPDX-License-Identifier: ISC */
/*
 * imsg: framing, limits, descriptors, loss of the peer, hostile senders.
 * The codecs of ibuf have their own program.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>
#include <imsg.h>

#define PAYLOAD_MAX	(MAX_IMSGSIZE - IMSG_HEADER_SIZE)
#define FD_MARK		0x80000000U	/* as on the wire */

/* Two ends of one non-blocking pipe. */
struct pipe2 {
	int		 fd[2];
	struct imsgbuf	 a;
	struct imsgbuf	 b;
};

static void
pipe_open(struct pipe2 *p)
{
	ATF_REQUIRE_EQ(0, socketpair(AF_UNIX,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, p->fd));
	ATF_REQUIRE_EQ(0, imsgbuf_init(&p->a, p->fd[0]));
	ATF_REQUIRE_EQ(0, imsgbuf_init(&p->b, p->fd[1]));
}

static void
pipe_close(struct pipe2 *p)
{
	imsgbuf_clear(&p->a);
	imsgbuf_clear(&p->b);
	imsgbuf_clear(&p->b);		/* may be called twice */
	close(p->fd[0]);
	close(p->fd[1]);
}

static void
pass_fds(struct pipe2 *p)
{
	imsgbuf_allow_fdpass(&p->a);
	imsgbuf_allow_fdpass(&p->b);
}

static int
open_fds(void)
{
	struct stat	 st;
	int		 fd, n = 0;

	for (fd = 0; fd < 1024; fd++)
		if (fstat(fd, &st) == 0)
			n++;
	return n;
}

static void
send_raw(int fd, const void *data, size_t len)
{
	ATF_REQUIRE_EQ((ssize_t)len, send(fd, data, len, MSG_NOSIGNAL));
}

/* A raw send with any number of descriptors: what no imsg sender does. */
static void
send_raw_fds(int s, const void *data, size_t len, const int *fds, size_t n)
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

static struct imsg_hdr
header(uint32_t type, uint32_t len)
{
	struct imsg_hdr	 hdr = { type, len, 0, 1 };

	return hdr;
}

ATF_TC_WITHOUT_HEAD(message_arrives_as_sent);
ATF_TC_BODY(message_arrives_as_sent, tc)
{
	struct pipe2	 p;
	struct imsg	 imsg;
	struct ibuf	 view;
	uint32_t	 v;
	char		 got[6];

	pipe_open(&p);
	ATF_REQUIRE_EQ(1, imsg_compose(&p.a, 7, 42, 0, -1, "hello", 6));
	ATF_REQUIRE_EQ(1, imsg_compose(&p.a, 8, 0, 99, -1, NULL, 0));
	ATF_CHECK_EQ(2, imsgbuf_queuelen(&p.a));
	ATF_REQUIRE_EQ(0, imsgbuf_write(&p.a));
	ATF_CHECK_EQ(0, imsgbuf_queuelen(&p.a));
	ATF_CHECK_EQ(0, imsgbuf_get(&p.b, &imsg));
	ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));

	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	ATF_CHECK_EQ(7, imsg_get_type(&imsg));
	ATF_CHECK_EQ(42, imsg_get_id(&imsg));
	ATF_CHECK_EQ(getpid(), imsg_get_pid(&imsg));
	ATF_CHECK_EQ(6, imsg_get_len(&imsg));
	ATF_CHECK_EQ(22, imsg.hdr.len);
	ATF_CHECK_EQ(-1, imsg_get_data(&imsg, got, 5));
	ATF_CHECK_EQ(EBADMSG, errno);
	ATF_CHECK_EQ(-1, imsg_get_data(&imsg, got, 0));
	ATF_CHECK_EQ(EINVAL, errno);
	ATF_REQUIRE_EQ(0, imsg_get_data(&imsg, got, 6));
	ATF_CHECK_STREQ("hello", got);
	ATF_CHECK_EQ(-1, imsg_get_fd(&imsg));
	imsg_free(&imsg);

	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	ATF_CHECK_EQ(8, imsg_get_type(&imsg));
	ATF_CHECK_EQ(99, imsg_get_pid(&imsg));
	ATF_CHECK_EQ(0, imsg_get_len(&imsg));
	ATF_CHECK_EQ(-1, imsg_get_ibuf(&imsg, &view));
	ATF_CHECK_EQ(EBADMSG, errno);
	v = 5;
	ATF_CHECK_EQ(-1, imsg_get_data(&imsg, &v, sizeof(v)));
	ATF_CHECK_EQ(5, v);
	imsg_free(&imsg);
	ATF_CHECK_EQ(0, imsgbuf_get(&p.b, &imsg));
	ATF_CHECK_EQ(1, imsgbuf_read(&p.b));	/* nothing now */
	pipe_close(&p);
}

ATF_TC_WITHOUT_HEAD(payload_builders);
ATF_TC_BODY(payload_builders, tc)
{
	struct pipe2	 p;
	struct imsg	 imsg;
	struct ibuf	*buf, view;
	struct iovec	 iov[2] = { { "ab", 2 }, { "cde", 3 } };
	uint16_t	 v;
	char		 got[16], str[8];

	pipe_open(&p);
	ATF_REQUIRE_EQ(1, imsg_composev(&p.a, 1, 0, 0, -1, iov, 2));
	ATF_REQUIRE((buf = ibuf_open(4)) != NULL);
	ATF_REQUIRE_EQ(0, ibuf_add(buf, "wxyz", 4));
	ATF_REQUIRE_EQ(1, imsg_compose_ibuf(&p.a, 2, 0, 0, buf));
	ATF_REQUIRE((buf = imsg_create(&p.a, 3, 0, 0, 0)) != NULL);
	ATF_REQUIRE_EQ(0, ibuf_add_n16(buf, 0x1234));
	ATF_REQUIRE_EQ(3, imsg_add(buf, "xyz", 3));
	ATF_REQUIRE_EQ(0, ibuf_add_strbuf(buf, "name", sizeof(str)));
	imsg_close(&p.a, buf);
	ATF_REQUIRE_EQ(0, imsgbuf_write(&p.a));
	ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));

	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	ATF_REQUIRE_EQ(0, imsg_get_data(&imsg, got, 5));
	ATF_CHECK(memcmp(got, "abcde", 5) == 0);
	imsg_free(&imsg);
	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	ATF_REQUIRE_EQ(0, imsg_get_ibuf(&imsg, &view));
	ATF_CHECK_EQ(4, ibuf_size(&view));
	ATF_CHECK_EQ(0, imsg_get_len(&imsg));
	ATF_CHECK(memcmp(ibuf_data(&view), "wxyz", 4) == 0);
	imsg_free(&imsg);
	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	ATF_REQUIRE_EQ(0, imsg_get_buf(&imsg, &v, 2));
	ATF_CHECK(memcmp(&v, "\x12\x34", 2) == 0);
	ATF_REQUIRE_EQ(0, imsg_get_buf(&imsg, got, 3));
	ATF_CHECK_EQ(-1, imsg_get_buf(&imsg, got, 9));
	ATF_REQUIRE_EQ(0, imsg_get_strbuf(&imsg, str, sizeof(str)));
	ATF_CHECK_STREQ("name", str);
	imsg_free(&imsg);
	pipe_close(&p);
}

/* Every cut of the stream gives the same messages. */
ATF_TC_WITHOUT_HEAD(one_byte_pieces);
ATF_TC_BODY(one_byte_pieces, tc)
{
	struct pipe2	 p;
	struct imsg	 imsg;
	uint8_t		 raw[3 * IMSG_HEADER_SIZE + 5];
	struct imsg_hdr	 hdr;
	size_t		 i, n = 0;
	int		 got = 0;

	hdr = header(1, IMSG_HEADER_SIZE + 5);
	memcpy(raw, &hdr, sizeof(hdr));
	memcpy(raw + 16, "12345", 5);
	hdr = header(2, IMSG_HEADER_SIZE);
	memcpy(raw + 21, &hdr, sizeof(hdr));
	hdr = header(3, IMSG_HEADER_SIZE);
	memcpy(raw + 37, &hdr, sizeof(hdr));

	pipe_open(&p);
	for (i = 0; i < sizeof(raw); i++) {
		send_raw(p.fd[0], raw + i, 1);
		ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
		while (imsgbuf_get(&p.b, &imsg) == 1) {
			got++;
			ATF_CHECK_EQ(got, (int)imsg_get_type(&imsg));
			n += imsg_get_len(&imsg);
			imsg_free(&imsg);
			ATF_CHECK(i == 20 || i == 36 || i == 52);
		}
	}
	ATF_CHECK_EQ(3, got);
	ATF_CHECK_EQ(5, n);
	pipe_close(&p);
}

ATF_TC_WITHOUT_HEAD(size_limits);
ATF_TC_BODY(size_limits, tc)
{
	struct pipe2	 p;
	struct imsg	 imsg;
	struct iovec	 iov[2];
	struct ibuf	*buf;
	static char	 data[PAYLOAD_MAX + 1];

	pipe_open(&p);
	ATF_CHECK_EQ(-1, imsg_compose(&p.a, 1, 0, 0, -1, data, sizeof(data)));
	ATF_CHECK_EQ(ERANGE, errno);
	iov[0].iov_base = iov[1].iov_base = data;
	iov[0].iov_len = 1;
	iov[1].iov_len = PAYLOAD_MAX;
	ATF_CHECK_EQ(-1, imsg_composev(&p.a, 1, 0, 0, -1, iov, 2));
	ATF_CHECK_EQ(ERANGE, errno);
	iov[0].iov_len = SIZE_MAX;	/* a sum that would wrap */
	ATF_CHECK_EQ(-1, imsg_composev(&p.a, 1, 0, 0, -1, iov, 2));
	ATF_REQUIRE((buf = ibuf_open(sizeof(data))) != NULL);
	ATF_REQUIRE_EQ(0, ibuf_add(buf, data, sizeof(data)));
	ATF_CHECK_EQ(-1, imsg_compose_ibuf(&p.a, 1, 0, 0, buf));
	ATF_CHECK_EQ(ERANGE, errno);
	ATF_REQUIRE((buf = imsg_create(&p.a, 1, 0, 0, 0)) != NULL);
	ATF_CHECK_EQ(-1, imsg_add(buf, data, sizeof(data)));
	ATF_CHECK_EQ(0, imsgbuf_queuelen(&p.a));

	ATF_CHECK_EQ(1, imsg_compose(&p.a, 1, 0, 0, -1, data, PAYLOAD_MAX));
	ATF_REQUIRE_EQ(0, imsgbuf_write(&p.a));
	ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	ATF_CHECK_EQ(PAYLOAD_MAX, imsg_get_len(&imsg));
	imsg_free(&imsg);

	ATF_CHECK_EQ(-1, imsgbuf_set_maxsize(&p.a, 0));
	ATF_CHECK_EQ(-1, imsgbuf_set_maxsize(&p.a, UINT32_MAX));
	ATF_CHECK_EQ(-1, imsgbuf_set_maxsize(&p.a, FD_MARK - 16));
	ATF_CHECK_EQ(EINVAL, errno);
	ATF_REQUIRE_EQ(0, imsgbuf_set_maxsize(&p.a, 100));
	ATF_CHECK_EQ(1, imsg_compose(&p.a, 1, 0, 0, -1, data, 100));
	ATF_CHECK_EQ(-1, imsg_compose(&p.a, 1, 0, 0, -1, data, 101));
	pipe_close(&p);
}

/* More than the read buffer: pieces go straight into their message. */
ATF_TC_WITHOUT_HEAD(message_over_read_buffer);
ATF_TC_BODY(message_over_read_buffer, tc)
{
	struct pipe2	 p;
	struct imsg	 imsg;
	const size_t	 len = 5 * IBUF_READ_SIZE;
	uint8_t		*data, *back;
	size_t		 i;
	int		 rv = 0;

	pipe_open(&p);
	ATF_REQUIRE((data = malloc(len)) != NULL);
	ATF_REQUIRE((back = malloc(len)) != NULL);
	for (i = 0; i < len; i++)
		data[i] = i * 7 + (i >> 8);
	ATF_REQUIRE_EQ(0, imsgbuf_set_maxsize(&p.a, len));
	ATF_REQUIRE_EQ(0, imsgbuf_set_maxsize(&p.b, len));
	ATF_REQUIRE_EQ(1, imsg_compose(&p.a, 1, 0, 0, -1, data, len));
	ATF_REQUIRE_EQ(1, imsg_compose(&p.a, 2, 0, 0, -1, "x", 1));
	while (rv == 0) {
		ATF_REQUIRE_EQ(0, imsgbuf_write(&p.a));
		ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
		rv = imsgbuf_get(&p.b, &imsg);
	}
	ATF_REQUIRE_EQ(1, rv);
	ATF_REQUIRE_EQ(0, imsg_get_data(&imsg, back, len));
	ATF_CHECK(memcmp(data, back, len) == 0);
	imsg_free(&imsg);
	while ((rv = imsgbuf_get(&p.b, &imsg)) == 0) {
		ATF_REQUIRE_EQ(0, imsgbuf_write(&p.a));
		ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
	}
	ATF_CHECK_EQ(2, imsg_get_type(&imsg));
	imsg_free(&imsg);
	free(data);
	free(back);
	pipe_close(&p);
}

static void
hostile_length(uint32_t len)
{
	struct pipe2	 p;
	struct imsg	 imsg;
	struct imsg_hdr	 hdr[3];

	pipe_open(&p);
	hdr[0] = header(1, IMSG_HEADER_SIZE);
	hdr[1] = header(2, len);
	hdr[2] = header(3, IMSG_HEADER_SIZE);
	send_raw(p.fd[0], hdr, sizeof(hdr));
	ATF_CHECK_EQ_MSG(-1, imsgbuf_read(&p.b), "length %u taken", len);
	ATF_CHECK_EQ(ERANGE, errno);
	/* What came before it counts, what comes after does not. */
	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	ATF_CHECK_EQ(1, imsg_get_type(&imsg));
	imsg_free(&imsg);
	send_raw(p.fd[0], hdr, sizeof(hdr[0]));
	ATF_CHECK_EQ(-1, imsgbuf_read(&p.b));
	ATF_CHECK_EQ(ERANGE, errno);
	ATF_CHECK_EQ(0, imsgbuf_get(&p.b, &imsg));
	pipe_close(&p);
}

ATF_TC_WITHOUT_HEAD(hostile_lengths);
ATF_TC_BODY(hostile_lengths, tc)
{
	hostile_length(0);
	hostile_length(1);
	hostile_length(IMSG_HEADER_SIZE - 1);
	hostile_length(MAX_IMSGSIZE + 1);
	hostile_length(FD_MARK - 1);
	hostile_length(FD_MARK);
	hostile_length(FD_MARK | (IMSG_HEADER_SIZE - 1));
	hostile_length(UINT32_MAX);
}

ATF_TC_WITHOUT_HEAD(peer_gone);
ATF_TC_BODY(peer_gone, tc)
{
	struct pipe2	 p;
	struct imsg	 imsg;
	struct imsg_hdr	 hdr = header(1, IMSG_HEADER_SIZE + 1);

	/* Default disposition: a signal would end this test. */
	ATF_REQUIRE(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
	pipe_open(&p);
	send_raw(p.fd[0], &hdr, sizeof(hdr));	/* half a message */
	close(p.fd[0]);
	ATF_CHECK_EQ(1, imsgbuf_read(&p.b));
	ATF_CHECK_EQ(0, imsgbuf_read(&p.b));
	ATF_CHECK_EQ(0, imsgbuf_get(&p.b, &imsg));
	ATF_CHECK_EQ(1, imsg_compose(&p.b, 1, 0, 0, -1, "x", 1));
	ATF_CHECK_EQ(-1, imsgbuf_write(&p.b));
	ATF_CHECK_EQ(EPIPE, errno);
	ATF_CHECK_EQ(-1, imsgbuf_flush(&p.b));
	imsgbuf_allow_fdpass(&p.b);
	ATF_CHECK_EQ(-1, imsgbuf_write(&p.b));
	ATF_CHECK_EQ(EPIPE, errno);
	p.fd[0] = open("/dev/null", O_RDONLY);
	pipe_close(&p);
}

/* Bytes of any number of messages in a socket buffer that holds few. */
static void
small_buffer(bool fds)
{
	struct pipe2	 p;
	struct imsg	 imsg;
	uint8_t		 data[3000];
	uint32_t	 sent = 0, got = 0, i;
	int		 small = 1, fd, stuck = 0;
	size_t		 len;

	pipe_open(&p);
	if (fds)
		pass_fds(&p);
	ATF_REQUIRE_EQ(0, setsockopt(p.fd[0], SOL_SOCKET, SO_SNDBUF, &small,
	    sizeof(small)));
	for (i = 0; i < 500; i++) {
		len = i * 37 % sizeof(data);
		memset(data, i, len);
		fd = fds && i % 3 == 0 ? dup(p.fd[0]) : -1;
		ATF_REQUIRE_EQ(1, imsg_compose(&p.a, i, 0, 0, fd, data, len));
		sent++;
	}
	while (got < sent) {
		ATF_REQUIRE_EQ(0, imsgbuf_write(&p.a));
		stuck += imsgbuf_queuelen(&p.a) > 0;
		ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
		while (imsgbuf_get(&p.b, &imsg) == 1) {
			ATF_REQUIRE_EQ(got, imsg_get_type(&imsg));
			len = got * 37 % sizeof(data);
			ATF_REQUIRE_EQ(len, imsg_get_len(&imsg));
			memset(data, got, len);
			ATF_REQUIRE(len == 0 ||
			    memcmp(imsg.data, data, len) == 0);
			fd = imsg_get_fd(&imsg);
			ATF_REQUIRE_EQ(fds && got % 3 == 0, fd != -1);
			if (fd != -1)
				close(fd);
			imsg_free(&imsg);
			got++;
		}
	}
	ATF_CHECK_MSG(stuck > 10, "the socket took too much at once: %d",
	    stuck);
	pipe_close(&p);
}

ATF_TC_WITHOUT_HEAD(partial_writes);
ATF_TC_BODY(partial_writes, tc)
{
	int	 before = open_fds();

	small_buffer(false);
	small_buffer(true);
	ATF_CHECK_EQ(before, open_fds());
}

/* A queue over IOV_MAX buffers goes in few writes and few reads. */
ATF_TC_WITHOUT_HEAD(gathering);
ATF_TC_BODY(gathering, tc)
{
	struct pipe2	 p;
	struct imsg	 imsg;
	int		 i, n = IOV_MAX + 100, writes = 0, reads = 0, got = 0;
	int		 big = 1 << 20;

	pipe_open(&p);
	ATF_REQUIRE_EQ(0, setsockopt(p.fd[0], SOL_SOCKET, SO_SNDBUF, &big,
	    sizeof(big)));
	for (i = 0; i < n; i++)
		ATF_REQUIRE_EQ(1, imsg_compose(&p.a, i, 0, 0, -1, "12", 2));
	for (; imsgbuf_queuelen(&p.a) > 0; writes++)
		ATF_REQUIRE_EQ(0, imsgbuf_write(&p.a));
	ATF_CHECK_EQ(2, writes);
	for (; got < n; reads++) {
		ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
		while (imsgbuf_get(&p.b, &imsg) == 1) {
			got++;
			imsg_free(&imsg);
		}
	}
	ATF_CHECK_EQ(n, got);
	ATF_CHECK_EQ(1, reads);
	pipe_close(&p);
}

ATF_TC_WITHOUT_HEAD(flush_waits);
ATF_TC_BODY(flush_waits, tc)
{
	struct pipe2	 p;
	static char	 data[PAYLOAD_MAX];
	char		 sink[65536];
	int		 i;
	pid_t		 pid;

	pipe_open(&p);
	for (i = 0; i < 100; i++)
		ATF_REQUIRE_EQ(1, imsg_compose(&p.a, i, 0, 0, -1, data,
		    sizeof(data)));
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		close(p.fd[0]);
		(void)fcntl(p.fd[1], F_SETFL, 0);
		while (read(p.fd[1], sink, sizeof(sink)) > 0)
			;
		_exit(0);
	}
	ATF_CHECK_EQ(0, imsgbuf_flush(&p.a));
	ATF_CHECK_EQ(0, imsgbuf_queuelen(&p.a));
	ATF_REQUIRE_EQ(0, kill(pid, SIGKILL));
	pipe_close(&p);
}

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
	struct pipe2	 p;
	struct imsg	 imsg;
	int		 before = open_fds(), fd, got, pair[2];

	pipe_open(&p);
	pass_fds(&p);
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
	pipe_close(&p);
	close(pair[0]);
	close(pair[1]);
	ATF_CHECK_EQ(before, open_fds());
}

/* A descriptor's message in pieces, the next one's right behind it. */
ATF_TC_WITHOUT_HEAD(fd_split_header);
ATF_TC_BODY(fd_split_header, tc)
{
	struct pipe2	 p;
	struct imsg	 imsg;
	struct imsg_hdr	 hdr;
	uint8_t		 raw[2 * IMSG_HEADER_SIZE];
	int		 before = open_fds(), pair[2], fd;

	pipe_open(&p);
	pass_fds(&p);
	ATF_REQUIRE_EQ(0, pipe(pair));
	hdr = header(1, FD_MARK | IMSG_HEADER_SIZE);
	memcpy(raw, &hdr, sizeof(hdr));
	memcpy(raw + sizeof(hdr), &hdr, sizeof(hdr));
	send_raw_fds(p.fd[0], raw, 5, &pair[0], 1);
	ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
	ATF_CHECK_EQ(0, imsgbuf_get(&p.b, &imsg));
	/* The rest and the next message with its own: one read. */
	send_raw(p.fd[0], raw + 5, 11);
	send_raw_fds(p.fd[0], raw + 16, 16, &pair[1], 1);
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
	pipe_close(&p);
	ATF_CHECK_EQ(before, open_fds());
}

/* Descriptors that no message claims, many at once, again and again. */
ATF_TC_WITHOUT_HEAD(fd_hostile);
ATF_TC_BODY(fd_hostile, tc)
{
	struct pipe2	 p;
	struct imsg	 imsg;
	struct imsg_hdr	 hdr = header(1, IMSG_HEADER_SIZE);
	int		 before = open_fds(), during, fds[8], i;

	pipe_open(&p);
	pass_fds(&p);
	during = open_fds();
	for (i = 0; i < 8; i++)
		fds[i] = i % 3;
	for (i = 0; i < 50; i++) {
		send_raw_fds(p.fd[0], &hdr, sizeof(hdr), fds, 1 + i % 8);
		ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
		ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
		ATF_CHECK_EQ(-1, imsg_get_fd(&imsg));
		imsg_free(&imsg);
		ATF_REQUIRE_EQ(during, open_fds());
	}
	/* A header that never ends keeps one at most. */
	for (i = 0; i < 10; i++) {
		send_raw_fds(p.fd[0], (char *)&hdr + i, 1, fds, 8);
		ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
		ATF_CHECK(open_fds() <= during + 1);
	}
	/* A mark without a descriptor. */
	send_raw(p.fd[0], (char *)&hdr + 10, 6);
	hdr.len |= FD_MARK;
	send_raw(p.fd[0], &hdr, sizeof(hdr));
	ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	imsg_free(&imsg);
	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	ATF_CHECK_EQ(-1, imsg_get_fd(&imsg));
	imsg_free(&imsg);
	ATF_CHECK_EQ(during, open_fds());
	pipe_close(&p);
	ATF_CHECK_EQ(before, open_fds());
}

/* Either side without imsgbuf_allow_fdpass(): the message comes alone. */
ATF_TC_WITHOUT_HEAD(fd_not_allowed);
ATF_TC_BODY(fd_not_allowed, tc)
{
	struct pipe2	 p;
	struct imsg	 imsg;
	int		 before = open_fds(), side;

	for (side = 0; side < 2; side++) {
		pipe_open(&p);
		imsgbuf_allow_fdpass(side == 0 ? &p.a : &p.b);
		ATF_REQUIRE_EQ(1, imsg_compose(&p.a, 1, 0, 0, dup(0), "x",
		    1));
		ATF_REQUIRE_EQ(0, imsgbuf_write(&p.a));
		ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
		ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
		ATF_CHECK_EQ(1, imsg_get_len(&imsg));
		ATF_CHECK_EQ(-1, imsg_get_fd(&imsg));
		imsg_free(&imsg);
		pipe_close(&p);
		ATF_CHECK_EQ(before, open_fds());
	}
}

/* At the limit descriptors are lost; none goes to another's message. */
ATF_TC_WITHOUT_HEAD(fd_receiver_full);
ATF_TC_BODY(fd_receiver_full, tc)
{
	struct pipe2	 p;
	struct imsg	 imsg;
	struct rlimit	 rl, old;
	uint8_t		 raw[IMSG_HEADER_SIZE];
	struct imsg_hdr	 hdr = header(1, FD_MARK | IMSG_HEADER_SIZE);
	int		 pair[2], fd;

	pipe_open(&p);
	pass_fds(&p);
	ATF_REQUIRE_EQ(0, pipe(pair));
	memcpy(raw, &hdr, sizeof(hdr));
	ATF_REQUIRE_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	rl = old;
	rl.rlim_cur = 1;

	/* Lost with the first bytes of its header. */
	send_raw_fds(p.fd[0], raw, 5, &pair[0], 1);
	ATF_REQUIRE_EQ(0, setrlimit(RLIMIT_NOFILE, &rl));
	ATF_CHECK_EQ(1, imsgbuf_read(&p.b));
	ATF_REQUIRE_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
	send_raw(p.fd[0], raw + 5, sizeof(raw) - 5);
	send_raw_fds(p.fd[0], raw, sizeof(raw), &pair[1], 1);
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
	pipe_close(&p);
}

ATF_TC_WITHOUT_HEAD(forwarding);
ATF_TC_BODY(forwarding, tc)
{
	struct pipe2	 p;
	struct imsg	 imsg;
	char		 got[5];
	int		 i;

	pipe_open(&p);
	pass_fds(&p);
	ATF_REQUIRE_EQ(1, imsg_compose(&p.a, 5, 6, 7, dup(0), "12345", 5));
	ATF_REQUIRE_EQ(0, imsgbuf_write(&p.a));
	ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	/* Whatever was consumed of it, and more than once. */
	ATF_REQUIRE_EQ(0, imsg_get_buf(&imsg, got, 2));
	ATF_REQUIRE_EQ(1, imsg_forward(&p.b, &imsg));
	ATF_REQUIRE_EQ(1, imsg_forward(&p.b, &imsg));
	ATF_CHECK_EQ(3, imsg_get_len(&imsg));
	imsg_free(&imsg);
	ATF_REQUIRE_EQ(0, imsgbuf_write(&p.b));
	ATF_REQUIRE_EQ(1, imsgbuf_read(&p.a));
	for (i = 0; i < 2; i++) {
		ATF_REQUIRE_EQ(1, imsgbuf_get(&p.a, &imsg));
		ATF_CHECK_EQ(5, imsg_get_type(&imsg));
		ATF_CHECK_EQ(6, imsg_get_id(&imsg));
		ATF_CHECK_EQ(7, imsg_get_pid(&imsg));
		ATF_CHECK_EQ(-1, imsg_get_fd(&imsg));
		ATF_REQUIRE_EQ(0, imsg_get_data(&imsg, got, 5));
		ATF_CHECK(memcmp(got, "12345", 5) == 0);
		imsg_free(&imsg);
	}
	pipe_close(&p);
}

ATF_TC_WITHOUT_HEAD(parking);
ATF_TC_BODY(parking, tc)
{
	struct pipe2		 p;
	struct imsg		 imsg;
	struct ibufqueue	*q;
	int			 before = open_fds(), i;
	char			 got[2];

	pipe_open(&p);
	pass_fds(&p);
	ATF_REQUIRE((q = ibufq_new()) != NULL);
	ATF_CHECK_EQ(0, imsg_ibufq_pop(q, &imsg));
	for (i = 0; i < 3; i++)
		ATF_REQUIRE_EQ(1, imsg_compose(&p.a, i, 0, 0, dup(0), "ab",
		    2));
	while (imsgbuf_queuelen(&p.a) > 0)
		ATF_REQUIRE_EQ(0, imsgbuf_write(&p.a));
	for (i = 0; i < 3;) {
		ATF_REQUIRE_EQ(1, imsgbuf_read(&p.b));
		while (imsgbuf_get(&p.b, &imsg) == 1) {
			ATF_REQUIRE_EQ(0, imsg_get_buf(&imsg, got, 1));
			imsg_ibufq_push(q, &imsg);
			i++;
		}
	}
	ATF_CHECK_EQ(3, ibufq_queuelen(q));
	ATF_REQUIRE_EQ(1, imsg_ibufq_pop(q, &imsg));
	ATF_CHECK_EQ(0, imsg_get_type(&imsg));
	ATF_CHECK_EQ(2, imsg_get_len(&imsg));
	close(imsg_get_fd(&imsg));
	imsg_free(&imsg);
	ibufq_free(q);
	pipe_close(&p);
	ATF_CHECK_EQ(before, open_fds());
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, message_arrives_as_sent);
	ATF_TP_ADD_TC(tp, payload_builders);
	ATF_TP_ADD_TC(tp, one_byte_pieces);
	ATF_TP_ADD_TC(tp, size_limits);
	ATF_TP_ADD_TC(tp, message_over_read_buffer);
	ATF_TP_ADD_TC(tp, hostile_lengths);
	ATF_TP_ADD_TC(tp, peer_gone);
	ATF_TP_ADD_TC(tp, partial_writes);
	ATF_TP_ADD_TC(tp, gathering);
	ATF_TP_ADD_TC(tp, flush_waits);
	ATF_TP_ADD_TC(tp, fd_ownership);
	ATF_TP_ADD_TC(tp, fd_split_header);
	ATF_TP_ADD_TC(tp, fd_hostile);
	ATF_TP_ADD_TC(tp, fd_not_allowed);
	ATF_TP_ADD_TC(tp, fd_receiver_full);
	ATF_TP_ADD_TC(tp, forwarding);
	ATF_TP_ADD_TC(tp, parking);
	return atf_no_error();
}
