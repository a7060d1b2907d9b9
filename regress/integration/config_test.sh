#! /usr/bin/env atf-sh
# SPDX-License-Identifier: ISC
# pexd -n and -nv on the files of regress/integration/config: NAME.in prints
# NAME.ok, which prints itself; NAME.bad complains NAME.err.

root=${PEXD_SRC:-$(cd "$(atf_get_srcdir)/../.." && pwd)}
build=${PEXD_BUILD:-$root/build/release}
data=$root/regress/integration/config
pexd=$build/pexd/pexd

# Copied, for the errors name the files, and root wants them its own.
copy_data()
{
	cp "$data"/* .
	chmod 644 ./*
}

atf_test_case good
good_head() { atf_set descr "a good file prints its canonical form"; }
good_body()
{
	copy_data
	set -- *.in
	[ $# -ge 5 ] || atf_fail "only $# files"
	for f in *.in; do
		atf_check -o file:"${f%.in}.ok" "$pexd" -nv -f "$f"
		atf_check -o file:"${f%.in}.ok" "$pexd" -nv -f "${f%.in}.ok"
		atf_check -e inline:"configuration OK\n" "$pexd" -n -f "$f"
	done
}

atf_test_case bad
bad_head() { atf_set descr "a bad file gets all its complaints"; }
bad_body()
{
	copy_data
	set -- *.bad
	[ $# -ge 4 ] || atf_fail "only $# files"
	for f in *.bad; do
		atf_check -s exit:1 -e file:"${f%.bad}.err" "$pexd" -n -f "$f"
		atf_check -s exit:1 -e file:"${f%.bad}.err" "$pexd" -nv \
		    -f "$f"
	done
}

atf_test_case example
example_head() { atf_set descr "the example is a good file, of a seed"; }
example_body()
{
	cp "$root/etc/pexd.conf" conf
	chmod 644 conf
	atf_check -o save:printed "$pexd" -nv -f conf
	atf_check -o match:"^mode seed$" cat printed
	atf_check -o file:printed "$pexd" -nv -f printed
	# So is it with all that is commented out for its placeholders.
	sed 's/^# \([a-z].*["0-9{]\)$/\1/; s/^# *\("[0-9a-f@.a-z:]*",*\)$/\1/
	    s/^# }/}/; s/^#\(	"\)/\1/; s/2001:db8/2a00:db8/' conf > all
	atf_check -o save:printed "$pexd" -nv -f all
	for o in "external address 203" "external address \[" seed \
	    "persistent peer" "unconditional peer" "private peer"; do
		atf_check -o ignore grep "^$o" printed
	done
}

# What an option's line begins with: all before its value.
words()
{
	sed 's/ ["0-9:*[].*//; s/ \(yes\|no\|seed\|peer\)$//'
}

atf_test_case manual
manual_head() { atf_set descr "the manual knows every option"; }
manual_body()
{
	copy_data
	cat ./*.ok | words | sort -u > options
	[ "$(wc -l < options)" -ge 50 ] || atf_fail "$(cat options)"
	while read -r o; do
		grep -q "^\.It Ic $o " "$root/man/pexd.conf.5" ||
		    atf_fail "$o is not in pexd.conf(5)"
	done < options
}

atf_test_case command_line
command_line_head() { atf_set descr "options and exit statuses"; }
command_line_body()
{
	echo 'network $n' > conf
	chmod 644 conf
	atf_check -s exit:1 -e match:"macro .n is not defined" \
	    "$pexd" -n -f conf
	atf_check -e ignore "$pexd" -n -D n=chain-1 -f conf
	atf_check -o match:'^network "chain-2"$' "$pexd" -nv -Dn=chain-2 \
	    -f conf
	atf_check -s exit:1 -e match:"at most 50" "$pexd" -n \
	    -D n="$(printf '%051d' 0)" -f conf
	atf_check -s exit:2 -e match:"macro=value" "$pexd" -n -D n -f conf
	atf_check -s exit:2 -e match:"cannot be a macro" "$pexd" -n -D 1=2 \
	    -f conf
	atf_check -s exit:2 -e match:"^usage: pexd" "$pexd" -n -f conf more
	atf_check -s exit:2 -e match:"usage: pexd" "$pexd" -Z
	atf_check -o match:'^pexd [0-9]+[.][0-9]' "$pexd" -V
	atf_check -s exit:1 -e match:"^cannot read none: No such file" \
	    "$pexd" -n -f none
	atf_check -s exit:1 -e match:"No such file" "$pexd" -d -f none
}

atf_test_case secrecy
secrecy_head()
{
	atf_set descr "root takes no file that others may write to"
	atf_set require.user root
}
secrecy_body()
{
	echo 'network n' > conf
	chmod 664 conf
	atf_check -s exit:1 -e match:"writable by others" "$pexd" -n -f conf
	chmod 644 conf
	chown nobody conf
	atf_check -s exit:1 -e match:"owned neither by root" \
	    "$pexd" -n -f conf
	echo 'include "conf"' > outer
	chmod 644 outer
	atf_check -s exit:1 -e match:"outer:1: cannot read conf: owned" \
	    "$pexd" -n -f outer
}

atf_init_test_cases()
{
	atf_add_test_case good
	atf_add_test_case bad
	atf_add_test_case example
	atf_add_test_case manual
	atf_add_test_case command_line
	atf_add_test_case secrecy
}
