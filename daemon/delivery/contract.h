/*
 * What C and the Lua scripts must agree on, and nobody else needs to know: answers, limits, the places of arguments and
 * of what is answered, a few letters and texts. C includes this file; cmake/lua.cmake puts the values in the place of
 * each C.NAME of a script. So a name that is not here fails the build on either side, as does a script that says
 * ARGV[2].
 *
 * It is read by CMake, too: an enumerator a line, with a number or a letter of its own; texts are macros.
 *
 * Places count from 1, as Lua does: C appends arguments by script_argv(), which holds each against its place, and
 * takes replies apart by script_out(). A place within an item (..._ITEM_...) counts from 0, at the item's first.
 */
#ifndef DELIVERY_CONTRACT_H
#define DELIVERY_CONTRACT_H

/* --- of all ------------------------------------------------------------------------------------------------------- */

enum {
	ARG_PREFIX = 1,
	ARG_DATE = 2, /* of scripts that are of one day */
	/* An order key's numbers stand behind a letter: this and so many as it has digits. */
	ORDER_KEY_BASE = 96,
	SMALL_HASH = 512, /* fields: Redis' hash-max-listpack-entries, as it comes */
	UNPACK_MAX = 4000, /* values of one unpack(): Lua's limit is near 8000 */
};

/* Behind YYYYMMDD: the game without an id, of those who play in none. No game's id has a '-'. */
#define NO_GAME "_-"

/* --- apply -------------------------------------------------------------------------------------------------------- */

enum apply_answer {
	ANSWER_NEED = 0,
	ANSWER_SLATE = 1,
	ANSWER_GONE = 2,
	ANSWER_EXPIRED = 3,
	ANSWER_DUP = 4,
	ANSWER_FULL = 5,
};

enum {
	APPLY_SV = 3,
	APPLY_PHASES = 4, /* TAKE_OUT_PHASES */
	APPLY_STREAMS = 5, /* keys, in the order of enum stream */
	APPLY_EXPIRES = 10, /* Unix ms, of the date's keys */
	APPLY_ITEMS = 11,
	APPLY_ITEM_WHAT = 0, /* letters, see below */
	APPLY_ITEM_ID = 1, /* as order key */
	APPLY_ITEM_KEY = 2, /* order key, "": the id */
	APPLY_ITEM_EVENT = 3, /* "DAY FIRST EVENT-ID" or "" */
	APPLY_ITEM_FIELD = 4,
	APPLY_ITEM_VALUE = 5,
	APPLY_ITEM_HASH = 6, /* the end of one of AUDIENCE_SAME */
	APPLY_ITEM_NAMED = 7,
	APPLY_ITEM_GAMES = 8, /* the end of one of AUDIENCE_SELF; else how many, then these */
	APPLY_OUT_SLATE = 1,
	APPLY_OUT_RAN = 2,
	APPLY_OUT_ITEMS = 3, /* flat */
	RAN_ITEM_PLAYER = 0, /* who once ran */
	RAN_ITEM_GAME = 1,
	RAN_ITEM_TEAM = 2,
	RAN_ITEM_SIZE = 3,
};

/* The letters of APPLY_ITEM_WHAT. */
enum {
	WHAT_STREAM = 1, /* from '1' on, in the order of enum stream */
	WHAT_KIND = 2,
	WHAT_LATE = 3,
	WHAT_AUDIENCE = 4,
	WHAT_GAMES = 5, /* behind them, of LATE_NAMED; and the time of a quote, if it is not its key's */
	WHAT_STREAM_BASE = 48, /* '0' */
};

enum write_kind {
	KIND_VALUE = 'v',
	KIND_QUOTE = 'q',
	KIND_FACTS = 's', /* of a game */
	KIND_ROSTER = 'r',
	KIND_MARK = 'm', /* always changes */
	KIND_NOTHING = 'n', /* what the field stands at is asked for, and not written */
};

enum lateness {
	LATE_NOT = '0',
	LATE_YES = '1', /* later than its game's tip-off, by the list's slate */
	LATE_NAMED = 'n', /* if the game that events named is one of those behind the letters */
};

