/* The check of arguments and the life of a request, without a socket. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "admin/command.h"
#include "admin/request.h"

static const char *const states[] = {"idle", "waiting", "failed", NULL};

static const struct admin_arg every_type[] = {
	{.name = "player", .type = ADMIN_NAME, .help = "who"},
	{.name = "note", .type = ADMIN_TEXT, .from = 2, .to = 5},
	{.name = "any", .type = ADMIN_TEXT},
	{.name = "count", .type = ADMIN_INT, .from = 1, .to = 64},
	{.name = "force", .type = ADMIN_BOOL},
	{.name = "state", .type = ADMIN_WORD, .words = states},
	{.name = "level", .type = ADMIN_LEVEL},
	{.name = "date", .type = ADMIN_DATE},
	{.name = "timeout", .type = ADMIN_DURATION, .from = 1000, .to = 60000000},
	{.name = "fields", .type = ADMIN_OBJECT, .from = 1, .to = 2},
	{.name = "entries", .type = ADMIN_LIST, .from = 1, .to = 2},
	{.name = NULL},
};

static const struct admin_arg one_required[] = {
	{.name = "player", .type = ADMIN_NAME, .required = true}, {.name = NULL}};

/* What the handlers below leave for the tests. */
struct admin_context {
	char player[64];
	int64_t numbers[6];
	char seen[256];
	struct admin_request *kept;
	int cancelled;
};

static void read_all(struct admin_request *r, struct admin_context *c)
{
	snprintf(c->player, sizeof(c->player), "%s", admin_given(r, "player") ? admin_text(r, "player") : "-");
	c->numbers[0] = admin_int(r, "count", -1);
	c->numbers[1] = admin_flag(r, "force");
	c->numbers[2] = admin_word(r, "state", -1);
	c->numbers[3] = admin_level(r, "level", LEVEL_LOW);
	c->numbers[4] = admin_date(r, "date", -1);
	c->numbers[5] = admin_duration_us(r, "timeout", -1);
	snprintf(c->seen, sizeof(c->seen), "%s %s %zu %zu", admin_text(r, "note") ? admin_text(r, "note") : "-",
		admin_text(r, "state") ? admin_text(r, "state") : "-", json_object_size(admin_json(r, "fields")),
		json_array_size(admin_json(r, "entries")));
	admin_reply(r, json_object());
}

static void on_cancel(struct admin_request *r, void *user)
{
	(void)r;
	((struct admin_context *)user)->cancelled++;
}

static void keep_open(struct admin_request *r, struct admin_context *c)
{
	c->kept = r;
	admin_keep(r, on_cancel, c);
}

static void out_of_memory(struct admin_request *r, struct admin_context *c)
{
	(void)c;
	admin_reply(r, NULL);
}

static void fail_with_data(struct admin_request *r, struct admin_context *c)
{
	(void)c;
	admin_error_data(r, CODE_TIMEOUT, json_pack("{s:i}", "done", 3), "3 of %d done", 5);
}

static void say_unknown(struct admin_request *r, struct admin_context *c)
{
	(void)c;
	admin_error_unknown(r, CODE_UNKNOWN_PLAYER, json_pack("[s]", "lebronjames"), "there is no player \"%s\"",
		admin_text(r, "player"));
}

static const struct admin_command first_table[] = {
	{.name = "all", .role = ADMIN_ROLE_VIEW, .args = every_type, .handler = read_all},
	{.name = "change", .role = ADMIN_ROLE_ADMIN, .changes = true, .args = every_type, .handler = read_all},
	{.name = "keep", .role = ADMIN_ROLE_OPERATE, .changes = true, .handler = keep_open},
	{.name = NULL},
};
static const struct admin_command second_table[] = {
	{.name = "nothing", .role = ADMIN_ROLE_VIEW, .handler = out_of_memory},
	{.name = "fail", .role = ADMIN_ROLE_VIEW, .handler = fail_with_data},
	{.name = "player", .role = ADMIN_ROLE_VIEW, .args = one_required, .handler = say_unknown},
	{.name = "players", .role = ADMIN_ROLE_VIEW, .handler = out_of_memory},
	{.name = NULL},
};
static const struct admin_command *const tables[] = {first_table, second_table, NULL};

