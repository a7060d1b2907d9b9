#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# pexctl and a real pexd: books in and out, figures, exit status, confinement.

. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/net.subr"

ctl()		# NAME: for atf_check, which runs programs, not functions
{
	echo "$net_build/pexctl/pexctl -s $PWD/$1/ctl"
}

# N addresses on which nobody listens.
some_list()
{
	awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++)
	    printf "%040x@127.%d.%d.9:9\n", i, 20 + i % 200, int(i / 200) }'
}

listed()	# NAME: what its book holds, in order
{
	pexctl_j "$1" '.book[] | "\(.id)@\(.addr)"' show book | sort
}

level_of()	# NAME ID
{
	pexctl_j "$1" ".book[] | select(.id == \"$2\") | .level" show book
}

atf_test_case formats cleanup
formats_head() { atf_set descr "a book goes from pexd to pexd in each format"; }
formats_body()
{
	net_init
	start_pexd a "ensure period 1h"
	start_pexd b "ensure period 1h"
	start_pexd c "ensure period 1h"
	start_pexd d "ensure period 1h"
	some_list 300 > list
	atf_check -o match:"^list: list of addresses, 300 entries" \
	    -o match:"^taken [0-9]*, known 0, refused [0-9]*, left out 0" \
	    $(ctl a) book import list
	listed a > want
	[ "$(wc -l < want)" -ge 250 ] || atf_fail "a took too few"
	# Once more: all of them are known by now.
	atf_check -o match:"^taken 0, known $(wc -l < want)," \
	    $(ctl a) book import want

	# What the book has no place for, with the reason.
	echo "$(pexd_id a)@127.0.0.1:9" > own
	atf_check -o match:"^taken 0, known 0, refused 1, left out 0" \
	    -o match:"^refused 1: this node's own ID or address" \
	    $(ctl a) book import own
	atf_check -o save:doc $(ctl a) -j book import own
	atf_check -o inline:'[{"reason":"own","count":1}]\n' \
	    sh -c 'jq -c .refusals doc'
	atf_check -o match:"^json: book of JSON lines, $(wc -l < want)" \
	    $(ctl a) book export json
	atf_check -o match:"^plain: list" $(ctl a) book export -f list plain
	atf_check -o match:"^comet: addr" $(ctl a) book export -f comet comet
	atf_check -o ignore $(ctl b) book import json
	atf_check -o ignore $(ctl c) book import plain
	atf_check -o ignore $(ctl d) book import comet
	for n in b c d; do
		listed $n > have
		# Another hash key: what falls on a taken slot stays out.
		[ "$(comm -12 want have | wc -l)" -ge 240 ] ||
		    atf_fail "$n took too few"
		atf_check_equal 0 "$(comm -13 want have | wc -l)"
	done
	for n in a b c d; do stop_pexd $n; done
}
formats_cleanup() { stop_all; }

atf_test_case history cleanup
history_head() { atf_set descr "JSON lines carry what was learnt"; }
history_body()
{
	net_init
	start_pexd a
	start_pexd b "persistent peer \"$(pexd_at a)\""
	start_pexd c "ensure period 1h"
	id=$(pexd_id a)
	good() { [ "$(level_of b "$id" | tr -d '\n')" = "$1" ]; }
	better() { good good || good senior; }
	wait_for 20 better || atf_fail "a is not good for b"
	atf_check -o save:lines $(ctl b) book export
	atf_check -o save:one grep "\"id\":\"$id\"" lines
	atf_check -o match:"^taken 1, known 0, refused 0" \
	    $(ctl c) book import one
	good_c() { case $(level_of c "$id") in good|senior) ;;
	    *) return 1 ;; esac; }
	good_c || atf_fail "c did not take the level: $(level_of c "$id")"
	for k in first_success successes; do
		atf_check_equal "$(jq .$k one)" "$(pexctl_j c \
		    ".book[] | select(.id == \"$id\") | .$k" show book)"
	done
	# From a list, or from CometBFT's file, it is hearsay.
	start_pexd d "ensure period 1h"
	atf_check -o ignore $(ctl b) book export -f comet comet
	atf_check -o ignore $(ctl d) book import comet
	atf_check_equal heard "$(level_of d "$id")"
	for n in a b c d; do stop_pexd $n; done
}
history_cleanup() { stop_all; }

