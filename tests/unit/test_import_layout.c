#include "league/import.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/clock.h"
#include "league/team.h"

/* --- a folder of its own a test ---------------------------------------------------------------------------------- */

struct place {
	char dir[64], file[96], database[96];
	char refused[512]; /* the last refusal */
	struct err err;
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	strcpy(p->dir, "/tmp/propsd-layout-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	text_format(p->file, sizeof(p->file), "%s/a.csv", p->dir);
	text_format(p->database, sizeof(p->database), "%s/league.db", p->dir);
	assert_int_equal(zone_set("America/New_York"), 0);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	unlink(p->file);
	unlink(p->database);
	assert_int_equal(rmdir(p->dir), 0);
	free(p);
	return 0;
}

static void keep_refused(void *context, int64_t line, const struct import_refusal *why)
{
	struct place *p = context;
	text_format(p->refused, sizeof(p->refused), "%lld %s \"%s\" %s", (long long)line, why->column, why->value,
		why->reason);
}

/* Of a file with that content alone, in a new database. */
static struct import_result import_bytes(struct place *p, const void *text, size_t length)
{
	struct import_watch watch = {.context = p, .refused = keep_refused};
	struct import *i;
	struct import_result result = {0};
	int64_t number;
	bool changed;
	FILE *f = fopen(p->file, "wb");
	assert_int_equal(fwrite(text, 1, length, f), length);
	assert_int_equal(fclose(f), 0);
	unlink(p->database);
	p->refused[0] = '\0';
	p->err = (struct err){0};
	assert_int_equal(import_open(p->database, &i, &p->err), 0);
	if (import_file(i, p->file, &watch, &result, &p->err) == 0)
		import_finish(i, &number, &changed, &p->err);
	import_close(i);
	return result;
}

static struct import_result import_text(struct place *p, const char *text)
{
	return import_bytes(p, text, strlen(text));
}

/* All rows of a query, one text. */
static void ask(const struct place *p, const char *sql, struct str *ret)
{
	sqlite3 *db;
	sqlite3_stmt *s;
	str_clear(ret);
	str_text(ret, "");
	assert_int_equal(sqlite3_open_v2(p->database, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	while (sqlite3_step(s) == SQLITE_ROW) {
		for (int c = 0; c < sqlite3_column_count(s); c++) {
			const char *text = (const char *)sqlite3_column_text(s, c);
			str_printf(ret, "%s%s", c ? "," : "", text ? text : "");
		}
		str_char(ret, '\n');
	}
	sqlite3_finalize(s);
	sqlite3_close(db);
}

static void assert_answer(const struct place *p, const char *sql, const char *right)
{
	struct str got = {0};
	ask(p, sql, &got);
	if (strcmp(got.data ? got.data : "", right) != 0)
		fail_msg("%s\n%s\nis not\n%s\n%s", sql, got.data, right, p->refused);
	str_done(&got);
}

/* --- header rows ------------------------------------------------------------------------------------------------- */

#define ROW "2026-11-02,A B,LAL,BKN,1,34,24,6,1,5,5,1,0,2,2,9,18,2,6,4,5\n"

static void case_blanks_and_signs_of_a_header_do_not_count(void **state)
{
	static const char *const headers[] = {
		"game_date,player,team,opponent,home,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,fgm,fga,tpm,tpa,ftm,fta\n" ROW,
		"GAME_DATE,PLAYER,TEAM,OPPONENT,HOME,MIN,PTS,REB,OREB,DREB,AST,STL,BLK,TOV,PF,FGM,FGA,TPM,TPA,FTM,FTA\n" ROW,
		"Game Date,Player,Team,Opponent,Home,Min,Pts,Reb,OReb,DReb,Ast,Stl,Blk,Tov,PF,FGM,FGA,TPM,TPA,FTM,FTA\n" ROW,
		"game-date, player ,Team ,\tOpponent,HOME,Min.,pts,reb,o_reb,d-reb,ast,stl,blk,tov,p.f.,fgm,fga,tpm,tpa,ftm,fta\n" ROW,
		"gameDate,\xc2\xa0player,team,opponent,home,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,fgm,fga,tpm,tpa,ftm,fta\n" ROW,
		"\xef\xbb\xbf\"Game Date\",\"Player\",Team,Opponent,Home,Min,Pts,Reb,OReb,DReb,Ast,Stl,Blk,Tov,PF,FGM,FGA,TPM,TPA,"
		"FTM,FTA\r\n" ROW,
	};
	struct place *p = *state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct import_result r = import_text(p, headers[i]);
		assert_string_equal(r.kind ? r.kind : r.nearest, "player_games");
		assert_answer(p,
			"SELECT game_date, player_lookup, team, opponent, home, min, pts, oreb, tpa, fta FROM player_games",
			"2026-11-02,ab,LAL,BKN,1,34.0,24,1,6,5\n");
	}
}

static void two_spellings_of_one_column_are_told(void **state)
{
	struct place *p = *state;
	import_text(p, "game_date,Game Date,away,home,spread_home,total\n2024-12-01,2024-12-01,GSW,LAL,-3.5,221\n");
	assert_non_null(strstr(p->err.text, "the header row names column \"game_date\" twice"));
	/* Where nobody reads it, it is no matter. */
	struct import_result r =
		import_text(p, "note,NOTE,game_date,away,home,spread_home,total\na,b,2024-12-01,GSW,LAL,-3.5,221\n");
	assert_int_equal(r.added, 1);
}

static void semicolons_tabs_and_bars_part_fields_as_well(void **state)
{
	static const char *const texts[] = {
		"game_date;away;home;spread_home;total\n2024-12-01;GSW;LAL;-3.5;221\n",
		"game_date;away;home;spread_home;total\r\n2024-12-01;GSW;LAL;-3,5;221\r\n",
		"\xef\xbb\xbfgame_date;away;home;spread_home;total\n2024-12-01;GSW;LAL;\"-3,5\";221,0\n",
		"sep=;\ngame_date;away;home;spread_home;total\n2024-12-01;GSW;LAL;-3,5;221\n",
		"sep=;\r\ngame_date;away;home;spread_home;total\r\n2024-12-01;GSW;LAL;-3.5;221\r\n",
		"game_date\taway\thome\tspread_home\ttotal\n2024-12-01\tGSW\tLAL\t-3.5\t221\n",
		"game_date|away|home|spread_home|total\n2024-12-01|GSW|LAL|-3.5|221\n",
		"\"game, date\";x\n", /* no comma of a quoted field counts */
	};
	struct place *p = *state;
	size_t last = sizeof(texts) / sizeof(texts[0]) - 1;
	for (size_t i = 0; i < last; i++) {
		struct import_result r = import_text(p, texts[i]);
		if (r.added != 1)
			fail_msg("%s: %s %s", texts[i], p->err.text, p->refused);
		assert_answer(p, "SELECT game_date, away, home, spread_home, total FROM game_odds",
			"2024-12-01,GSW,LAL,-3.5,221.0\n");
	}
	assert_null(import_text(p, texts[last]).kind);
}

static void utf_16_is_refused_by_its_name(void **state)
{
	static const char *const texts[] = {
		"\xff\xfeg\0a\0m\0e\0", "\xfe\xff\0g\0a\0m\0e", "g\0a\0m\0e\0", "\0g\0a\0m\0e"};
	static const size_t lengths[] = {10, 10, 8, 8};
	struct place *p = *state;
	for (size_t i = 0; i < 4; i++) {
		import_bytes(p, texts[i], lengths[i]);
		assert_int_equal(p->err.code, -EINVAL);
		assert_non_null(strstr(p->err.text, "a.csv: is written in UTF-16, and UTF-8 is right"));
	}
}

static void a_header_row_that_lacks_something_says_what(void **state)
{
	static const struct {
		const char *header, *nearest;
	} rows[] = {
		{"alpha,beta\n", ""},
		{"date,temperature,city\n", ""},
		{"game_date,player,team,opponent,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,fgm,fga,tpm,tpa,ftm,fta\n",
			"like player_games, but without home"},
		{"gamedt,player,team,opponent,home,min,pts,reb,oreb,dreb,asts,stl,blk,tov,pf,fgm,fga,tpm,tpa,ftm,fta\n",
			"like player_games, but without game_date (is it \"gamedt\"?), ast (is it \"asts\"?)"},
		/* A log of one player does not name him. */
		{"SEASON_ID,Player_ID,Game_ID,GAME_DATE,MATCHUP,WL,MIN,FGM,FGA,FG_PCT,FG3M,FG3A,FG3_PCT,FTM,FTA,FT_PCT,OREB,DREB,REB,"
		 "AST,STL,BLK,TOV,PF,PLUS_MINUS,VIDEO_AVAILABLE\n",
			"like player_games, but without player"},
		{"Rk,Gcar,Gtm,Date,Team,,Opp,Result,GS,MP,FG,FGA,FG%,3P,3PA,3P%,2P,2PA,2P%,eFG%,FT,FTA,FT%,ORB,DRB,TRB,AST,STL,BLK,"
		 "TOV,PF,PTS,GmSc,+/-\n",
			"like player_games, but without player"},
		/* A season's averages. */
		{"Rk,Player,Pos,Age,Tm,G,GS,MP,FG,FGA,FG%,3P,3PA,3P%,FT,FTA,FT%,ORB,DRB,TRB,AST,STL,BLK,TOV,PF,PTS\n",
			"like player_games, but without game_date, opponent, home"},
		{"date,away,home,spread\n", "like schedule, but without tip_utc"},
	};
	struct place *p = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct import_result r = import_text(p, rows[i].header);
		if (strcmp(r.nearest, rows[i].nearest) != 0)
			fail_msg("%s: \"%s\"", rows[i].header, r.nearest);
	}
}

/* --- one game, as each source writes it --------------------------------------------------------------------------- */

#define SQL_BOX \
	"SELECT game_date, player, team, opponent, home, min, pts, reb, oreb, dreb, ast, stl, blk, tov, pf, fgm, fga, tpm, " \
	"tpa, ftm, fta FROM player_games ORDER BY game_date, player_lookup"

static const struct {
	const char *layout; /* NULL: of no source in particular */
	const char *ids, *wins, *season; /* what else it has: the league's numbers, who won */
	const char *text;
} forms[] = {
	{NULL, "3,3", "1,0,0", "2025-26,regular",
		"season,season_type,game_id,game_date,player_id,player,team,opponent,home,win,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,"
		"fgm,fga,tpm,tpa,ftm,fta\n"
		"2025-26,regular,0022500200,2025-11-15,11,Ann Able,LAL,BKN,1,1,36,24,8,2,6,5,1,0,3,2,9,18,2,6,4,5\n"
		"2025-26,regular,0022500200,2025-11-15,12,De'Aaron Baker,BKN,LAL,0,0,20,7,3,1,2,1,0,1,2,4,3,9,1,4,0,0\n"
		"2025-26,regular,0022500207,2025-11-16,11,Ann Able,LAL,GSW,0,0,31,12,4,0,4,9,2,1,1,1,5,11,1,3,1,2\n"},
	{"nba_api", "3,3", "1,0,0", "2025-26,regular", /* LeagueGameLog, player_or_team_abbreviation="P" */
		"SEASON_ID,PLAYER_ID,PLAYER_NAME,TEAM_ID,TEAM_ABBREVIATION,TEAM_NAME,GAME_ID,GAME_DATE,MATCHUP,WL,MIN,FGM,FGA,FG_PCT,"
		"FG3M,FG3A,FG3_PCT,FTM,FTA,FT_PCT,OREB,DREB,REB,AST,STL,BLK,TOV,PF,PTS,PLUS_MINUS,FANTASY_PTS,VIDEO_AVAILABLE\n"
		"22025,11,Ann Able,1610612747,LAL,Los Angeles Lakers,0022500200,2025-11-15,LAL vs. BKN,W,36,9,18,0.5,2,6,0.333,4,5,0.8,"
		"2,6,8,5,1,0,3,2,24,7,40.1,1\n"
		"22025,12,De'Aaron Baker,1610612751,BKN,Brooklyn Nets,0022500200,2025-11-15,BKN @ LAL,L,20,3,9,0.333,1,4,0.25,0,0,,1,2,"
		"3,1,0,1,2,4,7,-7,12,1\n"
		"22025,11,Ann Able,1610612747,LAL,Los Angeles Lakers,0022500207,2025-11-16,LAL @ GSW,L,31,5,11,0.455,1,3,0.333,1,2,0.5,"
		"0,4,4,9,2,1,1,1,12,-3,33,1\n"},
	{"nba_api", "3,3", "1,0,0", "2025-26,", /* PlayerGameLogs, through a spreadsheet that took the zeros */
		"SEASON_YEAR,PLAYER_ID,PLAYER_NAME,NICKNAME,TEAM_ID,TEAM_ABBREVIATION,TEAM_NAME,GAME_ID,GAME_DATE,MATCHUP,WL,MIN,FGM,FGA,"
		"FG_PCT,FG3M,FG3A,FG3_PCT,FTM,FTA,FT_PCT,OREB,DREB,REB,AST,TOV,STL,BLK,BLKA,PF,PFD,PTS,PLUS_MINUS,MIN_RANK\n"
		"2025-26,11,Ann Able,Ann,1610612747,LAL,Los Angeles Lakers,22500200,2025-11-15T00:00:00,LAL vs. BKN,W,36,9,18,0.5,2,6,"
		"0.333,4,5,0.8,2,6,8,5,3,1,0,0,2,5,24,7,1\n"
		"2025-26,12,De'Aaron Baker,De'Aaron,1610612751,BKN,Brooklyn Nets,22500200,2025-11-15T00:00:00,BKN @ LAL,L,20,3,9,0.333,1,"
		"4,0.25,0,0,0,1,2,3,1,2,0,1,0,4,0,7,-7,2\n"
		"2025-26,11,Ann Able,Ann,1610612747,LAL,Los Angeles Lakers,22500207,2025-11-16T00:00:00,LAL @ GSW,L,31,5,11,0.455,1,3,"
		"0.333,1,2,0.5,0,4,4,9,1,2,1,0,1,2,12,-3,3\n"},
	{"nba_api", "3,3", "1,0,0",
		"2025-26,regular", /* logs of one player each, a name put before, no column for the team */
		"player_name,SEASON_ID,Player_ID,Game_ID,GAME_DATE,MATCHUP,WL,MIN,FGM,FGA,FG_PCT,FG3M,FG3A,FG3_PCT,FTM,FTA,FT_PCT,OREB,"
		"DREB,REB,AST,STL,BLK,TOV,PF,PTS,PLUS_MINUS,VIDEO_AVAILABLE\n"
		"Ann Able,22025,11,0022500200,\"NOV 15, 2025\",LAL vs. BKN,W,36,9,18,0.5,2,6,0.333,4,5,0.8,2,6,8,5,1,0,3,2,24,7,1\n"
		"De'Aaron Baker,22025,12,0022500200,\"NOV 15, 2025\",BKN @ LAL,L,20,3,9,.3,1,4,.2,0,0,0,1,2,3,1,0,1,2,4,7,-7,1\n"
		"Ann Able,22025,11,0022500207,\"NOV 16, 2025\",LAL @ GSW,L,31,5,11,.4,1,3,.3,1,2,.5,0,4,4,9,2,1,1,1,12,-3,1\n"},
	{"basketball-reference", "0,0", "1,0,0", ",", /* the header again among the rows, as its tables have it */
		"Rk,Player,Date,Age,Tm,,Opp,Result,GS,MP,FG,FGA,FG%,3P,3PA,3P%,2P,2PA,2P%,FT,FTA,FT%,ORB,DRB,TRB,AST,STL,BLK,TOV,PF,PTS,"
		"GmSc,+/-\n"
		"1,Ann Able\\ableann01,2025-11-15,25-100,LAL,,BRK,W 125-124 (2OT),*,36,9,18,.500,2,6,.333,7,12,.583,4,5,.800,2,6,8,5,1,0,"
		"3,2,24,19.1,+7\n"
		"Rk,Player,Date,Age,Tm,,Opp,Result,GS,MP,FG,FGA,FG%,3P,3PA,3P%,2P,2PA,2P%,FT,FTA,FT%,ORB,DRB,TRB,AST,STL,BLK,TOV,PF,PTS,"
		"GmSc,+/-\n"
		"2,De’Aaron Baker,2025-11-15,22-001,BRK,@,LAL,L 124-125,,20,3,9,.333,1,4,.250,2,5,.4,0,0,,1,2,3,1,0,1,2,4,7,1,-7\n"
		"3,Ann Able\\ableann01,2025-11-16,25-101,LAL,@,GSW,L (-3),,31,5,11,.455,1,3,.333,4,8,.5,1,2,.5,0,4,4,9,2,1,1,1,12,9,-3\n"},
	{"balldontlie", "0,0", "", "2025-26,regular", /* flattened by pandas */
		"id,min,fgm,fga,fg_pct,fg3m,fg3a,fg3_pct,ftm,fta,ft_pct,oreb,dreb,reb,ast,stl,blk,turnover,pf,pts,player.id,"
		"player.first_name,player.last_name,player.team_id,team.id,team.abbreviation,team.full_name,game.id,game.date,game.season,"
		"game.status,game.postseason,game.home_team_score,game.home_team_id,game.visitor_team_id\n"
		"901,36,9,18,0.5,2,6,0.333,4,5,0.8,2,6,8,5,1,0,3,2,24,237,Ann,Able,14,14,LAL,Los Angeles Lakers,1037593,2025-11-15,2025,"
		"Final,False,125,14,3\n"
		"902,20,3,9,0.333,1,4,0.25,0,0,0,1,2,3,1,0,1,2,4,7,238,De'Aaron,Baker,3,3,BKN,Brooklyn Nets,1037593,2025-11-15,2025,Final,"
		"False,125,14,3\n"
		"903,31,5,11,0.455,1,3,0.333,1,2,0.5,0,4,4,9,2,1,1,1,12,237,Ann,Able,14,14,LAL,Los Angeles Lakers,1037600,"
		"2025-11-16T00:00:00.000Z,2025,Final,False,110,10,14\n"},
	{"balldontlie", "0,0", "", ",", /* with underscores, the teams by their codes */
		"min,fgm,fga,fg3m,fg3a,ftm,fta,oreb,dreb,reb,ast,stl,blk,turnover,pf,pts,player_first_name,player_last_name,"
		"team_abbreviation,game_id,game_date,home_team_abbreviation,visitor_team_abbreviation\n"
		"36,9,18,2,6,4,5,2,6,8,5,1,0,3,2,24,Ann,Able,LAL,1037593,2025-11-15,LAL,BKN\n"
		"20,3,9,1,4,0,0,1,2,3,1,0,1,2,4,7,De'Aaron,Baker,BKN,1037593,2025-11-15,LAL,BKN\n"
		"31,5,11,1,3,1,2,0,4,4,9,2,1,1,1,12,Ann,Able,LAL,1037600,2025-11-16,GSW,LAL\n"},
	{"hoopR", "0,0", "1,0,0", "2025-26,regular", /* load_nba_player_box(), written by R */
		"game_id,season,season_type,game_date,game_date_time,athlete_id,athlete_display_name,team_id,team_name,team_location,"
		"team_short_display_name,minutes,field_goals_made,field_goals_attempted,three_point_field_goals_made,"
		"three_point_field_goals_attempted,free_throws_made,free_throws_attempted,offensive_rebounds,defensive_rebounds,rebounds,"
		"assists,steals,blocks,turnovers,fouls,plus_minus,points,starter,ejected,did_not_play,reason,active,team_abbreviation,"
		"home_away,team_winner,team_score,opponent_team_id,opponent_team_name,opponent_team_abbreviation,opponent_team_score\n"
		"401704800,2026,2,2025-11-15,2025-11-16T00:30:00Z,3001,Ann Able,13,Lakers,Los Angeles,Lakers,36,9,18,2,6,4,5,2,6,8,5,1,0,3,"
		"2,+7,24,TRUE,FALSE,FALSE,NA,TRUE,LAL,home,TRUE,125,17,Nets,BKN,124\n"
		"401704800,2026,2,2025-11-15,2025-11-16T00:30:00Z,3002,De'Aaron Baker,17,Nets,Brooklyn,Nets,20,3,9,1,4,0,0,1,2,3,1,0,1,2,4,"
		"-7,7,FALSE,FALSE,FALSE,NA,TRUE,BKN,away,FALSE,124,13,Lakers,LAL,125\n"
		"401704807,2026,2,2025-11-16,2025-11-17T01:00:00Z,3001,Ann Able,13,Lakers,Los Angeles,Lakers,31,5,11,1,3,1,2,0,4,4,9,2,1,1,"
		"1,-3,12,TRUE,FALSE,FALSE,NA,TRUE,LAL,away,FALSE,107,9,Warriors,GS,110\n"},
	{NULL, "0,0", "1,0,0",
		",", /* columns of several sources, halves of the rebounds alone, no points, seconds in place of minutes */
		"Date;first_name;last_name;Tm;OPP;home_away;WL;seconds_played;FG;FGA;3PM;3PA;FT;FTA;ORB;DRB;assists;STL;BLK;TO;fouls\n"
		"20251115;Ann;Able;LAL;BKN;home;W;2160;9;18;2;6;4;5;2;6;5;1;0;3;2\n"
		"20251115;De'Aaron;Baker;BKN;LAL;away;L;1200;3;9;1;4;0;0;1;2;1;0;1;2;4\n"
		"20251116;Ann;Able;LAL;GS;away;L;1860;5;11;1;3;1;2;0;4;9;2;1;1;1\n"},
};

static const char *line(const char *text)
{
	static char buffer[64];
	text_format(buffer, sizeof(buffer), "%s\n", text);
	return buffer;
}

static void the_same_games_of_each_source_make_equal_leagues(void **state)
{
	struct place *p = *state;
	struct str ours = {0}, got = {0};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct import_result r = import_text(p, forms[i].text);
		if (!r.kind || r.added != 3)
			fail_msg("form %zu: %s, %s, %lld rows; %s", i, r.kind, r.nearest, (long long)r.added,
				p->refused);
		assert_string_equal(r.layout ? r.layout : "", forms[i].layout ? forms[i].layout : "");
		ask(p, SQL_BOX, &got);
		if (i == 0)
			str_text(&ours, got.data);
		if (strcmp(ours.data, got.data) != 0)
			fail_msg("form %zu:\n%s\nis not\n%s", i, got.data, ours.data);
		assert_answer(p, "SELECT count(game_id), count(player_id) FROM player_games", line(forms[i].ids));
		assert_answer(p,
			"SELECT group_concat(win) FROM (SELECT win FROM player_games ORDER BY game_date, player_lookup)",
			line(forms[i].wins));
		assert_answer(p, "SELECT DISTINCT season, season_type FROM player_games", line(forms[i].season));
	}
	str_done(&ours);
	str_done(&got);
}

