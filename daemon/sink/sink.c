/*
 * A sink's thread is never waited for but at the end: one that is taken away, or changed, is told to stop, and its
 * successor of the same name begins when it has. Two at once would be two readers that look like one to Redis.
 */
#include "sink/sink.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "sink/follow.h"

const char *const sink_types[] = {
	[SINK_DIRECTORY] = "directory", [SINK_S3] = "s3", [SINK_WEBHOOK] = "webhook", [SINK_TYPES] = NULL};
const char *const sink_states[] = {
	[SINK_CONNECTING] = "connecting",
	[SINK_FOLLOWING] = "following",
	[SINK_CATCHING_UP] = "catching up",
	[SINK_RETRYING] = "retrying",
	[SINK_STATES] = NULL,
};

/* The options that are texts. */
static const size_t texts[] = {
	offsetof(struct sink_options, name),
	offsetof(struct sink_options, instance),
	offsetof(struct sink_options, redis.prefix),
	offsetof(struct sink_options, redis.password_file),
	offsetof(struct sink_options, redis.ca_file),
	offsetof(struct sink_options, redis.cert_file),
	offsetof(struct sink_options, redis.key_file),
	offsetof(struct sink_options, path),
	offsetof(struct sink_options, s3.url),
	offsetof(struct sink_options, s3.bucket),
	offsetof(struct sink_options, s3.prefix),
	offsetof(struct sink_options, s3.region),
	offsetof(struct sink_options, s3.key_file),
	offsetof(struct sink_options, s3.ca_file),
	offsetof(struct sink_options, webhook.url_file),
	offsetof(struct sink_options, webhook.token_file),
	offsetof(struct sink_options, webhook.ca_file),
	offsetof(struct sink_options, webhook.markets),
};
enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

struct sink {
	struct sink_options options; /* its own copies */
	struct mailbox mailbox;
	pthread_t thread;
	bool running;
	bool wanted; /* by the configuration; else it only waits for its thread's end */
	struct sink *next;
};

struct sinks {
	struct sink *list; /* in the order of the configuration; behind them those that end */
};

static const char **text_at(const struct sink_options *o, size_t n)
{
	return (const char **)((char *)(uintptr_t)o + texts[n]);
}

static const char *text_of(const struct sink_options *o, size_t n)
{
	const char *text = *text_at(o, n);
	return text ? text : "";
}

static bool same(const struct sink_options *a, const struct sink_options *b)
{
	const struct redis_url *u = &a->redis.url, *v = &b->redis.url;
	for (size_t n = 0; n < TEXTS; n++)
		if (strcmp(text_of(a, n), text_of(b, n)) != 0)
			return false;
	return a->type == b->type && a->s3.form == b->s3.form && a->webhook.form == b->webhook.form &&
	       !(a->webhook.min_return < b->webhook.min_return) && !(a->webhook.min_return > b->webhook.min_return) &&
	       a->webhook.cool_down_us == b->webhook.cool_down_us &&
	       a->webhook.max_quote_age_us == b->webhook.max_quote_age_us && u->tls == v->tls && u->port == v->port &&
	       u->db == v->db && strcmp(u->path, v->path) == 0 && strcmp(u->host, v->host) == 0 &&
	       strcmp(u->user, v->user) == 0 && strcmp(u->password, v->password) == 0;
}

/* --- one sink ----------------------------------------------------------------------------------------------------- */

static void free_sink(struct sink *s)
{
	for (size_t n = 0; n < TEXTS; n++)
		free((char *)(uintptr_t)*text_at(&s->options, n));
	if (s->mailbox.wake_fd >= 0)
		close(s->mailbox.wake_fd);
	pthread_mutex_destroy(&s->mailbox.lock);
	explicit_bzero(&s->options.redis.url, sizeof(s->options.redis.url));
	free(s);
}

static struct sink *new_sink(const struct sink_options *options)
{
	struct sink *s = calloc(1, sizeof(*s));
	bool whole = s;
	if (!s)
		return NULL;
	s->options = *options;
	pthread_mutex_init(&s->mailbox.lock, NULL);
	s->mailbox.view.lag = -1;
	s->mailbox.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (size_t n = 0; n < TEXTS; n++) {
		*text_at(&s->options, n) = strdup(text_of(options, n));
		whole &= *text_at(&s->options, n) != NULL;
	}
	if (whole && s->mailbox.wake_fd >= 0)
		return s;
	free_sink(s);
	return NULL;
}

static void *run(void *arg)
{
	struct sink *s = arg;
	follow(&s->options, &s->mailbox);
	atomic_store(&s->mailbox.ended, true);
	return NULL;
}

static int start(struct sink *s)
{
	sigset_t all, before; /* signals are the loop's */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	const int r = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	s->running = r == 0;
	if (r == 0) {
		char name[16];
		text_format(name, sizeof(name), "sink %s", s->options.name);
		pthread_setname_np(s->thread, name);
	}
	return -r;
}

