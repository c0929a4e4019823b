/*
 * A season walked day by day: every player-game is projected, and every line on it priced, from the league as it was
 * that morning (past.h) and from what was known of the night, in three degrees. Days are shared out among threads; what
 * comes out depends on neither their number nor their order.
 */
#ifndef BENCH_MODEL_SEASON_H
#define BENCH_MODEL_SEASON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "league/snapshot.h"
#include "lines.h"
#include "model/model.h"

enum known {
	KNOWN_NOTHING, /* no line-ups, no reports of injuries */
	KNOWN_MORNING, /* who of the rotation will not play: the box score says so now, reports said most of it then */
	KNOWN_TIP, /* that and the starters */
	KNOWN_COUNT
};

#define MINUTES MARKET_COUNT /* beside the markets */
#define FIGURES (MARKET_COUNT + 1)

struct played { /* one player-game */
	size_t day;
	uint32_t row; /* of the whole league */
	bool has_history; /* he was projected */
	double came[FIGURES];
	double mean[KNOWN_COUNT][FIGURES], median[KNOWN_COUNT][MARKET_COUNT];
	double sd[MARKET_COUNT]; /* in the morning */
	double season[FIGURES], ten[FIGURES]; /* plain means: of the season so far, of his last ten games */
	size_t first_offer, offers;
};

/* What the books say of a line: all of them, all but the one whose line it is, all but with their prices hidden. */
enum voices { ALL, OTHERS, HIDDEN, VOICE_KINDS };

struct offer { /* one line on it */
	const struct line *line;
	double came;
	struct price price[KNOWN_COUNT]; /* of a player without history only what the books make of it */
	double apart[KNOWN_COUNT][VOICE_KINDS]; /* median of the books' differences from p_model, in log odds (fit.h) */
};

struct nights {
	date_t from, until;
	date_t *day;
	size_t days;
	struct played *played; /* by day, then by player */
	size_t count;
	struct offer *offer;
	size_t offers;
};

/* The newest season with games up to `until`. */
void season_find(const struct snapshot *s, date_t until, date_t *ret_from, date_t *ret_until);

int season_walk(const struct snapshot *s, const struct lines *lines, const struct model_options *options, date_t from,
	date_t until, unsigned threads, struct nights *ret, struct err *err);
void season_done(struct nights *season);

/* What a walk says that is said again. */
struct check {
	size_t compared, differ; /* figures and prices */
	char first[192]; /* of those that differ, for people */
};

/* Adds one day's player-games, on a league `past` of the same database in which nothing of that day or later stands. */
int season_check(const struct snapshot *past, const struct snapshot *s, const struct nights *season,
	const struct model_options *options, size_t day, struct check *c);

#endif
