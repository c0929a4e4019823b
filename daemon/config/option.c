#include "config/option.h"

#include "base/phase.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/due.h"
#include "base/fold.h"
#include "base/level.h"
#include "base/log.h"
#include "base/socket.h"
#include "config/config.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* checks of texts */

static bool is_word(const char *text, size_t longest)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
	return n > 0 && n <= longest && text[n] == '\0';
}

static const char *check_instance(const char *text)
{
	return text[0] == '\0' || is_word(text, 64) ? NULL
						    : "allowed is a name of up to 64 letters, digits and . _ "
						      "-, or \"\" for the host's name";
}

static const char *check_word(const char *text)
{
	return is_word(text, 64) ? NULL : "allowed is a name of up to 64 letters, digits and . _ -";
}

static const char *check_member(const char *text)
{
	return is_word(text + (text[0] == '@'), 64)
		       ? NULL
		       : "allowed is the name or number of a user, or that of a group with @ before it, as in @ops";
}

static const char *check_word_or_none(const char *text)
{
	return text[0] == '\0' ? NULL : check_word(text);
}

/* Keys are built from it, and people type it: no blanks, nothing that a shell or a pattern takes apart. */
static const char *check_prefix(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:/{}");
	return n > 0 && n <= 64 && text[n] == '\0'
		       ? NULL
		       : "allowed are 1 to 64 letters, digits and . _ - : / { }, as in \"props:\"";
}

static const char *check_user(const char *text)
{
	return strlen(text) <= 64 && strchr(text, ' ') == NULL
		       ? NULL
		       : "allowed is a user name of Redis without blanks, up to 64 bytes, or \"\"";
}

static const char *check_path(const char *text)
{
	return text[0] == '/' && strlen(text) < 4096 ? NULL : "allowed is an absolute path";
}

static const char *check_path_or_none(const char *text)
{
	return text[0] == '\0' || check_path(text) == NULL ? NULL : "allowed is an absolute path, or \"\" for none";
}

static const char *check_socket(const char *text)
{
	static_assert(SOCKET_PATH_MAX == 107, "the number in the texts");
	return text[0] == '/' && strlen(text) <= SOCKET_PATH_MAX ? NULL
								 : "allowed is an absolute path of up to 107 bytes";
}

static const char *check_socket_or_none(const char *text)
{
	return text[0] == '\0' || check_socket(text) == NULL
		       ? NULL
		       : "allowed is an absolute path of up to 107 bytes, or \"\" for none";
}

static const char *check_listen(const char *text)
{
	struct sockaddr_storage address;
	socklen_t length;
	return text[0] == '\0' || socket_inet_address(text, &address, &length) == 0
		       ? NULL
		       : "allowed is an address in figures with a port from 1 to 65535, as in 127.0.0.1:9464 or "
			 "[::1]:9464, or \"\" for none";
}

static const char *check_timezone(const char *text)
{
	return zone_check(text) == 0
		       ? NULL
		       : "allowed is the name of a file below /usr/share/zoneinfo, such as America/New_York";
}

#define URL_FORMS "redis://HOST:PORT/DB, rediss://HOST:PORT/DB (TLS) or unix:///PATH"

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static const char *check_url(const char *text)
{
	if (starts_with(text, "sentinel://"))
		return "this version does not speak to Redis Sentinel yet; allowed is " URL_FORMS;
	if (starts_with(text, "cluster://"))
		return "this version does not speak to Redis Cluster yet; allowed is " URL_FORMS;
	const char *rest = strstr(text, "://");
	bool known = starts_with(text, "redis://") || starts_with(text, "rediss://") || starts_with(text, "unix:///");
	/* The connection looks at its parts; here they must at least be there. */
	if (!known || rest[3] == '\0' || strchr(text, ' ') != NULL || (rest[3] == '/' && rest[4] == '\0'))
		return "allowed is " URL_FORMS;
	return NULL;
}

/* What stands there for a server; fetch looks at it closer. The URL is shown in logs, a secret in it would be, too. */
static const char *check_http_url(const char *text)
{
	static const char allowed[] = "allowed is http://HOST:PORT/PATH or https://HOST:PORT/PATH";
	const char *host = starts_with(text, "http://") ? text + 7 : starts_with(text, "https://") ? text + 8 : "";
	const size_t length = strcspn(host, "/?#");
	if (length == 0 || host[0] == ':' || strchr(text, ' ') != NULL || strchr(text, '#') != NULL)
		return allowed;
	if (memchr(host, '@', length) != NULL)
		return "allowed is a URL without user and password: it is shown in logs, use token_file";
	return NULL;
}

/* Without user, query and fragment: names are put behind it, and it is shown. */
static const char *check_store_url(const char *text)
{
	const char *host = starts_with(text, "http://") ? text + 7 : starts_with(text, "https://") ? text + 8 : "";
	return host[0] == '\0' || host[0] == ':' || host[0] == '/' || strpbrk(text, " @?#%") != NULL ||
			       strlen(text) > 512
		       ? "allowed is https://HOST:PORT or http://HOST:PORT, maybe with a path behind it"
		       : NULL;
}

static const char *check_bucket(const char *text)
{
	return text[0] == '\0' || (is_word(text, 128) && text[0] != '.')
		       ? NULL
		       : "allowed is a name of letters, digits and . _ -, or \"\" where url names it";
}

/* Of bytes that are in a URL as they are. */
static const char *check_object_prefix(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/");
	return text[n] == '\0' && n <= 128 && text[0] != '/' && strstr(text, "//") == NULL && strstr(text, "./") == NULL
		       ? NULL
		       : "allowed are up to 128 letters, digits and . _ - /, not begun with /, as in \"reports/\"";
}

