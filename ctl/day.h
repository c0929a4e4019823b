/* Parts of a player's day, as `player` and `why` show it. */
#ifndef CTL_DAY_H
#define CTL_DAY_H

#include "ctl.h"

void show_day_game(struct ctl *ctl, const json_t *day);
/* Of a phase; `name` is what it is called. */
void show_day_state(struct ctl *ctl, const char *name, const json_t *day);
void show_day_orders(struct ctl *ctl, const json_t *day);

#endif
