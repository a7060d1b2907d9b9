/* SPDX-License-Identifier: ISC */
/*
 * A control client that pexctl is not:
 *
 *	client stall SOCKET WHAT	ask to show (a number), read nothing
 *	client watch SOCKET		monitor, read nothing
 *	client hold SOCKET N		N connections that say nothing
 *	client notify SOCKET		print what a service manager is told
 *
 * The first three print "ready" and end with their standard input.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <imsg.h>

#include "common/msg.h"

static int
open_socket(const char *path, int type, struct sockaddr_un *sun)
{
	int fd;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	if (strlcpy(sun->sun_path, path, sizeof(sun->sun_path)) >=
	    sizeof(sun->sun_path))
		errx(1, "%s is too long", path);
	if ((fd = socket(AF_UNIX, type, 0)) == -1)
		err(1, "socket");
	return fd;
}

static int
connect_to(const char *path)
{
	struct sockaddr_un sun;
	int fd = open_socket(path, SOCK_STREAM, &sun);

	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(1, "connect to %s", path);
	return fd;
}

static void
ask(int fd, uint32_t type, const void *body)
{
	struct imsgbuf ib;
	struct ibuf *b;

	if (imsgbuf_init(&ib, fd) == -1 ||
	    (b = imsg_create(&ib, type, 1, 0, 64)) == NULL ||
	    msg_encode(type, body, b) == -1)
		err(1, "message");
	imsg_close(&ib, b);
	if (imsgbuf_flush(&ib) == -1)
		err(1, "write");
	imsgbuf_clear(&ib);
}

static void
wait_for_end(void)
{
	char buf[64];

	printf("ready\n");
	fflush(stdout);
	while (read(STDIN_FILENO, buf, sizeof(buf)) > 0)
		;
}

static int
notify(const char *path)
{
	struct sockaddr_un sun;
	int fd = open_socket(path, SOCK_DGRAM, &sun);
	char buf[256];
	ssize_t n;

	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(1, "bind %s", path);
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0) {
		printf("%.*s\n", (int)n, buf);
		fflush(stdout);
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	struct m_show show = { .what = 0 };
	int i;

	if (argc == 3 && strcmp(argv[1], "notify") == 0)
		return notify(argv[2]);
	if (argc == 4 && strcmp(argv[1], "stall") == 0) {
		show.what = atoi(argv[3]);
		ask(connect_to(argv[2]), MSG_SHOW, &show);
	} else if (argc == 3 && strcmp(argv[1], "watch") == 0)
		ask(connect_to(argv[2]), MSG_CTL_MONITOR, NULL);
	else if (argc == 4 && strcmp(argv[1], "hold") == 0)
		for (i = 0; i < atoi(argv[3]); i++)
			(void)connect_to(argv[2]);
	else
		errx(2, "see the source");
	wait_for_end();
	return 0;
}
