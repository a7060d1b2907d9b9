#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# A network of pexd and CometBFT nodes that know nothing but one pexd seed:
# each is a host of its own, in a group of its own.

. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/net.subr"
. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/line.subr"

if [ "${PEXD_LONG:-no}" = yes ]; then
	PEXDS=20 COMETS=5 WITHIN=60 KNOWN_WITHIN=600
else
	PEXDS=5 COMETS=2 WITHIN=60 KNOWN_WITHIN=90
fi
PORT=26656
TIMES="ensure period 5s
probe interval 2s
request interval 2s
answer interval 1s
seed interval 5s
crawl interval 10s"

ip_of()		# NUMBER: seed is 1
{
	echo "$((20 + $1)).$1.0.1"
}

# Everybody comes to the seed at once, as nobody does: it would not let
# more than a few of a /24 in, but these are all of other ones.
start_node()	# NAME NUMBER LINE...
{
	ip=$(ip_of "$2")
	net_wrap=$(host "$ip")
	n=$1
	shift 2
	start_pexd "$n" "listen on $ip port $PORT" \
	    "external address $ip:$PORT" "strict routability yes" \
	    "private network no" "allow duplicate ip no" "$TIMES" "$@"
}

# Its limits are its defaults: ten outbound peers, and once it has those it
# asks nobody for addresses any more.
start_stock()	# NAME NUMBER SEED
{
	ip=$(ip_of "$2")
	net_wrap=$(host "$ip")
	case $(($2 % 2)) in
	0)	v=v038 ;;
	1)	v=v1 ;;
	esac
	start_comet $v "$1" -strict -dial-anywhere -listen "$ip:$PORT" \
	    -external "$ip:$PORT" -ensure-period 5s -seeds "$3"
}

outbound()	# NAME: established, and in slots
{
	pexctl_j "$1" .counters.dialer.outbound show
}

# Ten, or nobody is left to dial: who came to it is no outbound peer.
has_enough()	# NAME
{
	[ "$(outbound "$1")" -ge 10 ] || [ "$(pexctl_j "$1" '.peers[].id' \
	    show peers | sort -u | comm -12 - everybody | wc -l)" -eq \
	    "$(wc -l < everybody)" ]
}

# IDs that it has in its book, and its own.
known()		# NAME
{
	case $1 in
	p*)	{ pexctl_j "$1" '.book[].id' show book; pexd_id "$1"; } ;;
	c*)	{ comet_j "$1" '.addrs[].id' book; comet_id "$1"; } ;;
	esac | sort -u
}

# 95 % of all are known to it.  A stock node has its ten within seconds and
# then asks nobody again: of it are wanted those who came before it.
knows()		# NAME
{
	case $1 in
	p*)	all=everybody ;;
	c*)	all=before.$1 ;;
	esac
	have=$(known "$1" | comm -12 - $all | wc -l)
	[ $((have * 100)) -ge $(($(wc -l < $all) * 95)) ]
}

id_of()		# NAME
{
	case $1 in
	c*)	comet_id "$1" ;;
	*)	pexd_id "$1" ;;
	esac
}

all_know()
{
	for n in $nodes; do
		knows "$n" || return 1
	done
}

atf_test_case converge cleanup
converge_head()
{
	atf_set descr "a network that knows one seed comes to know itself"
	needs_netns jq nsenter ip
	atf_set timeout 1200
}
converge_body()
{
	net_init
	require_comet
	total=$((PEXDS + COMETS + 1))
	ips=
	for i in $(seq 1 $((total + 1))); do
		ips="$ips $(ip_of "$i")"
	done
	# shellcheck disable=SC2086  # a list of words
	start_hosts $ips
	start_node seed 1 "mode seed"
	seed=$(pexd_at seed)
	nodes=
	i=2
	while [ $i -le $((PEXDS + 1)) ]; do
		start_node "p$i" $i "mode peer" "seed \"$seed\""
		nodes="$nodes p$i"
		i=$((i + 1))
	done
	while [ $i -le $total ]; do
		start_stock "c$i" $i "$seed"
		nodes="$nodes c$i"
		i=$((i + 1))
	done
	began=$(date +%s)
	for n in $nodes; do
		sort came > "before.$n" 2>/dev/null
		id_of "$n" >> came
	done
	sort came > everybody

	wait_for $KNOWN_WITHIN all_know || {
		for n in $nodes; do
			echo "$n: $(known "$n" | comm -12 - everybody | wc -l)"
		done
		net_give_up seed "not all know 95 % of all"
	}
	echo "all know 95 % of all after $(($(date +%s) - began)) s"

	# Somebody new.
	began=$(date +%s)
	start_node new $i "mode peer" "seed \"$seed\""
	wait_for $WITHIN has_enough new ||
	    net_give_up new "$(outbound new) outbound peers"
	echo "$(outbound new) outbound peers after $(($(date +%s) - began)) s"
	for n in $nodes new seed; do
		case $n in
		c*)	continue ;;
		esac
		check_equal "$n" 0 "$(pexctl_j "$n" '.bans | length' show bans)"
		stop_pexd "$n"
	done
}
converge_cleanup() { stop_all; }

atf_init_test_cases()
{
	atf_add_test_case converge
}
