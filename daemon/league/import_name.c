/*
 * One step a kind of markup, each a function from one buffer to the other, in the order in which sources lay them on: the
 * encoding first, since it hides all else, blanks last, since the others leave some. A step that changes something is a
 * note. Bytes go by unchanged where no step knows them: what a name must have is the rule's business.
 */
#include "league/import_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROOM 512 /* of a name while it is being mended: longer ones are left for the rule to refuse */

struct text {
	char data[ROOM];
	size_t length;
};

static void add(struct text *t, const char *bytes, size_t length)
{
	if (t->length + length < ROOM) {
		memcpy(t->data + t->length, bytes, length);
		t->length += length;
	}
	t->data[t->length] = '\0';
}

static size_t encode(uint32_t c, char ret[4])
{
	if (c < 0x80) {
		ret[0] = (char)c;
		return 1;
	}
	size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = length - 1; i > 0; i--, c >>= 6)
		ret[i] = (char)(0x80 | (c & 0x3f));
	ret[0] = (char)((0xf00u >> length & 0xff) | c);
	return length;
}

/* Of valid UTF-8; *at goes on behind it. */
static uint32_t decode(const char **at)
{
	const unsigned char *p = (const unsigned char *)*at;
	size_t length = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	uint32_t c = length == 1 ? *p : *p & (0x7fu >> length);
	for (size_t i = 1; i < length; i++)
		c = c << 6 | (p[i] & 0x3f);
	*at += length;
	return c;
}

/* What Windows-1252 has from 0x80 on; 0: nothing, and those who decode it leave the byte as it is. */
static const uint16_t windows[32] = {0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	0x2039, 0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161,
	0x203a, 0x0153, 0, 0x017e, 0x0178};

/* The byte that a character was before it was decoded as Windows-1252 or Latin-1; -1: none. */
static int byte_of(uint32_t c)
{
	for (int i = 0; i < 32; i++) {
		if (windows[i] == c)
			return 0x80 + i;
	}
	return c < 0x100 ? (int)c : -1;
}

static bool undo_encoding(const char *in, struct text *out)
{
	bool any = false;
	while (*in) {
		uint32_t c = decode(&in);
		int byte = byte_of(c);
		if (byte < 0)
			return false;
		any = any || byte >= 0x80;
		add(out, &(char){(char)byte}, 1);
	}
	return any && utf8_valid(out->data, out->length);
}

static const struct {
	const char *name;
	uint32_t letter;
} entities[] = {
	{"amp", '&'},
	{"apos", '\''},
	{"quot", '"'},
	{"nbsp", 0xa0},
	{"rsquo", 0x2019},
	{"lsquo", 0x2018},
	{"hyphen", '-'},
	{"ndash", 0x2013},
	{"shy", 0xad},
	{"Agrave", 0xc0},
	{"Aacute", 0xc1},
	{"Acirc", 0xc2},
	{"Atilde", 0xc3},
	{"Auml", 0xc4},
	{"Aring", 0xc5},
	{"AElig", 0xc6},
	{"Ccedil", 0xc7},
	{"Egrave", 0xc8},
	{"Eacute", 0xc9},
	{"Ecirc", 0xca},
	{"Euml", 0xcb},
	{"Igrave", 0xcc},
	{"Iacute", 0xcd},
	{"Icirc", 0xce},
	{"Iuml", 0xcf},
	{"ETH", 0xd0},
	{"Ntilde", 0xd1},
	{"Ograve", 0xd2},
	{"Oacute", 0xd3},
	{"Ocirc", 0xd4},
	{"Otilde", 0xd5},
	{"Ouml", 0xd6},
	{"Oslash", 0xd8},
	{"Ugrave", 0xd9},
	{"Uacute", 0xda},
	{"Ucirc", 0xdb},
	{"Uuml", 0xdc},
	{"Yacute", 0xdd},
	{"szlig", 0xdf},
	{"agrave", 0xe0},
	{"aacute", 0xe1},
	{"acirc", 0xe2},
	{"atilde", 0xe3},
	{"auml", 0xe4},
	{"aring", 0xe5},
	{"aelig", 0xe6},
	{"ccedil", 0xe7},
	{"egrave", 0xe8},
	{"eacute", 0xe9},
	{"ecirc", 0xea},
	{"euml", 0xeb},
	{"igrave", 0xec},
	{"iacute", 0xed},
	{"icirc", 0xee},
	{"iuml", 0xef},
	{"eth", 0xf0},
	{"ntilde", 0xf1},
	{"ograve", 0xf2},
	{"oacute", 0xf3},
	{"ocirc", 0xf4},
	{"otilde", 0xf5},
	{"ouml", 0xf6},
	{"oslash", 0xf8},
	{"ugrave", 0xf9},
	{"uacute", 0xfa},
	{"ucirc", 0xfb},
	{"uuml", 0xfc},
	{"yacute", 0xfd},
	{"yuml", 0xff},
	{"Cacute", 0x106},
	{"cacute", 0x107},
	{"Ccaron", 0x10c},
	{"ccaron", 0x10d},
	{"Dcaron", 0x10e},
	{"dcaron", 0x10f},
	{"Dstrok", 0x110},
	{"dstrok", 0x111},
	{"Ecaron", 0x11a},
	{"ecaron", 0x11b},
	{"gbreve", 0x11f},
	{"imath", 0x131},
	{"inodot", 0x131},
	{"Lstrok", 0x141},
	{"lstrok", 0x142},
	{"nacute", 0x144},
	{"ncaron", 0x148},
	{"OElig", 0x152},
	{"oelig", 0x153},
	{"Rcaron", 0x158},
	{"rcaron", 0x159},
	{"Scaron", 0x160},
	{"scaron", 0x161},
	{"Scedil", 0x15e},
	{"scedil", 0x15f},
	{"umacr", 0x16b},
	{"uring", 0x16f},
	{"Zcaron", 0x17d},
	{"zcaron", 0x17e},
	{"zdot", 0x17c},
	{"zacute", 0x17a},
};

