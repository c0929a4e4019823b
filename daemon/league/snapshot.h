/*
 * The league as it is known: players, teams, games, every box-score row, in memory and immutable. Loaded from
 * the database that `propsctl import` makes (league/load.h) or assembled from rows in memory
 * (league/build.h), shared by all threads for reading; the loop thread counts its users (snapshot_take,
 * snapshot_drop) and the last one frees it.
 *
 * Rows are structures of arrays, so that the similarity search streams through memory. Rows of one player are
 * neighbours, oldest first: player p owns rows [first_row, first_row + rows). Every column starts on a cache
 * line.
 */
#ifndef LEAGUE_SNAPSHOT_H
#define LEAGUE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fold.h"
#include "base/hash.h"
#include "league/market.h"

#define TEAM_NONE 255
#define NO_INDEX UINT32_MAX
#define GAME_ID_SIZE 24 /* "20251115_LAL_GSW" */
#define LEAGUE_ID_SIZE 16 /* "0022500213" */
#define LEAGUE_IDENTITY_SIZE 24 /* hexadecimal digits */
#define LEAGUE_LEFT_OUT_SIZE 320

struct snapshot_player {
	char lookup[LOOKUP_SIZE]; /* canonical: of the newest row */
	char name[64]; /* as the newest row writes it */
	int64_t person_id; /* the league's, of several the lowest; 0 where no source has one */
	uint32_t first_row, rows;
};

struct snapshot_alias { /* every lookup that any row of a player had, the canonical one too, and what lists of aliases
			   add; sorted by lookup, then player */
	char lookup[LOOKUP_SIZE];
	uint32_t player;
	bool given; /* by a list of aliases: no row has it */
};

struct snapshot_id { /* every id that any row of a player had: sources number persons each in its way; sorted by id */
	int64_t id;
	uint32_t player;
};

struct snapshot_game { /* sorted by id, which is by date; played games and schedule in one list */
	char id[GAME_ID_SIZE]; /* DATE_AWAY_HOME */
	char league_id[LEAGUE_ID_SIZE]; /* ten digits, "" where unknown */
	date_t date;
	uint8_t away, home; /* team index */
	int64_t tip_ms; /* 0: unknown */
	float total, spread; /* closing line, home's spread; NAN: unknown */
	float away_points, home_points; /* NAN: not played or unknown */
};

struct snapshot_rows { /* one box-score line each, of a player who played */
	uint32_t count;
	date_t *date;
	uint32_t *player;
	uint32_t *game; /* index into games */
	uint8_t *team, *opponent;
	uint8_t *home; /* 1, 0 */
	int8_t *starter; /* 1, 0, -1 unknown */
	float *minutes; /* decimal where the source has it; 0 for a cameo of seconds */
	float *stat[STAT_COUNT];
	float *fga, *fta, *oreb, *fouls; /* NAN: unknown */
};

struct snapshot_team_rows { /* one line a team and game, sorted by team, then date, then game */
	uint32_t count;
	date_t *date;
	uint32_t *game;
	uint8_t *team, *opponent, *home;
	float *minutes; /* of the team: 240 without overtime; NAN unknown */
	float *points, *fga, *fta, *oreb, *turnovers;
	float *stat[STAT_COUNT];
	uint32_t first[256], rows[256]; /* by team index */
};

struct model_features;
struct teams;

struct snapshot {
	int64_t number; /* +1 per import that changed rows */
	char identity[LEAGUE_IDENTITY_SIZE]; /* of the database that counts them; "" = none: it came from no file */
	bool unfinished; /* an import into the database was under way, or had been cut off */
	int64_t left_out; /* rows of the database that are no games that count, or contradict themselves */
	char first_left_out[LEAGUE_LEFT_OUT_SIZE]; /* where the first stands, and why */
	struct fingerprint fingerprint; /* of every row that was loaded, whatever the order they were imported in */
	size_t bytes; /* memory held */
	int users; /* loop thread only */
	unsigned teams;
	char team[256][4]; /* codes by index, sorted: of teams with games */
	struct teams *spellings; /* what sources call the teams: the league's own table, or the NBA's; freed with it */
	uint32_t players, aliases, ids, games, league_ids;
	struct snapshot_player *player; /* sorted by canonical lookup, then person id */
	struct snapshot_alias *alias;
	struct snapshot_id *id;
	struct snapshot_game *game;
	uint32_t *by_league_id; /* the games that have a league_id, sorted by it */
	struct snapshot_rows row;
	struct snapshot_team_rows team_row;
	date_t last_season_from, last_season_to; /* of the newest season with rows: where tiers by minutes come from */
	void *memory; /* the one block that all arrays lie in */
	/* What the model works out from all this before it is shared (model_prepare()); freed with it. */
	struct model_features *features;
	void (*features_free)(struct model_features *);
};

