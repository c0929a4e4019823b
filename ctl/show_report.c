/* A report as tables: who, a line a market with what is expected, and a line a market and book. */
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

enum { MARKET, BOOK, LINE, OVER, UNDER, FAIR, P_OVER, EDGE, RETURN, SAYS };

/* Of the side that is recommended, else of the better one. */
static void return_cell(struct table *table, const json_t *price, const char *says)
{
	const json_t *over = json_object_get(price, "return_over"), *under = json_object_get(price, "return_under");
	const bool under_better = !over || json_number_value(under) > json_number_value(over);
	const bool takes_under = says[0] == 'U' || (says[0] != 'O' && under && under_better);
	cell_decimals(table, RETURN, price, takes_under ? "return_under" : "return_over", 3);
}

static void price_row(struct table *table, const char *book, const char *kind, const json_t *price)
{
	const char *says = text_of(price, "recommendation");
	const bool suspect = json_is_true(json_object_get(price, "suspect"));
	table_row(table);
	table_cell(table, BOOK, "%s%s%s", book, book[0] && kind[0] ? " " : kind[0] ? "  " : "", kind);
	cell_number(table, LINE, price, "line");
	cell_number(table, OVER, price, "over");
	cell_number(table, UNDER, price, "under");
	cell_decimals(table, FAIR, price, "fair_over", 3);
	cell_decimals(table, P_OVER, price, "p_over", 3);
	cell_decimals(table, EDGE, price, "edge", 3);
	return_cell(table, price, says);
	table_cell(table, SAYS, "%s", suspect ? "suspect" : says);
	table_color(table, SAYS, suspect ? TABLE_BAD : says[0] == 'P' || !says[0] ? TABLE_PLAIN : TABLE_GOOD);
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
			table_cell(table, MARKET, "%s", first ? name : "");
			first = false;
		}
		json_array_foreach (json_object_get(book, "alternates"), i, alternate) {
			price_row(table, main_line || i > 0 ? "" : book_name, "alt", alternate);
			table_cell(table, MARKET, "%s", first ? name : "");
			first = false;
		}
	}
}

static void show_figures(struct ctl *ctl, json_t *markets)
{
	static const struct table_column columns[] = {{"MARKET", 0}, {"MEAN", TABLE_RIGHT}, {"SD", TABLE_RIGHT},
		{"P10", TABLE_RIGHT}, {"MEDIAN", TABLE_RIGHT}, {"P90", TABLE_RIGHT}, {"EVEN AT", TABLE_RIGHT},
		{"BOOKS", TABLE_RIGHT}, {"FIGURES", 0}};
	struct table *table = table_new(ctl, columns, sizeof(columns) / sizeof(*columns));
	const char *name;
	json_t *market;
	json_object_foreach (markets, name, market) {
		const json_t *consensus = json_object_get(market, "consensus");
		const bool figures = json_object_get(market, "mean") != NULL;
		table_row(table);
		table_cell(table, 0, "%s", name);
		cell_decimals(table, 1, market, "mean", 1);
		cell_decimals(table, 2, market, "sd", 1);
		cell_number(table, 3, market, "p10");
		cell_number(table, 4, market, "median");
		cell_number(table, 5, market, "p90");
		cell_decimals(table, 6, consensus, "line", 1);
		cell_number(table, 7, consensus, "books");
		table_cell(table, 8, "%s",
			!figures                             ? "none"
			: json_object_get(market, "figures") ? "the books' own"
							     : "");
	}
	table_print(table);
}

