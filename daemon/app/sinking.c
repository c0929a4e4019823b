#include "app/sinking.h"

#include "base/clock.h"
#include "base/str.h"
#include "config/config.h"
#include "metrics/metrics.h"
#include "metrics/warnings.h"

static const char *join(struct str *s, const struct config_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		str_printf(s, "%s%s", i ? "," : "", list->item[i]);
	return s->data ? s->data : "";
}

int sinking_configure(struct sinks *sinks, const struct config *config, const struct config *started,
	const struct redis_url *url, struct err *err)
{
	struct sink_options list[CONFIG_SINKS_MAX];
	struct str markets[CONFIG_SINKS_MAX] = {0};
	for (size_t i = 0; i < config->sinks; i++) {
		const struct config_sink *s = &config->sink[i];
		list[i] = (struct sink_options){
			.name = s->name,
			.type = (enum sink_type)s->type,
			.instance = started->instance,
			.redis =
				{
					.url = *url,
					.prefix = started->redis.prefix,
					.password_file = config->redis.password_file,
					.ca_file = config->redis.ca_file,
					.cert_file = config->redis.cert_file,
					.key_file = config->redis.key_file,
				},
			.path = s->path,
			.s3 =
				{
					.url = s->s3.url,
					.bucket = s->s3.bucket,
					.prefix = s->s3.prefix,
					.region = s->s3.region,
					.key_file = s->s3.key_file,
					.ca_file = s->s3.ca_file,
					.form = (enum sink_form)s->s3.form,
				},
			.webhook =
				{
					.url_file = s->webhook.url_file,
					.token_file = s->webhook.token_file,
					.ca_file = s->s3.ca_file,
					.markets = join(&markets[i], &s->webhook.markets),
					.form = (enum sink_form)s->s3.form,
					.min_return = s->webhook.min_return,
					.cool_down_us = s->webhook.cool_down_us,
					.max_quote_age_us = s->webhook.max_quote_age_us,
				},
		};
		if (config->redis.user[0])
			text_format(list[i].redis.url.user, sizeof(list[i].redis.url.user), "%s", config->redis.user);
	}
	const int r = sinks_configure(sinks, list, config->sinks, err);
	for (size_t i = 0; i < config->sinks; i++)
		str_done(&markets[i]);
	return r;
}

/* All that are in trouble, in one text. */
static void warn(struct sinks *sinks, struct warnings *warnings)
{
	struct str text = {0};
	for (size_t i = 0; i < sinks_count(sinks); i++) {
		struct sink_view view;
		enum sink_type type;
		const char *name;
		sinks_look(sinks, i, &name, &type, &view);
		if (!view.trouble[0])
			continue;
		str_printf(&text, "%s%s cannot write: %s", text.length ? "; " : "", name, view.trouble);
		if (view.lag > 0)
			str_printf(&text, "; reports that wait: %lld", (long long)view.lag);
	}
	if (text.length && !text.failed)
		warnings_set(warnings, WARNING_SINK, "%s", text.data);
	else
		warnings_clear(warnings, WARNING_SINK);
	str_done(&text);
}

void sinking_second(struct sinks *sinks, struct warnings *warnings, bool ready)
{
	sinks_tick(sinks);
	if (ready)
		warn(sinks, warnings);
}

/* --- metrics ------------------------------------------------------------------------------------------------------ */

/* Sums over the sinks of a type; of the oldest the oldest. */
static struct sink_view all_of(struct sinks *sinks, unsigned type)
{
	struct sink_view all = {0};
	for (size_t i = 0; i < sinks_count(sinks); i++) {
		struct sink_view view;
		enum sink_type its;
		const char *name;
		sinks_look(sinks, i, &name, &its, &view);
		if ((unsigned)its != type)
			continue;
		all.lag += view.lag > 0 ? view.lag : 0;
		if (view.oldest_ms > 0 && (all.oldest_ms == 0 || view.oldest_ms < all.oldest_ms))
			all.oldest_ms = view.oldest_ms;
		all.failing += view.failing;
		all.written += view.written;
		all.kept += view.kept;
		all.failed += view.failed;
		all.gone += view.gone;
		all.refused += view.refused;
	}
	return all;
}

static double read_lag(void *arg, unsigned type)
{
	return (double)all_of(arg, type).lag;
}

static double read_oldest(void *arg, unsigned type)
{
	const int64_t oldest_ms = all_of(arg, type).oldest_ms;
	const int64_t age_ms = oldest_ms > 0 ? clock_wall_ms(clock_system()) - oldest_ms : 0;
	return age_ms > 0 ? (double)age_ms / 1000 : 0;
}

static double read_failing(void *arg, unsigned type)
{
	return all_of(arg, type).failing;
}

static double read_reports(void *arg, unsigned label)
{
	const struct sink_view all = all_of(arg, label / METRIC_SUNK);
	const uint64_t counts[METRIC_SUNK] = {
		[METRIC_SUNK_WRITTEN] = all.written,
		[METRIC_SUNK_KEPT] = all.kept,
		[METRIC_SUNK_FAILED] = all.failed,
		[METRIC_SUNK_GONE] = all.gone,
		[METRIC_SUNK_REFUSED] = all.refused,
	};
	return (double)counts[label % METRIC_SUNK];
}

void sinking_figures(struct sinks *sinks, struct metrics *metrics)
{
	metrics_read(metrics, METRIC_SINK_LAG, read_lag, sinks);
	metrics_read(metrics, METRIC_SINK_OLDEST, read_oldest, sinks);
	metrics_read(metrics, METRIC_SINK_FAILING, read_failing, sinks);
	metrics_read(metrics, METRIC_SINK_REPORTS, read_reports, sinks);
}