static void games_of_teams_are_read_of_their_logs_too(void **state)
{
	static const struct {
		const char *layout, *text;
	} rows[] = {
		{"nba_api", /* LeagueGameLog of teams; on neutral ground both bear the same match-up */
			"SEASON_ID,TEAM_ID,TEAM_ABBREVIATION,TEAM_NAME,GAME_ID,GAME_DATE,MATCHUP,WL,MIN,FGM,FGA,FG_PCT,FG3M,FG3A,FG3_PCT,FTM,"
			"FTA,FT_PCT,OREB,DREB,REB,AST,STL,BLK,TOV,PF,PTS,PLUS_MINUS,VIDEO_AVAILABLE\n"
			"22024,1610612764,WAS,Washington Wizards,0022400147,2024-11-02,MIA @ WAS,L,240,38,91,.4,7,35,.2,15,21,.7,8,36,44,23,12,"
			"10,11,22,98,-20,1\n"
			"22024,1610612748,MIA,Miami Heat,0022400147,2024-11-02,MIA @ WAS,W,240,45,88,.5,12,35,.3,16,20,.8,9,40,49,30,8,5,17,"
			"20,118,20,1\n"},
		{"hoopR",
			"game_id,season,season_type,game_date,team_id,team_abbreviation,team_home_away,team_score,team_winner,assists,blocks,"
			"defensive_rebounds,field_goals_made,field_goals_attempted,fouls,free_throws_made,free_throws_attempted,"
			"offensive_rebounds,steals,total_rebounds,turnovers,three_point_field_goals_made,three_point_field_goals_attempted,"
			"home_away,opponent_team_abbreviation\n"
			"401,2025,2,2024-11-02,27,WSH,home,98,FALSE,23,10,36,38,91,22,15,21,8,12,44,11,7,35,home,MIA\n"
			"401,2025,2,2024-11-02,14,MIA,away,118,TRUE,30,5,40,45,88,20,16,20,9,8,49,17,12,35,away,WSH\n"},
	};
	struct place *p = *state;
	for (size_t i = 0; i < 2; i++) {
		struct import_result r = import_text(p, rows[i].text);
		assert_string_equal(r.kind ? r.kind : r.nearest, "team_games");
		assert_string_equal(r.layout, rows[i].layout);
		assert_answer(p,
			"SELECT season, season_type, team, opponent, home, win, pts, reb, oreb, dreb, tov, tpm FROM team_games ORDER BY team",
			"2024-25,regular,MIA,WAS,0,1,118,49,9,40,17,12\n2024-25,regular,WAS,MIA,1,0,98,44,8,36,11,7\n");
	}
}

