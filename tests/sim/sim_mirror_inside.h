/* What the mirror's files share. Each file calls those above it here. */
#ifndef SIM_MIRROR_INSIDE_H
#define SIM_MIRROR_INSIDE_H

#include "tests/sim/sim_mirror.h"

struct write {
	enum field_kind kind;
	int field;
	char value[120]; /* marks: "" */
};

struct place {
	int team, game;
	bool member;
};

/* sim_mirror_state.c */
extern const int mirror_game_teams[GAMES][2];
extern const char *const mirror_book[BOOKS];
int mirror_field(enum field_kind kind, int a, int b);
bool mirror_is_mark(enum field_kind kind);
unsigned mirror_writes_of(const struct mirror_entry *e, struct write w[WRITES_MAX]);
bool mirror_names_game(const struct mirror_entry *e);
unsigned mirror_fields_of(const struct mirror_entry *e, struct write w[WRITES_MAX]);
int mirror_compare(struct mirror_key a, struct mirror_key b);
struct mirror_key mirror_identity(const struct mirror_entry *e);
struct mirror_key mirror_order_key(const struct mirror_entry *e);
struct mirror_key mirror_field_key(const struct mirror_entry *e, enum field_kind kind);
bool mirror_expires(const struct mirror_entry *e);
const struct mirror_entry *mirror_entry_of(const struct mirror *m, int f);
int64_t mirror_league_of(const struct mirror *m);
int mirror_team_of(const struct mirror *m, int p);
bool mirror_is_active(const struct mirror *m, int p);
bool mirror_has_team(int game, int team);
bool mirror_is_on(const struct mirror *m, int game);
bool mirror_on_slate(const struct mirror *m, int game);
int mirror_status_of(const struct mirror *m, int game);
int64_t mirror_tip_of(const struct mirror *m, int game);
int mirror_game_of_team(const struct mirror *m, int team);
int mirror_named_of(const struct mirror *m, int p);
struct place mirror_place_of(const struct mirror *m, int p);
bool mirror_reads(const struct mirror *m, int p, enum field_kind kind, int a);
unsigned mirror_fact_of(enum field_kind kind, bool himself);
bool mirror_concerns(const struct mirror *m, const struct mirror_entry *e, int p, enum phase phase);
int mirror_subject(const struct mirror_entry *e, enum field_kind kind);

/* sim_mirror_text.c */
void mirror_expected_output(const struct mirror *m, int p, char output[REPORT_MAX]);
bool mirror_is_for_place(const struct mirror_output *o, struct place at);
void mirror_expected_report(const struct mirror *m, int p, char report[REPORT_MAX]);
bool mirror_same_report(const char *a, const char *b);

/* sim_mirror_request.c */
bool mirror_arg_is(const struct sim_arg *a, const char *text);
const struct sim_arg *mirror_argv_at(const struct sim_exec *e, size_t place);
int64_t mirror_arg_int(const struct sim_arg *a);
int mirror_player_in(const char *text, size_t length);
int mirror_stream_of(const char *text, size_t length);
struct mirror_key mirror_parse_id(const char *text);
struct mirror_key mirror_parse_order_key(const struct sim_arg *a);
int mirror_find_entry(const struct mirror *m, int stream, struct mirror_key id);
bool mirror_is_live(const struct mirror *m, const char *holder);
bool mirror_is_live_name(const struct mirror *m, const char *name);
void mirror_set_live(struct mirror *m, const struct sim_arg *name, const struct sim_arg *boot);

/* sim_mirror_settled.c */
bool mirror_same_event(const struct mirror *m, unsigned a, unsigned b);
bool mirror_waits(const struct mirror *m, unsigned i);
bool mirror_moves(const struct mirror_entry *e);
bool mirror_excused(const struct mirror *m, unsigned i, int p, enum phase phase);
bool mirror_moving(const struct mirror *m, int p, unsigned but);
bool mirror_touches(const struct mirror *m, const struct mirror_entry *e, int p);
bool mirror_shown(const struct mirror *m, unsigned i, int p, enum phase phase);
const char *mirror_describe(const struct mirror *m, unsigned i);
bool mirror_is_twin(const struct mirror *m, unsigned i);
bool mirror_is_owed(const struct mirror *m, int p);
void mirror_must_be_settled(const struct mirror *m, unsigned i, const char *by);

/* sim_mirror_runs.c */
void mirror_lose(struct mirror_runs *s, int64_t now);
void mirror_executed_begin(struct mirror *m, const struct sim_exec *e);
void mirror_executed_commit(struct mirror *m, const struct sim_exec *e, bool fault_free);
void mirror_executed_output(struct mirror *m, const struct sim_exec *e, bool fault_free);
void mirror_executed_fail(struct mirror *m, const struct sim_exec *e);
void mirror_executed_release(struct mirror *m, const struct sim_exec *e);
void mirror_executed_beat(struct mirror *m, const struct sim_exec *e);

#endif
