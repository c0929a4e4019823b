/* What one run of propsctl works with. One thread. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "grammar.h"
#include "propsd/protocol.h"

struct client;
struct output;

struct ctl {
	const struct output *output; /* table or JSON */
	FILE *data; /* results */
	FILE *talk; /* progress and errors */
	bool quiet;
	bool color; /* on data */
	bool live; /* talk is a terminal: progress may be drawn over itself */
	bool wide; /* all columns */
	bool screen; /* data is for a person's eyes: a terminal, or what shows it there */
	bool yes; /* nothing is asked */
	int64_t step_ms, step_done; /* of the first progress step: for the rate */
	unsigned width; /* of data in columns; 0: as wide as it comes */
	int64_t now_ms; /* for ages */
	const char *socket; /* NULL: the usual places */
	struct client *client;
	int stop_fd; /* readable once the user wants no more (stop.h); -1: nobody looks */
};

/* Parses, connects, runs, prints; returns the exit code. */
int ctl_main(int argc, char **argv);

/* Columns of what the descriptor leads to: $COLUMNS, else those of the terminal; 0: as wide as it comes. */
unsigned ctl_width(int fd);

/* Prints an error (a sentence without a full stop) and returns `code`. */
int ctl_fail(struct ctl *ctl, enum propsctl_exit code, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Sends a request and waits for its reply's line, which is returned in *ret_line (new reference) with
 * PROPSCTL_DONE whatever it says. When none came the error has been printed and its exit code is returned.
 * `args` is borrowed. Progress lines go to the output.
 */
int ctl_send(struct ctl *ctl, const struct ctl_command *command, json_t *args, json_t **ret_line);

/* The same, but says nothing when no reply came: -errno, as client.h has it. */
int ctl_try(struct ctl *ctl, const struct ctl_command *command, json_t *args, json_t **ret_line, struct err *err);

/*
 * The same, and each progress line (borrowed) goes to `heard`, not to the output. -ECANCELED: the user wants no more;
 * the connection is closed then, as it is after any other failure but what a daemon's line says.
 */
int ctl_hear(struct ctl *ctl, const struct ctl_command *command, json_t *args, void (*heard)(void *user, json_t *step),
	void *user, json_t **ret_line, struct err *err);

/* Prints why no reply came; returns its exit code. */
int ctl_unanswered(struct ctl *ctl, const struct err *err);

/* Prints a line that says no (taken); returns its exit code. */
int ctl_refused(struct ctl *ctl, json_t *line);

/* Both: *ret_data (new reference) with PROPSCTL_DONE, or printed and its exit code. */
int ctl_ask(struct ctl *ctl, const struct ctl_command *command, json_t *args, json_t **ret_data);

/* The same, then shows the reply as the command's row says. */
int ctl_ask_and_show(struct ctl *ctl, const struct ctl_command *command, json_t *args);

extern const struct ctl_command ctl_commands[];

#endif
