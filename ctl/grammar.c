/*
 * Words are collected first, options wherever they stand, then the command is found in the words and the rest
 * is matched against its positionals. Commands may be shortened while they stay unambiguous; options may not,
 * since scripts that shorten them would break with the next one.
 */
#include "grammar.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/nearest.h"
#include "base/str.h"

#define WORDS_MAX 512

static const char *const forms[] = {"table", "wide", "json", NULL};
static const char *const color_words[] = {"auto", "always", "never", NULL};

const struct ctl_param ctl_global_options[] = {
	{.name = "socket", .value = "PATH", .type = CTL_TEXT, .help = "the daemon's socket, else $PROPSCTL_SOCKET"},
	{.name = "watch",
		.value = "S",
		.type = CTL_NUMBER,
		.from = 0,
		.to = 86400,
		.bare = true,
		.help = "-w: look again every S seconds, or every 2, of what only looks"},
	{.name = "o",
		.value = "FORM",
		.type = CTL_WORD,
		.words = forms,
		.help = "table; wide: all columns, nothing cut; json"},
	{.name = "json", .type = CTL_FLAG, .help = "print JSON for programs, as -o json"},
	{.name = "quiet", .type = CTL_FLAG, .help = "-q: print results and errors only"},
	{.name = "yes", .type = CTL_FLAG, .help = "-y: do not ask before what cannot be taken back"},
	{.name = "color", .value = "WHEN", .type = CTL_WORD, .words = color_words, .help = "auto, always or never"},
	{.name = "no-color", .type = CTL_FLAG, .help = "as --color=never, and as NO_COLOR"},
	{.name = "no-pager", .type = CTL_FLAG, .help = "no $PAGER, which long screens are shown in"},
	{.name = "help", .type = CTL_FLAG, .help = "-h: help for the command"},
	{.name = NULL},
};

/* "first" of "first second"; the length. */
static size_t first_word(const char *name)
{
	return strcspn(name, " ");
}

