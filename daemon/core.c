/*
 * Events queue work in the modules and wake the core; the turn that follows does it in one order: regen begins runs,
 * then delivery sends what regen and the events have asked for, so that all of it goes out in the same lists.
 */
#include "core.h"

#include "base/log.h"

/* --- delivery's and process's answers --------------------------------------------------------------------------- */

static void wake(void *arg)
{
	struct core *core = arg;
	core->ops->wake(core->arg);
}

static void on_need(void *arg, struct entry *e, enum phase phase, const char *player, int64_t need, int64_t committed,
	int64_t later)
{
	regen_need(((struct core *)arg)->regen, e, phase, player, need, committed, later);
}

static void on_begun(void *arg, struct ticket *t)
{
	regen_begun(((struct core *)arg)->regen, t);
}

static void on_committed(void *arg, struct ticket *t, bool accepted)
{
	regen_committed(((struct core *)arg)->regen, t, accepted);
}

static void on_failed(void *arg, struct ticket *t)
{
	regen_failed(((struct core *)arg)->regen, t);
}

static void on_peeked(void *arg, struct ticket *t, int result)
{
	struct core *core = arg;
	core->ops->peeked(core->arg, t, result);
}

static void on_forget(void *arg)
{
	struct core *core = arg;
	regen_forget(core->regen);
	if (core->schedules)
		schedules_forget(core->schedules);
}

static void on_orders(void *arg)
{
	regen_orders_changed(((struct core *)arg)->regen);
}

static void on_slate_changed(void *arg, date_t date)
{
	regen_slate_changed(((struct core *)arg)->regen, date);
	wake(arg);
}

static void on_outdated(void *arg)
{
	struct core *core = arg;
	core->ops->outdated(core->arg);
}

static void on_ready(void *arg, bool ready)
{
	struct core *core = arg;
	core->ops->ready(core->arg, ready);
}

static void on_stop(void *arg, enum stop_reason reason, const char *why)
{
	struct core *core = arg;
	core->ops->stop(core->arg, reason, why);
}

const struct delivery_ops core_delivery_ops = {
	.need = on_need,
	.begun = on_begun,
	.committed = on_committed,
	.failed = on_failed,
	.peeked = on_peeked,
	.forget = on_forget,
	.orders = on_orders,
	.slate_changed = on_slate_changed,
	.outdated = on_outdated,
	.ready = on_ready,
	.stop = on_stop,
	.wake = wake,
};

void core_done(void *core, struct job *job)
{
	regen_done(((struct core *)core)->regen, job);
}

void core_processors_changed(void *arg)
{
	struct core *core = arg;
	if (core->ops) /* wired */
		wake(core);
}

/* --- the wiring ------------------------------------------------------------------------------------------------- */

void core_init(struct core *core, struct delivery *delivery, struct regen *regen, struct process *process,
	const struct clock *clock, const struct core_ops *ops, void *arg)
{
	*core = (struct core){
		.delivery = delivery,
		.regen = regen,
		.process = process,
		.clock = clock,
		.ops = ops,
		.arg = arg,
	};
	regen_wire(regen, delivery, process);
}

void core_use_schedules(struct core *core, struct schedules *schedules)
{
	core->schedules = schedules;
	schedules_wire(schedules, core->delivery);
}

void core_use_league(struct core *core, struct snapshot *snapshot)
{
	regen_use_league(core->regen, snapshot);
	delivery_use_league(core->delivery, snapshot);
}

/* --- the end ---------------------------------------------------------------------------------------------------- */

static void on_left(void *data, const struct value *reply)
{
	struct core *core = data;
	(void)reply;
	core->ops->left(core->arg, core->late);
}

static void drain_turn(struct core *core)
{
	unsigned runs = regen_runs(core->regen);
	bool late = clock_mono_us(core->clock) >= core->drain_until_us;
	if (core->leaving || (!late && (runs > 0 || !delivery_flushed(core->delivery))))
		return;
	core->leaving = true;
	if (runs > 0) {
		log_warn("propsd", "drain took too long, handing back runs=%u", runs);
		regen_release(core->regen);
		core->late = true;
	}
	if (delivery_ready(core->delivery))
		delivery_leave(core->delivery, on_left, core);
	else
		on_left(core, NULL);
}

void core_drain(struct core *core, int64_t limit_us)
{
	if (core->draining)
		return;
	core->draining = true;
	core->drain_until_us = clock_mono_us(core->clock) + limit_us;
	delivery_stop_reading(core->delivery);
	regen_stop(core->regen);
	if (core->schedules)
		schedules_stop(core->schedules);
	wake(core);
}

/* --- what the loop does ----------------------------------------------------------------------------------------- */

void core_turn(struct core *core)
{
	regen_turn(core->regen);
	if (core->schedules)
		schedules_turn(core->schedules);
	delivery_turn(core->delivery);
	if (core->draining)
		drain_turn(core);
}

void core_tick(struct core *core)
{
	delivery_tick(core->delivery);
	regen_tick(core->regen);
	process_tick(core->process);
	wake(core);
}

void core_completed(struct core *core)
{
	process_completed(core->process);
	wake(core);
}

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t core_next_us(const struct core *core)
{
	int64_t next = min64(delivery_next_us(core->delivery), regen_next_us(core->regen));
	if (core->draining && !core->leaving)
		next = min64(next, core->drain_until_us);
	if (core->schedules)
		next = min64(next, schedules_next_us(core->schedules));
	return min64(next, process_next_us(core->process));
}
