/*
 * What a line is worth that nobody need offer, by a report that is there: the figures and the market's shift that stand
 * in it. So it says of a line in the report what the report says, but for what rounding the figures to 1e-4 has lost.
 */
#ifndef MODEL_ASKED_H
#define MODEL_ASKED_H

#include "base/err.h"
#include "model/foreign.h"
#include "model/model.h"

#include <jansson.h>

#define ASKED_LINE_MAX 99999 /* hundredths, as that of a quote */

/* Whether the report's figures are another model's, whose output then goes along to asked_price(). */
bool asked_is_foreign(const json_t *report);

/* Prices the quote, whose book does not matter, on the report. `output` NULL or without markets: the figures are propsd's
 * own, or the books'.
 * 0, or -ENODATA: there are no figures of that market. */
int asked_price(const json_t *report, const struct foreign *output, const struct live_quote *quote, struct price *ret,
	struct err *err) __attribute__((warn_unused_result));

#endif
