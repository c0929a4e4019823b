/*
 * What waits to be applied on one date, in an order that lists can be cut from: slate entries, what must not go before
 * them, and all else. Each is a queue of its own, so that nobody waits for a burst that does not concern him; apply.c
 * takes lists from them in turns.
 *
 * An entry is in one of them as long as its state says ENTRY_TODO, with its event. Loop thread only.
 */
#ifndef DELIVERY_TODO_H
#define DELIVERY_TODO_H

#include "delivery/entry.h"
#include "slate/slate.h"

enum todo_kind {
	TODO_SLATE, /* slate entries, those of a team together */
	TODO_AFTER, /* entries that wait for slate entries which came before them */
	TODO_OTHERS, /* all else: odds last, those of a player together */
	TODO_KINDS
};

struct todo { /* zeroed at first */
	struct queue queues[TODO_KINDS];
	int64_t begun[TODO_KINDS]; /* rounds; what comes is of the next one */
	int64_t since_us[TODO_KINDS]; /* when the first entry of that was read; 0: there is none */
	struct todo_name *names; /* hash: what waiting slate entries speak of */
	unsigned facts; /* waiting entries that are of a game's facts */
	unsigned nameless; /* waiting slate entries whose names are not in the table, for want of memory */
};

void todo_add(struct todo *t, struct entry *e); /* as ENTRY_TODO begins */
void todo_remove(struct todo *t, struct entry *e); /* as it ends */
size_t todo_count(const struct todo *t); /* nothing is held at 0 */
struct entry *todo_walk(const struct todo *t, const struct entry *after); /* all of them; NULL begins and ends */

/* The one that goes next, by the slate as it is now; NULL: none of that kind may go yet. Each look at the others moves
 * those away that must wait for the slate, and only so many. */
struct entry *todo_next(struct todo *t, enum todo_kind kind, const struct slate *s);
/* Whether the next one is of the round that entries are still added to, and since when that is. */
bool todo_collects(const struct todo *t, enum todo_kind kind, int64_t *ret_since_us);
/* A list is made from the next one on: its round is begun, what comes stands behind it. */
void todo_begin(struct todo *t, enum todo_kind kind);

/* Whether slate entries wait that may speak of this player. */
bool todo_concerns(const struct todo *t, const struct slate *s, const char *player);

#endif
