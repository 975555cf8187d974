#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# distributions.sh [SUITE...]: go from a bare folder of Debian to the first table.
#
# This installs each SUITE (bookworm and trixie) into a folder by debootstrap,
# copies this clone in as it is, and runs `make contract` there, `make bench`, on one
# row, and `make doctor`. It needs root, debootstrap and 4 GiB below $TMPDIR or /tmp. It
# takes the mirrors from apt's own sources, and shares what ccache has.

set -eu

mirror_of() { # by apt's label
	# shellcheck disable=SC2016 # for apt to expand
	apt-get indextargets --format '$(CREATED_BY) $(LABEL) $(REPO_URI)' |
		awk -v label="$1" '$1 == "Packages" && $2 == label { print $3; exit }'
}

# This runs in a namespace of its own, so that its end ends all that it runs and mounts.
inside() {
	root=$1
	mount -t proc proc "$root/proc"
	mount -t tmpfs tmpfs "$root/dev/shm"
	cache=${CCACHE_DIR:-$HOME/.cache/ccache}
	mkdir -p "$cache" "$root/root/.cache/ccache"
	mount --bind "$cache" "$root/root/.cache/ccache"
	chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -euxc '
		cd /umwalk
		make contract KERNELS="baseline patched"
		make bench ROWS=dense:pte_entry
		make doctor'
}

install_into() {
	suite=$1 root=$2
	mirror=$(mirror_of Debian)
	security=$(mirror_of Debian-Security)
	debootstrap --variant=minbase --include=make,ca-certificates "$suite" "$root" "$mirror" \
		>"$root.log" 2>&1 || { tail -n 5 "$root.log" >&2; exit 1; }
	{
		echo "deb $mirror $suite main"
		[ -z "$security" ] || echo "deb $security $suite-security main"
	} >"$root/etc/apt/sources.list"
	echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/99folder" # it is not for long
	apt-config dump Acquire >"$root/etc/apt/apt.conf.d/99host"
	cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
	mkdir "$root/umwalk"
	git ls-files -z | tar --null -T - -cf - | tar -C "$root/umwalk" -xf -
}

if [ "${1:-}" = --inside ]; then
	inside "$2"
	exit 0
fi
self=$(readlink -f "$0")
cd "$(dirname "$self")/.."
[ "$(id -u)" -eq 0 ] || { echo "distributions.sh: only root can install a distribution" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM HUP
[ $# -gt 0 ] || set -- bookworm trixie
for suite; do
	echo "== $suite"
	install_into "$suite" "$folder/$suite"
	unshare --mount --pid --fork --kill-child "$self" --inside "$folder/$suite"
	rm -rf "${folder:?}/$suite"
done
