#include "backtest.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "league/import.h"
#include "league/load.h"
#include "league/schema.h"
#include "model/features.h"

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_csv(const struct dirent *entry)
{
	return strstr(entry->d_name, ".csv") != NULL;
}

static int import_folder(const char *folder, const char *database, struct err *err)
{
	struct dirent **entries = NULL;
	struct import *import = NULL;
	int64_t number;
	bool changed;
	int count = scandir(folder, &entries, is_csv, by_name);

	if (count < 0)
		return err_set(err, -errno, "%s cannot be read: %s", folder, strerror(errno));
	int r = import_open(database, &import, err);
	for (int i = 0; i < count; i++) {
		struct import_result result;
		char path[512];

		text_format(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (r == 0)
			r = import_file(import, path, NULL, &result, err);
		free(entries[i]);
	}
	free(entries);
	if (r == 0)
		r = import_finish(import, &number, &changed, err);
	import_close(import);
	return r;
}

/* Deletes the box scores of that date and later; their games remain, as a schedule would have them. */
static int forget_from(const char *database, date_t date, struct err *err)
{
	struct store *store = NULL;
	char day[DATE_SIZE], sql[1024];

	date_format(date, day);
	text_format(sql, sizeof(sql),
		"INSERT OR IGNORE INTO schedule (key, game_date, away, home)"
		" SELECT DISTINCT replace(game_date, '-', '') || '_' || team || '_' || opponent, game_date, team, opponent"
		" FROM player_games WHERE home = 0 AND game_date >= '%s';"
		"DELETE FROM player_games WHERE game_date >= '%s';"
		"DELETE FROM team_games WHERE game_date >= '%s';",
		day, day, day);
	int r = store_open(database, STORE_WRITE, &league_schema, &store, err);
	if (r == 0)
		r = store_exec(store, sql, err);
	store_close(store);
	return r;
}

static int load(const char *database, struct snapshot **ret, struct err *err)
{
	int r = league_load(database, 0, ret, err);

	if (r == 0 && model_prepare(*ret) < 0) {
		snapshot_drop(*ret);
		r = err_set(err, -ENOMEM, "no memory for the model");
	}
	return r;
}

int backtest_load(const char *folder, const char *scratch, struct snapshot **ret, struct err *err)
{
	char database[512];

	text_format(database, sizeof(database), "%s/league.db", scratch);
	int r = import_folder(folder, database, err);
	if (r == 0)
		r = load(database, ret, err);
	return r;
}

int backtest_load_before(const char *scratch, date_t date, struct snapshot **ret, struct err *err)
{
	char database[512];

	text_format(database, sizeof(database), "%s/league.db", scratch);
	int r = forget_from(database, date, err);
	if (r == 0)
		r = load(database, ret, err);
	return r;
}

void backtest_forget(const char *scratch)
{
	char database[512];

	text_format(database, sizeof(database), "%s/league.db", scratch);
	unlink(database);
	rmdir(scratch);
}

static bool played(const struct snapshot *s, uint32_t player, uint8_t team, date_t date)
{
	uint32_t row = snapshot_rows_before(s, player, date);
	const struct snapshot_player *p = &s->player[player];

	return row < p->first_row + p->rows && s->row.date[row] == date && s->row.team[row] == team;
}

void backtest_night(const struct snapshot *s, uint32_t row, struct backtest_night *ret)
{
	uint32_t roster[BACKTEST_MATES];
	uint8_t team = s->row.team[row];
	date_t date = s->row.date[row];
	uint32_t count = snapshot_roster(s, team, date, roster, BACKTEST_MATES);
	const double rotation = 12;

	ret->live = (struct live){
		.date = date,
		.player = s->player[s->row.player[row]].lookup,
		.game_id = s->game[s->row.game[row]].id,
		.team = s->team[team],
		.opponent = s->team[s->row.opponent[row]],
		.home = s->row.home[row],
		.injury_reason = "",
		.starter = s->row.starter[row],
		.mates = ret->mates,
	};
	for (uint32_t i = 0; i < count && i < BACKTEST_MATES; i++) {
		struct form form;
		enum injury_status status = INJURY_NONE;

		if (roster[i] == s->row.player[row])
			continue;
		form_of(&form, s, &s->features->league, roster[i], date, 15);
		if (form_minutes(&form, &s->features->league) >= rotation)
			status = played(s, roster[i], team, date) ? INJURY_AVAILABLE : INJURY_OUT;
		ret->mates[ret->live.mate_count++] = (struct live_mate){s->player[roster[i]].lookup, status};
	}
}

static int64_t now_us(void)
{
	return clock_mono_us(clock_system());
}

int backtest_run(
	const struct snapshot *s, const struct backtest_night *night, struct arena *arena, struct model_result *ret)
{
	static const struct model_options options = {.neighbours = 50, .min_edge = -1, .min_return = -1, .market = true};
	struct stage_record record = {.present = true, .fingerprint = context_inputs(s, &night->live)};
	struct model_memory memory = {0};
	struct context context;

	context_compute(s, &night->live, &context);
	int r = model_run(s, &options, &night->live, &context, &record, &memory, arena, now_us, ret);
	for (int i = 0; i < STAGE_COUNT; i++)
		free((void *)(uintptr_t)memory.next[i]);
	return r;
}

double backtest_outcome(const struct snapshot *s, uint32_t row, enum market market)
{
	double sum = 0;

	for (int i = 0; i < STAT_COUNT; i++)
		sum += market_stats(market) & 1u << i ? (double)s->row.stat[i][row] : 0;
	return sum;
}

bool backtest_season_means(const struct snapshot *s, uint32_t row, double mean[MARKET_COUNT], double *ret_minutes)
{
	const date_t summer = 40, season = 300;
	const uint32_t few = 3;
	uint32_t first = s->player[s->row.player[row]].first_row, games = 0;
	double minutes = 0;

	memset(mean, 0, MARKET_COUNT * sizeof(*mean));
	for (uint32_t at = row; at > first; at--) {
		uint32_t i = at - 1;

		if (s->row.date[row] - s->row.date[i] > season ||
			(games >= few && s->row.date[i + 1] - s->row.date[i] > summer))
			break;
		games++;
		minutes += (double)s->row.minutes[i];
		for (int m = 0; m < MARKET_COUNT; m++)
			mean[m] += backtest_outcome(s, i, (enum market)m);
	}
	if (games == 0)
		return false;
	for (int m = 0; m < MARKET_COUNT; m++)
		mean[m] /= games;
	*ret_minutes = minutes / games;
	return true;
}
