/* A connection to the admin socket, blocking. */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"

struct client;

/*
 * Connects. -ENOENT or -ECONNREFUSED: no daemon there; -EACCES: not allowed; others as connect(2). The text
 * names the path and says what to do.
 */
int client_open(const char *path, struct client **ret_client, struct err *err);
void client_close(struct client *client); /* NULL is fine */

void client_stop_at(struct client *client, int fd); /* waits no more once this is readable; -1: nothing is */

/*
 * Sends one request and returns its last line in *ret_line (new reference). Lines with progress go to
 * `progress` (borrowed) if it is not NULL. `timeout_us` bounds the wait for each line, 0: none. -ETIMEDOUT;
 * -EPIPE: the daemon hung up; -EPROTO: what came is not the protocol; -E2BIG: the request is longer than the
 * protocol allows; -ECANCELED: client_stop_at().
 */
int client_ask(struct client *client, const char *cmd, json_t *args, int64_t timeout_us,
	void (*progress)(void *user, json_t *data), void *user, json_t **ret_line, struct err *err);

#endif
