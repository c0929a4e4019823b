#ifndef CTL_CMD_DEAD_H
#define CTL_CMD_DEAD_H

#include "ctl.h"

/* dead retry, dead drop */
int cmd_dead(struct ctl *ctl, const struct ctl_command *command, json_t *args);

#endif
