/*
 * A circuit breaker: a processor whose jobs fail again and again is asked for no more of them until one that is sent
 * to try succeeds; what waits keeps waiting and does not use up its tries. After Nygard, "Release It!": closed, open,
 * half-open. Plain arithmetic; one owner.
 */
#ifndef PROCESS_BREAKER_H
#define PROCESS_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN, BREAKER_STATES };
const char *breaker_state_name(enum breaker_state state);

struct breaker {
	enum breaker_state state;
	unsigned most; /* failures of the last 20 that open it; 0: it never opens */
	uint32_t last; /* the last 20 outcomes, a bit each: 1 failed */
	int64_t until_us; /* open: when one job may try */
	int64_t pause_us; /* how long it is open: doubles with each try that fails */
};

/* A job ended. True: the state has changed. */
bool breaker_note(struct breaker *b, bool failed, int64_t now_us);
bool breaker_tick(struct breaker *b, int64_t now_us); /* true: the state has changed */
int64_t breaker_next_us(const struct breaker *b); /* INT64_MAX: none */
void breaker_reset(struct breaker *b); /* closed, all forgotten: by hand */

#endif
