/*
 * What `analyze` makes of measured runs: cost, the number of children, when it pays, and what to do. Pure functions;
 * seconds, dollars, days.
 */
#ifndef CTL_ANALYSIS_H
#define CTL_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>

#define DAYS_A_MONTH 30

/* A number of children, as it was measured: each figure is of one run over all players. */
struct analysis_point {
	unsigned children;
	unsigned players; /* of a run: so many requests */
	double seconds, start_seconds; /* of a run; until the children had loaded */
	double failed; /* share of the jobs, 0 to 1 */
	double p99; /* seconds of a job; below 0: none ended well */
};

struct analysis_terms {
	double runs_a_day;
	double hour_value; /* of a person who waits */
	double implementation; /* what it costs to run in parallel, once */
	double vcpu, gib; /* of an instance, for each child that it holds */
	unsigned children_an_instance; /* 0: all */
	double vcpu_price, gib_price; /* a second */
	double request_price;
	double vm_price; /* an hour; below 0: not by the hour */
	double vm_hours; /* a day that it is up; below 0: while it runs */
};

/*
 * Dollars a run. By the second: instance-seconds x (vCPU x price + GiB x price) + requests x price, with the seconds of
 * each instance, however many jobs it does at a time. By the hour: hours x price of each machine.
 */
double analysis_cost(const struct analysis_terms *terms, const struct analysis_point *point);

/* No more than 5 % of its jobs failed. */
bool analysis_sound(const struct analysis_point *point);

/*
 * Where the curve stops paying: the smallest number of children that does at least 0.9 of the players a second that the
 * best does, among the sound ones (of all, if none is). Index into `points`; count is at least 1.
 */
#define ANALYSIS_ENOUGH 0.9
size_t analysis_recommend(const struct analysis_point *points, size_t count);

/* Days until it has paid for itself; INFINITY: never. `added`: dollars a day that it costs more than before. */
double analysis_break_even(const struct analysis_terms *terms, double saved_seconds, double added);

/* What a verdict is made from: the sequential run against the recommended one. */
struct analysis_case {
	double failed, p99; /* the larger of both */
	unsigned players;
	double sequential, saved; /* seconds a run */
	double speedup;
	double added_month; /* dollars that it costs more */
	double runs_a_day;
	double break_even;
	bool compared; /* more than one number of children is known */
	bool faster; /* the recommended one is another than the sequential one */
};

enum analysis_verdict {
	ANALYSIS_MEND,
	ANALYSIS_OUTLIERS,
	ANALYSIS_SMALL,
	ANALYSIS_MEASURE,
	ANALYSIS_NO_GAIN,
	ANALYSIS_WEIGH,
	ANALYSIS_PARALLELISE,
	ANALYSIS_NO_NEED,
	ANALYSIS_VERDICTS
};

#define ANALYSIS_REASONS 5 /* at most so many */

/* By precedence: the first that holds. `ret_reasons` are sentences, *ret_count of them, for all that speaks for it. */
enum analysis_verdict analysis_judge(
	const struct analysis_case *c, char ret_reasons[ANALYSIS_REASONS][96], size_t *ret_count);
const char *analysis_verdict_name(enum analysis_verdict verdict); /* one word, for programs */
const char *analysis_verdict_advice(enum analysis_verdict verdict); /* for people */

#endif
