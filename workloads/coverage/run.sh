#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh COMMAND...: run a command in a guest whose kernel counts for gcov, and then
# write the counts to standard output, as a tar archive of .gcda files.

set -eu

"$@" >/dev/null
counts=$(mktemp -d)
mount -t debugfs debugfs /sys/kernel/debug
# tar would believe debugfs that its files are empty.
cp -r /sys/kernel/debug/gcov "$counts"
tar -C "$counts" -cf - gcov
