/* `processor` lists them or shows one, by whether a name is given. */
#ifndef CTL_CMD_PROCESSOR_H
#define CTL_CMD_PROCESSOR_H

#include "ctl.h"

int cmd_processor(struct ctl *ctl, const struct ctl_command *command, json_t *args);

#endif
