/*
 * Files first: directories become the files in them, sizes are added up for the progress bar. Then one
 * import_file() a file, what it says is kept, and at the end shown as a table or as one JSON object. A file
 * that fails does not stop the others. A signal does: what it would leave half done is put away first.
 */
#include "cmd_import.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "ctl.h"
#include "facts.h"
#include "league/import.h"
#include "league/import_layout.h"
#include "table.h"
#include "text.h"

#define SHOWN_IN_JSON 1000 /* bounds the memory */
#define SHOWN_IN_TABLE 20
#define ALIKE_SHOWN 50
#define TIMEZONE "America/New_York" /* as league.timezone has it */
#define NAMES_AT 23 /* column of what a file's columns are called elsewhere */
#define BAR_WIDTH 30
#define BAR_EVERY_US 50000

enum { EXIT_DONE, EXIT_NOT_ALL, EXIT_USAGE };

static const char help[] = "Usage: propsctl import DIR|FILE... --into DATABASE [OPTION]...\n"
			   "\n"
			   "League data from CSV files into the league database\n"
			   "\n"
			   "Reads box scores, team games, schedules, closing lines, teams and aliases from\n"
			   "CSV files (plain or gzip) into the league database, which is made where there is\n"
			   "none. Files are known by their header row, whatever their name. What is in the\n"
			   "database already is left alone, so that an import may be repeated. A row that is\n"
			   "wrong is refused with its place and reason, and the rest of its file goes in.\n"
			   "One transaction a file. A database that is not there is made when all is read,\n"
			   "and only if any row went in: an import that fails or is stopped leaves none.\n"
			   "propsd takes the new rows up by itself, some seconds after the end.\n"
			   "\n"
			   "Arguments:\n"
			   "  DIR|FILE             files in a directory that hold other data are passed\n"
			   "                       over; a file named here must be known\n"
			   "\n"
			   "Options:\n"
			   "  --into DATABASE      the database to fill, as league { database } in\n"
			   "                       propsd.conf names it\n"
			   "  -n, --dry-run        says all that an import would do, and changes nothing\n"
			   "  --columns            all kinds of file, their columns and what other sources\n"
			   "                       call them, and nothing else\n"
			   "  --timezone ZONE      of the league, as league.timezone in propsd.conf: in it a\n"
			   "                       game's date is the day of its tip (" TIMEZONE ")\n"
			   "  --json               the summary as one JSON object, with each refused row\n"
			   "  -q, --quiet          no progress bar\n"
			   "\n"
			   "Header rows that are known (columns beside these may stand there too, in any\n"
			   "order):\n";

struct refused {
	int64_t line;
	struct import_refusal why;
};

struct file {
	char *path;
	bool named; /* on the command line itself */
	bool first; /* it says what the others' teams are called */
	int64_t size;
	bool failed;
	struct err err;
	struct import_result result;
	struct refused *refused;
	size_t refused_count;
};

struct command {
	const char *database, *timezone;
	bool json, quiet, dry_run;
	struct ctl shown; /* where people read what it says */
	struct file *files;
	size_t count;
	int64_t size, before; /* bytes of all files; of those that are done */
	bool bar;
	int64_t bar_us;
	size_t at; /* file in work */
	int64_t number, started_us;
	bool changed, failed;
	bool nothing; /* went in, and so no database was made */
	bool no_players; /* in the database */
	struct str clashes; /* text or JSON */
	bool any_clash;
	struct str alike; /* likewise */
	int64_t alike_count;
	struct str unused; /* aliases, likewise */
	int unused_count;
};

/* --- files ------------------------------------------------------------------------------------------------------ */

static bool add_file(struct command *c, char *path, int64_t size, bool named)
{
	if ((c->count & (c->count - 1)) == 0) {
		struct file *grown = realloc(c->files, (c->count ? 2 * c->count : 1) * sizeof(*grown));
		if (!grown) {
			free(path);
			return false;
		}
		c->files = grown;
	}
	c->files[c->count++] = (struct file){.path = path, .named = named, .size = size};
	c->size += size;
	return true;
}

