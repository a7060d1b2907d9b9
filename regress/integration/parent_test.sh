#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# The parent with stand-ins for its children (regress/fake/child.c), which do
# what the real ones never should.

. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/net.subr"

ID1=1111111111111111111111111111111111111111
ID2=2222222222222222222222222222222222222222

# A build directory like the real one but for the children.
fake_init()
{
	net_init
	real=$net_build
	mkdir -p build/pexd build/pexctl build/libexec
	ln -s "$real/pexd/pexd" build/pexd/pexd
	ln -s "$real/pexctl/pexctl" build/pexctl/pexctl
	for role in engine dialer addrbookd; do
		cp "$real/regress/fake/child" build/libexec/$role
	done
	chmod 755 . build build/libexec build/libexec/*
	net_build=$PWD/build
}

ctl()		# NAME: for atf_check, which runs programs, not functions
{
	echo "$net_build/pexctl/pexctl -s $PWD/$1/ctl"
}

daemon()	# CONF [LIBEXEC]: likewise
{
	echo "$net_build/pexd/pexd -x ${2:-$net_build/libexec} -f $1"
}

fake_client()	# NAME ARGUMENT...: in the background until fake_end NAME
{
	fake_n=$1
	shift
	mkdir -p "$fake_n"
	mkfifo "$fake_n/in"
	"$real/regress/fake/client" "$@" < "$fake_n/in" > "$fake_n/out" 2>&1 &
	echo $! > "$fake_n/client"
	fake_hold "$fake_n" &
	wait_for 10 grep -q ready "$fake_n/out" ||
	    atf_fail "client: $(cat "$fake_n/out")"
}

fake_hold()
{
	exec > "$1/in"
	while kill -0 $$ 2>/dev/null && [ ! -e "$1/end" ]; do
		sleep 0.2
	done
}

fake_end()
{
	: > "$1/end"
	wait_for 10 fake_gone "$1" || atf_fail "client $1 does not end"
}

fake_gone()
{
	! kill -0 "$(cat "$1/client")" 2>/dev/null
}

# As start_pexd, for one that is not to come up: waits for its end.
fail_pexd()	# NAME STATUS [LINE...]
{
	net_n=$1 fail_status=$2
	shift 2
	mkdir -p "$net_n" && mkdir -m 700 -p "$net_n/state"
	net_next_port
	net_write_conf "$@"
	atf_check -s exit:"$fail_status" -o ignore -e save:"$net_n/log" \
	    "$net_build/pexd/pexd" -d -v -x "$net_build/libexec" \
	    -f "$net_n/conf"
}

has()		# NAME PATTERN...: the log has a line for each, in this order
{
	has_n=$1 has_from=1
	shift
	for has_p in "$@"; do
		has_l=$(tail -n +$has_from "$has_n/log" |
		    grep -En -m 1 -- "$has_p" | cut -d: -f1)
		[ -n "$has_l" ] || net_give_up "$has_n" "no line: $has_p"
		has_from=$((has_from + has_l))
	done
}

counter()	# NAME ROLE COUNTER
{
	pexctl "$1" -j show 2>/dev/null | jq -r ".counters.\"$2\".\"$3\""
}

fact()		# NAME FACT
{
	pexctl "$1" -j show 2>/dev/null | jq -er ".facts.\"$2\""
}

is()		# VALUE COMMAND...
{
	is_want=$1
	shift
	[ "$("$@")" = "$is_want" ]
}

process()	# NAME ROLE FIELD
{
	pexctl_j "$1" ".processes[] | select(.process == \"$2\") | .$3" \
	    show processes
}

restarted()	# NAME ROLE PID-IT-HAD
{
	[ "$(process "$1" "$2" ready)" = true ] &&
	    [ "$(process "$1" "$2" pid)" != "$3" ]
}

rss()		# NAME: of the parent, in KiB
{
	ps -o rss= -p "$(cat "$1/pid")" | tr -d ' '
}

atf_test_case wiring cleanup
wiring_head() { atf_set descr "config, key, sockets and pipes get there"; }
wiring_body()
{
	fake_init
	start_pexd a "seed \"$ID1@localhost:1\"" "persistent peer { \
	    $ID1@127.0.0.1:2, $ID2@127.0.0.1:3 }" "private peer $ID2" \
	    "listen on 127.0.0.2 port 17777"
	for role in engine dialer addrbookd; do
		atf_check_equal 2 "$(counter a $role pipes_up)"
		wait_for 5 is 2 counter a $role synced ||
		    atf_fail "$role was not told all"
		atf_check_equal 1 "$(counter a $role starts)"
		atf_check_equal 4 "$(counter a $role peers)"
		atf_check_equal true "$(process a $role ready)"
		atf_check_equal 0 "$(process a $role deaths)"
	done
	# Each gets what concerns it and nothing else.
	atf_check_equal 1 "$(counter a engine listeners)"
	atf_check_equal 0 "$(counter a dialer listeners)"
	atf_check_equal 0 "$(counter a engine name_servers)"
	atf_check_equal 0 "$(counter a addrbookd hosts)"
	[ "$(counter a dialer name_servers)" -ge 1 ] ||
	    atf_fail "dialer has no name server"
	[ "$(counter a dialer hosts)" -ge 1 ] ||
	    atf_fail "dialer does not know localhost"
	# The parent signs for the engine, with the key it told it.
	wait_for 5 is 1 counter a engine signatures ||
	    atf_fail "no valid signature"
	[ "$(process a pexd rss_bytes)" -gt 1000000 ] ||
	    atf_fail "no memory shown"
	stop_pexd a
	[ ! -e a/ctl ] || atf_fail "the control socket is left"
}
wiring_cleanup() { stop_all; }

atf_test_case privileges cleanup
privileges_head()
{
	atf_set descr "started as root, the children are somebody else"
	atf_set require.user root
}
privileges_body()
{
	fake_init
	case $real in
	*asan*)	# its children keep /proc in sight, so stay root
		want=0 ;;
	*)	want=$(id -u nobody) ;;
	esac
	start_pexd a
	for role in engine dialer addrbookd; do
		atf_check_equal "$want" "$(counter a $role uid)"
	done
	atf_check_equal "$want" "$(stat -c %u a/state)"
	atf_check_equal 700 "$(stat -c %a a/state)"
	stop_pexd a
	[ "$want" != 0 ] || return 0
	fail_pexd b 1 "user no-such-user"
	has b "there is no user no-such-user"
	fail_pexd b 1 "user root"
	has b "user root is root"
}
privileges_cleanup() { stop_all; }

atf_test_case unprivileged cleanup
unprivileged_head()
{
	atf_set descr "without root it says which paths it has to be given"
}

# All that pexd a needs, for a user who may see no more than this folder.
become_nobody()
{
	umask 022
	cp --remove-destination "$real/pexd/pexd" build/pexd/pexd
	chmod 755 build/pexd
	mkdir -p a/state
	"$net_build/pexctl/pexctl" key generate a/key.pem > /dev/null
	chmod 700 a/state
	chown -R 65534:65534 a
	net_owner=65534:65534
	net_wrap="setpriv --reuid 65534 --regid 65534 --clear-groups"
}

unprivileged_body()
{
	fake_init
	[ "$(id -u)" -ne 0 ] || become_nobody
	start_pexd a "user somebody"
	has a '"user" and "chroot" have no effect'
	for role in engine dialer addrbookd; do
		atf_check_equal 0 "$(counter a $role dropped)"
	done
	stop_pexd a
	echo 'network "n"' > bare
	# shellcheck disable=SC2086  # a command and its arguments
	atf_check -s exit:1 -e save:err ${net_wrap:-} "$net_build/pexd/pexd" \
	    -d -x "$net_build/libexec" -f bare
	for o in "node key" "state directory" "control socket"; do
		grep -q "expected \"$o\"" err || atf_fail "no word of $o"
	done
}
unprivileged_cleanup() { stop_all; }

atf_test_case deaths cleanup
deaths_head() { atf_set descr "a child that dies is replaced and rewired"; }
deaths_body()
{
	fake_init
	net_deaths=expected
	start_pexd a
	n=0
	for role in engine dialer addrbookd; do
		pid=$(process a $role pid)
		kill -9 "$pid"
		wait_for 10 restarted a $role "$pid" ||
		    net_give_up a "$role is not back"
		n=$((n + 1))
		atf_check_equal 1 "$(process a $role deaths)"
		atf_check_equal $n "$(pexctl_j a .counters.pexd.deaths_total show)"
		atf_check_equal 2 "$(counter a $role pipes_up)"
	done
	has a "engine was ended by signal 9 .*again at once" \
	    "dialer was ended by signal 9" "addrbookd was ended by signal 9"
	# The engine saw both neighbours go and come once.
	atf_check_equal 4 "$(counter a engine pipes_up)"
	wait_for 5 is 2 counter a engine pipes_down || atf_fail "pipes"
	atf_check_equal 1 "$(counter a engine starts)"
	# The new one has the sockets and the key at its service too.
	atf_check_equal 1 "$(counter a engine listeners)"
	wait_for 5 is 1 counter a engine signatures || atf_fail "signature"
	stop_pexd a
}
deaths_cleanup() { stop_all; }

atf_test_case gives_up cleanup
gives_up_head()
{
	atf_set descr "after five deaths in a row the daemon ends, not with 0"
}
gives_up_body()
{
	fake_init
	fail_pexd a 1 'moniker "dialer:late"'
	has a "dialer was ended by signal 6.*again at once" "again in 1 s" \
	    "again in 2 s" "again in 4 s" "dialer was ended by signal 6" \
	    "dialer died 5 times in a row" "pexd: ended"
	[ ! -e a/ctl ] || atf_fail "the control socket is left"
	fail_pexd b 1 'moniker "addrbookd:exit"' "restart limit 2"
	has b "addrbookd: fatal: cannot start" \
	    "addrbookd ended with status 1; starting it again" \
	    "addrbookd died 2 times in a row"
	fail_pexd c 1 'moniker "engine:hang"' "restart limit 1"
	has c "engine was ended by signal 9 .*not ready in 10 s"
	rm build/libexec/dialer
	printf 'not a program' > build/libexec/dialer
	chmod 755 build/libexec/dialer
	fail_pexd d 1 "restart limit 1"
	has d "dialer ended with status 127"
}
gives_up_cleanup() { stop_all; }

# To salvage a damaged book takes longer than others have to begin.
atf_test_case slow_book cleanup
slow_book_head() { atf_set descr "addrbookd is given time to begin"; }
slow_book_body()
{
	fake_init
	start_pexd a 'moniker "addrbookd:slow"'
	wait_for 30 is 1 counter a addrbookd starts ||
	    net_give_up a "addrbookd does not begin"
	grep "was ended\|ended with" a/log && net_give_up a "one was ended"
	stop_pexd a
}
slow_book_cleanup() { stop_all; }

atf_test_case violations cleanup
violations_head() { atf_set descr "who breaks the protocol is replaced"; }
violations_body()
{
	fake_init
	fail_pexd a 1 'moniker "engine:accuse"' "restart limit 2"
	has a "closing the pipe to engine: message MISBEHAVED" \
	    "engine was ended by signal 9 .*addrbookd says: message" \
	    "engine died 2 times in a row"
	grep -q "addrbookd was ended" a/log &&
	    atf_fail "the accuser was punished"
	fail_pexd b 1 'moniker "dialer:forge"' "restart limit 1"
	# Its pipe was closed first: it may be gone before it is killed.
	has b "dialer (was ended by signal 9|ended with status 0) .*killed: \
DONE with status 99"
}
violations_cleanup() { stop_all; }

atf_test_case babble cleanup
babble_head()
{
	atf_set descr "a child may say anything: parent and pexctl live"
	atf_set timeout 300
}
babble_body()
{
	fake_init
	for role in engine dialer addrbookd; do
		start_pexd $role "moniker \"$role:babble\"" \
		    "restart limit 1000"
		set -- "show" "show peers" "show book" "show bans" \
		    "show nodes" "show processes" "show dials" \
		    "-j show" "-j show peers" "-j show book" "-j show nodes" \
		    "-j show dials" "drop $ID1" "ban $ID1"
		for w; do
			# It may also refuse what it is told (3), but lives.
			st=0
			$(ctl $role) $w > out 2> err || st=$?
			[ $st -le 3 ] ||
			    atf_fail "$role: pexctl $w: status $st: $(cat err)"
			if LC_ALL=C tr -d '\n\t -~\200-\377' < out | grep -q .
			then
				atf_fail "$role: $w shows control characters"
			fi
		done
		kill -0 "$(cat $role/pid)" || atf_fail "the parent is gone"
		grep -aE "runtime error|Sanitizer" $role/log &&
		    atf_fail "a fault in the parent"
		net_deaths=expected stop_pexd $role
	done
}
babble_cleanup() { stop_all; }

set_moniker()	# NAME MONIKER
{
	sed "s/^moniker .*/moniker \"$2\"/" "$1/conf" > "$1/new"
	cat "$1/new" > "$1/conf"
}

