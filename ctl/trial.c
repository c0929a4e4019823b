#include "trial.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

enum { RESULT, REQUEST, REPLY, TEXTS };
static const char *const names[TEXTS] = {"result", "request", "reply"};

struct trial {
	const struct trial_ops *ops;
	void *user;
	struct str texts[TEXTS]; /* of the job that is told of next: they come in pieces */
	bool given[TEXTS];
	json_t *said;
	bool failed; /* no memory */
};

static void take_piece(struct trial *t, const json_t *piece)
{
	const char *of = json_string_value(json_object_get(piece, "of"));
	const json_t *text = json_object_get(piece, "text");
	if (of && strcmp(of, "said") == 0)
		json_array_append(t->said, (json_t *)text);
	for (int i = 0; of && i < TEXTS; i++)
		if (strcmp(of, names[i]) == 0 && json_is_string(text)) {
			str_bytes(&t->texts[i], json_string_value(text), json_string_length(text));
			t->given[i] = true;
		}
}

static void take_item(struct trial *t, json_t *item)
{
	for (int i = 0; i < TEXTS; i++) {
		if (t->given[i])
			json_object_set_new(item, names[i],
				json_stringn(t->texts[i].length ? t->texts[i].data : "", t->texts[i].length));
		t->failed |= t->texts[i].failed;
		t->given[i] = false;
		str_clear(&t->texts[i]);
	}
	if (json_array_size(t->said) > 0) {
		json_object_set(item, "said", t->said);
		json_decref(t->said);
		t->said = json_array();
	}
	t->ops->item(t->user, item);
}

static void on_step(void *user, json_t *step)
{
	struct trial *t = user;
	const json_t *piece = json_object_get(step, "piece"), *ready = json_object_get(step, "ready");
	json_t *item = json_object_get(step, "item");
	if (piece)
		take_piece(t, piece);
	if (item)
		take_item(t, item);
	if (ready && t->ops->ready)
		t->ops->ready(t->user, ready);
}

int trial_run(struct ctl *ctl, const struct ctl_command *command, json_t *args, const struct trial_ops *ops, void *user,
	json_t **ret_line, struct err *err)
{
	struct trial t = {.ops = ops, .user = user, .said = json_array()};
	json_t *line = NULL;
	int r = ctl_hear(ctl, command, args, on_step, &t, &line, err);
	if (r == 0 && t.failed) {
		json_decref(line);
		r = err_set(err, -ENOMEM, "out of memory");
	}
	if (r == 0)
		*ret_line = line;
	for (int i = 0; i < TEXTS; i++)
		str_done(&t.texts[i]);
	json_decref(t.said);
	return r;
}