static const char *second_word(const char *name)
{
	size_t length = first_word(name);
	return name[length] ? name + length + 1 : NULL;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

bool ctl_same_group(const struct ctl_command *a, const struct ctl_command *b)
{
	size_t length = first_word(a->name);
	return length == first_word(b->name) && memcmp(a->name, b->name, length) == 0;
}

static void add_name(struct str *list, const char *name, size_t length)
{
	if (list->length > 0)
		str_text(list, ", ");
	str_bytes(list, name, length);
}

/* Another of its group. */
static bool stood_before(const struct ctl_command *table, const struct ctl_command *row)
{
	for (const struct ctl_command *before = table; before < row; before++)
		if (ctl_same_group(before, row))
			return true;
	return false;
}

/* The first command whose first word is or begins with `word`; all candidates go to `list`. */
static const struct ctl_command *find_first(
	const struct ctl_command *table, const char *word, size_t *ret_candidates, struct str *list)
{
	const struct ctl_command *found = NULL;
	*ret_candidates = 0;
	for (const struct ctl_command *row = table; row->name; row++) {
		size_t length = first_word(row->name);
		if (strlen(word) == length && memcmp(row->name, word, length) == 0) {
			*ret_candidates = 1;
			return row;
		}
		if (strlen(word) == 0 || !begins(row->name, word) || stood_before(table, row))
			continue;
		if (!found)
			found = row;
		++*ret_candidates;
		add_name(list, row->name, length);
	}
	return found;
}

const struct ctl_command *ctl_group(const struct ctl_command *table, const char *word)
{
	size_t candidates;
	struct str list = {0};
	const struct ctl_command *first = find_first(table, word, &candidates, &list);
	str_done(&list);
	return candidates == 1 ? first : NULL;
}

static int unknown_command(const struct ctl_command *table, const char *word, struct err *err)
{
	const char *names[3];
	struct nearest nearest;
	nearest_init(&nearest, word, names, 3);
	for (const struct ctl_command *row = table; row->name; row++) {
		if (!strchr(row->name, ' '))
			nearest_offer(&nearest, row->name);
	}
	struct str list = {0};
	for (size_t i = 0; i < nearest.count; i++)
		add_name(&list, names[i], strlen(names[i]));
	if (list.length == 0)
		err_set(err, -EINVAL, "there is no command \"%s\"; propsctl help lists all", word);
	else
		err_set(err, -EINVAL, "there is no command \"%s\"; did you mean %s?", word,
			list.failed ? "another" : list.data);
	str_done(&list);
	return -EINVAL;
}

/* The command of that first word alone; NULL: there is none. */
static const struct ctl_command *find_bare(const struct ctl_command *table, const struct ctl_command *first)
{
	for (const struct ctl_command *row = table; row->name; row++)
		if (ctl_same_group(row, first) && !second_word(row->name))
			return row;
	return NULL;
}

/* Then a second word may be a name, and is a command only where it is whole: "processor re" is one called "re". */
static bool takes_text(const struct ctl_command *command)
{
	return command->positionals && command->positionals->name && command->positionals->type == CTL_TEXT;
}

/* Whether the words are the command's name and no shorter form of it. */
static bool is_whole(const struct ctl_command *command, const char *const *words)
{
	const size_t length = first_word(command->name);
	const char *second = second_word(command->name);
	return strlen(words[0]) == length && memcmp(words[0], command->name, length) == 0 &&
	       (!second || strcmp(second, words[1]) == 0);
}

const struct ctl_command *ctl_find(
	const struct ctl_command *table, const char *const *words, size_t count, size_t *ret_used, struct err *err)
{
	struct str list = {0};
	size_t candidates;
	const struct ctl_command *result = NULL;
	const struct ctl_command *first = find_first(table, words[0], &candidates, &list);
	if (candidates == 0) {
		unknown_command(table, words[0], err);
		goto out;
	}
	if (candidates > 1) {
		err_set(err, -EINVAL, "\"%s\" may be %s", words[0], list.failed ? "several" : list.data);
		goto out;
	}
	str_clear(&list);
	const struct ctl_command *bare = find_bare(table, first), *second = NULL;
	const bool whole = bare && takes_text(bare);
	for (const struct ctl_command *row = table; row->name; row++) {
		const char *word = ctl_same_group(row, first) ? second_word(row->name) : NULL;
		if (!word)
			continue;
		add_name(&list, word, strlen(word));
		if (count > 1 && words[1][0] != '\0' && (whole ? strcmp(word, words[1]) == 0 : begins(word, words[1]))) {
			if (second && strcmp(word, words[1]) != 0) {
				err_set(err, -EINVAL, "\"%s %s\" may be %s or %s", words[0], words[1], second->name,
					row->name);
				goto out;
			}
			second = row;
		}
	}
	result = second ? second : bare;
	*ret_used = second ? 2 : 1;
	if (result && result->weighs && !is_whole(result, words)) {
		err_set(err, -EINVAL, "\"%s\" is too short: what it does cannot be taken back, so write \"%s\"",
			words[second ? 1 : 0], result->name);
		result = NULL;
		goto out;
	}
	if (!result) {
		int length = (int)first_word(first->name);
		if (count > 1)
			err_set(err, -EINVAL, "\"%.*s\" has no command \"%s\"; it has %s", length, first->name,
				words[1], list.failed ? "others" : list.data);
		else
			err_set(err, -EINVAL, "\"%.*s\" wants one of these behind it: %s", length, first->name,
				list.failed ? "others" : list.data);
	}
out:
	str_done(&list);
	return result;
}

/* Values. */

static void say_right(const struct ctl_param *param, struct str *out)
{
	switch (param->type) {
	case CTL_INT:
		str_printf(out, "a whole number from %lld to %lld", (long long)param->from, (long long)param->to);
		break;
	case CTL_NUMBER:
		str_printf(out, "a number from %lld to %lld", (long long)param->from, (long long)param->to);
		break;
	case CTL_DATE:
		str_text(out, "a date such as 2025-11-15, or today, yesterday or tomorrow");
		break;
	case CTL_DURATION:
		str_text(out, "a duration such as 30s, 5m or 1h30m");
		break;
	case CTL_WORD:
		str_text(out, "one of ");
		for (size_t i = 0; param->words[i]; i++)
			str_printf(out, "%s%s", i > 0 ? ", " : "", param->words[i]);
		break;
	case CTL_FIELDS:
		str_text(out, "KEY=VALUE, such as market=points");
		break;
	case CTL_TEXT:
	case CTL_TEXTS:
	case CTL_FLAG:
		str_text(out, "a text");
		break;
	}
}

static json_t *parse_int(const struct ctl_param *param, const char *text)
{
	char *end;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || number < param->from || number > param->to)
		return NULL;
	return json_integer(number);
}