refused()	# NAME PATTERN LINE...: a reload with these lines more
{
	cp "$1/conf" "$1/good"
	r_n=$1 r_p=$2
	shift 2
	printf '%s\n' "$@" >> "$r_n/conf"
	atf_check -s exit:1 -e match:"$r_p" $(ctl "$r_n") reload
	cp "$r_n/good" "$r_n/conf"
}

changed()	# NAME PATTERN SED: a reload of a config so edited
{
	cp "$1/conf" "$1/good"
	sed "$3" "$1/good" > "$1/conf"
	atf_check -s exit:1 -e match:"$2" $(ctl "$1") reload
	cp "$1/good" "$1/conf"
}

atf_test_case reload cleanup
reload_head() { atf_set descr "all switch together or nothing changes"; }
reload_body()
{
	fake_init
	start_pexd a
	set_moniker a second
	echo "max inbound 77" >> a/conf
	atf_check $(ctl a) reload
	for role in engine dialer addrbookd; do
		atf_check_equal 77 "$(counter a $role max_inbound)"
	done
	atf_check_equal second "$(fact a moniker)"

	# A child that refuses: none of them switches.
	for role in engine dialer addrbookd; do
		set_moniker a "$role:refuse"
		atf_check -s exit:1 \
		    -e match:"$role refuses it: I do not like it" \
		    $(ctl a) reload
		atf_check_equal second "$(fact a moniker)"
	done
	set_moniker a third
	atf_check $(ctl a) reload
	atf_check_equal third "$(fact a moniker)"
	stop_pexd a
}
reload_cleanup() { stop_all; }

