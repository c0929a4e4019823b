/* The processors: what they are and do, and by hand: pause, resume, restart, cancel. */
#include <string.h>

#include "admin/areas.h"
#include "admin/context.h"
#include "admin/dated.h"
#include "admin/names.h"
#include "admin/processors.h"
#include "admin/request.h"
#include "admin/teams.h"
#include "base/clock.h"
#include "process/process.h"
#include "regen/regen.h"
#include "slate/slate.h"

#define NAME_MAX_BYTES 32

json_t *admin_processor(const struct admin_context *c, const struct processor *p)
{
	const char *trouble = process_trouble(p);
	json_t *row = json_pack("{s:s, s:s, s:s, s:i, s:i, s:I, s:I}", "name", p->name, "type", p->type->name, "state",
		process_state(p), "places", (int)places_size(&p->places), "taken", (int)p->places.taken, "done",
		(json_int_t)p->done, "failed", (json_int_t)p->failed);
	json_t *phases = json_array();
	for (int phase = 0; phase < PHASE_COUNT; phase++)
		if (regen_processor(c->regen, (enum phase)phase) == p)
			json_array_append_new(phases, json_string(phase_name((enum phase)phase)));
	json_object_set_new(row, "phases", phases);
	if (trouble)
		json_object_set_new(row, "trouble", json_string(trouble));
	if (p->rate_text[0])
		json_object_set_new(row, "rate",
			json_pack("{s:s, s:i, s:b, s:i, s:I}", "limit", p->rate_text, "burst", (int)p->rate.burst,
				"limited", p->limited_since_us != 0, "waiting", (int)(p->waiting + queue_size(&p->held)),
				"limited_ms", (json_int_t)(process_limited_us(p) / 1000)));
	return row;
}

/* --- one of them -------------------------------------------------------------------------------------------------- */

static bool add_seat(void *arg, const struct processor_seat *seat)
{
	json_t *list = arg;
	json_t *row = json_pack("{s:s, s:I}", "state", seat->state, "age_ms", (json_int_t)(seat->age_us / 1000));
	if (seat->pid) {
		json_object_set_new(row, "pid", json_integer(seat->pid));
		json_object_set_new(row, "rss", json_integer((json_int_t)seat->rss));
		json_object_set_new(row, "jobs", json_integer((json_int_t)seat->jobs));
	} else
		json_object_set_new(row, "port", json_integer(seat->port));
	if (seat->last_us > 0)
		json_object_set_new(row, "last_us", json_integer((json_int_t)seat->last_us));
	json_t *players = json_array();
	for (const struct job *job = seat->job; job; job = job->next) {
		json_t *one = json_pack("{s:s, s:s, s:I}", "player", job->live->player, "phase", phase_name(job->phase),
			"running_ms", (json_int_t)((clock_mono_us(clock_system()) - job->started_us) / 1000));
		if (job->progress >= 0)
			json_object_set_new(one, "progress", json_real(job->progress));
		if (job->note[0])
			json_object_set_new(one, "note", json_string(job->note));
		json_array_append_new(players, one);
	}
	json_object_set_new(row, "runs", players);
	json_array_append_new(list, row);
	return true;
}

static json_t *words_of(const struct processor *p)
{
	json_t *words = json_array();
	for (uint64_t i = p->word_count > PROCESSOR_WORDS_MAX ? p->word_count - PROCESSOR_WORDS_MAX : 0;
		i < p->word_count; i++)
		json_array_append_new(words, json_string(p->words[i % PROCESSOR_WORDS_MAX]));
	return words;
}

void admin_unknown_processor(struct admin_request *r, const struct admin_context *c, const char *name)
{
	json_t *names = json_array();
	for (const struct processor *p = process_next(c->process, NULL); p; p = process_next(c->process, p))
		json_array_append_new(names, json_string(p->name));
	admin_error_unknown(r, CODE_NOT_FOUND, names, "there is no processor \"%s\"", name);
}

/* NULL: the request was refused. */
static struct processor *find(struct admin_request *r, const struct admin_context *c)
{
	const char *name = admin_text(r, "name");
	struct processor *p = process_find(c->process, name);
	if (!p)
		admin_unknown_processor(r, c, name);
	return p;
}

static void processors(struct admin_request *r, struct admin_context *c)
{
	json_t *list = json_array();
	for (struct processor *p = process_next(c->process, NULL); p; p = process_next(c->process, p))
		json_array_append_new(list, admin_processor(c, p));
	admin_reply(r, json_pack("{s:o}", "processors", list));
}

static void processor(struct admin_request *r, struct admin_context *c)
{
	struct processor *p = find(r, c);
	if (!p)
		return;
	json_t *data = admin_processor(c, p), *seats = json_array();
	if (p->state && p->type->seats)
		p->type->seats(p, add_seat, seats);
	json_object_set_new(data, "children", seats);
	json_object_set_new(data, "said", words_of(p));
	if (p->last_us)
		json_object_set_new(data, "last_us", json_integer((json_int_t)p->last_us));
	if (p->breaker.most)
		json_object_set_new(data, "breaker", json_string(breaker_state_name(p->breaker.state)));
	admin_reply(r, data);
}

