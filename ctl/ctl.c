/*
 * One run: parse, open the socket only if the command needs the daemon, ask, print. Every failure ends as one
 * sentence and an exit code that scripts can rely on; which code, the table in propsd/protocol.h says for
 * what the daemon reports, and exit_of() below for what happens on this side.
 */
#include "ctl.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "client.h"
#include "cmd_help.h"
#include "complete.h"
#include "output.h"
#include "progress.h"
#include "propsd/version.h"
#include "screen.h"
#include "show.h"

#define ANSWER_TIMEOUT_US 30000000 /* far above what any command but the waiting ones takes */

static int fail_line(struct ctl *ctl, enum propsctl_exit code, json_t *error)
{
	ctl->output->failure(ctl, error);
	json_decref(error);
	return (int)code;
}

int ctl_fail(struct ctl *ctl, enum propsctl_exit code, const char *name, const char *format, ...)
{
	char text[1024];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	json_t *error = json_pack("{s:b, s:s, s:s}", "ok", 0, "code", name, "error", text);
	if (!error) /* the text quotes something that is not UTF-8 */
		error = json_pack("{s:b, s:s, s:s}", "ok", 0, "code", name, "error", "an argument is not UTF-8");
	return fail_line(ctl, code, error);
}

int ctl_unanswered(struct ctl *ctl, const struct err *err)
{
	static const struct {
		int code;
		enum propsctl_exit exit;
		const char *name;
	} table[] = {
		{-ENOENT, PROPSCTL_UNREACHABLE, "unreachable"},
		{-ECONNREFUSED, PROPSCTL_UNREACHABLE, "unreachable"},
		{-EAGAIN, PROPSCTL_UNREACHABLE, "unreachable"},
		{-EPIPE, PROPSCTL_UNREACHABLE, "unreachable"},
		{-ENOTSOCK, PROPSCTL_UNREACHABLE, "unreachable"},
		{-EACCES, PROPSCTL_DENIED, "denied"},
		{-EPERM, PROPSCTL_DENIED, "denied"},
		{-ETIMEDOUT, PROPSCTL_TIMEOUT, "timeout"},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (table[i].code == err->code)
			return ctl_fail(ctl, table[i].exit, table[i].name, "%s", err->text);
	}
	return ctl_fail(ctl, PROPSCTL_FAILED, "failed", "%s", err->text);
}

/* Who only reads and may not open the admin socket gets the status socket, unless a path was asked for. */
static int open_client(struct ctl *ctl, const struct ctl_command *command, struct err *err)
{
	const char *path = ctl->socket ? ctl->socket : PROTOCOL_ADMIN_SOCKET;
	int result = client_open(path, &ctl->client, err);
	if (result != -EACCES || ctl->socket || !command->view)
		return result;
	struct err second;
	return client_open(PROTOCOL_STATUS_SOCKET, &ctl->client, &second) == 0 ? 0 : result;
}

static enum propsctl_exit exit_of(const char *code)
{
	for (int i = 0; i < CODE_COUNT; i++) {
		if (code && strcmp(PROTOCOL_CODES[i].name, code) == 0)
			return PROTOCOL_CODES[i].exit;
	}
	return PROPSCTL_FAILED; /* a newer daemon's */
}

static void on_progress(void *user, json_t *step)
{
	struct ctl *ctl = user;
	ctl->output->progress(ctl, step);
}

int ctl_hear(struct ctl *ctl, const struct ctl_command *command, json_t *args, void (*heard)(void *user, json_t *step),
	void *user, json_t **ret_line, struct err *err)
{
	int r = ctl->client ? 0 : open_client(ctl, command, err);
	int64_t timeout_us = command->waits ? 0 : ANSWER_TIMEOUT_US;
	if (r < 0)
		return r;
	client_stop_at(ctl->client, ctl->stop_fd);
	r = client_ask(ctl->client, command->cmd, args, timeout_us, heard, user, ret_line, err);
	if (r < 0) {
		client_close(ctl->client);
		ctl->client = NULL;
	}
	return r;
}

