#!/bin/sh
# Fuzz every parser of network input for FUZZ_SECONDS (60) each, on all cores.
# New inputs go to build/fuzz/corpus; a crash ends it and names its file.
set -eu
src=$(cd "$(dirname "$0")/.." && pwd)
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
for t in "$src/$1"/regress/fuzz/*_fuzz; do
	name=$(basename "$t" _fuzz)
	new=$src/$1/corpus/$name
	seed=$src/regress/fuzz/corpus/$name
	mkdir -p "$new"
	[ -d "$seed" ] || seed=
	echo "== $name"
	(cd "$src/$1" && "$t" -jobs="$jobs" -workers="$jobs" \
	    -max_total_time="${FUZZ_SECONDS:-60}" -print_final_stats=1 \
	    -artifact_prefix="$src/$1/crash-$name-" \
	    "$new" ${seed:+"$seed"} > "$src/$1/$name.log" 2>&1) || {
		tail -n 40 "$src/$1/$name.log"
		cat "$src/$1"/fuzz-*.log 2>/dev/null | tail -n 60
		exit 1
	}
	grep -h 'stat::number_of_executed_units' "$src/$1"/fuzz-*.log |
	    awk '{ n += $2 } END { print "   executions: " n }'
	rm -f "$src/$1"/fuzz-*.log
done
