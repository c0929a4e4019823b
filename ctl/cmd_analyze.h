/* What measured runs say: `analyze`. Needs no daemon. */
#ifndef CTL_CMD_ANALYZE_H
#define CTL_CMD_ANALYZE_H

#include "ctl.h"

int cmd_analyze(struct ctl *ctl, const struct ctl_command *command, json_t *args);

#endif
