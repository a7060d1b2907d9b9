#!/bin/sh
# What can be said about the sources without running them.
set -eu
cd "$(dirname "$0")/.."
bad=0
say() { echo "$*"; bad=1; }

mandoc -Tlint -Wwarning man/*.[1578] || bad=1
long=$(git ls-files '*.c' '*.h' '*.y' | xargs awk \
    '{ s = $0; while ((i = index(s, "\t")) > 0) {
	n = 8 - (i - 1) % 8; s = substr(s, 1, i - 1) \
	    substr("        ", 1, n) substr(s, i + 1) }
	if (length(s) > 80) print FILENAME ":" FNR }')
[ -z "$long" ] || say "lines over 80 columns:
$long"
space=$(git grep -nI '[[:space:]]$' -- '*.c' '*.h' '*.y' '*.sh' '*.mk' \
    Makefile configure man || true)
[ -z "$space" ] || say "trailing white space:
$space"
nospdx=$(git ls-files '*.c' '*.h' '*.y' | while read -r f; do
	grep -q 'SPDX-License-Identifier: ISC' "$f" || echo "$f"
done)
[ -z "$nospdx" ] || say "no SPDX line:
$nospdx"
for s in configure mk/*.sh .ci/run; do
	sh -n "$s" || bad=1
done
[ $bad -eq 0 ] && echo "lint: clean"
exit $bad
