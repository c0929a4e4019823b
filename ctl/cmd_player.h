/* `players` and `report`. */
#ifndef CTL_CMD_PLAYER_H
#define CTL_CMD_PLAYER_H

#include "ctl.h"

int cmd_players(struct ctl *ctl, const struct ctl_command *command, json_t *args);
int cmd_report(struct ctl *ctl, const struct ctl_command *command, json_t *args);

#endif
