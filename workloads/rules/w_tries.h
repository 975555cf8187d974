/* SPDX-License-Identifier: GPL-2.0 */
#ifndef W_TRIES_H
#define W_TRIES_H

/* Take and check the traces of all walks that are worth trying. */
void try_walks(int probe);

#endif
