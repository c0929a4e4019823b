/*
 * Rows go in by one upsert a kind, which changes nothing where all values are equal; counting the table
 * before and after tells the new from the changed.
 *
 * Within one import a key may come once: were the later of two different rows to win, importing the same
 * files again would change rows for ever. The second is refused, so a correction is imported after what it
 * corrects, on its own.
 *
 * The league's number goes up once an import, at its end. Until then, and should it never come, `unfinished`
 * stands in the database from the first changed row on: the next import then raises the number whatever it
 * finds, so that no two contents keep the same number.
 */
#include "league/import.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/table.h"
#include "league/import_alias.h"
#include "league/schema.h"
#include "league/spelling.h"
#include "league/team.h"

#define PROGRESS_ROWS 512
#define NEUTRAL_MAX \
	100000 /* rows kept in memory: more of them are no slip of a source, but another format              \
		*/

struct seen { /* a key of this import */
	struct fingerprint key, row;
	uint32_t file;
	int64_t line;
	UT_hash_handle hh;
};

struct neutral { /* a row that waits for the end of its file */
	int64_t line;
	size_t count;
	char *field[]; /* the fields' bytes follow */
};

struct import {
	char *database;
	char *made; /* the file that is to become it; NULL: it was there before */
	bool tried; /* in memory: nothing of it is to stay */
	bool is_new;
	struct store *store;
	struct store_query *upsert[IMPORT_KINDS], *remove[IMPORT_KINDS];
	char *zone; /* NULL: not given */
	struct teams *teams; /* as the database has them by now */
	struct arena *arena; /* of `seen` and the paths */
	struct seen *seen;
	const char **path;
	uint32_t files;
};

/* One file on its way in. */
struct job {
	struct import *import;
	struct csv *csv;
	struct import_header header;
	const struct import_watch *watch;
	struct import_result *result;
	struct neutral **neutral;
	size_t neutrals;
	int64_t touched; /* rows inserted or updated */
	struct err *err;
};

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "out of memory");
}

/* INSERT ... ON CONFLICT DO UPDATE ... WHERE something differs. */
static int prepare(struct import *i, enum import_id id, struct err *err)
{
	const struct import_kind *kind = import_kind(id);
	struct str columns = {0}, news = {0}, sql = {0};
	int r = 0;
	for (size_t c = 0; c < kind->count; c++) {
		str_printf(&columns, "%s%s", c ? ", " : "", import_column_name(kind, c));
		str_printf(&news, "%sexcluded.%s", c ? ", " : "", import_column_name(kind, c));
	}
	str_printf(&sql, "INSERT INTO %s (key, %s) VALUES (?", kind->name, columns.data);
	for (size_t c = 0; c < kind->count; c++)
		str_text(&sql, ", ?");
	str_printf(&sql, ") ON CONFLICT (key) DO UPDATE SET (%s) = (%s) WHERE (%s) IS NOT (%s)", columns.data,
		news.data, columns.data, news.data);
	if (columns.failed || news.failed || sql.failed)
		r = no_memory(err);
	else
		r = store_prepare(i->store, sql.data, &i->upsert[id], err);
	str_clear(&sql);
	str_printf(&sql, "DELETE FROM %s WHERE key = ?", kind->name);
	if (r == 0)
		r = sql.failed ? no_memory(err) : store_prepare(i->store, sql.data, &i->remove[id], err);
	str_done(&columns);
	str_done(&news);
	str_done(&sql);
	return r;
}

static int make_beside(struct import *i, struct err *err)
{
	struct stat st;
	if (lstat(i->database, &st) == 0 || errno != ENOENT)
		return 0; /* what is wrong with one that is there, the store says */
	if (asprintf(&i->made, "%s.new-XXXXXX", i->database) < 0) {
		i->made = NULL;
		return no_memory(err);
	}
	int fd = mkostemp(i->made, O_CLOEXEC);
	if (fd < 0) {
		int code = -errno;
		free(i->made);
		i->made = NULL;
		return err_set(err, code, "%s: %s", i->database, strerror(-code));
	}
	mode_t mask = umask(0);
	umask(mask);
	fchmod(fd, 0666 & ~mask); /* as any new file, and not the owner's alone */
	close(fd);
	return 0;
}

