/*
 * Defaults first, then the assignments of the files one after the other, then what only the whole can show.
 * Everything is made in a struct of its own, so a file that is wrong anywhere leaves nothing behind.
 */
#include "config/config.h"

#include "base/arena.h"
#include "config/option.h"
#include "config/parse.h"
#include "config/show.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct loader {
	struct config *config;
	struct err *err;
	const char *path;
};

static int no_memory(struct loader *l)
{
	return err_set(l->err, -ENOMEM, "%s: out of memory", l->path != NULL ? l->path : "configuration");
}

/* An error at the place of an assignment, about its option. */
static int wrong(struct loader *l, const struct assignment *a, const char *why)
{
	char key[CONFIG_KEY_SIZE];
	struct str shown = {0};
	show_value(a->name, a->value, &shown);
	if (shown.failed) {
		str_done(&shown);
		return no_memory(l);
	}
	int rc = err_set(l->err, -EINVAL, "%s:%d: %s: read \"%.80s\", %s", a->file, a->line,
		show_key(a->section, a->title, a->name, key), shown.data != NULL ? shown.data : "", why);
	str_done(&shown);
	return rc;
}

/* The last assignment of an option; NULL: it has its default. */
static const struct assignment *find(const struct config *c, const char *section, const char *title, const char *name)
{
	for (size_t i = c->assignment_count; i-- > 0;) {
		const struct assignment *a = &c->assignments[i];
		if (strcmp(a->section, section) == 0 && strcmp(a->title, title) == 0 && strcmp(a->name, name) == 0)
			return a;
	}
	return NULL;
}

/* values */

static void *base_of(struct config *c, const char *section, const char *title)
{
	if (strcmp(section, "schedule") == 0) {
		for (size_t i = 0; i < c->schedules; i++)
			if (strcmp(c->schedule[i].name, title) == 0)
				return &c->schedule[i];
		return NULL;
	}
	if (strcmp(section, "tier") == 0) {
		for (size_t i = 0; i < c->tiers; i++)
			if (strcmp(c->tier[i].name, title) == 0)
				return &c->tier[i];
		return NULL;
	}
	if (strcmp(section, "processor") == 0) {
		for (size_t i = 0; i < c->processors; i++)
			if (strcmp(c->processor[i].name, title) == 0)
				return &c->processor[i];
		return NULL;
	}
	if (strcmp(section, "sink") == 0) {
		for (size_t i = 0; i < c->sinks; i++)
			if (strcmp(c->sink[i].name, title) == 0)
				return &c->sink[i];
		return NULL;
	}
	return c;
}

static int set_defaults(struct loader *l, const char *section, void *base)
{
	size_t count;
	const struct option *table = option_table(&count);
	for (size_t i = 0; i < count; i++) {
		const struct option *o = &table[i];
		if (section != NULL ? strcmp(o->section, section) != 0 : option_is_titled(o->section))
			continue;
		char why[OPTION_WHY_SIZE];
		if (o->value == NULL)
			continue;
		int rc = option_parse(o, o->value, true, (char *)base + o->offset, l->config->arena, why);
		if (rc == -ENOMEM)
			return no_memory(l);
		/* All others are our own texts; but a system without zone files has no default zone. */
		if (rc < 0)
			return err_set(l->err, rc, "%s.%s: the default \"%s\" is not possible here: %s", o->section,
				o->name, o->value, why);
	}
	return 0;
}

static int add_processor(struct loader *l, const char *name)
{
	struct config_processor *p = &l->config->processor[l->config->processors++];
	p->name = name;
	return set_defaults(l, "processor", p);
}

static int add_tier(struct loader *l, const char *name)
{
	struct config_tier *t = &l->config->tier[l->config->tiers++];
	t->name = name;
	return set_defaults(l, "tier", t);
}

static int add_schedule(struct loader *l, const char *name)
{
	struct config_schedule *s = &l->config->schedule[l->config->schedules++];
	s->name = name;
	return set_defaults(l, "schedule", s);
}

