#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# python.sh [MODULE...]: print which Python to use, /usr/bin/python3 or the one in
# PATH. It is the first that is new enough and has the modules, or else the first
# that is new enough. The exit status is 1 if that lacks modules, and 2 if there
# is none.

set -eu

able='import importlib.util as u, sys
sys.exit(2 if sys.version_info < (3, 11) else any(u.find_spec(m) is None for m in sys.argv[1:]))'

second=
for python in /usr/bin/python3 python3; do
	status=0
	"$python" -c "$able" "$@" 2>/dev/null || status=$?
	case $status in
	0)
		echo "$python"
		exit 0
		;;
	1) second=${second:-$python} ;;
	esac
done
[ -n "$second" ] || exit 2
echo "$second"
exit 1
