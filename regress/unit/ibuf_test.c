/* SPDX-License-Identifier: ISC */
/*
 * The buffers under imsg: what they hold, and where they stop.
 */
#include <sys/types.h>
#include <sys/wait.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>
#include <imsg.h>

ATF_TC_WITHOUT_HEAD(integers);
ATF_TC_BODY(integers, tc)
{
	static const uint8_t	 want[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
				    0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d,
				    0x0e, 0x0f };
	struct ibuf	*buf;
	uint8_t		 v8;
	uint16_t	 v16, h16 = 0x1234;
	uint32_t	 v32, h32 = 0x12345678;
	uint64_t	 v64, h64 = 0x123456789abcdef0;

	ATF_REQUIRE((buf = ibuf_dynamic(0, 64)) != NULL);
	ATF_REQUIRE_EQ(0, ibuf_add_n8(buf, 0x01));
	ATF_REQUIRE_EQ(0, ibuf_add_n16(buf, 0x0203));
	ATF_REQUIRE_EQ(0, ibuf_add_n32(buf, 0x04050607));
	ATF_REQUIRE_EQ(0, ibuf_add_n64(buf, 0x08090a0b0c0d0e0f));
	ATF_CHECK_EQ(sizeof(want), ibuf_size(buf));
	ATF_CHECK(memcmp(ibuf_data(buf), want, sizeof(want)) == 0);
	ATF_REQUIRE_EQ(0, ibuf_add_h16(buf, h16));
	ATF_REQUIRE_EQ(0, ibuf_add_h32(buf, h32));
	ATF_REQUIRE_EQ(0, ibuf_add_h64(buf, h64));
	ATF_CHECK(memcmp(ibuf_seek(buf, 15, 2), &h16, 2) == 0);
	ATF_CHECK(memcmp(ibuf_seek(buf, 17, 4), &h32, 4) == 0);
	ATF_CHECK(memcmp(ibuf_seek(buf, 21, 8), &h64, 8) == 0);

	ATF_REQUIRE_EQ(0, ibuf_get_n8(buf, &v8));
	ATF_CHECK_EQ(0x01, v8);
	ATF_REQUIRE_EQ(0, ibuf_get_n16(buf, &v16));
	ATF_CHECK_EQ(0x0203, v16);
	ATF_REQUIRE_EQ(0, ibuf_get_n32(buf, &v32));
	ATF_CHECK_EQ(0x04050607, v32);
	ATF_REQUIRE_EQ(0, ibuf_get_n64(buf, &v64));
	ATF_CHECK_EQ(0x08090a0b0c0d0e0f, v64);
	ATF_REQUIRE_EQ(0, ibuf_get_h16(buf, &v16));
	ATF_CHECK_EQ(h16, v16);
	ATF_REQUIRE_EQ(0, ibuf_get_h32(buf, &v32));
	ATF_CHECK_EQ(h32, v32);
	ATF_REQUIRE_EQ(0, ibuf_get_h64(buf, &v64));
	ATF_CHECK_EQ(h64, v64);
	ATF_CHECK_EQ(0, ibuf_size(buf));
	ibuf_rewind(buf);
	ATF_CHECK_EQ(29, ibuf_size(buf));
	ibuf_free(buf);
}

ATF_TC_WITHOUT_HEAD(integer_ranges);
ATF_TC_BODY(integer_ranges, tc)
{
	struct ibuf	*buf;

	ATF_REQUIRE((buf = ibuf_open(64)) != NULL);
	ATF_CHECK_EQ(-1, ibuf_add_n8(buf, 0x100));
	ATF_CHECK_EQ(EINVAL, errno);
	ATF_CHECK_EQ(-1, ibuf_add_n16(buf, 0x10000));
	ATF_CHECK_EQ(-1, ibuf_add_n32(buf, 0x100000000));
	ATF_CHECK_EQ(-1, ibuf_add_h16(buf, 0x10000));
	ATF_CHECK_EQ(-1, ibuf_add_h32(buf, 0x100000000));
	ATF_CHECK_EQ(0, ibuf_size(buf));
	ATF_CHECK_EQ(0, ibuf_add_n8(buf, UINT8_MAX));
	ATF_CHECK_EQ(0, ibuf_add_n16(buf, UINT16_MAX));
	ATF_CHECK_EQ(0, ibuf_add_n32(buf, UINT32_MAX));
	ATF_CHECK_EQ(0, ibuf_add_n64(buf, UINT64_MAX));
	ATF_CHECK_EQ(-1, ibuf_set_n8(buf, 0, 0x100));
	ATF_CHECK_EQ(-1, ibuf_set_n16(buf, 0, 0x10000));
	ATF_CHECK_EQ(-1, ibuf_set_n32(buf, 0, 0x100000000));
	ATF_CHECK_EQ(15, ibuf_size(buf));
	ibuf_free(buf);
}

