/* SPDX-License-Identifier: ISC */
/*
 * Typed messages on top of the buffer queues.
 */
#ifndef HAVE_IMSG

#include <sys/types.h>
#include <sys/uio.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imsg.h"

#define FDPASS		0x01		/* imsgbuf flag */
#define FD_MARK		0x80000000U	/* in hdr.len: a descriptor belongs */

static struct ibuf *
read_header(struct ibuf *view, void *arg, int *fd)
{
	struct imsgbuf	*imsgbuf = arg;
	struct imsg_hdr	 hdr;
	struct ibuf	*buf;
	uint32_t	 len;

	if (ibuf_get(view, &hdr, sizeof(hdr)) == -1)
		return NULL;
	len = hdr.len & ~FD_MARK;
	if (len < sizeof(hdr) || len > imsgbuf->maxsize) {
		errno = ERANGE;
		return NULL;
	}
	if ((buf = ibuf_open(len)) == NULL)
		return NULL;
	if (hdr.len & FD_MARK) {
		ibuf_fd_set(buf, *fd);
		*fd = -1;
	}
	return buf;
}

int
imsgbuf_init(struct imsgbuf *imsgbuf, int fd)
{
	memset(imsgbuf, 0, sizeof(*imsgbuf));
	imsgbuf->w = msgbuf_new_reader(sizeof(struct imsg_hdr), read_header,
	    imsgbuf);
	if (imsgbuf->w == NULL)
		return -1;
	imsgbuf->pid = getpid();
	imsgbuf->maxsize = MAX_IMSGSIZE;
	imsgbuf->fd = fd;
	return 0;
}

void
imsgbuf_allow_fdpass(struct imsgbuf *imsgbuf)
{
	imsgbuf->flags |= FDPASS;
}

int
imsgbuf_set_maxsize(struct imsgbuf *imsgbuf, uint32_t max)
{
	if (max == 0 || max >= FD_MARK - sizeof(struct imsg_hdr)) {
		errno = EINVAL;
		return -1;
	}
	imsgbuf->maxsize = max + sizeof(struct imsg_hdr);
	return 0;
}

int
imsgbuf_read(struct imsgbuf *imsgbuf)
{
	if (imsgbuf->flags & FDPASS)
		return msgbuf_read(imsgbuf->fd, imsgbuf->w);
	return ibuf_read(imsgbuf->fd, imsgbuf->w);
}

int
imsgbuf_write(struct imsgbuf *imsgbuf)
{
	if (imsgbuf->flags & FDPASS)
		return msgbuf_write(imsgbuf->fd, imsgbuf->w);
	return ibuf_write(imsgbuf->fd, imsgbuf->w);
}

int
imsgbuf_flush(struct imsgbuf *imsgbuf)
{
	struct pollfd	 pfd = { .fd = imsgbuf->fd, .events = POLLOUT };

	while (imsgbuf_queuelen(imsgbuf) > 0) {
		if (poll(&pfd, 1, -1) == -1 && errno != EINTR)
			return -1;
		if (imsgbuf_write(imsgbuf) == -1)
			return -1;
	}
	return 0;
}

void
imsgbuf_clear(struct imsgbuf *imsgbuf)
{
	msgbuf_free(imsgbuf->w);
	imsgbuf->w = NULL;
}

uint32_t
imsgbuf_queuelen(struct imsgbuf *imsgbuf)
{
	return msgbuf_queuelen(imsgbuf->w);
}

/* Makes imsg of buf, whose first bytes are the header. */
static int
from_ibuf(struct ibuf *buf, struct imsg *imsg)
{
	struct imsg_hdr	 hdr;

	if (ibuf_get(buf, &hdr, sizeof(hdr)) == -1) {
		ibuf_free(buf);
		return -1;
	}
	hdr.len &= ~FD_MARK;
	imsg->hdr = hdr;
	imsg->data = ibuf_size(buf) > 0 ? ibuf_data(buf) : NULL;
	imsg->buf = buf;
	return 1;
}

int
imsgbuf_get(struct imsgbuf *imsgbuf, struct imsg *imsg)
{
	struct ibuf	*buf;

	if ((buf = msgbuf_get(imsgbuf->w)) == NULL)
		return 0;
	return from_ibuf(buf, imsg);
}

uint32_t
imsg_get_type(struct imsg *imsg)
{
	return imsg->hdr.type;
}

uint32_t
imsg_get_id(struct imsg *imsg)
{
	return imsg->hdr.peerid;
}

pid_t
imsg_get_pid(struct imsg *imsg)
{
	return imsg->hdr.pid;
}

size_t
imsg_get_len(struct imsg *imsg)
{
	return ibuf_size(imsg->buf);
}

int
imsg_get_data(struct imsg *imsg, void *data, size_t len)
{
	if (len == 0) {
		errno = EINVAL;
		return -1;
	}
	if (ibuf_size(imsg->buf) != len) {
		errno = EBADMSG;
		return -1;
	}
	return ibuf_get(imsg->buf, data, len);
}

int
imsg_get_ibuf(struct imsg *imsg, struct ibuf *view)
{
	size_t	 len = ibuf_size(imsg->buf);

	if (len == 0) {
		errno = EBADMSG;
		return -1;
	}
	return ibuf_get_ibuf(imsg->buf, len, view);
}

int
imsg_get_buf(struct imsg *imsg, void *data, size_t len)
{
	return ibuf_get(imsg->buf, data, len);
}