atf_test_case reload_refusals cleanup
reload_refusals_head()
{
	atf_set descr "what needs a restart is refused by name"
}
reload_refusals_body()
{
	fake_init
	start_pexd a
	n=$(($(wc -l < a/conf) + 2))
	refused a "a/conf:$n: expected an option, found \"nonsense\"" \
	    "max inbound 70" "nonsense"
	refused a "a/conf:$n: .*nonsense.* .and 2 more, see the log.\$" \
	    "max inbound 70" "nonsense" "rubbish" "junk"
	n=$((n - 1))
	refused a "a/conf:$n: \"max inbound\" 60000 .*restart" \
	    "max inbound 60000"
	refused a "a/conf:$n: cannot listen on 192.0.2.1:9" \
	    "listen on 192.0.2.1 port 9"
	refused a "a/conf:$n: \"book size\" cannot change" "book size 2"
	changed a 'a/conf:[0-9]+: "network" cannot change' \
	    's/^network.*/network "o"/'
	changed a '"network", "node key" .line [0-9]+. cannot change' \
	    's/^network.*/network "o"/;s/^\(node key .*\)"/\12"/'
	changed a '"node key" cannot change' 's/^\(node key .*\)"/\12"/'
	changed a '"state directory" cannot' 's/^\(state .*\)"/\12"/'
	changed a '"control socket" cannot' 's/^\(control .*\)"/\12"/'
	if [ "$(id -u)" -eq 0 ]; then
		changed a '"user" cannot change' 's/^user.*/user daemon/'
		changed a '"chroot" cannot change' 's/^\(chroot .*\)"/\12"/'
	fi
	mv a/conf a/gone
	atf_check -s exit:1 -e match:"cannot read .*a/conf" $(ctl a) reload
	mv a/gone a/conf
	for role in engine dialer addrbookd; do
		atf_check_equal 40 "$(counter a $role max_inbound)"
		atf_check_equal 0 "$(process a $role deaths)"
	done
	atf_check $(ctl a) reload
	stop_pexd a
}
reload_refusals_cleanup() { stop_all; }

