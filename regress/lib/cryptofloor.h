/* SPDX-License-Identifier: ISC */
/* What the curve operations of one handshake cost here and now. */
#ifndef PEXD_REGRESS_CRYPTOFLOOR_H
#define PEXD_REGRESS_CRYPTOFLOOR_H

/* CPU time of this process, µs each: the mean of the whole time. */
struct crypto_floor {
	double	keygen, derive, sign, verify, seal;
};

/*
 * For so many seconds, and a few rounds at least.  0, or -1 when libcrypto
 * fails.
 */
int	 crypto_floor_measure(double seconds, struct crypto_floor *);

#endif
