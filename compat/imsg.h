/* SPDX-License-Identifier: ISC */
/*
 * imsg: typed messages and descriptors over a Unix socket.
 *
 * The interface of OpenBSD 7.8's imsg_init(3), ibuf_add(3) and msgbuf_new(3)
 * for systems without it.  Where that leaves room: received descriptors are
 * close-on-exec, no write raises SIGPIPE, a getter that fails leaves its
 * value alone, and imsgbuf_flush() waits instead of spinning.
 *
 * A message is a struct imsg_hdr in host byte order and a payload.  Type and
 * id are the caller's; id and pid come from the peer and prove nothing.
 */
#ifndef COMPAT_IMSG_H
#define COMPAT_IMSG_H

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/uio.h>

#include <stddef.h>
#include <stdint.h>

#define IBUF_READ_SIZE		65535	/* bytes read at once */
#define IMSG_HEADER_SIZE	sizeof(struct imsg_hdr)
#define MAX_IMSGSIZE		16384	/* default limit, header included */

/*
 * A buffer with a reading and a writing end.  Treat as opaque; it is here
 * only so that views can live on the stack.
 */
struct ibuf {
	TAILQ_ENTRY(ibuf)	 entry;
	unsigned char		*buf;
	size_t			 size;	/* bytes there are */
	size_t			 max;	/* bytes it may grow to; 0 in a view */
	size_t			 wpos;
	size_t			 rpos;
	int			 fd;	/* attached descriptor or -1 */
	int			 view;	/* memory is another's */
};

struct ibufqueue;		/* a list of ibufs */
struct msgbuf;			/* a list to write, a reader, a list read */

struct imsgbuf {
	struct msgbuf	*w;
	pid_t		 pid;
	uint32_t	 maxsize;
	int		 fd;
	int		 flags;
};

struct imsg_hdr {
	uint32_t	 type;
	uint32_t	 len;		/* header included */
	uint32_t	 peerid;
	uint32_t	 pid;
};

/* Use the imsg_get_*() functions instead of the members. */
struct imsg {
	struct imsg_hdr	 hdr;
	void		*data;
	struct ibuf	*buf;
};

/* --- ibuf.c: buffers --------------------------------------------------- */

/* A buffer of exactly len bytes.  NULL: ENOMEM. */
struct ibuf	*ibuf_open(size_t len);
/* One of len bytes that grows up to max.  NULL: ENOMEM, EINVAL. */
struct ibuf	*ibuf_dynamic(size_t len, size_t max);
/* Closes an attached descriptor, zeroes and frees.  NULL is fine. */
void		 ibuf_free(struct ibuf *);

/*
 * All that add: 0, or -1 and the buffer is unchanged.  ERANGE: no room left
 * or a view; EINVAL: the value does not fit its width; ENOMEM.
 * n is network byte order, h the host's.
 */
int		 ibuf_add(struct ibuf *, const void *, size_t);
int		 ibuf_add_ibuf(struct ibuf *, const struct ibuf *);
int		 ibuf_add_zero(struct ibuf *, size_t);
int		 ibuf_add_n8(struct ibuf *, uint64_t);
int		 ibuf_add_n16(struct ibuf *, uint64_t);
int		 ibuf_add_n32(struct ibuf *, uint64_t);
int		 ibuf_add_n64(struct ibuf *, uint64_t);
int		 ibuf_add_h16(struct ibuf *, uint64_t);
int		 ibuf_add_h32(struct ibuf *, uint64_t);
int		 ibuf_add_h64(struct ibuf *, uint64_t);
/* A field of len bytes: str, zero padded.  EOVERFLOW: no room for its NUL. */
int		 ibuf_add_strbuf(struct ibuf *, const char *str, size_t len);
/* Appends len zero bytes and returns where they are, or NULL. */
void		*ibuf_reserve(struct ibuf *, size_t len);

