#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# A seed finds a whole network, keeps what it learns, serves who is alive.

. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/net.subr"

# The figures are left in ./figures.
run_crawl()	# LIVE DEAD WITHIN AFTER [LINE...]
{
	sh "$net_root/regress/lib/crawl.sh" "$net_build" pexd "$@" \
	    > figures 2> err
	case $? in
	0)	cat figures ;;
	77)	no_netns "$(tail -n 1 err)" ;;
	*)	cat err >&2
		atf_fail "the crawl did not come to its end" ;;
	esac
}

figures()	# FILTER
{
	jq -e "$1" figures > /dev/null || atf_fail "not so: $1"
}

# Of engine, dialer and addrbookd; a sanitizer's needs are not theirs.
modest()
{
	case $net_build in
	*release) figures '.memory_mib < 64 and .cpu < 0.5' ;;
	esac
}

all_met()	# LIVE
{
	jq -e --argjson live "$1" '[.nodes[] |
	    select(.moniker | startswith("world-"))] |
	    length >= $live * 0.99 and length <= $live and all(.[];
	    .version == "0.38.0" and .network == "world-1" and
	    .port == 26656 and
	    .claim.addr == .addr and
	    .first_seen <= .last_seen and .first_seen != null and
	    .latency_ms < 3000 and ([.uptime_permille[]] | unique == [1000]))
	    ' nodes > /dev/null || {
		jq -c '.nodes[:3]' nodes >&2
		atf_fail "what was learnt of the nodes is not so"
	}
	jq -e --argjson live "$1" '.versions | length == 1 and
	    .[0].version == "0.38.0" and .[0].network == "world-1" and
	    .[0].share_permille == 1000' versions > /dev/null ||
	    atf_fail "$(cat versions)"
}

atf_test_case whole
whole_head()
{
	atf_set descr "a seed that knows one node finds all, and serves them"
}
whole_body()
{
	net_init
	if [ "${PEXD_LONG:-no}" = yes ]; then
		live=500 dead=3500 within=90
	else
		live=200 dead=1400 within=36
	fi
	# Long enough that each has to be found alive once more, and again.
	run_crawl $live $dead $((within * net_factor)) 45 "crawl interval 20s"
	figures '.reached and .visited_share >= 0.99'
	figures '.replies >= 40 and .failed == 0 and .visits_again > 1'
	figures '.reply_alive_share >= 0.98 and .reply_addresses >= 32'
	modest
	all_met $live
}

atf_test_case neighbours
neighbours_head()
{
	atf_set descr "nodes that share a /24 are all found, ten seconds apart"
}
neighbours_body()
{
	net_init
	CRAWL_CROWD=4
	export CRAWL_CROWD
	run_crawl 300 2100 $((60 * net_factor)) 5
	figures '.reached and .reply_alive_share >= 0.98'
	# Four in a /24, three spaces between them.
	figures '.seconds > 30'
}

atf_test_case leaving
leaving_head()
{
	atf_set descr "who left is told of no more, within a crawl interval"
}
leaving_body()
{
	net_init
	CRAWL_LEAVE=60
	export CRAWL_LEAVE
	run_crawl 120 120 $((30 * net_factor)) 22 "crawl interval 10s"
	figures '.reached and .reply_alive_share >= 0.98'
	# The interval, a time-out, and what waits for its /24's turn.
	figures '.later_replies >= 15 and .forget_seconds < 18'
}

atf_test_case large
large_head()
{
	atf_set descr "the same with 5000 nodes among 40000 addresses"
	atf_set timeout 2400
}
large_body()
{
	net_init
	# And past a crawl interval.
	run_crawl 5000 35000 600 700 "book size 8"
	figures '.reached and .visited_share >= 0.99'
	figures '.replies >= 600 and .failed == 0 and .visits_again > 0.9'
	figures '.reply_alive_share >= 0.98 and .reply_addresses == 250'
	all_met 5000
}

atf_init_test_cases()
{
	atf_add_test_case whole
	atf_add_test_case neighbours
	atf_add_test_case leaving
	# Its targets are of time, which sanitizers cost.
	case ${PEXD_LONG:-no}${PEXD_BUILD:-} in
	yes*asan*)	;;
	yes*)		atf_add_test_case large ;;
	esac
}