/* What a league like this one lacks, for people: half a sentence about "it". NULL: nothing. */
const char *snapshot_lacks(const struct snapshot *s);

struct snapshot *snapshot_take(struct snapshot *s); /* loop thread; returns s */
void snapshot_drop(struct snapshot *s); /* loop thread; NULL is fine */

/* Look-ups by binary search. Any thread. */
uint8_t snapshot_team(const struct snapshot *s, const char *code); /* TEAM_NONE: unknown */
uint32_t snapshot_player_exact(const struct snapshot *s,
	const char *lookup); /* any alias; of several players the one with the newest row; NO_INDEX: unknown */
uint32_t snapshot_player_by_id(const struct snapshot *s, int64_t id); /* NO_INDEX: unknown */

/*
 * Names. Most players' name is their canonical lookup. Of several who share one, one has it on a date and the others are
 * called name@TEAM. The bare name is his who has played longest without a break of a year, of those who played within a
 * year before the date; a newcomer never takes it from who has it, nor does a trade, nor what is imported later. TEAM is
 * the team of his newest game that is at least a week old, else of his first: what is imported while a date is worked on
 * is younger, so a man has one name for all that is said of a date, and a trade renames him a week after his first game.
 */

/* His name on that date; `buffer` is for those who share a lookup. */
const char *snapshot_name(const struct snapshot *s, uint32_t player, date_t date, char buffer[LOOKUP_SIZE]);

/* Whose name it is on that date; of what is nobody's, as snapshot_player_exact(). NO_INDEX: unknown. */
uint32_t snapshot_player(const struct snapshot *s, const char *name, date_t date);

/* The aliases that are spelled so, [*ret_first, *ret_first + count): returns count. Their players may be several. */
uint32_t snapshot_aliases(const struct snapshot *s, const char *lookup, uint32_t *ret_first);
bool snapshot_has_name(const struct snapshot *s, const char *lookup); /* whether rows have it: it is no mere alias */
uint32_t snapshot_game_by_id(const struct snapshot *s, const char *id); /* NO_INDEX: unknown */
uint32_t snapshot_game_by_league_id(const struct snapshot *s, const char *league_id); /* NO_INDEX: unknown */

/* The games of a date as [*ret_first, *ret_first + count): returns count. */
uint32_t snapshot_games_on(const struct snapshot *s, date_t date, uint32_t *ret_first);

/* The team's game on that date, the first by id should there be two; NO_INDEX: none. */
uint32_t snapshot_game_of_team(const struct snapshot *s, uint8_t team, date_t date);

/* First row of the player that is not before `date`, so rows [first_row, result) are his history. */
uint32_t snapshot_rows_before(const struct snapshot *s, uint32_t player, date_t date);

/* The same of a team: rows [team_row.first[team], result) are its games before `date`. */
uint32_t snapshot_team_rows_before(const struct snapshot *s, uint8_t team, date_t date);

/* Default roster: the team of the player's latest game before `date` within 365 days, TEAM_NONE if there is
 * none. */
uint8_t snapshot_team_of(const struct snapshot *s, uint32_t player, date_t date);

/* All players whose default team on that date is `team`, ascending by lookup, into `ret` (room for `max`);
 * how many there are, which may be more than `max`. */
uint32_t snapshot_roster(const struct snapshot *s, uint8_t team, date_t date, uint32_t *ret, uint32_t max);

/* The player's mean minutes a game in the newest season; of the year before it for who has not played in it
 * yet (hurt at its start); 0 for who played in neither. */
float snapshot_mean_minutes(const struct snapshot *s, uint32_t player);

#endif
