/*
 * How well the model does, on a season that is walked day by day as it was known then:
 *
 *	walk --data FOLDER [--until DATE] [--threads N] [--json FILE] [--save FILE] [--against FILE]
 *
 * FOLDER holds season files as `propsctl import` reads them, and files of books' lines (lines.h) if there are any. A
 * table for people; the file gets one JSON object a line. What one build saved another is set against. Equal data
 * give equal output on one machine.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backtest.h"
#include "base/clock.h"
#include "base/str.h"
#include "cases.h"
#include "fit.h"
#include "score.h"
#include "season.h"

static const char *const known_names[KNOWN_COUNT] = {"nothing", "morning", "tip"};

#define REGULAR 20.0 /* minutes projected: of whom people bet */

static FILE *json;

/* One figure with its interval, for the file. */
static void note(const char *what, const struct score *s)
{
	const struct interval i = score_interval(s);

	if (json)
		fprintf(json, "{\"figure\":\"%s\",\"value\":%.6f,\"low\":%.6f,\"high\":%.6f,\"cases\":%.0f}\n", what,
			score_mean(s), i.low, i.high, score_count(s));
}

static void print_difference(const char *knowledge, const char *what, const struct score *s)
{
	const struct interval i = score_interval(s);
	char name[128];

	text_format(name, sizeof(name), "%s, %s", knowledge, what);
	printf("  %+.4f (%+.4f to %+.4f)", score_mean(s), i.low, i.high);
	note(name, s);
}

/* --- figures ---------------------------------------------------------------------------------------------------- */

static const char *figure_name(int figure)
{
	return figure == MINUTES ? "minutes" : market_name((enum market)figure);
}

enum { BY_MEAN, BY_MEDIAN, BY_SEASON, BY_TEN, BETTER, ERRORS };

static void score_figure(const struct nights *season, enum known known, int figure, double least, struct score *scores)
{
	memset(scores, 0, ERRORS * sizeof(*scores));
	for (size_t i = 0; i < season->count; i++) {
		const struct played *p = &season->played[i];
		const double came = p->came[figure];

		if (!p->has_history || p->mean[known][MINUTES] < least)
			continue;
		const double of_mean = fabs(p->mean[known][figure] - came), of_season = fabs(p->season[figure] - came);
		score_add(&scores[BY_MEAN], p->day, of_mean);
		score_add(&scores[BY_SEASON], p->day, of_season);
		score_add(&scores[BY_TEN], p->day, fabs(p->ten[figure] - came));
		score_add(&scores[BETTER], p->day, of_mean - of_season);
		if (figure != MINUTES)
			score_add(&scores[BY_MEDIAN], p->day, fabs(p->median[known][figure] - came));
	}
}

static void print_figures(const struct nights *season, double least)
{
	static struct score scores[ERRORS];

	for (enum known known = 0; known < KNOWN_COUNT; known++) {
		score_figure(season, known, MINUTES, least, scores);
		printf("\nMean absolute error, known: %s; %.0f player-games", known_names[known],
			score_count(&scores[BY_MEAN]));
		if (least > 0)
			printf(" projected to %.0f minutes or more", least);
		printf("\n");
		printf("%-10s %8s %8s %8s %8s   mean less season's\n", "", "mean", "median", "season", "last ten");
		for (int figure = FIGURES - 1; figure >= 0; figure--) {
			char what[64];

			score_figure(season, known, figure, least, scores);
			printf("%-10s %8.3f ", figure_name(figure), score_mean(&scores[BY_MEAN]));
			if (figure != MINUTES)
				printf("%8.3f ", score_mean(&scores[BY_MEDIAN]));
			else
				printf("%8s ", "");
			printf("%8.3f %8.3f ", score_mean(&scores[BY_SEASON]), score_mean(&scores[BY_TEN]));
			text_format(what, sizeof(what), "%s, error from %.0f minutes on", figure_name(figure), least);
			print_difference(known_names[known], what, &scores[BETTER]);
			printf("\n");
		}
	}
}

/* --- against another build --------------------------------------------------------------------------------------- */

