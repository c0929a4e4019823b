/* Help, made from the table of commands. */
#ifndef CTL_CMD_HELP_H
#define CTL_CMD_HELP_H

#include <stdio.h>

#include "grammar.h"

/* `propsctl help [COMMAND]`. argv[0] is "help". */
int cmd_help(int argc, char **argv);

/* The list of commands, or with `command` all about it. 80 columns. */
void help_show(FILE *file, const struct ctl_command *command);
/* The commands whose first word is that of `one`; if it is the only one, all about it. */
void help_show_group(FILE *file, const struct ctl_command *one);

#endif
