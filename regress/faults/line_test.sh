#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# What a bad line does, and what it must not: see regress/lib/line.subr.

. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/net.subr"
. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/line.subr"

if [ "${PEXD_LONG:-no}" = yes ]; then
	BAD_FOR=300
else
	BAD_FOR=50		# more than a pong timeout
fi

short_or_long()	# SHORT LONG
{
	[ "${PEXD_LONG:-no}" = yes ] && echo "$2" || echo "$1"
}

private=no
start_at()	# a|b|own NAME IP LINE...
{
	case $1 in
	a)	net_wrap=$line_a ;;
	b)	net_wrap=$line_b ;;
	own)	net_wrap=$(host "$3") ;;
	esac
	n=$2 ip=$3
	shift 3
	start_pexd "$n" "listen on $ip port 26656" \
	    "external address $ip:26656" "strict routability yes" \
	    "private network $private" "ensure period 5s" "$@"
}

rows()		# NAME: entries of its book, a line of JSON each
{
	pexctl_j "$1" '.book[] | tojson' show book
}

counter()	# NAME PROCESS.COUNTER
{
	pexctl_j "$1" ".counters.$2" show
}

has_count()	# NAME PROCESS.COUNTER N: at least
{
	[ "$(counter "$1" "$2")" -ge "$3" ]
}

# Senior is a rank among the good ones.
levels()	# NAME
{
	rows "$1" | jq -r '"\(.id) \(.level)"' | sed 's/senior/good/' | sort
}

# --- established connections -----------------------------------------------

# Persistent peers of hub; those it took for its slots; those that came.
KEPT="p1 p2 p3" TAKEN="p4 p5 p6" CAME="p7 p8 p9"
TIMES="ping interval 10s
probe interval 1h"

is_good()	# NAME OTHER: in its book
{
	levels "$1" | grep -q "^$(pexd_id "$2") good$"
}

# All nine are connected, and whoever dialled knows whom for good.
all_have_met()
{
	[ "$(pexctl_j hub '"\([.peers[] | select(.outbound)] | length)" +
	    " \(.peers | length)"' show peers)" = "6 9" ] || return 1
	for n in $KEPT $TAKEN; do
		is_good hub "$n" || return 1
	done
	for n in $CAME; do
		is_good "$n" hub || return 1
	done
}

conns()		# NAME
{
	pexctl_j "$1" '.peers[] | "\(.conn) \(.id) \(.outbound)"' \
	    show peers | sort
}

remember()	# WHEN
{
	for n in hub $KEPT $TAKEN $CAME; do
		conns "$n" > "$n/conns.$1"
		levels "$n" > "$n/levels.$1"
	done
}

# Each connection with segments sent again, by the peer's address: hub's side.
sent_again()
{
	$(host $LINE_A) ss -tinHO state established src $LINE_A |
	    sed -n 's/.* \(19\.[0-9]*\.0\.1\):.* retrans:[0-9]*\/\([0-9]*\).*/\1 \2/p'
}

passed()	# SECONDS since $began
{
	[ $(($(date +%s) - began)) -ge "$1" ]
}

line_case()	# NAME DESCR
{
	atf_test_case "$1" cleanup
	eval "$1_head() {
		atf_set descr \"$2\"
		needs_netns jq nsenter ip ss
		atf_set timeout 1200
	}
	$1_cleanup() { stop_all; }"
}

line_case established \
    "30 % loss, 2 s of delay and reordering cost nobody anything"
established_body()
{
	net_init
	set --
	for n in $KEPT $TAKEN $CAME; do
		set -- "$@" "19.${n#p}.0.1"
	done
	start_hosts $LINE_A "$@"
	set --
	for n in $KEPT $TAKEN $CAME; do
		ip=19.${n#p}.0.1
		case " $CAME " in
		*" $n "*)	slots=1 ;;
		*)		slots=0 ;;
		esac
		start_at own "$n" $ip "max outbound $slots" "$TIMES"
		case " $KEPT " in
		*" $n "*)	set -- "$@" "persistent peer \"$(pexd_at "$n")\"" ;;
		esac
	done
	start_at own hub $LINE_A "max outbound 3" "$TIMES" "$@"
	for n in $TAKEN; do
		pexd_at "$n"
	done > taken
	pexctl hub book import taken || net_give_up hub "cannot import"
	pexd_at hub > hub/at
	for n in $CAME; do
		pexctl "$n" book import hub/at || net_give_up "$n" "no import"
	done
	wait_for 60 all_have_met || net_give_up hub "they have not met"
	remember before

	line_set delay 2000
	line_set jitter 500
	line_set loss 30
	line_say tally		# from now on
	began=$(date +%s)
	wait_for $((BAD_FOR + 10)) passed $BAD_FOR
	remember after
	# It was as bad as it was told to be, to each of them.
	line_tally ".least_ms >= 2000 and .mean_ms >= 2200 and
	    .lost >= $((BAD_FOR * 2)) and .crowded == 0 and
	    (.lost / (.lost + .carried) | . >= 0.22 and . <= 0.40) and
	    .overtaken >= $((BAD_FOR / 5))"
	pexctl hub -j show peers > peers
	atf_check -o inline:true\\n \
	    jq '.peers | length == 9 and all(.rtt_us > 4000000)' peers
	sent_again > again
	cat again
	check_equal line 9 "$(awk '$2 > 0 { print $1 }' again | sort -u |
	    wc -l)"

	for n in hub $KEPT $TAKEN $CAME; do
		atf_check cmp "$n/conns.before" "$n/conns.after"
		# Who is newly heard of is no change of anybody.
		comm -23 "$n/levels.before" "$n/levels.after" > changed
		atf_check cat changed
		check_equal "$n" 0 "$(pexctl_j "$n" '.bans | length' show bans)"
		! grep -E 'lost peer|banned' "$n/log" ||
		    net_give_up "$n" "it lost somebody"
	done
	atf_check cmp hub/levels.before hub/levels.after
}

