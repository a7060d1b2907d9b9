#!/bin/sh
# Configure a build directory, unless it is as it was told: by make now, or,
# where make was told nothing, by whoever configured it last.
# Usage: mk/configured.sh OUT [ARGUMENT ...] -- [ARGUMENT ...]
# Arguments of configure: those the build needs, those somebody chose.
set -eu
out=$1
shift

if [ -f "$out/config.mk" ] && ! grep -qxF "SRC = $PWD" "$out/config.mk"; then
	echo "$out was made for another place and is made anew"
	rm -rf "$out"
fi

always=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	always="$always$1
"
	shift
done
shift
chosen=
[ $# -eq 0 ] || chosen=$(printf '%s\n' "$@")
told=$(cat "$out/told" 2>/dev/null || true)
want=$always$chosen
[ -n "$chosen" ] || want=${told:-$always}

# What a substitution cut from the ends is of no account here.
lines() { printf '%s\n' "$1" | sed '/^$/d'; }
[ ! -f "$out/config.mk" ] || [ "$(lines "$want")" != "$(lines "$told")" ] ||
    [ -n "$(find configure -newer "$out/config.mk")" ] || exit 0

set --
while read -r argument; do
	[ -z "$argument" ] || set -- "$@" "$argument"
done <<END
$want
END
exec ./configure -o "$out" "$@"
