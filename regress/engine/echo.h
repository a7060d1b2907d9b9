/* SPDX-License-Identifier: ISC */
/*
 * The engine of the tests, $PEXD_BUILD/regress/engine/engine: engine's own
 * objects, a third reactor in its table, and an accept4(2) that can fail.
 */
#ifndef PEXD_REGRESS_ECHO_H
#define PEXD_REGRESS_ECHO_H

#define ECHO_CHANNEL	0x7e
#define ECHO_CAPACITY	100

/*
 * In the environment: numbers of errors, separated by blanks, that the first
 * calls of accept4(2) fail with, one after another; 0 lets a call through.
 */
#define ACCEPT_FAULTS	"PEXD_TEST_ACCEPT"

#endif
