/*
 * One child process that speaks in lines: its start, its three pipes, its end. What the lines mean is the owner's
 * matter. Loop thread only.
 *
 * The end of a child is told by its pidfd, never by the end of a pipe, which a grandchild may hold open. A child has a
 * process group of its own, which is killed with it; what left the group (setsid) comes to us as its parent died, since
 * we are a subreaper, and is killed by child_sweep(). Nothing is signalled that was reaped already.
 */
#ifndef PROCESS_CHILD_H
#define PROCESS_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct child;
struct event_base;

struct children { /* of this process: whoever else is a child of ours is an orphan */
	struct event_base *base;
	struct child *living; /* not reaped yet */
	bool orphans; /* one has ended since the last sweep that found none: what it started may be ours now */
	int64_t swept_us;
};

struct child_options {
	const char *const *command; /* ends with NULL; the first is the program, looked for in PATH */
	const char *const *environment; /* "NAME=value", ends with NULL: all that it gets */
	const char *directory; /* "": ours */
	unsigned cpu; /* cores that it may use, other ones for each child; 0: all */
	size_t most; /* bytes of a line on its standard output */
};

/* From the loop. None may free the child but `ended`, which is the last. */
struct child_ops {
	void (*line)(void *arg, const char *line, size_t length); /* a line of its standard output, without its end */
	void (*word)(void *arg, const char *line); /* a line of its standard error: valid UTF-8, cut at a bound */
	void (*broke)(void *arg, const char *why); /* nothing more is read or written: end it */
	void (*ended)(void *arg,
		const char *how); /* it is reaped: "ended with status 1", "was killed by signal 9 (Killed)" */
};

/* 0, or -errno with the reason. A program that cannot be run is found out later: it ends with status 127 and says why. */
int child_start(struct children *all, const struct child_options *options, const struct child_ops *ops, void *arg,
	struct child **ret, struct err *err);
/* With what is left of it: killed and waited for if it still is. */
void child_free(struct child *c);

void child_send(struct child *c, const char *bytes, size_t length); /* copied; goes as the child reads */
void child_hang_up(struct child *c); /* ends its standard input: it should finish and go */
void child_signal(struct child *c, int number); /* its group */
void child_listen(struct child *c); /* hears what it has written for people until now */
pid_t child_pid(const struct child *c);
uint64_t child_rss(const struct child *c); /* bytes; 0: unknown */
int64_t child_cpu_us(const struct child *c); /* that it, and what it waited for, had taken at its end; -1: unknown */

/* Kills and reaps processes that are ours because their parent, a child, died: once a second while there may be some. */
void child_sweep(struct children *all, int64_t now_us);
int64_t child_sweep_us(const struct children *all); /* when next; INT64_MAX: there are none */

/* What the new process does before it becomes the program (main.c, when it was started as CHILD_NAME): dies with us,
 * takes its directory and cores, runs the command. Does not return. */
#define CHILD_NAME "propsd-child"
int child_main(int argc, char **argv);

#endif
