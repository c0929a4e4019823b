/* The command line: what is taken, and what a wrong one is told. */
#include "ctl/grammar.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const colors[] = {"red", "green", NULL};

static const struct ctl_param nothing[] = {{.name = NULL}};
static const struct ctl_param paint_arguments[] = {
	{.name = "WALL", .arg = "wall", .type = CTL_TEXT, .required = true, .help = "which wall"},
	{.name = "COLOR", .arg = "color", .type = CTL_WORD, .words = colors, .help = "which colour"},
	{.name = NULL},
};
static const struct ctl_param paint_options[] = {
	{.name = "coats", .value = "N", .arg = "coats", .type = CTL_INT, .from = 1, .to = 9, .help = "how many"},
	{.name = "for", .value = "DURATION", .arg = "for", .type = CTL_DURATION, .help = "how long"},
	{.name = "on", .value = "DATE", .arg = "on", .type = CTL_DATE, .help = "when"},
	{.name = "wet", .arg = "wet", .type = CTL_FLAG, .help = "do not wait"},
	{.name = NULL},
};
static const struct ctl_param send_arguments[] = {
	{.name = "WHERE", .arg = "where", .type = CTL_TEXT, .required = true, .help = "where to"},
	{.name = "KEY=VALUE", .arg = "fields", .type = CTL_FIELDS, .required = true, .help = "what"},
	{.name = NULL},
};
static const struct ctl_param mix_arguments[] = {
	{.name = "COLOR", .arg = "colors", .type = CTL_TEXTS, .required = true, .help = "which colours"},
	{.name = NULL},
};
static const struct ctl_param mix_options[] = {
	{.name = "price", .value = "X", .arg = "price", .type = CTL_NUMBER, .from = 0, .to = 10, .help = "of a pot"},
	{.name = "not", .value = "COLOR", .arg = "not", .type = CTL_TEXTS, .help = "as often as wanted"},
	{.name = NULL},
};
static const struct ctl_param date_argument[] = {
	{.name = "DATE", .arg = "date", .type = CTL_DATE, .help = "when"},
	{.name = NULL},
};

static const struct ctl_param lose_options[] = {
	{.name = "which", .value = "WALL", .arg = "which", .type = CTL_TEXT, .required = true, .help = "which wall"},
	{.name = NULL},
};

static const char *weighs(const json_t *args)
{
	(void)args;
	return "All is gone";
}

static const struct ctl_command table[] = {
	{.name = "paint", .positionals = paint_arguments, .options = paint_options},
	{.name = "pair", .positionals = nothing},
	{.name = "pairs"},
	{.name = "send", .positionals = send_arguments},
	{.name = "wall", .positionals = date_argument},
	{.name = "wall load"},
	{.name = "wall lose", .options = lose_options},
	{.name = "dead list", .options = paint_options},
	{.name = "burn", .weighs = weighs},
	{.name = "burn all", .weighs = weighs},
	{.name = "tool", .positionals = paint_arguments},
	{.name = "tool lend", .positionals = paint_arguments},
	{.name = "mix", .positionals = mix_arguments, .options = mix_options},
	{.name = "raw", .raw = true},
	{.name = NULL},
};

static struct ctl_call call;
static struct err err;

/* Parses the words of a text, split at "|", as argv[1...]. */
static int parse(const char *text)
{
	static char copy[1024];
	static char *argv[64];
	int argc = 0;
	ctl_call_done(&call);
	argv[argc++] = "propsctl";
	strcpy(copy, text);
	for (char *rest = copy, *word; rest && *text && (word = strsep(&rest, "|"));)
		argv[argc++] = word;
	argv[argc] = NULL;
	memset(&err, 0, sizeof(err));
	return ctl_parse(table, argc, argv, &call, &err);
}

static void assert_parsed(const char *text, const char *command, const char *args)
{
	int result = parse(text);
	if (result < 0)
		fail_msg("%s: %s", text, err.text);
	assert_string_equal(call.command->name, command);
	json_t *expected = json_loads(args, 0, NULL);
	assert_non_null(expected);
	if (!json_equal(expected, call.args))
		fail_msg("%s: %s instead of %s", text, json_dumps(call.args, 0), args);
	json_decref(expected);
}

static void assert_refused(const char *text, const char *sentence)
{
	assert_int_equal(parse(text), -EINVAL);
	assert_string_equal(err.text, sentence);
}

