/*
 * The table of commands. A test holds it against the daemon's own table, the manual and the completion, so a
 * row here is a promise there.
 */
#include <string.h>

#include "cmd_baseline.h"
#include "cmd_analyze.h"
#include "cmd_dead.h"
#include "cmd_doctor.h"
#include "cmd_events.h"
#include "cmd_fresh.h"
#include "cmd_grade.h"
#include "cmd_help.h"
#include "cmd_history.h"
#include "cmd_import.h"
#include "cmd_player.h"
#include "cmd_processor.h"
#include "cmd_regenerate.h"
#include "cmd_run.h"
#include "cmd_slate.h"
#include "cmd_trial.h"
#include "cmd_validate.h"
#include "ctl.h"
#include "show.h"

static const char *const states[] = {"idle", "waiting", "beginning", "running", "backing-off", NULL};
static const char *const levels[] = {"urgent", "high", "normal", "low", NULL};
static const char *const levels_or_none[] = {"urgent", "high", "normal", "low", "none", NULL};
static const char *const log_levels[] = {"err", "warn", "notice", "info", "debug", NULL};
static const char *const streams[] = {"odds", "injury", "lineup", "slate", "regenerate", NULL};
static const char *const phases[] = {"report", "precompute", NULL};
static const char *const conditions[] = {"ready", "idle", NULL};

#define DATE_OPTION \
	{ \
		.name = "date", .value = "DATE", .arg = "date", .type = CTL_DATE, \
		.help = "the game date, else today by the league's clock" \
	}
#define TIMEOUT_OPTION(text) \
	{ \
		.name = "timeout", .value = "DURATION", .arg = "timeout", .type = CTL_DURATION, .help = text \
	}
#define PLAYER_ARGUMENT \
	{ \
		.name = "PLAYER", .arg = "player", .type = CTL_TEXT, .required = true, \
		.help = "name or lookup of the player, as \"LeBron James\" or lebronjames" \
	}
#define END \
	{ \
		.name = NULL \
	}

