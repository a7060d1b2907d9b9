/* SPDX-License-Identifier: ISC */
/* pexd.conf(5): every option, every complaint, and the canonical form. */

#include <sys/types.h>
#include <sys/stat.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "pexd/parse.h"

#define ID1	"d835cdbd1c788257c6a581f864acbe9cc0f1b168"
#define ID2	"0123456789abcdef0123456789abcdef01234567"
#define IDN	"1234567890123456789012345678901234567890"

struct told {				/* what was reported */
	unsigned	 n;
	char		 first[512];
	char		 all[4096];
};

static void
tell(void *ctx, const char *line)
{
	struct told *t = ctx;

	if (t->n++ == 0)
		strlcpy(t->first, line, sizeof(t->first));
	strlcat(t->all, line, sizeof(t->all));
	strlcat(t->all, "\n", sizeof(t->all));
}

static struct conf *
parse_len(const char *text, size_t len, const struct macros *defs,
    struct told *t)
{
	struct lex_report r = { tell, t };
	char empty[] = "#", *copy;
	struct conf *c;
	FILE *fp;

	memset(t, 0, sizeof(*t));
	copy = len == 0 ? empty : malloc(len);
	ATF_REQUIRE(copy != NULL);
	if (len > 0)
		memcpy(copy, text, len);
	ATF_REQUIRE((fp = fmemopen(copy, len == 0 ? 1 : len, "r")) != NULL);
	c = conf_parse_stream(fp, "x.conf", defs, &r);
	if (len > 0)
		free(copy);
	ATF_REQUIRE_MSG((c == NULL) == (t->n > 0), "%s", t->all);
	return c;
}

static struct conf *
parse(const char *text, struct told *t)
{
	return parse_len(text, strlen(text), NULL, t);
}

static struct conf *
parse_ok(const char *text)
{
	struct told t;
	struct conf *c = parse(text, &t);

	ATF_REQUIRE_MSG(c != NULL, "%s: %s", text, t.all);
	return c;
}

static char *
print(const struct conf *c)
{
	char *text = NULL;
	size_t size;
	FILE *fp;

	ATF_REQUIRE((fp = open_memstream(&text, &size)) != NULL);
	ATF_REQUIRE_EQ(conf_print(c, fp), 0);
	fclose(fp);
	return text;
}

/* A value for each kind that is nobody's default. */
static const char *
sample(const struct conf_option *o, char *buf, size_t size)
{
	char t[TIME_TEXT_SIZE];

	switch (o->kind) {
	case KIND_TEXT:
		return "\"some \\\"text\\\" \\\\\"";
	case KIND_NAME:
		return "\"nobody\"";
	case KIND_PATH:
		return "\"/some/where else\"";
	case KIND_U32:
	case KIND_U64:
		snprintf(buf, size, "%llu", (unsigned long long)o->max);
		return buf;
	case KIND_TIME:
		return time_text(o->max, t), strlcpy(buf, t, size), buf;
	case KIND_YESNO:
		return "yes";
	case KIND_RATE:
		return "7 per 90s burst 11";
	case KIND_MODE:
		return "seed";
	case KIND_LISTEN:
		return "127.0.0.9 port 1";
	case KIND_EXTERNAL:
		return "[2a00::5]:9";
	case KIND_PEERS:
		return "\"" ID1 "@[2a00::1]:7\"";
	case KIND_IDS:
		return "\"" ID1 "\"";
	default:
		atf_tc_fail("no sample for kind %d", o->kind);
	}
}

ATF_TC_WITHOUT_HEAD(keywords_sorted);
ATF_TC_BODY(keywords_sorted, tc)
{
	size_t i;

	for (i = 1; conf_keyword(i) != NULL; i++)
		ATF_CHECK_MSG(strcmp(conf_keyword(i - 1), conf_keyword(i)) < 0,
		    "%s before %s", conf_keyword(i - 1), conf_keyword(i));
	ATF_CHECK(i > 50);
}

static bool
is_keyword(const char *w)
{
	size_t i;

	for (i = 0; conf_keyword(i) != NULL; i++)
		if (strcmp(conf_keyword(i), w) == 0)
			return true;
	return false;
}

