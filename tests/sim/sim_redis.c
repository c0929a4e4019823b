#include "tests/sim/sim_redis.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"

enum { BEAT_US = 10000000, ARGS_MAX = 20000, CALL_WORDS = 4 /* EVALSHA, digest, count of keys, key */ };

/* What every run needs in the scripts' place of what only a real clock, or a server's own random hash seed,
 * can give. */
static const struct sim_mutation always[] = {
	{"local t = call('TIME')\n  return t[1] * 1000 + math.floor(t[2] / 1000)",
		"return tonumber(call('GET', 'sim:now'))"},
	{"call('XADD', stream, '*', 'game_date',", "call('XADD', stream, now_ms() .. '-*', 'game_date',"},
	{"call('XADD', stream, '*', 'player_lookup',", "call('XADD', stream, now_ms() .. '-*', 'player_lookup',"},
	{"call('XADD', letter.stream, '*',", "call('XADD', letter.stream, now_ms() .. '-*',"},
	{"call('PEXPIRE', key, ARGV[4])", "call('PEXPIRE', key, 86400000)"},
	{"call('PEXPIRE', instance, ARGV[5])", "call('PEXPIRE', instance, 86400000)"},
	{"'~', ARGV[5], '*',", "'~', ARGV[5], now_ms() .. '-*',"},
	{"call('XADD', P .. 'dead', '*',", "call('XADD', P .. 'dead', now_ms() .. '-*',"},
	{"'~', kept, '*',", "'~', kept, now_ms() .. '-*',"},
	{"call('SMEMBERS', ", "sorted_members("},
};
static const char sorted_members[] =
	"local function sorted_members(k) local m = redis.call(\"SMEMBERS\", k) table.sort(m) return m end\n";

struct pending { /* a reply that was not heard yet */
	struct pending *next;
	struct arena *arena;
	const struct value *value;
	redis_reply_fn *fn;
	void *data;
};

struct redis_conn {
	struct redis_conn *next;
	struct redis_conn_options options;
	struct sim_redis *redis;
	struct sim_node *node;
	int64_t client;
	bool connecting, cut, too_large;
	struct pending *replies, **end;
	unsigned outstanding;
	/* a read that blocks */
	char *blocked; /* its request without BLOCK, NULL: none */
	size_t blocked_argc;
	redis_reply_fn *blocked_fn;
	void *blocked_data;
	int64_t blocked_until_us;
	uint64_t blocked_seen;
	bool *gone;
};

struct sim_logged {
	struct sim_logged *next;
	int node, script;
	int64_t now_ms;
	size_t argc, length;
	char bytes[]; /* lengths (size_t each), then texts */
};

static void die(const char *what, const char *detail)
{
	fprintf(stderr, "simulation: %s: %s\n", what, detail);
	abort();
}

/* Not an abort, which a hunt for planted bugs would take for a find. */
static void stale(const char *what, const char *detail)
{
	fprintf(stderr, "simulation: the scripts no longer hold what %s replaces: %s\n", what, detail);
	_exit(SIM_STALE);
}

/* Talking to a server. */

/* One buffer for what the servers say; a run has one thread. */
static struct {
	char bytes[1 << 16];
	size_t at, length;
} input;

static void write_all(int fd, const struct str *s)
{
	for (size_t done = 0; done < s->length;) {
		ssize_t n = send(fd, s->data + done, s->length - done, MSG_NOSIGNAL);
		if (n <= 0)
			die("cannot write to redis-server", "is it gone?");
		done += (size_t)n;
	}
}

static char read_byte(int fd)
{
	if (input.at == input.length) {
		ssize_t n = recv(fd, input.bytes, sizeof(input.bytes), 0);
		if (n <= 0)
			die("cannot read from redis-server", "is it gone?");
		input.at = 0;
		input.length = (size_t)n;
	}
	return input.bytes[input.at++];
}