static int add_sink(struct loader *l, const char *name)
{
	struct config_sink *s = &l->config->sink[l->config->sinks++];
	s->name = name;
	return set_defaults(l, "sink", s);
}

static int add_titled(struct loader *l, const struct assignment *a)
{
	const struct config *c = l->config;
	const struct {
		const char *section;
		size_t count, most;
		int (*add)(struct loader *l, const char *name);
	} kinds[OPTION_TITLED] = {
		{"tier", c->tiers, CONFIG_TIERS_MAX, add_tier},
		/* One place is kept for the processor that is always there. */
		{"processor", c->processors, CONFIG_PROCESSORS_MAX - 1, add_processor},
		{"sink", c->sinks, CONFIG_SINKS_MAX, add_sink},
		{"schedule", c->schedules, CONFIG_SCHEDULES_MAX, add_schedule},
	};
	size_t k = 0;
	size_t n = strspn(a->title, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
	if (n == 0 || n > 32 || a->title[n] != '\0')
		return err_set(l->err, -EINVAL,
			"%s:%d: %s: read \"%.80s\", allowed is a name of up to 32 letters, digits and _ -", a->file,
			a->line, a->section, a->title);
	while (strcmp(kinds[k].section, a->section) != 0)
		k++;
	if (kinds[k].count == kinds[k].most)
		return err_set(l->err, -EINVAL, "%s:%d: %s \"%s\": more than %zu of them", a->file, a->line, a->section,
			a->title, kinds[k].most);
	return kinds[k].add(l, a->title);
}

static int apply(struct loader *l, const struct assignment *a)
{
	const struct option *o = option_find(a->section, a->name);
	void *base = base_of(l->config, a->section, a->title);
	char why[OPTION_WHY_SIZE];
	assert(o != NULL && base != NULL);
	int rc = option_parse(o, a->value, a->first, (char *)base + o->offset, l->config->arena, why);
	if (rc == -ENOMEM)
		return no_memory(l);
	return rc < 0 ? wrong(l, a, why) : 0;
}

/* what only the whole shows */

static int check_tier(struct loader *l, size_t index)
{
	const struct config *c = l->config;
	const struct config_tier *t = &c->tier[index];
	const struct assignment *opened = find(c, "tier", t->name, "");
	if (t->players.count == 0)
		return err_set(l->err, -EINVAL, "%s:%d: tier \"%s\": players is missing, allowed is a list of names",
			opened->file, opened->line, t->name);
	for (size_t k = 0; k < index; k++)
		for (size_t i = 0; i < t->players.count; i++)
			for (size_t j = 0; j < c->tier[k].players.count; j++)
				if (strcmp(t->players.lookup[i], c->tier[k].players.lookup[j]) == 0)
					return err_set(l->err, -EINVAL,
						"%s:%d: tier \"%s\": the player %s is in tier \"%s\" already",
						opened->file, opened->line, t->name, t->players.lookup[i],
						c->tier[k].name);
	return 0;
}

/* Options that only one type has. */
static int check_own_options(struct loader *l, const char *section, const char *title, const char *type)
{
	const struct assignment *a;
	size_t count;
	const struct option *table = option_table(&count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i].section, section) == 0 && !option_is_of(&table[i], type) &&
			(a = find(l->config, section, title, table[i].name)) != NULL) {
			char why[OPTION_WHY_SIZE];
			const int first = (int)strcspn(table[i].only, " ");
			text_format(why, sizeof(why), "allowed only where type is %.*s%s%s", first, table[i].only,
				table[i].only[first] ? " or " : "",
				table[i].only + first + (table[i].only[first] != '\0'));
			return wrong(l, a, why);
		}
	return 0;
}

