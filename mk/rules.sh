#!/bin/sh
# Write the compile rules of one build directory: a rule per source file and
# a list of objects per folder, found by looking, so that adding a file to a
# folder is all it takes.  Suffix rules would do but cannot build out of the
# tree in both GNU make and bmake.
# Usage: mk/rules.sh SRC OUT
set -eu
src=$1 out=$2
cd "$src"
tmp=$out/rules.mk.new
: > "$tmp"

libs="common compat wire addrbookd/book dialer/policy regress/lib"
progs="pexd engine dialer addrbookd pexctl regress/sim"
tests="regress/unit regress/fuzz regress/bench regress/fake"

t=$(printf '\t')	# a recipe's tab; <<- takes those of the text

var() { echo "$1" | tr / _; }

emit_c() {	# folder
	objs=
	for c in "$1"/*.c; do
		[ -f "$c" ] || continue
		o="\$(O)/${c%.c}.o"
		objs="$objs $o"
		mkdir -p "$out/$1"
		# Generated protobuf headers have to exist before anything
		# that may include them is compiled.
		cat >> "$tmp" <<-EOF
		$o: \$(SRC)/$c \$(O)/config.mk \$(PROTO_HDRS)
		${t}\$(CC) \$(CPPFLAGS) \$(CFLAGS) -MMD -MP -c -o \$@ \$(SRC)/$c
		sinclude \$(O)/${c%.c}.d
		EOF
	done
	for y in "$1"/*.y; do
		[ -f "$y" ] || continue
		g="\$(O)/${y%.y}.c"
		o="\$(O)/${y%.y}.o"
		objs="$objs $o"
		mkdir -p "$out/$1"
		cat >> "$tmp" <<-EOF
		$g: \$(SRC)/$y
		${t}\$(YACC) -o \$@ \$(SRC)/$y
		$o: $g
		${t}\$(CC) \$(CPPFLAGS) \$(CFLAGS) -I\$(SRC)/$1 -MMD -MP -c -o \$@ $g
		sinclude \$(O)/${y%.y}.d
		EOF
	done
	for p in "$1"/proto/*.proto; do
		[ -f "$p" ] || continue
		b="\$(O)/${p%.proto}.pb"
		objs="$objs $b.o"
		mkdir -p "$out/$1/proto"
		opt=
		[ -f "${p%.proto}.options" ] &&
		    opt="\$(SRC)/${p%.proto}.options"
		cat >> "$tmp" <<-EOF
		$b.h: \$(SRC)/$p $opt
		${t}\$(NANOPB) -q -I \$(SRC) -D \$(O) \$(SRC)/$p
		$b.o: $b.h
		${t}\$(CC) \$(CPPFLAGS) \$(CFLAGS) -c -o \$@ $b.c
		EOF
	done
	echo "OBJS_$(var "$1") =$objs" >> "$tmp"
}

hdrs=
for d in $libs; do
	for p in "$d"/proto/*.proto; do
		[ -f "$p" ] && hdrs="$hdrs \$(O)/${p%.proto}.pb.h"
	done
done
echo "PROTO_HDRS =$hdrs" >> "$tmp"

for d in $libs $progs $tests regress/engine; do
	emit_c "$d"
done

# One program per file in the test folders.
for d in $tests; do
	names=
	for c in "$d"/*.c; do
		[ -f "$c" ] || continue
		names="$names \$(O)/${c%.c}"
	done
	echo "PROGS_$(var "$d") =$names" >> "$tmp"
done
for c in regress/unit/*.c regress/bench/*.c regress/fake/*.c; do
	[ -f "$c" ] || continue
	b=${c%.c}
	cat >> "$tmp" <<-EOF
	\$(O)/$b: \$(O)/$b.o \$(TEST_LIBS)
		${t}\$(CC) \$(LDFLAGS) -o \$@ \$(O)/$b.o \$(TEST_LIBS) \$(TEST_LDLIBS)
	EOF
done
for c in regress/fuzz/*.c; do
	[ -f "$c" ] || continue
	b=${c%.c}
	cat >> "$tmp" <<-EOF
	\$(O)/$b: \$(O)/$b.o \$(TEST_LIBS)
		${t}\$(CC) \$(LDFLAGS) -fsanitize=fuzzer -o \$@ \$(O)/$b.o \$(TEST_LIBS) \$(TEST_LDLIBS)
	EOF
done

if cmp -s "$tmp" "$out/rules.mk"; then
	rm "$tmp"
else
	mv "$tmp" "$out/rules.mk"
fi
