#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# The daemon as a whole: its life, its children's deaths, its files.

. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/net.subr"

TIMES="ping interval 600ms
pong timeout 500ms
request interval 1s
answer interval 1s
seed interval 1s
crawl interval 1s
probe interval 1s"

start_peer()	# NAME [LINE...]
{
	p=$1
	shift
	start_pexd "$p" "mode peer" "$TIMES" "$@"
}

# atf_check runs programs, not functions.
ctl()		# NAME
{
	echo "$net_build/pexctl/pexctl -s $PWD/$1/ctl"
}

child_pid()	# NAME ROLE
{
	pexctl_j "$1" ".processes[] | select(.process == \"$2\") | .pid" \
	    show processes
}

deaths()	# NAME ROLE
{
	pexctl_j "$1" ".processes[] | select(.process == \"$2\") | .deaths" \
	    show processes
}

is_ready()	# NAME ROLE PID-IT-HAD DEATHS
{
	[ "$(pexctl_j "$1" ".processes[] | select(.process == \"$2\") |
	    .ready and .pid != $3 and .deaths == $4" show processes)" = true ]
}

counter()	# NAME ROLE COUNTER
{
	pexctl_j "$1" ".counters.\"$2\".\"$3\" // 0" show
}

connected()	# NAME OTHER
{
	[ "$(pexctl_j "$1" "[.peers[] |
	    select(.id == \"$(pexd_id "$2")\")] | length" show peers)" = 1 ]
}

knows()		# NAME ID
{
	[ "$(pexctl_j "$1" "[.book[] | select(.id == \"$2\")] | length > 0" \
	    show book)" = true ]
}

atf_test_case life cleanup
life_head() { atf_set descr "it starts, answers, and ends when told to"; }
life_body()
{
	net_init
	start_peer a
	atf_check_equal "$(pexd_id a)" "$(pexctl_j a .facts.node_id show)"
	atf_check_equal 4 "$(pexctl_j a '.processes | length' show processes)"
	stop_pexd a
	[ ! -e a/ctl ] || atf_fail "its control socket is still there"
	atf_check -s exit:3 -e not-empty \
	    "$net_build/pexctl/pexctl" -s "$PWD/a/ctl" show
	# A second life in the same state.
	start_peer a
	stop_pexd a
}
life_cleanup() { stop_all; }

atf_test_case children_come_back cleanup
children_come_back_head()
{
	atf_set descr "a killed child is started again and rewired"
}
children_come_back_body()
{
	net_init
	net_deaths=expected
	start_peer a
	start_peer b "persistent peer \"$(pexd_at a)\""
	wait_for 20 connected a b || net_give_up b "not connected"
	for role in addrbookd dialer; do
		pid=$(child_pid a $role)
		kill -9 "$pid"
		wait_for 20 is_ready a $role "$pid" 1 ||
		    net_give_up a "$role did not come back"
		connected a b || net_give_up a "$role took a peer with it"
	done
	wait_log a "addrbookd.*signal 9|addrbookd.*[Kk]illed" 5
	pid=$(child_pid a engine)
	kill -9 "$pid"
	wait_for 20 is_ready a engine "$pid" 1 ||
	    net_give_up a "engine did not come back"
	wait_for 30 connected a b || net_give_up b "it did not dial again"
	stop_pexd a
	stop_pexd b
}
children_come_back_cleanup() { stop_all; }

# What was said to the dialer before holds for the next one, but not beyond
# a config that had it and has it no more.
atf_test_case persistent_by_hand cleanup
persistent_by_hand_head()
{
	atf_set descr "pexctl dial persistent outlives the dialer"
}
persistent_by_hand_body()
{
	net_init
	net_deaths=expected
	start_peer a
	start_peer b
	atf_check -o match:"^taken on" $(ctl b) dial "$(pexd_at a)" persistent
	# One that was just to be dialled is none.
	atf_check -s exit:1 -e ignore $(ctl b) dial \
	    1111111111111111111111111111111111111111@127.0.0.1:1
	wait_for 20 connected b a || net_give_up b "not connected"
	dials() { pexctl_j b '.dials[] | "\(.kind) \(.id)"' show dials; }
	named() { [ "$(dials)" = "persistent $(pexd_id a)" ]; }
	for n in 1 2; do
		pid=$(child_pid b dialer)
		kill -9 "$pid"
		wait_for 20 is_ready b dialer "$pid" $n ||
		    net_give_up b "dialer did not come back"
		wait_for 5 named || net_give_up b "in show dials: $(dials)"
	done
	# Whoever dials whom now, it is taken for one.
	conn=$(pexctl_j b '.peers[].conn' show peers)
	atf_check $(ctl b) drop "$(pexd_id a)"
	again() {
		[ "$(pexctl_j b ".peers[] | .conn > $conn and
		    .persistent" show peers)" = true ]
	}
	wait_for 30 again || net_give_up b "not persistent again"

	cp b/conf conf
	echo "persistent peer \"$(pexd_at a)\"" >> b/conf
	atf_check $(ctl b) reload
	cp conf b/conf
	atf_check $(ctl b) reload
	pid=$(child_pid b dialer)
	kill -9 "$pid"
	wait_for 20 is_ready b dialer "$pid" 3 ||
	    net_give_up b "dialer did not come back"
	check_equal b "" "$(dials)"
	stop_pexd a
	stop_pexd b
}
persistent_by_hand_cleanup() { stop_all; }

atf_test_case restart_limit cleanup
restart_limit_head()
{
	atf_set descr "a child that keeps dying ends the daemon, not with 0"
}
restart_limit_body()
{
	net_init
	start_peer a "restart limit 2"
	pid=$(cat a/pid)
	for i in 1 2; do
		c=$(child_pid a dialer) || break
		kill -9 "$c"
		[ $i = 2 ] || wait_for 20 is_ready a dialer "$c" $i ||
		    net_give_up a "dialer did not come back"
	done
	wait_for 20 net_dead a || net_give_up a "it goes on for ever"
	wait "$pid"
	status=$?
	rm a/pid
	[ $status -ne 0 ] || atf_fail "it ended with status 0"
}
restart_limit_cleanup() { stop_all; }

atf_test_case parent_dies cleanup
parent_dies_head() { atf_set descr "no child outlives the parent"; }
parent_dies_body()
{
	net_init
	start_peer a
	pids="$(child_pid a engine) $(child_pid a dialer) \
	    $(child_pid a addrbookd)"
	kill -9 "$(cat a/pid)"
	all_gone() { for p in $pids; do kill -0 $p 2>/dev/null && return 1
	    done; return 0; }
	wait_for 10 all_gone || atf_fail "children are left: $pids"
	rm a/pid
	# What it leaves does not keep the next one from starting.
	start_peer a
	stop_pexd a
}
parent_dies_cleanup() { stop_all; }

atf_test_case memory_survives cleanup
memory_survives_head()
{
	atf_set descr "book and bans are there after a restart and a kill -9"
}
memory_survives_body()
{
	net_init
	net_deaths=expected
	one=1111111111111111111111111111111111111111
	two=2222222222222222222222222222222222222222
	start_peer a
	echo "$one@127.0.0.1:1" > list
	atf_check -o match:"taken 1" $(ctl a) book import list
	atf_check $(ctl a) ban "$two" 1h
	stop_pexd a
	start_peer a
	knows a $one || net_give_up a "the book was forgotten"
	atf_check_equal "$two" "$(pexctl_j a '.bans[].id' show bans)"

	echo "$two@127.0.0.1:2" > list
	atf_check -o match:"refused 1" $(ctl a) book import list
	atf_check $(ctl a) unban "$two"
	atf_check -o match:"taken 1" $(ctl a) book import list
	# What is older than a second may not be lost: let it grow older.
	due=$(($(date +%s) + 3))
	is_due() { [ "$(date +%s)" -ge $due ]; }
	wait_for 5 is_due
	pid=$(child_pid a addrbookd)
	kill -9 "$pid"
	wait_for 20 is_ready a addrbookd "$pid" 1 ||
	    net_give_up a "addrbookd did not come back"
	knows a $one && knows a $two || net_give_up a "the book was lost"
	atf_check_equal 0 "$(pexctl_j a '.bans | length' show bans)"
	stop_pexd a
}
memory_survives_cleanup() { stop_all; }

atf_test_case reload cleanup
reload_head()
{
	atf_set descr "a reload changes what it may and refuses the rest by name"
}
reload_body()
{
	net_init
	start_peer a
	start_peer b "persistent peer \"$(pexd_at a)\""
	wait_for 20 connected a b || net_give_up b "not connected"

	cp a/conf good
	echo 'max inbound 7' >> a/conf
	atf_check $(ctl a) reload
	connected a b || net_give_up a "the reload dropped a peer"

	sed 's/^network .*/network "other-1"/' good > a/conf
	atf_check -s exit:1 -o ignore -e match:network $(ctl a) reload
	echo 'max inbound many' >> good
	n=$(wc -l < good)
	cp good a/conf
	atf_check -s exit:1 -o ignore -e match:"conf:$n" $(ctl a) reload
	connected a b || net_give_up a "a bad config dropped a peer"
	stop_pexd a
	stop_pexd b
}
reload_cleanup() { stop_all; }

atf_test_case hostile_client cleanup
hostile_client_head()
{
	atf_set descr "junk on the control socket costs only its sender"
}
hostile_client_body()
{
	net_init
	start_peer a
	pid=$(cat a/pid)
	for n in 1 15 16 17 4096 70000; do
		head -c $n /dev/urandom | python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
try:
    s.sendall(sys.stdin.buffer.read())
    s.shutdown(socket.SHUT_WR)
    while s.recv(4096):
        pass
except OSError:
    pass
' "$PWD/a/ctl"
	done
	atf_check -o ignore $(ctl a) show
	atf_check_equal "$pid" "$(cat a/pid)"
	for role in engine dialer addrbookd; do
		atf_check_equal 0 "$(deaths a $role)"
	done
	stop_pexd a
}
hostile_client_cleanup() { stop_all; }

atf_test_case one_instance cleanup
one_instance_head() { atf_set descr "a second pexd leaves the first alone"; }
one_instance_body()
{
	net_init
	start_peer a
	atf_check -s not-exit:0 -o ignore -e match:"[Ii]n use|running" \
	    "$net_build/pexd/pexd" -d -x "$net_build/libexec" -f a/conf
	atf_check -o ignore $(ctl a) show
	stop_pexd a
}
one_instance_cleanup() { stop_all; }

atf_test_case descriptors cleanup
descriptors_head()
{
	atf_set descr "no process holds more than it needs"
}
descriptors_body()
{
	net_init
	[ -d /proc/self/fd ] || atf_skip "no /proc"
	start_peer a
	# No process but addrbookd has a regular file open.
	for role in engine dialer; do
		pid=$(child_pid a $role)
		for f in /proc/"$pid"/fd/*; do
			t=$(readlink "$f") || continue
			case $t in
			socket:*|anon_inode:*|/dev/null|pipe:*) ;;
			"$PWD"/a/log) ;;	# standard error
			*) atf_fail "$role holds $t" ;;
			esac
		done
	done
	pid=$(child_pid a addrbookd)
	for f in /proc/"$pid"/fd/*; do
		t=$(readlink "$f") || continue
		case $t in
		socket:*|anon_inode:*|/dev/null|pipe:*|"$PWD"/a/*) ;;
		*) atf_fail "addrbookd holds $t" ;;
		esac
	done
	stop_pexd a
}
descriptors_cleanup() { stop_all; }

atf_test_case sandboxed cleanup
sandboxed_head() { atf_set descr "every process shows the level it reached"; }
sandboxed_body()
{
	net_init
	[ "$(uname -s)" = Linux ] || atf_skip "not Linux"
	start_peer a
	for role in pexd engine dialer addrbookd; do
		level=$(pexctl_j a ".processes[] | select(.process == \"$role\") |
		    .sandbox" show processes)
		case $level in
		*seccomp*) ;;
		*) atf_fail "$role: $level" ;;
		esac
	done
	for role in engine dialer addrbookd; do
		pid=$(child_pid a $role)
		grep -q '^NoNewPrivs:[[:space:]]*1' /proc/"$pid"/status ||
		    atf_fail "$role may gain privileges"
		grep -q '^Seccomp:[[:space:]]*2' /proc/"$pid"/status ||
		    atf_fail "$role has no filter"
		# The terminal and the log are the parent's; a sanitizer
		# reports to them.
		case $net_build in
		*asan*)	continue ;;
		esac
		for fd in 0 1 2; do
			atf_check_equal /dev/null \
			    "$(readlink /proc/"$pid"/fd/$fd)"
		done
	done
	stop_pexd a
}
sandboxed_cleanup() { stop_all; }

atf_test_case garbage_from_the_network cleanup
garbage_from_the_network_head()
{
	atf_set descr "bytes that are no handshake end that connection only"
}
garbage_from_the_network_body()
{
	net_init
	start_peer a
	start_peer b "persistent peer \"$(pexd_at a)\""
	wait_for 20 connected a b || net_give_up b "not connected"
	at=$(pexd_at a)
	python3 - "${at##*:}" <<-'E'
	import os, socket, sys
	port = int(sys.argv[1])
	for n in (1, 35, 36, 100, 1044, 70000):
	    s = socket.create_connection(("127.0.0.1", port), 5)
	    s.settimeout(8)
	    try:
	        s.sendall(os.urandom(n))
	        while s.recv(65536):
	            pass
	    except ConnectionError:
	        pass
	    s.close()
	E
	[ $? -eq 0 ] || net_give_up a "a garbage connection was left open"
	connected a b || net_give_up a "the other peer went"
	for role in engine dialer addrbookd; do
		atf_check_equal 0 "$(deaths a $role)"
	done
	stop_pexd a
	stop_pexd b
}
garbage_from_the_network_cleanup() { stop_all; }

atf_test_case memory_of_strangers cleanup
memory_of_strangers_head()
{
	atf_set descr "strangers who fill the memory for input crowd nobody out"
}
memory_of_strangers_body()
{
	net_init
	# More than 16 MiB: 900 x 11 KiB, and what the refused ones leave.
	start_pexd a 'network "test-net"' "mode peer" "max inbound 100" \
	    "handshake timeout 20s" "close wait 15s"
	at=$(pexd_at a)
	atf_check -o inline:"30 of 30\n" -e ignore \
	    "$net_root/build/asan/regress/fake/strangers" "${at##*:}" 700 900
	stop_pexd a
}
memory_of_strangers_cleanup() { stop_all; }

# TestPEXReactorRunning, TestSwitchFullConnectivity: each knows one other.
atf_test_case full_connectivity cleanup
full_connectivity_head()
{
	atf_set descr "three who know of each other in a row all meet"
}
full_connectivity_body()
{
	net_init
	for n in a b c; do
		start_peer $n
	done
	pexd_at b > b.list
	pexd_at c > c.list
	pexctl a book import "$PWD/b.list" || net_give_up a "no import"
	pexctl b book import "$PWD/c.list" || net_give_up b "no import"
	for n in a b c; do
		for m in a b c; do
			[ $n = $m ] || wait_for 10 connected $n $m ||
			    net_give_up $n "$n has not met $m"
		done
	done
	for n in a b c; do
		check_equal $n 2 "$(pexctl_j $n '.peers | length' show peers)"
	done
	for n in a b c; do
		stop_pexd $n
	done
}
full_connectivity_cleanup() { stop_all; }

atf_test_case little_network cleanup
little_network_head()
{
	atf_set descr "make run: six nodes find each other"
	atf_set timeout 200
}
little_network_body()
{
	net_init
	b=${net_build#"$net_root"/}
	umask 002	# as many a user has it
	TMPDIR=$PWD RUN_SECONDS=40 sh "$net_root/mk/run.sh" "$b" > out 2>&1 ||
	    { tail -n 80 out; atf_fail "they did not"; }
}
little_network_cleanup() { :; }

atf_init_test_cases()
{
	atf_add_test_case life
	atf_add_test_case children_come_back
	atf_add_test_case persistent_by_hand
	atf_add_test_case restart_limit
	atf_add_test_case parent_dies
	atf_add_test_case memory_survives
	atf_add_test_case reload
	atf_add_test_case hostile_client
	atf_add_test_case one_instance
	atf_add_test_case descriptors
	atf_add_test_case sandboxed
	atf_add_test_case garbage_from_the_network
	atf_add_test_case memory_of_strangers
	atf_add_test_case full_connectivity
	atf_add_test_case little_network
}
