/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests that nobody of umwalk wrote. The code is new, but what is expected
 * stands in them as it does in the tests that they name: in numbers and
 * patterns, not in a layout. docs/external.md names the tests and their authors.
 */
#ifndef EXTERNAL_H
#define EXTERNAL_H

/* `walks external`: check them all; KTAP and records. */
int external_main(int argc, char **argv);

#endif
