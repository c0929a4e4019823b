/* Lines of "name   value", for a reply that is one thing. */
#ifndef CTL_FACTS_H
#define CTL_FACTS_H

#include "ctl.h"

/* Text from outside may be among the values: what could steer a terminal is escaped. */
void fact(struct ctl *ctl, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A sentence, on as many lines as the width asks for. */
void fact_wrapped(struct ctl *ctl, const char *name, const char *text);

/* The rest of a line that has `at` columns already, on as many as the width asks for: the others begin at column `left`. */
void put_wrapped(struct ctl *ctl, unsigned at, unsigned left, const char *text);

/* A line of the result. */
void put(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A sentence that only says that it was done: left out with --quiet. */
void say(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
