#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# pexd among real CometBFT nodes, with each supported version of them.

. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/net.subr"

# Times that make a test last seconds, the same on both sides.
COMET="-ping 600ms -pong 500ms -ensure-period 1s"
TIMES="ping interval 600ms
pong timeout 500ms
request interval 1s
answer interval 1s
seed interval 1s
crawl interval 1s
probe interval 1s"

# Addresses to talk about: on loopback, where nobody listens.
AIR="1111111111111111111111111111111111111111@127.0.0.1:1
2222222222222222222222222222222222222222@127.0.0.1:2
3333333333333333333333333333333333333333@127.0.0.1:3"

start_peer()	# NAME [LINE...]
{
	p=$1
	shift
	start_pexd "$p" "mode peer" "$TIMES" "$@"
}

start_seed()	# NAME [LINE...]
{
	p=$1
	shift
	start_pexd "$p" "mode seed" "$TIMES" "$@"
}

# Does that pexd's book hold the IDs of these comets, at one of the LEVELS?
book_knows()	# PEXD LEVELS COMET...
{
	b=$(pexctl_j "$1" '.book[] | "\(.id) \(.level)"' show book)
	l=$2
	shift 2
	for c; do
		echo "$b" | grep -Eq "^$(comet_id "$c") ($l)\$" || return 1
	done
}
ANY="heard|reached|good|senior"
MET="reached|good|senior"

# Does that comet's book hold these others?
comet_knows()	# COMET OTHER...
{
	b=$(comet_j "$1" '.addrs[] | "\(.id)@\(.addr)"' book)
	shift
	for c; do
		echo "$b" | grep -qxF "$(comet_at "$c")" || return 1
	done
}

