#include "league/import.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The command as it is built into propsctl. */
#define put facts_put /* this file has one of its own */
#include "../../ctl/cmd_import.c"
#undef put

/* --- a folder of its own a test --------------------------------------------------------------------------------- */

struct place {
	char dir[64], database[96];
	struct str out, errors; /* of the last command */
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	strcpy(p->dir, "/tmp/propsd-import-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	text_format(p->database, sizeof(p->database), "%s/league.db", p->dir);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	char command[128];
	text_format(command, sizeof(command), "rm -r %s", p->dir);
	assert_int_equal(system(command), 0);
	str_done(&p->out);
	str_done(&p->errors);
	free(p);
	return 0;
}

static const char *in(const struct place *p, const char *name)
{
	static char paths[4][160];
	static unsigned turn;
	char *path = paths[turn++ % 4];
	text_format(path, sizeof(paths[0]), "%s/%s", p->dir, name);
	return path;
}

static void put_bytes(const struct place *p, const char *name, const void *data, size_t length)
{
	FILE *f = fopen(in(p, name), "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, length, f), length);
	assert_int_equal(fclose(f), 0);
}

static void put(const struct place *p, const char *name, const char *text)
{
	put_bytes(p, name, text, strlen(text));
}

static void put_gzip(const struct place *p, const char *name, const char *text)
{
	gzFile f = gzopen(in(p, name), "wb");
	assert_int_equal(gzwrite(f, text, (unsigned)strlen(text)), strlen(text));
	assert_int_equal(gzclose(f), Z_OK);
}

static void read_back(FILE *f, struct str *ret)
{
	char buffer[4096];
	size_t n;
	str_done(ret);
	rewind(f);
	while ((n = fread(buffer, 1, sizeof(buffer), f)) > 0)
		str_bytes(ret, buffer, n);
	fclose(f);
	str_char(ret, '\0'); /* so that there is a text, empty or not */
	ret->length--;
}

/* Runs `propsctl import ARGUMENTS`, the arguments being parted by single spaces; keeps what it printed. */
static int command(struct place *p, const char *arguments)
{
	char text[1024], *argv[32] = {"import"}, *rest = text;
	int argc = 1;
	text_format(text, sizeof(text), "%s", arguments);
	while (rest)
		argv[argc++] = strsep(&rest, " ");
	FILE *out = tmpfile(), *errors = tmpfile();
	fflush(NULL);
	int old_out = dup(STDOUT_FILENO), old_errors = dup(STDERR_FILENO);
	dup2(fileno(out), STDOUT_FILENO);
	dup2(fileno(errors), STDERR_FILENO);
	int code = cmd_import(argc, argv);
	fflush(NULL);
	dup2(old_out, STDOUT_FILENO);
	dup2(old_errors, STDERR_FILENO);
	close(old_out);
	close(old_errors);
	read_back(out, &p->out);
	read_back(errors, &p->errors);
	return code;
}

static void assert_has(const struct str *text, const char *part)
{
	if (!strstr(text->data, part))
		fail_msg("\"%s\" is not in:\n%s", part, text->data);
}

/* One number out of the database. */
static int64_t ask(const struct place *p, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *s;
	assert_int_equal(sqlite3_open_v2(p->database, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	int64_t number = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return number;
}

/* One import of one file, by the module's own functions. */
static struct import_result import_one(struct place *p, const char *name, int64_t *ret_number, bool *ret_changed)
{
	struct err err = {0};
	struct import *i;
	struct import_result result = {0};
	int64_t number;
	bool changed;
	if (import_open(p->database, &i, &err) < 0 || import_file(i, in(p, name), NULL, &result, &err) < 0 ||
		import_finish(i, ret_number ? ret_number : &number, ret_changed ? ret_changed : &changed, &err) < 0)
		fail_msg("%s", err.text);
	import_close(i);
	return result;
}

#define PLAYER_HEADER \
	"season,season_type,game_id,game_date,player_id,player,team,opponent,home,win,starter,min,pts,reb," \
	"oreb,dreb,ast," \
	"stl,blk,tov,pf,fgm,fga,tpm,tpa,ftm,fta,plus_minus,box_complete\n"
#define BOX_CELLS ",30.5,20,8,2,6,5,1,1,2,3,8,15,2,5,2,2,7,1\n"
#define ANN "2024-25,regular,0022400001,2024-12-01,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS
#define BEA "2024-25,regular,0022400001,2024-12-01,12,Béa Baker Jr.,GSW,LAL,0,0,0" BOX_CELLS
#define CID "2024-25,regular,,2024-12-03,,Cid Cole,BOS,LAL,1,,,12,20,8,2,6,5,1,1,2,3,8,15,2,5,2,2,,\n"
#define TEAM_HEADER \
	"season,season_type,game_id,game_date,team_id,team,team_name,opponent,home,win,min,pts,fgm,fga,tpm," \
	"tpa,ftm,fta,oreb," \
	"dreb,reb,ast,stl,blk,tov,pf,plus_minus\n"
#define TEAM_CELLS "240,98,38,91,7,35,15,21,8,36,44,23,12,10,11,22,-20\n"

/* --- the CSV reader --------------------------------------------------------------------------------------------- */

static struct csv *open_text(const struct place *p, const char *text, size_t length)
{
	struct err err = {0};
	struct csv *c = NULL;
	put_bytes(p, "t.csv", text, length);
	if (csv_open(in(p, "t.csv"), &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

/* Reads all: "1|a|b" a record, "2!reason" an error, joined by "/". */
static void read_all(const struct place *p, const char *text, size_t length, struct str *ret)
{
	struct csv *c = open_text(p, text, length);
	struct csv_record record;
	struct err err = {0};
	int r;
	str_done(ret);
	str_char(ret, '\0'); /* so that there is a text, empty or not */
	ret->length--;
	while ((r = csv_next(c, &record, &err)) != 0) {
		assert_true(r == 1 || r == -EBADMSG);
		str_printf(ret, "%s%lld", ret->length ? "/" : "", (long long)record.line);
		if (r < 0)
			str_printf(ret, "!%s", err.text);
		for (size_t i = 0; r > 0 && i < record.count; i++)
			str_printf(ret, "|%s", record.field[i]);
	}
	csv_close(c);
}

static void records_are_read_as_rfc_4180_has_them(void **state)
{
	static const struct {
		const char *text, *records;
	} rows[] = {
		{"", ""},
		{"\n\r\n", ""},
		{"a,b\nc,d\n", "1|a|b/2|c|d"},
		{"a,b\r\nc,d", "1|a|b/2|c|d"},
		{"\xef\xbb\xbf"
		 "a,b\n",
			"1|a|b"},
		{",\n", "1||"},
		{"a\n\n\nb\n", "1|a/4|b"},
		{"\"a\",\"b,c\"\n", "1|a|b,c"},
		{"\"say \"\"hi\"\"\",\"\"\n", "1|say \"hi\"|"},
		{"\"two\nlines\",x\ny\n", "1|two\nlines|x/3|y"},
		{"\"at the end\"", "1|at the end"},
		{"a,", "1|a|"},
		{"a,\xc3\xa9\n", "1|a|\xc3\xa9"},
	};
	struct str got = {0};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		read_all(*state, rows[i].text, strlen(rows[i].text), &got);
		assert_string_equal(got.data, rows[i].records);
	}
	str_done(&got);
}

static void a_bad_record_costs_its_own_line_only(void **state)
{
	static const struct {
		const char *text;
		size_t length; /* 0: of the text */
		const char *records;
	} rows[] = {
		{"a\n\"b\nc\nd\n", 0, "1|a/2!a quoted field does not end/3|c/4|d"},
		{"a\nb\"\"c\nb\"c\nd\n", 0,
			"1|a/2!a quote inside a field that does not begin with one/"
			"3!a quote inside a field that does not begin with one/4|d"},
		{"\"a\"b\nc\n", 0, "1!text after the quote that ends a field/2|c"},
		{"\"a\nb\"c\nd\n", 0,
			"1!text after the quote that ends a field/2!a quote inside a field that does not "
			"begin with one/3|d"},
		{"a\0b\nc\n", 6, "1!a NUL byte/2|c"},
		{"\xff\nc\n", 0, "1!the text is not UTF-8: save the file as UTF-8/2|c"},
		{"\"", 0, "1!a quoted field does not end"},
	};
	struct str got = {0};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		read_all(*state, rows[i].text, rows[i].length ? rows[i].length : strlen(rows[i].text), &got);
		assert_string_equal(got.data, rows[i].records);
	}
	str_done(&got);
}

static void an_overlong_line_is_passed_over_whole(void **state)
{
	struct str text = {0}, got = {0};
	str_text(&text, "a\n");
	for (int i = 0; i < 700000; i++)
		str_char(&text, 'x');
	str_text(&text, "\nb\n");
	read_all(*state, text.data, text.length, &got);
	assert_string_equal(got.data, "1|a/2!the record does not end within 64 KiB/3|b");

	str_clear(&text);
	for (int i = 0; i < 300; i++)
		str_text(&text, "1,");
	str_text(&text, "\nb\n");
	read_all(*state, text.data, text.length, &got);
	assert_string_equal(got.data, "1!more than 256 fields/2|b");
	str_done(&text);
	str_done(&got);
}

static void long_files_are_read_across_the_buffers_edge(void **state)
{
	struct str text = {0};
	struct csv_record record;
	struct err err = {0};
	for (int i = 0; i < 60000; i++)
		str_printf(&text, "%d,\"field, of %d\"\r\n", i, i);
	struct csv *c = open_text(*state, text.data, text.length);
	for (int i = 0; i < 60000; i++) {
		char first[16], second[32];
		text_format(first, sizeof(first), "%d", i);
		text_format(second, sizeof(second), "field, of %d", i);
		assert_int_equal(csv_next(c, &record, &err), 1);
		assert_int_equal(record.line, i + 1);
		assert_int_equal(record.count, 2);
		assert_string_equal(record.field[0], first);
		assert_string_equal(record.field[1], second);
	}
	assert_int_equal(csv_next(c, &record, &err), 0);
	assert_int_equal(csv_done(c), csv_size(c));
	csv_close(c);
	str_done(&text);
}

static void a_cut_off_gzip_file_is_an_error(void **state)
{
	struct place *p = *state;
	struct str text = {0}, raw = {0};
	struct csv_record record;
	struct err err = {0};
	struct csv *c;
	for (int i = 0; i < 5000; i++)
		str_printf(&text, "%d,%d\n", i, i * i);
	put_gzip(p, "whole.csv.gz", text.data);
	read_back(fopen(in(p, "whole.csv.gz"), "rb"), &raw);
	put_bytes(p, "cut.csv.gz", raw.data, raw.length / 2);
	assert_int_equal(csv_open(in(p, "cut.csv.gz"), &c, &err), 0);
	int r;
	while ((r = csv_next(c, &record, &err)) == 1)
		;
	assert_int_equal(r, -EIO);
	assert_string_equal(err.text, "the gzip file is cut off");
	csv_close(c);
	str_done(&text);
	str_done(&raw);
}

/* --- rows into the database ------------------------------------------------------------------------------------- */

static void an_import_can_be_repeated_and_changes_nothing(void **state)
{
	struct place *p = *state;
	int64_t number;
	bool changed;
	put(p, "a.csv", PLAYER_HEADER ANN BEA CID);
	struct import_result r = import_one(p, "a.csv", &number, &changed);
	assert_string_equal(r.kind, "player_games");
	assert_int_equal(r.read, 3);
	assert_int_equal(r.added, 3);
	assert_int_equal(r.nameless_ids, 1);
	assert_int_equal(number, 1);
	assert_true(changed);

	r = import_one(p, "a.csv", &number, &changed);
	assert_int_equal(r.read, 3);
	assert_int_equal(r.added, 0);
	assert_int_equal(r.changed, 0);
	assert_int_equal(r.unchanged, 3);
	assert_int_equal(number, 1);
	assert_false(changed);
	assert_int_equal(ask(p, "SELECT count(*) FROM player_games WHERE player_lookup = 'beabakerjr'"), 1);
}

static void a_corrected_row_replaces_the_one_that_is_there(void **state)
{
	struct place *p = *state;
	int64_t number;
	bool changed;
	put(p, "a.csv", PLAYER_HEADER ANN BEA);
	import_one(p, "a.csv", &number, &changed);
	/* Another name, another day, fewer cells known: it is the same player in the same game. */
	put(p, "b.csv",
		PLAYER_HEADER "2024-25,regular,0022400001,2024-12-02,11,Anne "
			      "Able,LAL,GSW,1,,,30.5,21,8,2,6,5,1,1,2,3,8,15,3,5,2,2,,\n" BEA);
	struct import_result r = import_one(p, "b.csv", &number, &changed);
	assert_int_equal(r.added, 0);
	assert_int_equal(r.changed, 1);
	assert_int_equal(r.unchanged, 1);
	assert_int_equal(number, 2);
	assert_int_equal(ask(p, "SELECT count(*) FROM player_games"), 2);
	assert_int_equal(ask(p, "SELECT pts FROM player_games WHERE player_lookup = 'anneable' AND win IS NULL"), 21);
}

static void one_key_with_two_contents_in_one_import_keeps_the_first(void **state)
{
	struct place *p = *state;
	put(p, "a.csv", PLAYER_HEADER ANN BEA);
	put(p, "b.csv",
		PLAYER_HEADER BEA "2024-25,regular,0022400001,2024-12-01,11,Ann "
				  "Able,LAL,GSW,1,1,1,30.5,99,8,2,6,5,1,1,2,3,8,15,2,5,2,2,7,1\n");
	for (int round = 0; round < 2; round++) {
		char arguments[512];
		text_format(
			arguments, sizeof(arguments), "%s %s --into %s", in(p, "a.csv"), in(p, "b.csv"), p->database);
		assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
		assert_has(&p->out, "b.csv:3: 0022400001/#11: other values for it stand at ");
		assert_has(&p->out, "a.csv:2, and those are kept");
		assert_has(&p->out, round == 0 ? "2 new, 0 changed, 1 refused" : "0 new, 0 changed, 1 refused");
		assert_has(&p->out, round == 0 ? "league number 1;" : "league number 1 as before;");
	}
	assert_int_equal(ask(p, "SELECT pts FROM player_games WHERE player_id = 11"), 20);
}

static void bad_rows_are_refused_with_place_value_and_what_is_right(void **state)
{
	struct place *p = *state;
	static const struct {
		const char *row, *says;
	} rows[] = {
		{"2024-25,regular,0022400001,2024-12-01,11,Ann "
		 "Able,LAL,GSW,1,1,1,30.5,x,8,2,6,5,1,1,2,3,8,15,2,5,2,2,7,1\n",
			"column pts, value \"x\": a whole number from 0 to 150 is right"},
		{"2024-25,regular,0022400001,2024-12-01,11,Ann "
		 "Able,LAL,GSW,1,1,1,30.5,,8,2,6,5,1,1,2,3,8,15,2,5,2,2,7,1\n",
			"column pts, value \"\": must not be empty"},
		{"2024-25,regular,0022400001,2024-12-01,11,Ann "
		 "Able,LAL,GSW,1,1,1,30.5,2.5,8,2,6,5,1,1,2,3,8,15,2,5,2,2,7,1\n",
			"column pts, value \"2.5\": a whole number"},
		{"2024-25,regular,0022400001,2024-12-01,11,Ann "
		 "Able,LAL,GSW,1,1,1,nan,20,8,2,6,5,1,1,2,3,8,15,2,5,2,2,7,1\n",
			"column min, value \"nan\": a number from 0 to 120 is right"},
		{"2024-25,regular,0022400001,2024-13-01,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS,
			"column game_date, value \"2024-13-01\": a date is written like 2025-11-15"},
		{"2024-25,regular,0022400001,1924-12-01,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS,
			"column game_date, value \"1924-12-01\": a date from 1946-11-01 to 2099-12-31 is right"},
		{"2024-26,regular,0022400001,2024-12-01,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS,
			"column season, value \"2024-26\": a season is written like 2024-25"},
		{"2025-26,regular,0022400001,2024-12-01,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS,
			"column season, value \"2025-26\": no season of a game on 2024-12-01"},
		{"2024-25,regular,22x,2024-12-01,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS,
			"column game_id, value \"22x\": a game id has ten digits"},
		{"2024-25,regular,0022400001,2024-12-01,-4,Ann Able,LAL,GSW,1,1,1" BOX_CELLS,
			"column player_id, value \"-4\": a player id is a whole number above 0"},
		{"2024-25,regular,0022400001,2024-12-01,11,...,LAL,GSW,1,1,1" BOX_CELLS,
			"column player, value \"...\": a player's name has at least one letter"},
		{"2024-25,regular,0022400001,2024-12-01,11,Ann Able,HAP,GSW,1,1,1" BOX_CELLS,
			"column team, value \"HAP\": no team of the league; there are ATL BKN"},
		{"2024-25,regular,0022400001,2024-12-01,11,Ann Able,LAL,GSW,2,1,1" BOX_CELLS,
			"column home, value \"2\": 0 or 1 is right"},
		{"2024-25,regular,0022400001,2024-12-01,11,Ann "
		 "Able,LAL,GSW,1,1,1,30,20,8,2,6,5,1,1,2,3,16,15,2,5,2,2,7,1\n",
			"column fgm, value \"16\": cannot be more than fga, which is 15"},
		{"2024-25,regular,,2024-12-01,11,Ann Able,LAL,LAL,1,1,1" BOX_CELLS,
			"column opponent, value \"LAL\": a team cannot be its own opponent"},
		{"2024-25,regular,0022400001,2024-12-01,11,Ann Able,LAL,LAL,1,1,1" BOX_CELLS,
			"column opponent, value \"LAL\": a team cannot be its own opponent, and no row of "
			"game 0022400001"},
		{"2024-25,regular,0022400001,2024-12-01,11,Ann Able\n", "the row has 6 fields, the header row has 29"},
		{"2024-25,regular,0022400001,2024-12-01,11,\"Ann Able,LAL\n", "a quoted field does not end"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str text = {0};
		char arguments[512];
		str_printf(&text, "%s%s%s%s", PLAYER_HEADER, CID, rows[i].row, CID);
		put(p, "bad.csv", text.data);
		str_done(&text);
		text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "bad.csv"), p->database);
		assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
		assert_has(&p->out, rows[i].says);
		assert_has(&p->out, "bad.csv:3: ");
		assert_int_equal(ask(p, "SELECT count(*) FROM player_games"), 1); /* the rest of the file went in */
	}
}

static void columns_may_stand_in_any_order_beside_others(void **state)
{
	struct place *p = *state;
	put(p, "a.csv",
		"note,fta,ftm,tpa,tpm,fga,fgm,pf,tov,blk,stl,ast,dreb,oreb,reb,pts,min,home,opponent,team,"
		"player,game_date\n"
		"hi,2,2,5,2,15,8,3,2,1,1,5,6,2,8,20,30,true,GS,lal,Ann Able,2024-12-01\n");
	struct import_result r = import_one(p, "a.csv", NULL, NULL);
	assert_string_equal(r.kind, "player_games");
	assert_int_equal(r.added, 1);
	assert_int_equal(ask(p, "SELECT pts FROM player_games WHERE key = '20241201_GSW_LAL/annable' AND "
				"team = 'LAL'"),
		20);
}

static void ids_that_a_spreadsheet_made_numbers_are_read_as_they_were(void **state)
{
	struct place *p = *state;
	put(p, "a.csv", PLAYER_HEADER "2024-25,regular,22400001,2024-12-01,11.0,Ann Able,LAL,GSW,1.0,1,1" BOX_CELLS);
	import_one(p, "a.csv", NULL, NULL);
	assert_int_equal(ask(p, "SELECT count(*) FROM player_games WHERE key = '0022400001/#11' AND player_id = 11"), 1);
}

static void a_team_that_is_its_own_opponent_on_neutral_ground_is_put_right(void **state)
{
	struct place *p = *state;
	/* As the league's own tables have it: both "MIA @ WAS", so WAS stands as its own opponent, and nobody
	 * at home. */
	put(p, "t.csv",
		TEAM_HEADER "2024-25,regular,0022400147,2024-11-02,1,WAS,Wizards,WAS,0,0," TEAM_CELLS
			    "2024-25,regular,0022400147,2024-11-02,2,MIA,Heat,WAS,0,1," TEAM_CELLS);
	for (int round = 0; round < 2; round++) {
		struct import_result r = import_one(p, "t.csv", NULL, NULL);
		assert_string_equal(r.kind, "team_games");
		assert_int_equal(r.read, 2);
		assert_int_equal(r.refused, 0);
		assert_int_equal(r.added, round == 0 ? 2 : 0);
		assert_int_equal(r.changed, 0);
	}
	assert_int_equal(ask(p, "SELECT home FROM team_games WHERE team = 'WAS' AND opponent = 'MIA'"), 1);
	assert_int_equal(ask(p, "SELECT home FROM team_games WHERE team = 'MIA' AND opponent = 'WAS'"), 0);
}

static void a_schedule_leaves_out_what_is_no_game_between_two_teams_of_the_league(void **state)
{
	struct place *p = *state;
	put(p, "s.csv",
		"game_id,season_type,game_label,tip_utc,game_date,home,away,arena_city\n"
		"0012500001,preseason,Preseason,2025-10-04T02:00:00Z,2025-10-03,NOP,MEL,Melbourne\n"
		"0022501201,regular,Cup,2025-12-09T05:00:00Z,2025-12-09,,,\n"
		"0022501202,regular,Cup,2025-12-09T05:00:00Z,2025-12-09,,,\n"
		"0022500002,regular,,2025-10-22T02:00:00Z,2025-10-21,LAL,GSW,Los Angeles\n"
		"0022500003,regular,,2025-10-22T02:00:00Z,2025-10-21,LAL,MEL,Los Angeles\n"
		"0022500004,regular,,soon,2025-10-21,LAL,PHX,Los Angeles\n");
	struct import_result r = import_one(p, "s.csv", NULL, NULL);
	assert_string_equal(r.kind, "schedule");
	assert_int_equal(r.read, 6);
	assert_int_equal(r.added, 1);
	assert_int_equal(r.skipped, 3);
	assert_int_equal(r.refused, 2);
	assert_int_equal(r.skip[0].rows, 1);
	assert_string_equal(r.skip[1].reason, "games whose teams are not known yet");
	assert_int_equal(r.skip[1].rows, 2);
	assert_int_equal(ask(p, "SELECT tip_ms FROM schedule WHERE key = '0022500002'"), 1761098400000);
}

static void both_kinds_of_closing_lines_are_known_by_their_headers(void **state)
{
	struct place *p = *state;
	put(p, "o.csv", "game_date,away,home,spread_home,total,ml_away\n2024-12-01,GSW,LAL,-3.5,221,120\n");
	put(p, "c.csv",
		"event_id,game_date,commence_utc,away,home,spread_home,total\n"
		"e1,2024-12-01,2024-12-02T00:00:00Z,GSW,LAL,-3.5,\n"
		"e2,2024-12-01,2024-12-02T00:10:00Z,GSW,LAL,-3.25,221.4\n");
	assert_string_equal(import_one(p, "o.csv", NULL, NULL).kind, "game_odds");
	struct import_result r = import_one(p, "c.csv", NULL, NULL);
	assert_string_equal(r.kind, "game_closing_odds");
	assert_int_equal(r.added, 2);
}

static void a_number_belongs_to_one_content_even_after_an_import_that_was_cut_off(void **state)
{
	struct place *p = *state;
	struct err err = {0};
	struct import *i;
	struct import_result result;
	int64_t number;
	bool changed;
	put(p, "a.csv", PLAYER_HEADER ANN);
	put(p, "b.csv", PLAYER_HEADER BEA);
	import_one(p, "a.csv", &number, &changed);
	assert_int_equal(number, 1);

	assert_int_equal(import_open(p->database, &i, &err), 0);
	assert_int_equal(import_file(i, in(p, "b.csv"), NULL, &result, &err), 0);
	import_close(i); /* as a kill does */
	assert_int_equal(ask(p, "SELECT unfinished FROM meta"), 1);
	assert_int_equal(ask(p, "SELECT number FROM meta"), 1);

	result = import_one(p, "b.csv", &number, &changed);
	assert_int_equal(result.added, 0);
	assert_int_equal(number, 2);
	assert_true(changed);
	assert_int_equal(ask(p, "SELECT unfinished FROM meta"), 0);
}

/* --- a league's own teams -------------------------------------------------------------------------------------------- */

#define OWN_TEAMS "code,name,aliases\nRED,Rodby Rockets,Rockets|R1\nBLU,Blue Town,\"Blues; BL\"\n"

static void a_league_of_ones_own_is_read_with_its_teams_first(void **state)
{
	struct place *p = *state;
	char arguments[300];
	put(p, "a.csv",
		PLAYER_HEADER "2024-25,regular,,2024-12-01,,Ann Able,red,Blues,1,1,1" BOX_CELLS
			      "2024-25,regular,,2024-12-02,,Ann Able,ROCKETS,bl,0,1,1" BOX_CELLS
			      "2024-25,regular,,2024-12-03,,Ann Able,RED,BRK,0,1,1" BOX_CELLS);
	put(p, "s.csv", "tip_utc,game_date,home,away\n2024-12-09T00:30:00Z,2024-12-08,Rodby  Rockets,Blue Town\n");
	put(p, "t.csv", OWN_TEAMS);
	text_format(arguments, sizeof(arguments), "%s --into %s", p->dir, p->database);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->out, "t.csv  teams            2    2        0        0        0");
	assert_has(&p->out, "a.csv:4: column opponent, value \"BRK\": no team of the league; there are BLU RED");
	assert_int_equal(ask(p, "SELECT count(*) FROM player_games WHERE team = 'RED' AND opponent = 'BLU'"), 2);
	assert_int_equal(ask(p, "SELECT count(*) FROM schedule WHERE away = 'BLU' AND home = 'RED'"), 1);

	/* The database has them from now on; the same once more changes nothing. */
	assert_int_equal(unlink(in(p, "t.csv")), 0);
	put(p, "b.csv", PLAYER_HEADER "2024-25,regular,,2024-12-04,,Ann Able,R1,BLU,1,1,1" BOX_CELLS);
	assert_int_equal(import_one(p, "b.csv", NULL, NULL).added, 1);
	put(p, "t.csv", OWN_TEAMS);
	assert_int_equal(import_one(p, "t.csv", NULL, NULL).unchanged, 2);
	put(p, "t.csv", OWN_TEAMS "GRN,,\n");
	struct import_result r = import_one(p, "t.csv", NULL, NULL);
	assert_int_equal(r.added, 1);
	assert_int_equal(r.unchanged, 2);
}

static void rows_of_teams_are_refused_for_their_column(void **state)
{
	struct place *p = *state;
	static const char *const cases[][2] = {
		{"reds,,", "t.csv:3: column code, value \"reds\": a team's code is three capital letters, such as LAL"},
		{",Reds,", "t.csv:3: column code, value \"\": must not be empty"},
		{"GRN,...,", "t.csv:3: column name, value \"...\": a name needs a letter from A to Z or a digit"},
		{"GRN,Greens,G|?",
			"t.csv:3: column aliases, value \"G|?\": alias 2 needs a letter from A to Z or a digit"},
		{"RED,Reds,", "t.csv:3: RED: other values for it stand at"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256], arguments[300];
		text_format(text, sizeof(text), "code,name,aliases\nRED,,\n%s\n", cases[i][0]);
		put(p, "t.csv", text);
		text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "t.csv"), p->database);
		assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
		assert_has(&p->out, cases[i][1]);
	}
}

/* Rows bear codes: were a team to lose its code, they would be nobody's. */
static void teams_that_leave_out_whose_games_are_there_are_refused_whole(void **state)
{
	struct place *p = *state;
	char arguments[300];
	put(p, "a.csv", PLAYER_HEADER ANN BEA);
	import_one(p, "a.csv", NULL, NULL);
	put(p, "t.csv", OWN_TEAMS "LAL,,GSW\n");
	text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "t.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->errors, "t.csv: the database has games or aliases of GSW, which is no code of these teams");
	assert_int_equal(ask(p, "SELECT count(*) FROM teams"), 0);
	put(p, "b.csv", PLAYER_HEADER CID); /* the NBA's are the teams as before */
	assert_int_equal(import_one(p, "b.csv", NULL, NULL).added, 1);

	/* The team of a player's alias is one as well. */
	put(p, "alias.csv", "alias,player,team\nAnnie,Ann Able,DEN\n");
	assert_int_equal(import_one(p, "alias.csv", NULL, NULL).added, 1);
	put(p, "t.csv", "code,name,aliases\nLAL,,LAX\nGSW,,\nBOS,,\n");
	text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "t.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->errors, "t.csv: the database has games or aliases of DEN, which is no code of these teams");

	put(p, "t.csv", "code,name,aliases\nLAL,,LAX\nGSW,,\nBOS,,\nDEN,,\n");
	assert_int_equal(import_one(p, "t.csv", NULL, NULL).added, 4);
}

static void a_spelling_of_two_teams_is_refused_with_both(void **state)
{
	struct place *p = *state;
	char arguments[300];
	put(p, "s.csv", "tip_utc,game_date,home,away\n2024-12-09T05:00:00Z,2024-12-08,Los Angeles,BRK\n");
	text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "s.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->out,
		"s.csv:2: column home, value \"Los Angeles\": the name of several teams: LAC (LA Clippers), LAL "
		"(Los Angeles Lakers)");
}