/* Under its own name. Where the file system cannot rename and spare what is there, it is looked for before. */
static int publish(struct import *i, struct err *err)
{
	struct stat st;
	int r = renameat2(AT_FDCWD, i->made, AT_FDCWD, i->database, RENAME_NOREPLACE);
	if (r < 0 && errno == EINVAL && lstat(i->database, &st) < 0)
		r = rename(i->made, i->database);
	if (r < 0 && errno == EEXIST)
		return err_set(
			err, -EEXIST, "%s: another import made it meanwhile; import again, to add to it", i->database);
	if (r < 0)
		return err_set(err, -errno, "%s: %s", i->database, strerror(errno));
	free(i->made);
	i->made = NULL;
	return 0;
}

static int open_import(const char *database, bool try, struct import **ret_import, struct err *err)
{
	int r;
	struct league_meta meta;
	struct stat st;
	struct import *i = calloc(1, sizeof(*i));
	if (i)
		i->arena = arena_new();
	if (i)
		i->database = strdup(database);
	if (!i || !i->arena || !i->database) {
		r = no_memory(err);
		goto fail;
	}
	i->tried = try;
	i->is_new = lstat(database, &st) < 0 && errno == ENOENT;
	r = try ? 0 : make_beside(i, err);
	if (r == 0)
		r = store_open(
			i->made ? i->made : database, try ? STORE_COPY : STORE_WRITE, &league_schema, &i->store, err);
	if (r == 0)
		r = league_meta(i->store, &meta, err);
	if (r == 0)
		r = league_teams(i->store, &i->teams, err);
	if (r == 0)
		r = store_exec(i->store, "PRAGMA cache_size = -65536", err); /* KiB: the rows of a season */
	if (r == 0) /* ms: a propsd that loads a season on a busy machine reads for longer than others wait */
		r = store_exec(i->store, "PRAGMA busy_timeout = 120000", err);
	for (int id = 0; id < IMPORT_KINDS && r == 0; id++)
		r = prepare(i, (enum import_id)id, err);
	if (r == 0)
		r = alike_remember(i->store, err);
	if (r == 0) {
		*ret_import = i;
		return 0;
	}
fail:
	import_close(i);
	return r;
}

int import_open(const char *database, struct import **ret_import, struct err *err)
{
	return open_import(database, false, ret_import, err);
}

int import_try(const char *database, struct import **ret_import, struct err *err)
{
	return open_import(database, true, ret_import, err);
}

int import_zone(struct import *i, const char *zone, struct err *err)
{
	int r = zone_set(zone);
	if (r < 0)
		return err_set(err, r,
			"time zone \"%.60s\": the name of a file below /usr/share/zoneinfo is right, such as "
			"America/New_York",
			zone);
	free(i->zone);
	i->zone = strdup(zone);
	return i->zone ? 0 : no_memory(err);
}

bool import_is_new(const struct import *i)
{
	return i->tried ? i->is_new : i->made != NULL;
}

/* Nothing of it is to stay; a journal is there if rolling back failed, on a disk that is full, say. */
static void discard(const char *path)
{
	char journal[PATH_MAX];
	text_format(journal, sizeof(journal), "%s-journal", path);
	unlink(path);
	unlink(journal);
}

void import_close(struct import *i)
{
	if (!i)
		return;
	for (int id = 0; id < IMPORT_KINDS; id++) {
		store_query_free(i->upsert[id]);
		store_query_free(i->remove[id]);
	}
	HASH_CLEAR(hh, i->seen);
	teams_free(i->teams);
	store_close(i->store);
	if (i->made)
		discard(i->made);
	free(i->made);
	free(i->database);
	free(i->zone);
	arena_free(i->arena);
	free(i->path);
	free(i);
}

/* --- one row ---------------------------------------------------------------------------------------------------- */

/* What stands in quotes and the digits are a row's own: of two reasons that differ in nothing else the cause is one. */
static const char *after_own(const char *text)
{
	const char *end = *text == '"' ? strchr(text + 1, '"') : NULL;
	return end ? end + 1 : text + strspn(text, "0123456789.");
}

