/*
 * The parser keeps no places, so the line of a fault is looked for in the text when there is one: the text is valid JSON by
 * then, and walking over it needs no more than quotes and brackets.
 */
#include "document.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN 60 /* bytes of a value in a sentence */

int document_read(const char *path, struct document *ret, struct err *err)
{
	*ret = (struct document){.name = path};
	FILE *file = fopen(path, "re");
	if (!file)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	char block[65536];
	size_t n;
	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		str_bytes(&ret->text, block, n);
	const int why = ferror(file) ? errno : 0; /* EISDIR, for one */
	fclose(file);
	if (why)
		return err_set(err, -why, "%s: %s", path, strerror(why));
	if (ret->text.failed)
		return err_set(err, -ENOMEM, "%s: out of memory", path);
	json_error_t error;
	ret->root = json_loadb(ret->text.data ? ret->text.data : "", ret->text.length, JSON_REJECT_DUPLICATES, &error);
	if (!ret->root)
		return err_set(err, -EINVAL, "%s:%d: not JSON: %s", path, error.line > 0 ? error.line : 1, error.text);
	return 0;
}

void document_done(struct document *document)
{
	json_decref(document->root);
	str_done(&document->text);
	*document = (struct document){0};
}

/* --- places ------------------------------------------------------------------------------------------------------ */

static const char *skip_space(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* Behind a text, which begins at its quote. */
static const char *skip_text(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		p += *p == '\\' && p[1];
	return *p ? p + 1 : p;
}

static const char *skip_value(const char *p)
{
	int depth = 0;
	do {
		p = skip_space(p);
		if (*p == '"') {
			p = skip_text(p);
			continue;
		}
		depth += *p == '{' || *p == '[';
		depth -= *p == '}' || *p == ']';
		if (strchr("{}[],:", *p))
			p += *p != '\0';
		else
			p += strcspn(p, " \t\r\n{}[],:");
	} while (*p && depth > 0);
	return p;
}

/* Where the value of a member begins; the container's own begin where it has no such member. */
static const char *find_member(const char *container, const struct place *place)
{
	const char *p = skip_space(container + 1);
	for (size_t i = 0; *p && *p != '}' && *p != ']'; i++) {
		bool found = !place->key && i == place->index;
		if (place->key) {
			const char *name = p + 1;
			p = skip_text(p);
			found = strlen(place->key) == (size_t)(p - 1 - name) &&
				memcmp(name, place->key, (size_t)(p - 1 - name)) == 0;
			p = skip_space(skip_space(p) + 1); /* the colon */
		}
		if (found)
			return p;
		p = skip_space(skip_value(p));
		if (*p == ',')
			p = skip_space(p + 1);
	}
	return container;
}

static const char *find(const char *text, const struct place *place)
{
	return place ? find_member(find(text, place->up), place) : skip_space(text);
}

static void add_path(struct str *out, const struct place *place)
{
	if (!place)
		return;
	add_path(out, place->up);
	if (place->key)
		str_printf(out, "%s%s", place->up ? "." : "", place->key);
	else
		str_printf(out, "[%zu]", place->index);
}

int document_fault(const struct document *document, const struct place *place, struct err *err, const char *format, ...)
{
	struct str path = {0};
	char text[384];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	const char *at = find(document->text.data, place);
	size_t line = 1;
	for (const char *p = document->text.data; p < at; p++)
		line += *p == '\n';
	add_path(&path, place);
	err_set(err, -EINVAL, "%s:%zu: %s%s%s", document->name, line, path.data ? path.data : "", path.data ? " " : "",
		text);
	str_done(&path);
	return -EINVAL;
}

/* --- members ----------------------------------------------------------------------------------------------------- */

/* The member, or what is wrong: it is not there, or it is not `right`. */
static int refuse(const struct document *d, const struct place *place, const json_t *value, const char *key,
	const char *right, struct err *err)
{
	if (!value)
		return document_fault(d, place, err, "has no %s", key);
	char *shown = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
	const struct place member = {.up = place, .key = key};
	const int r = document_fault(d, &member, err, "is %.*s%s; it must be %s", SHOWN, shown ? shown : "?",
		shown && strlen(shown) > SHOWN ? "..." : "", right);
	free(shown);
	return r;
}

int document_text(const struct document *d, const struct place *place, const json_t *object, const char *key,
	const char **ret, struct err *err)
{
	const json_t *value = json_object_get(object, key);
	if (json_string_length(value) == 0)
		return refuse(d, place, value, key, "a text", err);
	*ret = json_string_value(value);
	return 0;
}

int document_list(const struct document *d, const struct place *place, const json_t *object, const char *key,
	const json_t **ret, struct err *err)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_array(value))
		return refuse(d, place, value, key, "a list", err);
	*ret = value;
	return 0;
}

int document_number(const struct document *d, const struct place *place, const json_t *object, const char *key,
	bool whole, double least, double *ret, struct err *err)
{
	const json_t *value = json_object_get(object, key);
	char right[64];
	text_format(right, sizeof(right), "a %snumber from %.10g on", whole ? "whole " : "", least);
	if (!json_is_number(value) || (whole && !json_is_integer(value)) || json_number_value(value) < least)
		return refuse(d, place, value, key, right, err);
	*ret = json_number_value(value);
	return 0;
}

int document_flag(const struct document *d, const struct place *place, const json_t *object, const char *key, bool *ret,
	struct err *err)
{
	const json_t *value = json_object_get(object, key);
	if (!json_is_boolean(value))
		return refuse(d, place, value, key, "true or false", err);
	*ret = json_is_true(value);
	return 0;
}
