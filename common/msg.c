/* SPDX-License-Identifier: ISC */
/* Messages between processes: who may send which, and their fields. */

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "common/msg.h"
#include "common/msg_fields.h"

#define SIZEOF(t, m)	sizeof(((struct t *)0)->m)
#define U8(t, m)	{ F_U8, offsetof(struct t, m), 1, 0, 0, 0, NULL }
#define BOOL(t, m)	{ F_BOOL, offsetof(struct t, m), 1, 0, 0, 0, NULL }
#define U16(t, m)	{ F_U16, offsetof(struct t, m), 2, 0, 0, 0, NULL }
#define U32(t, m)	{ F_U32, offsetof(struct t, m), 4, 0, 0, 0, NULL }
#define U64(t, m)	{ F_U64, offsetof(struct t, m), 8, 0, 0, 0, NULL }
#define ENUM(t, m)	{ F_ENUM, offsetof(struct t, m), 4, 0, 0, 0, NULL }
#define SIZED(k, t, m)							\
	{ k, offsetof(struct t, m), SIZEOF(t, m), 0, 0, 0, NULL }
#define RAW(t, m)	SIZED(F_RAW, t, m)
#define ID(t, m)	RAW(t, m)
#define TEXT(t, m)	SIZED(F_TEXT, t, m)
#define NA(t, m)	{ F_NA, offsetof(struct t, m), 0, 0, 0, 0, NULL }
#define PA(t, m)	{ F_PA, offsetof(struct t, m), 0, 0, 0, 0, NULL }
#define HA(t, m)	{ F_HA, offsetof(struct t, m), 0, 0, 0, 0, NULL }
#define LIST_OF(t, cnt, arr, maxn, subf)				\
	{ F_LIST, offsetof(struct t, arr), SIZEOF(t, arr[0]),		\
	    offsetof(struct t, cnt), SIZEOF(t, cnt), maxn, subf }
#define END		{ F_END, 0, 0, 0, 0, 0, NULL }

/* A bare scalar or address as the element of a list. */
static const struct field f_el_u16[] = { { F_U16, 0, 2, 0, 0, 0, NULL }, END };
static const struct field f_el_u64[] = { { F_U64, 0, 8, 0, 0, 0, NULL }, END };
static const struct field f_el_pa[] = { { F_PA, 0, 0, 0, 0, 0, NULL }, END };

static const struct field f_el_id[] = {
	{ F_RAW, 0, sizeof(struct node_id), 0, 0, 0, NULL }, END
};

static const struct field f_el_na[] = { { F_NA, 0, 0, 0, 0, 0, NULL }, END };

static const struct field f_m_empty[] = { END };

static const struct field f_m_proc_init[] = {
	U8(m_proc_init, role), U32(m_proc_init, uid), U32(m_proc_init, gid),
	BOOL(m_proc_init, drop), TEXT(m_proc_init, chroot_dir),
	TEXT(m_proc_init, state_dir), U8(m_proc_init, verbose),
	BOOL(m_proc_init, sandbox_log), U32(m_proc_init, nofile), END
};
static const struct field f_m_proc_pipe[] = { U8(m_proc_pipe, peer), END };
static const struct field f_m_proc_pipe_lost[] = {
	U8(m_proc_pipe_lost, peer), END
};
static const struct field f_m_proc_ready[] = {
	TEXT(m_proc_ready, sandbox), END
};
static const struct field f_m_proc_violation[] = {
	U8(m_proc_violation, peer), TEXT(m_proc_violation, why), END
};
static const struct field f_m_log[] = {
	U8(m_log, level), TEXT(m_log, text), END
};
static const struct field f_m_log_level[] = { U8(m_log_level, verbose), END };

#define RATE(m)	U32(conf, rates.m.burst), U32(conf, rates.m.per_ms),	\
	U32(conf, rates.m.tokens)