static int check_type(struct loader *l, const char *section, const char *title)
{
	const struct assignment *opened = find(l->config, section, title, "");
	char allowed[OPTION_WHY_SIZE];
	if (find(l->config, section, title, "type") != NULL)
		return 0;
	option_allowed(option_find(section, "type"), allowed);
	return err_set(l->err, -EINVAL, "%s:%d: %s \"%s\": type is missing, %s", opened->file, opened->line, section,
		title, allowed);
}

static int check_sink(struct loader *l, const struct config_sink *s)
{
	static const struct {
		enum config_sink_type type;
		const char *name, *allowed;
		size_t offset;
	} needed[] = {
		{CONFIG_SINK_DIRECTORY, "path",
			"allowed is the absolute path of a folder, as in path = \"/var/lib/propsd/reports\"",
			offsetof(struct config_sink, path)},
		{CONFIG_SINK_S3, "url", "allowed is https://HOST:PORT or http://HOST:PORT, maybe with a path behind it",
			offsetof(struct config_sink, s3.url)},
		{CONFIG_SINK_WEBHOOK, "url_file",
			"allowed is the absolute path of a file whose first line is the webhook's address, as it is a "
			"secret",
			offsetof(struct config_sink, webhook.url_file)},
	};
	const struct assignment *opened = find(l->config, "sink", s->name, "");
	int rc = check_type(l, "sink", s->name);
	if (rc == 0)
		rc = check_own_options(l, "sink", s->name, config_sink_type_name(s->type));
	for (size_t i = 0; rc == 0 && i < sizeof(needed) / sizeof(*needed); i++)
		if (needed[i].type == s->type && *(const char *const *)((const char *)s + needed[i].offset) == NULL)
			rc = err_set(l->err, -EINVAL, "%s:%d: sink \"%s\": %s is missing, %s", opened->file,
				opened->line, s->name, needed[i].name, needed[i].allowed);
	const bool of_messages = s->s3.form >= CONFIG_SINK_FORM_JSON;
	if (rc == 0 && s->s3.form != CONFIG_SINK_FORM_AUTO && of_messages != (s->type == CONFIG_SINK_WEBHOOK))
		rc = wrong(l, find(l->config, "sink", s->name, "form"),
			of_messages ? "allowed is auto, s3 or google where type is s3"
				    : "allowed is auto, json, discord or slack where type is webhook");
	return rc;
}

static int check_processor(struct loader *l, const struct config_processor *p)
{
	const struct config *c = l->config;
	const struct assignment *opened = find(c, "processor", p->name, "");
	int rc = check_type(l, "processor", p->name);
	if (rc < 0)
		return rc;
	if (strcmp(p->name, "builtin") == 0 && p->type != CONFIG_PROCESSOR_BUILTIN)
		return wrong(l, find(c, "processor", p->name, "type"),
			"allowed is builtin; a processor of another type needs another name");
	rc = check_own_options(l, "processor", p->name, config_processor_type_name(p->type));
	if (rc == 0 && p->type == CONFIG_PROCESSOR_HTTP && p->http.url == NULL)
		return err_set(l->err, -EINVAL,
			"%s:%d: processor \"%s\": url is missing, allowed is http://HOST:PORT/PATH or "
			"https://HOST:PORT/PATH",
			opened->file, opened->line, p->name);
	if (rc < 0 || p->type != CONFIG_PROCESSOR_EXEC)
		return rc;
	if (p->exec.command.count == 0 || p->exec.command.item[0][0] == '\0')
		return err_set(l->err, -EINVAL,
			"%s:%d: processor \"%s\": command is missing, allowed is a list of the program and its "
			"arguments, as in command = { \"python3\", \"/opt/model/worker.py\" }",
			opened->file, opened->line, p->name);
	if (p->exec.children > 0 && p->exec.min_children > p->exec.children)
		return wrong(l, find(c, "processor", p->name, "min_children"), "allowed is at most children");
	return 0;
}