static void schedules_of_other_sources_are_read(void **state)
{
	static const struct {
		const char *layout, *text;
	} rows[] = {
		{NULL, "game_id,season_type,game_label,tip_utc,game_date,home,away\n,,,2025-10-22T02:00:00Z,2025-10-21,LAL,GSW\n"},
		{"hoopR",
			"id,date,start_date,home_id,home_abbreviation,away_abbreviation,status_type_name,game_id,season,season_type,"
			"game_date\n401,2025-10-22T02:00Z,2025-10-22T02:00Z,13,LAL,GS,STATUS_FINAL,401,2026,2,2025-10-21\n"},
		{"nba_api",
			"leagueId,gameDate,gameId,gameDateEst,gameDateTimeUTC,gameLabel,homeTeam_teamTricode,awayTeam_teamTricode\n"
			"00,10/21/2025 00:00:00,0022500002,2025-10-21T00:00:00Z,2025-10-22T02:00:00Z,,LAL,GSW\n"},
		{"balldontlie", "id,date,season,datetime,home_team.abbreviation,visitor_team.abbreviation\n"
				"1,2025-10-21,2025,2025-10-22T02:00:00.000Z,LAL,GSW\n"},
		{"basketball-reference",
			"Date,Start (ET),Visitor/Neutral,PTS,Home/Neutral,PTS,,,Attend.,LOG,Arena,Notes\n"
			"\"Tue, Oct 21, 2025\",10:00p,GSW,,LAL,,,,,,Crypto.com Arena,\n"},
		{"basketball-reference",
			"Date,Start (ET),Visitor/Neutral,Home/Neutral\nTue Oct 21 2025,10:00p,GSW,LAL\n"},
	};
	struct place *p = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct import_result r = import_text(p, rows[i].text);
		if (!r.kind)
			fail_msg("%s: %s %s", rows[i].text, r.nearest, p->err.text);
		assert_string_equal(r.layout ? r.layout : "", rows[i].layout ? rows[i].layout : "");
		assert_answer(
			p, "SELECT game_date, tip_ms, away, home FROM schedule", "2025-10-21,1761098400000,GSW,LAL\n");
	}
}

