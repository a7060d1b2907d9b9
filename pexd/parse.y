/* SPDX-License-Identifier: ISC */
/*
 * The grammar of pexd.conf(5).  Which words make an option is said here;
 * what its value may be, in options.c; how it is checked, in build.c.
 */
%{
#include <sys/types.h>
#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include "pexd/parse.h"

/* yacc knows no arguments: what a parse works on, set while one runs. */
static struct {
	struct builder	 build;
	struct macros	 macros;
	enum option_id	 list;		/* the option a { list } belongs to */
} ps;

int		yyparse(void);
static int	yylex(void);
static void	yyerror(const char *);
%}

%union {
	struct lex_token	tok;
	enum option_id		opt;
	int			flag;
}

%token	ACCEPT ADDRESS ALL ALLOW ANSWER BLOCK BOOK BURST CHROOT CLOSE CONTROL
%token	CRAWL DIAL DIALS DIRECTORY DUPLICATE ENSURE EXTERNAL GROUP HANDSHAKE
%token	HOLD HOST IDLE INBOUND INCLUDE INTERVAL IP KEY LIMIT LISTEN MAX MODE
%token	MONIKER NETWORK NO NODE ON OUTBOUND P2P PACKET PAYLOAD PEER PENDING
%token	PER PERIOD PERSISTENT PING PONG PORT PRIVATE PROBE RATE RECEIVE REPLY
%token	REQUEST RESTART ROTATE ROUTABILITY SEED SEND SIZE SOCKET STATE STRICT
%token	TIMEOUT UNCONDITIONAL USER VERSION WAIT YES
%token	BAD
%token	<tok> NAME TEXT NUMBER TIME
%type	<tok> text
%type	<opt> textopt number time yesnoopt rate peers
%type	<flag> yesno mode

%%

grammar	: /* empty */
	| grammar '\n'
	| grammar option '\n'
	| grammar macro '\n'
	| grammar include '\n'
	| grammar error '\n' {
		lex_resync(ps.build.lx);
		yyerrok;
	}
	;

include	: INCLUDE TEXT {
		lex_include(ps.build.lx, $2.text);
	}
	;

macro	: NAME '=' text {
		build_macro(&ps.build, &ps.macros, $1.text, $3.text);
	}
	;

option	: textopt text {
		build_text(&ps.build, $1, $2.text);
	}
	| number NUMBER {
		build_number(&ps.build, $1, $2.number);
	}
	| time TIME {
		build_time(&ps.build, $1, &$2);
	}
	| yesnoopt yesno {
		build_yesno(&ps.build, $1, $2);
	}
	| rate NUMBER PER TIME BURST NUMBER {
		build_rate(&ps.build, $1, $2.number, &$4, $6.number);
	}
	| MODE mode {
		build_mode(&ps.build, $2);
	}
	| LISTEN ON text PORT NUMBER {
		build_listen(&ps.build, $3.text, $5.number);
	}
	| EXTERNAL ADDRESS text {
		build_external(&ps.build, $3.text);
	}
	| peers {
		ps.list = $1;
	} list
	;

text	: TEXT
	| NUMBER
	| TIME
	;

textopt	: NETWORK		{ $$ = OPT_NETWORK; }
	| MONIKER		{ $$ = OPT_MONIKER; }
	| VERSION		{ $$ = OPT_VERSION; }
	| NODE KEY		{ $$ = OPT_NODE_KEY; }
	| STATE DIRECTORY	{ $$ = OPT_STATE_DIR; }
	| CONTROL SOCKET	{ $$ = OPT_CONTROL_SOCKET; }
	| USER			{ $$ = OPT_USER; }
	| CHROOT		{ $$ = OPT_CHROOT; }
	;

number	: P2P VERSION		{ $$ = OPT_P2P_VERSION; }
	| BLOCK VERSION		{ $$ = OPT_BLOCK_VERSION; }
	| MAX INBOUND		{ $$ = OPT_MAX_INBOUND; }
	| MAX OUTBOUND		{ $$ = OPT_MAX_OUTBOUND; }
	| MAX DIALS		{ $$ = OPT_MAX_DIALS; }
	| MAX PENDING		{ $$ = OPT_PENDING; }
	| MAX PENDING PER HOST	{ $$ = OPT_PENDING_HOST; }
	| MAX PENDING PER BLOCK	{ $$ = OPT_PENDING_BLOCK; }
	| MAX PENDING PER GROUP	{ $$ = OPT_PENDING_GROUP; }
	| BOOK SIZE		{ $$ = OPT_BOOK_SIZE; }
	| MAX PACKET PAYLOAD	{ $$ = OPT_PACKET_PAYLOAD; }
	| SEND RATE		{ $$ = OPT_SEND_RATE; }
	| RECEIVE RATE		{ $$ = OPT_RECV_RATE; }
	| RESTART LIMIT		{ $$ = OPT_RESTART_LIMIT; }
	;