static size_t read_line(int fd, char *line, size_t size)
{
	size_t n = 0;
	for (char c; (c = read_byte(fd)) != '\n';)
		if (c != '\r' && n + 1 < size)
			line[n++] = c;
	line[n] = '\0';
	return n;
}

static void read_value(int fd, struct arena *a, struct value *v)
{
	char line[1024];
	size_t length = read_line(fd, line, sizeof(line));
	long long number = length > 1 ? strtoll(line + 1, NULL, 10) : 0;
	*v = (struct value){.type = VALUE_NIL};
	switch (line[0]) {
	case '+':
	case '-':
		v->type = line[0] == '+' ? VALUE_STATUS : VALUE_ERROR;
		v->length = length - 1;
		v->text = arena_text(a, line + 1, length - 1);
		return;
	case ':':
		v->type = VALUE_INTEGER;
		v->integer = number;
		return;
	case '$':
		if (number < 0)
			return;
		char *text = arena_alloc(a, (size_t)number + 1);
		for (long long i = 0; i < number; i++)
			text[i] = read_byte(fd);
		text[number] = '\0';
		read_byte(fd);
		read_byte(fd);
		v->type = VALUE_STRING;
		v->text = text;
		v->length = (size_t)number;
		return;
	case '*':
		if (number < 0)
			return;
		v->type = VALUE_ARRAY;
		v->count = (size_t)number;
		v->items = arena_alloc(a, (size_t)(number + 1) * sizeof(*v->items));
		for (long long i = 0; i < number; i++)
			read_value(fd, a, &v->items[i]);
		return;
	default:
		die("redis-server said", line);
	}
}

static void put_arg(struct str *out, const char *text, size_t length)
{
	str_printf(out, "$%zu\r\n", length);
	str_bytes(out, text, length);
	str_bytes(out, "\r\n", 2);
}

/* The request `body` of `argc` arguments on one server, at the simulation's time; the clock goes along in the
 * same write. */
static const struct value *ask(
	struct sim_redis *r, unsigned server, size_t argc, const struct str *body, int64_t now_ms, struct arena *a)
{
	struct str out = {0};
	char text[24];
	struct value *v = arena_alloc(a, sizeof(*v));
	bool tell = r->told_ms[server] != now_ms;

	if (tell) {
		str_text(&out, "*3\r\n$3\r\nSET\r\n$7\r\nsim:now\r\n");
		put_arg(&out, text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)now_ms));
		r->told_ms[server] = now_ms;
	}
	str_printf(&out, "*%zu\r\n", argc);
	str_bytes(&out, body->data, body->length);
	write_all(r->fd[server], &out);
	str_done(&out);
	if (tell)
		read_value(r->fd[server], a, v);
	read_value(r->fd[server], a, v);
	r->requests++;
	return v;
}

/* "$5\r\nhello\r\n..." -> arguments that point into it. */
static size_t split_body(const char *body, size_t length, struct sim_arg *argv)
{
	size_t argc = 0;
	const char *p = body, *end = body + length;
	while (p < end) {
		char *text;
		assert(*p == '$' && argc < ARGS_MAX);
		size_t size = strtoul(p + 1, &text, 10);
		argv[argc++] = (struct sim_arg){.text = text + 2, .length = size};
		p = text + 2 + size + 2;
	}
	return argc;
}

static bool is(const struct sim_arg *a, const char *text)
{
	return a->length == strlen(text) && memcmp(a->text, text, a->length) == 0;
}

/* Scripts. */

static void replace_all(struct str *s, const char *from, const char *to, bool *used)
{
	struct str out = {0};
	const char *p = s->data, *hit;
	while ((hit = strstr(p, from)) != NULL) {
		str_bytes(&out, p, (size_t)(hit - p));
		str_text(&out, to);
		p = hit + strlen(from);
		if (used)
			*used = true;
	}
	str_text(&out, p);
	str_done(s);
	*s = out;
}

static int script_of(const struct sim_redis *r, const struct sim_arg *sha)
{
	for (int i = 0; i < SCRIPT_COUNT; i++)
		if (is(sha, r->sha[i]))
			return i;
	return -1;
}