static json_t *parse_number(const struct ctl_param *param, const char *text)
{
	char *end;
	const double number = strtod(text, &end); /* the locale is set for characters alone: a point is a point */
	if (end == text || *end != '\0' || !isfinite(number) || number < (double)param->from ||
		number > (double)param->to)
		return NULL;
	return json_real(number);
}

/* The value as JSON; NULL: not what the parameter takes. */
static json_t *parse_value(const struct ctl_param *param, const char *text)
{
	date_t date;
	int64_t duration;
	switch (param->type) {
	case CTL_FLAG:
		return json_true();
	case CTL_INT:
		return parse_int(param, text);
	case CTL_NUMBER:
		return parse_number(param, text);
	case CTL_DATE:
		if (!day_parse(text, strlen(text), 0, &date)) /* a word goes on: it means a day by the league's clock */
			return NULL;
		break;
	case CTL_DURATION:
		if (!duration_parse(text, &duration))
			return NULL;
		break;
	case CTL_WORD: {
		size_t i = 0;
		while (param->words[i] && strcmp(param->words[i], text) != 0)
			i++;
		if (!param->words[i])
			return NULL;
		break;
	}
	case CTL_TEXT:
	case CTL_TEXTS:
	case CTL_FIELDS:
		break;
	}
	return text[0] == '\0' ? NULL : json_string(text); /* NULL as well when it is not UTF-8 */
}

