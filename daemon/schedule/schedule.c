/*
 * A schedule asks Redis when a session begins, when its next due time has come, and now and then, for a clock that was put
 * far ahead and back leaves a due time here that is none. Each answer says up to when due times are dealt with; that is
 * told with the next question, so that a due time is fired also where Redis has lost what it knew.
 */
#include "schedule/schedule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/str.h"
#include "delivery/delivery.h"
#include "delivery/scripts.h"

enum {
	AGAIN_US = 600 * 1000000, /* asked after so long in any case */
	RETRY_US = 5 * 1000000, /* after an error: at the memory limit, say */
	LATE_MS = 60000, /* fired after so long it was missed, and is caught up on */
	FIELDS_MAX = 14, /* names and values of an entry */
	ID_SIZE = 160,
	RULE_SIZE = DUE_TIMES_SIZE + DUE_DAYS_SIZE + 256,
};

struct schedule {
	struct schedule *next;
	struct schedule_options options;
	char *rule; /* what makes it another schedule, as a text */
	char *what;
	uint64_t serial; /* for answers: a reload may have ended who asked */
	bool asking, asked; /* asked: in this session */
	int64_t again_us; /* monotonic: asked in any case from then on, or not before */
	bool waits; /* again_us is the latter */
	int64_t next_ms, since_ms, fired_ms;
};

struct schedules {
	const struct clock *clock;
	struct metrics *metrics;
	struct delivery *delivery;
	struct arena *arena; /* of all schedules */
	struct schedule *list;
	size_t count;
	uint64_t serials;
	bool stopped;
	struct log_flood flood;
};

struct question { /* on the way to Redis */
	struct schedules *all;
	uint64_t serial;
	int64_t due_ms, since_ms;
};

static int64_t now_us(const struct schedules *s)
{
	return clock_mono_us(s->clock);
}

/* --- entries ------------------------------------------------------------------------------------------------------ */

/* Of one entry, into `to`; `whom` is the player or team, or NULL. How many names and values. NULL anywhere: no memory. */
static size_t fill_entry(struct arena *a, const struct schedule *one, int64_t due_ms, const char *date,
	const char *field, const char *whom, const char **to)
{
	const struct schedule_options *o = &one->options;
	char time[TIME_SIZE], id[ID_SIZE];
	size_t n = 0;
	size_t length = text_format(id, sizeof(id), "schedule:%s:%s%s%s", o->name, time_format(due_ms, time),
		whom ? ":" : "", whom ? whom : "");
	to[n++] = "event_id";
	to[n++] = arena_text(a, id, length);
	to[n++] = "game_date";
	to[n++] = date;
	if (whom) {
		to[n++] = field;
		to[n++] = whom;
	}
	if (o->has_level) {
		to[n++] = "priority";
		to[n++] = level_name(o->level);
	}
	if (o->phase[0]) {
		to[n++] = "phase";
		to[n++] = o->phase;
	}
	if (o->force) {
		to[n++] = "force";
		to[n++] = "1";
	}
	return n;
}

/* All entries of a due time; those of today, for whoever catches up on a missed one wants no day that is over. -ENOMEM. */
static int make_entries(struct arena *a, const struct schedule *one, int64_t now_ms, struct delivery_due *due)
{
	const struct schedule_options *o = &one->options;
	const size_t count = o->player_count ? o->player_count : o->team_count ? o->team_count : 1;
	const char **fields = arena_alloc(a, count * FIELDS_MAX * sizeof(*fields));
	char date[DATE_SIZE];
	date_format(zone_date(now_ms), date);
	const char *today = arena_text(a, date, strlen(date));
	if (!fields || !today)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const char *whom = o->player_count ? o->players[i] : o->team_count ? o->teams[i] : NULL;
		due->each = fill_entry(a, one, due->due_ms, today, o->player_count ? "player_lookup" : "team", whom,
			fields + i * due->each);
		if (!fields[i * due->each + 1])
			return -ENOMEM;
	}
	due->fields = fields;
	due->entries = count;
	return 0;
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

static void again_at(struct schedule *one, int64_t at_us, bool waits)
{
	one->again_us = at_us;
	one->waits = waits;
}

static void say_fired(const struct schedules *s, const struct schedule *one, int64_t due_ms, int64_t now_ms)
{
	char due[TIME_SIZE], late[DURATION_SIZE];
	const bool missed = now_ms - due_ms > LATE_MS;
	metrics_add(s->metrics, METRIC_SCHEDULES, missed ? METRIC_DUE_LATE : METRIC_DUE_FIRED, 1);
	if (missed)
		log_notice("schedule", "%s was missed, fired now due=%s late=%s", one->options.name,
			time_format(due_ms, due), duration_format((now_ms - due_ms) / 1000 * 1000000, late));
	else
		log_notice("schedule", "%s fired due=%s", one->options.name, time_format(due_ms, due));
}