/* --- rows that are no games, and rows that contradict themselves ------------------------------------------------ */

#define NO_BOX ",,,,,,,,,,,,,,,,,\n"
#define ZERO_BOX ",0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,\n"
#define DEE(minutes, rest) "2024-25,regular,0022400002,2024-12-02,14,Dee Dunn,LAL,GSW,1,1,0," minutes rest

static void who_did_not_play_is_left_out_and_counted_by_the_reason(void **state)
{
	struct place *p = *state;
	static const struct {
		const char *row, *reason; /* NULL: it is a game */
	} rows[] = {
		{DEE("0", ZERO_BOX), "players who did not play (0 minutes and no statistics)"},
		{DEE("0.0", ZERO_BOX), "players who did not play (0 minutes and no statistics)"},
		{DEE("0:00", ZERO_BOX), "players who did not play (0 minutes and no statistics)"},
		{DEE("00:00", ZERO_BOX), "players who did not play (0 minutes and no statistics)"},
		{DEE("PT00M00.00S", ZERO_BOX), "players who did not play (0 minutes and no statistics)"},
		{DEE("0", NO_BOX), "players who did not play (0 minutes and no statistics)"},
		{DEE("", ZERO_BOX), "players who did not play (no minutes and no statistics)"},
		{DEE("", NO_BOX), "players who did not play (no minutes and no statistics)"},
		{DEE("NA", ",NA,NA,NA,NA,NA,NA,NA,NA,NA,NA,NA,NA,NA,NA,NA,NA,\n"),
			"players who did not play (no minutes and no statistics)"},
		{DEE("DNP", NO_BOX), "players who did not play (DNP)"},
		{DEE("DNP - Coach's Decision", ZERO_BOX), "players who did not play (DNP)"},
		{DEE("Did Not Play", NO_BOX), "players who did not play (DNP)"},
		{DEE("Did Not Play",
			 ",Did Not Play,Did Not Play,Did Not Play,Did Not Play,Did Not Play,Did Not Play,Did Not Play,Did Not "
			 "Play,Did Not Play,Did Not Play,Did Not Play,Did Not Play,Did Not Play,Did Not Play,Did Not Play,,\n"),
			"players who did not play (DNP)"},
		{DEE("DND", NO_BOX), "players who did not dress (DND)"},
		{DEE("Did Not Dress", NO_BOX), "players who did not dress (DND)"},
		{DEE("NWT", NO_BOX), "players who were not with the team (NWT)"},
		{DEE("Not With Team", NO_BOX), "players who were not with the team (NWT)"},
		{DEE("Inactive", NO_BOX), "players who were inactive"},
		{"2024-25,regular,0022400002,2024-12-02,14,Dee Dunn,LAL,GSW,1,1,Inactive," NO_BOX,
			"players who were inactive"},
		{DEE("0", ",0,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,\n"), NULL}, /* a foul */
		{DEE("0:00", ",0,0,0,0,0,0,0,0,0,0,1,0,0,0,0,0,\n"), NULL}, /* a shot */
		{DEE("0", ",0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,-3,\n"), NULL}, /* on the floor while others scored */
		{DEE("0:04", ZERO_BOX), NULL},
		{DEE("1", ZERO_BOX), NULL},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str text = {0};
		str_printf(&text, "%s%s%s", PLAYER_HEADER ANN, rows[i].row, CID);
		put(p, "a.csv", text.data);
		str_done(&text);
		struct import_result r = import_one(p, "a.csv", NULL, NULL);
		assert_int_equal(r.refused, 0);
		if (r.skipped != (rows[i].reason != NULL) || r.added != 3 - r.skipped)
			fail_msg("%s: %lld skipped", rows[i].row, (long long)r.skipped);
		if (rows[i].reason) {
			assert_string_equal(r.skip[0].reason, rows[i].reason);
			assert_int_equal(r.skip[0].rows, 1);
			assert_int_equal(r.skip[0].line, 3);
			assert_string_equal(r.skip[0].value, "Dee Dunn");
		}
		assert_int_equal(
			ask(p, "SELECT count(*) FROM player_games WHERE player_id = 14"), rows[i].reason == NULL);
		assert_int_equal(unlink(p->database), 0);
	}
}