/* The table of options and the table of keywords agree. */
ATF_TC_WITHOUT_HEAD(keywords_complete);
ATF_TC_BODY(keywords_complete, tc)
{
	char all[4096] = " include ", line[128], word[64], *s, *rest;
	size_t i;

	for (i = 0; i < OPT_COUNT; i++) {
		ATF_REQUIRE_MSG(conf_options[i].words != NULL, "option %zu", i);
		snprintf(line, sizeof(line), "%s %s", conf_options[i].words,
		    option_tail(conf_options[i].kind));
		strlcat(all, line, sizeof(all));
		strlcat(all, " ", sizeof(all));
		for (rest = line; (s = strsep(&rest, " |")) != NULL;)
			if (islower((unsigned char)*s))
				ATF_CHECK_MSG(is_keyword(s), "%s", s);
	}
	for (s = all; *s != '\0'; s++)
		if (*s == '|')
			*s = ' ';
	for (i = 0; conf_keyword(i) != NULL; i++) {
		snprintf(word, sizeof(word), " %s ", conf_keyword(i));
		ATF_CHECK_MSG(strstr(all, word) != NULL, "%s in no option",
		    conf_keyword(i));
	}
}

/* Each option parses, changes its own place, and prints as it was given. */
ATF_TC_WITHOUT_HEAD(every_option);
ATF_TC_BODY(every_option, tc)
{
	char text[512], line[256], buf[64], *out;
	struct conf *c;
	size_t i;

	for (i = 0; i < OPT_COUNT; i++) {
		snprintf(line, sizeof(line), "%s %s\n", conf_options[i].words,
		    sample(&conf_options[i], buf, sizeof(buf)));
		/* The maximum of one time depends on another. */
		snprintf(text, sizeof(text), "%s%s%s", line,
		    i == OPT_NETWORK ? "" : "network \"n\"\n",
		    i == OPT_SEED_INTERVAL ? "seed interval max 720h\n" : "");
		c = parse_ok(text);
		out = print(c);
		ATF_CHECK_MSG(strstr(out, line) != NULL,
		    "%s is not in\n%s", line, out);
		free(out);
		conf_free(c);
	}
}

/* All options at once: what is printed parses, and prints the same. */
ATF_TC_WITHOUT_HEAD(round_trip);
ATF_TC_BODY(round_trip, tc)
{
	char text[8192] = "", line[256], buf[64], *first, *second;
	struct conf *c;
	size_t i;

	for (i = 0; i < OPT_COUNT; i++) {
		if (i == OPT_SEED_INTERVAL)
			continue;
		snprintf(line, sizeof(line), "%s %s\n", conf_options[i].words,
		    sample(&conf_options[i], buf, sizeof(buf)));
		strlcat(text, line, sizeof(text));
	}
	c = parse_ok(text);
	first = print(c);
	conf_free(c);
	c = parse_ok(first);
	second = print(c);
	ATF_CHECK_STREQ(first, second);
	conf_free(c);
	free(first);
	free(second);
}

ATF_TC_WITHOUT_HEAD(defaults);
ATF_TC_BODY(defaults, tc)
{
	struct conf *c = parse_ok("network n\n"), *s;

	ATF_CHECK_STREQ(c->network, "n");
	ATF_CHECK_STREQ(c->moniker, "pexd");
	ATF_CHECK(strncmp(c->version, "pexd/", 5) == 0);
	ATF_CHECK_EQ(c->mode, MODE_PEER);
	ATF_CHECK_EQ(c->limits.max_inbound, 40);
	ATF_CHECK_EQ(c->times.ping_interval, 60000);
	ATF_CHECK(c->strict && !c->private_network && !c->allow_duplicate_ip);
	ATF_CHECK_EQ(c->nlisten, 2);
	ATF_CHECK(ip_is_unspecified(c->listen[0].ip));
	ATF_CHECK(ip_is_unspecified(c->listen[1].ip));
	ATF_CHECK_EQ(c->listen[0].port, 26656);
	ATF_CHECK_STREQ(c->state_dir, "");
	s = parse_ok("mode seed\nnetwork n");
	ATF_CHECK_EQ(s->limits.max_inbound, 1000);
	conf_free(c);
	conf_free(s);
}

