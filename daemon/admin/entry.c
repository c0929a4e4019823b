#include "admin/entry.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "config/config.h"
#include "delivery/delivery.h"

int admin_entry_make(const struct admin_context *context, enum stream stream, json_t *object,
	struct admin_entry *ret_entry, struct event *ret_event, struct malformed *ret_why)
{
	struct field fields[ADMIN_ENTRY_FIELDS];
	struct decode_world world = {.snapshot = context->ops->league(context->app),
		.teams = delivery_teams(context->delivery),
		.came_ms = delivery_redis_ms(context->delivery),
		.max_delay_us = context->ops->started(context->app)->ingest.max_delay_us};
	size_t count = 0;
	const char *key;
	json_t *value;
	json_object_foreach (object, key, value) {
		if (count == ADMIN_ENTRY_FIELDS) {
			text_format(ret_why->error, sizeof(ret_why->error), "an entry has at most %d fields",
				ADMIN_ENTRY_FIELDS);
			ret_why->field[0] = '\0';
			return -EINVAL;
		}
		fields[count] = (struct field){
			.name = key,
			.name_length = strlen(key),
			.value = json_string_value(value),
			.value_length = json_string_length(value),
		};
		ret_entry->texts[2 * count] = fields[count].name;
		ret_entry->texts[2 * count + 1] = fields[count].value;
		count++;
	}
	ret_entry->count = 2 * count;
	int r = event_decode(stream, fields, count, &world, ret_event, ret_why);
	if (r == 0 && ret_event->unread) {
		*ret_why = *ret_event->unread;
		event_done(ret_event);
		r = -EINVAL;
	}
	return r;
}
