#!/bin/sh
# Measure pexd, and where Go is the same against CometBFT, in one run: the
# address book by itself, a seed asked by fresh clients, idle peers held, and a
# network crawled.  A table on standard output, JSON lines in bench.jsonl.
# Figures of pexd are judged by regress/bench/wanted; status 1 if one of those
# is missed.
#
# Runs in a network namespace of its own with nothing but loopback, so that no
# address of a book can be dialled; as root, or where user namespaces are.
#
# The daemon, all of its processes, has one core and the clients the others.
# The crypto floor is measured on that same core while the load runs: what
# shares a core, or its other thread, slows both alike.
# Each figure is the median of three rounds.
# Usage: regress/bench/bench.sh BUILD [pexd|cometbft ...]
# BENCH_SECONDS (5): length of each round of load.
# BENCH_JUDGE=no: missed or not, the status is 0.
set -eu
src=$(cd "$(dirname "$0")/../.." && pwd)
build=$src/$1
shift

. "$src/regress/lib/seed.subr"

if [ -z "${SEED_NETNS:-}" ]; then
	sh "$src/regress/interop/build.sh" "$build/interop" || true
fi
seed_netns "$src/regress/bench/bench.sh" "${build#"$src"/}" "$@"
ip link set lo up

seconds=${BENCH_SECONDS:-5}
load=$build/regress/bench/load
book=$build/regress/bench/book
comet=$build/interop/cometpeer-v038
out=$src/bench.jsonl
dir=$(mktemp -d "${TMPDIR:-/tmp}/pexd-bench.XXXXXX")
chmod 755 "$dir"
tick=$(getconf CLK_TCK)
cores=$(getconf _NPROCESSORS_ONLN)
one="taskset -c 0"
others="taskset -c 1-$((cores - 1))"
[ "$cores" -gt 1 ] || one= others=
seed_wrap=$one
: > "$out"

cleanup() {
	trap - INT TERM EXIT
	end_seed
	rm -rf "$dir"
}
trap 'cleanup; exit 130' INT TERM
trap cleanup EXIT

# Of what is wanted of that figure: "OP LIMIT", or nothing.
wanted() {	# name book
	awk -v n="$1" -v b="$2" '$1 == n && ($2 == "any" || $2 == b) {
		print $3, $4 }' "$src/regress/bench/wanted"
}

judge() {	# value op limit
	awk -v v="$1" -v op="$2" -v l="$3" 'BEGIN {
		good = v != "null" && (op == "<=" ? v + 0 <= l : v + 0 >= l)
		print good ? "reached" : "NOT reached" }'
}

result() {	# name subject book value unit
	want='' verdict='' json=
	[ "$2" != pexd ] || want=$(wanted "$1" "$3")
	if [ -n "$want" ]; then
		verdict=$(judge "$4" $want)
		json=",\"wanted\":\"$want\",\"verdict\":\"$verdict\""
	fi
	printf '{"name":"%s","subject":"%s","book":%s,"value":%s,"unit":"%s"%s}\n' \
	    "$1" "$2" "$3" "$4" "$5" "$json" >> "$out"
	printf '%-28s %-9s %7s %12s %-6s %-9s %s\n' "$@" "$want" "$verdict" |
	    sed 's/ *$//'
}

# Everything that was wanted of pexd, in one line, and what was missed.
summary() {
	sed '/^#/d' "$src/regress/bench/wanted" | while read -r name _; do
		! grep -q "\"$name\",\"subject\":\"pexd\"" "$out" || continue
		[ "$name" != cycle_cpu_per_cometbft ] || [ -x "$comet" ] ||
		    continue
		echo "$name"
	done > "$dir/unmeasured"
	jq -r 'select(.verdict == "NOT reached") | "NOT reached: \(.name)" +
	    " (\(.book)) \(.value) \(.unit), wanted \(.wanted)"' "$out" \
	    > "$dir/missed"
	sed 's/^/not measured: /' "$dir/unmeasured" >> "$dir/missed"
	echo
	cat "$dir/missed"
	echo "$(grep -c '"verdict":"reached"' "$out") reached," \
	    "$(wc -l < "$dir/missed") missed"
	[ ! -s "$dir/missed" ] || [ "${BENCH_JUDGE:-yes}" = no ]
}

