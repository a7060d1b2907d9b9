#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# Every way a dial may end, by the whole daemon: what pexctl says of it, its
# counter, and what becomes of the entry in the book.

. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/net.subr"
. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/farends.subr"

start()		# NAME: a pexd that dials nobody unless told to
{
	start_pexd "$1" 'network "test-net"' "mode peer" "ensure period 1h" \
	    "probe interval 1h" "dial timeout 1s" "handshake timeout 3s" \
	    "book size 16"	# so that no two entries want one place
}

counter()	# PEXD NAME
{
	pexctl_j "$1" ".counters.dialer.\"$2\" // 0" show
}

into_the_book()	# PEXD ID@ADDRESS: prints "taken N", or why not
{
	echo "$2" > list
	pexctl "$1" book import "$PWD/list" | grep '^taken' |
	    grep -oE '(taken|refused) 1'
}

# The entry of that address, by a jq filter that holds if all is well.
entry_is()	# PEXD ID@ADDRESS FILTER
{
	[ "$(pexctl_j "$1" "[.book[] | select(\"\(.id)@\(.addr)\" == \"$2\")
	    | $3] == [true]" show book)" = true ]
}

# What may become of an entry.
reached='.level == "reached" and .attempts == 0'
rests='.level == "heard" and .attempts == 0 and
    (.next_try - .last_try | . >= 1799 and . <= 1801)'
backs_off='.level == "heard" and .attempts == 1 and
    (.next_try - .last_try | . >= 2 and . <= 4)'
tried='.level == "heard" and .attempts == 0 and .last_try != null and
    .next_try == null'
untouched='.last_try == null'

# Dial it; all that is to be seen of how it ended.
check_dial()	# PEXD ID@ADDRESS WORDS COUNTER N BOOK
{
	if [ "$3" = connected ]; then
		status=0 err=empty
	else
		status=1 err="inline:pexctl: failed: $3\n"
	fi
	atf_check_equal "taken 1" "$(into_the_book "$1" "$2")"
	entry_is "$1" "$2" "$untouched" ||
	    net_give_up "$1" "$2 was dialled by itself"
	atf_check -s exit:$status -o ignore -e "$err" \
	    "$net_build/pexctl/pexctl" -s "$PWD/$1/ctl" dial "$2"
	# It is connected before it is known to live, and counted then.
	wait_for 10 shows "$1" "$4" "$5" ||
	    net_give_up "$1" "not in pexctl show: $4 $5"
	check_equal "$1" "$5" "$(counter "$1" "$4")"
	case $6 in
	gone)
		wait_for 10 not_there "$1" "$2" ||
		    net_give_up "$1" "$3: still in the book"
		check_equal "$1" "refused 1" "$(into_the_book "$1" "$2")"
		;;
	*)
		eval "filter=\$$6"
		wait_for 10 entry_is "$1" "$2" "$filter" || {
			pexctl "$1" -j show book >&2
			net_give_up "$1" "$3: not $6"
		}
		;;
	esac
}

shows()		# PEXD COUNTER N
{
	pexctl "$1" show | grep -Eq "^ *$2 +$3\$"
}

