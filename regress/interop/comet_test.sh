#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# The CometBFT peers that the interop tests lean on, tried on each other.

. "${PEXD_SRC:-$(atf_get_srcdir)/../..}/regress/lib/net.subr"

QUICK="-ping 500ms -pong 400ms -ensure-period 1s"

# Each pair has a dialling and a listening version.
PAIRS="v038_v038 v038_v1 v1_v038 v1_v1"

meet_body()	# DIALLING LISTENING
{
	net_init
	require_comet
	start_comet "$2" server $QUICK
	start_comet "$1" client $QUICK
	comet_cmd server addaddr \
	    1111111111111111111111111111111111111111@127.1.0.1:1 >/dev/null
	comet_cmd client dial "$(comet_at server)" >/dev/null ||
	    net_give_up client "cannot dial"

	wait_event server ".event == \"peer_up\" and .outbound == false and
	    .id == \"$(comet_id client)\"" 5 >/dev/null
	wait_event server '.event == "pex_request"' 5 >/dev/null
	wait_event client '.event == "pex_addrs" and .count > 0' 5 >/dev/null
	wait_for 10 pinged server
	pinged server && pinged client ||
	    atf_fail "no pings: $(comet_cmd server peers)"
	atf_check_equal 1 "$(comet_j client '.addrs |
	    map(select(.addr == "127.1.0.1:1")) | length' book)"

	comet_cmd client stop "$(comet_id server)" >/dev/null
	wait_event server '.event == "peer_down"' 5 >/dev/null
	stop_comet client
	stop_comet server
}

pinged()
{
	[ "$(comet_j "$1" '.peers[0] | [.pings_sent, .pings_received,
	    .pongs_received] | min // 0' peers)" -ge 3 ]
}

for p in $PAIRS; do
	atf_test_case "meet_$p" cleanup
	eval "meet_${p}_head() {
		atf_set descr '${p%_*} dials ${p#*_}: asks, is answered, pings'
		atf_set require.progs jq
		atf_set timeout 60
	}
	meet_${p}_body() { meet_body ${p%_*} ${p#*_}; }
	meet_${p}_cleanup() { stop_all; }"
done

refused()	# KIND ADDRESS
{
	atf_check_equal "$1" "$(comet_j client .kind dial "$2")"
}

refuse_body()
{
	net_init
	require_comet
	start_comet "$1" client $QUICK
	start_comet "$1" chain $QUICK -network other
	start_comet "$1" block $QUICK -block-version 12
	start_comet "$1" nopex $QUICK -pex=false -channels 20
	start_comet "$1" right $QUICK

	refused incompatible "$(comet_at chain)"
	refused incompatible "$(comet_at block)"
	refused incompatible "$(comet_at nopex)"
	at=$(comet_at right)
	refused auth "2222222222222222222222222222222222222222@${at#*@}"
	refused self "$(comet_at client)"
	comet_cmd client dial "$at" >/dev/null || atf_fail "cannot dial"
	refused busy "$at"
	wait_event chain '.event == "rejected" and .kind == "incompatible"' 5 \
	    >/dev/null
	# What comes unasked costs the connection.
	wait_event right '.event == "peer_up"' 5 >/dev/null
	comet_cmd right sendaddrs "$(comet_id client)" 3 >/dev/null
	wait_event client '.event == "peer_down" and
	    (.reason | test("unsolicited"))' 5 >/dev/null
}

files_body()
{
	net_init
	require_comet
	comet="$net_build/interop/cometpeer-$1"

	atf_check -o save:first "$comet" key key.json
	atf_check -o save:again "$comet" key key.json
	atf_check_equal "$(jq -r .id first)" "$(jq -r .id again)"

	cat > list <<-EOF
	1111111111111111111111111111111111111111@1.2.3.4:26656 good
	2222222222222222222222222222222222222222@[2a00:1450::1]:1 tried
	EOF
	atf_check -x "$comet book make book.json < list"
	atf_check -o save:shown "$comet" book show book.json
	atf_check_equal "2 1 1" \
	    "$(jq -r '"\(.loaded) \(.old) \(.new)"' shown)"

	atf_check -o save:filled "$comet" book fill big.json -n 1100
	atf_check_equal 1100 "$(jq .size filled)"

	# The stock book does not survive a bucket that is not there.
	sed 's/"buckets": \[/"buckets": [ 9999/' book.json |
	    tr -d '\n' | sed 's/9999[^]]*/9999/g' > broken.json
	atf_check -s exit:1 -e match:panic "$comet" book show broken.json
}

for v in v038 v1; do
	for t in refuse files; do
		atf_test_case ${t}_$v cleanup
		eval "${t}_${v}_body() { ${t}_body $v; }
		${t}_${v}_cleanup() { stop_all; }"
	done
	eval "refuse_${v}_head() {
		atf_set descr 'a stock $v node says why it refuses'
		atf_set require.progs jq
		atf_set timeout 60
	}
	files_${v}_head() {
		atf_set descr 'stock $v key and address book files'
		atf_set require.progs jq
		atf_set timeout 60
	}"
done

atf_init_test_cases()
{
	for p in $PAIRS; do
		atf_add_test_case "meet_$p"
	done
	for v in v038 v1; do
		atf_add_test_case refuse_$v
		atf_add_test_case files_$v
	done
}
