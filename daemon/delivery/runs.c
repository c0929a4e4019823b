/*
 * Runs in Redis' eyes: begin fetches the live state and gives a version and a token, in one step; commit and fail
 * hold only while that token stands. All three go out in lists, one call of each a loop turn and day. A peek is asked for
 * as a begin is, and gives the live state alone: nothing is written, and nothing is to be ended.
 */
#include "delivery/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "redis/shape.h"
#include "slate/resolve.h"

enum {
	BEGIN_WORK_MAX = 8192, /* causes, mates and runs of one begin list: some 2 ms of the loop at its answer */
	MATES_A_CAUSE = 16, /* as much work as one: a cause is looked for in memory, mates are copied in one go */
	RUNS_MAX = 64, /* of one list: some 2 ms of Redis, for begin reads and commit writes several keys a run */
	RUN_COST = 27, /* of Redis' time for a run as many names of a roster can be read */
	BEGIN_COST_MAX = 2800, /* runs and names of one begin list: some 4 ms of Redis */
	PREVIOUS_BYTES_MAX = 2 << 20, /* that the answer to one begin list may have of what was made before */
	ENDS_BYTES_MAX = 256 << 10, /* of the reports in one list: each may name thousands of causes */
};

/* As the scripts call the phase. */
static const char *letter_of(enum phase phase)
{
	return phase == PHASE_PRECOMPUTE ? PHASE_OF_OUTPUT : PHASE_OF_REPORT;
}

void ticket_field(const struct ticket *t, char text[TICKET_FIELD_SIZE])
{
	char date[DATE_SIZE];
	text_format(text, TICKET_FIELD_SIZE, "%s/%s%s", date_format(t->date, date), t->player,
		t->phase == PHASE_PRECOMPUTE ? "/" PHASE_OF_OUTPUT : "");
}

static void arg_holder(struct delivery *d, const struct ticket *t)
{
	redis_arg_format(&d->request, "%s/%s/%" PRId64, d->name, t->boot, t->serial);
}

/* --- begin ------------------------------------------------------------------------------------------------------ */

void delivery_begin(struct delivery *d, struct ticket *t)
{
	struct day *day = day_get(d, t->date);
	if (!day)
		return;
	t->serial = (int64_t)++d->serial;
	if (t->outside)
		t->serial = -t->serial;
	memcpy(t->boot, d->boot, sizeof(t->boot));
	t->state = TICKET_WANTED;
	LIST_APPEND(&day->begins, t);
	day_use(d, day);
	d->ops->wake(d->arg);
}

void delivery_peek(struct delivery *d, struct ticket *t)
{
	struct day *day = day_get(d, t->date);
	t->need = t->serial = t->held_at = 0;
	t->causes = 0;
	t->state = TICKET_WANTED;
	if (!day) { /* the session is lost for it */
		LIST_APPEND(&d->peeking, t);
		return;
	}
	LIST_APPEND(&day->peeks, t);
	d->ops->wake(d->arg);
}

/* -ENOMEM */
static int add_roster(struct call *c, const struct slate_team *team)
{
	struct roster *r = &c->rosters[c->roster_count];
	*r = (struct roster){.team = team, .at = c->rostered, .count = team->count};
	for (size_t i = 0; i < team->count; i++)
		r->bytes += strlen(team->roster[i]->lookup) + 1;
	r->names = arena_alloc(c->arena, r->bytes + 1);
	r->offsets = arena_alloc(c->arena, (team->count + 1) * sizeof(*r->offsets));
	if (!r->names || !r->offsets)
		return -ENOMEM;
	for (size_t i = 0, at = 0; i < team->count; i++) {
		const char *lookup = team->roster[i]->lookup;
		const size_t size = strlen(lookup) + 1;
		memcpy(r->names + at, lookup, size);
		r->offsets[i] = at;
		at += size;
	}
	c->roster_count++;
	c->rostered += team->count;
	return 0;
}

static size_t find_roster(const struct call *c, const struct slate_team *team)
{
	for (size_t i = c->roster_count; i-- > 0;)
		if (c->rosters[i].team == team)
			return i;
	return NO_ROSTER;
}

static int lookup_against_member(const void *lookup, const void *member)
{
	return strcmp(lookup, (*(struct slate_member *const *)member)->lookup);
}