static bool add_directory(struct command *c, const char *path)
{
	struct dirent **entries;
	bool ok = true;
	int count = scandir(path, &entries, NULL, alphasort);
	if (count < 0) {
		fprintf(stderr, "propsctl import: %s: %s\n", path, strerror(errno));
		return false;
	}
	for (int i = 0; i < count; i++) {
		struct stat st;
		char *name = NULL;
		if (ok && entries[i]->d_name[0] != '.' && asprintf(&name, "%s/%s", path, entries[i]->d_name) >= 0) {
			if (stat(name, &st) == 0 && S_ISREG(st.st_mode))
				ok = add_file(c, name, st.st_size, false);
			else
				free(name);
		}
		free(entries[i]);
	}
	free(entries);
	return ok;
}

static bool add_argument(struct command *c, const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0) {
		fprintf(stderr, "propsctl import: %s: %s\n", path, strerror(errno));
		return false;
	}
	if (S_ISDIR(st.st_mode))
		return add_directory(c, path);
	char *name = strdup(path);
	return name && add_file(c, name, st.st_size, true);
}

/* --- signals ---------------------------------------------------------------------------------------------------- */

static const int end_signals[] = {SIGINT, SIGTERM, SIGHUP};
#define END_SIGNALS (sizeof(end_signals) / sizeof(end_signals[0]))

static volatile sig_atomic_t end_signal; /* that came; a handler has nowhere else to put it */

static void on_end_signal(int number)
{
	end_signal = number;
}

static bool stopped(void *context)
{
	(void)context;
	return end_signal != 0;
}

/* Those that are ignored (of a job in the background) stay so. No restart: a read from a pipe is to end, too; where one
 * waits that the signal came just too early for, the second signal ends us at once. */
static void catch_signals(struct sigaction old[END_SIGNALS])
{
	const struct sigaction action = {.sa_handler = on_end_signal, .sa_flags = (int)SA_RESETHAND};
	end_signal = 0;
	for (size_t i = 0; i < END_SIGNALS; i++) {
		if (sigaction(end_signals[i], NULL, &old[i]) == 0 && old[i].sa_handler != SIG_IGN)
			sigaction(end_signals[i], &action, NULL);
	}
}

static void release_signals(const struct sigaction old[END_SIGNALS])
{
	for (size_t i = 0; i < END_SIGNALS; i++)
		sigaction(end_signals[i], &old[i], NULL);
	if (end_signal)
		raise(end_signal); /* so that who started us sees what ended us */
}

/* --- while it runs ---------------------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void show_progress(void *context, int64_t done, int64_t size)
{
	struct command *c = context;
	int64_t now = clock_mono_us(clock_system());
	(void)size;
	if (!c->bar || now - c->bar_us < BAR_EVERY_US)
		return;
	c->bar_us = now;
	double part = c->size > 0 ? (double)(c->before + done) / (double)c->size : 1;
	int full = (int)(part * BAR_WIDTH);
	fprintf(stderr, "\r\033[K[%.*s%*s] %3d %%  %s", full, "##############################", BAR_WIDTH - full, "",
		(int)(part * 100), base_name(c->files[c->at].path));
}

static void clear_progress(const struct command *c)
{
	if (c->bar)
		fputs("\r\033[K", stderr);
}

static void keep_refused(void *context, int64_t line, const struct import_refusal *why)
{
	struct command *c = context;
	struct file *f = &c->files[c->at];
	if (!c->json || f->refused_count == SHOWN_IN_JSON)
		return; /* the result sums them up */
	if ((f->refused_count & (f->refused_count - 1)) == 0) {
		size_t room = f->refused_count ? 2 * f->refused_count : 1;
		struct refused *grown = realloc(f->refused, room * sizeof(*grown));
		if (!grown)
			return; /* the count still tells */
		f->refused = grown;
	}
	f->refused[f->refused_count++] = (struct refused){line, *why};
}

/* Where it comes near to a kind, what it lacks says more than all that are known. */
static void unknown_header(struct file *f)
{
	struct str known = {0};
	import_known_headers(&known);
	if (*f->result.nearest)
		err_set(&f->err, -EINVAL, "%s: the header row is none that is known; it is %s", f->path,
			f->result.nearest);
	else
		err_set(&f->err, -EINVAL, "%s: the header row is none that is known: %s", f->path,
			known.failed ? "" : known.data);
	str_done(&known);
	f->failed = true;
}