/* Loads the scripts as the simulation needs them, on a server. */
static void load_scripts(struct sim_redis *r, unsigned server)
{
	struct redis_script scripts[SCRIPT_COUNT];
	struct arena *a = arena_new();
	if (scripts_init(scripts) < 0)
		die("scripts_init", "no memory");
	for (int i = 0; i < SCRIPT_COUNT; i++) {
		struct str source = {0}, body = {0};
		str_text(&source, sorted_members);
		str_text(&source, scripts[i].source);
		for (size_t m = 0; m < sizeof(always) / sizeof(always[0]); m++)
			replace_all(&source, always[m].from, always[m].to, NULL);
		if (r->mutation)
			replace_all(&source, r->mutation->from, r->mutation->to, &r->mutation_used);
		put_arg(&body, "SCRIPT", 6);
		put_arg(&body, "LOAD", 4);
		put_arg(&body, source.data, source.length);
		const struct value *v = ask(r, server, 3, &body, r->told_ms[server], a);
		if (v->type != VALUE_STRING)
			die(scripts[i].name, v->type == VALUE_ERROR ? v->text : "no digest");
		memcpy(r->sha[i], scripts[i].sha, sizeof(r->sha[i]));
		memcpy(r->mutated[i], v->text, 41);
		str_done(&source);
		str_done(&body);
	}
	scripts_done(scripts);
	arena_free(a);
}

/* What `always` replaces must be there, or the simulation would run on the real clock without anybody
 * noticing. */
static void check_mutations(void)
{
	struct redis_script scripts[SCRIPT_COUNT];
	if (scripts_init(scripts) < 0)
		die("scripts_init", "no memory");
	for (size_t m = 0; m < sizeof(always) / sizeof(always[0]); m++) {
		bool found = false;
		for (int i = 0; i < SCRIPT_COUNT; i++)
			found |= strstr(scripts[i].source, always[m].from) != NULL;
		if (!found)
			stale("the simulation", always[m].from);
	}
	scripts_done(scripts);
}

/* Heartbeats. */

static void note_beat(struct sim_redis *r, const struct sim_arg *name)
{
	for (unsigned i = 0; i < r->beat_count; i++)
		if (is(name, r->beats[i].name)) {
			r->beats[i].until_us = *r->now_us + BEAT_US;
			return;
		}
	assert(r->beat_count < sizeof(r->beats) / sizeof(r->beats[0]));
	snprintf(r->beats[r->beat_count].name, sizeof(r->beats[0].name), "%.*s", (int)name->length, name->text);
	r->beats[r->beat_count++].until_us = *r->now_us + BEAT_US;
}

void sim_expire(struct sim_redis *r)
{
	for (unsigned i = 0; i < r->beat_count; i++)
		if (r->beats[i].until_us <= *r->now_us) {
			char key[64];
			snprintf(key, sizeof(key), "props:instance:%s", r->beats[i].name);
			r->beats[i--] = r->beats[--r->beat_count];
			SIM_DO(r, "DEL", key);
		}
}

int64_t sim_next_expiry(const struct sim_redis *r)
{
	int64_t next = INT64_MAX;
	for (unsigned i = 0; i < r->beat_count; i++)
		if (r->beats[i].until_us < next)
			next = r->beats[i].until_us;
	return next;
}

/* Executing. */

static int64_t now_ms(const struct sim_redis *r)
{
	return *r->now_us / 1000;
}

static void tell(struct sim_redis *r, int node, int script, size_t argc, const struct sim_arg *argv,
	const struct value *reply, int64_t ms, bool replica)
{
	const size_t skip = script >= 0 ? 4 : 0;
	const struct sim_exec e = {.script = script,
		.argc = argc - skip,
		.argv = argv + skip,
		.reply = reply,
		.now_ms = ms,
		.replica = replica,
		.node = node};
	r->hooks->executed(r->hooks->arg, &e);
}

