/* SPDX-License-Identifier: ISC */
/* What the neighbours have to know without asking: bans, seniors, status. */

#include <string.h>

#include "addrbookd/addrbookd.h"
#include "addrbookd/answers.h"

#define SENIORS_PERIOD	10000	/* ms between two looks */

void
tell_ban(struct addrbookd *a, enum role to, const struct book_ban *ban)
{
	struct m_ban m = { .has_id = ban->by_id, .has_host = !ban->by_id };
	uint32_t now = clock_now(a);

	if (ban->until <= now)
		return;
	m.id = ban->id;
	memcpy(m.ip, ban->ip, sizeof(m.ip));
	m.left_s = ban->until - now;
	(void)child_send(a->child, to, MSG_BAN, 0, -1, &m);
}

void
tell_ban_all(struct addrbookd *a, const struct node_id *id,
    const uint8_t *ip, uint32_t left_s, const char *why)
{
	struct m_ban m = { .left_s = left_s };
	struct m_event ev = { .kind = left_s > 0 ? EVENT_BAN : EVENT_UNBAN };

	if (id != NULL) {
		m.has_id = ev.has_id = true;
		m.id = ev.id = *id;
	}
	if (ip != NULL) {
		m.has_host = ev.has_na = true;
		memcpy(m.ip, ip, sizeof(m.ip));
		memcpy(ev.na.ip, ip, sizeof(ev.na.ip));
	}
	ev.count = left_s;
	strlcpy(ev.text, why, sizeof(ev.text));
	(void)child_send(a->child, ROLE_ENGINE, MSG_BAN, 0, -1, &m);
	(void)child_send(a->child, ROLE_DIALER, MSG_BAN, 0, -1, &m);
	child_event(a->child, &ev);
}

void
tell_everything(struct addrbookd *a, enum role to)
{
	struct book_ban ban;
	uint32_t cursor = 0;

	while (book_next_ban(a->book, clock_now(a), &cursor, &ban))
		tell_ban(a, to, &ban);
	if (to == ROLE_DIALER) {
		tell_seniors(a, true);
		tell_status(a, true);
	}
}

void
tell_status(struct addrbookd *a, bool always)
{
	struct m_book_status m;

	answer_status(a->book, &m);
	if (!always && m.size == a->told.size && m.good == a->told.good &&
	    m.wanted == a->told.wanted)
		return;
	if (child_send(a->child, ROLE_DIALER, MSG_BOOK_STATUS, 0, -1, &m) == 0)
		a->told = m;
}

void
tell_seniors(struct addrbookd *a, bool always)
{
	struct m_seniors m;
	uint64_t now = child_mono_ms();

	if (!always && now < a->next_seniors)
		return;
	a->next_seniors = now + SENIORS_PERIOD;
	answer_seniors(a->book, &m);
	if (!always && m.n == a->seniors.n &&
	    memcmp(m.ids, a->seniors.ids, m.n * sizeof(m.ids[0])) == 0)
		return;
	if (child_send(a->child, ROLE_DIALER, MSG_SENIORS, 0, -1, &m) == 0)
		a->seniors = m;
}