/* `shown`: "--state" or "LEVEL". */
static int take_value(json_t *args, const struct ctl_param *param, const char *shown, const char *text, struct err *err)
{
	json_t *value = parse_value(param, text);
	if (!value) {
		struct str right = {0};
		say_right(param, &right);
		err_set(err, -EINVAL, "%s is \"%s\"; it must be %s", shown, text, right.failed ? "another" : right.data);
		str_done(&right);
		return -EINVAL;
	}
	json_t *before = json_object_get(args, param->arg);
	if (before && param->type == CTL_TEXTS)
		return json_array_append_new(before, value) < 0 ? err_set(err, -ENOMEM, "out of memory") : 0;
	if (before) {
		json_decref(value);
		return err_set(err, -EINVAL, "%s is given twice", shown);
	}
	if (param->type == CTL_TEXTS)
		value = json_pack("[o]", value);
	if (json_object_set_new(args, param->arg, value) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	return 0;
}

static int take_field(json_t *args, const struct ctl_param *param, const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');
	json_t *fields = json_object_get(args, param->arg);
	if (!equals || equals == text)
		return err_set(err, -EINVAL, "\"%s\" is not KEY=VALUE, such as market=points", text);
	if (!fields) {
		fields = json_object();
		if (json_object_set_new(args, param->arg, fields) < 0)
			return err_set(err, -ENOMEM, "out of memory");
	}
	char key[128];
	size_t length = (size_t)(equals - text);
	if (length >= sizeof(key))
		return err_set(err, -EINVAL, "\"%.40s...\" is too long a key", text);
	memcpy(key, text, length);
	key[length] = '\0';
	if (json_object_get(fields, key))
		return err_set(err, -EINVAL, "%s is given twice", key);
	if (json_object_set_new(fields, key, json_string(equals + 1)) < 0)
		return err_set(err, -EINVAL, "\"%s\" is not UTF-8", text);
	return 0;
}

static void missing(const struct ctl_command *command, const struct ctl_param *param, struct err *err)
{
	struct str right = {0};
	say_right(param, &right);
	if (param->type == CTL_FIELDS)
		err_set(err, -EINVAL, "\"%s\" wants %s", command->name, right.failed ? param->name : right.data);
	else
		err_set(err, -EINVAL, "\"%s\" wants %s: %s", command->name, param->name,
			param->type == CTL_TEXT || param->type == CTL_TEXTS || right.failed ? param->help : right.data);
	str_done(&right);
}

/* Whether the positional has its place; where an option was given in its stead, the next one has. */
static bool has_place(const struct ctl_param *param, const json_t *args)
{
	for (const char *const *other = param->instead; other && *other; other++)
		if (json_object_get(args, *other))
			return false;
	return true;
}

static bool takes_all(const struct ctl_param *param)
{
	return param->type == CTL_FIELDS || param->type == CTL_TEXTS;
}

/* Positionals in their order; the last may take all that follow. */
static int take_positionals(
	const struct ctl_command *command, const char *const *words, size_t count, json_t *args, struct err *err)
{
	const struct ctl_param *param = command->positionals;
	for (size_t i = 0; i < count; i++) {
		while (param && param->name && !has_place(param, args))
			param++;
		if (!param || !param->name)
			return err_set(
				err, -EINVAL, "\"%s\" takes no further argument: \"%s\"", command->name, words[i]);
		int result = param->type == CTL_FIELDS ? take_field(args, param, words[i], err)
						       : take_value(args, param, param->name, words[i], err);
		if (result < 0)
			return result;
		if (!takes_all(param))
			param++;
	}
	for (; param && param->name; param++) {
		if (!param->required || !has_place(param, args) || json_object_get(args, param->arg))
			continue;
		missing(command, param, err);
		return -EINVAL;
	}
	return 0;
}

/* Those that cannot be left out. */
static int check_options(const struct ctl_command *command, const json_t *args, struct err *err)
{
	for (const struct ctl_param *param = command->options; param && param->name; param++)
		if (param->required && !json_object_get(args, param->arg))
			return err_set(err, -EINVAL, "\"%s\" wants --%s %s: %s", command->name, param->name,
				param->value, param->help);
	return 0;
}

/* Options. */

struct given { /* an option as it stands on the command line */
	char name[64];
	const char *value; /* after "="; NULL: none there */
	int at; /* its place in argv, the value may be the next one */
};

static const struct ctl_param *find_option(const struct ctl_param *options, const char *name)
{
	for (; options && options->name; options++) {
		if (strcmp(options->name, name) == 0)
			return options;
	}
	return NULL;
}

/* `value`: NULL for a flag, or where it may be left out. -EINVAL: it is wrong. */
static int set_global(struct ctl_globals *globals, const struct ctl_param *global, const char *value, struct err *err)
{
	static const struct {
		const char *name;
		size_t flag;
	} flags[] = {{"json", offsetof(struct ctl_globals, json)}, {"quiet", offsetof(struct ctl_globals, quiet)},
		{"yes", offsetof(struct ctl_globals, yes)}, {"no-pager", offsetof(struct ctl_globals, no_pager)},
		{"help", offsetof(struct ctl_globals, help)}};
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (strcmp(flags[i].name, global->name) == 0)
			*(bool *)((char *)globals + flags[i].flag) = true;
	if (strcmp(global->name, "no-color") == 0)
		globals->color = CTL_COLOR_NEVER;
	if (strcmp(global->name, "socket") == 0)
		globals->socket = value;
	json_t *checked = json_object();
	char shown[32];
	text_format(shown, sizeof(shown), "%s%s", global->name[1] ? "--" : "-", global->name);
	int result = value ? take_value(checked,
				     &(struct ctl_param){.arg = "value",
					     .type = global->type,
					     .from = global->from,
					     .to = global->to,
					     .words = global->words},
				     shown, value, err)
			   : 0;
	const json_t *taken = json_object_get(checked, "value");
	if (strcmp(global->name, "watch") == 0) {
		globals->watch_s = taken ? json_number_value(taken) : 2;
		if (result == 0 && globals->watch_s < 0.1)
			result = err_set(err, -EINVAL, "--watch is \"%s\"; it must be 0.1 seconds or more", value);
	}
	if (result == 0 && strcmp(global->name, "color") == 0)
		globals->color = value[1] == 'u'   ? CTL_COLOR_AUTO
				 : value[1] == 'l' ? CTL_COLOR_ALWAYS
						   : CTL_COLOR_NEVER;
	if (result == 0 && strcmp(global->name, "o") == 0) {
		globals->json |= strcmp(value, "json") == 0;
		globals->wide = strcmp(value, "wide") == 0;
	}
	json_decref(checked);
	return result;
}

static int unknown_option(const struct ctl_command *command, const char *name, struct err *err)
{
	const char *names[1];
	struct nearest nearest;
	nearest_init(&nearest, name, names, 1);
	struct str list = {0};
	for (const struct ctl_param *p = command->options; p && p->name; p++) {
		nearest_offer(&nearest, p->name);
		str_printf(&list, "%s--%s", list.length > 0 ? ", " : "", p->name);
	}
	for (const struct ctl_param *p = ctl_global_options; p->name; p++)
		if (p->name[1])
			nearest_offer(&nearest, p->name);
	if (nearest.count > 0)
		err_set(err, -EINVAL, "\"%s\" has no option --%s; did you mean --%s?", command->name, name, names[0]);
	else
		err_set(err, -EINVAL, "\"%s\" has no option --%s; it has %s", command->name, name,
			list.length > 0 && !list.failed ? list.data : "only the general ones");
	str_done(&list);
	return -EINVAL;
}

/* "--name", "--name=value", "-q", "-w=5": false if the word is none of these. */
static bool split_option(const char *word, struct given *ret)
{
	static const char letters[] = "qhwy";
	static const char *const names[] = {"quiet", "help", "watch", "yes"};
	const char *letter = word[0] == '-' && word[1] ? strchr(letters, word[1]) : NULL;
	if (letter && (word[2] == '\0' || word[2] == '=')) {
		strcpy(ret->name, names[letter - letters]);
		ret->value = word[2] ? word + 3 : NULL;
		return true;
	}
	if (word[0] != '-' || word[1] == '\0' || (word[1] >= '0' && word[1] <= '9')) /* -110 is a number */
		return false;
	const char *name = word + (word[1] == '-' ? 2 : 1);
	size_t length = strcspn(name, "=");
	ret->value = name[length] == '=' ? name + length + 1 : NULL;
	if (length >= sizeof(ret->name))
		length = sizeof(ret->name) - 1;
	memcpy(ret->name, name, length);
	ret->name[length] = '\0';
	return true;
}

/*
 * Which options take the next word is known once the command is, so it is looked for first: in the words
 * before any option that is not a general one.
 */
static const struct ctl_command *peek_command(const struct ctl_command *table, int argc, char **argv, int *ret_at)
{
	const char *words[2];
	size_t count = 0, used;
	*ret_at = argc;
	for (int i = 1; i < argc && count < 2; i++) {
		struct given given;
		if (split_option(argv[i], &given)) {
			const struct ctl_param *global = find_option(ctl_global_options, given.name);
			if (!global)
				break;
			if (global->value && !global->bare && !given.value)
				i++;
			continue;
		}
		if (count == 0)
			*ret_at = i;
		words[count++] = argv[i];
	}
	struct err ignored;
	return count > 0 ? ctl_find(table, words, count, &used, &ignored) : NULL;
}

/* The command and its positionals. `result`: what is wrong with the options, which `err` says; an unknown command is the
 * graver mistake. Whoever asks for help gets it, as git and kubectl have it: with what is wrong, and not as a failure. */
static int take_words(const struct ctl_command *table, const char *const *words, size_t count, int result,
	struct ctl_call *ret_call, struct err *err)
{
	struct err unknown = {0};
	size_t used;
	if (count == 0)
		return ret_call->globals.help ? 0 : result;
	const struct ctl_command *command = ctl_find(table, words, count, &used, &unknown);
	if (!command && ret_call->globals.help) {
		ret_call->group = ctl_group(table, words[0]);
		if (!ret_call->group || count > 1)
			ret_call->unknown = unknown;
		return 0;
	}
	if (!command) {
		*err = unknown;
		return -EINVAL;
	}
	ret_call->command = command;
	if (ret_call->globals.help)
		return 0;
	if (result == 0)
		result = take_positionals(command, words + used, count - used, ret_call->args, err);
	return result < 0 ? result : check_options(command, ret_call->args, err);
}

int ctl_parse(const struct ctl_command *table, int argc, char **argv, struct ctl_call *ret_call, struct err *err)
{
	*ret_call = (struct ctl_call){.args = json_object()};
	struct ctl_globals *globals = &ret_call->globals;
	if (!ret_call->args)
		return err_set(err, -ENOMEM, "out of memory");
	const char *words[WORDS_MAX];
	size_t count = 0;
	int at, result = 0;
	struct err first_error = {0};
	bool only_words = false;
	const struct ctl_command *command = peek_command(table, argc, argv, &at);
	for (int i = 1; i < argc; i++) {
		struct given given = {0};
		if (command && command->raw && i == at) {
			ret_call->command = command;
			ret_call->raw_argc = argc - i;
			ret_call->raw_argv = argv + i;
			return 0;
		}
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
			continue;
		}
		if (only_words || !split_option(argv[i], &given)) {
			if (count == WORDS_MAX)
				return err_set(err, -EINVAL, "more than %d arguments", WORDS_MAX);
			words[count++] = argv[i];
			continue;
		}
		const struct ctl_param *global = find_option(ctl_global_options, given.name);
		const struct ctl_param *option = ctl_option(command, given.name);
		char shown[80];
		text_format(shown, sizeof(shown), "--%s", given.name);
		if (!option && count == 0)
			return err_set(
				err, -EINVAL, "there is no general option %s; a command's stand behind it", shown);
		if (!option) {
			/* Without a command, that is what will be complained about. */
			result = command ? unknown_option(command, given.name, &first_error) : 0;
			continue;
		}
		if (option->type == CTL_FLAG) {
			if (given.value)
				result = err_set(&first_error, -EINVAL, "%s takes no value", shown);
		} else if (!given.value && !option->bare) {
			if (i + 1 == argc) {
				result = err_set(&first_error, -EINVAL, "%s wants a value: %s", shown, option->help);
				continue;
			}
			given.value = argv[++i];
		}
		if (global && result == 0)
			result = set_global(globals, global, given.value, &first_error);
		else if (global)
			set_global(globals, global, given.value, &(struct err){0});
		else if (result == 0)
			result = take_value(ret_call->args, option, shown, given.value, &first_error);
	}
	if (result < 0)
		*err = first_error;
	return take_words(table, words, count, result, ret_call, err);
}

