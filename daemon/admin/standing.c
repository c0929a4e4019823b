#include "admin/standing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

json_t *admin_order_json(const struct order *order)
{
	char date[DATE_SIZE];
	const struct order_key *key = &order->key;
	json_t *row = json_pack("{s:s}", "order", order_kind_name(key->kind));
	if (key->whom != ORDER_ALL)
		json_object_set_new(row, order_whom_name(key->whom), json_string(key->name));
	if (key->date)
		json_object_set_new(row, "date", json_string(date_format(key->date, date)));
	if (key->kind == ORDER_PRIORITY)
		json_object_set_new(row, "level", json_string(level_name(order->level)));
	if (order->by[0])
		json_object_set_new(row, "by", json_string(order->by));
	if (order->until_ms > 0)
		json_object_set_new(row, "until_ms", json_integer(order->until_ms));
	return row;
}

static int by_words(const void *a, const void *b)
{
	char x[ORDER_FIELD_SIZE], y[ORDER_FIELD_SIZE];
	return strcmp(order_field_format(&(*(const struct order *const *)a)->key, x),
		order_field_format(&(*(const struct order *const *)b)->key, y));
}

int admin_orders(const struct delivery *delivery, unsigned kinds, const struct order ***ret_orders, size_t *ret_count)
{
	const struct order *order = NULL;
	size_t size = 0, count = 0;
	while ((order = delivery_next_order(delivery, order)) != NULL)
		size++;
	const struct order **orders = calloc(size + 1, sizeof(*orders));
	if (!orders)
		return -ENOMEM;
	while ((order = delivery_next_order(delivery, order)) != NULL)
		if (kinds & 1u << order->key.kind)
			orders[count++] = order;
	qsort(orders, count, sizeof(*orders), by_words);
	*ret_orders = orders;
	*ret_count = count;
	return 0;
}