/* --- cells ------------------------------------------------------------------------------------------------------- */

#define ODDS(date) "Date,away,home,spread_home,total\n\"" date "\",GSW,LAL,-3.5,221\n"

static void dates_of_every_form_that_leaves_no_doubt_are_read(void **state)
{
	static const struct {
		const char *text, *date; /* "": refused */
	} rows[] = {
		{ODDS("2025-11-15"), "2025-11-15\n"},
		{ODDS("20251115"), "2025-11-15\n"},
		{ODDS("NOV 15, 2025"), "2025-11-15\n"},
		{ODDS("Nov 5, 2025"), "2025-11-05\n"},
		{ODDS("November 15, 2025"), "2025-11-15\n"},
		{ODDS("Sat, Nov 15, 2025"), "2025-11-15\n"},
		{ODDS("Sat Nov 15 2025"), "2025-11-15\n"},
		{ODDS("2025-11-15T00:00:00"), "2025-11-15\n"},
		{ODDS("2025-11-15T00:00:00Z"), ""}, /* the day, or the evening before it */
		{ODDS("2025-11-15T00:00:00-05:00"), "2025-11-15\n"},
		{ODDS("2025-11-16T00:30Z"), ""},
		{ODDS("2025-11-15 00:00:00"), "2025-11-15\n"},
		{ODDS("2025-11-15 19:30:00"), "2025-11-15\n"}, /* by the clock on the wall */
		{ODDS("2025-11-16T00:30:00Z"), "2025-11-15\n"}, /* in the league it is the evening before */
		{ODDS("2025-11-15T19:30:00-05:00"), "2025-11-15\n"},
		{ODDS("11/15/2025 00:00:00"), "2025-11-15\n"}, /* the league's own */
		{ODDS("03/04/2025"), ""}, /* March or April */
		{ODDS("15.11.2025"), ""},
		{ODDS("Nov 31, 2025"), ""},
		{ODDS("Foo 15, 2025"), ""},
		{ODDS("20251315"), ""},
		{ODDS("45976"), ""}, /* a spreadsheet's number */
		{ODDS("soon"), ""},
	};
	struct place *p = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct import_result r = import_text(p, rows[i].text);
		if (*rows[i].date && r.added != 1)
			fail_msg("%s: %s", rows[i].text, p->refused);
		if (*rows[i].date)
			assert_answer(p, "SELECT game_date FROM game_odds", rows[i].date);
		else if (r.refused != 1 || !strstr(p->refused, "game_date"))
			fail_msg("%s was taken: %s", rows[i].text, p->refused);
	}
}