is_listening()	# HOST PORT
{
	ss -Htln "src $1" | grep -q ":$2 "
}

atf_test_case reload_listen cleanup
reload_listen_head()
{
	atf_set descr "addresses to listen on come and go; SIGHUP reloads too"
}
reload_listen_body()
{
	fake_init
	start_pexd a
	second=$((net_port + 1))
	cp a/conf a/first
	echo "listen on 127.0.0.1 port $second" >> a/conf
	kill -HUP "$(cat a/pid)"
	wait_log a "the configuration was reloaded" 10
	is_listening 127.0.0.1 $second || atf_fail "it does not listen"
	atf_check_equal 2 "$(counter a engine listeners)"
	# One that is refused leaves no socket behind.
	cp a/conf a/both
	echo "listen on 127.0.0.1 port $((second + 1))" >> a/conf
	set_moniker a "dialer:refuse"
	atf_check -s exit:1 -e match:refuses $(ctl a) reload
	cp a/first a/conf
	atf_check $(ctl a) reload
	cp a/both a/conf
	atf_check $(ctl a) reload
	atf_check_equal 4 "$(counter a engine listeners)"
	stop_pexd a
}
reload_listen_cleanup() { stop_all; }

atf_test_case answers cleanup
answers_head() { atf_set descr "requests go to who knows, and end as it says"; }
answers_body()
{
	fake_init
	net_deaths=expected
	start_pexd a
	atf_check_equal 10 "$(pexctl_j a '.peers | length' show peers)"
	atf_check_equal 4 "$(counter a engine chunks)"
	atf_check $(ctl a) dial "$ID1@127.0.0.1:1"
	atf_check -s not-exit:0 -e match:"no such peer" $(ctl a) drop $ID1
	atf_check $(ctl a) ban $ID1
	echo "$ID1@127.0.0.1:1" > list
	atf_check -o match:"taken 1" $(ctl a) book import list
	atf_check $(ctl a) ban 192.0.2.1 90s
	atf_check $(ctl a) unban 192.0.2.1
	has a "user [0-9]+ asks: dial $ID1@127.0.0.1:1" \
	    "asks: drop $ID1" "asks: ban $ID1 for 24h" \
	    "asked: import of 1 entries" \
	    "asks: ban 192.0.2.1 for 1m30s" "asks: unban 192.0.2.1"
	atf_check_equal 1 "$(counter a engine verbose)"
	atf_check $(ctl a) log brief
	atf_check_equal 0 "$(counter a engine verbose)"
	# A child that starts later is told as well.
	pid=$(process a engine pid)
	kill -9 "$pid"
	wait_for 10 restarted a engine "$pid" || net_give_up a "not back"
	atf_check_equal 0 "$(counter a engine verbose)"
	stop_pexd a
}
answers_cleanup() { stop_all; }

