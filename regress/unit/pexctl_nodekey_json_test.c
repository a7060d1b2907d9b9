/* SPDX-License-Identifier: ISC */
/* pexctl: node_key.json as CometBFT writes it, and broken ones. */

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>
#include <jansson.h>

#include "pexctl/nodekey_json.h"

static json_t *
vector(const char *name)
{
	const char *src = getenv("PEXD_SRC");
	char path[1024];
	json_t *v;

	snprintf(path, sizeof(path), "%s/regress/vectors/%s",
	    src == NULL ? "." : src, name);
	v = json_load_file(path, 0, NULL);
	ATF_REQUIRE_MSG(v != NULL, "no %s", path);
	return v;
}

static struct nodekey *
parse(const char *text, size_t len)
{
	uint8_t seed[NODEKEY_SEED_SIZE];
	struct nodekey_why kw;
	struct nodekey *k;
	const char *why;

	ATF_REQUIRE_MSG(nodekey_json_parse(text, len, seed, &why) == 0,
	    "refused: %s", why);
	ATF_REQUIRE((k = nodekey_from_seed(seed, &kw)) != NULL);
	return k;
}

static void
check_vector(const char *file, const char *id_file)
{
	char id[NODE_ID_TEXT_SIZE], text[NODEKEY_JSON_SIZE];
	json_t *v = vector(file), *want = vector(id_file), *back;
	struct nodekey *k;
	char *dump = json_dumps(v, JSON_INDENT(1));

	k = parse(dump, strlen(dump));
	ATF_CHECK_STREQ(
	    json_string_value(json_object_get(want, "node_id")),
	    node_id_text(nodekey_id(k), id));

	/* Written again it says the same. */
	ATF_REQUIRE(nodekey_json_write(k, text) > 0);
	ATF_REQUIRE((back = json_loads(text, 0, NULL)) != NULL);
	ATF_CHECK(json_equal(v, back));
	json_decref(back);
	nodekey_free(k);
	free(dump);
	json_decref(v);
	json_decref(want);
}

ATF_TC_WITHOUT_HEAD(vectors);
ATF_TC_BODY(vectors, tc)
{
	check_vector("node_key_0.json", "node_key_0.id.json");
	check_vector("node_key_1.json", "node_key_1.id.json");
}

ATF_TC_WITHOUT_HEAD(round_trip);
ATF_TC_BODY(round_trip, tc)
{
	char text[NODEKEY_JSON_SIZE];
	struct nodekey_why why;
	struct nodekey *k, *back;
	int i, n;

	for (i = 0; i < 200; i++) {
		ATF_REQUIRE((k = nodekey_generate(&why)) != NULL);
		ATF_REQUIRE((n = nodekey_json_write(k, text)) > 0);
		back = parse(text, (size_t)n);
		ATF_CHECK(node_id_equal(nodekey_id(k), nodekey_id(back)));
		nodekey_free(k);
		nodekey_free(back);
	}
}

/* The key of node_key_0.json and what may go wrong with it. */
#define T	"\"type\":\"tendermint/PrivKeyEd25519\""
#define SEED	"VL53pkByI9h6YndpuEV+fkt/ZDeJlnI8epW+cJ2UV1"
#define PUB	"7yvcFaEcpEer7woCrtLe1bFqkYUaDGICV2BOhXiADdrg"
#define JSON(v)	"{\"priv_key\":{" T ",\"value\":\"" v "\"}}"

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	static const char *const bad[] = {
		"", "x", "[]", "{}", "null",
		"{\"priv_key\":null}", "{\"priv_key\":\"" SEED PUB "==\"}",
		"{\"priv_key\":{" T "}}",
		"{\"priv_key\":{\"value\":\"" SEED PUB "==\"}}",
		"{\"priv_key\":{\"type\":\"tendermint/PrivKeySecp256k1\","
		    "\"value\":\"" SEED PUB "==\"}}",
		JSON(SEED PUB), JSON(SEED PUB "="), JSON(SEED PUB "==="),
		JSON(SEED "=="), JSON(SEED PUB "AA"), JSON("=="), JSON(""),
		/* A foreign digit, one digit off, bits left over. */
		JSON("-L53pkByI9h6YndpuEV+fkt/ZDeJlnI8epW+cJ2UV1" PUB "=="),
		JSON("WL53pkByI9h6YndpuEV+fkt/ZDeJlnI8epW+cJ2UV1" PUB "=="),
		JSON(SEED "7yvcFaEcpEer7woCrtLe1bFqkYUaDGICV2BOhXiADdrh"
		    "=="),
		JSON(SEED "\\u0000" "7yvcFaEcpEer7woCrtLe1bFqkYUaDGICV2BO"
		    "hXiADdrg=="),
		JSON(SEED PUB "==") "x",
		"{\"priv_key\":{" T "," T ",\"value\":\"" SEED PUB "==\"}}",
	};
	uint8_t seed[NODEKEY_SEED_SIZE];
	const char *why;
	size_t i;

	nodekey_free(parse(JSON(SEED PUB "=="), strlen(JSON(SEED PUB "=="))));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why = NULL;
		ATF_CHECK_MSG(nodekey_json_parse(bad[i], strlen(bad[i]), seed,
		    &why) == -1, "accepted: %s", bad[i]);
		ATF_CHECK(why != NULL);
	}
}

ATF_TC_WITHOUT_HEAD(hostile);
ATF_TC_BODY(hostile, tc)
{
	uint8_t seed[NODEKEY_SEED_SIZE];
	size_t size = NODEKEY_JSON_MAX + 1;
	const char *why;
	char *text;

	ATF_REQUIRE((text = malloc(size)) != NULL);
	memset(text, ' ', size);
	ATF_CHECK_EQ(-1, nodekey_json_parse(text, size, seed, &why));
	ATF_CHECK_STREQ("it is too long for a node_key.json", why);
	memset(text, '[', size);
	ATF_CHECK_EQ(-1, nodekey_json_parse(text, size - 1, seed, &why));
	memset(text, 0, size);
	ATF_CHECK_EQ(-1, nodekey_json_parse(text, size - 1, seed, &why));
	free(text);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, vectors);
	ATF_TP_ADD_TC(tp, round_trip);
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, hostile);
	return atf_no_error();
}