static const struct field f_conf[] = {
	TEXT(conf, network), TEXT(conf, moniker), TEXT(conf, version),
	ENUM(conf, mode), U64(conf, p2p_version), U64(conf, block_version),
	BOOL(conf, strict), BOOL(conf, private_network),
	BOOL(conf, allow_duplicate_ip), BOOL(conf, has_external4),
	BOOL(conf, has_external6), NA(conf, external4), NA(conf, external6),
	LIST_OF(conf, nlisten, listen, CONF_LISTEN_MAX, f_el_na),
	ID(conf, id), RAW(conf, pubkey),
	U32(conf, limits.max_inbound), U32(conf, limits.max_outbound),
	U32(conf, limits.max_dials), U32(conf, limits.pending),
	U32(conf, limits.pending_host), U32(conf, limits.pending_block),
	U32(conf, limits.pending_group), U32(conf, limits.book_size),
	U32(conf, limits.packet_payload), U32(conf, limits.send_rate),
	U32(conf, limits.recv_rate), U32(conf, limits.restart_limit),
	U32(conf, times.ensure_period), U32(conf, times.ping_interval),
	U32(conf, times.pong_timeout), U32(conf, times.handshake_timeout),
	U32(conf, times.dial_timeout), U32(conf, times.request_interval),
	U32(conf, times.request_timeout), U32(conf, times.answer_interval),
	U32(conf, times.max_dial_period), U32(conf, times.seed_interval),
	U32(conf, times.seed_interval_max), U32(conf, times.probe_interval),
	U32(conf, times.crawl_interval), U32(conf, times.crawl_hold),
	U32(conf, times.seed_idle), U32(conf, times.close_wait),
	U32(conf, times.rotate_interval),
	RATE(accept_host), RATE(accept_block), RATE(accept_group),
	RATE(accept_all), RATE(reply_host), END
};
static const struct field f_m_conf_listen[] = { NA(m_conf_listen, na), END };
static const struct field f_conf_peer[] = {
	ENUM(conf_peer, kind), HA(conf_peer, addr), END
};
static const struct field f_m_conf_nameserver[] = {
	NA(m_conf_nameserver, na), END
};
static const struct field f_conf_host[] = {
	RAW(conf_host, ip), TEXT(conf_host, name), END
};
static const struct field f_m_conf_result[] = {
	BOOL(m_conf_result, ok), TEXT(m_conf_result, why), END
};

static const struct field f_m_sign[] = { RAW(m_sign, challenge), END };
static const struct field f_m_signed[] = { RAW(m_signed, sig), END };

static const struct field f_m_admit[] = {
	U32(m_admit, conn), U32(m_admit, dial), ID(m_admit, id),
	NA(m_admit, na), END
};
static const struct field f_m_admitted[] = {
	U32(m_admitted, conn), U8(m_admitted, verdict),
	BOOL(m_admitted, persistent), BOOL(m_admitted, unconditional),
	U32(m_admitted, evict), END
};
static const struct field f_m_dial[] = {
	U32(m_dial, dial), PA(m_dial, addr), U8(m_dial, purpose),
	U32(m_dial, latency_ms), END
};
static const struct field f_m_dialed[] = {
	U32(m_dialed, dial), U32(m_dialed, conn), U8(m_dialed, outcome),
	ID(m_dialed, id), TEXT(m_dialed, why), END
};
static const struct field f_m_peer_up[] = {
	U32(m_peer_up, conn), PA(m_peer_up, addr), BOOL(m_peer_up, outbound),
	U8(m_peer_up, purpose), BOOL(m_peer_up, has_claim),
	NA(m_peer_up, claim), TEXT(m_peer_up, moniker),
	TEXT(m_peer_up, version), TEXT(m_peer_up, network),
	U32(m_peer_up, latency_ms), END
};
static const struct field f_m_peer_down[] = {
	U32(m_peer_down, conn), ID(m_peer_down, id),
	BOOL(m_peer_down, outbound), U8(m_peer_down, reason),
	TEXT(m_peer_down, why), END
};
static const struct field f_m_peer_live[] = {
	U32(m_peer_live, conn), U8(m_peer_live, how),
	U16(m_peer_live, count), END
};
static const struct field f_m_conn[] = { U32(m_conn, conn), END };
static const struct field f_m_drop[] = {
	U32(m_drop, conn), U8(m_drop, reason), END
};

