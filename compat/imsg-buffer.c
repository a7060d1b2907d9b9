/* SPDX-License-Identifier: ISC */
/*
 * Queues of buffers, and their way through a socket with or without
 * descriptors.
 */
#ifndef HAVE_IMSG

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imsg.h"

#define FD_LOST		-2	/* one was sent that the kernel had to drop */
/*
 * Descriptors received but not yet given to a message: one whose header is
 * still incomplete, and the one that came with the last read.
 */
#define PENDING_MAX	2

struct ibufqueue {
	TAILQ_HEAD(, ibuf)	 bufs;
	uint32_t		 queued;
};

struct msgbuf {
	struct ibufqueue	 out;
	struct ibufqueue	 in;

	struct ibuf		*(*readhdr)(struct ibuf *, void *, int *);
	void			*arg;
	size_t			 hdrsz;
	struct ibuf		*partial;	/* message read in part */
	size_t			 have;		/* bytes in rbuf: < hdrsz */
	int			 error;		/* the stream is broken */
	int			 pending[PENDING_MAX];
	int			 npending;
	bool			 early;		/* [0] came before this read */

	struct iovec		 iov[IOV_MAX];
	unsigned char		 rbuf[];	/* IBUF_READ_SIZE in a reader */
};

union control {
	struct cmsghdr	 align;
	char		 buf[CMSG_SPACE(sizeof(int))];
};

static void
queue_init(struct ibufqueue *q)
{
	TAILQ_INIT(&q->bufs);
	q->queued = 0;
}

struct ibufqueue *
ibufq_new(void)
{
	struct ibufqueue	*q;

	if ((q = malloc(sizeof(*q))) != NULL)
		queue_init(q);
	return q;
}

void
ibufq_free(struct ibufqueue *q)
{
	if (q == NULL)
		return;
	ibufq_flush(q);
	free(q);
}

struct ibuf *
ibufq_pop(struct ibufqueue *q)
{
	struct ibuf	*buf;

	if ((buf = TAILQ_FIRST(&q->bufs)) == NULL)
		return NULL;
	TAILQ_REMOVE(&q->bufs, buf, entry);
	q->queued--;
	return buf;
}

void
ibufq_push(struct ibufqueue *q, struct ibuf *buf)
{
	if (buf->view)
		abort();
	TAILQ_INSERT_TAIL(&q->bufs, buf, entry);
	q->queued++;
}

uint32_t
ibufq_queuelen(struct ibufqueue *q)
{
	return q->queued;
}

void
ibufq_concat(struct ibufqueue *to, struct ibufqueue *from)
{
	TAILQ_CONCAT(&to->bufs, &from->bufs, entry);
	to->queued += from->queued;
	from->queued = 0;
}

void
ibufq_flush(struct ibufqueue *q)
{
	struct ibuf	*buf;

	while ((buf = ibufq_pop(q)) != NULL)
		ibuf_free(buf);
}

static struct msgbuf *
new_msgbuf(size_t rbufsize)
{
	struct msgbuf	*m;

	/* Not zeroed: pages that no message touches cost nothing. */
	if ((m = malloc(sizeof(*m) + rbufsize)) == NULL)
		return NULL;
	memset(m, 0, offsetof(struct msgbuf, iov));
	queue_init(&m->out);
	queue_init(&m->in);
	return m;
}

struct msgbuf *
msgbuf_new(void)
{
	return new_msgbuf(0);
}

struct msgbuf *
msgbuf_new_reader(size_t hdrsz,
    struct ibuf *(*readhdr)(struct ibuf *, void *, int *), void *arg)
{
	struct msgbuf	*m;

	if (hdrsz == 0 || hdrsz > IBUF_READ_SIZE / 2) {
		errno = EINVAL;
		return NULL;
	}
	if ((m = new_msgbuf(IBUF_READ_SIZE)) == NULL)
		return NULL;
	m->readhdr = readhdr;
	m->arg = arg;
	m->hdrsz = hdrsz;
	return m;
}