not_there()	# PEXD ID@ADDRESS
{
	[ "$(pexctl_j "$1" "[.book[] | select(\"\(.id)@\(.addr)\" == \"$2\")]
	    | length" show book)" = 0 ]
}

# --- on loopback -----------------------------------------------------------

# far end, words of pexctl, counter of dialer and how far, the entry.
# The success comes first: failures count from then on.
table()
{
	cat <<-'E'
	connected	connected		connected	1 reached
	full		full			full		1 rests
	full_late	full			full		2 rests
	refused		refused			refused		1 backs_off
	timed_out	timed out		timed_out	1 backs_off
	wrong_identity	wrong identity		wrong_identity	1 gone
	wrong_network	wrong network		wrong_network	1 gone
	wrong_block_version wrong block version	wrong_block_version 1 gone
	no_pex_channel	no PEX channel		no_pex_channel	1 gone
	self		self			self		1 gone
	duplicate	duplicate		duplicate	1 tried
	rejected	rejected		rejected	1 rests
	rejected_id	rejected		rejected	2 rests
	E
}

atf_test_case classes cleanup
classes_head()
{
	atf_set descr "each class is told, counted, and has its consequence"
}
classes_body()
{
	net_init
	start a
	start_far_ends a
	table | sed 's/	\{1,\}/	/g' > table
	while IFS= read -r line; do
		set -- $line
		class=$1
		eval "n=\${$#} m=\${$(($# - 1))} c=\${$(($# - 2))}"
		shift
		words=$*
		words=${words% "$c" "$m" "$n"}
		check_dial a "$(end_of "$class")" "$words" \
		    "dials_${c}_total" "$m" "$n" </dev/null
	done < table
	check_equal a 13 "$(counter a dials_for_manual_total)"
	# Who was wanted, and who it was instead.
	wait_log a "dialled by hand $(end_of wrong_identity): wrong identity, \
[0-9a-f]{40} answered" 5
	wait_log a ': wrong network "other-net"$' 5
	wait_log a ": wrong block version 10\$" 5
	wait_log a ": rejected, authentication failed: .* an id not its own" 5
	stop_pexd a
}
classes_cleanup() { stop_all; }

# --- our own address -------------------------------------------------------

atf_test_case ourselves cleanup
ourselves_head()
{
	atf_set descr "our address under another name is ours from then on"
}
ourselves_body()
{
	net_init
	start a
	start_far_ends a
	self=$(end_of self)
	other="1111111111111111111111111111111111111111@${self#*@}"
	atf_check_equal "taken 1" "$(into_the_book a "$other")"
	check_dial a "$self" self dials_self_total 1 gone
	# Whoever is claimed to be there, and after a restart.
	wait_for 10 not_there a "$other" || net_give_up a "$other is kept"
	check_equal a "refused 1" "$(into_the_book a "$other")"
	stop_pexd a
	start a
	check_equal a "refused 1" "$(into_the_book a "$other")"
	check_equal a "refused 1" "$(into_the_book a "$self")"
	stop_pexd a
}
ourselves_cleanup() { stop_all; }

# --- in a network of its own -----------------------------------------------

atf_test_case network cleanup
network_head()
{
	atf_set descr "the network's failures are theirs, ours nobody's"
	needs_netns unshare nsenter ip
}
network_body()
{
	net_init
	[ "$(id -u)" -eq 0 ] || no_netns "needs root"
	write_network
	net_wrap="unshare -n sh $PWD/network"
	start a
	start_far_ends a nsenter -t "$(cat a/pid)" -n
	# Without any success so far it might be our own outage.
	id=2222222222222222222222222222222222222222
	not_counted='.attempts == 0 and
	    (.next_try - .last_try | . >= 2 and . <= 3)'
	check_dial a "$id@10.9.1.1:26656" unreachable \
	    dials_unreachable_total 1 not_counted
	check_dial a "$(end_of connected)" connected dials_connected_total 1 \
	    reached
	check_dial a "$id@10.9.1.2:26656" unreachable \
	    dials_unreachable_total 2 backs_off
	id=3333333333333333333333333333333333333333
	check_dial a "$id@10.9.3.2:26656" "timed out" \
	    dials_timed_out_total 1 backs_off
	id=4444444444444444444444444444444444444444
	check_dial a "$id@10.77.1.1:26656" ours dials_ours_total 1 tried
	id=5555555555555555555555555555555555555555
	check_dial a "$id@[fd00::1]:26656" ours dials_ours_total 2 tried
	stop_pexd a
}
network_cleanup() { stop_all; }

atf_init_test_cases()
{
	atf_add_test_case classes
	atf_add_test_case ourselves
	atf_add_test_case network
}
