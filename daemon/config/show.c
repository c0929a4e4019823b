/* Both the list for `config show` and the comparison of a reload go over the same rows: each option of the
 * table, those of tiers, processors and sinks once for each of these. */
#include "config/show.h"

#include "config/config.h"
#include "config/option.h"
#include "config/parse.h"

#include <errno.h>
#include <string.h>

const char *show_key(const char *section, const char *title, const char *name, char key[CONFIG_KEY_SIZE])
{
	text_format(key, CONFIG_KEY_SIZE, "%s%s%s%s%s", section, section[0] != '\0' ? "." : "", title,
		title[0] != '\0' ? "." : "", name);
	return key;
}

/* scheme://user:PASSWORD@host: an @ belongs to what is before it up to the last one ahead of the path. */
static void mask_url(const char *url, struct str *s)
{
	const char *start = strstr(url, "://");
	const char *from = start != NULL ? start + 3 : url, *at = NULL;
	for (const char *p = from; *p != '\0' && (*p != '/' || at == NULL); p++)
		if (*p == '@')
			at = p;
	if (at == NULL) {
		str_text(s, url);
		return;
	}
	const char *colon = memchr(from, ':', (size_t)(at - from));
	str_bytes(s, url, (size_t)((colon != NULL ? colon + 1 : from) - url));
	str_text(s, "***");
	str_text(s, at);
}

void show_value(const char *name, const char *value, struct str *s)
{
	if (strcmp(name, "url") == 0)
		mask_url(value, s);
	else
		str_text(s, value);
}

struct shown {
	const struct option *option;
	const char *title;
	char key[CONFIG_KEY_SIZE];
	const char *value;
	const char *masked; /* the same for other eyes */
};

/* Returns what `each` returned, if that was not 0. */
typedef int (*each_fn)(void *context, const struct shown *shown);

static int show_one(const struct option *o, const char *title, const void *base, each_fn each, void *context)
{
	struct shown shown = {.option = o, .title = title};
	struct str value = {0}, masked = {0};
	show_key(o->section, title, o->name, shown.key);
	option_format(o, (const char *)base + o->offset, &value);
	if (value.data != NULL)
		show_value(o->name, value.data, &masked);
	shown.value = value.data != NULL ? value.data : "";
	shown.masked = masked.data != NULL ? masked.data : "";
	int rc = value.failed || masked.failed ? -ENOMEM : each(context, &shown);
	str_done(&value);
	str_done(&masked);
	return rc;
}

static bool has(const struct option *o, const char *type)
{
	return option_is_of(o, type);
}

static int for_each(const struct config *c, each_fn each, void *context)
{
	size_t count;
	const struct option *table = option_table(&count);
	int rc = 0;
	for (size_t i = 0; i < count && rc == 0; i++)
		if (!option_is_titled(table[i].section))
			rc = show_one(&table[i], "", c, each, context);
	for (size_t k = 0; k < c->tiers; k++)
		for (size_t i = 0; i < count && rc == 0; i++)
			if (strcmp(table[i].section, "tier") == 0)
				rc = show_one(&table[i], c->tier[k].name, &c->tier[k], each, context);
	for (size_t k = 0; k < c->processors; k++)
		for (size_t i = 0; i < count && rc == 0; i++)
			if (strcmp(table[i].section, "processor") == 0 &&
				has(&table[i], config_processor_type_name(c->processor[k].type)))
				rc = show_one(&table[i], c->processor[k].name, &c->processor[k], each, context);
	for (size_t k = 0; k < c->schedules; k++)
		for (size_t i = 0; i < count && rc == 0; i++)
			if (strcmp(table[i].section, "schedule") == 0)
				rc = show_one(&table[i], c->schedule[k].name, &c->schedule[k], each, context);
	for (size_t k = 0; k < c->sinks; k++)
		for (size_t i = 0; i < count && rc == 0; i++)
			if (strcmp(table[i].section, "sink") == 0 &&
				has(&table[i], config_sink_type_name(c->sink[k].type)))
				rc = show_one(&table[i], c->sink[k].name, &c->sink[k], each, context);
	return rc;
}

/* one of them, by its key */

struct seeking {
	const char *key;
	struct str value, masked;
	bool found;
};

static int seek_one(void *context, const struct shown *shown)
{
	struct seeking *s = context;
	if (strcmp(shown->key, s->key) != 0)
		return 0;
	s->found = true;
	str_text(&s->value, shown->value);
	str_text(&s->masked, shown->masked);
	return s->value.failed || s->masked.failed ? -ENOMEM : 0;
}

static const char *text_of(const struct str *s)
{
	return s->data != NULL ? s->data : "";
}

/* print */