static const struct ctl_param players_options[] = {
	{.name = "state", .value = "STATE", .arg = "state", .type = CTL_WORD, .words = states, .help = "only those"},
	{.name = "level", .value = "LEVEL", .arg = "level", .type = CTL_WORD, .words = levels, .help = "only those"},
	{.name = "date", .value = "DATE", .arg = "date", .type = CTL_DATE, .help = "only of this game date"},
	{.name = "team", .value = "TEAM", .arg = "team", .type = CTL_TEXT, .help = "only of this team, as LAL"},
	{.name = "game",
		.value = "GAME",
		.arg = "game",
		.type = CTL_TEXT,
		.help = "only of this game, as 20251115_LAL_GSW"},
	{.name = "limit",
		.value = "N",
		.arg = "limit",
		.type = CTL_INT,
		.from = 1,
		.to = 1000,
		.help = "at most so many, 1000 otherwise"},
	{.name = "all", .arg = "all", .type = CTL_FLAG, .help = "all of them, by date and name"},
	{.name = "names", .arg = "names", .type = CTL_FLAG, .help = "only the lookups of all, one a line"},
	END,
};
static const struct ctl_param player_only[] = {PLAYER_ARGUMENT, END};
static const struct ctl_param date_only[] = {DATE_OPTION, END};
static const struct ctl_param why_options[] = {
	{.name = "date",
		.value = "DATE",
		.arg = "date",
		.type = CTL_DATE,
		.help = "the game date, else today or the next that he is known of"},
	END,
};
static const struct ctl_param price_arguments[] = {
	PLAYER_ARGUMENT,
	{.name = "MARKET", .arg = "market", .type = CTL_TEXT, .required = true, .help = "as points or pra"},
	{.name = "LINE", .arg = "line", .type = CTL_TEXT, .required = true, .help = "as 25.5"},
	{.name = "OVER",
		.arg = "over",
		.type = CTL_INT,
		.from = -1000000,
		.to = 1000000,
		.help = "the over's American price, as -110"},
	{.name = "UNDER", .arg = "under", .type = CTL_INT, .from = -1000000, .to = 1000000, .help = "the under's"},
	END,
};
static const struct ctl_param events_options[] = {
	{.name = "player",
		.value = "PLAYER",
		.arg = "player",
		.type = CTL_TEXT,
		.help = "only his, and of entries that affect him"},
	{.name = "date", .value = "DATE", .arg = "date", .type = CTL_DATE, .help = "only of this game date"},
	{.name = "type",
		.value = "TYPE",
		.arg = "type",
		.type = CTL_WORD,
		.words = streams,
		.help = "only for entries of this input stream"},
	{.name = "limit",
		.value = "N",
		.arg = "limit",
		.type = CTL_INT,
		.from = 1,
		.to = 1000,
		.help = "the newest N, 100 otherwise; with --follow those of before, 20"},
	{.name = "follow", .arg = "follow", .type = CTL_FLAG, .help = "and each that comes, until Ctrl-C"},
	END,
};
static const struct ctl_param lines_options[] = {
	{.name = "market",
		.value = "MARKET",
		.arg = "market",
		.type = CTL_TEXT,
		.help = "only this one, as points or pra"},
	{.name = "book", .value = "BOOK", .arg = "book", .type = CTL_TEXT, .help = "only this one"},
	DATE_OPTION,
	END,
};
static const struct ctl_param grade_options[] = {
	DATE_OPTION,
	{.name = "first",
		.arg = "first",
		.type = CTL_FLAG,
		.help = "all that were ever recommended, at their first line and price"},
	END,
};
static const struct ctl_param report_options[] = {
	DATE_OPTION,
	{.name = "phase",
		.value = "PHASE",
		.arg = "phase",
		.type = CTL_WORD,
		.words = phases,
		.help = "what that gave last, else the report"},
	{.name = "table", .arg = "table", .type = CTL_FLAG, .help = "as tables for people"},
	END,
};
static const struct ctl_param slate_arguments[] = {
	{.name = "DATE", .arg = "date", .type = CTL_DATE, .help = "the game date, else today by the league's clock"},
	END,
};
static const struct ctl_param slate_load_arguments[] = {
	{.name = "FILE", .arg = "file", .type = CTL_TEXT, .required = true, .help = "the file to read; - is stdin"},
	END,
};
static const struct ctl_param regenerate_options[] = {
	{.name = "player", .value = "PLAYER", .arg = "player", .type = CTL_TEXT, .help = "one player"},
	{.name = "team", .value = "TEAM", .arg = "team", .type = CTL_TEXT, .help = "the players of a team, as LAL"},
	{.name = "game",
		.value = "GAME",
		.arg = "game",
		.type = CTL_TEXT,
		.help = "the players of a game, as 20251115_LAL_GSW"},
	{.name = "slate", .arg = "slate", .type = CTL_FLAG, .help = "all players of the date"},
	{.name = "outdated",
		.arg = "outdated",
		.type = CTL_FLAG,
		.help = "those of the date whose report an older model made"},
	DATE_OPTION,
	{.name = "dry-run", .arg = "dry_run", .type = CTL_FLAG, .help = "only say whom it would be for"},
	{.name = "force", .arg = "force", .type = CTL_FLAG, .help = "compute all stages anew, reuse nothing"},
	{.name = "priority",
		.value = "LEVEL",
		.arg = "priority",
		.type = CTL_WORD,
		.words = levels,
		.help = "not below this level"},
	{.name = "wait", .arg = "wait", .type = CTL_FLAG, .help = "until the reports are committed"},
	TIMEOUT_OPTION("with --wait: at most so long, else exit 6"),
	END,
};
static const struct ctl_param publish_arguments[] = {
	{.name = "STREAM", .arg = "stream", .type = CTL_WORD, .words = streams, .required = true, .help = "the stream"},
	{.name = "KEY=VALUE", .arg = "fields", .type = CTL_FIELDS, .required = true, .help = "the entry's fields"},
	END,
};
static const char *const team_or_game[] = {"team", "game", NULL};
static const struct ctl_param prioritize_arguments[] = {
	{.name = "PLAYER",
		.arg = "player",
		.type = CTL_TEXT,
		.required = true,
		.instead = team_or_game,
		.help = "name or lookup of the player; left out with --team or --game"},
	{.name = "LEVEL",
		.arg = "level",
		.type = CTL_WORD,
		.words = levels_or_none,
		.required = true,
		.help = "the level, none takes the order back"},
	END,
};
static const struct ctl_param prioritize_options[] = {
	{.name = "team", .value = "TEAM", .arg = "team", .type = CTL_TEXT, .help = "all players of a team, as LAL"},
	{.name = "game",
		.value = "GAME",
		.arg = "game",
		.type = CTL_TEXT,
		.help = "all players of a game, as 20251115_LAL_GSW"},
	{.name = "for", .value = "DURATION", .arg = "for", .type = CTL_DURATION, .help = "so long, else until taken back"},
	{.name = "date", .value = "DATE", .arg = "date", .type = CTL_DATE, .help = "only on this game date"},
	END,
};
static const struct ctl_param orders_options[] = {
	{.name = "limit",
		.value = "N",
		.arg = "limit",
		.type = CTL_INT,
		.from = 1,
		.to = 1000,
		.help = "at most so many, 1000 otherwise"},
	END,
};
#define HOLD_WHOM \
	{.name = "player", \
		.value = "PLAYER", \
		.arg = "player", \
		.type = CTL_TEXT, \
		.help = "one player, by name or lookup"}, \
		{.name = "team", \
			.value = "TEAM", \
			.arg = "team", \
			.type = CTL_TEXT, \
			.help = "all players of a team, as LAL"}, \
		{.name = "game", \
			.value = "GAME", \
			.arg = "game", \
			.type = CTL_TEXT, \
			.help = "all players of a game, as 20251115_LAL_GSW"}, \
		{.name = "type", \
			.value = "TYPE", \
			.arg = "type", \
			.type = CTL_WORD, \
			.words = streams, \
			.help = "entries of this input stream"}, \
		{.name = "book", .value = "BOOK", .arg = "book", .type = CTL_TEXT, .help = "odds of this book"}, \
	{ \
		.name = "date", .value = "DATE", .arg = "date", .type = CTL_DATE, .help = "only on this game date" \
	}
static const struct ctl_param pause_options[] = {
	HOLD_WHOM,
	{.name = "for", .value = "DURATION", .arg = "for", .type = CTL_DURATION, .help = "so long, else until resume"},
	END,
};
static const struct ctl_param mute_options[] = {
	HOLD_WHOM,
	{.name = "for", .value = "DURATION", .arg = "for", .type = CTL_DURATION, .help = "so long, else until unmute"},
	END,
};
static const struct ctl_param hold_options[] = {HOLD_WHOM, END};
static const struct ctl_param processor_argument[] = {
	{.name = "NAME", .arg = "name", .type = CTL_TEXT, .help = "of its section in the configuration"},
	END,
};
static const struct ctl_param one_processor[] = {
	{.name = "NAME", .arg = "name", .type = CTL_TEXT, .required = true, .help = "of its section in the configuration"},
	END,
};
#define PHASE_OPTION \
	{ \
		.name = "phase", .value = "PHASE", .arg = "phase", .type = CTL_WORD, .words = phases, \
		.help = "report or precompute, else the one that the processor serves" \
	}
