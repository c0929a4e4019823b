/*
 * The life of a request: checked, handed to its handler, ended once. Where its lines go is the owner's
 * business (a session, or a test), so handlers can be tested without a socket.
 *
 * A request may be ended while its handler still runs; its memory then lives until the handler has returned,
 * so that the rest of the handler does not touch freed memory.
 */
#include "admin/request.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "history/history.h"

#define ERROR_TEXT_MAX 1024

struct admin_request {
	const struct admin_command *command;
	json_t *document;
	struct admin_value values[ADMIN_ARGS_MAX];
	struct admin_peer peer;
	enum admin_role role;
	const struct admin_request_ops *ops;
	void *owner;
	void (*cancel)(struct admin_request *r, void *user);
	void (*room)(struct admin_request *r, void *user); /* NULL: nobody waits for it */
	void *user;
	bool running; /* its handler has not returned */
	bool ended;
	bool kept;
	bool audited;
};

static const struct admin_value *value_of(const struct admin_request *r, const char *name)
{
	for (size_t i = 0; r->command->args && r->command->args[i].name; i++) {
		if (strcmp(r->command->args[i].name, name) == 0)
			return &r->values[i];
	}
	assert(false); /* an argument that is not in the command's table */
	return NULL;
}

bool admin_given(const struct admin_request *r, const char *name)
{
	return value_of(r, name)->given;
}

const char *admin_text(const struct admin_request *r, const char *name)
{
	const struct admin_value *value = value_of(r, name);
	return value->lookup ? value->lookup : json_string_value(value->json);
}

int64_t admin_int(const struct admin_request *r, const char *name, int64_t otherwise)
{
	const struct admin_value *value = value_of(r, name);
	return value->given ? value->number : otherwise;
}

bool admin_flag(const struct admin_request *r, const char *name)
{
	return value_of(r, name)->number != 0;
}

date_t admin_date(const struct admin_request *r, const char *name, date_t otherwise)
{
	return (date_t)admin_int(r, name, otherwise);
}

int64_t admin_duration_us(const struct admin_request *r, const char *name, int64_t otherwise)
{
	return admin_int(r, name, otherwise);
}

enum level admin_level(const struct admin_request *r, const char *name, enum level otherwise)
{
	return (enum level)admin_int(r, name, otherwise);
}

int admin_word(const struct admin_request *r, const char *name, int otherwise)
{
	return (int)admin_int(r, name, otherwise);
}

json_t *admin_json(const struct admin_request *r, const char *name)
{
	return value_of(r, name)->json;
}

enum admin_role admin_request_role(const struct admin_request *r)
{
	return r->role;
}

const struct admin_peer *admin_request_peer(const struct admin_request *r)
{
	return &r->peer;
}

const struct admin_command *admin_request_command(const struct admin_request *r)
{
	return r->command;
}

/* What the command was aimed at: its arguments in the table's order, long ones by their size alone. */
static void audit_target(const struct admin_request *r, struct str *out)
{
	for (size_t i = 0; r->command->args && r->command->args[i].name; i++) {
		const struct admin_value *value = &r->values[i];
		const char *name = r->command->args[i].name;
		if (!value->given)
			continue;
		if (json_is_array(value->json))
			str_printf(out, " %s=%zu entries", name, json_array_size(value->json));
		else if (value->lookup)
			str_printf(out, " %s=%s", name, value->lookup);
		else {
			char *text = json_dumps(value->json, JSON_ENCODE_ANY | JSON_COMPACT);
			str_printf(out, " %s=%.300s", name, text ? text : "?");
			free(text);
		}
	}
}

/* Cut between characters. */
static void put_whole(char *ret, size_t size, const char *text)
{
	size_t length = text_format(ret, size, "%s", text);
	while (length > 0 && !utf8_valid(ret, length))
		ret[--length] = '\0';
}

