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
#   reply_alive_share	of the addresses in all replies since then
#   reply_alive_min	of those in the worst of them
#   replies, reply_addresses, failed	how many, of what size, and unanswered
#   forget_seconds	since they left, until less than 2 % of the addresses
#			in every reply were theirs
#   memory_mib		the most that the seed's processes held (RSS)
#   cpu			cores they used up to then
# pexd's parent is not counted with them.
set -eu
me=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")

if [ -z "${CRAWL_IN_NETNS:-}" ]; then
	CRAWL_IN_NETNS=1 CRAWL_UID=${CRAWL_UID:-$(id -u)}
	export CRAWL_IN_NETNS CRAWL_UID
	ns="unshare -n"
	[ "$(id -u)" -eq 0 ] || ns="unshare -rn"
	$ns ip link add name void type veth peer name gone 2> /dev/null || {
		echo "no network namespace with a pair of interfaces" >&2
		exit 77
	}
	exec $ns sh "$me" "$@"
fi

build=$1 subject=$2 live=$3 dead=$4 within=$5 after=$6
shift 6
world="$build/regress/fake/world -l $live -d $dead -N world-1"
world="$world -c ${CRAWL_CROWD:-1}"
ctl="$build/pexctl/pexctl"
ip=13.7.7.7		# WORLD_SEED_IP
port=26650		# the world has 26656 on every address
daemon= network=

cleanup() {
	trap - INT TERM EXIT
	for p in $daemon $network; do
		{ kill "$p" && wait "$p"; } 2> /dev/null || true
	done
}
trap 'cleanup; exit 130' INT TERM
trap cleanup EXIT

die() {
	echo "$1" >&2
	tail -n 20 log >&2 2> /dev/null || true
	exit 1
}

# In a user namespace we are root for its networks' sake only.
unprivileged() {
	[ "$CRAWL_UID" -ne 0 ] || exec "$@"
	exec unshare -U --map-user="$CRAWL_UID" "$@"
}

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

wait_for() {	# seconds command...
	end=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -le "$end" ] || return 1
		sleep 0.1
	done
}

start_world() {
	"$ctl" key generate key.pem > /dev/null
	rm -f in
	mkfifo in
	$world run "$("$ctl" -j key show key.pem | jq -r .id)@$ip:$port" \
	    < in > world &
	network=$!
	exec 8> in
	wait_for 60 grep -q '"ready"' world || die "no world"
	first=$(jq -r 'select(.event == "ready") | .first' world)
}

# --- the seed -------------------------------------------------------------

pexd_up() {
	"$ctl" -s "$PWD/ctl" show > /dev/null 2>&1
}

start_pexd() {	# config line...
	mkdir -m 755 empty
	{
		cat <<-END
		network "world-1"
		moniker "crawler"
		mode seed
		listen on $ip port $port
		seed "$first"
		state directory "$PWD/state"
		control socket "$PWD/ctl"
		node key "$PWD/key.pem"
		END
		[ $# -eq 0 ] || printf '%s\n' "$@"
		[ "$CRAWL_UID" -ne 0 ] || printf 'user "%s"\nchroot "%s"\n' \
		    "${PEXD_TEST_USER:-nobody}" "$PWD/empty"
	} > conf
	chmod 600 conf
	unprivileged "$build/pexd/pexd" -d -x "$build/libexec" \
	    -f "$PWD/conf" 8>&- 2> log &
	daemon=$!
	wait_for 20 pexd_up || die "pexd did not start"
}

look_pexd() {	# rss bytes, CPU ms
	"$ctl" -j -s "$PWD/ctl" show processes | jq -r '[.processes[] |
	    select(.process != "pexd")] | (map(.rss_bytes) | add),
	    (map(.cpu_ms) | add)'
}

save_pexd() {
	for what in nodes versions summary; do
		"$ctl" -j -s "$PWD/ctl" show $what > $what
	done
}

start_cometbft() {
	"$ctl" key export key.pem node_key.json > /dev/null
	mkfifo commands		# it ends with them
	exec 9<> commands
	"$build/interop/cometpeer-v038" run -quiet -seed-mode -strict \
	    -dial-anywhere -max-in 1000 -network world-1 \
	    -listen $ip:$port -node-key node_key.json -addrbook book.json \
	    -seeds "$first" < commands 8>&- > log 2>&1 &
	daemon=$!
}

look_cometbft() {
	awk '/^VmRSS:/ { print $2 * 1024 }' "/proc/$daemon/status"
	awk -v k="$(getconf CLK_TCK)" '{ sub(/.*\) /, "")
	    print int(($12 + $13) * 1000 / k) }' "/proc/$daemon/stat"
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
	kill "$daemon"
	wait "$daemon" || [ "$subject" != pexd ] ||
	    die "the seed did not end well"
	daemon=
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
	  reply_alive_share: (if $n > 0 then ([$r[].live] | add) / $n
	    else 0 end),
	  reply_alive_min: ([$r[] | if .n > 0 then .live / .n else 0 end] |
	    min // 0),
	  replies: ($r | length), reply_addresses: ([$r[].n] | min // 0),
	  failed: [$all[] | select(.event == "failed" and .t > $t)] | length,
	  forget_seconds: (if $left == null then null
	    else ([$later[] | select(.live < .n * 0.98) | .t - $left] |
	    max // 0) end),
	  later_replies: ($later | length),
	  memory_mib: ($most / 1048576), cpu: ($cpu / 1000 / $t) }' world
}

make_network
start_world
begun=$(date +%s) most=0 used=0
"start_$subject" "$@"
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