static const struct ctl_param tried_processor[] = {
	{.name = "NAME",
		.arg = "processor",
		.type = CTL_TEXT,
		.required = true,
		.help = "of its section in the configuration"},
	END,
};
static const struct ctl_param processor_test_options[] = {
	{.name = "player",
		.value = "PLAYER",
		.arg = "player",
		.type = CTL_TEXT,
		.required = true,
		.help = "for whom, by name or lookup"},
	DATE_OPTION,
	PHASE_OPTION,
	END,
};
static const struct ctl_param baseline_options[] = {
	{.name = "processor",
		.value = "NAME",
		.arg = "processor",
		.type = CTL_TEXT,
		.required = true,
		.help = "of its section in the configuration"},
	{.name = "children",
		.value = "LIST",
		.arg = "children",
		.type = CTL_TEXT,
		.required = true,
		.help = "numbers of children to try, one after the other, as 1,2,4,8"},
	{.name = "slate", .arg = "slate", .type = CTL_FLAG, .help = "all players of the date's games"},
	{.name = "players", .value = "FILE", .arg = "players", .type = CTL_TEXT, .help = "those named in it, one a line"},
	DATE_OPTION,
	PHASE_OPTION,
	{.name = "repeat",
		.value = "N",
		.arg = "repeat",
		.type = CTL_INT,
		.from = 1,
		.to = 100,
		.help = "each player so often, else once"},
	{.name = "output", .value = "FILE", .arg = "output", .type = CTL_TEXT, .help = "the file to keep it in"},
	END,
};
static const char *const wider_than_player[] = {"team", "game", "all", NULL};
static const struct ctl_param cancel_arguments[] = {
	{.name = "PLAYER",
		.arg = "player",
		.type = CTL_TEXT,
		.required = true,
		.instead = wider_than_player,
		.help = "name or lookup of the player; left out with --team, --game or --all"},
	END,
};
static const struct ctl_param cancel_options[] = {
	{.name = "team", .value = "TEAM", .arg = "team", .type = CTL_TEXT, .help = "runs of a team's players, as LAL"},
	{.name = "game",
		.value = "GAME",
		.arg = "game",
		.type = CTL_TEXT,
		.help = "runs of a game's players, as 20251115_LAL_GSW"},
	{.name = "all", .arg = "all", .type = CTL_FLAG, .help = "all runs of this instance"},
	{.name = "dead", .arg = "dead", .type = CTL_FLAG, .help = "what they were for becomes dead letters"},
	END,
};
static const struct ctl_param workers_arguments[] = {
	{.name = "N", .arg = "count", .type = CTL_INT, .from = 1, .to = 256, .help = "how many there shall be"},
	END,
};
static const char *const strangers_kinds[] = {"player", "team", "game", "ambiguous", "wrong_date", NULL};
static const struct ctl_param strangers_options[] = {
	{.name = "kind", .value = "KIND", .arg = "kind", .type = CTL_WORD, .words = strangers_kinds, .help = "only those"},
	{.name = "limit",
		.value = "N",
		.arg = "limit",
		.type = CTL_INT,
		.from = 1,
		.to = 256,
		.help = "at most so many, 20 otherwise"},
	END,
};
static const char *const reasons[] = {"malformed", "past", "failed", "poison", "trimmed", "suspect", "before_mark",
	"too_large", "ambiguous", "stranger", NULL};
#define DEAD_WHICH \
	{.name = "reason", \
		.value = "REASON", \
		.arg = "reason", \
		.type = CTL_WORD, \
		.words = reasons, \
		.help = "only with this reason"}, \
		{.name = "stream", \
			.value = "STREAM", \
			.arg = "stream", \
			.type = CTL_WORD, \
			.words = streams, \
			.help = "only entries of this stream"}, \
		{.name = "player", \
			.value = "PLAYER", \
			.arg = "player", \
			.type = CTL_TEXT, \
			.help = "only whom the letter or its entry names"}, \
	{ \
		.name = "older", .value = "DURATION", .arg = "older", .type = CTL_DURATION, \
		.help = "only letters that were written so long ago" \
	}
static const struct ctl_param dead_options[] = {
	DEAD_WHICH,
	{.name = "limit",
		.value = "N",
		.arg = "limit",
		.type = CTL_INT,
		.from = 1,
		.to = 1000,
		.help = "at most so many, 20 otherwise"},
	END,
};
static const struct ctl_param dead_show_arguments[] = {
	{.name = "LETTER", .arg = "letter", .type = CTL_TEXT, .required = true, .help = "its id, as dead list shows it"},
	END,
};
static const char *const dead_others[] = {"reason", "stream", "player", "older", "all", NULL};
static const struct ctl_param dead_retry_arguments[] = {
	{.name = "LETTER",
		.arg = "letter",
		.type = CTL_TEXT,
		.required = true,
		.instead = dead_others,
		.help = "its id; left out with --reason, --stream, --player, --older or --all"},
	END,
};
static const struct ctl_param dead_act_options[] = {
	DEAD_WHICH,
	{.name = "all", .arg = "all", .type = CTL_FLAG, .help = "all letters"},
	{.name = "limit",
		.value = "N",
		.arg = "limit",
		.type = CTL_INT,
		.from = 1,
		.to = 1000000,
		.help = "at most so many, the oldest first"},
	{.name = "dry-run", .arg = "dry_run", .type = CTL_FLAG, .help = "only say which they are"},
	END,
};
static const struct ctl_param alias_add_arguments[] = {
	{.name = "SPELLING",
		.arg = "spelling",
		.type = CTL_TEXT,
		.required = true,
		.help = "as a source writes it, as \"Lu Dort\""},
	PLAYER_ARGUMENT,
	END,
};
static const struct ctl_param alias_remove_arguments[] = {
	{.name = "SPELLING", .arg = "spelling", .type = CTL_TEXT, .required = true, .help = "as alias list shows it"},
	END,
};
static const struct ctl_param dead_drop_arguments[] = {
	{.name = "LETTER",
		.arg = "letter",
		.type = CTL_TEXT,
		.required = true,
		.instead = dead_others,
		.help = "its id, or all; left out with --reason, --stream, --player, --older or --all"},
	END,
};
static const struct ctl_param wait_arguments[] = {
	{.name = "CONDITION",
		.arg = "for",
		.type = CTL_WORD,
		.words = conditions,
		.required = true,
		.help = "what to wait for"},
	END,
};
static const struct ctl_param wait_options[] = {TIMEOUT_OPTION("at most so long, else exit 6"), END};
static const struct ctl_param log_level_arguments[] = {
	{.name = "LEVEL", .arg = "level", .type = CTL_WORD, .words = log_levels, .help = "the new level"},
	END,
};
static const struct ctl_param analyze_arguments[] = {
	{.name = "FILE", .arg = "files", .type = CTL_TEXTS, .required = true, .help = "files that baseline wrote"},
	END,
};
#define NUMBER(option, member, most, text) \
	{ \
		.name = option, .value = "X", .arg = member, .type = CTL_NUMBER, .from = 0, .to = most, .help = text \
	}
