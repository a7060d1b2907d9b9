/* SPDX-License-Identifier: ISC */
/*
 * Vectors of CometBFT's book, node key and settings, as far as pexd shares
 * them.  The two files are read by what pexctl reads them with.
 */
#include <openssl/evp.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "addrbookd/book/book.h"
#include "common/conf.h"
#include "common/nodekey.h"
#include "pexctl/import.h"
#include "pexctl/nodekey_json.h"
#include "regress/lib/hex.h"
#include "regress/lib/vec.h"

#define DAY		86400
#define NS_PER_MS	1000000ULL

/* --- addrbook.json ---------------------------------------------------- */

static void
check_address(struct vec *v, json_t *addr)
{
	struct node_id	 id;
	const char	*text;
	uint8_t		 ip[16];

	if (!vec_keys(v, addr, "id ip port"))
		return;
	text = vec_text(v, addr, "id");
	VEC_CHECK(v, node_id_parse(text, strlen(text), &id) == 0);
	text = vec_text(v, addr, "ip");
	VEC_CHECK(v, ip_parse(text, strlen(text), ip) == 0);
	VEC_CHECK(v, vec_u64(v, addr, "port") <= UINT16_MAX);
}

/* 2006-01-02T15:04:05, a fraction or none, Z or an offset. */
static void
check_time(struct vec *v, json_t *entry, const char *key)
{
	static const char	 form[] = "dddd-dd-ddTdd:dd:dd";
	const char		*s = vec_text(v, entry, key);
	size_t			 i;

	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' :
		    s[i] != form[i]) {
			vec_fail(v, "\"%s\" is no time", s);
			return;
		}
	s += i;
	if (*s == '.')
		s += 1 + strspn(s + 1, "0123456789");
	VEC_CHECK(v, strcmp(s, "Z") == 0 || *s == '+' || *s == '-');
}

static void
check_entry(struct vec *v, json_t *e)
{
	json_t		*bucket;
	uint64_t	 type;
	size_t		 i;

	if (!vec_keys(v, e, "addr attempts bucket_type buckets last_attempt "
	    "last_ban_time last_success src"))
		return;
	check_address(v, json_object_get(e, "addr"));
	check_address(v, json_object_get(e, "src"));
	vec_u64(v, e, "attempts");
	type = vec_u64(v, e, "bucket_type");
	VEC_CHECK(v, type == 1 || type == 2);
	VEC_CHECK(v, json_array_size(vec_array(v, e, "buckets")) > 0);
	json_array_foreach(json_object_get(e, "buckets"), i, bucket)
		VEC_CHECK(v, json_integer_value(bucket) >= 0 &&
		    json_integer_value(bucket) < (type == 1 ? 256 : 64));
	check_time(v, e, "last_attempt");
	check_time(v, e, "last_success");
	check_time(v, e, "last_ban_time");
}

/* The importer hands the entries on in their order. */
struct imported {
	struct vec	*v;
	json_t		*addrs;
	size_t		 n;
};

static int
check_imported(void *ctx, const struct m_row_entry *row, bool with_history)
{
	struct imported	*im = ctx;
	json_t		*addr;
	const char	*ip;
	char		 text[NODE_ID_TEXT_SIZE];
	uint8_t		 bytes[16];

	addr = json_object_get(json_array_get(im->addrs, im->n), "addr");
	im->n++;
	if (addr == NULL) {
		vec_fail(im->v, "more entries than there are");
		return 0;
	}
	ip = vec_text(im->v, addr, "ip");
	VEC_CHECK(im->v, strcasecmp(node_id_text(&row->addr.id, text),
	    vec_text(im->v, addr, "id")) == 0);
	VEC_CHECK(im->v, ip_parse(ip, strlen(ip), bytes) == 0 &&
	    memcmp(bytes, row->addr.na.ip, sizeof(bytes)) == 0);
	VEC_CHECK(im->v, row->addr.na.port == vec_u64(im->v, addr, "port"));
	return 0;
}

static void
check_import(struct vec *v, json_t *addrs)
{
	const char	*text = vec_file_text(v);
	struct imported	 im = { v, addrs, 0 };
	struct import	*import;

	VEC_CHECK(v, import_detect(text, strlen(text)) == IMPORT_COMET);
	if ((import = import_new(IMPORT_COMET, check_imported, &im)) == NULL)
		abort();
	if (import_feed(import, text, strlen(text)) == -1 ||
	    import_end(import) == -1)
		vec_fail(v, "not imported: %s", import_error(import));
	VEC_CHECK(v, im.n == json_array_size(addrs));
	VEC_CHECK(v, import_tally(import)->left_out == 0);
	import_free(import);
}

void
vec_addrbook(struct vec *v, json_t *c)
{
	json_t	*entry;
	size_t	 i;

	check_import(v, vec_array(v, c, "addrs"));

	VEC_CHECK(v, vec_bytes(v, c, "key").len == 12);
	json_array_foreach(vec_array(v, c, "addrs"), i, entry)
		check_entry(v, entry);
}

/* --- node_key.json ---------------------------------------------------- */

static void
check_private_key(struct vec *v, const uint8_t priv[64], const uint8_t *pub,
    const char *id)
{
	char		 text[NODE_ID_TEXT_SIZE];
	struct nodekey	*key;
	struct nodekey_why why;

	if ((key = nodekey_from_seed(priv, &why)) == NULL) {
		vec_fail(v, "%s", why.text);
		return;
	}
	VEC_CHECK(v, memcmp(nodekey_pub(key), priv + 32, 32) == 0);
	if (pub != NULL)
		VEC_CHECK(v, memcmp(nodekey_pub(key), pub, 32) == 0);
	if (id != NULL)
		VEC_CHECK(v, strcmp(node_id_text(nodekey_id(key), text),
		    id) == 0);
	nodekey_free(key);
}