enum audience {
	AUDIENCE_SELF = 's', /* the hash's own player alone */
	AUDIENCE_SAME = 'a', /* the same, of the same hash and named game as the item before */
	AUDIENCE_LISTED = 'l',
	AUDIENCE_SLATE = 'b', /* worked out from the slate after all items of the list */
};

/* The first of APPLY_OUT_SLATE where that is what the list changed of the slate; then the version before it, then
 * fields. */
#define SLATE_CHANGE "from"

/* Any game of the date, among those whose players once ran. */
#define ANY_GAME "*"

enum {
	QUOTES_MAX = 512, /* of a player */
	PLAYER_FIELDS_MAX = 520, /* and what else his hash holds */
	LINES_BYTES = 131072, /* of changes of main lines that are kept of a player and date: some 2,500 */
	LINES_SLACK = 16384, /* so much more before the oldest go, for each cut costs */
	LINES_LOOK = 8192, /* of their end are looked at where an entry comes after newer ones: some 150 */
	SEEN_MAX = 1000000, /* event ids of a day */
	SEEN_TTL_S = 172800,
};

/* Of the script lines: what was recommended, and the reports, as well. */
#define LINES_WITH_REPORTS "1"

/* --- begin -------------------------------------------------------------------------------------------------------- */

enum verdict {
	VERDICT_RUN = 0,
	VERDICT_COVERED = 1, /* committed >= need: nothing to run */
	VERDICT_BUSY = 2, /* another instance runs him */
	VERDICT_WAIT = 3, /* backing off after failed runs, until wait_ms */
	VERDICT_DEAD = 4, /* failed too often for some causes: `failed` */
	VERDICT_POISON = 5, /* processes died too often running him */
	VERDICT_SLATE = 6, /* the slate moved on: ask again */
};

enum {
	BEGIN_SV = 3,
	BEGIN_HOLDER = 4,
	BEGIN_MAX_FAILED = 5,
	BEGIN_MAX_LOST = 6,
	BEGIN_BACK_OFF = 7, /* ms */
	BEGIN_MAX_BACK_OFF = 8, /* ms */
	BEGIN_EXPIRES = 9, /* Unix ms */
	BEGIN_STREAM = 10, /* of regenerate; "": no precompute is in force */
	BEGIN_PHASES = 11, /* TAKE_OUT_PHASES */
	BEGIN_COUNT = 12,
	BEGIN_ITEMS = 13, /* behind them the players of their rosters */
	BEGIN_ITEM_PLAYER = 0,
	BEGIN_ITEM_NEED = 1,
	BEGIN_ITEM_SERIAL = 2,
	BEGIN_ITEM_GAME = 3,
	BEGIN_ITEM_TEAM = 4,
	BEGIN_ITEM_PHASE = 5, /* PHASE_OF_REPORT or PHASE_OF_OUTPUT */
	BEGIN_ITEM_HELD = 6, /* the version of the output that is at hand, "0": none */
	BEGIN_ITEM_PREVIOUS = 7, /* bytes that it may have, "0": what the phase last made is not wanted */
	BEGIN_ITEM_SIZE = 8,
	BEGIN_OUT_SLATE = 1,
	BEGIN_OUT_GAMES = 2,
	BEGIN_OUT_ITEMS = 3, /* behind them one list, the values of the day */
	/* of an item */
	OUT_VERDICT = 1,
	OUT_COMMITTED = 2, /* COVERED */
	OUT_UNTIL = 2, /* WAIT */
	OUT_FAILED = 2, /* DEAD: versions */
	OUT_ERROR = 3,
	OUT_OUTPUT_AT = 4, /* of precompute, of all that settles: the output's version */
	OUT_REPORT = 5, /* likewise: c, of the report */
	OUT_VERSION = 2, /* RUN */
	OUT_LOST = 3,
	OUT_ATTEMPT = 4,
	OUT_GAME = 5, /* which of BEGIN_OUT_GAMES, from 1 */
	OUT_PLAYER = 6, /* his hash */
	OUT_TEAM = 7, /* OF_TEAM_... if only events named his team */
	OUT_OUTPUT = 8, /* of a report: what stands of the output, "AT FAILED VERSION MS HASH GAME TEAM PROCESSOR" */
	OUT_BYTES = 9, /* of it, if it is not held */
	OUT_PREVIOUS = 10, /* what the phase last made of him, if that is wanted and not too long */
	/* of the day's values, for each item; behind all of them the injuries of the rosters */
	DAY_ITEM_FORCE = 0,
	DAY_ITEM_TEAM_FORCE = 1,
	DAY_ITEM_LINEUP = 2,
	DAY_ITEM_INJURY = 3,
	DAY_ITEM_SIZE = 4,
	OF_TEAM_FORCE = 1,
	OF_TEAM_LINEUP = 2,
	LOST_FREELY = 2, /* so many lost runs are repeated at once; each further one waits */
	JITTER_DIGITS = 8, /* hexadecimal, of the hash that says what share of a back-off is waited */
};

