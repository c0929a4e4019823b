#include "ingest/foreign_form.h"

#include <string.h>

#include "ingest/blame.h"

enum { KEYS_MAX = 2, LOOKED_AT = 65536 /* bytes of a value: documents show what they are early */ };

#define BY_MAPPING "script/convert map, with a mapping file, makes entries of it"

static const struct form {
	/* A document that has all of them is of this form; so is an entry with a field of the first one's name. */
	const char *keys[KEYS_MAX];
	const char *what, *how;
} forms[] = {
	{{"bookmakers"}, "a document of The Odds API", "script/convert odds-api makes entries of it"},
	{{"over_under_lines"}, "a document of Underdog", BY_MAPPING},
	{{"included", "relationships"}, "a JSON:API document, such as PrizePicks has", BY_MAPPING},
	{{"normalized_selection"}, "a document of OpticOdds", BY_MAPPING},
	{{"grouping_key", "sportsbook"}, "a document of OpticOdds", BY_MAPPING},
	{{"injuries", "athlete"}, "ESPN's list of injuries", BY_MAPPING},
};

/* The key as JSON writes it, with the colon behind it. */
static bool has_key(const char *text, size_t length, const char *key)
{
	const char *end = text + length;
	const size_t key_length = strlen(key);
	for (const char *p = text; (p = memmem(p, (size_t)(end - p), key, key_length)) != NULL; p++) {
		const char *behind = p + key_length;
		if (p == text || p[-1] != '"' || behind == end || *behind++ != '"')
			continue;
		while (behind < end && strchr(" \t\r\n", *behind) && *behind != '\0')
			behind++;
		if (behind < end && *behind == ':')
			return true;
	}
	return false;
}

static bool is_form(const struct form *form, const struct field *f)
{
	const size_t length = f->value_length < LOOKED_AT ? f->value_length : LOOKED_AT;
	if (f->name_length == strlen(form->keys[0]) && memcmp(f->name, form->keys[0], f->name_length) == 0)
		return true;
	for (int k = 0; k < KEYS_MAX && form->keys[k] != NULL; k++)
		if (!has_key(f->value, length, form->keys[k]))
			return false;
	return true;
}

bool foreign_form_blame(const struct field *fields, size_t count, struct malformed *why)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < sizeof(forms) / sizeof(*forms); k++) {
			const struct value name = {.name = fields[i].name, .name_length = fields[i].name_length};
			if (!is_form(&forms[k], &fields[i]))
				continue;
			blame(why, &name, NULL, "is %s (\"%s\"), and no entry of the contract; %s, see docs/events.md",
				forms[k].what, forms[k].keys[0], forms[k].how);
			return true;
		}
	return false;
}
