/* SPDX-License-Identifier: ISC */
/*
 * Every file of test vectors, a test case for each kind, and one that asks
 * whether all files are understood.  Without arguments this is a plain
 * program that tries them all and says what it found.
 */
#include <dirent.h>
#include <err.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <atf-c.h>

#include "regress/lib/vec.h"

static int
is_json(const struct dirent *d)
{
	size_t	 n = strlen(d->d_name);

	return n > 5 && strcmp(d->d_name + n - 5, ".json") == 0;
}

/*
 * Try the files of one kind, or of all if it is NULL; files of no kind count
 * as failures then.  Returns the number of failures.
 */
static unsigned
run(const struct vec_kind *kind, bool tell, unsigned *nfiles, unsigned *ncases)
{
	const struct vec_kind	*k;
	struct dirent		**names;
	char			 path[PATH_MAX];
	unsigned		 failed, before, sum = 0;
	int			 i, n;

	if ((n = scandir(vec_folder(), &names, is_json, alphasort)) == -1)
		err(1, "%s", vec_folder());
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", vec_folder(),
		    names[i]->d_name);
		k = vec_kind_of(path);
		failed = 0;
		before = *ncases;
		if (k == NULL && kind == NULL) {
			printf("%s: not understood\n", names[i]->d_name);
			sum++;
		} else if (k != NULL && (kind == NULL || k == kind)) {
			failed = vec_run_file(k, path, stdout, ncases);
			(*nfiles)++;
			if (tell)
				printf("%s: %u cases, %u failures\n",
				    names[i]->d_name, *ncases - before,
				    failed);
		}
		sum += failed;
		free(names[i]);
	}
	free(names);
	return sum;
}

/* A kind whose file is not there is fine, but not in the project's own. */
static void
run_kind(const char *name)
{
	const struct vec_kind	*k;
	unsigned		 nfiles = 0, ncases = 0;

	for (k = vec_kinds; k->name != NULL; k++)
		if (strcmp(k->name, name) == 0)
			break;
	ATF_REQUIRE(k->name != NULL);
	ATF_CHECK_EQ(0, run(k, false, &nfiles, &ncases));
	if (nfiles == 0 && getenv("PEXD_VECTORS") != NULL)
		atf_tc_skip("not given: no file of this kind in %s",
		    vec_folder());
	ATF_CHECK_MSG(nfiles > 0 && ncases > 0, "no file of this kind");
}

#define KINDS(X)							\
	X(merlin) X(handshake) X(x25519) X(sealed_frames)		\
	X(sealed_stream) X(recv_frames) X(delimited_reader) X(packets)	\
	X(mconn_constants) X(pex_messages) X(pex_packet_streams)	\
	X(pex_decode) X(node_info) X(ip_parse) X(netaddress_parse)	\
	X(netaddress_routability) X(addrbook) X(node_key)		\
	X(node_key_id) X(selection_sizes) X(known_address_is_bad)	\
	X(default_p2p_config)

#define CASE(kind)							\
	ATF_TC_WITHOUT_HEAD(kind);					\
	ATF_TC_BODY(kind, tc)						\
	{								\
		run_kind(#kind);					\
	}
KINDS(CASE)

ATF_TC_WITHOUT_HEAD(understood);
ATF_TC_BODY(understood, tc)
{
	const struct vec_kind	*k;
	unsigned		 nfiles = 0, ncases = 0, nkinds = 0;

	/* Each kind of the table has a test case above. */
#define COUNT(kind)	nkinds++;
	KINDS(COUNT)
	for (k = vec_kinds; k->name != NULL; k++)
		nkinds--;
	ATF_CHECK_EQ(0, nkinds);
	ATF_CHECK_EQ(0, run(NULL, false, &nfiles, &ncases));
	ATF_CHECK_MSG(ncases > 0, "no vectors in %s", vec_folder());
}

/* What ATF_TP_ADD_TCS() makes main() of; here it answers to arguments. */
int	atf_tp_main(int, char **, atf_error_t (*)(atf_tp_t *));

static atf_error_t
add_cases(atf_tp_t *tp)
{
#define ADD(kind)	ATF_TP_ADD_TC(tp, kind);
	KINDS(ADD)
	ATF_TP_ADD_TC(tp, understood);
	return atf_no_error();
}

int
main(int argc, char *argv[])
{
	unsigned	 failed, nfiles = 0, ncases = 0;

	if (argc > 1)
		return atf_tp_main(argc, argv, add_cases);
	failed = run(NULL, true, &nfiles, &ncases);
	printf("%u files, %u cases, %u failures\n", nfiles, ncases, failed);
	return failed == 0 && ncases > 0 ? 0 : 1;
}