/* --- the ends of a run -------------------------------------------------------------------------------------------- */

enum {
	COMMIT_EXPIRES = 3, /* Unix ms */
	COMMIT_KEPT = 4, /* notices */
	COMMIT_MODEL = 5, /* what they were made by */
	COMMIT_ITEMS = 6,
	COMMIT_ITEM_PLAYER = 0,
	COMMIT_ITEM_TOKEN = 1, /* without its version */
	COMMIT_ITEM_VERSION = 2,
	COMMIT_ITEM_GAME = 3,
	COMMIT_ITEM_REPORT = 4,
	COMMIT_ITEM_RECORD = 5,
	COMMIT_ITEM_TRACE = 6, /* a traceparent, or nothing */
	COMMIT_ITEM_TIP = 7, /* of a game that has begun, as a report has it; else "" */
	COMMIT_ITEM_GIVEN = 8, /* what it recommends: report_given() */
	COMMIT_ITEM_SIZE = 9,
	GIVEN_BYTES = 65536, /* of what was ever recommended of a player and date: any night's many times */
	COMMIT_OUT_ANSWER = 1,
	COMMIT_OUT_COMMITTED = 2, /* where it was refused */
	COMMIT_REFUSED = 0,
	COMMIT_TAKEN = 1,

	OUTPUT_EXPIRES = 3,
	OUTPUT_MODEL = 4,
	OUTPUT_KEPT = 5, /* notices; 0: none are left */
	OUTPUT_ITEMS = 6,
	OUTPUT_ITEM_PLAYER = 0,
	OUTPUT_ITEM_TOKEN = 1,
	OUTPUT_ITEM_VERSION = 2,
	OUTPUT_ITEM_TIME = 3,
	OUTPUT_ITEM_GAME = 4,
	OUTPUT_ITEM_TEAM = 5,
	OUTPUT_ITEM_PROCESSOR = 6,
	OUTPUT_ITEM_RECORD = 7,
	OUTPUT_ITEM_BYTES = 8,
	OUTPUT_ITEM_SIZE = 9,
	OUTPUT_OUT_ANSWER = 1,
	OUTPUT_OUT_COMMITTED = 2,
	OUTPUT_OUT_AT = 3,
	OUTPUT_OUT_REPORT = 4,

	FAIL_ITEMS = 3,
	FAIL_ITEM_PLAYER = 0,
	FAIL_ITEM_TOKEN = 1,
	FAIL_ITEM_VERSION = 2,
	FAIL_ITEM_PERMANENT = 3, /* FAIL_FOR_GOOD or "" */
	FAIL_ITEM_ERROR = 4,
	FAIL_ITEM_PHASE = 5,
	FAIL_ITEM_SIZE = 6,
	FAILED_BYTES_MAX = 2000, /* of "V V V": more than regen.max_attempts can be */