/* A getter that finds too little changes neither value nor buffer. */
ATF_TC_WITHOUT_HEAD(short_gets);
ATF_TC_BODY(short_gets, tc)
{
	struct ibuf	 view, sub;
	uint8_t		 v8 = 7, raw[7] = { 0 };
	uint16_t	 v16 = 7;
	uint32_t	 v32 = 7;
	uint64_t	 v64 = 7;

	ibuf_from_buffer(&view, raw, 7);
	errno = 0;
	ATF_CHECK_EQ(-1, ibuf_get_n64(&view, &v64));
	ATF_CHECK_EQ(EBADMSG, errno);
	ATF_CHECK_EQ(-1, ibuf_get_h64(&view, &v64));
	ATF_REQUIRE_EQ(0, ibuf_skip(&view, 4));
	ATF_CHECK_EQ(-1, ibuf_get_n32(&view, &v32));
	ATF_CHECK_EQ(-1, ibuf_get_h32(&view, &v32));
	ATF_REQUIRE_EQ(0, ibuf_skip(&view, 2));
	ATF_CHECK_EQ(-1, ibuf_get_n16(&view, &v16));
	ATF_CHECK_EQ(-1, ibuf_get_h16(&view, &v16));
	ATF_CHECK_EQ(1, ibuf_size(&view));
	ATF_REQUIRE_EQ(0, ibuf_skip(&view, 1));
	ATF_CHECK_EQ(-1, ibuf_get_n8(&view, &v8));
	ATF_CHECK_EQ(-1, ibuf_get(&view, raw, 1));
	ATF_CHECK_EQ(-1, ibuf_skip(&view, 1));
	ATF_CHECK_EQ(-1, ibuf_skip(&view, SIZE_MAX));
	ATF_CHECK_EQ(-1, ibuf_get_ibuf(&view, 1, &sub));
	ATF_CHECK_EQ(0, ibuf_get_ibuf(&view, 0, &sub));
	ATF_CHECK(v8 == 7 && v16 == 7 && v32 == 7 && v64 == 7);
}

ATF_TC_WITHOUT_HEAD(growth_and_limit);
ATF_TC_BODY(growth_and_limit, tc)
{
	struct ibuf	*buf;
	uint8_t		*p;
	size_t		 i;

	ATF_CHECK(ibuf_dynamic(2, 1) == NULL);
	ATF_CHECK(ibuf_dynamic(0, 0) == NULL);
	ATF_CHECK(ibuf_open(SIZE_MAX) == NULL);
	ATF_REQUIRE((buf = ibuf_dynamic(3, 1000)) != NULL);
	for (i = 0; i < 1000; i++) {
		ATF_REQUIRE_EQ(1000 - i, ibuf_left(buf));
		ATF_REQUIRE_EQ(0, ibuf_add_n8(buf, i & 0xff));
	}
	ATF_CHECK_EQ(-1, ibuf_add_n8(buf, 1));
	ATF_CHECK_EQ(ERANGE, errno);
	ATF_CHECK_EQ(-1, ibuf_add_zero(buf, SIZE_MAX));
	ATF_CHECK(ibuf_reserve(buf, 1) == NULL);
	ATF_CHECK_EQ(0, ibuf_add(buf, NULL, 0));
	p = ibuf_data(buf);
	for (i = 0; i < 1000; i++)
		ATF_REQUIRE_EQ((i & 0xff), p[i]);
	ibuf_free(buf);

	ATF_REQUIRE((buf = ibuf_dynamic(1, 100)) != NULL);
	ATF_CHECK_EQ(0, ibuf_add_zero(buf, 10));
	ATF_CHECK_EQ(-1, ibuf_set_maxsize(buf, 101));
	ATF_CHECK_EQ(-1, ibuf_set_maxsize(buf, 9));
	ATF_CHECK_EQ(0, ibuf_set_maxsize(buf, 11));
	ATF_CHECK_EQ(1, ibuf_left(buf));
	ATF_CHECK_EQ(-1, ibuf_add(buf, "ab", 2));
	ibuf_free(buf);
	ibuf_free(NULL);
}

