#include "cmd_run.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
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

enum {
	CONNECT_EVERY_NS = 50000000,
	SAID_AFTER_US = 1000000, /* so long a start may take without a word */
	ALONE_MAX_US = 60000000, /* nobody will come any more, unless a time was given */
};

/* Nobody listens yet, or no more: a daemon that is being started, or started again. */
static bool may_come(int code)
{
	return code == -ENOENT || code == -ECONNREFUSED || code == -EPIPE || code == -EAGAIN;
}

/* What is left of the time that was given; false: nothing. Without a limit there is always some. */
static bool shorten(json_t *args, int64_t until_us)
{
	char left[DURATION_SIZE];
	const int64_t us = until_us - clock_mono_us(clock_system());
	if (until_us == 0)
		return true;
	if (us < 1000)
		return false;
	json_object_set_new(args, "timeout", json_string(duration_format(us, left)));
	return true;
}

/* For a daemon that is not there one waits as for one that is not ready. Idle is only one that is there. */
int cmd_wait(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	const bool ready = strcmp(text_of(args, "for"), "ready") == 0;
	const char *timeout = text_of(args, "timeout");
	int64_t us = 0, begun_us = clock_mono_us(clock_system());
	const int64_t until_us = *timeout && duration_parse(timeout, &us) ? begun_us + us : 0;
	int64_t alone_us = begun_us; /* since then nobody listens */
	bool said = ctl->quiet;
	json_t *line = NULL;
	struct err err;
	int r;
	while ((r = ctl_try(ctl, command, args, &line, &err)) < 0 && ready && may_come(r)) {
		const struct timespec pause = {.tv_nsec = CONNECT_EVERY_NS};
		nanosleep(&pause, NULL);
		if (!shorten(args, until_us))
			return ctl_fail(ctl, PROPSCTL_TIMEOUT, "timeout", "not ready in time: %s", err.text);
		const int64_t now_us = clock_mono_us(clock_system());
		if (r == -EPIPE || r == -EAGAIN) /* somebody was there */
			alone_us = now_us;
		if (until_us == 0 && now_us - alone_us >= ALONE_MAX_US)
			break;
		if (!said && now_us - begun_us >= SAID_AFTER_US) {
			fprintf(ctl->talk, "waiting: %s\n", err.text);
			said = true;
		}
	}
	if (r < 0)
		return ctl_unanswered(ctl, &err);
	if (!json_is_true(json_object_get(line, "ok")))
		return ctl_refused(ctl, line);
	json_t *data = json_object_get(line, "data");
	ctl->output->reply(ctl, command, data, true);
	json_decref(line);
	return PROPSCTL_DONE;
}

int cmd_config_show(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	const bool changed = json_is_true(json_object_get(args, "changed"));
	json_object_del(args, "changed");
	json_t *data;
	int result = ctl_ask(ctl, command, args, &data);
	if (result != PROPSCTL_DONE)
		return result;
	json_t *options = json_object_get(data, "options");
	for (size_t i = json_array_size(options); changed && i-- > 0;)
		if (strcmp(text_of(json_array_get(options, i), "source"), "default") == 0)
			json_array_remove(options, i);
	ctl->output->reply(ctl, command, data, true);
	json_decref(data);
	return result;
}
