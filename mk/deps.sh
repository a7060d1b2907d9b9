#!/bin/sh
# Install the Debian packages that pexd needs and that are not there yet.
# Usage: mk/deps.sh run|check
# Does nothing when all are present, or on a system without dpkg.
set -eu

build="gcc libc6-dev pkg-config byacc libevent-dev libbsd-dev libssl-dev
    libsqlite3-dev libseccomp-dev libjansson-dev libnanopb-dev nanopb"
check="kyua libatf-dev atf-sh clang libclang-rt-dev bmake mandoc
    iproute2 util-linux procps jq python3"

case "${1:-run}" in
run)	want="$build jq" ;;
check)	want="$build $check" ;;
*)	echo "usage: $0 run|check" >&2; exit 2 ;;
esac

command -v dpkg-query >/dev/null 2>&1 || {
	echo "deps: no dpkg here; install the libraries listed in README.md" >&2
	exit 0
}

missing=
for p in $want; do
	s=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)
	[ "$s" = installed ] || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null 2>&1 || {
		echo "deps: missing:$missing; install them as root" >&2
		exit 1
	}
	sudo=sudo
fi
echo "deps: installing$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # a list of words
$sudo apt-get install -y --no-install-recommends $missing >/dev/null 2>&1 || {
	$sudo apt-get update -q
	$sudo apt-get install -y -q --no-install-recommends $missing
}
