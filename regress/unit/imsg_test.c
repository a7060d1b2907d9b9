/* SPDX-License-Identifier: ISC */
/*
 * imsg: framing, limits, loss of the peer, hostile senders.  Descriptors
 * and the codecs of ibuf have programs of their own.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

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

#include "regress/lib/imsgpair.h"

#define PAYLOAD_MAX	(MAX_IMSGSIZE - IMSG_HEADER_SIZE)

ATF_TC_WITHOUT_HEAD(message_arrives_as_sent);
ATF_TC_BODY(message_arrives_as_sent, tc)
{
	struct imsgpair	 p;
	struct imsg	 imsg;
	struct ibuf	 view;
	uint32_t	 v;
	char		 got[6];

	imsgpair_open(&p);
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
	imsgpair_close(&p);
}

ATF_TC_WITHOUT_HEAD(payload_builders);
ATF_TC_BODY(payload_builders, tc)
{
	struct imsgpair	 p;
	struct imsg	 imsg;
	struct ibuf	*buf, view;
	struct iovec	 iov[2] = { { "ab", 2 }, { "cde", 3 } };
	uint16_t	 v;
	char		 got[16], str[8];

	imsgpair_open(&p);
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
	imsgpair_close(&p);
}

/* Every cut of the stream gives the same messages. */
ATF_TC_WITHOUT_HEAD(one_byte_pieces);
ATF_TC_BODY(one_byte_pieces, tc)
{
	struct imsgpair	 p;
	struct imsg	 imsg;
	uint8_t		 raw[3 * IMSG_HEADER_SIZE + 5];
	struct imsg_hdr	 hdr;
	size_t		 i, n = 0;
	int		 got = 0;

	hdr = imsgpair_header(1, IMSG_HEADER_SIZE + 5);
	memcpy(raw, &hdr, sizeof(hdr));
	memcpy(raw + 16, "12345", 5);
	hdr = imsgpair_header(2, IMSG_HEADER_SIZE);
	memcpy(raw + 21, &hdr, sizeof(hdr));
	hdr = imsgpair_header(3, IMSG_HEADER_SIZE);
	memcpy(raw + 37, &hdr, sizeof(hdr));

	imsgpair_open(&p);
	for (i = 0; i < sizeof(raw); i++) {
		imsgpair_send(p.fd[0], raw + i, 1);
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
	imsgpair_close(&p);
}

ATF_TC_WITHOUT_HEAD(size_limits);
ATF_TC_BODY(size_limits, tc)
{
	struct imsgpair	 p;
	struct imsg	 imsg;
	struct iovec	 iov[2];
	struct ibuf	*buf;
	static char	 data[PAYLOAD_MAX + 1];

	imsgpair_open(&p);
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
	ATF_CHECK_EQ(-1, imsgbuf_set_maxsize(&p.a, IMSGPAIR_FD_MARK - 16));
	ATF_CHECK_EQ(EINVAL, errno);
	ATF_REQUIRE_EQ(0, imsgbuf_set_maxsize(&p.a, 100));
	ATF_CHECK_EQ(1, imsg_compose(&p.a, 1, 0, 0, -1, data, 100));
	ATF_CHECK_EQ(-1, imsg_compose(&p.a, 1, 0, 0, -1, data, 101));
	imsgpair_close(&p);
}

/* More than the read buffer: pieces go straight into their message. */
ATF_TC_WITHOUT_HEAD(message_over_read_buffer);
ATF_TC_BODY(message_over_read_buffer, tc)
{
	struct imsgpair	 p;
	struct imsg	 imsg;
	const size_t	 len = 5 * IBUF_READ_SIZE;
	uint8_t		*data, *back;
	size_t		 i;
	int		 rv = 0;

	imsgpair_open(&p);
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
	imsgpair_close(&p);
}

static void
hostile_length(uint32_t len)
{
	struct imsgpair	 p;
	struct imsg	 imsg;
	struct imsg_hdr	 hdr[3];

	imsgpair_open(&p);
	hdr[0] = imsgpair_header(1, IMSG_HEADER_SIZE);
	hdr[1] = imsgpair_header(2, len);
	hdr[2] = imsgpair_header(3, IMSG_HEADER_SIZE);
	imsgpair_send(p.fd[0], hdr, sizeof(hdr));
	ATF_CHECK_EQ_MSG(-1, imsgbuf_read(&p.b), "length %u taken", len);
	ATF_CHECK_EQ(ERANGE, errno);
	/* What came before it counts, what comes after does not. */
	ATF_REQUIRE_EQ(1, imsgbuf_get(&p.b, &imsg));
	ATF_CHECK_EQ(1, imsg_get_type(&imsg));
	imsg_free(&imsg);
	imsgpair_send(p.fd[0], hdr, sizeof(hdr[0]));
	ATF_CHECK_EQ(-1, imsgbuf_read(&p.b));
	ATF_CHECK_EQ(ERANGE, errno);
	ATF_CHECK_EQ(0, imsgbuf_get(&p.b, &imsg));
	imsgpair_close(&p);
}

ATF_TC_WITHOUT_HEAD(hostile_lengths);
ATF_TC_BODY(hostile_lengths, tc)
{
	hostile_length(0);
	hostile_length(1);
	hostile_length(IMSG_HEADER_SIZE - 1);
	hostile_length(MAX_IMSGSIZE + 1);
	hostile_length(IMSGPAIR_FD_MARK - 1);
	hostile_length(IMSGPAIR_FD_MARK);
	hostile_length(IMSGPAIR_FD_MARK | (IMSG_HEADER_SIZE - 1));
	hostile_length(UINT32_MAX);
}

ATF_TC_WITHOUT_HEAD(peer_gone);
ATF_TC_BODY(peer_gone, tc)
{
	struct imsgpair	 p;
	struct imsg	 imsg;
	struct imsg_hdr	 hdr = imsgpair_header(1, IMSG_HEADER_SIZE + 1);

	/* Default disposition: a signal would end this test. */
	ATF_REQUIRE(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
	imsgpair_open(&p);
	imsgpair_send(p.fd[0], &hdr, sizeof(hdr));	/* half a message */
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
	imsgpair_close(&p);
}

/* Bytes of any number of messages in a socket buffer that holds few. */
static void
small_buffer(bool fds)
{
	struct imsgpair	 p;
	struct imsg	 imsg;
	uint8_t		 data[3000];
	uint32_t	 sent = 0, got = 0, i;
	int		 small = 1, fd, stuck = 0;
	size_t		 len;

	imsgpair_open(&p);
	if (fds)
		imsgpair_pass_fds(&p);
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
	imsgpair_close(&p);
}

ATF_TC_WITHOUT_HEAD(partial_writes);
ATF_TC_BODY(partial_writes, tc)
{
	int	 before = imsgpair_open_fds();

	small_buffer(false);
	small_buffer(true);
	ATF_CHECK_EQ(before, imsgpair_open_fds());
}

/* A queue over IOV_MAX buffers goes in few writes and few reads. */
ATF_TC_WITHOUT_HEAD(gathering);
ATF_TC_BODY(gathering, tc)
{
	struct imsgpair	 p;
	struct imsg	 imsg;
	int		 i, n = IOV_MAX + 100, writes = 0, reads = 0, got = 0;
	int		 big = 1 << 20;

	imsgpair_open(&p);
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
	imsgpair_close(&p);
}

ATF_TC_WITHOUT_HEAD(flush_waits);
ATF_TC_BODY(flush_waits, tc)
{
	struct imsgpair	 p;
	static char	 data[PAYLOAD_MAX];
	char		 sink[65536];
	int		 i;
	pid_t		 pid;

	imsgpair_open(&p);
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
	ATF_REQUIRE_EQ(pid, waitpid(pid, NULL, 0));
	imsgpair_close(&p);
}

ATF_TC_WITHOUT_HEAD(forwarding);
ATF_TC_BODY(forwarding, tc)
{
	struct imsgpair	 p;
	struct imsg	 imsg;
	char		 got[5];
	int		 i;

	imsgpair_open(&p);
	imsgpair_pass_fds(&p);
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
	imsgpair_close(&p);
}

ATF_TC_WITHOUT_HEAD(parking);
ATF_TC_BODY(parking, tc)
{
	struct imsgpair		 p;
	struct imsg		 imsg;
	struct ibufqueue	*q;
	int			 before = imsgpair_open_fds(), i;
	char			 got[2];

	imsgpair_open(&p);
	imsgpair_pass_fds(&p);
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
	imsgpair_close(&p);
	ATF_CHECK_EQ(before, imsgpair_open_fds());
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
	ATF_TP_ADD_TC(tp, forwarding);
	ATF_TP_ADD_TC(tp, parking);
	return atf_no_error();
}
