/* `fresh`: its exit code says whether they are. */
#ifndef CTL_CMD_FRESH_H
#define CTL_CMD_FRESH_H

#include "ctl.h"

int cmd_fresh(struct ctl *ctl, const struct ctl_command *command, json_t *args);

#endif
