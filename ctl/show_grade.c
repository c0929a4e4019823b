/* What became of recommendations: a line each, then by market. */
#include "show.h"

#include <string.h>

#include "facts.h"
#include "table.h"
#include "text.h"

enum { PLAYER, BOOK, BET, PRICE, COUNT, RESULT, MOVED, VALUE };

static void cell_number(struct table *table, size_t column, const json_t *object, const char *key)
{
	char text[SHORT_SIZE];
	const json_t *value = json_object_get(object, key);
	if (value)
		table_cell(table, column, "%s", number_text(json_number_value(value), text));
}

static void cell_signed(struct table *table, size_t column, const json_t *object, const char *key, int decimals)
{
	const json_t *value = json_object_get(object, key);
	if (value)
		table_cell(table, column, "%+.*f", decimals, json_number_value(value));
}

static void call_row(struct table *table, const json_t *row)
{
	const char *result = text_of(row, "result"), *reason = text_of(row, "reason");
	char line[SHORT_SIZE];
	table_cell(table, PLAYER, "%s", text_of(row, "player"));
	table_cell(table, BOOK, "%s", text_of(row, "book"));
	table_cell(table, BET, "%s %c%s%s", text_of(row, "market"), text_of(row, "side")[0] == 'O' ? 'o' : 'u',
		number_text(number_of(row, "line", 0), line),
		json_is_true(json_object_get(row, "alternate")) ? " alt"
		: json_is_true(json_object_get(row, "stands"))  ? ""
								: " *");
	cell_number(table, PRICE, row, "price");
	cell_number(table, COUNT, row, "count");
	table_cell(table, RESULT, "%s", reason[0] ? reason : result);
	table_color(table, RESULT,
		strcmp(result, "won") == 0    ? TABLE_GOOD
		: strcmp(result, "lost") == 0 ? TABLE_BAD
					      : TABLE_PLAIN);
	cell_signed(table, MOVED, row, "moved", 1);
	cell_signed(table, VALUE, row, "closing_value", 3);
}

static void show_calls(struct ctl *ctl, const json_t *calls)
{
	static const struct table_column columns[] = {[PLAYER] = {"PLAYER", TABLE_CUT},
		[BOOK] = {"BOOK", TABLE_CUT},
		[BET] = {"BET", 0},
		[PRICE] = {"AT", TABLE_RIGHT},
		[COUNT] = {"GOT", TABLE_RIGHT},
		[RESULT] = {"RESULT", 0},
		[MOVED] = {"MOVED", TABLE_RIGHT},
		[VALUE] = {"CLOSE", TABLE_RIGHT}};
	table_of(ctl, columns, sizeof(columns) / sizeof(*columns), calls, call_row);
}

static void summary_row(struct table *table, const json_t *row)
{
	const json_t *low = json_object_get(row, "return_low"), *high = json_object_get(row, "return_high");
	static const char *const counts[] = {"bets", "won", "lost", "push", "no_action", "pending"};
	table_cell(table, 0, "%s", text_of(row, "market"));
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		cell_number(table, 1 + i, row, counts[i]);
	cell_signed(table, 7, row, "return", 3);
	if (low && high)
		table_cell(table, 8, "%+.2f to %+.2f", json_number_value(low), json_number_value(high));
	cell_signed(table, 9, row, "moved", 2);
	cell_signed(table, 10, row, "closing_value", 3);
}

static void show_summary(struct ctl *ctl, const json_t *summary)
{
	static const struct table_column columns[] = {{"MARKET", 0}, {"BETS", TABLE_RIGHT}, {"WON", TABLE_RIGHT},
		{"LOST", TABLE_RIGHT}, {"PUSH", TABLE_RIGHT}, {"VOID", TABLE_RIGHT}, {"OPEN", TABLE_RIGHT},
		{"RETURN", TABLE_RIGHT}, {"95 %", TABLE_RIGHT}, {"MOVED", TABLE_RIGHT}, {"CLOSE", TABLE_RIGHT}};
	table_of(ctl, columns, sizeof(columns) / sizeof(*columns), summary, summary_row);
}

static bool any(const json_t *calls, const char *key, bool wanted)
{
	json_t *row;
	size_t i;
	json_array_foreach (calls, i, row)
		if (json_is_true(json_object_get(row, key)) == wanted)
			return true;
	return false;
}

void show_grade(struct ctl *ctl, json_t *data)
{
	const json_t *calls = json_object_get(data, "calls");
	const bool first = json_is_true(json_object_get(data, "first"));
	fact(ctl, "date", "%s", text_of(data, "date"));
	fact(ctl, "graded", "%s",
		first ? "all that were ever recommended, as they were first given"
		      : "what the last report before tip-off recommended");
	if (json_array_size(calls) == 0) {
		fprintf(ctl->data, "\nNothing was recommended.\n");
		return;
	}
	fputc('\n', ctl->data);
	show_calls(ctl, calls);
	if (first && any(calls, "stands", false))
		fprintf(ctl->data, "*: not recommended any more at tip-off\n");
	if (any(calls, "late", true))
		fprintf(ctl->data, "Some reports were made after tip-off, as when a night is played again.\n");
	fputc('\n', ctl->data);
	show_summary(ctl, json_object_get(data, "summary"));
}