time	: ENSURE PERIOD		{ $$ = OPT_ENSURE_PERIOD; }
	| PING INTERVAL		{ $$ = OPT_PING_INTERVAL; }
	| PONG TIMEOUT		{ $$ = OPT_PONG_TIMEOUT; }
	| HANDSHAKE TIMEOUT	{ $$ = OPT_HANDSHAKE_TIMEOUT; }
	| DIAL TIMEOUT		{ $$ = OPT_DIAL_TIMEOUT; }
	| REQUEST INTERVAL	{ $$ = OPT_REQUEST_INTERVAL; }
	| REQUEST TIMEOUT	{ $$ = OPT_REQUEST_TIMEOUT; }
	| ANSWER INTERVAL	{ $$ = OPT_ANSWER_INTERVAL; }
	| MAX DIAL PERIOD	{ $$ = OPT_MAX_DIAL_PERIOD; }
	| SEED INTERVAL		{ $$ = OPT_SEED_INTERVAL; }
	| SEED INTERVAL MAX	{ $$ = OPT_SEED_INTERVAL_MAX; }
	| PROBE INTERVAL	{ $$ = OPT_PROBE_INTERVAL; }
	| CRAWL INTERVAL	{ $$ = OPT_CRAWL_INTERVAL; }
	| CRAWL HOLD		{ $$ = OPT_CRAWL_HOLD; }
	| SEED IDLE		{ $$ = OPT_SEED_IDLE; }
	| CLOSE WAIT		{ $$ = OPT_CLOSE_WAIT; }
	| ROTATE INTERVAL	{ $$ = OPT_ROTATE_INTERVAL; }
	;

yesnoopt: STRICT ROUTABILITY	{ $$ = OPT_STRICT; }
	| PRIVATE NETWORK	{ $$ = OPT_PRIVATE_NETWORK; }
	| ALLOW DUPLICATE IP	{ $$ = OPT_DUPLICATE_IP; }
	;

rate	: ACCEPT RATE PER HOST	{ $$ = OPT_ACCEPT_HOST; }
	| ACCEPT RATE PER BLOCK	{ $$ = OPT_ACCEPT_BLOCK; }
	| ACCEPT RATE PER GROUP	{ $$ = OPT_ACCEPT_GROUP; }
	| ACCEPT RATE PER ALL	{ $$ = OPT_ACCEPT_ALL; }
	| REPLY RATE PER HOST	{ $$ = OPT_REPLY_HOST; }
	;

peers	: SEED			{ $$ = OPT_SEED; }
	| PERSISTENT PEER	{ $$ = OPT_PERSISTENT; }
	| UNCONDITIONAL PEER	{ $$ = OPT_UNCONDITIONAL; }
	| PRIVATE PEER		{ $$ = OPT_PRIVATE; }
	;

yesno	: YES			{ $$ = 1; }
	| NO			{ $$ = 0; }
	;

mode	: PEER			{ $$ = MODE_PEER; }
	| SEED			{ $$ = MODE_SEED; }
	;

list	: entry
	| '{' optnl entries end
	| '{' error '}' {
		yyerrok;
	}
	;

entries	: entry
	| entries sep entry
	;

entry	: text {
		build_peer(&ps.build, ps.list, $1.text);
	}
	;

sep	: ',' optnl
	| newline
	;

end	: '}'
	| sep '}'
	;

optnl	: /* empty */
	| newline
	;

newline	: '\n'
	| newline '\n'
	;

%%

struct keyword {
	const char	*word;
	int		 token;
};

/* Sorted: looked up by bsearch(3). */
static const struct keyword keywords[] = {
	{ "accept",		ACCEPT },
	{ "address",		ADDRESS },
	{ "all",		ALL },
	{ "allow",		ALLOW },
	{ "answer",		ANSWER },
	{ "block",		BLOCK },
	{ "book",		BOOK },
	{ "burst",		BURST },
	{ "chroot",		CHROOT },
	{ "close",		CLOSE },
	{ "control",		CONTROL },
	{ "crawl",		CRAWL },
	{ "dial",		DIAL },
	{ "dials",		DIALS },
	{ "directory",		DIRECTORY },
	{ "duplicate",		DUPLICATE },
	{ "ensure",		ENSURE },
	{ "external",		EXTERNAL },
	{ "group",		GROUP },
	{ "handshake",		HANDSHAKE },
	{ "hold",		HOLD },
	{ "host",		HOST },
	{ "idle",		IDLE },
	{ "inbound",		INBOUND },
	{ "include",		INCLUDE },
	{ "interval",		INTERVAL },
	{ "ip",			IP },
	{ "key",		KEY },
	{ "limit",		LIMIT },
	{ "listen",		LISTEN },
	{ "max",		MAX },
	{ "mode",		MODE },
	{ "moniker",		MONIKER },
	{ "network",		NETWORK },
	{ "no",			NO },
	{ "node",		NODE },
	{ "on",			ON },
	{ "outbound",		OUTBOUND },
	{ "p2p",		P2P },
	{ "packet",		PACKET },
	{ "payload",		PAYLOAD },
	{ "peer",		PEER },
	{ "pending",		PENDING },
	{ "per",		PER },
	{ "period",		PERIOD },
	{ "persistent",		PERSISTENT },
	{ "ping",		PING },
	{ "pong",		PONG },
	{ "port",		PORT },
	{ "private",		PRIVATE },
	{ "probe",		PROBE },
	{ "rate",		RATE },
	{ "receive",		RECEIVE },
	{ "reply",		REPLY },
	{ "request",		REQUEST },
	{ "restart",		RESTART },
	{ "rotate",		ROTATE },
	{ "routability",	ROUTABILITY },
	{ "seed",		SEED },
	{ "send",		SEND },
	{ "size",		SIZE },
	{ "socket",		SOCKET },
	{ "state",		STATE },
	{ "strict",		STRICT },
	{ "timeout",		TIMEOUT },
	{ "unconditional",	UNCONDITIONAL },
	{ "user",		USER },
	{ "version",		VERSION },
	{ "wait",		WAIT },
	{ "yes",		YES },
};
#define NKEYWORDS	(sizeof(keywords) / sizeof(keywords[0]))

