/* What completion offers without a daemon, and that its fields are the contract's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/complete.h"
#include "ctl/complete_fields.h"
#include "ctl/ctl.h"
#include "ctl/output.h"
#include "ingest/contract.h"
#include "ingest/event.h"

/* The words, "|" between them, the last one being typed. The offers without what they are, each in its line. */
static void offered(const char *line, char ret[8192])
{
	char copy[512], *argv[32], *rest = copy, *text, nowhere[] = "--socket=/nowhere/at/all";
	int argc = 0;
	size_t size, length = 0;
	snprintf(copy, sizeof(copy), "%s", line);
	argv[argc++] = nowhere;
	for (char *word; (word = strsep(&rest, "|"));)
		argv[argc++] = word;
	FILE *out = open_memstream(&text, &size), *talk = fopen("/dev/null", "we");
	struct ctl ctl = {.output = &output_table, .data = out, .talk = talk, .stop_fd = -1};
	assert_int_equal(ctl_complete(&ctl, argc, argv), PROPSCTL_DONE);
	fclose(out);
	fclose(talk);
	rest = text;
	ret[0] = '\0';
	for (char *word; (word = strsep(&rest, "\n"));) {
		word[strcspn(word, "\t")] = '\0';
		length += (size_t)snprintf(ret + length, 8192 - length, "%s%s", length > 0 && *word ? " " : "", word);
		assert_true(length < 8192);
	}
	free(text);
}

static void assert_offered(const char *line, const char *expected)
{
	char got[8192];
	offered(line, got);
	if (strcmp(got, expected) != 0)
		fail_msg("\"%s\": expected \"%s\", got \"%s\"", line, expected, got);
}

static void assert_offers(const char *line, const char *word)
{
	char got[8194], padded[128];
	offered(line, got + 1);
	got[0] = ' ';
	strcat(got, " ");
	snprintf(padded, sizeof(padded), " %s ", word);
	if (!strstr(got, padded))
		fail_msg("\"%s\" does not offer %s but%s", line, word, got);
}

static void words_options_and_values_are_offered_where_they_may_stand(void **state)
{
	(void)state;
	assert_offered("sta", "status");
	assert_offered("dead|", "list show retry drop");
	assert_offered("d|l", "");
	assert_offered("dea|l", "list");
	assert_offered("players|--state|", "idle waiting beginning running backing-off");
	assert_offered("players|--state=b", "--state=beginning --state=backing-off");
	assert_offered("players|--state=idle|--sta", "");
	assert_offered("players|--state|idle|--le", "--level");
	assert_offered("--quiet|play", "players player");
	assert_offered("report|--date|", "today yesterday tomorrow");
	assert_offered("slate|", "load today yesterday tomorrow");
	assert_offered("slate|load|", ":files");
	assert_offered("import|--into|x", ":files");
	assert_offered("import|--dry", "--dry-run");
	assert_offered("prioritize|x|", "urgent high normal low none");
	assert_offered("prioritize|--team|LAL|", "urgent high normal low none");
	assert_offered("price|x|p", "points pra pr pa");
	assert_offered("help|pri", "price prioritize");
	assert_offered("nonsense|", "");
	assert_offered("players|--|--st", "");
	assert_offered("players|--names=", "");
}

static void fields_are_offered_once_and_their_words(void **state)
{
	(void)state;
	assert_offered("publish|od", "odds");
	assert_offered("publish|odds|m", "market=");
	assert_offered("publish|odds|market=pra|m", "");
	assert_offered("publish|odds|market=p", "market=points market=pra market=pr market=pa");
	assert_offered("publish|injury|status=", "status=out status=doubtful status=questionable status=probable "
						 "status=available");
	assert_offered("publish|injury|line=", "");
}

static void each_command_and_option_is_offered(void **state)
{
	(void)state;
	for (const struct ctl_command *row = ctl_commands; row->name; row++) {
		char line[128], word[64];
		const char *blank = strchr(row->name, ' ');
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(row->name, " "), row->name);
		assert_offers("", word);
		snprintf(line, sizeof(line), "%s|", word);
		if (blank)
			assert_offers(line, blank + 1);
		for (const struct ctl_param *p = row->options; p && p->name; p++) {
			snprintf(line, sizeof(line), "%s%s%s|--", word, blank ? "|" : "", blank ? blank + 1 : "");
			snprintf(word, sizeof(word), "--%s", p->name);
			assert_offers(line, word);
			snprintf(word, sizeof(word), "%.*s", (int)strcspn(row->name, " "), row->name);
		}
	}
}

static bool table_has(const char *stream, const char *name)
{
	for (const struct complete_field *f = complete_fields; f->name; f++)
		if (strcmp(f->name, name) == 0 && strstr(f->streams, stream))
			return true;
	return false;
}

static void fields_are_those_of_the_contract(void **state)
{
	(void)state;
	for (int stream = 0; stream < STREAM_COUNT; stream++) {
		const unsigned kinds = contract_kinds((enum stream)stream);
		for (size_t i = 0; i < contract_row_count; i++) {
			const struct contract_row *row = &contract_rows[i];
			const bool own = (BIT(row->field) & FIELDS_OWN) != 0;
			if (!own && (row->kinds & kinds) && !table_has(stream_name((enum stream)stream), row->name))
				fail_msg("completion lacks %s of %s", row->name, stream_name((enum stream)stream));
		}
		for (const struct complete_field *f = complete_fields; f->name; f++)
			if (strstr(f->streams, stream_name((enum stream)stream)) &&
				!contract_find(kinds, f->name, strlen(f->name)))
				fail_msg("completion has %s of %s, which the contract has not", f->name,
					stream_name((enum stream)stream));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_options_and_values_are_offered_where_they_may_stand),
		cmocka_unit_test(fields_are_offered_once_and_their_words),
		cmocka_unit_test(each_command_and_option_is_offered),
		cmocka_unit_test(fields_are_those_of_the_contract),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