static void log_request(struct sim_redis *r, int node, int script, size_t argc, const struct sim_arg *argv)
{
	size_t bytes = argc * sizeof(size_t);
	for (size_t i = 0; i < argc; i++)
		bytes += argv[i].length + 1;
	struct sim_logged *l = malloc(sizeof(*l) + bytes);
	if (!l)
		die("log", "no memory");
	*l = (struct sim_logged){.node = node, .script = script, .now_ms = now_ms(r), .argc = argc, .length = bytes};
	char *p = l->bytes + argc * sizeof(size_t);
	for (size_t i = 0; i < argc; i++) {
		memcpy(l->bytes + i * sizeof(size_t), &argv[i].length, sizeof(size_t));
		memcpy(p, argv[i].text, argv[i].length);
		p += argv[i].length;
		*p++ = '\0';
	}
	*r->log_end = l;
	r->log_end = &l->next;
	r->logged++;
}

static const struct value *ask_args(
	struct sim_redis *r, unsigned server, size_t argc, const struct sim_arg *argv, int64_t ms, struct arena *a)
{
	struct str body = {0};
	for (size_t i = 0; i < argc; i++)
		put_arg(&body, argv[i].text, argv[i].length);
	const struct value *v = ask(r, server, argc, &body, ms, a);
	str_done(&body);
	return v;
}

static const struct value *execute(struct sim_redis *r, int node, size_t argc, struct sim_arg *argv, struct arena *a)
{
	int script = -1;
	if (is(&argv[0], "EVALSHA")) {
		script = script_of(r, &argv[1]);
		assert(script >= 0);
		argv[1].text = r->mutated[script];
	}
	const struct value *v = ask_args(r, r->master, argc, argv, now_ms(r), a);
	if (v->type != VALUE_ERROR &&
		((script == SCRIPT_TAKE && value_int(script_out(v, TAKE_OUT_STATE)) == TAKE_TAKEN) ||
			(script == SCRIPT_BEAT && strcmp(value_text(script_out(v, BEAT_OUT_WHOSE)), BEAT_MINE) == 0)))
		note_beat(r, &argv[CALL_WORDS - 1 + BEAT_NAME]);
	if (is(&argv[0], "XADD") || script == SCRIPT_LEAGUE || script == SCRIPT_UNMUTE || script == SCRIPT_RETRY ||
		script == SCRIPT_GROUP || script == SCRIPT_TAKE)
		r->changes++;
	if (r->follows)
		log_request(r, node, script, argc, argv);
	tell(r, node, script, argc, argv, v, now_ms(r), false);
	return v;
}

static struct arena *own_arena; /* of sim_do() and sim_look() */

static const struct value *do_words(struct sim_redis *r, const char *const *words, bool look)
{
	struct sim_arg argv[64];
	size_t argc = 0;
	for (; words[argc]; argc++)
		argv[argc] = (struct sim_arg){.text = words[argc], .length = strlen(words[argc])};
	if (!own_arena)
		own_arena = arena_new();
	arena_reset(own_arena);
	const struct value *v =
		look ? ask_args(r, r->master, argc, argv, now_ms(r), own_arena) : execute(r, -1, argc, argv, own_arena);
	if (value_is_error(v) && !look)
		die(words[0], v->text);
	return v;
}

const struct value *sim_do(struct sim_redis *r, const char *const *words)
{
	return do_words(r, words, false);
}

const struct value *sim_look(struct sim_redis *r, const char *const *words)
{
	return do_words(r, words, true);
}

/* The transport. */

static struct redis_conn *sim_open(const struct redis_conn_options *options)
{
	struct redis_conn *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->options = *options;
	c->node = (struct sim_node *)(void *)options->base;
	c->redis = c->node->redis;
	c->client = ++c->redis->clients;
	c->connecting = true;
	c->end = &c->replies;
	/* Behind the older ones: the first of a node's connections is the one it opened first. */
	struct redis_conn **link = &c->redis->conns;
	while (*link)
		link = &(*link)->next;
	*link = c;
	return c;
}