static void pause_one(struct admin_request *r, struct admin_context *c)
{
	struct processor *p = find(r, c);
	if (!p)
		return;
	process_pause(p, true);
	admin_reply(r, admin_processor(c, p));
}

static void resume_one(struct admin_request *r, struct admin_context *c)
{
	struct processor *p = find(r, c);
	if (!p)
		return;
	process_pause(p, false);
	admin_reply(r, admin_processor(c, p));
}

static void restart_one(struct admin_request *r, struct admin_context *c)
{
	struct processor *p = find(r, c);
	if (!p)
		return;
	if (!p->waits) {
		admin_error(r, CODE_REFUSED, "processor %s is part of propsd: there is nothing to restart", p->name);
		return;
	}
	process_restart(p);
	c->ops->look_at_model(c->app);
	admin_reply(r, admin_processor(c, p));
}

/* --- cancel ------------------------------------------------------------------------------------------------------- */

/* Runs of these players that are out, of both phases. */
struct cancelling {
	struct admin_context *c;
	char player[LOOKUP_SIZE], team[TEAM_SIZE], game[GAME_ID_SIZE]; /* "": not asked by it */
	bool dead;
	unsigned cancelled, computing;
};

static bool is_meant(const struct cancelling *a, const struct job *job)
{
	return (!a->player[0] || strcmp(a->player, job->live->player) == 0) &&
	       (!a->team[0] || strcmp(a->team, job->live->team) == 0) &&
	       (!a->game[0] || strcmp(a->game, job->live->game_id) == 0);
}

static void cancel_one(void *arg, struct job *job)
{
	struct cancelling *a = arg;
	if (!is_meant(a, job))
		return;
	if (process_cancel(a->c->process, job, a->dead))
		a->cancelled++;
	else
		a->computing++;
}

/* False: the request was refused. */
static bool read_team_or_game(struct admin_request *r, struct cancelling *a)
{
	if (admin_given(r, "team"))
		return admin_team(r, a->c, admin_text(r, "team"), a->team);
	return !admin_given(r, "game") || admin_game(r, a->c, admin_text(r, "game"), a->game);
}

static void cancel(struct admin_request *r, struct admin_context *c)
{
	struct cancelling a = {.c = c, .dead = admin_flag(r, "dead")};
	const int given =
		admin_given(r, "player") + admin_given(r, "team") + admin_given(r, "game") + admin_flag(r, "all");
	if (given != 1) {
		admin_error(r, CODE_BAD_ARGUMENT, "cancel wants one of player, team, game and all; %d are given", given);
		return;
	}
	if (admin_given(r, "player")) {
		if (!admin_find_player(c, admin_today(c), admin_text(r, "player"), a.player)) {
			admin_unknown_player(r, c, admin_today(c), admin_text(r, "player"));
			return;
		}
	}
	if (!read_team_or_game(r, &a))
		return;
	regen_jobs(c->regen, cancel_one, &a);
	if (a.cancelled + a.computing == 0 && !admin_team_is_known(r, c, a.team))
		return;
	admin_reply(r, json_pack("{s:i, s:i, s:b}", "cancelled", (int)a.cancelled, "computing", (int)a.computing,
			       "dead", a.dead));
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

static const struct admin_arg name_args[] = {
	{.name = "name", .type = ADMIN_TEXT, .from = 1, .to = NAME_MAX_BYTES, .required = true, .help = "of the section"},
	{.name = NULL},
};
static const struct admin_arg cancel_args[] = {
	{.name = "player", .type = ADMIN_NAME, .help = "name or lookup"},
	{.name = "team", .type = ADMIN_TEXT, .help = "runs of the players of a team, as LAL"},
	{.name = "game", .type = ADMIN_TEXT, .help = "runs of the players of a game"},
	{.name = "all", .type = ADMIN_BOOL, .help = "all runs"},
	{.name = "dead", .type = ADMIN_BOOL, .help = "what they were for becomes dead letters, else it waits again"},
	{.name = NULL},
};

const struct admin_command admin_processor_commands[] = {
	{.name = "processors",
		.role = ADMIN_ROLE_VIEW,
		.handler = processors,
		.help = "the processors, and whether they take jobs"},
	{.name = "processor",
		.role = ADMIN_ROLE_VIEW,
		.args = name_args,
		.handler = processor,
		.help = "one processor: its children, what each runs, what it said last"},
	{.name = "processor-pause",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = name_args,
		.handler = pause_one,
		.help = "give a processor no more jobs, on this instance"},
	{.name = "processor-resume",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = name_args,
		.handler = resume_one,
		.help = "take its pause back"},
	{.name = "processor-restart",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = name_args,
		.handler = restart_one,
		.help = "fresh children, the circuit breaker closed; jobs that run end first"},
	{.name = "cancel",
		.role = ADMIN_ROLE_OPERATE,
		.changes = true,
		.args = cancel_args,
		.handler = admin_dated,
		.dated = cancel,
		.help = "end runs of a program of yours; what they were for waits again"},
	{.name = NULL},
};
