#include "config/config.h"

#include "base/str.h"
#include "config/option.h"
#include "ingest/event.h"
#include "metrics/warnings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static char folder[64], path[128];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/config.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/propsd.conf", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	char command[160];
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void write_bytes(const char *name, const char *text, size_t length)
{
	char file[256];
	snprintf(file, sizeof(file), "%s/%s", folder, name);
	FILE *f = fopen(file, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, length, f), length);
	assert_int_equal(fclose(f), 0);
}

static void write_file(const char *name, const char *text)
{
	write_bytes(name, text, strlen(text));
}

static struct config *loaded(const char *name)
{
	struct config *config = NULL;
	struct err err = {0};
	if (config_load(name, &config, &err) < 0)
		fail_msg("%s", err.text);
	return config;
}

static struct config *loaded_text(const char *text)
{
	write_file("propsd.conf", text);
	return loaded(path);
}

/* Loads what must fail; the error without the folder in front of file names. */
static const char *error_of(const char *name)
{
	static char text[600];
	struct config *config = NULL;
	struct err err = {0};
	int rc = config_load(name, &config, &err);
	assert_true(rc < 0);
	assert_int_equal(err.code, rc);
	assert_null(config);
	size_t n = strlen(folder) + 1;
	char *out = text;
	for (const char *p = err.text; *p != '\0';)
		if (strncmp(p, folder, n - 1) == 0 && p[n - 1] == '/')
			p += n;
		else
			*out++ = *p++;
	*out = '\0';
	return text;
}

static void operators_may_be_told_of_each_warning(void **state)
{
	char text[1024] = "operator { conditions = { not_fresh";
	(void)state;
	for (size_t i = 0; warnings_names[i]; i++)
		text_format(text + strlen(text), sizeof(text) - strlen(text), ", %s", warnings_names[i]);
	text_format(text + strlen(text), sizeof(text) - strlen(text), " } }\n");
	write_file("propsd.conf", text);
	struct config *c = loaded(path);
	assert_int_equal(c->operator.conditions.count, 1 + WARNING_COUNT);
	config_free(c);
}

static void without_a_file_all_has_its_default(void **state)
{
	(void)state;
	struct config *c = loaded(NULL);
	char host[256] = "";
	gethostname(host, sizeof(host) - 1);
	assert_string_equal(c->instance, host);
	assert_string_equal(c->redis.url, "redis://127.0.0.1:6379/0");
	assert_string_equal(c->redis.prefix, "props:");
	assert_string_equal(c->redis.group, "propsd");
	assert_string_equal(c->redis.user, "");
	assert_string_equal(c->redis.password_file, "");
	assert_string_equal(c->redis.ca_file, "");
	assert_string_equal(c->redis.cert_file, "");
	assert_string_equal(c->redis.key_file, "");
	assert_int_equal(c->redis.keep_us, INT64_C(7) * 86400 * 1000000);
	assert_string_equal(c->admin.socket, "/run/propsd/admin.sock");
	assert_string_equal(c->admin.status_socket, "/run/propsd/status.sock");
	assert_string_equal(c->admin.group, "propsd-admin");
	assert_int_equal(c->admin.admins.count, 0);
	assert_int_equal(c->admin.operators.count, 0);
	assert_string_equal(c->metrics.listen, "");
	assert_string_equal(c->league.database, "/var/lib/propsd/league.db");
	assert_string_equal(c->league.timezone, "America/New_York");
	assert_int_equal(c->league.max_memory, 512 << 20);
	assert_string_equal(c->history.file, "/var/lib/propsd/history.db");
	assert_int_equal(c->history.keep_us, INT64_C(90) * 86400 * 1000000);
	assert_int_equal(c->pool.workers, 0);
	assert_int_equal(c->pool.aging_us, 30000000);
	assert_int_equal(c->pool.limit_us, 60000000);
	assert_int_equal(c->ingest.max_in_flight, 50000);
	assert_int_equal(c->ingest.max_parked, 100000);
	assert_int_equal(c->ingest.max_delay_us, 30 * INT64_C(86400000000));
	assert_int_equal(c->ingest.max_deliveries, 5);
	assert_int_equal(c->ingest.keep_us, INT64_C(86400) * 1000000);
	assert_int_equal(c->ingest.past, CONFIG_PAST_REFUSE);
	assert_int_equal(c->ingest.strangers, CONFIG_STRANGERS_REPORT);
	assert_int_equal(c->ingest.silent_after_us, 1800000000);
	static const enum level priority[] = {LEVEL_NORMAL, LEVEL_NORMAL, LEVEL_HIGH, LEVEL_HIGH, LEVEL_NORMAL};
	assert_memory_equal(c->priority, priority, sizeof(priority));
	assert_string_equal(c->report.processor, "builtin");
	assert_true(c->report.min_edge == -1 && c->report.min_return == -1); /* none, auto */
	assert_int_equal(c->model.market, CONFIG_ON);
	assert_int_equal(c->model.market_precompute, CONFIG_OFF);
	assert_int_equal(c->model.cache, 64 << 20);
	assert_int_equal(c->model.neighbours, 50);
	assert_int_equal(c->regen.max_attempts, 3);
	assert_int_equal(c->regen.back_off_us, 10000000);
	assert_int_equal(c->regen.max_back_off_us, 600000000);
	assert_int_equal(c->drain.limit_us, 20000000);
	assert_int_equal(c->trace.records, 32768);
	assert_int_equal(c->trace.reports, 16 << 20);
	assert_int_equal(c->log.level, LOG_LEVEL_INFO);
	assert_int_equal(c->tiers, 0);
	assert_int_equal(c->processors, 1);
	assert_string_equal(c->processor[0].name, "builtin");
	assert_int_equal(c->processor[0].type, CONFIG_PROCESSOR_BUILTIN);
	config_free(c);
	config_free(NULL);
}

static const char everything[] =
	"instance = \"left\"\n"
	"redis { url = \"unix:///run/redis.sock\" prefix = \"{p}:\" group = g user = u\n"
	"  password_file = /etc/pw ca_file = /etc/ca cert_file = /etc/crt key_file = /etc/key keep = 90m }\n"
	"admin { socket = /tmp/a status_socket = \"\" group = \"\"\n"
	"  admins = {ada, 1000} operators = \"@ops\" }\n"
	"metrics { listen = \"[::1]:9464\" }\n"
	"league { database = \"\" timezone = UTC max_memory = 1G }\n"
	"history { file = /srv/history.db keep = 30d }\n"
	"pool { workers = 7 aging = 1.5s limit = 2m }\n"
	"ingest { max_in_flight = 100 max_parked = 10000000 max_deliveries = 1 keep = 1m max_delay = 1m\n"
	"  past = accept\n"
	"  strangers = refuse\n"
	"  silent_after = 45s }\n"
	"priority { odds = urgent injury = low lineup = normal regenerate = high slate = low }\n"
	"tier \"star\" { players = { \"LeBron James\", stephencurry, } priority = urgent }\n"
	"tier other { players = \"Luka Don\xc4\x8di\xc4\x87\" }\n"
	"processor \"load\" { type = synthetic spin_us = 100 sleep_ms = 2 fail_rate = 0.25 rate = \"90/m\" burst = 4\n"
	"  slots = 9 }\n"
	"processor \"mine\" { type = exec command = { \"/a b/python\", worker.py } environment = { \"A=1\", \"B=\" }\n"
	"  directory = /tmp children = 20 min_children = 3 threads = 0 timeout = 15s start_timeout = 2s settle = 200ms\n"
	"  recycle_jobs = 1000 recycle_growth = 1G memory = 2G cpu = 3 output = 1M per_job = yes wrap = no breaker = 0\n"
	"  previous = 64K }\n"
	"processor \"push\" { type = http url = \"https://a.example/push?b=c\" form = json concurrency = 7 token_file = \"/etc/token\"\n"
	"  ca_file = \"/etc/ca\" timeout = 20s output = 2M }\n"
	"schedule \"evening\" { at = { \"17:00\", \"18:30:05\" } days = mon-fri slate = yes priority = low phase = report }\n"
	"schedule stars { at = \"09:00\" players = { \"LeBron James\" } force = yes phase = precompute }\n"
	"schedule bay { at = \"09:00\" teams = { GSW, SAC } }\n"
	"precompute { processor = mine reads = { odds, slate } cache = 1M }\n"
	"report { processor = load reads = { odds } eager = no min_edge = 0 min_return = 0.5 }\n"
	"sink \"archive\" { type = directory path = /a/b }\n"
	"sink \"bucket\" { type = s3 url = \"https://h:9/x\" bucket = b prefix = \"n/\" region = r key_file = /k ca_file = /c\n"
	"  form = google }\n"
	"sink \"alert\" { type = webhook url_file = /u token_file = /t form = slack min_return = 0.05 markets = { points, pra }\n"
	"  cool_down = 1h max_quote_age = 90s }\n"
	"model { cache = 1M neighbours = 1000 market = off market_precompute = on }\n"
	"regen { max_attempts = 1 back_off = 50ms max_back_off = 2h }\n"
	"drain { limit = 0 }\n"
	"operator { url_file = /u token_file = /t ca_file = /c form = slack conditions = { sink, processor } after = 0\n"
	"  stale_after = 3m }\n"
	"trace { records = 0 reports = 1M }\n"
	"log { level = debug }\n";

