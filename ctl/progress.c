#include "progress.h"

#include "base/clock.h"
#include "base/str.h"
#include "text.h"

#define BAR_WIDTH 30
#define RATE_FROM_MS 1000 /* before that a rate says little */

/* Counted from the first step: what was done before it took a time that nobody has seen. */
static void add_rate(struct ctl *ctl, char *buffer, size_t size, int64_t done, int64_t total)
{
	const int64_t now_ms = clock_mono_us(clock_system()) / 1000;
	char left[SHORT_SIZE];
	if (ctl->step_ms == 0 || done < ctl->step_done) {
		ctl->step_ms = now_ms;
		ctl->step_done = done;
	}
	const double rate = progress_rate(done - ctl->step_done, now_ms - ctl->step_ms);
	if (rate > 0)
		text_format(buffer, size, ", %.*f a second, %s left", rate < 10 ? 1 : 0, rate,
			span_text((int64_t)((double)(total - done) / rate * 1000), left));
}

double progress_rate(int64_t done, int64_t ms)
{
	return done > 0 && ms >= RATE_FROM_MS ? (double)done * 1000 / (double)ms : 0;
}

static void bar(struct ctl *ctl, char *buffer, size_t size, const json_t *step)
{
	int64_t done = int_of(step, "done", 0), total = int_of(step, "total", 0), failed = int_of(step, "failed", 0);
	char filled[BAR_WIDTH + 1], of[SHORT_SIZE], so_far[SHORT_SIZE];
	int64_t marks = total > 0 ? done * BAR_WIDTH / total : 0;
	for (int i = 0; i < BAR_WIDTH; i++)
		filled[i] = i < marks ? '#' : '.';
	filled[BAR_WIDTH] = '\0';
	size_t length =
		text_format(buffer, size, "[%s] %s of %s", filled, count_text(done, so_far), count_text(total, of));
	if (failed > 0)
		length += text_format(buffer + length, size - length, ", %lld failed", (long long)failed);
	add_rate(ctl, buffer + length, size - length, done, total);
}

static void words(char *buffer, size_t size, const json_t *step)
{
	size_t length = 0;
	buffer[0] = '\0';
	const char *key;
	json_t *value;
	json_object_foreach ((json_t *)step, key, value) {
		const char *gap = length > 0 ? ", " : "";
		if (json_is_string(value))
			length += text_format(buffer + length, size - length, "%s%s", gap, json_string_value(value));
		else if (json_is_integer(value))
			length += text_format(buffer + length, size - length, "%s%s %lld", gap, key,
				(long long)json_integer_value(value));
	}
}

void progress_show(struct ctl *ctl, const json_t *step)
{
	if (ctl->quiet || !ctl->live)
		return;
	char text[160];
	if (json_object_get(step, "total"))
		bar(ctl, text, sizeof(text), step);
	else
		words(text, sizeof(text), step);
	fputs("\r\033[K", ctl->talk);
	put_text(ctl->talk, text);
	fflush(ctl->talk);
}

void progress_clear(struct ctl *ctl)
{
	if (ctl->quiet || !ctl->live)
		return;
	fputs("\r\033[K", ctl->talk);
	fflush(ctl->talk);
}