const char *
conf_keyword(size_t i)
{
	return i < NKEYWORDS ? keywords[i].word : NULL;
}

static int
keyword_cmp(const void *key, const void *elem)
{
	return strcmp(key, ((const struct keyword *)elem)->word);
}

static int
lookup(const char *word)
{
	const struct keyword *k;

	k = bsearch(word, keywords, NKEYWORDS, sizeof(keywords[0]),
	    keyword_cmp);
	return k == NULL ? TEXT : k->token;
}

static int
yylex(void)
{
	struct lex_token *t = &yylval.tok;

	lex_next(ps.build.lx, t);
	switch (t->kind) {
	case LEX_END:
		return 0;
	case LEX_NEWLINE:
		return '\n';
	case LEX_PUNCT:
		return t->text[0];
	case LEX_NAME:
		return NAME;
	case LEX_WORD:
		return lookup(t->text);
	case LEX_STRING:
		return TEXT;
	case LEX_NUMBER:
		return NUMBER;
	case LEX_TIME:
		return TIME;
	default:
		return BAD;
	}
}

static void
yyerror(const char *msg)
{
	const struct lex_token *words;
	char hint[1024];
	size_t n;

	if (strstr(msg, "syntax") == NULL) {	/* memory, stack */
		lex_error(ps.build.lx, "%s", msg);
		return;
	}
	/* The lexer has said already what is wrong with this token. */
	n = lex_words(ps.build.lx, &words);
	if (n > 0 && words[n - 1].kind == LEX_ERROR)
		return;
	lex_error(ps.build.lx, "%s", syntax_hint(words, n,
	    lex_in_braces(ps.build.lx), hint, sizeof(hint)));
}

static int
copy_macros(const struct macros *from)
{
	const struct macro *m;

	if (from != NULL)
		TAILQ_FOREACH(m, from, entry)
			if (macro_set(&ps.macros, m->name, m->value,
			    true) == -1)
				return -1;
	return 0;
}

/* Parses what the lexer has open, and ends it. */
static struct conf *
parse(struct lexer *lx)
{
	struct conf *c;
	bool ok;

	if ((ps.build.conf = conf_new()) == NULL)
		lex_error(lx, "out of memory");
	else {
		ps.build.lx = lx;
		ok = yyparse() == 0;
		if (ok)
			build_finish(&ps.build);
		else if (lex_errors(lx) == 0)
			lex_error(lx, "cannot parse this");
	}
	c = ps.build.conf;
	if (lex_errors(lx) > 0) {
		conf_free(c);
		c = NULL;
	}
	lex_free(lx);
	return c;
}

static void
begin(void)
{
	memset(&ps, 0, sizeof(ps));
	TAILQ_INIT(&ps.macros);
}

struct conf *
conf_parse(const char *path, bool secure, const struct macros *defines,
    const struct lex_report *report)
{
	struct conf *c = NULL;
	struct lexer *lx;

	begin();
	if (copy_macros(defines) == -1)
		report->line(report->ctx, "out of memory");
	else if ((lx = lex_open(path, secure, &ps.macros, report)) != NULL)
		c = parse(lx);
	macros_free(&ps.macros);
	return c;
}

struct conf *
conf_parse_stream(FILE *fp, const char *name, const struct macros *defines,
    const struct lex_report *report)
{
	struct conf *c = NULL;
	struct lexer *lx;

	begin();
	if (copy_macros(defines) == -1) {
		report->line(report->ctx, "out of memory");
		fclose(fp);
	} else if ((lx = lex_open_stream(fp, name, &ps.macros,
	    report)) != NULL)
		c = parse(lx);
	macros_free(&ps.macros);
	return c;
}