comet_has_peer()	# COMET ID
{
	[ "$(comet_j "$1" ".peers | map(select(.id == \"$2\")) | length" \
	    peers)" = 1 ]
}

comet_met_any()	# COMET OTHER...
{
	n=$1
	shift
	for c; do
		comet_has_peer "$n" "$(comet_id "$c")" && return
	done
	return 1
}

# At least N pings went each way between the two and were answered, as both
# of them count.
pinged()	# PEXD COMET N
{
	[ "$(comet_j "$2" ".peers[] | select(.id == \"$(pexd_id "$1")\") |
	    [.pings_sent, .pongs_received, .pings_received] |
	    min >= $3" peers)" = true ] &&
	    [ "$(pexctl_j "$1" ".peers[] |
	    select(.id == \"$(comet_id "$2")\") |
	    [.pings, .pongs] | min >= $3" show peers)" = true ]
}

ups()		# COMET ID: how often did it connect?
{
	jq -c "select(.event == \"peer_up\" and .id == \"$2\")" "$1/out" |
	    wc -l
}

# --- a CometBFT node bootstraps from a pexd seed ---------------------------

bootstrap_descr="a node asks a pexd seed and fills its book"
bootstrap_body()
{
	start_seed seed
	s=$(pexd_at seed)
	for c in alice bob carol; do
		start_comet "$1" $c $COMET -seeds "$s"
	done
	wait_for 20 book_knows seed "$ANY" alice bob carol ||
	    net_give_up seed "the seed does not know who asked it"

	start_comet "$1" newcomer $COMET -seeds "$s"
	wait_event newcomer ".event == \"pex_addrs\" and
	    .id == \"$(pexd_id seed)\" and .count >= 3" 20 >/dev/null
	wait_event newcomer ".event == \"peer_down\" and
	    .id == \"$(pexd_id seed)\"" 10 >/dev/null
	comet_knows newcomer alice bob carol ||
	    net_give_up newcomer "not in its book"
	wait_for 20 comet_met_any newcomer alice bob carol ||
	    net_give_up newcomer "met nobody"
	stop_pexd seed
}

# --- connections that last -------------------------------------------------

outbound_descr="a pexd peer dials a node, stays, asks, and learns"
outbound_body()
{
	start_comet "$1" alice $COMET
	for a in $AIR; do
		comet_cmd alice addaddr "$a" >/dev/null ||
		    atf_fail "cannot add $a"
	done
	start_peer pexd "persistent peer \"$(comet_at alice)\""
	wait_event alice ".event == \"peer_up\" and .outbound == false and
	    .id == \"$(pexd_id pexd)\" and .network == \"test-1\" and
	    .channels == \"00\" and .block == 11" 10 >/dev/null
	wait_for 20 pinged pexd alice 4 ||
	    net_give_up pexd "no pings both ways"
	check_equal pexd 1 "$(ups alice "$(pexd_id pexd)")"

	wait_event alice '.event == "pex_request"' 10 >/dev/null
	for a in $AIR; do
		wait_for 10 book_has_air "$a" ||
		    net_give_up pexd "$a is not in its book"
	done
	wait_for 10 book_knows pexd "$MET" alice ||
	    net_give_up pexd "it has met alice and does not know"
	check_equal pexd true "$(pexctl_j pexd ".peers[] |
	    select(.id == \"$(comet_id alice)\") | .outbound" show peers)"
	stop_pexd pexd
	wait_event alice '.event == "peer_down"' 10 >/dev/null
}

book_has_air()	# ID@IP:PORT
{
	pexctl_j pexd '.book[] | "\(.id)@\(.addr)"' show book | grep -qxF "$1"
}

inbound_descr="a node dials a pexd peer, stays, asks, and learns"
inbound_body()
{
	start_comet "$1" bob $COMET
	start_peer pexd "persistent peer \"$(comet_at bob)\""
	wait_for 10 book_knows pexd "$MET" bob ||
	    net_give_up pexd "it does not know bob"
	start_comet "$1" alice $COMET -persistent "$(pexd_at pexd)"
	wait_event alice ".event == \"peer_up\" and .outbound == true and
	    .id == \"$(pexd_id pexd)\"" 10 >/dev/null
	wait_for 20 pinged pexd alice 4 ||
	    net_give_up pexd "no pings both ways"
	check_equal pexd 1 "$(ups alice "$(pexd_id pexd)")"
	check_equal pexd false "$(pexctl_j pexd ".peers[] |
	    select(.id == \"$(comet_id alice)\") | .outbound" show peers)"
	wait_for 10 comet_knows alice bob ||
	    net_give_up alice "it did not learn of bob"
	wait_for 10 book_knows pexd "$ANY" alice ||
	    net_give_up pexd "the inbound peer is not in its book"
	stop_pexd pexd
}

# Both of the above over IPv6, with addresses of IPv6 in the lists.
AIR6="1111111111111111111111111111111111111111@[::1]:1
2222222222222222222222222222222222222222@[::1]:2"

ipv6_descr="over IPv6: dialled and dialling, asked and asking"
ipv6_body()
{
	start_comet "$1" alice $COMET -listen "[::1]:0"
	for a in $AIR6; do
		comet_cmd alice addaddr "$a" >/dev/null ||
		    atf_fail "cannot add $a"
	done
	net_host=::1
	start_peer pexd "persistent peer \"$(comet_at alice)\""
	wait_event alice ".event == \"peer_up\" and .outbound == false and
	    .id == \"$(pexd_id pexd)\"" 10 >/dev/null
	wait_for 20 pinged pexd alice 4 ||
	    net_give_up pexd "no pings both ways"
	check_equal pexd ::1 "$(pexctl_j pexd '.peers[].ip' show peers)"
	for a in $AIR6; do
		wait_for 10 book_has_air "$a" ||
		    net_give_up pexd "$a is not in its book"
	done
	wait_for 10 book_knows pexd "$MET" alice ||
	    net_give_up pexd "it has met alice and does not know"

	start_comet "$1" bob $COMET -listen "[::1]:0" \
	    -persistent "$(pexd_at pexd)"
	wait_event bob ".event == \"peer_up\" and .outbound == true and
	    .id == \"$(pexd_id pexd)\"" 10 >/dev/null
	wait_for 20 pinged pexd bob 4 || net_give_up pexd "no pings both ways"
	wait_for 10 comet_knows bob alice ||
	    net_give_up bob "it did not learn of alice"
	wait_for 10 book_knows pexd "$ANY" bob ||
	    net_give_up pexd "the inbound peer is not in its book"
	# What it announced is where it listens: bob's book has just that.
	check_equal bob "$(pexd_at pexd)" "$(comet_j bob ".addrs[] |
	    select(.id == \"$(pexd_id pexd)\") | \"\(.id)@\(.addr)\"" book)"
	stop_pexd pexd
}

# --- a seed that crawls ----------------------------------------------------

# Nobody but the seed dials: who is found was found by crawling.
crawl_descr="a pexd seed crawls a network of nodes and serves them"
crawl_body()
{
	for c in dave carol bob alice; do
		start_comet "$1" $c $COMET -max-out 0
	done
	comet_cmd alice addaddr "$(comet_at bob)" >/dev/null
	comet_cmd bob addaddr "$(comet_at carol)" >/dev/null
	comet_cmd carol addaddr "$(comet_at dave)" >/dev/null
	start_seed seed "seed \"$(comet_at alice)\""
	wait_for 60 book_knows seed "$MET" alice bob carol dave ||
	    net_give_up seed "the seed did not find all"

	start_comet "$1" newcomer $COMET -seeds "$(pexd_at seed)"
	wait_event newcomer ".event == \"pex_addrs\" and
	    .id == \"$(pexd_id seed)\" and .count >= 4" 20 >/dev/null
	comet_knows newcomer alice bob carol dave ||
	    net_give_up newcomer "not in its book"
	stop_pexd seed
}

meet_descr="two nodes that know only a pexd seed connect to each other"
meet_body()
{
	start_seed seed
	start_comet "$1" alice $COMET -seeds "$(pexd_at seed)"
	start_comet "$1" bob $COMET -seeds "$(pexd_at seed)"
	wait_for 40 comet_has_peer alice "$(comet_id bob)" ||
	    net_give_up alice "it never met bob"
	wait_for 5 comet_has_peer bob "$(comet_id alice)" ||
	    net_give_up bob "it never met alice"
	stop_pexd seed
}

# --- refusals --------------------------------------------------------------

# The reason is in the log and in what pexctl shows.
says()		# PEXD PATTERN PROCESS.COUNTER
{
	wait_log "$1" "$2" 10
	wait_for 10 counted "$1" "$3" ||
	    net_give_up "$1" "pexctl show does not count: $3"
}

counted()	# PEXD COUNTER
{
	[ "$(pexctl_j "$1" ".counters.$2 > 0" show)" = true ]
}

# pexd still works: a right node comes and stays.
still_works()	# PEXD VERSION
{
	start_comet "$2" right $COMET
	comet_cmd right dial "$(pexd_at "$1")" >/dev/null ||
	    net_give_up "$1" "it refuses a right node"
	wait_for 10 pinged "$1" right 2 || net_give_up "$1" "no pings"
	stop_pexd "$1"
}

# Both ways: pexd dials the wrong node, and is dialled by it.
wrong()		# VERSION REASON COUNTER FLAG...
{
	v=$1 why=$2 counter=$3
	shift 3
	start_comet "$v" wrong $COMET "$@"
	start_peer out "persistent peer \"$(comet_at wrong)\""
	says out "$why" "dialer.dials_${counter}_total"
	start_peer in
	comet_cmd wrong dial "$(pexd_at in)" >/dev/null &&
	    net_give_up in "the node was let in"
	check_equal in incompatible "$(comet_j wrong .kind \
	    dial "$(pexd_at in)")"
	says in "$why" "engine.refused_${counter}_total"
	check_equal in 0 "$(pexctl_j in '.peers | length' show peers)"
	stop_pexd out
	still_works in "$v"
}

wrong_network_descr="a node of another network is refused"
wrong_network_body()
{
	wrong "$1" "wrong network" wrong_network -network other
}

wrong_block_descr="a node of another block version is refused"
wrong_block_body()
{
	wrong "$1" "wrong block version" wrong_block_version -block-version 12
}

no_pex_descr="a node without a PEX channel is refused"
no_pex_body()
{
	wrong "$1" "no PEX channel" no_pex_channel -pex=false -channels 20
}

wrong_id_descr="a node that is not who was dialled is refused"
wrong_id_body()
{
	start_comet "$1" alice $COMET
	at=$(comet_at alice)
	start_peer pexd
	pexctl pexd dial "1111111111111111111111111111111111111111@${at#*@}"
	says pexd "wrong identity" dialer.dials_wrong_identity_total
	at=$(pexd_at pexd)
	check_equal pexd auth "$(comet_j alice .kind \
	    dial "1111111111111111111111111111111111111111@${at#*@}")"
	still_works pexd "$1"
}

# It says that a peer is down before it counts one less.
has_room()	# COMET
{
	[ "$(comet_j "$1" '.peers | length' peers)" -eq 0 ]
}

full_descr="a node at its inbound limit is full: not bad, not forgotten"
full_body()
{
	start_comet "$1" alice $COMET -max-in 1
	start_comet "$1" filler $COMET
	comet_cmd filler dial "$(comet_at alice)" >/dev/null ||
	    net_give_up alice "nobody fills it"
	start_peer pexd
	comet_at alice > list
	pexctl pexd book import list >/dev/null ||
	    net_give_up pexd "it takes no list"
	wait_for 20 counted pexd dialer.dials_full_total ||
	    net_give_up pexd "it does not call it full"
	check_equal pexd "heard 0" "$(pexctl_j pexd '.book[] |
	    "\(.level) \(.attempts)"' show book)"

	comet_cmd filler stop "$(comet_id alice)" >/dev/null
	wait_for 10 has_room alice || net_give_up alice "it holds on to it"
	pexctl pexd dial "$(comet_at alice)" ||
	    net_give_up pexd "there is room and it does not come in"
	wait_for 20 book_knows pexd "$MET" alice ||
	    net_give_up pexd "it has met alice and does not know"
	stop_pexd pexd
}

duplicate_descr="a second connection of one key is refused"
duplicate_body()
{
	start_peer pexd
	start_comet "$1" alice $COMET
	start_comet "$1" again $COMET -node-key alice/node_key.json
	comet_cmd alice dial "$(pexd_at pexd)" >/dev/null ||
	    net_give_up pexd "it refuses the first"
	comet_cmd again dial "$(pexd_at pexd)" >/dev/null
	says pexd duplicate engine.refused_duplicate_total
	wait_event again '.event == "peer_down"' 10 >/dev/null
	comet_has_peer alice "$(pexd_id pexd)" ||
	    net_give_up pexd "the first connection suffered"
	still_works pexd "$1"
}

self_descr="a node with pexd's own key, and pexd itself, are refused"
self_body()
{
	start_peer pexd
	atf_check -o ignore "$net_build/pexctl/pexctl" key export \
	    pexd/key.pem node_key.json
	start_comet "$1" mirror $COMET -node-key node_key.json
	atf_check_equal "$(pexd_id pexd)" "$(comet_id mirror)"
	# Neither does it dial its own ID,
	pexctl pexd dial "$(comet_at mirror)" 2>refused &&
	    net_give_up pexd "it dials itself"
	atf_check -o match:itself cat refused
	# nor let it in,
	comet_cmd mirror dial "$(pexd_at pexd)" >/dev/null &&
	    net_give_up pexd "it let itself in"
	says pexd "ourselves" engine.refused_self_total
	# nor learn it: a stock node tells everyone of everyone who came.
	start_comet "$1" alice $COMET
	pexctl pexd dial "$(comet_at alice)" ||
	    net_give_up pexd "it does not dial alice"
	wait_for 10 counted pexd addrbookd.heard_own_total ||
	    net_give_up pexd "it did not hear of itself"
	check_equal pexd 0 "$(pexctl_j pexd ".book |
	    map(select(.id == \"$(pexd_id pexd)\")) | length" show book)"
	still_works pexd "$1"
}

unsolicited_descr="a node that sends a list unasked is dropped and banned"
unsolicited_body()
{
	start_peer pexd
	start_comet "$1" alice $COMET
	comet_cmd alice dial "$(pexd_at pexd)" >/dev/null ||
	    net_give_up pexd "it refuses alice"
	comet_cmd alice request "$(pexd_id pexd)" >/dev/null
	# The first may be the answer to a question of pexd's.
	for i in 1 2; do
		comet_cmd alice sendaddrs "$(pexd_id pexd)" 3 >/dev/null ||
		    break
	done
	wait_event alice '.event == "peer_down"' 10 >/dev/null
	says pexd "unsolicited addresses" \
	    engine.misbehaved_unsolicited_addresses_total
	check_equal pexd 1 "$(pexctl_j pexd ".bans |
	    map(select(.id == \"$(comet_id alice)\")) | length" show bans)"
	comet_cmd alice dial "$(pexd_at pexd)" >/dev/null
	says pexd "refused.*banned" engine.refused_banned_total
	still_works pexd "$1"
}

# --- files -----------------------------------------------------------------

keys_descr="node_key.json of one is read by the other"
keys_body()
{
	comet="$net_build/interop/cometpeer-$1"
	ctl="$net_build/pexctl/pexctl"

	atf_check -o save:made "$comet" key theirs.json
	atf_check -o ignore "$ctl" key import theirs.json theirs.pem
	atf_check -o save:shown "$ctl" -j key show theirs.pem
	atf_check_equal "$(jq -r .id made)" "$(jq -r .id shown)"

	atf_check -o ignore "$ctl" key generate ours.pem
	atf_check -o save:shown "$ctl" -j key show ours.pem
	atf_check -o ignore "$ctl" key export ours.pem ours.json
	atf_check -o save:made "$comet" key ours.json
	atf_check_equal "$(jq -r .id made)" "$(jq -r .id shown)"

	# And back: nothing is lost on the way.
	atf_check -o ignore "$ctl" key export theirs.pem back.json
	atf_check_equal "$(jq -S . theirs.json)" "$(jq -S . back.json)"
}

# Addresses where nobody listens again, for pexd will try them.
BOOK="1111111111111111111111111111111111111111@127.0.0.1:1 good
2222222222222222222222222222222222222222@[::1]:1 tried
3333333333333333333333333333333333333333@127.9.8.7:443 src=\
1111111111111111111111111111111111111111@127.0.0.1:1
4444444444444444444444444444444444444444@127.5.6.7:9 banned"

listed()	# what BOOK should leave in a book
{
	echo "$BOOK" | sed '/banned/d; s/ .*//' | sort | tr '\n' ' '
}

books_descr="addrbook.json of one is read by the other"
books_body()
{
	comet="$net_build/interop/cometpeer-$1"

	echo "$BOOK" > list
	atf_check -x "$comet book make theirs.json < list"
	# Two may want one slot, once in thousands of keys: then another key.
	for p in pexd1 pexd2 pexd3; do
		start_pexd $p "mode peer"
		r=$(pexctl_j $p "[.taken, .refused] | @csv" \
		    book import theirs.json)
		[ "$r" = 3,0 ] && break
		[ "$r" = 2,1 ] || net_give_up $p "taken and refused: $r"
	done
	check_equal $p "$(listed)" "$(pexctl_j $p '.book[] |
	    "\(.id)@\(.addr)"' show book | sort | tr '\n' ' ')"
	pexctl $p book export -f comet ours.json ||
	    net_give_up $p "it does not write the file"
	atf_check -o save:shown "$comet" book show ours.json
	check_equal $p "$(listed)" "$(jq -r '.addrs[] |
	    "\(.id)@\(.addr)"' shown | sort | tr '\n' ' ')"
	atf_check_equal 3 "$(jq .loaded shown)"
	stop_pexd $p

	# A stock node starts from it and tells others.
	start_comet "$1" alice $COMET -addrbook ours.json
	start_comet "$1" bob $COMET
	comet_cmd bob dial "$(comet_at alice)" >/dev/null ||
	    net_give_up alice "it does not work"
	wait_event bob '.event == "pex_addrs" and .count >= 3' 10 >/dev/null
}

# --- the cases -------------------------------------------------------------

CASES="bootstrap outbound inbound ipv6 crawl meet wrong_network wrong_block no_pex
    wrong_id full duplicate self unsolicited keys books"

for v in v038 v1; do
	for t in $CASES; do
		atf_test_case ${t}_$v cleanup
		eval "${t}_${v}_head() {
			atf_set descr \"\$${t}_descr ($v)\"
			atf_set require.progs jq
			atf_set timeout 240
		}
		${t}_${v}_body() {
			net_init
			require_comet
			${t}_body $v
		}
		${t}_${v}_cleanup() { stop_all; }"
	done
done

atf_init_test_cases()
{
	for v in v038 v1; do
		for t in $CASES; do
			atf_add_test_case ${t}_$v
		done
	done
}