static void drop_pending(struct pending *p)
{
	arena_free(p->arena);
	free(p);
}

static void sim_close(struct redis_conn *c)
{
	if (!c)
		return;
	struct redis_conn **link = &c->redis->conns;
	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
	while (c->replies) {
		struct pending *p = c->replies;
		c->replies = p->next;
		drop_pending(p);
	}
	free(c->blocked);
	if (c->gone)
		*c->gone = true;
	free(c);
}

static void queue_reply(struct redis_conn *c, struct arena *a, const struct value *v, redis_reply_fn *fn, void *data)
{
	struct pending *p = malloc(sizeof(*p));
	if (!p)
		die("reply", "no memory");
	*p = (struct pending){.arena = a, .value = v, .fn = fn, .data = data};
	*c->end = p;
	c->end = &p->next;
}

static const struct value *make(struct arena *a, enum value_type type, const char *text, int64_t integer)
{
	struct value *v = arena_zalloc(a, sizeof(*v));
	v->type = type;
	if (type == VALUE_INTEGER)
		v->integer = integer;
	else if (type != VALUE_NIL) {
		v->text = arena_text(a, text, strlen(text));
		v->length = strlen(text);
	}
	return v;
}

/* What the server would know of a connection. NULL: not of that kind. */
static const struct value *answer_locally(struct redis_conn *c, size_t argc, const struct sim_arg *argv, struct arena *a)
{
	if (argc >= 2 && is(&argv[0], "SCRIPT")) /* loaded at the beginning */
		return make(a, VALUE_STATUS, "OK", 0);
	if (argc == 1 && is(&argv[0], "ROLE")) {
		struct value *v = arena_zalloc(a, sizeof(*v) * 4);
		v[0] = (struct value){.type = VALUE_ARRAY, .items = &v[1], .count = 3};
		v[1] = *make(a, VALUE_STRING, "master", 0);
		v[2] = *make(a, VALUE_INTEGER, NULL, 0);
		v[3] = (struct value){.type = VALUE_ARRAY}; /* no replicas */
		return v;
	}
	if (argc == 1 && is(&argv[0], "TIME")) {
		struct value *v = arena_zalloc(a, sizeof(*v) * 3);
		v[0] = (struct value){.type = VALUE_ARRAY, .items = &v[1], .count = 2};
		v[1] = *make(a, VALUE_INTEGER, NULL, *c->redis->now_us / 1000000);
		v[2] = *make(a, VALUE_INTEGER, NULL, *c->redis->now_us % 1000000);
		return v;
	}
	if (!is(&argv[0], "CLIENT"))
		return NULL;
	if (is(&argv[1], "ID"))
		return make(a, VALUE_INTEGER, NULL, c->client);
	if (!is(&argv[1], "UNBLOCK"))
		return make(a, VALUE_STATUS, "OK", 0);
	int64_t client = strtoll(argv[2].text, NULL, 10);
	for (struct redis_conn *other = c->redis->conns; other; other = other->next) {
		if (other->client != client || !other->blocked)
			continue;
		struct arena *reply = arena_new();
		queue_reply(other, reply, make(reply, VALUE_NIL, NULL, 0), other->blocked_fn, other->blocked_data);
		free(other->blocked);
		other->blocked = NULL;
		return make(a, VALUE_INTEGER, NULL, 1);
	}
	return make(a, VALUE_INTEGER, NULL, 0);
}

/* The machine that an instance runs on, as others see it: "HOST#TAG" on the wire for all but this one. */
static void dress_host(const struct redis_conn *c, int script, size_t argc, struct sim_arg *argv, struct arena *a)
{
	if (script != SCRIPT_TAKE || !c->node->host[0])
		return;
	for (size_t i = CALL_WORDS - 1 + TAKE_FIELDS; i + 1 < argc; i += 2)
		if (is(&argv[i], "host")) {
			char text[256];
			int n = snprintf(text, sizeof(text), "%.*s#%s", (int)argv[i + 1].length, argv[i + 1].text,
				c->node->host);
			argv[i + 1] = (struct sim_arg){.text = arena_text(a, text, (size_t)n), .length = (size_t)n};
		}
}

