#!/bin/sh
# A little network on loopback: one seed and five peers, each a complete pexd
# with its own state, that find each other through PEX.  Shows who knows and
# has connected to whom until ^C, or for RUN_SECONDS; then the status is 0
# only if every peer is connected to at least three others and the seed's
# book holds all five.
# Usage: mk/run.sh BUILD
set -eu
src=$(cd "$(dirname "$0")/.." && pwd)
build=$src/$1
pexd=$build/pexd/pexd
ctl=$build/pexctl/pexctl
dir=$(mktemp -d "${TMPDIR:-/tmp}/pexd-run.XXXXXX")
net=127.$(($$ % 200 + 20)).0		# so that two runs do not meet
nodes="seed peer1 peer2 peer3 peer4 peer5"
pids=
umask 022	# root's pexd reads no file that others may write to

stop() {
	trap - INT TERM EXIT
	for p in $pids; do kill "$p" 2>/dev/null || true; done
	for p in $pids; do wait "$p" 2>/dev/null || true; done
	rm -rf "$dir"
}
trap 'stop; exit 130' INT TERM
trap stop EXIT

number() {	# node name: 1 for the seed, then 2..6
	case $1 in seed) echo 1 ;; *) echo $((${1#peer} + 1)) ;; esac
}

config() {	# node name
	n=$1
	mkdir "$dir/$n"
	"$ctl" key generate "$dir/$n/key.pem" > /dev/null
	cat > "$dir/$n/pexd.conf" <<-EOF
	network "little-1"
	moniker "$n"
	mode $([ "$n" = seed ] && echo seed || echo peer)
	listen on $net.$(number "$n") port 26656
	external address $net.$(number "$n"):26656
	state directory "$dir/$n/state"
	control socket "$dir/$n/sock"
	node key "$dir/$n/key.pem"
	# All of them share one host's network, and nobody wants to wait.
	strict routability no
	private network yes
	ensure period 2s
	seed interval 2s
	request interval 2s
	crawl interval 2s
	probe interval 5s
	EOF
	# Root's daemons drop to a user of their own; here any will do.
	[ "$(id -u)" -ne 0 ] || cat >> "$dir/$n/pexd.conf" <<-EOF
	user nobody
	chroot "$dir/empty"
	EOF
	[ "$n" = seed ] ||
	    echo "seed \"$seed_id@$net.1:26656\"" >> "$dir/$n/pexd.conf"
}

start() {	# node name
	"$pexd" -d -x "$build/libexec" -f "$dir/$1/pexd.conf" \
	    2> "$dir/$1/log" &
	pids="$pids $!"
}

id_of() {
	"$ctl" -j key show "$dir/$1/key.pem" | jq -r .id
}

ask() {		# node what
	"$ctl" -j -s "$dir/$1/sock" show "$2" 2>/dev/null || echo '{}'
}

# One JSON object: per node its peers and the IDs in its book.
collect() {
	for n in $nodes; do
		ask "$n" peers > "$dir/$n/peers.json"
		ask "$n" book > "$dir/$n/book.json"
		jq -n --arg n "$n" --arg id "$(cat "$dir/$n/id")" \
		    --slurpfile p "$dir/$n/peers.json" \
		    --slurpfile b "$dir/$n/book.json" \
		    '{name: $n, id: $id, peers: ($p[0].peers // []),
		      book: ([$b[0].book // [] | .[].id] | unique)}'
	done | jq -s .
}

# shellcheck disable=SC2016  # jq's variables
table='(map({(.id): .name}) | add) as $name |
    "node   knows  connected to (> dialled, < accepted)",
    (.[] | .peers as $p |
	"\(.name + "      " | .[0:6]) \("    " + (.book | length | tostring)
	    | .[-4:])   \([$p[] | (if .outbound then ">" else "<" end)
	    + ($name[.id] // .id[0:8])] | sort | join(" "))")'
# shellcheck disable=SC2016
verdict='(map(select(.name != "seed"))) as $peers |
    ([$peers[].id]) as $ids |
    ($peers | map(.id as $me |
	[.peers[].id] | unique | map(select(. as $i | $ids | index($i)))
	| length >= 3) | all) and
    (map(select(.name == "seed"))[0].book as $b | $ids | map(. as $i |
	$b | index($i) != null) | all)'

mkdir "$dir/empty"
for n in $nodes; do
	config "$n"
	id_of "$n" > "$dir/$n/id"
	[ "$n" = seed ] && seed_id=$(cat "$dir/seed/id")
	start "$n"
done

began=$(date +%s)
ok=false
while :; do
	collect > "$dir/all.json"
	ok=$(jq "$verdict" "$dir/all.json")
	now=$(($(date +%s) - began))
	[ -t 1 ] && printf '\033[H\033[J'
	echo "pexd: one seed and five peers on $net.1-6, $now s;" \
	    "logs in $dir/*/log"
	jq -r "$table" "$dir/all.json"
	if [ -n "${RUN_SECONDS:-}" ]; then
		[ "$now" -lt "$RUN_SECONDS" ] || break
	fi
	sleep 2		# the refresh of the display, not a wait for anything
done
if [ "$ok" = true ]; then
	echo "every peer is connected to at least three others and the seed" \
	    "knows all five"
	exit 0
fi
echo "not every peer found three others, or the seed does not know all:" >&2
tail -n 15 "$dir"/*/log >&2
exit 1
