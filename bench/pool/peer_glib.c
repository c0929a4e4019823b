/* GThreadPool with threads of its own; with its sort function where urgency counts. */
#include <glib.h>
#include <stdlib.h>
#include "peer.h"

static GThreadPool *pool;

static void work(gpointer data, gpointer unused)
{
	(void)unused;
	struct job *job = data;
	job->run(job);
}

static gint by_urgency(gconstpointer a, gconstpointer b, gpointer unused)
{
	(void)unused;
	return ((const struct job *)a)->urgency - ((const struct job *)b)->urgency;
}

static void open_glib(unsigned workers, bool urgency)
{
	pool = g_thread_pool_new(work, NULL, (gint)workers, TRUE, NULL);
	if (!pool)
		abort();
	if (urgency)
		g_thread_pool_set_sort_function(pool, by_urgency, NULL);
}

static void close_glib(void)
{
	g_thread_pool_free(pool, FALSE, TRUE);
}

static void submit(struct job *job)
{
	g_thread_pool_push(pool, job, NULL);
}

static void fan_out(struct job *(*child)(unsigned), unsigned children, unsigned rounds)
{
	fan_out_by_submit(&peer_glib, child, children, rounds);
}

const struct peer peer_glib = {
	.name = "GLib", .urgency = true, .open = open_glib, .close = close_glib, .submit = submit, .fan_out = fan_out};