# N entries of every level with every part of a history, as book export
# writes them but for what a book works out itself.
histories()
{
	awk -v n="$1" -v now="$(date +%s)" 'BEGIN {
	    split("heard reached good", level)
	    for (i = 1; i <= n; i++) {
		l = level[1 + i % 3]
		won = l == "heard" ? 0 : 1 + i % 7
		printf "{\"id\":\"%040x\",\"ip\":\"127.%d.3.9\",\"port\":%d,",
		    i, 20 + i, 1000 + i
		printf "\"level\":\"%s\",\"attempts\":%d,\"successes\":%d,",
		    l, i % 5, won
		printf "\"tries\":%d,\"first_heard\":%d,\"last_heard\":%d,",
		    won + i % 5, now - 900000 - i, now - 5000 * i - 10
		printf "\"last_try\":%d,\"first_success\":%s,",
		    now - 4000 - i, won ? now - 800000 - i : "null"
		printf "\"last_success\":%s,\"last_failure\":%s,",
		    won ? now - 40000 * i : "null",
		    i % 5 ? now - 4000 - i : "null"
		printf "\"next_try\":%s}\n",
		    i % 2 ? now + 40000 + i : i % 4 ? now - 3000 : "null"
	    } }'
}

# What an export says of each, without what the hash key decides.
history_of()
{
	jq -cS 'del(.old, .buckets, .source_group, .addr, .verified) |
	    if .level == "senior" then .level = "good" else . end' "$1" | sort
}

atf_test_case round_trip cleanup
round_trip_head()
{
	atf_set descr "an export into an empty daemon exports the same"
}
round_trip_body()
{
	net_init
	histories 16 > lines
	history_of lines > want
	# Two may want one slot, once in hundreds of keys: then another key.
	for n in a b c d; do
		start_pexd $n "ensure period 1h" "probe interval 1h"
		atf_check -o save:told $(ctl $n) book import lines
		grep -q '^taken 16, known 0, refused 0' told || continue
		atf_check -o ignore $(ctl $n) book export $n.lines
		history_of $n.lines > have
		atf_check cmp want have
		# What came out goes on to the next, and so on.
		cp $n.lines lines
		stop_pexd $n
		done=$((${done:-0} + 1))
		[ $done -lt 2 ] || break
	done
	atf_check_equal 2 "$done"
}
round_trip_cleanup() { stop_all; }

# A long import holds up nobody, and takes no memory.
atf_test_case long_import cleanup
long_import_head()
{
	atf_set descr "a million lines are imported while the daemon serves"
	atf_set timeout 280
}
long_import_body()
{
	net_init
	start_pexd a "ensure period 1h"
	case $net_build in
	*asan*)	lines=100000 limit= more=128 ;;
	*)	lines=1000000 limit="ulimit -v 65536;" more=32 ;;
	esac
	awk -v n=$lines 'BEGIN { for (i = 1; i <= n; i++)
	    printf "%040x@127.%d.%d.%d:%d\n", i, 1 + i % 250,
		int(i / 250) % 250, 1 + i % 254, 1 + i % 60000 }' > long
	rss() { pexctl_j a '.processes[] | select(.process == "addrbookd") |
	    .rss_bytes' show processes; }
	before=$(rss)
	sh -c "$limit exec $(ctl a) book import long" > told 2>&1 &
	import=$!
	asked=0
	while kill -0 $import 2>/dev/null; do
		size=$(pexctl_j a '.counters.addrbookd.book_size' show) || {
			kill $import
			net_give_up a "it does not answer during an import"
		}
		asked=$((asked + 1))
	done
	wait $import || net_give_up a "the import failed: $(cat told)"
	atf_check -o ignore grep "^long: list of addresses, $lines entries" \
	    told
	[ "$asked" -ge 3 ] || atf_fail "asked only $asked times"
	[ "$size" -gt 1000 ] || atf_fail "only $size entries"
	# The book was there from the start; pages of it are touched now.
	[ $(($(rss) - before)) -le $((more * 1048576)) ] ||
	    atf_fail "addrbookd grew from $before to $(rss)"
	stop_pexd a
}
long_import_cleanup() { stop_all; }

