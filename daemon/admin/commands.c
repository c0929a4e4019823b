/* All commands: what the daemon can be asked, by area. */
#include <stddef.h>

#include "admin/areas.h"
#include "admin/context.h"

const struct admin_command *const admin_commands[] = {
	admin_status_commands,
	admin_fresh_commands,
	admin_doctor_commands,
	admin_player_commands,
	admin_why_commands,
	admin_slate_commands,
	admin_metrics_commands,
	admin_wait_commands,
	admin_events_commands,
	admin_trace_commands,
	admin_queue_commands,
	admin_dead_commands,
	admin_alias_commands,
	admin_processor_commands,
	admin_aside_commands,
	admin_schedule_commands,
	admin_price_commands,
	admin_lines_commands,
	admin_grade_commands,
	admin_stranger_commands,
	admin_history_commands,
	admin_config_commands,
	NULL,
};