static void every_option_is_read_into_its_field(void **state)
{
	(void)state;
	struct config *c = loaded_text(everything);
	assert_string_equal(c->instance, "left");
	assert_string_equal(c->redis.url, "unix:///run/redis.sock");
	assert_string_equal(c->redis.prefix, "{p}:");
	assert_string_equal(c->redis.group, "g");
	assert_string_equal(c->redis.user, "u");
	assert_string_equal(c->redis.password_file, "/etc/pw");
	assert_string_equal(c->redis.ca_file, "/etc/ca");
	assert_string_equal(c->redis.cert_file, "/etc/crt");
	assert_string_equal(c->redis.key_file, "/etc/key");
	assert_int_equal(c->redis.keep_us, INT64_C(5400) * 1000000);
	assert_string_equal(c->admin.socket, "/tmp/a");
	assert_string_equal(c->admin.status_socket, "");
	assert_string_equal(c->admin.group, "");
	assert_int_equal(c->admin.admins.count, 2);
	assert_string_equal(c->admin.admins.item[1], "1000");
	assert_int_equal(c->admin.operators.count, 1);
	assert_string_equal(c->admin.operators.item[0], "@ops");
	assert_string_equal(c->metrics.listen, "[::1]:9464");
	assert_string_equal(c->league.database, "");
	assert_string_equal(c->league.timezone, "UTC");
	assert_int_equal(c->league.max_memory, 1 << 30);
	assert_string_equal(c->history.file, "/srv/history.db");
	assert_int_equal(c->history.keep_us, INT64_C(30) * 86400 * 1000000);
	assert_int_equal(c->pool.workers, 7);
	assert_int_equal(c->pool.aging_us, 1500000);
	assert_int_equal(c->pool.limit_us, 120000000);
	assert_int_equal(c->ingest.max_in_flight, 100);
	assert_int_equal(c->ingest.max_parked, 10000000);
	assert_int_equal(c->ingest.max_delay_us, 60000000);
	assert_int_equal(c->ingest.max_deliveries, 1);
	assert_int_equal(c->ingest.keep_us, 60000000);
	assert_int_equal(c->ingest.past, CONFIG_PAST_ACCEPT);
	assert_int_equal(c->ingest.strangers, CONFIG_STRANGERS_REFUSE);
	assert_int_equal(c->ingest.silent_after_us, 45000000);
	static const enum level priority[] = {LEVEL_HIGH, LEVEL_LOW, LEVEL_NORMAL, LEVEL_LOW, LEVEL_URGENT};
	assert_memory_equal(c->priority, priority, sizeof(priority));
	assert_int_equal(c->tiers, 2);
	assert_string_equal(c->tier[0].name, "star");
	assert_int_equal(c->tier[0].players.count, 2);
	assert_string_equal(c->tier[0].players.lookup[0], "lebronjames");
	assert_string_equal(c->tier[0].players.lookup[1], "stephencurry");
	assert_int_equal(c->tier[0].priority, LEVEL_URGENT);
	assert_int_equal(c->tier[1].players.count, 1);
	assert_string_equal(c->tier[1].players.lookup[0], "lukadoncic");
	assert_int_equal(c->tier[1].priority, LEVEL_HIGH);
	assert_int_equal(c->processors, 4);
	const struct config_processor *p = config_processor(c, "load");
	assert_non_null(p);
	assert_int_equal(p->type, CONFIG_PROCESSOR_SYNTHETIC);
	assert_int_equal(p->spin_us, 100);
	assert_int_equal(p->sleep_ms, 2);
	assert_true(p->fail_rate == 0.25);
	assert_string_equal(p->rate, "90/m");
	assert_int_equal(p->burst, 4);
	assert_int_equal(p->slots, 9);
	p = config_processor(c, "mine");
	assert_non_null(p);
	assert_int_equal(p->type, CONFIG_PROCESSOR_EXEC);
	assert_int_equal(p->exec.command.count, 2);
	assert_string_equal(p->exec.command.item[0], "/a b/python");
	assert_string_equal(p->exec.command.item[1], "worker.py");
	assert_null(p->exec.command.item[2]);
	assert_int_equal(p->exec.environment.count, 2);
	assert_string_equal(p->exec.environment.item[1], "B=");
	assert_string_equal(p->exec.directory, "/tmp");
	assert_int_equal(p->exec.children, 20);
	assert_int_equal(p->exec.min_children, 3);
	assert_int_equal(p->exec.threads, 0);
	assert_int_equal(p->timeout_us, 15000000);
	assert_int_equal(p->exec.start_timeout_us, 2000000);
	assert_int_equal(p->settle_us, 200000);
	assert_int_equal(p->exec.recycle_jobs, 1000);
	assert_int_equal(p->exec.recycle_growth, 1 << 30);
	assert_int_equal(p->exec.memory, INT64_C(2) << 30);
	assert_int_equal(p->exec.cpu, 3);
	assert_int_equal(p->output, 1 << 20);
	assert_int_equal(p->exec.per_job, 1);
	assert_int_equal(p->wrap, 0);
	assert_int_equal(p->previous, 64 << 10);
	assert_int_equal(p->breaker, 0);
	p = config_processor(c, "push");
	assert_non_null(p);
	assert_int_equal(p->type, CONFIG_PROCESSOR_HTTP);
	assert_string_equal(p->http.url, "https://a.example/push?b=c");
	assert_int_equal(p->http.form, CONFIG_FORM_JSON);
	assert_int_equal(p->http.concurrency, 7);
	assert_string_equal(p->http.token_file, "/etc/token");
	assert_string_equal(p->http.ca_file, "/etc/ca");
	assert_int_equal(p->timeout_us, 20000000);
	assert_int_equal(p->output, 2 << 20);
	assert_int_equal(p->wrap, 1);
	assert_int_equal(p->breaker, 15);
	assert_non_null(config_processor(c, "builtin"));
	assert_null(config_processor(c, "loa"));
	assert_int_equal(c->schedules, 3);
	const struct config_schedule *s = c->schedule;
	assert_string_equal(s[0].name, "evening");
	assert_int_equal(s[0].at.count, 2);
	assert_string_equal(s[0].at.item[1], "18:30:05");
	assert_string_equal(s[0].days, "mon-fri");
	assert_string_equal(s[1].days, "mon-sun");
	assert_int_equal(s[0].slate, 1);
	assert_int_equal(s[1].slate, 0);
	assert_int_equal(s[0].priority, 1 + LEVEL_LOW);
	assert_int_equal(s[1].priority, 0);
	assert_int_equal(s[0].phase, CONFIG_SCHEDULE_REPORT);
	assert_int_equal(s[2].phase, CONFIG_SCHEDULE_ALL);
	assert_int_equal(s[0].force, 0);
	assert_int_equal(s[1].force, 1);
	assert_string_equal(s[1].players.lookup[0], "lebronjames");
	assert_int_equal(s[2].teams.count, 2);
	assert_string_equal(s[2].teams.item[1], "SAC");
	assert_string_equal(c->precompute.processor, "mine");
	assert_int_equal(c->precompute.reads.count, 2);
	assert_string_equal(c->precompute.reads.item[1], "slate");
	assert_int_equal(c->precompute.cache, 1 << 20);
	assert_string_equal(c->report.processor, "load");
	assert_int_equal(c->report.reads.count, 1);
	assert_int_equal(c->report.eager, CONFIG_EAGER_NO);
	assert_true(c->report.min_edge == 0 && c->report.min_return == 0.5);
	assert_int_equal(c->model.market, CONFIG_OFF);
	assert_int_equal(c->model.market_precompute, CONFIG_ON);
	assert_int_equal(c->sinks, 3);
	assert_string_equal(c->sink[2].webhook.url_file, "/u");
	assert_string_equal(c->sink[2].webhook.token_file, "/t");
	assert_int_equal(c->sink[2].s3.form, CONFIG_SINK_FORM_SLACK);
	assert_int_equal(c->sink[2].webhook.markets.count, 2);
	assert_string_equal(c->sink[2].webhook.markets.item[1], "pra");
	assert_int_equal(c->sink[2].webhook.cool_down_us, INT64_C(3600000000));
	assert_int_equal(c->sink[2].webhook.max_quote_age_us, INT64_C(90000000));
	assert_int_equal(c->sink[1].type, CONFIG_SINK_S3);
	assert_string_equal(c->sink[1].s3.url, "https://h:9/x");
	assert_string_equal(c->sink[1].s3.bucket, "b");
	assert_string_equal(c->sink[1].s3.prefix, "n/");
	assert_string_equal(c->sink[1].s3.region, "r");
	assert_string_equal(c->sink[1].s3.key_file, "/k");
	assert_string_equal(c->sink[1].s3.ca_file, "/c");
	assert_int_equal(c->sink[1].s3.form, CONFIG_SINK_FORM_GOOGLE);
	assert_string_equal(c->sink[0].name, "archive");
	assert_int_equal(c->sink[0].type, CONFIG_SINK_DIRECTORY);
	assert_string_equal(c->sink[0].path, "/a/b");
	assert_int_equal(c->model.cache, 1 << 20);
	assert_int_equal(c->model.neighbours, 1000);
	assert_int_equal(c->regen.max_attempts, 1);
	assert_int_equal(c->regen.back_off_us, 50000);
	assert_int_equal(c->regen.max_back_off_us, INT64_C(7200000000));
	assert_int_equal(c->drain.limit_us, 0);
	assert_string_equal(c->operator.url_file, "/u");
	assert_string_equal(c->operator.token_file, "/t");
	assert_string_equal(c->operator.ca_file, "/c");
	assert_int_equal(c->operator.form, CONFIG_HOOK_SLACK);
	assert_int_equal(c->operator.conditions.count, 2);
	assert_int_equal(c->operator.after_us, 0);
	assert_int_equal(c->operator.stale_after_us, 180000000);
	assert_int_equal(c->trace.records, 0);
	assert_int_equal(c->trace.reports, 1 << 20);
	assert_int_equal(c->log.level, LOG_LEVEL_DEBUG);
	config_free(c);
}