atf_test_case bans cleanup
bans_head() { atf_set descr "a banned node is shown, left out, lifted"; }
bans_body()
{
	net_init
	start_pexd a "ensure period 1h"
	some_list 20 > list
	atf_check -o ignore $(ctl a) book import list
	id=$(head -n 1 list | cut -d @ -f 1)
	atf_check $(ctl a) ban "$id" 1h
	atf_check_equal "$id" "$(pexctl_j a '.bans[].id' show bans)"
	left=$(pexctl_j a '.bans[].left_s' show bans)
	[ "$left" -gt 3500 ] && [ "$left" -le 3600 ] || atf_fail "$left s"
	for f in json list comet; do
		atf_check -o save:out $(ctl a) book export -f $f
		atf_check -s exit:1 grep -q "$id" out
	done
	atf_check $(ctl a) unban "$id"
	atf_check_equal 0 "$(pexctl_j a '.bans | length' show bans)"
	atf_check -s exit:1 -e inline:"pexctl: not found: it is not banned\n" \
	    $(ctl a) unban "$id"
	# Before there are so many of these lines that the log leaves some out.
	atf_check $(ctl a) ban "$id" 2w
	wait_for 10 grep -q "asks: ban $id for 14d\$" a/log ||
	    net_give_up a "no line about a ban for 14d"
	atf_check $(ctl a) unban "$id"
	# What nobody can mean, each with its reason.
	for who in 0.0.0.0 224.0.0.1 255.255.255.255 :: ff02::1; do
		atf_check -s exit:1 \
		    -e inline:"pexctl: invalid: that is no host's address\n" \
		    $(ctl a) ban $who
	done
	atf_check -s exit:1 -e match:"this node itself" \
	    $(ctl a) ban "$(pexd_id a)"
	atf_check -s exit:2 -e match:"ms, s, m, h, d or w" \
	    $(ctl a) ban "$id" 604800000
	atf_check_equal 0 "$(pexctl_j a '.bans | length' show bans)"
	stop_pexd a
}
bans_cleanup() { stop_all; }

# OpenMetrics 1.0, as far as pexctl uses it: every sample belongs to the
# family last declared, no family comes twice, no sample comes twice.
metrics_ok()
{
	awk '
	eof { print "after EOF: " $0; exit bad = 1 }
	$0 == "# EOF" { eof = 1; next }
	/^# TYPE [a-z_][a-z0-9_]* (counter|gauge|info)$/ {
		if (seen[$3]++) { print "twice: " $0; exit bad = 1 }
		want = $3
		if ($4 == "counter") want = want "_total"
		if ($4 == "info") want = want "_info"
		next
	}
	/^[a-z_][a-z0-9_]*[{][a-z_0-9]+="([^"\\]|\\.)*"(,[a-z_0-9]+="([^"\\]|\\.)*")*[}] -?[0-9.e+]+$/ {
		name = $0
		sub(/[{].*/, "", name)
		key = $0
		sub(/ [^ ]*$/, "", key)
		if (name != want || sample[key]++) {
			print "not of " want ": " $0; exit bad = 1
		}
		n++
		next
	}
	{ print "not understood: " $0; exit bad = 1 }
	END { if (!bad && (!eof || n < 100)) { print n " samples"; bad = 1 }
	    exit bad }'
}

atf_test_case metrics cleanup
metrics_head() { atf_set descr "metrics are OpenMetrics"; }
metrics_body()
{
	net_init
	start_pexd a
	atf_check -o save:metrics $(ctl a) show metrics
	metrics_ok < metrics > problem || atf_fail "$(cat problem)"
	atf_check -o match:"^pexd_info[{].*node_id=\"$(pexd_id a)\"" \
	    -o match:'^pexd_process_ready[{]process="engine"[}] 1$' \
	    cat metrics
	# The figures are those of the summary, all of them.
	pexctl_j a '.counters | to_entries[] | .key as $p | .value | keys[] |
	    "pexd_\(.){process=\"\($p)\"}"' show | sort > want
	[ "$(wc -l < want)" -ge 100 ] || atf_fail "few figures in the summary"
	sed -n 's/^\(pexd_[^ ]*\) .*/\1/p' metrics | sort > have
	atf_check comm -23 want have
	# How many there are, and not how many there ever were.
	atf_check -o match:'^pexd_peers_inbound[{]process="engine"[}] 0$' \
	    -o match:'^# TYPE pexd_peers_inbound gauge$' cat metrics
	stop_pexd a
}
metrics_cleanup() { stop_all; }

