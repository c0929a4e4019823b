#include "cmd_grade.h"

#include "grades.h"
#include "output.h"

/* The daemon grades a player at a time, in pages; what they sum up to needs all of them. */
int cmd_grade(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	json_t *all = NULL, *page;
	bool more;
	do {
		const int result = ctl_ask(ctl, command, args, &page);
		if (result != PROPSCTL_DONE) {
			json_decref(all);
			return result;
		}
		if (all)
			json_array_extend(json_object_get(all, "calls"), json_object_get(page, "calls"));
		else
			all = json_incref(page);
		json_t *next = json_object_get(page, "next");
		more = next != NULL;
		if (more)
			json_object_set(args, "after", next);
		json_decref(page);
	} while (more);
	json_object_del(all, "next");
	json_object_set(all, "first", json_object_get(args, "first") ? json_true() : json_false());
	json_object_set_new(all, "summary", grades_summary(json_object_get(all, "calls")));
	ctl->output->reply(ctl, command, all, true);
	json_decref(all);
	return PROPSCTL_DONE;
}