static const char *check_fact(const char *text)
{
	enum fact fact;
	return fact_parse(text, &fact) ? NULL : "allowed are odds, game_odds, injury, mates, lineup, slate and league";
}

/* not_fresh, and the names of metrics/warnings.h. */
static const char *check_condition(const char *text)
{
	static const char *const known[] = {"not_fresh", "evicting", "no_append_only_file", "memory_limit", "unchecked",
		"entries_lost", "stream_pinned", "dead_letters", "unknown_names", "book_silent", "feed_silent",
		"date_waits", "processor", "sink", "history", "clock_offset"};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i], text) == 0)
			return NULL;
	return "allowed are not_fresh, feed_silent, book_silent, dead_letters, processor, sink, history, date_waits, "
	       "entries_lost, memory_limit, evicting, no_append_only_file, unchecked, stream_pinned, unknown_names "
	       "and clock_offset";
}

static const char *check_market(const char *text)
{
	static const char *const known[] = {
		"points", "rebounds", "assists", "threes", "steals", "blocks", "turnovers", "pra", "pr", "pa", "ra"};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i], text) == 0)
			return NULL;
	return "allowed are points, rebounds, assists, threes, steals, blocks, turnovers, pra, pr, pa and ra";
}

/* NAME=value, as the environment has it. */
static const char *check_assignment(const char *text)
{
	const char *equals = strchr(text, '=');
	if (equals == NULL || equals == text || strcspn(text, " ") < (size_t)(equals - text))
		return "allowed is NAME=value";
	return NULL;
}

static const char *check_rate(const char *text)
{
	int64_t interval_us;
	return text[0] == '\0' || frequency_parse(text, &interval_us)
		       ? NULL
		       : "allowed is a whole number a second, minute or hour, as in 10/s, 90/m or 500/h, at most "
			 "10000/s; or \"\" for no limit";
}

static const char *check_time_of_day(const char *text)
{
	int32_t seconds;
	return due_time_parse(text, &seconds)
		       ? NULL
		       : "allowed is a time of the day in the league's zone, from 00:00 to 23:59, "
			 "as in 17:00 or 17:00:30";
}

static const char *check_days(const char *text)
{
	unsigned days;
	return due_days_parse(text, &days) ? NULL
					   : "allowed are mon, tue, wed, thu, fri, sat and sun, as in mon-fri or "
					     "mon,wed,sat-sun";
}

static const char *check_team(const char *text)
{
	return strlen(text) == 3 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3
		       ? NULL
		       : "allowed is a team's code, as LAL";
}

/* the table */

static const char *const no_limit[] = {"", NULL};
static const char *const auto_word[] = {"auto", NULL};
static const char *const none_word[] = {"none", NULL};
static const char *const off_on[] = {[CONFIG_OFF] = "off", [CONFIG_ON] = "on", NULL};
static const char *const past_choices[] = {"refuse", "accept", NULL};
static const char *const strangers_choices[] = {"report", "refuse", NULL};
static const char *const level_choices[] = {"urgent", "high", "normal", "low", NULL};
static const char *const level_or_auto[] = {"auto", "urgent", "high", "normal", "low", NULL};
static const char *const phase_choices[] = {"all", "report", "precompute", NULL}; /* as enum config_schedule_phase */
static const char *const log_choices[] = {"err", "warn", "notice", "info", "debug", NULL};
static const char *const eager_choices[] = {
	[CONFIG_EAGER_AUTO] = "auto", [CONFIG_EAGER_YES] = "yes", [CONFIG_EAGER_NO] = "no", NULL};
static const char *const form_choices[] = {[CONFIG_FORM_PUBSUB] = "pubsub", [CONFIG_FORM_JSON] = "json", NULL};
static const char *const no_yes[] = {"no", "yes", NULL};
static const char *const type_choices[] = {[CONFIG_PROCESSOR_BUILTIN] = "builtin",
	[CONFIG_PROCESSOR_SYNTHETIC] = "synthetic",
	[CONFIG_PROCESSOR_EXEC] = "exec",
	[CONFIG_PROCESSOR_HTTP] = "http",
	NULL};

static const char *const sink_type_choices[] = {
	[CONFIG_SINK_DIRECTORY] = "directory", [CONFIG_SINK_S3] = "s3", [CONFIG_SINK_WEBHOOK] = "webhook", NULL};
static const char *const sink_form_choices[] = {[CONFIG_SINK_FORM_AUTO] = "auto",
	[CONFIG_SINK_FORM_S3] = "s3",
	[CONFIG_SINK_FORM_GOOGLE] = "google",
	[CONFIG_SINK_FORM_JSON] = "json",
	[CONFIG_SINK_FORM_DISCORD] = "discord",
	[CONFIG_SINK_FORM_SLACK] = "slack",
	NULL};

static const char *const hook_form_choices[] = {
	[CONFIG_HOOK_JSON] = "json", [CONFIG_HOOK_DISCORD] = "discord", [CONFIG_HOOK_SLACK] = "slack", NULL};

/* What the plan for processors names and this version lacks. */
static const char *const later_types[] = {"plugin"};

#define NO_NUMBER (-1.0) /* what a word stands for where a number could be 0 */
#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define MIB (INT64_C(1) << 20)