/* After a change of the configuration that is as it should be, once. */
static void say_other(struct schedules *s, const struct schedule *one, const struct question *q, const char *other)
{
	if (q->since_ms == 0)
		log_notice("schedule", "%s has other times now, and begins anew times=\"%s\" before=\"%s\"",
			one->options.name, one->rule, other);
	else
		log_flooding(&s->flood, LOG_LEVEL_WARN, "schedule",
			"%s has other times on another instance: give all instances the same times=\"%s\" there=\"%s\"",
			one->options.name, one->rule, other);
}

static void heard(struct schedules *s, struct schedule *one, const struct question *q, const struct value *reply)
{
	const int64_t now_ms = value_int(script_out(reply, SCHEDULE_OUT_NOW));
	const int64_t answer = value_int(script_out(reply, SCHEDULE_OUT_ANSWER));
	const char *other = value_text(script_out(reply, SCHEDULE_OUT_OTHER));

	if (other[0])
		say_other(s, one, q, other);
	one->asked = true;
	one->since_ms = value_int(script_out(reply, SCHEDULE_OUT_MARK));
	one->fired_ms = value_int(script_out(reply, SCHEDULE_OUT_FIRED));
	again_at(one, now_us(s) + AGAIN_US, false);
	if (answer == SCHEDULE_EARLY) { /* our idea of Redis' clock was ahead of it */
		one->next_ms = q->due_ms;
		again_at(one, now_us(s) + (q->due_ms - now_ms) * 1000, true);
		return;
	}
	one->next_ms = due_next_ms(&one->options.due, q->due_ms);
	if (answer == SCHEDULE_FIRED)
		say_fired(s, one, q->due_ms, now_ms);
	else if (q->since_ms > 0 && q->due_ms > q->since_ms && one->fired_ms == q->due_ms)
		metrics_add(s->metrics, METRIC_SCHEDULES, METRIC_DUE_OTHER, 1);
}

static void on_answer(void *data, const struct value *reply)
{
	struct question *q = data;
	struct schedules *s = q->all;
	struct schedule *one = s->list;

	while (one && one->serial != q->serial)
		one = one->next;
	if (one) {
		one->asking = false;
		if (reply && value_is_error(reply)) {
			log_flooding(&s->flood, LOG_LEVEL_WARN, "schedule",
				"%s cannot be fired, it is tried again: %.*s", one->options.name, (int)reply->length,
				reply->text);
			again_at(one, now_us(s) + RETRY_US, true);
		} else if (reply)
			heard(s, one, q, reply);
	}
	free(q);
}

static void ask(struct schedules *s, struct schedule *one, int64_t now_ms)
{
	struct delivery_due due = {.name = one->options.name,
		.rule = one->rule,
		.due_ms = due_last_ms(&one->options.due, now_ms),
		.since_ms = one->since_ms};
	struct arena *a = arena_new();
	struct question *q = calloc(1, sizeof(*q));

	if (!a || !q || make_entries(a, one, now_ms, &due) < 0) {
		log_flooding(
			&s->flood, LOG_LEVEL_ERR, "schedule", "no memory for %s, it is tried again", one->options.name);
		again_at(one, now_us(s) + RETRY_US, true);
		free(q);
	} else {
		*q = (struct question){.all = s, .serial = one->serial, .due_ms = due.due_ms, .since_ms = one->since_ms};
		one->asking = true;
		delivery_fire(s->delivery, &due, on_answer, q);
	}
	arena_free(a);
}

/* When it is to be asked, on Redis' clock: monotonic. */
static int64_t when_us(const struct schedules *s, const struct schedule *one)
{
	if (one->asking)
		return INT64_MAX;
	if (one->waits)
		return one->again_us;
	if (!one->asked)
		return 0;
	const int64_t due_us = now_us(s) + (one->next_ms - delivery_redis_ms(s->delivery)) * 1000;
	return due_us < one->again_us ? due_us : one->again_us;
}

void schedules_turn(struct schedules *s)
{
	if (s->stopped || !delivery_ready(s->delivery))
		return;
	for (struct schedule *one = s->list; one; one = one->next)
		if (when_us(s, one) <= now_us(s))
			ask(s, one, delivery_redis_ms(s->delivery));
}

int64_t schedules_next_us(const struct schedules *s)
{
	int64_t next = INT64_MAX;
	if (s->stopped || !delivery_ready(s->delivery))
		return next;
	for (const struct schedule *one = s->list; one; one = one->next)
		if (when_us(s, one) < next)
			next = when_us(s, one);
	return next;
}

void schedules_forget(struct schedules *s)
{
	for (struct schedule *one = s->list; one; one = one->next) {
		one->asked = one->waits = false;
		one->serial = ++s->serials; /* what is on the way belongs to the session that is over */
		one->asking = false;
	}
}

void schedules_stop(struct schedules *s)
{
	s->stopped = true;
}

