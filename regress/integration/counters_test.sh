#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# pexd-counters(7): every figure and fact of a real pexd, and nothing else.

. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/net.subr"

page=${PEXD_SRC:-$(atf_get_srcdir)/../..}/man/pexd-counters.7

# "section name" of each entry; with "sometimes" only those marked so, with
# "always" only the others.
documented()	# always | sometimes
{
	awk -v when="$1" '
	/^\.Sh / { section = tolower($2) }
	/^\.It Cm / { if (($0 ~ / Pq sometimes$/) == (when == "sometimes"))
	    print section, $3 }' "$page" | sort
}

# The same of what NAME tells.
told()		# NAME
{
	{
		pexctl_j "$1" '.counters | to_entries[] | .key as $p |
		    .value | keys[] | "\($p) \(.)"' show
		pexctl_j "$1" '.facts | keys[] | "facts \(.)"' show
		pexctl "$1" show metrics |
		    sed -n 's/^pexd_\(process_[a-z_]*\){.*/processes \1/p'
	} | sort -u
}

atf_test_case named cleanup
named_head()
{
	atf_set descr "the manual has what a peer and a seed tell, no more"
}
named_body()
{
	net_init
	documented always > always
	documented sometimes > sometimes
	sort always sometimes | uniq -d > twice
	atf_check cat twice

	# What is told under circumstances only is told by one of the two.
	mkdir -m 700 -p seed/state
	echo 'no book' > seed/state/addrbook.db
	start_pexd peer "mode peer" "external address 127.0.0.1:9"
	start_pexd seed "mode seed"
	for n in peer seed; do
		told $n > $n.told
		[ "$(wc -l < $n.told)" -ge 190 ] ||
		    net_give_up $n "it tells only $(wc -l < $n.told)"
		sort always sometimes | comm -13 - $n.told > missing
		[ ! -s missing ] || atf_fail "not in the manual:" $(cat missing)
		comm -23 always $n.told > extra
		[ ! -s extra ] || atf_fail "no $n tells:" $(cat extra)
		stop_pexd $n
	done
	sort -u peer.told seed.told | comm -23 sometimes - > extra
	[ ! -s extra ] || atf_fail "never told:" $(cat extra)
}
named_cleanup() { stop_all; }

atf_test_case limits
limits_head() { atf_set descr "its limits are those of the source"; }
limits_body()
{
	src=${page%/man/*}
	sed -n 's/^\.It Dv \([A-Z_]*\) No \([0-9]*\)$/\1 \2/p' "$page" > limits
	[ "$(wc -l < limits)" -ge 5 ] || atf_fail "it names next to none"
	while read -r name value; do
		grep -rqE --include='*.[ch]' \
		    "^#define[[:space:]]+$name[[:space:]]+$value([^0-9]|\$)" \
		    "$src/addrbookd" "$src/common" "$src/dialer" \
		    "$src/engine" "$src/pexctl" ||
		    atf_fail "$name is not $value"
	done < limits
}

atf_init_test_cases()
{
	atf_add_test_case named
	atf_add_test_case limits
}
