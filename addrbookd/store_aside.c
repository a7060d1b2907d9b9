/* SPDX-License-Identifier: ISC */
/* How many files are kept that were set aside. */

#include <sys/types.h>

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "addrbookd/store_impl.h"

struct aside {
	char	name[128];
	char	time[64];	/* as in its name: its order */
};

/*
 * What we wrote and have read: another program's, another network's and
 * those of other versions are for the operator to remove.
 */
static bool
is_ours(const char *name, struct aside *a)
{
	static const char *const words[] = {
		STORE_FILE ".damaged-", STORE_FILE ".replaced-",
	};
	size_t i, n;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		n = strlen(words[i]);
		/* A log goes with its file. */
		if (strncmp(name, words[i], n) != 0 ||
		    strchr(name + n, '-') != NULL)
			continue;
		return strlcpy(a->name, name, sizeof(a->name)) <
		    sizeof(a->name) && strlcpy(a->time, name + n,
		    sizeof(a->time)) < sizeof(a->time);
	}
	return false;
}

/* Of one second the later has the higher number behind it. */
static bool
is_older(const struct aside *x, const struct aside *y)
{
	size_t m = strcspn(x->time, "."), n = strcspn(y->time, ".");

	if (m != n || strncmp(x->time, y->time, m) != 0)
		return strcmp(x->time, y->time) < 0;
	if (strlen(x->time) != strlen(y->time))
		return strlen(x->time) < strlen(y->time);
	return strcmp(x->time, y->time) < 0;
}

static unsigned
remove_one(const char *dir, const char *name)
{
	static const char *const suffix[] = { "-wal", "-journal" };
	char path[STORE_PATH_SIZE * 2];
	size_t i;

	for (i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s%s", dir, name, suffix[i]);
		(void)unlink(path);
	}
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return unlink(path) == 0;
}

unsigned
store_prune_aside(const char *path, const char *newest)
{
	struct aside kept[STORE_ASIDE_MAX - 1], a, t;
	char dir[STORE_PATH_SIZE];
	struct dirent *e;
	unsigned i, n = 0, removed = 0;
	DIR *d;

	snprintf(dir, sizeof(dir), "%.*s", (int)(store_name(path) - path),
	    path);
	if ((d = opendir(dir)) == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		if (!is_ours(e->d_name, &a) ||
		    strcmp(e->d_name, store_name(newest)) == 0)
			continue;
		/* The oldest of those that are kept gives way. */
		for (i = 0; i < n; i++)
			if (is_older(&a, &kept[i])) {
				t = kept[i];
				kept[i] = a;
				a = t;
			}
		if (n < STORE_ASIDE_MAX - 1) {
			kept[n++] = a;
			continue;
		}
		/* Now a is the newest; the first of them is the oldest. */
		removed += remove_one(dir, kept[0].name);
		memmove(kept, kept + 1, (n - 1) * sizeof(kept[0]));
		kept[n - 1] = a;
	}
	closedir(d);
	return removed;
}