static void a_team_game_without_statistics_was_not_played(void **state)
{
	struct place *p = *state;
	put(p, "t.csv",
		TEAM_HEADER
		"2024-25,regular,0022400001,2024-12-01,1,LAL,Lakers,GSW,1,1," TEAM_CELLS
		"2024-25,regular,0022400003,2024-12-03,1,LAL,Lakers,BOS,1,,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\n"
		"2024-25,regular,0022400004,2024-12-05,1,LAL,Lakers,MIA,1,,,,,,,,,,,,,,,,,,\n");
	struct import_result r = import_one(p, "t.csv", NULL, NULL);
	assert_int_equal(r.added, 1);
	assert_int_equal(r.skipped, 2);
	assert_string_equal(r.skip[0].reason, "games that were not played (no statistics)");
	assert_int_equal(r.skip[0].rows, 2);
}

static void what_is_no_game_after_a_correction_is_taken_out(void **state)
{
	struct place *p = *state;
	int64_t number;
	bool changed;
	put(p, "a.csv", PLAYER_HEADER ANN BEA CID);
	import_one(p, "a.csv", &number, &changed);
	put(p, "b.csv",
		PLAYER_HEADER ANN
		"2024-25,regular,0022400001,2024-12-01,12,Béa Baker Jr.,GSW,LAL,0,0,0,DNP" NO_BOX
		"2024-25,preseason,,2024-12-03,,Cid Cole,BOS,LAL,1,,,12,20,8,2,6,5,1,1,2,3,8,15,2,5,2,2,,\n"
		"2024-25,preseason,what,never,,,HAP,,,,,,,,,,,,,,,,,,,,,,\n");
	for (int round = 0; round < 2; round++) {
		struct import_result r = import_one(p, "b.csv", &number, &changed);
		assert_int_equal(r.refused, 0);
		assert_int_equal(r.skipped, 3);
		assert_int_equal(r.removed, round == 0 ? 2 : 0);
		assert_int_equal(r.added, 0);
		assert_int_equal(r.changed, 0);
		assert_int_equal(r.unchanged, 1);
		assert_int_equal(changed, round == 0);
		assert_int_equal(number, 2);
		assert_int_equal(ask(p, "SELECT count(*) FROM player_games"), 1);
	}
	/* In one import neither wins: which is the correction, nobody knows. */
	put(p, "c.csv",
		PLAYER_HEADER BEA "2024-25,regular,0022400001,2024-12-01,12,Béa Baker Jr.,GSW,LAL,0,0,0,DNP" NO_BOX);
	struct import_result r = import_one(p, "c.csv", &number, &changed);
	assert_int_equal(r.added, 1);
	assert_int_equal(r.skipped, 0);
	assert_int_equal(r.refused, 1);
	assert_non_null(strstr(r.refusal[0].reason, "other values for it stand at "));
}

