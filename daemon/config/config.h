/*
 * The configuration: one typed struct, immutable once loaded. The options, their ranges, defaults and help
 * are one table (config/option.h); /etc/propsd/propsd.conf shows them all.
 *
 * A reload loads a second struct, compares, and swaps: nothing is ever changed in place. Loading is for one
 * thread at a time (libconfuse's scanner has globals); a loaded struct may be read by any thread for as long
 * as its owner keeps it.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/fold.h"
#include "base/hash.h"
#include "base/level.h"
#include "base/log.h"
#include "base/str.h"

enum config_past { CONFIG_PAST_REFUSE, CONFIG_PAST_ACCEPT };
enum config_strangers { CONFIG_STRANGERS_REPORT, CONFIG_STRANGERS_REFUSE };
enum config_processor_type {
	CONFIG_PROCESSOR_BUILTIN,
	CONFIG_PROCESSOR_SYNTHETIC,
	CONFIG_PROCESSOR_EXEC,
	CONFIG_PROCESSOR_HTTP
};
const char *config_processor_type_name(enum config_processor_type type); /* "builtin" */
enum config_sink_type { CONFIG_SINK_DIRECTORY, CONFIG_SINK_S3, CONFIG_SINK_WEBHOOK };
enum config_sink_form {
	CONFIG_SINK_FORM_AUTO,
	CONFIG_SINK_FORM_S3,
	CONFIG_SINK_FORM_GOOGLE,
	CONFIG_SINK_FORM_JSON,
	CONFIG_SINK_FORM_DISCORD,
	CONFIG_SINK_FORM_SLACK
};
enum config_hook_form { CONFIG_HOOK_JSON, CONFIG_HOOK_DISCORD, CONFIG_HOOK_SLACK };
const char *config_sink_type_name(enum config_sink_type type); /* "directory" */

#define CONFIG_STREAMS 5
#define CONFIG_TIERS_MAX 16
#define CONFIG_PROCESSORS_MAX 16
#define CONFIG_SCHEDULES_MAX 32
#define CONFIG_SINKS_MAX 8

struct config_players {
	char (*lookup)[LOOKUP_SIZE];
	size_t count;
};

enum config_form { CONFIG_FORM_PUBSUB, CONFIG_FORM_JSON };
enum config_eager { CONFIG_EAGER_AUTO, CONFIG_EAGER_YES, CONFIG_EAGER_NO };

struct config_list { /* of texts */
	const char *const *item; /* ends with NULL; NULL where count is 0 */
	size_t count;
};

struct config_tier {
	const char *name;
	struct config_players players;
	enum level priority;
};

struct config_processor {
	const char *name;
	enum config_processor_type type;
	int64_t spin_us; /* synthetic: computing time of a run */
	int64_t sleep_ms; /* synthetic: waiting time of a run; above 0 it waits in a slot, not on a worker */
	double fail_rate; /* synthetic: share of runs that fail, 0..1 */
	int64_t slots; /* synthetic: runs that may wait at once */
	const char *rate; /* "10/s", see frequency_parse(); "" = no limit */
	int64_t burst; /* 0 = auto */
	/* exec and http: docs/processors.md */
	int64_t timeout_us, settle_us;
	int64_t output; /* bytes of a reply */
	int64_t breaker; /* 0 = never opens */
	int wrap; /* 0 no, 1 yes */
	int64_t previous; /* bytes of what was made last; 0: it is not sent */
	struct { /* exec */
		struct config_list command, environment;
		const char *directory; /* "" = the daemon's */
		int64_t children; /* 0 = auto */
		int64_t min_children, threads; /* threads 0: as the libraries like */
		int64_t start_timeout_us;
		int64_t recycle_jobs, recycle_growth, memory; /* 0 = never */
		int64_t cpu; /* cores of a child; 0 = all */
		int per_job; /* 0 no, 1 yes */
	} exec;
	struct {
		const char *url; /* never NULL where this is the type */
		const char *token_file, *ca_file; /* "" = none */
		enum config_form form;
		int64_t concurrency; /* requests at a time */
	} http;
};

enum config_schedule_phase { CONFIG_SCHEDULE_ALL, CONFIG_SCHEDULE_REPORT, CONFIG_SCHEDULE_PRECOMPUTE };

struct config_schedule {
	const char *name;
	struct config_list at; /* times of the day, see base/due.h */
	const char *days;
	int slate, force; /* 0 no, 1 yes */
	struct config_players players;
	struct config_list teams;
	int priority; /* 0 = as priority.regenerate has it, else 1 + an enum level */
	enum config_schedule_phase phase;
};

struct config_sink {
	const char *name;
	enum config_sink_type type;
	const char *path; /* directory */
	struct {
		const char *url, *bucket, *prefix, *region, *key_file, *ca_file; /* "" = none; url NULL: not given */
		enum config_sink_form form;
	} s3; /* ca_file and form: of a webhook as well */
	struct {
		const char *url_file, *token_file; /* url_file NULL: not given */
		struct config_list markets; /* none: all */
		double min_return;
		int64_t cool_down_us, max_quote_age_us;
	} webhook;
};