/* Only what can be read twice is looked into before. */
static void find_first(struct command *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct stat st;
		struct file *f = &c->files[i];
		f->first = stat(f->path, &st) == 0 && S_ISREG(st.st_mode) && import_is_of_teams(f->path);
	}
}

static void import_files(struct command *c, struct import *import)
{
	struct import_watch watch = {
		.context = c, .stopped = stopped, .progress = show_progress, .refused = keep_refused};
	find_first(c);
	for (size_t i = 0; i < 2 * c->count && !end_signal; i++) {
		struct file *f = &c->files[c->at = i % c->count];
		if (f->first != (i < c->count))
			continue;
		f->failed = import_file(import, f->path, &watch, &f->result, &f->err) < 0;
		if (f->failed)
			f->refused_count = 0; /* nothing of the file went in: one reason is enough */
		else if (!f->result.kind && !f->result.other && f->named)
			unknown_header(f);
		c->before += f->size;
		c->failed = c->failed || f->failed || f->result.refused > 0;
	}
	clear_progress(c);
}

/* --- what is shown ---------------------------------------------------------------------------------------------- */

/* A line, broken where it is wider than the terminal; what follows begins at column `left`. */
static void tell_at(struct command *c, unsigned left, const char *text)
{
	put_wrapped(&c->shown, 0, left, text);
}

static void __attribute__((format(printf, 2, 3))) tell(struct command *c, const char *format, ...)
{
	char *text = NULL;
	va_list list;
	va_start(list, format);
	if (vasprintf(&text, format, list) >= 0)
		tell_at(c, 4, text);
	va_end(list);
	free(text);
}

static void tell_lines(struct command *c, unsigned left, char *text)
{
	for (char *one; text && (one = strsep(&text, "\n")) && (text || *one);)
		tell_at(c, left, one);
}

static void show_clash(void *context, const struct import_clash *clash)
{
	struct command *c = context;
	struct str *s = &c->clashes;
	if (c->json) {
		str_text(s, c->any_clash ? "," : "");
		str_text(s, "{\"last_game\":");
		str_json(s, clash->last_game, strlen(clash->last_game));
		str_printf(s, ",\"meant\":%s,\"player\":", clash->meant ? "true" : "false");
		str_json(s, clash->name, strlen(clash->name));
		str_printf(s, ",\"player_id\":%lld,\"player_lookup\":", (long long)clash->player_id);
		str_json(s, clash->lookup, strlen(clash->lookup));
		str_text(s, ",\"team\":");
		str_json(s, clash->team, strlen(clash->team));
		str_char(s, '}');
	} else {
		if (clash->meant)
			str_printf(s,
				"%s is the name of several players; an event says by team, game_id or player_id which:\n",
				clash->lookup);
		str_printf(s, "  player id %lld: %s, %s, last game %s\n", (long long)clash->player_id, clash->name,
			clash->team, clash->last_game);
	}
	c->any_clash = true;
}

static void show_alike(void *context, const struct import_alike *pair)
{
	struct command *c = context;
	struct str *s = &c->alike;
	if (c->alike_count++ >= (c->json ? SHOWN_IN_JSON : ALIKE_SHOWN))
		return;
	if (c->json) {
		str_text(s, c->alike_count > 1 ? ",{\"player\":" : "{\"player\":");
		str_json(s, pair->name, strlen(pair->name));
		str_printf(s, ",\"player_lookup\":\"%s\",\"like\":", pair->lookup);
		str_json(s, pair->like_name, strlen(pair->like_name));
		str_printf(s, ",\"like_lookup\":\"%s\",\"why\":\"%s\"}", pair->like_lookup, pair->why);
	} else {
		str_printf(s, "  %s (%s) looks like %s (%s): %s\n", pair->name, pair->lookup, pair->like_name,
			pair->like_lookup, pair->why);
	}
}