ATF_TC_WITHOUT_HEAD(overwriting);
ATF_TC_BODY(overwriting, tc)
{
	struct ibuf	*buf;
	uint16_t	 v16;
	uint64_t	 v64;

	ATF_REQUIRE((buf = ibuf_open(20)) != NULL);
	ATF_REQUIRE_EQ(0, ibuf_add_zero(buf, 12));
	ATF_CHECK_EQ(0, ibuf_set_n16(buf, 0, 0xabcd));
	ATF_CHECK_EQ(0, ibuf_set_n64(buf, 4, 0x1122334455667788));
	ATF_CHECK_EQ(-1, ibuf_set_n64(buf, 5, 1));
	ATF_CHECK_EQ(ERANGE, errno);
	ATF_CHECK_EQ(-1, ibuf_set_n8(buf, 12, 1));
	ATF_CHECK_EQ(-1, ibuf_set_h16(buf, SIZE_MAX, 1));
	ATF_CHECK_EQ(-1, ibuf_set(buf, 1, "", SIZE_MAX));
	ATF_CHECK_EQ(0, ibuf_set_h32(buf, 0, 0));
	ATF_CHECK_EQ(0, ibuf_set_h64(buf, 4, 1));
	ATF_CHECK_EQ(0, ibuf_set_n32(buf, 8, 9));
	ATF_CHECK_EQ(0, ibuf_set_n64(buf, 4, 0x1122334455667788));
	ATF_CHECK_EQ(0, ibuf_set(buf, 0, "\1\2", 2));
	ATF_CHECK(ibuf_seek(buf, 12, 0) != NULL);
	ATF_CHECK(ibuf_seek(buf, 0, 13) == NULL);
	/* Positions count from what is unread. */
	ATF_REQUIRE_EQ(0, ibuf_get_n16(buf, &v16));
	ATF_CHECK_EQ(0x0102, v16);
	ATF_CHECK_EQ(-1, ibuf_set_n64(buf, 3, 1));
	ATF_REQUIRE_EQ(0, ibuf_skip(buf, 2));
	ATF_REQUIRE_EQ(0, ibuf_get_n64(buf, &v64));
	ATF_CHECK_EQ(0x1122334455667788, v64);
	ibuf_free(buf);
}

ATF_TC_WITHOUT_HEAD(strings);
ATF_TC_BODY(strings, tc)
{
	struct ibuf	*buf;
	char		 str[8], *s;

	ATF_REQUIRE((buf = ibuf_open(32)) != NULL);
	ATF_CHECK_EQ(-1, ibuf_add_strbuf(buf, "12345678", 8));
	ATF_CHECK_EQ(EOVERFLOW, errno);
	ATF_CHECK_EQ(-1, ibuf_add_strbuf(buf, "", 0));
	ATF_CHECK_EQ(0, ibuf_add_strbuf(buf, "1234567", 8));
	ATF_CHECK_EQ(0, ibuf_add_strbuf(buf, "x", 8));
	ATF_CHECK_EQ(0, ibuf_add(buf, "abcdefgh", 8));
	ATF_CHECK(memcmp(ibuf_seek(buf, 8, 8), "x\0\0\0\0\0\0\0", 8) == 0);

	ATF_CHECK_EQ(0, ibuf_get_strbuf(buf, str, 8));
	ATF_CHECK_STREQ("1234567", str);
	ATF_REQUIRE((s = ibuf_get_string(buf, 8)) != NULL);
	ATF_CHECK_STREQ("x", s);
	free(s);
	ATF_CHECK_EQ(-1, ibuf_get_strbuf(buf, str, 0));
	ATF_CHECK_EQ(-1, ibuf_get_strbuf(buf, str, 8));
	ATF_CHECK_EQ(EOVERFLOW, errno);
	ATF_CHECK_STREQ("abcdefg", str);
	ATF_CHECK_EQ(0, ibuf_size(buf));
	ATF_CHECK(ibuf_get_string(buf, 1) == NULL);
	ATF_CHECK_EQ(EBADMSG, errno);
	ATF_REQUIRE((s = ibuf_get_string(buf, 0)) != NULL);
	ATF_CHECK_STREQ("", s);
	free(s);
	ibuf_free(buf);
}

