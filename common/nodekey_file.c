/* SPDX-License-Identifier: ISC */
/* The node key's file. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "common/nodekey_impl.h"

#define PEM_SIZE_MAX	4096	/* a key takes some 120 bytes */

static void __attribute__((format(printf, 2, 3)))
say(struct nodekey_why *why, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	errno = saved;
}

/* --- reading ----------------------------------------------------------- */

/* Looked at on the open file, so that it is what will be read. */
static const char *
file_problem(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "it is not a regular file";
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return "it belongs neither to root nor to this user";
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return "others than its owner may use it; chmod 600 it";
	if (st.st_size > PEM_SIZE_MAX)
		return "it is too long for a key";
	return NULL;
}

static ssize_t
read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size && (n = read(fd, buf + len, size - len)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		len += n;
	}
	return len;
}

static int
no_password(char *buf, int size, int rwflag, void *arg)
{
	return -1;		/* never ask at a terminal */
}

static EVP_PKEY *
parse_pem(const char *buf, size_t len)
{
	EVP_PKEY *pkey;
	BIO *bio;

	if ((bio = BIO_new_mem_buf(buf, len)) == NULL)
		return NULL;
	pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	ERR_clear_error();
	if (pkey != NULL && EVP_PKEY_id(pkey) != EVP_PKEY_ED25519) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return pkey;
}

struct nodekey *
nodekey_load(const char *path, struct nodekey_why *why)
{
	char buf[PEM_SIZE_MAX];
	EVP_PKEY *pkey = NULL;
	const char *problem;
	ssize_t len;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1) {
		say(why, "cannot open the node key %s: %s", path,
		    errno == ELOOP ? "it is a link" : strerror(errno));
		return NULL;
	}
	if ((problem = file_problem(fd)) != NULL)
		say(why, "cannot use the node key %s: %s", path, problem);
	else if ((len = read_all(fd, buf, sizeof(buf))) == -1)
		say(why, "cannot read the node key %s: %s", path,
		    strerror(errno));
	else if ((pkey = parse_pem(buf, len)) == NULL && len > 0 &&
	    buf[0] == '{')
		say(why, "cannot use the node key %s; a node_key.json is "
		    "converted by pexctl key import", path);
	else if (pkey == NULL)
		say(why, "cannot use the node key %s: it holds no Ed25519 "
		    "private key in PEM without a password", path);
	explicit_bzero(buf, sizeof(buf));
	close(fd);
	errno = EINVAL;
	return pkey == NULL ? NULL : nodekey_wrap(pkey, why);
}

/* --- writing ----------------------------------------------------------- */

static int
write_all(int fd, const char *buf, size_t len)
{
	ssize_t n;

	while (len > 0) {
		if ((n = write(fd, buf, len)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		buf += n;
		len -= n;
	}
	return 0;
}

int
nodekey_write(const struct nodekey *k, int fd)
{
	char *data;
	long len;
	BIO *bio;
	int rv = -1;

	errno = ENOMEM;
	if ((bio = BIO_new(BIO_s_mem())) == NULL)
		return -1;
	if (PEM_write_bio_PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL,
	    NULL) == 1 && (len = BIO_get_mem_data(bio, &data)) > 0) {
		rv = write_all(fd, data, len);
		explicit_bzero(data, len);
	}
	BIO_free(bio);
	return rv;
}

/* A name that was just linked is on disk once its folder is. */
static void
sync_folder(const char *path)
{
	char copy[PATH_MAX];
	int fd;

	strlcpy(copy, path, sizeof(copy));
	fd = open(dirname(copy), O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	if (fd == -1)
		return;
	(void)fsync(fd);
	close(fd);
}

/*
 * link(2) instead of rename(2), which would replace a file.  The temporary
 * name is removed in every case.
 */
static int
finish(int fd, const char *tmp, const char *path, const struct nodekey *k)
{
	int rv, saved;

	rv = fchmod(fd, 0600) == -1 || nodekey_write(k, fd) == -1 ||
	    fsync(fd) == -1 ? -1 : 0;
	saved = errno;
	if (close(fd) == -1 && rv == 0) {
		saved = errno;
		rv = -1;
	}
	if (rv == 0 && link(tmp, path) == -1) {
		saved = errno;
		rv = -1;
	}
	(void)unlink(tmp);
	errno = saved;
	return rv;
}

int
nodekey_save(const struct nodekey *k, const char *path,
    struct nodekey_why *why)
{
	char tmp[PATH_MAX];
	int fd;

	if (snprintf(tmp, sizeof(tmp), "%s.XXXXXXXXXX", path) >=
	    (int)sizeof(tmp))
		errno = ENAMETOOLONG;
	else if ((fd = mkostemp(tmp, O_CLOEXEC)) != -1 &&
	    finish(fd, tmp, path, k) == 0) {
		sync_folder(path);
		return 0;
	}
	say(why, "cannot write the node key %s: %s", path, strerror(errno));
	return -1;
}