# Slots are fixed by hash and a taken one is not given up, but for hearsay: a
# book offered as many good entries as it has slots takes 96 % of them.  That
# is a full book.  A good entry, verified an hour ago, for each of N addresses
# that differ in their /24; the first word of the host is 11..210 and never
# special.
make_book() {	# entries
	awk -v n="$1" -v now="$(date +%s)" 'BEGIN {
		for (i = 0; i < n; i++) {
			a = 11 + i % 80; b = int(i / 80) % 256
			c = int(i / 20480) % 256
			id = (i + 1) * 2654435761 % 4294967296
			printf "{\"id\":\"%08x%032x\",\"ip\":\"%d.%d.%d.%d\"," \
			    "\"port\":26656,\"level\":\"good\",\"old\":true," \
			    "\"first_heard\":%d,\"last_heard\":%d," \
			    "\"last_try\":%d,\"first_success\":%d," \
			    "\"last_success\":%d,\"successes\":9}\n",
			    id, i + 1, a, b, c, 1 + i % 200, now - 9e5, now - 3600,
			    now - 3600, now - 8e5, now - 3600
		}
	}'
}

memory_kib() {	# pid...: private memory
	cat $(printf '/proc/%s/smaps_rollup ' "$@") |
	    awk '/^Private_(Clean|Dirty):/ { n += $2 } END { print n }'
}

# No CPU used for a while: what start-up began is done.
calm() {
	t=$(seed_ticks $pids)
	sleep 1
	[ $(($(seed_ticks $pids) - t)) -le 1 ]
}

# Nothing can be dialled here: the crawler rests.
config='network "bench-1"
moniker "bench"
listen on 127.0.0.1 port 26656
allow duplicate ip yes
max inbound 12000
max pending 4096
max pending per host 4096
max pending per block 4096
max pending per group 4096
accept rate per host 1000000 per 1s burst 1000000
accept rate per block 1000000 per 1s burst 1000000
accept rate per group 1000000 per 1s burst 1000000
accept rate per all 1000000 per 1s burst 1000000
reply rate per host 1000000 per 1s burst 1000000
max dials 1
crawl interval 24h
seed idle 10m'

measure_pexd() {	# entries
	start_pexd "$dir/pexd" "$config"
	make_book "$1" > "$dir/book.jsonl"
	seed_ctl book import "$dir/book.jsonl" >&2
	pids=$(seed_ctl -j show processes | jq -r '.processes[].pid')
	target=$(seed_key "$dir/pexd")@127.0.0.1:26656
	entries=$(seed_ctl -j show | jq .counters.addrbookd.book_size)
	wait_for 120 calm
}

measure_cometbft() {	# entries
	mkdir "$dir/cometbft"
	"$comet" book fill "$dir/cometbft/book.json" \
	    $([ "$1" -gt 20000 ] || echo "-n $1") > "$dir/cometbft/filled"
	entries=$(jq -r 'select(.event == "filled") | .size' \
	    "$dir/cometbft/filled")
	start_cometbft "$dir/cometbft" -allow-dup-ip -max-in 12000 \
	    -network bench-1 -listen 127.0.0.1:26656 \
	    -addrbook "$dir/cometbft/book.json"
	target=$(jq -r 'select(.event == "listening") | "\(.id)@\(.addr)"' \
	    "$dir/cometbft/out")
	pids=$seed_pid
	wait_for 60 calm
}

field() {	# JSON field
	printf '%s' "$1" | jq -r "$2"
}

