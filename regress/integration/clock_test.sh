#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# The wall clock is set ten years forward and back: of a daemon that runs,
# and between the lives of addrbookd.

. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/net.subr"

TEN_YEARS=315360000
WEEK=604800

# No slots to fill and no probes: what is heard of stays so.
TIMES="ping interval 600ms
pong timeout 500ms
max outbound 0
probe interval 1h"

child_pid()	# NAME ROLE
{
	pexctl_j "$1" ".processes[] | select(.process == \"$2\") | .pid" \
	    show processes
}

is_ready()	# NAME PID-IT-HAD
{
	[ "$(pexctl_j "$1" ".processes[] | select(.process == \"addrbookd\") |
	    .ready and .pid != $2" show processes)" = true ]
}

connected()	# NAME OTHER
{
	[ "$(pexctl_j "$1" "[.peers[] |
	    select(.id == \"$(pexd_id "$2")\")] | length" show peers)" = 1 ]
}

counter()	# NAME ROLE COUNTER
{
	pexctl_j "$1" ".counters.\"$2\".\"$3\" // 0" show
}

pings()
{
	pexctl_j a '[.peers[].pings] | add // 0' show peers
}

# The clock of a is off by so many seconds from now on.
set_clock()	# SECONDS
{
	printf '%+020d\n' "$1" | dd of=shift conv=notrunc 2>/dev/null
}

build_shift()
{
	cc=$(sed -n 's/^CC *= *//p' "$net_build/config.mk")
	${cc:-cc} -O1 -fPIC -shared -o shift.so \
	    "$(atf_get_srcdir)/clock/shift.c" -ldl 2>err ||
	    ${cc:-cc} -O1 -fPIC -shared -o shift.so \
	    "$net_root/regress/integration/clock/shift.c" -ldl ||
	    atf_fail "shift.so cannot be built"
}


# How many of the book were heard of more than a week before SHIFT from now.
silent()	# SHIFT
{
	pexctl_j a "[.book[] | .last_heard | if type == \"string\" then
	    fromdate else . end | select(. < $(($(date +%s) + $1 - WEEK)))] |
	    length" show book
}

# It lives on for two seconds and more, whatever the clock says, so that what
# it knows is saved.
lives_on()
{
	was=$(pings)
	grows() { [ "$(pings)" -ge $((was + 4)) ]; }
	wait_for 20 grows || net_give_up a "no more pings"
	connected a b || net_give_up a "b was lost"
	check_equal a 51 "$(pexctl_j a '.book | length' show book)"
}

atf_test_case jumps cleanup
jumps_head()
{
	atf_set descr "ten years forward and back, nobody lost or bad"
}
jumps_body()
{
	net_init
	net_deaths=expected
	build_shift
	: > shift
	set_clock 0
	start_pexd b "mode peer" "ping interval 600ms"
	net_wrap="env LD_PRELOAD=$PWD/shift.so CLOCK_SHIFT=$PWD/shift \
	    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
	start_pexd a "mode peer" "$TIMES" \
	    "persistent peer \"$(pexd_at b)\""
	net_wrap=
	wait_for 20 connected a b || net_give_up a "not connected"
	i=0
	while [ $i -lt 50 ]; do
		printf '%040d@10.0.%d.1:26656\n' $((i + 1)) $i
		i=$((i + 1))
	done > list
	atf_check -o match:"taken 50" $net_build/pexctl/pexctl \
	    -s "$PWD/a/ctl" book import list
	has_b() { [ "$(pexctl_j a '.book | length' show book)" = 51 ]; }
	wait_for 20 has_b || net_give_up a "b is not in the book"

	# While it runs.
	dials=$(counter a dialer dials_for_persistent_total)
	for s in $TEN_YEARS -$TEN_YEARS 0; do
		set_clock "$s"
		lives_on
		check_equal a 0 "$(silent 0)"
	done
	check_equal a 0 "$(pexctl_j a '[.processes[].deaths] | add' \
	    show processes)"
	check_equal a "$dials" "$(counter a dialer dials_for_persistent_total)"

	# And between two lives of what reads it.
	for s in $TEN_YEARS 0 -$TEN_YEARS 0; do
		set_clock "$s"
		pid=$(child_pid a addrbookd)
		kill -9 "$pid"
		wait_for 20 is_ready a "$pid" ||
		    net_give_up a "addrbookd did not come back"
		check_equal a 0 "$(silent "$s")"
		# It really was so late: the log goes by that clock.
		grep -q "^$(date -u -d "@$(($(date +%s) + s))" +%Y-%m-)" \
		    a/log || net_give_up a "its clock was not set"
		lives_on
	done
	check_equal a "$dials" "$(counter a dialer dials_for_persistent_total)"
	stop_pexd a
	stop_pexd b
}
jumps_cleanup() { stop_all; }

atf_init_test_cases()
{
	atf_add_test_case jumps
}
