/*
 * The grammar's table says what a value is called, and that says what it may be: all that is a PLAYER is completed with
 * players. A command that is added needs no line here.
 */
#include "complete.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "complete_fields.h"
#include "text.h"

#define ANSWER_S 1

struct completion {
	struct ctl *ctl;
	const struct ctl_place *place;
	const char *typed; /* of the value: what the candidates begin with */
	const char *before; /* "--state=" where option and value are one word */
};

static void offer(struct completion *c, const char *word, const char *what)
{
	if (strncmp(word, c->typed, strlen(c->typed)) != 0)
		return;
	put_text(c->ctl->data, c->before);
	put_text(c->ctl->data, word);
	if (what && *what) {
		fputc('\t', c->ctl->data);
		put_text(c->ctl->data, what);
	}
	fputc('\n', c->ctl->data);
}

/* Live names. */

static const struct ctl_command *command_of(const char *name)
{
	const struct ctl_command *row = ctl_commands;
	while (row->name && strcmp(row->name, name) != 0)
		row++;
	return row->name ? row : NULL;
}

/* The reply's data, or NULL. Takes `args`. */
static json_t *ask(struct completion *c, const char *name, json_t *args)
{
	const struct ctl_command *command = command_of(name);
	json_t *line = NULL, *data = NULL;
	struct err ignored;
	if (command && ctl_try(c->ctl, command, args, &line, &ignored) == 0)
		data = json_incref(json_object_get(line, "data"));
	json_decref(line);
	json_decref(args);
	return data;
}

/* That member of each row of the list, in all its pages. */
static void offer_list(struct completion *c, const char *command, json_t *args, const char *member, const char *what)
{
	const struct ctl_command *row = command_of(command);
	char before[256] = "";
	for (json_t *page; row && (page = ask(c, command, json_incref(args))); json_decref(page)) {
		const json_t *element, *rows = json_object_get(page, row->list ? row->list : "processors");
		const json_t *next = json_object_get(page, "next");
		size_t i;
		json_array_foreach (rows, i, element) {
			const char *name = text_of(element, member);
			if (*name && strcmp(name, before) != 0) /* a player's other phase or date is he again */
				offer(c, name, what ? text_of(element, what) : NULL);
			text_format(before, sizeof(before), "%s", name);
		}
		if (next)
			json_object_set(args, "after", (json_t *)next);
		if (!next || json_array_size(rows) == 0) {
			json_decref(page);
			break;
		}
	}
	json_decref(args);
}

static void offer_players(struct completion *c)
{
	offer_list(c, "players", json_pack("{s:s}", "order", "name"), "player", NULL);
}

static json_t *slate_of(struct completion *c)
{
	json_t *args = json_object(), *date = json_object_get(c->place->args, "date");
	if (date)
		json_object_set(args, "date", date);
	return ask(c, "slate", args);
}

static void offer_games(struct completion *c)
{
	json_t *slate = slate_of(c);
	const json_t *game;
	size_t i;
	json_array_foreach (json_object_get(slate, "games"), i, game)
		offer(c, text_of(game, "game_id"), text_of(game, "status"));
	json_decref(slate);
}

static void offer_teams(struct completion *c)
{
	static const char *const sides[] = {"away", "home"};
	json_t *slate = slate_of(c);
	const json_t *game;
	size_t i;
	json_array_foreach (json_object_get(slate, "games"), i, game)
		for (size_t side = 0; side < 2; side++)
			offer(c, text_of(game, sides[side]), text_of(game, "game_id"));
	json_decref(slate);
}

static void offer_letters(struct completion *c)
{
	offer_list(c, "dead list", json_pack("{s:i}", "limit", 1000), "id", "error");
	if (c->place->command && strcmp(c->place->command->name, "dead drop") == 0)
		offer(c, "all", "all letters");
}

static void offer_processors(struct completion *c)
{
	offer_list(c, "processor", json_object(), "name", "state");
}

static void offer_spellings(struct completion *c)
{
	offer_list(c, "alias list", json_object(), "spelling", "player");
}

static void offer_dates(struct completion *c)
{
	for (const struct day_word *word = day_words; word->name; word++)
		offer(c, word->name, "by the league's clock");
}

/* The first words of commands; those of one first word need not stand together. */
static void offer_commands(struct completion *c)
{
	for (const struct ctl_command *row = ctl_commands; row->name; row++) {
		const size_t length = strcspn(row->name, " ");
		const struct ctl_command *before = ctl_commands;
		while (before < row &&
			(strncmp(before->name, row->name, length) != 0 || !strchr(" ", before->name[length])))
			before++;
		char word[32];
		text_format(word, sizeof(word), "%.*s", (int)length, row->name);
		if (before == row)
			offer(c, word, row->name[length] ? NULL : row->summary);
	}
}

static void offer_paths(struct completion *c)
{
	fprintf(c->ctl->data, ":files\n");
}

static void offer_markets(struct completion *c);

/* What a value is called in the table, and what offers it. */
static const struct {
	const char *called;
	void (*offer)(struct completion *c);
} sources[] = {
	{"PLAYER", offer_players},
	{"GAME", offer_games},
	{"TEAM", offer_teams},
	{"LETTER", offer_letters},
	{"NAME", offer_processors},
	{"A", offer_processors},
	{"SPELLING", offer_spellings},
	{"DATE", offer_dates},
	{"FILE", offer_paths},
	{"FOLDER", offer_paths},
	{"PATH", offer_paths},
	{"DATABASE", offer_paths},
	{"B", offer_paths},
	{"COMMAND", offer_commands},
	{"MARKET", offer_markets},
};