/* Where len bytes at pos of the unread part are.  NULL: ERANGE. */
void		*ibuf_seek(struct ibuf *, size_t pos, size_t len);
/* Overwrite at pos of the unread part.  0, or -1: ERANGE, EINVAL. */
int		 ibuf_set(struct ibuf *, size_t pos, const void *, size_t);
int		 ibuf_set_n8(struct ibuf *, size_t pos, uint64_t);
int		 ibuf_set_n16(struct ibuf *, size_t pos, uint64_t);
int		 ibuf_set_n32(struct ibuf *, size_t pos, uint64_t);
int		 ibuf_set_n64(struct ibuf *, size_t pos, uint64_t);
int		 ibuf_set_h16(struct ibuf *, size_t pos, uint64_t);
int		 ibuf_set_h32(struct ibuf *, size_t pos, uint64_t);
int		 ibuf_set_h64(struct ibuf *, size_t pos, uint64_t);
/* Lowers what it may grow to; what is in it has to fit.  0, or -1: ERANGE. */
int		 ibuf_set_maxsize(struct ibuf *, size_t max);

void		*ibuf_data(const struct ibuf *);	/* the unread part */
size_t		 ibuf_size(const struct ibuf *);	/* bytes unread */
size_t		 ibuf_left(const struct ibuf *);	/* room to add */
/* Makes the unread part len bytes long, zeroes at its end.  0 or -1. */
int		 ibuf_truncate(struct ibuf *, size_t len);
void		 ibuf_rewind(struct ibuf *);	/* all is unread again */

/* Views: valid as long as what they look at; never freed. */
void		 ibuf_from_buffer(struct ibuf *, void *, size_t);
void		 ibuf_from_ibuf(struct ibuf *, const struct ibuf *);

/* All that get consume: 0, or -1 (EBADMSG: too short) and nothing changes. */
int		 ibuf_get(struct ibuf *, void *, size_t);
int		 ibuf_get_ibuf(struct ibuf *, size_t, struct ibuf *view);
int		 ibuf_get_n8(struct ibuf *, uint8_t *);
int		 ibuf_get_n16(struct ibuf *, uint16_t *);
int		 ibuf_get_n32(struct ibuf *, uint32_t *);
int		 ibuf_get_n64(struct ibuf *, uint64_t *);
int		 ibuf_get_h16(struct ibuf *, uint16_t *);
int		 ibuf_get_h32(struct ibuf *, uint32_t *);
int		 ibuf_get_h64(struct ibuf *, uint64_t *);
/* Up to the first NUL of len bytes; the caller frees.  NULL: EBADMSG... */
char		*ibuf_get_string(struct ibuf *, size_t len);
/* A field of len bytes; EOVERFLOW (cut, consumed) if no NUL ends it. */
int		 ibuf_get_strbuf(struct ibuf *, char *str, size_t len);
int		 ibuf_skip(struct ibuf *, size_t);

int		 ibuf_fd_avail(struct ibuf *);	/* 1: one is attached */
/* The attached descriptor, now the caller's, or -1. */
int		 ibuf_fd_get(struct ibuf *);
/* Attaches fd, now the buffer's; an earlier one is closed. */
void		 ibuf_fd_set(struct ibuf *, int fd);

/* --- imsg-buffer.c: queues and their I/O ------------------------------- */

struct ibufqueue *ibufq_new(void);
void		 ibufq_free(struct ibufqueue *);	/* and what is in it */
struct ibuf	*ibufq_pop(struct ibufqueue *);		/* first, or NULL */
void		 ibufq_push(struct ibufqueue *, struct ibuf *);
uint32_t	 ibufq_queuelen(struct ibufqueue *);
void		 ibufq_concat(struct ibufqueue *to, struct ibufqueue *from);
void		 ibufq_flush(struct ibufqueue *);

/* To write only.  NULL: ENOMEM. */
struct msgbuf	*msgbuf_new(void);
/*
 * To read as well: readhdr gets a view of the hdrsz bytes that begin every
 * message and returns a buffer of the whole message's size, or NULL with
 * errno, which ends the reading.  If the message owns the descriptor at
 * *fd it takes it and sets *fd to -1.  NULL: ENOMEM, EINVAL.
 */
struct msgbuf	*msgbuf_new_reader(size_t hdrsz,
		    struct ibuf *(*readhdr)(struct ibuf *, void *, int *),
		    void *arg);
void		 msgbuf_free(struct msgbuf *);
/* Forgets all that is queued and half read. */
void		 msgbuf_clear(struct msgbuf *);
uint32_t	 msgbuf_queuelen(struct msgbuf *);	/* to be written */
void		 msgbuf_concat(struct msgbuf *, struct ibufqueue *);
void		 ibuf_close(struct msgbuf *, struct ibuf *);	/* queue it */
struct ibuf	*msgbuf_get(struct msgbuf *);	/* a message read, or NULL */
/* As imsgbuf_write() and imsgbuf_read(); ibuf_*: descriptors are dropped. */
int		 ibuf_write(int fd, struct msgbuf *);
int		 msgbuf_write(int fd, struct msgbuf *);
int		 ibuf_read(int fd, struct msgbuf *);
int		 msgbuf_read(int fd, struct msgbuf *);