ATF_TC_WITHOUT_HEAD(values);
ATF_TC_BODY(values, tc)
{
	struct conf *c = parse_ok(
	    "network \"chain-1\" # a comment\n"
	    "\n"
	    "   # another\n"
	    "moniker \"# no comment\"\n"
	    "listen on * port 100\n"
	    "listen on [2a00::1] port 101\n"
	    "listen on 2a00::2 \\\n  port 102\n"
	    "external address 8.8.8.8:5\n"
	    "external address [2a00::1]:6\n"
	    "seed \"" ID1 "@seed.example.org:7\"\n"
	    "persistent peer { " ID1 "@1.2.3.4:8,\n"
	    "\t" ID2 "@[2a00::9]:9\n"
	    "\ttcp://" ID2 "@h:1 , \"" ID2 "@i:2\" }\n"
	    "unconditional peer {\n" IDN "\n}\n"
	    "private peer { " ID1 ", }\n"
	    "user 1000\n"
	    "ping interval 1500ms\n"
	    "pong timeout 2m\n"
	    "accept rate per all 1 per 3s burst 9\n"
	    "block version 12\n");

	ATF_CHECK_STREQ(c->network, "chain-1");
	ATF_CHECK_STREQ(c->moniker, "# no comment");
	ATF_CHECK_EQ(c->nlisten, 4);
	ATF_CHECK_EQ(c->listen[3].port, 102);
	ATF_CHECK(c->has_external4 && c->external4.port == 5);
	ATF_CHECK(c->has_external6 && c->external6.port == 6);
	ATF_CHECK_EQ(conf_count_peers(c, CONF_SEED), 1);
	ATF_CHECK_EQ(conf_count_peers(c, CONF_PERSISTENT), 4);
	ATF_CHECK_EQ(conf_count_peers(c, CONF_UNCONDITIONAL), 1);
	ATF_CHECK_EQ(conf_count_peers(c, CONF_PRIVATE), 1);
	ATF_CHECK_STREQ(TAILQ_FIRST(&c->peers)->addr.host,
	    "seed.example.org");
	ATF_CHECK_STREQ(c->user, "1000");
	ATF_CHECK_EQ(c->times.ping_interval, 1500);
	ATF_CHECK_EQ(c->times.pong_timeout, 120000);
	ATF_CHECK_EQ(c->rates.accept_all.tokens, 1);
	ATF_CHECK_EQ(c->rates.accept_all.per_ms, 3000);
	ATF_CHECK_EQ(c->rates.accept_all.burst, 9);
	ATF_CHECK_EQ(c->block_version, 12);
	conf_free(c);
}

ATF_TC_WITHOUT_HEAD(macros);
ATF_TC_BODY(macros, tc)
{
	struct macros defs = TAILQ_HEAD_INITIALIZER(defs);
	struct conf *c;
	struct told t;
	const char *text =
	    "id = \"" ID1 "\"\n"
	    "port = 77\n"
	    "name = \"from the file\"\n"
	    "network n\n"
	    "moniker $name\n"
	    "listen on 127.0.0.1 port $port\n"
	    "seed $id@1.2.3.4:5\n"
	    "interval=\"ping interval\"\n"
	    "$interval 5s\n";

	/* A value is read as if it stood there. */
	ATF_CHECK(parse(text, &t) == NULL);
	ATF_CHECK_EQ_MSG(t.n, 1, "%s", t.all);
	ATF_CHECK_STREQ(t.first, "x.conf:5: expected end of line after "
	    "\"from\", found \"the\"");

	ATF_REQUIRE_EQ(macro_set(&defs, "name", "\"by -D\"", true), 0);
	ATF_CHECK_EQ(macro_set(&defs, "1x", "y", true), -1);
	ATF_CHECK_EQ(macro_set(&defs, "", "y", true), -1);
	ATF_CHECK_EQ(macro_set(&defs, "x", "y\nz", true), -1);
	c = parse_len(text, strlen(text), &defs, &t);
	ATF_REQUIRE_MSG(c != NULL, "%s", t.all);
	ATF_CHECK_STREQ(c->moniker, "by -D");
	ATF_CHECK_EQ(c->listen[0].port, 77);
	ATF_CHECK(conf_has_peer(c, CONF_SEED,
	    &TAILQ_FIRST(&c->peers)->addr.id));
	ATF_CHECK_EQ(TAILQ_FIRST(&c->peers)->addr.port, 5);
	ATF_CHECK_EQ(c->times.ping_interval, 5000);
	conf_free(c);
	macros_free(&defs);
}