static void preseason_and_all_star_games_are_left_out_and_other_parts_have_one_form(void **state)
{
	struct place *p = *state;
	static const struct {
		const char *type, *game_id, *stored; /* NULL: left out */
		const char *reason;
	} rows[] = {
		{"preseason", "0012400001", NULL, "preseason games"},
		{"Pre Season", "0022400001", NULL, "preseason games"}, /* a number that was made up */
		{"Pre-Season", "", NULL, "preseason games"},
		{"pre", "", NULL, "preseason games"},
		{"PRE", "", NULL, "preseason games"},
		{"", "0012400001", NULL, "preseason games"},
		{"", "12400001", NULL, "preseason games"},
		{"All-Star", "0032400001", NULL, "All-Star games"},
		{"allstar", "", NULL, "All-Star games"},
		{"", "0032400001", NULL, "All-Star games"},
		{"Summer League", "", NULL, "games of a summer league"},
		{"regular", "0022400001", "regular", NULL},
		{"Regular Season", "0022400001", "regular", NULL},
		{"Playoffs", "0042400101", "playoffs", NULL},
		{"PlayIn", "0052400101", "playin", NULL},
		{"Play-In", "0052400101", "playin", NULL},
		{"IST", "0062400001", "cup", NULL},
		{"group stage", "", "group stage", NULL},
		{"", "0022400001", "", NULL},
		{"", "", "", NULL},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int teams = 0; teams < 2; teams++) {
			struct str text = {0};
			char sql[200];
			const char *table = teams ? "team_games" : "player_games";
			str_printf(&text,
				teams ? "%s%s%s,%s,2025-02-01,1,LAL,Lakers,GSW,1,1,%s"
				      : "%s%s%s,%s,2025-02-01,11,Ann Able,LAL,GSW,1,1,1%s",
				teams ? TEAM_HEADER
					"2024-25,regular,0022400009,2025-01-15,1,LAL,Lakers,BOS,1,1," TEAM_CELLS
				      : PLAYER_HEADER CID,
				"2024-25,", rows[i].type, rows[i].game_id, teams ? TEAM_CELLS : BOX_CELLS);
			put(p, "a.csv", text.data);
			str_done(&text);
			struct import_result r = import_one(p, "a.csv", NULL, NULL);
			assert_string_equal(r.kind, table);
			assert_int_equal(r.refused, 0);
			if (r.skipped != (rows[i].stored == NULL))
				fail_msg("%s \"%s\" %s", table, rows[i].type, rows[i].game_id);
			if (!rows[i].stored)
				assert_string_equal(r.skip[0].reason, rows[i].reason);
			text_format(sql, sizeof(sql),
				"SELECT count(*) FROM %s WHERE game_date = '2025-02-01' AND ifnull(season_type, '') = '%s'",
				table, rows[i].stored ? rows[i].stored : "");
			assert_int_equal(ask(p, sql), rows[i].stored != NULL);
			assert_int_equal(r.note[0].rows, rows[i].stored && strcmp(rows[i].stored, "group stage") == 0);
			assert_int_equal(unlink(p->database), 0);
		}
	}
}

static void rows_of_games_that_do_not_count_need_nothing_that_games_need(void **state)
{
	struct place *p = *state;
	put(p, "a.csv",
		PLAYER_HEADER ANN
		"2024-25,All-Star,0032400001,2025-02-16,11,Ann Able,Team Shaq,Team Chuck,1,,,18" BOX_CELLS
		"2025-26,Pre Season,0012500008,2025-10-03,11,Ann Able,LAL,MEL,1,,,x" BOX_CELLS);
	struct import_result r = import_one(p, "a.csv", NULL, NULL);
	assert_int_equal(r.refused, 2); /* one cell too many */
	put(p, "a.csv",
		PLAYER_HEADER ANN
		"2024-25,All-Star,0032400001,2025-02-16,11,Ann Able,Team Shaq,Team Chuck,1,1,1" BOX_CELLS
		"2025-26,Pre Season,0012500008,2025-10-03,11,Ann Able,LAL,MEL,1,1,1" BOX_CELLS);
	r = import_one(p, "a.csv", NULL, NULL);
	assert_int_equal(r.refused, 0);
	assert_int_equal(r.skipped, 2);
}

