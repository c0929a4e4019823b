/*
 * What waits, by turn: the smallest goes first, equal ones by arrival. A turn is a number of the owner's: a due
 * time, or when it is somebody's turn to be served. Adding, removing, the place in the queue and who stands at a
 * place each take O(log n), whatever order they come in: a treap with subtree counts (Seidel and Aragon, "Randomized
 * Search Trees", Algorithmica 16, 1996).
 *
 * Nodes are embedded in what waits, zeroed before the first use. One owner thread; no allocation.
 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue_node {
	struct queue_node *left, *right, *parent;
	int64_t turn;
	uint64_t arrival; /* breaks ties */
	uint32_t weight; /* random, heap order */
	uint32_t count; /* of the subtree */
};

struct queue {
	struct queue_node *root;
	uint64_t arrivals;
	uint32_t seed; /* xorshift state; 0 is taken as 1 */
};

void queue_add(struct queue *q, struct queue_node *node, int64_t turn);
void queue_remove(struct queue *q, struct queue_node *node); /* must be in this queue */
bool queue_holds(const struct queue_node *node); /* whether it is in a queue; a zeroed node is in none */

struct queue_node *queue_first(const struct queue *q); /* NULL: empty */
struct queue_node *queue_next(const struct queue_node *node);
size_t queue_size(const struct queue *q);
size_t queue_place(const struct queue_node *node); /* how many go before it */
struct queue_node *queue_at(const struct queue *q, size_t place); /* NULL: not that many */

#endif