	RELEASE_ITEMS = 2,
	RELEASE_ITEM_FIELD = 0,
	RELEASE_ITEM_TOKEN = 1,
	RELEASE_ITEM_SIZE = 2,
};

/* The phases: in front of the names of what a player's hash keeps of runs (c, a, x), and behind a run's field in
 * `running`. */
#define PHASE_OF_REPORT ""
#define PHASE_OF_OUTPUT "p"

/* In the place of an output's game and team: precompute does not read where he plays. */
#define ANY_PLACE "*"

/* No output yet, and none is on its way but by the entry that was added with it. */
#define NO_OUTPUT "0 0 0 0 - - - -"

/* In a player's hash, behind the phase's letter: what his last report, or output, was made by. */
#define FIELD_OF_MODEL "b"

/* Values of a mark that is for one phase; without one it is for all. */
#define MARK_OF_REPORT "report"
#define MARK_OF_OUTPUT "precompute"
#define MARK_OF_FIRST "first"

/* Failed or lost runs of him are on record. */
#define RECORD_NONE "0"
#define RECORD_SOME "1"

/* Behind a failed run's version: no other try can mend it. */
#define FAIL_FOR_GOOD "!"

/* --- the layout of the keys --------------------------------------------------------------------------------------- */

enum {
	/* Raised by a change that an older propsd would misread, or that needs what stands there changed; each number has
	 * its step in migrate.lua. */
	LAYOUT = 2,
	MIGRATE_WHO = 2, /* "NAME/BOOT" */
	MIGRATE_GROUP = 3,
	MIGRATE_TTL = 4, /* ms, of the lock */
	MIGRATE_COUNT = 5, /* entries a call */
	MIGRATE_STREAMS = 6,
	MIGRATE_SETTLE_MS = 1000, /* between raising `schema` and work: instances start faster */
	MIGRATE_OUT_STATE = 1,
	MIGRATE_OUT_WORDS = 2,
};

enum migration {
	MIGRATION_DONE = 0, /* the keys are of today's layout */
	MIGRATION_MORE = 1, /* call again; words: the layout under way */
	MIGRATION_RAISED = 2, /* call again in a moment; words: the layout it was */
	MIGRATION_LIVING = 3, /* instances that live, words: their names */
	MIGRATION_LOCKED = 4, /* another one is at it, words: its name */
	MIGRATION_UNKNOWN = 5, /* words: what `schema` says */
};

/* --- names and streams -------------------------------------------------------------------------------------------- */

enum {
	TAKE_NAME = 2,
	TAKE_BOOT = 3, /* seen, "": nobody */
	TAKE_BEATS = 4,
	TAKE_TTL = 5, /* ms */
	TAKE_OURS = 6, /* our boot */
	TAKE_PHASES = 7, /* our table */
	TAKE_STREAM = 8, /* of regenerate */
	TAKE_OPTIONS = 9, /* OPTIONS_MINE, "": not known */
	TAKE_KEPT = 10, /* names */
	TAKE_DATES = 11, /* a blank between */
	TAKE_FIELDS = 12,
	TAKE_OUT_STATE = 1,
	TAKE_OUT_PHASES = 2, /* what is in force, for apply and begin to look at */
	TAKE_OUT_HOLDER = 3, /* of TAKE_OTHERS: a living instance with newer ones */
	TAKE_OUT_ADDED = 4, /* entries */
	TAKE_CHANGED = 0,
	TAKE_TAKEN = 1,
	TAKE_LAYOUT = 2, /* the keys are of another layout now */
	TAKE_OTHERS = 3, /* other phases are in force: stand by */
	FREE_MS = 60000, /* older ones are in force again when nobody has had the newer for so long */

	BEAT_NAME = 2,
	BEAT_BOOT = 3,
	BEAT_TTL = 4,
	BEAT_COUNT = 5,
	BEAT_LEAGUE = 6,
	BEAT_PHASES = 7, /* TAKE_OUT_PHASES */
	BEAT_ITEMS = 8,
	BEAT_ITEM_FIELD = 0,
	BEAT_ITEM_SERIAL = 1,
	BEAT_ITEM_SIZE = 2,
	BEAT_OUT_WHOSE = 1,
	BEAT_OUT_TIME = 2,
	BEAT_OUT_HANDED = 3,

