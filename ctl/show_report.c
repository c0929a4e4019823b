/* A report as tables: who, and a line a market and book. */
#include "show.h"

#include "facts.h"
#include "table.h"
#include "text.h"

static void cell_number(struct table *table, size_t column, const json_t *object, const char *key)
{
	char text[SHORT_SIZE];
	const json_t *value = json_object_get(object, key);
	if (json_is_number(value))
		table_cell(table, column, "%s", number_text(json_number_value(value), text));
}

static void cell_decimals(struct table *table, size_t column, const json_t *object, const char *key, int decimals)
{
	const json_t *value = json_object_get(object, key);
	if (json_is_number(value))
		table_cell(table, column, "%.*f", decimals, json_number_value(value));
}

static void price_row(struct table *table, const char *book, const char *kind, const json_t *price)
{
	const char *says = text_of(price, "recommendation");
	table_row(table);
	table_cell(table, 3, "%s%s%s", book, book[0] && kind[0] ? " " : kind[0] ? "  " : "", kind);
	cell_number(table, 4, price, "line");
	cell_number(table, 5, price, "over");
	cell_number(table, 6, price, "under");
	cell_decimals(table, 7, price, "p_over", 3);
	cell_decimals(table, 8, price, "edge", 3);
	table_cell(table, 9, "%s", says);
	table_color(table, 9, says[0] == 'P' ? TABLE_PLAIN : TABLE_GOOD);
}

/* The market's name and the model's figures, in its first row only. */
static void name_row(struct table *table, const char *name, const json_t *market, bool *first)
{
	if (!*first)
		return;
	*first = false;
	table_cell(table, 0, "%s", name);
	cell_decimals(table, 1, market, "mean", 1);
	cell_decimals(table, 2, market, "sd", 1);
}

static void market_rows(struct table *table, const char *name, const json_t *market)
{
	json_t *books = json_object_get(market, "books"), *book;
	const char *book_name;
	bool first = true;
	json_object_foreach (books, book_name, book) {
		size_t i;
		json_t *alternate;
		bool main_line = json_object_get(book, "line") != NULL;
		if (main_line) {
			price_row(table, book_name, "", book);
			name_row(table, name, market, &first);
		}
		json_array_foreach (json_object_get(book, "alternates"), i, alternate) {
			price_row(table, main_line || i > 0 ? "" : book_name, "alt", alternate);
			name_row(table, name, market, &first);
		}
	}
	if (first) {
		table_row(table);
		name_row(table, name, market, &first);
	}
}

static void show_head(struct ctl *ctl, const json_t *report)
{
	const json_t *injury = json_object_get(report, "injury"), *starter = json_object_get(report, "starter");
	fact(ctl, "player", "%s", text_of(report, "player_lookup"));
	fact(ctl, "game", "%s, %s against %s", text_of(report, "game_id"), text_of(report, "team"),
		text_of(report, "opponent"));
	fact(ctl, "status", "%s%s%s%s", text_of(report, "status"), injury ? ", injury report: " : "",
		injury ? text_of(injury, "status") : "",
		json_is_true(starter)    ? ", starts"
		: json_is_false(starter) ? ", does not start"
					 : "");
	fact(ctl, "report", "version %lld by %s, %s", (long long)int_of(report, "version", 0),
		text_of(report, "processor"), text_of(report, "generated_at"));
}

void show_report(struct ctl *ctl, json_t *report)
{
	static const struct table_column columns[] = {{"MARKET", 0}, {"MEAN", TABLE_RIGHT}, {"SD", TABLE_RIGHT},
		{"BOOK", TABLE_CUT}, {"LINE", TABLE_RIGHT}, {"OVER", TABLE_RIGHT}, {"UNDER", TABLE_RIGHT},
		{"P OVER", TABLE_RIGHT}, {"EDGE", TABLE_RIGHT}, {"SAYS", 0}};
	show_head(ctl, report);
	json_t *markets = json_object_get(report, "markets"), *market;
	if (json_object_size(markets) == 0)
		return;
	fputc('\n', ctl->data);
	struct table *table = table_new(ctl, columns, sizeof(columns) / sizeof(*columns));
	const char *name;
	json_object_foreach (markets, name, market)
		market_rows(table, name, market);
	table_print(table);
}
