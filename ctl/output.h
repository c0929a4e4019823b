/* How results leave: for people or for programs. Text, JSON and terminal codes never mix in one function. */
#ifndef CTL_OUTPUT_H
#define CTL_OUTPUT_H

#include <jansson.h>

#include "ctl.h"

struct output {
	bool json;
	/* `data` may be changed. A list comes page by page; `last` with the last one. */
	void (*reply)(struct ctl *ctl, const struct ctl_command *command, json_t *data, bool last);
	void (*progress)(struct ctl *ctl, const json_t *step);
	/* `error`: the daemon's line, or one made here. */
	void (*failure)(struct ctl *ctl, const json_t *error);
};

extern const struct output output_table, output_json;

#endif