atf_test_case json cleanup
json_head() { atf_set descr "every answer is a JSON document"; }
json_body()
{
	net_init
	start_pexd a
	for what in summary peers book bans nodes processes dials versions; do
		atf_check -o save:doc $(ctl a) -j show $what
		atf_check -o inline:"1\n" sh -c 'jq -s length doc'
		atf_check -o not-empty $(ctl a) show $what
	done
	atf_check -o match:'^[{]"status":"ok"' $(ctl a) -j log brief
	atf_check -s exit:1 -o match:'^[{]"status":"not found"' -e ignore \
	    $(ctl a) -j drop 1111111111111111111111111111111111111111
	stop_pexd a
}
json_cleanup() { stop_all; }

atf_test_case dialling cleanup
dialling_head() { atf_set descr "dial: by a name of hosts(5); persistent"; }
dialling_body()
{
	net_init
	start_pexd a "ensure period 1h"
	start_pexd b "ensure period 1h"
	at=$(pexd_at a)
	atf_check -o inline:"connected\n" \
	    $(ctl b) dial "$(pexd_id a)@localhost:${at##*:}"
	atf_check_equal "$(pexd_id a)" "$(pexctl_j b '.peers[].id' show peers)"
	# Nobody is there: it is taken on all the same, and that is the answer.
	id=1111111111111111111111111111111111111111
	atf_check -o inline:"taken on as a persistent peer, until pexd ends\n" \
	    $(ctl b) dial "$id@127.0.0.1:9" persistent
	atf_check_equal "$id" "$(pexctl_j b '.dials[].id' show dials)"
	atf_check -o inline:"persistent already\n" \
	    $(ctl b) dial "$id@127.0.0.1:9" persistent
	atf_check -s exit:1 -e match:"this node itself" \
	    $(ctl b) dial "$(pexd_id b)@127.0.0.1:9" persistent
	stop_pexd a
	stop_pexd b
}
dialling_cleanup() { stop_all; }

atf_test_case titles cleanup
titles_head() { atf_set descr "ps tells the processes of several pexd apart"; }
titles_body()
{
	net_init
	start_pexd a
	net=$(pexctl_j a .facts.network show)
	title() {
		pid=$(pexctl_j a ".processes[] |
		    select(.process == \"$1\") | .pid" show processes)
		ps -o args= -p "$pid"
	}
	for p in engine dialer addrbookd; do
		case $(title $p) in
		"pexd: $p ($net)"*) ;;
		*)	atf_fail "$(title $p)" ;;
		esac
	done
	case $(title pexd) in
	"pexd: parent ($net, "*/a/conf")"*) ;;
	*)	atf_fail "$(title pexd)" ;;
	esac
	stop_pexd a
}
titles_cleanup() { stop_all; }

confined()	# PID: by a filter, and without new privileges
{
	grep -q '^Seccomp:[[:space:]]*2$' "/proc/$1/status" &&
	    grep -q '^NoNewPrivs:[[:space:]]*1$' "/proc/$1/status"
}

atf_test_case monitoring cleanup
monitoring_head() {
	atf_set descr "monitor is confined, tells, and ends with the daemon"
}
monitoring_body()
{
	net_init
	start_pexd a
	"$net_build/pexctl/pexctl" -s "$PWD/a/ctl" -j monitor > events 2> err &
	m=$!
	if [ "$(uname -s)" = Linux ]; then
		wait_for 10 confined $m || atf_fail "monitor is not confined"
	fi
	# Its request is there once the daemon counts it.
	told() {
		pexctl a ban 1111111111111111111111111111111111111111 60
		[ -s events ]
	}
	wait_for 10 told || atf_fail "no event came"
	atf_check -o inline:"ban\n" sh -c 'head -n 1 events | jq -r .event'
	stop_pexd a
	wait $m
	atf_check_equal 3 $?
	atf_check -o match:"^pexctl: lost pexd at " cat err
}
monitoring_cleanup() { stop_all; }