/* His place on the roster, which is sorted; its size: he is not on it. */
static size_t place_on(const struct slate_team *team, const char *player)
{
	struct slate_member *const *found =
		bsearch(player, team->roster, team->count, sizeof(team->roster[0]), lookup_against_member);
	return found ? (size_t)(found - team->roster) : team->count;
}

/* Whether Redis has as much to do as one list may give it with another run, and so many more names. */
static bool is_full(const struct call *c, size_t names)
{
	return c->count > 0 && (c->count + 1) * RUN_COST + c->rostered + names > BEGIN_COST_MAX;
}

/* What the run reads of the day: its own injury and those of the team's roster as it is now. The script refuses the begin
 * if the slate moved on meanwhile. -EAGAIN: the list is full; -ENOMEM. */
static int prepare(struct call *c, struct ticket *t, const struct slate *s)
{
	const struct slate_place place = slate_place(s, t->player, "", "");
	const struct slate_team *team = place.team[0] ? slate_team(s, place.team) : NULL;

	t->roster = NO_ROSTER;
	if (!team || team->count == 0)
		return is_full(c, 0) ? -EAGAIN : 0;
	t->roster = find_roster(c, team);
	if (is_full(c, t->roster == NO_ROSTER ? team->count : 0))
		return -EAGAIN;
	if (t->roster == NO_ROSTER) {
		t->roster = c->roster_count;
		if (add_roster(c, team) < 0)
			return -ENOMEM;
	}
	t->self = place_on(team, t->player);
	return 0;
}

/* What the answer to it costs the loop: its mates are copied, and its causes listed. */
static size_t work_of(const struct call *c, const struct ticket *t)
{
	return 1 + t->causes + (t->roster == NO_ROSTER ? 0 : c->rosters[t->roster].count / MATES_A_CAUSE);
}

static void arg_begin(struct delivery *d, const struct day *day, const struct ticket *t)
{
	struct redis_request *r = &d->request;
	const struct slate_place place = slate_place(day->slate, t->player, "", "");

	const unsigned item = script_next(r);
	redis_arg(script_argv(r, item + BEGIN_ITEM_PLAYER), t->player);
	redis_arg_int(script_argv(r, item + BEGIN_ITEM_NEED), t->need);
	redis_arg_int(script_argv(r, item + BEGIN_ITEM_SERIAL), t->serial);
	redis_arg(script_argv(r, item + BEGIN_ITEM_GAME), place.game);
	redis_arg(script_argv(r, item + BEGIN_ITEM_TEAM), place.team);
	redis_arg(script_argv(r, item + BEGIN_ITEM_PHASE), letter_of(t->phase));
	redis_arg_int(script_argv(r, item + BEGIN_ITEM_HELD), t->held_at);
	redis_arg_int(script_argv(r, item + BEGIN_ITEM_PREVIOUS), (int64_t)t->previous_most);
	(void)script_argv(r, item + BEGIN_ITEM_SIZE);
}

/* "V V V!" as the scripts keep it. */
static void parse_failed(struct failed_runs *ret, const char *list, const char *error)
{
	char *end;
	ret->count = 0;
	ret->permanent = 0;
	for (; *list && ret->count < FAILED_MAX; list = end) {
		int64_t version = strtoll(list, &end, 10);
		if (end == list)
			break;
		ret->versions[ret->count++] = version;
		if (*end == FAIL_FOR_GOOD[0]) {
			end++;
			if (version > ret->permanent)
				ret->permanent = version;
		}
	}
	text_format(ret->error, sizeof(ret->error), "%s", error);
}

static const char *word(struct ticket *t, const char **text)
{
	const size_t length = strcspn(*text, " ");
	const char *one = length == 1 && **text == '-' ? "" : arena_text(t->arena, *text, length);
	*text += length + ((*text)[length] == ' ');
	return one;
}

/* NO_OUTPUT and its like; false: no memory. */
static bool parse_output(struct ticket *t, const struct value *stands, const struct value *bytes)
{
	struct output *o = &t->output;
	char *end;
	*o = (struct output){.game = "", .team = "", .processor = ""};
	if (stands->type != VALUE_STRING)
		return true;
	o->at = strtoll(stands->text, &end, 10);
	o->failed = strtoll(end, &end, 10) != 0;
	o->version = strtoll(end, &end, 10);
	o->generated_ms = strtoll(end, &end, 10);
	const char *rest = end + (*end == ' ');
	word(t, &rest); /* the hash */
	o->game = word(t, &rest);
	o->team = word(t, &rest);
	o->processor = word(t, &rest);
	if (bytes->type == VALUE_STRING) {
		o->bytes = arena_text(t->arena, bytes->text, bytes->length);
		o->length = bytes->length;
	}
	return o->game && o->team && o->processor && (bytes->type != VALUE_STRING || o->bytes);
}

