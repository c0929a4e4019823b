/*
 * The rules of the verdict are rows, in their order of precedence; the first that holds is the verdict. What is wrong
 * with the measurement comes before what it says: figures of jobs that fail, of a few that hang, or of a handful, decide
 * nothing.
 */
#include "analysis.h"

#include <math.h>

#include "base/cost.h"
#include "base/str.h"

#define ROUNDING 1e-9
#define FAILED_MOST 0.05
#define P99_MOST 60.0
#define PLAYERS_LEAST 20
#define SEQUENTIAL_LEAST 300.0
#define ADDED_MONTH_MOST 50.0
#define LONG_SECONDS 1800.0
#define SAVED_SECONDS 1200.0
#define SPEEDUP 3.0
#define RUNS_A_DAY 3.0
#define BREAK_EVEN_DAYS 30.0

static unsigned instances(const struct analysis_terms *terms, unsigned children, unsigned *ret_each)
{
	const unsigned most = terms->children_an_instance;
	*ret_each = most == 0 || children < most ? children : most;
	return (children + *ret_each - 1) / *ret_each;
}

double analysis_cost(const struct analysis_terms *terms, const struct analysis_point *point)
{
	unsigned each;
	const double count = instances(terms, point->children, &each);
	const double seconds = point->start_seconds + point->seconds;
	if (terms->vm_price >= 0)
		return count * terms->vm_price *
		       (terms->vm_hours >= 0 ? terms->vm_hours / terms->runs_a_day : seconds / 3600);
	const struct cost_terms by_the_second = {.vcpu = each * terms->vcpu,
		.gib = each * terms->gib,
		.vcpu_price = terms->vcpu_price,
		.gib_price = terms->gib_price,
		.request_price = terms->request_price};
	return cost_by_the_second(&by_the_second, count * seconds, point->players);
}

bool analysis_sound(const struct analysis_point *point)
{
	return point->failed <= FAILED_MOST && point->seconds > 0;
}

/* Players a second whose job ended well. */
static double throughput(const struct analysis_point *point)
{
	return point->seconds > 0 ? point->players * (1 - point->failed) / point->seconds : 0;
}

size_t analysis_recommend(const struct analysis_point *points, size_t count)
{
	bool any = false;
	double best = 0;
	size_t found = count;
	for (size_t i = 0; i < count; i++)
		any = any || analysis_sound(&points[i]);
	for (size_t i = 0; i < count; i++)
		if ((analysis_sound(&points[i]) || !any) && throughput(&points[i]) > best)
			best = throughput(&points[i]);
	for (size_t i = 0; i < count; i++) {
		if ((any && !analysis_sound(&points[i])) || throughput(&points[i]) < (ANALYSIS_ENOUGH - ROUNDING) * best)
			continue;
		if (found == count || points[i].children < points[found].children)
			found = i;
	}
	return found < count ? found : 0;
}

double analysis_break_even(const struct analysis_terms *terms, double saved_seconds, double added)
{
	const double a_day = saved_seconds / 3600 * terms->runs_a_day * terms->hour_value - added;
	return a_day > 0 ? terms->implementation / a_day : INFINITY;
}

/* --- the verdict ------------------------------------------------------------------------------------------------- */

/* A rule holds if its function does, which says why. Several of one verdict may hold. */
struct rule {
	enum analysis_verdict verdict;
	bool (*holds)(const struct analysis_case *c, char reason[96]);
};

#define RULE(name, condition, ...) \
	static bool name(const struct analysis_case *c, char reason[96]) \
	{ \
		if (!(condition)) \
			return false; \
		text_format(reason, 96, __VA_ARGS__); \
		return true; \
	}

RULE(fails, c->failed > FAILED_MOST, "%.1f %% of the jobs failed, more than 5 %%", 100 * c->failed)
RULE(has_outliers, c->p99 > P99_MOST, "one job in a hundred takes more than 60 s: %.1f s", c->p99)
RULE(has_few, c->players < PLAYERS_LEAST, "fewer than 20 players: %u", c->players)
RULE(is_short, c->sequential < SEQUENTIAL_LEAST, "%.1f min one by one are less than 5", c->sequential / 60)
RULE(is_alone, !c->compared, "one number of children was measured: there is nothing to compare it with")
RULE(gains_nothing, !c->faster, "no other number of children is faster by more than a tenth")
RULE(costs, c->added_month > ADDED_MONTH_MOST, "it costs $%.2f a month more, above $50", c->added_month)
RULE(takes_long, c->sequential > LONG_SECONDS, "one by one it takes %.1f min, more than 30", c->sequential / 60)
RULE(saves_much, c->saved > SAVED_SECONDS, "it saves %.1f min a run, more than 20", c->saved / 60)
RULE(is_much_faster, c->speedup > SPEEDUP, "it is %.1f times as fast, more than 3", c->speedup)
RULE(runs_often, c->runs_a_day > RUNS_A_DAY, "it runs %.4g times a day, more than 3", c->runs_a_day)
RULE(pays_soon, c->break_even < BREAK_EVEN_DAYS, "it has paid for itself after %.2f days, fewer than 30", c->break_even)

static const struct rule rules[] = {
	{ANALYSIS_MEND, fails},
	{ANALYSIS_OUTLIERS, has_outliers},
	{ANALYSIS_SMALL, has_few},
	{ANALYSIS_SMALL, is_short},
	{ANALYSIS_MEASURE, is_alone},
	{ANALYSIS_NO_GAIN, gains_nothing},
	{ANALYSIS_WEIGH, costs},
	{ANALYSIS_PARALLELISE, takes_long},
	{ANALYSIS_PARALLELISE, saves_much},
	{ANALYSIS_PARALLELISE, is_much_faster},
	{ANALYSIS_PARALLELISE, runs_often},
	{ANALYSIS_PARALLELISE, pays_soon},
};

enum analysis_verdict analysis_judge(
	const struct analysis_case *c, char ret_reasons[ANALYSIS_REASONS][96], size_t *ret_count)
{
	enum analysis_verdict verdict = ANALYSIS_NO_NEED;
	*ret_count = 0;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (*ret_count > 0 && rules[i].verdict != verdict)
			break;
		verdict = rules[i].verdict;
		*ret_count += rules[i].holds(c, ret_reasons[*ret_count]);
	}
	if (*ret_count > 0)
		return verdict;
	text_format(ret_reasons[(*ret_count)++], 96,
		"neither its duration, saved time, speed-up, runs a day nor break-even ask for it");
	return ANALYSIS_NO_NEED;
}

static const struct {
	const char *name, *advice;
} verdicts[ANALYSIS_VERDICTS] = {
	[ANALYSIS_MEND] = {"mend", "mend what fails first"},
	[ANALYSIS_OUTLIERS] = {"outliers", "look at the outliers first"},
	[ANALYSIS_SMALL] = {"sequential", "stay sequential"},
	[ANALYSIS_MEASURE] = {"measure", "measure more numbers of children"},
	[ANALYSIS_NO_GAIN] = {"no_gain", "stay sequential: more children bring nothing"},
	[ANALYSIS_WEIGH] = {"weigh", "weigh the cost"},
	[ANALYSIS_PARALLELISE] = {"parallelise", "parallelise"},
	[ANALYSIS_NO_NEED] = {"no_need", "stay sequential: there is no need"},
};

const char *analysis_verdict_name(enum analysis_verdict verdict)
{
	return verdicts[verdict].name;
}

const char *analysis_verdict_advice(enum analysis_verdict verdict)
{
	return verdicts[verdict].advice;
}