static const struct field f_m_addrs[] = {
	PA(m_addrs, source), BOOL(m_addrs, outbound),
	LIST_OF(m_addrs, n, list, MSG_LIST_MAX, f_el_pa), END
};
static const struct field f_m_select[] = {
	PA(m_select, requester), BOOL(m_select, seed_inbound), END
};
static const struct field f_m_selected[] = {
	LIST_OF(m_selected, n, list, MSG_LIST_MAX, f_el_pa), END
};
static const struct field f_m_misbehaved[] = {
	PA(m_misbehaved, who), U8(m_misbehaved, what),
	TEXT(m_misbehaved, why), END
};
static const struct field f_m_ban[] = {
	BOOL(m_ban, has_id), BOOL(m_ban, has_host), ID(m_ban, id),
	RAW(m_ban, ip), U32(m_ban, left_s), END
};
static const struct field f_m_pick[] = {
	U8(m_pick, kind), U16(m_pick, want), U8(m_pick, bias),
	U8(m_pick, seniors),
	LIST_OF(m_pick, ngroups, groups, MSG_GROUPS_MAX, f_el_u64), END
};
static const struct field f_picked[] = {
	PA(picked, addr), U8(picked, level), U64(picked, source), END
};
static const struct field f_m_picked[] = {
	U8(m_picked, kind),
	LIST_OF(m_picked, n, list, MSG_LIST_MAX, f_picked), END
};
static const struct field f_m_outcome[] = {
	PA(m_outcome, addr), U8(m_outcome, outcome), U8(m_outcome, purpose),
	ID(m_outcome, id), U32(m_outcome, latency_ms), END
};
static const struct field f_m_list_taken[] = {
	ID(m_list_taken, source), U16(m_list_taken, total),
	U16(m_list_taken, fresh), END
};
static const struct field f_m_book_status[] = {
	U32(m_book_status, size), U32(m_book_status, good),
	BOOL(m_book_status, wanted), END
};

static const struct field f_m_seniors[] = {
	LIST_OF(m_seniors, n, ids, MSG_SENIORS_MAX, f_el_id), END
};

