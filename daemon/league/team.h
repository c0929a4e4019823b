/*
 * The teams of a league, and all that sources call them. Inside propsd a team has one code of three capital letters, and
 * this is the one place where a spelling becomes a code: for import, for events, for what operators type.
 *
 * The NBA's table is built in (nba_teams.csv). A league database with a table of its own has that and nothing of the
 * NBA's: were the two mixed, SEA of a league of one's own would be Oklahoma City wherever its table forgot it.
 *
 * A spelling is looked up by its letters and digits alone, folded as players' names are (base/fold.h): case, accents,
 * blanks, dots and hyphens do not count. A code means its own team, whatever other teams are called.
 */
#ifndef LEAGUE_TEAM_H
#define LEAGUE_TEAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/hash.h"

#define TEAM_CODE_SIZE 4
#define TEAM_NAME_BYTES 100 /* of a name; more is no name */
#define TEAM_ALIASES_BYTES 2000 /* of all aliases of a team, as one text */
#define TEAM_PROBLEM_SIZE 200

struct teams; /* immutable once it is filled; then any thread may read it */

struct teams *teams_new(void); /* empty; NULL: no memory */
struct teams *teams_nba(void); /* NULL: no memory */
void teams_free(struct teams *t); /* NULL is fine */

/* One more team. `name` may be ""; aliases stand with | or ; between them, blanks around one do not count. 0; -ENOMEM;
 * -EINVAL: as teams_check() says; -EEXIST: the code is there; -E2BIG: there are 255 teams. */
int teams_add(struct teams *t, const char *code, const char *name, const char *aliases, struct err *err);

/* NULL, or what is wrong with such a row of a table: which column ("code", "name", "aliases"), and what would be right. */
const char *teams_check(const char *code, const char *name, const char *aliases, char ret_problem[TEAM_PROBLEM_SIZE]);

enum teams_found { TEAMS_NONE, TEAMS_ONE, TEAMS_SEVERAL };

/* Whom the text means. *ret_code, the table's own text, is set for TEAMS_ONE alone. */
enum teams_found teams_find(const struct teams *t, const char *text, size_t length, const char **ret_code);

/* The same for whoever takes a code that no table knows at its face value: three letters, in any case. True: ret_code is
 * filled. `t` may be NULL. */
bool teams_code(const struct teams *t, const char *text, size_t length, char ret_code[TEAM_CODE_SIZE]);

/* Why teams_find() found no single team, as half a sentence about the text, with what would be right. */
void teams_problem(const struct teams *t, const char *text, size_t length, char ret_problem[TEAM_PROBLEM_SIZE]);

bool teams_has(const struct teams *t, const char *code); /* as it stands: a code of the table */
size_t teams_count(const struct teams *t);
bool teams_own(const struct teams *t); /* not the NBA's */
struct fingerprint teams_fingerprint(
	const struct teams *t); /* of codes and spellings, in whatever order they were added */
size_t teams_bytes(const struct teams *t); /* memory held, about */

#endif