/* False: no memory. */
static bool keep_previous(struct ticket *t, const struct value *bytes)
{
	t->previous = NULL;
	t->previous_length = 0;
	if (bytes->type != VALUE_STRING)
		return true;
	t->previous = arena_text(t->arena, bytes->text, bytes->length);
	t->previous_length = bytes->length;
	return t->previous != NULL;
}

/* A run that begun by a slate which is no more: its token goes back, and he is asked for again. */
static void take_back(struct delivery *d, struct ticket *t)
{
	t->state = TICKET_HELD;
	delivery_release(d, t);
	t->verdict = VERDICT_SLATE;
	d->ops->begun(d->arg, t);
}

/* What the answer RUN tells of the n-th item; false: no memory. */
static bool read_facts(const struct call *c, unsigned n, const struct value *reply)
{
	struct ticket *t = c->items[n].ticket;
	const struct value *games = script_out(reply, BEGIN_OUT_GAMES);
	const struct value *answer = script_out(reply, BEGIN_OUT_ITEMS + n);
	t->version = value_int(script_out(answer, OUT_VERSION));
	t->lost = value_int(script_out(answer, OUT_LOST));
	t->attempt = (int)value_int(script_out(answer, OUT_ATTEMPT));
	return live_parse(t, c->day->slate, script_out(games, (size_t)value_int(script_out(answer, OUT_GAME))),
		       script_out(answer, OUT_PLAYER), script_out(reply, BEGIN_OUT_ITEMS + c->count), n * DAY_ITEM_SIZE,
		       t->roster == NO_ROSTER ? NULL : &c->rosters[t->roster], c->statuses,
		       script_out(answer, OUT_TEAM)) == 0 &&
	       parse_output(t, script_out(answer, OUT_OUTPUT), script_out(answer, OUT_BYTES)) &&
	       keep_previous(t, script_out(answer, OUT_PREVIOUS));
}

static void heard_begin(struct delivery *d, const struct call *c, unsigned n, const struct value *reply)
{
	struct ticket *t = c->items[n].ticket;
	const struct value *answer = script_out(reply, BEGIN_OUT_ITEMS + n);
	t->verdict = (enum verdict)value_int(script_out(answer, OUT_VERDICT));
	switch (t->verdict) {
	case VERDICT_RUN:
		t->version = value_int(script_out(answer, OUT_VERSION));
		if (c->leagues != d->leagues) {
			take_back(d, t);
			return;
		}
		t->any_place = !(d->phases.reads[t->phase] & 1u << FACT_SLATE);
		if (!read_facts(c, n, reply)) {
			link_lost(d, "no memory for a run's live state");
			return;
		}
		t->state = TICKET_HELD;
		break;
	case VERDICT_COVERED:
		t->committed = value_int(script_out(answer, OUT_COMMITTED));
		break;
	case VERDICT_WAIT:
		t->wait_ms = value_int(script_out(answer, OUT_UNTIL));
		break;
	case VERDICT_DEAD:
		parse_failed(&t->failed, value_text(script_out(answer, OUT_FAILED)),
			value_text(script_out(answer, OUT_ERROR)));
		break;
	case VERDICT_BUSY:
	case VERDICT_POISON:
	case VERDICT_SLATE:
		break;
	}
	if (t->state != TICKET_HELD) {
		t->output_at = value_int(script_out(answer, OUT_OUTPUT_AT));
		t->report_committed = value_int(script_out(answer, OUT_REPORT));
		LIST_REMOVE(&d->tickets, t);
		t->state = TICKET_IDLE;
	}
	d->ops->begun(d->arg, t);
}