/* Closes the oldest of the descriptors that wait, down to keep. */
static void
pending_drop(struct msgbuf *m, int keep)
{
	while (m->npending > keep) {
		if (m->pending[0] >= 0)
			close(m->pending[0]);
		m->pending[0] = m->pending[1];
		m->npending--;
	}
}

static void
pending_push(struct msgbuf *m, int fd)
{
	pending_drop(m, PENDING_MAX - 1);
	m->pending[m->npending++] = fd;
}

void
msgbuf_clear(struct msgbuf *m)
{
	ibufq_flush(&m->out);
	ibufq_flush(&m->in);
	ibuf_free(m->partial);
	m->partial = NULL;
	m->have = 0;
	pending_drop(m, 0);
}

void
msgbuf_free(struct msgbuf *m)
{
	if (m == NULL)
		return;
	msgbuf_clear(m);
	if (m->readhdr != NULL)
		explicit_bzero(m->rbuf, IBUF_READ_SIZE);
	free(m);
}

uint32_t
msgbuf_queuelen(struct msgbuf *m)
{
	return m->out.queued;
}

void
msgbuf_concat(struct msgbuf *m, struct ibufqueue *from)
{
	ibufq_concat(&m->out, from);
}

void
ibuf_close(struct msgbuf *m, struct ibuf *buf)
{
	ibufq_push(&m->out, buf);
}

struct ibuf *
msgbuf_get(struct msgbuf *m)
{
	return ibufq_pop(&m->in);
}

/*
 * Fills m->iov.  A descriptor goes with the first byte of its sendmsg(2),
 * so a message that has one begins a write of its own.
 */
static int
gather(struct msgbuf *m, bool fdpass)
{
	struct ibuf	*buf;
	int		 n = 0;

	TAILQ_FOREACH(buf, &m->out.bufs, entry) {
		if (n == IOV_MAX || (n > 0 && fdpass && buf->fd >= 0))
			break;
		m->iov[n].iov_base = ibuf_data(buf);
		m->iov[n].iov_len = ibuf_size(buf);
		n++;
	}
	return n;
}

/* Forgets n bytes that were written, and descriptors with their bytes. */
static void
drain(struct msgbuf *m, size_t n)
{
	struct ibuf	*buf;

	while ((buf = TAILQ_FIRST(&m->out.bufs)) != NULL) {
		if (n < ibuf_size(buf)) {
			ibuf_skip(buf, n);
			if (n > 0)
				ibuf_fd_set(buf, -1);
			return;
		}
		n -= ibuf_size(buf);
		ibuf_free(ibufq_pop(&m->out));
	}
}

static void
attach_fd(struct msghdr *msg, union control *control, int fd)
{
	struct cmsghdr	*cmsg;

	memset(control, 0, sizeof(*control));
	msg->msg_control = control;
	msg->msg_controllen = sizeof(control->buf);
	cmsg = CMSG_FIRSTHDR(msg);
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
}

static ssize_t
send_once(int s, struct msgbuf *m, bool fdpass)
{
	struct msghdr	 msg = { .msg_iov = m->iov };
	union control	 control;
	ssize_t		 n;
	int		 fd = TAILQ_FIRST(&m->out.bufs)->fd;

	msg.msg_iovlen = gather(m, fdpass);
	if (fdpass && fd >= 0)
		attach_fd(&msg, &control, fd);
	n = sendmsg(s, &msg, MSG_NOSIGNAL);
	if (n == -1 && errno == ENOTSOCK && !fdpass)
		n = writev(s, m->iov, msg.msg_iovlen);
	return n;
}

static int
write_queue(int s, struct msgbuf *m, bool fdpass)
{
	ssize_t	 n;

	if (m->out.queued == 0)
		return 0;
	do
		n = send_once(s, m, fdpass);
	while (n == -1 && errno == EINTR);
	if (n == -1) {
		/* Too many descriptors under way is a full queue, too. */
		if (errno == EAGAIN || errno == EWOULDBLOCK ||
		    errno == ENOBUFS || errno == ETOOMANYREFS)
			return 0;
		return -1;
	}
	drain(m, n);
	return 0;
}