static void priorities_stand_in_the_order_of_the_streams(void **state)
{
	(void)state;
	assert_int_equal(CONFIG_STREAMS, STREAM_COUNT);
	for (int i = 0; i < STREAM_COUNT; i++) {
		char text[64];
		snprintf(text, sizeof(text), "priority { %s = urgent }", stream_name((enum stream)i));
		struct config *c = loaded_text(text);
		for (int k = 0; k < STREAM_COUNT; k++)
			assert_int_equal(c->priority[k] == LEVEL_URGENT, k == i);
		config_free(c);
	}
}

struct changes {
	char text[8192];
	size_t length;
	int count;
};

static void note(void *context, const char *key, const char *from, const char *to, bool restart)
{
	struct changes *c = context;
	c->count++;
	c->length += text_format(c->text + c->length, sizeof(c->text) - c->length, "%s: %s -> %s%s\n", key,
		from != NULL ? from : "-", to != NULL ? to : "-", restart ? " (restart)" : "");
}

/* Otherwise an option would be one that no test reads. */
static void the_test_above_changes_every_option(void **state)
{
	(void)state;
	struct config *defaults = loaded(NULL), *other = loaded_text(everything);
	size_t count;
	const struct option *table = option_table(&count);
	struct changes changes = {0};
	assert_true(config_diff(defaults, other, note, &changes) > 0);
	for (size_t i = 0; i < count; i++) {
		char key[96];
		const bool of_stars = strcmp(table[i].name, "players") == 0,
			   of_bay = strcmp(table[i].name, "teams") == 0;
		text_format(key, sizeof(key), "%s%s%s%s: ", table[i].section, table[i].section[0] != '\0' ? "." : "",
			strcmp(table[i].section, "tier") == 0 ? "star."
			: strcmp(table[i].section, "sink") == 0
				? (table[i].only && option_is_of(&table[i], "s3")               ? "bucket."
					  : table[i].only && option_is_of(&table[i], "webhook") ? "alert."
												: "archive.")
			: strcmp(table[i].section, "schedule") == 0        ? of_stars ? "stars."
									     : of_bay ? "bay."
										      : "evening."
			: strcmp(table[i].section, "processor") != 0       ? ""
			: table[i].only && option_is_of(&table[i], "exec") ? "mine."
			: table[i].only && option_is_of(&table[i], "http") ? "push."
									   : "load.",
			table[i].name);
		if (strstr(changes.text, key) == NULL)
			fail_msg("%s is not changed", key);
	}
	config_free(defaults);
	config_free(other);
}

static void an_empty_file_is_as_good_as_none(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "\n", "# nothing\n", "// nothing", "pool {\n}\n", "/* a\n b */ pool {}"};
	struct config *defaults = loaded(NULL);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct changes changes = {0};
		struct config *c = loaded_text(texts[i]);
		assert_int_equal(config_diff(defaults, c, note, &changes), 0);
		assert_int_equal(changes.count, 0);
		config_free(c);
	}
	config_free(defaults);
}

/* the file that is installed */

#define SAMPLE SOURCE_DIR "/etc/propsd.conf"

static void the_sample_file_sets_nothing(void **state)
{
	(void)state;
	struct config *defaults = loaded(NULL), *c = loaded(SAMPLE);
	struct changes changes = {0};
	assert_int_equal(config_diff(defaults, c, note, &changes), 0);
	assert_string_equal(changes.text, "");
	config_free(defaults);
	config_free(c);
}

struct sample {
	char section[32];
	char comment[1024]; /* the lines above, joined */
	bool seen[128];
};

/* A line "name = value" below its comment, against its row. */
static void check_sample_option(struct sample *s, const char *name, char *value)
{
	size_t count, index;
	const struct option *table = option_table(&count), *o = option_find(s->section, name);
	if (o == NULL)
		fail_msg("the sample file has %s in section '%s', which is no option", name, s->section);
	index = (size_t)(o - table);
	assert_true(index < sizeof(s->seen));
	assert_true(!s->seen[index] || strcmp(name, "type") == 0); /* there is an example of each type */
	s->seen[index] = true;

	char why[OPTION_WHY_SIZE], *range = why + strlen("allowed is ");
	option_allowed(o, why);
	char *example = strstr(range, ", as in");
	if (example != NULL)
		*example = '\0';
	if (strstr(s->comment, o->help) == NULL)
		fail_msg("the comment of %s is '%s', the table says '%s'", name, s->comment, o->help);
	if (o->type != OPTION_TEXT && o->type != OPTION_PLAYERS && strstr(s->comment, range) == NULL)
		fail_msg("the comment of %s is '%s', which lacks '%s'", name, s->comment, range);
	assert_int_equal(strstr(s->comment, "(restart)") != NULL, o->restart);
	if (o->value == NULL)
		return; /* has no default: an example */
	size_t n = strlen(value);
	if (n >= 2 && value[0] == '"' && value[n - 1] == '"') {
		value[n - 1] = '\0';
		value++;
	}
	assert_string_equal(value, o->value);
}