/* Hashes are read by name, whatever they hold; all else that is counted on must be there. */
static bool is_begin_answer(const struct call *c, const struct value *reply)
{
	/* Of precompute the output's version and the report's stand behind what settles. */
	static const char *const shapes[] = {
		[VERDICT_RUN] = "(u u u u u [s] . s|n s|n s|n)",
		[VERDICT_COVERED] = "(u u)|(u u n u u)",
		[VERDICT_BUSY] = "(u)",
		[VERDICT_WAIT] = "(u u)",
		[VERDICT_DEAD] = "(u s s)|(u s s u u)",
		[VERDICT_POISON] = "(u)|(u n n u u)",
		[VERDICT_SLATE] = "(u)",
	};
	const size_t least =
		BEGIN_OUT_ITEMS - 1 + c->count; /* without the day's values, where all are told to ask again */
	if (reply->type != VALUE_ARRAY || reply->count < least || reply->count > least + 1 ||
		!value_has_shape(script_out(reply, BEGIN_OUT_SLATE), "[s]|n"))
		return false;
	for (unsigned i = 0; i < c->count; i++) {
		const struct value *answer = script_out(reply, BEGIN_OUT_ITEMS + i);
		const struct value *verdict = script_out(answer, OUT_VERDICT);
		if (!value_has_shape(verdict, "u") ||
			value_int(verdict) >= (int64_t)(sizeof(shapes) / sizeof(shapes[0])) ||
			!value_has_shape(answer, shapes[value_int(verdict)]))
			return false;
		if (value_int(verdict) == VERDICT_RUN && reply->count == least)
			return false;
	}
	return true;
}

static void end_peek(struct delivery *d, struct tickets *list, struct ticket *t, int result)
{
	LIST_REMOVE(list, t);
	t->state = TICKET_IDLE;
	d->ops->peeked(d->arg, t, result);
}

static void heard_peek(struct delivery *d, const struct call *c, unsigned n, const struct value *reply)
{
	struct ticket *t = c->items[n].ticket;
	t->verdict = (enum verdict)value_int(script_out(script_out(reply, BEGIN_OUT_ITEMS + n), OUT_VERDICT));
	if (t->verdict != VERDICT_RUN || c->leagues != d->leagues) {
		LIST_REMOVE(&d->peeking, t);
		t->state = TICKET_WANTED;
		LIST_APPEND(&c->day->peeks, t);
	} else
		end_peek(d, &d->peeking, t, read_facts(c, n, reply) ? 0 : -ENOMEM);
}

/* The reply to a list of begins or peeks. */
static void heard_list(struct delivery *d, struct call *c, const struct value *reply, const char *what,
	void (*heard)(struct delivery *d, const struct call *c, unsigned n, const struct value *reply))
{
	if (!is_begin_answer(c, reply)) {
		link_not_understood(d, reply, what);
		return;
	}
	const struct value *slate = script_out(reply, BEGIN_OUT_SLATE);
	if (slate->type == VALUE_ARRAY)
		day_loaded(d, c->day, slate);
	c->statuses = live_statuses(
		script_out(reply, BEGIN_OUT_ITEMS + c->count), c->count * DAY_ITEM_SIZE, c->rostered, c->arena);
	if (!c->statuses) {
		link_lost(d, "no memory for the injuries of a roster");
		return;
	}
	for (unsigned i = 0; i < c->count; i++)
		heard(d, c, i, reply);
	call_done(d, c);
	d->ops->wake(d->arg);
}

static void on_begun(void *arg, void *data, const struct value *reply)
{
	heard_list(arg, data, reply, "begin", heard_begin);
}

static void on_peeked(void *arg, void *data, const struct value *reply)
{
	heard_list(arg, data, reply, "peek", heard_peek);
}

static void head_of_begin(struct delivery *d, const struct day *day, unsigned count, bool peeks)
{
	char text[24];
	struct redis_request *r = link_script(d, peeks ? SCRIPT_PEEK : SCRIPT_BEGIN, day);
	day_arg_version(script_argv(r, BEGIN_SV), day);
	redis_arg_format(script_argv(r, BEGIN_HOLDER), "%s/%s", d->name, d->boot);
	redis_arg_int(script_argv(r, BEGIN_MAX_FAILED), d->options.max_attempts);
	redis_arg_int(script_argv(r, BEGIN_MAX_LOST), d->options.max_deliveries);
	redis_arg_int(script_argv(r, BEGIN_BACK_OFF), d->options.back_off_us / 1000);
	redis_arg_int(script_argv(r, BEGIN_MAX_BACK_OFF), d->options.max_back_off_us / 1000);
	day_expiry(d, day, text);
	redis_arg(script_argv(r, BEGIN_EXPIRES), text);
	redis_arg(script_argv(r, BEGIN_STREAM), d->phases.precompute ? d->streams[STREAM_REGENERATE].key : "");
	redis_arg(script_argv(r, BEGIN_PHASES), d->phases_in);
	redis_arg_int(script_argv(r, BEGIN_COUNT), count);
	(void)script_argv(r, BEGIN_ITEMS);
}

