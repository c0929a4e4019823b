/* How lines moved: a block a market and book, with a line a change and all of them in one small curve. */
#include "show.h"

#include <string.h>

#include "facts.h"
#include "table.h"
#include "text.h"

enum { TIME, LINE, WAY, OVER, UNDER, FAIR };
enum { CURVE_WIDTH = 40, CURVE_STEPS = 8 };

static bool is_off(const json_t *point)
{
	return json_is_true(json_object_get(point, "off"));
}

/* What the curve is of: the lines; of one that never moved the probability of its over. */
static double height(const json_t *point, bool of_lines)
{
	return number_of(point, of_lines ? "line" : "fair_over", 0.5);
}

static void range(const json_t *points, bool of_lines, double *ret_low, double *ret_high)
{
	size_t i;
	json_t *point;
	bool any = false;
	*ret_low = *ret_high = 0;
	json_array_foreach (points, i, point) {
		const double h = height(point, of_lines);
		if (is_off(point))
			continue;
		*ret_low = !any || h < *ret_low ? h : *ret_low;
		*ret_high = !any || h > *ret_high ? h : *ret_high;
		any = true;
	}
}

/* Evenly spaced ones where there are more changes than fit. */
static void put_curve(FILE *out, const json_t *points)
{
	static const char *const steps[CURVE_STEPS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	const size_t count = json_array_size(points), width = count < CURVE_WIDTH ? count : CURVE_WIDTH;
	bool of_lines = true;
	double low, high;

	range(points, true, &low, &high);
	if (low == high) {
		of_lines = false;
		range(points, false, &low, &high);
	}
	for (size_t i = 0; i < width; i++) {
		const json_t *point = json_array_get(points, width > 1 ? i * (count - 1) / (width - 1) : 0);
		const double share = high > low ? (height(point, of_lines) - low) / (high - low) : 0.5;
		fputs(is_off(point) ? "-" : steps[(int)(share * (CURVE_STEPS - 1) + 0.5)], out);
	}
}

static void cell_number(struct table *table, size_t column, const json_t *object, const char *key)
{
	char text[SHORT_SIZE];
	const json_t *value = json_object_get(object, key);
	if (value)
		table_cell(table, column, "%s", number_text(json_number_value(value), text));
}

/* Where the line went; "·": only its prices did. */
static const char *way(const json_t *before, const json_t *point)
{
	if (!before || is_off(before) || is_off(point))
		return "";
	const double moved = number_of(point, "line", 0) - number_of(before, "line", 0);
	return moved > 0 ? "↑" : moved < 0 ? "↓" : "·";
}

static void show_points(struct ctl *ctl, const json_t *points)
{
	static const struct table_column columns[] = {[TIME] = {"TIME", 0},
		[LINE] = {"LINE", TABLE_RIGHT},
		[WAY] = {"", 0},
		[OVER] = {"OVER", TABLE_RIGHT},
		[UNDER] = {"UNDER", TABLE_RIGHT},
		[FAIR] = {"FAIR", TABLE_RIGHT}};
	struct table *table = table_new(ctl, columns, sizeof(columns) / sizeof(*columns));
	const json_t *before = NULL;
	json_t *point;
	size_t i;
	json_array_foreach (points, i, point) {
		char time[SHORT_SIZE];
		const json_t *fair = json_object_get(point, "fair_over");
		const bool by_then = json_is_true(json_object_get(point, "by_then"));
		table_row(table);
		table_cell(table, TIME, "%s%s", by_then ? "by " : "", clock_text(int_of(point, "time_ms", 0), time));
		table_cell(table, WAY, "%s", way(before, point));
		if (is_off(point))
			table_cell(table, LINE, "off");
		cell_number(table, LINE, point, "line");
		cell_number(table, OVER, point, "over");
		cell_number(table, UNDER, point, "under");
		if (fair)
			table_cell(table, FAIR, "%.3f", json_number_value(fair));
		before = point;
	}
	table_print(table);
}

static void show_close(struct ctl *ctl, const json_t *path)
{
	const json_t *close = json_object_get(path, "close"), *fair = json_object_get(close, "fair_over");
	const json_t *first = json_array_get(json_object_get(path, "points"), 0);
	char time[SHORT_SIZE], line[SHORT_SIZE];
	if (!close) {
		fprintf(ctl->data, "no close: %s\n", text_of(path, "no_close"));
		return;
	}
	const double moved = number_of(close, "line", 0) - number_of(first, "line", 0);
	fprintf(ctl->data, "close: %s, said %s", number_text(number_of(close, "line", 0), line),
		clock_text(int_of(close, "time_ms", 0), time));
	if (fair)
		fprintf(ctl->data, ", over at %.3f", json_number_value(fair));
	if (moved != 0)
		fprintf(ctl->data, ", %s%s since the first", moved > 0 ? "+" : "", number_text(moved, line));
	fputc('\n', ctl->data);
}

void show_paths(struct ctl *ctl, json_t *data)
{
	const json_t *paths = json_object_get(data, "paths"), *tip = json_object_get(data, "tip_ms");
	const int64_t kept = int_of(data, "kept", 0);
	const char *game = text_of(data, "game_id");
	char time[SHORT_SIZE], count[SHORT_SIZE];
	json_t *path;
	size_t i;

	fact(ctl, "player", "%s, %s", text_of(data, "player"), text_of(data, "date"));
	if (game[0])
		fact(ctl, "game", "%s, %s%s", game, tip ? "tip-off " : "tip-off unknown",
			tip ? clock_text(json_integer_value(tip), time) : "");
	fact(ctl, "changes", "%s kept%s", count_text(kept, count),
		json_is_true(json_object_get(data, "cut")) ? ", older ones are gone" : "");
	if (json_array_size(paths) == 0)
		fprintf(ctl->data, "\nNo lines.\n");
	json_array_foreach (paths, i, path) {
		const json_t *points = json_object_get(path, "points");
		fputc('\n', ctl->data);
		put_text(ctl->data, text_of(path, "market"));
		fputs(" at ", ctl->data);
		put_text(ctl->data, text_of(path, "book"));
		fputs("  ", ctl->data);
		put_curve(ctl->data, points);
		fputc('\n', ctl->data);
		show_points(ctl, points);
		show_close(ctl, path);
	}
}
