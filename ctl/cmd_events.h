/* `propsctl events`: what happened of late, and with --follow what happens. */
#ifndef CTL_CMD_EVENTS_H
#define CTL_CMD_EVENTS_H

#include "ctl.h"

int cmd_events(struct ctl *ctl, const struct ctl_command *command, json_t *args);

#endif
