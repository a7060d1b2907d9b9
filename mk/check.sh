#!/bin/sh
# Run the test suite under Kyua and close with one line,
# 'N passed, N failed, N skipped'.  Fails if anything failed or broke, or
# was skipped without being on the list regress/skips.
# Usage: mk/check.sh short|long|interop
set -eu
what=${1:-short}
src=$(cd "$(dirname "$0")/.." && pwd)
dir=$src/build/check
# Most tests wait most of their time.
jobs=$(($(sh "$src/mk/jobs.sh") * 2))

sh "$src/mk/suite.sh" "$what" "$dir"
cd "$dir"
db=$dir/results.db
rm -f "$db"
cases=$(kyua list -k "$dir/Kyuafile" | wc -l)
rm -f "$dir/status"
{
	kyua -v parallelism="$jobs" test -k "$dir/Kyuafile" -r "$db" &&
	    status=0 || status=$?
	echo $status > "$dir/status"
} | tee "$dir/output"

kyua report -r "$db" --verbose \
    --results-filter=broken,failed > "$dir/report" 2>&1 || true
count() { grep -c " -> *$1" "$dir/output" || true; }
passed=$(($(count passed) + $(count expected_failure)))
failed=$(($(count failed) + $(count broken)))
skipped=$(count skipped)

bad=0
grep ' -> *skipped' "$dir/output" | sed 's/  *->.*//' > "$dir/skipped" || true
while read -r name; do
	# A line of the list: the test case, then the reason.
	if ! awk -v n="$name" '$1 == n { f = 1 } END { exit !f }' \
	    "$src/regress/skips"; then
		echo "skipped without a written reason: $name" >&2
		bad=1
	fi
done < "$dir/skipped"
[ "$failed" -eq 0 ] || {
	sed -n '/^===> \(Broken\|Failed\)/,$p' "$dir/report" |
	    sed '/^===> Summary/q' >&2
	bad=1
}
[ $((passed + failed + skipped)) -gt 0 ] || {
	echo "no test was executed" >&2
	bad=1
}
[ $((passed + failed + skipped)) -eq "$cases" ] || {
	echo "of $cases tests $((passed + failed + skipped)) ended" >&2
	bad=1
}
# 1: some failed.
case $(cat "$dir/status") in
0)	;;
1)	[ "$failed" -gt 0 ] || bad=1 ;;
*)	echo "kyua ended with status $(cat "$dir/status")" >&2; bad=1 ;;
esac
echo "$passed passed, $failed failed, $skipped skipped"
exit $bad