#define IN(group, option, parent, field) .section = (group), .name = (option), .offset = offsetof(struct parent, field)
#define OF(group, option, field) IN(group, option, config, field)
#define TIER(option, field) IN("tier", option, config_tier, field)
#define PROCESSOR(option, field) IN("processor", option, config_processor, field)
#define SCHEDULE(option, field) IN("schedule", option, config_schedule, field)
#define OF_TYPE(type, option, field) PROCESSOR(option, field), .only = (type)
#define SINK(option, field) IN("sink", option, config_sink, field)
#define OF_SINK(type, option, field) SINK(option, field), .only = (type)
#define LIST(function) .type = OPTION_LIST, .max = 256, .check = (function)
#define TEXT(text, function) .type = OPTION_TEXT, .value = (text), .check = (function)
#define INT(text, from, to) .type = OPTION_INT, .value = (text), .min = (from), .max = (to)
#define REAL(text, from, to) .type = OPTION_REAL, .value = (text), .min = (from), .max = (to)
#define DURATION(text, from, to) .type = OPTION_DURATION, .value = (text), .min = (from), .max = (to)
#define SIZE(text, from, to) .type = OPTION_SIZE, .value = (text), .min = (from), .max = (to)
#define CHOICE(text, list) .type = OPTION_CHOICE, .value = (text), .choices = (list)
#define RESTART .restart = true
#define REPORT .report = true
#define HELP(text) .help = (text)

