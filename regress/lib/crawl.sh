#!/bin/sh
# SPDX-License-Identifier: ISC
# Let a seed crawl a made-up network, ask it for addresses meanwhile, and
# print what came of it: one JSON object on standard output.
#
# Everything is in a network namespace of its own.  The addresses are public
# ones: those of live peers are local (regress/fake/world), all others are
# routed to an interface whose far end takes nothing, so that a SYN to them
# is never answered.
#
# Usage: crawl.sh BUILD SUBJECT LIVE DEAD WITHIN AFTER [LINE...]
#   BUILD	absolute, of the programs; what is written goes to where we are
#   SUBJECT	pexd or cometbft
#   WITHIN	seconds to visit 99 % of the live peers in, at most
#   AFTER	seconds for which the seed is asked then
#   LINE	of pexd's config
# CRAWL_CROWD=N: there are N addresses in each /24, and not 1.
# CRAWL_LEAVE=N: then N of the live peers leave, without a word, and the seed
# is asked for AFTER seconds more.
# Exit status 77: there can be no such namespace here; the reason on stderr.
#
# What is printed:
#   visited_share	of the live peers, when 99 % are or the time was up
#   seconds		when that was, since the network was there
#   reply_alive_share	of the addresses in the worst reply since then
#   reply_alive_mean	of those in all of them
#   replies, reply_addresses, failed	how many, of what least size, and
#			unanswered
#   visits_again	to each live peer since then, in the mean: 1 and more
#			means that a crawl interval was passed
#   forget_seconds	since they left, until less than 2 % of the addresses
#			in every reply were theirs
#   memory_mib		the most that the seed's processes held (RSS)
#   cpu			cores they used up to then
# pexd's parent is not counted with them.
set -eu
me=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")

. "${me%/*}/seed.subr"
seed_netns "$me" "$@"

build=$1 subject=$2 live=$3 dead=$4 within=$5 after=$6
shift 6
world="$build/regress/fake/world -l $live -d $dead -N world-1"
world="$world -c ${CRAWL_CROWD:-1}"
ip=13.7.7.7		# WORLD_SEED_IP
port=26650		# the world has 26656 on every address
network=

cleanup() {
	trap - INT TERM EXIT
	end_seed
	[ -z "$network" ] || { kill "$network" && wait "$network"; } \
	    2> /dev/null || true
}
trap 'cleanup; exit 130' INT TERM
trap cleanup EXIT

make_network() {
	ip link set lo up
	ip link add name void type veth peer name gone
	ip link set void up
	ip link set gone up
	ip addr add $ip/32 dev lo
	# The far end has another MAC address and drops all of it.
	ip neigh add 198.18.0.1 lladdr 02:00:00:00:00:01 dev void \
	    nud permanent
	ip route add default via 198.18.0.1 dev void onlink src $ip
	ip route add local 12.0.0.0/8 dev lo src $ip	# WORLD_CLIENTS
	$world routes > routes
	ip -batch routes
}

start_world() {
	rm -f in
	mkfifo in
	$world run "$(seed_key "$PWD")@$ip:$port" < in > world &
	network=$!
	exec 8> in
	wait_for 60 grep -q '"ready"' world || {
		echo "no world" >&2
		exit 1
	}
	first=$(jq -r 'select(.event == "ready") | .first' world)
}

# --- the seed -------------------------------------------------------------

crawl_pexd() {	# config line...
	start_pexd "$PWD" 'network "world-1"' 'moniker "crawler"' \
	    "listen on $ip port $port" "seed \"$first\"" "$@"
}

look_pexd() {	# rss bytes, CPU ms
	seed_ctl -j show processes | jq -r '[.processes[] |
	    select(.process != "pexd")] | (map(.rss_bytes) | add),
	    (map(.cpu_ms) | add)'
}

save_pexd() {
	for what in nodes versions summary; do
		seed_ctl -j show $what > $what
	done
}

crawl_cometbft() {
	"$build/pexctl/pexctl" key export key.pem node_key.json > /dev/null
	start_cometbft "$PWD" -dial-anywhere -max-in 1000 -network world-1 \
	    -listen $ip:$port -node-key node_key.json -addrbook book.json \
	    -seeds "$first"
}

look_cometbft() {
	awk '/^VmRSS:/ { print $2 * 1024 }' "/proc/$seed_pid/status"
	echo $(($(seed_ticks "$seed_pid") * 1000 / $(getconf CLK_TCK)))
}

save_cometbft() {
	:
}

# --- the run --------------------------------------------------------------

elapsed() {
	echo $(($(date +%s) - begun))
}

visited() {
	jq -n '[inputs | select(.event == "visited")] | last |
	    .visited // 0' world 2> /dev/null || echo 0
}

look() {
	set -- $("look_$subject")
	[ "$1" -le "$most" ] || most=$1
	used=$2
}

# First those who ask, so that nobody is left without an answer.
stop() {
	exec 8>&-
	wait "$network"
	network=
	stop_seed
}

summarize() {
	jq -cn --argjson t "$took" --argjson live "$live" \
	    --argjson most "$most" --argjson cpu "$crawl_used" '
	[inputs] as $all | [$all[] | select(.event == "visited")] as $v |
	([$v[] | select(.visited >= $live * 0.99) | .t] | first) as $done |
	($done // $t) as $t |
	([$all[] | select(.event == "left") | .t] | first) as $left |
	[$all[] | select(.event == "reply" and .t > $t and
	    ($left == null or .t < $left))] as $r |
	[$all[] | select(.event == "reply" and $left != null and
	    .t >= $left)] as $later |
	([$r[].n] | add // 0) as $n |
	{ visited_share: ([$v[] | select(.t <= $t) | .visited] | max / $live),
	  reached: ($done != null), seconds: $t,
	  reply_alive_share: ([$r[] | if .n > 0 then .live / .n else 0 end] |
	    min // 0),
	  reply_alive_mean: (if $n > 0 then ([$r[].live] | add) / $n
	    else 0 end),
	  replies: ($r | length), reply_addresses: ([$r[].n] | min // 0),
	  failed: [$all[] | select(.event == "failed" and .t > $t)] | length,
	  visits_again: ([$v[] | select(($left == null or .t < $left) and
	    .t >= $t) | .visits] | (max - min) / $live),
	  forget_seconds: (if $left == null then null
	    else ([$later[] | select(.live < .n * 0.98) | .t - $left] |
	    max // 0) end),
	  later_replies: ($later | length),
	  memory_mib: ($most / 1048576), cpu: ($cpu / 1000 / $t) }' world
}

make_network
start_world
begun=$(date +%s) most=0 used=0
"crawl_$subject" "$@"
enough=$(((live * 99 + 99) / 100))
until [ "$(visited)" -ge $enough ] || [ "$(elapsed)" -ge "$within" ]; do
	sleep 0.5
	look
done
crawl_used=$used took=$(elapsed)
until [ "$(elapsed)" -ge $((took + after)) ]; do
	sleep 0.5
	look
done
"save_$subject"
if [ -n "${CRAWL_LEAVE:-}" ]; then
	tail -n "$CRAWL_LEAVE" routes | sed 's/add/del/' > left
	ip -batch left
	echo "$CRAWL_LEAVE" >&8
	until [ "$(elapsed)" -ge $((took + 2 * after)) ]; do
		sleep 0.5
		look
	done
fi
stop
summarize
