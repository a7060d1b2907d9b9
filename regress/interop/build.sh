#!/bin/sh
# SPDX-License-Identifier: ISC
# Build the real CometBFT peers, one for each version.
# Usage: regress/interop/build.sh OUTDIR
# Leaves OUTDIR/cometpeer-v038 and OUTDIR/cometpeer-v1; a second call builds
# what changed.  Where there is no Go of the least version it removes them,
# leaves OUTDIR/why saying so, and exits 0, or 1 with PEXD_REQUIRE_INTEROP=1.
# GO names another go command than the one found first.
set -eu

least=1.23.5
[ $# -eq 1 ] || { echo "usage: $0 OUTDIR" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)

# Succeeds if go version $1 is $least or later; a suffix as in 1.24rc1 is cut.
new_enough() {
	printf '%s\n' "$1" | awk -F. -v least="$least" '{
		split(least, want, ".")
		for (i = 1; i <= 3; i++)
			if ($i + 0 != want[i] + 0)
				exit !($i + 0 > want[i] + 0)
	}'
}

find_go() {
	for go in ${GO:+"$GO"} go /usr/local/go/bin/go /usr/lib/go/bin/go; do
		command -v "$go" >/dev/null 2>&1 || continue
		v=$(GOTOOLCHAIN=local "$go" env GOVERSION 2>/dev/null) || continue
		if new_enough "${v#go}"; then
			echo "$go"
			return 0
		fi
	done
	return 1
}

go=$(find_go) || {
	rm -f "$out/cometpeer-v038" "$out/cometpeer-v1"
	echo "no Go $least or later found" > "$out/why"
	echo "interop: $(cat "$out/why")" >&2
	[ "${PEXD_REQUIRE_INTEROP:-0}" != 1 ]
	exit
}

rm -f "$out/why"
for v in v038 v1; do
	(cd "$here/$v" &&
	    GOTOOLCHAIN=local CGO_ENABLED=0 GOWORK=off \
	    "$go" build -trimpath -buildvcs=false -o "$out/cometpeer-$v" .)
done
