#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh USER PAGES PROGRAM [ARG]...: run a selftest in the guest, with so many huge pages in
# the pool, in an empty folder. With PAGES+GIGANTIC there are huge pages of 1 GiB, too. All that
# the test says goes to stdout. If the guest has a disk, the folder is on it, there is swap, and
# debugfs is mounted. If the kernel has THP, khugepaged sleeps until a test wants it.
# The exit status is the test's, or 1 if it has passed but not given back all huge pages.

set -u

die() {
	echo "run.sh: $*"
	exit 1
}

# Files with read-ahead, and what else the tests of a wide kernel look for.
mount_disk() {
	swap=/tmp/disk/swap
	mkdir /tmp/disk
	mount -t ext4 /dev/ubda /tmp/disk || die "cannot mount the disk"
	mount -t debugfs none /sys/kernel/debug || die "cannot mount debugfs"
	fallocate -l 64M "$swap" && chmod 600 "$swap" && mkswap "$swap" >/dev/null
	swapon "$swap" || die "cannot swap to the disk"
}

# It scans every 10 seconds. On a slow host it would collapse what a test has just split, before
# the test looks.
calm_khugepaged() {
	sleep=/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs
	[ ! -e $sleep ] || echo 3600000 >$sleep || die "cannot write to $sleep"
}

pool_of() {
	echo "/sys/kernel/mm/hugepages/hugepages-$1kB"
}

# reserve KB PAGES
reserve() {
	pool=$(pool_of "$1")/nr_hugepages
	[ -w "$pool" ] || die "$pool is missing: does the kernel have hugetlb?"
	echo "$2" >"$pool"
	got=$(cat "$pool")
	[ "$got" -eq "$2" ] || die "$pool: only $got of $2 huge pages: give the guest more memory"
}

# check_left KB PAGES
check_left() {
	left=$(cat "$(pool_of "$1")/free_hugepages")
	[ "$left" -eq "$2" ] || echo "# huge pages free: $left, were $2"
}

[ $# -ge 3 ] || die "usage: run.sh USER PAGES PROGRAM [ARG]..."
user=$1 pages=${2%+*} gigantic=${2#*+} program=$3
[ "$2" != "$pages" ] || gigantic=0
shift 3
folder=/tmp
if [ -b /dev/ubda ]; then
	mount_disk
	folder=/tmp/disk
fi
work=$(mktemp -d -p "$folder") || die "cannot write to $folder"
cd "$work" || die "$work: cannot enter"
[ "$gigantic" -eq 0 ] || reserve 1048576 "$gigantic"
reserve 2048 "$pages"
calm_khugepaged

ln -s "$program" . # where ksm_functional_tests looks for itself
if [ "$user" = root ]; then
	"$program" "$@" 2>&1 </dev/null
else # who may not read the folder of whoever runs umwalk
	cp "$program" test || die "cannot copy $program"
	chown -R "$user" .
	setpriv --reuid="$user" --clear-groups ./test "$@" 2>&1 </dev/null
fi
status=$?

lost=$(check_left 2048 "$pages"; [ "$gigantic" -eq 0 ] || check_left 1048576 "$gigantic")
if [ $status -eq 0 ] && [ -n "$lost" ]; then
	echo "$lost"
	status=1
fi
exit $status