int ctl_try(struct ctl *ctl, const struct ctl_command *command, json_t *args, json_t **ret_line, struct err *err)
{
	return ctl_hear(ctl, command, args, on_progress, ctl, ret_line, err);
}

int ctl_send(struct ctl *ctl, const struct ctl_command *command, json_t *args, json_t **ret_line)
{
	struct err err;
	return ctl_try(ctl, command, args, ret_line, &err) < 0 ? ctl_unanswered(ctl, &err) : PROPSCTL_DONE;
}

int ctl_refused(struct ctl *ctl, json_t *line)
{
	return fail_line(ctl, exit_of(json_string_value(json_object_get(line, "code"))), line);
}

int ctl_ask(struct ctl *ctl, const struct ctl_command *command, json_t *args, json_t **ret_data)
{
	json_t *line;
	int result = ctl_send(ctl, command, args, &line);
	if (result != PROPSCTL_DONE)
		return result;
	if (!json_is_true(json_object_get(line, "ok")))
		return ctl_refused(ctl, line);
	json_t *data = json_object_get(line, "data");
	*ret_data = data ? json_incref(data) : json_null();
	json_decref(line);
	return PROPSCTL_DONE;
}

/*
 * A list comes in pages; `next` of one is `after` of the following one. Programs get each page at once,
 * tables need all rows for their widths, so these are put together. A `limit` that was asked for counts over
 * all pages.
 */
static int ask_list(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	json_t *all = NULL, *page;
	int64_t left = json_integer_value(json_object_get(args, "limit"));
	bool limited = left > 0;
	int result;
	while ((result = ctl_ask(ctl, command, args, &page)) == PROPSCTL_DONE) {
		json_t *next = json_object_get(page, "next"), *rows = json_object_get(page, command->list);
		left -= (int64_t)json_array_size(rows);
		bool last = !next || json_array_size(rows) == 0 || (limited && left <= 0);
		if (!last) {
			json_object_set(args, "after", next);
			if (limited)
				json_object_set_new(args, "limit", json_integer(left));
		}
		if (ctl->output->json)
			ctl->output->reply(ctl, command, page, last);
		if (all)
			json_array_extend(json_object_get(all, command->list), rows);
		else
			all = json_incref(page);
		json_decref(page);
		if (last)
			break;
	}
	if (all && !ctl->output->json)
		ctl->output->reply(ctl, command, all, true);
	json_decref(all);
	return result;
}

int ctl_ask_and_show(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	if (command->list)
		return ask_list(ctl, command, args);
	json_t *data;
	int result = ctl_ask(ctl, command, args, &data);
	if (result == PROPSCTL_DONE) {
		ctl->output->reply(ctl, command, data, true);
		json_decref(data);
	}
	return result;
}

/* Tables and names need a character set that can show them; a bare "C" locale gets the one that Debian always
 * has. */