atf_test_case audit cleanup
audit_head() { atf_set descr "each request is in the log, however many"; }
audit_body()
{
	fake_init
	start_pexd a
	i=0
	while [ $i -lt 60 ]; do		# more in a second than other lines
		$(ctl a) log brief > /dev/null || atf_fail "request $i"
		i=$((i + 1))
	done
	atf_check_equal 60 "$(grep -c "user [0-9]* asks: log brief" a/log)"
	stop_pexd a
}
audit_cleanup() { stop_all; }

atf_test_case stream cleanup
stream_head()
{
	atf_set descr "a long answer arrives whole; who does not read waits"
	atf_set timeout 600
}
stream_body()
{
	fake_init
	start_pexd a
	atf_check_equal 200000 \
	    "$(pexctl a -j show book | jq '.book | length')"
	before=$(counter a addrbookd chunks)
	size=$(rss a)
	for n in 1 2 3 4; do
		fake_client s$n stall "$PWD/a/ctl" 3
	done
	# They are served as far as they read; nobody else notices.
	atf_check_equal 10 "$(pexctl_j a '.peers | length' show peers)"
	settled() {
		s_old=$s_new
		s_new=$(counter a addrbookd chunks)
		[ "$s_old" = "$s_new" ]
	}
	s_new=-1
	wait_for 20 settled || atf_fail "it does not stop"
	[ $((s_new - before)) -lt 400 ] ||
	    atf_fail "$((s_new - before)) chunks for who does not read"
	case $real in
	*asan*)	;;	# its allocator keeps what is freed
	*)	[ $(($(rss a) - size)) -lt 16384 ] ||
		    atf_fail "$(rss a) KiB, it was $size" ;;
	esac
	for n in 1 2 3 4; do
		fake_end s$n
	done
	wait_for 10 is 1 counter a pexd control_clients ||
	    atf_fail "clients are left"
	atf_check -o ignore $(ctl a) show
	stop_pexd a
}
stream_cleanup() { stop_all; }

atf_test_case monitors cleanup
monitors_head()
{
	atf_set descr "events flow while somebody watches; the slow miss some"
}
monitors_body()
{
	fake_init
	net_deaths=expected
	start_pexd a
	atf_check_equal 0 "$(counter a engine events)"
	fake_client m1 watch "$PWD/a/ctl"
	"$net_build/pexctl/pexctl" -s "$PWD/a/ctl" -j monitor > events &
	monitor=$!
	some() { [ "$(grep -c request events)" -gt 100 ]; }
	wait_for 20 some || { kill $monitor; atf_fail "no events"; }
	sheds() { [ "$(counter a pexd events_shed_total)" -gt 0 ]; }
	wait_for 60 sheds || { kill $monitor; atf_fail "nothing is shed"; }
	# A child that comes back sends them at once.
	pid=$(process a dialer pid)
	kill -9 "$pid"
	wait_for 10 restarted a dialer "$pid" || net_give_up a "not back"
	flows() { [ "$(counter a dialer events)" -gt 0 ]; }
	wait_for 10 flows || atf_fail "no events of the new dialer"
	kill $monitor
	wait $monitor
	fake_end m1
	wait_for 10 is 1 counter a pexd control_clients || atf_fail "clients"
	n=$(counter a engine events)
	atf_check_equal "$n" "$(counter a engine events)"
	stop_pexd a
}
monitors_cleanup() { stop_all; }