static const struct ctl_param analyze_options[] = {
	NUMBER("runs-a-day", "runs_a_day", 100000, "how often all players are run, else 1"),
	NUMBER("hour-value", "hour_value", 1000000, "dollars that an hour less to wait is worth, else 100"),
	NUMBER("implementation", "implementation", 1000000000, "dollars that it costs to run in parallel, else 1600"),
	NUMBER("vcpu", "vcpu", 1000, "vCPUs for each child, else 1"),
	NUMBER("memory", "memory", 100000, "GiB for each child, else as measured"),
	{.name = "per-instance",
		.value = "N",
		.arg = "per_instance",
		.type = CTL_INT,
		.from = 1,
		.to = 100000,
		.help = "children that an instance holds, else 1; with --vm-price all"},
	NUMBER("vcpu-price", "vcpu_price", 1000, "dollars of a vCPU's second, else 0.000024"),
	NUMBER("memory-price", "memory_price", 1000, "dollars of a GiB's second, else 0.0000025"),
	NUMBER("request-price", "request_price", 1000, "dollars of a request, else 0.0000004"),
	NUMBER("vm-price", "vm_price", 100000, "dollars of a machine's hour, in place of the three above"),
	NUMBER("vm-hours", "vm_hours", 24, "hours a day that the machine is up, else while it runs"),
	END,
};
static const struct ctl_param validate_arguments[] = {
	{.name = "KEY", .arg = "keys", .type = CTL_TEXTS, .help = "more of --ignore"},
	END,
};
static const struct ctl_param validate_options[] = {
	{.name = "sample",
		.value = "N",
		.arg = "sample",
		.type = CTL_INT,
		.from = 1,
		.to = 1000,
		.help = "so many players, chosen at random"},
	{.name = "seed",
		.value = "S",
		.arg = "seed",
		.type = CTL_INT,
		.from = 0,
		.to = INT64_MAX,
		.help = "the same players again"},
	DATE_OPTION,
	{.name = "phase",
		.value = "PHASE",
		.arg = "phase",
		.type = CTL_WORD,
		.words = phases,
		.help = "else what is served"},
	{.name = "processor",
		.value = "A",
		.arg = "processor",
		.type = CTL_TEXT,
		.help = "who makes them, else who does here"},
	{.name = "against",
		.value = "B",
		.arg = "against",
		.type = CTL_TEXT,
		.help = "with --processor another one; else, or with a slash in it, a folder with files DATE/PLAYER.json. "
			"Without: what is committed"},
	NUMBER("tolerance", "tolerance", 1000000, "by which numbers may differ, else 0"),
	{.name = "ignore",
		.value = "KEY",
		.arg = "ignore",
		.type = CTL_TEXTS,
		.help = "keys or paths that may differ, as sd, markets.*.sd or similar_games[*].distance"},
	{.name = "summary", .arg = "summary", .type = CTL_FLAG, .help = "what was found in the last days"},
	{.name = "days", .value = "N", .arg = "days", .type = CTL_INT, .from = 1, .to = 3650, .help = "so many, else 7"},
	{.name = "results", .value = "FILE", .arg = "results", .type = CTL_TEXT, .help = "where what was found is kept"},
	END,
};

#define DAYS_OPTION(text) \
	{ \
		.name = "days", .value = "N", .arg = "days", .type = CTL_INT, .from = 1, .to = 3650, .help = text \
	}
#define LIMIT_OPTION(most, text) \
	{ \
		.name = "limit", .value = "N", .arg = "limit", .type = CTL_INT, .from = 1, .to = most, .help = text \
	}
#define SINCE_OPTION \
	{ \
		.name = "since", .value = "WHEN", .arg = "since", .type = CTL_TEXT, \
		.help = "a date, a duration back from now as 24h, or a time as 2025-11-15T23:30:00Z" \
	}
#define ONLY_PHASE_OPTION \
	{ \
		.name = "phase", .value = "PHASE", .arg = "phase", .type = CTL_WORD, .words = phases, \
		.help = "only of this one" \
	}
