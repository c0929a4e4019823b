#include "cmd_player.h"

#include <string.h>

#include "json_text.h"
#include "output.h"
#include "show.h"
#include "text.h"

static void show_names(struct ctl *ctl, json_t *data)
{
	size_t i;
	json_t *row;
	json_array_foreach (json_object_get(data, "players"), i, row) {
		const char *before =
			i > 0 ? text_of(json_array_get(json_object_get(data, "players"), i - 1), "player") : "";
		if (strcmp(before, text_of(row, "player")) == 0)
			continue; /* his other phase */
		put_text(ctl->data, text_of(row, "player"));
		fputc('\n', ctl->data);
	}
}

/* In the order of service for people who look; all of them, in pages, for programs and completion. */
int cmd_players(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	struct ctl_command names = *command;
	names.show = show_names;
	bool only_names = json_is_true(json_object_get(args, "names"));
	bool all = json_is_true(json_object_get(args, "all")) || only_names;
	json_object_del(args, "names");
	json_object_del(args, "all");
	if (all)
		json_object_set_new(args, "order", json_string("name"));
	return ctl_ask_and_show(ctl, only_names ? &names : command, args);
}

/*
 * The report goes out byte for byte as it was committed: parsing and writing it again could change a digit. A person's
 * eyes get line ends and blanks between its parts.
 */
int cmd_report(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	bool table = json_is_true(json_object_get(args, "table"));
	json_object_del(args, "table");
	json_t *data;
	int result = ctl_ask(ctl, command, args, &data);
	if (result != PROPSCTL_DONE)
		return result;
	const char *report = text_of(data, "report");
	table = table && strcmp(text_of(args, "phase"), "precompute") != 0; /* an output has no form of its own */
	json_t *parsed = table ? json_loads(report, 0, NULL) : NULL;
	if (parsed && !ctl->output->json) {
		show_report(ctl, parsed);
	} else if (ctl->screen && !ctl->output->json) {
		json_text_put(ctl->data, report, ctl->width ? ctl->width : 80);
	} else {
		fputs(report, ctl->data);
		fputc('\n', ctl->data);
	}
	json_decref(parsed);
	json_decref(data);
	return PROPSCTL_DONE;
}
