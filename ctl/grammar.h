/*
 * The command line as data: a table of commands, each with its positional arguments and options. Parsing
 * checks everything that can be checked without the daemon and executes nothing; help, completion and the
 * manual's test come from the same rows.
 */
#ifndef CTL_GRAMMAR_H
#define CTL_GRAMMAR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct ctl;
struct ctl_command;

enum ctl_type {
	CTL_FLAG, /* option without a value */
	CTL_TEXT, /* anything but nothing */
	CTL_INT, /* whole number in from..to */
	CTL_NUMBER, /* any number in from..to, with a point or without */
	CTL_DATE, /* 2025-11-15 */
	CTL_DURATION, /* 30s */
	CTL_WORD, /* one of `words` */
	CTL_FIELDS, /* KEY=VALUE, the last positional, as often as wanted: an object of texts */
	CTL_TEXTS /* as often as wanted, an option or the last positional: a list of texts */
};

struct ctl_param {
	const char *name; /* option: without its "--"; positional: as help shows it. NULL ends the table */
	const char *value; /* option: how help shows its value */
	const char *arg; /* member of the parsed arguments */
	enum ctl_type type;
	bool required; /* an option too cannot be left out then */
	bool bare; /* option: its value may be left out, and stands behind a "=" */
	const char *const *instead; /* positional: it is left out where one of these arguments was given. NULL: never */
	int64_t from, to;
	const char *const *words;
	const char *help;
};

enum ctl_group { CTL_LOOK, CTL_ACT, CTL_RUN, CTL_DATA, CTL_GROUPS };

struct ctl_command {
	const char *name; /* one word or two: "dead list". NULL ends the table */
	enum ctl_group group;
	const char *cmd; /* of the daemon; NULL: needs none, `run` or `run_raw` does it all */
	bool view; /* reads only: the status socket will do */
	bool waits; /* the reply may take any time */
	bool raw; /* what follows the name is not parsed here: run_raw */
	bool raw_globals; /* raw, and knows --json and --quiet: they are handed on */
	const char *list; /* member of the reply that is a list: one JSON line an element; its pages are
			     fetched */
	/* What it does with these arguments that cannot be taken back, or NULL: a terminal is asked first. A command that
	 * has this cannot be shortened. */
	const char *(*weighs)(const json_t *args);
	const struct ctl_param *positionals, *options;
	const char *summary; /* one line of `propsctl help` */
	const char *text; /* more of it, NULL: none */
	/* Does the work; NULL: sends the parsed arguments as they are and shows the reply. Returns the exit
	 * code. */
	int (*run)(struct ctl *ctl, const struct ctl_command *command, json_t *args);
	int (*run_raw)(int argc, char **argv);
	void (*show)(struct ctl *ctl, json_t *data); /* for people; NULL: nothing to say */
};

struct ctl_globals {
	const char *socket; /* borrowed from argv; NULL: not given */
	bool json, quiet, help, yes, no_pager, wide;
	enum { CTL_COLOR_AUTO, CTL_COLOR_ALWAYS, CTL_COLOR_NEVER } color;
	double watch_s; /* 0: once */
};

struct ctl_call {
	const struct ctl_command *command; /* NULL: none given */
	const struct ctl_command
		*group; /* with --help of "dead", which is only the first word of some: one of them; NULL: none */
	struct err unknown; /* with --help: why what was given is no command; "": nothing is wrong */
	json_t *args; /* object */
	struct ctl_globals globals;
	int raw_argc; /* raw command: argv[0] is its name */
	char **raw_argv;
};

extern const struct ctl_param ctl_global_options[];

/*
 * Parses argv[1...]. -EINVAL with a sentence, also for an unknown or ambiguous command (candidates are named). With --help
 * what is missing or wrong does not matter; an unknown command is told in the call. On failure ret_call->command is the
 * command if one was recognised, for the hint to its help; ctl_call_done() in any case.
 */
int ctl_parse(const struct ctl_command *table, int argc, char **argv, struct ctl_call *ret_call, struct err *err);
void ctl_call_done(struct ctl_call *call);

/*
 * The command that begins at words[0]: exact or by an unambiguous beginning. `*ret_used` is how many words
 * its name took. NULL, with a sentence: unknown or ambiguous.
 */
const struct ctl_command *ctl_find(
	const struct ctl_command *table, const char *const *words, size_t count, size_t *ret_used, struct err *err);

/* One of the commands whose first word this is, or an unambiguous beginning of it; NULL: there is none. */
const struct ctl_command *ctl_group(const struct ctl_command *table, const char *word);
/* Whether their first words are the same: "dead list" and "dead drop". */
bool ctl_same_group(const struct ctl_command *a, const struct ctl_command *b);

/* Where the next word of an unfinished command line stands, for completion. */
struct ctl_place {
	const struct ctl_command *command; /* NULL: none is whole yet */
	char word[32]; /* the first word, of which there may be commands of two; "": none yet */
	const struct ctl_param *param; /* its value is next: an option's, or a positional's; NULL: no value can be */
	bool value; /* param's option stands before it: nothing else can be next */
	bool only_words; /* "--" was given */
	bool lost; /* what was given begins no command */
	json_t *args; /* what was given before; wrong values are left out */
	struct ctl_globals globals;
};

/* `argv` are the words before the one that is asked for, without the program's name. ctl_place_done() in any case. */
void ctl_place_of(const struct ctl_command *table, int argc, char **argv, struct ctl_place *ret);
void ctl_place_done(struct ctl_place *place);

/* Of the command, or a general one; NULL: there is none of that name. */
const struct ctl_param *ctl_option(const struct ctl_command *command, const char *name);

#endif
