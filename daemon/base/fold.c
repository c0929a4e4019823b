/*
 * utf8proc decomposes by compatibility (so that full-width letters and ligatures fold too), folds case and
 * drops the marks; what stays a letter of its own in Unicode although readers of English take it for another
 * is in `spelled`. Plain ASCII, which is nearly all of it, never gets there.
 */
#include "base/fold.h"

#include "base/str.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <utf8proc.h>

/* Lower case only: utf8proc has folded the case (and spelled out ß) before this is asked. */
static const struct {
	utf8proc_int32_t letter;
	char text[3];
} spelled[] = {
	{0x00e6, "ae"},
	{0x00f0, "d"},
	{0x00f8, "o"},
	{0x00fe, "th"},
	{0x0111, "d"},
	{0x0131, "i"},
	{0x0142, "l"},
	{0x0153, "oe"},
};

static bool kept(utf8proc_int32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

enum { TEAM_LENGTH = 4 }; /* @CHA */

struct folded {
	char *text;
	size_t length;
	bool too_long;
};

static void put(struct folded *out, char c)
{
	if (out->length == LOOKUP_SIZE - 1) {
		out->too_long = true;
		return;
	}
	out->text[out->length++] = c;
}

static void put_letter(struct folded *out, utf8proc_int32_t c)
{
	if (kept(c)) {
		put(out, (char)c);
		return;
	}
	for (size_t i = 0; i < sizeof(spelled) / sizeof(*spelled); i++)
		if (spelled[i].letter == c)
			for (const char *p = spelled[i].text; *p != '\0'; p++)
				put(out, *p);
}

/* Of a text that ends in @ and a team: where the @ stands; else its length. */
static size_t team_at(const char *text, size_t length)
{
	if (length <= TEAM_LENGTH || text[length - TEAM_LENGTH] != '@')
		return length;
	for (size_t i = length - TEAM_LENGTH + 1; i < length; i++)
		if (text[i] < 'A' || text[i] > 'Z')
			return length;
	return length - TEAM_LENGTH;
}

static void put_text(struct folded *out, const char *text, size_t length)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
	const utf8proc_uint8_t *end = p + length;
	while (p < end) {
		if (*p < 0x80) {
			utf8proc_int32_t c = *p++;
			if (c >= 'A' && c <= 'Z')
				c += 'a' - 'A';
			if (kept(c))
				put(out, (char)c);
			continue;
		}
		utf8proc_int32_t letter, parts[32];
		p += utf8proc_iterate(p, end - p, &letter);
		int boundary = 0;
		/* The longest decomposition of one letter in Unicode has 18 parts (U+FDFA). */
		utf8proc_ssize_t n = utf8proc_decompose_char(letter, parts, 32,
			UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK, &boundary);
		for (utf8proc_ssize_t i = 0; i < n && i < 32; i++)
			put_letter(out, parts[i]);
	}
}

/* "iii" before "ii": the longest that fits is the suffix. */
static const char *const suffixes[] = {"iii", "ii", "iv", "jr", "sr", "v"};

/* Of "Jaren Jr." 6: where its last word begins, if that is a generational suffix; else the whole length. */
static size_t before_suffix(const char *part, size_t length)
{
	char word[LOOKUP_SIZE];
	struct folded out = {.text = word};
	size_t end = length, begin;
	while (end > 0 && part[end - 1] == ' ')
		end--;
	for (begin = end; begin > 0 && part[begin - 1] != ' ';)
		begin--;
	put_text(&out, part + begin, end - begin);
	word[out.length] = '\0';
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (strcmp(word, suffixes[i]) == 0)
			return begin;
	return length;
}

static bool is_suffix(const char *part, size_t length)
{
	const size_t before = before_suffix(part, length);
	return before < length && strspn(part, " ") == before;
}

/* "Last, First" in the order in which it is spoken; a suffix, wherever it stands, comes last: "Jackson Jr., Jaren",
 * "Jackson, Jaren Jr.", "Jackson, Jaren, Jr." and "Jaren Jackson, Jr." are one. */
static void put_turned(struct folded *out, const char *text, size_t length, const char *comma)
{
	const char *end = text + length;
	/* "Jackson, Jr., Jaren": what is but a suffix belongs to the name before it. */
	for (const char *next; (next = memchr(comma + 1, ',', (size_t)(end - comma - 1))) != NULL; comma = next)
		if (!is_suffix(comma + 1, (size_t)(next - comma - 1)))
			break;
	const char *rest = comma + 1;
	const size_t last = (size_t)(comma - text), rest_length = (size_t)(end - rest);
	const size_t name = before_suffix(text, last), first = before_suffix(rest, rest_length);
	put_text(out, rest, first);
	put_text(out, text, name);
	put_text(out, text + name, last - name);
	put_text(out, rest + first, rest_length - first);
}

static int fold_text(const char *text, size_t length, char lookup[LOOKUP_SIZE])
{
	if (!utf8_valid(text, length))
		return -EINVAL;
	struct folded out = {.text = lookup};
	const char *comma = memchr(text, ',', length);
	if (comma)
		put_turned(&out, text, length, comma);
	else
		put_text(&out, text, length);
	if (out.too_long)
		return -ENAMETOOLONG;
	lookup[out.length] = '\0';
	return (int)out.length;
}

static size_t trimmed(const char *text, size_t length)
{
	while (length > 0 && text[length - 1] == ' ')
		length--;
	return length;
}

int fold_bare_name(const char *text, size_t length, char lookup[LOOKUP_SIZE])
{
	return fold_text(text, team_at(text, trimmed(text, length)), lookup);
}

int fold_name(const char *text, size_t length, char lookup[LOOKUP_SIZE])
{
	length = trimmed(text, length);
	const size_t at = team_at(text, length);
	int n = fold_text(text, at, lookup);
	if (n <= 0 || at == length)
		return n;
	if (n + TEAM_LENGTH >= LOOKUP_SIZE)
		return -ENAMETOOLONG;
	memcpy(lookup + n, text + at, TEAM_LENGTH);
	lookup[n + TEAM_LENGTH] = '\0';
	return n + TEAM_LENGTH;
}

bool fold_is_lookup(const char *text, size_t length)
{
	if (length == 0 || length >= LOOKUP_SIZE)
		return false;
	const size_t at = team_at(text, length);
	for (size_t i = 0; i < at; i++)
		if (!kept((unsigned char)text[i]))
			return false;
	return true;
}

const char *fold_team(const char *lookup)
{
	const char *at = strchr(lookup, '@');
	return at ? at + 1 : "";
}

size_t fold_bare(const char *lookup)
{
	return strcspn(lookup, "@");
}

size_t fold_stem(const char *lookup)
{
	size_t length = fold_bare(lookup);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		size_t n = strlen(suffixes[i]);
		if (length > n && memcmp(lookup + length - n, suffixes[i], n) == 0)
			return length - n;
	}
	return length;
}
