/* What became of a date's recommendations: `grade`. */
#ifndef CTL_CMD_GRADE_H
#define CTL_CMD_GRADE_H

#include "ctl.h"

int cmd_grade(struct ctl *ctl, const struct ctl_command *command, json_t *args);

#endif