enum { MEAN_BEFORE, MEAN_NOW, MEAN_LESS, MEDIAN_BEFORE, MEDIAN_NOW, MEDIAN_LESS, PAIRS };

static void add_pair(struct score *scores, size_t day, double came, double before, double now)
{
	score_add(&scores[MEAN_BEFORE], day, fabs(before - came));
	score_add(&scores[MEAN_NOW], day, fabs(now - came));
	score_add(&scores[MEAN_LESS], day, fabs(now - came) - fabs(before - came));
}

static void pair_figure(const struct nights *season, const struct case_figures *before, enum known known, int figure,
	struct score *scores)
{
	memset(scores, 0, PAIRS * sizeof(*scores));
	for (size_t i = 0; i < season->count; i++) {
		const struct played *p = &season->played[i];
		const struct case_figures *b = &before[i * KNOWN_COUNT + known];

		if (!p->has_history || fmax(p->mean[known][MINUTES], b->mean[MINUTES]) < REGULAR)
			continue;
		add_pair(scores, p->day, p->came[figure], b->mean[figure], p->mean[known][figure]);
		if (figure != MINUTES)
			add_pair(scores + MEDIAN_BEFORE, p->day, p->came[figure], b->median[figure],
				p->median[known][figure]);
	}
}

static void print_pairs(const struct nights *season, const struct case_figures *before)
{
	static struct score scores[PAIRS];

	for (enum known known = 0; known < KNOWN_COUNT; known++) {
		pair_figure(season, before, known, MINUTES, scores);
		printf("\nMean absolute error before and now, known: %s; %.0f player-games that either projects to %.0f "
		       "minutes or more\n%-10s %8s %8s  %-30s %8s %8s\n",
			known_names[known], score_count(scores), REGULAR, "", "mean", "now", "", "median", "now");
		for (int figure = FIGURES - 1; figure >= 0; figure--) {
			char what[64];

			pair_figure(season, before, known, figure, scores);
			printf("%-10s %8.3f %8.3f", figure_name(figure), score_mean(&scores[MEAN_BEFORE]),
				score_mean(&scores[MEAN_NOW]));
			text_format(what, sizeof(what), "%s, error of the mean now less before", figure_name(figure));
			print_difference(known_names[known], what, &scores[MEAN_LESS]);
			if (figure != MINUTES) {
				printf(" %8.3f %8.3f", score_mean(&scores[MEDIAN_BEFORE]),
					score_mean(&scores[MEDIAN_NOW]));
				text_format(what, sizeof(what), "%s, error of the median now less before",
					figure_name(figure));
				print_difference(known_names[known], what, &scores[MEDIAN_LESS]);
			}
			printf("\n");
		}
	}
}

/* Both files, where asked for. */
static int compare(
	const struct snapshot *s, const struct nights *season, const char *save, const char *against, struct err *err)
{
	struct case_figures *before;
	int r = save ? cases_write(save, s, season, err) : 0;

	if (r < 0 || !against)
		return r;
	r = cases_read(against, s, season, &before, err);
	if (r == 0)
		print_pairs(season, before);
	free(before);
	return r;
}

/* --- lines ------------------------------------------------------------------------------------------------------ */

struct view { /* of one line with both prices that did not push */
	const struct played *played;
	const struct offer *offer;
	enum known known;
	int over;
	double p[4]; /* in the order below */
};
enum { MODEL, BOOK, CONSENSUS, MIX, VIEWS };
static const char *const view_names[VIEWS] = {"p_model", "book", "consensus", "p_over"};

typedef bool (*choose)(const struct view *v, int which);

static bool all_main(const struct view *v, int which)
{
	(void)which;
	return v->played->has_history && !v->offer->line->quote.alternate;
}

static bool all_alternate(const struct view *v, int which)
{
	(void)which;
	return v->played->has_history && v->offer->line->quote.alternate;
}

static bool of_nobody(const struct view *v, int which)
{
	(void)which;
	return !v->played->has_history && !v->offer->line->quote.alternate;
}

static bool of_book(const struct view *v, int which)
{
	return all_main(v, 0) && v->offer->line->book == which;
}