static void undress_host(
	const struct redis_conn *c, size_t argc, const struct sim_arg *argv, const struct value *v, struct arena *a)
{
	if (argc < 4 || !is(&argv[0], "HMGET") || !is(&argv[2], "boot") || v->type != VALUE_ARRAY)
		return;
	struct value *host = &v->items[1];
	if (host->type != VALUE_STRING)
		return;
	const char *tag = strchr(host->text, '#');
	if (tag && strcmp(tag + 1, c->node->host) == 0)
		*host = *make(a, VALUE_STRING, arena_text(a, host->text, (size_t)(tag - host->text)), 0);
	else if (!tag && c->node->host[0])
		*host = *make(a, VALUE_STRING, "another", 0);
}

static void cut(struct redis_conn *c)
{
	c->cut = true;
	while (c->replies) {
		struct pending *p = c->replies;
		c->replies = p->next;
		drop_pending(p);
	}
	c->end = &c->replies;
	free(c->blocked);
	c->blocked = NULL;
}

static size_t bytes_of(const struct value *v)
{
	size_t bytes = value_is_text(v) ? v->length : 0;
	for (size_t i = 0; v->type == VALUE_ARRAY && i < v->count; i++)
		bytes += bytes_of(&v->items[i]);
	return bytes;
}

static int sim_send(struct redis_conn *c, struct redis_request *request, redis_reply_fn *fn, void *data)
{
	static struct sim_arg argv[ARGS_MAX + 8];
	struct sim_redis *r = c->redis;
	char *body = malloc(request->body.length + 1);
	size_t length = request->body.length;
	if (!body)
		die("request", "no memory");
	memcpy(body, request->body.data, length);
	str_clear(&request->body);
	request->count = 0;
	c->outstanding++;
	if (c->cut || c->connecting) { /* into the void: the kernel takes it */
		free(body);
		return 0;
	}
	size_t argc = split_body(body, length, argv);
	enum sim_cut fate = r->hooks->cut(r->hooks->arg, c->node->index);
	struct arena *a = arena_new();
	if (fate == SIM_CUT_BEFORE) {
		cut(c);
		goto out;
	}
	const struct value *v = answer_locally(c, argc, argv, a);
	bool blocks = !v && is(&argv[0], "XREADGROUP") && is(&argv[6], "BLOCK");
	if (blocks) {
		int64_t block_ms = strtoll(argv[7].text, NULL, 10);
		memmove(&argv[6], &argv[8], (argc - 8) * sizeof(argv[0]));
		argc -= 2;
		c->blocked_until_us = *r->now_us + block_ms * 1000;
		c->blocked_seen = r->changes;
	}
	if (!v && r->hooks->allow && !r->hooks->allow(r->hooks->arg, c->node->index, argc, argv))
		v = make(a, VALUE_INTEGER, NULL, 1 << 20);
	if (!v) {
		dress_host(c, is(&argv[0], "EVALSHA") ? script_of(r, &argv[1]) : -1, argc, argv, a);
		v = execute(r, c->node->index, argc, argv, a);
		undress_host(c, argc, argv, v, a);
	}
	c->too_large = r->reply_max && bytes_of(v) > r->reply_max;
	if (fate == SIM_CUT_AFTER || c->too_large) {
		cut(c);
		goto out;
	}
	if (blocks && v->type == VALUE_NIL) {
		struct str again = {0};
		for (size_t i = 0; i < argc; i++)
			put_arg(&again, argv[i].text, argv[i].length);
		c->blocked = str_take(&again);
		c->blocked_argc = argc;
		c->blocked_fn = fn;
		c->blocked_data = data;
	} else {
		queue_reply(c, a, v, fn, data);
		a = NULL;
	}
out:
	arena_free(a);
	free(body);
	return 0;
}

