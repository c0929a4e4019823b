#include "grades.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static const char *const results[] = {"won", "lost", "push", "no_action", "pending"};
enum { WON, LOST, PUSH, RESULTS = 5 };

static bool is_of(const json_t *row, const char *market)
{
	return !market || strcmp(text_of(row, "market"), market) == 0;
}

/* Whether it is a bet with a known return: what came back of nothing is none. */
static bool returned(const json_t *row, double *ret)
{
	const json_t *value = json_object_get(row, "return");
	const char *result = text_of(row, "result");
	if (!value || strcmp(result, "no_action") == 0 || strcmp(result, "pending") == 0)
		return false;
	*ret = json_number_value(value);
	return true;
}

/* Players are independent, a player's bets are not: the variance is that of sums by player. His rows are neighbours. */
static bool half_width(const json_t *rows, const char *market, double mean, size_t count, double *ret)
{
	const char *player = NULL;
	double sum = 0, squares = 0, value;
	size_t players = 0, i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		if (!is_of(row, market) || !returned(row, &value))
			continue;
		if (!player || strcmp(player, text_of(row, "player")) != 0) {
			squares += sum * sum;
			sum = 0;
			players++;
			player = text_of(row, "player");
		}
		sum += value - mean;
	}
	squares += sum * sum;
	if (players < 2)
		return false;
	*ret = 1.96 * sqrt(squares * (double)players / (double)(players - 1)) / (double)count;
	return true;
}

static void set_returns(json_t *ret, const json_t *rows, const char *market)
{
	double sum = 0, value, width;
	size_t count = 0, i;
	json_t *row;
	json_array_foreach (rows, i, row)
		if (is_of(row, market) && returned(row, &value)) {
			sum += value;
			count++;
		}
	json_object_set_new(ret, "priced", json_integer((json_int_t)count));
	if (count == 0)
		return;
	const double mean = sum / (double)count;
	json_object_set_new(ret, "return", json_real(mean));
	if (half_width(rows, market, mean, count, &width)) {
		json_object_set_new(ret, "return_low", json_real(mean - width));
		json_object_set_new(ret, "return_high", json_real(mean + width));
	}
}

static void set_closes(json_t *ret, const json_t *rows, const char *market)
{
	double moved = 0, worth = 0;
	size_t closed = 0, better = 0, valued = 0, i;
	json_t *row;
	json_array_foreach (rows, i, row) {
		const json_t *value = json_object_get(row, "closing_value");
		if (!is_of(row, market) || !json_object_get(row, "close"))
			continue;
		closed++;
		moved += number_of(row, "moved", 0);
		better += number_of(row, "moved", 0) > 0;
		worth += json_number_value(value);
		valued += value != NULL;
	}
	json_object_set_new(ret, "closed", json_integer((json_int_t)closed));
	json_object_set_new(ret, "better", json_integer((json_int_t)better));
	if (closed)
		json_object_set_new(ret, "moved", json_real(moved / (double)closed));
	if (valued)
		json_object_set_new(ret, "closing_value", json_real(worth / (double)valued));
}

static json_t *sum_up(const json_t *rows, const char *market)
{
	size_t counts[RESULTS] = {0}, i;
	json_t *row;
	json_array_foreach (rows, i, row)
		for (int r = 0; r < RESULTS; r++)
			counts[r] += is_of(row, market) && strcmp(text_of(row, "result"), results[r]) == 0;
	json_t *ret = json_pack("{s:s, s:I}", "market", market ? market : "total", "bets",
		(json_int_t)(counts[WON] + counts[LOST] + counts[PUSH]));
	for (int r = 0; r < RESULTS; r++)
		json_object_set_new(ret, results[r], json_integer((json_int_t)counts[r]));
	set_returns(ret, rows, market);
	set_closes(ret, rows, market);
	return ret;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

json_t *grades_summary(const json_t *rows)
{
	const char **markets = calloc(json_array_size(rows) + 1, sizeof(*markets));
	json_t *ret = json_array(), *row;
	size_t count = 0, i;
	if (!markets || !ret) {
		free(markets);
		json_decref(ret);
		return NULL;
	}
	json_array_foreach (rows, i, row)
		markets[count++] = text_of(row, "market");
	qsort(markets, count, sizeof(*markets), by_name);
	for (i = 0; i < count; i++)
		if (i == 0 || strcmp(markets[i], markets[i - 1]) != 0)
			json_array_append_new(ret, sum_up(rows, markets[i]));
	json_array_append_new(ret, sum_up(rows, NULL));
	free(markets);
	return ret;
}
