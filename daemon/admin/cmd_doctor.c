/*
 * All checks at once: each a line that is ok, a warning or an error, with what to do. Redis is looked at now, and asked
 * what its user may do; the rest is what the process knows and sees. What can be seen without the daemon is propsctl's.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "admin/areas.h"
#include "admin/ask.h"
#include "admin/context.h"
#include "admin/names.h"
#include "admin/request.h"
#include "base/str.h"
#include "config/config.h"
#include "delivery/delivery.h"
#include "league/snapshot.h"
#include "metrics/warnings.h"
#include "propsd/version.h"

enum { REDIS_OLDEST = 7, LEAGUE_OLD_DAYS = 7, MB = 1 << 20, DISK_LOW_MB = 500, DISK_FULL_MB = 50 };

struct doctor {
	struct ask ask;
	json_t *checks;
};

enum finding { FINE, WARNS, WRONG };

static void __attribute__((format(printf, 5, 6)))
say(struct doctor *d, enum finding finding, const char *check, const char *remedy, const char *format, ...)
{
	static const char *const levels[] = {[FINE] = "ok", [WARNS] = "warning", [WRONG] = "error"};
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!utf8_valid(text, strlen(text)))
		for (char *p = text; *p; p++)
			if ((unsigned char)*p >= 0x80)
				*p = '?';
	json_t *line = json_pack("{s:s, s:s, s:s}", "check", check, "level", levels[finding], "text", text);
	if (finding != FINE)
		json_object_set_new(line, "remedy", json_string(remedy));
	json_array_append_new(d->checks, line);
}

/* --- Redis ------------------------------------------------------------------------------------------------------- */

static void check_redis(struct doctor *d)
{
	const struct delivery *delivery = d->ask.context->delivery;
	const char *version = delivery_redis_version(delivery);
	if (!delivery_ready(delivery))
		say(d, WRONG, "redis",
			"start Redis, or correct redis.url and the user's password; propsd tries again by itself",
			"no session: %s", delivery_state(delivery));
	else if (version[0] && atoi(version) < REDIS_OLDEST)
		say(d, WRONG, "redis", "use Redis 7.0 or newer", "the server's version is %s", version);
	else
		say(d, FINE, "redis", NULL, "connected%s%s", version[0] ? ", version " : "", version);
}

static void check_rights(struct doctor *d, const struct value *refused)
{
	struct str names = {0};
	for (size_t i = 0; i < refused->count; i++)
		str_printf(&names, "%s%s", i ? ", " : "", value_text(&refused->items[i]));
	if (refused->count == 0)
		say(d, FINE, "rights", NULL, "the Redis user may do all that is needed");
	else
		say(d, WRONG, "rights", "grant it with ACL SETUSER: propsd.conf(5) has the rule that suffices",
			"the Redis user may not use %s", names.data ? names.data : "a command");
	str_done(&names);
}

/* What is warned of, and of the other kinds that they are fine, as far as that is known. */
static void check_warnings(struct doctor *d)
{
	const struct admin_context *c = d->ask.context;
	const bool unseen = warnings_text(c->warnings, WARNING_UNCHECKED) != NULL;
	for (int i = 0; i < WARNING_COUNT; i++) {
		const enum warning kind = (enum warning)i;
		const struct warning_row *row = warnings_row(kind);
		const char *text = warnings_text(c->warnings, kind);
		if (text)
			say(d, row->grave ? WRONG : WARNS, row->check, row->remedy, "%s", text);
		else if (row->asks_redis && !delivery_ready(c->delivery))
			continue; /* nothing is known, and the line on Redis says why */
		else if (unseen && (kind == WARNING_EVICTS || kind == WARNING_NO_FILE))
			continue;
		else
			say(d, FINE, row->check, NULL, "%s", row->fine);
	}
}

/* --- the league ---------------------------------------------------------------------------------------------------- */

static bool plays_today(const struct admin_context *c)
{
	const struct slate_game *games;
	const struct slate *slate = delivery_slate(c->delivery, admin_today(c));
	return slate && slate_games(slate, &games) > 0;
}