static void minutes_are_stored_as_minutes_whatever_their_form(void **state)
{
	struct place *p = *state;
	static const char *const forms[] = {
		"34.2", "34:12", "34.000000:12", "PT34M12.00S", "34 min 12 sec", "34:12:00", "00:34:12"};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct str text = {0};
		str_printf(&text, "%s2024-25,regular,0022400002,2024-12-02,14,Dee Dunn,LAL,GSW,1,1,0,%s%s",
			PLAYER_HEADER, forms[i], strchr(&BOX_CELLS[1], ','));
		put(p, "a.csv", text.data);
		str_done(&text);
		assert_int_equal(import_one(p, "a.csv", NULL, NULL).refused, 0);
		assert_int_equal(ask(p, "SELECT count(*) FROM player_games WHERE min = 34.2"), 1);
		assert_int_equal(unlink(p->database), 0);
	}
	put(p, "t.csv",
		TEAM_HEADER
		"2024-25,regular,0022400001,2024-12-01,1,LAL,Lakers,GSW,1,1,265:00,98,38,91,7,35,15,21,8,36,44,23,12,10,11,22,-20\n");
	assert_int_equal(import_one(p, "t.csv", NULL, NULL).refused, 0);
	assert_int_equal(ask(p, "SELECT min FROM team_games"), 265);
}

