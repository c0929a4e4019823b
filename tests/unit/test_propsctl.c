/*
 * The built propsctl against an admin socket in this process, whose commands are made up: what it prints and
 * how it exits. Server and the program's output share one event loop.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "admin/request.h"
#include "admin/server.h"
#include "propsd/version.h"

#define PROPSCTL BUILD_DIR "/propsctl"

struct admin_context {
	json_t *loads; /* slate-load requests, as they came */
	struct admin_server *server;
};

/* --- the daemon ------------------------------------------------------------------------------------------------- */

static void version(struct admin_request *r, struct admin_context *c)
{
	(void)c;
	admin_reply(r, json_pack("{s:s, s:i}", "version", "9.8.7", "protocol", 1));
}

static void report(struct admin_request *r, struct admin_context *c)
{
	(void)c;
	if (strcmp(admin_text(r, "player"), "lebronjames") == 0)
		admin_reply(r, json_pack("{s:s}", "report", "{\"b\":0.1,\"a\":1.0}"));
	else
		admin_error_unknown(r, CODE_UNKNOWN_PLAYER, json_pack("[s, s]", "lebronjames", "bronnyjames"),
			"there is no player \"%s\"", admin_text(r, "player"));
}

/* Five players in pages of two. */
static void players(struct admin_request *r, struct admin_context *c)
{
	(void)c;
	int from = admin_given(r, "after") ? atoi(admin_text(r, "after")) : 0;
	json_t *rows = json_array();
	for (int i = from; i < from + 2 && i < 5; i++) {
		char name[32];
		snprintf(name, sizeof(name), "player%d", i);
		json_array_append_new(rows, json_pack("{s:s, s:s}", "player", name, "state", "idle"));
	}
	json_t *data = json_pack("{s:o, s:i}", "players", rows, "matching", 5);
	if (admin_given(r, "order") && from + 2 < 5)
		json_object_set_new(data, "next", json_sprintf("%d", from + 2));
	admin_reply(r, data);
}

static void regenerate(struct admin_request *r, struct admin_context *c)
{
	(void)c;
	if (admin_given(r, "timeout")) {
		admin_error_data(
			r, CODE_TIMEOUT, json_pack("{s:i}", "completed", 3), "3 of 5 are completed in the time given");
		return;
	}
	for (int i = 0; i < 3; i++)
		admin_progress(r, json_pack("{s:i, s:i}", "done", i, "total", 5));
	json_t *failures = admin_flag(r, "force")
				   ? json_array()
				   : json_pack("[{s:s, s:s}, {s:s, s:s}]", "player", "lebronjames", "error",
					     "timed out", "player", "stephencurry", "error", "ended");
	int failed = (int)json_array_size(failures);
	admin_reply(r, json_pack("{s:s, s:i, s:i, s:i, s:i, s:o}", "entry", "1-0", "total", 200, "completed",
			       200 - failed, "failed", failed, "took_ms", 12345, "failures", failures));
}

static void slate_load(struct admin_request *r, struct admin_context *c)
{
	json_t *entries = admin_json(r, "entries"), *entry;
	size_t i;
	json_array_append_new(c->loads, json_pack("{s:b, s:I}", "check", admin_flag(r, "check"), "entries",
						(json_int_t)json_array_size(entries)));
	json_array_foreach (entries, i, entry) {
		if (json_object_get(entry, "bad")) {
			admin_error_data(r, CODE_BAD_ARGUMENT,
				json_pack("{s:I, s:s}", "entry", (json_int_t)i, "reason", "tip: \"x\" is no time"),
				"entry %zu", i);
			return;
		}
	}
	admin_reply(r, json_pack("{s:s, s:I}", "stream", "slate", "entries", (json_int_t)json_array_size(entries)));
}

static void never(struct admin_request *r, struct admin_context *c)
{
	admin_keep(r, NULL, NULL);
	admin_server_stop(c->server);
}