/* A long list of them does not keep a daemon from its work. */
ATF_TC_WITHOUT_HEAD(macros_bounded);
ATF_TC_BODY(macros_bounded, tc)
{
	char *text, *p;
	struct told t;
	int i;

	ATF_REQUIRE((text = p = malloc(20 * (MACROS_MAX + 2))) != NULL);
	p += sprintf(p, "network n\nmode peer\n");
	for (i = 0; i < MACROS_MAX; i++)
		p += sprintf(p, "m%d = x\n", i);
	(void)sprintf(p, "m7 = again\n");
	conf_free(parse_ok(text));
	(void)sprintf(p, "more = x\n");
	ATF_CHECK(parse(text, &t) == NULL);
	ATF_CHECK_STREQ(t.first, "x.conf:1027: at most 1024 macros");
	free(text);
}

static const struct {
	const char	*text;		/* a network is set on line 1 */
	const char	*told;		/* after "x.conf:2: " */
} bad[] = {
	{ "nonsense", "expected an option, found \"nonsense\"" },
	{ "=", "expected an option, found \"=\"" },
	{ "max", "expected inbound, outbound, dials, pending, packet, dial "
	    "after \"max\", found end of line" },
	{ "max pending 5 per",
	    "expected end of line after \"5\", found \"per\"" },
	{ "max pending per", "expected host, block, group after \"per\", "
	    "found end of line" },
	{ "listen 1.2.3.4", "expected on after \"listen\", "
	    "found \"1.2.3.4\"" },
	{ "listen on 1.2.3.4 5", "expected port after \"1.2.3.4\", "
	    "found \"5\"" },
	{ "listen on 1.2.3.4 port 0",
	    "port: expected 1 to 65535, found 0" },
	{ "listen on 1.2.3.4 port 65536",
	    "port: expected 1 to 65535, found 65536" },
	{ "listen on there port 1", "listen on: expected an IP address or *, "
	    "found \"there\"" },
	{ "listen on host port 1", "expected ADDRESS after \"on\", "
	    "found \"host\"" },
	{ "a =", "expected VALUE after \"=\", found end of line" },
	{ "a b = c", "expected an option, found \"a\"" },
	{ "2x = c", "\"2x\" cannot be the name of a macro" },
	{ "listen on 1.2.3.4 port 5\nlisten on ::ffff:1.2.3.4 port 5",
	    NULL },
	{ "ping interval 60", "expected TIME (a number and ms, s, m, h, "
	    "d or w) after \"interval\", found \"60\"" },
	{ "ping interval 1d",
	    "ping interval: expected 50ms to 1h, found 1d" },
	{ "ping interval 9999999999999999999w", NULL },
	{ "ping interval 0s",
	    "ping interval: expected 50ms to 1h, found 0s" },
	{ "ping interval 2h",
	    "ping interval: expected 50ms to 1h, found 2h" },
	{ "ping interval 99999999999999999h", NULL },
	{ "max inbound ten", "expected NUMBER after \"inbound\", "
	    "found \"ten\"" },
	{ "max inbound 0", "max inbound: expected 1 to 65000, found 0" },
	{ "max inbound 99999999999", "max inbound: expected 1 to 65000, "
	    "found 99999999999" },
	{ "mode fast", "expected peer|seed after \"mode\", found \"fast\"" },
	{ "strict routability maybe", "expected yes|no after "
	    "\"routability\", found \"maybe\"" },
	{ "accept rate per host 1 per 10s",
	    "expected burst after \"10s\", found end of line" },
	{ "accept rate per host 0 per 10s burst 1",
	    "accept rate per host: expected 1 to 1000000, found 0" },
	{ "network \"again\"", "\"network\" is already set at x.conf:1" },
	{ "moniker \"\"",
	    "moniker: expected a text that is not blank" },
	{ "moniker \"  \"", "moniker: expected a text that is not blank" },
	{ "moniker \"\303\244\"", "moniker: expected printable ASCII text" },
	{ "\"\033[2J\"", "expected an option, found \"?[2J\"" },
	{ "private peer \"\302\233\"", "private peer: expected ID, found "
	    "\"??\": the node ID is not 40 hex digits" },
	{ "moniker \"abc", "the string is not closed by a quote" },
	{ "version \"0123456789012345678901234567890123\"",
	    "version: expected at most 32 characters, found 34" },
	{ "node key \"key.pem\"", "node key: expected an absolute path" },
	{ "external address 1.2.3.4", NULL },
	{ "external address 0.0.0.0:5",
	    "external address: nobody can connect to 0.0.0.0:5" },
	{ "external address 1.2.3.4:0",
	    "external address: nobody can connect to 1.2.3.4:0" },
	{ "seed \"1.2.3.4:5\"", NULL },
	{ "seed \"" ID1 "@h:0\"", "seed: expected ID@HOST:PORT, found \""
	    ID1 "@h:0\": port 0 cannot be dialled" },
	{ "private peer xyz", NULL },
	{ "private peer " ID1 "@1.2.3.4:5", NULL },
	{ "private peer { " ID1 " " ID2 " }",
	    "expected an entry, a comma or }, found \"" ID2 "\"" },
	{ "private peer { " ID1 ", " ID1 " }",
	    "private peer: " ID1 " is listed twice" },
	{ "moniker $nobody", "macro $nobody is not defined" },
	{ "moniker $", "expected the name of a macro after $" },
	{ "moniker ;", "character 0x3b does not belong here" },
	{ "a = \"$b\"\nmoniker $a", NULL },
	{ "seed interval 5m\nseed interval max 1m", NULL },
	{ "include \"/nonexistent/x\"", "cannot read /nonexistent/x: "
	    "No such file or directory" },
	{ "include", "expected FILE after \"include\", "
	    "found end of line" },
};

