/* SPDX-License-Identifier: ISC */
/* The node key in use: loaded once, or made; signs for engine. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>

#include "compat/keymem.h"
#include "pexd/pexd.h"

/* Its folder too, if just that one is missing. */
static void
make_folder(const char *path)
{
	char copy[PATH_MAX];

	strlcpy(copy, path, sizeof(copy));
	(void)mkdir(dirname(copy), 0700);
}

static struct nodekey *
key_make(const char *path, struct nodekey_why *why)
{
	struct nodekey *k;

	if ((k = nodekey_generate(why)) == NULL)
		return NULL;
	make_folder(path);
	if (nodekey_save(k, path, why) == -1) {
		nodekey_free(k);
		return NULL;
	}
	log_info("there was no node key: made one in %s", path);
	return k;
}

struct nodekey *
key_load(const char *path, struct nodekey_why *why)
{
	char id[NODE_ID_TEXT_SIZE];
	struct nodekey *k;

	if (keymem_lock() == -1)
		log_warnx("the node key's memory cannot be locked");
	k = nodekey_load(path, why);
	if (k == NULL && errno == ENOENT)
		k = key_make(path, why);
	if (k != NULL)
		log_info("the node ID is %s",
		    node_id_text(nodekey_id(k), id));
	return k;
}

void
key_on_sign(void *arg, struct pipe *p, struct msg *m)
{
	struct pexd *px = arg;
	const struct m_sign *b = m->body;
	struct m_signed r;

	if (nodekey_sign(px->key, b->challenge, sizeof(b->challenge),
	    r.sig) == -1) {
		log_warnx("cannot sign a challenge");
		return;		/* that handshake times out */
	}
	(void)pipe_send(p, MSG_SIGNED, m->id, -1, &r);
}