/* The character that "&...;" stands for, 0: none that is known; *length of it all. */
static uint32_t entity(const char *at, size_t *length)
{
	const char *semicolon = strchr(at, ';');
	if (!semicolon || semicolon - at > 10)
		return 0;
	*length = (size_t)(semicolon - at) + 1;
	if (at[1] == '#') {
		bool hex = at[2] == 'x' || at[2] == 'X';
		char *end;
		long c = isxdigit((unsigned char)at[2 + hex]) ? strtol(at + 2 + hex, &end, hex ? 16 : 10) : 0;
		return c >= 0x20 && c < 0xd800 && end == semicolon ? (uint32_t)c : 0;
	}
	for (size_t i = 0; i < COUNT(entities); i++) {
		if (strlen(entities[i].name) == *length - 2 && strncmp(entities[i].name, at + 1, *length - 2) == 0)
			return entities[i].letter;
	}
	return 0;
}

static bool undo_entities(const char *in, struct text *out)
{
	bool any = false;
	while (*in) {
		size_t length = 1;
		uint32_t c = *in == '&' ? entity(in, &length) : 0;
		char bytes[4];
		if (c)
			add(out, bytes, encode(c, bytes));
		else
			add(out, in, 1);
		any = any || c;
		in += c ? length : 1;
	}
	return any;
}

static bool undo_id(const char *in, struct text *out)
{
	const char *slash = strchr(in, '\\');
	if (!slash || slash == in || !slash[1] || slash[1 + strspn(slash + 1, "abcdefghijklmnopqrstuvwxyz0123456789'.")])
		return false;
	add(out, in, (size_t)(slash - in));
	return true;
}

/* Of a hall of fame, a two-way contract, a rookie, a captain: a star, or up to four capitals in brackets. */
static bool undo_mark(const char *in, struct text *out)
{
	size_t length = strlen(in);
	while (length > 0 && in[length - 1] == ' ')
		length--;
	size_t end = length;
	if (length > 1 && in[length - 1] == '*') {
		length--;
	} else if (length > 1 && in[length - 1] == ')') {
		size_t open = length - 1;
		while (open > 0 && in[open] != '(')
			open--;
		size_t inside = length - open - 2;
		if (open > 1 && inside >= 1 && inside <= 4 &&
			strspn(in + open + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == inside)
			length = open;
	}
	if (length == end)
		return false;
	while (length > 0 && in[length - 1] == ' ')
		length--;
	add(out, in, length);
	return true;
}

static bool is_suffix(const char *text, size_t length)
{
	static const char *const suffixes[] = {"jr", "sr", "ii", "iii", "iv", "v"};
	if (length > 0 && text[length - 1] == '.')
		length--;
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		if (strlen(suffixes[i]) == length && strncasecmp(suffixes[i], text, length) == 0)
			return true;
	}
	return false;
}

/* "James, LeBron", "Jackson Jr., Jaren", "Porter, Michael Jr."; "Jaren Jackson, Jr." loses its comma. */
static bool undo_order(const char *in, struct text *out)
{
	const char *comma = strchr(in, ',');
	if (!comma || comma == in || strchr(comma + 1, ','))
		return false;
	const char *first = comma + 1 + strspn(comma + 1, " ");
	size_t length = strlen(first), last = (size_t)(comma - in);
	while (length > 0 && first[length - 1] == ' ')
		length--;
	if (length == 0)
		return false;
	if (is_suffix(first, length)) {
		add(out, in, last);
		add(out, " ", 1);
		add(out, first, length);
		return true;
	}
	size_t word = length; /* where a suffix behind the first name begins */
	while (word > 0 && first[word - 1] != ' ')
		word--;
	bool suffix = word > 0 && is_suffix(first + word, length - word);
	add(out, first, suffix ? word - 1 : length);
	add(out, " ", 1);
	add(out, in, last);
	if (suffix) {
		add(out, " ", 1);
		add(out, first + word, length - word);
	}
	return true;
}

