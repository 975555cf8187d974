/* SPDX-License-Identifier: GPL-2.0 */
/* What every reader of an address space says of many layouts. */
#ifndef READERS_H
#define READERS_H

/* `walks readers`: record what each reader says, and whether it is true. */
int readers_main(int argc, char **argv);

#endif
