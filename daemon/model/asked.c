#include "model/asked.h"

#include <errno.h>
#include <string.h>

#include "model/consensus.h"
#include "model/pricing.h"

bool asked_is_foreign(const json_t *report)
{
	const json_t *phases = json_object_get(report, "phases");

	return json_object_get(json_object_get(phases, "precompute"), "version") &&
	       !json_object_get(json_object_get(report, "stages"), "projection");
}

static int find_tails(const json_t *market, const struct foreign *output, const struct live_quote *quote,
	struct distribution *room, struct tails *ret)
{
	const json_t *mean = json_object_get(market, "mean"), *sd = json_object_get(market, "sd");
	struct figure figures[MARKET_COUNT];

	if (output && foreign_has_markets(output))
		return foreign_tails(output, quote->market, ret) ? 0 : -ENODATA;
	figures[quote->market] = (struct figure){json_number_value(mean), json_number_value(sd)};
	const struct figure *f = &figures[quote->market];
	if (!json_is_number(mean) || !json_is_number(sd) || f->mean < 0 || f->mean > DISTRIBUTION_MEAN_MAX ||
		f->sd < 0 || f->sd > DISTRIBUTION_MEAN_MAX)
		return -ENODATA;
	const unsigned most = (unsigned)quote->line / 100 + 1;
	const unsigned room_for = DISTRIBUTION_MAX - DISTRIBUTION_SHIFT_MAX - 1;
	return shapes_of_model.tails(figures, quote->market, most < room_for ? most : room_for, room, ret) ? 0
													   : -ENODATA;
}

int asked_price(const json_t *report, const struct foreign *output, const struct live_quote *quote, struct price *ret,
	struct err *err)
{
	const struct model_options options = {.min_edge = -1, .min_return = -1};
	const json_t *market = json_object_get(json_object_get(report, "markets"), market_name(quote->market));
	const json_t *consensus = json_object_get(market, "consensus");
	const bool known = !json_object_get(market, "figures");
	struct distribution room;
	struct tails tails;
	struct quote_view view;

	if (find_tails(market, output, quote, &room, &tails) < 0)
		return err_set(err, -ENODATA, "the report has no figures of %s", market_name(quote->market));
	consensus_view(&tails, quote->line, &view);
	pricing_price(quote, json_number_value(json_object_get(consensus, "shift")), &view, known, &options, ret);
	return 0;
}
