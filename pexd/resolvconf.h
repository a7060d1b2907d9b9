/* SPDX-License-Identifier: ISC */
/*
 * What dialer needs to resolve names, which it cannot read itself: the
 * servers of resolv.conf(5), and the names of hosts(5), first those that a
 * peer of the configuration goes by.
 */
#ifndef PEXD_RESOLVCONF_H
#define PEXD_RESOLVCONF_H

#include "common/conf.h"

/*
 * Read the name servers of a file into the config; without any it is the one
 * on this host.  A file that is not there is as an empty one.
 */
void	resolvconf_servers(struct conf *, const char *path);
/*
 * Read the addresses of names: of seeds and persistent peers, then of others
 * while there is room, for the operator may name any of them.
 */
void	resolvconf_hosts(struct conf *, const char *path);

#endif
