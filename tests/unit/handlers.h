/*
 * The commands' handlers over modules that are made up: delivery, player table and pool are the functions of handlers.c, linked
 * in place of the real ones, so that each answer of Redis comes when the test gives it. Slate, decoder, configuration and
 * metrics are the real ones.
 */
#ifndef TESTS_HANDLERS_H
#define TESTS_HANDLERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "admin/context.h"
#include "delivery/delivery.h"
#include "delivery/fresh.h"
#include "regen/regen.h"

#define PLAYERS_MAX 3000
#define SENT_MAX 128

struct sent { /* one request to Redis, not answered yet */
	char what[32];
	char text[1024];
	delivery_reply_fn *done;
	void *data;
};

struct delivery {
	bool ready;
	struct slate *slate; /* of `slate_date` */
	date_t slate_date;
	bool loading; /* until somebody has looked once */
	int refreshed;
	struct order orders[4];
	size_t order_count;
	struct sent sent[SENT_MAX];
	size_t sent_count;
	unsigned unacked;
	bool waits; /* `slate_date` */
	struct teams *teams;
	struct stranger_row strangers[3];
	struct delivery_glance glance;
	struct freshness fresh;
	int fresh_result;
	unsigned looks;
};

struct regen {
	struct player_view players[PLAYERS_MAX];
	char names[PLAYERS_MAX][LOOKUP_SIZE];
	size_t count;
	struct regen_stats stats;
};

struct pool {
	unsigned workers;
};

struct app {
	struct config *config;
	struct snapshot *league;
	struct pool *pool;
	void (*reloaded)(void *data, int result, int restart, const struct err *err);
	void *reload_data;
	int drained;
};

struct world {
	struct delivery delivery;
	struct regen regen;
	struct pool pool;
	struct app app;
	struct admin_context context;
	struct admin_request *open;
	json_t *last; /* the last line */
	json_t *progress;
	unsigned lines;
};

#define DAY 20407 /* 2025-11-15 */

int setup(void **state);
int teardown(void **state);
#define with_world(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* Sends a request; whether it was answered at once. */
bool ask(struct world *w, const char *cmd, const char *args);
/* The client goes away. */
void leave(struct world *w);
void turn_until_answered(struct world *w);
void turn_until_sent(struct world *w, size_t count);
/* The command "player" where Redis has no report of him. */
bool ask_player(struct world *w, const char *args);

void assert_ok(struct world *w, const char *data);
json_t *data_of(struct world *w);
void assert_error(struct world *w, const char *code, const char *sentence);

void assert_sent(struct world *w, size_t at, const char *what, const char *text);
/* Answers the oldest request. */
void answer(struct world *w, const struct value *reply);
struct value text_value(const char *text);
void answer_text(struct world *w, const char *text);
void answer_error(struct world *w, const char *text);
void answer_int(struct world *w, int64_t n);
void answer_nil(struct world *w);
void answer_list(struct world *w, struct value *items, size_t count);

struct player_view *add_player(struct world *w, const char *lookup, date_t date, enum player_state state);
void make_slate(struct world *w, const struct snapshot *league);
/* A league of three players and nothing else. */
void make_league(struct world *w);

#endif
