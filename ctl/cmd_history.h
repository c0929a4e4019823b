/* What leaves the history for other programs: `export`, `backup`. */
#ifndef CTL_CMD_HISTORY_H
#define CTL_CMD_HISTORY_H

#include "ctl.h"

int cmd_export(struct ctl *ctl, const struct ctl_command *command, json_t *args);
int cmd_backup(struct ctl *ctl, const struct ctl_command *command, json_t *args);

#endif
