#include "admin/closing.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "delivery/delivery.h"
#include "model/pricing.h"

void closing_game(const struct admin_context *context, const struct slate *slate, const char *player, const char *named,
	struct closing_game *ret)
{
	char game[GAME_ID_SIZE] = "", team[TEAM_SIZE] = "";
	sscanf(named, "%23s %3s", game, team);
	const struct slate_place place = slate_place(slate, player, game, team);
	const struct slate_game *facts = place.facts;
	*ret = (struct closing_game){.tip_ms = facts ? facts->tip_ms : 0,
		.now_ms = delivery_redis_ms(context->delivery),
		.status = facts ? facts->status : GAME_UNKNOWN};
	text_format(ret->id, sizeof(ret->id), "%s", place.game);
}

const char *closing_of(const struct closing_game *game, const struct line_path *path, const struct line_point **ret)
{
	if (game->status == GAME_POSTPONED || game->status == GAME_CANCELLED)
		return game->status == GAME_POSTPONED ? "the game is postponed" : "the game is cancelled";
	const enum close close = lines_close(path, game->tip_ms, game->now_ms, ret);
	return close == CLOSE_STANDS ? NULL : close_reason(close);
}

json_t *closing_point_json(const struct line_point *point)
{
	json_t *row = json_pack("{s:I}", "time_ms", (json_int_t)point->ms);
	const struct live_quote quote = {.line = point->line, .over = point->over, .under = point->under};
	double fair;
	if (point->by_then)
		json_object_set_new(row, "by_then", json_true());
	if (point->off) {
		json_object_set_new(row, "off", json_true());
		return row;
	}
	json_object_set_new(row, "line", json_real(point->line / 100.0));
	if (point->over)
		json_object_set_new(row, "over", json_integer(point->over));
	if (point->under)
		json_object_set_new(row, "under", json_integer(point->under));
	if (point->over && point->under && price_opinion(&quote, &fair))
		json_object_set_new(row, "fair_over", json_real(fair));
	return row;
}