static int done(void **state)
{
	(void)state;
	ctl_call_done(&call);
	return 0;
}

static void arguments_and_options_stand_in_any_order(void **state)
{
	(void)state;
	assert_parsed("paint|north", "paint", "{\"wall\":\"north\"}");
	assert_parsed("paint|north|red|--coats|3|--wet", "paint",
		"{\"wall\":\"north\",\"color\":\"red\",\"coats\":3,\"wet\":true}");
	assert_parsed("paint|--coats=3|north|--wet|red", "paint",
		"{\"wall\":\"north\",\"color\":\"red\",\"coats\":3,\"wet\":true}");
	assert_parsed("paint|north|--for|5m|--on|2025-11-15", "paint",
		"{\"wall\":\"north\",\"for\":\"5m\",\"on\":\"2025-11-15\"}");
	assert_parsed("paint|--|--wet", "paint", "{\"wall\":\"--wet\"}");
	assert_parsed("paint|-", "paint", "{\"wall\":\"-\"}");
	assert_parsed("paint|-110|--coats|3", "paint", "{\"wall\":\"-110\",\"coats\":3}"); /* a price, no option */
}

static void general_options_stand_before_and_behind_the_command(void **state)
{
	(void)state;
	assert_parsed("--socket|/a b|--json|paint|north", "paint", "{\"wall\":\"north\"}");
	assert_string_equal(call.globals.socket, "/a b");
	assert_true(call.globals.json);
	assert_parsed("paint|--socket=/x|north|-q|--no-color", "paint", "{\"wall\":\"north\"}");
	assert_string_equal(call.globals.socket, "/x");
	assert_true(call.globals.quiet && call.globals.color == CTL_COLOR_NEVER && !call.globals.json);
	assert_parsed("wall|--json|load", "wall load", "{}");
	assert_parsed("wall|--watch", "wall", "{}");
	assert_true(call.globals.watch_s > 1.9 && call.globals.watch_s < 2.1);
	assert_parsed("-w=0.5|wall|2025-11-15", "wall", "{\"date\":\"2025-11-15\"}");
	assert_true(call.globals.watch_s > 0.4 && call.globals.watch_s < 0.6);
	assert_parsed("wall|-o|wide|-y|--color|always", "wall", "{}");
	assert_true(
		call.globals.wide && call.globals.yes && call.globals.color == CTL_COLOR_ALWAYS && !call.globals.json);
	assert_parsed("wall|-o=json", "wall", "{}");
	assert_true(call.globals.json);
	assert_refused("wall|-o|csv", "-o is \"csv\"; it must be one of table, wide, json");
	assert_refused("wall|--watch=soon", "--watch is \"soon\"; it must be a number from 0 to 86400");
	assert_refused("wall|--watch=0", "--watch is \"0\"; it must be 0.1 seconds or more");
	assert_refused("wall|--color=red", "--color is \"red\"; it must be one of auto, always, never");
	assert_parsed("paint|--help", "paint", "{}");
	assert_true(call.globals.help);
	assert_int_equal(parse("-h"), 0);
	assert_null(call.command);
	assert_true(call.globals.help);
	assert_int_equal(parse(""), 0);
	assert_null(call.command);
}

static void commands_may_be_shortened_while_they_are_the_only_one(void **state)
{
	(void)state;
	assert_parsed("pain|north", "paint", "{\"wall\":\"north\"}");
	assert_parsed("pair", "pair", "{}"); /* exactly, though pairs begins with it */
	assert_parsed("s|x|a=b", "send", "{\"where\":\"x\",\"fields\":{\"a\":\"b\"}}");
	assert_parsed("d|l", "dead list", "{}");
	assert_refused("pa", "\"pa\" may be paint, pair, pairs");
	assert_refused("wall|lo", "\"wall lo\" may be wall load or wall lose");
}

static void a_word_behind_a_command_may_be_part_of_its_name(void **state)
{
	(void)state;
	assert_parsed("wall", "wall", "{}");
	assert_parsed("wall|2025-11-15", "wall", "{\"date\":\"2025-11-15\"}");
	assert_parsed("wall|load", "wall load", "{}");
	assert_parsed("dead|list|--coats|2", "dead list", "{\"coats\":2}");
	assert_parsed("tool|lend|x", "tool lend", "{\"wall\":\"x\"}");
	assert_parsed("tool|l", "tool", "{\"wall\":\"l\"}"); /* a name that begins like it */
	assert_refused("dead", "\"dead\" wants one of these behind it: list");
	assert_refused("dead|show", "\"dead\" has no command \"show\"; it has list");
	assert_parsed(
		"wall|tomorrow", "wall", "{\"date\":\"tomorrow\"}"); /* by the league's clock, which the daemon knows */
	assert_refused("wall|tomorow",
		"DATE is \"tomorow\"; it must be a date such as 2025-11-15, or today, yesterday or tomorrow");
}