	HAND_GROUP = 3,
	HAND_NAME = 4,
	HAND_BOOT = 5,
	HAND_TO = 6,
	HAND_STREAM = 7,
	HAND_ITEMS = 8,

	LEAVE_NAME = 2,
	LEAVE_BOOT = 3,

	CLAIM_GROUP = 2,
	CLAIM_NAME = 3,
	CLAIM_TIME = 4,
	CLAIM_ITEMS = 5,
	CLAIM_ITEM_STREAM = 0,
	CLAIM_ITEM_ROOM = 1,
	CLAIM_ITEM_SIZE = 2,
	CLAIM_OUT_TAKEN = 1, /* of each stream */
	CLAIM_OUT_LOST = 2,

	GROUP_NAME = 2,
	GROUP_TIME = 3,
	GROUP_STREAMS = 4,

	TRIM_GROUP = 2,
	TRIM_CUTOFF = 3,
	TRIM_COUNT = 4,
	TRIM_STREAMS = 5,

	WATCH_GROUP = 2,
	WATCH_CUTOFF = 3, /* id up to which settled entries may be trimmed; "": never */
	WATCH_NOTES = 4, /* "1": notes what was lost as told; else it only looks */
	WATCH_STREAMS = 5,
	WATCH_OUT_SETTINGS = 1, /* empty where the user may not use INFO */
	SETTINGS_VERSION = 1,
	SETTINGS_POLICY = 2,
	SETTINGS_MAXMEMORY = 3,
	SETTINGS_EVICTED = 4,
	SETTINGS_FILE = 5, /* 1: append-only */
	WATCH_OUT_LETTERS = 2, /* how many there are */
	WATCH_OUT_NEWEST = 3, /* empty where there is none */
	NEWEST_ID = 1,
	NEWEST_REASON = 2,
	NEWEST_FIELD = 3,
	NEWEST_STREAM = 4,
	WATCH_OUT_STREAMS = 4, /* of each: */
	WATCHED_LOST = 1, /* entries, in all */
	WATCHED_NEW = 2, /* not told before */
	WATCHED_TIME = 3, /* when there were new ones last, in ms */
	WATCHED_GROUPS = 4, /* that pin it */
	PINNING_NAME = 1,
	PINNING_UNREAD = 2,
	PINNING_PENDING = 3,

	LEFT_GROUP = 2,
	LEFT_STREAMS = 3,
	LEFT_OUT_PENDING = 1,
	LEFT_OUT_UNREAD = 2,

	GLANCE_GROUP = 2,
	GLANCE_STREAMS = 3,
	GLANCE_OUT_TIME = 1,
	GLANCE_OUT_LETTERS = 2, /* how many stand */
	GLANCE_OUT_FLEET = 3, /* names of living instances */
	GLANCE_OUT_STREAMS = 4, /* of each: */
	GLANCED_LAST = 1, /* the id that the group read last; "0-0": none ever */
	GLANCED_PENDING = 2, /* entries read and not acknowledged */
	GLANCED_OLDEST = 3, /* the first of them, "" none */
	GLANCED_UNREAD = 4, /* entries; -1 not known */
	GLANCE_FLEET_MAX = 64,

	COVER_ODDS = 3, /* PHASE_OF_... of the phases that read odds, a blank behind each but the report's */
	COVER_PLAYERS = 4,
	COVER_FIELDS = 800, /* that a call reads, about: 2 ms of Redis */
	COVER_OUT_COMMITTED = 1,
	COVER_OUT_NEED = 2, /* of the report, by his own hash */
	COVER_OUT_OLDEST = 3, /* order key of the oldest field above `committed`, "" none */
	COVER_OUT_MODEL = 4,
	COVER_OUT_FAILING = 5, /* 1: failed or lost runs are on record */
	COVER_OUT_MADE = 6, /* the same of precompute */
	COVER_OUT_MADE_NEED = 7,
	COVER_OUT_MADE_OLDEST = 8,
	COVER_OUT_MADE_MODEL = 9,
	COVER_OUT_OUTPUT = 10, /* the version of the output, 0 none */
	COVER_OUT_NAMED = 11, /* `g`: the game that events named, and his team */
	COVER_OUT_MUTED = 12, /* "NEED ORDER": the highest that a mute of a type or book keeps, "" none */
	COVER_OUT_MADE_MUTED = 13, /* of precompute */

