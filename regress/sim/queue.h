/* SPDX-License-Identifier: ISC */
/* What will happen when: events in the order of their times. */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#define QUEUE_NEVER	UINT64_MAX

enum event_type {
	/* the world */
	EV_TOGGLE,		/* a: honest node that comes up or goes down */
	EV_ARRIVE,		/* an honest node connects to us */
	EV_ATTACK,		/* the attacker's turn */
	/* what stands between dialer, engine and addrbookd */
	EV_PICKED,		/* a: slot of the question */
	EV_TCP,			/* a: link */
	EV_ADMIT,
	EV_PROVED,
	EV_PONG,
	EV_ANSWER,
	EV_CLOSE,		/* a: link, b: enum down_reason */
	EV_SENIORS,		/* addrbookd looks whether they changed */
	EV_MAX
};

struct event {
	uint64_t	at;		/* ms */
	uint32_t	seq;		/* of equal times the first first */
	uint32_t	type;
	uint32_t	a, b;
};

struct queue {
	struct event	*heap;
	unsigned	 n, max;
	uint32_t	 seq;
};

void	 queue_push(struct queue *, uint64_t at, enum event_type, uint32_t a,
	    uint32_t b);
/* The earliest; false if there is none. */
bool	 queue_pop(struct queue *, struct event *);
uint64_t queue_next(const struct queue *);	/* its time, or QUEUE_NEVER */
void	 queue_free(struct queue *);

#endif