static void what_weighs_is_written_out(void **state)
{
	(void)state;
	assert_parsed("burn", "burn", "{}");
	assert_parsed("burn|all", "burn all", "{}");
	assert_refused("bur", "\"bur\" is too short: what it does cannot be taken back, so write \"burn\"");
	assert_refused("burn|al", "\"al\" is too short: what it does cannot be taken back, so write \"burn all\"");
}

static void unknown_commands_are_answered_with_what_there_is(void **state)
{
	(void)state;
	assert_refused("pianr|x", "there is no command \"pianr\"; did you mean paint, pair?");
	assert_refused("xyz", "there is no command \"xyz\"; propsctl help lists all");
	assert_refused("xyz|--coats|3", "there is no command \"xyz\"; propsctl help lists all");
}

/* Help is no failure, whatever it is asked of; what is no command is told beside it. */
static void help_of_what_is_no_command_says_so(void **state)
{
	(void)state;
	static const struct {
		const char *line, *group, *unknown;
	} cases[] = {
		{"-h", NULL, ""},
		{"xyz|-h", NULL, "there is no command \"xyz\"; propsctl help lists all"},
		{"-h|pianr|x", NULL, "there is no command \"pianr\"; did you mean paint, pair?"},
		{"xyz|--coats|3|--help", NULL, "there is no command \"xyz\"; propsctl help lists all"},
		{"p|-h", NULL, "\"p\" may be paint, pair, pairs"},
		{"dead|-h", "dead list", ""},
		{"de|--help", "dead list", ""},
		{"dead|xyz|-h", "dead list", "\"dead\" has no command \"xyz\"; it has list"},
		{"paint|--coats|77|-h", NULL, ""},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(parse(cases[i].line), 0);
		assert_true(call.globals.help);
		assert_string_equal(call.unknown.text, cases[i].unknown);
		assert_string_equal(call.group ? call.group->name : "", cases[i].group ? cases[i].group : "");
	}
}

static void wrong_values_are_named_with_what_would_be_right(void **state)
{
	(void)state;
	assert_refused("paint", "\"paint\" wants WALL: which wall");
	assert_refused("paint|n|blue", "COLOR is \"blue\"; it must be one of red, green");
	assert_refused("paint|n|red|x", "\"paint\" takes no further argument: \"x\"");
	assert_refused("pair|x", "\"pair\" takes no further argument: \"x\"");
	assert_refused("paint|n|--coats|0", "--coats is \"0\"; it must be a whole number from 1 to 9");
	assert_refused("paint|n|--coats|10", "--coats is \"10\"; it must be a whole number from 1 to 9");
	assert_refused("paint|n|--coats|3x", "--coats is \"3x\"; it must be a whole number from 1 to 9");
	assert_refused("paint|n|--coats|99999999999999999999",
		"--coats is \"99999999999999999999\"; it must be a whole number from 1 to 9");
	assert_refused("paint|n|--coats=", "--coats is \"\"; it must be a whole number from 1 to 9");
	assert_refused("paint|n|--for|5", "--for is \"5\"; it must be a duration such as 30s, 5m or 1h30m");
	assert_refused("paint|n|--on|2025-13-01",
		"--on is \"2025-13-01\"; it must be a date such as 2025-11-15, or today, yesterday or tomorrow");
	assert_refused("paint|", "WALL is \"\"; it must be a text");
	assert_refused("wall|lose", "\"wall lose\" wants --which WALL: which wall");
	assert_parsed("wall|lose|--which|n", "wall lose", "{\"which\":\"n\"}");
	assert_refused("paint|n|--coats", "--coats wants a value: how many");
	assert_refused("paint|n|--wet=1", "--wet takes no value");
	assert_refused("paint|n|--coats|1|--coats|2", "--coats is given twice");
	assert_refused("paint|n|--caots|1", "\"paint\" has no option --caots; did you mean --coats?");
	assert_refused("paint|n|-x", "\"paint\" has no option --x; it has --coats, --for, --on, --wet");
	assert_refused("pair|--xyz", "\"pair\" has no option --xyz; it has only the general ones");
	assert_refused("--coats|3|paint|n", "there is no general option --coats; a command's stand behind it");
}