static bool undo_signs(const char *in, struct text *out)
{
	static const struct {
		uint32_t sign;
		char plain;
	} signs[] = {{0x2018, '\''}, {0x2019, '\''}, {0x201b, '\''}, {0x2032, '\''}, {0x02bc, '\''}, {0x02b9, '\''},
		{0xb4, '\''}, {'`', '\''}, {0xff07, '\''}, {0x2010, '-'}, {0x2011, '-'}, {0x2012, '-'}, {0x2013, '-'},
		{0x2014, '-'}, {0x2212, '-'}};
	bool any = false;
	while (*in) {
		const char *from = in;
		uint32_t c = decode(&in);
		char plain = '\0';
		for (size_t i = 0; i < COUNT(signs) && !plain; i++)
			plain = signs[i].sign == c ? signs[i].plain : '\0';
		if (plain)
			add(out, &plain, 1);
		else
			add(out, from, (size_t)(in - from));
		any = any || plain;
	}
	return any;
}

static bool is_blank(uint32_t c)
{
	return c == ' ' || (c >= 0x09 && c <= 0x0d) || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x202f || c == 0x205f || c == 0x3000;
}

static bool is_invisible(uint32_t c)
{
	return c == 0xad || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x2064) || c == 0xfeff;
}

static bool undo_blanks(const char *in, struct text *out)
{
	const char *all = in;
	bool due = false;
	while (*in) {
		const char *from = in;
		uint32_t c = decode(&in);
		if (is_blank(c)) {
			due = out->length > 0;
			continue;
		}
		if (is_invisible(c))
			continue;
		if (due)
			add(out, " ", 1);
		due = false;
		add(out, from, (size_t)(in - from));
	}
	return strcmp(all, out->data) != 0;
}

static const struct {
	const char *text;
	bool (*undo)(const char *in, struct text *out); /* false: nothing to undo */
	int times; /* how often it may have been laid on */
} steps[NAME_NOTES] = {
	[NAME_ENCODED] = {"letters encoded twice", undo_encoding, 3},
	[NAME_ENTITIES] = {"HTML entities", undo_entities, 3},
	[NAME_ID] = {"an id after the name", undo_id, 1},
	[NAME_MARK] = {"a mark after the name", undo_mark, 2},
	[NAME_ORDER] = {"the last name first", undo_order, 1},
	[NAME_SIGNS] = {"typographic apostrophes or hyphens", undo_signs, 1},
	[NAME_BLANKS] = {"blanks too many, or signs that are not seen", undo_blanks, 1},
};

const char *name_note_text(enum name_note note)
{
	return steps[note].text;
}

/* What no name has, and is left of a markup that no step knows. */
static const char *wrong_with(const char *name)
{
	static const struct {
		const char *signs, *what;
	} signs[] = {
		{"<>", "a name has no < or >; is it HTML?"},
		{"\\", "a name has no \\"},
		{"&;", "a name has no & or ;: an HTML entity that is not known"},
		{"?", "a name has no ?: a letter was lost when the file was written"},
		{"@", "a name has no @"},
		{"/|", "a name has no / or |: one spelling is right"},
		{"()[]{}", "a name has no brackets"},
		{",", "a name has no comma but in \"Last, First\""},
		{"*#=_~^%$!:+", "a name has none of * # = _ ~ ^ % $ ! : +"},
	};
	for (size_t i = 0; i < COUNT(signs); i++) {
		if (strpbrk(name, signs[i].signs))
			return signs[i].what;
	}
	return strstr(name, "\xef\xbf\xbd") ? "a letter was lost when the file was written (U+FFFD)" : NULL;
}

const char *name_mend(const char *text, char *ret, size_t size, unsigned *notes)
{
	char name[ROOM];
	const unsigned char *p = (const unsigned char *)text;
	*notes = 0;
	while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '\'' || *p == '-' || *p == '.' ||
		(*p == ' ' && p[1] > ' '))
		p++;
	text_format(ret, size, "%s", text);
	if (!*p ||
		strlen(text) >= ROOM - 16) /* nearly all of them: nothing to do; or too long, for the rule to refuse */
		return NULL;
	strcpy(name, text);
	for (int note = 0; note < NAME_NOTES; note++) {
		for (int i = 0; i < steps[note].times; i++) {
			struct text out = {.length = 0};
			if (!steps[note].undo(name, &out))
				break;
			*notes |= 1u << note;
			strcpy(name, out.data);
		}
	}
	text_format(ret, size, "%s", name);
	return wrong_with(name);
}