/* --- imsg.c: messages -------------------------------------------------- */

/* Takes no ownership of fd.  0, or -1: ENOMEM. */
int	 imsgbuf_init(struct imsgbuf *, int fd);
/* Lets descriptors pass, both ways; without it they are dropped. */
void	 imsgbuf_allow_fdpass(struct imsgbuf *);
/* The largest payload sent or taken.  0, or -1: EINVAL. */
int	 imsgbuf_set_maxsize(struct imsgbuf *, uint32_t max);
/*
 * One read.  1: something came, or nothing now (EAGAIN); 0: the peer closed;
 * -1: errno; ERANGE is a message with an impossible length, after which
 * nothing more is read.  Call imsgbuf_get() until it returns 0.
 */
int	 imsgbuf_read(struct imsgbuf *);
/*
 * One write of as much as the socket takes.  0: fine, also if nothing went
 * out (EAGAIN); -1: errno, EPIPE when the peer is gone.
 */
int	 imsgbuf_write(struct imsgbuf *);
/* Writes until the queue is empty, and waits for that.  0 or -1. */
int	 imsgbuf_flush(struct imsgbuf *);
/* Frees everything but the socket.  May be called twice. */
void	 imsgbuf_clear(struct imsgbuf *);
/* Buffers to be written: one for a message, two for imsg_compose_ibuf(). */
uint32_t imsgbuf_queuelen(struct imsgbuf *);
/* 1: a message, end it with imsg_free(); 0: none; -1: errno. */
int	 imsgbuf_get(struct imsgbuf *, struct imsg *);

uint32_t imsg_get_type(struct imsg *);
uint32_t imsg_get_id(struct imsg *);
pid_t	 imsg_get_pid(struct imsg *);
size_t	 imsg_get_len(struct imsg *);	/* payload not yet consumed */
/* The whole rest, which must be len bytes.  0, or -1: EBADMSG, EINVAL. */
int	 imsg_get_data(struct imsg *, void *, size_t len);
/* A view of the rest, valid until imsg_free().  0, or -1: EBADMSG if none. */
int	 imsg_get_ibuf(struct imsg *, struct ibuf *view);
/* Consume len bytes, as ibuf_get() and ibuf_get_strbuf(). */
int	 imsg_get_buf(struct imsg *, void *, size_t len);
int	 imsg_get_strbuf(struct imsg *, char *, size_t len);
/* The descriptor that came along, now the caller's, or -1. */
int	 imsg_get_fd(struct imsg *);
/* Zeroes and frees; closes a descriptor nobody asked for. */
void	 imsg_free(struct imsg *);

/*
 * Queue a message.  pid 0 means our own.  fd may be -1; it is closed once
 * sent, but is still the caller's on failure.  1, or -1: ERANGE, ENOMEM.
 */
int	 imsg_compose(struct imsgbuf *, uint32_t type, uint32_t id, pid_t,
	    int fd, const void *, size_t);
int	 imsg_composev(struct imsgbuf *, uint32_t type, uint32_t id, pid_t,
	    int fd, const struct iovec *, int);
/* Frees the ibuf, on failure too. */
int	 imsg_compose_ibuf(struct imsgbuf *, uint32_t type, uint32_t id,
	    pid_t, struct ibuf *);
/* Queues a copy of the whole message, without its descriptor.  1 or -1. */
int	 imsg_forward(struct imsgbuf *, struct imsg *);

/* A message to be filled with ibuf_add_*().  datalen is an estimate. */
struct ibuf *imsg_create(struct imsgbuf *, uint32_t type, uint32_t id, pid_t,
	    size_t datalen);
/* The number of bytes, or -1 and the message is freed. */
int	 imsg_add(struct ibuf *, const void *, size_t);
/* Queues the message. */
void	 imsg_close(struct imsgbuf *, struct ibuf *);

/* Park a message (it is emptied) and get it back: 1, 0 none, -1 errno. */
void	 imsg_ibufq_push(struct ibufqueue *, struct imsg *);
int	 imsg_ibufq_pop(struct ibufqueue *, struct imsg *);

#endif
