#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Install the Debian packages that umwalk needs; does nothing when all are
# there. `deps.sh test`: and those that its tests need. Exit status: 0 all
# there, 2 something is missing and cannot be installed from here (the one
# command to run is printed).

set -eu

packages="gcc make libc6-dev flex bison bc patch xz-utils cpio ccache
	linux-perf python3 python3-numpy python3-scipy python3-matplotlib"
[ "${1:-}" != test ] || packages="$packages python3-pytest pylint shellcheck"
# Sources named by the user need no package.
[ -n "${LINUX_SRC:-}" ] || packages="$packages linux-source-6.12"

if ! command -v dpkg-query >/dev/null; then
	echo "deps.sh: no dpkg-query here, install what these Debian packages hold:" >&2
	echo "$packages" >&2
	exit 2
fi

missing=
# shellcheck disable=SC2086 # a list of words
installed=$(dpkg-query -W -f ' ${db:Status-Status}:${Package} ' $packages 2>/dev/null || true)
for package in $packages; do
	case "$installed" in
	*" installed:$package "*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" -eq 0 ]; then
	as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	as_root="sudo -n"
else
	echo "deps.sh: packages are missing, run: sudo $install" >&2
	exit 2
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "deps.sh: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# The package lists may be missing or older than what the mirror still has.
# shellcheck disable=SC2086 # a command
$as_root $install >"$log" 2>&1 </dev/null ||
	{ $as_root apt-get update && $as_root $install; } >"$log" 2>&1 </dev/null || {
	tail -n 5 "$log" >&2
	echo "deps.sh: apt-get failed, see above; then run: $install" >&2
	exit 2
}