static const struct ctl_param history_arguments[] = {
	{.name = "PLAYER", .arg = "player", .type = CTL_TEXT, .help = "his runs, by name or lookup; else the executions"},
	END,
};
static const struct ctl_param history_options[] = {
	{.name = "report-version",
		.value = "V",
		.arg = "version",
		.type = CTL_INT,
		.from = 1,
		.to = INT64_MAX,
		.help = "the run that gave this version, with all that is known of it"},
	LIMIT_OPTION(250, "at most so many, the newest, 20 otherwise"),
	END,
};
static const struct ctl_param failures_options[] = {
	DAYS_OPTION("of the last so many, else 7"),
	{.name = "min",
		.value = "N",
		.arg = "min",
		.type = CTL_INT,
		.from = 1,
		.to = 1000000,
		.help = "with so many failures or more, else 3"},
	LIMIT_OPTION(500, "at most so many, the worst, 20 otherwise"),
	ONLY_PHASE_OPTION,
	END,
};
static const struct ctl_param compare_options[] = {DAYS_OPTION("of the last so many, else 30"), ONLY_PHASE_OPTION, END};
static const struct ctl_param audit_options[] = {
	SINCE_OPTION,
	{.name = "user", .value = "USER", .arg = "user", .type = CTL_TEXT, .help = "only of this one, by name or number"},
	LIMIT_OPTION(500, "at most so many, the newest, 20 otherwise"),
	END,
};
static const char *const export_tables[] = {"executions", "failures", "runs", NULL};
static const char *const export_formats[] = {"ndjson", "csv", NULL};
static const struct ctl_param export_arguments[] = {
	{.name = "TABLE",
		.arg = "table",
		.type = CTL_WORD,
		.words = export_tables,
		.required = true,
		.help = "what of it"},
	END,
};
static const struct ctl_param export_options[] = {
	{.name = "format",
		.value = "FORMAT",
		.arg = "format",
		.type = CTL_WORD,
		.words = export_formats,
		.help = "ndjson, a JSON object a line, which it is otherwise; or csv"},
	SINCE_OPTION,
	{.name = "phase-numbers",
		.arg = "phase_numbers",
		.type = CTL_FLAG,
		.help = "call precompute phase4 and report phase5"},
	END,
};
static const struct ctl_param backup_arguments[] = {
	{.name = "FILE", .arg = "file", .type = CTL_TEXT, .required = true, .help = "the file that is made"},
	END,
};
static const struct ctl_param config_options[] = {
	{.name = "changed", .arg = "changed", .type = CTL_FLAG, .help = "only what is not as by default"},
	END,
};

/* What cannot be taken back. */
static const char *weighs_drain(const json_t *args)
{
	(void)args;
	return "propsd finishes what runs, and ends";
}

static const char *weighs_drop(const json_t *args)
{
	static const char *const which[] = {"reason", "stream", "player", "older"};
	const char *letter = json_string_value(json_object_get(args, "letter"));
	if (json_is_true(json_object_get(args, "dry_run")))
		return NULL;
	for (size_t i = 0; i < sizeof(which) / sizeof(*which); i++)
		if (json_object_get(args, which[i]))
			return "All dead letters that fit are taken away for good";
	return json_object_get(args, "all") || (letter && strcmp(letter, "all") == 0)
		       ? "All dead letters are taken away for good"
		       : NULL;
}

static const char *weighs_cancel(const json_t *args)
{
	return json_is_true(json_object_get(args, "all")) ? "All runs of this instance are ended" : NULL;
}

static const char *weighs_pause(const json_t *args)
{
	static const char *const whom[] = {"player", "team", "game", "type", "book"};
	for (size_t i = 0; i < sizeof(whom) / sizeof(*whom); i++)
		if (json_object_get(args, whom[i]))
			return NULL;
	return "No report is made any more, on any instance, until this ends";
}

/* import and help parse what follows them themselves; these rows are for completion and the manual's test. */
static const struct ctl_param import_arguments[] = {
	{.name = "FILE", .arg = "files", .type = CTL_TEXTS, .help = "files or folders of them"},
	END,
};
static const struct ctl_param import_options[] = {
	{.name = "into", .value = "DATABASE", .arg = "into", .type = CTL_TEXT, .help = "the league database to fill"},
	{.name = "dry-run", .arg = "dry-run", .type = CTL_FLAG, .help = "say what would be done, and do nothing"},
	{.name = "columns", .arg = "columns", .type = CTL_FLAG, .help = "the kinds of files that are known"},
	{.name = "timezone", .value = "ZONE", .arg = "timezone", .type = CTL_TEXT, .help = "the league's"},
	END,
};
static const struct ctl_param help_arguments[] = {
	{.name = "COMMAND", .arg = "command", .type = CTL_TEXT, .help = "of which all is told"},
	END,
};