static bool of_market(const struct view *v, int which)
{
	return all_main(v, 0) && (int)v->offer->line->quote.market == which;
}

static void each_view(
	const struct nights *season, enum known known, void (*visit)(const struct view *, void *), void *context)
{
	for (size_t i = 0; i < season->count; i++) {
		const struct played *p = &season->played[i];

		for (size_t k = 0; k < p->offers; k++) {
			const struct offer *o = &season->offer[p->first_offer + k];
			const struct price *price = &o->price[known];
			struct view v = {p, o, known, o->came * 100 > o->line->quote.line, {0}};

			if (!price->has_fair || o->came * 100 == o->line->quote.line)
				continue;
			v.p[MODEL] = price->p_model;
			v.p[BOOK] = price->fair_over;
			v.p[CONSENSUS] = fit_consensus(o, known);
			v.p[MIX] = price->p_over;
			visit(&v, context);
		}
	}
}

struct losses {
	choose chosen;
	int which;
	struct score loss[VIEWS], brier[VIEWS], model_less_book, mix_less_book, mix_less_consensus;
};

static void add_loss(const struct view *v, void *context)
{
	struct losses *l = context;
	double loss[VIEWS];

	if (!l->chosen(v, l->which))
		return;
	for (int i = 0; i < VIEWS; i++) {
		loss[i] = log_loss(v->p[i], v->over);
		score_add(&l->loss[i], v->played->day, loss[i]);
		score_add(&l->brier[i], v->played->day, brier(v->p[i], v->over));
	}
	score_add(&l->model_less_book, v->played->day, loss[MODEL] - loss[BOOK]);
	score_add(&l->mix_less_book, v->played->day, loss[MIX] - loss[BOOK]);
	score_add(&l->mix_less_consensus, v->played->day, loss[MIX] - loss[CONSENSUS]);
}

static void print_losses(const struct nights *season, enum known known, const char *what, choose chosen, int which)
{
	static struct losses l;
	char name[96];

	l = (struct losses){.chosen = chosen, .which = which};
	each_view(season, known, add_loss, &l);
	if (score_count(&l.loss[MIX]) == 0)
		return;
	printf("%-12s %6.0f", what, score_count(&l.loss[MIX]));
	for (int i = 0; i < VIEWS; i++)
		printf(" %8.4f", score_mean(&l.loss[i]));
	text_format(name, sizeof(name), "%s, log loss of p_over less the book's", what);
	print_difference(known_names[known], name, &l.mix_less_book);
	printf("  %8.4f %8.4f\n", score_mean(&l.brier[MIX]), score_mean(&l.brier[BOOK]));
	text_format(name, sizeof(name), "%s, %s, log loss of p_model less the book's", known_names[known], what);
	note(name, &l.model_less_book);
	text_format(name, sizeof(name), "%s, %s, log loss of p_over less the consensus's", known_names[known], what);
	note(name, &l.mix_less_consensus);
}

struct tenths {
	int view;
	double cases[10], said[10], over[10];
	struct score off[10];
};

static void add_tenth(const struct view *v, void *context)
{
	struct tenths *t = context;
	if (!v->played->has_history)
		return;
	const double p = v->p[t->view];
	const int bin = p >= 1 ? 9 : (int)(p * 10);

	t->cases[bin] += 1;
	t->said[bin] += p;
	t->over[bin] += v->over;
	score_add(&t->off[bin], v->played->day, v->over - p);
}

static void print_tenths(const struct nights *season, enum known known)
{
	static struct tenths t[2];

	t[0] = (struct tenths){.view = MODEL};
	t[1] = (struct tenths){.view = MIX};
	for (int i = 0; i < 2; i++)
		each_view(season, known, add_tenth, &t[i]); /* of those without a history no line is the model's */
	printf("\nCalibration, known: %s, alternates too; of those said to go over, how many did\n", known_names[known]);
	printf("%-8s", "tenth");
	for (int i = 0; i < 2; i++)
		printf(" %10s %7s %7s %7s", view_names[t[i].view], "said", "went", "off");
	printf("\n");
	for (int bin = 0; bin < 10; bin++) {
		printf("%.1f-%.1f ", bin / 10.0, (bin + 1) / 10.0);
		for (int i = 0; i < 2; i++) {
			const double n = t[i].cases[bin], said = n > 0 ? t[i].said[bin] / n : 0;
			const double went = n > 0 ? t[i].over[bin] / n : 0;

			printf(" %10.0f %7.3f %7.3f %+7.3f", n, said, went, went - said);
		}
		const struct interval off = score_interval(&t[1].off[bin]);
		printf(" (%+.3f to %+.3f)\n", off.low, off.high);
	}
}

