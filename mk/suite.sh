#!/bin/sh
# Lay out the test suite for Kyua: C tests are linked in, shell tests get a
# head that says which build they try.  Integration tests appear twice: the
# release build with the sandbox enforced, the sanitizer build with it logging.
# Usage: mk/suite.sh short|long|interop DIR
set -eu
what=$1 dir=$2
src=$(cd "$(dirname "$0")/.." && pwd)
long=$([ "$what" = long ] && echo yes || echo no)

fresh() {	# build target: what is built of it is as new as its sources
	o=build/$1 target=$2
	[ -f "$o/config.mk" ] || return 0
	sh mk/rules.sh . "$o"
	set --
	for p in regress/unit/*.c regress/fake/*.c; do
		[ ! -x "$o/${p%.c}" ] || set -- "$@" "$o/${p%.c}"
	done
	for p in pexd/pexd pexctl/pexctl libexec/engine libexec/dialer \
	    libexec/addrbookd regress/engine/engine; do
		[ ! -x "$o/$p" ] || set -- "$@" "$o/$p"
	done
	[ $# -eq 0 ] || env -u MAKEFLAGS -u MAKELEVEL "${MAKE:-make}" -q \
	    -f mk/build.mk "O=$o" "$@" > /dev/null || {
		echo "suite: $o is older than its sources; make $target" >&2
		exit 1
	}
}
(
	cd "$src"
	fresh release tests
	[ "$what" = interop ] || fresh asan asan
)

rm -rf "$dir"
mkdir -p "$dir"

main=$dir/Kyuafile
printf 'syntax(2)\ntest_suite("pexd")\n' > "$main"

group() {	# folder: begin its Kyuafile
	mkdir -p "$dir/$1"
	printf 'syntax(2)\ntest_suite("pexd")\n' > "$dir/$1/Kyuafile"
	echo "include(\"$1/Kyuafile\")" >> "$main"
}

program() {	# folder name [metadata]
	echo "atf_test_program{name=\"$2\"${3:+, $3}}" >> "$dir/$1/Kyuafile"
}

shell() {	# folder script build [metadata]; no script: nothing
	[ -f "$2" ] || return 0
	name=$(basename "$2" .sh)
	{
		echo '#! /usr/bin/env atf-sh'
		echo "PEXD_SRC='$src'"
		echo "PEXD_BUILD='$src/build/$3'"
		echo "PEXD_LONG=$long"
		echo 'export PEXD_SRC PEXD_BUILD PEXD_LONG'
		for v in PEXD_REQUIRE_INTEROP PEXD_REQUIRE_NETNS; do
			eval "echo \"export $v=\${$v:-0}\""
		done
		echo "LSAN_OPTIONS=suppressions=$src/regress/lsan.supp:print_suppressions=0"
		echo 'export LSAN_OPTIONS'
		cat "$2"
	} > "$dir/$1/$name"
	chmod +x "$dir/$1/$name"
	program "$1" "$name" "${4:-}"
}

unit() {
	group unit
	# By source, for a program may have outlived its own.
	for c in "$src"/regress/unit/*_test.c; do
		name=$(basename "$c" .c)
		p=$src/build/asan/regress/unit/$name
		[ -x "$p" ] || continue
		# A head of its own: tests find their data by the environment.
		{
			echo '#!/bin/sh'
			echo "PEXD_SRC='$src' PEXD_BUILD='$src/build/asan'"
			echo "PEXD_LONG=$long"
			echo 'export PEXD_SRC PEXD_BUILD PEXD_LONG'
			echo 'unset PEXD_VECTORS'
			echo 'ASAN_OPTIONS=detect_leaks=1:abort_on_error=0'
			echo 'UBSAN_OPTIONS=print_stacktrace=1'
			echo "LSAN_OPTIONS=suppressions=$src/regress/lsan.supp:print_suppressions=0"
			echo 'export ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS'
			echo "exec '$p' \"\$@\""
		} > "$dir/unit/$name"
		chmod +x "$dir/unit/$name"
		program unit "$name"
	done
}

integration() {
	for b in release asan; do
		group "$b"
		for s in "$src"/regress/integration/*_test.sh; do
			[ -f "$s" ] || continue
			shell "$b" "$s" $b
		done
	done
}

interop() {
	group interop
	for s in "$src"/regress/interop/*_test.sh; do
		[ -f "$s" ] && shell interop "$s" release 'timeout=600'
	done
	return 0
}

# With network namespaces; the release build, for what they wait for is time.
faults() {
	group faults
	for s in "$src"/regress/faults/*_test.sh; do
		shell faults "$s" release 'timeout=1200'
	done
}

simulation() {
	group sim
	shell sim "$src/regress/sim/sim_test.sh" release
}

fuzz() {
	group fuzz
	[ -f "$src/regress/fuzz/fuzz_test.sh" ] &&
	    shell fuzz "$src/regress/fuzz/fuzz_test.sh" fuzz 'timeout=3600'
	return 0
}

case $what in
interop) interop ;;
*)	# Those that take longest begin first, and nobody waits for them last.
	faults; simulation; integration; fuzz; interop; unit ;;
esac