static const struct field f_m_show[] = {
	U8(m_show, what), U64(m_show, cursor), END
};
static const struct field f_m_done[] = {
	U8(m_done, status), U64(m_done, cursor), TEXT(m_done, text), END
};
static const struct field f_m_counter[] = {
	TEXT(m_counter, name), U8(m_counter, role), U64(m_counter, value), END
};
static const struct field f_m_fact[] = {
	TEXT(m_fact, name), U8(m_fact, role), TEXT(m_fact, value), END
};
static const struct field f_m_row_peer[] = {
	U32(m_row_peer, conn), PA(m_row_peer, addr),
	BOOL(m_row_peer, outbound), BOOL(m_row_peer, persistent),
	BOOL(m_row_peer, unconditional), U8(m_row_peer, purpose),
	BOOL(m_row_peer, has_claim), NA(m_row_peer, claim),
	U32(m_row_peer, age_s), U32(m_row_peer, idle_s),
	U64(m_row_peer, in_bytes), U64(m_row_peer, out_bytes),
	U32(m_row_peer, requests), U32(m_row_peer, replies),
	U32(m_row_peer, asked), U32(m_row_peer, answers),
	U32(m_row_peer, pings), U32(m_row_peer, pongs),
	U32(m_row_peer, rtt_us), TEXT(m_row_peer, moniker),
	TEXT(m_row_peer, version), TEXT(m_row_peer, network), END
};
static const struct field f_m_row_entry[] = {
	PA(m_row_entry, addr), U8(m_row_entry, level),
	BOOL(m_row_entry, is_old), BOOL(m_row_entry, verified),
	U32(m_row_entry, attempts), U32(m_row_entry, successes),
	U32(m_row_entry, tries), U64(m_row_entry, last_failure),
	U64(m_row_entry, first_heard), U64(m_row_entry, last_heard),
	U64(m_row_entry, last_try), U64(m_row_entry, first_success),
	U64(m_row_entry, last_success), U64(m_row_entry, next_try),
	U64(m_row_entry, source_group),
	LIST_OF(m_row_entry, nbuckets, buckets, MSG_BUCKETS_MAX, f_el_u16), END
};
static const struct field f_m_row_ban[] = {
	BOOL(m_row_ban, has_id), BOOL(m_row_ban, has_host),
	ID(m_row_ban, id), RAW(m_row_ban, ip), U64(m_row_ban, until),
	U32(m_row_ban, count), TEXT(m_row_ban, why), END
};
static const struct field f_m_row_node[] = {
	PA(m_row_node, addr), BOOL(m_row_node, has_claim),
	NA(m_row_node, claim), TEXT(m_row_node, moniker),
	TEXT(m_row_node, version), TEXT(m_row_node, network),
	U32(m_row_node, latency_ms), U64(m_row_node, first_seen),
	U64(m_row_node, last_seen), U16(m_row_node, uptime[0]),
	U16(m_row_node, uptime[1]), U16(m_row_node, uptime[2]),
	U16(m_row_node, uptime[3]), U16(m_row_node, uptime[4]), END
};
static const struct field f_m_row_proc[] = {
	U8(m_row_proc, role), U32(m_row_proc, pid), U32(m_row_proc, age_s),
	U32(m_row_proc, deaths), BOOL(m_row_proc, ready),
	TEXT(m_row_proc, sandbox), U64(m_row_proc, rss_bytes),
	U64(m_row_proc, cpu_ms), U64(m_row_proc, shed), END
};
static const struct field f_m_row_dial[] = {
	U8(m_row_dial, purpose), HA(m_row_dial, addr),
	BOOL(m_row_dial, connected), U32(m_row_dial, tries),
	U32(m_row_dial, next_s), U8(m_row_dial, last), END
};
static const struct field f_m_ctl_dial[] = {
	HA(m_ctl_dial, addr), BOOL(m_ctl_dial, persistent), END
};
static const struct field f_m_ctl_drop[] = { ID(m_ctl_drop, id), END };
static const struct field f_m_import[] = {
	LIST_OF(m_import, n, list, MSG_IMPORT_MAX, f_m_row_entry),
	BOOL(m_import, with_history), END
};
static const struct field f_m_imported[] = {
	U32(m_imported, taken), U32(m_imported, known),
	U32(m_imported, refused),
	U32(m_imported, why[IMPORT_NO_ROOM]),
	U32(m_imported, why[IMPORT_UNROUTABLE]),
	U32(m_imported, why[IMPORT_OWN]), U32(m_imported, why[IMPORT_PRIVATE]),
	U32(m_imported, why[IMPORT_BANNED]), U32(m_imported, why[IMPORT_HELD]),
	U32(m_imported, why[IMPORT_CLAIMED]),
	U32(m_imported, why[IMPORT_OTHER]), END
};
static const struct field f_m_events[] = { BOOL(m_events, on), END };
static const struct field f_m_event[] = {
	U8(m_event, kind), U64(m_event, time_ms), BOOL(m_event, has_id),
	BOOL(m_event, has_na), ID(m_event, id), NA(m_event, na),
	BOOL(m_event, outbound), U32(m_event, count), TEXT(m_event, text), END
};

struct msg_row {
	struct msg_info		 info;
	const struct field	*fields;
};

static const struct msg_row rows[MSG_MAX] = {
#define X(type, from, to, fl, body)					\
	[MSG_##type] = { { #type, from, to, fl, sizeof(struct body) },	\
	    f_##body },
	MSG_TABLE(X)
#undef X
};

const struct msg_info *
msg_info(uint32_t type)
{
	if (type == MSG_NONE || type >= MSG_MAX)
		return NULL;
	return &rows[type].info;
}

const struct field *
msg_fields(uint32_t type)
{
	return rows[type].fields;
}

const char *
msg_name(uint32_t type)
{
	const struct msg_info *info = msg_info(type);

	return info == NULL ? "?" : info->name;
}

size_t
msg_body_max(void)
{
	size_t max = 0;
	uint32_t t;

	for (t = MSG_NONE + 1; t < MSG_MAX; t++)
		if (rows[t].info.body_size > max)
			max = rows[t].info.body_size;
	return max;
}