#define LOG_HEADER \
	"PLAYER_NAME,TEAM_ABBREVIATION,GAME_DATE,MATCHUP,MIN,FGM,FGA,FG3M,FG3A,FTM,FTA,OREB,DREB,AST,STL,BLK,TOV,PF"
#define LOG_BOX ",36,9,18,2,6,4,5,2,6,5,1,0,3,2"

static void sides_of_a_game_are_read_of_its_name(void **state)
{
	static const struct {
		const char *row, *sides; /* NULL: refused */
	} rows[] = {
		{"A B,LAL,2025-11-15,LAL vs. BKN", "LAL,BKN,1\n"},
		{"A B,LAL,2025-11-15,LAL vs BKN", "LAL,BKN,1\n"},
		{"A B,LAL,2025-11-15,LAL @ BKN", "LAL,BKN,0\n"},
		{"A B,BKN,2025-11-15,LAL @ BKN", "BKN,LAL,1\n"}, /* the game's name, not the team's */
		{"A B,BKN,2025-11-15,LAL vs. BKN", "BKN,LAL,0\n"},
		{"A B,BRK,2025-11-15,LAL@BKN", "BKN,LAL,1\n"},
		{"A B,,2025-11-15,LAL @ BKN", NULL},
		{"A B,DEN,2025-11-15,LAL @ BKN", NULL},
		{"A B,LAL,2025-11-15,LAL BKN", NULL},
		{"A B,LAL,2025-11-15,", NULL},
	};
	struct place *p = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		text_format(text, sizeof(text), "%s\n%s%s\n", LOG_HEADER, rows[i].row, LOG_BOX);
		struct import_result r = import_text(p, text);
		if (!r.kind || r.added != (rows[i].sides != NULL))
			fail_msg("%s: %s %s", rows[i].row, r.nearest, p->refused);
		if (rows[i].sides)
			assert_answer(p, "SELECT team, opponent, home FROM player_games", rows[i].sides);
	}
	import_text(p, LOG_HEADER "\nA B,DEN,2025-11-15,LAL @ BKN" LOG_BOX "\n");
	assert_string_equal(p->refused, "2 opponent \"LAL @ BKN\" DEN does not play in \"LAL @ BKN\"");
}

