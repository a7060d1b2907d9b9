/* SPDX-License-Identifier: ISC */
/* Memory for a process that holds a private key. */
#ifndef COMPAT_KEYMEM_H
#define COMPAT_KEYMEM_H

/*
 * Keys that OpenSSL allocates from now on lie in memory that is neither
 * swapped nor dumped, where its version can do that.  Before the key is
 * loaded, and after the last fork(2) of the process that will hold it: a
 * lock is not inherited.  Returns 0, or -1 if the system refused the lock.
 */
int	keymem_lock(void);

#endif