atf_test_case silence cleanup
silence_head()
{
	atf_set descr "a process that is down or mute is named, others answer"
}
silence_body()
{
	fake_init
	net_deaths=expected
	start_pexd a "restart limit 9"
	set_moniker a "engine:silent"
	atf_check $(ctl a) reload
	atf_check -s not-exit:0 -o match:"^dialer" \
	    -e match:"engine does not answer" $(ctl a) show
	atf_check -s not-exit:0 -e match:"engine does not answer" \
	    $(ctl a) show peers
	atf_check -o ignore $(ctl a) show dials

	# The first ends a long life; the fifth leaves it away for 4 s.
	for i in 1 2 3 4 5; do
		pid=$(process a addrbookd pid)
		kill -9 "$pid"
		[ $i = 5 ] || wait_for 10 restarted a addrbookd "$pid" ||
		    net_give_up a "not back"
	done
	away() { [ "$(process a addrbookd pid)" = null ]; }
	wait_for 4 away || atf_fail "it is not away"
	atf_check -s not-exit:0 -e match:"addrbookd is down" \
	    $(ctl a) show book
	atf_check -s exit:1 -e match:"being started" $(ctl a) reload
	wait_for 10 restarted a addrbookd "$pid" || net_give_up a "not back"
	stop_pexd a
}
silence_cleanup() { stop_all; }

atf_test_case log cleanup
log_head() { atf_set descr "a child can neither flood nor forge the log"; }
log_body()
{
	fake_init
	net_deaths=expected
	start_pexd a 'moniker "dialer:flood"'
	wait_log a "dialer: pexd: all is well 0\?pexd: really\?\[31m" 5
	# Another line, a second later, tells how many were held back.
	now=$(date +%s)
	later() { [ "$(date +%s)" -gt $((now + 1)) ]; }
	wait_for 5 later || atf_fail "no time passes"
	pid=$(process a dialer pid)
	kill -9 "$pid"
	wait_for 10 restarted a dialer "$pid" || net_give_up a "not back"
	wait_log a "pexd: [0-9]+ lines of dialer were suppressed" 5
	grep -q "^pexd: really" a/log && atf_fail "a forged line"
	n=$(grep -c "all is well" a/log)
	[ "$n" -le 400 ] || atf_fail "$n lines"
	[ "$(counter a pexd log_lines_suppressed_total)" -ge 800 ] ||
	    atf_fail "not counted"
	stop_pexd a
}
log_cleanup() { stop_all; }

atf_test_case control_socket cleanup
control_socket_head()
{
	atf_set descr "one daemon, one socket, for its owner and group"
}
control_socket_body()
{
	fake_init
	start_pexd a
	atf_check_equal 660 "$(stat -c %a a/ctl)"
	atf_check -s exit:1 -e match:"another pexd is running" \
	    "$net_build/pexd/pexd" -d -x "$net_build/libexec" -f a/conf
	atf_check -o ignore $(ctl a) show
	# As many as there may be: the owner still has a place.
	back() { pexctl a show >/dev/null 2>&1; }
	fake_client h hold "$PWD/a/ctl" 64
	atf_check -o ignore $(ctl a) show
	fake_client k hold "$PWD/a/ctl" 4
	atf_check -s not-exit:0 -o ignore -e match:"pexd is busy" \
	    $(ctl a) show
	has a "a control connection of user .* is refused"
	# Who says nothing for 10 s gives way.
	wait_for 20 back || atf_fail "they keep their places"
	has a "which is idle, for another"
	fake_end h
	fake_end k
	kill -9 "$(cat a/pid)"
	wait_for 10 net_dead a
	rm a/pid
	[ -S a/ctl ] || atf_fail "where is the socket?"
	start_pexd a		# a stale one is no hindrance
	stop_pexd a
	echo precious > a/ctl
	fail_pexd a 1
	has a "a file that is no socket is there"
	atf_check_equal precious "$(cat a/ctl)"
	fail_pexd b 1 "control socket \"/$(printf '%0120d' 0)\""
	has b "the path is too long"
}
control_socket_cleanup() { stop_all; }

atf_test_case programs cleanup
programs_head() { atf_set descr "only trusted programs are started"; }
programs_body()
{
	fake_init
	mkdir -m 700 a a.state
	net_n=. net_port=1
	mkdir -m 755 ./empty
	net_write_conf
	sed "s,/./,/a/,; s,/a/state,/a.state," conf > c && mv c conf
	chmod 600 conf
	atf_check -s exit:1 -e match:"not an absolute path" $(daemon conf build/libexec) -d
	atf_check -s exit:1 -e match:"cannot find" $(daemon conf "$PWD/none") -d
	atf_check -s exit:1 -e match:"is not a folder" $(daemon conf "$PWD/conf") -d
	chmod 775 build/libexec
	atf_check -s exit:1 -e match:"libexec is writable by its group" \
	    $(daemon conf "$PWD/build/libexec") -d
	chmod 755 build/libexec
	chmod 757 build/libexec/dialer
	atf_check -s exit:1 -e match:"dialer is writable by its group" \
	    $(daemon conf "$PWD/build/libexec") -d
	chmod 644 build/libexec/dialer
	atf_check -s exit:1 -e match:"dialer is not a program" \
	    $(daemon conf "$PWD/build/libexec") -d
	rm build/libexec/dialer
	atf_check -s exit:1 -e match:"cannot find .*dialer" \
	    $(daemon conf "$PWD/build/libexec") -d
}
programs_cleanup() { stop_all; }

