/*
 * Spellings stand folded in one sorted list, each with its team; two teams may share one, and then it names neither. What
 * most texts are, a code as it stands, is found before anything is folded: every row that is loaded asks twice.
 */
#include "league/team.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fold.h"
#include "base/nearest.h"
#include "base/str.h"
#include "nba_teams.h"

enum {
	TEAMS_MAX = 255,
	RESEMBLES = 6, /* letters of a spelling: what is shorter resembles too many */
};

struct team {
	char code[TEAM_CODE_SIZE];
	char name[TEAM_NAME_BYTES + 1];
};

struct spelling {
	char text[LOOKUP_SIZE]; /* folded */
	uint8_t team;
};

struct teams {
	bool own;
	unsigned count;
	struct team *team; /* in the order they were added */
	struct spelling *spelling; /* by text, then code; no doubles */
	size_t spellings, room;
};

struct teams *teams_new(void)
{
	struct teams *t = calloc(1, sizeof(*t));
	if (t)
		t->own = true;
	return t;
}

void teams_free(struct teams *t)
{
	if (!t)
		return;
	free(t->team);
	free(t->spelling);
	free(t);
}

/* --- looking up ------------------------------------------------------------------------------------------------- */

static bool code_shaped(const char *text, size_t length, char ret_code[TEAM_CODE_SIZE])
{
	for (size_t i = 0; i < length && i < 3; i++) {
		char letter = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 'a' + 'A') : text[i];
		if (letter < 'A' || letter > 'Z')
			return false;
		ret_code[i] = letter;
	}
	ret_code[3] = '\0';
	return length == 3;
}

static const struct team *find_code(const struct teams *t, const char *code)
{
	for (unsigned i = 0; i < t->count; i++)
		if (memcmp(t->team[i].code, code, TEAM_CODE_SIZE) == 0)
			return &t->team[i];
	return NULL;
}