const struct ctl_param *ctl_option(const struct ctl_command *command, const char *name)
{
	const struct ctl_param *global = find_option(ctl_global_options, name);
	return global || !command ? global : find_option(command->options, name);
}

/* The positional whose value comes after `count` words. */
static const struct ctl_param *next_positional(
	const struct ctl_command *command, const char *const *words, size_t count, json_t *args)
{
	const struct ctl_param *param = command->positionals;
	struct err ignored;
	for (size_t i = 0;; i++) {
		while (param && param->name && !has_place(param, args))
			param++;
		if (!param || !param->name || i == count)
			break;
		if (param->type == CTL_FIELDS)
			take_field(args, param, words[i], &ignored);
		else
			take_value(args, param, param->name, words[i], &ignored);
		if (!takes_all(param))
			param++;
	}
	return param && param->name ? param : NULL;
}

void ctl_place_of(const struct ctl_command *table, int argc, char **argv, struct ctl_place *ret)
{
	*ret = (struct ctl_place){.args = json_object()};
	const char *words[WORDS_MAX];
	size_t count = 0, used = 0;
	struct err ignored;
	for (int i = 0; i < argc && count < WORDS_MAX; i++) {
		struct given given;
		if (!ret->only_words && strcmp(argv[i], "--") == 0) {
			ret->only_words = true;
			continue;
		}
		if (ret->only_words || !split_option(argv[i], &given)) {
			words[count++] = argv[i];
			ret->command = count <= 2 ? ctl_find(table, words, count, &used, &ignored) : ret->command;
			continue;
		}
		const struct ctl_param *option = ctl_option(ret->command, given.name);
		if (!option)
			continue;
		const bool wants = option->type != CTL_FLAG && !option->bare && !given.value;
		if (wants && i + 1 == argc) {
			ret->param = option;
			ret->value = true;
			return;
		}
		if (wants)
			given.value = argv[++i];
		if (option == find_option(ctl_global_options, given.name))
			set_global(&ret->globals, option, given.value, &ignored);
		else
			take_value(ret->args, option, given.name, given.value, &ignored);
	}
	size_t candidates;
	struct str list = {0};
	const struct ctl_command *first = count == 1 ? find_first(table, words[0], &candidates, &list) : NULL;
	if (first && candidates == 1)
		text_format(ret->word, sizeof(ret->word), "%.*s", (int)first_word(first->name), first->name);
	str_done(&list);
	ret->lost = count > 0 && !ret->command && !ret->word[0];
	if (ret->command)
		ret->param = next_positional(ret->command, words + used, count - used, ret->args);
}

void ctl_place_done(struct ctl_place *place)
{
	json_decref(place->args);
	place->args = NULL;
}

void ctl_call_done(struct ctl_call *call)
{
	json_decref(call->args);
	*call = (struct ctl_call){0};
}
