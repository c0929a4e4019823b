/* Replies for people, one function a command, named in its row. `data` is the reply's data. */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include <jansson.h>

#include "ctl.h"

void show_status(struct ctl *ctl, json_t *data);
void show_fresh(struct ctl *ctl, json_t *data);
void show_players(struct ctl *ctl, json_t *data);
void show_player(struct ctl *ctl, json_t *data);
void show_why(struct ctl *ctl, json_t *data);
void show_events(struct ctl *ctl, json_t *data);
void show_events_head(struct ctl *ctl);
void show_steps(struct ctl *ctl, json_t *data); /* without a head: more of them */
void show_slate(struct ctl *ctl, json_t *data);
void show_dead(struct ctl *ctl, json_t *data);
void show_letter(struct ctl *ctl, json_t *data);
void show_dropped(struct ctl *ctl, json_t *data);
void show_doctor(struct ctl *ctl, json_t *data);
void show_report(struct ctl *ctl, json_t *report);
void show_price(struct ctl *ctl, json_t *data); /* the report itself */
void show_paths(struct ctl *ctl, json_t *data); /* of lines */
void show_grade(struct ctl *ctl, json_t *data);
void show_regenerated(struct ctl *ctl, json_t *data);
void show_retried(struct ctl *ctl, json_t *data);
void show_draining(struct ctl *ctl, json_t *data);
void show_published(struct ctl *ctl, json_t *data);
void show_order(struct ctl *ctl, json_t *data);
void show_hold(struct ctl *ctl, json_t *data);
/* Whom an order is for; *ret_kind: "player", "team", ..., "" for all. */
const char *order_whom(const json_t *order, const char **ret_kind);
void show_orders(struct ctl *ctl, json_t *data);
void show_workers(struct ctl *ctl, json_t *data);
void show_waited(struct ctl *ctl, json_t *data);
void show_reloaded(struct ctl *ctl, json_t *data);
void show_config(struct ctl *ctl, json_t *data);
void show_log_level(struct ctl *ctl, json_t *data);
void show_processors(struct ctl *ctl, json_t *data);
void show_processor(struct ctl *ctl, json_t *data);
void show_processor_state(struct ctl *ctl, json_t *data);
void show_tried(struct ctl *ctl, json_t *data);
void show_baseline(struct ctl *ctl, json_t *data);
void show_validation(struct ctl *ctl, json_t *data);
void show_validations(struct ctl *ctl, json_t *data); /* its summary */
void show_analysis(struct ctl *ctl, json_t *data);
void show_schedules(struct ctl *ctl, json_t *data);
void show_aliases(struct ctl *ctl, json_t *data);
void show_alias_added(struct ctl *ctl, json_t *data);
void show_alias_removed(struct ctl *ctl, json_t *data);
void show_strangers(struct ctl *ctl, json_t *data);
void show_history(struct ctl *ctl, json_t *data);
void show_failing(struct ctl *ctl, json_t *data);
void show_compared(struct ctl *ctl, json_t *data);
void show_audit(struct ctl *ctl, json_t *data);
void show_backup(struct ctl *ctl, json_t *data);
void show_cancelled(struct ctl *ctl, json_t *data);

#endif
