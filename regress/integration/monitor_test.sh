#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# Everything that pexctl monitor tells, of a real daemon: as text and as JSON.

. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/net.subr"

TIMES="request interval 1s
answer interval 1s
probe interval 1h"

# Two that watch NAME; both hear what the next command does.
watch()		# NAME
{
	for f in text json; do
		[ $f = json ] && j=-j || j=
		"$net_build/pexctl/pexctl" -s "$PWD/$1/ctl" $j monitor \
		    > $f 2>&1 &
	done
	wait_for 10 heard_both "$1" || net_give_up "$1" "nothing is told"
}

heard_both()	# NAME
{
	pexctl "$1" unban 10.99.99.99 2>/dev/null
	pexctl "$1" ban 0000000000000000000000000000000000000000 60
	[ -s text ] && [ -s json ]
}

# One event in both: a pattern for all of the line but its time, and a filter.
told()		# NAME PATTERN FILTER
{
	wait_for 20 has_line "$2" || {
		tail -n 20 text >&2
		net_give_up "$1" "not in the text: $2"
	}
	wait_for 20 has_object "$3" || {
		tail -n 20 json >&2
		net_give_up "$1" "not in the JSON: $3"
	}
}

date="[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}[Z+-][0-9:]*"

has_line()	# PATTERN
{
	grep -Eq "^$date $1\$" text
}

has_object()	# FILTER
{
	[ "$(jq -c "select($1)" json 2>/dev/null | wc -l)" -ge 1 ]
}

connected()	# NAME OTHER
{
	[ "$(pexctl_j "$1" "[.peers[] |
	    select(.id == \"$(pexd_id "$2")\")] | length" show peers)" = 1 ]
}

atf_test_case events cleanup
events_head()
{
	atf_set descr "each event is told as text and as JSON"
	atf_set require.progs "jq python3"
}
events_body()
{
	net_init
	start_pexd a "mode peer" "$TIMES"
	watch a
	start_pexd b "mode peer" "$TIMES" "persistent peer \"$(pexd_at a)\""
	wait_for 20 connected a b || net_give_up b "not connected"
	b=$(pexd_id b)
	at="127\.0\.0\.1:[0-9]+"
	of_b=".id == \"$b\" and .ip == \"127.0.0.1\" and .port > 0 and
	    .addr == \"127.0.0.1:\(.port)\" and .outbound == false"

	told a "peer_up   < $b $at b" \
	    ".event == \"peer_up\" and $of_b and .text == \"b\""
	# Each asks the other sooner or later.
	told a "request   < $b $at" \
	    ".event == \"request\" and $of_b and .text == \"\""
	told a "reply     < $b $at( [0-9]+)?" \
	    ".event == \"reply\" and $of_b and .count >= 0"
	told a "addrs     < $b $at( [0-9]+)?" \
	    ".event == \"addrs\" and $of_b and .count >= 0"

	id=3333333333333333333333333333333333333333
	pexctl a dial $id@127.0.0.1:1 2>/dev/null
	told a "dial      > $id 127.0.0.1:1 refused" \
	    ".event == \"dial\" and .id == \"$id\" and .port == 1 and
	    .outbound == true and .text == \"refused\""

	# Somebody who is no node.
	p=$(pexd_at a)
	python3 -c "import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)
s.settimeout(8)
s.sendall(b'GET / HTTP/1.0\r\n\r\n' * 4)
try:
	while s.recv(4096): pass
except ConnectionError: pass" "${p##*:}"
	told a "refused   < $at bad key exchange: .+" \
	    ".event == \"refused\" and .id == null and .port > 0 and
	    .outbound == false and (.text | startswith(\"bad key exchange\"))"

	pexctl a ban "$b" 90 || net_give_up a "it bans nobody"
	told a "ban       - $b for 1m30s by hand" \
	    ".event == \"ban\" and .id == \"$b\" and .seconds == 90 and
	    (.until - .time_ms / 1000 | . > 88 and . <= 90) and
	    .text == \"by hand\" and (has(\"ip\") | not)"
	told a "peer_down < $b $at banned" \
	    ".event == \"peer_down\" and $of_b and .text == \"banned\""
	# It comes again and is refused.
	told a "refused   < $at banned" \
	    ".event == \"refused\" and .text == \"banned\""
	pexctl a unban "$b" || net_give_up a "it lifts no ban"
	told a "unban     - $b by hand" \
	    ".event == \"unban\" and .id == \"$b\" and .count == 0"

	wait_for 30 connected a b || net_give_up b "it does not come again"
	stop_pexd b
	told a "peer_down < $b $at closed by peer" \
	    ".event == \"peer_down\" and $of_b and .text == \"closed by peer\""

	# Every line is one object of these members.
	keys='["event","id","outbound","text","time_ms"]'
	check_equal a "$keys" "$(jq -c 'keys - ["addr","ip","port"] -
	    (if .event == "ban" then ["seconds","until"]
	    elif .event == "dial" then ["connect_ms"] else ["count"] end)' \
	    json | sort -u)"
	# And every line of the text has been looked at above, in its form.
	known="(peer_up|peer_down|request|reply|addrs|dial|refused|ban|unban)"
	grep -Evq "^$date $known +[<>-]( |\$)" text &&
	    net_give_up a "an unknown line: $(grep -Ev " $known +[<>-]" text)"
	stop_pexd a
}
events_cleanup() { stop_all; }

# A host is banned: an IP without a port.
atf_test_case hosts cleanup
hosts_head()
{
	atf_set descr "the ban of a host is told by its IP"
	atf_set require.progs jq
}
hosts_body()
{
	net_init
	start_pexd a "mode peer" "private network no" "ensure period 1h"
	watch a
	pexctl a ban 192.0.2.77 1d || net_give_up a "it bans no host"
	told a "ban       - 192.0.2.77 for 24h by hand" \
	    '.event == "ban" and .id == null and .ip == "192.0.2.77" and
	    (has("port") | not) and .seconds == 86400'
	pexctl a unban 192.0.2.77 || net_give_up a "it lifts no ban"
	told a "unban     - 192.0.2.77 by hand" \
	    '.event == "unban" and .ip == "192.0.2.77"'
	stop_pexd a
}
hosts_cleanup() { stop_all; }

atf_init_test_cases()
{
	atf_add_test_case events
	atf_add_test_case hosts
}
