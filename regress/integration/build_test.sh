#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# What says whether tests passed: make vectors, the layout of the suite.

root=${PEXD_SRC:-$(cd "$(atf_get_srcdir)/../.." && pwd)}
build=${PEXD_BUILD:-$root/build/release}

atf_test_case vectors
vectors_head()
{
	atf_set descr "make vectors tells passed, failed and not given apart"
}
vectors_body()
{
	under=${build#"$root"/}
	mkdir some broken
	cp "$root"/regress/vectors/merlin.json \
	    "$root"/regress/vectors/packets.json some
	export PEXD_VECTORS="$PWD/some"
	atf_check -o save:told sh "$root/mk/vectors.sh" "$under"
	atf_check -o ignore grep -x 'merlin: passed' told
	atf_check -o ignore grep -x 'handshake: not given' told
	atf_check_equal "3 passed, 0 failed, 20 not given" \
	    "$(tail -n 1 told)"

	sed 's/"challenge": "../"challenge": "zz/' some/merlin.json \
	    > broken/merlin.json
	export PEXD_VECTORS="$PWD/broken"
	atf_check -s exit:1 -o save:told sh "$root/mk/vectors.sh" "$under"
	atf_check -o ignore grep -x 'merlin: FAILED' told
	atf_check_equal "0 passed, 2 failed, 21 not given" \
	    "$(tail -n 1 told)"

	# Nothing at all is no success.
	mkdir none
	export PEXD_VECTORS="$PWD/none"
	atf_check -s exit:1 -o ignore sh "$root/mk/vectors.sh" "$under"
}

atf_test_case stale
stale_head()
{
	atf_set descr "no suite is laid out of programs that are out of date"
}
stale_body()
{
	mkdir -p mk regress/fake regress/unit build/release/regress/fake \
	    build/asan/regress/unit
	cp "$root/mk/suite.sh" "$root/mk/rules.sh" mk
	printf '$(O)/regress/fake/x: regress/fake/x.c\n\tfalse\n' \
	    > mk/build.mk
	fake=build/release/regress/fake/x
	touch regress/fake/x.c build/release/config.mk
	touch -d '1 hour ago' regress/fake/x.c
	touch $fake && chmod +x $fake
	# A test whose source is gone is not tried.
	for t in a b; do
		echo '#!/bin/sh' > build/asan/regress/unit/${t}_test
		chmod +x build/asan/regress/unit/${t}_test
	done
	touch regress/unit/a_test.c
	atf_check sh mk/suite.sh short "$PWD/laid"
	atf_check -o match:a_test -o not-match:b_test cat laid/unit/Kyuafile

	touch -d '2 hours ago' $fake
	atf_check -s exit:1 -e match:"release is older .* make tests" \
	    sh mk/suite.sh short "$PWD/laid"
}

atf_test_case bmake
bmake_head()
{
	atf_set descr "bmake reads the rules, and finds what make built done"
	atf_set require.progs bmake
}
bmake_body()
{
	cd "$root" || atf_fail "no $root"
	o=${build#"$root"/}
	for p in pexd/pexd pexctl/pexctl libexec/engine; do
		atf_check -o inline:"\`$o/$p' is up to date.\n" \
		    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL bmake -n \
		    -f mk/build.mk "O=$o" "$o/$p"
	done
	for t in vectors lint; do
		atf_check -o match:"^sh mk/$t.sh" env -u MAKEFLAGS -u MFLAGS \
		    -u MAKELEVEL bmake -n $t
	done
}

# A machine that has no namespaces, by an unshare(1) that can make none.
atf_test_case required
required_head()
{
	atf_set descr "a test that lacks a namespace fails if that is required"
}
required_body()
{
	mkdir bin tree
	printf '#!/bin/sh\nexit 1\n' > bin/unshare
	chmod +x bin/unshare
	ln -s "$root/mk" "$root/regress" tree
	for r in 0 1; do
		# What is looked at is what was asked for at the layout.
		PEXD_REQUIRE_NETNS=$r atf_check sh tree/mk/suite.sh short \
		    "$PWD/laid.$r"
		status=0
		PATH=$PWD/bin:$PATH "laid.$r/release/crawl_test" \
		    -r "$PWD/result.$r" whole > said 2>&1 || status=$?
		cat said
		atf_check_equal $r $status
	done
	atf_check -o match:'^skipped: no network namespace' cat result.0
	atf_check -o match:'^failed: no network namespace' cat result.1
}

# The sources of test programs: where they say that they have that case.
has_case()	# PROGRAM CASE
{
	c=$root/regress/unit/$1.c
	case $1 in
	vectors_test)	grep -q "X($2)" "$c" ;;
	interop_test)	grep -q "^${2%_v*}_body()" \
			    "$root/regress/interop/$1.sh" ;;
	*)		grep -q "ATF_TP_ADD_TC(tp, $2);" "$c" 2>/dev/null ||
			    grep -q "^	atf_add_test_case $2\$" \
			    "$root/regress/integration/$1.sh" 2>/dev/null ;;
	esac
}

atf_test_case conformance
conformance_head()
{
	atf_set descr "the cases that docs/conformance.md names exist"
}
conformance_body()
{
	sed -n '/^|/p' "$root/docs/conformance.md" |
	    grep -oE '[a-z0-9_]+_test:[a-z0-9_]+' | sort -u > named
	# No part of it is there twice.
	grep '^## ' "$root/docs/conformance.md" | sort | uniq -d > twice
	atf_check cat twice
	[ "$(wc -l < named)" -ge 90 ] || atf_fail "it names next to nothing"
	while IFS=: read -r program case; do
		has_case "$program" "$case" || echo "$program:$case"
	done < named > missing
	atf_check cat missing
	has_case wire_conn_test no_such && atf_fail "it finds anything"
	has_case no_such_test life && atf_fail "it finds anything"
	return 0
}

atf_init_test_cases()
{
	atf_add_test_case vectors
	atf_add_test_case stale
	atf_add_test_case bmake
	atf_add_test_case required
	atf_add_test_case conformance
}
