/* `processor test`: one job made aside, and all that can be seen of it. */
#ifndef CTL_CMD_TRIAL_H
#define CTL_CMD_TRIAL_H

#include "ctl.h"

int cmd_processor_test(struct ctl *ctl, const struct ctl_command *command, json_t *args);

#endif
