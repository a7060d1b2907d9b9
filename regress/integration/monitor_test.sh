#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# Everything that pexctl monitor tells, of a real daemon: as text and as JSON.

. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/net.subr"
. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/farends.subr"

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
		net_give_up "$1" "not in the JSON: $(echo "$3" | tr -s '\n\t' ' ')"
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
	told a "ban       - $b for 1m30s by the operator" \
	    ".event == \"ban\" and .id == \"$b\" and .seconds == 90 and
	    (.until - .time_ms / 1000 | . > 88 and . <= 90) and
	    .text == \"by the operator\" and (has(\"ip\") | not)"
	told a "peer_down < $b $at banned" \
	    ".event == \"peer_down\" and $of_b and .text == \"banned\""
	# It comes again and is refused.
	told a "refused   < $at banned" \
	    ".event == \"refused\" and .text == \"banned\""
	pexctl a unban "$b" || net_give_up a "it lifts no ban"
	told a "unban     - $b by the operator" \
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
	told a "ban       - 192.0.2.77 for 24h by the operator" \
	    '.event == "ban" and .id == null and .ip == "192.0.2.77" and
	    (has("port") | not) and .seconds == 86400'
	pexctl a unban 192.0.2.77 || net_give_up a "it lifts no ban"
	told a "unban     - 192.0.2.77 by the operator" \
	    '.event == "unban" and .ip == "192.0.2.77"'
	stop_pexd a
}
hosts_cleanup() { stop_all; }

# --- far ends that are told what to do -------------------------------------

# Dials nobody by itself.
start_watched()	# NAME LINE...
{
	n=$1
	shift
	start_pexd "$n" 'network "test-net"' "ensure period 1h" \
	    "probe interval 1h" "dial timeout 1s" "handshake timeout 3s" "$@"
	watch "$n"
}

pattern_of()	# ID@ADDRESS: "ID ADDRESS" as an extended regexp
{
	echo "$1" | sed 's/@/ /; s/[].[]/\\&/g'
}

# Dial it by hand; how that ended is told once.
dial_is_told()	# NAME ID@ADDRESS WORDS
{
	pexctl "$1" dial "$2" > /dev/null 2>&1
	told "$1" "dial      > $(pattern_of "$2")( [0-9]+ms)? $3" \
	    ".event == \"dial\" and .id + \"@\" + .addr == \"$2\" and
	    .outbound == true and has(\"connect_ms\") and .text == \"$3\""
}

down_is_told()	# NAME ID@ADDRESS DIRECTION WORDS
{
	case $3 in
	'>')	at=$(pattern_of "$2") outbound=true ;;
	'<')	at="${2%@*} 127\.0\.0\.1:[0-9]+" outbound=false ;;
	esac
	told "$1" "peer_down $3 $at $4" ".event == \"peer_down\" and
	    .id == \"${2%@*}\" and .outbound == $outbound and
	    .ip == \"127.0.0.1\" and .text == \"$4\""
}

told_times()	# NAME EVENT N: that many of it, in both
{
	check_equal "$1" "$3" "$(grep -Ec "^$date $2 +" text)"
	check_equal "$1" "$3" "$(jq -c "select(.event == \"$2\")" json |
	    wc -l)"
}

atf_test_case dials cleanup
dials_head()
{
	atf_set descr "each class of outcome of a dial is told"
	atf_set require.progs jq
}
dials_body()
{
	net_init
	start_watched a "mode peer"
	start_far_ends a
	for class in connected full full_late refused timed_out \
	    wrong_identity wrong_network wrong_block_version no_pex_channel \
	    self duplicate rejected rejected_id; do
		case $class in
		full_late)	words=full ;;
		no_pex_channel)	words="no PEX channel" ;;
		rejected_id)	words=rejected ;;
		*)		words=$(echo $class | tr _ ' ') ;;
		esac
		dial_is_told a "$(end_of $class)" "$words"
	done
	told_times a dial 13
	stop_pexd a
}
dials_cleanup() { stop_all; }

atf_test_case network cleanup
network_head()
{
	atf_set descr "what the network made of a dial is told"
	needs_netns unshare nsenter ip jq
}
network_body()
{
	net_init
	[ "$(id -u)" -eq 0 ] || no_netns "needs root"
	write_network
	net_wrap="unshare -n sh $PWD/network"
	start_watched a "mode peer"
	id=2222222222222222222222222222222222222222
	dial_is_told a "$id@10.9.1.1:26656" unreachable
	dial_is_told a "$id@10.9.3.2:26656" "timed out"
	dial_is_told a "$id@10.77.1.1:26656" ours
	dial_is_told a "$id@[fd00::1]:26656" ours
	told_times a dial 4
	stop_pexd a
}
network_cleanup() { stop_all; }

atf_test_case lost cleanup
lost_head()
{
	atf_set descr "a peer that is lost is told of with the reason"
	atf_set require.progs jq
}
lost_body()
{
	net_init
	start_watched a "mode peer" "ping interval 500ms" "pong timeout 400ms"
	start_far_ends a
	for end in closes:closed_by_peer resets:connection_error \
	    babbles:protocol_error silent:pong_timeout \
	    tells_twice:misbehaved connected:dropped_by_operator; do
		far=$(end_of ${end%:*})
		dial_is_told a "$far" connected
		told a "peer_up   > $(pattern_of "$far") .+" \
		    ".event == \"peer_up\" and .outbound == true and
		    .id + \"@\" + .addr == \"$far\""
		[ $end != connected:dropped_by_operator ] ||
		    pexctl a drop "${far%@*}" ||
		    net_give_up a "it drops nobody"
		down_is_told a "$far" '>' "$(echo ${end#*:} | tr _ ' ')"
	done
	told_times a peer_up 6
	told_times a peer_down 6

	# What one of them did has a consequence, told with its reason.
	far=$(end_of tells_twice)
	told a "ban       - ${far%@*} for 24h unsolicited addresses" \
	    ".event == \"ban\" and .id == \"${far%@*}\" and
	    .seconds == 86400 and .text == \"unsolicited addresses\""
	dial_is_told a "$(end_of closes)" connected
	stop_pexd a
}
lost_cleanup() { stop_all; }

# A seed sends everybody away.
atf_test_case seed cleanup
seed_head()
{
	atf_set descr "a seed's reasons to end a connection are told"
	atf_set require.progs jq
}
seed_body()
{
	net_init
	start_watched a "mode seed" "crawl hold 1s" "seed idle 2s"
	start_far_ends a
	# Who asks is answered; who is dialled is held for a while; who comes
	# and asks nothing is not kept.
	start_pexd b 'network "test-net"' "ensure period 1h"
	pexctl b dial "$(pexd_at a)" || net_give_up b "it cannot dial"
	told a "request   < $(pexd_id b) 127\.0\.0\.1:[0-9]+" \
	    ".event == \"request\" and .id == \"$(pexd_id b)\""
	down_is_told a "$(pexd_id b)@" '<' answered
	far=$(end_of duplicate)
	dial_is_told a "$far" duplicate
	down_is_told a "$far" '<' "asked nothing"
	far=$(end_of connected)
	end_of connected > list
	pexctl a book import list > /dev/null || net_give_up a "no import"
	down_is_told a "$far" '>' "no longer wanted"
	stop_pexd b
	stop_pexd a
}
seed_cleanup() { stop_all; }

atf_init_test_cases()
{
	atf_add_test_case events
	atf_add_test_case hosts
	atf_add_test_case dials
	atf_add_test_case network
	atf_add_test_case lost
	atf_add_test_case seed
}