median() {	# of the lines of a file
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# CPU per cycle over all its processes, as a figure and as a multiple of the
# floor.
run_load() {	# subject mode name
	rm -f "$dir"/round.*
	for round in 1 2 3; do
		$one "$load" -m floor -d "$seconds" > "$dir/floor" &
		floor=$!
		before=$(seed_ticks $pids)
		j=$($others "$load" -t "$target" -N bench-1 -m "$2" -c 16 \
		    -j 2 -d "$seconds")
		after=$(seed_ticks $pids)
		wait "$floor"
		awk -v t=$((after - before)) -v k="$tick" \
		    -v n="$(field "$j" .cycles)" \
		    -v f="$(jq .sum "$dir/floor")" -v d="$dir" 'BEGIN {
			us = t / k / n * 1e6
			printf "%.1f\n", us > d "/round.cpu"
			printf "%.1f\n", f > d "/round.floor"
			printf "%.3f\n", us / f > d "/round.ratio"
		}'
		for v in cpu floor ratio; do
			cat "$dir/round.$v" >> "$dir/round.$v.all"
		done
		[ "$(field "$j" .failed)" = 0 ] ||
		    echo "failed: $(field "$j" '.failures | tojson')" >&2
	done
	result "$3" "$1" "$entries" "$(median "$dir/round.cpu.all")" us
	# One floor per subject and book: that of its cycles.
	[ "$2" != cycle ] || result crypto_floor "$1" "$entries" \
	    "$(median "$dir/round.floor.all")" us
	result "$3_per_floor" "$1" "$entries" \
	    "$(median "$dir/round.ratio.all")" x
	[ "$2" = cycle ] || return 0
	# Alone on its core.
	j=$($others "$load" -t "$target" -N bench-1 -m cycle -c 16 -j 2 \
	    -d "$seconds")
	result cycles_per_s "$1" "$entries" \
	    "$(field "$j" '.cycles_per_s | floor')" 1/s
}

run_latency() {	# subject
	j=$($others "$load" -t "$target" -N bench-1 -m cycle -c 1 -n 1000)
	for p in 50 90 99; do
		result "latency_p$p" "$1" "$entries" \
		    "$(field "$j" ".latency_us.p$p")" us
	done
}

run_idle() {	# subject
	peers=2000
	before=$(memory_kib $pids)
	: > "$dir/idle"
	"$load" -t "$target" -N bench-1 -m idle -c $peers -d 300 \
	    > "$dir/idle" &
	idle=$!
	# It tells when all are connected; then the buffers are let go.
	wait_for 60 test -s "$dir/idle"
	wait_for 60 calm
	after=$(memory_kib $pids)
	kill $idle
	wait $idle || true
	held=$(field "$(cat "$dir/idle")" '.held')
	result idle_peer_memory "$1" "$entries" \
	    "$(awk -v k=$((after - before)) -v n="$held" \
	    'BEGIN { printf "%.2f", k / n }')" KiB
}

# Lines of a program that measures the book, as they come.
book_results() {	# subject
	while IFS= read -r j; do
		case $j in
		*'"name":'*) ;;
		*) continue ;;
		esac
		result "$(field "$j" .name)" "$1" "$(field "$j" .book)" \
		    "$(field "$j" '.value * 1000 | round / 1000')" \
		    "$(field "$j" .unit)"
	done
}

# How much more an operation costs in the large book than in the small one.
book_growth() {
	jq -rs 'map(select(.subject == "pexd" and .unit == "ns")) |
	    group_by(.name)[] | select(length == 2) |
	    "\(.[0].name)_growth \(.[1].book) \(.[1].value / .[0].value)"' \
	    "$out" | while read -r name size value; do
		result "$name" pexd "$size" "$(printf '%.2f' "$value")" x
	done
}

