#include "app/historian.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "metrics/process.h"
#include "process/usage.h"

enum {
	PAGE = 200, /* notices at a time */
	/* What is so old was answered in this session, or there is none any more: then the next one looks for it. */
	ANSWERED_MS = 60000,
};

struct notices { /* of a phase's commits */
	struct historian *historian;
	enum phase phase;
	bool wanted, asks; /* are to be read; are being read */
	int64_t since_ms; /* when the session began, and then when the mark was set: Redis' clock */
};

struct historian {
	struct historian_options options;
	struct history *history;
	struct delivery *delivery;
	struct process *process;
	struct warnings *warnings;
	bool ready; /* a session is there */
	struct notices notices[PHASE_COUNT];
};

/* --- what it all takes ------------------------------------------------------------------------------------------ */

struct sum {
	int64_t cpu_us, memory;
};

static bool add_seat(void *arg, const struct processor_seat *seat)
{
	struct sum *sum = arg;
	const int64_t us = seat->pid > 0 ? usage_own_cpu_us(seat->pid) : 0;
	sum->cpu_us += us > 0 ? us : 0;
	sum->memory += (int64_t)seat->rss;
	return true;
}

static int64_t microseconds(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

/* Children that live are looked at one by one; those that have ended are in the process' own account. */
static void usage(void *arg, int64_t *ret_cpu_us, int64_t *ret_memory)
{
	const struct historian *h = arg;
	struct sum sum = {.memory = (int64_t)process_memory_bytes(NULL, 0)};
	static const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
	for (size_t i = 0; i < sizeof(whose) / sizeof(whose[0]); i++) {
		struct rusage used;
		if (getrusage(whose[i], &used) == 0)
			sum.cpu_us += microseconds(used.ru_utime) + microseconds(used.ru_stime);
	}
	for (struct processor *p = NULL; h->process && (p = process_next(h->process, p));)
		if (p->state && p->type->seats)
			p->type->seats(p, add_seat, &sum);
	*ret_cpu_us = sum.cpu_us;
	*ret_memory = sum.memory;
}

/* --- commits that nothing has told of --------------------------------------------------------------------------- */

/* Takes a notice apart. False: it is not of a run of ours. */
static bool read_notice(const struct notices *n, const struct value *fields, struct history_run *ret)
{
	const struct historian *h = n->historian;
	const size_t length = strlen(h->options.instance);
	const char *date = "", *player = "", *game = "", *version = "", *run = "";
	const struct {
		const char *name, **value;
	} known[] = {{"player_lookup", &player}, {"game_date", &date}, {"game_id", &game}, {"version", &version},
		{"run", &run}};
	for (size_t i = 0; i + 1 < fields->count; i += 2)
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (strcmp(value_text(value_at(fields, i)), known[k].name) == 0)
				*known[k].value = value_text(value_at(fields, i + 1));
	*ret = (struct history_run){.phase = n->phase, .result = HISTORY_COMMITTED, .took_us = -1};
	ret->version = strtoll(version, NULL, 10);
	text_format(ret->run, sizeof(ret->run), "%s", run);
	text_format(ret->player, sizeof(ret->player), "%s", player);
	if (strlen(game) > 1) /* an output may be of any game, or of none */
		text_format(ret->game, sizeof(ret->game), "%s", game);
	return strncmp(run, h->options.instance, length) == 0 && run[length] == '/' &&
	       date_parse(date, strlen(date), &ret->date);
}

static void ask(struct notices *n);

static void on_notices(void *arg, const struct value *reply)
{
	struct notices *n = arg;
	struct historian *h = n->historian;
	const char *last = NULL;
	n->asks = false;
	if (!reply || value_is_error(reply)) /* the next session, or second, asks again */
		return;
	for (size_t i = 0; i < reply->count; i++) {
		struct history_run run;
		last = value_text(value_at(value_at(reply, i), 0));
		if (!read_notice(n, value_at(value_at(reply, i), 1), &run))
			continue;
		history_seen(h->history, &run, strtoll(last, NULL, 10));
	}
	if (last)
		history_set_mark(h->history, n->phase, last);
	if (reply->count < PAGE) {
		n->wanted = false;
		n->since_ms = delivery_redis_ms(h->delivery);
		return;
	}
	ask(n);
}

/* The writer must have opened its file first: the mark stands there. Where it is slower than Redis, the next second goes on
 * from there. */
static void ask(struct notices *n)
{
	struct historian *h = n->historian;
	char mark[HISTORY_NOTICE_SIZE];
	if (!h->ready || !n->wanted || n->asks || !history_has_room(h->history) ||
		!history_mark(h->history, n->phase, mark))
		return;
	n->asks = true;
	delivery_notices(h->delivery, n->phase, mark, PAGE, on_notices, n);
}

void historian_ready(struct historian *h, bool ready)
{
	if (!h)
		return;
	h->ready = ready;
	for (int p = 0; p < PHASE_COUNT; p++)
		h->notices[p].wanted |= ready;
}

static void move_mark(struct notices *n)
{
	struct historian *h = n->historian;
	char mark[HISTORY_NOTICE_SIZE];
	const int64_t now_ms = delivery_redis_ms(h->delivery);
	if (!h->ready || n->wanted || now_ms - n->since_ms < 2 * ANSWERED_MS)
		return;
	n->since_ms = now_ms - ANSWERED_MS;
	text_format(mark, sizeof(mark), "%" PRId64 "-0", n->since_ms);
	history_set_mark(h->history, n->phase, mark);
}

static void warn(struct historian *h)
{
	struct history_view view;
	history_look(h->history, &view);
	if (view.trouble[0])
		warnings_set(h->warnings, WARNING_HISTORY, "%s; rows that were dropped: %" PRIu64, view.trouble,
			view.dropped);
	else
		warnings_clear(h->warnings, WARNING_HISTORY);
}

void historian_second(struct historian *h)
{
	if (!h)
		return;
	history_tick(h->history);
	for (int p = 0; p < PHASE_COUNT; p++) {
		ask(&h->notices[p]);
		move_mark(&h->notices[p]);
	}
	warn(h);
}

/* --- metrics ---------------------------------------------------------------------------------------------------- */

static struct history_view view_of(void *history)
{
	struct history_view view;
	history_look(history, &view);
	return view;
}

static double read_rows(void *history, unsigned label)
{
	(void)label;
	return (double)view_of(history).written;
}

static double read_dropped(void *history, unsigned label)
{
	(void)label;
	return (double)view_of(history).dropped;
}

static double read_queued(void *history, unsigned label)
{
	(void)label;
	return (double)view_of(history).queued;
}

static double read_failing(void *history, unsigned label)
{
	(void)label;
	return view_of(history).trouble[0] != '\0';
}

void historian_figures(struct historian *h, struct metrics *metrics)
{
	struct history *history = historian_history(h);
	metrics_read(metrics, METRIC_HISTORY_ROWS, read_rows, history);
	metrics_read(metrics, METRIC_HISTORY_DROPPED, read_dropped, history);
	metrics_read(metrics, METRIC_HISTORY_QUEUED, read_queued, history);
	metrics_read(metrics, METRIC_HISTORY_FAILING, read_failing, history);
}

/* --- whole ------------------------------------------------------------------------------------------------------ */

int historian_new(const struct historian_options *options, struct historian **ret, struct err *err)
{
	*ret = NULL;
	if (!options->file[0])
		return 0;
	struct historian *h = calloc(1, sizeof(*h));
	if (!h)
		return err_set(err, -ENOMEM, "no memory for the history");
	h->options = *options;
	for (int p = 0; p < PHASE_COUNT; p++)
		h->notices[p] = (struct notices){.historian = h, .phase = (enum phase)p};
	const struct history_options history = {.file = options->file,
		.instance = options->instance,
		.keep_us = options->keep_us,
		.clock = options->clock,
		.usage = usage,
		.arg = h};
	const int r = history_new(&history, &h->history, err);
	if (r < 0)
		free(h);
	else
		*ret = h;
	return r;
}

void historian_wire(struct historian *h, struct delivery *delivery, struct process *process, struct warnings *warnings)
{
	if (!h)
		return;
	h->delivery = delivery;
	h->process = process;
	h->warnings = warnings;
}

struct history *historian_history(struct historian *h)
{
	return h ? h->history : NULL;
}

bool historian_stop(struct historian *h, int64_t limit_us)
{
	return !h || history_stop(h->history, limit_us);
}

void historian_free(struct historian *h)
{
	if (!h)
		return;
	history_free(h->history);
	free(h);
}
