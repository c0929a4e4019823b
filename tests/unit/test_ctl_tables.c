/*
 * propsctl's table against everything that repeats it: the daemon's commands and arguments, the manual, the
 * protocol's description. A row that is added in one place only fails here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "admin/command.h"
#include "admin/context.h"
#include "ctl/ctl.h"

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "re");
	if (!file)
		fail_msg("cannot open %s", path);
	char *text = calloc(1, 131072);
	assert_true(fread(text, 1, 131071, file) < 131071);
	fclose(file);
	return text;
}

static const struct admin_arg *find_arg(const struct admin_command *command, const char *name)
{
	for (const struct admin_arg *arg = command->args; arg && arg->name; arg++) {
		if (strcmp(arg->name, name) == 0)
			return arg;
	}
	return NULL;
}

/* What propsctl keeps to itself or turns into something else before it asks. */
static bool is_local(const struct ctl_command *row, const struct ctl_param *param)
{
	static const char *const local[][2] = {{"config show", "changed"}, {"players", "names"}, {"players", "all"},
		{"report", "table"}, {"slate load", "file"}, {"processor test", "player"}, {"baseline", "players"},
		{"baseline", "children"}, {"baseline", "output"}, {"export", "format"}, {"export", "phase_numbers"}};
	for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++) {
		if (strcmp(local[i][0], row->name) == 0 && strcmp(local[i][1], param->arg) == 0)
			return true;
	}
	return false;
}

/* Whether both sides take the same words, whatever the order. */
static void assert_same_words(const char *name, const char *const *ours, const char *const *theirs)
{
	size_t count = 0, other = 0;
	for (; ours[count]; count++) {
		size_t i = 0;
		while (theirs[i] && strcmp(theirs[i], ours[count]) != 0)
			i++;
		if (!theirs[i])
			fail_msg("%s: the daemon does not know the word %s", name, ours[count]);
	}
	while (theirs[other])
		other++;
	assert_int_equal(count, other);
}

static void check_params(
	const struct ctl_command *row, const struct admin_command *command, const struct ctl_param *params)
{
	for (const struct ctl_param *p = params; p && p->name; p++) {
		if (is_local(row, p))
			continue;
		const struct admin_arg *arg = find_arg(command, p->arg);
		if (!arg)
			fail_msg("\"%s\" sends the argument %s, which the daemon does not know", row->name, p->arg);
		if (p->type == CTL_WORD && arg->type == ADMIN_WORD)
			assert_same_words(p->arg, p->words, arg->words);
		if (p->type == CTL_INT) {
			assert_int_equal(arg->type, ADMIN_INT);
			assert_int_equal(p->from, arg->from);
			assert_int_equal(p->to, arg->to);
		}
		if (p->type == CTL_FLAG)
			assert_int_equal(arg->type, ADMIN_BOOL);
		if (p->type == CTL_DATE)
			assert_int_equal(arg->type, ADMIN_DATE);
		if (p->type == CTL_DURATION)
			assert_int_equal(arg->type, ADMIN_DURATION);
	}
}

static void each_command_is_the_daemons_with_its_arguments(void **state)
{
	(void)state;
	for (const struct ctl_command *row = ctl_commands; row->name; row++) {
		if (!row->cmd) {
			assert_true(row->raw || row->run);
			continue;
		}
		const struct admin_command *command = admin_command_find(admin_commands, row->cmd);
		if (!command)
			fail_msg("\"%s\" asks for %s, which the daemon does not know", row->name, row->cmd);
		if (row->view != (command->role == ADMIN_ROLE_VIEW))
			fail_msg("\"%s\": whether it only reads is not the daemon's opinion", row->name);
		check_params(row, command, row->positionals);
		check_params(row, command, row->options);
		assert_true(row->show || row->run);
	}
}

static void each_command_of_the_daemon_has_a_name_of_its_own_and_help(void **state)
{
	(void)state;
	for (const struct admin_command *const *table = admin_commands; *table; table++) {
		for (const struct admin_command *row = *table; row->name; row++) {
			assert_ptr_equal(admin_command_find(admin_commands, row->name), row);
			assert_non_null(row->help);
			assert_non_null(row->handler);
			for (const struct admin_arg *arg = row->args; arg && arg->name; arg++)
				assert_non_null(arg->help);
			/* Who may only look changes nothing. */
			assert_false(row->role == ADMIN_ROLE_VIEW && row->changes);
		}
	}
}

static void assert_in(const char *text, const char *where, const char *word)
{
	if (!strstr(text, word))
		fail_msg("%s does not mention %s", where, word);
}

static void assert_options_in(const char *text, const char *where, const struct ctl_param *options)
{
	for (const struct ctl_param *p = options; p && p->name; p++) {
		char option[64];
		snprintf(option, sizeof(option), "--%s", p->name);
		assert_in(text, where, option);
	}
}

static void the_manual_mentions_each_command_and_option(void **state)
{
	(void)state;
	char *manual = read_text(SOURCE_DIR "/docs/propsctl.1.scd");
	for (const struct ctl_command *row = ctl_commands; row->name; row++) {
		char name[64];
		/* "*wait ready*", "*dead list*", "*resume*": in bold, maybe with more behind it. */
		snprintf(name, sizeof(name), "*%s", row->name);
		assert_in(manual, "the manual", name);
		assert_options_in(manual, "the manual", row->options);
	}
	assert_options_in(manual, "the manual", ctl_global_options);
	free(manual);
}

static void the_protocols_description_has_each_command_argument_and_code(void **state)
{
	(void)state;
	char *text = read_text(SOURCE_DIR "/docs/protocol.md");
	for (const struct admin_command *const *table = admin_commands; *table; table++) {
		for (const struct admin_command *row = *table; row->name; row++) {
			char line[128];
			snprintf(line, sizeof(line), "\n| `%s` | %s |", row->name, admin_role_name(row->role));
			assert_in(text, "docs/protocol.md", line);
			for (const struct admin_arg *arg = row->args; arg && arg->name; arg++) {
				snprintf(line, sizeof(line), "`%s%s`", arg->name, "");
				char optional[128];
				snprintf(optional, sizeof(optional), "`%s?`", arg->name);
				if (!strstr(text, line) && !strstr(text, optional))
					fail_msg("docs/protocol.md does not mention the argument %s of %s", arg->name,
						row->name);
			}
		}
	}
	for (int i = 0; i < CODE_COUNT; i++) {
		char line[128];
		snprintf(line, sizeof(line), "| `%s` | %d |", PROTOCOL_CODES[i].name, (int)PROTOCOL_CODES[i].exit);
		assert_in(text, "docs/protocol.md", line);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command_is_the_daemons_with_its_arguments),
		cmocka_unit_test(each_command_of_the_daemon_has_a_name_of_its_own_and_help),
		cmocka_unit_test(the_manual_mentions_each_command_and_option),
		cmocka_unit_test(the_protocols_description_has_each_command_argument_and_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
