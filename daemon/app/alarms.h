/*
 * What operators are told by a webhook: conditions that begin and end (metrics/warnings.h, and reports that are not fresh),
 * one message at each, once it has held for a while. The requests go out by fetch, nothing waits for them; while the server
 * is away only how things stand is kept, so what came and went meanwhile is not told. Loop thread only.
 */
#ifndef APP_ALARMS_H
#define APP_ALARMS_H

#include "base/err.h"

struct alarms;
struct clock;
struct config;
struct delivery;
struct fetch;
struct warnings;

/* All outlive it but fetch, which is freed before it. */
struct alarms_options {
	struct fetch *fetch;
	const struct warnings *warnings;
	const struct delivery *delivery;
	const struct clock *clock;
	const char *instance; /* copied */
};

int alarms_new(const struct alarms_options *options, struct alarms **ret, struct err *err);
void alarms_free(struct alarms *a); /* NULL is fine */
int alarms_configure(struct alarms *a, const struct config *config, struct err *err);
void alarms_second(struct alarms *a); /* once a second */

#endif
