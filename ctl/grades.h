/* Graded recommendations summed up: by market, and all of them. Pure. */
#ifndef CTL_GRADES_H
#define CTL_GRADES_H

#include <jansson.h>

/*
 * Of the rows of `grade` (borrowed): an array of objects, one a market in the order of their names and last "total", with
 *   market, bets (that won, lost or pushed), won, lost, push, no_action, pending
 *   return: the mean of those whose price is known, `priced` of them, a unit each; return_low, return_high: its interval
 *   of 95 %, from two players on: bets on one man come out together, so that they are many says little
 *   closed: how many have a close; moved, closing_value: their means; better: how many lines went the bet's way
 * Where there is nothing to take a mean of, it is left out. NULL: no memory.
 */
json_t *grades_summary(const json_t *rows);

#endif
