/* The dual run: a sample of players made aside and compared: `validate`. */
#ifndef CTL_CMD_VALIDATE_H
#define CTL_CMD_VALIDATE_H

#include "ctl.h"

int cmd_validate(struct ctl *ctl, const struct ctl_command *command, json_t *args);

#endif