int
ibuf_write(int s, struct msgbuf *m)
{
	return write_queue(s, m, false);
}

int
msgbuf_write(int s, struct msgbuf *m)
{
	return write_queue(s, m, true);
}

/* Keeps the first descriptor of a read; a sender of ours sends no more. */
static void
collect_fds(struct msgbuf *m, struct msghdr *msg)
{
	struct cmsghdr	*cmsg;
	size_t		 i, n;
	int		 fd;
	bool		 got = false;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL;
	    cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(fd);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd),
			    sizeof(fd));
			if (got)
				close(fd);
			else
				pending_push(m, fd);
			got = true;
		}
	}
	/* Its message must not take the next one's. */
	if (!got && (msg->msg_flags & MSG_CTRUNC))
		pending_push(m, FD_LOST);
}

static ssize_t
recv_once(int s, struct msgbuf *m)
{
	struct iovec	 iov;
	struct msghdr	 msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control	 control;
	ssize_t		 n;

	iov.iov_base = m->rbuf + m->have;
	iov.iov_len = IBUF_READ_SIZE - m->have;
	msg.msg_control = &control;
	msg.msg_controllen = sizeof(control.buf);
	if ((n = recvmsg(s, &msg, MSG_CMSG_CLOEXEC)) >= 0)
		collect_fds(m, &msg);
	return n;
}

/* Asks the owner of the protocol what the header at p begins. */
static struct ibuf *
begin_message(struct msgbuf *m, unsigned char *p)
{
	struct ibuf	 hdr, *buf;
	int		 none = -1, *fd;

	ibuf_from_buffer(&hdr, p, m->hdrsz);
	fd = m->npending > 0 ? &m->pending[0] : &none;
	if ((buf = m->readhdr(&hdr, m->arg, fd)) == NULL)
		return NULL;
	/* One that came with this header's first bytes is no later one's. */
	if (m->npending > 0 && (*fd == -1 || m->early))
		pending_drop(m, m->npending - 1);
	m->early = false;
	/* Less than its own header would never let us go on. */
	if (ibuf_left(buf) < m->hdrsz) {
		ibuf_free(buf);
		errno = EINVAL;
		return NULL;
	}
	return buf;
}

/* Cuts what is in rbuf into messages; less than a header may remain. */
static int
cut_messages(struct msgbuf *m)
{
	unsigned char	*p = m->rbuf;
	size_t		 n;

	while (m->have > 0) {
		if (m->partial == NULL) {
			if (m->have < m->hdrsz)
				break;
			if ((m->partial = begin_message(m, p)) == NULL)
				return -1;
		}
		n = ibuf_left(m->partial);
		if (n > m->have)
			n = m->have;
		if (ibuf_add(m->partial, p, n) == -1)
			return -1;
		p += n;
		m->have -= n;
		if (ibuf_left(m->partial) == 0) {
			ibufq_push(&m->in, m->partial);
			m->partial = NULL;
		}
	}
	memmove(m->rbuf, p, m->have);
	return 0;
}

static int
read_queue(int s, struct msgbuf *m, bool fdpass)
{
	ssize_t	 n;

	if (m->readhdr == NULL)
		m->error = EINVAL;
	if (m->error != 0) {
		errno = m->error;
		return -1;
	}
	m->early = m->npending > 0;
	do {
		if (fdpass)
			n = recv_once(s, m);
		else
			n = read(s, m->rbuf + m->have,
			    IBUF_READ_SIZE - m->have);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 1 : -1;
	if (n == 0)
		return 0;

	m->have += n;
	if (cut_messages(m) == -1) {
		m->error = errno;
		m->have = 0;
		pending_drop(m, 0);
		errno = m->error;
		return -1;
	}
	/* Only the message whose header is incomplete can still want one. */
	pending_drop(m, m->have > 0 && m->partial == NULL ? 1 : 0);
	return 1;
}

int
ibuf_read(int s, struct msgbuf *m)
{
	return read_queue(s, m, false);
}

int
msgbuf_read(int s, struct msgbuf *m)
{
	return read_queue(s, m, true);
}

#endif /* !HAVE_IMSG */