static unsigned sim_outstanding(const struct redis_conn *c)
{
	return c->outstanding;
}

const struct redis_transport *sim_transport(void)
{
	static const struct redis_transport t = {
		.open = sim_open, .close = sim_close, .send = sim_send, .outstanding = sim_outstanding};
	return &t;
}

/* Hearing. */

static struct redis_conn *find(const struct sim_redis *r, int node, unsigned which)
{
	struct redis_conn *c = r->conns;
	for (; c; c = c->next)
		if (c->node->index == node && which-- == 0)
			return c;
	return NULL;
}

bool sim_may_hear(struct sim_redis *r, int node, unsigned which)
{
	const struct redis_conn *c = find(r, node, which);
	if (!c)
		return false;
	if (c->cut || c->connecting || c->replies)
		return true;
	return c->blocked && (c->blocked_seen != r->changes || *r->now_us >= c->blocked_until_us);
}

int64_t sim_next_us(const struct sim_redis *r, int node)
{
	int64_t next = INT64_MAX;
	for (const struct redis_conn *c = r->conns; c; c = c->next)
		if (c->node->index == node && c->blocked && c->blocked_until_us < next)
			next = c->blocked_until_us;
	return next;
}

/* Streams have changed, or the time is over: what does the blocked read give now? */
static void look_again(struct sim_redis *r, struct redis_conn *c)
{
	static struct sim_arg argv[64];
	struct arena *a = arena_new();
	size_t length = 0;
	for (size_t i = 0; i < c->blocked_argc; i++) {
		char *text;
		size_t size = strtoul(c->blocked + length + 1, &text, 10);
		length = (size_t)(text - c->blocked) + 2 + size + 2;
	}
	split_body(c->blocked, length, argv);
	c->blocked_seen = r->changes;
	const struct value *v = execute(r, c->node->index, c->blocked_argc, argv, a);
	if (v->type == VALUE_NIL && *r->now_us < c->blocked_until_us) {
		arena_free(a);
		return;
	}
	queue_reply(c, a, v, c->blocked_fn, c->blocked_data);
	free(c->blocked);
	c->blocked = NULL;
}

void sim_hear(struct sim_redis *r, int node, unsigned which)
{
	struct redis_conn *c = find(r, node, which);
	assert(c);
	if (c->cut || (c->connecting && r->down)) {
		c->options.on_lost(c->options.arg, c->too_large ? REDIS_TOO_LARGE
						   : c->cut     ? "cut by the simulation"
								: "refused by the simulation");
		return;
	}
	if (c->connecting) {
		c->connecting = false;
		c->options.on_connected(c->options.arg);
		return;
	}
	if (c->blocked && !c->replies) {
		look_again(r, c);
		return;
	}
	struct pending *p = c->replies;
	c->replies = p->next;
	if (!c->replies)
		c->end = &c->replies;
	c->outstanding--;
	p->fn(c->options.arg, p->data, p->value);
	drop_pending(p);
}

void sim_cut_all(struct sim_redis *r)
{
	for (struct redis_conn *c = r->conns; c; c = c->next)
		cut(c);
}

/* The replica. */

void sim_follow(struct sim_redis *r)
{
	r->follows = true;
}

static void drop_log(struct sim_redis *r)
{
	while (r->log) {
		struct sim_logged *l = r->log;
		r->log = l->next;
		free(l);
	}
	r->log_end = &r->log;
	r->logged = 0;
}

