/*
 * Assembles a snapshot from rows, in whatever order they come: the database's loader uses it, and so do tests
 *and tools that want a small league in memory. One thread a builder. Strings are copied.
 *
 *	struct build *b = build_new();
 *	build_line(b, &(struct build_line){.name = "Ann Example", .person_id = 7, .date = day, .team = "LAL",
 *		.opponent = "GSW", .home = true, .starter = 1, .minutes = 31, .stat = {[STAT_POINTS] = 24}},
 *&err); build_finish(b, 1, &snapshot, &err); build_free(b);
 */
#ifndef LEAGUE_BUILD_H
#define LEAGUE_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "league/market.h"

struct build;
struct snapshot;

struct build *build_new(void); /* NULL: no memory */
void build_free(struct build *b); /* NULL is fine; before or after build_finish() */

struct teams;

/* What sources call the teams (league/team.h): the builder's from here on, then the snapshot's. Without it: the NBA's. */
void build_teams(struct build *b, struct teams *teams);

/* A game, played or to come. Given again, what is known replaces what was unknown or known otherwise. A game
 * without a row whose league_id a game with rows bears too was moved, and is left out; two that differ only
 * in who is at home (sources do on neutral ground) are one, as the one with a league_id has it. */
struct build_game {
	date_t date;
	const char *away, *home; /* codes: three characters at most, 255 teams in all */
	const char *league_id; /* NULL or "": unknown */
	int64_t tip_ms; /* 0: unknown */
	float away_points, home_points; /* 0: unknown, for nobody scores nothing */
};

/* Closing line of a game that is there already, be it with the home team the other way round. */
struct build_odds {
	date_t date;
	const char *away, *home;
	float total, spread; /* the home side's spread; NAN: unknown, what was known stays */
	int64_t tip_ms; /* 0: unknown; counts only where no tip is known yet */
};

/* One player in one game; the game comes into being with it. */
struct build_line {
	const char *name; /* as the source writes it; his lookup is made from it */
	int64_t person_id; /* 0: unknown, then he is the player with an id whose rows bear this lookup (of
			      several the one with the newest row), else a player of his own */
	date_t date;
	int season; /* the year it began in; 0: by the date, a season begins in August */
	const char *team, *opponent;
	bool home;
	const char *league_id; /* NULL or "": unknown */
	int starter; /* 1, 0, -1 unknown */
	float minutes;
	float stat[STAT_COUNT];
	float fga, fta, oreb, fouls; /* NAN: unknown */
};

/* One team in one game; likewise. A team without one gets the sum of its players' rows. */
struct build_team_line {
	date_t date;
	const char *team, *opponent;
	bool home;
	const char *league_id;
	float minutes; /* NAN: unknown */
	float fga, fta, oreb;
	float stat[STAT_COUNT];
};

/* Two spellings of one player (league/aliases.h). `player` may be told from others of that name by his id or the team of
 * his newest row. */
struct build_alias {
	const char *spelling, *player;
	int64_t person_id; /* 0: unknown */
	const char *team; /* "": unknown */
};

/* 0; -EINVAL: a name, code or id that cannot be one (err says which); -ENOMEM. The same player, or team,
 * twice in a game: the line with a person id wins over one without, else the later one. */
int build_game(struct build *b, const struct build_game *game, struct err *err);
int build_line(struct build *b, const struct build_line *line, struct err *err);
int build_team_line(struct build *b, const struct build_team_line *line, struct err *err);
int build_alias(struct build *b, const struct build_alias *alias, struct err *err);

/* 1; 0: there is no such game, nothing was done. */
int build_odds(struct build *b, const struct build_odds *odds, struct err *err);

/* Bytes that the snapshot of so many rows would take, and that building it takes on top (upper bounds). */
struct build_size {
	int64_t lines, team_lines, games;
};
int64_t build_estimate(const struct build_size *size);

/* The snapshot, with one user: the caller. The builder holds nothing afterwards. An empty league is one too.
 * Beside the aliases that were given those that come with propsd count. */
int build_finish(struct build *b, int64_t number, struct snapshot **ret_snapshot, struct err *err);

#endif
