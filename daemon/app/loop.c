#include "app/loop.h"

#include <errno.h>

#include "app/internal.h"
#include "base/completion.h"
#include "fetch/fetch.h"
#include "metrics/metrics.h"

static void arm_timer(struct app *app)
{
	int64_t next = core_next_us(&app->core);
	if (next == INT64_MAX) {
		event_del(app->timer);
		return;
	}
	int64_t wait = next - clock_mono_us(app->clock);
	if (wait < 0)
		wait = 0;
	const struct timeval tv = {.tv_sec = (time_t)(wait / 1000000), .tv_usec = (suseconds_t)(wait % 1000000)};
	event_add(app->timer, &tv);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;
	(void)fd, (void)what;
	core_turn(&app->core);
	arm_timer(app);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;
	(void)fd, (void)what;
	core_tick(&app->core);
}

static void on_jobs(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;
	(void)fd, (void)what;
	core_completed(&app->core);
}

static void on_fetched(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;
	(void)fd, (void)what;
	fetch_completed(app->fetch);
	loop_wake(app);
}

struct event *loop_event(struct app *app, evutil_socket_t fd, short what, event_callback_fn fn)
{
	struct event *e = event_new(app->base, fd, what, fn, app);
	if (e && fd >= 0 && event_add(e, NULL) < 0) {
		event_free(e);
		return NULL;
	}
	return e;
}

int loop_start(struct app *app, struct err *err)
{
	app->base = event_base_new();
	if (!app->base || completion_new(&app->finished) < 0 || fetch_new(&app->fetch, err) < 0)
		return err_set(err, -ENOMEM, "cannot make the event loop");
	app->turn = loop_event(app, -1, 0, on_turn);
	app->timer = loop_event(app, -1, 0, on_timer);
	app->jobs = loop_event(app, completion_fd(app->finished), EV_READ | EV_PERSIST, on_jobs);
	app->fetched = loop_event(app, fetch_fd(app->fetch), EV_READ | EV_PERSIST, on_fetched);
	return app->turn && app->timer && app->jobs && app->fetched
		       ? 0
		       : err_set(err, -ENOMEM, "cannot make the loop's events");
}

/* A step is what is done between two waits for events: whatever comes meanwhile waits for its end. Counted is the
 * thread's own time, in which others on the machine have no part. */
void loop_run(struct app *app)
{
	int64_t began_us = clock_thread_us();
	while (event_base_loop(app->base, EVLOOP_ONCE) == 0 && !event_base_got_break(app->base)) {
		const int64_t us = clock_thread_us(), took_us = us - began_us;
		metrics_observe(app->metrics, METRIC_LOOP_STEP, 0, took_us);
		if (took_us > app->longest_step_us)
			app->longest_step_us = took_us;
		began_us = us;
	}
}

void loop_wake(void *arg)
{
	struct app *app = arg;
	event_active(app->turn, EV_TIMEOUT, 0);
}

void loop_leave(struct app *app, int code)
{
	app->exit_code = code;
	event_base_loopbreak(app->base);
}
