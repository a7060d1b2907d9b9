/* SPDX-License-Identifier: ISC */
/* Hex text to bytes, for tests. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "regress/lib/hex.h"

static int
digit(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

int
hex_exact(const char *text, uint8_t *out, size_t n)
{
	size_t	 i;
	int	 hi, lo;

	if (strlen(text) != 2 * n)
		return -1;
	for (i = 0; i < n; i++) {
		hi = digit(text[2 * i]);
		lo = digit(text[2 * i + 1]);
		if (hi == -1 || lo == -1)
			return -1;
		out[i] = hi << 4 | lo;
	}
	return 0;
}

uint8_t *
hex_alloc(const char *text, size_t *len)
{
	size_t	 n = strlen(text);
	uint8_t	*p;

	if (n % 2 != 0 || (p = malloc(n / 2 + 1)) == NULL)
		return NULL;
	if (hex_exact(text, p, n / 2) == -1) {
		free(p);
		return NULL;
	}
	*len = n / 2;
	return p;
}

int
hex_equal(const char *text, const uint8_t *bytes, size_t n)
{
	uint8_t	*p;
	size_t	 len;
	int	 eq;

	if ((p = hex_alloc(text, &len)) == NULL)
		return 0;
	eq = len == n && memcmp(p, bytes, n) == 0;
	free(p);
	return eq;
}