/* All in the league's zone, New York. */
static void a_row_whose_columns_contradict_each_other_is_refused_with_both_values(void **state)
{
	struct place *p = *state;
#define TIPS "game_id,season_type,tip_utc,game_date,home,away\n"
#define LINES "event_id,game_date,commence_utc,away,home,spread_home,total\n"
#define DAYS "game_date,away,home,spread_home,total,matchup\n"
#define MATCHED \
	"game_id,game_date,player,team,opponent,home,matchup,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,fgm,fga,tpm,tpa,ftm,fta\n"
#define SIDED \
	"game_id,game_date,player,team,opponent,home,away_team,home_team,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,fgm,fga,tpm,tpa,ftm,fta\n"
#define MATCHED_BOX ",30.5,20,8,2,6,5,1,1,2,3,8,15,2,5,2,2\n"
	static const struct {
		const char *header, *row;
		const char *says; /* NULL: it is right */
	} rows[] = {
		{TIPS, "0022500002,regular,2025-10-22T02:00:00Z,2025-10-21,LAL,GSW\n", NULL},
		{TIPS, "0022500002,regular,2025-10-22T02:00:00Z,2025-10-22,LAL,GSW\n",
			"column game_date, value \"2025-10-22\": tip_utc \"2025-10-22T02:00:00Z\" is on 2025-10-21 in America/New_York\n"},
		{TIPS, "0022500002,regular,2025-10-22T03:59:59Z,2025-10-21,LAL,GSW\n", NULL},
		{TIPS, "0022500002,regular,2025-10-22T04:00:00Z,2025-10-21,LAL,GSW\n",
			"tip_utc \"2025-10-22T04:00:00Z\" is on 2025-10-22 in America/New_York"},
		{TIPS, "0022500002,regular,2025-12-22T04:59:59Z,2025-12-21,LAL,GSW\n", NULL}, /* winter time */
		{TIPS, "0022500002,regular,2025-10-21T22:00:00-04:00,2025-10-21,LAL,GSW\n", NULL},
		{TIPS, "0022500002,regular,,2025-10-21,LAL,GSW\n", NULL},
		{TIPS, "0022100002,regular,2025-10-22T02:00:00Z,2025-10-21,LAL,GSW\n",
			"column game_id, value \"0022100002\": a number of season 2021-22, and game_date is \"2025-10-21\"\n"},
		{TIPS, "20251021_GSW_LAL,regular,,2025-10-21,LAL,GSW\n", NULL},
		{TIPS, "20251021_LAL_GSW,regular,,2025-10-21,LAL,GSW\n",
			"column game_id, value \"20251021_LAL_GSW\": by date and teams it is \"20251021_GSW_LAL\"\n"},
		{TIPS, "20251022_GSW_LAL,regular,,2025-10-21,LAL,GSW\n", "by date and teams it is \"20251021_GSW_LAL\""},
		{TIPS, "0012500002,regular,,2025-10-21,LAL,GSW\n",
			"column season_type, value \"regular\": game_id \"0012500002\" is a number of preseason games\n"},
		{TIPS, "0012500002,preseason,,2025-10-21,LAL,GSW\n", NULL},
		{LINES, "e1,2024-12-01,2024-12-02T00:00:00Z,GSW,LAL,-3.5,221\n", NULL},
		{LINES, "e1,2024-12-02,2024-12-02T00:00:00Z,GSW,LAL,-3.5,221\n",
			"column game_date, value \"2024-12-02\": commence_utc \"2024-12-02T00:00:00Z\" is on 2024-12-01 in America/New_York\n"},
		{DAYS, "2024-12-01,GSW,LAL,-3.5,221,GSW @ LAL\n", NULL},
		{DAYS, "2024-12-01,GSW,LAL,-3.5,221,LAL @ GSW\n",
			"column matchup, value \"LAL @ GSW\": by the other columns it is \"GSW @ LAL\"\n"},
		{MATCHED, "0022400001,2024-12-01,Ann Able,LAL,GSW,1,LAL vs. GSW" MATCHED_BOX, NULL},
		{MATCHED, "0022400001,2024-12-01,Ann Able,LAL,GSW,1,GSW @ LAL" MATCHED_BOX, NULL},
		{MATCHED, "0022400001,2024-12-01,Ann Able,LAL,GSW,0,LAL at GS" MATCHED_BOX, NULL},
		{MATCHED, "0022400001,2024-12-01,Ann Able,LAL,GSW,0,who knows" MATCHED_BOX, NULL},
		{MATCHED, "0022400001,2024-12-01,Ann Able,LAL,GSW,0,LAL vs. GSW" MATCHED_BOX,
			"column matchup, value \"LAL vs. GSW\": by the other columns it is \"LAL @ GSW\"\n"},
		{MATCHED, "0022400001,2024-12-01,Ann Able,LAL,GSW,1,LAL vs. BOS" MATCHED_BOX,
			"column matchup, value \"LAL vs. BOS\": by the other columns it is \"GSW @ LAL\"\n"},
		{MATCHED, "20241201_GSW_LAL,2024-12-01,Ann Able,LAL,GSW,0,LAL @ GSW" MATCHED_BOX,
			"column game_id, value \"20241201_GSW_LAL\": by date and teams it is \"20241201_LAL_GSW\"\n"},
		{SIDED, "0022400001,2024-12-01,Ann Able,LAL,GSW,1,GSW,Los Angeles Lakers" MATCHED_BOX, NULL},
		{SIDED, "0022400001,2024-12-01,Ann Able,LAL,GSW,1,LAL,GSW" MATCHED_BOX,
			"column home_team, value \"GSW\": by the other columns it is \"GSW @ LAL\"\n"},
		{PLAYER_HEADER, "2024-25,regular,,2024-12-01,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS, NULL},
		{PLAYER_HEADER, "2023-24,regular,,2024-12-01,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS,
			"column season, value \"2023-24\": no season of a game on 2024-12-01\n"},
		{PLAYER_HEADER, "2024-25,regular,,2024-03-01,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS,
			"column season, value \"2024-25\": no season of a game on 2024-03-01\n"},
		{PLAYER_HEADER, "2024-25,regular,,2024-10-22,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS, NULL},
		{PLAYER_HEADER, "2024-25,playoffs,,2025-06-22,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS, NULL},
		{PLAYER_HEADER, "2024-25,regular,,2025-10-22,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS,
			"no season of a game on 2025-10-22"},
		{PLAYER_HEADER, "2019-20,playoffs,,2020-10-11,11,Ann Able,LAL,MIA,0,1,1" BOX_CELLS, NULL},
		{PLAYER_HEADER, "2024-25,regular,0022100001,2024-12-01,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS,
			"column game_id, value \"0022100001\": a number of season 2021-22, and game_date is \"2024-12-01\"\n"},
		{PLAYER_HEADER, "1999-00,regular,0029900001,2000-01-15,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS, NULL},
		{PLAYER_HEADER, "2024-25,Regular Season,0012400001,2024-12-01,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS,
			"column season_type, value \"regular\": game_id \"0012400001\" is a number of preseason games\n"},
		{PLAYER_HEADER,
			"2024-25,regular,,2024-12-01,11,Ann Able,LAL,GSW,1,1,1,DNP,20,8,2,6,5,1,1,2,3,8,15,2,5,2,2,7,1\n",
			"column min, value \"DNP\": who did not play has no pts, and \"20\" stands there\n"},
		{PLAYER_HEADER,
			"2024-25,regular,,2024-12-01,11,Ann Able,LAL,GSW,1,1,1,1:04:00,20,8,2,6,5,1,1,2,3,8,15,2,5,2,2,7,1\n",
			"column min, value \"1:04:00\": hours, minutes and seconds, or minutes and seconds; 64:00 and 1:04 are plain\n"},
		{PLAYER_HEADER,
			"2024-25,regular,,2024-12-01,11,Ann Able,LAL,GSW,1,1,1,34:72,20,8,2,6,5,1,1,2,3,8,15,2,5,2,2,7,1\n",
			"column min, value \"34:72\": a number from 0 to 120 is right, or 34:12, PT34M12.00S, 34 min\n"},
		{PLAYER_HEADER,
			"2024-25,regular,,2024-12-01,11,Ann Able,LAL,GSW,1,1,1,,20,8,2,6,5,1,1,2,3,8,15,2,5,2,2,7,1\n",
			"column min, value \"\": must not be empty\n"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str text = {0};
		char arguments[512];
		str_printf(&text, "%s%s", rows[i].header, rows[i].row);
		put(p, "a.csv", text.data);
		str_done(&text);
		text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "a.csv"), p->database);
		int code = command(p, arguments);
		if (code != (rows[i].says ? EXIT_NOT_ALL : EXIT_DONE))
			fail_msg("%s: %s", rows[i].row, p->out.data);
		if (rows[i].says)
			assert_has(&p->out, rows[i].says);
		unlink(p->database);
	}
}

static void the_leagues_zone_can_be_named(void **state)
{
	struct place *p = *state;
	char arguments[512];
	put(p, "s.csv", "tip_utc,game_date,home,away\n2025-10-22T02:00:00Z,2025-10-22,LAL,GSW\n");
	text_format(
		arguments, sizeof(arguments), "%s --into %s --timezone Australia/Sydney", in(p, "s.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_DONE);
	text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "s.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	text_format(arguments, sizeof(arguments), "%s --into %s --timezone Mars/Olympus", in(p, "s.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->errors, "time zone \"Mars/Olympus\": the name of a file below /usr/share/zoneinfo is right");
}

static void the_summary_has_a_line_for_each_reason_with_count_and_example(void **state)
{
	struct place *p = *state;
	struct str text = {0}, expected = {0};
	char arguments[512];
	str_text(&text, PLAYER_HEADER ANN);
	for (int i = 0; i < 30; i++) /* one cause, other values */
		str_printf(&text,
			"2024-25,regular,,2024-12-%02d,%d,Ann Able,LAL,GSW,1,1,1,30,20,8,2,6,5,1,1,2,3,%d,15,2,5,2,2,7,1\n",
			1 + i, 100 + i, 16 + i);
	str_text(&text, DEE("DNP", NO_BOX) "2024-25,regular,,2024-12-05,15,Eve Ems,LAL,GSW,1,1,0,DNP - Knee" NO_BOX);
	str_text(&text, "2024-25,PRE,,2024-10-05,15,Eve Ems,LAL,GSW,1,1,0" BOX_CELLS);
	str_text(&text, "2024-25,group stage,,2024-11-05,15,Eve Ems,LAL,GSW,1,1,0" BOX_CELLS);
	str_text(&text, "2024-25,group stage,,2024-11-07,15,Eve Ems,LAL,GSW,1,1,0" BOX_CELLS);
	str_text(&text, "2023-24,regular,,2024-12-07,15,Eve Ems,LAL,GSW,1,1,0" BOX_CELLS);
	put(p, "a.csv", text.data);
	text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "a.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	const char *path = in(p, "a.csv");
	str_printf(&expected,
		"\nrefused:\n"
		"  %s:3: column fgm, value \"16\": cannot be more than fga, which is 15 (30 rows, this is the first)\n"
		"  %s:38: column season, value \"2023-24\": no season of a game on 2024-12-07\n"
		"\nnotes:\n"
		"  %s: 2 rows skipped: players who did not play (DNP); line 33 has player \"Dee Dunn\"\n"
		"  %s: 1 rows skipped: preseason games; line 35 has season_type \"preseason\"\n"
		"  %s:36: column season_type, value \"group stage\": \"group stage\" is no part of a season that is known (regular, "
		"playoffs, playin, cup, preseason, allstar, summer): its games count (2 rows, this is the first)\n",
		path, path, path, path, path);
	assert_has(&p->out, expected.data);

	text_format(arguments, sizeof(arguments), "%s --json --into %s", in(p, "a.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->out, "{\"line\":32,\"column\":\"fgm\",\"value\":\"45\",\"reason\":\"cannot"); /* each of them */
	assert_has(&p->out,
		"\"refused_because\":[{\"rows\":30,\"reason\":\"cannot be more than fga, which is 15\",\"line\":3,"
		"\"column\":\"fgm\",\"value\":\"16\"},{\"rows\":1,");
	assert_has(&p->out, "\"skipped_because\":[{\"rows\":2,\"reason\":\"players who did not play (DNP)\",\"line\":33,"
			    "\"column\":\"player\",\"value\":\"Dee Dunn\"},{\"rows\":1,");
	assert_has(&p->out, "\"notes\":[{\"rows\":2,");
	assert_has(&p->out, "\"removed\":0");
	str_done(&text);
	str_done(&expected);
}

static void more_reasons_than_are_told_apart_are_counted_all_the_same(void **state)
{
	struct place *p = *state;
	struct str text = {0};
	int64_t rows = 0;
	str_text(&text, PLAYER_HEADER ANN);
	for (int i = 0; i < 17; i++) { /* another column is wrong in each */
		str_text(&text, "2024-25,regular,,2024-12-03,11,Ann Able,LAL,GSW,1,1,1");
		for (int c = 0; c < 17; c++)
			str_text(&text, c == i ? ",x" : ",1");
		str_text(&text, ",1\n");
	}
	put(p, "a.csv", text.data);
	struct import_result r = import_one(p, "a.csv", NULL, NULL);
	assert_int_equal(r.refused, 17);
	for (size_t k = 0; k < IMPORT_REASONS; k++)
		rows += r.refusal[k].rows;
	assert_int_equal(rows, 17);
	assert_string_equal(r.refusal[IMPORT_REASONS - 1].reason, "other reasons");
	assert_int_equal(r.refusal[IMPORT_REASONS - 1].rows, 17 - (IMPORT_REASONS - 1));
	str_done(&text);
}

/* --- a database that is not there yet --------------------------------------------------------------------------- */

/* How many files of the folder bear the database's name: itself, a journal, one that is being made. */
static int files_of_database(const struct place *p)
{
	int count = 0;
	DIR *dir = opendir(p->dir);
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		count += strncmp(entry->d_name, "league.db", 9) == 0;
	closedir(dir);
	return count;
}

static void a_first_import_that_brings_nothing_makes_no_database(void **state)
{
	struct place *p = *state;
	static const struct {
		const char *name, *text, *says;
	} rows[] = {
		{"a.csv", "alpha,beta\n1,2\n", "no row went in, so "},
		{"a.csv", "", "no row went in, so "},
		{"a.csv", PLAYER_HEADER, "no row went in, so "},
		{"a.csv", PLAYER_HEADER "2024-25,regular,0022400001,2024-13-01,11,Ann Able,LAL,GSW,1,1,1" BOX_CELLS,
			"no row went in, so "},
		{"a.csv", PLAYER_HEADER "\xff\n", "no row went in, so "},
		{"a.csv", "game_date,game_date,away,home,spread_home,total\n", "names column \"game_date\" twice"},
		{"s.csv", "tip_utc,game_date,away,home\n2025-12-09T05:00:00Z,2025-12-09,,\n", "no row went in, so "},
		{"props.csv", "game_date,player,market,line,book\n", "there was no league data in it"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static const char *const forms[] = {"%s --into %s", "%s --json --into %s"};
		for (size_t form = 0; form < 2; form++) {
			char arguments[512];
			put(p, rows[i].name, rows[i].text);
			text_format(arguments, sizeof(arguments), form ? forms[1] : forms[0], in(p, rows[i].name),
				p->database);
			assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
			assert_has(&p->errors, rows[i].says);
			assert_has(&p->errors, p->database);
			assert_int_equal(files_of_database(p), 0);
		}
	}
}

static void a_first_import_appears_whole_and_readable_as_any_file(void **state)
{
	struct place *p = *state;
	struct err err = {0};
	struct import *i;
	struct import_result result;
	struct stat st;
	int64_t number;
	bool changed;
	mode_t mask = umask(027);
	put(p, "a.csv", PLAYER_HEADER ANN);
	assert_int_equal(import_open(p->database, &i, &err), 0);
	umask(mask);
	assert_true(import_is_new(i));
	assert_int_equal(import_file(i, in(p, "a.csv"), NULL, &result, &err), 0);
	assert_int_equal(access(p->database, F_OK), -1); /* half of it is nobody's to read */
	assert_int_equal(import_finish(i, &number, &changed, &err), 0);
	assert_false(import_is_new(i));
	assert_int_equal(files_of_database(p), 1);
	assert_int_equal(stat(p->database, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	import_close(i);
	assert_int_equal(ask(p, "SELECT count(*) FROM player_games"), 1);
}

static void of_two_first_imports_at_once_the_first_to_end_stands(void **state)
{
	struct place *p = *state;
	struct err err = {0};
	struct import *i[2];
	struct import_result result;
	int64_t number;
	bool changed;
	put(p, "a.csv", PLAYER_HEADER ANN);
	put(p, "b.csv", PLAYER_HEADER BEA CID);
	for (int n = 0; n < 2; n++) {
		assert_int_equal(import_open(p->database, &i[n], &err), 0);
		assert_int_equal(import_file(i[n], in(p, n ? "b.csv" : "a.csv"), NULL, &result, &err), 0);
	}
	assert_int_equal(import_finish(i[1], &number, &changed, &err), 0);
	assert_int_equal(import_finish(i[0], &number, &changed, &err), -EEXIST);
	assert_non_null(strstr(err.text, "another import made it meanwhile"));
	import_close(i[0]);
	import_close(i[1]);
	assert_int_equal(files_of_database(p), 1);
	assert_int_equal(ask(p, "SELECT count(*) FROM player_games"), 2);
}

static bool after_two_rows(void *context)
{
	return ++*(int *)context > 2;
}

static void an_import_that_is_stopped_leaves_what_was_there_before(void **state)
{
	struct place *p = *state;
	put(p, "a.csv", PLAYER_HEADER ANN);
	put(p, "b.csv", PLAYER_HEADER BEA CID ANN);
	for (int round = 0; round < 2; round++) { /* no database, then one with ANN */
		struct err err = {0};
		struct import *i;
		struct import_result result;
		int asked = 0;
		struct import_watch watch = {.context = &asked, .stopped = after_two_rows};
		assert_int_equal(import_open(p->database, &i, &err), 0);
		assert_int_equal(import_file(i, in(p, "b.csv"), &watch, &result, &err), -EINTR);
		import_close(i);
		assert_int_equal(files_of_database(p), round);
		if (round == 0)
			import_one(p, "a.csv", NULL, NULL);
	}
	assert_int_equal(ask(p, "SELECT count(*) FROM player_games"), 1);
}

static void a_league_without_box_scores_is_warned_of(void **state)
{
	struct place *p = *state;
	char arguments[512];
	put(p, "o.csv", "game_date,away,home,spread_home,total\n2024-12-01,GSW,LAL,-3.5,221\n");
	text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "o.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_DONE);
	assert_has(&p->errors, "league.db has no box scores: no report will have figures until some are imported");
	put(p, "a.csv", PLAYER_HEADER ANN);
	text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "a.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_DONE);
	assert_string_equal(p->errors.data, "");
}

/* --- the command ------------------------------------------------------------------------------------------------ */

static void a_directory_is_read_and_other_files_in_it_are_told(void **state)
{
	struct place *p = *state;
	char arguments[512];
	put_gzip(p, "a.csv.gz", PLAYER_HEADER ANN BEA);
	put(p, "b.csv", PLAYER_HEADER CID);
	put(p, "injuries.csv", "date,team_name,player,action,notes\n2024-01-01,Bulls,Cid Cole,out,\n");
	put(p, "props.csv", "game_date,player,market,line,book\n2024-01-01,Cid Cole,points,4.5,b\n");
	put_gzip(p, "night.ndjson.gz", "{\"ts\": \"2025-11-12T14:52:51Z\", \"type\": \"odds\"}\n");
	put(p, "README.md", "# about\n");
	put(p, "empty.csv", "");
	text_format(arguments, sizeof(arguments), "%s --into %s", p->dir, p->database);
	assert_int_equal(command(p, arguments), EXIT_DONE);
	assert_string_equal(p->errors.data, "");
	assert_has(&p->out, "injuries.csv     injury_transactions, not league data, skipped\n");
	assert_has(&p->out, "props.csv        props, not league data, skipped\n");
	assert_has(&p->out, "night.ndjson.gz  timeline, not league data, skipped\n");
	assert_has(&p->out, "README.md        no header row that is known, not league data, skipped\n");
	assert_has(&p->out, "empty.csv        no header row that is known, not league data, skipped\n");
	assert_has(&p->out, "b.csv: 1 rows without a player id, taken in by name\n");
	assert_has(&p->out, "league number 1; 3 rows read, 3 new, 0 changed, 0 refused in ");
}

static void an_unknown_file_that_is_named_is_an_error_that_says_what_is_known(void **state)
{
	struct place *p = *state;
	char arguments[512];
	put(p, "a.csv", PLAYER_HEADER ANN);
	put(p, "what.csv", "alpha,beta\n1,2\n");
	text_format(arguments, sizeof(arguments), "%s %s --into %s", in(p, "what.csv"), in(p, "a.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->errors, "what.csv: the header row is none that is known: player_games (game_date, player, ");
	assert_has(&p->errors, "team_games (");
	assert_has(&p->errors, "schedule (tip_utc, game_date, away, home)");
	assert_has(&p->out, "what.csv  FAILED, nothing of it was taken in\n");
	assert_int_equal(ask(p, "SELECT count(*) FROM player_games"), 1); /* the other file went in */
}

static void a_damaged_file_leaves_nothing_and_does_not_stop_the_others(void **state)
{
	struct place *p = *state;
	char arguments[512];
	struct str text = {0}, raw = {0};
	str_text(&text, PLAYER_HEADER);
	for (int i = 1; i < 3000; i++)
		str_printf(&text, "2024-25,regular,0022400%03d,2024-12-01,%d,Ann Able,LAL,GSW,1,1,1" BOX_CELLS,
			i % 1000, i * 7919);
	put_gzip(p, "whole.csv.gz", text.data);
	read_back(fopen(in(p, "whole.csv.gz"), "rb"), &raw);
	put_bytes(p, "cut.csv.gz", raw.data, raw.length - 200);
	put(p, "z.csv", PLAYER_HEADER CID);
	text_format(arguments, sizeof(arguments), "%s %s --into %s", in(p, "cut.csv.gz"), in(p, "z.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->errors, "cut.csv.gz: the gzip file is cut off");
	assert_int_equal(ask(p, "SELECT count(*) FROM player_games"), 1);
	str_done(&text);
	str_done(&raw);
}

static void names_that_two_players_bear_are_told(void **state)
{
	struct place *p = *state;
	char arguments[512];
	put(p, "a.csv", PLAYER_HEADER ANN "2016-17,regular,0021600007,2016-12-01,5,Ann Ablé,BOS,GSW,1,1,1" BOX_CELLS);
	text_format(arguments, sizeof(arguments), "%s --into %s", p->dir, p->database);
	assert_int_equal(command(p, arguments), EXIT_DONE);
	assert_has(&p->out,
		"annable is the name of several players; an event says by team, game_id or player_id which:\n"
		"  player id 11: Ann Able, LAL, last game 2024-12-01\n"
		"  player id 5: Ann Ablé, BOS, last game 2016-12-01\n");
}

static void the_json_summary_holds_the_same(void **state)
{
	struct place *p = *state;
	char arguments[512];
	put(p, "a.csv",
		PLAYER_HEADER ANN "2024-25,regular,0022400001,2024-12-01,11,\"A\"\"x\",LALA,GSW,1,1,1" BOX_CELLS);
	text_format(arguments, sizeof(arguments), "--json %s --into %s", p->dir, p->database);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->out, "{\"v\":1,\"database\":\"");
	assert_has(&p->out, "\"number\":1,\"number_changed\":true,\"seconds\":");
	assert_has(&p->out, "\"kind\":\"player_games\",\"read\":2,\"new\":1,\"changed\":0,\"unchanged\":0,"
			    "\"refused\":1,\"skipped\":0,"
			    "\"without_player_id\":0,\"errors\":[{\"line\":3,\"column\":\"team\",\"value\":"
			    "\"LALA\",\"reason\":\"no team");
	assert_has(&p->out, "\"clashes\":[]}\n");
}

static void all_columns_and_their_other_names_are_listed(void **state)
{
	struct place *p = *state;
	assert_int_equal(command(p, "--columns"), EXIT_DONE);
	assert_has(&p->out, "player_games\n  season ");
	assert_has(&p->out, "  tov          needed  also turnover, turnovers, ");
	assert_has(&p->out, "  reb          needed  also trb, rebounds, ");
	assert_has(&p->out, "  made of oreb + dreb\n");
	assert_has(&p->out, "\nSources whose files are known: hoopR, balldontlie, ");
	assert_string_equal(p->errors.data, "");
	assert_int_equal(command(p, "--json --columns"), EXIT_DONE);
	assert_has(&p->out,
		"{\"v\":1,\"kinds\":[{\"kind\":\"player_games\",\"columns\":[{\"column\":\"season\",\"needed\":false,");
}

static void a_file_that_comes_near_to_a_kind_is_told_what_it_lacks(void **state)
{
	struct place *p = *state;
	char arguments[512];
	put(p, "near.csv", "gamedt,away,home,spread_home,total\n2024-12-01,GSW,LAL,-3.5,221\n");
	put(p, "a.csv", PLAYER_HEADER ANN);
	text_format(arguments, sizeof(arguments), "%s --into %s", p->dir, p->database);
	assert_int_equal(command(p, arguments), EXIT_DONE); /* in a folder it is passed over, and named */
	assert_has(&p->out, "near.csv  no header row that is known, not league data, skipped\n");
	assert_has(&p->out, "near.csv: passed over: like game_odds, but without game_date (is it \"gamedt\"?)\n");
	text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "near.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->errors,
		"the header row is none that is known; it is like game_odds, but without game_date (is it \"gamedt\"?)");
}

static void wrong_usage_is_told_with_exit_code_2(void **state)
{
	struct place *p = *state;
	assert_int_equal(command(p, "/tmp"), EXIT_USAGE);
	assert_has(&p->errors, "--into");
	assert_int_equal(command(p, "--into /tmp/x.db"), EXIT_USAGE);
	assert_has(&p->errors, "which files or directories");
	assert_int_equal(command(p, "/tmp --into"), EXIT_USAGE);
	assert_has(&p->errors, "--into needs a value");
	assert_int_equal(command(p, "/tmp --frob --into x"), EXIT_USAGE);
	assert_has(&p->errors, "unknown option --frob");
	assert_int_equal(command(p, "--help"), EXIT_DONE);
	assert_has(&p->out, "Usage: propsctl import");
	assert_has(&p->out, "  player_games (game_date, player, ");
}

static void what_cannot_be_opened_is_told_with_exit_code_1(void **state)
{
	struct place *p = *state;
	char arguments[512];
	text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "nowhere.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->errors, "nowhere.csv: No such file or directory");

	put(p, "a.csv", PLAYER_HEADER ANN);
	text_format(arguments, sizeof(arguments), "%s --into %s/no/such.db", in(p, "a.csv"), p->dir);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->errors, "no/such.db: No such file or directory");

	text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "a.csv"), in(p, "a.csv"));
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->errors, "file is not a database");

	assert_int_equal(mkdir(in(p, "none"), 0700), 0);
	text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "none"), p->database);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->errors, "there was no league data in it");
}

#define NEW_MAN(date, name, team) "2024-25,regular,," date ",," name "," team ",GSW,1,1,1" BOX_CELLS

static void new_names_that_look_like_others_are_listed_and_not_merged(void **state)
{
	static const struct {
		const char *row, *says; /* NULL: looks like nobody */
	} rows[] = {
		{NEW_MAN("2024-12-05", "Luca Doncic", "LAL"),
			"Luca Doncic (lucadoncic) looks like Luka Dončić (lukadoncic): one letter"},
		{NEW_MAN("2024-12-05", "Lukka Doncic", "LAL"),
			"looks like Luka Dončić (lukadoncic): one letter differs"},
		{NEW_MAN("2024-12-05", "Luak Doncic", "LAL"), "looks like Luka Dončić (lukadoncic): one letter differs"},
		{NEW_MAN("2024-12-05", "Jaren Jackson", "BOS"),
			"looks like Jaren Jackson Jr. (jarenjacksonjr): the same but for a suffix"},
		{NEW_MAN("2024-12-05", "L. Doncic", "DAL"),
			"looks like Luka Dončić (lukadoncic): the same initial, surname and team"},
		{NEW_MAN("2024-12-05", "J. Jackson", "MEM"),
			"looks like Jaren Jackson Jr. (jarenjacksonjr): the same initial"},
		{NEW_MAN("2024-12-05", "L. Doncic", "BOS"), NULL}, /* of another team */
		{NEW_MAN("2024-12-01", "Luca Doncic", "DAL"), NULL}, /* he played beside him */
		{"2024-25,regular,,2024-12-05,77,Luca Doncic,LAL,GSW,1,1,1" BOX_CELLS, NULL}, /* numbered apart */
		{NEW_MAN("2024-12-05", "Luka Dončić", "LAL"), NULL}, /* himself */
		{NEW_MAN("2024-12-05", "Moritz Wagner", "LAL"), NULL},
	};
	struct place *p = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[2048], arguments[512];
		unlink(p->database);
		text_format(text, sizeof(text), "%s2024-25,regular,,2024-12-01,5,Luka Dončić,DAL,GSW,1,1,1%s%s",
			PLAYER_HEADER, BOX_CELLS, NEW_MAN("2024-12-02", "Jaren Jackson Jr.", "MEM"));
		put(p, "a.csv", text);
		import_one(p, "a.csv", NULL, NULL);
		text_format(text, sizeof(text), "%s%s", PLAYER_HEADER, rows[i].row);
		put(p, "b.csv", text);
		text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "b.csv"), p->database);
		assert_int_equal(command(p, arguments), EXIT_DONE);
		if (rows[i].says)
			assert_has(&p->out, rows[i].says);
		else if (strstr(p->out.data, "looks like"))
			fail_msg("%s:\n%s", rows[i].row, p->out.data);
		assert_int_equal(ask(p, "SELECT count(DISTINCT player_lookup) FROM player_games"),
			strstr(rows[i].row, "Luka Dončić") ? 2 : 3);
		assert_int_equal(command(p, arguments), EXIT_DONE); /* once more: he is no new one */
		assert_null(strstr(p->out.data, "looks like"));
	}
}

/* Whatever else is imported with them. */
static void names_that_look_alike_are_told_beside_aliases(void **state)
{
	struct place *p = *state;
	char arguments[512];
	put(p, "a.csv",
		PLAYER_HEADER NEW_MAN("2024-12-03", "Luca Doncic", "LAL") NEW_MAN("2024-12-04", "Luka Dončić", "LAL"));
	put(p, "b.csv", "alias,player\nMagic Luka,Luka Dončić\n");
	text_format(arguments, sizeof(arguments), "%s %s --into %s", in(p, "b.csv"), in(p, "a.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_DONE);
	assert_has(&p->out, "looks like Luka Dončić (lukadoncic)");
}

/* Rows without an id are of the man of that name who has one. */
static void an_alias_of_a_man_of_two_sources_is_of_one(void **state)
{
	struct place *p = *state;
	char arguments[512];
	put(p, "a.csv",
		PLAYER_HEADER NEW_MAN(
			"2024-12-03", "Luka Dončić", "LAL") "2024-25,regular,,2024-12-05,77,Luka Dončić,LAL,GSW,1,1,"
							    "1" BOX_CELLS);
	put(p, "b.csv", "alias,player\nMagic Luka,Luka Dončić\n");
	text_format(arguments, sizeof(arguments), "%s %s --into %s", in(p, "a.csv"), in(p, "b.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_DONE);
	assert_null(strstr(p->out.data, "several players"));
}

static void in_a_new_league_names_are_held_against_each_other(void **state)
{
	struct place *p = *state;
	char arguments[512];
	put(p, "a.csv",
		PLAYER_HEADER NEW_MAN("2024-12-03", "Luca Doncic", "LAL") NEW_MAN("2024-12-04", "Luka Dončić", "LAL")
			NEW_MAN("2024-12-05", "Luka Dončić", "LAL"));
	text_format(arguments, sizeof(arguments), "--json %s --into %s", in(p, "a.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_DONE);
	assert_has(&p->out,
		",\"alike\":[{\"player\":\"Luca Doncic\",\"player_lookup\":\"lucadoncic\",\"like\":\"Luka Dončić\","
		"\"like_lookup\":\"lukadoncic\",\"why\":\"one letter differs\"}],\"clashes\":[]}");
}

/* What it says, but for the last line, in which the words and the seconds are its own. */
static void keep_all_but_the_end(const struct str *out, struct str *ret)
{
	const char *end = strstr(out->data, "league.db: ");
	assert_non_null(end);
	str_done(ret);
	str_bytes(ret, out->data, (size_t)(end - out->data));
	str_char(ret, '\0');
}

static void a_dry_run_says_all_and_changes_nothing(void **state)
{
	struct place *p = *state;
	static const char *const files[] = {"a.csv", "b.csv"};
	static const char wrong[] = "2024-25,regular,0022400001,2024-13-01,13,Dan Dole,LAL,GSW,1,1,1" BOX_CELLS;
	struct str said[2] = {{0}, {0}};
	put(p, "a.csv", PLAYER_HEADER ANN BEA);
	put(p, "b.csv", "x,y\n1,2\n");
	for (int round = 0; round < 3; round++) { /* a database that is not there, one that is, one with all of it */
		static const char *const numbers[] = {"it would be league number 1; ", "it would be league number 2; ",
			"it would be league number 2 as before; "};
		char arguments[512];
		struct stat before = {0}, after = {0};
		struct str text = {0};
		str_printf(&text, "%s%s%s%s", PLAYER_HEADER, BEA, round == 0 ? ANN : CID, round == 0 ? "" : wrong);
		put(p, files[0], text.data);
		str_done(&text);
		stat(p->database, &before);
		text_format(
			arguments, sizeof(arguments), "%s %s --into %s --dry-run", in(p, "a.csv"), p->dir, p->database);
		int code = command(p, arguments);
		assert_has(&p->out, "league.db: a dry run, nothing was changed; ");
		assert_has(&p->out, numbers[round]);
		keep_all_but_the_end(&p->out, &said[0]);
		assert_int_equal(files_of_database(p), round > 0);
		stat(p->database, &after);
		assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
		assert_int_equal(before.st_size, after.st_size);
		/* The same as the import itself. */
		text_format(arguments, sizeof(arguments), "%s %s --into %s", in(p, "a.csv"), p->dir, p->database);
		assert_int_equal(command(p, arguments), code);
		keep_all_but_the_end(&p->out, &said[1]);
		if (round > 0) /* the database itself stands in the folder, as a file that is none to read */
			assert_string_equal(said[0].data, said[1].data);
	}
	assert_int_equal(ask(p, "SELECT count(*) FROM player_games"), 3);
	str_done(&said[0]);
	str_done(&said[1]);
}

static void a_dry_run_knows_the_teams_that_the_database_has(void **state)
{
	struct place *p = *state;
	char arguments[512];
	put(p, "t.csv", "code,name,aliases\nRED,Reds,\nBLU,Blues,\n");
	text_format(arguments, sizeof(arguments), "%s --into %s", in(p, "t.csv"), p->database);
	command(p, arguments);
	put(p, "a.csv", PLAYER_HEADER "2024-25,regular,,2024-12-01,11,Ann Able,RED,Blues,1,1,1" BOX_CELLS);
	text_format(arguments, sizeof(arguments), "%s --into %s --dry-run", in(p, "a.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_DONE);
	assert_has(&p->out, "1 rows read, 1 new, 0 changed, 0 refused");
	assert_int_equal(ask(p, "SELECT count(*) FROM player_games"), 0);
}

static void a_dry_run_that_brings_nothing_fails_as_the_import_would(void **state)
{
	struct place *p = *state;
	char arguments[512];
	put(p, "a.csv", PLAYER_HEADER);
	text_format(arguments, sizeof(arguments), "%s --into %s -n --json", in(p, "a.csv"), p->database);
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->errors, "no row went in, so ");
	assert_has(&p->errors, "league.db would not be made");
	assert_has(&p->out, ",\"dry_run\":true,\"number\":");
	assert_int_equal(files_of_database(p), 0);
	text_format(arguments, sizeof(arguments), "%s --into %s -n", in(p, "a.csv"), in(p, "a.csv"));
	assert_int_equal(command(p, arguments), EXIT_NOT_ALL);
	assert_has(&p->errors, "file is not a database");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_are_read_as_rfc_4180_has_them),
		TEST(a_bad_record_costs_its_own_line_only),
		TEST(an_overlong_line_is_passed_over_whole),
		TEST(long_files_are_read_across_the_buffers_edge),
		TEST(a_cut_off_gzip_file_is_an_error),
		TEST(an_import_can_be_repeated_and_changes_nothing),
		TEST(a_corrected_row_replaces_the_one_that_is_there),
		TEST(one_key_with_two_contents_in_one_import_keeps_the_first),
		TEST(bad_rows_are_refused_with_place_value_and_what_is_right),
		TEST(columns_may_stand_in_any_order_beside_others),
		TEST(ids_that_a_spreadsheet_made_numbers_are_read_as_they_were),
		TEST(a_team_that_is_its_own_opponent_on_neutral_ground_is_put_right),
		TEST(a_schedule_leaves_out_what_is_no_game_between_two_teams_of_the_league),
		TEST(both_kinds_of_closing_lines_are_known_by_their_headers),
		TEST(a_league_of_ones_own_is_read_with_its_teams_first),
		TEST(rows_of_teams_are_refused_for_their_column),
		TEST(teams_that_leave_out_whose_games_are_there_are_refused_whole),
		TEST(a_spelling_of_two_teams_is_refused_with_both),
		TEST(who_did_not_play_is_left_out_and_counted_by_the_reason),
		TEST(a_team_game_without_statistics_was_not_played),
		TEST(what_is_no_game_after_a_correction_is_taken_out),
		TEST(preseason_and_all_star_games_are_left_out_and_other_parts_have_one_form),
		TEST(rows_of_games_that_do_not_count_need_nothing_that_games_need),
		TEST(minutes_are_stored_as_minutes_whatever_their_form),
		TEST(a_row_whose_columns_contradict_each_other_is_refused_with_both_values),
		TEST(the_leagues_zone_can_be_named),
		TEST(the_summary_has_a_line_for_each_reason_with_count_and_example),
		TEST(more_reasons_than_are_told_apart_are_counted_all_the_same),
		TEST(a_first_import_that_brings_nothing_makes_no_database),
		TEST(a_first_import_appears_whole_and_readable_as_any_file),
		TEST(of_two_first_imports_at_once_the_first_to_end_stands),
		TEST(an_import_that_is_stopped_leaves_what_was_there_before),
		TEST(a_league_without_box_scores_is_warned_of),
		TEST(a_number_belongs_to_one_content_even_after_an_import_that_was_cut_off),
		TEST(a_directory_is_read_and_other_files_in_it_are_told),
		TEST(an_unknown_file_that_is_named_is_an_error_that_says_what_is_known),
		TEST(a_damaged_file_leaves_nothing_and_does_not_stop_the_others),
		TEST(names_that_two_players_bear_are_told),
		TEST(new_names_that_look_like_others_are_listed_and_not_merged),
		TEST(in_a_new_league_names_are_held_against_each_other),
		TEST(names_that_look_alike_are_told_beside_aliases),
		TEST(an_alias_of_a_man_of_two_sources_is_of_one),
		TEST(a_dry_run_says_all_and_changes_nothing),
		TEST(a_dry_run_knows_the_teams_that_the_database_has),
		TEST(a_dry_run_that_brings_nothing_fails_as_the_import_would),
		TEST(the_json_summary_holds_the_same),
		TEST(all_columns_and_their_other_names_are_listed),
		TEST(a_file_that_comes_near_to_a_kind_is_told_what_it_lacks),
		TEST(wrong_usage_is_told_with_exit_code_2),
		TEST(what_cannot_be_opened_is_told_with_exit_code_1),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
