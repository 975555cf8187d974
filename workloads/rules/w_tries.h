/* SPDX-License-Identifier: GPL-2.0 */
#ifndef W_TRIES_H
#define W_TRIES_H

/* Try all walks: take their traces and check them. */
void try_walks(int probe);

#endif
