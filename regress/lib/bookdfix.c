/* SPDX-License-Identifier: ISC */
/* A real addrbookd in a made-up daemon. */

#include <sys/types.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "regress/lib/bookdfix.h"
#include "regress/lib/storefix.h"

static const struct childkind kind = {
	.role = ROLE_ADDRBOOKD,
	.program = "libexec/addrbookd",
};

void
bfix_init(struct bookdfix *fix)
{
	char	 cwd[PATH_MAX / 2], *dir;
	size_t	 size = sizeof(fix->child.init.state_dir);

	memset(fix, 0, sizeof(*fix));
	childfix_init(&fix->child, &kind);
	dir = fix->child.init.state_dir;
	ATF_REQUIRE(getcwd(cwd, sizeof(cwd)) != NULL);
	ATF_REQUIRE((size_t)snprintf(dir, size, "%s/%s", cwd, BFIX_STATE) <
	    size);
	ATF_REQUIRE((fix->conf = conf_new()) != NULL);
	strlcpy(fix->conf->network, STOREFIX_NETWORK,
	    sizeof(fix->conf->network));
	fix->conf->id = fix_id(0xffff0000);
	conf_set_mode_defaults(fix->conf);
	storefix_clean(BFIX_STATE);
}

/* addrbookd tells its own state as soon as a pipe is there. */
static void
sync_with(struct bookdfix *fix, enum role role, unsigned before)
{
	fix_synced(fix, role);
	FIX_WAIT(fix, fix_count_to(fix, role, MSG_PIPE_SYNCED) > before);
}

void
bfix_again(struct bookdfix *fix, enum role role)
{
	unsigned	 before = fix_count_to(fix, role, MSG_PIPE_SYNCED);

	fix_dies(fix, role);
	fix_wire(fix, role);
	sync_with(fix, role, before);
}

void
bfix_start(struct bookdfix *fix)
{
	fix_spawn(fix);
	sync_with(fix, ROLE_ENGINE, 0);
	sync_with(fix, ROLE_DIALER, 0);
}

void
bfix_stop(struct bookdfix *fix)
{
	fix_leave(fix);
	childfix_free(&fix->child);
	conf_free(fix->conf);
}

unsigned
bfix_rows(struct bookdfix *fix, enum show what, uint32_t row_type)
{
	struct m_show		 m = { .what = what };
	const struct m_done	*done;
	unsigned		 before = fix_count(fix, row_type);

	do {
		done = fix_ask(fix, ROLE_PARENT, MSG_SHOW, &m, MSG_DONE);
		m.cursor = done->cursor;
	} while (done->status == STATUS_MORE);
	ATF_CHECK_EQ(STATUS_OK, done->status);
	return fix_count(fix, row_type) - before;
}

void
bfix_tell(struct bookdfix *fix, unsigned from, unsigned n, unsigned source)
{
	static struct m_addrs	 m;
	unsigned		 i;

	memset(&m, 0, sizeof(m));
	m.source = fix_peer(source);
	m.n = n;
	for (i = 0; i < n; i++)
		m.list[i] = fix_peer(from + i);
	fix_ask(fix, ROLE_ENGINE, MSG_ADDRS, &m, MSG_LIST_TAKEN);
}

void
bfix_dialled(struct bookdfix *fix, unsigned n, enum outcome how)
{
	struct m_outcome	 m = { .addr = fix_peer(n), .outcome = how };

	fix_say(fix, ROLE_DIALER, MSG_OUTCOME, 0, &m);
}