atf_test_case key cleanup
key_head() { atf_set descr "the node key is made once and kept to itself"; }
key_body()
{
	fake_init
	mkdir -p a
	# start_pexd makes one; this is about a start without.
	net_n=a
	mkdir -m 700 -p a/state
	net_next_port
	net_write_conf "node key \"$PWD/a/made/key.pem\""
	"$net_build/pexd/pexd" -d -x "$net_build/libexec" -f a/conf \
	    > a/log 2>&1 < /dev/null &
	echo $! > a/pid
	wait_for 20 net_pexd_up && net_alive a || net_give_up a "no start"
	has a "there was no node key: made one"
	atf_check_equal 600 "$(stat -c %a a/made/key.pem)"
	id=$(fact a node_id)
	case $(uname -s) in
	Linux)	# nobody reads the memory it is in
		[ "$(id -u)" -eq 0 ] || case $real in
		*asan*)	;;
		*)	cat "/proc/$(cat a/pid)/environ" >/dev/null 2>&1 &&
			    atf_fail "the parent can be read" ;;
		esac ;;
	esac
	stop_pexd a
	"$net_build/pexd/pexd" -d -x "$net_build/libexec" -f a/conf \
	    > a/log 2>&1 < /dev/null &
	echo $! > a/pid
	wait_for 20 net_pexd_up && net_alive a || net_give_up a "no start"
	atf_check_equal "$id" "$(fact a node_id)"
	stop_pexd a
	chmod 640 a/made/key.pem
	atf_check -s exit:1 -e match:"others than its owner may use it" \
	    "$net_build/pexd/pexd" -d -x "$net_build/libexec" -f a/conf
	[ ! -e a/ctl ] || atf_fail "the control socket is left"
	cp "$net_root/regress/vectors/node_key_0.json" a/made/key.pem
	chmod 600 a/made/key.pem
	atf_check -s exit:1 -e save:err \
	    "$net_build/pexd/pexd" -d -x "$net_build/libexec" -f a/conf
	atf_check -o inline:"1\n" grep -c "node key" err
	grep -q "fatal: cannot use .*; a node_key.json is converted by" err ||
	    atf_fail "$(cat err)"
}
key_cleanup() { stop_all; }

atf_test_case folders cleanup
folders_head() { atf_set descr "the state directory is made, owned, closed"; }
folders_body()
{
	fake_init
	mkdir -m 755 a
	mkdir -m 755 a/empty
	start_pexd a "state directory \"$PWD/a/st\""
	atf_check_equal 700 "$(stat -c %a a/st)"
	stop_pexd a
	ln -s st a/link
	fail_pexd a 1 "state directory \"$PWD/a/link\""
	has a "cannot use the state directory"
	echo x > a/file
	fail_pexd a 1 "state directory \"$PWD/a/file\""
	has a "cannot use the state directory"
	mkdir -m 755 a/used
	echo x > a/used/theirs
	fail_pexd a 1 "state directory \"$PWD/a/used\""
	has a "has other files .theirs."
	atf_check_equal 755 "$(stat -c %a a/used)"
	mv a/used/theirs a/used/addrbook.db.old
	start_pexd a "state directory \"$PWD/a/used\""
	atf_check_equal 700 "$(stat -c %a a/used)"
	stop_pexd a
	[ "$(id -u)" -eq 0 ] || return 0
	case $real in *asan*) return 0 ;; esac
	# /etc, say: root's, and in use.
	mkdir -m 700 a/system
	echo x > a/system/theirs
	fail_pexd a 1 "state directory \"$PWD/a/system\""
	has a "has other files .theirs."
	atf_check_equal root "$(stat -c %U a/system)"
	mkdir -m 700 a/other
	chown daemon a/other
	fail_pexd a 1 "state directory \"$PWD/a/other\""
	has a "belongs to user"
	chmod 777 a/empty
	fail_pexd a 1 "chroot \"$PWD/a/empty\""
	has a "directory to chroot to"
}
folders_cleanup() { stop_all; }

