/* Where lines closed, for the commands that tell of it. Loop thread only. */
#ifndef ADMIN_CLOSING_H
#define ADMIN_CLOSING_H

#include <jansson.h>

#include "admin/context.h"
#include "delivery/lines.h"
#include "slate/slate.h"

/* The game that a player's lines are about. */
struct closing_game {
	char id[GAME_ID_SIZE]; /* "": none is known */
	int64_t tip_ms; /* 0: unknown */
	int64_t now_ms; /* Redis' clock */
	enum game_status status;
};

/* `named`: what events named, as of lines_parse(). */
void closing_game(const struct admin_context *context, const struct slate *slate, const char *player, const char *named,
	struct closing_game *ret);

/* Why the line has no close, for people; NULL: it has, *ret. */
const char *closing_of(const struct closing_game *game, const struct line_path *path, const struct line_point **ret);

json_t *closing_point_json(const struct line_point *point);

#endif
