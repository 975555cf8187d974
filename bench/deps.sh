#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# See that the host has what umwalk needs. If something is missing, install it by
# apt-get if that is allowed; otherwise print the one command to run.
#
#   deps.sh                what a user needs
#   deps.sh test           what a user and the tests need
#   deps.sh validate       what a user and all checks of a series need
#   deps.sh external       what a user and the tools of `umwalk external` need
#   deps.sh stress         what a user and `umwalk stress` need
#   deps.sh selftests      what a user and the kernel's selftests need
#   deps.sh bench-fio      what a user and `umwalk bench-fio` need
#   deps.sh nightly        what a user and `umwalk nightly` need
#   deps.sh missing        print what a user lacks, install nothing
#   deps.sh how WHAT...    print the command that installs it
#
# The exit status is 0 if nothing is missing, otherwise 2.

set -eu
case $0 in
*/*) here=${0%/*} ;;
*) here=. ;;
esac
read -r version <"$here/../kernel-patches/version"
read -r oldest <"$here/../kernel-patches/$version/oldest"

# Each line has what is needed, mostly a command, and the packages of Debian,
# Fedora, Arch and openSUSE that have it. umwalk works without what has a ?.
table="
gcc               gcc                gcc                gcc                gcc
libc.a            libc6-dev          glibc-static       glibc              glibc-devel-static
make              make               make               make               make
objcopy           binutils           binutils           binutils           binutils
nm                binutils           binutils           binutils           binutils
addr2line         binutils           binutils           binutils           binutils
flex              flex               flex               flex               flex
bison             bison              bison              bison              bison
bc                bc                 bc                 bc                 bc
git               git                git                git                git
tar               tar                tar                tar                tar
xz                xz-utils           xz                 xz                 xz
cmp               diffutils          diffutils          diffutils          diffutils
find              findutils          findutils          findutils          findutils
awk               mawk               gawk               gawk               gawk
bash              bash               bash               bash               bash
setpriv           util-linux         util-linux         util-linux         util-linux
taskset           util-linux         util-linux         util-linux         util-linux
python3           python3            python3            python             python3
python:numpy      python3-numpy      python3-numpy      python-numpy       python3-numpy
python:scipy      python3-scipy      python3-scipy      python-scipy       python3-scipy
python:matplotlib python3-matplotlib python3-matplotlib python-matplotlib  python3-matplotlib
python:jinja2     python3-jinja2     python3-jinja2     python-jinja       python3-Jinja2
?ccache           ccache             ccache             ccache             ccache
?perf             linux-perf         perf               perf               perf
?bwrap            bubblewrap         bubblewrap         bubblewrap         bubblewrap
sources           linux-source-$version  -               -                  -
"
tests='
python:pytest     python3-pytest     python3-pytest     python-pytest      python3-pytest
python:junitparser python3-junitparser python3-junitparser python-junitparser python3-junitparser
python:jsonschema python3-jsonschema python3-jsonschema python-jsonschema python3-jsonschema
python:xdist      python3-pytest-xdist python3-pytest-xdist python-pytest-xdist python3-pytest-xdist
pylint            pylint             pylint             python-pylint      python3-pylint
mypy              mypy               python3-mypy       mypy               python3-mypy
patch             patch              patch              patch              patch
shellcheck        shellcheck         ShellCheck         shellcheck         ShellCheck
unshare           util-linux         util-linux         util-linux         util-linux
bwrap             bubblewrap         bubblewrap         bubblewrap         bubblewrap
libasan.so        gcc                libasan            gcc                gcc
?node             nodejs             nodejs             nodejs             nodejs-default
?npm              npm                nodejs-npm         npm                npm-default
?chromium         chromium           chromium           chromium           chromium
?firefox-esr      firefox-esr        -                  -                  -
'

checks='
perl              perl               perl               perl               perl
codespell         codespell          codespell          codespell          codespell
sparse            sparse             sparse             sparse             sparse
gcov              gcc                gcc                gcc                gcc
'

tools='
pmap              procps             procps-ng          procps-ng          procps
smem              smem               smem               smem               smem
vmtouch           vmtouch            vmtouch            vmtouch            vmtouch
mount             mount              util-linux         util-linux         util-linux
'

stressors='
stress-ng         stress-ng          stress-ng          stress-ng          stress-ng
'

selftests='
libcap.a          libcap-dev         libcap-static      libcap             libcap-devel
mke2fs            e2fsprogs          e2fsprogs          e2fsprogs          e2fsprogs
debugfs           e2fsprogs          e2fsprogs          e2fsprogs          e2fsprogs
mount             mount              util-linux         util-linux         util-linux
mkswap            util-linux         util-linux         util-linux         util-linux
swapon            mount              util-linux         util-linux         util-linux
'

living='
fio               fio                fio                fio                fio
'

by_tarball="set LINUX_SRC= to linux-$version.N.tar.xz of kernel.org, N from $oldest on"

# Choose the column of packages of this machine, and the command that installs them.
if command -v apt-get >/dev/null; then
	column=2 install="apt-get install -y --no-install-recommends"
elif command -v dnf >/dev/null; then
	column=3 install="dnf install -y"
elif command -v pacman >/dev/null; then
	column=4 install="pacman -S --needed --noconfirm"
elif command -v zypper >/dev/null; then
	column=5 install="zypper install -y"
else
	column=1 install="install by hand what has these:"
fi

is_here() {
	case $1 in
	libc.a | libcap.a | libasan.so)
		library=$(gcc -print-file-name="$1" 2>/dev/null) || return 1
		[ "$library" != "$1" ] && [ -s "$library" ]
		;;
	perl) perl -MTerm::ANSIColor -e 1 2>/dev/null ;; # not in each distribution's smallest perl
	python3) [ -n "$modules_here" ] || "$here/python.sh" >/dev/null ;;
	python:*) [ -n "$modules_here" ] || "$(system_python)" -c "import ${1#python:}" 2>/dev/null ;;
	sources) [ -n "${LINUX_SRC:-}" ] || [ -e "/usr/src/linux-source-$version.tar.xz" ] ;;
	mke2fs | debugfs | mkswap | swapon) # which a user's PATH may not have
		(PATH=$PATH:/usr/sbin:/sbin && command -v "$1" >/dev/null)
		;;
	*) command -v "$1" >/dev/null ;;
	esac
}

# Print the Python for which a package manager installs modules.
system_python() {
	if [ -x /usr/bin/python3 ]; then echo /usr/bin/python3; else echo python3; fi
}

# Set needed, and wished, without which umwalk works.
find_missing() {
	needed='' wished=''
	while read -r what _; do
		if [ -z "$what" ] || is_here "${what#\?}"; then
			continue
		fi
		case $what in
		\?*) wished="$wished ${what#\?}" ;;
		*) needed="$needed $what" ;;
		esac
	done <<END
$1
END
}

# Print the packages that have what is named.
packages_of() {
	for wanted in "$@"; do
		echo "$table$tests$checks$tools$stressors$selftests$living" | while read -r what apt dnf pacman zypper; do
			[ "${what#\?}" = "$wanted" ] || continue
			# shellcheck disable=SC2086 # columns
			set -- "${what#python:}" $apt $dnf $pacman $zypper
			shift $((column - 1))
			[ "$1" = - ] || echo "$1"
		done
	done | sort -u
}

# Print the one command with which this user installs what is named.
how() {
	as_root=
	[ "$column" = 1 ] || [ "$(id -u)" -eq 0 ] || as_root="sudo "
	packages=$(packages_of "$@")
	if [ -n "$packages" ]; then
		# shellcheck disable=SC2086 # one line
		echo "$as_root$install" $packages
	fi
	case " $* " in
	*" sources "*) [ "$column" = 2 ] || echo "$by_tarball" ;;
	esac
}

if [ "${1:-}" = how ]; then
	shift
	how "$@"
	exit 0
fi

if [ "$(uname -m)" != x86_64 ]; then
	echo "deps.sh: this is $(uname -m), and UML exists for x86 only: use an x86_64 machine or emulation" >&2
	exit 2
fi

lines=$table
[ "${1:-}" != test ] || lines=$table$tests$checks$tools$stressors$selftests$living
[ "${1:-}" != validate ] || lines=$table$checks
[ "${1:-}" != external ] || lines=$table$tools
[ "${1:-}" != stress ] || lines=$table$stressors
[ "${1:-}" != selftests ] || lines=$table$selftests
[ "${1:-}" != bench-fio ] || lines=$table$living
[ "${1:-}" != nightly ] || lines=$table$tools$selftests$living
modules=$(echo "$lines" | sed -n 's/^python:\([^ ]*\).*/\1/p')
# shellcheck disable=SC2086 # a list of words
modules_here=$("$here/python.sh" $modules) || modules_here=
find_missing "$lines"