static void show_unused(void *context, const struct import_unused_alias *alias)
{
	static const struct {
		const char *word, *words;
	} whys[] = {
		[ALIAS_OF_NOBODY] = {"nobody", "no box score has either name yet"},
		[ALIAS_OF_ITS_OWN] = {"own", "both are names of players with box scores, so it is not used"},
		[ALIAS_OF_SEVERAL] = {"several", "several players are called so; player_id or team says which is meant"},
	};
	struct command *c = context;
	struct str *s = &c->unused;
	if (c->json) {
		str_text(s, s->length ? ",{\"alias\":" : "{\"alias\":");
		str_json(s, alias->alias, strlen(alias->alias));
		str_text(s, ",\"player\":");
		str_json(s, alias->player, strlen(alias->player));
		str_printf(s, ",\"why\":\"%s\"}", whys[alias->why].word);
	} else if (c->unused_count++ < SHOWN_IN_TABLE)
		str_printf(s, "  %s = %s: %s\n", alias->alias, alias->player, whys[alias->why].words);
}

/* One line a cause, with its first row. */
static void print_groups(struct command *c, const struct file *f, const struct import_group group[IMPORT_REASONS])
{
	for (size_t k = 0; k < IMPORT_REASONS && group[k].rows > 0; k++) {
		const struct import_group *g = &group[k];
		char rows[64] = "";
		if (g->rows > 1)
			text_format(rows, sizeof(rows), " (%lld rows, this is the first)", (long long)g->rows);
		if (*g->column)
			tell(c, "  %s:%lld: column %s, value \"%s\": %s%s", f->path, (long long)g->line, g->column,
				g->value, g->reason, rows);
		else
			tell(c, "  %s:%lld: %s%s%s%s", f->path, (long long)g->line, g->value, *g->value ? ": " : "",
				g->reason, rows);
	}
}

static void print_skipped(struct command *c, const struct file *f)
{
	const struct import_result *r = &f->result;
	for (size_t k = 0; k < IMPORT_REASONS && r->skip[k].rows > 0; k++) {
		const struct import_group *g = &r->skip[k];
		if (*g->column)
			tell(c, "  %s: %lld rows skipped: %s; line %lld has %s \"%s\"", f->path, (long long)g->rows,
				g->reason, (long long)g->line, g->column, g->value);
		else
			tell(c, "  %s: %lld rows skipped: %s; line %lld", f->path, (long long)g->rows, g->reason,
				(long long)g->line);
	}
	if (r->removed > 0)
		tell(c, "  %s: %lld of these rows were in the database from before, and were taken out", f->path,
			(long long)r->removed);
}

static bool any_mended(const struct import_result *r)
{
	for (int n = 0; n < NAME_NOTES; n++) {
		if (r->mended[n].rows > 0)
			return true;
	}
	return false;
}

/* All of them where somebody asks before he imports. */
static void print_columns(struct command *c, const struct file *f)
{
	const struct import_result *r = &f->result;
	tell(c, "  %s: columns %s%s%s%s", f->path, r->layout ? "as " : "under other names", r->layout ? r->layout : "",
		r->layout ? " writes them" : "", c->dry_run ? ":" : "");
	if (c->dry_run)
		tell(c, "    %s", r->columns);
}

static void print_mended(struct command *c, const struct file *f)
{
	for (int n = 0; n < NAME_NOTES; n++) {
		const struct import_mended *m = &f->result.mended[n];
		if (m->rows > 0)
			tell(c, "  %s:%lld: %s, put right in the names of %lld rows: \"%s\" is %s", f->path,
				(long long)m->line, name_note_text((enum name_note)n), (long long)m->rows, m->from,
				m->to);
	}
}

static void title(bool *any, const char *text)
{
	if (!*any)
		puts(text);
	*any = true;
}

