/* Doubly linked lists threaded through `next` and `prev` of their elements (utlist.h's DL_*, with a count). */
#ifndef DELIVERY_LIST_H
#define DELIVERY_LIST_H

#include <utlist.h>

#define LIST(type) \
	struct { \
		type *head; \
		unsigned count; \
	}

#define LIST_APPEND(list, element) \
	do { \
		DL_APPEND((list)->head, element); \
		(list)->count++; \
	} while (0)

#define LIST_PREPEND(list, element) \
	do { \
		DL_PREPEND((list)->head, element); \
		(list)->count++; \
	} while (0)

#define LIST_REMOVE(list, element) \
	do { \
		DL_DELETE((list)->head, element); \
		(list)->count--; \
	} while (0)

#endif
