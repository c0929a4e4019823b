#include "ingest/number.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Moves *text behind the sign, if there is one; true: it is a minus. */
static bool sign(const char **text, const char *end)
{
	static const struct {
		const char *text;
		bool minus;
	} signs[] = {
		{"-", true}, {"+", false}, {"\xe2\x88\x92", true}, /* U+2212 */
		{"\xe2\x80\x93", true}, /* U+2013, an en dash */
		{"\xef\xbc\x8d", true}, /* U+FF0D */
		{"\xef\xbc\x8b", false}, /* U+FF0B */
	};
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		const size_t length = strlen(signs[i].text);
		if ((size_t)(end - *text) < length || memcmp(*text, signs[i].text, length) != 0)
			continue;
		*text += length;
		return signs[i].minus;
	}
	return false;
}

/* The digits up to `end` or to what is none, `decimals` of them behind a point that *text stands on. */
static int64_t fraction(const char **text, const char *end, unsigned decimals)
{
	int64_t number = 0;
	const char *p = *text + 1;
	for (; p < end && is_digit(*p); p++)
		if (decimals > 0) {
			number = number * 10 + (*p - '0');
			decimals--;
		}
	for (; decimals > 0; decimals--)
		number *= 10;
	*text = p;
	return number;
}

static int64_t whole(const char **text, const char *end)
{
	const int64_t enough = 1000000000; /* out of every range, and the arithmetic stays within 64 bits */
	int64_t number = 0;
	for (; *text < end && is_digit(**text); (*text)++)
		number = number < enough ? number * 10 + (**text - '0') : enough;
	return number;
}

const char *number_hundredths(const char *text, size_t length, int64_t *ret_hundredths)
{
	static const char half[] = "\xc2\xbd";
	const char *p = text, *end = text + length;
	const bool negative = sign(&p, end);
	const char *begin = p;
	int64_t number = whole(&p, end) * 100;
	const bool digits = p > begin;
	if (end - p == 2 && memcmp(p, half, 2) == 0) {
		number += 50;
		p = end;
	} else if (!digits) {
		return "is not a number";
	} else if (p < end && *p == '.') {
		const char *point = p;
		number += fraction(&p, end, 2);
		if (p == point + 1 || p != end)
			return "is not a number";
		if (p - point > 3)
			return "has more than 2 decimals";
	}
	if (p != end)
		return "is not a number";
	*ret_hundredths = negative ? -number : number;
	return NULL;
}

bool number_decimal_price(const char *text, size_t length, int32_t *ret_price)
{
	const int64_t one = 1000000;
	const char *p = text, *end = text + length;
	int64_t price = whole(&p, end) * one;
	if (p == text)
		return false;
	if (p < end && *p == '.') {
		const char *point = p;
		price += fraction(&p, end, 6);
		if (p == point + 1)
			return false;
	}
	if (p != end || price < one + one / 100 || price > 1001 * one)
		return false;
	const int64_t profit = price - one;
	int64_t american = profit >= one ? (profit + one / 200) / (one / 100) : -((100 * one + profit / 2) / profit);
	*ret_price = american == -100 ? 100 : (int32_t)american;
	return true;
}