static void use_utf8(void)
{
	const char *locale = setlocale(LC_CTYPE, "");
	if (!locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

unsigned ctl_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	int wanted = columns ? atoi(columns) : 0;
	struct winsize size;
	if (wanted >= 20 && wanted <= 10000)
		return (unsigned)wanted;
	if (isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		return size.ws_col;
	return isatty(fd) ? 80 : 0;
}

static void ctl_init(struct ctl *ctl, const struct ctl_globals *globals)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM"), *path = getenv("PROPSCTL_SOCKET");
	bool dumb = !term || strcmp(term, "dumb") == 0, screen = isatty(STDOUT_FILENO) == 1;
	*ctl = (struct ctl){
		.output = globals->json ? &output_json : &output_table,
		.data = stdout,
		.talk = stderr,
		.quiet = globals->quiet,
		.color = globals->color == CTL_COLOR_ALWAYS ||
			 (globals->color == CTL_COLOR_AUTO && screen && !dumb && !(no_color && *no_color)),
		.live = isatty(STDERR_FILENO) && !dumb,
		.wide = globals->wide,
		.screen = screen,
		.yes = globals->yes,
		.width = globals->wide ? 0 : ctl_width(STDOUT_FILENO),
		.now_ms = clock_wall_ms(clock_system()),
		.stop_fd = -1,
		.socket = globals->socket ? globals->socket
			  : path && *path ? path
					  : NULL,
	};
}

static int usage_error(struct ctl *ctl, const struct ctl_command *command, const char *text)
{
	int result = ctl_fail(ctl, PROPSCTL_USAGE, "usage", "%s", text);
	if (!ctl->output->json)
		fprintf(ctl->talk, "Try: propsctl help%s%s\n", command ? " " : "", command ? command->name : "");
	return result;
}

/* General options that stood before the name go behind it, where the command finds them. */
static int run_raw(const struct ctl *ctl, struct ctl_call *call)
{
	char json[] = "--json", quiet[] = "--quiet";
	const struct ctl_command *command = call->command;
	if (!command->raw_globals)
		return command->run_raw(call->raw_argc, call->raw_argv);
	char **argv = calloc((size_t)call->raw_argc + 3, sizeof(*argv));
	if (!argv) {
		fprintf(stderr, "propsctl: out of memory\n");
		return PROPSCTL_FAILED;
	}
	int argc = 0;
	argv[argc++] = call->raw_argv[0];
	if (ctl->output->json)
		argv[argc++] = json;
	if (ctl->quiet)
		argv[argc++] = quiet;
	for (int i = 1; i < call->raw_argc; i++)
		argv[argc++] = call->raw_argv[i];
	int result = command->run_raw(argc, argv);
	free(argv);
	return result;
}

static int run_once(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	return command->run ? command->run(ctl, command, args) : ctl_ask_and_show(ctl, command, args);
}

/* It shows what comes, as it comes, and has no end. */
static bool follows(const json_t *args)
{
	return json_object_get(args, "follow") != NULL;
}

static int run(struct ctl *ctl, struct ctl_call *call)
{
	const struct ctl_command *command = call->command;
	if (call->globals.help) {
		if (call->unknown.text[0])
			fprintf(ctl->talk, "propsctl: %s\n", call->unknown.text);
		if (call->group)
			help_show_group(ctl->data, call->group);
		else
			help_show(ctl->data, command);
		return PROPSCTL_DONE;
	}
	if (!command) {
		help_show(ctl->talk, NULL);
		return PROPSCTL_USAGE;
	}
	if (command->raw)
		return run_raw(ctl, call);
	if (call->globals.watch_s > 0 && (!screen_looks(command) || follows(call->args)))
		return ctl_fail(ctl, PROPSCTL_USAGE, "usage",
			screen_looks(command) ? "--watch looks again, --follow goes on: only one of them"
					      : "--watch is for commands that look at something; \"%s\" is none",
			command->name);
	if (call->globals.watch_s > 0)
		return screen_watch(ctl, command, call->args, call->globals.watch_s, run_once);
	const char *weight = command->weighs ? command->weighs(call->args) : NULL;
	if (weight && !screen_confirms(ctl, weight))
		return ctl_fail(ctl, PROPSCTL_FAILED, "failed", "nothing was done");
	const bool paged = ctl->screen && !call->globals.no_pager && !ctl->output->json && !follows(call->args) &&
			   screen_looks(command);
	return paged ? screen_page(ctl, command, call->args, run_once) : run_once(ctl, command, call->args);
}

int ctl_main(int argc, char **argv)
{
	use_utf8();
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("propsctl %s\n", PROPSD_VERSION);
		return PROPSCTL_DONE;
	}
	struct ctl ctl;
	struct ctl_call call;
	struct err err;
	if (argc >= 2 && strcmp(argv[1], "__complete") == 0) {
		ctl_init(&ctl, &(struct ctl_globals){.color = CTL_COLOR_NEVER});
		return ctl_complete(&ctl, argc - 2, argv + 2);
	}
	int parsed = ctl_parse(ctl_commands, argc, argv, &call, &err);
	ctl_init(&ctl, &call.globals);
	int result = parsed < 0 ? usage_error(&ctl, call.command, err.text) : run(&ctl, &call);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "propsctl: cannot write the output: %s\n", strerror(errno));
		result = result == PROPSCTL_DONE ? PROPSCTL_FAILED : result;
	}
	client_close(ctl.client);
	ctl_call_done(&call);
	return result;
}