/* One of the processors, by its name in `section`. */
static int check_processor_of(struct loader *l, const char *section, const char *name)
{
	const struct config *c = l->config;
	if (config_processor(c, name) != NULL)
		return 0;
	char why[OPTION_WHY_SIZE];
	size_t n = text_format(why, sizeof(why), "allowed is the name of a processor section:");
	for (size_t i = 0; i < c->processors; i++)
		n += text_format(why + n, sizeof(why) - n, "%s %s", i > 0 ? "," : "", c->processor[i].name);
	return wrong(l, find(c, section, "", "processor"), why);
}

static int check_phases(struct loader *l)
{
	const struct config *c = l->config;
	int rc = check_processor_of(l, "report", c->report.processor);
	if (rc < 0 || c->precompute.processor[0] == '\0')
		return rc;
	rc = check_processor_of(l, "precompute", c->precompute.processor);
	if (rc < 0)
		return rc;
	const enum config_processor_type type = config_processor(c, c->precompute.processor)->type;
	return type == CONFIG_PROCESSOR_EXEC || type == CONFIG_PROCESSOR_HTTP
		       ? 0
		       : wrong(l, find(c, "precompute", "", "processor"), "allowed is a processor of type exec or http");
}

static int check_schedule(struct loader *l, const struct config_schedule *s)
{
	const struct assignment *opened = find(l->config, "schedule", s->name, "");
	const int whom = s->slate + (s->players.count > 0) + (s->teams.count > 0);
	if (s->at.count == 0)
		return err_set(l->err, -EINVAL,
			"%s:%d: schedule \"%s\": at is missing, allowed is a list of times of the day, as in at = "
			"\"17:00\"",
			opened->file, opened->line, s->name);
	if (whom != 1)
		return err_set(l->err, -EINVAL,
			"%s:%d: schedule \"%s\": %s, allowed is one of slate = yes, players and teams", opened->file,
			opened->line, s->name, whom == 0 ? "whom it regenerates is missing" : "too many are named");
	if (s->phase == CONFIG_SCHEDULE_PRECOMPUTE && l->config->precompute.processor[0] == '\0')
		return wrong(
			l, find(l->config, "schedule", s->name, "phase"), "allowed only beside precompute.processor");
	return 0;
}

static int check_sockets(struct loader *l)
{
	const struct config *c = l->config;
	if (strcmp(c->admin.socket, c->admin.status_socket) != 0)
		return 0;
	const struct assignment *a = find(c, "admin", "", "status_socket");
	if (a == NULL)
		a = find(c, "admin", "", "socket");
	return wrong(l, a, "allowed are two different paths for socket and status_socket");
}

static int check_certificate(struct loader *l)
{
	const struct config *c = l->config;
	if (c->redis.key_file[0] == '\0' || c->redis.cert_file[0] != '\0')
		return 0;
	return wrong(l, find(c, "redis", "", "key_file"), "allowed only beside the certificate's file, cert_file");
}

static int name_instance(struct loader *l)
{
	struct config *c = l->config;
	char name[256], why[OPTION_WHY_SIZE];
	if (c->instance[0] != '\0')
		return 0;
	if (gethostname(name, sizeof(name)) < 0)
		return err_set(l->err, -errno, "instance: this host has no name to use, set one");
	name[sizeof(name) - 1] = '\0';
	const struct option *o = option_find("", "instance");
	int rc = option_parse(o, name, true, &c->instance, c->arena, why);
	if (rc == -ENOMEM)
		return no_memory(l);
	if (rc < 0 || name[0] == '\0')
		return err_set(l->err, -EINVAL, "instance: the host's name \"%.80s\" will not do, set one", name);
	return 0;
}