static bool same_cause(const char *a, const char *b)
{
	for (;;) {
		const char *after_a = after_own(a), *after_b = after_own(b);
		bool own = after_a != a && after_b != b;
		if (!own && *a != *b)
			return false;
		if (!own && !*a)
			return true;
		a = own ? after_a : a + 1;
		b = own ? after_b : b + 1;
	}
}

static void count_in(struct import_group group[IMPORT_REASONS], int64_t line, const struct import_refusal *why)
{
	for (size_t k = 0; k < IMPORT_REASONS; k++) {
		struct import_group *g = &group[k];
		bool last = k == IMPORT_REASONS - 1;
		if (g->rows == 0) {
			g->line = line;
			text_format(g->column, sizeof(g->column), "%s", last ? "" : why->column);
			text_format(g->value, sizeof(g->value), "%s", last ? "" : why->value);
			text_format(g->reason, sizeof(g->reason), "%s", last ? "other reasons" : why->reason);
		}
		if (last || g->rows == 0 ||
			(strcmp(g->column, why->column) == 0 && same_cause(g->reason, why->reason))) {
			g->rows++;
			return;
		}
	}
}

static void refused(struct job *j, int64_t line, const struct import_refusal *why)
{
	j->result->refused++;
	count_in(j->result->refusal, line, why);
	if (j->watch && j->watch->refused)
		j->watch->refused(j->watch->context, line, why);
}

static void count_mended(struct job *j, const struct csv_record *record, const struct import_row *row)
{
	for (int note = 0; note < NAME_NOTES; note++) {
		struct import_mended *m = &j->result->mended[note];
		if (!(row->mended & 1u << note) || m->rows++ > 0)
			continue;
		m->line = record->line;
		import_show(m->from, record->field[j->header.from[COLUMN_PLAYER].part[0]]);
		import_show(m->to, row->name);
	}
}

static struct fingerprint fingerprint_of_row(const struct import_kind *kind, const struct import_row *row)
{
	struct fingerprint f = {0};
	for (size_t c = 0; c < kind->count; c++) {
		const struct import_cell *cell = &row->cell[import_column_id(kind, c)];
		struct fingerprint one = {.low = cell->type};
		if (cell->type == CELL_TEXT)
			one = fingerprint_of(cell->text, strlen(cell->text));
		else if (cell->type == CELL_REAL)
			memcpy(&one.high, &cell->real, sizeof(one.high));
		else if (cell->type == CELL_INT)
			one.high = (uint64_t)cell->integer;
		f = fingerprint_join(f, one);
	}
	return f;
}

/* 1: the key is new to this import; 0: it came before, with the same; 2: with something else, and this row is refused. */
static int first_of_its_key(struct job *j, int64_t line, const struct import_row *row, struct fingerprint content)
{
	struct import *i = j->import;
	struct fingerprint key =
		fingerprint_join((struct fingerprint){.low = j->header.id}, fingerprint_of(row->key, strlen(row->key)));
	struct seen *seen;
	HASH_FIND(hh, i->seen, &key, sizeof(key), seen);
	if (seen && fingerprint_equal(seen->row, content))
		return 0; /* the same once more */
	if (seen) {
		struct import_refusal why = {.column = ""};
		text_format(why.value, sizeof(why.value), "%.60s", row->key);
		text_format(why.reason, sizeof(why.reason), "other values for it stand at %s:%lld, and those are kept",
			i->path[seen->file], (long long)seen->line);
		refused(j, line, &why);
		return 2;
	}
	seen = arena_alloc(i->arena, sizeof(*seen));
	if (!seen)
		return no_memory(j->err);
	*seen = (struct seen){.key = key, .row = content, .file = i->files - 1, .line = line};
	HASH_ADD(hh, i->seen, key, sizeof(seen->key), seen);
	return table_add_failed(seen) ? no_memory(j->err) : 1;
}