const struct ctl_command ctl_commands[] = {
	{.name = "status",
		.group = CTL_LOOK,
		.cmd = "status",
		.view = true,
		.show = show_status,
		.summary = "healthy, or what is wrong first; what is done and waits"},
	{.name = "fresh",
		.group = CTL_LOOK,
		.cmd = "fresh",
		.view = true,
		.waits = true,
		.options = date_only,
		.run = cmd_fresh,
		.show = show_fresh,
		.summary = "whether each report covers every event, of all instances",
		.text = "The exit code is 0 if each report of the date covers every event that Redis has and none was "
			"made by an older model, else 1. A book or feed that fell silent is told, and changes nothing: "
			"the reports cover what came."},
	{.name = "doctor",
		.group = CTL_LOOK,
		.cmd = "doctor",
		.view = true,
		.list = "checks",
		.run = cmd_doctor,
		.show = show_doctor,
		.summary = "all checks at once: Redis, league, unit, disk; and what to do",
		.text = "Each line is ok, a warning or an error. The exit code is 1 if any is an error. Where "
			"propsd does not answer, that is one, and what can be seen without it is checked."},
	{.name = "players",
		.group = CTL_LOOK,
		.cmd = "players",
		.view = true,
		.list = "players",
		.options = players_options,
		.run = cmd_players,
		.show = show_players,
		.summary = "the players that the daemon knows, in the order of service"},
	{.name = "player",
		.group = CTL_LOOK,
		.cmd = "player",
		.view = true,
		.positionals = player_only,
		.options = date_only,
		.show = show_player,
		.summary = "all about one player"},
	{.name = "why",
		.group = CTL_LOOK,
		.cmd = "why",
		.view = true,
		.positionals = player_only,
		.options = why_options,
		.show = show_why,
		.summary = "what a player waits for, and why his report changed",
		.text = "His state, who is before him, each reason for his level, what he waits for and until when, the "
			"entries behind it, his last runs, and what changed in his report by which entries. Runs and "
			"changes are those of this process."},
	{.name = "events",
		.group = CTL_LOOK,
		.cmd = "events",
		.view = true,
		.list = "events",
		.options = events_options,
		.run = cmd_events,
		.show = show_events,
		.summary = "what happened of late: entries, runs and gates, step by step",
		.text = "Each step with its time and how long it took since the one before of the same entry or run. "
			"The newest trace.records steps of this process are kept."},
	{.name = "report",
		.group = CTL_LOOK,
		.cmd = "report",
		.view = true,
		.positionals = player_only,
		.options = report_options,
		.run = cmd_report,
		.show = show_report,
		.summary = "a player's committed report, as it is in Redis (JSON)"},
	{.name = "price",
		.group = CTL_LOOK,
		.cmd = "price",
		.view = true,
		.positionals = price_arguments,
		.options = date_only,
		.show = show_price,
		.summary = "what a line is worth by a player's report"},
	{.name = "lines",
		.group = CTL_LOOK,
		.cmd = "lines",
		.view = true,
		.positionals = player_only,
		.options = lines_options,
		.show = show_paths,
		.summary = "how a player's lines moved, and where they closed"},
	{.name = "grade",
		.group = CTL_LOOK,
		.cmd = "grade",
		.view = true,
		.options = grade_options,
		.run = cmd_grade,
		.show = show_grade,
		.summary = "what became of a date's recommendations, by the box scores"},
	{.name = "slate",
		.group = CTL_LOOK,
		.cmd = "slate",
		.view = true,
		.positionals = slate_arguments,
		.show = show_slate,
		.summary = "the games of a date and who plays in them"},
	{.name = "dead list",
		.group = CTL_LOOK,
		.cmd = "dead-list",
		.view = true,
		.list = "letters",
		.options = dead_options,
		.show = show_dead,
		.summary = "entries that were given up, newest first"},
	{.name = "dead show",
		.group = CTL_LOOK,
		.cmd = "dead-show",
		.view = true,
		.positionals = dead_show_arguments,
		.show = show_letter,
		.summary = "all of one of them, with its entry"},
	{.name = "alias list",
		.group = CTL_LOOK,
		.cmd = "alias-list",
		.view = true,
		.list = "aliases",
		.show = show_aliases,
		.summary = "other spellings of players that were given by alias add"},
	{.name = "orders",
		.group = CTL_LOOK,
		.cmd = "orders",
		.view = true,
		.list = "orders",
		.options = orders_options,
		.show = show_orders,
		.summary = "the standing orders: priorities, pauses and mutes, of all instances",
		.text = "What, for whom, the level, who gave it, and until when. They stand in Redis and hold on "
			"every instance."},
	{.name = "processor",
		.group = CTL_LOOK,
		.cmd = "processor",
		.view = true,
		.positionals = processor_argument,
		.run = cmd_processor,
		.show = show_processor,
		.summary = "the processors; of one: its children, what they run, what they said",
		.text = "Of a program of yours: each child with its age, memory and jobs, what it runs, since "
			"when and how far that is, and the last lines of standard error. Of this instance."},
	{.name = "schedule",
		.group = CTL_LOOK,
		.cmd = "schedule",
		.view = true,
		.list = "schedules",
		.show = show_schedules,
		.summary = "what is regenerated by the clock: when, when next, when last",
		.text = "The schedules of the configuration. AT is the league's time, NEXT and LAST are this "
			"terminal's. LAST is the due time that was fired last, by whichever instance."},
	{.name = "strangers",
		.group = CTL_LOOK,
		.cmd = "strangers",
		.view = true,
		.list = "strangers",
		.options = strangers_options,
		.show = show_strangers,
		.summary = "names, teams and games that nobody knows, and what is nearest to each",
		.text = "Names that entries had and neither the league nor the slate knows, as this instance has seen "
			"them within a day: as they came, from which book, how often, since when; what is nearest, and why "
			"it was not taken: names are never taken by likeness. Without a league nobody is a stranger."},
	{.name = "history",
		.group = CTL_LOOK,
		.cmd = "history",
		.view = true,
		.positionals = history_arguments,
		.options = history_options,
		.show = show_history,
		.summary = "what was worked on, or a player's runs, also of before a restart",
		.text = "An execution is what was worked on together: it begins with the first run after idle, "
			"ends with 60 s of quiet, is cut at 15 minutes, and has a row for each phase that ran. A baseline "
			"is one, too. Of a player each run; of one version all that is known of its run."},
	{.name = "failures",
		.group = CTL_LOOK,
		.cmd = "failures",
		.view = true,
		.list = "failures",
		.options = failures_options,
		.show = show_failing,
		.summary = "who failed how often, how long it took, and the three latest errors"},
	{.name = "compare",
		.group = CTL_LOOK,
		.cmd = "compare",
		.view = true,
		.list = "patterns",
		.options = compare_options,
		.show = show_compared,
		.summary = "ways of processing compared: minutes, items a minute, cost, runs",
		.text = "Patterns: multiprocessing is exec, pubsub is http, pool is what propsd computes itself, "
			"sequential is a baseline. The cost is an estimate: each second that a place was busy is "
			"one of an instance, at the prices that analyze has where it is told none."},
	{.name = "audit",
		.group = CTL_LOOK,
		.cmd = "audit",
		.list = "audit",
		.options = audit_options,
		.show = show_audit,
		.summary = "who changed what by propsctl, and what came of it"},
	{.name = "metrics",
		.group = CTL_LOOK,
		.cmd = "metrics",
		.view = true,
		.run = cmd_metrics,
		.summary = "all figures as Prometheus text"},
	{.name = "wait",
		.group = CTL_LOOK,
		.cmd = "wait",
		.view = true,
		.waits = true,
		.positionals = wait_arguments,
		.options = wait_options,
		.run = cmd_wait,
		.show = show_waited,
		.summary = "until the daemon is ready, or nothing is left to do",
		.text = "ready: propsd runs, is connected to Redis and reads; also where it is about to be started, within "
			"60 s unless a time is given. "
			"idle: ready, and no player waits or runs, no entry is unacknowledged."},

	{.name = "regenerate",
		.group = CTL_ACT,
		.cmd = "regenerate",
		.waits = true,
		.options = regenerate_options,
		.run = cmd_regenerate,
		.show = show_regenerated,
		.summary = "have players computed anew",
		.text = "Adds an entry to the regenerate stream, so it survives restarts and any instance "
			"may serve it. One "
			"of --player, --team, --game, --slate and --outdated is needed. With --wait a failed player is a "
			"line on "
			"stdout and the exit code 1."},
	{.name = "prioritize",
		.group = CTL_ACT,
		.cmd = "prioritize",
		.positionals = prioritize_arguments,
		.options = prioritize_options,
		.show = show_order,
		.summary = "raise or lower a player, team or game until further notice",
		.text = "A standing order: valid on all instances, it survives restarts. It stands in the place "
			"of type, tier and tip-off; only an entry's own priority raises above it. A player's order "
			"goes before his game's, and that before his team's. Who waits already is moved at once."},
	{.name = "pause",
		.group = CTL_ACT,
		.cmd = "pause",
		.weighs = weighs_pause,
		.options = pause_options,
		.show = show_hold,
		.summary = "begin no more runs: all, or of a player, team, game, type or book",
		.text = "On every instance, also after a restart. Runs under way end. Of all: entries are read and "
			"applied as before and players queue up. Of a player, a team or a game: their entries are "
			"applied, their runs wait. Of a type or a book: its entries wait to be applied, as if they "
			"had not come. What waits stays unacknowledged in Redis, and holds up nobody else."},
	{.name = "resume",
		.group = CTL_ACT,
		.cmd = "resume",
		.options = hold_options,
		.show = show_hold,
		.summary = "take a pause back, as it was given",
		.text = "What waited is worked on, each player in one run as far as one will do."},
	{.name = "mute",
		.group = CTL_ACT,
		.cmd = "mute",
		.options = mute_options,
		.show = show_hold,
		.summary = "settle entries without a run, of a player, team, game, type or book",
		.text = "On every instance, also after a restart. Entries are applied and settled; reports stay as "
			"they are until something else runs their player. When the mute ends, each player who has "
			"missed a run gets one."},
	{.name = "unmute",
		.group = CTL_ACT,
		.cmd = "unmute",
		.options = hold_options,
		.show = show_hold,
		.summary = "take a mute back, as it was given"},
	{.name = "cancel",
		.group = CTL_ACT,
		.cmd = "cancel",
		.weighs = weighs_cancel,
		.positionals = cancel_arguments,
		.options = cancel_options,
		.show = show_cancelled,
		.summary = "end runs of a program of yours",
		.text = "Of this instance. Their child is ended; what they were for waits again and counts no "
			"try, or becomes dead letters with --dead. What propsd computes itself is not ended."},
	{.name = "publish",
		.group = CTL_ACT,
		.cmd = "publish",
		.positionals = publish_arguments,
		.show = show_published,
		.summary = "add one entry to an input stream, by hand",
		.text = "The entry is checked as the daemon would check it and refused with the reason if it "
			"is malformed. "
			"Example: propsctl publish odds player_lookup=lebronjames game_date=2025-11-15 "
			"market=points "
			"book=fd line=25.5 over=-110 under=-110"},
	{.name = "slate load",
		.group = CTL_ACT,
		.cmd = "slate-load",
		.positionals = slate_load_arguments,
		.run = cmd_slate_load,
		.show = show_published,
		.summary = "add the games and players of a file to the slate",
		.text = "One JSON object a line with the fields of a slate entry: game_id, tip, status; or "
			"player_lookup, "
			"game_date, team, status. Empty lines are passed over. Nothing is added if any line "
			"is wrong."},

	{.name = "dead retry",
		.group = CTL_ACT,
		.cmd = "dead-retry",
		.waits = true,
		.positionals = dead_retry_arguments,
		.options = dead_act_options,
		.run = cmd_dead,
		.show = show_retried,
		.summary = "make dead letters entries again, their failures forgotten",
		.text = "Options narrow each other down. The letters of now are meant: those that come back meanwhile "
			"stay. The exit code is 1 if any cannot be made an entry again."},
	{.name = "dead drop",
		.group = CTL_ACT,
		.cmd = "dead-drop",
		.waits = true,
		.weighs = weighs_drop,
		.positionals = dead_drop_arguments,
		.options = dead_act_options,
		.run = cmd_dead,
		.show = show_dropped,
		.summary = "take dead letters away",
		.text = "Options narrow each other down. The letters of now are meant: those that come meanwhile stay."},

	{.name = "alias add",
		.group = CTL_ACT,
		.cmd = "alias-add",
		.positionals = alias_add_arguments,
		.show = show_alias_added,
		.summary = "make a spelling another name of a player",
		.text = "On every instance, from now on, also after a restart. What stands under the spelling, from "
			"yesterday to a week ahead, moves to the player, where he has nothing newer of his own, and he is "
			"made anew; reports of the spelling are deleted, with a notice. Spellings for good belong into a "
			"file for import."},
	{.name = "alias remove",
		.group = CTL_ACT,
		.cmd = "alias-remove",
		.positionals = alias_remove_arguments,
		.show = show_alias_removed,
		.summary = "take an alias back",
		.text = "Events that come from now on mean whoever bears the spelling. What has moved stays."},

	{.name = "processor pause",
		.group = CTL_RUN,
		.cmd = "processor-pause",
		.positionals = one_processor,
		.show = show_processor_state,
		.summary = "give a processor no more jobs, on this instance",
		.text = "What runs ends; what waits for it waits. A restart of propsd forgets it."},
	{.name = "processor resume",
		.group = CTL_RUN,
		.cmd = "processor-resume",
		.positionals = one_processor,
		.show = show_processor_state,
		.summary = "take a processor's pause back"},
	{.name = "processor restart",
		.group = CTL_RUN,
		.cmd = "processor-restart",
		.positionals = one_processor,
		.show = show_processor_state,
		.summary = "fresh children for a processor, and its breaker closed",
		.text = "Jobs that run end first, in the children that they have."},
	{.name = "processor test",
		.group = CTL_RUN,
		.cmd = "aside",
		.waits = true,
		.positionals = tried_processor,
		.options = processor_test_options,
		.run = cmd_processor_test,
		.show = show_tried,
		.summary = "one job for a player, nothing committed: request, reply, time, memory",
		.text = "By a child of its own, also where the processor is paused or down. Shows what was asked, what "
			"came, what was written to standard error, and the report or output that would be made. Exit "
			"code 1 if none would be."},
	{.name = "baseline",
		.group = CTL_RUN,
		.cmd = "aside",
		.waits = true,
		.options = baseline_options,
		.run = cmd_baseline,
		.show = show_baseline,
		.summary = "time jobs by several numbers of children, nothing committed",
		.text = "One of --slate and --players is needed. Each number of children runs all players once, or "
			"--repeat times, in children of its own that have loaded before. A line a job on stderr, the "
			"figures on stdout, and all of it in a JSON file. Ctrl-C ends it and keeps what is done."},
	{.name = "workers",
		.group = CTL_RUN,
		.cmd = "workers",
		.positionals = workers_arguments,
		.show = show_workers,
		.summary = "show or set how many workers there are"},
	{.name = "reload",
		.group = CTL_RUN,
		.cmd = "reload",
		.waits = true,
		.show = show_reloaded,
		.summary = "read the configuration and the league database again",
		.text = "If either is wrong the daemon goes on with what it has and the reason is printed."},
	{.name = "config show",
		.group = CTL_RUN,
		.cmd = "config-show",
		.options = config_options,
		.run = cmd_config_show,
		.show = show_config,
		.summary = "the configuration in use"},
	{.name = "log-level",
		.group = CTL_RUN,
		.cmd = "log-level",
		.positionals = log_level_arguments,
		.show = show_log_level,
		.summary = "show or set how much is logged"},

	{.name = "drain",
		.group = CTL_RUN,
		.cmd = "drain",
		.weighs = weighs_drain,
		.show = show_draining,
		.summary = "finish what runs, then end, as SIGTERM does"},

	{.name = "import",
		.group = CTL_DATA,
		.raw = true,
		.raw_globals = true,
		.positionals = import_arguments,
		.options = import_options,
		.run_raw = cmd_import,
		.summary = "league data from CSV files into the league database"},
	{.name = "export",
		.group = CTL_DATA,
		.cmd = "export",
		.view = true,
		.positionals = export_arguments,
		.options = export_options,
		.run = cmd_export,
		.summary = "rows of the history, for a database of yours",
		.text = "On stdout, oldest first. The folder bigquery of propsd's documents has tables for them, "
			"and two queries."},
	{.name = "backup",
		.group = CTL_DATA,
		.cmd = "backup",
		.waits = true,
		.positionals = backup_arguments,
		.run = cmd_backup,
		.show = show_backup,
		.summary = "a whole copy of the history, while it is written",
		.text = "propsd makes the file, with its rights: it must be in a folder that it may write to. "
			"What is there already is not written over."},
	{.name = "validate",
		.group = CTL_DATA,
		.positionals = validate_arguments,
		.options = validate_options,
		.run = cmd_validate,
		.show = show_validation,
		.summary =
			"a random sample made aside and compared: with what is committed, another processor, or files",
		.text = "One after the other, nothing is committed. Fields that differ are named as JSON paths, numbers "
			"with how far they are apart. The exit code is 1 if any differ or failed. What was found is kept; "
			"--summary puts it together."},
	{.name = "analyze",
		.group = CTL_DATA,
		.list = "phases",
		.positionals = analyze_arguments,
		.options = analyze_options,
		.run = cmd_analyze,
		.show = show_analysis,
		.summary = "what measured runs say: time saved, cost, how many children, whether it pays",
		.text = "Of files that baseline wrote, of any number of dates and numbers of children; needs no "
			"daemon. Of each phase: the curve, the fewest children that come near the best, what it "
			"costs and when that has paid, and one verdict."},
	{.name = "version",
		.group = CTL_DATA,
		.cmd = "version",
		.view = true,
		.run = cmd_version,
		.summary = "versions of propsctl and of the daemon"},
	{.name = "help",
		.group = CTL_DATA,
		.raw = true,
		.positionals = help_arguments,
		.run_raw = cmd_help,
		.summary = "this list, or all about a command"},
	{.name = NULL},
};
