/* Recommendations in short: a report is overwritten by the next, these are kept as they were first given. */
#include "report/report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

const char *report_given(
	const struct live *live, const struct model_result *result, struct arena *arena, uint64_t *ret_which)
{
	struct str text = {0}, which = {0};
	char *kept = NULL;

	*ret_which = 0;
	for (size_t i = 0; result->prices && !report_withdraws(live) && i < live->quote_count; i++) {
		const struct live_quote *q = &live->quotes[i];
		const struct price *p = &result->prices[i];
		const bool over = p->recommendation == OVER;
		if (q->alternate || p->recommendation == PASS)
			continue;
		str_printf(&which, " %s %s %s\n", over ? "OVER" : "UNDER", market_name(q->market), q->book);
		str_printf(&text, "%" PRId32 " %" PRId32 " %" PRId32 " %ld %s %s %s\n", q->line, q->over, q->under,
			lrint(1e4 * (over ? p->p_over : 1 - p->p_over)), over ? "OVER" : "UNDER",
			market_name(q->market), q->book);
	}
	if (text.length && !text.failed && !which.failed)
		kept = arena_text(arena, text.data, text.length);
	if (kept)
		*ret_which = hash_bytes(which.data, which.length) | 1;
	str_done(&text);
	str_done(&which);
	return kept;
}
