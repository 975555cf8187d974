#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# build.sh TREE OUTDIR TEST...: build mm selftests of a kernel tree, statically,
# with the headers of that tree. Does nothing when OUTDIR is up to date.

set -u

die() {
	echo "build.sh: $*" >&2
	exit 1
}

[ $# -ge 3 ] || die "usage: build.sh TREE OUTDIR TEST..."
tree=$(cd "$1" 2>/dev/null && pwd) || die "$1: no such kernel tree"
src=$tree/tools/testing/selftests/mm
[ -f "$src/vm_util.c" ] || die "$src: no mm selftests; name a kernel tree"
mkdir -p "$2" || die "$2: cannot make the folder"
out=$(cd "$2" && pwd)
shift 2
tests=$*
log=$out/build.log
stamp=$out/.built

up_to_date() {
	[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$tree" ] || return 1
	for t in $tests; do
		[ -x "$out/$t" ] || return 1
	done
	[ -z "$(find "$src" "$0" -maxdepth 1 -type f -newer "$stamp" | head -n 1)" ]
}

up_to_date && exit 0
rm -f "$stamp"

# The headers go to OUTDIR, since the tree may be shared or read-only.
make -s -C "$tree" ARCH=x86 O="$out/headers" headers >"$log" 2>&1 ||
	die "make headers failed, see $log"

# Compile as tools/testing/selftests/mm/Makefile does, but with -static. pagemap_ioctl
# makes files named after __FILE__, which must therefore be a relative path.
cd "$src" || die "$src: cannot enter"
for t in $tests; do
	"${CC:-gcc}" -Wall -O2 -U_FORTIFY_SOURCE -no-pie -static \
		-I "$tree" -isystem "$out/headers/usr/include" \
		-isystem "$tree/tools/include/uapi" -D_GNU_SOURCE= \
		-o "$out/$t" "$t.c" vm_util.c thp_settings.c -lrt -lpthread -lm >>"$log" 2>&1 ||
		die "$t.c does not compile, see $log"
done
echo "$tree" >"$stamp"