/* --- configuration ------------------------------------------------------------------------------------------------ */

static const char *copy_text(struct arena *a, const char *text, bool *failed)
{
	const char *copy = arena_text(a, text, strlen(text));
	*failed |= !copy;
	return copy;
}

static const void *copy_array(struct arena *a, const void *from, size_t size, bool *failed)
{
	void *copy = arena_alloc(a, size + 1);
	*failed |= !copy;
	if (copy && size > 0)
		memcpy(copy, from, size);
	return copy;
}

static char *describe(struct arena *a, const struct schedule_options *o, bool *failed)
{
	struct str s = {0};
	if (o->player_count == 1)
		str_text(&s, o->players[0]);
	else if (o->player_count > 0)
		str_printf(&s, "%zu players", o->player_count);
	else if (o->team_count > 3)
		str_printf(&s, "%zu teams", o->team_count);
	else if (o->team_count == 0)
		str_text(&s, "slate");
	for (size_t i = 0; o->team_count <= 3 && i < o->team_count; i++)
		str_printf(&s, "%s%s", i > 0 ? ", " : "", o->teams[i]);
	char *what = s.failed ? NULL : arena_text(a, s.data, s.length);
	*failed |= !what;
	str_done(&s);
	return what;
}

static struct schedule *schedule_new(struct arena *a, const struct schedule_options *o, const char *zone)
{
	char times[DUE_TIMES_SIZE], days[DUE_DAYS_SIZE], rule[RULE_SIZE];
	struct schedule *one = arena_zalloc(a, sizeof(*one));
	bool failed = !one;
	if (!one)
		return NULL;
	one->options = *o;
	one->options.name = copy_text(a, o->name, &failed);
	one->options.phase = copy_text(a, o->phase, &failed);
	one->options.players = copy_array(a, o->players, o->player_count * sizeof(*o->players), &failed);
	const char **teams = arena_alloc(a, (o->team_count + 1) * sizeof(*teams));
	failed |= !teams;
	for (size_t i = 0; teams && i < o->team_count; i++)
		teams[i] = copy_text(a, o->teams[i], &failed);
	one->options.teams = teams;
	text_format(rule, sizeof(rule), "%s %s %s", zone, due_days_format(o->due.days, days),
		due_times_format(&o->due, times));
	one->rule = arena_text(a, rule, strlen(rule));
	failed |= !one->rule;
	one->what = describe(a, o, &failed);
	return failed ? NULL : one;
}

/* What is known of one that was there before goes on. */
static void go_on(const struct schedules *s, struct schedule *one)
{
	for (const struct schedule *old = s->list; old; old = old->next)
		if (strcmp(old->options.name, one->options.name) == 0 && strcmp(old->rule, one->rule) == 0) {
			one->serial = old->serial;
			one->asking = old->asking;
			one->asked = old->asked;
			one->waits = old->waits;
			one->again_us = old->again_us;
			one->next_ms = old->next_ms;
			one->since_ms = old->since_ms;
			one->fired_ms = old->fired_ms;
		}
}

int schedules_configure(
	struct schedules *s, const struct schedule_options *list, size_t count, const char *zone, struct err *err)
{
	struct arena *arena = arena_new();
	struct schedule *first = NULL, **link = &first;
	for (size_t i = 0; arena && i < count; i++) {
		*link = schedule_new(arena, &list[i], zone);
		if (!*link) {
			arena_free(arena);
			arena = NULL;
			break;
		}
		(*link)->serial = ++s->serials;
		go_on(s, *link);
		link = &(*link)->next;
	}
	if (!arena)
		return err_set(err, -ENOMEM, "no memory for the schedules");
	arena_free(s->arena);
	s->arena = arena;
	s->list = first;
	s->count = count;
	return 0;
}

/* --- whole -------------------------------------------------------------------------------------------------------- */

int schedules_new(const struct clock *clock, struct metrics *metrics, struct schedules **ret, struct err *err)
{
	struct schedules *s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(err, -ENOMEM, "no memory for the schedules");
	s->clock = clock;
	s->metrics = metrics;
	*ret = s;
	return 0;
}

void schedules_wire(struct schedules *s, struct delivery *delivery)
{
	s->delivery = delivery;
}

void schedules_free(struct schedules *s)
{
	if (!s)
		return;
	arena_free(s->arena);
	free(s);
}

size_t schedules_count(const struct schedules *s)
{
	return s->count;
}

void schedules_view(const struct schedules *s, size_t index, struct schedule_view *ret)
{
	const struct schedule *one = s->list;
	while (index-- > 0)
		one = one->next;
	*ret = (struct schedule_view){.name = one->options.name,
		.due = &one->options.due,
		.what = one->what,
		.next_ms = due_next_ms(&one->options.due, delivery_redis_ms(s->delivery)),
		.fired_ms = one->fired_ms};
}