static void what_is_left_out_is_made_of_the_rest(void **state)
{
	struct place *p = *state;
	import_text(p, LOG_HEADER "\nA B,LAL,2025-11-15,LAL @ BKN" LOG_BOX "\n");
	assert_answer(p, "SELECT pts, reb, oreb, dreb FROM player_games", "24,8,2,6\n");
	import_text(p, "player,team,opponent,home,date,min,pts,reb,oreb,ast,stl,blk,tov,pf,fgm,fga,tpm,tpa,ftm,fta\n"
		       "A B,LAL,BKN,yes,2025-11-15,36,24,8,2,5,1,0,3,2,9,18,2,6,4,5\n");
	assert_answer(p, "SELECT pts, reb, oreb, dreb, home FROM player_games", "24,8,2,6,1\n");
	/* Which is refused like any other, where it cannot be. */
	import_text(p, "player,team,opponent,home,date,min,pts,reb,oreb,ast,stl,blk,tov,pf,fgm,fga,tpm,tpa,ftm,fta\n"
		       "A B,LAL,BKN,yes,2025-11-15,36,24,2,8,5,1,0,3,2,9,18,2,6,4,5\n");
	assert_non_null(strstr(p->refused, "2 dreb \"-6\""));
}

static void a_season_called_by_one_year_is_known_by_source_or_date(void **state)
{
	static const struct {
		const char *header, *row, *season; /* NULL: refused */
	} rows[] = {
		{"season", "2025-26,A B,LAL,2025-11-15", "2025-26\n"},
		{"season", "2025-2026,A B,LAL,2025-11-15", "2025-26\n"},
		{"season", "2025/2026,A B,LAL,2025-11-15", "2025-26\n"},
		{"season", "2025-2027,A B,LAL,2025-11-15", NULL},
		{"SEASON_ID", "22025,A B,LAL,2025-11-15", "2025-26\n"},
		{"season", "2025,A B,LAL,2025-11-15", "2025-26\n"},
		{"season", "2026,A B,LAL,2025-11-15", "2025-26\n"},
		{"season", "2025,A B,LAL,2026-03-15", "2025-26\n"},
		{"season", "2026,A B,LAL,2026-03-15", "2025-26\n"},
		{"season", "2027,A B,LAL,2025-11-15", NULL},
		{"season", "2024,A B,LAL,2026-03-15", NULL},
		{"season", "2020,A B,LAL,2020-08-15", NULL}, /* in the bubble: 2019-20, and nothing here says so */
		{"season", "2020,A B,LAL,2020-10-05", NULL},
		{"season", "2020,A B,LAL,2020-12-25", "2020-21\n"},
		{"opponent_team_abbreviation,home_away,season", "LAL,home,2020,A B,LAL,2020-08-15", NULL},
	};
	struct place *p = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		text_format(text, sizeof(text), "%s,%s\n%s,LAL @ BKN%s\n", rows[i].header, LOG_HEADER, rows[i].row,
			LOG_BOX);
		struct import_result r = import_text(p, text);
		if (r.added != (rows[i].season != NULL))
			fail_msg("%s: %s %s", rows[i].row, r.nearest, p->refused);
		if (rows[i].season)
			assert_answer(p, "SELECT season FROM player_games", rows[i].season);
	}
