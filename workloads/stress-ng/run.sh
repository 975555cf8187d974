#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh WALKS STRESSOR SECONDS OPTION...: run a stressor of stress-ng in the guest
# for so long, with readers beside it: records on descriptor 3, what stress-ng says
# on standard output. Before that it does something once, however long that takes:
# so it has done something on any host, and what the kernel allocates once and keeps
# is there.

set -eu

walks=$1
stressor=$2
seconds=$3
shift 3

huge_pages=24

work=$(mktemp -d)
cd "$work"
echo $huge_pages >/proc/sys/vm/nr_hugepages

stress() {
	"$walks" beside "$stressor" stress-ng --temp-path "$work" --metrics --oomable \
		--"$stressor" 2 "$@"
}

"$walks" left first
stress --timeout 0 --"$stressor"-ops 2 "$@"
"$walks" left before
stress --timeout "$seconds" "$@"
"$walks" left after
