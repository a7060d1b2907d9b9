/* SPDX-License-Identifier: ISC */
/* Run pexctl and look at what it leaves. */

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <atf-c.h>

#include "regress/lib/runctl.h"

pid_t
runctl_start(const char *line)
{
	const char *build = getenv("PEXD_BUILD");
	char path[1024], copy[1024], *argv[20], *p;
	int argc = 0;
	pid_t pid;

	ATF_REQUIRE_MSG(build != NULL, "PEXD_BUILD is not set");
	snprintf(path, sizeof(path), "%s/pexctl/pexctl", build);
	(void)strlcpy(copy, line, sizeof(copy));
	argv[argc++] = path;
	for (p = strtok(copy, " "); p != NULL; p = strtok(NULL, " "))
		argv[argc++] = p;
	argv[argc] = NULL;
	ATF_REQUIRE((pid = fork()) != -1);
	if (pid == 0) {
		if (freopen("out", "w", stdout) == NULL ||
		    freopen("err", "w", stderr) == NULL)
			_exit(99);
		execv(path, argv);
		_exit(98);
	}
	return pid;
}

int
runctl_wait(pid_t pid)
{
	int status;

	ATF_REQUIRE_EQ(pid, waitpid(pid, &status, 0));
	ATF_REQUIRE_MSG(WIFEXITED(status), "pexctl died: %#x", status);
	return WEXITSTATUS(status);
}

int
runctl(const char *line)
{
	return runctl_wait(runctl_start(line));
}

const char *
text_of(const char *file)
{
	static char *bufs[2];
	static int turn;
	char **buf = &bufs[turn ^= 1];
	struct stat st;
	FILE *f;

	free(*buf);
	ATF_REQUIRE_MSG((f = fopen(file, "r")) != NULL, "no %s", file);
	ATF_REQUIRE_EQ(0, fstat(fileno(f), &st));
	ATF_REQUIRE((*buf = calloc(1, (size_t)st.st_size + 1)) != NULL);
	ATF_REQUIRE_EQ((size_t)st.st_size,
	    fread(*buf, 1, (size_t)st.st_size, f));
	fclose(f);
	return *buf;
}

bool
has(const char *file, const char *what)
{
	const char *text = text_of(file);

	if (strstr(text, what) != NULL)
		return true;
	printf("%s does not say \"%s\":\n%s\n", file, what, text);
	return false;
}

json_t *
json_of(const char *file)
{
	json_error_t err;
	json_t *v;

	v = json_load_file(file, JSON_REJECT_DUPLICATES, &err);
	ATF_REQUIRE_MSG(v != NULL, "%s: %s: %s", file, err.text,
	    text_of(file));
	return v;
}

size_t
lines_of(const char *file)
{
	const char *p = text_of(file);
	size_t n = 0;

	for (; *p != '\0'; p++)
		n += *p == '\n';
	return n;
}

bool
becomes(bool (*is)(const void *), const void *arg)
{
	const struct timespec tick = { 0, 10 * 1000 * 1000 };
	struct timespec now, end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += 10;
	do {
		if (is(arg))
			return true;
		nanosleep(&tick, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec);
	return is(arg);
}

void
write_file(const char *file, const char *text)
{
	FILE *f;

	ATF_REQUIRE((f = fopen(file, "w")) != NULL);
	fputs(text, f);
	ATF_REQUIRE_EQ(0, fclose(f));
}
