/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Replays recorded walks: for each case of a file builds the address space
 * that the case describes as that of a process, runs the walk and records
 * every call of a callback. bench/appliance/commands/golden.py writes the file and
 * compares; docs/formats.md describes file and records.
 */
#ifndef GOLDEN_H
#define GOLDEN_H

/* `walks golden FILE`: replay all cases; what they give goes to the records. */
int golden_main(int argc, char **argv);

#endif
