/* SPDX-License-Identifier: ISC */
/*
 * Buffers to encode into and to decode from, bounds checked.  Integers are
 * in ibuf-int.c.
 */
#ifndef HAVE_IMSG

#include <sys/types.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imsg.h"

static int
fail(int error)
{
	errno = error;
	return -1;
}

/* The first piece of data stands behind the struct: one allocation. */
static struct ibuf *
ibuf_new(size_t len, size_t max)
{
	struct ibuf	*buf;

	if (len > SIZE_MAX - sizeof(*buf)) {
		errno = ENOMEM;
		return NULL;
	}
	if ((buf = malloc(sizeof(*buf) + len)) == NULL)
		return NULL;
	memset(buf, 0, sizeof(*buf));
	buf->buf = (unsigned char *)(buf + 1);
	buf->size = len;
	buf->max = max;
	buf->fd = -1;
	return buf;
}

static bool
is_inline(const struct ibuf *buf)
{
	return buf->buf == (const unsigned char *)(buf + 1);
}

struct ibuf *
ibuf_open(size_t len)
{
	return ibuf_new(len, len);
}

struct ibuf *
ibuf_dynamic(size_t len, size_t max)
{
	if (max == 0 || max < len) {
		errno = EINVAL;
		return NULL;
	}
	return ibuf_new(len, max);
}

void
ibuf_free(struct ibuf *buf)
{
	int	 save = errno;

	if (buf == NULL)
		return;
	if (buf->view)
		abort();
	if (buf->fd >= 0)
		close(buf->fd);
	explicit_bzero(buf->buf, buf->size);
	if (!is_inline(buf))
		free(buf->buf);
	free(buf);
	errno = save;
}

/* Doubles, so that many small additions cost few copies. */
static int
grow(struct ibuf *buf, size_t need)
{
	unsigned char	*p;
	size_t		 size;

	size = buf->size > buf->max / 2 ? buf->max : buf->size * 2;
	if (size < need)
		size = need;
	if ((p = malloc(size)) == NULL)
		return -1;
	memcpy(p, buf->buf, buf->wpos);
	explicit_bzero(buf->buf, buf->size);
	if (!is_inline(buf))
		free(buf->buf);
	buf->buf = p;
	buf->size = size;
	return 0;
}

static void *
append(struct ibuf *buf, size_t len)
{
	void	*p;

	if (buf->view || len > buf->max - buf->wpos) {
		errno = ERANGE;
		return NULL;
	}
	if (len > buf->size - buf->wpos && grow(buf, buf->wpos + len) == -1)
		return NULL;
	p = buf->buf + buf->wpos;
	buf->wpos += len;
	return p;
}

/* Zeroed, since what the caller leaves unwritten is sent. */
void *
ibuf_reserve(struct ibuf *buf, size_t len)
{
	void	*p;

	if ((p = append(buf, len)) != NULL)
		memset(p, 0, len);
	return p;
}

int
ibuf_add(struct ibuf *buf, const void *data, size_t len)
{
	void	*p;

	if ((p = append(buf, len)) == NULL)
		return -1;
	if (len > 0)
		memcpy(p, data, len);
	return 0;
}

int
ibuf_add_ibuf(struct ibuf *buf, const struct ibuf *from)
{
	return ibuf_add(buf, ibuf_data(from), ibuf_size(from));
}

int
ibuf_add_zero(struct ibuf *buf, size_t len)
{
	return ibuf_reserve(buf, len) == NULL ? -1 : 0;
}

int
ibuf_add_strbuf(struct ibuf *buf, const char *str, size_t len)
{
	size_t	 n = strlen(str);
	char	*p;

	if (n >= len)
		return fail(EOVERFLOW);
	if ((p = ibuf_reserve(buf, len)) == NULL)
		return -1;
	memcpy(p, str, n);
	return 0;
}

void *
ibuf_seek(struct ibuf *buf, size_t pos, size_t len)
{
	size_t	 size = ibuf_size(buf);

	if (pos > size || len > size - pos) {
		errno = ERANGE;
		return NULL;
	}
	return buf->buf + buf->rpos + pos;
}

int
ibuf_set(struct ibuf *buf, size_t pos, const void *data, size_t len)
{
	void	*p;

	if ((p = ibuf_seek(buf, pos, len)) == NULL)
		return -1;
	if (len > 0)
		memcpy(p, data, len);
	return 0;
}

int
ibuf_set_maxsize(struct ibuf *buf, size_t max)
{
	if (buf->view || max > buf->max || max < buf->wpos)
		return fail(ERANGE);
	buf->max = max;
	return 0;
}

void *
ibuf_data(const struct ibuf *buf)
{
	return buf->buf + buf->rpos;
}

size_t
ibuf_size(const struct ibuf *buf)
{
	return buf->wpos - buf->rpos;
}

size_t
ibuf_left(const struct ibuf *buf)
{
	return buf->view ? 0 : buf->max - buf->wpos;
}

int
ibuf_truncate(struct ibuf *buf, size_t len)
{
	size_t	 size = ibuf_size(buf);

	if (len > size)
		return ibuf_add_zero(buf, len - size);
	buf->wpos = buf->rpos + len;
	return 0;
}

void
ibuf_rewind(struct ibuf *buf)
{
	buf->rpos = 0;
}

void
ibuf_from_buffer(struct ibuf *view, void *data, size_t len)
{
	memset(view, 0, sizeof(*view));
	view->buf = data;
	view->size = len;
	view->wpos = len;
	view->fd = -1;
	view->view = 1;
}

void
ibuf_from_ibuf(struct ibuf *view, const struct ibuf *buf)
{
	ibuf_from_buffer(view, ibuf_data(buf), ibuf_size(buf));
}

int
ibuf_get(struct ibuf *buf, void *data, size_t len)
{
	if (len > ibuf_size(buf))
		return fail(EBADMSG);
	if (len > 0)
		memcpy(data, ibuf_data(buf), len);
	buf->rpos += len;
	return 0;
}

int
ibuf_get_ibuf(struct ibuf *buf, size_t len, struct ibuf *view)
{
	if (len > ibuf_size(buf))
		return fail(EBADMSG);
	ibuf_from_buffer(view, ibuf_data(buf), len);
	buf->rpos += len;
	return 0;
}

char *
ibuf_get_string(struct ibuf *buf, size_t len)
{
	char	*str;

	if (len > ibuf_size(buf)) {
		errno = EBADMSG;
		return NULL;
	}
	if ((str = strndup(ibuf_data(buf), len)) == NULL)
		return NULL;
	buf->rpos += len;
	return str;
}

int
ibuf_get_strbuf(struct ibuf *buf, char *str, size_t len)
{
	if (len == 0)
		return fail(EINVAL);
	if (ibuf_get(buf, str, len) == -1)
		return -1;
	if (str[len - 1] != '\0') {
		str[len - 1] = '\0';
		return fail(EOVERFLOW);
	}
	return 0;
}

int
ibuf_skip(struct ibuf *buf, size_t len)
{
	if (len > ibuf_size(buf))
		return fail(EBADMSG);
	buf->rpos += len;
	return 0;
}

int
ibuf_fd_avail(struct ibuf *buf)
{
	return buf->fd >= 0;
}

int
ibuf_fd_get(struct ibuf *buf)
{
	int	 fd = buf->fd;

	buf->fd = -1;
	return fd;
}

void
ibuf_fd_set(struct ibuf *buf, int fd)
{
	if (buf->view)
		abort();
	if (buf->fd >= 0)
		close(buf->fd);
	buf->fd = fd >= 0 ? fd : -1;
}

#endif /* !HAVE_IMSG */