/* The lines a request gave, as text. */
struct outcome {
	struct admin_context context;
	struct admin_request *open;
	char *line;
	int lines;
	bool ended;
};

static void take_line(void *owner, json_t *line, bool last)
{
	struct outcome *o = owner;
	free(o->line);
	o->line = json_dumps(line, JSON_COMPACT);
	o->lines++;
	o->ended = last;
}

static const struct admin_request_ops ops = {.line = take_line};
static const struct admin_peer peer = {1000, 1000, 1};

static struct outcome *serve_as(struct outcome *o, enum admin_role role, const char *text)
{
	free(o->line);
	*o = (struct outcome){0};
	json_t *document = json_loads(text, 0, NULL);
	assert_non_null(document);
	admin_request_serve(tables, &o->context, document, role, &peer, &ops, o, &o->open);
	return o;
}

static struct outcome *serve(struct outcome *o, const char *text)
{
	return serve_as(o, ADMIN_ROLE_ADMIN, text);
}

static void assert_error(struct outcome *o, const char *text, const char *code, const char *sentence)
{
	serve(o, text);
	assert_null(o->open);
	assert_true(o->ended);
	json_t *line = json_loads(o->line, 0, NULL);
	assert_non_null(line);
	assert_true(json_is_false(json_object_get(line, "ok")));
	assert_string_equal(json_string_value(json_object_get(line, "code")), code);
	assert_string_equal(json_string_value(json_object_get(line, "error")), sentence);
	json_decref(line);
}

static void every_type_arrives_as_what_it_is(void **state)
{
	(void)state;
	struct outcome o = {0};
	serve(&o, "{\"v\":1,\"cmd\":\"all\",\"args\":{\"player\":\"Luka "
		  "Don\u010di\u0107\",\"note\":\"abc\",\"count\":7,"
		  "\"force\":true,\"state\":\"failed\",\"level\":\"high\",\"date\":\"1970-01-03\","
		  "\"timeout\":\"30s\","
		  "\"fields\":{\"a\":\"b\"},\"entries\":[{\"x\":\"1\"},{\"y\":\"2\"}]}}");
	assert_string_equal(o.line, "{\"v\":1,\"ok\":true,\"data\":{}}");
	assert_string_equal(o.context.player, "lukadoncic");
	assert_int_equal(o.context.numbers[0], 7);
	assert_int_equal(o.context.numbers[1], 1);
	assert_int_equal(o.context.numbers[2], 2);
	assert_int_equal(o.context.numbers[3], LEVEL_HIGH);
	assert_int_equal(o.context.numbers[4], 2);
	assert_int_equal(o.context.numbers[5], 30000000);
	assert_string_equal(o.context.seen, "abc failed 1 2");
	free(o.line);
}

static void what_was_not_given_is_the_fallback(void **state)
{
	(void)state;
	struct outcome o = {0};
	serve(&o, "{\"v\":1,\"cmd\":\"all\"}");
	assert_string_equal(o.context.player, "-");
	assert_int_equal(o.context.numbers[0], -1);
	assert_int_equal(o.context.numbers[1], 0);
	assert_int_equal(o.context.numbers[2], -1);
	assert_int_equal(o.context.numbers[3], LEVEL_LOW);
	assert_int_equal(o.context.numbers[4], -1);
	assert_int_equal(o.context.numbers[5], -1);
	assert_string_equal(o.context.seen, "- - 0 0");
	free(o.line);
}

