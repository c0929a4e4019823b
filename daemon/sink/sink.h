/*
 * Sinks: each writes the newest committed report of every player to a place outside Redis. It follows the stream of
 * reports by a consumer group of its own, on a thread with a Redis connection of its own, so it lags and retries alone: no
 * commit ever waits for it. What it promises, and the keys in Redis, are told in docs/delivery.md.
 *
 * Loop thread only, all of it; the threads are nobody else's business.
 */
#ifndef SINK_SINK_H
#define SINK_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "redis/url.h"

struct sinks;

enum sink_type { SINK_DIRECTORY, SINK_S3, SINK_WEBHOOK, SINK_TYPES };
extern const char *const sink_types[]; /* "directory"; ends with NULL */
enum sink_form { SINK_FORM_AUTO, SINK_FORM_S3, SINK_FORM_GOOGLE, SINK_FORM_JSON, SINK_FORM_DISCORD, SINK_FORM_SLACK };

/* What is pointed to is copied. NULL counts as "". */
struct sink_options {
	const char *name;
	enum sink_type type;
	const char *instance; /* ours: the consumer's name */
	struct {
		struct redis_url url; /* with its user */
		const char *prefix; /* of all keys */
		const char *password_file, *ca_file, *cert_file, *key_file; /* read for each connection */
	} redis;
	const char *path; /* directory */
	struct {
		const char *url, *bucket, *prefix, *region, *key_file, *ca_file;
		enum sink_form form;
	} s3;
	struct {
		const char *url_file, *token_file, *ca_file; /* read for each message */
		const char *markets; /* "points,pra"; "": all */
		enum sink_form form;
		double min_return;
		int64_t cool_down_us, max_quote_age_us;
	} webhook;
};

enum sink_state {
	SINK_CONNECTING, /* there is no Redis to follow */
	SINK_FOLLOWING,
	SINK_CATCHING_UP, /* a full pass is under way */
	SINK_RETRYING, /* something could not be written */
	SINK_STATES
};
extern const char *const sink_states[]; /* "following"; ends with NULL */

enum { SINK_TROUBLE_SIZE = 512 };

/* How a sink is, as of a moment ago. */
struct sink_view {
	enum sink_state state;
	int64_t lag; /* reports of all instances that are committed and not written; -1: not known */
	int64_t oldest_ms; /* since when the oldest of them waits, by Redis' clock; 0: none does */
	unsigned failing; /* reports that were tried in vain, by this instance */
	uint64_t written, kept, failed, gone, refused, passes, lost;
	char trouble[SINK_TROUBLE_SIZE]; /* what is wrong, and what to do; "": nothing */
	int64_t retry_ms; /* how long until the next try, where there is trouble */
};

/* -ENOMEM. */
int sinks_new(struct sinks **ret, struct err *err);
/* The sinks that there are from now on: those that are as before go on, others end, new ones begin with the next tick. */
int sinks_configure(struct sinks *s, const struct sink_options *list, size_t count, struct err *err);
/* Once a second: what ended is cleared away, what is new begins. */
void sinks_tick(struct sinks *s);

size_t sinks_count(const struct sinks *s); /* NULL: 0 */
/* Of number `i`, in the order of the configuration; its name and type stay good until the next sinks_configure(). */
void sinks_look(struct sinks *s, size_t i, const char **ret_name, enum sink_type *ret_type, struct sink_view *ret);

/* All end: each may finish what it has in hand for `limit_us`. False: one is stuck (in a file system that does not
 * answer), and still uses its memory: leave the process without sinks_free(). */
bool sinks_stop(struct sinks *s, int64_t limit_us);
void sinks_free(struct sinks *s); /* after sinks_stop(); NULL is fine */

#endif
