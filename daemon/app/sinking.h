/* The sinks as the app has them: made from the configuration, shown in metrics and warnings. Loop thread only. */
#ifndef APP_SINKING_H
#define APP_SINKING_H

#include <stdbool.h>

#include "base/err.h"
#include "redis/url.h"
#include "sink/sink.h"

struct config;
struct metrics;
struct warnings;

/* `started`: the configuration that the process began with, in force where an option needs a restart; `url` is its
 * Redis. */
int sinking_configure(struct sinks *sinks, const struct config *config, const struct config *started,
	const struct redis_url *url, struct err *err);

/* Once a second, from when Redis has given us our name: the consumer's is the same. `ready`: there is a session now;
 * else it is Redis that is in trouble, which others tell. */
void sinking_second(struct sinks *sinks, struct warnings *warnings, bool ready);

void sinking_figures(struct sinks *sinks, struct metrics *metrics);

#endif
