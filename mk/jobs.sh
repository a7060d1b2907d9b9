#!/bin/sh
# How many things to do at once: the processors that this shell may use.
# Usage: mk/jobs.sh
# or, with that many jobs unless make was told how many:
# mk/jobs.sh MAKE [ARGUMENT ...]
set -eu
n=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
[ $# -gt 0 ] || { echo "$n"; exit 0; }
case " ${MAKEFLAGS:-}" in
*" -j"*|*jobserver*)	exec "$@" ;;
esac
make=$1
shift
export GNUMAKEFLAGS=--no-print-directory
exec "$make" -j "$n" "$@"
