# Every fuzz target for some seconds on its seed corpus.

SECONDS_EACH=$([ "$PEXD_LONG" = yes ] && echo 60 || echo 4)

run_target() {
	corpus="$PEXD_SRC/regress/fuzz/corpus/$1"
	mkdir -p new
	[ -d "$corpus" ] || corpus=
	"$PEXD_BUILD/regress/fuzz/$1_fuzz" -max_total_time="$SECONDS_EACH" \
	    -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	    new $corpus > out 2>&1 ||
	    { tail -n 60 out; atf_fail "$1: see the output"; }
	n=$(awk '/stat::number_of_executed_units/ { print $2 }' out)
	[ "${n:-0}" -gt 0 ] || atf_fail "$1: nothing was executed"
}

for t in "$PEXD_BUILD"/regress/fuzz/*_fuzz; do
	n=$(basename "$t" _fuzz)
	atf_test_case "$n"
	eval "${n}_head() { atf_set descr 'fuzz $n'; }"
	eval "${n}_body() { run_target $n; }"
done

atf_init_test_cases() {
	for t in "$PEXD_BUILD"/regress/fuzz/*_fuzz; do
		atf_add_test_case "$(basename "$t" _fuzz)"
	done
}