/* The first that are wanted, as many as a list may hold, to those that are asked for. -ENOMEM */
static int take_wanted(struct call *c, struct tickets *from, struct tickets *to)
{
	size_t work = 0, bytes = 0;
	c->rosters = arena_alloc(c->arena, RUNS_MAX * sizeof(*c->rosters));
	if (!c->rosters)
		return -ENOMEM;
	while (from->head && c->count < RUNS_MAX) {
		struct ticket *t = from->head;
		const int rc = prepare(c, t, c->day->slate);
		if (rc == -EAGAIN)
			break;
		if (rc < 0)
			return rc;
		work += work_of(c, t);
		bytes += t->previous_most;
		if (c->count && (work > BEGIN_WORK_MAX || bytes > PREVIOUS_BYTES_MAX))
			break;
		LIST_REMOVE(from, t);
		LIST_APPEND(to, t);
		t->state = TICKET_ASKED;
		c->items[c->count++] = (struct call_item){.ticket = t};
	}
	return 0;
}

/* Begins, or peeks. */
static void send_begin_list(struct delivery *d, struct day *day, struct call *c, bool peeks)
{
	struct tickets *from = peeks ? &day->peeks : &day->begins, *to = peeks ? &d->peeking : &d->tickets;
	if (take_wanted(c, from, to) < 0) {
		link_lost(d, "no memory for a run");
		return;
	}
	head_of_begin(d, day, c->count, peeks);
	for (unsigned i = 0; i < c->count; i++)
		arg_begin(d, day, c->items[i].ticket);
	for (size_t i = 0; i < c->roster_count; i++)
		for (size_t k = 0; k < c->rosters[i].count; k++)
			redis_arg(&d->request, c->rosters[i].names + c->rosters[i].offsets[k]);
	link_send(d, peeks ? on_peeked : on_begun, c);
}

/*
 * Who turned out to be another name of a player is not run any more. Whatever he waited for was applied before that, so
 * it has moved, and the entry that came with the move is owed the player's run: his own needs are settled. By a league's
 * list only where the date's is the very same: then it moved as that became the date's. Of one that was given while propsd
 * runs only the dates that are moved with it: on others what stands under the old name stays there, and has its report.
 */
static void settle_aliases(struct delivery *d, struct day *day)
{
	struct tickets settled = {0};
	struct ticket *t, *next;
	const bool listed = day->order == LEAGUE_SAME, moved = aliases_moved(d, day->date);
	DL_FOREACH_SAFE (day->begins.head, t, next)
		if ((moved || !slate_alias(day->slate, t->player)) && slate_alias_of(day->slate, t->player, listed)) {
			LIST_REMOVE(&day->begins, t);
			LIST_APPEND(&settled, t);
		}
	while (settled.head) {
		t = settled.head;
		LIST_REMOVE(&settled, t);
		t->state = TICKET_IDLE;
		t->verdict = VERDICT_COVERED;
		t->committed = t->report_committed = t->need;
		t->output_at = 0;
		d->ops->begun(d->arg, t);
	}
}

static void send_begins(struct delivery *d, struct day *day)
{
	if (day->state == DAY_READY && !day->slate_out)
		settle_aliases(d, day);
	/* By the slate of before they would be refused. */
	while (day->begins.head && day->state == DAY_READY && !day->slate_out) {
		struct call *c = call_new(d, day);
		if (!c)
			return;
		send_begin_list(d, day, c, false);
	}
}

/* To look at a day is no use of it: what waits for work on that date, as raising its league, is not done for it. */
static void send_peeks(struct delivery *d, struct day *day)
{
	if (day->peeks.head && day->state == DAY_UNKNOWN)
		day_ask(d, day);
	while (day->peeks.head && day->state == DAY_OUTDATED)
		end_peek(d, &day->peeks, day->peeks.head, -EBUSY);
	while (day->peeks.head && (day->state == DAY_READY || day->state == DAY_BEHIND) && !day->slate_out) {
		struct call *c = call_new(d, day);
		if (!c)
			return;
		send_begin_list(d, day, c, true);
	}
}

