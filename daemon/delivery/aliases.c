/*
 * Spellings that become another name of a player while propsd runs, for all instances. They stand in one hash in Redis,
 * with a number that each change raises. A slate is the day's and these, and its version both numbers, which each script
 * that uses a slate holds against its own: so an instance that has not heard of a change is refused, and told, before it
 * writes anything. What stood under the old spelling is moved by the script that notes the alias, in one with it.
 */
#include "delivery/internal.h"

#include <inttypes.h>

bool aliases_moved(const struct delivery *d, date_t date)
{
	const date_t today = zone_date(delivery_redis_ms(d));
	return date >= today - DAYS_BEFORE && date <= today + DAYS_AHEAD;
}

void delivery_alias(struct delivery *d, const char *spelling, const char *player, const char *by,
	delivery_reply_fn *done, void *data)
{
	const int64_t now = delivery_redis_ms(d);
	const date_t today = zone_date(now);
	struct redis_request *r = link_script(d, SCRIPT_ALIAS, NULL);
	redis_arg(script_argv(r, ALIAS_SPELLING), spelling);
	redis_arg(script_argv(r, ALIAS_PLAYER), player);
	redis_arg_format(script_argv(r, ALIAS_TEXT), "%s %" PRId64 " %s", player, now, by);
	redis_arg(script_argv(r, ALIAS_STREAM), d->streams[STREAM_REGENERATE].key);
	redis_arg_int(script_argv(r, ALIAS_KEPT), REPORTS_KEPT);
	(void)script_argv(r, ALIAS_DATES);
	for (date_t date = today - DAYS_BEFORE; date <= today + DAYS_AHEAD; date++) {
		char text[DATE_SIZE], expiry[24];
		date_expiry(d, date, expiry);
		redis_arg(r, date_format(date, text));
		redis_arg(r, expiry);
	}
	request_send(d, "setting an alias", "(u s u u)", done, data);
}

void delivery_unalias(struct delivery *d, const char *spelling, delivery_reply_fn *done, void *data)
{
	struct redis_request *r = link_script(d, SCRIPT_UNALIAS, NULL);
	redis_arg(script_argv(r, UNALIAS_SPELLING), spelling);
	request_send(d, "taking an alias back", "s|n", done, data);
}

void delivery_aliases(struct delivery *d, delivery_reply_fn *done, void *data)
{
	redis_arg(&d->request, "HGETALL");
	redis_arg_format(&d->request, "%saliases", d->prefix);
	request_send(d, "reading aliases", "[s]", done, data);
}
