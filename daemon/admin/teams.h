/* Teams and games as people type them. Loop thread only. */
#ifndef ADMIN_TEAMS_H
#define ADMIN_TEAMS_H

#include <stdbool.h>

#include "admin/context.h"
#include "admin/request.h"
#include "slate/slate.h"

#define ADMIN_TEAM_MAX 100 /* bytes of a spelling */
#define ADMIN_GAME_MAX (2 * ADMIN_TEAM_MAX + 10)

/* The code of a team that was given by any spelling; a code that nobody knows at its face value, for it may be of the slate
 * alone. False: the request was refused, with what would be right. */
bool admin_team(
	struct admin_request *request, const struct admin_context *context, const char *text, char ret_code[TEAM_SIZE]);

/* For an answer that is empty: whether the league knows a code that admin_team() gave ("": none). False: the request was
 * refused. */
bool admin_team_is_known(struct admin_request *request, const struct admin_context *context, const char *code);

/* Likewise of a game, as DATE_AWAY_HOME; or the league's ten digits, where the schedule was imported. */
bool admin_game(struct admin_request *request, const struct admin_context *context, const char *text,
	char ret_id[GAME_ID_SIZE]);

#endif