/* clang-format off: two lines a row */
static const struct option table[] = {
	{OF("", "instance", instance), TEXT("", check_instance), RESTART,
		HELP("Name of this instance among those that share the streams; must stay the same over "
		     "restarts.")},

	{OF("redis", "url", redis.url), TEXT("redis://127.0.0.1:6379/0", check_url), RESTART, HELP("Where Redis is.")},
	{OF("redis", "prefix", redis.prefix), TEXT("props:", check_prefix), RESTART, HELP("What all keys begin with.")},
	{OF("redis", "group", redis.group), TEXT("propsd", check_word), RESTART,
		HELP("Consumer group; instances of one group share the work.")},
	{OF("redis", "user", redis.user), TEXT("", check_user), HELP("User to log in as; none: the default user.")},
	{OF("redis", "password_file", redis.password_file), TEXT("", check_path_or_none),
		HELP("File whose first line is the password; read for each connection.")},
	{OF("redis", "ca_file", redis.ca_file), TEXT("", check_path_or_none),
		HELP("Certificates that rediss:// trusts; none: the system's. Read for each connection.")},
	{OF("redis", "cert_file", redis.cert_file), TEXT("", check_path_or_none),
		HELP("Certificate that rediss:// shows to Redis; none: it shows none. Read for each connection.")},
	{OF("redis", "key_file", redis.key_file), TEXT("", check_path_or_none),
		HELP("Private key of redis.cert_file, without a passphrase; none: it stands in the same file.")},
	{OF("redis", "keep", redis.keep_us), DURATION("7d", HOUR, 366 * DAY), RESTART,
		HELP("How long reports and live state of a game day are kept after it.")},

	{OF("admin", "socket", admin.socket), TEXT("/run/propsd/admin.sock", check_socket), RESTART,
		HELP("Socket for propsctl, all commands.")},
	{OF("admin", "status_socket", admin.status_socket), TEXT("/run/propsd/status.sock", check_socket_or_none),
		RESTART, HELP("Socket for commands that only look.")},
	{OF("admin", "group", admin.group), TEXT("propsd-admin", check_word_or_none), RESTART,
		HELP("Group that may use the admin socket; none: only the daemon's own user and root.")},
	{OF("admin", "admins", admin.admins), LIST(check_member),
		HELP("Users and groups (@NAME) who may do everything at the admin socket. With these or operators, others "
		     "who may use it can only look.")},
	{OF("admin", "operators", admin.operators), LIST(check_member),
		HELP("Users and groups who may steer the work there, but neither reload, drain nor set the log's level.")},

	{OF("metrics", "listen", metrics.listen), TEXT("", check_listen), RESTART,
		HELP("Address and port of /metrics, /healthz and /readyz by HTTP, as in 127.0.0.1:9464; none: off.")},

	{OF("league", "database", league.database), TEXT("/var/lib/propsd/league.db", check_path_or_none),
		HELP("Players, teams and games, made by propsctl import; none: events are taken at face "
		     "value.")},
	{OF("league", "timezone", league.timezone), TEXT("America/New_York", check_timezone), RESTART,
		HELP("Zone in which game dates are meant.")},
	{OF("league", "max_memory", league.max_memory), SIZE("512M", MIB, 1024 * 1024 * MIB),
		HELP("A database that would take more is not loaded.")},

	{OF("history", "file", history.file), TEXT("/var/lib/propsd/history.db", check_path_or_none), RESTART,
		HELP("What was run, what failed and who changed what, an SQLite file of this instance alone; none: nothing "
		     "is kept.")},
	{OF("history", "keep", history.keep_us), DURATION("90d", HOUR, 3650 * DAY), RESTART,
		HELP("How long it is kept.")},

	{OF("pool", "workers", pool.workers), INT("auto", 1, 256), .choices = auto_word,
		HELP("Worker threads; auto: one a core.")},
	{OF("pool", "aging", pool.aging_us), DURATION("30s", SECOND, HOUR),
		HELP("A player who has waited this long rises one level, and again after as long.")},
	{OF("pool", "limit", pool.limit_us), DURATION("60s", SECOND, HOUR), RESTART,
		HELP("A run that computes longer is given up, and its worker replaced.")},

	{OF("ingest", "max_in_flight", ingest.max_in_flight), INT("50000", 100, 1000000), RESTART,
		HELP("Entries read and not yet settled; reading pauses at this many.")},
	{OF("ingest", "max_parked", ingest.max_parked), INT("100000", 100, 10000000), RESTART,
		HELP("Entries that wait for their time, or for nothing but precompute, beside those in flight.")},
	{OF("ingest", "max_delay", ingest.max_delay_us), DURATION("30d", MINUTE, 366 * DAY), RESTART,
		HELP("How far ahead of its coming an entry's not_before may lie; beyond it becomes a dead letter.")},
	{OF("ingest", "max_deliveries", ingest.max_deliveries), INT("5", 1, 100), RESTART,
		HELP("An entry whose run was lost with its process this often becomes a dead letter.")},
	{OF("ingest", "keep", ingest.keep_us), DURATION("24h", MINUTE, 366 * DAY), RESTART,
		HELP("How long settled entries stay in the input streams.")},
	{OF("ingest", "past", ingest.past), CHOICE("refuse", past_choices), RESTART,
		HELP("Entries of game days older than redis.keep; accept is for replays.")},
	{OF("ingest", "silent_after", ingest.silent_after_us), DURATION("30m", 0, 24 * HOUR), RESTART,
		HELP("A book without odds for so long, and far longer than was its way, is warned of; 0: none is.")},
	{OF("ingest", "strangers", ingest.strangers), CHOICE("report", strangers_choices), RESTART,
		HELP("Entries for names that neither league nor slate knows: they count, or become dead letters.")},

	{OF("priority", "odds", priority[4]), CHOICE("normal", level_choices), HELP("Level of runs for odds.")},
	{OF("priority", "injury", priority[3]), CHOICE("high", level_choices), HELP("Level of runs for injuries.")},
	{OF("priority", "lineup", priority[2]), CHOICE("high", level_choices), HELP("Level of runs for lineups.")},
	{OF("priority", "regenerate", priority[0]), CHOICE("normal", level_choices),
		HELP("Level of runs that were asked for.")},
	{OF("priority", "slate", priority[1]), CHOICE("normal", level_choices),
		HELP("Level of runs for changes of games and rosters.")},

	{TIER("players", players), .type = OPTION_PLAYERS, .max = 10000, HELP("Who belongs to the tier, by name.")},
	{TIER("priority", priority), CHOICE("high", level_choices), HELP("Least level of all runs of its players.")},

	{PROCESSOR("type", type), CHOICE(NULL, type_choices), REPORT,
		HELP("What makes the reports: builtin, the model; exec, a program of yours; http, a server of yours; or "
		     "synthetic, for load tests without one.")},
	{OF_TYPE("exec", "command", exec.command), LIST(NULL), REPORT,
		HELP("Exec: the program and its arguments, as a list; it speaks as docs/processors.md says.")},
	{OF_TYPE("exec", "environment", exec.environment), LIST(check_assignment), REPORT,
		HELP("Exec: NAME=value for the program, beside PATH, HOME, LANG and the like.")},
	{OF_TYPE("exec", "directory", exec.directory), TEXT("", check_path_or_none), REPORT,
		HELP("Exec: where the program runs; none: where the daemon does.")},
	{OF_TYPE("exec", "children", exec.children), INT("auto", 1, 1024), .choices = auto_word,
		HELP("Exec: most children at a time; auto: two a core, as memory allows.")},
	{OF_TYPE("exec", "min_children", exec.min_children), INT("0", 0, 1024),
		HELP("Exec: children that are kept though there is no work.")},
	{OF_TYPE("exec", "threads", exec.threads), INT("1", 0, 1024),
		HELP("Exec: threads that numeric libraries in a child may use (OMP_NUM_THREADS and its kin); 0: "
		     "what they like.")},
	{OF_TYPE("exec http", "timeout", timeout_us), DURATION("5m", 1000, DAY),
		HELP("Exec, http: a job that takes longer fails, and its child or request is ended.")},
	{OF_TYPE("exec", "start_timeout", exec.start_timeout_us), DURATION("1m", 1000, HOUR),
		HELP("Exec: a child that says no hello for so long is ended.")},
	{OF_TYPE("exec http", "settle", settle_us), DURATION("0", 0, 2 * SECOND),
		HELP("Exec, http: how long a player's first odds wait for the rest of their poll, so that one run serves "
		     "all.")},
	{OF_TYPE("exec", "recycle_jobs", exec.recycle_jobs), INT("0", 0, 1000000000),
		HELP("Exec: a child is replaced after so many jobs; 0: never.")},
	{OF_TYPE("exec", "recycle_growth", exec.recycle_growth), SIZE("500M", 0, 1024 * 1024 * MIB),
		HELP("Exec: a child that grew by so much since its hello is replaced; 0: never.")},
	{OF_TYPE("exec", "memory", exec.memory), SIZE("", 0, 1024 * 1024 * MIB), .choices = no_limit,
		HELP("Exec: a child with more memory than this is ended, and what it does fails; none: no limit.")},
	{OF_TYPE("exec", "cpu", exec.cpu), INT("", 1, 1024), .choices = no_limit,
		HELP("Exec: cores that a child may use; none: all.")},
	{OF_TYPE("exec http", "output", output), SIZE("4M", 1024, 256 * MIB),
		HELP("Exec, http: longest reply: a line of a child's standard output, a body of a server.")},
	{OF_TYPE("exec", "per_job", exec.per_job), CHOICE("no", no_yes), HELP("Exec: a fresh child for each job.")},
	{OF_TYPE("exec http", "wrap", wrap), CHOICE("yes", no_yes), REPORT,
		HELP("Exec, http: put propsd's own keys around the result; no: store its bytes as they came.")},
	{OF_TYPE("exec http", "previous", previous), SIZE("0", 0, 16 * MIB), REPORT,
		HELP("Exec, http: a request carries what was last made of the player, if that has no more bytes; 0: "
		     "never.")},
	{OF_TYPE("exec http", "breaker", breaker), INT("15", 0, 20),
		HELP("Exec, http: failures of the last 20 jobs at which no more are sent until one succeeds; 0: never.")},
	{OF_TYPE("http", "url", http.url), TEXT(NULL, check_http_url), REPORT,
		HELP("Http: where each job is sent to, as one POST; docs/processors.md says what it holds.")},
	{OF_TYPE("http", "form", http.form), CHOICE("pubsub", form_choices), REPORT,
		HELP("Http: pubsub, the envelope of a Pub/Sub push, so that a push worker needs no change; json, the job "
		     "itself.")},
	{OF_TYPE("http", "concurrency", http.concurrency), INT("80", 1, 1024),
		HELP("Http: most requests at a time; fewer after 429 and 503.")},
	{OF_TYPE("http", "token_file", http.token_file), TEXT("", check_path_or_none),
		HELP("Http: file whose first line goes along as a Bearer token; read for each request.")},
	{OF_TYPE("http", "ca_file", http.ca_file), TEXT("", check_path_or_none),
		HELP("Http: certificates that https:// trusts; none: the system's.")},
	{OF_TYPE("synthetic", "spin_us", spin_us), INT("0", 0, 10000000),
		HELP("Synthetic: microseconds that a run computes.")},
	{OF_TYPE("synthetic", "sleep_ms", sleep_ms), INT("0", 0, 600000),
		HELP("Synthetic: milliseconds that a run waits, in a slot and not on a worker.")},
	{OF_TYPE("synthetic", "fail_rate", fail_rate), REAL("0", 0, 1), HELP("Synthetic: share of runs that fail.")},
	{OF_TYPE("synthetic", "slots", slots), INT("32", 1, 1024), HELP("Synthetic: runs that may wait at once.")},
	{PROCESSOR("rate", rate), TEXT("", check_rate),
		HELP("How many jobs may start, as in 10/s, 90/m or 500/h, on each instance; none: no limit.")},
	{PROCESSOR("burst", burst), INT("auto", 1, 10000), .choices = auto_word,
		HELP("How many may start at once where fewer did before; auto: what rate allows in a tenth of a second, at "
		     "least 1.")},

	{OF("precompute", "processor", precompute.processor), TEXT("", check_word_or_none), REPORT,
		HELP("Name of the exec or http processor that runs before the report, for what is slow; none: there is "
		     "no such phase.")},
	{OF("precompute", "reads", precompute.reads), LIST(check_fact), REPORT,
		HELP("What it reads: it runs when one of these changed. Without any: all but odds and game_odds.")},
	{OF("precompute", "cache", precompute.cache), SIZE("256M", MIB, 1024 * 1024 * MIB), RESTART,
		HELP("Memory for outputs of precompute that are kept at hand.")},

	{OF("report", "processor", report.processor), TEXT("builtin", check_word), REPORT,
		HELP("Name of the processor that makes the reports.")},
	{OF("report", "reads", report.reads), LIST(check_fact), REPORT,
		HELP("What it reads: it runs when one of these, or precompute's output, changed. Without any: all.")},
	{OF("report", "eager", report.eager), CHOICE("auto", eager_choices),
		HELP("Whether a report is made at once on the last output where precompute is to run too, and again after "
		     "it; auto: yes where the report's processor is no program of yours.")},
	{OF("report", "min_edge", report.min_edge), REAL("none", 0, 1), .choices = none_word, REPORT,
		HELP("Least edge for a recommendation; below it is a pass; none: no edge is asked for.")},
	{OF("report", "min_return", report.min_return), REAL("auto", 0, 10), .choices = auto_word, REPORT,
		HELP("Least return of a unit that a recommendation is to be expected to bring at its price; auto: 0.04 "
		     "where min_edge is none, else none is asked for.")},

	{SINK("type", type), CHOICE(NULL, sink_type_choices),
		HELP("Where it writes each report to: directory, a file for each player below a folder; s3, an object for "
		     "each in a bucket; webhook, a message for each new recommendation.")},
	{OF_SINK("directory", "path", path), TEXT(NULL, check_path),
		HELP("Directory: a folder that is there already; a report becomes DATE/PLAYER.json in it.")},
	{OF_SINK("s3", "url", s3.url), TEXT(NULL, check_store_url),
		HELP("S3: the server, as https://HOST:PORT; behind it come bucket, prefix, and DATE/PLAYER.json.")},
	{OF_SINK("s3", "bucket", s3.bucket), TEXT("", check_bucket), HELP("S3: the bucket; none: url names it.")},
	{OF_SINK("s3", "prefix", s3.prefix), TEXT("", check_object_prefix),
		HELP("S3: what the names of all objects begin with, as in reports/.")},
	{OF_SINK("s3", "region", s3.region), TEXT("", check_word_or_none),
		HELP("S3: the bucket's region; none: us-east-1, of Google's auto.")},
	{OF_SINK("s3", "key_file", s3.key_file), TEXT("", check_path_or_none),
		HELP("S3: file with access key and secret, read for each request; none: nothing is signed.")},
	{OF_SINK("s3 webhook", "ca_file", s3.ca_file), TEXT("", check_path_or_none),
		HELP("S3, webhook: certificates that https:// trusts; none: the system's.")},
	{OF_SINK("s3 webhook", "form", s3.form), CHOICE("auto", sink_form_choices),
		HELP("S3: how it is spoken to: s3, or google, the XML API of Google's storage; auto: by the host. Webhook: "
		     "what a message looks like: json, discord or slack; auto: json.")},
	{OF_SINK("webhook", "url_file", webhook.url_file), TEXT(NULL, check_path),
		HELP("Webhook: file whose first line is where messages are sent to, http:// or https://; read for each.")},
	{OF_SINK("webhook", "token_file", webhook.token_file), TEXT("", check_path_or_none),
		HELP("Webhook: file with a Bearer token that goes along; none: without.")},
	{OF_SINK("webhook", "min_return", webhook.min_return), REAL("0", 0, 10),
		HELP("Webhook: least return of a recommendation that is told.")},
	{OF_SINK("webhook", "markets", webhook.markets), LIST(check_market),
		HELP("Webhook: the markets that are told of; none: all.")},
	{OF_SINK("webhook", "cool_down", webhook.cool_down_us), DURATION("30m", 0, 2 * DAY),
		HELP("Webhook: nothing more is told of a player's market, book and side for so long.")},
	{OF_SINK("webhook", "max_quote_age", webhook.max_quote_age_us), DURATION("5m", SECOND, 2 * DAY),
		HELP("Webhook: nothing is told of a quote that was last heard so long ago.")},

	{OF("model", "cache", model.cache), SIZE("64M", MIB, 65536 * MIB), RESTART,
		HELP("Memory for results of stages that are kept for reuse.")},
	{OF("model", "market", model.market), CHOICE("on", off_on), REPORT,
		HELP("Whether the books' prices move the model's probabilities.")},
	{OF("model", "market_precompute", model.market_precompute), CHOICE("off", off_on), REPORT,
		HELP("Whether they move those of figures that a phase before the report gives.")},
	{OF("model", "neighbours", model.neighbours), INT("50", 1, 1000), REPORT,
		HELP("How many similar games a projection is made from.")},

	{OF("regen", "max_attempts", regen.max_attempts), INT("3", 1, 100), RESTART,
		HELP("Runs of an event that may fail before it becomes a dead letter.")},
	{OF("regen", "back_off", regen.back_off_us), DURATION("10s", 1000, HOUR), RESTART,
		HELP("Longest wait after a failed run; doubled by each further one of the same event. A random part is "
		     "waited.")},
	{OF("regen", "max_back_off", regen.max_back_off_us), DURATION("10m", 1000, 24 * HOUR), RESTART,
		HELP("What that is doubled to at most.")},

	{SCHEDULE("at", at), .type = OPTION_LIST, .max = DUE_TIMES_MAX, .check = check_time_of_day,
		HELP("When: times of the day by the league's clock.")},
	{SCHEDULE("days", days), TEXT("mon-sun", check_days), HELP("On which days of the week.")},
	{SCHEDULE("slate", slate), CHOICE(NULL, no_yes), HELP("Regenerate all of the day's slate.")},
	{SCHEDULE("players", players), .type = OPTION_PLAYERS, .max = 500,
		HELP("In place of slate: these players, by name.")},
	{SCHEDULE("teams", teams), .type = OPTION_LIST, .max = 30, .check = check_team,
		HELP("In place of slate: the players of these teams.")},
	{SCHEDULE("priority", priority), CHOICE("auto", level_or_auto),
		HELP("Least level of the runs; auto: that of priority.regenerate.")},
	{SCHEDULE("force", force), CHOICE("no", no_yes), HELP("Compute anew what could be reused.")},
	{SCHEDULE("phase", phase), CHOICE("all", phase_choices), HELP("Which phases are run.")},

	{OF("drain", "limit", drain.limit_us), DURATION("20s", 0, HOUR),
		HELP("How long a stop waits for runs under way.")},

	{OF("operator", "url_file", operator.url_file), TEXT("", check_path_or_none),
		HELP("File whose first line is the webhook that is told of conditions, http:// or https://; none: "
		     "nobody is.")},
	{OF("operator", "token_file", operator.token_file), TEXT("", check_path_or_none),
		HELP("File with a Bearer token that goes along; none: without.")},
	{OF("operator", "ca_file", operator.ca_file), TEXT("", check_path_or_none),
		HELP("Certificates that https:// trusts; none: the system's.")},
	{OF("operator", "form", operator.form), CHOICE("json", hook_form_choices), HELP("What a message looks like.")},
	{OF("operator", "conditions", operator.conditions), LIST(check_condition),
		HELP("What is told of; none: not_fresh, feed_silent, dead_letters and processor.")},
	{OF("operator", "after", operator.after_us), DURATION("1m", 0, DAY),
		HELP("A condition is told of, and its end, once it has been so for so long.")},
	{OF("operator", "stale_after", operator.stale_after_us), DURATION("2m", SECOND, DAY),
		HELP("Reports are not fresh when an event waits for them for longer.")},

	{OF("trace", "records", trace.records), INT("32768", 0, 16777216), RESTART,
		HELP("Steps that propsctl events can look back on, 128 bytes each; 0: none are recorded.")},
	{OF("trace", "reports", trace.reports), SIZE("16M", 0, 65536 * MIB), RESTART,
		HELP("Memory for players' last runs and reports, for propsctl why; 0: none are kept.")},

	{OF("log", "level", log.level), CHOICE("info", log_choices), .min = LOG_LEVEL_ERR,
		HELP("Least importance of what is logged.")},
};
/* clang-format on */