static void print_lines(const struct nights *season, const struct lines *lines)
{
	for (enum known known = 0; known < KNOWN_COUNT; known++) {
		printf("\nLog loss at books' lines, known: %s; main lines unless said otherwise, pushes left out\n",
			known_names[known]);
		printf("%-12s %6s", "", "lines");
		for (int i = 0; i < VIEWS; i++)
			printf(" %8s", view_names[i]);
		printf("  %-30s  %s\n", "p_over less book", "Brier of p_over and book");
		print_losses(season, known, "all", all_main, 0);
		for (int m = 0; m < MARKET_COUNT; m++)
			print_losses(season, known, market_name((enum market)m), of_market, m);
		for (size_t b = 0; b < lines->books; b++)
			print_losses(season, known, lines->book[b], of_book, (int)b);
		print_losses(season, known, "alternates", all_alternate, 0);
		print_losses(season, known, "no history", of_nobody, 0);
	}
	for (enum known known = KNOWN_MORNING; known < KNOWN_COUNT; known++)
		print_tenths(season, known);
}

/* --- returns ---------------------------------------------------------------------------------------------------- */

struct returns {
	double least;
	struct score returned;
};

static double paid(int32_t american)
{
	return american > 0 ? american / 100.0 : -100.0 / american;
}

static void add_return(const struct offer *o, const struct played *p, enum known known, struct returns *r)
{
	const struct live_quote *q = &o->line->quote;
	const struct price *price = &o->price[known];

	for (int over = 0; over < 2; over++) {
		const int32_t american = over ? q->over : q->under;
		const double expected = over ? price->return_over : price->return_under;
		const double difference = o->came * 100 - q->line;

		if (american == 0 || price->suspect || expected < r->least)
			continue;
		const bool won = over ? difference > 0 : difference < 0;
		score_add(&r->returned, p->day, difference == 0 ? 0 : won ? paid(american) : -1);
	}
}

static void print_returns(const struct nights *season)
{
	static const double least[] = {-1, 0, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.10, 0.15};
	static struct returns r;

	printf("\nReturns of a unit on each side with that expected return or more, known: morning, "
	       "suspect quotes left out\n");
	for (size_t i = 0; i < sizeof(least) / sizeof(least[0]); i++) {
		char what[64];

		r = (struct returns){.least = least[i]};
		for (size_t k = 0; k < season->count; k++) {
			const struct played *p = &season->played[k];

			for (size_t o = 0; p->has_history && o < p->offers; o++)
				add_return(&season->offer[p->first_offer + o], p, KNOWN_MORNING, &r);
		}
		if (score_count(&r.returned) == 0)
			continue;
		printf("%+.2f %8.0f bets", least[i], score_count(&r.returned));
		text_format(what, sizeof(what), "returned from %.2f on", least[i]);
		print_difference("morning", what, &r.returned);
		printf("\n");
	}
}

/* --- leaks ------------------------------------------------------------------------------------------------------ */

/* The latest day first: what is deleted for one stays deleted for the next. */
static int check_leaks(const char *scratch, const struct snapshot *s, const struct nights *season,
	const struct model_options *options, struct err *err)
{
	struct check check = {0};
	size_t days = 0;
	int r = 0;

	for (size_t part = 4; --part > 0 && r == 0;) {
		const size_t day = season->days * part / 4;
		struct snapshot *past = NULL;

		if (day >= season->days || (days > 0 && day == season->days * (part + 1) / 4))
			continue;
		r = backtest_load_before(scratch, season->day[day], &past, err);
		if (r == 0 && season_check(past, s, season, options, day, &check) < 0)
			r = err_set(err, -ENOMEM, "no memory for the model");
		snapshot_drop(past);
		days++;
	}
	if (r < 0)
		return r;
	printf("\nLeaks: %zu days again with all later rows deleted: %zu of %zu figures and prices differ\n", days,
		check.differ, check.compared);
	if (check.differ > 0)
		return err_set(err, -EBADMSG, "the walk knew what later rows say: %s", check.first);
	return 0;
}