/* --- commit ----------------------------------------------------------------------------------------------------- */

/* The end of a held ticket goes onto its day's list: it may end while there is no session, then it waits for the next. */
static void end_run(struct delivery *d, struct ticket *t, bool commits)
{
	struct day *day = day_get(d, t->date);
	if (!day)
		return;
	assert(t->state == TICKET_HELD);
	LIST_REMOVE(&d->tickets, t);
	t->state = TICKET_ENDING;
	if (commits && t->phase == PHASE_PRECOMPUTE)
		LIST_APPEND(&day->outputs, t);
	else if (commits)
		LIST_APPEND(&day->commits, t);
	else
		LIST_APPEND(&day->fails, t);
	d->ops->wake(d->arg);
}

void delivery_commit(struct delivery *d, struct ticket *t, const char *report, size_t length, const char *given)
{
	t->given = given;
	t->report = report;
	t->report_length = length;
	end_run(d, t, true);
}

void delivery_output(struct delivery *d, struct ticket *t, const char *bytes, size_t length, const char *processor,
	int64_t generated_ms)
{
	t->report = bytes;
	t->report_length = length;
	t->processor = processor;
	t->generated_ms = generated_ms;
	end_run(d, t, true);
}

void delivery_fail(struct delivery *d, struct ticket *t, const char *error, bool permanent)
{
	t->error = error;
	t->permanent = permanent;
	end_run(d, t, false);
}

/* An answer for each of the list. */
static bool heard_all(
	struct delivery *d, const struct call *c, const struct value *reply, const char *what, const char *shape)
{
	if (!link_heard(d, reply, what, shape))
		return false;
	if (reply->count == c->count)
		return true;
	link_not_understood(d, reply, what); /* and the reply is gone */
	return false;
}

static void on_committed(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct call *c = data;

	if (!heard_all(d, c, reply, "commit", "[(u)|(u u)]"))
		return;
	for (unsigned i = 0; i < c->count; i++) {
		struct ticket *t = c->items[i].ticket;
		const struct value *answer = value_at(reply, i);
		bool accepted = value_int(script_out(answer, COMMIT_OUT_ANSWER)) == COMMIT_TAKEN;
		t->committed = accepted ? t->version : value_int(script_out(answer, COMMIT_OUT_COMMITTED));
		t->state = TICKET_IDLE;
		LIST_REMOVE(&d->tickets, t);
		d->ops->committed(d->arg, t, accepted);
	}
	call_done(d, c);
	d->ops->wake(d->arg);
}

static void on_output(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct call *c = data;

	if (!heard_all(d, c, reply, "output", "[(u u u u)]"))
		return;
	for (unsigned i = 0; i < c->count; i++) {
		struct ticket *t = c->items[i].ticket;
		const struct value *answer = value_at(reply, i);
		const bool accepted = value_int(script_out(answer, OUTPUT_OUT_ANSWER)) == COMMIT_TAKEN;
		t->committed = value_int(script_out(answer, OUTPUT_OUT_COMMITTED));
		t->output_at = value_int(script_out(answer, OUTPUT_OUT_AT));
		t->report_committed = value_int(script_out(answer, OUTPUT_OUT_REPORT));
		t->state = TICKET_IDLE;
		LIST_REMOVE(&d->tickets, t);
		d->ops->committed(d->arg, t, accepted);
	}
	call_done(d, c);
	d->ops->wake(d->arg);
}

static void on_failed(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	struct call *c = data;

	if (!heard_all(d, c, reply, "fail", "[s|n]"))
		return;
	for (unsigned i = 0; i < c->count; i++) {
		struct ticket *t = c->items[i].ticket;
		parse_failed(&t->failed, value_text(value_at(reply, i)), t->error);
		t->state = TICKET_IDLE;
		LIST_REMOVE(&d->tickets, t);
		d->ops->failed(d->arg, t);
	}
	call_done(d, c);
	d->ops->wake(d->arg);
}

