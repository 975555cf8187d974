/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Replay recorded walks. For each case of a file, build the address space that
 * the case describes in a process, run the walk and record every call of a
 * callback. bench/appliance/commands/golden.py writes the file and
 * compares; docs/formats.md describes file and records.
 */
#ifndef GOLDEN_H
#define GOLDEN_H

/* `walks golden FILE`: replay all cases, and record the results. */
int golden_main(int argc, char **argv);

#endif
