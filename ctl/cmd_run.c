#include "cmd_run.h"

#include "output.h"
#include "propsd/version.h"
#include "text.h"

/* Prometheus text is what programs read here; with --json it comes inside an object. */
int cmd_metrics(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	json_t *data;
	int result = ctl_ask(ctl, command, args, &data);
	if (result != PROPSCTL_DONE)
		return result;
	if (ctl->output->json)
		ctl->output->reply(ctl, command, data, true);
	else
		fputs(text_of(data, "text"), ctl->data);
	json_decref(data);
	return result;
}

/* Its own version comes out in any case: who asks may be looking for the reason why there is no daemon. */
int cmd_version(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	json_t *both = json_pack("{s:s}", "propsctl", PROPSD_VERSION), *data;
	if (!ctl->output->json)
		fprintf(ctl->data, "propsctl %s\n", PROPSD_VERSION);
	fflush(ctl->data);
	int result = ctl_ask(ctl, command, args, &data);
	if (result == PROPSCTL_DONE) {
		json_object_set_new(both, "propsd", json_string(text_of(data, "version")));
		json_object_set(both, "protocol", json_object_get(data, "protocol"));
		if (ctl->output->json)
			ctl->output->reply(ctl, command, both, true);
		else
			fprintf(ctl->data, "propsd %s\n", text_of(both, "propsd"));
		json_decref(data);
	}
	json_decref(both);
	return result;
}
