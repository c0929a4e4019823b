/* libuv's pool: work is queued and its end is told on the loop's thread, which is our outside thread. */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>
#include "peer.h"

static uv_loop_t loop;

static void work(uv_work_t *request)
{
	struct job *job = job_of(request);
	job->run(job);
}

static void after(uv_work_t *request, int status)
{
	(void)request;
	(void)status;
}

static void open_uv(unsigned workers, bool urgency)
{
	(void)urgency;
	char text[16];
	snprintf(text, sizeof(text), "%u", workers);
	setenv("UV_THREADPOOL_SIZE", text, 1);
	if (uv_loop_init(&loop))
		abort();
}

static void close_uv(void)
{
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
}

static void submit(struct job *job)
{
	if (uv_queue_work(&loop, job_own(job), work, after))
		abort();
}

static void turn(void)
{
	uv_run(&loop, UV_RUN_NOWAIT);
}

/* Work is queued from the loop's thread only, so a round is: all children queued, all their ends told. */
static void fan_out(struct job *(*child)(unsigned), unsigned children, unsigned rounds)
{
	while (rounds--) {
		for (unsigned i = 0; i < children; i++)
			submit(child(i));
		uv_run(&loop, UV_RUN_DEFAULT);
	}
}

const struct peer peer_libuv = {.name = "libuv",
	.job_size = sizeof(uv_work_t),
	.open = open_uv,
	.close = close_uv,
	.submit = submit,
	.turn = turn,
	.fan_out = fan_out};
