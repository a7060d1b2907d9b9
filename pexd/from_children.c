/* SPDX-License-Identifier: ISC */
/* What the parent takes from each child; the wiring has its own table. */

#include <sys/types.h>

#include "pexd/control.h"
#include "pexd/from_children.h"
#include "pexd/logsink.h"
#include "pexd/pexd.h"

static void
on_log(void *arg, struct pipe *p, struct msg *m)
{
	struct pexd *px = arg;

	logsink_child(px->logsink, pipe_peer(p), m->body);
}

#define FROM_EVERY_CHILD			\
	{ MSG_LOG,	on_log },		\
	{ MSG_EVENT,	control_on_event },	\
	{ MSG_COUNTER,	control_on_counter },	\
	{ MSG_FACT,	control_on_fact },	\
	{ MSG_DONE,	control_on_done }

const struct msg_handler from_engine[] = {
	FROM_EVERY_CHILD,
	{ MSG_SIGN,		key_on_sign },
	{ MSG_ROW_PEER,		control_on_row },
	{ MSG_NONE,		NULL }
};

const struct msg_handler from_dialer[] = {
	FROM_EVERY_CHILD,
	{ MSG_ROW_DIAL,		control_on_row },
	{ MSG_NONE,		NULL }
};

const struct msg_handler from_addrbookd[] = {
	FROM_EVERY_CHILD,
	{ MSG_ROW_ENTRY,	control_on_row },
	{ MSG_ROW_BAN,		control_on_row },
	{ MSG_ROW_NODE,		control_on_row },
	{ MSG_IMPORTED,		control_on_imported },
	{ MSG_NONE,		NULL }
};