struct config {
	const char *instance; /* the host's name where the file gives none */
	struct {
		const char *url, *prefix, *group, *user, *password_file, *ca_file, *cert_file,
			*key_file; /* "" = none */
		int64_t keep_us;
	} redis;
	struct {
		const char *socket, *status_socket, *group; /* "" = none, not for socket */
		struct config_list admins, operators; /* "ada", "@ops"; both empty: whoever may use the socket */
	} admin;
	struct {
		const char *listen; /* "" = off */
	} metrics;
	struct {
		const char *database; /* "" = none */
		const char *timezone;
		int64_t max_memory;
	} league;
	struct {
		const char *file; /* "" = none */
		int64_t keep_us;
	} history;
	struct {
		int64_t workers; /* 0 = auto: one a core */
		int64_t aging_us, limit_us;
	} pool;
	struct {
		int64_t max_in_flight, max_parked, max_deliveries;
		int64_t max_delay_us, keep_us, silent_after_us;
		enum config_past past;
		enum config_strangers strangers;
	} ingest;
	enum level priority[CONFIG_STREAMS]; /* regenerate, slate, lineup, injury, odds */
	struct {
		const char *processor; /* the name of one of `processors`; "" = there is no such phase */
		struct config_list reads; /* of facts; none: FACTS_OF_PRECOMPUTE */
		int64_t cache; /* bytes of outputs that are kept at hand */
	} precompute;
	struct {
		const char *processor; /* the name of one of `processors` */
		struct config_list reads; /* of facts; none: all */
		enum config_eager eager;
		double min_edge, min_return; /* below 0: not asked for, or auto */
	} report;
	struct {
		int64_t cache, neighbours;
		enum { CONFIG_OFF, CONFIG_ON } market, market_precompute;
	} model;
	struct {
		int64_t max_attempts, back_off_us, max_back_off_us;
	} regen;
	struct {
		int64_t limit_us;
	} drain;
	struct {
		const char *url_file, *token_file, *ca_file; /* "" = none; without url_file nobody is told */
		enum config_hook_form form;
		struct config_list conditions; /* none: not_fresh, feed_silent, dead_letters, processor */
		int64_t after_us, stale_after_us;
	} operator;
	struct {
		int64_t records, reports; /* of the ring; bytes of reports that are remembered */
	} trace;
	struct {
		enum log_level level;
	} log;

	size_t tiers;
	struct config_tier tier[CONFIG_TIERS_MAX]; /* in the order of the file; no player stands in two */
	size_t processors; /* at least 1: "builtin" is always there */
	struct config_processor processor[CONFIG_PROCESSORS_MAX];
	size_t schedules;
	struct config_schedule schedule[CONFIG_SCHEDULES_MAX];
	size_t sinks;
	struct config_sink sink[CONFIG_SINKS_MAX]; /* in the order of the file */

	/* config/'s own: the memory of all above, and where the file set what. */
	struct arena *arena;
	const struct assignment *assignments;
	size_t assignment_count;
};

/*
 * Reads the file and what it includes, and checks it all; NULL: the defaults. The error says file and line,
 * the option, what was read and what is allowed. *ret_config is untouched on failure; the caller frees it.
 */
int config_load(const char *path, struct config **ret_config, struct err *err) __attribute__((warn_unused_result));
void config_free(struct config *config); /* NULL is fine */

/* A command changes an option, which is in force until the next reload: its value, and `by` as what set it, so that
 * the configuration says what runs. `by` is kept. -EINVAL, -ENOMEM: nothing has changed. */
int config_override(struct config *config, const char *section, const char *name, const char *value, const char *by)
	__attribute__((warn_unused_result));

/* The processor of that name; NULL: none. */
const struct config_processor *config_processor(const struct config *config, const char *name);

/* Calls `changed` for each option whose value differs; `from` or `to` is NULL where a tier or processor is
 * new or gone; `restart`: it takes effect only in a new process. Returns how many of those there are,
 * -ENOMEM. */
typedef void (*config_changed_fn)(void *context, const char *key, const char *from, const char *to, bool restart);
int config_diff(const struct config *from, const struct config *to, config_changed_fn changed, void *context);

/* Of the options that change reports, those of the processor that makes them among them: where this differs a report may.
 * -ENOMEM. */
int config_report_fingerprint(const struct config *config, struct fingerprint *ret);

/* Appends a JSON array with one object an option: default, help, key, restart, source (file:line, a command or
 * "default"), value. `started` is what the process began with, from which the value in force comes where an option
 * needs a
 * restart; where the file has another one now, that is `waits`. A password in redis.url is masked. */
void config_print(const struct config *started, const struct config *config, struct str *s);

#endif
