/* SPDX-License-Identifier: ISC */
/*
 * A hostile process at the other end of an imsg pipe: arbitrary bytes in
 * arbitrary pieces, with descriptors where no message has room for them.
 *
 * Input: the receiver's limit (1 byte, units of 64), then pieces: a byte
 * with the length (low 6 bits), "with a descriptor" (0x40) and "read first"
 * (0x80), then that many bytes.
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <imsg.h>

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
send_piece(int s, const uint8_t *data, size_t len, int fd)
{
	union {
		struct cmsghdr	 align;
		char		 buf[CMSG_SPACE(sizeof(int))];
	} control;
	uint8_t		 copy[64];
	struct iovec	 iov = { copy, len };
	struct msghdr	 msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr	*cmsg;

	memcpy(copy, data, len);
	if (fd != -1) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control.buf);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	if (sendmsg(s, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) == -1)
		abort();
}

static void
consume(struct imsgbuf *imsgbuf, struct imsg *imsg)
{
	struct ibuf	 view;
	char		 str[16];
	uint64_t	 v;
	size_t		 len = imsg_get_len(imsg);
	int		 fd;

	if (len + IMSG_HEADER_SIZE > imsgbuf->maxsize ||
	    imsg->hdr.len != len + IMSG_HEADER_SIZE)
		abort();
	switch (imsg_get_type(imsg) % 4) {
	case 0:
		(void)imsg_get_data(imsg, &v, sizeof(v));
		break;
	case 1:
		(void)imsg_get_strbuf(imsg, str, sizeof(str));
		break;
	case 2:
		if (imsg_get_ibuf(imsg, &view) == 0)
			free(ibuf_get_string(&view, ibuf_size(&view)));
		break;
	case 3:
		if ((fd = imsg_get_fd(imsg)) != -1)
			close(fd);
		break;
	}
	if (imsg_forward(imsgbuf, imsg) != 1)
		abort();
	imsg_free(imsg);
}

/* Reads as long as the stream is whole and something is left in it. */
static int
drain(struct imsgbuf *imsgbuf)
{
	struct imsg	 imsg;
	int		 before, got = 0;

	do {
		before = got;
		if (imsgbuf_read(imsgbuf) == -1)
			return -1;
		for (; imsgbuf_get(imsgbuf, &imsg) == 1; got++)
			consume(imsgbuf, &imsg);
	} while (got > before);
	return 0;
}

static void
run_pieces(struct imsgbuf *imsgbuf, int peer, const uint8_t *data,
    size_t size, int fd)
{
	size_t	 len, unread = 0;

	while (size > 1) {
		len = data[0] & 0x3f;
		if (len > size - 1)
			len = size - 1;
		/* Small sends fill a socket buffer fast. */
		if ((data[0] & 0x80 || ++unread > 32)) {
			unread = 0;
			if (drain(imsgbuf) == -1)
				return;
		}
		if (len > 0)
			send_piece(peer, data + 1, len,
			    data[0] & 0x40 ? fd : -1);
		data += 1 + len;
		size -= 1 + len;
	}
	(void)drain(imsgbuf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct imsgbuf	 imsgbuf;
	int		 fd, s[2], next;

	if (size < 2)
		return 0;
	if ((fd = open("/dev/null", O_RDONLY)) == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s) == -1 ||
	    imsgbuf_init(&imsgbuf, s[0]) == -1)
		abort();
	imsgbuf_allow_fdpass(&imsgbuf);
	if (imsgbuf_set_maxsize(&imsgbuf, 64 * (uint32_t)data[0] + 1) == -1)
		abort();
	run_pieces(&imsgbuf, s[1], data + 1, size - 1, fd);
	imsgbuf_clear(&imsgbuf);
	/* Nothing leaked: the next free number is as at the start. */
	if ((next = dup(fd)) != s[1] + 1)
		abort();
	close(next);
	close(s[0]);
	close(s[1]);
	close(fd);
	return 0;
}