static void fields_are_key_value_as_often_as_wanted(void **state)
{
	(void)state;
	assert_parsed(
		"send|x|a=1|b=x=y|c=", "send", "{\"where\":\"x\",\"fields\":{\"a\":\"1\",\"b\":\"x=y\",\"c\":\"\"}}");
	assert_refused("send|x", "\"send\" wants KEY=VALUE, such as market=points");
	assert_refused("send|x|a", "\"a\" is not KEY=VALUE, such as market=points");
	assert_refused("send|x|=a", "\"=a\" is not KEY=VALUE, such as market=points");
	assert_refused("send|x|a=1|a=2", "a is given twice");
}

static void texts_come_as_often_as_wanted(void **state)
{
	(void)state;
	assert_parsed("mix|red", "mix", "{\"colors\":[\"red\"]}");
	assert_parsed("mix|red|--not|pink|a=b|--not=grey|red", "mix",
		"{\"colors\":[\"red\",\"a=b\",\"red\"],\"not\":[\"pink\",\"grey\"]}");
	assert_refused("mix", "\"mix\" wants COLOR: which colours");
	assert_refused("mix|red|", "COLOR is \"\"; it must be a text");
}

static void numbers_may_have_a_point(void **state)
{
	(void)state;
	assert_parsed("mix|red|--price|0.000024", "mix", "{\"colors\":[\"red\"],\"price\":0.000024}");
	assert_parsed("mix|red|--price=10", "mix", "{\"colors\":[\"red\"],\"price\":10.0}");
	assert_parsed("mix|red|--price|4e-7", "mix", "{\"colors\":[\"red\"],\"price\":4e-7}");
	for (const char *const *wrong = (const char *const[]){"-1", "10.01", "nan", "inf", "1,5", "x", NULL}; *wrong;
		wrong++) {
		char text[64], sentence[128];
		snprintf(text, sizeof(text), "mix|red|--price|%s", *wrong);
		snprintf(sentence, sizeof(sentence), "--price is \"%s\"; it must be a number from 0 to 10", *wrong);
		assert_refused(text, sentence);
	}
}

static void a_raw_command_gets_its_arguments_as_they_are(void **state)
{
	(void)state;
	assert_parsed("--json|raw|--into|x|--json|paint", "raw", "{}");
	assert_int_equal(call.raw_argc, 5);
	assert_string_equal(call.raw_argv[0], "raw");
	assert_string_equal(call.raw_argv[1], "--into");
	assert_string_equal(call.raw_argv[4], "paint");
	assert_true(call.globals.json);
	assert_parsed("raw|--help", "raw", "{}");
	assert_false(call.globals.help);
}

static void help_forgives_what_is_wrong_behind_the_command(void **state)
{
	(void)state;
	assert_parsed("paint|--help|--coats|77", "paint", "{}");
	assert_parsed("paint|-h|--nonsense", "paint", "{}");
}

static void bytes_that_are_not_utf8_are_refused(void **state)
{
	(void)state;
	assert_int_equal(parse("paint|\xff\xfe"), -EINVAL);
	assert_int_equal(parse("send|x|a=\xff"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_and_options_stand_in_any_order),
		cmocka_unit_test(general_options_stand_before_and_behind_the_command),
		cmocka_unit_test(commands_may_be_shortened_while_they_are_the_only_one),
		cmocka_unit_test(a_word_behind_a_command_may_be_part_of_its_name),
		cmocka_unit_test(what_weighs_is_written_out),
		cmocka_unit_test(unknown_commands_are_answered_with_what_there_is),
		cmocka_unit_test(help_of_what_is_no_command_says_so),
		cmocka_unit_test(wrong_values_are_named_with_what_would_be_right),
		cmocka_unit_test(fields_are_key_value_as_often_as_wanted),
		cmocka_unit_test(texts_come_as_often_as_wanted),
		cmocka_unit_test(numbers_may_have_a_point),
		cmocka_unit_test(a_raw_command_gets_its_arguments_as_they_are),
		cmocka_unit_test(help_forgives_what_is_wrong_behind_the_command),
		cmocka_unit_test(bytes_that_are_not_utf8_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, done);
}