const struct option *option_table(size_t *ret_count)
{
	*ret_count = COUNT(table);
	return table;
}

const struct option *option_find(const char *section, const char *name)
{
	for (size_t i = 0; i < COUNT(table); i++)
		if (strcmp(table[i].section, section) == 0 && strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

const char *config_processor_type_name(enum config_processor_type type)
{
	return type_choices[type];
}

bool option_is_of(const struct option *o, const char *type)
{
	const size_t n = strlen(type);
	for (const char *word = o->only; word != NULL && *word != '\0'; word += strcspn(word, " "), word += *word == ' ')
		if (strncmp(word, type, n) == 0 && (word[n] == ' ' || word[n] == '\0'))
			return true;
	return o->only == NULL;
}

const char *config_sink_type_name(enum config_sink_type type)
{
	return sink_type_choices[type];
}

const char *const option_titled[OPTION_TITLED] = {"tier", "processor", "sink", "schedule"};

bool option_is_titled(const char *section)
{
	for (size_t i = 0; i < COUNT(option_titled); i++)
		if (strcmp(section, option_titled[i]) == 0)
			return true;
	return false;
}

/* values */

static void list_choices(struct str *s, const char *const *choices)
{
	for (size_t i = 0; choices[i] != NULL; i++) {
		if (i > 0)
			str_text(s, choices[i + 1] != NULL ? ", " : " or ");
		str_text(s, choices[i]);
	}
}

static void describe(const struct option *o, struct str *s)
{
	char from[SIZE_SIZE], to[SIZE_SIZE];
	str_text(s, "allowed is ");
	switch (o->type) {
	case OPTION_INT:
		if (o->choices != NULL)
			str_printf(s, "%s or ", o->choices[0][0] != '\0' ? o->choices[0] : "empty");
		str_printf(s, "a whole number from %" PRId64 " to %" PRId64, o->min, o->max);
		break;
	case OPTION_REAL:
		if (o->choices != NULL)
			str_printf(s, "%s or ", o->choices[0]);
		str_printf(s, "a number from %" PRId64 " to %" PRId64, o->min, o->max);
		break;
	case OPTION_DURATION:
		str_printf(s, "a duration from %s to %s, as in 30s", duration_format(o->min, from),
			duration_format(o->max, to));
		break;
	case OPTION_SIZE:
		if (o->choices != NULL)
			str_text(s, "empty or ");
		str_printf(s, "a size from %s to %s, as in 64M", size_format(o->min, from), size_format(o->max, to));
		break;
	case OPTION_CHOICE:
		list_choices(s, o->choices);
		break;
	case OPTION_PLAYERS:
		str_printf(s, "a list of up to %" PRId64 " names", o->max);
		break;
	case OPTION_LIST:
		str_text(s, "a list of texts");
		break;
	case OPTION_TEXT:
		str_text(s, "a text");
		break;
	}
}

void option_allowed(const struct option *o, char why[OPTION_WHY_SIZE])
{
	struct str s = {0};
	describe(o, &s);
	text_format(why, OPTION_WHY_SIZE, "%s", s.failed ? "out of memory" : s.data);
	str_done(&s);
}

static bool parse_whole(const char *text, int64_t *ret_number)
{
	size_t n = strlen(text), sign = text[0] == '-';
	if (n == sign || n > 18 || strspn(text + sign, "0123456789") != n - sign)
		return false;
	*ret_number = strtoll(text, NULL, 10);
	return true;
}

/* Digits with at most one point: what strtod() takes beyond that (hexadecimal, inf, a locale's comma) is no
 * number. */
static bool parse_real(const char *text, double *ret_number)
{
	size_t n = strspn(text, "0123456789"), decimals = 0;
	if (text[n] == '.')
		decimals = 1 + strspn(text + n + 1, "0123456789");
	if (n == 0 || n > 15 || decimals > 15 || decimals == 1 || text[n + decimals] != '\0')
		return false;
	*ret_number = strtod(text, NULL);
	return true;
}

static bool parse_number(const struct option *o, const char *text, int64_t *field)
{
	if (o->type != OPTION_DURATION && o->choices != NULL && strcmp(text, o->choices[0]) == 0) {
		*field = 0;
		return true;
	}
	int64_t number;
	bool good = o->type == OPTION_INT        ? parse_whole(text, &number)
		    : o->type == OPTION_DURATION ? duration_parse(text, &number)
						 : size_parse(text, &number);
	if (!good || number < o->min || number > o->max)
		return false;
	*field = number;
	return true;
}

static bool parse_choice(const struct option *o, const char *text, void *field)
{
	for (int i = 0; o->choices[i] != NULL; i++)
		if (strcmp(o->choices[i], text) == 0) {
			int number = i + (int)o->min;
			memcpy(field, &number, sizeof(number));
			return true;
		}
	return false;
}

static int add_player(const struct option *o, const char *text, bool first, struct config_players *players,
	struct arena *arena, char why[OPTION_WHY_SIZE])
{
	char lookup[LOOKUP_SIZE];
	int n = fold_name(text, strlen(text), lookup);
	if (n <= 0) {
		text_format(why, OPTION_WHY_SIZE, "%s",
			n == 0 ? "allowed is a name with Latin letters" : "allowed is a name of up to 63 letters");
		return -EINVAL;
	}
	if (first)
		players->count = 0;
	for (size_t i = 0; i < players->count; i++)
		if (strcmp(players->lookup[i], lookup) == 0) {
			text_format(why, OPTION_WHY_SIZE, "the player %s is in the list already", lookup);
			return -EINVAL;
		}
	if (players->count == (size_t)o->max) {
		option_allowed(o, why);
		return -EINVAL;
	}
	/* The array doubles at each power of two; what it leaves in the arena is as much again. */
	if ((players->count & (players->count - 1)) == 0) {
		size_t capacity = players->count == 0 ? 1 : players->count * 2;
		char(*larger)[LOOKUP_SIZE] = arena_alloc(arena, capacity * LOOKUP_SIZE);
		if (larger == NULL)
			return -ENOMEM;
		if (players->count > 0)
			memcpy(larger, players->lookup, players->count * LOOKUP_SIZE);
		players->lookup = larger;
	}
	memcpy(players->lookup[players->count++], lookup, LOOKUP_SIZE);
	return 0;
}

static int parse_text(
	const struct option *o, const char *text, const char **field, struct arena *arena, char why[OPTION_WHY_SIZE])
{
	const char *wrong = o->check != NULL ? o->check(text) : NULL;
	if (wrong != NULL) {
		text_format(why, OPTION_WHY_SIZE, "%s", wrong);
		return -EINVAL;
	}
	char *copy = arena_text(arena, text, strlen(text));
	if (copy == NULL)
		return -ENOMEM;
	*field = copy;
	return 0;
}

static int add_text(const struct option *o, const char *text, bool first, struct config_list *list, struct arena *arena,
	char why[OPTION_WHY_SIZE])
{
	const char **items, *copy;
	const size_t n = first ? 0 : list->count;
	if (n == (size_t)o->max) {
		text_format(why, OPTION_WHY_SIZE, "allowed are up to %" PRId64 " of them", o->max);
		return -EINVAL;
	}
	int r = parse_text(o, text, &copy, arena, why);
	if (r < 0)
		return r;
	items = arena_alloc(arena, (n + 2) * sizeof(*items));
	if (items == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		items[i] = list->item[i];
	items[n] = copy;
	items[n + 1] = NULL;
	*list = (struct config_list){.item = items, .count = n + 1};
	return 0;
}

static bool has_controls(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

int option_parse(const struct option *o, const char *text, bool first, void *field, struct arena *arena,
	char why[OPTION_WHY_SIZE])
{
	bool good = false;
	if (has_controls(text) || !utf8_valid(text, strlen(text))) {
		text_format(why, OPTION_WHY_SIZE, "allowed is UTF-8 text without control characters");
		return -EINVAL;
	}
	if (o->type == OPTION_CHOICE && o->choices == type_choices)
		for (size_t i = 0; i < COUNT(later_types); i++)
			if (strcmp(text, later_types[i]) == 0) {
				text_format(why, OPTION_WHY_SIZE,
					"not built into this version, use builtin, synthetic, exec or http");
				return -EINVAL;
			}
	switch (o->type) {
	case OPTION_TEXT:
		return parse_text(o, text, field, arena, why);
	case OPTION_PLAYERS:
		return add_player(o, text, first, field, arena, why);
	case OPTION_LIST:
		return add_text(o, text, first, field, arena, why);
	case OPTION_INT:
	case OPTION_DURATION:
	case OPTION_SIZE:
		good = parse_number(o, text, field);
		break;
	case OPTION_REAL: {
		double number = NO_NUMBER;
		good = (o->choices != NULL && strcmp(text, o->choices[0]) == 0) ||
		       (parse_real(text, &number) && number >= (double)o->min && number <= (double)o->max);
		if (good)
			*(double *)field = number;
		break;
	}
	case OPTION_CHOICE:
		good = parse_choice(o, text, field);
		break;
	}
	if (!good)
		option_allowed(o, why);
	return good ? 0 : -EINVAL;
}

static void format_players(const struct config_players *players, struct str *s)
{
	str_char(s, '{');
	for (size_t i = 0; i < players->count; i++) {
		str_text(s, i > 0 ? ", " : "");
		str_text(s, players->lookup[i]);
	}
	str_char(s, '}');
}

static void format_list(const struct config_list *list, struct str *s)
{
	str_char(s, '{');
	for (size_t i = 0; i < list->count; i++) {
		str_text(s, i > 0 ? ", " : "");
		str_text(s, list->item[i]);
	}
	str_char(s, '}');
}

void option_format(const struct option *o, const void *field, struct str *s)
{
	char text[SIZE_SIZE];
	int number;
	switch (o->type) {
	case OPTION_TEXT:
		str_text(s, *(const char *const *)field != NULL ? *(const char *const *)field : "");
		break;
	case OPTION_INT:
		if (o->choices != NULL && *(const int64_t *)field == 0)
			str_text(s, o->choices[0]);
		else
			str_int(s, *(const int64_t *)field);
		break;
	case OPTION_REAL:
		if (o->choices != NULL && *(const double *)field < 0)
			str_text(s, o->choices[0]);
		else
			str_printf(s, "%.15g", *(const double *)field);
		break;
	case OPTION_DURATION:
		str_text(s, duration_format(*(const int64_t *)field, text));
		break;
	case OPTION_SIZE:
		if (o->choices == NULL || *(const int64_t *)field != 0)
			str_text(s, size_format(*(const int64_t *)field, text));
		break;
	case OPTION_CHOICE:
		memcpy(&number, field, sizeof(number));
		str_text(s, o->choices[number - (int)o->min]);
		break;
	case OPTION_PLAYERS:
		format_players(field, s);
		break;
	case OPTION_LIST:
		format_list(field, s);
		break;
	}
}

static_assert(sizeof(enum config_eager) == sizeof(int) && sizeof(enum level) == sizeof(int) &&
		      sizeof(enum log_level) == sizeof(int) && sizeof(enum config_past) == sizeof(int) &&
		      sizeof(enum config_strangers) == sizeof(int) &&
		      sizeof(enum config_processor_type) == sizeof(int) && sizeof(enum config_form) == sizeof(int) &&
		      sizeof(enum config_sink_type) == sizeof(int) && sizeof(enum config_sink_form) == sizeof(int),
	"parse_choice() writes an int");
static_assert(COUNT(level_choices) == LEVEL_COUNT + 1, "one choice a level");
