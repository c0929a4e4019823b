#include "app/reload.h"

#include <errno.h>
#include <string.h>

#include "admin/roles.h"
#include "app/configure.h"
#include "app/internal.h"
#include "app/loop.h"
#include "aside/aside.h"
#include "base/log.h"
#include "config/config.h"
#include "league/snapshot.h"
#include "metrics/metrics.h"

enum { STILL_SECONDS = 3 }; /* so long a league database has not changed when it is loaded by itself */

static void warn_of_lacks(const struct app *app, const struct snapshot *snapshot)
{
	const char *lacks = snapshot_lacks(snapshot);
	if (lacks)
		log_warn("league", "%s: %s", app->config->league.database, lacks);
}

static void tell_left_out(const struct snapshot *snapshot)
{
	if (snapshot->left_out > 0)
		log_notice("league", "left out rows=%lld of an older import, the first: %s",
			(long long)snapshot->left_out, snapshot->first_left_out);
}

int reload_first(struct app *app, struct err *err)
{
	const struct config *c = app->config;
	if (!c->league.database[0])
		return 0;
	app->file.loaded = league_file(c->league.database);
	int r = league_read(c->league.database, c->league.max_memory, &app->snapshot, err);
	if (r == -ENOENT) {
		log_warn("league", "there is no %s: running without history until `propsctl import FILES --into %s`",
			c->league.database, c->league.database);
		return 0;
	}
	if (r < 0)
		return r;
	log_notice("league", "loaded number=%lld players=%u games=%u rows=%u bytes=%zu",
		(long long)app->snapshot->number, app->snapshot->players, app->snapshot->games,
		app->snapshot->row.count, app->snapshot->bytes);
	tell_left_out(app->snapshot);
	warn_of_lacks(app, app->snapshot);
	return 0;
}

static void use_league(struct app *app, struct snapshot *snapshot)
{
	struct snapshot *old = app->snapshot;
	app->snapshot = snapshot;
	core_use_league(&app->core, snapshot);
	aside_use_league(app->aside, snapshot);
	snapshot_drop(old);
	metrics_set(app->metrics, METRIC_LEAGUE_NUMBER, 0, snapshot ? (double)snapshot->number : 0);
}

/* Takes the snapshot over; the same data again changes nothing, and keeps every day's slate. */
static void put_league(struct app *app, struct snapshot *snapshot)
{
	const struct snapshot *old = app->snapshot;
	if (old == snapshot ||
		(old && snapshot && old->number == snapshot->number && strcmp(old->identity, snapshot->identity) == 0 &&
			fingerprint_equal(old->fingerprint, snapshot->fingerprint))) {
		snapshot_drop(snapshot);
		return;
	}
	if (snapshot) {
		log_notice("league", "loaded number=%lld players=%u rows=%u", (long long)snapshot->number,
			snapshot->players, snapshot->row.count);
		tell_left_out(snapshot);
		warn_of_lacks(app, snapshot);
	}
	use_league(app, snapshot);
}

static bool same_texts(const struct config_list *a, const struct config_list *b)
{
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->item[i], b->item[i]) == 0;
	return same;
}

/* On the worker: names may be known to a service that takes its time. The configuration is nobody else's meanwhile. */
static void look_up(void *arg)
{
	struct reload *reload = arg;
	reload->looked_up = configure_find_roles(reload->config, &reload->roles, &reload->missing);
}

static void load(struct app *app, struct reload reload)
{
	const struct config *old = app->config, *c = reload.config ? reload.config : old;
	reload.looks_up = app->names_missing || !same_texts(&old->admin.admins, &c->admin.admins) ||
			  !same_texts(&old->admin.operators, &c->admin.operators);
	reload.looks_up &= reload.config != NULL;
	app->reload = reload;
	app->file.loaded = league_file(c->league.database);
	loader_start(
		app->loader, c->league.database, c->league.max_memory, reload.looks_up ? look_up : NULL, &app->reload);
}

static void say_changed(void *context, const char *key, const char *from, const char *to, bool restart)
{
	(void)context;
	log_notice("config", "%s changed from=%s to=%s%s", key, from ? from : "-", to ? to : "-",
		restart ? ", takes effect after a restart" : "");
}

static void say_nothing(void *context, const char *key, const char *from, const char *to, bool restart)
{
	(void)context, (void)key, (void)from, (void)to, (void)restart;
}

/* What a session is opened with, and keeps as long as it lasts. */
static bool same_credentials(const struct config *a, const struct config *b)
{
	return strcmp(a->redis.user, b->redis.user) == 0 &&
	       strcmp(a->redis.password_file, b->redis.password_file) == 0 &&
	       strcmp(a->redis.ca_file, b->redis.ca_file) == 0 && strcmp(a->redis.cert_file, b->redis.cert_file) == 0 &&
	       strcmp(a->redis.key_file, b->redis.key_file) == 0;
}

