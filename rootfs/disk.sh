#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# disk.sh IMAGE [FOLDER]: make an ext4 file system of 256 MiB, without root rights, which
# holds the files of a folder. The same files give the same bytes, whoever owns them and
# whenever they were made. It is sparse, and has no journal: nothing outlives its guest.

set -eu
export LC_ALL=C E2FSPROGS_FAKE_TIME=1 MKE2FS_CONFIG=/dev/null
PATH=$PATH:/usr/sbin:/sbin
uuid=756d7761-6c6b-4469-936b-000000000001
features=none,dir_index,ext_attr,extent,extra_isize,filetype,flex_bg,huge_file,large_file,sparse_super
image=$(realpath "$1")
folder=${2:-}

# Print commands for debugfs, which gives files the fixed time, and root as owner.
fill() {
	find . -mindepth 1 -type d -printf '%P\n' | sort | sed 's/.*/mkdir "&"/'
	find . -type f -printf '%P\n' | sort |
		sed 's/.*/write "&" "&"\nset_inode_field "&" mode 0100644/'
}

rm -f "$image"
truncate -s 256M "$image"
mke2fs -q -F -T default -b 4096 -I 256 -N 256 -m 0 -U "$uuid" -O "$features" \
	-E "hash_seed=$uuid,root_owner=0:0,nodiscard" "$image"
[ -n "$folder" ] || exit 0
cd "$folder"
# Its exit status is 0 whatever fails. The first thing that it says is its version.
wrong=$(fill | debugfs -w -f - "$image" 2>&1 >/dev/null | sed 1d)
[ -z "$wrong" ] || {
	echo "$wrong" >&2
	exit 1
}