/* --- all of it -------------------------------------------------------------------------------------------------- */

struct asked {
	const char *data, *json, *save, *against;
	date_t until;
	unsigned threads;
};

static bool parse(int argc, char **argv, struct asked *a)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);

	*a = (struct asked){.until = INT32_MAX, .threads = processors > 0 ? (unsigned)processors : 1};
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 == argc)
			return false;
		if (strcmp(argv[i], "--data") == 0)
			a->data = argv[i + 1];
		else if (strcmp(argv[i], "--json") == 0)
			a->json = argv[i + 1];
		else if (strcmp(argv[i], "--save") == 0)
			a->save = argv[i + 1];
		else if (strcmp(argv[i], "--against") == 0)
			a->against = argv[i + 1];
		else if (strcmp(argv[i], "--threads") == 0)
			a->threads = (unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--until") != 0 || !date_parse(argv[i + 1], strlen(argv[i + 1]), &a->until))
			return false;
	}
	return a->data != NULL;
}

static void print_head(const struct nights *season, const struct lines *lines, size_t offers)
{
	char from[DATE_SIZE], until[DATE_SIZE];

	printf("Season %s to %s: %zu days, %zu player-games; %zu lines of %zu books in %zu files, %zu of who played\n",
		date_format(season->from, from), date_format(season->until, until), season->days, season->count,
		lines->count, lines->books, lines->files, offers);
}

static int measure(const struct asked *a, const char *scratch, struct err *err)
{
	static const struct model_options options = {.neighbours = 50, .min_edge = -1, .min_return = -1, .market = true};
	struct snapshot *s = NULL;
	struct lines lines = {0};
	struct nights season = {0};
	date_t from, until;
	int r = backtest_load(a->data, scratch, &s, err);

	if (r < 0)
		return r;
	season_find(s, a->until, &from, &until);
	r = lines_load(a->data, from, until, &lines, err);
	if (r == 0)
		r = season_walk(s, &lines, &options, from, until, a->threads, &season, err);
	if (r == 0) {
		print_head(&season, &lines, season.offers);
		print_figures(&season, REGULAR);
		print_figures(&season, 0);
		r = compare(s, &season, a->save, a->against, err);
	}
	if (r == 0 && season.offers > 0) {
		fit_prepare(&season);
		print_lines(&season, &lines);
		fit_print(&season);
		fit_print_spread(&season);
		print_returns(&season);
	}
	if (r == 0)
		r = check_leaks(scratch, s, &season, &options, err);
	season_done(&season);
	lines_done(&lines);
	snapshot_drop(s);
	return r;
}

int main(int argc, char **argv)
{
	char scratch[] = "/tmp/propsd-bench-XXXXXX";
	struct asked asked;
	struct err err = {0};

	if (!parse(argc, argv, &asked)) {
		fprintf(stderr, "usage: walk --data FOLDER [--until DATE] [--threads N] [--json FILE] "
				"[--save FILE] [--against FILE]\n"
				"FOLDER holds season files as `propsctl import` reads them, and books' lines;\n"
				"DATE is as 2025-11-16\n");
		return 64;
	}
	if (asked.json && !(json = fopen(asked.json, "w"))) {
		fprintf(stderr, "walk: %s cannot be written: %s\n", asked.json, strerror(errno));
		return 1;
	}
	if (!mkdtemp(scratch)) {
		fprintf(stderr, "walk: no folder can be made in /tmp: %s\n", strerror(errno));
		return 1;
	}
	const int r = measure(&asked, scratch, &err);
	backtest_forget(scratch);
	if (json)
		fclose(json);
	if (r < 0)
		fprintf(stderr, "walk: %s\n", err.text);
	return r < 0 ? 1 : 0;
}
