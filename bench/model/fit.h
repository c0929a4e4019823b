/* How far the books' opinion draws the model's: what pricing's weights were fitted with. */
#ifndef BENCH_MODEL_FIT_H
#define BENCH_MODEL_FIT_H

#include "season.h"

/* Works out, once, how far the books' median lies from the model at each offer (offer.apart). */
void fit_prepare(struct nights *season);

/* The books' median carried to this line: weight 1. */
double fit_consensus(const struct offer *o, enum known known);

/* Weights by groups of markets, in the whole season and cross-fitted by date: what a day is judged by comes from the
 * others. */
void fit_print(const struct nights *season);

/* Variances of the figures by market as factor m^power: what a player without a history is given. */
void fit_print_spread(const struct nights *season);

#endif
