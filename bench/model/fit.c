#include "fit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "score.h"

#define VOICES 64
#define NEAREST 0.0005
#define FOLDS 5
#define STEP 0.025
#define STEPS 61 /* to 1.5 */

static double logit(double p)
{
	p = p < NEAREST ? NEAREST : p > 1 - NEAREST ? 1 - NEAREST : p;
	return log(p / (1 - p));
}

static double sigma(double x)
{
	return 1 / (1 + exp(-x));
}

static double middle(double *d, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		for (size_t k = i; k > 0 && d[k - 1] > d[k]; k--) {
			const double t = d[k];
			d[k] = d[k - 1];
			d[k - 1] = t;
		}
	}
	return n == 0 ? 0 : (d[(n - 1) / 2] + d[n / 2]) / 2;
}

/* Median of the main lines' differences from the model, in the market of his offer. */
static double difference(
	const struct nights *season, const struct played *p, enum known known, size_t offer, enum voices voices)
{
	const struct offer *o = &season->offer[p->first_offer];
	double d[VOICES];
	size_t n = 0;

	for (size_t i = 0; i < p->offers && n < VOICES; i++) {
		const struct live_quote *q = &o[i].line->quote;
		const struct price *price = &o[i].price[known];

		if (q->market != o[offer].line->quote.market || q->alternate || !price->has_fair)
			continue;
		if (voices == OTHERS && o[i].line->book == o[offer].line->book)
			continue;
		d[n++] = logit(voices == HIDDEN ? 0.5 : price->fair_over) - logit(price->p_model);
	}
	return middle(d, n);
}

void fit_prepare(struct nights *season)
{
	for (size_t i = 0; i < season->count; i++) {
		const struct played *p = &season->played[i];

		for (size_t k = 0; k < p->offers; k++) {
			struct offer *o = &season->offer[p->first_offer + k];

			for (enum known known = 0; known < KNOWN_COUNT; known++)
				for (enum voices voices = 0; voices < VOICE_KINDS; voices++)
					o->apart[known][voices] = difference(season, p, known, k, voices);
		}
	}
}

double fit_consensus(const struct offer *o, enum known known)
{
	return sigma(logit(o->price[known].p_model) + o->apart[known][ALL]);
}

enum group { SCORING, OTHER, GROUPS };
static const char *const group_names[GROUPS] = {"points and its sums", "the others"};

static enum group group_of(enum market m)
{
	return market_stats(m) & 1u << STAT_POINTS ? SCORING : OTHER;
}

struct loss_by_step {
	double loss[FOLDS][STEPS], books[FOLDS];
	double count[FOLDS];
};

static struct loss_by_step sums[GROUPS];
static struct score fitted, single[GROUPS];

static void gather(const struct nights *season, enum known known, enum voices voices)
{
	memset(sums, 0, sizeof(sums));
	for (size_t i = 0; i < season->count; i++) {
		const struct played *p = &season->played[i];
		const size_t fold = p->day % FOLDS;

		for (size_t k = 0; p->has_history && k < p->offers; k++) {
			const struct offer *o = &season->offer[p->first_offer + k];
			const struct price *price = &o->price[known];
			struct loss_by_step *sum = &sums[group_of(o->line->quote.market)];
			const int over = o->came * 100 > o->line->quote.line;

			if (o->line->quote.alternate || !price->has_fair || o->came * 100 == o->line->quote.line)
				continue;
			const double d = o->apart[known][voices], mine = logit(price->p_model);
			for (int w = 0; w < STEPS; w++)
				sum->loss[fold][w] += log_loss(sigma(mine + w * STEP * d), over);
			sum->books[fold] += log_loss(price->fair_over, over);
			sum->count[fold] += 1;
		}
	}
}