	OPEN_GROUP = 2,
	OPEN_STREAM = 3,
	OPEN_AFTER = 4, /* an id, "": from the first on */
	OPEN_UNREAD = 5, /* "1": those that nobody has read, else those that are pending */
	OPEN_COUNT = 6,

	RIGHTS_GROUP = 2,
	RIGHTS_STREAM = 3,

	OPTIONS_NAME = 2,
	OPTIONS_MINE = 3, /* their fingerprint */
	OPTIONS_STREAM = 4, /* of regenerate */
	OPTIONS_KEPT = 5, /* names */
	OPTIONS_DATES = 6,

	OWN_STREAM = 2,
	OWN_ID = 3,
	OWN_OUT_IS = 1,
	OWN_OUT_FIELDS = 2,
};

/* How apply, begin and beat refuse whoever has other phases. */
#define PHASES_REFUSED "PHASES others are in force now"

#define BEAT_MINE "mine"
#define BEAT_NONE "none"
#define BEAT_OTHER "other"

/* --- days, letters, orders ---------------------------------------------------------------------------------------- */

enum {
	SLATE_OUT_TIME = 1, /* of league as well */
	SLATE_OUT_DAY = 2,

	LEAGUE_SV = 3,
	LEAGUE_OURS = 4,
	LEAGUE_HOW = 5,
	LEAGUE_STREAM = 6,
	LEAGUE_GROUP = 7,
	LEAGUE_EXPIRES = 8,
	LEAGUE_KEPT = 9, /* notices */
	LEAGUE_ALIASES = 10,
	LEAGUE_ALIAS_SPELLING = 0,
	LEAGUE_ALIAS_PLAYER = 1,
	LEAGUE_ALIAS_SIZE = 2,
	LEAGUE_OUT_HOLDER = 3,

	TOUCH_EXPIRES = 3,
	TOUCH_GAME = 4,
	TOUCH_PART = 5,
	TOUCH_OUT_GAME = 1,
	TOUCH_OUT_PART = 2,
	TOUCH_PLAYERS = 100, /* a call, about: some 2 ms of Redis in a game of thousands */

	DEAD_GROUP = 2,
	DEAD_STREAM = 3,
	DEAD_ID = 4,
	DEAD_COUNT = 5, /* letters kept */
	DEAD_FIELDS = 6,

	FATE_GROUP = 2,
	FATE_STREAM = 3,
	FATE_ID = 4,
	FATE_OUT_REASON = 1,
	FATE_OUT_ERROR = 2,
	FATE_OUT_PLAYERS = 3,

	RETRY_LETTER = 2,
	RETRY_DATE = 3,
	RETRY_COUNT = 4, /* players */
	RETRY_PLAYERS = 5, /* behind them the fields and values that stand for the entry, or none */
	ENTRY_FIELDS_MAX = 64, /* more than any entry of events.md has: what a letter keeps, what is retried */

	ORDERS_ITEMS = 2,
	ORDERS_ITEM_FIELD = 0,
	ORDERS_ITEM_TEXT = 1,
	ORDERS_ITEM_SIZE = 2,