static void arg_commit(struct delivery *d, const struct ticket *t)
{
	struct redis_request *r = &d->request;
	const unsigned item = script_next(r);
	redis_arg(script_argv(r, item + COMMIT_ITEM_PLAYER), t->player);
	(void)script_argv(r, item + COMMIT_ITEM_TOKEN);
	arg_holder(d, t);
	redis_arg_int(script_argv(r, item + COMMIT_ITEM_VERSION), t->version);
	redis_arg(script_argv(r, item + COMMIT_ITEM_GAME), t->live->game_id);
	redis_arg_bytes(script_argv(r, item + COMMIT_ITEM_REPORT), t->report, t->report_length);
	redis_arg(script_argv(r, item + COMMIT_ITEM_RECORD), t->attempt > 1 || t->lost > 0 ? RECORD_SOME : RECORD_NONE);
	redis_arg(script_argv(r, item + COMMIT_ITEM_TRACE), t->traceparent ? t->traceparent : "");
	const int64_t tip_ms = t->live->tip_ms;
	char tip[TIME_SIZE] = "";
	if (tip_ms > 0 && delivery_redis_ms(d) >= tip_ms)
		time_format(tip_ms, tip);
	redis_arg(script_argv(r, item + COMMIT_ITEM_TIP), tip);
	redis_arg(script_argv(r, item + COMMIT_ITEM_GIVEN), t->given ? t->given : "");
	(void)script_argv(r, item + COMMIT_ITEM_SIZE);
}

static void arg_fail(struct delivery *d, const struct ticket *t)
{
	struct redis_request *r = &d->request;
	const unsigned item = script_next(r);
	redis_arg(script_argv(r, item + FAIL_ITEM_PLAYER), t->player);
	(void)script_argv(r, item + FAIL_ITEM_TOKEN);
	arg_holder(d, t);
	redis_arg_int(script_argv(r, item + FAIL_ITEM_VERSION), t->version);
	redis_arg(script_argv(r, item + FAIL_ITEM_PERMANENT), t->permanent ? FAIL_FOR_GOOD : "");
	redis_arg_bytes(
		script_argv(r, item + FAIL_ITEM_ERROR), t->error, strnlen(t->error, sizeof(t->failed.error) - 1));
	redis_arg(script_argv(r, item + FAIL_ITEM_PHASE), letter_of(t->phase));
	(void)script_argv(r, item + FAIL_ITEM_SIZE);
}

static const char *or_none(const char *text)
{
	return text[0] ? text : "-";
}

static void arg_output(struct delivery *d, const struct ticket *t)
{
	struct redis_request *r = &d->request;
	const unsigned item = script_next(r);
	redis_arg(script_argv(r, item + OUTPUT_ITEM_PLAYER), t->player);
	(void)script_argv(r, item + OUTPUT_ITEM_TOKEN);
	arg_holder(d, t);
	redis_arg_int(script_argv(r, item + OUTPUT_ITEM_VERSION), t->version);
	redis_arg_int(script_argv(r, item + OUTPUT_ITEM_TIME), t->generated_ms);
	redis_arg(script_argv(r, item + OUTPUT_ITEM_GAME), t->any_place ? ANY_PLACE : or_none(t->live->game_id));
	redis_arg(script_argv(r, item + OUTPUT_ITEM_TEAM), t->any_place ? ANY_PLACE : or_none(t->live->team));
	redis_arg(script_argv(r, item + OUTPUT_ITEM_PROCESSOR), t->processor);
	redis_arg(script_argv(r, item + OUTPUT_ITEM_RECORD), t->attempt > 1 || t->lost > 0 ? RECORD_SOME : RECORD_NONE);
	redis_arg_bytes(script_argv(r, item + OUTPUT_ITEM_BYTES), t->report, t->report_length);
	(void)script_argv(r, item + OUTPUT_ITEM_SIZE);
}

static void head_of_commit(struct delivery *d, const struct day *day)
{
	char text[24];
	day_expiry(d, day, text);
	redis_arg(script_argv(&d->request, COMMIT_EXPIRES), text);
	redis_arg_int(script_argv(&d->request, COMMIT_KEPT), REPORTS_KEPT);
	redis_arg(script_argv(&d->request, COMMIT_MODEL), d->model);
	(void)script_argv(&d->request, COMMIT_ITEMS);
}

