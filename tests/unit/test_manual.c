/* propsd.conf(5) against the table of options: each option stands in its section with its default, and no
 * other. propsd-metrics(7) against the table of metrics, likewise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "config/option.h"
#include "metrics/metrics.h"

#define PAGE SOURCE_DIR "/docs/propsd.conf.5.scd"
#define METRICS_PAGE SOURCE_DIR "/docs/propsd-metrics.7.scd"

struct page {
	char section[32];
	bool seen[128];
};

/* "*name* = value" */
static void check_option(struct page *p, const char *name, char *value)
{
	size_t count, length = strlen(value);
	const struct option *table = option_table(&count), *o = option_find(p->section, name);
	if (o == NULL)
		fail_msg("the manual has %s in section '%s', which is no option", name, p->section);
	assert_true(count < sizeof(p->seen));
	if (p->seen[o - table])
		fail_msg("the manual has %s of section '%s' twice", name, p->section);
	p->seen[o - table] = true;
	if (length >= 2 && value[0] == '"' && value[length - 1] == '"') {
		value[length - 1] = '\0';
		value++;
	}
	if (o->value != NULL && strcmp(value, o->value) != 0)
		fail_msg("the manual gives %s of section '%s' the default \"%s\", it is \"%s\"", name, p->section,
			value, o->value);
}

static void the_manual_has_each_option_with_its_default(void **state)
{
	(void)state;
	struct page p = {0};
	char line[512], name[64], value[256];
	FILE *f = fopen(PAGE, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "# SECTION %31[a-z_]", p.section) == 1)
			continue;
		if (line[0] == '#')
			p.section[0] = '\0';
		else if (sscanf(line, "*%63[a-z_]* = %255[^\n]", name, value) == 2)
			check_option(&p, name, value);
	}
	fclose(f);
	size_t count;
	const struct option *table = option_table(&count);
	for (size_t i = 0; i < count; i++)
		if (!p.seen[i])
			fail_msg("the manual lacks %s of section '%s'", table[i].name, table[i].section);
}

/* A word of its own in the text below the option, as "Restart." at its end. */
static void the_manual_marks_what_needs_a_restart(void **state)
{
	(void)state;
	char line[512], section[32] = "", name[64] = "", text[2048] = "";
	FILE *f = fopen(PAGE, "r");
	assert_non_null(f);
	for (bool more = true; more;) {
		char next[64] = "";
		more = fgets(line, sizeof(line), f) != NULL;
		bool option = more && sscanf(line, "*%63[a-z_]* = ", next) == 1;
		if (!more || option || line[0] == '#') {
			const struct option *o = name[0] != '\0' ? option_find(section, name) : NULL;
			if (o != NULL && (strstr(text, "Restart.") != NULL) != o->restart)
				fail_msg("%s of section '%s' %s, the manual says otherwise", name, section,
					o->restart ? "needs a restart" : "needs no restart");
			memcpy(name, next, sizeof(name));
			text[0] = '\0';
		}
		if (more && line[0] == '#' && sscanf(line, "# SECTION %31[a-z_]", section) != 1)
			section[0] = '\0';
		size_t n = strlen(text);
		text_format(text + n, sizeof(text) - n, "%s", more ? line : "");
	}
	fclose(f);
}

/* "*name* type" and its help with the values of each label, as the page has it, without line ends. */
static void expect_metric(const struct metric_row *row, struct str *out)
{
	static const char *const types[] = {
		[METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};
	str_clear(out);
	str_printf(out, "*%s* %s %s", row->name, types[row->type], row->help);
	for (int i = 0; i < METRIC_LABELS && row->label[i].name != NULL; i++) {
		const char *const *v = row->label[i].values;
		str_printf(out, " _%s_ is ", row->label[i].name);
		if (strcmp(row->label[i].name, "version") == 0)
			str_text(out, "its version");
		else
			for (; *v != NULL; v++)
				str_printf(out, "%s%s", *v, v[1] == NULL ? "" : v[2] == NULL ? " or " : ", ");
		str_char(out, '.');
	}
}

static const struct metric_row *find_metric(const char *paragraph)
{
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const struct metric_row *row = metrics_row((enum metric)i);
		const size_t n = strlen(row->name);
		if (strncmp(paragraph + 1, row->name, n) == 0 && paragraph[n + 1] == '*')
			return row;
	}
	return NULL;
}

static void check_metric(const char *paragraph, bool *seen)
{
	struct str expected = {0};
	const struct metric_row *row = find_metric(paragraph);
	if (row == NULL)
		fail_msg("the manual has what is no metric: %s", paragraph);
	if (seen[row - metrics_row(0)])
		fail_msg("the manual has %s twice", row->name);
	seen[row - metrics_row(0)] = true;
	expect_metric(row, &expected);
	if (strcmp(paragraph, expected.data) != 0)
		fail_msg("the manual has\n%s\nand not\n%s", paragraph, expected.data);
	str_done(&expected);
}

static void the_manual_has_each_metric_with_its_labels(void **state)
{
	(void)state;
	char line[512];
	bool seen[METRIC_COUNT] = {0}, within = false;
	struct str paragraph = {0}, expected = {0};
	FILE *f = fopen(METRICS_PAGE, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			within = strcmp(line, "# METRICS") == 0;
		if (within && line[0] == '\0' && paragraph.length > 0 && paragraph.data[0] == '*')
			check_metric(paragraph.data, seen);
		if (!within || line[0] == '\0' || line[0] == '#')
			str_clear(&paragraph);
		else
			str_printf(&paragraph, "%s%s", paragraph.length > 0 ? " " : "", line + strspn(line, "\t"));
	}
	fclose(f);
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		expect_metric(metrics_row((enum metric)i), &expected);
		if (!seen[i])
			fail_msg("docs/propsd-metrics.7.scd lacks\n%s", expected.data);
	}
	str_done(&paragraph);
	str_done(&expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manual_has_each_option_with_its_default),
		cmocka_unit_test(the_manual_marks_what_needs_a_restart),
		cmocka_unit_test(the_manual_has_each_metric_with_its_labels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
