/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Other people's tools look at processes whose memory is known. This records
 * what they print, and the host takes it apart.
 */
#ifndef TOOLS_H
#define TOOLS_H

/* `walks tools NAME COMMAND [NAME COMMAND]...`, with $PID in each command. */
int tools_main(int argc, char **argv);

#endif