/* A league of one's own may divide its season as it likes; a word that was meant for the preseason is to be seen. */
static void note_season(struct job *j, int64_t line, const struct import_row *row)
{
	const struct import_cell *part = &row->cell[COLUMN_SEASON_TYPE];
	struct import_refusal what = {.column = "season_type"};
	bool has_part = j->header.id == IMPORT_PLAYER_GAMES || j->header.id == IMPORT_TEAM_GAMES ||
			j->header.id == IMPORT_SCHEDULE;
	if (!has_part || part->type != CELL_TEXT || spelling_season(part->text))
		return;
	char known[120];
	spelling_seasons(known, sizeof(known));
	import_show(what.value, part->text);
	text_format(what.reason, sizeof(what.reason),
		"\"%s\" is no part of a season that is known (%s): its games count", what.value, known);
	count_in(j->result->note, line, &what);
}

static int store(struct job *j, int64_t line, const struct import_row *row)
{
	struct import_refusal another = {.column = ""};
	int is_another = 0;
	if (j->header.id == IMPORT_ALIASES)
		is_another = import_alias_is_another(j->import->store, row, &another, j->err);
	if (is_another > 0)
		refused(j, line, &another);
	if (is_another != 0)
		return is_another < 0 ? is_another : 0;
	struct store_query *q = j->import->upsert[j->header.id];
	const struct import_kind *kind = import_kind(j->header.id);
	int r = first_of_its_key(j, line, row, fingerprint_of_row(kind, row));
	if (r != 1)
		return r < 0 ? r : 0;
	note_season(j, line, row);
	store_bind_text(q, 1, row->key, strlen(row->key));
	for (size_t c = 0; c < kind->count; c++) {
		const struct import_cell *cell = &row->cell[import_column_id(kind, c)];
		int at = (int)c + 2;
		if (cell->type == CELL_TEXT)
			store_bind_text(q, at, cell->text, strlen(cell->text));
		else if (cell->type == CELL_INT)
			store_bind_int(q, at, cell->integer);
		else if (cell->type == CELL_REAL)
			store_bind_real(q, at, cell->real);
		else
			store_bind_null(q, at);
	}
	if (j->header.id == IMPORT_PLAYER_GAMES && row->cell[COLUMN_PLAYER_ID].type == CELL_NULL)
		j->result->nameless_ids++;
	r = store_run(q, j->err);
	if (r == 0)
		j->touched += store_changes(j->import->store);
	return r;
}

/* A row that is no game that counts. What an import before had stored for it was one by what was known then. */
static int skip(struct job *j, int64_t line, const struct import_row *row, const struct import_refusal *why)
{
	struct store_query *q = j->import->remove[j->header.id];
	int r = *row->key ? first_of_its_key(j, line, row, fingerprint_of("left out", 8)) : 1;
	if (r < 0 || r == 2)
		return r < 0 ? r : 0;
	j->result->skipped++;
	count_in(j->result->skip, line, why);
	if (r == 0 || !*row->key)
		return 0;
	store_bind_text(q, 1, row->key, strlen(row->key));
	r = store_run(q, j->err);
	if (r == 0) {
		int64_t gone = store_changes(j->import->store);
		j->result->removed += gone;
		j->touched += gone;
	}
	return r;
}

/* --- games on neutral ground ------------------------------------------------------------------------------------ */

static int keep_for_the_end(struct job *j, const struct csv_record *record)
{
	size_t bytes = 0;
	for (size_t f = 0; f < record->count; f++)
		bytes += strlen(record->field[f]) + 1;
	if (j->neutrals == NEUTRAL_MAX)
		return err_set(j->err, -E2BIG, "more than %d rows name a team as its own opponent", NEUTRAL_MAX);
	if ((j->neutrals & (j->neutrals - 1)) == 0) {
		struct neutral **grown =
			realloc(j->neutral, (j->neutrals ? 2 * j->neutrals : 1) * sizeof(struct neutral *));
		if (!grown)
			return no_memory(j->err);
		j->neutral = grown;
	}
	struct neutral *n = malloc(sizeof(*n) + record->count * sizeof(char *) + bytes);
	if (!n)
		return no_memory(j->err);
	n->line = record->line;
	n->count = record->count;
	char *to = (char *)&n->field[record->count];
	for (size_t f = 0; f < record->count; f++) {
		n->field[f] = to;
		to = stpcpy(to, record->field[f]) + 1;
	}
	j->neutral[j->neutrals++] = n;
	return 0;
}