/* How many teams have this spelling; *ret_first is where they stand, or would. */
static size_t find_spelling(const struct teams *t, const char *folded, size_t *ret_first)
{
	size_t low = 0, high = t->spellings, count = 0;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (strcmp(t->spelling[middle].text, folded) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	while (low + count < t->spellings && strcmp(t->spelling[low + count].text, folded) == 0)
		count++;
	*ret_first = low;
	return count;
}

static bool fold(const char *text, size_t length, char folded[LOOKUP_SIZE])
{
	return fold_name(text, length, folded) > 0;
}

enum teams_found teams_find(const struct teams *t, const char *text, size_t length, const char **ret_code)
{
	char code[TEAM_CODE_SIZE], folded[LOOKUP_SIZE];
	const struct team *team = code_shaped(text, length, code) ? find_code(t, code) : NULL;
	size_t first, count = 0;
	if (!team && fold(text, length, folded)) {
		team = code_shaped(folded, strlen(folded), code) ? find_code(t, code) : NULL;
		count = team ? 0 : find_spelling(t, folded, &first);
	}
	if (count == 1)
		team = &t->team[t->spelling[first].team];
	if (team)
		*ret_code = team->code;
	return team ? TEAMS_ONE : count == 0 ? TEAMS_NONE : TEAMS_SEVERAL;
}

bool teams_code(const struct teams *t, const char *text, size_t length, char ret_code[TEAM_CODE_SIZE])
{
	const char *code;
	const enum teams_found found = t ? teams_find(t, text, length, &code) : TEAMS_NONE;
	if (found == TEAMS_ONE)
		memcpy(ret_code, code, TEAM_CODE_SIZE);
	return found == TEAMS_ONE || (found == TEAMS_NONE && code_shaped(text, length, ret_code));
}

/* --- what is wrong ------------------------------------------------------------------------------------------------ */

static size_t add_team(char *to, size_t size, size_t used, const struct team *team)
{
	return used + text_format(to + used, size - used, team->name[0] ? "%s (%s)" : "%s", team->code, team->name);
}

static void list_codes(const struct teams *t, char ret_problem[TEAM_PROBLEM_SIZE])
{
	size_t used = text_format(ret_problem, TEAM_PROBLEM_SIZE, "no team of the league; there are");
	unsigned i = 0;
	for (; i < t->count && used + sizeof(" LAL ...") <= TEAM_PROBLEM_SIZE; i++)
		used += text_format(ret_problem + used, TEAM_PROBLEM_SIZE - used, " %s", t->team[i].code);
	if (i < t->count)
		text_format(ret_problem + used, TEAM_PROBLEM_SIZE - used, " ...");
}

static const struct team *nearest_team(const struct teams *t, const char *folded)
{
	const char *best = NULL;
	struct nearest nearest;
	size_t first;
	nearest_init(&nearest, folded, &best, 1);
	for (size_t i = 0; i < t->spellings; i++)
		if (strlen(t->spelling[i].text) >= RESEMBLES)
			nearest_offer(&nearest, t->spelling[i].text);
	return nearest.count > 0 && find_spelling(t, best, &first) == 1 ? &t->team[t->spelling[first].team] : NULL;
}

void teams_problem(const struct teams *t, const char *text, size_t length, char ret_problem[TEAM_PROBLEM_SIZE])
{
	char folded[LOOKUP_SIZE] = "";
	size_t first = 0, used, count = fold(text, length, folded) ? find_spelling(t, folded, &first) : 0;
	const struct team *near = count == 0 && strlen(folded) >= RESEMBLES ? nearest_team(t, folded) : NULL;
	if (count > 1) {
		used = text_format(ret_problem, TEAM_PROBLEM_SIZE, "the name of several teams: ");
		for (size_t i = first; i < first + count; i++) {
			used = add_team(ret_problem, TEAM_PROBLEM_SIZE, used, &t->team[t->spelling[i].team]);
			if (i + 1 < first + count)
				used += text_format(ret_problem + used, TEAM_PROBLEM_SIZE - used, ", ");
		}
	} else if (near) {
		used = text_format(ret_problem, TEAM_PROBLEM_SIZE, "no team of the league; the nearest is ");
		add_team(ret_problem, TEAM_PROBLEM_SIZE, used, near);
	} else {
		list_codes(t, ret_problem);
	}
}

/* --- filling ------------------------------------------------------------------------------------------------------ */

/* The next alias of the list, blanks around it left out; false: there are no more. */
static bool next_alias(const char **list, const char **ret_text, size_t *ret_length)
{
	while (**list) {
		const char *text = *list;
		size_t length = strcspn(text, "|;");
		*list += length + (text[length] != '\0');
		for (; length > 0 && *text == ' '; length--)
			text++;
		while (length > 0 && text[length - 1] == ' ')
			length--;
		*ret_text = text;
		*ret_length = length;
		if (length > 0)
			return true;
	}
	return false;
}

const char *teams_check(const char *code, const char *name, const char *aliases, char ret_problem[TEAM_PROBLEM_SIZE])
{
	static const char letters[] =
		"%s needs a letter from A to Z or a digit, and at most 63 of them, as spellings are "
		"compared by these";
	char shaped[TEAM_CODE_SIZE], folded[LOOKUP_SIZE];
	const char *text;
	size_t length = strlen(name);
	if (!code_shaped(code, strlen(code), shaped) || strcmp(shaped, code) != 0) {
		text_format(ret_problem, TEAM_PROBLEM_SIZE, "a team's code is three capital letters, such as LAL");
		return "code";
	}
	if (length > TEAM_NAME_BYTES || (length > 0 && !fold(name, length, folded))) {
		text_format(ret_problem, TEAM_PROBLEM_SIZE, letters, "a name");
		return "name";
	}
	if (strlen(aliases) > TEAM_ALIASES_BYTES) {
		text_format(ret_problem, TEAM_PROBLEM_SIZE, "more than %d bytes of aliases", TEAM_ALIASES_BYTES);
		return "aliases";
	}
	for (unsigned i = 1; next_alias(&aliases, &text, &length); i++) {
		char which[16];
		if (fold(text, length, folded))
			continue;
		text_format(which, sizeof(which), "alias %u", i);
		text_format(ret_problem, TEAM_PROBLEM_SIZE, letters, which);
		return "aliases";
	}
	return NULL;
}

static int add_spelling(struct teams *t, const char *text, size_t length, unsigned team)
{
	struct spelling new = {.team = (uint8_t)team};
	size_t at, count;
	if (!fold(text, length, new.text))
		return 0;
	count = find_spelling(t, new.text, &at);
	for (; count > 0; count--, at++) {
		const unsigned other = t->spelling[at].team;
		if (other == team)
			return 0;
		if (strcmp(t->team[other].code, t->team[team].code) > 0)
			break;
	}
	if (t->spellings == t->room) {
		size_t room = t->room ? 2 * t->room : 64;
		struct spelling *grown = reallocarray(t->spelling, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		t->spelling = grown;
		t->room = room;
	}
	memmove(t->spelling + at + 1, t->spelling + at, (t->spellings - at) * sizeof(*t->spelling));
	t->spelling[at] = new;
	t->spellings++;
	return 0;
}

int teams_add(struct teams *t, const char *code, const char *name, const char *aliases, struct err *err)
{
	char problem[TEAM_PROBLEM_SIZE];
	const char *column = teams_check(code, name, aliases, problem), *text;
	size_t length;
	if (column)
		return err_set(err, -EINVAL, "%s: %s", column, problem);
	if (find_code(t, code))
		return err_set(err, -EEXIST, "team %s is there already", code);
	if (t->count == TEAMS_MAX)
		return err_set(err, -E2BIG, "more than %d teams", TEAMS_MAX);
	struct team *grown = reallocarray(t->team, t->count + 1, sizeof(*grown));
	if (!grown)
		return err_set(err, -ENOMEM, "out of memory");
	t->team = grown;
	const unsigned team = t->count++;
	t->team[team] = (struct team){0};
	memcpy(t->team[team].code, code, TEAM_CODE_SIZE);
	text_format(t->team[team].name, sizeof(t->team[team].name), "%s", name);
	int r = add_spelling(t, name, strlen(name), team);
	while (r == 0 && next_alias(&aliases, &text, &length))
		r = add_spelling(t, text, length, team);
	return r < 0 ? err_set(err, r, "out of memory") : 0;
}

/* The lines of nba_teams.csv, without its quotes and its header, which it has not got and which is left out. */
struct teams *teams_nba(void)
{
	struct err err;
	struct teams *t = teams_new();
	char *lines = strdup(nba_teams), *rest = lines, *line;
	bool ok = t && lines;
	strsep(&rest, "\n");
	while (ok && (line = strsep(&rest, "\n")) != NULL && *line) {
		const char *code = strsep(&line, ","), *name = strsep(&line, ",");
		ok = teams_add(t, code, name, line, &err) == 0;
	}
	free(lines);
	if (!ok) {
		teams_free(t);
		return NULL;
	}
	t->own = false;
	return t;
}

/* --- what it is ----------------------------------------------------------------------------------------------------- */

bool teams_has(const struct teams *t, const char *code)
{
	return strlen(code) == TEAM_CODE_SIZE - 1 && find_code(t, code) != NULL;
}

size_t teams_count(const struct teams *t)
{
	return t->count;
}

bool teams_own(const struct teams *t)
{
	return t->own;
}

struct fingerprint teams_fingerprint(const struct teams *t)
{
	struct fingerprint codes = {0}, f = {0};
	for (unsigned i = 0; i < t->count; i++) { /* a sum: they may have been added in any order */
		const struct fingerprint one = fingerprint_of(t->team[i].code, TEAM_CODE_SIZE);
		codes.low += one.low;
		codes.high += one.high;
	}
	for (size_t i = 0; i < t->spellings; i++) {
		f = fingerprint_join(f, fingerprint_of(t->spelling[i].text, strlen(t->spelling[i].text)));
		f = fingerprint_join(f, fingerprint_of(t->team[t->spelling[i].team].code, TEAM_CODE_SIZE));
	}
	return fingerprint_join(codes, f);
}

size_t teams_bytes(const struct teams *t)
{
	return sizeof(*t) + t->count * sizeof(*t->team) + t->room * sizeof(*t->spelling);
}
