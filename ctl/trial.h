/*
 * Jobs that the daemon makes aside (the request `aside`, docs/protocol.md), heard one after the other. Blocking, one
 * thread.
 */
#ifndef CTL_TRIAL_H
#define CTL_TRIAL_H

#include "ctl.h"

struct trial_ops {
	void (*ready)(void *user, const json_t *ready); /* all children are there; NULL: of no interest */
	/* A job has ended. Where they were asked for it has its texts: "result", "request" and "reply", and "said", a list.
	 * It may be changed and kept. */
	void (*item)(void *user, json_t *item);
};

/*
 * `command` has the request's name; `args` are borrowed. *ret_line (new reference) is its last line, whatever it says.
 * -errno as client.h has it, with nothing printed; -ECANCELED: the user wants no more.
 */
int trial_run(struct ctl *ctl, const struct ctl_command *command, json_t *args, const struct trial_ops *ops, void *user,
	json_t **ret_line, struct err *err);

#endif