static void a_wrong_value_is_named_with_what_would_be_right(void **state)
{
	(void)state;
	static const struct {
		const char *args, *sentence;
	} wrong[] = {
		{"{\"count\":0}", "argument \"count\" of \"all\" is 0; it must be a whole number from 1 to 64"},
		{"{\"count\":65}", "argument \"count\" of \"all\" is 65; it must be a whole number from 1 to 64"},
		{"{\"count\":1.5}", "argument \"count\" of \"all\" is 1.5; it must be a whole number from 1 to 64"},
		{"{\"count\":\"7\"}", "argument \"count\" of \"all\" is \"7\"; it must be a whole number from 1 to 64"},
		{"{\"count\":[]}", "argument \"count\" of \"all\" is a list; it must be a whole number from 1 to 64"},
		{"{\"force\":1}", "argument \"force\" of \"all\" is 1; it must be true or false"},
		{"{\"state\":\"wating\"}", "argument \"state\" of \"all\" is \"wating\"; it must be one of "
					   "idle, waiting, failed"},
		{"{\"level\":\"top\"}", "argument \"level\" of \"all\" is \"top\"; it must be one of urgent, "
					"high, normal, low"},
		{"{\"date\":\"2025-02-30\"}", "argument \"date\" of \"all\" is \"2025-02-30\"; it must be a "
					      "date such as \"2025-11-15\", or today, yesterday or tomorrow"},
		{"{\"timeout\":\"5\"}",
			"argument \"timeout\" of \"all\" is \"5\"; it must be a duration such as \"30s\" or "
			"\"5m\", from 1ms to 1m"},
		{"{\"timeout\":\"2m\"}",
			"argument \"timeout\" of \"all\" is \"2m\"; it must be a duration such as \"30s\" or "
			"\"5m\", from 1ms to 1m"},
		{"{\"note\":\"x\"}", "argument \"note\" of \"all\" is \"x\"; it must be a text of 2 to 5 bytes"},
		{"{\"note\":\"abcdef\"}",
			"argument \"note\" of \"all\" is \"abcdef\"; it must be a text of 2 to 5 bytes"},
		{"{\"any\":\"\"}", "argument \"any\" of \"all\" is \"\"; it must be a text of 1 to 255 bytes"},
		{"{\"player\":\"!?\"}", "argument \"player\" of \"all\" is \"!?\"; it must be a player's "
					"name or lookup, such "
					"as \"LeBron James\" or \"lebronjames\""},
		{"{\"fields\":{}}", "argument \"fields\" of \"all\" is an object; it must be an object of 1 "
				    "to 2 members whose values "
				    "are texts"},
		{"{\"fields\":{\"a\":1}}", "argument \"fields\" of \"all\" is an object; it must be an "
					   "object of 1 to 2 members whose values "
					   "are texts"},
		{"{\"entries\":[{\"a\":\"b\"},7]}", "argument \"entries\" of \"all\" is a list; it must be a "
						    "list of 1 to 2 objects whose values are "
						    "texts"},
		{"{\"cuont\":1}", "\"all\" has no argument \"cuont\"; it takes player, note, any, count, "
				  "force, state, level, "
				  "date, timeout, fields, entries"},
	};
	struct outcome o = {0};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		char text[256];
		snprintf(text, sizeof(text), "{\"v\":1,\"cmd\":\"all\",\"args\":%s}", wrong[i].args);
		assert_error(&o, text, "bad_argument", wrong[i].sentence);
	}
	free(o.line);
}

static void a_long_value_is_cut_in_the_message(void **state)
{
	(void)state;
	char text[1024] = "{\"v\":1,\"cmd\":\"all\",\"args\":{\"state\":\"";
	for (int i = 0; i < 100; i++)
		strcat(text, "\u00e9"); /* two bytes each: the cut must not split one */
	strcat(text, "\"}}");
	struct outcome o = {0};
	serve(&o, text);
	json_t *line = json_loads(o.line, 0, NULL);
	assert_non_null(line);
	const char *sentence = json_string_value(json_object_get(line, "error"));
	assert_true(strlen(sentence) < 200);
	assert_non_null(strstr(sentence, "\u00e9...\"; it must be one of idle"));
	json_decref(line);
	free(o.line);
}