void admin_audit(struct admin_request *r, const char *result)
{
	if (r->audited || !r->command->changes)
		return;
	r->audited = true;
	if (!result)
		return;
	struct str target = {0};
	audit_target(r, &target);
	log_notice("admin", "audit verb=%s result=%s uid=%u gid=%u pid=%d%s", r->command->name, result,
		(unsigned)r->peer.uid, (unsigned)r->peer.gid, (int)r->peer.pid, target.data ? target.data : "");
	struct history_audit row = {.uid = r->peer.uid, .gid = r->peer.gid, .pid = r->peer.pid};
	text_format(row.command, sizeof(row.command), "%s", r->command->name);
	text_format(row.result, sizeof(row.result), "%s", result);
	put_whole(row.arguments, sizeof(row.arguments), target.data && !target.failed ? target.data + 1 : "");
	if (r->ops->audited)
		r->ops->audited(r->owner, &row);
	str_done(&target);
}

static void request_free(struct admin_request *r)
{
	admin_args_done(r->values);
	json_decref(r->document);
	free(r);
}

json_t *admin_error_line(enum protocol_code code, const char *text)
{
	char safe[ERROR_TEXT_MAX];
	size_t length = text_format(safe, sizeof(safe), "%s", text);
	if (!utf8_valid(safe, length)) { /* a cut went through a character */
		for (size_t i = 0; i < length; i++) {
			if ((unsigned char)safe[i] >= 0x80)
				safe[i] = '?';
		}
	}
	return json_pack("{s:i, s:b, s:s, s:s}", "v", PROTOCOL_VERSION, "ok", 0, "code", PROTOCOL_CODES[code].name,
		"error", safe);
}

/* Takes the line. A request without memory for its line ends all the same, the owner sees NULL. */
static void end(struct admin_request *r, json_t *line, const char *result)
{
	assert(!r->ended);
	admin_audit(r, result);
	r->ended = true;
	r->ops->line(r->owner, line, true);
	json_decref(line);
	if (!r->running)
		request_free(r);
}

static void end_error(struct admin_request *r, enum protocol_code code, const char *member, json_t *extra,
	const char *format, va_list list)
{
	char text[ERROR_TEXT_MAX];
	vsnprintf(text, sizeof(text), format, list);
	json_t *line = admin_error_line(code, text);
	if (extra && line)
		json_object_set_new(line, member, extra);
	else
		json_decref(extra);
	end(r, line, PROTOCOL_CODES[code].name);
}

void admin_reply(struct admin_request *r, json_t *data)
{
	if (!data) {
		admin_error(r, CODE_INTERNAL, "out of memory while the reply was made");
		return;
	}
	end(r, json_pack("{s:i, s:b, s:o}", "v", PROTOCOL_VERSION, "ok", 1, "data", data), "ok");
}

void admin_error(struct admin_request *r, enum protocol_code code, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	end_error(r, code, NULL, NULL, format, list);
	va_end(list);
}

void admin_error_data(struct admin_request *r, enum protocol_code code, json_t *data, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	end_error(r, code, "data", data, format, list);
	va_end(list);
}

void admin_error_unknown(struct admin_request *r, enum protocol_code code, json_t *nearest, const char *format, ...)
{
	if (json_array_size(nearest) == 0) {
		json_decref(nearest);
		nearest = NULL;
	}
	va_list list;
	va_start(list, format);
	end_error(r, code, "nearest", nearest, format, list);
	va_end(list);
}

void admin_keep(struct admin_request *r, void (*cancel)(struct admin_request *r, void *user), void *user)
{
	r->kept = true;
	r->cancel = cancel;
	r->user = user;
}

void admin_progress(struct admin_request *r, json_t *data)
{
	assert(!r->ended);
	json_t *line = data ? json_pack("{s:i, s:o}", "v", PROTOCOL_VERSION, "progress", data) : NULL;
	if (line)
		r->ops->line(r->owner, line, false);
	json_decref(line);
}

bool admin_has_room(const struct admin_request *r)
{
	return !r->ops->has_room || r->ops->has_room(r->owner);
}

void admin_keep_room(struct admin_request *r, void (*room)(struct admin_request *r, void *user))
{
	r->room = room;
}

void admin_request_room(struct admin_request *r)
{
	if (r->room)
		r->room(r, r->user);
}

void admin_request_cancel(struct admin_request *r)
{
	assert(!r->running && !r->ended && r->kept);
	admin_audit(r, "cancelled");
	r->ended = true;
	if (r->cancel)
		r->cancel(r, r->user);
	request_free(r);
}

/* A request that never reaches a handler: `r` is at most half filled. */
static void refuse(const struct admin_request_ops *ops, void *owner, enum protocol_code code, json_t *nearest,
	const char *format, ...) __attribute__((format(printf, 5, 6)));
