#include "model/grade.h"

#include <math.h>
#include <string.h>

#include "model/asked.h"
#include "model/pricing.h"

const char *grade_name(enum grade grade)
{
	static const char *const names[] = {
		[GRADE_WON] = "won",
		[GRADE_LOST] = "lost",
		[GRADE_PUSH] = "push",
		[GRADE_NO_ACTION] = "no_action",
		[GRADE_PENDING] = "pending",
	};
	return names[grade];
}

enum grade grade_bet(bool over, int32_t line, double count)
{
	const long hundredths = lrint(100 * count);
	if (hundredths == line)
		return GRADE_PUSH;
	return (hundredths > line) == over ? GRADE_WON : GRADE_LOST;
}

bool grade_return(enum grade grade, int32_t american, double *ret)
{
	if (grade == GRADE_PENDING || (grade == GRADE_WON && american == 0))
		return false;
	*ret = grade == GRADE_WON ? price_profit(american) : grade == GRADE_LOST ? -1 : 0;
	return true;
}

uint32_t grade_row(const struct snapshot *s, const char *lookup, date_t date, const char *game_id)
{
	const uint32_t player = snapshot_player(s, lookup, date);
	uint32_t found = NO_INDEX;
	if (player == NO_INDEX)
		return NO_INDEX;
	const uint32_t end = s->player[player].first_row + s->player[player].rows;
	for (uint32_t i = snapshot_rows_before(s, player, date); i < end && s->row.date[i] == date; i++)
		if (found == NO_INDEX || strcmp(s->game[s->row.game[i]].id, game_id) == 0)
			found = i;
	return found;
}

double grade_count(const struct snapshot *s, uint32_t row, enum market market)
{
	const unsigned stats = market_stats(market);
	double count = 0;
	for (unsigned i = 0; i < STAT_COUNT; i++)
		if (stats & 1u << i)
			count += (double)s->row.stat[i][row];
	return count;
}

bool grade_has_box_score(const struct snapshot *s, date_t date, const char *game_id)
{
	for (uint32_t i = 0; i < s->row.count; i++)
		if (s->row.date[i] == date && strcmp(s->game[s->row.game[i]].id, game_id) == 0)
			return true;
	return false;
}

int32_t grade_moved(bool over, int32_t line, int32_t close)
{
	return over ? close - line : line - close;
}

static double logit(double p)
{
	return log(p / (1 - p));
}

/* The over by the report's figures alone, at that line. */
static bool figure_over(const json_t *report, const struct live_quote *quote, double *ret)
{
	struct price price;
	struct err err;
	if (asked_is_foreign(report) || asked_price(report, NULL, quote, &price, &err) < 0)
		return false;
	*ret = price.has_model ? price.p_model : price.p_over;
	return *ret > 0 && *ret < 1;
}

bool grade_closing_value(
	const json_t *report, bool over, const struct live_quote *bet, const struct live_quote *close, double *ret)
{
	double before, after, here, there;
	if (!price_opinion(bet, &before) || !price_opinion(close, &after))
		return false;
	if (bet->line != close->line) {
		if (!figure_over(report, bet, &here) || !figure_over(report, close, &there))
			return false;
		after = 1 / (1 + exp(-(logit(here) + logit(after) - logit(there))));
	}
	*ret = over ? after - before : before - after;
	return true;
}
