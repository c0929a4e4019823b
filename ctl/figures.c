#include "figures.h"

#include <math.h>
#include <stdlib.h>

#include "text.h"

double figures_percentile(const double *sorted, size_t count, double percent)
{
	/* In this order: 7 of 100 times 100 is a little more than 7. */
	const double rank = ceil(percent * (double)count / 100);
	const size_t at = rank < 1 ? 1 : rank > (double)count ? count : (size_t)rank;
	return sorted[at - 1];
}

static json_t *seconds_of(const json_t *told, const char *key)
{
	const json_t *ms = json_object_get(told, key);
	return json_is_number(ms) ? json_real(json_number_value(ms) / 1000) : json_null();
}

json_t *figures_item(const json_t *told)
{
	const json_t *peak = json_object_get(told, "peak_bytes");
	json_t *item = json_pack("{s:s, s:I, s:b, s:o, s:o, s:o, s:I, s:I, s:I}", "player", text_of(told, "player"),
		"repeat", (json_int_t)int_of(told, "repeat", 1), "ok", json_is_true(json_object_get(told, "ok")),
		"seconds", seconds_of(told, "took_ms"), "cpu_seconds", seconds_of(told, "cpu_ms"), "peak_bytes",
		peak ? json_integer(int_of(told, "peak_bytes", 0)) : json_null(), "request_bytes",
		(json_int_t)int_of(told, "request_bytes", 0), "reply_bytes", (json_int_t)int_of(told, "reply_bytes", 0),
		"result_bytes", (json_int_t)int_of(told, "result_bytes", 0));
	if (json_object_get(told, "error"))
		json_object_set(item, "error", json_object_get(told, "error"));
	return item;
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Of the items that are ok, sorted; NULL: no memory. */
static double *times_of(const json_t *items, size_t *ret_count)
{
	double *times = calloc(json_array_size(items) + 1, sizeof(*times));
	size_t i, count = 0;
	const json_t *item;
	json_array_foreach (items, i, item)
		if (times && json_is_true(json_object_get(item, "ok")))
			times[count++] = number_of(item, "seconds", 0);
	if (times)
		qsort(times, count, sizeof(*times), by_size);
	*ret_count = count;
	return times;
}

static void add_times(json_t *figures, const double *times, size_t count)
{
	static const struct {
		const char *name;
		double percent;
	} ranks[] = {{"p50", 50}, {"p95", 95}, {"p99", 99}};
	double total = 0;
	for (size_t i = 0; i < count; i++)
		total += times[i];
	json_object_set_new(figures, "total", count ? json_real(total) : json_null());
	json_object_set_new(figures, "mean", count ? json_real(total / (double)count) : json_null());
	for (size_t i = 0; i < sizeof(ranks) / sizeof(*ranks); i++)
		json_object_set_new(figures, ranks[i].name,
			count ? json_real(figures_percentile(times, count, ranks[i].percent)) : json_null());
}

/* The sum, or the largest, of what is known; null if nothing is. */
static json_t *gather(const json_t *items, const char *key, int largest)
{
	double all = 0;
	int known = 0, whole = 1;
	size_t i;
	const json_t *item;
	json_array_foreach (items, i, item) {
		const json_t *value = json_object_get(item, key);
		if (!json_is_number(value))
			continue;
		const double number = json_number_value(value);
		all = largest ? (number > all ? number : all) : all + number;
		whole &= json_is_integer(value);
		known = 1;
	}
	return !known ? json_null() : whole ? json_integer((json_int_t)all) : json_real(all);
}

json_t *figures_of(const json_t *items)
{
	size_t count;
	double *times = times_of(items, &count);
	json_t *figures = times ? json_pack("{s:I, s:I}", "items", (json_int_t)json_array_size(items), "failures",
					  (json_int_t)(json_array_size(items) - count))
				: NULL;
	if (!figures) {
		free(times);
		return NULL;
	}
	add_times(figures, times, count);
	free(times);
	json_object_set_new(figures, "cpu_seconds", gather(items, "cpu_seconds", 0));
	json_object_set_new(figures, "peak_bytes", gather(items, "peak_bytes", 1));
	json_object_set_new(figures, "reply_bytes", gather(items, "reply_bytes", 0));
	json_object_set_new(figures, "result_bytes", gather(items, "result_bytes", 0));
	return figures;
}