/* What we would write for that key is the same file. */
static void
check_key_file(struct vec *v, const uint8_t seed[32])
{
	struct nodekey_why	 why;
	struct nodekey		*key;
	const char		*text = vec_file_text(v), *phrase;
	char			 written[NODEKEY_JSON_SIZE];
	uint8_t			 got[NODEKEY_SEED_SIZE];
	json_t			*again = NULL;

	if (nodekey_json_parse(text, strlen(text), got, &phrase) == -1) {
		vec_fail(v, "not taken: %s", phrase);
		return;
	}
	VEC_CHECK(v, memcmp(got, seed, sizeof(got)) == 0);
	if ((key = nodekey_from_seed(got, &why)) != NULL &&
	    nodekey_json_write(key, written) != -1)
		again = json_loads(written, 0, NULL);
	VEC_CHECK(v, json_equal(again, v->top));
	json_decref(again);
	nodekey_free(key);
}

void
vec_node_key(struct vec *v, json_t *c)
{
	json_t		*priv = json_object_get(c, "priv_key");
	const char	*value;
	uint8_t		 out[66];

	if (!vec_keys(v, priv, "type value"))
		return;
	VEC_CHECK(v, strcmp(vec_text(v, priv, "type"),
	    "tendermint/PrivKeyEd25519") == 0);
	value = vec_text(v, priv, "value");
	/* 64 bytes are 88 letters of base64, the last two of them "=". */
	if (strlen(value) != 88 || EVP_DecodeBlock(out,
	    (const uint8_t *)value, 88) != (int)sizeof(out)) {
		vec_fail(v, "the key is not 64 bytes in base64");
		return;
	}
	check_private_key(v, out, NULL, NULL);
	check_key_file(v, out);
}

void
vec_node_key_id(struct vec *v, json_t *c)
{
	check_private_key(v, vec_exact(v, c, "priv64", 64),
	    vec_exact(v, c, "pub", 32), vec_text(v, c, "node_id"));
}

/* --- the book's numbers ----------------------------------------------- */

void
vec_selection_sizes(struct vec *v, json_t *c)
{
	static const char	 prefix[] = "required_new_bias30_nOld=";
	unsigned		 reply, nold;
	const char		*key;
	json_t			*value;

	reply = book_reply_size(vec_u64(v, c, "book_size"));
	VEC_CHECK(v, reply == vec_u64(v, c, "num_addresses"));
	json_object_foreach(c, key, value) {
		if (!vec_begins(key, prefix))
			continue;
		nold = strtoul(key + strlen(prefix), NULL, 10);
		if (book_reply_new(reply, nold) != vec_u64(v, c, key))
			vec_fail(v, "%u new of %u with %u old",
			    book_reply_new(reply, nold), reply, nold);
	}
}

/*
 * CometBFT's judgement, which pexd's own is modelled on but does not share:
 * an entry that was not tried for a week is bad there and not here, if it
 * was heard of since.
 */
static bool
comet_is_bad(bool in_old, uint64_t attempts, json_int_t attempt_age,
    json_int_t success_age, bool never)
{
	bool	 success_old = never || success_age >= 7 * DAY;

	if (in_old || attempt_age < 60)
		return false;
	/* It looks at its clock after the ages were taken. */
	return attempt_age >= 7 * DAY || (never && attempts >= 3) ||
	    (success_old && attempts >= 10);
}

void
vec_is_bad(struct vec *v, json_t *c)
{
	json_int_t	 attempt_age, success_age;
	uint64_t	 type = vec_u64(v, c, "bucket_type");

	v->name = vec_text(v, c, "case");
	VEC_CHECK(v, type == 1 || type == 2);
	attempt_age = vec_u64(v, c, "last_attempt_age_s");
	success_age = json_integer_value(json_object_get(c,
	    "last_success_age_s"));
	VEC_CHECK(v, (success_age == -1) == vec_bool(v, c,
	    "last_success_zero"));
	VEC_CHECK(v, vec_bool(v, c, "is_bad") == comet_is_bad(type == 2,
	    vec_u64(v, c, "attempts"), attempt_age, success_age,
	    vec_bool(v, c, "last_success_zero")));
}

/* --- settings --------------------------------------------------------- */

void
vec_p2p_config(struct vec *v, json_t *c)
{
	struct conf	*conf = conf_new();

	if (conf == NULL)
		abort();
	conf->mode = MODE_PEER;
	conf_set_mode_defaults(conf);
	VEC_CHECK(v, vec_u64(v, c, "MaxNumInboundPeers") ==
	    conf->limits.max_inbound);
	VEC_CHECK(v, vec_u64(v, c, "MaxNumOutboundPeers") ==
	    conf->limits.max_outbound);
	VEC_CHECK(v, vec_u64(v, c, "MaxPacketMsgPayloadSize") ==
	    conf->limits.packet_payload);
	VEC_CHECK(v, vec_u64(v, c, "SendRate") == conf->limits.send_rate);
	VEC_CHECK(v, vec_u64(v, c, "RecvRate") == conf->limits.recv_rate);
	VEC_CHECK(v, vec_u64(v, c, "DialTimeout") ==
	    conf->times.dial_timeout * NS_PER_MS);
	VEC_CHECK(v, vec_bool(v, c, "AddrBookStrict") == conf->strict);
	VEC_CHECK(v, vec_bool(v, c, "AllowDuplicateIP") ==
	    conf->allow_duplicate_ip);
	VEC_CHECK(v, vec_bool(v, c, "PexReactor"));
	conf_free(conf);
}
