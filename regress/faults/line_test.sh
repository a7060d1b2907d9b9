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
start_at()	# a|b NAME IP LINE...
{
	case $1 in
	a)	net_wrap=$line_a ;;
	b)	net_wrap=$line_b ;;
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

PEERS="1 2 3 4 5 6 7 8"

has_met_all()
{
	[ "$(pexctl_j hub '[.peers[] | select(.outbound and .answers > 0)] |
	    length' show peers)" = 8 ] &&
	    [ "$(levels hub | grep -c ' good$')" = 8 ]
}

conns()
{
	pexctl_j hub '.peers[] | "\(.conn) \(.id)"' show peers | sort
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
		atf_set require.progs \"jq nsenter ip\"
		atf_set require.user root
		atf_set timeout 1200
	}
	$1_cleanup() { stop_all; }"
}

line_case established \
    "30 % loss, 2 s of delay and reordering cost no connection"
established_body()
{
	net_init
	start_line
	for i in $PEERS; do
		line_at b ip addr add "19.$i.0.1/32" dev lo
		start_at b "p$i" "19.$i.0.1" "max outbound 0" \
		    "probe interval 1h" "ping interval 10s" ""
		set -- "$@" "persistent peer \"$(pexd_id "p$i")@19.$i.0.1:26656\""
	done
	start_at a hub $LINE_A "ping interval 10s" "probe interval 1h" "$@"
	wait_for 30 has_met_all || net_give_up hub "it has not met all"
	conns > conns.before
	levels hub > levels.before

	line_set delay 2000
	line_set jitter 500
	line_set loss 30
	began=$(date +%s)
	wait_for $((BAD_FOR + 10)) passed $BAD_FOR
	# It was as bad as it was told to be.
	pexctl hub -j show peers > peers
	atf_check -o inline:true\\n jq '[.peers[].rtt_us] | max > 4000000' peers

	conns > conns.after
	atf_check cmp conns.before conns.after
	levels hub > levels.after
	atf_check cmp levels.before levels.after
	for n in hub p1 p2 p3 p4 p5 p6 p7 p8; do
		check_equal "$n" 0 "$(pexctl_j "$n" '.bans | length' show bans)"
		! grep -E 'lost peer|banned' "$n/log" ||
		    net_give_up "$n" "it lost somebody"
	done
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
	start_at a hub $LINE_A "network \"world-1\"" "mode seed" \
	    "seed \"$world_first\"" "crawl interval 4s"
	# Each has been dialled some four times by then.
	wait_for $(short_or_long 60 200) has_count hub \
	    dialer.dials_connected_total $((peers * 4)) ||
	    net_give_up hub "too few dials"
	check_equal hub "$peers" "$(rows hub | wc -l)"
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

line_case victim "a host with 60000 ports gets no more than 6 dials"
victim_body()
{
	net_init
	start_line
	line_at b ip addr add 77.7.7.7/32 dev lo
	start_at a hub $LINE_A "mode seed"
	awk 'BEGIN { for (i = 1; i <= 60000; i++)
		printf "%040x@77.7.7.7:%d\n", i, i }' > list
	line_set watch 77.7.7.7
	pexctl hub book import list > imported ||
	    net_give_up hub "cannot import"
	cat imported
	# Refused at once, so that each dial is one SYN.
	wait_for 30 line_has_counted 2 || net_give_up hub "it does not dial"
	began=$(date +%s)
	wait_for 100 passed $(short_or_long 12 80)
	n=$(line_count)
	echo "$n SYNs"
	[ "$n" -le $(short_or_long 4 6) ] || net_give_up hub "$n dials"
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
