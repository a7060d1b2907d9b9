/* SPDX-License-Identifier: ISC */
/* The node key: RFC 8032's vectors, the file and who may read it. */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atf-c.h>

#include "common/nodekey.h"

/* RFC 8032, 7.1, TEST 1 and TEST 2. */
static const struct {
	const char	*seed, *pub, *msg, *sig;
} vectors[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	  "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
	  "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	  "72",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
};

static size_t
unhex(const char *s, uint8_t *out)
{
	size_t i;
	unsigned v;

	for (i = 0; s[2 * i] != '\0'; i++) {
		ATF_REQUIRE_EQ(sscanf(s + 2 * i, "%2x", &v), 1);
		out[i] = v;
	}
	return i;
}

ATF_TC_WITHOUT_HEAD(signatures);
ATF_TC_BODY(signatures, tc)
{
	uint8_t seed[32], pub[32], back[32], msg[8], want[64], sig[64];
	struct nodekey_why why;
	struct nodekey *k;
	size_t i, len;

	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		unhex(vectors[i].seed, seed);
		unhex(vectors[i].pub, pub);
		unhex(vectors[i].sig, want);
		len = unhex(vectors[i].msg, msg);
		ATF_REQUIRE((k = nodekey_from_seed(seed, &why)) != NULL);
		ATF_CHECK_EQ(memcmp(nodekey_pub(k), pub, 32), 0);
		ATF_CHECK_EQ(nodekey_sign(k, msg, len, sig), 0);
		ATF_CHECK_EQ(memcmp(sig, want, 64), 0);
		ATF_CHECK_EQ(nodekey_seed(k, back), 0);
		ATF_CHECK_EQ(memcmp(back, seed, 32), 0);
		nodekey_free(k);
	}
}

/* From the vectors of node_key.json. */
ATF_TC_WITHOUT_HEAD(id);
ATF_TC_BODY(id, tc)
{
	char text[NODE_ID_TEXT_SIZE];
	struct node_id node;
	uint8_t pub[32];

	unhex("f2bdc15a11ca447abef0a02aed2ded5b16a91851a0c620257604e8578800"
	    "ddae", pub);
	ATF_REQUIRE_EQ(nodekey_pub_to_id(pub, &node), 0);
	ATF_CHECK_STREQ(node_id_text(&node, text),
	    "6d38fe3e06bb971bf9ca492c42f80f54209011fb");
}

ATF_TC_WITHOUT_HEAD(file);
ATF_TC_BODY(file, tc)
{
	struct nodekey *k, *again;
	struct nodekey_why why;
	struct stat st;

	ATF_CHECK(nodekey_load("key.pem", &why) == NULL);
	ATF_CHECK_EQ(errno, ENOENT);
	ATF_REQUIRE((k = nodekey_generate(&why)) != NULL);
	ATF_REQUIRE_EQ_MSG(nodekey_save(k, "key.pem", &why), 0, "%s",
	    why.text);
	ATF_REQUIRE_EQ(stat("key.pem", &st), 0);
	ATF_CHECK_EQ(st.st_mode & 07777, 0600);
	ATF_CHECK_EQ(st.st_nlink, 1);
	again = nodekey_load("key.pem", &why);
	ATF_REQUIRE_MSG(again != NULL, "%s", why.text);
	ATF_CHECK(node_id_equal(nodekey_id(k), nodekey_id(again)));
	nodekey_free(again);

	/* A key is never overwritten, and nothing is left behind. */
	ATF_CHECK_EQ(nodekey_save(k, "key.pem", &why), -1);
	ATF_CHECK_EQ(errno, EEXIST);
	ATF_CHECK_EQ(nodekey_save(k, "none/key.pem", &why), -1);
	ATF_CHECK_EQ(system("test \"$(ls key*)\" = key.pem"), 0);
	nodekey_free(k);
}

static void
put(const char *name, const char *text, mode_t mode)
{
	int fd;

	(void)unlink(name);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ATF_REQUIRE(fd != -1);
	ATF_REQUIRE_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ATF_REQUIRE_EQ(fchmod(fd, mode), 0);
	close(fd);
}

static void
refused(const char *name, const char *part)
{
	struct nodekey_why why = { "" };

	ATF_CHECK_MSG(nodekey_load(name, &why) == NULL, "%s", name);
	ATF_CHECK_MSG(strstr(why.text, part) != NULL, "%s: %s", name,
	    why.text);
}

ATF_TC_WITHOUT_HEAD(refusals);
ATF_TC_BODY(refusals, tc)
{
	/* An Ed448 key, and an Ed25519 one under a password. */
	const char *ed448 =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MEcCAQAwBQYDK2VxBDsEOfUp4wMmGx11+NlSEFFGCZ3dNbCdWNaPGVaOvGw+PLyP\n"
	    "lI9E3VQmJB6scvljTJSdgrykyffGFhLvVA==\n"
	    "-----END PRIVATE KEY-----\n";
	const char *locked =
	    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
	    "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhnefYAvJ6WhgICCAAw\n"
	    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEELLvuV8cqiIcwX5kb5xQxVIEQO/v\n"
	    "CB8SMfagPwB8UPp061H1m6KCDxWSQEX9y+fLrGrWps13XRLRkMsPKUs7qzaYnKqM\n"
	    "U8WrnMmqq4vsxZLEl98=\n"
	    "-----END ENCRYPTED PRIVATE KEY-----\n";
	struct nodekey_why why;
	struct nodekey *k;
	char big[5000];

	put("junk", "not a key\n", 0600);
	refused("junk", "holds no Ed25519");
	put("empty", "", 0600);
	refused("empty", "holds no Ed25519");
	put("other", ed448, 0600);
	refused("other", "holds no Ed25519");
	put("locked", locked, 0600);
	refused("locked", "holds no Ed25519");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	put("big", big, 0600);
	refused("big", "too long");

	ATF_REQUIRE((k = nodekey_generate(&why)) != NULL);
	ATF_REQUIRE_EQ(nodekey_save(k, "key.pem", &why), 0);
	nodekey_free(k);
	ATF_REQUIRE_EQ(chmod("key.pem", 0640), 0);
	refused("key.pem", "others than its owner");
	ATF_REQUIRE_EQ(chmod("key.pem", 0604), 0);
	refused("key.pem", "others than its owner");
	ATF_REQUIRE_EQ(chmod("key.pem", 0400), 0);
	ATF_CHECK((k = nodekey_load("key.pem", &why)) != NULL);
	nodekey_free(k);
	ATF_REQUIRE_EQ(symlink("key.pem", "link"), 0);
	refused("link", "it is a link");
	ATF_REQUIRE_EQ(mkfifo("fifo", 0600), 0);
	refused("fifo", "not a regular file");
	refused("/", "not a regular file");
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, signatures);
	ATF_TP_ADD_TC(tp, id);
	ATF_TP_ADD_TC(tp, file);
	ATF_TP_ADD_TC(tp, refusals);
	return atf_no_error();
}
