#include "cmd_help.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "ctl.h"

#define COLUMNS 80
#define NAME_COLUMN 20

static const char *const groups[CTL_GROUPS] = {
	[CTL_LOOK] = "Look", [CTL_ACT] = "Act", [CTL_RUN] = "Run the daemon", [CTL_DATA] = "Other"};

/* Breaks a text between words; every line but the first begins with `indent` blanks. */
static void put_wrapped(FILE *file, const char *text, size_t column, size_t indent)
{
	while (*text) {
		size_t length = strcspn(text, " ");
		if (column > indent && column + 1 + length > COLUMNS - 1) {
			fprintf(file, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', file);
			column++;
		}
		fwrite(text, 1, length, file);
		column += length;
		text += length + strspn(text + length, " ");
	}
	fputc('\n', file);
}

static void add_synopsis(struct str *out, const struct ctl_command *command)
{
	for (const struct ctl_param *p = command->positionals; p && p->name; p++) {
		const char *dots = p->type == CTL_FIELDS || p->type == CTL_TEXTS ? "..." : "";
		str_printf(out, p->required ? " %s%s" : " [%s%s]", p->name, dots);
	}
	for (const struct ctl_param *p = command->options; p && p->name; p++)
		if (p->required)
			str_printf(out, " --%s %s", p->name, p->value);
}

static void show_row(FILE *file, const struct ctl_command *row)
{
	fprintf(file, "  %-*s ", NAME_COLUMN - 3, row->name);
	put_wrapped(file, row->summary, NAME_COLUMN, NAME_COLUMN);
}

static void show_list(FILE *file)
{
	fputs("Usage: propsctl [OPTION]... COMMAND [ARGUMENT]...\n\n"
	      "Watches and steers propsd, which keeps the player prop reports up to date.\n",
		file);
	for (int group = 0; group < CTL_GROUPS; group++) {
		fprintf(file, "\n%s:\n", groups[group]);
		for (const struct ctl_command *row = ctl_commands; row->name; row++) {
			if (row->group != (enum ctl_group)group)
				continue;
			show_row(file, row);
		}
	}
	fputs("\nOptions for every command:\n", file);
	for (const struct ctl_param *p = ctl_global_options; p->name; p++) {
		char name[32];
		text_format(name, sizeof(name), "%s%s%s%s%s", p->name[1] ? "--" : "-", p->name,
			!p->value ? ""
			: p->bare ? "[="
				  : " ",
			p->value ? p->value : "", p->bare ? "]" : "");
		fprintf(file, "  %-14s %s\n", name, p->help);
	}
	fputs("\nA command may be shortened as long as it stays the only one.\n"
	      "Exit codes: 0 done, 1 failed, 2 usage, 3 propsd not reachable, 4 denied,\n"
	      "5 not found, 6 timeout. More: propsctl help COMMAND, man propsctl.\n",
		file);
}

static void show_params(FILE *file, const char *title, const struct ctl_param *params, const char *dashes)
{
	if (!params || !params->name)
		return;
	fprintf(file, "\n%s:\n", title);
	for (const struct ctl_param *p = params; p->name; p++) {
		struct str text = {0};
		char name[48];
		text_format(
			name, sizeof(name), "%s%s%s%s", dashes, p->name, p->value ? " " : "", p->value ? p->value : "");
		str_text(&text, p->help);
		for (size_t i = 0; p->words && p->words[i]; i++)
			str_printf(&text, "%s%s", i == 0 ? ": " : ", ", p->words[i]);
		fprintf(file, "  %-20s ", name);
		put_wrapped(file, text.failed ? p->help : text.data, 23, 23);
		str_done(&text);
	}
}

static void show_command(FILE *file, const struct ctl_command *command)
{
	struct str line = {0};
	add_synopsis(&line, command);
	if (command->options && command->options->name)
		str_text(&line, " [OPTION]...");
	fprintf(file, "Usage: propsctl %s%s\n\n", command->name, line.data ? line.data : "");
	str_done(&line);
	char summary[128];
	text_format(summary, sizeof(summary), "%s", command->summary);
	summary[0] = (char)toupper((unsigned char)summary[0]);
	put_wrapped(file, summary, 0, 0);
	if (command->text) {
		fputc('\n', file);
		put_wrapped(file, command->text, 0, 0);
	}
	show_params(file, "Arguments", command->positionals, "");
	show_params(file, "Options", command->options, "--");
}

/* "processor" is a command and the first word of others. */
static void show_others(FILE *file, const struct ctl_command *command)
{
	bool any = false;
	for (const struct ctl_command *row = ctl_commands; row->name; row++) {
		if (row == command || strchr(command->name, ' ') || !ctl_same_group(row, command))
			continue;
		if (!any)
			fputs("\nSee also:\n", file);
		any = true;
		show_row(file, row);
	}
}

void help_show_group(FILE *file, const struct ctl_command *one)
{
	const struct ctl_command *next = one + 1;
	while (next->name && !ctl_same_group(next, one))
		next++;
	if (!next->name) {
		help_show(file, one);
		return;
	}
	const int length = (int)strcspn(one->name, " ");
	fprintf(file, "Usage: propsctl %.*s COMMAND [ARGUMENT]...\n\n", length, one->name);
	for (const struct ctl_command *row = ctl_commands; row->name; row++)
		if (ctl_same_group(row, one))
			show_row(file, row);
	fprintf(file, "\nMore: propsctl help %.*s COMMAND\n", length, one->name);
}

void help_show(FILE *file, const struct ctl_command *command)
{
	if (command && command->raw && command->run_raw != cmd_help) {
		/* It knows its own arguments. */
		char name[] = "import", help[] = "--help";
		char *argv[] = {name, help, NULL};
		fflush(file);
		command->run_raw(2, argv);
	} else if (command) {
		show_command(file, command);
		show_others(file, command);
	} else {
		show_list(file);
	}
}

int cmd_help(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
		help_show(stdout, NULL);
		return PROPSCTL_DONE;
	}
	struct err err;
	size_t used;
	const struct ctl_command *command =
		ctl_find(ctl_commands, (const char *const *)argv + 1, (size_t)argc - 1, &used, &err);
	if (!command && argc == 2 && ctl_group(ctl_commands, argv[1])) {
		help_show_group(stdout, ctl_group(ctl_commands, argv[1]));
		return PROPSCTL_DONE;
	}
	if (!command) {
		fprintf(stderr, "propsctl: %s\n", err.text);
		return PROPSCTL_USAGE;
	}
	help_show(stdout, command);
	return PROPSCTL_DONE;
}