static void print_notes(struct command *c)
{
	bool refused = false, notes = false;
	for (size_t i = 0; i < c->count; i++) {
		const struct file *f = &c->files[i];
		if (f->failed || f->result.refused == 0)
			continue;
		title(&refused, "\nrefused:");
		print_groups(c, f, f->result.refusal);
	}
	for (size_t i = 0; i < c->count; i++) {
		const struct import_result *r = &c->files[i].result;
		if (c->files[i].failed || (r->skipped == 0 && r->nameless_ids == 0 && r->note[0].rows == 0 &&
						  !any_mended(r) && !*r->nearest && !*r->columns))
			continue;
		title(&notes, "\nnotes:");
		print_skipped(c, &c->files[i]);
		print_groups(c, &c->files[i], r->note);
		if (r->nameless_ids > 0)
			tell(c, "  %s: %lld rows without a player id, taken in by name", c->files[i].path,
				(long long)r->nameless_ids);
		if (*r->columns)
			print_columns(c, &c->files[i]);
		if (*r->nearest)
			tell(c, "  %s: passed over: %s", c->files[i].path, r->nearest);
		print_mended(c, &c->files[i]);
	}
	if (c->any_clash && !c->clashes.failed)
		puts("\nnames:"), tell_lines(c, 4, c->clashes.data);
	if (c->alike_count > 0 && !c->alike.failed)
		puts("\nnew names that look like others; each is a player of his own:"),
			tell_lines(c, 4, c->alike.data);
	if (c->alike_count > ALIKE_SHOWN)
		printf("  and %lld more\n", (long long)c->alike_count - ALIKE_SHOWN);
	if (c->unused_count > 0 && !c->unused.failed)
		puts("\naliases that mean nobody:"), tell_lines(c, 4, c->unused.data);
	if (c->unused_count > SHOWN_IN_TABLE)
		printf("  and %d more\n", c->unused_count - SHOWN_IN_TABLE);
}

static void print_files(struct command *c)
{
	static const struct table_column columns[] = {{"FILE", TABLE_CUT}, {"KIND", 0}, {"READ", TABLE_RIGHT},
		{"NEW", TABLE_RIGHT}, {"CHANGED", TABLE_RIGHT}, {"REFUSED", TABLE_RIGHT}, {"SKIPPED", TABLE_RIGHT}};
	struct table *table = table_new(&c->shown, columns, sizeof(columns) / sizeof(*columns));
	for (size_t i = 0; i < c->count; i++) {
		const struct file *f = &c->files[i];
		const struct import_result *r = &f->result;
		const int64_t counts[] = {r->read, r->added, r->changed, r->refused, r->skipped};
		char text[SHORT_SIZE];
		if (f->failed || !r->kind)
			continue;
		table_row(table);
		table_cell(table, 0, "%s", base_name(f->path));
		table_cell(table, 1, "%s", r->kind);
		for (size_t n = 0; n < sizeof(counts) / sizeof(*counts); n++)
			table_cell(table, 2 + n, "%s", count_text(counts[n], text));
		if (r->refused > 0)
			table_color(table, 5, TABLE_BAD);
	}
	table_print(table);
}

static void print_others(struct command *c)
{
	static const struct table_column columns[] = {{"FILE", 0}, {"WHY NOTHING OF IT WAS READ", TABLE_WRAP}};
	struct table *table = table_new(&c->shown, columns, sizeof(columns) / sizeof(*columns));
	bool any = false;
	for (size_t i = 0; i < c->count; i++) {
		const struct file *f = &c->files[i];
		if (!f->failed && f->result.kind)
			continue;
		if (!any)
			putchar('\n');
		any = true;
		table_row(table);
		table_cell(table, 0, "%s", base_name(f->path));
		if (f->failed)
			table_cell(table, 1, "FAILED, nothing of it was taken in");
		else
			table_cell(table, 1, "%s, not league data, skipped",
				f->result.other ? f->result.other : "no header row that is known");
	}
	table_print(table);
}

static void print_table(struct command *c, double seconds)
{
	int64_t rows = 0, added = 0, changed = 0, refused = 0;
	for (size_t i = 0; i < c->count; i++) {
		const struct import_result *r = &c->files[i].result;
		if (c->files[i].failed || !r->kind)
			continue;
		rows += r->read;
		added += r->added;
		changed += r->changed;
		refused += r->refused;
	}
	print_files(c);
	print_others(c);
	print_notes(c);
	putchar('\n');
	if (c->nothing)
		tell(c, "%s: not made; %lld rows read, %lld refused in %.1f s", c->database, (long long)rows,
			(long long)refused, seconds);
	else
		tell(c, "%s: %sleague number %lld%s; %lld rows read, %lld new, %lld changed, %lld refused in %.1f s",
			c->database, c->dry_run ? "a dry run, nothing was changed; it would be " : "",
			(long long)c->number, c->changed ? "" : " as before", (long long)rows, (long long)added,
			(long long)changed, (long long)refused, seconds);
}

static void json_field(struct str *s, const char *name, const char *text)
{
	str_printf(s, ",\"%s\":", name);
	str_json(s, text, strlen(text));
}