int
imsg_get_strbuf(struct imsg *imsg, char *str, size_t len)
{
	return ibuf_get_strbuf(imsg->buf, str, len);
}

int
imsg_get_fd(struct imsg *imsg)
{
	return ibuf_fd_get(imsg->buf);
}

void
imsg_free(struct imsg *imsg)
{
	ibuf_free(imsg->buf);
	imsg->buf = NULL;
	imsg->data = NULL;
}

struct ibuf *
imsg_create(struct imsgbuf *imsgbuf, uint32_t type, uint32_t id, pid_t pid,
    size_t datalen)
{
	struct imsg_hdr	 hdr;
	struct ibuf	*buf;

	if (datalen > imsgbuf->maxsize - sizeof(hdr)) {
		errno = ERANGE;
		return NULL;
	}
	buf = ibuf_dynamic(sizeof(hdr) + datalen, imsgbuf->maxsize);
	if (buf == NULL)
		return NULL;
	hdr.type = type;
	hdr.len = 0;		/* imsg_close() knows it */
	hdr.peerid = id;
	hdr.pid = pid != 0 ? pid : imsgbuf->pid;
	if (ibuf_add(buf, &hdr, sizeof(hdr)) == -1) {
		ibuf_free(buf);
		return NULL;
	}
	return buf;
}

int
imsg_add(struct ibuf *msg, const void *data, size_t len)
{
	if (ibuf_add(msg, data, len) == -1) {
		ibuf_free(msg);
		return -1;
	}
	return len;
}

static void
close_sized(struct imsgbuf *imsgbuf, struct ibuf *msg, size_t len)
{
	uint32_t	 mark = ibuf_fd_avail(msg) ? FD_MARK : 0;

	/* Cannot fail: the header is in every message that was created. */
	if (ibuf_set_h32(msg, offsetof(struct imsg_hdr, len),
	    len | mark) == -1)
		abort();
	ibuf_close(imsgbuf->w, msg);
}

void
imsg_close(struct imsgbuf *imsgbuf, struct ibuf *msg)
{
	close_sized(imsgbuf, msg, ibuf_size(msg));
}

int
imsg_composev(struct imsgbuf *imsgbuf, uint32_t type, uint32_t id, pid_t pid,
    int fd, const struct iovec *iov, int n)
{
	struct ibuf	*msg;
	size_t		 len = 0;
	int		 i;

	for (i = 0; i < n; i++) {
		if (iov[i].iov_len > imsgbuf->maxsize - len) {
			errno = ERANGE;
			return -1;
		}
		len += iov[i].iov_len;
	}
	if ((msg = imsg_create(imsgbuf, type, id, pid, len)) == NULL)
		return -1;
	for (i = 0; i < n; i++)
		if (imsg_add(msg, iov[i].iov_base, iov[i].iov_len) == -1)
			return -1;
	ibuf_fd_set(msg, fd);
	imsg_close(imsgbuf, msg);
	return 1;
}

int
imsg_compose(struct imsgbuf *imsgbuf, uint32_t type, uint32_t id, pid_t pid,
    int fd, const void *data, size_t len)
{
	struct ibuf	*msg;

	if ((msg = imsg_create(imsgbuf, type, id, pid, len)) == NULL)
		return -1;
	if (imsg_add(msg, data, len) == -1)
		return -1;
	ibuf_fd_set(msg, fd);
	imsg_close(imsgbuf, msg);
	return 1;
}

int
imsg_compose_ibuf(struct imsgbuf *imsgbuf, uint32_t type, uint32_t id,
    pid_t pid, struct ibuf *buf)
{
	struct ibuf	*msg;
	size_t		 len = ibuf_size(buf);

	if (len > imsgbuf->maxsize - sizeof(struct imsg_hdr)) {
		ibuf_free(buf);
		errno = ERANGE;
		return -1;
	}
	if ((msg = imsg_create(imsgbuf, type, id, pid, 0)) == NULL) {
		ibuf_free(buf);
		return -1;
	}
	/* Header and payload follow each other as two buffers: no copy. */
	ibuf_fd_set(buf, -1);
	close_sized(imsgbuf, msg, ibuf_size(msg) + len);
	ibuf_close(imsgbuf->w, buf);
	return 1;
}

int
imsg_forward(struct imsgbuf *imsgbuf, struct imsg *imsg)
{
	struct ibuf	 all;
	struct ibuf	*msg;

	/* From the beginning, whatever of it was consumed. */
	ibuf_from_buffer(&all, imsg->buf->buf, imsg->buf->wpos);
	if (ibuf_skip(&all, sizeof(imsg->hdr)) == -1)
		return -1;
	msg = imsg_create(imsgbuf, imsg->hdr.type, imsg->hdr.peerid,
	    imsg->hdr.pid, ibuf_size(&all));
	if (msg == NULL)
		return -1;
	if (ibuf_add_ibuf(msg, &all) == -1) {
		ibuf_free(msg);
		return -1;
	}
	imsg_close(imsgbuf, msg);
	return 1;
}

void
imsg_ibufq_push(struct ibufqueue *q, struct imsg *imsg)
{
	ibuf_rewind(imsg->buf);
	ibufq_push(q, imsg->buf);
	memset(imsg, 0, sizeof(*imsg));
}

int
imsg_ibufq_pop(struct ibufqueue *q, struct imsg *imsg)
{
	struct ibuf	*buf;

	if ((buf = ibufq_pop(q)) == NULL)
		return 0;
	return from_ibuf(buf, imsg);
}

#endif /* !HAVE_IMSG */
