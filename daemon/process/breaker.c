#include "process/breaker.h"

enum { LAST = 20 };
static const int64_t first_pause_us = 5000000, most_pause_us = 300000000;

const char *breaker_state_name(enum breaker_state state)
{
	static const char *const names[] = {
		[BREAKER_CLOSED] = "closed",
		[BREAKER_OPEN] = "open",
		[BREAKER_HALF_OPEN] = "half-open",
	};
	return names[state];
}

static void open_it(struct breaker *b, int64_t now_us)
{
	b->pause_us = b->pause_us == 0 ? first_pause_us : b->pause_us * 2;
	if (b->pause_us > most_pause_us)
		b->pause_us = most_pause_us;
	b->until_us = now_us + b->pause_us;
	b->state = BREAKER_OPEN;
}

bool breaker_note(struct breaker *b, bool failed, int64_t now_us)
{
	b->last = (b->last << 1 | failed) & ((UINT32_C(1) << LAST) - 1);
	switch (b->state) {
	case BREAKER_CLOSED:
		if (!b->most || (unsigned)__builtin_popcount(b->last) < b->most)
			return false;
		open_it(b, now_us);
		return true;
	case BREAKER_HALF_OPEN:
		if (failed)
			open_it(b, now_us);
		else
			breaker_reset(b);
		return true;
	case BREAKER_STATES:
	case BREAKER_OPEN: /* one that was under way when it opened */
		break;
	}
	return false;
}

bool breaker_tick(struct breaker *b, int64_t now_us)
{
	if (b->state != BREAKER_OPEN || now_us < b->until_us)
		return false;
	b->state = BREAKER_HALF_OPEN;
	return true;
}

int64_t breaker_next_us(const struct breaker *b)
{
	return b->state == BREAKER_OPEN ? b->until_us : INT64_MAX;
}

void breaker_reset(struct breaker *b)
{
	b->state = BREAKER_CLOSED;
	b->last = 0;
	b->pause_us = 0;
}