static void json_groups(struct str *s, const char *name, const struct import_group group[IMPORT_REASONS])
{
	str_printf(s, ",\"%s\":[", name);
	for (size_t k = 0; k < IMPORT_REASONS && group[k].rows > 0; k++) {
		str_printf(s, "%s{\"rows\":%lld", k ? "," : "", (long long)group[k].rows);
		json_field(s, "reason", group[k].reason);
		str_printf(s, ",\"line\":%lld", (long long)group[k].line);
		json_field(s, "column", group[k].column);
		json_field(s, "value", group[k].value);
		str_char(s, '}');
	}
	str_char(s, ']');
}

static void json_mended(struct str *s, const struct import_result *r)
{
	bool first = true;
	for (int n = 0; n < NAME_NOTES; n++) {
		const struct import_mended *m = &r->mended[n];
		if (m->rows == 0)
			continue;
		str_printf(
			s, "%s{\"rows\":%lld,\"line\":%lld", first ? "" : ",", (long long)m->rows, (long long)m->line);
		json_field(s, "from", m->from);
		json_field(s, "to", m->to);
		json_field(s, "what", name_note_text((enum name_note)n));
		str_char(s, '}');
		first = false;
	}
}

static void json_file(struct str *s, const struct file *f)
{
	const struct import_result *r = &f->result;
	str_text(s, "{\"file\":");
	if (utf8_valid(f->path, strlen(f->path)))
		str_json(s, f->path, strlen(f->path));
	else
		str_text(s, "\"(a name that is not UTF-8)\"");
	if (f->failed) {
		json_field(s, "error", f->err.text);
	} else if (!r->kind) {
		json_field(s, "not_league_data", r->other ? r->other : "unknown");
		if (*r->nearest)
			json_field(s, "nearest", r->nearest);
	} else {
		json_field(s, "kind", r->kind);
		str_printf(s,
			",\"read\":%lld,\"new\":%lld,\"changed\":%lld,\"unchanged\":%lld,\"refused\":%lld,"
			"\"skipped\":%lld"
			",\"without_player_id\":%lld,\"errors\":[",
			(long long)r->read, (long long)r->added, (long long)r->changed, (long long)r->unchanged,
			(long long)r->refused, (long long)r->skipped, (long long)r->nameless_ids);
		for (size_t i = 0; i < f->refused_count; i++) {
			str_printf(s, "%s{\"line\":%lld", i ? "," : "", (long long)f->refused[i].line);
			json_field(s, "column", f->refused[i].why.column);
			json_field(s, "value", f->refused[i].why.value);
			json_field(s, "reason", f->refused[i].why.reason);
			str_char(s, '}');
		}
		str_char(s, ']');
		if (r->layout)
			json_field(s, "layout", r->layout);
		if (*r->columns)
			json_field(s, "columns", r->columns);
		str_text(s, ",\"mended\":[");
		json_mended(s, r);
		str_char(s, ']');
		json_groups(s, "refused_because", r->refusal);
		json_groups(s, "skipped_because", r->skip);
		json_groups(s, "notes", r->note);
		str_printf(s, ",\"removed\":%lld", (long long)r->removed);
	}
	str_char(s, '}');
}

static bool print_json(const struct command *c, double seconds)
{
	struct str s = {0};
	str_text(&s, "{\"v\":1");
	json_field(&s, "database", c->database);
	if (c->dry_run)
		str_text(&s, ",\"dry_run\":true");
	str_printf(&s, ",\"number\":%lld,\"number_changed\":%s,\"seconds\":", (long long)c->number,
		c->changed ? "true" : "false");
	str_number(&s, seconds);
	str_text(&s, ",\"files\":[");
	for (size_t i = 0; i < c->count; i++) {
		str_text(&s, i ? "," : "");
		json_file(&s, &c->files[i]);
	}
	str_printf(&s, "],\"unused_aliases\":[%s]", c->unused.length ? c->unused.data : "");
	str_printf(&s, ",\"alike\":[%s]", c->alike_count > 0 ? c->alike.data : "");
	str_printf(&s, ",\"clashes\":[%s]}", c->any_clash ? c->clashes.data : "");
	bool ok = !s.failed && !c->clashes.failed && !c->alike.failed && !c->unused.failed;
	if (ok)
		puts(s.data);
	str_done(&s);
	return ok;
}

