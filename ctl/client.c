#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/socket.h"
#include "base/str.h"
#include "propsd/protocol.h"

#define LINE_MAX_BYTES (4 * PROTOCOL_REPLY_MAX) /* far above what a daemon of this version sends */
#define SEND_TIMEOUT_S 10

struct client {
	int fd;
	int stop_fd; /* -1: none */
	struct str input;
	size_t used; /* of input: lines already handed out */
};

int client_open(const char *path, struct client **ret_client, struct err *err)
{
	struct sockaddr_un address;
	socklen_t size;
	int result = socket_address(path, &address, &size);
	if (result < 0)
		return err_set(err, result, "\"%s\" is no path of a socket: it is %s", path,
			result == -ENAMETOOLONG ? "too long" : "empty");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(err, -errno, "cannot make a socket: %s", strerror(errno));
	/* A full backlog makes connect() wait, a daemon that does not read makes send() wait: both no longer
	 * than this. */
	struct timeval limit = {.tv_sec = SEND_TIMEOUT_S};
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&address, size) < 0) {
		int why = errno;
		close(fd);
		switch (why) {
		case ENOENT:
			return err_set(err, -why, "propsd is not running: there is no socket %s", path);
		case ECONNREFUSED:
			return err_set(err, -why, "propsd is not running: nobody listens on %s", path);
		case EACCES:
			return err_set(err, -why, "access to %s is denied: be root or in its group", path);
		case EAGAIN:
			return err_set(err, -why, "propsd does not accept connections on %s", path);
		default:
			return err_set(err, -why, "cannot connect to %s: %s", path, strerror(why));
		}
	}
	struct client *client = calloc(1, sizeof(*client));
	if (!client) {
		close(fd);
		return err_set(err, -ENOMEM, "out of memory");
	}
	client->fd = fd;
	client->stop_fd = -1;
	*ret_client = client;
	return 0;
}

void client_close(struct client *client)
{
	if (!client)
		return;
	close(client->fd);
	str_done(&client->input);
	free(client);
}

void client_stop_at(struct client *client, int fd)
{
	client->stop_fd = fd;
}

/* A daemon that refuses a connection says why before it hangs up: a failed write leaves that line to be read.
 */
static int send_all(struct client *client, const char *bytes, size_t length, struct err *err)
{
	while (length > 0) {
		ssize_t n = send(client->fd, bytes, length, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EPIPE)
			return 0;
		if (n < 0 && errno == EAGAIN)
			return err_set(err, -ETIMEDOUT, "propsd does not read requests");
		if (n < 0)
			return err_set(err, -errno, "cannot send to propsd: %s", strerror(errno));
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

/* Waits until there is something to read. */
static int wait_readable(struct client *client, int64_t deadline_us, struct err *err)
{
	const struct clock *clock = clock_system();
	for (;;) {
		int wait_ms = -1;
		if (deadline_us > 0) {
			int64_t left = deadline_us - clock_mono_us(clock);
			wait_ms = left > 0 ? (int)((left + 999) / 1000) : 0;
		}
		struct pollfd fds[] = {{.fd = client->fd, .events = POLLIN}, {.fd = client->stop_fd, .events = POLLIN}};
		int ready = poll(fds, 2, wait_ms);
		if (ready > 0 && fds[1].revents)
			return err_set(err, -ECANCELED, "interrupted");
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return err_set(err, -errno, "cannot wait for propsd: %s", strerror(errno));
		if (ready == 0)
			return err_set(err, -ETIMEDOUT, "propsd did not answer in time");
	}
}

/* One line, parsed. */
static int next_line(struct client *client, int64_t timeout_us, json_t **ret_line, struct err *err)
{
	struct str *input = &client->input;
	int64_t deadline_us = timeout_us > 0 ? clock_mono_us(clock_system()) + timeout_us : 0;
	size_t searched = client->used;
	char *newline;
	while (!(newline = input->length > searched ? memchr(input->data + searched, '\n', input->length - searched)
						    : NULL)) {
		searched = input->length;
		if (input->length - client->used > LINE_MAX_BYTES)
			return err_set(err, -EPROTO, "propsd sent an endless line");
		int result = wait_readable(client, deadline_us, err);
		if (result < 0)
			return result;
		char block[16384];
		ssize_t n = recv(client->fd, block, sizeof(block), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return err_set(err, -EPIPE, "propsd closed the connection before it answered");
		if (n < 0)
			return err_set(err, -errno, "cannot read from propsd: %s", strerror(errno));
		str_bytes(input, block, (size_t)n);
		if (input->failed)
			return err_set(err, -ENOMEM, "out of memory");
	}
	char *start = input->data + client->used;
	json_error_t error;
	json_t *line = json_loadb(start, (size_t)(newline - start), 0, &error);
	client->used = (size_t)(newline + 1 - input->data);
	if (client->used == input->length) {
		str_clear(input);
		client->used = 0;
	}
	if (!json_is_object(line)) {
		json_decref(line);
		return err_set(err, -EPROTO, "what answered is not propsd: its line is no JSON object");
	}
	*ret_line = line;
	return 0;
}

int client_ask(struct client *client, const char *cmd, json_t *args, int64_t timeout_us,
	void (*progress)(void *user, json_t *data), void *user, json_t **ret_line, struct err *err)
{
	json_t *request = json_pack("{s:i, s:s, s:O}", "v", PROTOCOL_VERSION, "cmd", cmd, "args", args);
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	json_decref(request);
	if (!text)
		return err_set(err, -ENOMEM, "out of memory");
	size_t length = strlen(text);
	int result;
	if (length > PROTOCOL_REQUEST_MAX) {
		result =
			err_set(err, -E2BIG, "the request has %zu bytes; the most is %d", length, PROTOCOL_REQUEST_MAX);
	} else {
		text[length] = '\n'; /* in place of its end: sent by length */
		result = send_all(client, text, length + 1, err);
	}
	free(text);
	while (result == 0) {
		json_t *line;
		result = next_line(client, timeout_us, &line, err);
		if (result < 0)
			break;
		json_t *step = json_object_get(line, "progress");
		if (!step) {
			*ret_line = line;
			return 0;
		}
		if (progress)
			progress(user, step);
		json_decref(line);
	}
	return result;
}