/* 1: the other team of the game, by the rows that are stored; 0: there is none. *ret_team is the teams' text. */
static int other_team(struct job *j, const char *game_id, const char *team, const char **ret_team, bool *ret_home)
{
	struct store_query *q = NULL;
	char sql[160], from[32], to[32];
	size_t length;
	text_format(sql, sizeof(sql), "SELECT team, home FROM %s WHERE key >= ?1 AND key < ?2 AND team <> ?3 LIMIT 1",
		import_kind(j->header.id)->name);
	text_format(from, sizeof(from), "%s/", game_id);
	text_format(to, sizeof(to), "%s0", game_id); /* the character after the '/' that ends the game's part of a key */
	int r = store_prepare(j->import->store, sql, &q, j->err);
	if (r < 0)
		return r;
	store_bind_text(q, 1, from, strlen(from));
	store_bind_text(q, 2, to, strlen(to));
	store_bind_text(q, 3, team, strlen(team));
	r = store_step(q, j->err);
	if (r > 0) {
		const char *code = store_text(q, 0, &length);
		*ret_home = store_int(q, 1) != 0;
		r = teams_find(j->import->teams, code, length, ret_team) == TEAMS_ONE;
	}
	store_query_free(q);
	return r;
}

static int store_neutral(struct job *j, const struct neutral *n)
{
	struct csv_record record = {.line = n->line, .count = n->count};
	struct import_row row = {.teams = j->import->teams};
	struct import_refusal why = {0};
	const char *opponent = NULL;
	bool home = false;
	memcpy(record.field, n->field, n->count * sizeof(char *));
	enum import_verdict verdict = import_parse(&j->header, &record, &row, &why);
	assert(verdict == IMPORT_NEUTRAL); /* as before */
	const char *team = row.cell[COLUMN_TEAM].text;
	int r = other_team(j, row.id, team, &opponent, &home);
	if (r < 0)
		return r;
	if (r == 0) {
		why.column = "opponent";
		text_format(why.value, sizeof(why.value), "%s", team);
		text_format(why.reason, sizeof(why.reason),
			"a team cannot be its own opponent, and no row of game %s names the other team", row.id);
		refused(j, n->line, &why);
		return 0;
	}
	import_resolve(&j->header, &row, opponent, !home);
	return store(j, n->line, &row);
}

/* --- one file --------------------------------------------------------------------------------------------------- */

int import_count(struct import *i, enum import_id id, int64_t *ret_rows, struct err *err)
{
	char sql[64];
	text_format(sql, sizeof(sql), "SELECT count(*) FROM %s", import_kind(id)->name);
	return store_get_int(i->store, sql, ret_rows, err);
}

static int read_header(struct job *j, const char *path)
{
	struct csv_record record;
	int r = csv_next(j->csv, &record, j->err);
	if (r == -EBADMSG) {
		size_t length = strlen(path);
		static const char *const ends[] = {".ndjson", ".ndjson.gz"};
		j->header = (struct import_header){.known = false}; /* whatever it is, it is no CSV */
		for (size_t e = 0; e < sizeof(ends) / sizeof(ends[0]); e++) {
			size_t end = strlen(ends[e]);
			if (length > end && strcmp(path + length - end, ends[e]) == 0)
				j->header.other = "timeline";
		}
		return 0;
	}
	if (r < 0)
		return r;
	if (r == 0)
		record.count = 0;
	return import_recognise(&record, &j->header, j->err);
}