static void check_loaded(struct doctor *d, const struct snapshot *league)
{
	const struct admin_context *c = d->ask.context;
	const char *lacks = snapshot_lacks(league);
	const int age = league->row.count > 0 ? (int)(admin_today(c) - league->last_season_to) : 0;
	char to[DATE_SIZE];
	if (lacks)
		say(d, WARNS, "league", "propsctl import FILES --into the database, then propsctl reload", "%s", lacks);
	else if (age > LEAGUE_OLD_DAYS && plays_today(c))
		say(d, WARNS, "league", "propsctl import newer box scores, then propsctl reload",
			"there are games today, and its newest box score is %d days old", age);
	else
		say(d, FINE, "league", NULL, "number %" PRId64 ", %u players, %u rows, the newest of %s",
			league->number, league->players, league->row.count,
			league->row.count > 0 ? date_format(league->last_season_to, to) : "no day");
}

static void check_league(struct doctor *d, const char *database)
{
	const struct admin_context *c = d->ask.context;
	const struct snapshot *league = c->ops->league(c->app);
	if (!database[0])
		say(d, FINE, "league", NULL, "none is configured: events are taken at face value");
	else if (access(database, F_OK) < 0 && !league)
		say(d, WARNS, "league", "propsctl import FILES --into it, then propsctl reload", "there is no %s: %s",
			database, strerror(errno));
	else if (access(database, R_OK) < 0)
		say(d, WRONG, "league", "make it readable for the user of propsd, or correct league.database",
			"%s cannot be read any more: %s", database, strerror(errno));
	else if (!league)
		say(d, WARNS, "league", "propsctl reload", "%s is there and not loaded", database);
	else
		check_loaded(d, league);
}

/* The file system of the league database, where an import needs room. */
static void check_disk(struct doctor *d, const char *database)
{
	struct statvfs fs;
	char folder[512];
	const char *slash = strrchr(database, '/');
	text_format(folder, sizeof(folder), "%.*s", slash ? (int)(slash - database) : 1, slash ? database : ".");
	if (!database[0])
		return;
	if (statvfs(folder[0] ? folder : "/", &fs) < 0) {
		say(d, WRONG, "disk", "make the folder, or correct league.database", "%s: %s", folder, strerror(errno));
		return;
	}
	const unsigned long long free_mb = (unsigned long long)fs.f_bavail * fs.f_frsize / MB;
	const enum finding finding = free_mb < DISK_FULL_MB ? WRONG : free_mb < DISK_LOW_MB ? WARNS : FINE;
	say(d, finding, "disk", "make room there: an import writes a copy of what it changes", "%llu MB free in %s",
		free_mb, folder);
}

/* --- the command ---------------------------------------------------------------------------------------------------- */

static void finish(struct doctor *d, const struct value *refused)
{
	const struct admin_context *c = d->ask.context;
	const char *database = c->ops->config(c->app)->league.database;
	check_redis(d);
	if (refused && refused->type == VALUE_ARRAY)
		check_rights(d, refused);
	check_warnings(d);
	check_league(d, database);
	check_disk(d, database);
	ask_reply(&d->ask, json_pack("{s:s, s:s, s:O}", "version", PROPSD_VERSION, "instance",
				   c->ops->config(c->app)->instance, "checks", d->checks));
}

static void on_rights(void *data, const struct value *reply)
{
	struct doctor *d = data;
	if (ask_came(&d->ask))
		finish(d, reply);
}

/* Where Redis went away meanwhile, that is what is told. */
static void on_watched(void *data, const struct value *reply)
{
	struct doctor *d = data;
	(void)reply;
	if (!ask_came(&d->ask))
		return;
	ask_sends(&d->ask);
	delivery_rights(d->ask.context->delivery, on_rights, d);
}

static void done(struct ask *ask)
{
	json_decref(((struct doctor *)ask)->checks);
}

static void doctor(struct admin_request *r, struct admin_context *c)
{
	struct doctor *d = ask_new(r, c, sizeof(*d), done);
	if (!d)
		return;
	d->checks = json_array();
	ask_sends(&d->ask);
	delivery_watch(c->delivery, on_watched, d);
}

const struct admin_command admin_doctor_commands[] = {
	{.name = "doctor",
		.role = ADMIN_ROLE_VIEW,
		.handler = doctor,
		.help = "all checks of Redis, the streams, the league and the disk, at once"},
	{.name = NULL},
};