/* Takes the configuration over, and the roles. */
static int put_config(struct app *app, struct reload *reload, int *ret_restart, struct err *err)
{
	struct config *config = reload->config;
	int r = reload->looked_up;
	r = r < 0 ? err_set(err, r, "no memory for the roles") : configure_apply(app, config, err);
	if (r < 0)
		return r;
	reload->config = NULL;
	if (reload->looks_up)
		configure_use_roles(app, reload->roles, &reload->missing);
	reload->roles = NULL;
	const bool reconnect = !same_credentials(app->config, config);
	config_diff(app->config, config, say_changed, NULL);
	if (app->started)
		config_free(app->config);
	else
		app->started = app->config;
	app->config = config;
	*ret_restart =
		config_diff(app->started, config, say_nothing, NULL); /* what waits, of this reload or one before */
	if (reconnect)
		delivery_reconnect(app->delivery, "the configuration has other credentials");
	return 0;
}

static void on_loaded(evutil_socket_t fd, short what, void *arg)
{
	struct app *app = arg;
	struct snapshot *snapshot;
	struct err err;
	int result, restart = 0;
	(void)fd, (void)what;

	if (!loader_take(app->loader, &result, &snapshot, &err))
		return;
	struct reload reload = app->reload; /* from here on: until then it was the worker's */
	const bool asked = reload.config != NULL; /* not by itself */
	app->reload = (struct reload){0};
	if (result == -ENOENT && !app->snapshot) {
		log_warn("league", "%s", err.text);
		result = 0; /* there was none before */
	}
	if (result == 0 && reload.config)
		result = put_config(app, &reload, &restart, &err);
	if (result == 0 && snapshot && snapshot->unfinished && !asked)
		snapshot_drop(snapshot); /* there is more to come, or somebody must say that it is to be used */
	else if (result == 0)
		put_league(app, snapshot);
	else {
		snapshot_drop(snapshot);
		log_err("config", "reload failed, everything stays as it was: %s", err.text);
	}
	if (asked)
		metrics_set(app->metrics, METRIC_RELOADED, 0, result == 0);
	if (reload.heard)
		reload.heard(reload.data, result, restart, result < 0 ? &err : &reload.missing);
	roles_free(reload.roles);
	config_free(reload.config);
	if (!app->next.config) /* else another reload was asked for meanwhile, and that is not done */
		notify_send(&app->notify, "READY=1");
	loop_wake(app);
	const struct reload waiting = app->next;
	app->next = (struct reload){0};
	if (waiting.config)
		load(app, waiting);
}

void reload_outdated(void *arg)
{
	struct app *app = arg;
	const char *path = app->config->league.database;
	if (path[0] && !loader_busy(app->loader) && !league_file_same(league_file(path), app->file.loaded))
		load(app, (struct reload){0});
}

/* Once an import, or a copy, has come to rest: what is loaded in the middle of one would have all reports made for half of
 * it. */
void reload_second(struct app *app)
{
	const char *path = app->config->league.database;
	const struct league_file now = league_file(path);
	const bool same = league_file_same(now, app->file.seen);
	app->file.seen = now;
	app->file.still = same && !league_file_same(now, app->file.loaded) ? app->file.still + 1 : 0;
	if (app->file.still < STILL_SECONDS || now.inode == 0 || loader_busy(app->loader))
		return;
	log_notice("league", "%s has changed, loading it", path);
	load(app, (struct reload){0});
}

/* Over before it began. */
static void refuse_reload(const struct reload *reload, const struct err *err)
{
	if (reload->heard)
		reload->heard(reload->data, err->code, 0, err);
}

/* It waits for a restart, but that one must not fail. */
static int check_url(const struct config *config, struct err *err)
{
	struct redis_url url;
	return redis_url_parse(config->redis.url, &url, err) < 0 ? err_prefix(err, "redis.url") : 0;
}

void reload_ask(void *arg, void (*heard)(void *data, int result, int restart, const struct err *err), void *data)
{
	struct app *app = arg;
	struct reload wanted = {.heard = heard, .data = data};
	struct err err = {0};

	if (loader_busy(app->loader) && (app->reload.config || app->next.config)) {
		err_set(&err, -EBUSY, "a reload is under way");
		refuse_reload(&wanted, &err);
		return;
	}
	notify_reloading(&app->notify);
	if (config_load(app->config_path, &wanted.config, &err) < 0 || check_url(wanted.config, &err) < 0) {
		config_free(wanted.config);
		log_err("config", "reload failed, everything stays as it was: %s", err.text);
		metrics_set(app->metrics, METRIC_RELOADED, 0, 0);
		refuse_reload(&wanted, &err);
		notify_send(&app->notify, "READY=1");
		return;
	}
	if (loader_busy(app->loader))
		app->next = wanted; /* the league alone is being loaded */
	else
		load(app, wanted);
}

int reload_start(struct app *app)
{
	int r = loader_new(app->pool, &app->loader);
	if (r < 0)
		return r;
	app->loads = loop_event(app, loader_fd(app->loader), EV_READ | EV_PERSIST, on_loaded);
	return app->loads ? 0 : -ENOMEM;
}

void reload_free(struct app *app)
{
	loader_free(app->loader);
	roles_free(app->reload.roles);
	config_free(app->reload.config);
	config_free(app->next.config);
}
