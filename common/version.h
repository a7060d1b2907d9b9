/* SPDX-License-Identifier: ISC */
/* Which pexd this is. */
#ifndef PEXD_VERSION_H
#define PEXD_VERSION_H

#define PEXD_VERSION	"0.1.0"

#endif