static void sample_line(struct sample *s, char *line)
{
	char name[64], value[256];
	line += strspn(line, "\t ");
	line[strcspn(line, "\n")] = '\0';
	bool comment = line[0] == '#';
	if (comment && (line[1] == ' ' || line[1] == '\0')) {
		size_t n = strlen(s->comment);
		text_format(
			s->comment + n, sizeof(s->comment) - n, "%s%s", n > 0 ? " " : "", line + 1 + (line[1] == ' '));
		return;
	}
	line += comment;
	if (line[0] == '}')
		s->section[0] = '\0';
	else if (sscanf(line, "%63[a-z_] = %255[^\n]", name, value) == 2)
		check_sample_option(s, name, value);
	else if (strchr(line, '{') != NULL)
		sscanf(line, "%31[a-z_]", s->section);
	s->comment[0] = '\0';
}

static void table_and_sample_file_are_in_step(void **state)
{
	(void)state;
	struct sample s = {0};
	char line[512];
	FILE *f = fopen(SAMPLE, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		sample_line(&s, line);
	fclose(f);
	size_t count;
	const struct option *table = option_table(&count);
	for (size_t i = 0; i < count; i++)
		if (!s.seen[i])
			fail_msg("the sample file lacks %s of section '%s'", table[i].name, table[i].section);
}

/* With each # that stands right before a name or a brace taken away. */
static void the_sample_file_is_right_with_all_options_set(void **state)
{
	(void)state;
	static char text[65536];
	size_t n = 0;
	char line[512];
	FILE *f = fopen(SAMPLE, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		char *p = line + strspn(line, "\t");
		if (p[0] == '#' && ((p[1] >= 'a' && p[1] <= 'z') || p[1] == '}'))
			p[0] = ' ';
		n += text_format(text + n, sizeof(text) - n, "%s", line);
	}
	fclose(f);
	struct config *defaults = loaded(NULL), *c = loaded_text(text);
	struct changes changes = {0};
	assert_true(config_diff(defaults, c, note, &changes) >= 0);
	assert_string_equal(changes.text, "tier.star.players: - -> {lebronjames, stephencurry}\n"
					  "tier.star.priority: - -> high\n"
					  "processor.mymodel.type: - -> exec\n"
					  "processor.mymodel.command: - -> {/opt/model/venv/bin/python, "
					  "/opt/model/worker.py}\n"
					  "processor.mymodel.environment: - -> {}\n"
					  "processor.mymodel.directory: - -> \n"
					  "processor.mymodel.children: - -> auto\n"
					  "processor.mymodel.min_children: - -> 0\n"
					  "processor.mymodel.threads: - -> 1\n"
					  "processor.mymodel.timeout: - -> 5m\n"
					  "processor.mymodel.start_timeout: - -> 1m\n"
					  "processor.mymodel.settle: - -> 0\n"
					  "processor.mymodel.recycle_jobs: - -> 0\n"
					  "processor.mymodel.recycle_growth: - -> 500M\n"
					  "processor.mymodel.memory: - -> \n"
					  "processor.mymodel.cpu: - -> \n"
					  "processor.mymodel.output: - -> 4M\n"
					  "processor.mymodel.per_job: - -> no\n"
					  "processor.mymodel.wrap: - -> yes\n"
					  "processor.mymodel.previous: - -> 0\n"
					  "processor.mymodel.breaker: - -> 15\n"
					  "processor.mymodel.rate: - -> \n"
					  "processor.mymodel.burst: - -> auto\n"
					  "processor.push.type: - -> http\n"
					  "processor.push.timeout: - -> 5m\n"
					  "processor.push.settle: - -> 0\n"
					  "processor.push.output: - -> 4M\n"
					  "processor.push.wrap: - -> yes\n"
					  "processor.push.previous: - -> 0\n"
					  "processor.push.breaker: - -> 15\n"
					  "processor.push.url: - -> http://127.0.0.1:8080/\n"
					  "processor.push.form: - -> pubsub\n"
					  "processor.push.concurrency: - -> 80\n"
					  "processor.push.token_file: - -> \n"
					  "processor.push.ca_file: - -> \n"
					  "processor.push.rate: - -> \n"
					  "processor.push.burst: - -> auto\n"
					  "processor.load.type: - -> synthetic\n"
					  "processor.load.spin_us: - -> 0\n"
					  "processor.load.sleep_ms: - -> 0\n"
					  "processor.load.fail_rate: - -> 0\n"
					  "processor.load.slots: - -> 32\n"
					  "processor.load.rate: - -> \n"
					  "processor.load.burst: - -> auto\n"
					  "schedule.evening.at: - -> {17:00}\n"
					  "schedule.evening.days: - -> mon-sun\n"
					  "schedule.evening.slate: - -> yes\n"
					  "schedule.evening.players: - -> {}\n"
					  "schedule.evening.teams: - -> {}\n"
					  "schedule.evening.priority: - -> auto\n"
					  "schedule.evening.force: - -> no\n"
					  "schedule.evening.phase: - -> all\n"
					  "sink.archive.type: - -> directory\n"
					  "sink.archive.path: - -> /var/lib/propsd/reports\n"
					  "sink.bucket.type: - -> s3\n"
					  "sink.bucket.url: - -> https://s3.us-east-1.amazonaws.com\n"
					  "sink.bucket.bucket: - -> \n"
					  "sink.bucket.prefix: - -> \n"
					  "sink.bucket.region: - -> \n"
					  "sink.bucket.key_file: - -> \n"
					  "sink.bucket.ca_file: - -> \n"
					  "sink.bucket.form: - -> auto\n"
					  "sink.alert.type: - -> webhook\n"
					  "sink.alert.ca_file: - -> \n"
					  "sink.alert.form: - -> auto\n"
					  "sink.alert.url_file: - -> /etc/propsd/alert.url\n"
					  "sink.alert.token_file: - -> \n"
					  "sink.alert.min_return: - -> 0\n"
					  "sink.alert.markets: - -> {}\n"
					  "sink.alert.cool_down: - -> 30m\n"
					  "sink.alert.max_quote_age: - -> 5m\n");
	config_free(defaults);
	config_free(c);
}

/* errors */

static void errors_say_where_what_was_read_and_what_is_allowed(void **state)
{
	(void)state;
	static const struct {
		const char *text, *error;
	} rows[] = {
		/* names */
		{"pool {\n wrkers = 4\n}", "propsd.conf:2: unknown option \"wrkers\" in pool, allowed are "
					   "workers, aging, limit"},
		{"\n\nhistories { keep_days = 90 }",
			"propsd.conf:3: unknown option \"histories\", allowed are instance, redis, admin, "
			"metrics, league, history, pool, ingest, "
			"priority, tier, processor, precompute, report, sink, model, regen, schedule, drain, operator, trace, log, include"},
		{"tier \"a\" { speed = 1 }",
			"propsd.conf:1: unknown option \"speed\" in tier, allowed are players, priority"},
		{"pool { include(\"x\") }", "propsd.conf:1: unknown option \"include\" in pool, allowed are "
					    "workers, aging, limit"},
		/* numbers */
		{"pool { workers = 0 }",
			"propsd.conf:1: pool.workers: read \"0\", allowed is auto or a whole number from 1 "
			"to 256"},
		{"pool { workers = 257 }",
			"propsd.conf:1: pool.workers: read \"257\", allowed is auto or a whole number "
			"from 1 to 256"},
		{"pool {\n\n  workers = many }",
			"propsd.conf:3: pool.workers: read \"many\", allowed is auto or a whole "
			"number from 1 to 256"},
		{"ingest { max_in_flight = 1e4 }",
			"propsd.conf:1: ingest.max_in_flight: read \"1e4\", allowed is a whole "
			"number from 100 to 1000000"},
		{"ingest { max_deliveries = 99999999999999999999 }",
			"propsd.conf:1: ingest.max_deliveries: read \"99999999999999999999\", allowed is a "
			"whole number from 1 "
			"to 100"},
		{"regen { max_attempts = \"\" }", "propsd.conf:1: regen.max_attempts: read \"\", allowed is "
						  "a whole number from 1 to 100"},
		{"report { min_edge = 3% }",
			"propsd.conf:1: report.min_edge: read \"3%\", allowed is none or a number from 0 to 1"},
		{"report { min_edge = 1.5 }",
			"propsd.conf:1: report.min_edge: read \"1.5\", allowed is none or a number from 0 to 1"},
		{"report { min_edge = -0.1 }",
			"propsd.conf:1: report.min_edge: read \"-0.1\", allowed is none or a number from 0 to 1"},
		{"report { min_edge = inf }",
			"propsd.conf:1: report.min_edge: read \"inf\", allowed is none or a number from 0 to 1"},
		{"report { min_return = none }",
			"propsd.conf:1: report.min_return: read \"none\", allowed is auto or a number from 0 to 10"},
		{"model { market = yes }", "propsd.conf:1: model.market: read \"yes\", allowed is off or on"},
		/* durations and sizes */
		{"pool { aging = 30 }", "propsd.conf:1: pool.aging: read \"30\", allowed is a duration from "
					"1s to 1h, as in 30s"},
		{"pool { aging = 999ms }", "propsd.conf:1: pool.aging: read \"999ms\", allowed is a duration "
					   "from 1s to 1h, as in 30s"},
		{"pool { aging = 2h }", "propsd.conf:1: pool.aging: read \"2h\", allowed is a duration from "
					"1s to 1h, as in 30s"},
		{"redis { keep = \"1 week\" }", "propsd.conf:1: redis.keep: read \"1 week\", allowed is a "
						"duration from 1h to 366d, as "
						"in 30s"},
		{"model { cache = 64MB }", "propsd.conf:1: model.cache: read \"64MB\", allowed is a size "
					   "from 1M to 64G, as in 64M"},
		{"league { max_memory = 1000 }", "propsd.conf:1: league.max_memory: read \"1000\", allowed "
						 "is a size from 1M to 1T, as in 64M"},
		/* choices */
		{"priority { odds = High }", "propsd.conf:1: priority.odds: read \"High\", allowed is "
					     "urgent, high, normal or low"},
		{"ingest { past = maybe }", "propsd.conf:1: ingest.past: read \"maybe\", allowed is refuse or accept"},
		{"log { level = error }", "propsd.conf:1: log.level: read \"error\", allowed is err, warn, "
					  "notice, info or debug"},
		/* texts */
		{"instance = \"a b\"", "propsd.conf:1: instance: read \"a b\", allowed is a name of up to 64 "
				       "letters, digits "
				       "and . _ -, or \"\" for the host's name"},
		{"instance = \"a\\nb\"", "propsd.conf:1: instance: read \"a\nb\", allowed is UTF-8 text without control "
					 "characters"},
		{"redis { prefix = \"\" }",
			"propsd.conf:1: redis.prefix: read \"\", allowed are 1 to 64 letters, digits and "
			". _ - : / { }, as in \"props:\""},
		{"redis { url = \"sentinel://a,b/mymaster\" }",
			"propsd.conf:1: redis.url: read \"sentinel://a,b/mymaster\", this version does not "
			"speak to Redis "
			"Sentinel yet; allowed is redis://HOST:PORT/DB, rediss://HOST:PORT/DB (TLS) or "
			"unix:///PATH"},
		{"redis { url = \"cluster://a\" }",
			"propsd.conf:1: redis.url: read \"cluster://a\", this version does not speak to "
			"Redis Cluster yet; "
			"allowed is redis://HOST:PORT/DB, rediss://HOST:PORT/DB (TLS) or unix:///PATH"},
		{"redis { url = \"http://u:geheim@a/\" }",
			"propsd.conf:1: redis.url: read \"http://u:***@a/\", allowed is "
			"redis://HOST:PORT/DB, "
			"rediss://HOST:PORT/DB (TLS) or unix:///PATH"},
		{"redis { url = \"redis://\" }", "propsd.conf:1: redis.url: read \"redis://\", allowed is "
						 "redis://HOST:PORT/DB, rediss://HOST:PORT/DB "
						 "(TLS) or unix:///PATH"},
		{"league { timezone = Mars/Olympus }",
			"propsd.conf:1: league.timezone: read \"Mars/Olympus\", allowed is the name of a "
			"file below "
			"/usr/share/zoneinfo, such as America/New_York"},
		{"league { database = league.db }", "propsd.conf:1: league.database: read \"league.db\", "
						    "allowed is an absolute path, or \"\" for none"},
		{"admin { socket = \"\" }", "propsd.conf:1: admin.socket: read \"\", allowed is an absolute "
					    "path of up to 107 bytes"},
		{"admin { operators = {ops, \"@\"} }",
			"propsd.conf:1: admin.operators: read \"@\", allowed is the name or number of a user, or that of a "
			"group with @ before it, as in @ops"},
		{"metrics { listen = \"localhost:9464\" }",
			"propsd.conf:1: metrics.listen: read \"localhost:9464\", allowed is an address in figures with a "
			"port from 1 to 65535, as in 127.0.0.1:9464 or [::1]:9464, or \"\" for none"},
		{"admin { socket = /run/propsd/status.sock }",
			"propsd.conf:1: admin.socket: read \"/run/propsd/status.sock\", allowed are two "
			"different paths for "
			"socket and status_socket"},
		/* tiers and processors */
		{"tier \"a\" { priority = low }",
			"propsd.conf:1: tier \"a\": players is missing, allowed is a list of names"},
		{"tier \"a\" {\n}\n", "propsd.conf:2: tier \"a\": players is missing, allowed is a list of names"},
		{"tier { players = x }", "propsd.conf:1: missing title for section 'tier'"},
		{"tier \"a b\" { players = x }",
			"propsd.conf:1: tier: read \"a b\", allowed is a name of up to 32 letters, "
			"digits and _ -"},
		{"tier a { players = x }\ntier a { players = y }", "propsd.conf:2: found duplicate title 'a'"},
		{"tier a { players = {x, \"X.\"} }",
			"propsd.conf:1: tier.a.players: read \"X.\", the player x is in the list already"},
		{"tier a { players = \"...\" }",
			"propsd.conf:1: tier.a.players: read \"...\", allowed is a name with Latin letters"},
		{"tier a { players = x }\ntier b { players = {y, x} }",
			"propsd.conf:2: tier \"b\": the player x is in tier \"a\" already"},
		{"processor \"x\" { }",
			"propsd.conf:1: processor \"x\": type is missing, allowed is builtin, synthetic, exec or http"},
		{"processor \"x\" { type = java }",
			"propsd.conf:1: processor.x.type: read \"java\", allowed is builtin, synthetic, exec or http"},
		{"processor \"x\" { type = exec }",
			"propsd.conf:1: processor \"x\": command is missing, allowed is a list of the program and its "
			"arguments, as in command = { \"python3\", \"/opt/model/worker.py\" }"},
		{"processor \"x\" { type = exec command = { a }\n environment = { \"A=\", \"=b\" } }",
			"propsd.conf:2: processor.x.environment: read \"=b\", allowed is NAME=value"},
		{"processor \"x\" { type = exec command = { a } children = 2\n min_children = 3 }",
			"propsd.conf:2: processor.x.min_children: read \"3\", allowed is at most children"},
		{"processor \"x\" { type = synthetic\n rate = 10 }",
			"propsd.conf:2: processor.x.rate: read \"10\", allowed is a whole number a second, minute or hour, as "
			"in 10/s, 90/m or 500/h, at most 10000/s; or \"\" for no limit"},
		{"processor \"x\" { type = synthetic\n command = { a } }",
			"propsd.conf:2: processor.x.command: read \"a\", allowed only where type is exec"},
		{"schedule x { slate = yes }",
			"propsd.conf:1: schedule \"x\": at is missing, allowed is a list of times of the day, as in at = "
			"\"17:00\""},
		{"schedule x { at = \"17:00\" }",
			"propsd.conf:1: schedule \"x\": whom it regenerates is missing, allowed is one of slate = yes, players "
			"and teams"},
		{"schedule x { at = \"17:00\" slate = yes teams = LAL }",
			"propsd.conf:1: schedule \"x\": too many are named, allowed is one of slate = yes, players and teams"},
		{"schedule x { slate = yes\n at = { \"17:00\", 5pm } }",
			"propsd.conf:2: schedule.x.at: read \"5pm\", allowed is a time of the day in the league's zone, from "
			"00:00 to 23:59, as in 17:00 or 17:00:30"},
		{"schedule x { at = \"17:00\" slate = yes\n days = weekdays }",
			"propsd.conf:2: schedule.x.days: read \"weekdays\", allowed are mon, tue, wed, thu, fri, sat and sun, "
			"as in mon-fri or mon,wed,sat-sun"},
		{"schedule x { at = \"17:00\"\n teams = { lakers } }",
			"propsd.conf:2: schedule.x.teams: read \"lakers\", allowed is a team's code, as LAL"},
		{"schedule x { at = \"17:00\" slate = yes\n phase = precompute }",
			"propsd.conf:2: schedule.x.phase: read \"precompute\", allowed only beside precompute.processor"},
		{"schedule \"x y\" { at = \"17:00\" slate = yes }",
			"propsd.conf:1: schedule: read \"x y\", allowed is a name of up to 32 letters, digits and _ -"},
		{"sink \"x\" { path = /a }",
			"propsd.conf:1: sink \"x\": type is missing, allowed is directory, s3 or webhook"},
		{"sink \"x\" { type = ftp }",
			"propsd.conf:1: sink.x.type: read \"ftp\", allowed is directory, s3 or webhook"},
		{"operator { conditions = { rain } }",
			"propsd.conf:1: operator.conditions: read \"rain\", allowed are not_fresh, feed_silent, book_silent, "
			"dead_letters, processor, sink, history, date_waits, entries_lost, memory_limit, evicting, "
			"no_append_only_file, "
			"unchecked, stream_pinned, unknown_names and clock_offset"},
		{"sink \"x\" { type = webhook }",
			"propsd.conf:1: sink \"x\": url_file is missing, allowed is the absolute path of a file whose first line "
			"is the webhook's address, as it is a secret"},
		{"sink \"x\" { type = webhook url_file = /u form = google }",
			"propsd.conf:1: sink.x.form: read \"google\", allowed is auto, json, discord or slack where type is webhook"},
		{"sink \"x\" { type = s3 url = \"https://h\" form = json }",
			"propsd.conf:1: sink.x.form: read \"json\", allowed is auto, s3 or google where type is s3"},
		{"sink \"x\" { type = webhook url_file = /u markets = { poits } }",
			"propsd.conf:1: sink.x.markets: read \"poits\", allowed are points, rebounds, assists, threes, steals, "
			"blocks, turnovers, pra, pr, pa and ra"},
		{"sink \"x\" { type = webhook url_file = /u cool_down = 3d }",
			"propsd.conf:1: sink.x.cool_down: read \"3d\", allowed is a duration from 0 to 2d, as in 30s"},
		{"sink \"x\" { type = webhook url_file = /u url = \"https://h\" }",
			"propsd.conf:1: sink.x.url: read \"https://h\", allowed only where type is s3"},
		{"sink \"x\" { type = s3 }",
			"propsd.conf:1: sink \"x\": url is missing, allowed is https://HOST:PORT or http://HOST:PORT, maybe with "
			"a path behind it"},
		{"sink \"x\" { type = s3 url = \"s3://bucket\" }",
			"propsd.conf:1: sink.x.url: read \"s3://bucket\", allowed is https://HOST:PORT or http://HOST:PORT, "
			"maybe with a path behind it"},
		{"sink \"x\" { type = s3 url = \"https://h\"\n path = /a }",
			"propsd.conf:2: sink.x.path: read \"/a\", allowed only where type is directory"},
		{"sink \"x\" { type = s3 url = \"https://h\"\n bucket = \"a/b\" }",
			"propsd.conf:2: sink.x.bucket: read \"a/b\", allowed is a name of letters, digits and . _ -, or \"\" "
			"where url names it"},
		{"sink \"x\" { type = s3 url = \"https://h\"\n prefix = \"../\" }",
			"propsd.conf:2: sink.x.prefix: read \"../\", allowed are up to 128 letters, digits and . _ - /, not begun "
			"with /, as in \"reports/\""},
		{"sink \"x\" { type = directory }",
			"propsd.conf:1: sink \"x\": path is missing, allowed is the absolute path of a folder, as in path = "
			"\"/var/lib/propsd/reports\""},
		{"sink \"x\" { type = directory path = reports }",
			"propsd.conf:1: sink.x.path: read \"reports\", allowed is an absolute path"},
		{"sink \"a/b\" { type = directory path = /a }",
			"propsd.conf:1: sink: read \"a/b\", allowed is a name of up to 32 letters, digits and _ -"},
		{"processor \"x\" { type = http }",
			"propsd.conf:1: processor \"x\": url is missing, allowed is http://HOST:PORT/PATH or "
			"https://HOST:PORT/PATH"},
		{"processor \"x\" { type = http url = \"localhost:8080\" }",
			"propsd.conf:1: processor.x.url: read \"localhost:8080\", allowed is http://HOST:PORT/PATH or "
			"https://HOST:PORT/PATH"},
		{"processor \"x\" { type = http url = \"http:///push\" }",
			"propsd.conf:1: processor.x.url: read \"http:///push\", allowed is http://HOST:PORT/PATH or "
			"https://HOST:PORT/PATH"},
		{"processor \"x\" { type = http url = \"http://a/#b\" }",
			"propsd.conf:1: processor.x.url: read \"http://a/#b\", allowed is http://HOST:PORT/PATH or "
			"https://HOST:PORT/PATH"},
		{"processor \"x\" { type = http url = \"http://u:p@a/\" }",
			"propsd.conf:1: processor.x.url: read \"http://u:***@a/\", allowed is a URL without user and password: it "
			"is shown in logs, use token_file"},
		{"processor \"x\" { type = http url = \"http://a/\" form = grpc }",
			"propsd.conf:1: processor.x.form: read \"grpc\", allowed is pubsub or json"},
		{"processor \"x\" { type = http url = \"http://a/\"\n children = 3 }",
			"propsd.conf:2: processor.x.children: read \"3\", allowed only where type is exec"},
		{"processor \"x\" { type = synthetic\n timeout = 3s }",
			"propsd.conf:2: processor.x.timeout: read \"3s\", allowed only where type is exec or http"},
		{"processor \"x\" { type = plugin }",
			"propsd.conf:1: processor.x.type: read \"plugin\", not built into this "
			"version, use builtin, synthetic, exec or http"},
		{"processor \"x\" { program = ls }",
			"propsd.conf:1: unknown option \"program\" in processor, allowed are "
			"type, command, environment, directory, children, min_children, threads, timeout, start_timeout, settle, "
			"recycle_jobs, recycle_growth, memory, cpu, output, per_job, wrap, previous, breaker, url, form, concurrency, "
			"token_file, ca_file, spin_us, sleep_ms, fail_rate, slots, rate, burst"},
		{"processor \"x\" { type = builtin\n slots = 3 }",
			"propsd.conf:2: processor.x.slots: read \"3\", allowed only where type is synthetic"},
		{"processor \"builtin\" { type = synthetic }",
			"propsd.conf:1: processor.builtin.type: read \"synthetic\", allowed is builtin; a "
			"processor of another "
			"type needs another name"},
		{"precompute { processor = builtin }",
			"propsd.conf:1: precompute.processor: read \"builtin\", allowed is a processor of type exec or http"},
		{"precompute { processor = nobody }",
			"propsd.conf:1: precompute.processor: read \"nobody\", allowed is the name of a processor section: "
			"builtin"},
		{"precompute { reads = { odds, weather } }",
			"propsd.conf:1: precompute.reads: read \"weather\", allowed are odds, game_odds, injury, mates, lineup, "
			"slate and league"},
		{"processor \"x\" { type = synthetic }\nreport { processor = y }",
			"propsd.conf:2: report.processor: read \"y\", allowed is the name of a processor "
			"section: x, builtin"},
		/* the form */
		{"pool { workers 4 }", "propsd.conf:1: missing equal sign after option 'workers'"},
		{"pool = 4", "propsd.conf:1: missing opening brace for section 'pool'"},
		{"pool {\n workers = 4\n", "propsd.conf:3: the closing brace of section pool is missing"},
		{"pool { workers = 4 } /* and so on", "propsd.conf:3: the file ends in the middle of something"},
		{"pool {\n workers =", "propsd.conf:3: the file ends in the middle of something"},
		{"tier a { players = {x", "propsd.conf:2: the file ends in the middle of something"},
		{"instance = \"a", "propsd.conf:3: premature end of file"},
		{"tier", "propsd.conf:2: missing opening brace for section 'tier'"},
		{"}", "propsd.conf:1: unexpected closing brace"},
		{"pool { workers = {1, 2} }", "propsd.conf:1: unexpected token '{'"},
		{"instance = 'a", "propsd.conf:3: unterminated string constant"},
		{"pool { workers += 1 }", "propsd.conf:1: attempt to append to non-list option 'workers'"},
		{"pool { workers = 2 }\npool {\n workers = 3 }",
			"propsd.conf:3: pool.workers: read \"3\", it is set in line 1 already, allowed is "
			"once a file"},
		{"# \xff\n", "propsd.conf:1: bytes that are not UTF-8"},
		/* includes */
		{"include()", "propsd.conf:1: include: allowed is one file name or pattern, as in "
			      "include(\"conf.d/*.conf\")"},
		{"\ninclude(\"none.conf\")", "propsd.conf:2: include: none.conf: No such file or directory"},
		{"include(\"propsd.conf\")", "propsd.conf:1: include: propsd.conf is read already"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		write_file("propsd.conf", rows[i].text);
		assert_string_equal(error_of(path), rows[i].error);
	}
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	(void)state;
	assert_string_equal(error_of(path), "propsd.conf: No such file or directory");
	char text[300];
	snprintf(text, sizeof(text), "%s: Is a directory", folder);
	assert_string_equal(error_of(folder), text);
	write_bytes("propsd.conf", "# a\n# \0b\n", 9);
	assert_string_equal(error_of(path), "propsd.conf:2: a NUL byte; this is no text file");
	static char large[(1 << 20) + 1];
	memset(large, '\n', sizeof(large));
	write_bytes("propsd.conf", large, sizeof(large));
	assert_string_equal(error_of(path), "propsd.conf: File too large");
}

static void lists_and_sections_have_an_end(void **state)
{
	(void)state;
	static char text[400000];
	size_t n = 0;
	for (int i = 0; i < 17; i++)
		n += text_format(text + n, sizeof(text) - n, "tier t%d { players = p%d }\n", i, i);
	write_file("propsd.conf", text);
	assert_string_equal(error_of(path), "propsd.conf:17: tier \"t16\": more than 16 of them");
	n = 0;
	for (int i = 0; i < 16; i++)
		n += text_format(text + n, sizeof(text) - n, "processor p%d { type = synthetic }\n", i);
	write_file("propsd.conf", text);
	assert_string_equal(error_of(path), "propsd.conf:16: processor \"p15\": more than 15 of them");
	n = 0;
	for (int i = 0; i < 9; i++)
		n += text_format(text + n, sizeof(text) - n, "sink s%d { type = directory path = /a }\n", i);
	write_file("propsd.conf", text);
	assert_string_equal(error_of(path), "propsd.conf:9: sink \"s8\": more than 8 of them");
	n = text_format(text, sizeof(text), "tier all { players = {");
	for (int i = 0; i < 10001; i++)
		n += text_format(text + n, sizeof(text) - n, "player%d,\n", i);
	text_format(text + n, sizeof(text) - n, "} }\n");
	write_file("propsd.conf", text);
	assert_string_equal(error_of(path),
		"propsd.conf:10001: tier.all.players: read \"player10000\", allowed is a list of "
		"up to 10000 names");
}

/* includes */

static void a_later_file_overrides_single_options(void **state)
{
	(void)state;
	char command[160];
	snprintf(command, sizeof(command), "mkdir %s/conf.d", folder);
	assert_int_equal(system(command), 0);
	write_file("conf.d/10-first.conf", "pool { workers = 10 aging = 10s }");
	write_file("conf.d/20-second.conf", "pool { workers = 20 }\ninclude(\"../more.conf\")");
	write_file("conf.d/ignored.txt", "nonsense");
	write_file("more.conf", "log { level = debug } tier late { players = a }");
	struct config *c = loaded_text("include(\"conf.d/*.conf\")\n"
				       "pool { workers = 5 limit = 5s }\ntier early { players = b }\n");
	assert_int_equal(c->pool.workers, 20);
	assert_int_equal(c->pool.aging_us, 10000000);
	assert_int_equal(c->pool.limit_us, 5000000);
	assert_int_equal(c->log.level, LOG_LEVEL_DEBUG);
	assert_int_equal(c->tiers, 2);
	assert_string_equal(c->tier[0].name, "early");
	struct str s = {0};
	config_print(c, c, &s);
	assert_non_null(strstr(s.data, "/conf.d/20-second.conf:1\",\"value\":\"20\""));
	assert_non_null(strstr(s.data, "/conf.d/10-first.conf:1\",\"value\":\"10s\""));
	str_done(&s);
	config_free(c);
}

static void an_error_in_an_included_file_names_that_file(void **state)
{
	(void)state;
	write_file("more.conf", "\npool { workers = x }");
	write_file("propsd.conf", "pool { workers = 1 }\ninclude(\"more.conf\")\n");
	assert_string_equal(error_of(path),
		"more.conf:2: pool.workers: read \"x\", allowed is auto or a whole number from 1 to 256");
	write_file("more.conf", "\n\npool { wrkers = 3 }");
	assert_string_equal(
		error_of(path), "more.conf:3: unknown option \"wrkers\" in pool, allowed are workers, aging, limit");
	write_file("more.conf", "include(\"propsd.conf\")");
	assert_string_equal(error_of(path), "more.conf:1: include: propsd.conf is read already");
	write_file("more.conf", "tier a { players = x }");
	write_file("propsd.conf", "include(\"more.conf\")\ntier a { players = y }\n");
	assert_string_equal(error_of(path), "more.conf:1: found duplicate title 'a'");
	write_file("more.conf", "");
	write_file("propsd.conf", "include(\"more.conf\")\ninclude(\"./m*.conf\")\n");
	assert_string_equal(error_of(path), "propsd.conf:2: include: ./more.conf is read already");
}

static void an_include_pattern_may_match_nothing(void **state)
{
	(void)state;
	config_free(loaded_text("include(\"conf.d/*.conf\")\ninclude(\"*.none\")"));
}

/* show and diff */

static void the_list_is_json_with_sources_and_masked_secrets(void **state)
{
	(void)state;
	struct config *c = loaded_text("redis {\n url = \"redis://bob:se@cret@redis.example:6379/0\"\n}\n"
				       "tier star { players = {a, b} }\n");
	assert_string_equal(c->redis.url, "redis://bob:se@cret@redis.example:6379/0");
	struct str s = {0};
	config_print(c, c, &s);
	assert_false(s.failed);
	assert_null(strstr(s.data, "cret"));
	char want[512];
	snprintf(want, sizeof(want),
		"{\"default\":\"redis://127.0.0.1:6379/0\",\"help\":\"Where Redis "
		"is.\",\"key\":\"redis.url\","
		"\"restart\":true,\"source\":\"%s:2\",\"value\":\"redis://bob:***@redis.example:6379/0\"}",
		path);
	assert_non_null(strstr(s.data, want));
	assert_non_null(strstr(s.data, "{\"default\":\"30s\",\"help\":\"A player who has waited this long "
				       "rises one level, and again after as "
				       "long.\",\"key\":\"pool.aging\",\"restart\":false,\"source\":"
				       "\"default\",\"value\":\"30s\"}"));
	assert_non_null(strstr(s.data, "\"key\":\"tier.star.players\","));
	assert_non_null(strstr(s.data, "\"value\":\"{a, b}\"}"));
	assert_non_null(strstr(s.data, "\"key\":\"processor.builtin.type\","));
	assert_memory_equal(s.data, "[{", 2);
	assert_string_equal(s.data + s.length - 2, "}]");
	str_done(&s);
	config_free(c);

	c = loaded_text("redis { url = \"redis://token@redis.example\" }");
	config_print(c, c, &s);
	assert_non_null(strstr(s.data, "\"redis://***@redis.example\""));
	str_done(&s);
	config_free(c);
}

/* What runs is shown, and what waits beside it; a value that is taken at once is simply there. */
static void the_list_shows_what_runs_and_what_waits(void **state)
{
	(void)state;
	struct config *started = loaded_text("redis { url = \"redis://u:one@a\" }\npool { aging = 10s limit = 5s }");
	struct config *c = loaded_text("redis { url = \"redis://u:two@b\" }\npool { aging = 20s limit = 6s }");
	struct str s = {0};
	config_print(started, c, &s);
	assert_false(s.failed);
	assert_non_null(strstr(s.data, "\"value\":\"redis://u:***@a\",\"waits\":\"redis://u:***@b\"}"));
	assert_non_null(strstr(s.data, "\"value\":\"5s\",\"waits\":\"6s\"}"));
	assert_non_null(strstr(s.data, "\"value\":\"20s\"}"));
	size_t waiting = 0;
	for (const char *at = s.data; (at = strstr(at, "\"waits\":")) != NULL; at++)
		waiting++;
	assert_int_equal(waiting, 2);
	str_done(&s);
	config_free(started);
	config_free(c);
}

static void what_a_command_changed_is_listed_as_its_own(void **state)
{
	(void)state;
	struct config *c = loaded_text("pool { workers = 2 }\n"), *file = loaded_text("pool { workers = 2 }\n");
	struct changes changes = {0};
	for (int i = 3; i < 1000; i++) {
		char text[16];
		text_format(text, sizeof(text), "%d", i % 256 + 1);
		assert_int_equal(config_override(c, "pool", "workers", text, "propsctl workers"), 0);
	}
	assert_int_equal(config_override(c, "log", "level", "warn", "propsctl log-level"), 0);
	assert_int_equal(c->assignment_count, file->assignment_count + 2);
	assert_int_equal(c->pool.workers, 999 % 256 + 1);
	assert_int_equal(c->log.level, LOG_LEVEL_WARN);
	assert_int_equal(config_override(c, "pool", "workers", "257", "propsctl workers"), -EINVAL);
	assert_int_equal(c->pool.workers, 999 % 256 + 1);
	struct str s = {0};
	config_print(c, c, &s);
	assert_non_null(strstr(s.data,
		"\"key\":\"pool.workers\",\"restart\":false,\"source\":\"propsctl workers\",\"value\":\"232\""));
	str_done(&s);
	assert_int_equal(config_diff(c, file, note, &changes), 0);
	assert_string_equal(changes.text, "pool.workers: 232 -> 2\nlog.level: warn -> info\n");
	config_free(c);
	config_free(file);
}

static void a_diff_names_changes_and_which_need_a_restart(void **state)
{
	(void)state;
	struct config *from = loaded_text("pool { workers = 2 }\nredis { url = \"redis://u:one@a\" }\n"
					  "tier gone { players = x }\ntier kept { players = y }\n");
	struct config *to = loaded_text("pool { workers = auto }\nredis { url = \"redis://u:two@a\" group = other }\n"
					"tier kept { players = {y, z} }\n");
	struct changes changes = {0};
	assert_int_equal(config_diff(from, to, note, &changes), 2);
	assert_string_equal(changes.text, "redis.url: redis://u:***@a -> redis://u:***@a (restart)\n"
					  "redis.group: propsd -> other (restart)\n"
					  "pool.workers: 2 -> auto\n"
					  "tier.kept.players: {y} -> {y, z}\n"
					  "tier.gone.players: {x} -> -\n"
					  "tier.gone.priority: high -> -\n");
	config_free(from);
	config_free(to);
}

static struct fingerprint of_reports(const char *text)
{
	struct fingerprint f;
	struct config *c = loaded_text(text);
	assert_int_equal(config_report_fingerprint(c, &f), 0);
	config_free(c);
	return f;
}

static void options_that_change_reports_are_told_from_others(void **state)
{
	(void)state;
	static const char *const same[] = {"pool { workers = 7 }\n", "report { min_edge = none min_return = auto }\n",
		"processor other { type = synthetic }\n", "model { cache = 2M }\n"};
	static const char *const others[] = {"report { min_edge = 0.04 }\n", "model { neighbours = 51 }\n",
		"report { min_return = 0.04 }\n", "model { market = off }\n", "model { market_precompute = on }\n",
		"processor p { type = synthetic }\nreport { processor = p }\n",
		"processor p { type = exec command = {/bin/a} }\nreport { processor = p }\n",
		"processor p { type = exec command = {/bin/a, b} }\nreport { processor = p }\n"};
	size_t count;
	const struct option *table = option_table(&count);
	const struct fingerprint plain = of_reports("");
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_true(fingerprint_equal(of_reports(same[i]), plain));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_false(fingerprint_equal(of_reports(others[i]), plain));
		for (size_t k = 0; k < i; k++)
			assert_false(fingerprint_equal(of_reports(others[i]), of_reports(others[k])));
	}
	for (size_t i = 0; i < count; i++) /* what waits for a restart must not ask for reports now */
		assert_false(table[i].report && table[i].restart);
}

/* Mutations of a good file: any outcome but a crash, a leak or an error without words is fine. */
static void damaged_files_are_refused_or_read(void **state)
{
	(void)state;
	static char text[sizeof(everything) + 64];
	unsigned seed = (unsigned)time(NULL);
	int good = 0, bad = 0;
	print_message("seed %u\n", seed);
	for (int i = 0; i < 1500; i++) {
		size_t length = sizeof(everything) - 1;
		memcpy(text, everything, length);
		for (int n = rand_r(&seed) % 3; n >= 0; n--) {
			static const char bytes[] = "{}=,\"'#\n\\$+(/*a0 \t.";
			size_t at = (size_t)rand_r(&seed) % length;
			if (rand_r(&seed) % 2 == 0)
				memmove(text + at, text + at + 1, --length - at);
			else
				text[at] = bytes[(size_t)rand_r(&seed) % (sizeof(bytes) - 1)];
		}
		write_bytes("propsd.conf", text, length);
		struct config *config = NULL;
		struct err err = {0};
		if (config_load(path, &config, &err) == 0) {
			good++;
			config_free(config);
		} else {
			bad++;
			assert_null(config);
			assert_int_equal(strncmp(err.text, path, strlen(path)), 0);
			assert_true(strlen(err.text) > strlen(path) + 10);
		}
	}
	assert_true(good > 0 && bad > 0);
}

#define row(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(without_a_file_all_has_its_default),
		row(operators_may_be_told_of_each_warning),
		row(every_option_is_read_into_its_field),
		row(priorities_stand_in_the_order_of_the_streams),
		row(the_test_above_changes_every_option),
		row(an_empty_file_is_as_good_as_none),
		row(the_sample_file_sets_nothing),
		row(table_and_sample_file_are_in_step),
		row(the_sample_file_is_right_with_all_options_set),
		row(errors_say_where_what_was_read_and_what_is_allowed),
		row(a_file_that_cannot_be_read_is_named),
		row(lists_and_sections_have_an_end),
		row(a_later_file_overrides_single_options),
		row(an_error_in_an_included_file_names_that_file),
		row(an_include_pattern_may_match_nothing),
		row(the_list_is_json_with_sources_and_masked_secrets),
		row(the_list_shows_what_runs_and_what_waits),
		row(what_a_command_changed_is_listed_as_its_own),
		row(a_diff_names_changes_and_which_need_a_restart),
		row(options_that_change_reports_are_told_from_others),
		row(damaged_files_are_refused_or_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
