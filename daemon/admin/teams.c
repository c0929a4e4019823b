/* The words are those of an event's decoder, so that whoever types is answered as whoever sends. */
#include "admin/teams.h"

#include <string.h>

#include "delivery/delivery.h"
#include "ingest/decode.h"
#include "league/team.h"

bool admin_team(
	struct admin_request *request, const struct admin_context *context, const char *text, char ret_code[TEAM_SIZE])
{
	const struct teams *teams = delivery_teams(context->delivery);
	char problem[TEAM_PROBLEM_SIZE];
	if (teams_code(teams, text, strlen(text), ret_code))
		return true;
	teams_problem(teams, text, strlen(text), problem);
	admin_error(request, CODE_BAD_ARGUMENT, "the team is \"%s\", which is %s", text, problem);
	return false;
}

bool admin_game(
	struct admin_request *request, const struct admin_context *context, const char *text, char ret_id[GAME_ID_SIZE])
{
	const struct field field = {
		.name = "game_id", .name_length = strlen("game_id"), .value = text, .value_length = strlen(text)};
	const struct decode_world world = {
		.snapshot = context->ops->league(context->app), .teams = delivery_teams(context->delivery)};
	struct event event;
	struct malformed why;
	bool known = event_decode(STREAM_REGENERATE, &field, 1, &world, &event, &why) == 0;
	if (known && event.unread) {
		why = *event.unread;
		event_done(&event);
		known = false;
	}
	if (!known) {
		admin_error(request, CODE_BAD_ARGUMENT, "%s", why.error);
		return false;
	}
	memcpy(ret_id, event.game_id, GAME_ID_SIZE);
	event_done(&event);
	return true;
}