static void show_lines(struct ctl *ctl, json_t *markets)
{
	static const struct table_column columns[] = {[MARKET] = {"MARKET", 0},
		[BOOK] = {"BOOK", TABLE_CUT},
		[LINE] = {"LINE", TABLE_RIGHT},
		[OVER] = {"OVER", TABLE_RIGHT},
		[UNDER] = {"UNDER", TABLE_RIGHT},
		[FAIR] = {"FAIR", TABLE_RIGHT},
		[P_OVER] = {"P OVER", TABLE_RIGHT},
		[EDGE] = {"EDGE", TABLE_RIGHT},
		[RETURN] = {"RETURN", TABLE_RIGHT},
		[SAYS] = {"SAYS", 0}};
	const char *name;
	json_t *market;
	bool any = false;
	json_object_foreach (markets, name, market)
		any = any || json_object_size(json_object_get(market, "books")) > 0;
	if (!any)
		return;
	fputc('\n', ctl->data);
	struct table *table = table_new(ctl, columns, sizeof(columns) / sizeof(*columns));
	json_object_foreach (markets, name, market)
		market_rows(table, name, market);
	table_print(table);
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
	const json_t *minutes = json_object_get(report, "minutes");
	if (minutes)
		fact(ctl, "minutes", "%.1f expected", json_number_value(minutes));
	fact(ctl, "report", "version %lld by %s, %s", (long long)int_of(report, "version", 0),
		text_of(report, "processor"), text_of(report, "generated_at"));
}

static void side_row(struct table *table, const char *side, const json_t *data, double p)
{
	const bool over = side[0] == 'o';
	const json_t *price = json_object_get(data, side), *fair = json_object_get(data, "fair_over");
	table_row(table);
	table_cell(table, 0, "%s", side);
	table_cell(table, 1, "%.3f", p);
	if (!price)
		return;
	cell_number(table, 2, data, side);
	if (fair)
		table_cell(table, 3, "%.3f", over ? json_number_value(fair) : 1 - json_number_value(fair));
	cell_decimals(table, 4, data, over ? "return_over" : "return_under", 3);
}

void show_price(struct ctl *ctl, json_t *data)
{
	static const struct table_column columns[] = {{"SIDE", 0}, {"P", TABLE_RIGHT}, {"PRICE", TABLE_RIGHT},
		{"FAIR", TABLE_RIGHT}, {"RETURN", TABLE_RIGHT}};
	const json_t *push = json_object_get(data, "p_push"), *model = json_object_get(data, "p_model");
	const json_t *consensus = json_object_get(data, "consensus");
	const double over = json_number_value(json_object_get(data, "p_over"));
	char line[SHORT_SIZE];
	fact(ctl, "player", "%s, %s", text_of(data, "player"), text_of(data, "date"));
	fact(ctl, "line", "%s %s", text_of(data, "market"),
		number_text(json_number_value(json_object_get(data, "line")), line));
	fact(ctl, "expected", "%.1f, give or take %.1f%s", json_number_value(json_object_get(data, "mean")),
		json_number_value(json_object_get(data, "sd")),
		json_object_get(data, "figures") ? ", by the books alone" : "");
	if (consensus)
		fact(ctl, "even at", "%.1f, by %lld book%s", json_number_value(json_object_get(consensus, "line")),
			(long long)int_of(consensus, "books", 0), int_of(consensus, "books", 0) == 1 ? "" : "s");
	if (model)
		fact(ctl, "model", "%.3f of the over, the market left out", json_number_value(model));
	if (push)
		fact(ctl, "push", "%.3f, left out of P below", json_number_value(push));
	fact(ctl, "report", "version %lld, %s", (long long)int_of(data, "version", 0), text_of(data, "status"));
	fputc('\n', ctl->data);
	struct table *table = table_new(ctl, columns, sizeof(columns) / sizeof(*columns));
	side_row(table, "over", data, over);
	side_row(table, "under", data, 1 - over);
	table_print(table);
}

void show_report(struct ctl *ctl, json_t *report)
{
	show_head(ctl, report);
	json_t *markets = json_object_get(report, "markets");
	if (json_object_size(markets) == 0)
		return;
	fputc('\n', ctl->data);
	show_figures(ctl, markets);
	show_lines(ctl, markets);
}