static void offer_words(struct completion *c, const char *const *words)
{
	for (size_t i = 0; words && words[i]; i++)
		offer(c, words[i], NULL);
}

static bool has_word(const char *list, const char *word)
{
	const size_t length = strlen(word);
	for (const char *p = list; length > 0 && *p; p += strcspn(p, " "), p += *p == ' ')
		if (strncmp(p, word, length) == 0 && (p[length] == ' ' || p[length] == '\0'))
			return true;
	return false;
}

static void offer_list_of_words(struct completion *c, const char *list)
{
	while (list && *list) {
		char word[32];
		const size_t length = strcspn(list, " ");
		text_format(word, sizeof(word), "%.*s", (int)length, list);
		offer(c, word, NULL);
		list += length + (list[length] == ' ');
	}
}

static void offer_source(struct completion *c, const char *called)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++)
		if (strcmp(sources[i].called, called) == 0)
			sources[i].offer(c);
}

static void offer_markets(struct completion *c)
{
	for (const struct complete_field *f = complete_fields; f->name; f++)
		if (strcmp(f->name, "market") == 0)
			offer_list_of_words(c, f->words);
}

static void offer_field_value(struct completion *c, const char *stream, const char *name)
{
	static const char *const live[][2] = {{"player_lookup", "PLAYER"}, {"game_id", "GAME"}, {"team", "TEAM"}};
	for (const struct complete_field *f = complete_fields; f->name; f++)
		if (has_word(f->streams, stream) && strcmp(f->name, name) == 0)
			offer_list_of_words(c, f->words);
	for (size_t i = 0; i < sizeof(live) / sizeof(*live); i++)
		if (strcmp(live[i][0], name) == 0)
			offer_source(c, live[i][1]);
}

/* A field's name with "=" behind it, then what the field may be. */
static void offer_field(struct completion *c)
{
	const char *stream = text_of(c->place->args, "stream"), *equals = strchr(c->typed, '=');
	const json_t *given = json_object_get(c->place->args, "fields");
	char name[64], before[80];
	for (const struct complete_field *f = complete_fields; !equals && f->name; f++) {
		text_format(name, sizeof(name), "%s=", f->name);
		if (has_word(f->streams, stream) && !json_object_get(given, f->name))
			offer(c, name, NULL);
	}
	if (!equals)
		return;
	text_format(name, sizeof(name), "%.*s", (int)(equals - c->typed), c->typed);
	text_format(before, sizeof(before), "%s=", name);
	c->before = before;
	c->typed = equals + 1;
	offer_field_value(c, stream, name);
}

static void offer_value(struct completion *c, const struct ctl_param *param)
{
	const char *called = param->value ? param->value : param->name;
	if (param->type == CTL_FIELDS) {
		offer_field(c);
		return;
	}
	offer_words(c, param->words);
	if (!param->words)
		offer_source(c, called);
}

/* Options that may be given: not those that were, unless they may be given again. */
static void offer_options(struct completion *c, const struct ctl_param *params)
{
	for (const struct ctl_param *p = params; p && p->name; p++) {
		char name[48];
		text_format(name, sizeof(name), "--%s", p->name);
		if (p->type == CTL_TEXTS || !p->arg || !json_object_get(c->place->args, p->arg))
			offer(c, name, p->help);
	}
}

static void offer_seconds(struct completion *c)
{
	const size_t length = strlen(c->place->word);
	for (const struct ctl_command *row = ctl_commands; length > 0 && row->name; row++)
		if (strncmp(row->name, c->place->word, length) == 0 && row->name[length] == ' ')
			offer(c, row->name + length + 1, row->summary);
}

static void offer_next(struct completion *c)
{
	const struct ctl_place *place = c->place;
	const struct ctl_command *command = place->command;
	const char *equals = strchr(c->typed, '=');
	if (place->value) {
		offer_value(c, place->param);
	} else if (!place->only_words && c->typed[0] == '-' && equals && c->typed[1] == '-') {
		char name[64], before[80];
		text_format(name, sizeof(name), "%.*s", (int)(equals - c->typed - 2), c->typed + 2);
		text_format(before, sizeof(before), "--%s=", name);
		const struct ctl_param *option = ctl_option(command, name);
		c->before = before;
		c->typed = equals + 1;
		if (option && option->type != CTL_FLAG)
			offer_value(c, option);
	} else if (!place->only_words && c->typed[0] == '-') {
		offer_options(c, command ? command->options : NULL);
		offer_options(c, ctl_global_options);
	} else if (!command && !place->word[0]) {
		offer_commands(c);
	} else {
		offer_seconds(c);
		if (place->param)
			offer_value(c, place->param);
	}
}

static void too_late(int signal)
{
	(void)signal;
	_exit(PROPSCTL_DONE);
}

int ctl_complete(struct ctl *ctl, int argc, char **argv)
{
	char nothing[] = "";
	if (argc > 0 && strcmp(argv[0], "--") == 0) {
		argc--;
		argv++;
	}
	struct ctl_place place;
	ctl_place_of(ctl_commands, argc > 0 ? argc - 1 : 0, argv, &place);
	struct completion c = {.ctl = ctl, .place = &place, .typed = argc > 0 ? argv[argc - 1] : nothing, .before = ""};
	if (place.globals.socket)
		ctl->socket = place.globals.socket;
	/* What has come by then is flushed with every page that is waited for. */
	signal(SIGALRM, too_late);
	alarm(ANSWER_S);
	setvbuf(ctl->data, NULL, _IOLBF, 0);
	if (!place.lost)
		offer_next(&c);
	alarm(0);
	ctl_place_done(&place);
	return PROPSCTL_DONE;
}
