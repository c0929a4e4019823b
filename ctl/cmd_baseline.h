/* `baseline`: jobs made aside by several numbers of children, timed, and kept in a file (docs/measure.md). */
#ifndef CTL_CMD_BASELINE_H
#define CTL_CMD_BASELINE_H

#include "ctl.h"

int cmd_baseline(struct ctl *ctl, const struct ctl_command *command, json_t *args);

#endif