/* --- the command ------------------------------------------------------------------------------------------------ */

static int usage(const char *format, const char *what)
{
	fputs("propsctl import: ", stderr);
	fprintf(stderr, format, what);
	fputs("\nTry: propsctl help import\n", stderr);
	return EXIT_USAGE;
}

struct names { /* of one column */
	struct str also, made;
	bool json;
};

static void add_name(void *context, const char *name)
{
	struct names *n = context;
	struct str *s = strchr(name, ' ') ? &n->made : &n->also;
	str_text(s, s->length == 0 ? "" : n->json ? "," : ", ");
	if (n->json)
		str_json(s, name, strlen(name));
	else
		str_text(s, name);
}

static void add_column(struct str *s, const struct import_kind *kind, size_t column, bool json)
{
	struct names n = {.json = json};
	const char *header = import_column_header(kind, column);
	bool needed = import_column_needed(kind, column);
	if (!*header)
		return;
	layout_each_name(kind, import_column_id(kind, column), add_name, &n);
	const char *also = n.also.length ? n.also.data : "", *made = n.made.length ? n.made.data : "";
	if (json) {
		str_printf(s, "%s{\"column\":\"%s\",\"needed\":%s,\"also\":[%s],\"made_of\":[%s]}", column ? "," : "",
			header, needed ? "true" : "false", also, made);
	} else {
		str_printf(s, "  %-*s%-6s", NAMES_AT - 10, header, needed ? "needed" : "");
		str_printf(s, "%s%s%s%s", *also ? "  also " : "", also, *made ? "  made of " : "", made);
		str_char(s, '\n');
	}
	s->failed = s->failed || n.also.failed || n.made.failed;
	str_done(&n.also);
	str_done(&n.made);
}

/* Every kind, its columns, and under what other names they are found. */
static int print_columns_known(struct command *c)
{
	const bool json = c->json;
	struct str s = {0};
	str_text(&s, json ? "{\"v\":1,\"kinds\":[" : "");
	for (size_t i = 0; i < IMPORT_KINDS; i++) {
		const struct import_kind *kind = import_kind_at(i);
		str_printf(&s, json ? "%s{\"kind\":\"%s\",\"columns\":[" : "%s%s\n", i ? (json ? "," : "\n") : "",
			kind->name);
		for (size_t n = 0; n < kind->count; n++)
			add_column(&s, kind, n, json);
		str_text(&s, json ? "]}" : "");
	}
	str_text(&s, json ? "],\"layouts\":[" : "\nSources whose files are known: ");
	for (size_t i = 0; layout_name(i); i++)
		str_printf(&s, json ? "%s\"%s\"" : "%s%s", i ? (json ? "," : ", ") : "", layout_name(i));
	str_text(&s, json ? "]}" : "");
	if (!s.failed && json)
		puts(s.data);
	else if (!s.failed)
		tell_lines(c, NAMES_AT, s.data);
	bool ok = !s.failed;
	str_done(&s);
	return ok ? EXIT_DONE : EXIT_NOT_ALL;
}

static void print_help(struct command *c)
{
	struct str known = {0};
	import_known_headers(&known);
	c->shown.width = 80; /* as all help is */
	fputs(help, stdout);
	if (!known.failed) {
		char *rest = known.data;
		for (char *kind; (kind = strsep(&rest, ";"));)
			tell(c, "  %s", *kind == ' ' ? kind + 1 : kind);
	}
	str_done(&known);
}

/* -1: go on; else the exit code. */
static int parse_arguments(struct command *c, int argc, char **argv)
{
	static const struct option options[] = {
		{"into", required_argument, NULL, 'i'},
		{"columns", no_argument, NULL, 'c'},
		{"timezone", required_argument, NULL, 'z'},
		{"dry-run", no_argument, NULL, 'n'},
		{"json", no_argument, NULL, 'j'},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;
	bool columns = false;
	optind = 0; /* the caller may have used getopt for what stood before the command */
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":nqh", options, NULL)) != -1) {
		switch (option) {
		case 'i':
			c->database = optarg;
			break;
		case 'c':
			columns = true;
			break;
		case 'n':
			c->dry_run = true;
			break;
		case 'z':
			c->timezone = optarg;
			break;
		case 'j':
			c->json = true;
			break;
		case 'q':
			c->quiet = true;
			break;
		case 'h':
			print_help(c);
			return EXIT_DONE;
		case ':':
			return usage("%s needs a value", argv[optind - 1]);
		default:
			return usage("unknown option %s", argv[optind - 1]);
		}
	}
	if (columns)
		return print_columns_known(c);
	if (!c->database || !*c->database)
		return usage("say with --into which database to fill%s", "");
	if (optind == argc)
		return usage("say which files or directories to read%s", "");
	for (int i = optind; i < argc; i++) {
		if (!add_argument(c, argv[i]))
			return EXIT_NOT_ALL;
	}
	return -1;
}