atf_test_case unread_log cleanup
unread_log_head() { atf_set descr "a log that nobody reads stops nobody"; }
unread_log_body()
{
	fake_init
	mkdir -m 755 a
	mkdir -m 700 a/state
	net_n=a
	net_next_port
	net_write_conf
	mkfifo a/pipe
	# Holds it open, makes it as small as may be and reads nothing.
	python3 -c 'import fcntl, os, time
f = os.open("a/pipe", os.O_RDONLY)
fcntl.fcntl(f, 1031, 4096)
time.sleep(600)' &
	echo $! > a/holder
	"$net_build/pexd/pexd" -d -v -x "$net_build/libexec" -f a/conf \
	    2> a/pipe &
	echo $! > a/pid
	wait_for 20 $(ctl a) show > /dev/null || atf_fail "it does not start"
	i=0
	while [ $i -lt 120 ]; do	# each is a line of the log
		timeout 10 $(ctl a) log brief > /dev/null ||
		    atf_fail "request $i is not answered"
		i=$((i + 1))
	done
	$(ctl a) -j show > a/show
	atf_check -o match:'^[1-9]' \
	    jq .counters.pexd.log_lines_suppressed_total a/show
	kill "$(cat a/pid)"
	wait_for 20 unread_gone || atf_fail "it does not end"
}
unread_log_cleanup()
{
	stop_all
	kill -9 $(cat a/pid a/holder 2>/dev/null) 2>/dev/null || true
}
unread_gone() { ! kill -0 "$(cat a/pid)" 2>/dev/null; }

atf_test_case descriptors cleanup
descriptors_head() { atf_set descr "limits that cannot be kept are refused"; }
descriptors_body()
{
	fake_init
	start_pexd a
	stop_pexd a
	# Where root could raise it, the run below just starts.
	[ "$(id -u)" -ne 0 ] || return 0
	(ulimit -n 1024; fail_pexd b 1 "max inbound 5000") || exit 1
	has b "max inbound 5000.*a process may have 1024"
}
descriptors_cleanup() { stop_all; }

background_pid()
{
	pexctl_j a '.processes[] | select(.process == "pexd") | .pid' \
	    show processes
}

atf_test_case background cleanup
background_head()
{
	atf_set descr "in the background: back when ready, or with the reason"
}
background_body()
{
	fake_init
	mkdir -p a
	net_n=a
	mkdir -m 700 -p a/state
	net_next_port
	net_write_conf
	atf_check -e ignore $(daemon a/conf)
	pid=$(background_pid)
	echo "$pid" > a/pid
	atf_check_equal true "$(process a engine ready)"
	# It let go of the terminal.
	if [ -d "/proc/$pid/fd" ] && [ "$(id -u)" -eq 0 ]; then
		for fd in 0 1 2; do
			atf_check_equal /dev/null \
			    "$(readlink "/proc/$pid/fd/$fd")"
		done
	fi
	atf_check_equal / "$(readlink "/proc/$pid/cwd" || echo /)"
	atf_check -s exit:1 -e match:"another pexd is running" $(daemon a/conf)
	kill "$pid"
	wait_for 20 net_dead a || atf_fail "it does not end"
	rm a/pid
	sed 's/^moniker.*/moniker "engine:exit"/' a/conf > c
	echo "restart limit 1" >> c
	cat c > a/conf
	atf_check -s exit:1 -e match:"engine: fatal: cannot start" \
	    $(daemon a/conf)
}
background_cleanup() { stop_all; }

atf_test_case manager cleanup
manager_head() { atf_set descr "a service manager is told"; }
manager_body()
{
	fake_init
	"$real/regress/fake/client" notify "$PWD/notify" > told &
	notify=$!
	there() { [ -S notify ]; }
	wait_for 5 there || atf_fail "no notification socket"
	NOTIFY_SOCKET=$PWD/notify
	export NOTIFY_SOCKET
	start_pexd a
	wait_for 5 grep -q "^READY=1" told || atf_fail "not told"
	stop_pexd a
	wait_for 5 grep -q "^STOPPING=1" told || atf_fail "not told of the end"
	kill $notify
}
manager_cleanup() { stop_all; }

atf_init_test_cases()
{
	atf_add_test_case wiring
	atf_add_test_case privileges
	atf_add_test_case unprivileged
	atf_add_test_case deaths
	atf_add_test_case gives_up
	atf_add_test_case slow_book
	atf_add_test_case violations
	atf_add_test_case babble
	atf_add_test_case reload
	atf_add_test_case reload_refusals
	atf_add_test_case reload_listen
	atf_add_test_case answers
	atf_add_test_case audit
	atf_add_test_case stream
	atf_add_test_case monitors
	atf_add_test_case silence
	atf_add_test_case log
	atf_add_test_case control_socket
	atf_add_test_case programs
	atf_add_test_case key
	atf_add_test_case folders
	atf_add_test_case unread_log
	atf_add_test_case descriptors
	atf_add_test_case background
	atf_add_test_case manager
}