ATF_TC_WITHOUT_HEAD(complaints);
ATF_TC_BODY(complaints, tc)
{
	char text[1024], want[512];
	struct told t;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "network n\n%s\nmode peer\n",
		    bad[i].text);
		ATF_CHECK_MSG(parse(text, &t) == NULL, "%s", bad[i].text);
		ATF_CHECK_EQ_MSG(t.n, 1, "%s: %s", bad[i].text, t.all);
		ATF_CHECK_MSG(strncmp(t.first, "x.conf:", 7) == 0, "%s",
		    t.first);
		if (bad[i].told == NULL)
			continue;
		snprintf(want, sizeof(want), "x.conf:2: %s", bad[i].told);
		ATF_CHECK_STREQ(t.first, want);
	}
}

/* One run tells all errors, each with its line. */
ATF_TC_WITHOUT_HEAD(goes_on);
ATF_TC_BODY(goes_on, tc)
{
	struct told t;

	ATF_CHECK(parse("bogus\n"
	    "network n\n"
	    "max inbound\n"
	    "max outbound 99999\n"
	    "private peer {\n"
	    "\tnot-an-id\n"
	    "}\n"
	    "\n"
	    "mode middle", &t) == NULL);
	ATF_CHECK_EQ_MSG(t.n, 5, "%s", t.all);
	ATF_CHECK(strstr(t.all, "x.conf:1: ") != NULL);
	ATF_CHECK(strstr(t.all, "x.conf:3: ") != NULL);
	ATF_CHECK(strstr(t.all, "x.conf:4: ") != NULL);
	ATF_CHECK(strstr(t.all, "x.conf:6: ") != NULL);
	ATF_CHECK(strstr(t.all, "x.conf:9: ") != NULL);
	ATF_CHECK(parse("", &t) == NULL);
	ATF_CHECK(strstr(t.all, "network") != NULL);
}

static void
write_file(const char *name, const char *text)
{
	FILE *fp = fopen(name, "w");

	ATF_REQUIRE(fp != NULL);
	fputs(text, fp);
	ATF_REQUIRE_EQ(fclose(fp), 0);
}