# In the memory of one entry, whatever the file's size.
atf_test_case hostile_files cleanup
hostile_files_head() { atf_set descr "large and broken files are refused"; }
hostile_files_body()
{
	net_init
	start_pexd a "ensure period 1h"
	repeat() { yes "$1" | tr -d '\n' | head -c 104857600; }
	{ printf '{"addrs":['; repeat '['; } > deep
	{ printf '{"addrs":[{"addr":{"id":"'; repeat 'x'; } > long
	{ printf '{"key":"x","addrs":['; repeat ' '; } > blank
	{ some_list 500; head -c 104857600 /dev/zero; } > zeroes
	# A sanitizer maps terabytes.
	case $net_build in
	*asan*)	limit= ;;
	*)	limit="ulimit -v 65536;" ;;
	esac
	for f in deep:nested long:"a value of" blank:larger zeroes:"line 501"
	do
		atf_check -s exit:1 -o empty -e match:"${f%%:*}: .*${f#*:}" \
		    sh -c "$limit $(ctl a) book import ${f%%:*}"
	done
	# Not an entry of the good part of it has come in.
	atf_check_equal 0 "$(pexctl_j a '.book | length' show book)"
	stop_pexd a
}
hostile_files_cleanup() { stop_all; }

atf_test_case status cleanup
status_head() { atf_set descr "the exit status is the daemon's answer"; }
status_body()
{
	net_init
	start_pexd a
	atf_check -o ignore $(ctl a) show
	atf_check -s exit:1 -e ignore $(ctl a) drop \
	    1111111111111111111111111111111111111111
	atf_check -s exit:2 -e match:"valid here" $(ctl a) show nothing
	stop_pexd a
	atf_check -s exit:3 -e match:"cannot reach" $(ctl a) show
}
status_cleanup() { stop_all; }

# Every process of a pexctl has a filter, also where no daemon is needed.
atf_test_case confined
confined_head() { atf_set descr "no command runs outside a sandbox"; }
confined_body()
{
	[ "$(uname -s)" = Linux ] || atf_skip "looks for seccomp, Linux's"
	mkfifo json
	"${PEXD_BUILD:-$net_root/build/release}/pexctl/pexctl" \
	    key import json key.pem > told 2>&1 &
	pid=$!
	# Its second process waits for somebody to write the JSON.
	two() { child=$(pgrep -P $pid) && [ -n "$child" ]; }
	wait_for 10 two || { kill $pid; atf_fail "no second process"; }
	waits() { grep -q '^Seccomp:[[:space:]]*2' /proc/"$child"/status; }
	wait_for 10 waits || { kill $pid; atf_fail "that has no filter"; }
	for p in $pid $child; do
		grep -q '^NoNewPrivs:[[:space:]]*1' /proc/"$p"/status ||
		    { kill $pid; atf_fail "it may gain privileges"; }
	done
	filters=$(awk '/^Seccomp_filters/ { print $2 }' /proc/"$child"/status)
	grep -q '^Seccomp:[[:space:]]*2' /proc/$pid/status || {
		kill $pid
		atf_fail "the process that names the file has no filter"
	}
	[ "${filters:-2}" -ge 2 ] || { kill $pid; atf_fail "only one filter"; }
	echo '{}' > json
	wait $pid
	atf_check_equal 1 $?
	atf_check -o match:"^pexctl: json: " cat told
	[ ! -e key.pem ] || atf_fail "a key was made"
}

atf_init_test_cases()
{
	atf_add_test_case round_trip
	atf_add_test_case long_import
	atf_add_test_case confined
	atf_add_test_case formats
	atf_add_test_case history
	atf_add_test_case bans
	atf_add_test_case dialling
	atf_add_test_case metrics
	atf_add_test_case json
	atf_add_test_case monitoring
	atf_add_test_case hostile_files
	atf_add_test_case status
	atf_add_test_case titles
}
