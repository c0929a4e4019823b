/* The words are those of an event's decoder, so that whoever types is answered as whoever sends. */
#include "admin/teams.h"

#include <string.h>

#include "delivery/delivery.h"
#include "ingest/decode.h"
#include "league/team.h"

static enum teams_found find(const struct admin_context *context, const char *text)
{
	const struct teams *teams = delivery_teams(context->delivery);
	const char *code;
	return teams ? teams_find(teams, text, strlen(text), &code) : TEAMS_NONE;
}

static bool refuse(struct admin_request *request, const struct admin_context *context, const char *text)
{
	char problem[TEAM_PROBLEM_SIZE];
	teams_problem(delivery_teams(context->delivery), text, strlen(text), problem);
	admin_error(request, find(context, text) == TEAMS_SEVERAL ? CODE_BAD_ARGUMENT : CODE_UNKNOWN_TEAM,
		"the team is \"%s\", which is %s", text, problem);
	return false;
}

bool admin_team(
	struct admin_request *request, const struct admin_context *context, const char *text, char ret_code[TEAM_SIZE])
{
	return teams_code(delivery_teams(context->delivery), text, strlen(text), ret_code) ||
	       refuse(request, context, text);
}

bool admin_team_is_known(struct admin_request *request, const struct admin_context *context, const char *code)
{
	return !code[0] || find(context, code) == TEAMS_ONE || refuse(request, context, code);
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
