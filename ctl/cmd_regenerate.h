#ifndef CTL_CMD_REGENERATE_H
#define CTL_CMD_REGENERATE_H

#include "ctl.h"

int cmd_regenerate(struct ctl *ctl, const struct ctl_command *command, json_t *args);

#endif
