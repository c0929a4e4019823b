#include "app/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core.h"
#include "metrics/metrics.h"
#include "metrics/warnings.h"
#include "pool/pool.h"
#include "propsd/version.h"
#include "web/server.h"

#define STUCK_US INT64_C(30000000) /* so long workers may end nothing while tasks wait */

struct pages {
	struct pages_sources sources;
	struct event_base *base;
	char listen[64];
	struct web *web; /* NULL: the address cannot be had yet */
	uint64_t executed; /* by the pool */
	int64_t moved_us; /* when that was another number last, or nothing waited */
};

static void add_text(struct str *body, const char *name, const char *text)
{
	str_printf(body, ",\"%s\":", name);
	str_json(body, text, strlen(text));
}

/* {"ready":true,"reason":"...","instance":"...","version":"..."  and what the caller adds */
static void begin(const struct pages *p, struct str *body, const char *what, bool is, const char *reason)
{
	str_printf(body, "{\"%s\":%s", what, is ? "true" : "false");
	add_text(body, "reason", reason);
	add_text(body, "instance", p->sources.instance);
	add_text(body, "version", PROPSD_VERSION);
}

static int metrics_page(void *arg, struct str *body)
{
	metrics_print(((const struct pages *)arg)->sources.metrics, body);
	return 200;
}

/* That it is answered at all shows that the loop moves. */
static int health_page(void *arg, struct str *body)
{
	const struct pages *p = arg;
	const int64_t stuck_us = clock_mono_us(p->sources.core->clock) - p->moved_us;
	char reason[128] = "the loop and the workers move";
	const bool stuck = stuck_us > STUCK_US;
	if (stuck)
		text_format(reason, sizeof(reason), "no worker has ended a task for %lld s, and others wait",
			(long long)(stuck_us / 1000000));
	begin(p, body, "healthy", !stuck, reason);
	str_text(body, "}\n");
	return stuck ? 503 : 200;
}

/* Why events do not become reports now; NULL: they do. */
static const char *why_not_ready(const struct pages *p)
{
	const struct core *core = p->sources.core;
	if (core->draining)
		return "propsd is shutting down";
	const bool full =
		warnings_text(p->sources.warnings, WARNING_MEMORY) != NULL; /* a session that writes nothing */
	return delivery_ready(core->delivery) && !full ? NULL : delivery_state(core->delivery);
}

static int ready_page(void *arg, struct str *body)
{
	const struct pages *p = arg;
	const char *why = why_not_ready(p);
	bool some = false;
	begin(p, body, "ready", !why, why ? why : "connected to Redis and reading");
	str_text(body, ",\"warnings\":[");
	for (int kind = 0; kind < WARNING_COUNT; kind++) {
		if (!warnings_text(p->sources.warnings, (enum warning)kind))
			continue;
		str_printf(body, "%s\"%s\"", some ? "," : "", warnings_names[kind]);
		some = true;
	}
	str_text(body, "]}\n");
	return why ? 503 : 200;
}

static const struct web_page table[] = {
	{"/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics_page},
	{"/healthz", "application/json", health_page},
	{"/readyz", "application/json", ready_page},
	{0},
};

static int try_listening(struct pages *p, struct err *err)
{
	const int r = web_new(p->base, p->listen, NULL, table, p, &p->web, err);
	if (r == 0)
		log_notice("web", "answers at http://%s/metrics", p->listen);
	return r;
}

int pages_new(struct event_base *base, const char *listen, const struct pages_sources *sources, struct pages **ret,
	struct err *err)
{
	if (!listen[0])
		return 0;
	struct pages *p = calloc(1, sizeof(*p));
	if (!p)
		return err_set(err, -ENOMEM, "no memory for the pages");
	p->sources = *sources;
	p->moved_us = clock_mono_us(sources->core->clock);
	p->base = base;
	text_format(p->listen, sizeof(p->listen), "%s", listen);
	const int r = try_listening(p, err);
	if (r == -EADDRINUSE || r == -EADDRNOTAVAIL) /* what others hold, or a host comes by later, stops no work */
		log_err("web", "metrics.listen: %s; goes on without pages, and tries again each second", err->text);
	else if (r < 0) {
		free(p);
		return err_prefix(err, "metrics.listen");
	}
	*ret = p;
	return 0;
}

void pages_free(struct pages *p)
{
	if (!p)
		return;
	web_free(p->web);
	free(p);
}

void pages_second(struct pages *p, const struct pool_stats *pool)
{
	uint64_t waiting = 0;
	struct err err;
	if (!p)
		return;
	if (!p->web)
		(void)try_listening(p, &err);
	for (int l = 0; l < LEVEL_COUNT; l++)
		waiting += pool->level[l].waiting;
	if (waiting == 0 || pool->executed != p->executed)
		p->moved_us = clock_mono_us(p->sources.core->clock);
	p->executed = pool->executed;
}

static double read_answers(void *arg, unsigned label)
{
	return (double)web_stats(((const struct pages *)arg)->web).answers[label];
}

static double read_connections(void *arg, unsigned label)
{
	(void)label;
	return web_stats(((const struct pages *)arg)->web).connections;
}

void pages_figures(struct pages *p, struct metrics *metrics)
{
	if (!p)
		return;
	metrics_read(metrics, METRIC_HTTP_ANSWERS, read_answers, p);
	metrics_read(metrics, METRIC_HTTP_CONNECTIONS, read_connections, p);
}