static void head_of_output(struct delivery *d, const struct day *day)
{
	char text[24];
	day_expiry(d, day, text);
	redis_arg(script_argv(&d->request, OUTPUT_EXPIRES), text);
	redis_arg(script_argv(&d->request, OUTPUT_MODEL), d->model);
	redis_arg_int(script_argv(&d->request, OUTPUT_KEPT), d->options.notes_outputs ? REPORTS_KEPT : 0);
	(void)script_argv(&d->request, OUTPUT_ITEMS);
}

static void head_of_fail(struct delivery *d, const struct day *day)
{
	(void)day;
	(void)script_argv(&d->request, FAIL_ITEMS);
}

static const struct end_kind { /* how a run can end */
	enum script script;
	void (*head)(struct delivery *d, const struct day *day);
	void (*arg)(struct delivery *d, const struct ticket *t);
	redis_reply_fn *heard;
} commit_kind = {SCRIPT_COMMIT, head_of_commit, arg_commit, on_committed},
  output_kind = {SCRIPT_OUTPUT, head_of_output, arg_output, on_output},
  fail_kind = {SCRIPT_FAIL, head_of_fail, arg_fail, on_failed};

/* In as many calls as they take. */
static void send_ends(struct delivery *d, struct day *day, const struct end_kind *kind, struct tickets *list)
{
	while (list->head) {
		struct call *c = call_new(d, day);
		if (!c)
			return;
		struct redis_request *r = link_script(d, kind->script, day);
		kind->head(d, day);
		while (list->head && c->count < RUNS_MAX && r->body.length < ENDS_BYTES_MAX) {
			struct ticket *t = list->head;
			LIST_REMOVE(list, t);
			kind->arg(d, t);
			LIST_APPEND(&d->tickets, t); /* the heartbeat must not give it up before its answer */
			c->items[c->count++] = (struct call_item){.ticket = t};
		}
		link_send(d, kind->heard, c);
	}
}

void runs_turn(struct delivery *d, struct day *day)
{
	send_ends(d, day, &commit_kind, &day->commits);
	send_ends(d, day, &output_kind, &day->outputs);
	send_ends(d, day, &fail_kind, &day->fails);
	send_begins(d, day);
	send_peeks(d, day);
}

/* --- release, start over ---------------------------------------------------------------------------------------- */

static void on_released(void *arg, void *data, const struct value *reply)
{
	(void)data;
	link_heard(arg, reply, "release", "i");
}

void delivery_release(struct delivery *d, struct ticket *t)
{
	char field[TICKET_FIELD_SIZE];
	assert(t->state == TICKET_HELD);
	LIST_REMOVE(&d->tickets, t);
	t->state = TICKET_IDLE;
	if (d->session != SESSION_READY)
		return; /* the heartbeat of the next session, or its end, gives the token up */
	struct redis_request *r = link_script(d, SCRIPT_RELEASE, NULL);
	ticket_field(t, field);
	redis_arg(script_argv(r, RELEASE_ITEMS + RELEASE_ITEM_FIELD), field);
	redis_arg_format(script_argv(r, RELEASE_ITEMS + RELEASE_ITEM_TOKEN), "%s/%s/%" PRId64 " %" PRId64, d->name,
		t->boot, t->serial, t->version);
	link_send(d, on_released, NULL);
}

/* What was asked for, or ended without an answer, is void: begin will ask Redis what became of it. What is still running
 * stays on the list of tickets, its token may well stand. */
void runs_forget(struct delivery *d)
{
	struct ticket *t, *next;
	while (d->calls.head)
		call_done(d, d->calls.head);
	d->applies_out = d->needs = d->slow = 0;
	DL_FOREACH_SAFE (d->tickets.head, t, next)
		if (t->state != TICKET_HELD) {
			LIST_REMOVE(&d->tickets, t);
			t->state = TICKET_VOID;
		}
	while (d->peeking.head)
		end_peek(d, &d->peeking, d->peeking.head, -EAGAIN);
	for (struct day *day = d->days; day; day = day->hh.next) {
		while (day->peeks.head)
			end_peek(d, &day->peeks, day->peeks.head, -EAGAIN);
		struct tickets *lists[] = {&day->begins, &day->commits, &day->outputs, &day->fails};
		for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
			while (lists[i]->head) {
				t = lists[i]->head;
				LIST_REMOVE(lists[i], t);
				t->state = TICKET_VOID;
			}
	}
}