#define HOOPR_ROW(season, date) \
	"season,game_date,athlete_display_name,team_abbreviation,opponent_team_abbreviation,home_away,minutes,field_goals_made," \
	"field_goals_attempted,three_point_field_goals_made,three_point_field_goals_attempted,free_throws_made," \
	"free_throws_attempted,offensive_rebounds,defensive_rebounds,assists,steals,blocks,turnovers,fouls\n" season \
	"," date ",A B,LAL,BKN,home" LOG_BOX "\n"
	import_text(p, HOOPR_ROW("2020", "2020-08-15"));
	assert_answer(p, "SELECT season FROM player_games", "2019-20\n");
	import_text(p, HOOPR_ROW("2026", "2025-11-15"));
	assert_answer(p, "SELECT season FROM player_games", "2025-26\n");
	import_text(p, HOOPR_ROW("2025", "2025-11-15"));
	assert_non_null(strstr(p->refused, "season \"2024-25\""));
}

static void made_and_tried_may_stand_in_one_cell(void **state)
{
	static const struct {
		const char *header, *row, *shots; /* NULL: refused */
	} rows[] = {
		{"FG,3PT,FT", "9-18,2-6,4-5", "9,18,2,6,4,5\n"},
		{"field_goals,three_point_field_goals,free_throws", "9/18,2/6,4/5", "9,18,2,6,4,5\n"},
		{"FG,3PT,FT", "9,2-6,4-5", NULL}, /* how many he tried, nobody knows */
		{"FG,FG%,3PT,FT", "9,50,2-6,4-5", NULL}, /* nor is it what stands beside it */
		{"FG,3PT,FT", "18-9,2-6,4-5", NULL}, {"FG,3PT,FT", "9-18-2,2-6,4-5", NULL},
		{"FG,3PT,FT", "Sep 18,2-6,4-5", NULL}, /* a spreadsheet was here */
	};
	struct place *p = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		text_format(text, sizeof(text),
			"player,team,opp,home,date,min,reb,oreb,dreb,ast,stl,blk,to,pf,pts,%s\nA "
			"B,LAL,BKN,1,2025-11-15,36,8,2,6,5,1,0,3,2,24,%s\n",
			rows[i].header, rows[i].row);
		struct import_result r = import_text(p, text);
		if (!r.kind || r.added != (rows[i].shots != NULL))
			fail_msg("%s: %s %s", rows[i].row, r.nearest, p->refused);
		if (rows[i].shots)
			assert_answer(p, "SELECT fgm, fga, tpm, tpa, ftm, fta FROM player_games", rows[i].shots);
	}
}