ATF_TC_WITHOUT_HEAD(views);
ATF_TC_BODY(views, tc)
{
	struct ibuf	*buf, view, sub;
	uint8_t		 v;

	ATF_REQUIRE((buf = ibuf_open(8)) != NULL);
	ATF_REQUIRE_EQ(0, ibuf_add(buf, "abcdef", 6));
	ATF_REQUIRE_EQ(0, ibuf_get_n8(buf, &v));
	ibuf_from_ibuf(&view, buf);
	ATF_CHECK_EQ(5, ibuf_size(&view));
	ATF_CHECK_EQ(0, ibuf_left(&view));
	ATF_CHECK_EQ(-1, ibuf_add(&view, "x", 1));
	ATF_CHECK_EQ(ERANGE, errno);
	ATF_CHECK_EQ(-1, ibuf_truncate(&view, 6));
	ATF_CHECK_EQ(-1, ibuf_set_maxsize(&view, 1));
	ATF_REQUIRE_EQ(0, ibuf_get_ibuf(&view, 2, &sub));
	ATF_CHECK(memcmp(ibuf_data(&sub), "bc", 2) == 0);
	ATF_CHECK_EQ(2, ibuf_size(&sub));
	ATF_REQUIRE_EQ(0, ibuf_get_n8(&view, &v));
	ATF_CHECK_EQ('d', v);
	/* The first buffer was not consumed by its views. */
	ATF_CHECK_EQ(5, ibuf_size(buf));
	ATF_CHECK_EQ(0, ibuf_truncate(buf, 2));
	ATF_CHECK_EQ(2, ibuf_size(buf));
	ATF_CHECK_EQ(0, ibuf_truncate(buf, 4));
	ATF_CHECK(memcmp(ibuf_data(buf), "bc\0\0", 4) == 0);
	ATF_CHECK_EQ(-1, ibuf_truncate(buf, 9));
	ATF_CHECK_EQ(-1, ibuf_add_ibuf(buf, buf));
	ATF_CHECK_EQ(0, ibuf_add_ibuf(buf, &sub));
	ATF_CHECK(memcmp(ibuf_data(buf), "bc\0\0bc", 6) == 0);
	ibuf_free(buf);
}

/* Freeing or queueing memory of another's is a bug in the caller. */
static void
must_abort(void (*f)(struct ibuf *))
{
	struct ibuf	 view;
	int		 status;
	pid_t		 pid;
	char		 b;

	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		ibuf_from_buffer(&view, &b, 1);
		f(&view);
		_exit(0);
	}
	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void
push_view(struct ibuf *view)
{
	ibufq_push(ibufq_new(), view);
}

static void
view_fd(struct ibuf *view)
{
	ibuf_fd_set(view, 0);
}

ATF_TC_WITHOUT_HEAD(view_misuse);
ATF_TC_BODY(view_misuse, tc)
{
	must_abort(ibuf_free);
	must_abort(push_view);
	must_abort(view_fd);
}

ATF_TC_WITHOUT_HEAD(descriptors);
ATF_TC_BODY(descriptors, tc)
{
	struct ibuf	*buf;
	int		 a, b;

	ATF_REQUIRE((buf = ibuf_open(1)) != NULL);
	ATF_CHECK_EQ(0, ibuf_fd_avail(buf));
	ATF_CHECK_EQ(-1, ibuf_fd_get(buf));
	ATF_REQUIRE((a = open("/dev/null", O_RDONLY)) != -1);
	ATF_REQUIRE((b = dup(a)) != -1);
	ibuf_fd_set(buf, a);
	ATF_CHECK_EQ(1, ibuf_fd_avail(buf));
	ibuf_fd_set(buf, b);		/* closes a */
	ATF_CHECK_EQ(-1, fcntl(a, F_GETFD));
	ATF_CHECK_EQ(b, ibuf_fd_get(buf));
	ATF_CHECK_EQ(0, ibuf_fd_avail(buf));
	ibuf_fd_set(buf, b);
	errno = EXDEV;
	ibuf_free(buf);
	ATF_CHECK_EQ_MSG(EXDEV, errno, "freeing changed errno");
	ATF_CHECK_EQ(-1, fcntl(b, F_GETFD));
}

