/* All checks at once: `doctor`. */
#ifndef CTL_CMD_DOCTOR_H
#define CTL_CMD_DOCTOR_H

#include "ctl.h"

int cmd_doctor(struct ctl *ctl, const struct ctl_command *command, json_t *args);

#endif
