/* `metrics` and `version`. */
#ifndef CTL_CMD_RUN_H
#define CTL_CMD_RUN_H

#include "ctl.h"

int cmd_metrics(struct ctl *ctl, const struct ctl_command *command, json_t *args);
int cmd_version(struct ctl *ctl, const struct ctl_command *command, json_t *args);

int cmd_wait(struct ctl *ctl, const struct ctl_command *command, json_t *args);
int cmd_config_show(struct ctl *ctl, const struct ctl_command *command, json_t *args);

#endif
