#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# checkpatch.sh FOLDER: put the kernel's checkpatch.pl there, and the lists that
# it reads, from LINUX_SRC or Debian's tarball.

set -eu
read -r version <"${0%/*}/../kernel-patches/version"
sources=${LINUX_SRC:-/usr/src/linux-source-$version.tar.xz}
new=$1.new

rm -rf "$new"
mkdir -p "$new"
if [ -d "$sources" ]; then
	cp "$sources"/scripts/checkpatch.pl "$sources"/scripts/spelling.txt \
		"$sources"/scripts/const_structs.checkpatch "$new"
else
	tar -C "$new" --strip-components=2 --wildcards -xf "$sources" '*/scripts/checkpatch.pl' \
		'*/scripts/spelling.txt' '*/scripts/const_structs.checkpatch'
fi || {
	echo "make lint: no checkpatch.pl in '$sources': set LINUX_SRC= to a kernel's sources" >&2
	exit 2
}
rm -rf "$1"
mv "$new" "$1"
