#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh WALKS PROGRAMS TEST...: run test programs of libhugetlbfs in the guest, each word
# with its arguments, with readers beside them: records on descriptor 3, and on standard
# output for each a line "== TEST", what it says, and what it did to the pool.

set -eu

walks=$1
programs=$2
shift 2

huge_pages=32

reserve() {
	echo $huge_pages >/proc/sys/vm/nr_hugepages
	got=$(cat /proc/sys/vm/nr_hugepages)
	[ "$got" -eq $huge_pages ] || {
		echo "run.sh: only $got of $huge_pages huge pages: give the guest more memory" >&2
		exit 1
	}
}

pool() {
	sed -n 's/^HugePages_\([A-Za-z]*\): */\1 /p' /proc/meminfo | paste -s -d,
}

# As tests/run_tests.py has it.
run() {
	[ "$1" != stack_grow_into_huge ] || ulimit -s unlimited
	export QUIET_TEST=1 HUGETLB_VERBOSE=0 HUGETLB_DEFAULT_PAGE_SIZE=2097152
	name=$*
	program=$programs/$1
	shift
	exec "$walks" target "$name" "$program" "$@"
}

cd "$(mktemp -d)"
mkdir huge
mount -t hugetlbfs none huge
reserve
for test; do
	echo "== $test"
	before=$(pool)
	# shellcheck disable=SC2086 # a test and its arguments
	(run $test) || true
	after=$(pool)
	[ "$before" = "$after" ] || {
		echo "pool: $before before, $after after"
		rm -f huge/*
		reserve
	}
done
