/* Standing orders as clients see them. Loop thread only. */
#ifndef ADMIN_STANDING_H
#define ADMIN_STANDING_H

#include <jansson.h>
#include <stddef.h>

#include "delivery/delivery.h"

/* {"order":"mute","team":"LAL","date":...,"level":...,"by":...,"until_ms":...}; what does not apply is absent. */
json_t *admin_order_json(const struct order *order);

/* All of the kinds whose bits are set, sorted by their words, into an array that the caller frees. 0 or -ENOMEM. */
int admin_orders(const struct delivery *delivery, unsigned kinds, const struct order ***ret_orders, size_t *ret_count);

#endif
