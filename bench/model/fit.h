/* How far the books' opinion draws the model's: what pricing's weights were fitted with. */
#ifndef BENCH_MODEL_FIT_H
#define BENCH_MODEL_FIT_H

#include "season.h"

/* The books' median carried to this line of his: weight 1. */
double fit_consensus(const struct nights *season, const struct played *p, enum known known, size_t offer);

/* Of a unit on that side at its price; NAN without one. */
double fit_return(const struct price *price, const struct live_quote *q, int over);

/* Weights by groups of markets, in the whole season and cross-fitted by date: what a day is judged by comes from the
 * others. */
void fit_print(const struct nights *season);

#endif