ATF_TC_WITHOUT_HEAD(includes);
ATF_TC_BODY(includes, tc)
{
	struct told t = { 0 };
	struct lex_report r = { tell, &t };
	struct conf *c;

	ATF_REQUIRE_EQ(mkdir("sub", 0755), 0);
	write_file("main.conf", "a = \"mine\"\n"
	    "include \"sub/one.conf\" # relative to this file\n"
	    "mode seed\nnetwork $n");
	write_file("sub/one.conf", "include \"two.conf\"\nmoniker $a");
	write_file("sub/two.conf", "n = two");
	c = conf_parse("main.conf", false, NULL, &r);
	ATF_REQUIRE_MSG(c != NULL, "%s", t.all);
	ATF_CHECK_STREQ(c->moniker, "mine");
	ATF_CHECK_STREQ(c->network, "two");
	ATF_CHECK_EQ(c->mode, MODE_SEED);
	conf_free(c);

	/* An error names the file it is in, and the other's lines go on. */
	write_file("sub/two.conf", "n = two\nbad\n");
	write_file("main.conf", "include \"sub/one.conf\"\n\nworse");
	ATF_CHECK(conf_parse("./main.conf", false, NULL, &r) == NULL);
	ATF_CHECK_MSG(strstr(t.all, "./sub/two.conf:2: expected an option") !=
	    NULL, "%s", t.all);
	ATF_CHECK(strstr(t.all, "./sub/one.conf:2: macro $a is not") != NULL);
	ATF_CHECK(strstr(t.all, "./main.conf:3: expected an option") != NULL);
	/* That there is no network may come of them, and is not told. */
	ATF_CHECK_EQ_MSG(t.n, 3, "%s", t.all);
}

ATF_TC_WITHOUT_HEAD(include_loop);
ATF_TC_BODY(include_loop, tc)
{
	struct told t = { 0 };
	struct lex_report r = { tell, &t };

	write_file("loop.conf", "network n\ninclude \"loop.conf\"\n");
	ATF_CHECK(conf_parse("loop.conf", false, NULL, &r) == NULL);
	ATF_CHECK(strstr(t.all, "loop.conf:2: cannot read loop.conf: it "
	    "includes itself") != NULL);
	ATF_CHECK(conf_parse("none.conf", false, NULL, &r) == NULL);
	ATF_CHECK(conf_parse("/", false, NULL, &r) == NULL);
	ATF_CHECK(strstr(t.all, "not a regular file") != NULL);
}

ATF_TC_WITHOUT_HEAD(secrecy);
ATF_TC_BODY(secrecy, tc)
{
	struct told t = { 0 };
	struct lex_report r = { tell, &t };
	struct conf *c;

	write_file("x.conf", "network n\n");
	ATF_REQUIRE_EQ(chmod("x.conf", 0644), 0);
	ATF_REQUIRE((c = conf_parse("x.conf", true, NULL, &r)) != NULL);
	conf_free(c);
	ATF_REQUIRE_EQ(chmod("x.conf", 0664), 0);
	ATF_CHECK(conf_parse("x.conf", true, NULL, &r) == NULL);
	ATF_CHECK_MSG(strstr(t.first, "writable by others") != NULL, "%s",
	    t.first);
}

/* No bytes end the process; each cut of a good text is told or taken. */
ATF_TC_WITHOUT_HEAD(noise);
ATF_TC_BODY(noise, tc)
{
	const char *text = "network \"n\"\nseed { " ID1 "@h:1,\n" ID2
	    "@[::1]:2 }\nm = \"x\"\nmoniker $m\nlisten on * port 5\n"
	    "accept rate per host 1 per 10s burst 4\n";
	size_t i, len = strlen(text);
	struct conf *c;
	struct told t;
	char *copy;
	int v;

	for (i = 0; i < len; i++)
		conf_free(parse_len(text, i, NULL, &t));
	ATF_REQUIRE((copy = malloc(len)) != NULL);
	for (i = 0; i < len; i++)
		for (v = 0; v < 256; v += 5) {
			memcpy(copy, text, len);
			copy[i] = v;
			c = parse_len(copy, len, NULL, &t);
			conf_free(c);
		}
	free(copy);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, keywords_sorted);
	ATF_TP_ADD_TC(tp, keywords_complete);
	ATF_TP_ADD_TC(tp, every_option);
	ATF_TP_ADD_TC(tp, round_trip);
	ATF_TP_ADD_TC(tp, defaults);
	ATF_TP_ADD_TC(tp, values);
	ATF_TP_ADD_TC(tp, macros);
	ATF_TP_ADD_TC(tp, macros_bounded);
	ATF_TP_ADD_TC(tp, complaints);
	ATF_TP_ADD_TC(tp, goes_on);
	ATF_TP_ADD_TC(tp, includes);
	ATF_TP_ADD_TC(tp, include_loop);
	ATF_TP_ADD_TC(tp, secrecy);
	ATF_TP_ADD_TC(tp, noise);
	return atf_no_error();
}
