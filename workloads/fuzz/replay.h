/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cases that umwalk makes up: a layout, and reads of it, each compared with the
 * layout's truth.
 */
#ifndef REPLAY_H
#define REPLAY_H

/*
 * `walks replay FILE [answers]`: records of what was tried, of each fault, and
 * of all that the kernel gave.
 */
int replay_main(int argc, char **argv);

#endif