/* The step with the least loss over all folds but one; FOLDS: but none. */
static int best(const struct loss_by_step *sum, size_t but)
{
	int found = 0;
	double least = INFINITY;

	for (int w = 0; w < STEPS; w++) {
		double loss = 0;

		for (size_t f = 0; f < FOLDS; f++)
			loss += f == but ? 0 : sum->loss[f][w];
		if (loss < least) {
			least = loss;
			found = w;
		}
	}
	return found;
}

static void judge(const struct nights *season, enum known known, enum voices voices)
{
	int step[GROUPS][FOLDS];

	memset(&fitted, 0, sizeof(fitted));
	memset(single, 0, sizeof(single));
	for (int g = 0; g < GROUPS; g++) {
		for (size_t f = 0; f < FOLDS; f++)
			step[g][f] = best(&sums[g], f);
	}
	for (size_t i = 0; i < season->count; i++) {
		const struct played *p = &season->played[i];

		for (size_t k = 0; p->has_history && k < p->offers; k++) {
			const struct offer *o = &season->offer[p->first_offer + k];
			const struct price *price = &o->price[known];
			const int over = o->came * 100 > o->line->quote.line;

			if (o->line->quote.alternate || !price->has_fair || o->came * 100 == o->line->quote.line)
				continue;
			const enum group g = group_of(o->line->quote.market);
			const double d = o->apart[known][voices];
			const double mix = sigma(logit(price->p_model) + step[g][p->day % FOLDS] * STEP * d);
			const double less = log_loss(mix, over) - log_loss(price->fair_over, over);

			score_add(&fitted, p->day, less);
			score_add(&single[g], p->day, less);
		}
	}
}

static void print_one(const char *what, const struct score *s)
{
	const struct interval i = score_interval(s);

	printf("  %-22s %+.4f (%+.4f to %+.4f), %.0f lines\n", what, score_mean(s), i.low, i.high, score_count(s));
}

void fit_print(const struct nights *season)
{
	static const char *const known_names[KNOWN_COUNT] = {"nothing", "morning", "tip"};
	static const char *const voice_names[VOICE_KINDS] = {
		"all books", "the other books", "lines without their prices"};

	for (enum known known = 0; known < KNOWN_COUNT; known++) {
		for (enum voices voices = 0; voices < VOICE_KINDS; voices++) {
			gather(season, known, voices);
			judge(season, known, voices);
			printf("\nWeight by %s, known: %s; log loss less the book's with weights of the other days\n",
				voice_names[voices], known_names[known]);
			for (int g = 0; g < GROUPS; g++) {
				printf("  %-22s %.3f; by folds", group_names[g], best(&sums[g], FOLDS) * STEP);
				for (size_t f = 0; f < FOLDS; f++)
					printf(" %.3f", best(&sums[g], f) * STEP);
				printf("\n");
				print_one(group_names[g], &single[g]);
			}
			print_one("all", &fitted);
		}
	}
}

/* Least squares of their logarithms: players of 10 minutes and more, of the morning. */
void fit_print_spread(const struct nights *season)
{
	printf("\nVariance of the figures by their mean m, players of ten minutes and more: factor m^power\n");
	for (int m = 0; m < MARKET_COUNT; m++) {
		double n = 0, x = 0, y = 0, xx = 0, xy = 0;

		for (size_t i = 0; i < season->count; i++) {
			const struct played *p = &season->played[i];
			const double mean = p->mean[KNOWN_MORNING][m], sd = p->sd[m];

			if (!p->has_history || p->mean[KNOWN_MORNING][MINUTES] < 10 || mean <= 0 || sd <= 0)
				continue;
			const double of_mean = log(mean), of_variance = 2 * log(sd);
			n += 1;
			x += of_mean;
			y += of_variance;
			xx += of_mean * of_mean;
			xy += of_mean * of_variance;
		}
		const double power = n * xx - x * x > 0 ? (n * xy - x * y) / (n * xx - x * x) : 1;
		printf("%-10s %.3f %.3f\n", market_name((enum market)m), n > 0 ? exp((y - power * x) / n) : 1, power);
	}
}
