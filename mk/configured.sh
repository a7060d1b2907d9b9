#!/bin/sh
# Configure a build directory unless it is: again when configure is newer, or
# was told something else the last time.
# Usage: mk/configured.sh OUT [ARGUMENT of configure ...]
set -eu
out=$1
shift
if [ -f "$out/config.mk" ] && [ -f "$out/told" ] &&
    [ "$(cat "$out/told")" = "$*" ] &&
    [ -z "$(find configure -newer "$out/config.mk")" ]; then
	exit 0
fi
./configure -o "$out" "$@"
echo "$*" > "$out/told"
