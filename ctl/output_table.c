/* Words and tables for people. Data on stdout, talk on stderr. */
#include "output.h"

#include "progress.h"
#include "text.h"

static void reply(struct ctl *ctl, const struct ctl_command *command, json_t *data, bool last)
{
	(void)last;
	progress_clear(ctl);
	if (command->show)
		command->show(ctl, data);
}

static void progress(struct ctl *ctl, const json_t *step)
{
	progress_show(ctl, step);
}

static void failure(struct ctl *ctl, const json_t *error)
{
	progress_clear(ctl);
	fputs("propsctl: ", ctl->talk);
	put_text(ctl->talk, text_of(error, "error"));
	const json_t *nearest = json_object_get(error, "nearest");
	size_t count = json_array_size(nearest);
	for (size_t i = 0; i < count; i++) {
		fputs(i == 0 ? "; did you mean " : i + 1 == count ? " or " : ", ", ctl->talk);
		const char *name = json_string_value(json_array_get(nearest, i));
		put_text(ctl->talk, name ? name : "?");
	}
	fputs(count > 0 ? "?\n" : "\n", ctl->talk);
}

const struct output output_table = {.reply = reply, .progress = progress, .failure = failure};
