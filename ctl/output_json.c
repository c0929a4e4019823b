/*
 * JSON for programs: one object with the schema's version `v` in it, or for a list one such object a line. A
 * failure is an object too, on the same stream, so that a program reads one place; its sentence stands on
 * stderr for people.
 */
#include "output.h"

#include <stdlib.h>

#include "text.h"

static void put_object(struct ctl *ctl, json_t *object)
{
	json_t *line = json_pack("{s:i}", "v", PROTOCOL_VERSION);
	if (json_is_object(object))
		json_object_update(line, object);
	else
		json_object_set(line, "data", object);
	json_dumpf(line, ctl->data, JSON_COMPACT | JSON_REAL_PRECISION(15));
	fputc('\n', ctl->data);
	json_decref(line);
}

static void reply(struct ctl *ctl, const struct ctl_command *command, json_t *data, bool last)
{
	(void)last;
	if (!command->list) {
		put_object(ctl, data);
		return;
	}
	size_t i;
	json_t *element;
	json_array_foreach (json_object_get(data, command->list), i, element)
		put_object(ctl, element);
}

static void progress(struct ctl *ctl, const json_t *step)
{
	(void)ctl;
	(void)step;
}

static void failure(struct ctl *ctl, const json_t *error)
{
	fputs("propsctl: ", ctl->talk);
	put_text(ctl->talk, text_of(error, "error"));
	fputc('\n', ctl->talk);
	json_t *line = json_pack("{s:i}", "v", PROTOCOL_VERSION);
	json_object_update(line, (json_t *)error);
	json_dumpf(line, ctl->data, JSON_COMPACT | JSON_REAL_PRECISION(15));
	fputc('\n', ctl->data);
	json_decref(line);
}

const struct output output_json = {.json = true, .reply = reply, .progress = progress, .failure = failure};
