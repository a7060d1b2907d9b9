#!/bin/sh
# Run the wire tests on every file of the directory PEXD_VECTORS names, or on
# the project's own.
set -eu
src=$(cd "$(dirname "$0")/.." && pwd)
PEXD_SRC=$src
PEXD_VECTORS=${PEXD_VECTORS:-$src/regress/vectors}
export PEXD_SRC PEXD_VECTORS
[ -d "$PEXD_VECTORS" ] || {
	echo "vectors: there is no directory $PEXD_VECTORS" >&2
	exit 1
}
t=$src/$1/regress/unit/vectors_test
passed=0 failed=0 absent=0
for c in $("$t" -l | sed -n 's/^ident: //p'); do
	if ! out=$("$t" -s "$(dirname "$t")" "$c" 2>&1); then
		failed=$((failed + 1))
		echo "$c: FAILED"
		echo "$out"
	elif echo "$out" | grep -q '^skipped: '; then
		absent=$((absent + 1))
		echo "$c: not given"
	else
		passed=$((passed + 1))
		echo "$c: passed"
	fi
done
echo "$passed passed, $failed failed, $absent not given"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