static int check_whole(struct loader *l)
{
	struct config *c = l->config;
	int rc = 0;
	for (size_t i = 0; i < c->tiers && rc == 0; i++)
		rc = check_tier(l, i);
	for (size_t i = 0; i < c->processors && rc == 0; i++)
		rc = check_processor(l, &c->processor[i]);
	if (rc == 0 && config_processor(c, "builtin") == NULL)
		rc = add_processor(l, "builtin");
	if (rc == 0)
		rc = check_phases(l);
	for (size_t i = 0; i < c->schedules && rc == 0; i++)
		rc = check_schedule(l, &c->schedule[i]);
	for (size_t i = 0; i < c->sinks && rc == 0; i++)
		rc = check_sink(l, &c->sink[i]);
	if (rc == 0)
		rc = check_sockets(l);
	if (rc == 0)
		rc = check_certificate(l);
	return rc == 0 ? name_instance(l) : rc;
}

/* A later file may override an earlier one; twice in one file is a slip. */
static int check_twice(struct loader *l, size_t index)
{
	const struct assignment *a = &l->config->assignments[index];
	for (size_t i = 0; i < index; i++) {
		const struct assignment *b = &l->config->assignments[i];
		if (strcmp(a->name, b->name) == 0 && strcmp(a->section, b->section) == 0 &&
			strcmp(a->title, b->title) == 0 && strcmp(a->file, b->file) == 0) {
			char why[OPTION_WHY_SIZE];
			text_format(why, sizeof(why), "it is set in line %d already, allowed is once a file", b->line);
			return wrong(l, a, why);
		}
	}
	return 0;
}

static int load(struct loader *l)
{
	struct config *c = l->config;
	struct assignment *list = NULL;
	int rc = set_defaults(l, NULL, c);
	if (rc == 0 && l->path != NULL)
		rc = parse_files(l->path, c->arena, &list, &c->assignment_count, l->err);
	if (rc < 0)
		return rc;
	c->assignments = list;
	for (size_t i = 0; i < c->assignment_count && rc == 0; i++)
		if (list[i].name[0] == '\0')
			rc = add_titled(l, &list[i]);
	for (size_t i = 0; i < c->assignment_count && rc == 0; i++)
		if (list[i].name[0] != '\0') {
			rc = list[i].first ? check_twice(l, i) : 0;
			rc = rc == 0 ? apply(l, &list[i]) : rc;
		}
	return rc == 0 ? check_whole(l) : rc;
}

int config_load(const char *path, struct config **ret_config, struct err *err)
{
	struct loader l = {.config = calloc(1, sizeof(struct config)), .err = err, .path = path};
	if (l.config == NULL || (l.config->arena = arena_new()) == NULL) {
		config_free(l.config);
		return no_memory(&l);
	}
	int rc = load(&l);
	if (rc < 0) {
		config_free(l.config);
		return rc;
	}
	*ret_config = l.config;
	return 0;
}

void config_free(struct config *config)
{
	if (config == NULL)
		return;
	arena_free(config->arena);
	free(config);
}

const struct config_processor *config_processor(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->processors; i++)
		if (strcmp(config->processor[i].name, name) == 0)
			return &config->processor[i];
	return NULL;
}

int config_override(struct config *config, const char *section, const char *name, const char *value, const char *by)
{
	const struct option *o = option_find(section, name);
	const struct assignment *last = find(config, section, "", name);
	const size_t n = config->assignment_count;
	struct assignment *list = NULL;
	char why[OPTION_WHY_SIZE];
	assert(o != NULL && !option_is_titled(section));
	if (last == NULL || last->line > 0) { /* of commands one entry is enough, however many come */
		list = arena_alloc(config->arena, (n + 1) * sizeof(*list));
		if (list == NULL)
			return -ENOMEM;
	}
	int rc = option_parse(o, value, true, (char *)config + o->offset, config->arena, why);
	if (rc < 0 || list == NULL)
		return rc;
	if (n > 0)
		memcpy(list, config->assignments, n * sizeof(*list));
	list[n] = (struct assignment){
		.section = o->section, .title = "", .name = o->name, .value = "", .first = true, .file = by};
	config->assignments = list;
	config->assignment_count = n + 1;
	return 0;
}
