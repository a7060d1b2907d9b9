/* SPDX-License-Identifier: ISC */
/*
 * What dialer needs to resolve names, which it cannot read itself: the
 * servers of resolv.conf(5), and those lines of hosts(5) that a peer of the
 * configuration goes by.
 */
#ifndef PEXD_RESOLVCONF_H
#define PEXD_RESOLVCONF_H

#include "common/conf.h"

/*
 * Read the name servers of a file into the config; without any it is the one
 * on this host.  A file that is not there is as an empty one.
 */
void	resolvconf_servers(struct conf *, const char *path);
/* Read the addresses of the names of seeds and persistent peers. */
void	resolvconf_hosts(struct conf *, const char *path);

#endif
