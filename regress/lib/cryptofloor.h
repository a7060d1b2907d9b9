/* SPDX-License-Identifier: ISC */
/* What the curve operations of one handshake cost here and now. */
#ifndef PEXD_REGRESS_CRYPTOFLOOR_H
#define PEXD_REGRESS_CRYPTOFLOOR_H

/* CPU time of this process, µs each, the median of several rounds. */
struct crypto_floor {
	double	keygen, derive, sign, verify, seal;
};

/* 0, or -1 when libcrypto fails. */
int	 crypto_floor_measure(struct crypto_floor *);

#endif