struct printing {
	const struct config *started, *config;
	struct str *s;
	bool more;
};

static void print_json(struct str *s, const char *name, const char *value)
{
	str_text(s, name);
	str_json(s, value, strlen(value));
}

static void print_source(struct str *s, const struct config *c, const struct shown *shown)
{
	const struct assignment *found = NULL;
	for (size_t i = 0; i < c->assignment_count; i++) {
		const struct assignment *a = &c->assignments[i];
		if (strcmp(a->section, shown->option->section) == 0 && strcmp(a->title, shown->title) == 0 &&
			strcmp(a->name, shown->option->name) == 0)
			found = a;
	}
	if (found == NULL) {
		str_text(s, ",\"source\":\"default\"");
		return;
	}
	struct str place = {0};
	str_text(&place, found->file);
	if (found->line > 0)
		str_printf(&place, ":%d", found->line);
	print_json(s, ",\"source\":", place.data != NULL ? place.data : "");
	s->failed |= place.failed;
	str_done(&place);
}

static int print_value(const struct printing *p, const struct shown *shown)
{
	struct seeking running = {.key = shown->key};
	int rc = shown->option->restart ? for_each(p->started, seek_one, &running) : 0;
	const bool waits = rc == 0 && running.found && strcmp(text_of(&running.value), shown->value) != 0;
	print_json(p->s, ",\"value\":", waits ? text_of(&running.masked) : shown->masked);
	if (waits)
		print_json(p->s, ",\"waits\":", shown->masked);
	str_done(&running.value);
	str_done(&running.masked);
	return rc;
}

static int print_one(void *context, const struct shown *shown)
{
	struct printing *p = context;
	const struct option *o = shown->option;
	str_text(p->s, p->more ? ",{" : "{");
	p->more = true;
	print_json(p->s, "\"default\":", o->value != NULL ? o->value : "");
	print_json(p->s, ",\"help\":", o->help);
	print_json(p->s, ",\"key\":", shown->key);
	str_printf(p->s, ",\"restart\":%s", o->restart ? "true" : "false");
	print_source(p->s, p->config, shown);
	int rc = print_value(p, shown);
	str_char(p->s, '}');
	return rc;
}

void config_print(const struct config *started, const struct config *config, struct str *s)
{
	struct printing p = {.started = started, .config = config, .s = s};
	str_char(s, '[');
	if (for_each(config, print_one, &p) < 0)
		s->failed = true;
	str_char(s, ']');
}

/* diff */

struct comparing {
	const struct config *other;
	bool backwards; /* only what the other lacks */
	config_changed_fn changed;
	void *context;
	int restarts;
};

static int compare_one(void *context, const struct shown *shown)
{
	struct comparing *c = context;
	struct seeking other = {.key = shown->key};
	bool restart = shown->option->restart;
	int rc = for_each(c->other, seek_one, &other);
	bool same = other.found && (c->backwards || strcmp(text_of(&other.value), shown->value) == 0);
	if (rc == 0 && !same) {
		c->restarts += restart;
		if (c->backwards)
			c->changed(c->context, shown->key, shown->masked, NULL, restart);
		else
			c->changed(c->context, shown->key, other.found ? text_of(&other.masked) : NULL, shown->masked,
				restart);
	}
	str_done(&other.value);
	str_done(&other.masked);
	return rc;
}

int config_diff(const struct config *from, const struct config *to, config_changed_fn changed, void *context)
{
	struct comparing c = {.other = from, .changed = changed, .context = context};
	int rc = for_each(to, compare_one, &c);
	if (rc == 0) {
		c.other = to;
		c.backwards = true;
		rc = for_each(from, compare_one, &c);
	}
	return rc < 0 ? rc : c.restarts;
}

/* of the options that change reports */

struct fingerprinting {
	const char *report, *precompute; /* the processors that make them */
	struct fingerprint so_far;
};

static int fingerprint_one(void *context, const struct shown *shown)
{
	struct fingerprinting *f = context;
	const char *title = shown->title;
	if (!shown->option->report ||
		(title[0] != '\0' && strcmp(title, f->report) != 0 && strcmp(title, f->precompute) != 0))
		return 0;
	f->so_far = fingerprint_join(f->so_far, fingerprint_of(shown->key, strlen(shown->key)));
	f->so_far = fingerprint_join(f->so_far, fingerprint_of(shown->value, strlen(shown->value)));
	return 0;
}

int config_report_fingerprint(const struct config *config, struct fingerprint *ret)
{
	struct fingerprinting f = {.report = config->report.processor, .precompute = config->precompute.processor};
	int rc = for_each(config, fingerprint_one, &f);
	if (rc == 0)
		*ret = f.so_far;
	return rc;
}