static void who_won_and_who_started_is_read_of_what_sources_write(void **state)
{
	static const struct {
		const char *header, *row, *right;
	} rows[] = {
		{"WL,Starter", "W,TRUE", "1,1\n"},
		{"WL,Starter", "L,no", "0,0\n"},
		{"W/L,GS", "W,*", "1,1\n"},
		{"Result,GS", "W 125-124 (2OT),", "1,0\n"},
		{"Result,GS", "L (-3),0", "0,0\n"},
		{"Result,GS", "\"W, 125-124\",1", "1,1\n"},
		{"Result,Starter", "125-124,", ",\n"}, /* whose 125, nobody knows */
		{"outcome,is_starter", "LOSS,1.0", "0,1\n"},
	};
	struct place *p = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		text_format(text, sizeof(text), "%s,%s\n%s,A B,LAL,2025-11-15,LAL @ BKN%s\n", rows[i].header,
			LOG_HEADER, rows[i].row, LOG_BOX);
		struct import_result r = import_text(p, text);
		if (r.added != 1)
			fail_msg("%s: %s %s", rows[i].row, r.nearest, p->refused);
		assert_answer(p, "SELECT win, starter FROM player_games", rows[i].right);
	}
}

static void words_for_nothing_are_nothing(void **state)
{
	static const char *const words[] = {"NA", "NaN", "None", "null", "NULL", "N/A", "<NA>", " ", ""};
	struct place *p = *state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char text[512];
		text_format(text, sizeof(text),
			"season,player_id,plus_minus,%s\n%s,%s,%s,A B,LAL,2025-11-15,LAL @ BKN%s\n", LOG_HEADER,
			words[i], words[i], words[i], LOG_BOX);
		struct import_result r = import_text(p, text);
		if (r.added != 1)
			fail_msg("%s: %s", words[i], p->refused);
		assert_answer(
			p, "SELECT count(season), count(player_id), count(plus_minus) FROM player_games", "0,0,0\n");
	}
}

static void names_are_mended_on_their_way_in(void **state)
{
	struct place *p = *state;
	struct import_result r = import_text(p, LOG_HEADER
		"\nA B,LAL,2025-11-15,LAL @ BKN" LOG_BOX "\nC D\\dc01,LAL,2025-11-15,LAL @ BKN" LOG_BOX
		"\nE F\\fe01,LAL,2025-11-15,LAL @ BKN" LOG_BOX "\n<b>G</b>,LAL,2025-11-15,LAL @ BKN" LOG_BOX "\n");
	assert_int_equal(r.added, 3);
	assert_int_equal(r.mended[NAME_ID].rows, 2);
	assert_int_equal(r.mended[NAME_ID].line, 3);
	assert_string_equal(r.mended[NAME_ID].from, "C D\\dc01");
	assert_string_equal(r.mended[NAME_ID].to, "C D");
	assert_int_equal(r.mended[NAME_ENTITIES].rows, 0);
	assert_string_equal(p->refused, "5 player \"<b>G</b>\" a name has no < or >; is it HTML?");
	assert_answer(p, "SELECT player, player_lookup FROM player_games ORDER BY player", "A B,ab\nC D,cd\nE F,ef\n");
}

/* Each form with bytes changed, left out and put in: no cell is read beyond its end, and what comes out is text. */
static void changed_bytes_of_any_form_are_read_within_bounds(void **state)
{
	static const char puts[] = ",;\t\"\n\r@&\\ .-_#0192aZ\xc3\xa9";
	struct place *p = *state;
	struct teams *teams = teams_nba();
	uint32_t seed = 11;
	for (size_t round = 0; round < 40 * sizeof(forms) / sizeof(forms[0]); round++) {
		struct err err = {0};
		struct csv *csv;
		struct csv_record record;
		struct import_header header;
		struct str text = {0};
		str_text(&text, forms[round / 40].text);
		for (int change = 0; change < 1 + (int)(round % 40); change++) {
			seed = seed * 1664525 + 1013904223;
			text.data[(seed >> 8) % text.length] = puts[(seed >> 24) % (sizeof(puts) - 1)];
		}
		FILE *f = fopen(p->file, "wb");
		fwrite(text.data, 1, text.length - round % 7, f);
		fclose(f);
		str_done(&text);
		assert_int_equal(csv_open(p->file, &csv, &err), 0);
		int r = csv_next(csv, &record, &err);
		bool known = r == 1 && import_recognise(&record, &header, &err) == 0 && header.known;
		while (known && (r = csv_next(csv, &record, &err)) != 0) {
			struct import_row row = {.teams = teams};
			struct import_refusal why = {.column = ""};
			if (r == 1 && import_parse(&header, &record, &row, &why) == IMPORT_REFUSED)
				assert_true(strlen(why.reason) > 0 && strlen(why.value) < sizeof(why.value));
		}
		csv_close(csv);
	}
	teams_free(teams);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(case_blanks_and_signs_of_a_header_do_not_count),
		TEST(two_spellings_of_one_column_are_told),
		TEST(semicolons_tabs_and_bars_part_fields_as_well),
		TEST(utf_16_is_refused_by_its_name),
		TEST(a_header_row_that_lacks_something_says_what),
		TEST(the_same_games_of_each_source_make_equal_leagues),
		TEST(games_of_teams_are_read_of_their_logs_too),
		TEST(schedules_of_other_sources_are_read),
		TEST(dates_of_every_form_that_leaves_no_doubt_are_read),
		TEST(sides_of_a_game_are_read_of_its_name),
		TEST(what_is_left_out_is_made_of_the_rest),
		TEST(a_season_called_by_one_year_is_known_by_source_or_date),
		TEST(made_and_tried_may_stand_in_one_cell),
		TEST(who_won_and_who_started_is_read_of_what_sources_write),
		TEST(words_for_nothing_are_nothing),
		TEST(names_are_mended_on_their_way_in),
		TEST(changed_bytes_of_any_form_are_read_within_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