static void a_missing_argument_is_named(void **state)
{
	(void)state;
	struct outcome o = {0};
	assert_error(&o, "{\"v\":1,\"cmd\":\"player\"}", "bad_argument",
		"argument \"player\" of \"player\" is missing; it must be a player's name or lookup, such as "
		"\"LeBron "
		"James\" or \"lebronjames\"");
	assert_error(&o, "{\"v\":1,\"cmd\":\"players\",\"args\":{\"x\":1}}", "bad_argument",
		"\"players\" has no argument \"x\"; it takes none");
	free(o.line);
}

static void what_is_no_request_is_told_why(void **state)
{
	(void)state;
	struct outcome o = {0};
	assert_error(&o, "{}", "bad_request", "member \"v\" is missing; it must be the number 1");
	assert_error(&o, "{\"v\":\"1\"}", "bad_request", "member \"v\" is no whole number; it must be the number 1");
	assert_error(&o, "{\"v\":2,\"cmd\":\"all\"}", "unsupported_version",
		"the request speaks version 2 of the protocol, this daemon version 1");
	assert_error(&o, "{\"v\":1}", "bad_request", "member \"cmd\" is missing; it must be the name of a command");
	assert_error(&o, "{\"v\":1,\"cmd\":7}", "bad_request",
		"member \"cmd\" is not a text; it must be the name of a command");
	assert_error(&o, "{\"v\":1,\"cmd\":\"all\",\"args\":[]}", "bad_request", "member \"args\" must be an object");
	assert_error(&o, "{\"v\":1,\"cmd\":\"all\",\"id\":7}", "bad_request",
		"a request has the members v, cmd and args, not \"id\"");
	free(o.line);
}

static void an_unknown_command_gets_the_nearest_names(void **state)
{
	(void)state;
	struct outcome o = {0};
	serve(&o, "{\"v\":1,\"cmd\":\"plaeyr\"}");
	assert_string_equal(o.line, "{\"v\":1,\"ok\":false,\"code\":\"unknown_command\",\"error\":\"there is no command "
				    "\\\"plaeyr\\\"\",\"nearest\":[\"player\",\"players\"]}");
	serve(&o, "{\"v\":1,\"cmd\":\"zzzzzz\"}");
	assert_null(strstr(o.line, "nearest"));
	free(o.line);
}

static void a_role_below_the_commands_is_denied(void **state)
{
	(void)state;
	struct outcome o = {0};
	serve_as(&o, ADMIN_ROLE_VIEW, "{\"v\":1,\"cmd\":\"keep\"}");
	assert_non_null(strstr(o.line, "\"code\":\"denied\""));
	assert_non_null(strstr(o.line, "\\\"keep\\\" needs the role operate; at this socket you have the role view"));
	assert_null(o.context.kept);
	serve_as(&o, ADMIN_ROLE_OPERATE, "{\"v\":1,\"cmd\":\"keep\"}");
	assert_non_null(o.context.kept);
	admin_reply(o.context.kept, json_null());
	assert_true(o.ended);
	free(o.line);
}

static void a_kept_request_gives_progress_and_ends_later(void **state)
{
	(void)state;
	struct outcome o = {0};
	serve(&o, "{\"v\":1,\"cmd\":\"keep\"}");
	assert_non_null(o.open);
	assert_int_equal(o.lines, 0);
	admin_progress(o.open, json_pack("{s:i}", "done", 1));
	assert_string_equal(o.line, "{\"v\":1,\"progress\":{\"done\":1}}");
	assert_false(o.ended);
	admin_reply(o.open, json_pack("{s:i}", "done", 2));
	assert_string_equal(o.line, "{\"v\":1,\"ok\":true,\"data\":{\"done\":2}}");
	assert_true(o.ended);
	assert_int_equal(o.context.cancelled, 0);
	free(o.line);
}

static void a_cancelled_request_tells_its_handler_once(void **state)
{
	(void)state;
	struct outcome o = {0};
	serve(&o, "{\"v\":1,\"cmd\":\"keep\"}");
	admin_request_cancel(o.open);
	assert_int_equal(o.context.cancelled, 1);
	assert_int_equal(o.lines, 0);
	free(o.line);
}

