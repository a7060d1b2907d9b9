#!/bin/sh
# Install what a build made.
# Usage: mk/install.sh BUILD DESTDIR
# Where to is in the programs themselves: the prefix they were configured for.
set -eu
build=$1 dest=$2
prefix=$(sed -n 's/^PREFIX = //p' "$build/config.mk")
src=$(cd "$(dirname "$0")/.." && pwd)
p=$dest$prefix

install -d -m 755 "$p/sbin" "$p/libexec/pexd" "$p/share/man/man8" \
    "$p/share/man/man7" "$p/share/man/man5" "$p/share/examples/pexd" \
    "$p/share/doc/pexd"
install -m 755 "$build/pexd/pexd" "$build/pexctl/pexctl" "$p/sbin"
for c in engine dialer addrbookd; do
	install -m 755 "$build/libexec/$c" "$p/libexec/pexd"
done
install -m 644 "$src"/man/*.8 "$p/share/man/man8"
install -m 644 "$src"/man/*.7 "$p/share/man/man7"
install -m 644 "$src"/man/*.5 "$p/share/man/man5"
install -m 644 "$src/etc/pexd.conf" "$p/share/examples/pexd"
install -m 644 "$src/README.md" "$src/LICENSE" "$src"/docs/*.md \
    "$p/share/doc/pexd"
for f in pexd.service pexd.sysusers pexd.tmpfiles pexd.rc; do
	[ -f "$src/etc/$f" ] && sed "s|@PREFIX@|$prefix|g" \
	    "$src/etc/$f" > "$p/share/examples/pexd/$f"
done
echo "installed in $p; examples of the configuration, the service and the" \
    "user are in $prefix/share/examples/pexd"
