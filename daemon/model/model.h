/*
 * The built-in model: five stages, each a pure function of a snapshot, the live state and the stage before
 * it.
 *
 *   context (game) -> similarity (player) -> projection (player) -> market (player) -> pricing (player)
 *
 * Each stage has a fingerprint over exactly the inputs that it reads. When an earlier output with an equal
 * fingerprint is at hand it is reused, so an odds move re-prices and does no more. No I/O, no clocks, no
 * globals; any thread; equal inputs give equal bytes on every path (-ffp-contract=off, a fixed order of
 * summation, ties broken by date then id).
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "league/market.h"
#include "league/snapshot.h"
#include "model/live.h"

enum stage { STAGE_CONTEXT, STAGE_SIMILARITY, STAGE_PROJECTION, STAGE_MARKET, STAGE_PRICING, STAGE_COUNT };
const char *stage_name(enum stage stage);

struct model_options {
	unsigned neighbours; /* k of the similarity search */
	/* What a recommendation wants: an edge and an expected return of so much or more; below 0: it is not asked for.
	 * Where neither is, MIN_RETURN is. */
	double min_edge, min_return;
	bool market, market_foreign; /* the books' opinion moves p_over: of the model's own figures, of foreign ones */
};
#define MIN_RETURN 0.04

/* Goes up with every change of what is computed from equal inputs. */
unsigned model_version(void);

/*
 * Works out what the model needs of a snapshot (team form before every game, every row as a point of the
 * similarity search) and hangs it on it: once, on the thread that loaded it, before it is shared. 0 or
 * -ENOMEM. Everything below wants a snapshot that was prepared.
 */
int model_prepare(struct snapshot *s) __attribute__((warn_unused_result));

/* One stage's output as plain bytes without pointers, so that it can be kept from run to run. */
struct stage_blob {
	struct fingerprint fingerprint; /* of the inputs */
	size_t size;
	unsigned char data[];
};

/* --- context: one a game and date ------------------------------------------------------------------------------- */

struct side_context { /* of one team in this game */
	float rest_days; /* since its last game, at most 7 */
	float pace, usual_pace; /* possessions a 48 minutes: expected in this game, its own in this season */
	float defence[STAT_COUNT]; /* what its opponents get, relative to the league: 1 = average */
	float implied_points; /* in this game: from total and spread, else from history */
	float usual_points; /* that it scores a game in this season */
};

struct context {
	struct side_context away, home;
	float level[STAT_COUNT]; /* what the league makes of each these days, relative to all of history: 1 =
				    equal */
	float total, spread; /* consensus of the books, else the schedule's closing line, else NAN */
	bool known; /* false: game, teams or history unknown, all figures neutral */
};

struct fingerprint context_inputs(const struct snapshot *s, const struct live *live);
void context_compute(const struct snapshot *s, const struct live *live, struct context *ret);

/* --- a player's own stages -------------------------------------------------------------------------------------- */

struct similar_game {
	uint32_t row; /* of the snapshot */
	float distance;
};

struct figure {
	double mean, sd;
};

struct figure_range { /* quantiles 0.5, 0.1 and 0.9 of the counts (distribution.h) */
	unsigned median, p10, p90;
};

struct price { /* parallel to live->quotes; rounded to 1e-4 */
	double p_over; /* P(X > line given X != line): the figures' and the books' opinion mixed */
	double p_model; /* the figures' alone */
	double p_push; /* P(X = line), by the figures; 0 at a line that no count can hit */
	double fair_over, edge;
	double return_over, return_under; /* expected of a unit on that side at its price; a push gives it back */
	double off_market; /* between its price and the median of the other books, all at this line */
	bool has_model, has_fair, has_edge, has_over, has_under, has_off;
	bool suspect; /* too far off the market to be recommended */
	enum recommendation { PASS, OVER, UNDER } recommendation;
};

struct market_price { /* of a market: what the books think together */
	uint32_t books; /* that were heard; 0: nobody, there is no line */
	int32_t line; /* hundredths: an over is as likely as an under */
	double shift; /* that p_over has over p_model, in log odds */
};

struct stage_record {
	bool present, reused;
	struct fingerprint fingerprint;
	int64_t us;
};

/* What the run of one player gives; all memory from the arena. */
struct model_result {
	bool has_history; /* there are figures of the model, or foreign ones */
	bool from_market; /* there are figures, of the markets that `lacks` does not name: the books' own */
	bool foreign; /* they are not the model's own, or would not be (foreign.h) */
	uint32_t lacks; /* markets that have none all the same: a bit set of (1u << enum market); foreign ones only */
	struct figure figures[MARKET_COUNT];
	double minutes; /* expected; 0 where they are not the model's own */
	struct figure_range ranges[MARKET_COUNT];
	struct market_price consensus[MARKET_COUNT];
	const struct price *prices; /* live->quote_count of them; NULL without figures */
	const struct similar_game *similar;
	size_t similar_count;
	struct stage_record stages[STAGE_COUNT];
};

/* Outputs of an earlier run of this player and date, NULL where there is none; and what this run leaves for
 * the next: `next[i]` is malloc'd by the model (or the very pointer of `previous[i]` when it was reused). */
struct model_memory {
	const struct stage_blob *previous[STAGE_COUNT]; /* STAGE_CONTEXT is not used here */
	const struct stage_blob *next[STAGE_COUNT];
};

/*
 * All player stages for one run. `context` and its fingerprint come from the caller, who shares them among
 * the players of a game; live->forced recomputes everything. Results live in `arena`. now_us is called for
 * the stage times (the only thing here that is not pure; never part of the result's figures). 0, or -ENOMEM
 * (nothing is left behind).
 */
int model_run(const struct snapshot *s, const struct model_options *options, const struct live *live,
	const struct context *context, const struct stage_record *context_record, struct model_memory *memory,
	struct arena *arena, int64_t (*now_us)(void), struct model_result *ret);

/* The same where there is no league: a player of whom nothing is known has the books' own figures, where the books of a
 * market have both prices. */
int model_run_unknown(const struct model_options *options, const struct live *live, struct arena *arena,
	int64_t (*now_us)(void), struct model_result *ret);

#endif
