/*
 * A watched screen is made whole before any of it is shown, then drawn over the last one line by line: nothing flickers.
 * The pager is asked for as git and systemctl do, so that one setting suits all.
 */
#include "screen.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "client.h"
#include "cmd_run.h"
#include "output.h"
#include "text.h"

bool screen_looks(const struct ctl_command *command)
{
	return (command->group == CTL_LOOK && command->run != cmd_wait) || command->run == cmd_config_show;
}

/* As many lines as the terminal has, each up to its end. */
static void draw(FILE *out, char *text)
{
	struct winsize size;
	int rows = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_row > 1 ? size.ws_row - 1 : 1000;
	char *line;
	fputs("\033[H", out);
	for (int i = 0; i < rows && (line = strsep(&text, "\n")) && (text || *line); i++)
		fprintf(out, "%s\033[K\n", line);
	fputs("\033[J", out);
	fflush(out);
}

static void wait_until(const struct timespec *at)
{
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, at, NULL) != 0)
		;
}

int screen_watch(struct ctl *ctl, const struct ctl_command *command, const json_t *args, double seconds,
	int (*run)(struct ctl *ctl, const struct ctl_command *command, json_t *args))
{
	FILE *out = ctl->data, *talk = ctl->talk;
	const bool drawn = isatty(fileno(out)) && !ctl->output->json;
	struct timespec next;
	clock_gettime(CLOCK_MONOTONIC, &next);
	ctl->live = false;
	for (bool first = true;; first = false) {
		char *text = NULL, at[SHORT_SIZE];
		size_t size;
		json_t *copy = json_deep_copy(args);
		FILE *page = open_memstream(&text, &size);
		if (!copy || !page)
			return PROPSCTL_FAILED;
		ctl->now_ms = clock_wall_ms(clock_system());
		ctl->data = page;
		ctl->talk = drawn ? page : talk;
		if (drawn)
			fprintf(page, "%s, every %g s: propsctl %s\n\n", moment_text(ctl->now_ms, at), seconds,
				command->name);
		int result = run(ctl, command, copy);
		fclose(page);
		ctl->data = out;
		ctl->talk = talk;
		if (drawn && first)
			fputs("\033[2J", out);
		if (drawn)
			draw(out, text);
		else
			fprintf(out, "%s%s", first || ctl->output->json ? "" : "\n", text);
		free(text);
		json_decref(copy);
		if (result == PROPSCTL_USAGE || result == PROPSCTL_DENIED || fflush(out) != 0)
			return result;
		/* The daemon hangs up on who says nothing for long. */
		client_close(ctl->client);
		ctl->client = NULL;
		const int64_t ns = next.tv_nsec + (int64_t)(seconds * 1e9);
		next.tv_sec += ns / 1000000000;
		next.tv_nsec = ns % 1000000000;
		wait_until(&next);
	}
}

static bool in_path(const char *program)
{
	const char *path = getenv("PATH");
	for (size_t length; path && *path; path += length + (path[length] == ':')) {
		char file[4096];
		length = strcspn(path, ":");
		snprintf(file, sizeof(file), "%.*s/%s", (int)length, path, program);
		if (access(file, X_OK) == 0)
			return true;
	}
	return false;
}

/* "": none. */
static const char *pager(void)
{
	const char *wanted = getenv("PAGER");
	const char *program = wanted ? wanted : in_path("less") ? "less" : "";
	return strcmp(program, "cat") == 0 ? "" : program;
}

/* False: the shell has not found it, or may not run it. Ctrl-C and Ctrl-\ on the terminal are the pager's meanwhile: with
 * us gone it would fight the shell for the keys. */
static bool page(const char *program, const char *text, size_t size)
{
	FILE *to = popen(program, "we");
	if (!to)
		return false;
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN); /* who leaves it before the end has seen enough */
	fwrite(text, 1, size, to);
	const int status = pclose(to);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	return !WIFEXITED(status) || (WEXITSTATUS(status) != 126 && WEXITSTATUS(status) != 127);
}

int screen_page(struct ctl *ctl, const struct ctl_command *command, json_t *args,
	int (*run)(struct ctl *ctl, const struct ctl_command *command, json_t *args))
{
	const char *program = pager();
	FILE *out = ctl->data;
	char *text = NULL;
	size_t size = 0;
	FILE *whole = *program ? open_memstream(&text, &size) : NULL;
	if (!whole)
		return run(ctl, command, args);
	ctl->data = whole;
	const int result = run(ctl, command, args);
	ctl->data = out;
	fclose(whole);
	setenv("LESS", "FRX", 0);
	fflush(out);
	if (size > 0 && !page(program, text, size)) {
		fwrite(text, 1, size, out);
		fprintf(ctl->talk, "propsctl: PAGER is \"%s\", which cannot be run: shown without it\n", program);
	}
	free(text);
	return result;
}

bool screen_confirms(struct ctl *ctl, const char *what)
{
	if (ctl->yes || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return true;
	char answer[16] = "";
	fprintf(ctl->talk, "%s. Go on? [y/N] ", what);
	fflush(ctl->talk);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}