static void refuse(const struct admin_request_ops *ops, void *owner, enum protocol_code code, json_t *nearest,
	const char *format, ...)
{
	char text[ERROR_TEXT_MAX];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	json_t *line = admin_error_line(code, text);
	if (line && json_array_size(nearest) > 0)
		json_object_set(line, "nearest", nearest);
	json_decref(nearest);
	ops->line(owner, line, true);
	json_decref(line);
}

static json_t *nearest_commands(const struct admin_command *const *tables, const char *name)
{
	const char *names[3];
	size_t count = admin_command_nearest(tables, name, names, 3);
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(names[i]));
	return list;
}

/* Whether the document is a request at all; its parts, borrowed. */
static bool is_request(
	json_t *document, const struct admin_request_ops *ops, void *owner, const char **ret_name, json_t **ret_args)
{
	const char *key;
	json_t *member;
	json_object_foreach (document, key, member) {
		if (strcmp(key, "v") != 0 && strcmp(key, "cmd") != 0 && strcmp(key, "args") != 0) {
			refuse(ops, owner, CODE_BAD_REQUEST, NULL,
				"a request has the members v, cmd and args, not \"%.64s\"", key);
			return false;
		}
	}
	json_t *version = json_object_get(document, "v");
	if (!json_is_integer(version)) {
		refuse(ops, owner, CODE_BAD_REQUEST, NULL, "member \"v\" is %s; it must be the number %d",
			version ? "no whole number" : "missing", PROTOCOL_VERSION);
		return false;
	}
	if (json_integer_value(version) != PROTOCOL_VERSION) {
		refuse(ops, owner, CODE_UNSUPPORTED_VERSION, NULL,
			"the request speaks version %lld of the protocol, this daemon version %d",
			(long long)json_integer_value(version), PROTOCOL_VERSION);
		return false;
	}
	json_t *name = json_object_get(document, "cmd");
	if (!json_is_string(name)) {
		refuse(ops, owner, CODE_BAD_REQUEST, NULL, "member \"cmd\" is %s; it must be the name of a command",
			name ? "not a text" : "missing");
		return false;
	}
	json_t *args = json_object_get(document, "args");
	if (args && !json_is_object(args)) {
		refuse(ops, owner, CODE_BAD_REQUEST, NULL, "member \"args\" must be an object");
		return false;
	}
	*ret_name = json_string_value(name);
	*ret_args = args;
	return true;
}

void admin_request_serve(const struct admin_command *const *tables, struct admin_context *context, json_t *document,
	enum admin_role role, const struct admin_peer *peer, const struct admin_request_ops *ops, void *owner,
	struct admin_request **ret_open)
{
	*ret_open = NULL;
	const char *name;
	json_t *args;
	struct admin_request *r = NULL;
	if (!is_request(document, ops, owner, &name, &args))
		goto out;
	const struct admin_command *command = admin_command_find(tables, name);
	if (!command) {
		refuse(ops, owner, CODE_UNKNOWN_COMMAND, nearest_commands(tables, name),
			"there is no command \"%.64s\"", name);
		goto out;
	}
	r = calloc(1, sizeof(*r));
	if (!r) {
		refuse(ops, owner, CODE_INTERNAL, NULL, "out of memory");
		goto out;
	}
	r->command = command;
	r->peer = *peer;
	r->role = role;
	r->ops = ops;
	r->owner = owner;
	if (role < command->role) {
		admin_audit(r, "denied");
		refuse(ops, owner, CODE_DENIED, NULL, "\"%s\" needs the role %s; at this socket you have the role %s",
			command->name, admin_role_name(command->role), admin_role_name(role));
		goto out;
	}
	struct err err;
	if (admin_args_check(command, args, r->values, &err) < 0) {
		refuse(ops, owner, err.code == -EINVAL ? CODE_BAD_ARGUMENT : CODE_INTERNAL, NULL, "%s", err.text);
		goto out;
	}
	r->document = document;
	r->running = true;
	command->handler(r, context);
	r->running = false;
	assert(r->ended || r->kept);
	if (r->ended)
		request_free(r);
	else
		*ret_open = r;
	return;
out:
	free(r);
	json_decref(document);
}