ATF_TC_WITHOUT_HEAD(queues);
ATF_TC_BODY(queues, tc)
{
	struct ibufqueue	*a, *b;
	struct msgbuf		*m;
	struct ibuf		*buf;
	uint8_t			 i, v;

	ATF_REQUIRE((a = ibufq_new()) != NULL);
	ATF_REQUIRE((b = ibufq_new()) != NULL);
	ATF_REQUIRE((m = msgbuf_new()) != NULL);
	for (i = 0; i < 6; i++) {
		ATF_REQUIRE((buf = ibuf_open(1)) != NULL);
		ATF_REQUIRE_EQ(0, ibuf_add_n8(buf, i));
		ibufq_push(i < 3 ? a : b, buf);
	}
	ibufq_concat(a, b);
	ATF_CHECK_EQ(6, ibufq_queuelen(a));
	ATF_CHECK_EQ(0, ibufq_queuelen(b));
	ATF_CHECK(ibufq_pop(b) == NULL);
	for (i = 0; i < 4; i++) {
		ATF_REQUIRE((buf = ibufq_pop(a)) != NULL);
		ATF_REQUIRE_EQ(0, ibuf_get_n8(buf, &v));
		ATF_CHECK_EQ(i, v);
		ibuf_free(buf);
	}
	msgbuf_concat(m, a);
	ATF_CHECK_EQ(0, ibufq_queuelen(a));
	ATF_CHECK_EQ(2, msgbuf_queuelen(m));
	ATF_CHECK_EQ(-1, msgbuf_read(0, m));	/* it is no reader */
	ATF_CHECK(msgbuf_get(m) == NULL);
	msgbuf_clear(m);
	ATF_CHECK_EQ(0, msgbuf_queuelen(m));
	ATF_CHECK_EQ(0, msgbuf_write(-1, m));
	msgbuf_free(m);
	ibufq_free(a);
	ibufq_free(b);
}

/* Without a socket: the queue goes through a pipe(2) as well. */
static struct ibuf *
one_byte_length(struct ibuf *hdr, void *arg, int *fd)
{
	uint8_t	 len;

	(void)arg;
	(void)fd;
	if (ibuf_get_n8(hdr, &len) == -1)
		return NULL;
	return ibuf_open(len);
}

ATF_TC_WITHOUT_HEAD(own_protocol_over_pipe);
ATF_TC_BODY(own_protocol_over_pipe, tc)
{
	struct msgbuf	*r, *w;
	struct ibuf	*buf;
	int		 p[2];

	ATF_CHECK(msgbuf_new_reader(0, one_byte_length, NULL) == NULL);
	ATF_REQUIRE((r = msgbuf_new_reader(1, one_byte_length, NULL)) != NULL);
	ATF_REQUIRE((w = msgbuf_new()) != NULL);
	ATF_REQUIRE_EQ(0, pipe(p));
	ATF_REQUIRE((buf = ibuf_open(5)) != NULL);
	ATF_REQUIRE_EQ(0, ibuf_add(buf, "\003ab\001\000", 5));
	ibuf_close(w, buf);
	ATF_REQUIRE_EQ(0, ibuf_write(p[1], w));
	ATF_CHECK_EQ(0, msgbuf_queuelen(w));
	/* The third message is shorter than its header: a dead end. */
	ATF_CHECK_EQ(-1, ibuf_read(p[0], r));
	ATF_CHECK_EQ(EINVAL, errno);
	ATF_REQUIRE((buf = msgbuf_get(r)) != NULL);
	ATF_CHECK(ibuf_size(buf) == 3 &&
	    memcmp(ibuf_data(buf), "\003ab", 3) == 0);
	ibuf_free(buf);
	ATF_REQUIRE((buf = msgbuf_get(r)) != NULL);
	ATF_CHECK_EQ(1, ibuf_size(buf));
	ibuf_free(buf);
	ATF_CHECK(msgbuf_get(r) == NULL);
	msgbuf_free(r);
	msgbuf_free(w);
	close(p[0]);
	close(p[1]);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, integers);
	ATF_TP_ADD_TC(tp, integer_ranges);
	ATF_TP_ADD_TC(tp, short_gets);
	ATF_TP_ADD_TC(tp, growth_and_limit);
	ATF_TP_ADD_TC(tp, overwriting);
	ATF_TP_ADD_TC(tp, strings);
	ATF_TP_ADD_TC(tp, views);
	ATF_TP_ADD_TC(tp, view_misuse);
	ATF_TP_ADD_TC(tp, descriptors);
	ATF_TP_ADD_TC(tp, queues);
	ATF_TP_ADD_TC(tp, own_protocol_over_pipe);
	return atf_no_error();
}