static void errors_carry_data_and_nearest_names(void **state)
{
	(void)state;
	struct outcome o = {0};
	serve(&o, "{\"v\":1,\"cmd\":\"fail\"}");
	assert_string_equal(o.line, "{\"v\":1,\"ok\":false,\"code\":\"timeout\",\"error\":\"3 of 5 "
				    "done\",\"data\":{\"done\":3}}");
	serve(&o, "{\"v\":1,\"cmd\":\"player\",\"args\":{\"player\":\"LeBorn James\"}}");
	assert_string_equal(o.line, "{\"v\":1,\"ok\":false,\"code\":\"unknown_player\",\"error\":\"there is no player "
				    "\\\"lebornjames\\\"\",\"nearest\":[\"lebronjames\"]}");
	serve(&o, "{\"v\":1,\"cmd\":\"nothing\"}");
	assert_non_null(strstr(o.line, "\"code\":\"internal\""));
	free(o.line);
}

/* stderr of one call, in a static buffer. */
static const char *audit_of(struct outcome *o, enum admin_role role, const char *text)
{
	static char logged[4096];
	FILE *file = tmpfile();
	assert_non_null(file);
	int saved = dup(STDERR_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	serve_as(o, role, text);
	if (o->open)
		admin_reply(o->open, json_null());
	dup2(saved, STDERR_FILENO);
	close(saved);
	ssize_t n = pread(fileno(file), logged, sizeof(logged) - 1, 0);
	logged[n > 0 ? n : 0] = '\0';
	fclose(file);
	return logged;
}

static void a_changing_command_leaves_one_line_with_who_what_and_result(void **state)
{
	(void)state;
	struct outcome o = {0};
	const char *line = audit_of(&o, ADMIN_ROLE_ADMIN,
		"{\"v\":1,\"cmd\":\"change\",\"args\":{\"count\":3,\"player\":\"LeBron James\","
		"\"any\":\"a b\\nverb=fake\",\"entries\":[{\"x\":\"1\"}]}}");
	const char *rest = strstr(line, "audit ");
	if (!rest)
		fail_msg("line: %s outcome: %s", line, o.line);
	assert_string_equal(rest, "audit verb=change result=ok uid=1000 gid=1000 pid=1 player=lebronjames "
				  "any=\"a b\\nverb=fake\" count=3 entries=1 entries\n");
	assert_string_equal(audit_of(&o, ADMIN_ROLE_ADMIN, "{\"v\":1,\"cmd\":\"all\"}"), "");
	assert_non_null(strstr(audit_of(&o, ADMIN_ROLE_VIEW, "{\"v\":1,\"cmd\":\"change\"}"), "result=denied"));
	free(o.line);
}

static void codes_are_complete_and_differ(void **state)
{
	(void)state;
	for (int i = 0; i < CODE_COUNT; i++) {
		assert_non_null(PROTOCOL_CODES[i].name);
		assert_non_null(PROTOCOL_CODES[i].meaning);
		assert_int_not_equal(PROTOCOL_CODES[i].exit, PROPSCTL_DONE);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(PROTOCOL_CODES[i].name, PROTOCOL_CODES[j].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_arrives_as_what_it_is),
		cmocka_unit_test(what_was_not_given_is_the_fallback),
		cmocka_unit_test(a_wrong_value_is_named_with_what_would_be_right),
		cmocka_unit_test(a_long_value_is_cut_in_the_message),
		cmocka_unit_test(a_missing_argument_is_named),
		cmocka_unit_test(what_is_no_request_is_told_why),
		cmocka_unit_test(an_unknown_command_gets_the_nearest_names),
		cmocka_unit_test(a_role_below_the_commands_is_denied),
		cmocka_unit_test(a_kept_request_gives_progress_and_ends_later),
		cmocka_unit_test(a_cancelled_request_tells_its_handler_once),
		cmocka_unit_test(errors_carry_data_and_nearest_names),
		cmocka_unit_test(a_changing_command_leaves_one_line_with_who_what_and_result),
		cmocka_unit_test(codes_are_complete_and_differ),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