void sim_sync(struct sim_redis *r, unsigned count)
{
	static struct sim_arg argv[ARGS_MAX];
	for (; count > 0 && r->log; count--) {
		struct sim_logged *l = r->log;
		struct arena *a = arena_new();
		const char *p = l->bytes + l->argc * sizeof(size_t);
		for (size_t i = 0; i < l->argc; i++) {
			size_t length;
			memcpy(&length, l->bytes + i * sizeof(size_t), sizeof(size_t));
			argv[i] = (struct sim_arg){.text = p, .length = length};
			p += length + 1;
		}
		const struct value *v = ask_args(r, !r->master, l->argc, argv, l->now_ms, a);
		tell(r, l->node, l->script, l->argc, argv, v, l->now_ms, true);
		r->log = l->next;
		if (!r->log)
			r->log_end = &r->log;
		r->logged--;
		free(l);
		arena_free(a);
	}
}

/* All keys of one server on the other. */
static void copy(struct sim_redis *r, unsigned from, unsigned to)
{
	struct arena *a = arena_new();
	const struct value *keys = ask_args(r, from, 2, (struct sim_arg[]){{"KEYS", 4}, {"*", 1}}, r->told_ms[from], a);
	ask_args(r, to, 1, (struct sim_arg[]){{"FLUSHALL", 8}}, r->told_ms[to], a);
	for (size_t i = 0; i < keys->count; i++) {
		const struct sim_arg key = {keys->items[i].text, keys->items[i].length};
		const struct value *dump =
			ask_args(r, from, 2, (struct sim_arg[]){{"DUMP", 4}, key}, r->told_ms[from], a);
		const struct value *ttl =
			ask_args(r, from, 2, (struct sim_arg[]){{"PTTL", 4}, key}, r->told_ms[from], a);
		char text[24];
		int n = snprintf(text, sizeof(text), "%lld", ttl->integer > 0 ? (long long)ttl->integer : 0LL);
		const struct value *v = ask_args(r, to, 4,
			(struct sim_arg[]){{"RESTORE", 7}, key, {text, (size_t)n}, {dump->text, dump->length}},
			r->told_ms[to], a);
		if (value_is_error(v))
			die("RESTORE", v->text);
	}
	r->told_ms[to] = -1;
	arena_free(a);
}

void sim_failover(struct sim_redis *r)
{
	drop_log(r);
	r->master = !r->master;
	copy(r, r->master, !r->master);
	r->changes++;
	sim_cut_all(r);
	/* A heartbeat that came back with the older state lives on for its time. */
	struct arena *a = arena_new();
	const struct value *keys =
		ask_args(r, r->master, 2, (struct sim_arg[]){{"KEYS", 4}, {"props:instance:*", 16}}, now_ms(r), a);
	r->beat_count = 0;
	for (size_t i = 0; i < keys->count; i++) {
		const struct value *key = &keys->items[i];
		note_beat(r, &(struct sim_arg){key->text + 15, key->length - 15});
	}
	arena_free(a);
}

/* A run. */

static int connect_to(const struct redis_server *s)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", s->socket);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("cannot connect", s->socket);
	return fd;
}

void sim_redis_init(struct sim_redis *r, struct redis_server *servers, unsigned count, const struct sim_hooks *hooks,
	const int64_t *now_us)
{
	const struct sim_mutation *mutation = r->mutation;
	*r = (struct sim_redis){
		.hooks = hooks, .now_us = now_us, .mutation = mutation, .told_ms = {-1, -1}, .fd = {-1, -1}};
	r->log_end = &r->log;
	check_mutations();
	for (unsigned i = 0; i < count; i++) {
		r->servers[i] = &servers[i];
		r->fd[i] = connect_to(&servers[i]);
		struct arena *a = arena_new();
		ask_args(r, i, 1, (struct sim_arg[]){{"FLUSHALL", 8}}, 0, a);
		arena_free(a);
		r->told_ms[i] = -1;
		load_scripts(r, i);
	}
	if (r->mutation && !r->mutation_used)
		stale("a planted bug", r->mutation->from);
}

void sim_redis_done(struct sim_redis *r)
{
	while (r->conns)
		sim_close(r->conns);
	drop_log(r);
	for (int i = 0; i < 2; i++)
		if (r->fd[i] >= 0)
			close(r->fd[i]);
	arena_free(own_arena);
	own_arena = NULL;
}