# --- dials -----------------------------------------------------------------

# Those that no dial has reached, or whose last two failed.
spoilt()	# NAME
{
	rows "$1" | jq -r 'select(.level == "heard" or .attempts > 1) |
	    "\(.addr) \(.level) \(.attempts)"'
}

line_case dials "5 % loss and 400 ms to and fro make no peer bad"
dials_body()
{
	peers=$(short_or_long 60 300)
	net_init
	start_line
	start_world "$peers"
	private=yes		# no limit of dials to a host
	line_set delay 200
	line_set loss 5
	line_say tally
	start_at a hub $LINE_A "network \"world-1\"" "mode seed" \
	    "seed \"$world_first\"" "crawl interval 4s"
	# Each has been dialled some four times by then.
	wait_for $(short_or_long 60 200) has_count hub \
	    dialer.dials_connected_total $((peers * 4)) ||
	    net_give_up hub "too few dials"
	# They lost one SYN or answer in twenty: two in four dials' eight.
	line_tally ".lost_syns >= $((peers / 5)) and .least_ms >= 200 and
	    (.lost / (.lost + .carried) | . >= 0.035 and . <= 0.07)"
	check_equal hub "$peers" "$(rows hub | wc -l)"
	pexctl hub -j show nodes > nodes
	atf_check -o inline:true\\n jq --argjson n "$peers" \
	    '[.nodes[] | select(.latency_ms >= 400)] | length == $n' nodes
	spoilt hub > spoilt
	atf_check cat spoilt
	echo "timed out: $(counter hub dialer.dials_timed_out_total)" \
	    "full: $(counter hub dialer.dials_full_total)"
	stop_pexd hub
}

# --- our own line ----------------------------------------------------------

# What an outage may not change: who is known, and for how good.
line_case own_line "our own line down spoils no entry, however it is down"
own_line_body()
{
	net_init
	start_line
	start_world 40
	private=yes
	start_at a hub $LINE_A "network \"world-1\"" "mode seed" \
	    "seed \"$world_first\"" "crawl interval 4s" \
	    "dial timeout 1s"
	wait_for 60 back_again ||
	    net_give_up hub "it does not know all"

	# Without a route: that is our own lack, and nobody's failure.
	levels hub > levels.before
	was=$(counter hub dialer.dials_ours_total)
	line_at a ip route del default
	wait_for 30 has_count hub dialer.dials_ours_total $((was + 40)) ||
	    net_give_up hub "it does not dial"
	refused=$(($(counter hub dialer.dials_refused_total) +
	    $(counter hub dialer.dials_unreachable_total)))
	check_equal hub 0 "$refused"
	levels hub > levels.after
	atf_check cmp levels.before levels.after
	line_at a ip route add default dev line src $LINE_A

	# Into the void: each fails once in the book, and is none the worse.
	wait_for 60 back_again || net_give_up hub "it does not come back"
	was=$(counter hub dialer.dials_timed_out_total)
	line_set loss 100
	wait_for 60 has_count hub dialer.dials_timed_out_total \
	    $((was + 120)) || net_give_up hub "it does not dial"
	levels hub > levels.after
	atf_check cmp levels.before levels.after
	rows hub | jq -r 'select(.attempts > 1) | .addr' > spoilt
	atf_check cat spoilt
	line_set loss 0
	wait_for 60 back_again || net_give_up hub "it does not come back"
	check_equal hub 0 "$(pexctl_j hub '.bans | length' show bans)"
	stop_pexd hub
}

# All were verified within the last 15 s.
back_again()
{
	[ "$(rows hub | jq -s 'map(select(.last_success != null and
	    now - .last_success < 15)) | length')" = 40 ]
}

# --- a victim --------------------------------------------------------------

line_case victim "a host with 60000 ports gets six dials, and no more"
victim_body()
{
	net_init
	start_line
	line_at b ip addr add 77.7.7.7/32 dev lo
	awk 'BEGIN { for (i = 1; i <= 60000; i++)
		printf "%040x@77.7.7.7:%d\n", i, i }' > list
	start_at a hub $LINE_A "mode seed"
	line_set watch 77.7.7.7
	pexctl hub book import list > imported ||
	    net_give_up hub "cannot import"
	cat imported
	# As fast as a block may be dialled.  Refused at once, so that each
	# dial is one SYN.
	began=$(date +%s)
	wait_for 90 line_has_counted 6 || net_give_up hub "it does not dial"
	took=$(($(date +%s) - began))
	echo "six SYNs in $took s"
	[ $took -ge 48 ] || net_give_up hub "six dials in $took s"
	# By that pace there would be three more, or as many again.
	began=$(date +%s)
	wait_for 700 passed $(short_or_long 30 600)
	check_equal hub 6 "$(line_count)"
	# There was no lack of ports to dial, nor of will.
	[ "$(rows hub | grep -c '"77\.7\.7\.7:')" -gt 50 ] ||
	    net_give_up hub "it knows too few ports"
	check_equal hub 0 "$(rows hub | jq -r 'select(.attempts > 1) | .addr' |
	    wc -l)"
	has_count hub dialer.skipped_host_limit_total 1 ||
	    net_give_up hub "the limit was not what kept it"
	stop_pexd hub
}

line_has_counted()
{
	[ "$(line_count)" -ge "$1" ]
}

atf_init_test_cases()
{
	atf_add_test_case established
	atf_add_test_case dials
	atf_add_test_case own_line
	atf_add_test_case victim
}
