#include "cmd_trial.h"

#include "output.h"
#include "trial.h"

static void keep_ready(void *user, const json_t *ready)
{
	json_t *data = user;
	static const char *const keys[] = {"processor", "type", "phase"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		json_object_set(data, keys[i], json_object_get(ready, keys[i]));
}

static void keep_item(void *user, json_t *item)
{
	static const char *const of_lists[] = {"n", "of", "item", "repeat"};
	for (size_t i = 0; i < sizeof(of_lists) / sizeof(*of_lists); i++)
		json_object_del(item, of_lists[i]);
	json_object_update(user, item);
}

int cmd_processor_test(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	static const struct trial_ops ops = {.ready = keep_ready, .item = keep_item};
	json_t *request = json_deep_copy(args), *data = json_object(), *line;
	struct err err;
	json_object_set_new(request, "items", json_pack("[{s:O}]", "player", json_object_get(args, "player")));
	json_object_del(request, "player");
	json_object_set_new(request, "trace", json_true());
	int result;
	if (trial_run(ctl, command, request, &ops, data, &line, &err) < 0)
		result = ctl_unanswered(ctl, &err);
	else if (!json_is_true(json_object_get(line, "ok")))
		result = ctl_refused(ctl, line);
	else {
		json_decref(line);
		ctl->output->reply(ctl, command, data, true);
		result = json_is_true(json_object_get(data, "ok")) ? PROPSCTL_DONE : PROPSCTL_FAILED;
	}
	json_decref(request);
	json_decref(data);
	return result;
}