# The default book, full, and one that an operator made large.
book_pexd() {
	mkdir "$dir/full" "$dir/large"
	$one "$book" -n 20480 -d "$dir/full" > "$dir/lines"
	$one "$book" -n 1000000 -s 64 -d "$dir/large" >> "$dir/lines"
	(cd "$dir/full" && PEXD_BUILD=$build "$build/regress/bench/select" \
	    >> "$dir/lines" 2> "$dir/select") || cat "$dir/select" >&2
	book_results pexd < "$dir/lines"
	book_growth
	rm -r "$dir/full" "$dir/large"
}

# Its tables are of one size: there is no book of a million.
book_cometbft() {
	$one "$comet" bookbench > "$dir/lines"
	book_results cometbft < "$dir/lines"
}

bench() {	# subject entries
	rm -rf "$dir/$1"
	"measure_$1" "$2"
	run_load "$1" cycle cycle_cpu
	run_load "$1" handshake handshake_cpu
	run_latency "$1"
	run_idle "$1"
	stop_seed
}

# How well it knows a network of 500 live peers, and 3500 addresses where
# nobody is, 90 s after it was told of one, and through two crawl intervals
# from then on; see regress/lib/crawl.sh.
crawl() {	# subject
	rm -rf "$dir/crawl"
	mkdir -m 755 "$dir/crawl"
	j=$(cd "$dir/crawl" && sh "$src/regress/lib/crawl.sh" "$build" "$1" \
	    500 3500 90 130 "crawl interval 1m") || {
		status=$?
		echo "the crawl of $1 failed" >&2
		exit $status
	}
	entries=4000
	result crawl_live_share_90s "$1" $entries \
	    "$(field "$j" .visited_share)" share
	result crawl_time "$1" $entries "$(field "$j" \
	    'if .reached then .seconds else null end')" s
	result crawl_visits_again "$1" $entries \
	    "$(field "$j" '.visits_again * 100 | floor / 100')" x
	result reply_alive_share "$1" $entries \
	    "$(field "$j" '.reply_alive_share * 10000 | floor / 10000')" share
	result reply_alive_mean "$1" $entries \
	    "$(field "$j" '.reply_alive_mean * 10000 | floor / 10000')" share
	result crawl_memory "$1" $entries \
	    "$(field "$j" '.memory_mib * 10 | floor / 10')" MiB
	result crawl_cpu "$1" $entries \
	    "$(field "$j" '.cpu * 1000 | ceil / 1000')" cores
}

# What a full book adds, and what that is to CometBFT's: by multiples of the
# floor, which a slower minute of the machine raises alike.
multiple() {	# subject, "small" or "full"
	jq -rs --arg s "$1" --arg b "$2" 'map(select(.subject == $s and
	    .name == "cycle_cpu_per_floor")) | sort_by(.book) |
	    if $b == "small" then first else last end | .value // empty' "$out"
}

compare() {	# name value by
	[ -z "$2" ] || [ -z "$3" ] || result "$1" pexd "$full" \
	    "$(awk -v a="$2" -v b="$3" 'BEGIN { printf "%.3f", a / b }')" x
}

compare_cycles() {
	full=$(jq -s 'map(select(.subject == "pexd" and .name == "cycle_cpu") |
	    .book) | max' "$out")
	compare cycle_cpu_growth "$(multiple pexd full)" \
	    "$(multiple pexd small)"
	compare cycle_cpu_per_cometbft "$(multiple pexd full)" \
	    "$(multiple cometbft full)"
}

[ $# -gt 0 ] || set -- pexd cometbft
printf '%-28s %-9s %7s %12s %-6s %-9s %s\n' name subject book value unit \
    wanted verdict
for s; do
	[ "$s" = pexd ] || [ -x "$comet" ] || {
		echo "no CometBFT peer: $(cat "$build/interop/why" \
		    2>/dev/null || echo not built)" >&2
		continue
	}
	"book_$s"
	bench "$s" 1100
	bench "$s" 20480
	crawl "$s"
done
compare_cycles
case " $* " in
*" pexd "*)	summary ;;
esac
