/*
 * A sink's thread: follows the stream of reports, and gives each to the store. Shared with the loop is a mailbox: how
 * things stand, under its lock, and whether to stop.
 */
#ifndef SINK_FOLLOW_H
#define SINK_FOLLOW_H

#include <pthread.h>
#include <stdatomic.h>

#include "sink/sink.h"
#include "sink/store.h"

enum { STOP_NOT, STOP_SOON /* when what is in hand is written */, STOP_NOW };

struct mailbox {
	pthread_mutex_t lock; /* guards `view` */
	struct sink_view view;
	atomic_int stop;
	int wake_fd; /* an eventfd, written when `stop` rises */
	atomic_bool ended;
};

/* Until told to stop. The options stay as they are meanwhile. */
void follow(const struct sink_options *options, struct mailbox *mailbox);

#endif
