/*
 * Who waits, in the order of service. One number says when it is somebody's turn:
 *
 *     turn = since + level * step
 *
 * the smallest turn goes first, equal ones by arrival. So within a level the longest wait goes first, and a lower level
 * goes before a higher one exactly when it has waited one step longer for each level between them: strict levels with
 * aging, in one total order that does not change as time passes. Hence raising, removing, the place in the queue and who
 * stands at a place are each O(log n): a treap with subtree counts (Seidel and Aragon, "Randomized Search Trees",
 * Algorithmica 16, 1996).
 *
 * Nodes are embedded in what waits. Also used as a timer queue (turn = due time). One owner thread.
 */
#ifndef REGEN_QUEUE_H
#define REGEN_QUEUE_H

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
