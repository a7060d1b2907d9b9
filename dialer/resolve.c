/* SPDX-License-Identifier: ISC */
/*
 * Names of the config to addresses: hosts(5) first, then DNS by libevent,
 * both as the parent read them.  No file is opened here, and no name that a
 * peer gave comes here.
 */

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/util.h>

#include "common/log.h"
#include "dialer/dialer.h"

#define LOOKUPS_MAX	256	/* names asked for at once */
#define CANCEL_TURNS	8	/* of the loop, to let go of them at the end */

struct lookup {
	LIST_ENTRY(lookup)	 entry;
	struct resolver		*r;
	uint32_t		 token;
	char			 name[HOST_NAME_SIZE];
	struct evdns_getaddrinfo_request *req;
	struct event		 later;		/* an answer without DNS */
	uint8_t			 ips[POLICY_IPS_MAX][16];
	size_t			 n;
	bool			 asking;	/* evdns_getaddrinfo() runs */
	bool			 answered;
};

struct resolver {
	struct dialer		*d;
	struct evdns_base	*dns;
	LIST_HEAD(, lookup)	 lookups;
	unsigned		 nlookups;
	bool			 closing;
};

/* libevent's own words hold addresses of memory: nobody's business. */
static void
log_dns(int is_warning, const char *text)
{
}

struct resolver *
resolver_new(struct dialer *d)
{
	struct resolver *r;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->d = d;
	LIST_INIT(&r->lookups);
	evdns_set_log_fn(log_dns);
	/* Its seed may need a file: before the sandbox. */
	if (evutil_secure_rng_init() == -1)
		log_warnx("no good random numbers for DNS");
	if ((r->dns = evdns_base_new(child_base(d->child), 0)) == NULL) {
		free(r);
		return NULL;
	}
	evdns_base_set_option(r->dns, "timeout:", "3");
	evdns_base_set_option(r->dns, "attempts:", "2");
	evdns_base_set_option(r->dns, "randomize-case:", "0");
	return r;
}

static void
lookup_free(struct lookup *l)
{
	event_del(&l->later);
	LIST_REMOVE(l, entry);
	l->r->nlookups--;
	free(l);
}

/*
 * libevent frees what belongs to a question when it calls back, and it calls
 * back from the loop only.
 */
static void
cancel_all(struct resolver *r)
{
	struct lookup *l, *next;
	unsigned turns;

	LIST_FOREACH_SAFE(l, &r->lookups, entry, next)
		if (l->req != NULL)
			evdns_getaddrinfo_cancel(l->req);
		else
			lookup_free(l);
	for (turns = 0; turns < CANCEL_TURNS && r->nlookups > 0; turns++)
		event_base_loop(child_base(r->d->child), EVLOOP_NONBLOCK);
}

void
resolver_free(struct resolver *r)
{
	struct lookup *l;

	if (r == NULL)
		return;
	r->closing = true;
	cancel_all(r);
	evdns_base_free(r->dns, 0);
	while ((l = LIST_FIRST(&r->lookups)) != NULL)
		lookup_free(l);
	free(r);
}

void
resolver_configure(struct resolver *r)
{
	const struct conf *conf = child_conf(r->d->child);
	struct sockaddr_storage ss;
	socklen_t len;
	unsigned i;

	evdns_base_clear_nameservers_and_suspend(r->dns);
	for (i = 0; i < conf->nnameservers; i++) {
		len = netaddr_to_sockaddr(&conf->nameservers[i], &ss);
		if (evdns_base_nameserver_sockaddr_add(r->dns,
		    (struct sockaddr *)&ss, len, 0) != 0)
			log_warnx("a name server of resolv.conf cannot be "
			    "used");
	}
	evdns_base_resume(r->dns);
}

/* Hand over what there is; the policy may ask again from within. */
static void
lookup_done(struct lookup *l)
{
	struct dialer *d = l->r->d;
	uint8_t ips[POLICY_IPS_MAX][16];
	uint32_t token = l->token;
	size_t n = l->n;

	memcpy(ips, l->ips, sizeof(ips));
	if (n == 0)
		log_warnx("the name %s does not resolve", l->name);
	lookup_free(l);
	policy_resolved(d->policy, child_mono_ms(), token, ips, n);
	dialer_settle(d);
}

static void
add_ip(struct lookup *l, const uint8_t ip[16])
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (memcmp(l->ips[i], ip, 16) == 0)
			return;
	if (l->n < POLICY_IPS_MAX)
		memcpy(l->ips[l->n++], ip, 16);
}

static void
on_dns(int error, struct evutil_addrinfo *res, void *arg)
{
	struct lookup *l = arg;
	struct evutil_addrinfo *ai;
	struct netaddr na;

	l->req = NULL;
	if (error == EVUTIL_EAI_CANCEL) {
		lookup_free(l);
		return;
	}
	if (error != 0)
		log_debug("looking up %s: %s", l->name,
		    evutil_gai_strerror(error));
	for (ai = res; ai != NULL; ai = ai->ai_next)
		if (netaddr_from_sockaddr(ai->ai_addr, ai->ai_addrlen, &na) ==
		    0)
			add_ip(l, na.ip);
	if (res != NULL)
		evutil_freeaddrinfo(res);
	l->answered = true;
	if (!l->asking)
		lookup_done(l);
}

static void
on_later(evutil_socket_t fd, short what, void *arg)
{
	lookup_done(arg);
}

/* Has hosts(5) the name? */
static bool
in_hosts(struct lookup *l)
{
	const struct conf_host *h;

	TAILQ_FOREACH(h, &child_conf(l->r->d->child)->hosts, entry)
		if (strcasecmp(h->name, l->name) == 0)
			add_ip(l, h->ip);
	return l->n > 0;
}

static void
ask_dns(struct lookup *l)
{
	struct evutil_addrinfo hints;
	struct evdns_getaddrinfo_request *req;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	/* A name that no question can carry is answered within the call. */
	l->asking = true;
	req = evdns_getaddrinfo(l->r->dns, l->name, NULL, &hints, on_dns, l);
	l->asking = false;
	if (l->answered)
		lookup_done(l);
	else
		l->req = req;
}

static void
on_start(evutil_socket_t fd, short what, void *arg)
{
	ask_dns(arg);
}

void
resolver_ask(struct resolver *r, uint32_t token, const char *name)
{
	struct event_base *base = child_base(r->d->child);
	struct lookup *l;
	bool known;

	if (r->closing)
		return;
	if (r->nlookups >= LOOKUPS_MAX ||
	    (l = calloc(1, sizeof(*l))) == NULL) {
		log_warnx("too many names to look up at once");
		return;
	}
	l->r = r;
	l->token = token;
	strlcpy(l->name, name, sizeof(l->name));
	LIST_INSERT_HEAD(&r->lookups, l, entry);
	r->nlookups++;
	known = in_hosts(l) || evdns_base_count_nameservers(r->dns) == 0;
	event_assign(&l->later, base, -1, 0, known ? on_later : on_start, l);
	event_active(&l->later, EV_TIMEOUT, 0);
}