static void tell_to_stop(struct sink *s, int how)
{
	if (atomic_load(&s->mailbox.stop) < how)
		atomic_store(&s->mailbox.stop, how);
	(void)eventfd_write(s->mailbox.wake_fd, 1);
}

/* Whether it has no thread (any more). */
static bool has_ended(struct sink *s)
{
	if (s->running && atomic_load(&s->mailbox.ended)) {
		pthread_join(s->thread, NULL);
		s->running = false;
	}
	return !s->running;
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

int sinks_new(struct sinks **ret, struct err *err)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : err_set(err, -ENOMEM, "no memory for the sinks");
}

static bool name_is_taken(const struct sinks *s, const struct sink *by)
{
	for (const struct sink *other = s->list; other; other = other->next)
		if (other != by && other->running && strcmp(other->options.name, by->options.name) == 0)
			return true;
	return false;
}

void sinks_tick(struct sinks *s)
{
	for (struct sink **at = &s->list, *sink; (sink = *at) != NULL;) {
		if (has_ended(sink) && !sink->wanted) {
			*at = sink->next;
			free_sink(sink);
		} else
			at = &sink->next;
	}
	for (struct sink *sink = s->list; sink; sink = sink->next) {
		if (!sink->wanted || sink->running || atomic_load(&sink->mailbox.ended) || name_is_taken(s, sink))
			continue;
		const int r = start(sink);
		if (r < 0)
			log_err("sink", "%s: cannot start its thread, will retry: %s", sink->options.name, strerror(-r));
	}
}

/* Takes the sink out of the list; NULL: none is like that. */
static struct sink *take_same(struct sink **list, const struct sink_options *options)
{
	for (struct sink **at = list; *at; at = &(*at)->next) {
		struct sink *found = *at;
		if (found->wanted && same(&found->options, options)) {
			*at = found->next;
			return found;
		}
	}
	return NULL;
}

int sinks_configure(struct sinks *s, const struct sink_options *list, size_t count, struct err *err)
{
	struct sink *fresh = NULL, **end = &fresh, *all;
	/* New ones first: without memory for them all stays as it was. */
	struct sink **made = calloc(count + 1, sizeof(*made));
	bool whole = made;
	for (size_t i = 0; whole && i < count; i++)
		whole = (made[i] = new_sink(&list[i])) != NULL;
	for (size_t i = 0; !whole && made && i < count; i++)
		if (made[i])
			free_sink(made[i]);
	if (!whole) {
		free(made);
		return err_set(err, -ENOMEM, "no memory for the sinks");
	}
	for (size_t i = 0; i < count; i++) {
		struct sink *old = take_same(&s->list, &list[i]);
		if (old)
			free_sink(made[i]);
		*end = old ? old : made[i];
		(*end)->wanted = true;
		end = &(*end)->next;
	}
	*end = s->list;
	for (all = s->list; all; all = all->next) {
		all->wanted = false;
		tell_to_stop(all, STOP_NOW);
	}
	s->list = fresh;
	free(made);
	return 0;
}

size_t sinks_count(const struct sinks *s)
{
	size_t n = 0;
	for (const struct sink *sink = s ? s->list : NULL; sink; sink = sink->next)
		n += sink->wanted;
	return n;
}

void sinks_look(struct sinks *s, size_t i, const char **ret_name, enum sink_type *ret_type, struct sink_view *ret)
{
	struct sink *sink = s->list;
	while (i-- > 0)
		sink = sink->next;
	assert(sink && sink->wanted);
	*ret_name = sink->options.name;
	*ret_type = sink->options.type;
	pthread_mutex_lock(&sink->mailbox.lock);
	*ret = sink->mailbox.view;
	pthread_mutex_unlock(&sink->mailbox.lock);
}

static bool all_ended(struct sinks *s)
{
	bool ended = true;
	for (struct sink *sink = s->list; sink; sink = sink->next)
		ended &= has_ended(sink);
	return ended;
}

/* Told to stop in that way, and waited for. */
static bool stop_all(struct sinks *s, int how, int64_t limit_us)
{
	const int64_t until_us = clock_mono_us(clock_system()) + limit_us;
	for (struct sink *sink = s->list; sink; sink = sink->next)
		tell_to_stop(sink, how);
	while (!all_ended(s)) {
		if (clock_mono_us(clock_system()) >= until_us)
			return false;
		usleep(2000); /* the process ends, there is nothing else to do */
	}
	return true;
}

bool sinks_stop(struct sinks *s, int64_t limit_us)
{
	enum { LAST_US = 1000000 };
	return stop_all(s, STOP_SOON, limit_us) || stop_all(s, STOP_NOW, LAST_US);
}

void sinks_free(struct sinks *s)
{
	if (!s)
		return;
	for (struct sink *sink = s->list, *next; sink; sink = next) {
		next = sink->next;
		assert(!sink->running);
		free_sink(sink);
	}
	free(s);
}
