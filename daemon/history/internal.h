/* What the files of this folder share. */
#ifndef HISTORY_INTERNAL_H
#define HISTORY_INTERNAL_H

#include <pthread.h>
#include <sys/types.h>

#include "base/completion.h"
#include "history/history.h"

struct history_ask {
	struct completion_item done_item; /* first */
	struct history_ask *next;
	struct history_question question;
	uint64_t after; /* records that were told before it */
	void (*done)(void *arg, const struct history_answer *answer);
	void *arg;
	struct arena *arena; /* of the answer */
	struct history_answer answer;
	struct err err;
};

struct file_id { /* no inode: not known */
	dev_t device;
	ino_t inode;
};

struct history {
	struct history_options options;
	char *file, *instance;
	struct executions *executions;
	struct completion_queue *answers;
	pthread_t writer, reader;
	bool reads; /* there is a reader */

	pthread_mutex_t lock; /* guards what follows up to the blank line */
	pthread_cond_t work; /* for the writer: records, hurry, stop */
	pthread_cond_t asked; /* for the reader: questions, settled, stop */
	struct history_record *queue;
	size_t count, room;
	bool stop, writer_ended, reader_ended;
	struct file_id suspect; /* the file that the reader found damaged */
	bool tried; /* the file has been opened, or why it was not stands in `trouble` */
	bool foreign; /* another process writes it: its rows are not ours to show */
	unsigned waiting; /* questions that wait for what was told before them */
	uint64_t told, settled; /* records ever queued; written, or given up */
	uint64_t dropped, dropped_noted; /* ever; of these, as the file has them */
	uint64_t written, moved;
	int64_t dropped_ever;
	char trouble[HISTORY_TROUBLE_SIZE];
	bool marked;
	char mark[PHASE_COUNT][HISTORY_NOTICE_SIZE];
	struct history_ask *first, **end; /* questions */
	unsigned asks;

	/* Held while a connection is opened or the file moved, and by the reader as long as it reads: nobody reads
	 * a file that is moved away, nor looks at one by another descriptor while SQLite has it (its locks would
	 * go with that). */
	pthread_mutex_t opening;
	struct file_id id; /* of the file that was opened last; guarded by `opening`, the writer alone changes it */
};

bool history_is_file(const char *path, const struct file_id *id);
void *history_write_on(void *history); /* the writer's thread */
void *history_read_on(void *history); /* the reader's */
/* Fills the answer, in its arena. */
int history_read(const char *file, struct history_ask *ask);

#endif
