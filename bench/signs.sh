#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# signs.sh TABLE: the table of signs of trouble (bench/appliance/logs/signs) as
# a header for C: TROUBLE, for regcomp() with REG_EXTENDED and REG_NEWLINE, and
# PANIC, which is plain text.
awk '
/^[^#]/ {
	kind = $1
	sub(/^[^ ]+ +[^ ]+ +/, "")
	gsub(/\\/, "&&")
	if (kind == "begin")
		begin = $0
	else
		signs = signs (signs ? "\" \\\n\t\"|" : "") $0
	if (kind == "panic")
		panic = $0
}
END {
	print "/* Made by bench/signs.sh */"
	print "#define TROUBLE \\\n\t\"" begin "(" signs ")\""
	print "#define PANIC \"" panic "\""
}' "$1"
