#include "base/queue.h"

#include <assert.h>

static uint32_t count(const struct queue_node *n)
{
	return n ? n->count : 0;
}

static void recount(struct queue_node *n)
{
	n->count = 1 + count(n->left) + count(n->right);
}

static bool before(const struct queue_node *a, const struct queue_node *b)
{
	return a->turn != b->turn ? a->turn < b->turn : a->arrival < b->arrival;
}

static uint32_t random_weight(struct queue *q)
{
	uint32_t x = q->seed ? q->seed : 1;
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return q->seed = x;
}

/* Puts `child` where `node` hangs. */
static void replace(struct queue *q, const struct queue_node *node, struct queue_node *child)
{
	if (!node->parent)
		q->root = child;
	else if (node->parent->left == node)
		node->parent->left = child;
	else
		node->parent->right = child;
	if (child)
		child->parent = node->parent;
}

/* Lifts `node` above its parent; the order stays. */
static void rotate_up(struct queue *q, struct queue_node *node)
{
	struct queue_node *parent = node->parent, *moved;
	replace(q, parent, node);
	if (parent->left == node) {
		moved = node->right;
		parent->left = moved;
		node->right = parent;
	} else {
		moved = node->left;
		parent->right = moved;
		node->left = parent;
	}
	if (moved)
		moved->parent = parent;
	parent->parent = node;
	recount(parent);
	recount(node);
}

void queue_add(struct queue *q, struct queue_node *node, int64_t turn)
{
	struct queue_node *parent = NULL, **link = &q->root;

	assert(!queue_holds(node));
	*node = (struct queue_node){.turn = turn, .arrival = ++q->arrivals, .weight = random_weight(q), .count = 1};
	while (*link) {
		parent = *link;
		parent->count++;
		link = before(node, parent) ? &parent->left : &parent->right;
	}
	*link = node;
	node->parent = parent;
	while (node->parent && node->weight < node->parent->weight)
		rotate_up(q, node);
}

void queue_remove(struct queue *q, struct queue_node *node)
{
	assert(queue_holds(node));
	while (node->left && node->right)
		rotate_up(q, node->left->weight < node->right->weight ? node->left : node->right);
	struct queue_node *child = node->left ? node->left : node->right;
	replace(q, node, child);
	for (struct queue_node *p = node->parent; p; p = p->parent)
		p->count--;
	node->count = 0;
}

bool queue_holds(const struct queue_node *node)
{
	return node->count > 0;
}

struct queue_node *queue_first(const struct queue *q)
{
	struct queue_node *n = q->root;
	while (n && n->left)
		n = n->left;
	return n;
}

struct queue_node *queue_next(const struct queue_node *node)
{
	if (node->right) {
		struct queue_node *n = node->right;
		while (n->left)
			n = n->left;
		return n;
	}
	while (node->parent && node->parent->right == node)
		node = node->parent;
	return node->parent;
}

size_t queue_size(const struct queue *q)
{
	return count(q->root);
}

size_t queue_place(const struct queue_node *node)
{
	size_t place = count(node->left);
	for (; node->parent; node = node->parent)
		if (node->parent->right == node)
			place += 1 + count(node->parent->left);
	return place;
}

struct queue_node *queue_at(const struct queue *q, size_t place)
{
	struct queue_node *n = q->root;
	while (n) {
		size_t left = count(n->left);
		if (place == left)
			return n;
		if (place < left)
			n = n->left;
		else {
			place -= left + 1;
			n = n->right;
		}
	}
	return NULL;
}