static const struct admin_arg player_args[] = {
	{.name = "player", .type = ADMIN_NAME, .required = true},
	{.name = "date", .type = ADMIN_DATE},
	{.name = NULL},
};
static const struct admin_arg players_args[] = {
	{.name = "order", .type = ADMIN_TEXT},
	{.name = "after", .type = ADMIN_TEXT},
	{.name = "limit", .type = ADMIN_INT, .from = 1, .to = 1000},
	{.name = NULL},
};
static const struct admin_arg regenerate_args[] = {
	{.name = "slate", .type = ADMIN_BOOL},
	{.name = "player", .type = ADMIN_NAME},
	{.name = "force", .type = ADMIN_BOOL},
	{.name = "wait", .type = ADMIN_BOOL},
	{.name = "timeout", .type = ADMIN_DURATION},
	{.name = NULL},
};
static const struct admin_arg load_args[] = {
	{.name = "entries", .type = ADMIN_LIST, .from = 1, .to = 100, .required = true},
	{.name = "check", .type = ADMIN_BOOL},
	{.name = NULL},
};

static const struct admin_command rows[] = {
	{.name = "version", .role = ADMIN_ROLE_VIEW, .handler = version},
	{.name = "report", .role = ADMIN_ROLE_VIEW, .args = player_args, .handler = report},
	{.name = "players", .role = ADMIN_ROLE_VIEW, .args = players_args, .handler = players},
	{.name = "regenerate", .role = ADMIN_ROLE_OPERATE, .args = regenerate_args, .handler = regenerate},
	{.name = "slate-load", .role = ADMIN_ROLE_OPERATE, .args = load_args, .handler = slate_load},
	{.name = "reload", .role = ADMIN_ROLE_ADMIN, .handler = version},
	{.name = "metrics", .role = ADMIN_ROLE_VIEW, .handler = never},
	{.name = NULL},
};
static const struct admin_command *const tables[] = {rows, NULL};

/* --- the world -------------------------------------------------------------------------------------------------- */

struct world {
	char directory[64], path[96];
	struct event_base *base;
	struct admin_server *server;
	struct admin_context context;
	char out[65536], talk[65536];
	size_t out_length, talk_length;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	signal(SIGPIPE, SIG_IGN);
	strcpy(w->directory, "/tmp/propsd-test-XXXXXX");
	if (!mkdtemp(w->directory) || chmod(w->directory, 0755) < 0)
		return -1;
	snprintf(w->path, sizeof(w->path), "%s/admin.sock", w->directory);
	w->base = event_base_new();
	w->context.loads = json_array();
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	admin_server_free(w->server);
	event_base_free(w->base);
	json_decref(w->context.loads);
	char command[128];
	snprintf(command, sizeof(command), "rm -rf %s", w->directory);
	int result = system(command);
	free(w);
	return result;
}

static void serve_as(struct world *w, enum admin_role role, mode_t mode)
{
	struct err err;
	assert_int_equal(admin_server_new(w->base, NULL, tables, &w->context, &w->server), 0);
	if (admin_server_listen(w->server, w->path, mode, "", role, &err) < 0)
		fail_msg("%s", err.text);
	w->context.server = w->server;
}

static void serve(struct world *w)
{
	serve_as(w, ADMIN_ROLE_ADMIN, 0660);
}

struct stream {
	int fd;
	char *text;
	size_t *length;
	struct event *event;
};

static void on_output(evutil_socket_t fd, short what, void *user)
{
	struct stream *s = user;
	(void)what;
	ssize_t n = read(fd, s->text + *s->length, 65535 - *s->length);
	if (n <= 0)
		event_del(s->event);
	else
		*s->length += (size_t)n;
	s->text[*s->length] = '\0';
}

/* In the child. `uid` 0: as we are. */
static void become(const char *path, uid_t uid, int out, int talk, char **argv)
{
	dup2(out, STDOUT_FILENO);
	dup2(talk, STDERR_FILENO);
	if (uid != 0 && (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0))
		_exit(126);
	setenv("PROPSCTL_SOCKET", path, 1);
	unsetenv("COLUMNS");
	unsetenv("NO_COLOR");
	execv(PROPSCTL, argv);
	_exit(127);
}

