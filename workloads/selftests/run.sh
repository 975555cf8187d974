#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh OUTDIR TEST...: run mm selftests that build.sh made, in the guest, as
# tools/testing/selftests/mm/run_vmtests.sh does. KTAP on stdout. The exit
# status is 0 only if every test passed; a skipped test did not.

set -u

huge_pages=260
skip=4

bail() {
	echo "Bail out! $*"
	exit 1
}

reserve() {
	[ -w /proc/sys/vm/nr_hugepages ] ||
		bail "/proc/sys/vm/nr_hugepages is missing: does the kernel have hugetlb?"
	echo 3 >/proc/sys/vm/drop_caches
	echo $huge_pages >/proc/sys/vm/nr_hugepages
	got=$(cat /proc/sys/vm/nr_hugepages)
	[ "$got" -ge $huge_pages ] ||
		bail "only $got of $huge_pages huge pages; give the guest 1 GiB"
}

free_pages() {
	sed -n 's/^HugePages_Free: *//p' /proc/meminfo
}

# A test that finds nothing to run ends with 0, too, but says "pass:0".
run() {
	"$dir/$1" >"$work/log" 2>&1 </dev/null
	status=$?
	grep -q '^# Totals: pass:0 fail:0' "$work/log" && status=$skip
	grep -q . "$work/log" && sed 's/^/# /' "$work/log"
	left=$(free_pages)
	if [ $status -eq 0 ] && [ "$left" -ne $huge_pages ]; then
		echo "# huge pages free: $left, were $huge_pages"
		status=1
	fi
	return $status
}

[ $# -ge 2 ] || bail "usage: run.sh OUTDIR TEST..."
dir=$(cd "$1" 2>/dev/null && pwd) || bail "$1: no such folder"
shift
tests=$*
for t in $tests; do
	[ -x "$dir/$t" ] || bail "$dir/$t is not built, run build.sh"
done
work=$(mktemp -d) || bail "cannot write to /tmp"
cd "$work" || bail "$work: cannot enter"
reserve

echo "KTAP version 1"
echo "1..$(echo "$tests" | wc -w)"
n=0
failed=0
for t in $tests; do
	n=$((n + 1))
	run "$t"
	status=$?
	case $status in
	0)	echo "ok $n $t" ;;
	"$skip")	echo "ok $n $t # SKIP"; failed=1 ;;
	*)	echo "not ok $n $t # exit status $status"; failed=1 ;;
	esac
done

echo 0 >/proc/sys/vm/nr_hugepages
cd / && rm -rf "$work"
exit $failed