static int read_rows(struct job *j)
{
	struct csv_record record;
	struct import_row row = {.teams = j->import->teams};
	int r;
	while ((r = csv_next(j->csv, &record, j->err)) != 0) {
		struct import_refusal why = {.column = ""};
		if (r < 0 && r != -EBADMSG)
			return r;
		if (j->watch && j->watch->stopped && j->watch->stopped(j->watch->context))
			return err_set(j->err, -EINTR, "stopped");
		if (j->result->read++ % PROGRESS_ROWS == 0 && j->watch && j->watch->progress)
			j->watch->progress(j->watch->context, csv_done(j->csv), csv_size(j->csv));
		if (r == -EBADMSG) {
			text_format(why.reason, sizeof(why.reason), "%s", j->err->text);
			refused(j, record.line, &why);
			continue;
		}
		enum import_verdict verdict = import_parse(&j->header, &record, &row, &why);
		if (verdict == IMPORT_REFUSED)
			refused(j, record.line, &why);
		else if (verdict != IMPORT_SKIP && row.mended)
			count_mended(j, &record, &row);
		r = verdict == IMPORT_ROW       ? store(j, record.line, &row)
		    : verdict == IMPORT_SKIP    ? skip(j, record.line, &row, &why)
		    : verdict == IMPORT_NEUTRAL ? keep_for_the_end(j, &record)
						: 0;
		if (r < 0)
			return r;
	}
	for (size_t n = 0; n < j->neutrals; n++) {
		r = store_neutral(j, j->neutral[n]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Rows of the file are of use at once, to the files after it. What was imported before stays, so it must be of these teams:
 * the league's code for a team is what all its rows bear. */
static int read_teams(struct job *j, struct teams **ret)
{
	static const char sql[] =
		"SELECT min(team), count(*) FROM (SELECT team FROM player_games UNION SELECT opponent FROM player_games"
		" UNION SELECT team FROM team_games UNION SELECT opponent FROM team_games UNION SELECT away FROM schedule"
		" UNION SELECT home FROM schedule UNION SELECT away FROM game_odds UNION SELECT home FROM game_odds"
		" UNION SELECT away FROM game_closing_odds UNION SELECT home FROM game_closing_odds"
		" UNION SELECT team FROM aliases WHERE team IS NOT NULL)"
		" WHERE team NOT IN (SELECT code FROM teams)";
	struct import *i = j->import;
	struct teams *teams = NULL;
	struct store_query *q = NULL;
	size_t length;
	int r = league_teams(i->store, &teams, j->err);
	if (r < 0 || !teams_own(teams))
		goto out;
	r = store_prepare(i->store, sql, &q, j->err);
	if (r == 0)
		r = store_step(q, j->err);
	if (r > 0 && store_int(q, 1) > 0)
		r = err_set(j->err, -EINVAL,
			"the database has games or aliases of %s%s, which is no code of these teams: name all teams that "
			"it has, or make a database of their own for them",
			store_text(q, 0, &length), store_int(q, 1) > 1 ? " and others" : "");
out:
	store_query_free(q);
	if (r < 0) {
		teams_free(teams);
		return r;
	}
	*ret = teams;
	return 0;
}

static int transaction(struct job *j)
{
	struct store *store = j->import->store;
	struct teams *teams = NULL;
	int64_t before = 0, after = 0;
	int r = store_begin(store, j->err);
	if (r < 0)
		return r;
	if (j->header.id == IMPORT_ALIASES && (r = import_alias_know(j->import->store, j->err)) < 0)
		goto out;
	if ((r = import_count(j->import, j->header.id, &before, j->err)) < 0 || (r = read_rows(j)) < 0 ||
		(r = import_count(j->import, j->header.id, &after, j->err)) < 0 ||
		(j->header.id == IMPORT_TEAMS && (r = read_teams(j, &teams)) < 0))
		goto out;
	j->result->added = after - before + j->result->removed;
	j->result->changed = j->touched - j->result->added - j->result->removed;
	j->result->unchanged =
		j->result->read - j->result->refused - j->result->skipped - j->result->added - j->result->changed;
	if (j->touched > 0)
		r = store_exec(store, "UPDATE meta SET unfinished = 1", j->err);
	if (r == 0)
		r = store_commit(store, j->err);
	if (r == 0 && teams) {
		teams_free(j->import->teams);
		j->import->teams = teams;
		teams = NULL;
	}
out:
	teams_free(teams);
	if (r < 0)
		store_rollback(store);
	return r;
}

static int remember_path(struct import *i, const char *path, struct err *err)
{
	const char **grown = realloc(i->path, (i->files + 1) * sizeof(*grown));
	if (!grown)
		return no_memory(err);
	i->path = grown;
	i->path[i->files] = arena_text(i->arena, path, strlen(path));
	if (!i->path[i->files])
		return no_memory(err);
	i->files++;
	return 0;
}

bool import_is_of_teams(const char *path)
{
	struct csv *csv = NULL;
	struct csv_record record;
	struct import_header header = {0};
	struct err err;
	const bool read = csv_open(path, &csv, &err) == 0 && csv_next(csv, &record, &err) > 0;
	const bool known = read && import_recognise(&record, &header, &err) == 0 && header.known;
	csv_close(csv);
	return known && header.id == IMPORT_TEAMS;
}

int import_file(struct import *i, const char *path, const struct import_watch *watch, struct import_result *ret,
	struct err *err)
{
	struct import_result result = {0};
	struct job j = {.import = i, .watch = watch, .result = &result, .err = err};
	int r = remember_path(i, path, err);
	if (r == 0)
		r = csv_open(path, &j.csv, err);
	if (r == 0)
		r = read_header(&j, path);
	j.header.zone = i->zone;
	if (r == 0 && j.header.known) {
		result.kind = import_kind(j.header.id)->name;
		result.layout = j.header.layout;
		memcpy(result.columns, j.header.columns, sizeof(result.columns));
		r = transaction(&j);
	} else if (r == 0) {
		result.other = j.header.other;
		memcpy(result.nearest, j.header.nearest, sizeof(result.nearest));
	}
	for (size_t n = 0; n < j.neutrals; n++)
		free(j.neutral[n]);
	free(j.neutral);
	csv_close(j.csv);
	if (r < 0)
		return err_prefix(err, "%s", path);
	*ret = result;
	return 0;
}

int import_finish(struct import *i, int64_t *ret_number, bool *ret_changed, struct err *err)
{
	int r = store_exec(i->store, "UPDATE meta SET number = number + 1, unfinished = 0 WHERE unfinished = 1", err);
	if (r < 0)
		return r;
	*ret_changed = store_changes(i->store) > 0;
	if (import_is_new(i) && !*ret_changed)
		return err_set(err, -ENODATA, "%s: not made, as no row went into it", i->database);
	r = store_get_int(i->store, "SELECT number FROM meta", ret_number, err);
	return r == 0 && i->made ? publish(i, err) : r;
}

int import_alike(
	struct import *i, void (*each)(void *context, const struct import_alike *pair), void *context, struct err *err)
{
	return alike_find(i->store, each, context, err);
}

int import_clashes(
	struct import *i, void (*each)(void *context, const struct import_clash *clash), void *context, struct err *err)
{
	static const char sql[] =
		"WITH player AS (SELECT player_lookup, player_id, player, team, max(game_date) AS last FROM "
		"player_games"
		"  WHERE player_id IS NOT NULL GROUP BY player_lookup, player_id)"
		" SELECT player_lookup, player, team, last, player_id FROM player WHERE player_lookup IN"
		"  (SELECT player_lookup FROM player GROUP BY player_lookup HAVING count(*) > 1)"
		" ORDER BY player_lookup, last DESC, player_id";
	struct store_query *q = NULL;
	char previous[LOOKUP_SIZE] = "";
	int count = 0;
	int r = store_prepare(i->store, sql, &q, err);
	while (r >= 0 && (r = store_step(q, err)) > 0) {
		size_t length;
		struct import_clash clash = {
			.lookup = store_text(q, 0, &length),
			.name = store_text(q, 1, &length),
			.team = store_text(q, 2, &length),
			.last_game = store_text(q, 3, &length),
			.player_id = store_int(q, 4),
		};
		clash.meant = strcmp(clash.lookup, previous) != 0;
		count += clash.meant;
		text_format(previous, sizeof(previous), "%s", clash.lookup);
		each(context, &clash);
	}
	store_query_free(q);
	return r < 0 ? r : count;
}

int import_aliases_unused(struct import *i, void (*each)(void *context, const struct import_unused_alias *alias),
	void *context, struct err *err)
{
	return import_alias_unused(i->store, each, context, err);
}