/* Runs propsctl with the words of a text, split at "|"; its exit code. Standard output may be given a file.
 */
static int run_to(struct world *w, const char *text, uid_t uid, const char *file)
{
	char copy[1024], *argv[32];
	int argc = 0, out[2], talk[2], status;
	argv[argc++] = "propsctl";
	strcpy(copy, text);
	for (char *rest = copy, *word; rest && (word = strsep(&rest, "|"));)
		argv[argc++] = word;
	argv[argc] = NULL;
	w->out_length = w->talk_length = 0;
	w->out[0] = w->talk[0] = '\0';
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(talk, O_CLOEXEC), 0);
	int sink = file ? open(file, O_WRONLY | O_CLOEXEC) : out[1];
	pid_t pid = fork();
	if (pid == 0)
		become(w->path, uid, sink, talk[1], argv);
	assert_true(pid > 0);
	if (file)
		close(sink);
	close(out[1]);
	close(talk[1]);
	struct stream streams[2] = {{.fd = out[0], .text = w->out, .length = &w->out_length},
		{.fd = talk[0], .text = w->talk, .length = &w->talk_length}};
	for (int i = 0; i < 2; i++) {
		streams[i].event = event_new(w->base, streams[i].fd, EV_READ | EV_PERSIST, on_output, &streams[i]);
		event_add(streams[i].event, NULL);
	}
	while (event_pending(streams[0].event, EV_READ, NULL) || event_pending(streams[1].event, EV_READ, NULL))
		assert_int_equal(event_base_loop(w->base, EVLOOP_ONCE), 0);
	for (int i = 0; i < 2; i++) {
		event_free(streams[i].event);
		close(streams[i].fd);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void assert_run(struct world *w, const char *text, int exit_code, const char *out, const char *talk)
{
	int code = run_to(w, text, 0, NULL);
	if (code != exit_code || strcmp(w->out, out) != 0 || strcmp(w->talk, talk) != 0)
		fail_msg("propsctl %s\nexit %d, expected %d\n--- stdout\n%s--- expected\n%s--- stderr\n%s--- "
			 "expected\n%s",
			text, code, exit_code, w->out, out, w->talk, talk);
}

/* --- not there, not allowed ------------------------------------------------------------------------------------- */

static void without_a_daemon_it_says_so_and_exits_3(void **state)
{
	struct world *w = *state;
	char talk[256];
	snprintf(talk, sizeof(talk), "propsctl: propsd is not running: there is no socket %s\n", w->path);
	assert_run(w, "status", 3, "", talk);
	assert_run(w, "version", 3, "propsctl " PROPSD_VERSION "\n", talk);
}

static void a_socket_that_nobody_listens_on_is_no_daemon(void **state)
{
	struct world *w = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	strcpy(address.sun_path, w->path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	char talk[256];
	snprintf(talk, sizeof(talk), "propsctl: propsd is not running: nobody listens on %s\n", w->path);
	assert_run(w, "status", 3, "", talk);
}

static void a_socket_that_may_not_be_opened_is_denied(void **state)
{
	struct world *w = *state;
	if (getuid() != 0)
		skip();
	serve_as(w, ADMIN_ROLE_ADMIN, 0600);
	int code = run_to(w, "status", 65534, NULL);
	if (code >= 126) /* the build lies where another user may not look */
		skip();
	char talk[256];
	snprintf(talk, sizeof(talk), "propsctl: access to %s is denied: be root or in its group\n", w->path);
	assert_string_equal(w->talk, talk);
	assert_int_equal(code, 4);
}

static void a_command_above_the_sockets_role_is_denied(void **state)
{
	struct world *w = *state;
	serve_as(w, ADMIN_ROLE_VIEW, 0660);
	assert_run(w, "reload", 4, "",
		"propsctl: \"reload\" needs the role admin; at this socket you have the role view\n");
	assert_run(w, "version", 0, "propsctl " PROPSD_VERSION "\npropsd 9.8.7\n", "");
}

static void a_daemon_that_stops_before_it_answers_counts_as_not_reachable(void **state)
{
	struct world *w = *state;
	serve(w);
	assert_run(w, "metrics", 3, "", "propsctl: propsd is shutting down\n");
}

struct liar {
	struct event *event;
	int fd;
	const char *says;
};

static void on_liar(evutil_socket_t fd, short what, void *user)
{
	struct liar *liar = user;
	(void)what;
	int client = accept(fd, NULL, NULL);
	ssize_t sent = send(client, liar->says, strlen(liar->says), MSG_NOSIGNAL);
	(void)sent;
	shutdown(client, SHUT_RDWR);
	close(client);
}

static void assert_lied_to(struct world *w, const char *says, int exit_code, const char *talk)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct liar liar = {.says = says, .fd = socket(AF_UNIX, SOCK_STREAM, 0)};
	strcpy(address.sun_path, w->path);
	assert_int_equal(bind(liar.fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(liar.fd, 8), 0);
	liar.event = event_new(w->base, liar.fd, EV_READ | EV_PERSIST, on_liar, &liar);
	event_add(liar.event, NULL);
	assert_run(w, "status", exit_code, "", talk);
	event_free(liar.event);
	close(liar.fd);
	unlink(w->path);
}

static void what_is_not_propsd_is_recognised(void **state)
{
	struct world *w = *state;
	assert_lied_to(w, "hello\n", 1, "propsctl: what answered is not propsd: its line is no JSON object\n");
	assert_lied_to(w, "[1]\n", 1, "propsctl: what answered is not propsd: its line is no JSON object\n");
	assert_lied_to(w, "{\"v\":1,\"ok\":false,\"code\":\"busy\",\"error\":\"32 connections are open\"}\n", 1,
		"propsctl: 32 connections are open\n");
	assert_lied_to(w, "{\"v\":1,\"ok\":false,\"code\":\"of_the_future\",\"error\":\"\\u001b[31mred\"}\n", 1,
		"propsctl: \\x1b[31mred\n");
}

/* --- usage ------------------------------------------------------------------------------------------------------ */

static void wrong_usage_exits_2_with_a_hint(void **state)
{
	struct world *w = *state;
	assert_run(w, "stauts", 2, "",
		"propsctl: there is no command \"stauts\"; did you mean status, slate?\nTry: propsctl "
		"help\n");
	assert_run(w, "player", 2, "",
		"propsctl: \"player\" wants PLAYER: name or lookup of the player, as \"LeBron James\" or "
		"lebronjames\n"
		"Try: propsctl help player\n");
	assert_run(w, "regenerate", 2, "",
		"propsctl: \"regenerate\" wants one of --player, --team, --game, --slate and --outdated; 0 are given\n");
	assert_run(w, "--json|players|--limit|0", 2,
		"{\"v\":1,\"ok\":false,\"code\":\"usage\",\"error\":\"--limit is \\\"0\\\"; it must be a "
		"whole number from 1 to "
		"1000\"}\n",
		"propsctl: --limit is \"0\"; it must be a whole number from 1 to 1000\n");
}

static void help_is_data_and_needs_no_daemon(void **state)
{
	struct world *w = *state;
	assert_int_equal(run_to(w, "help", 0, NULL), 0);
	assert_non_null(strstr(w->out, "\nLook:\n"));
	assert_int_equal(run_to(w, "report|--help", 0, NULL), 0);
	assert_non_null(strstr(w->out, "Usage: propsctl report PLAYER [OPTION]...\n"));
	assert_int_equal(run_to(w, "help|dead|list", 0, NULL), 0);
	assert_non_null(strstr(w->out, "Usage: propsctl dead list [OPTION]...\n"));
	assert_int_equal(run_to(w, "help|nonsense", 0, NULL), 2);
	assert_string_equal(w->out, "");
	assert_int_equal(run_to(w, "--version", 0, NULL), 0);
	assert_string_equal(w->out, "propsctl " PROPSD_VERSION "\n");
}

/* --- replies ---------------------------------------------------------------------------------------------------- */

static void a_report_comes_out_byte_for_byte(void **state)
{
	struct world *w = *state;
	serve(w);
	assert_run(w, "report|LeBron James", 0, "{\"b\":0.1,\"a\":1.0}\n", "");
	assert_run(w, "--json|report|lebronjames", 0, "{\"b\":0.1,\"a\":1.0}\n", "");
}

static void an_unknown_player_exits_5_with_those_who_may_have_been_meant(void **state)
{
	struct world *w = *state;
	serve(w);
	assert_run(w, "report|lebornjames", 5, "",
		"propsctl: there is no player \"lebornjames\"; did you mean lebronjames or bronnyjames?\n");
	assert_run(w, "report|x|--json", 5,
		"{\"v\":1,\"ok\":false,\"code\":\"unknown_player\",\"error\":\"there is no player "
		"\\\"x\\\"\",\"nearest\":["
		"\"lebronjames\",\"bronnyjames\"]}\n",
		"propsctl: there is no player \"x\"\n");
}

static void a_list_is_fetched_page_by_page(void **state)
{
	struct world *w = *state;
	serve(w);
	assert_run(w, "players|--names", 0, "player0\nplayer1\nplayer2\nplayer3\nplayer4\n", "");
	assert_run(w, "players|--all|--json", 0,
		"{\"v\":1,\"player\":\"player0\",\"state\":\"idle\"}\n{\"v\":1,\"player\":\"player1\","
		"\"state\":\"idle\"}\n"
		"{\"v\":1,\"player\":\"player2\",\"state\":\"idle\"}\n{\"v\":1,\"player\":\"player3\","
		"\"state\":\"idle\"}\n"
		"{\"v\":1,\"player\":\"player4\",\"state\":\"idle\"}\n",
		"");
	assert_int_equal(run_to(w, "players", 0, NULL), 0);
	assert_non_null(strstr(w->out, "2 of 5; --all shows the others.\n"));
	assert_int_equal(run_to(w, "-q|players", 0, NULL), 0);
	assert_null(strstr(w->out, "2 of 5"));
}

static void regenerate_ends_with_its_sum_and_a_line_a_failure(void **state)
{
	struct world *w = *state;
	serve(w);
	assert_run(w, "regenerate|--slate|--wait", 1,
		"lebronjames: timed out\nstephencurry: ended\ncompleted 198/200 in 12.3 s, 2 failed\n", "");
	assert_run(w, "regenerate|--slate|--wait|--force", 0, "completed 200/200 in 12.3 s, 0 failed\n", "");
	assert_run(w, "--json|regenerate|--slate|--wait|--force", 0,
		"{\"v\":1,\"entry\":\"1-0\",\"total\":200,\"completed\":200,\"failed\":0,\"took_ms\":12345,"
		"\"failures\":[]}\n",
		"");
	assert_run(w, "regenerate|--slate|--wait|--timeout|5s", 6, "",
		"propsctl: 3 of 5 are completed in the time given\n");
	assert_run(w, "regenerate|--slate|--timeout|5s", 2, "", "propsctl: --timeout has a meaning with --wait only\n");
}

static void write_file(const struct world *w, char *path, size_t size, const char *text)
{
	snprintf(path, size, "%s/slate.jsonl", w->directory);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void a_slate_is_checked_whole_before_any_of_it_is_loaded(void **state)
{
	struct world *w = *state;
	char path[128], command[256], talk[256];
	serve(w);
	write_file(w, path, sizeof(path), "{\"game_id\":\"g\",\"tip\":1}\n\n{\"game_id\":\"h\"}\r\n");
	snprintf(command, sizeof(command), "slate|load|%s", path);
	assert_run(w, command, 0, "Added 2 entries to slate.\n", "");
	char *loads = json_dumps(w->context.loads, JSON_COMPACT);
	assert_string_equal(loads, "[{\"check\":true,\"entries\":2},{\"check\":false,\"entries\":2}]");
	free(loads);
	json_array_clear(w->context.loads);

	write_file(w, path, sizeof(path), "{\"game_id\":\"g\"}\n\n{\"bad\":\"1\"}\n");
	snprintf(talk, sizeof(talk), "propsctl: %s:3: tip: \"x\" is no time\n", path);
	assert_run(w, command, 1, "", talk);
	assert_int_equal(json_array_size(w->context.loads), 1); /* the check */

	write_file(w, path, sizeof(path), "{\"game_id\":\"g\"}\nnonsense\n");
	assert_int_equal(run_to(w, command, 0, NULL), 1);
	snprintf(talk, sizeof(talk), "propsctl: %s:2: not JSON: ", path);
	assert_memory_equal(w->talk, talk, strlen(talk));
	write_file(w, path, sizeof(path), "{\"game_id\":[]}\n");
	assert_int_equal(run_to(w, command, 0, NULL), 1);
	write_file(w, path, sizeof(path), "\n\n");
	snprintf(talk, sizeof(talk), "propsctl: %s holds no entry\n", path);
	assert_run(w, command, 1, "", talk);
	assert_run(w, "slate|load|/nonexistent", 5, "", "propsctl: /nonexistent: No such file or directory\n");
}

static void a_long_slate_goes_in_batches(void **state)
{
	struct world *w = *state;
	char path[128], command[256];
	serve(w);
	char *text = calloc(1, 65536);
	for (int i = 0; i < 250; i++)
		snprintf(text + strlen(text), 64, "{\"player_lookup\":\"player%d\",\"team\":\"LAL\"}\n", i);
	write_file(w, path, sizeof(path), text);
	free(text);
	snprintf(command, sizeof(command), "slate|load|%s", path);
	assert_run(w, command, 0, "Added 250 entries to slate.\n", "");
	char *loads = json_dumps(w->context.loads, JSON_COMPACT);
	assert_string_equal(loads, "[{\"check\":true,\"entries\":100},{\"check\":true,\"entries\":100},{"
				   "\"check\":true,\"entries\":50},"
				   "{\"check\":false,\"entries\":100},{\"check\":false,\"entries\":100},{"
				   "\"check\":false,\"entries\":50}]");
	free(loads);
}

static void output_that_cannot_be_written_is_a_failure(void **state)
{
	struct world *w = *state;
	serve(w);
	assert_int_equal(run_to(w, "report|lebronjames", 0, "/dev/full"), 1);
	assert_string_equal(w->talk, "propsctl: cannot write the output: No space left on device\n");
}

#define with_world(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_world(without_a_daemon_it_says_so_and_exits_3),
		with_world(a_socket_that_nobody_listens_on_is_no_daemon),
		with_world(a_socket_that_may_not_be_opened_is_denied),
		with_world(a_command_above_the_sockets_role_is_denied),
		with_world(a_daemon_that_stops_before_it_answers_counts_as_not_reachable),
		with_world(what_is_not_propsd_is_recognised),
		with_world(wrong_usage_exits_2_with_a_hint),
		with_world(help_is_data_and_needs_no_daemon),
		with_world(a_report_comes_out_byte_for_byte),
		with_world(an_unknown_player_exits_5_with_those_who_may_have_been_meant),
		with_world(a_list_is_fetched_page_by_page),
		with_world(regenerate_ends_with_its_sum_and_a_line_a_failure),
		with_world(a_slate_is_checked_whole_before_any_of_it_is_loaded),
		with_world(a_long_slate_goes_in_batches),
		with_world(output_that_cannot_be_written_is_a_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