	BOOKS_EXPIRES = 3, /* Unix ms, of the date's keys */
	BOOKS_PAUSE = 4, /* ms */
	BOOKS_ITEMS = 5,
	BOOKS_ITEM_BOOK = 0,
	BOOKS_ITEM_FIRST = 1, /* Unix ms */
	BOOKS_ITEM_LAST = 2,
	BOOKS_ITEM_LONGEST = 3, /* ms */
	BOOKS_ITEM_STIRS = 4,
	BOOKS_ITEM_GAMES = 5, /* without their date */
	BOOKS_ITEM_SIZE = 6,
	BOOKS_OUT_TIME = 1,
	BOOKS_OUT_BOOKS = 2,
	BOOKS_MOST = 64, /* of a date */
	BOOKS_GAMES_BYTES = 240,

	LINES_PLAYER = 3,
	LINES_REPORTS = 4, /* LINES_WITH_REPORTS or "" */
	LINES_OUT_CHANGES = 1,
	LINES_OUT_FIELDS = 2, /* of his hash */
	LINES_OUT_GIVEN = 3, /* with reports; false where there is none */
	LINES_OUT_TIPOFF = 4,
	LINES_OUT_REPORT = 5,

	MUTE_EXPIRES = 3, /* Unix ms, of the date's keys */
	MUTE_ITEMS = 4,
	MUTE_ITEM_ORDER = 0,
	MUTE_ITEM_PLAYER = 1, /* of precompute with "/" and PHASE_OF_OUTPUT behind */
	MUTE_ITEM_NEED = 2,
	MUTE_ITEM_SIZE = 3,

	UNMUTE_STREAM = 2, /* regenerate */
	UNMUTE_ORDER = 3,
	UNMUTE_COUNT = 4, /* marks at most */
	UNMUTE_OUT_ORDER = 1,
	UNMUTE_OUT_LEFT = 2, /* marks */
	UNMUTE_OUT_ADDED = 3, /* entries */

	SCHEDULE_NAME = 2,
	SCHEDULE_RULE = 3,
	SCHEDULE_DUE = 4, /* ms */
	SCHEDULE_SINCE = 5, /* ms, 0: not asked before */
	SCHEDULE_STREAM = 6, /* regenerate */
	SCHEDULE_EACH = 7, /* fields and values of an entry */
	SCHEDULE_ENTRIES = 8,
	SCHEDULE_OUT_ANSWER = 1,
	SCHEDULE_OUT_NOW = 2,
	SCHEDULE_OUT_MARK = 3,
	SCHEDULE_OUT_FIRED = 4,
	SCHEDULE_OUT_OTHER = 5, /* another rule that stood there, or "" */
	SCHEDULE_DAY_MS = 86400000, /* a mark may lie so far ahead */
	SCHEDULE_KEPT_DAYS = 400, /* of a name that nobody asks for */
};

enum schedule_answer {
	SCHEDULE_NOTHING = 0, /* it was fired before, or is of before the schedule began */
	SCHEDULE_FIRED = 1,
	SCHEDULE_EARLY = 2, /* it is not due yet by Redis' clock */
};

enum {
	ALIAS_SPELLING = 2,
	ALIAS_PLAYER = 3,
	ALIAS_TEXT = 4,
	ALIAS_STREAM = 5, /* of regenerate */
	ALIAS_KEPT = 6, /* notices */
	ALIAS_DATES = 7,
	ALIAS_DATE_TEXT = 0,
	ALIAS_DATE_EXPIRES = 1, /* Unix ms */
	ALIAS_DATE_SIZE = 2,

	UNALIAS_SPELLING = 2,
};

enum alias_answer {
	ALIAS_DONE = 0,
	ALIAS_TAKEN = 1, /* it stands for somebody else already: words: him */
	ALIAS_CHAIN = 2, /* the player is an alias himself; words: whom he stands for */
	ALIAS_MEANT = 3, /* another alias stands for the spelling; words: that one */
};

/* In `aliases`, a field that no spelling can be: how often they were changed. */
#define ALIASES_VERSION "v:"
/* In front of the fields of `aliases` where they stand behind a day's. */
#define ALIASES_IN_SLATE "n:"

/* What LEAGUE_HOW says. */
#define LEAGUE_RAISE "raise"
#define LEAGUE_LOOK "look"
#define LEAGUE_TAKE "take"

#endif