if [ "${1:-}" = missing ]; then
	echo "$needed"
	exit 0
fi
[ -n "$needed" ] || exit 0

# shellcheck disable=SC2086 # a list of words
needed_by_hand=$(how $needed)
if [ "$column" != 2 ] || { [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null; }; then
	echo "deps.sh: missing:$needed" >&2
	echo "$needed_by_hand" | sed 's/^/deps.sh: run: /; s/run: set/set/' >&2
	exit 2
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "deps.sh: installing:$needed" >&2
export DEBIAN_FRONTEND=noninteractive
# The package lists may be missing or older than what the mirror still has.
# shellcheck disable=SC2086 # a command
$needed_by_hand >"$log" 2>&1 </dev/null ||
	{ ${needed_by_hand%%apt-get*} apt-get update && $needed_by_hand; } >"$log" 2>&1 </dev/null || {
	tail -n 5 "$log" >&2
	echo "deps.sh: apt-get failed, see above; then run: $needed_by_hand" >&2
	case $needed in
	*sources*) echo "deps.sh: or, where there is no linux-source-$version, $by_tarball" >&2 ;;
	esac
	exit 2
}
# shellcheck disable=SC2086 # a list of words
wished_by_hand=$(how $wished)
$wished_by_hand >"$log" 2>&1 </dev/null || true