static int finish(struct command *c, struct import *import, struct err *err)
{
	int64_t rows = 0;
	if (end_signal)
		return err_set(err, -EINTR, "%s: %s, by a signal (%s)", c->database,
			c->dry_run              ? "stopped; nothing was changed"
			: import_is_new(import) ? "not made: stopped"
						: "stopped; the files that were read before are in",
			strsignal(end_signal));
	int r = import_finish(import, &c->number, &c->changed, err);
	c->nothing = r == -ENODATA;
	if (c->nothing)
		return 0;
	if (r == 0)
		r = import_count(import, IMPORT_PLAYER_GAMES, &rows, err);
	c->no_players = rows == 0;
	if (r == 0)
		r = import_clashes(import, show_clash, c, err);
	if (r >= 0)
		r = import_alike(import, show_alike, c, err);
	if (r >= 0)
		r = import_aliases_unused(import, show_unused, c, err);
	return r < 0 ? r : 0;
}

/* 0, or the exit code. */
static int import_all(struct command *c)
{
	struct import *import = NULL;
	struct err err = {0};
	int r = c->dry_run ? import_try(c->database, &import, &err) : import_open(c->database, &import, &err);
	if (r == 0)
		r = import_zone(import, c->timezone, &err);
	if (r == 0) {
		import_files(c, import);
		r = finish(c, import, &err);
	}
	import_close(import);
	if (r < 0) {
		fprintf(stderr, "propsctl import: %s\n", err.text);
		return EXIT_NOT_ALL;
	}
	return 0;
}

static int report(struct command *c)
{
	bool any = false;
	double seconds = (double)(clock_mono_us(clock_system()) - c->started_us) / 1e6;
	for (size_t i = 0; i < c->count; i++) {
		any = any || c->files[i].failed || c->files[i].result.kind;
		if (c->files[i].failed)
			fprintf(stderr, "propsctl import: %s\n", c->files[i].err.text);
	}
	if (c->json && !print_json(c, seconds)) {
		fputs("propsctl import: out of memory for the summary; the import itself is done\n", stderr);
		c->failed = true;
	}
	if (!c->json)
		print_table(c, seconds);
	if (!any)
		fputs("propsctl import: there was no league data in it\n", stderr);
	if (c->nothing)
		fprintf(stderr, "propsctl import: no row went in, so %s %s made\n", c->database,
			c->dry_run ? "would not be" : "was not");
	if (c->no_players)
		fprintf(stderr,
			"propsctl import: %s %s no box scores: no report will have figures until some are imported\n",
			c->database, c->dry_run ? "would have" : "has");
	return c->failed || !any || c->nothing ? EXIT_NOT_ALL : EXIT_DONE;
}

int cmd_import(int argc, char **argv)
{
	struct command c = {.timezone = TIMEZONE,
		.started_us = clock_mono_us(clock_system()),
		.shown = {.data = stdout, .talk = stderr, .width = ctl_width(STDOUT_FILENO)}};
	int code = parse_arguments(&c, argc, argv);
	if (code < 0) {
		struct sigaction old[END_SIGNALS];
		c.bar = !c.quiet && isatty(STDERR_FILENO);
		catch_signals(old);
		code = import_all(&c);
		release_signals(old);
		if (code == 0)
			code = report(&c);
	}
	for (size_t i = 0; i < c.count; i++) {
		free(c.files[i].path);
		free(c.files[i].refused);
	}
	free(c.files);
	str_done(&c.clashes);
	str_done(&c.alike);
	str_done(&c.unused);
	return code;
}
