# SPDX-License-Identifier: ISC
# The simulation in short: same seed, same run; and what is wanted of each
# scenario, with few runs of it.

sim=$PEXD_BUILD/regress/sim/sim

hash_of() {	# seed scenario
	"$sim" -1 "$1" "$2" | sed 's/.*"hash":"\([0-9a-f]*\)".*/\1/'
}

same() {	# scenario: three runs of a seed agree, another seed does not
	a=$(hash_of 7 "$1") b=$(hash_of 7 "$1") c=$(hash_of 7 "$1")
	d=$(hash_of 8 "$1")
	[ ${#a} -eq 16 ] || atf_fail "no hash but '$a'"
	atf_check_equal "$a" "$b"
	atf_check_equal "$a" "$c"
	[ "$a" != "$d" ] || atf_fail "another seed, the same run"
}

atf_test_case deterministic
deterministic_body() {
	same 400x1
	same control
}

atf_test_case wanted cleanup
wanted_head() {
	atf_set timeout 600
}
wanted_body() {
	"$sim" -s -o out > table || { cat table; atf_fail "see the table"; }
	cat table
	grep -q '"record":"run"' out/sim.jsonl || atf_fail "no runs"
	tail -1 out/sim.svg | grep -q '</svg>' || atf_fail "no plot"
}
wanted_cleanup() {
	rm -rf out
}

# What is not reached has to be seen in the table and in the status.
atf_test_case missed
missed_body() {
	atf_check -o match:'1 of 1 scenarios missed' -o match:FAILED \
	    -s exit:1 "$sim" -n 2 -w 11 control-quiet
	atf_check -o match:'0 of 1 scenarios missed' -o not-match:FAILED \
	    "$sim" -n 2 -w 9 control-quiet
}

atf_test_case usage
usage_body() {
	atf_check -s exit:2 -e match:'no such scenario' "$sim" 17x4
	atf_check -s exit:2 -e match:usage "$sim" -1 5
}

atf_init_test_cases() {
	atf_add_test_case deterministic
	atf_add_test_case wanted
	atf_add_test_case missed
	atf_add_test_case usage
}
