#ifndef CTL_CMD_SLATE_H
#define CTL_CMD_SLATE_H

#include "ctl.h"

int cmd_slate_load(struct ctl *ctl, const struct ctl_command *command, json_t *args);

#endif
