/*
 * A session is always in one of these states, each with its own time limit:
 *	waiting	for the first byte of a request		first_byte_us
 *	reading	a request begun, its newline missing	request_us
 *	serving	a request is open			none: the handler's business
 *	closing	nothing more is read, replies leave	write_us without progress
 *
 * Trouble with the client (a limit, an error of the socket) marks the session dead and frees it from the next
 *turn of the loop, never at once: the call may come from deep inside a handler that writes progress.
 *
 * The next request of a client that sent several is served from the next turn too, so that a thousand of them
 *cannot hold up the daemon, nor the stack.
 */
#include "admin/session.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "admin/roles.h"
#include "base/log.h"
#include "history/history.h"

enum state { WAITING, READING, SERVING, CLOSING, DEAD };

struct session {
	const struct session_home *home;
	struct bufferevent *bev;
	struct event *deadline; /* of the present state */
	struct event *turn; /* the next request, or the end, from the loop's next turn */
	struct admin_request *request;
	struct admin_peer peer;
	enum admin_role role; /* that the socket gives */
	enum state state;
	bool end_of_input; /* the client closed its sending side */
	bool in_handler, stop_wanted; /* to stop, once the handler has returned */
	size_t searched; /* input bytes known to have no newline */
};

static struct timeval to_timeval(int64_t us)
{
	return (struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000};
}

static void enter(struct session *s, enum state state, int64_t limit_us)
{
	s->state = state;
	if (limit_us > 0) {
		struct timeval limit = to_timeval(limit_us);
		event_add(s->deadline, &limit);
	} else {
		event_del(s->deadline);
	}
}

static void next_turn(struct session *s)
{
	struct timeval now = {0};
	event_add(s->turn, &now);
}

/* The client gets nothing more. `why` NULL: it left by itself. */
static void die(struct session *s, const char *why)
{
	if (s->state == DEAD)
		return;
	if (why) {
		s->home->stats->cut++;
		log_info("admin", "client cut: %s uid=%u pid=%d", why, (unsigned)s->peer.uid, (int)s->peer.pid);
	}
	bufferevent_disable(s->bev, EV_READ | EV_WRITE);
	enter(s, DEAD, 0);
	next_turn(s);
}

/* Reads nothing more; ends when the output is empty. */
static void close_when_sent(struct session *s)
{
	if (s->state == DEAD)
		return;
	bufferevent_disable(s->bev, EV_READ);
	enter(s, CLOSING, 0);
	if (evbuffer_get_length(bufferevent_get_output(s->bev)) == 0)
		die(s, NULL);
}

static void free_text(const void *data, size_t length, void *text)
{
	(void)data, (void)length;
	free(text);
}

/* Takes the text, and its end for the newline. It is not copied: the buffer would round the length up, and make room behind
 * a long answer for another as long. */
static void send_text(struct session *s, char *text, size_t length)
{
	struct evbuffer *output = bufferevent_get_output(s->bev);
	const char *why = NULL;
	text[length] = '\n';
	if (evbuffer_get_length(output) + length + 1 > s->home->options->reply_max)
		why = "it does not read its replies";
	else if (evbuffer_add_reference(output, text, length + 1, free_text, text) < 0)
		why = "out of memory";
	if (!why)
		return;
	free(text);
	die(s, why);
}

static void send_line(struct session *s, const json_t *line)
{
	size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(15);
	char *text = line ? json_dumps(line, flags) : NULL;
	if (!text) {
		die(s, "out of memory");
		return;
	}
	size_t length = strlen(text);
	if (length + 1 > s->home->options->reply_max) {
		free(text);
		json_t *error =
			admin_error_line(CODE_TOO_LARGE, "the reply is longer than the protocol allows; ask for less");
		text = error ? json_dumps(error, flags) : NULL;
		json_decref(error);
		if (!text) {
			die(s, "out of memory");
			return;
		}
		length = strlen(text);
	}
	send_text(s, text, length);
}

static void send_error(struct session *s, enum protocol_code code, const char *text)
{
	json_t *line = admin_error_line(code, text);
	send_line(s, line);
	json_decref(line);
}

static bool has_room(void *owner)
{
	const struct session *s = owner;
	return evbuffer_get_length(bufferevent_get_output(s->bev)) <= s->home->options->progress_max;
}

/* A line of the open request, or of the one whose handler runs at this moment. */
static void request_line(void *owner, json_t *line, bool last)
{
	struct session *s = owner;
	if (last)
		s->request = NULL;
	if (s->state == DEAD)
		return;
	if (last || has_room(s))
		send_line(s, line);
	if (last && s->state == SERVING) {
		enter(s, WAITING, s->home->options->first_byte_us);
		next_turn(s);
	}
}

static void audited(void *owner, const struct history_audit *row)
{
	const struct session *s = owner;
	history_audited(s->home->history, row);
}

static const struct admin_request_ops request_ops = {.line = request_line, .has_room = has_room, .audited = audited};

unsigned json_depth(const char *text, size_t length)
{
	unsigned depth = 0, deepest = 0;
	bool in_string = false;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			if (++depth > deepest)
				deepest = depth;
		} else if ((c == ']' || c == '}') && depth > 0) {
			depth--;
		}
	}
	return deepest;
}

static void serve_line(struct session *s, const char *text, size_t length)
{
	s->home->stats->requests++;
	char why[256];
	json_t *document = NULL;
	if (json_depth(text, length) > s->home->options->depth_max) {
		snprintf(why, sizeof(why), "the request nests deeper than %u arrays and objects",
			s->home->options->depth_max);
	} else {
		json_error_t error;
		document = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
		if (!document) {
			/* Not error.text: it quotes the input. */
			snprintf(why, sizeof(why), "the request is not valid JSON (byte %d of the line)",
				error.position);
		} else if (!json_is_object(document)) {
			snprintf(why, sizeof(why), "the request must be a JSON object");
			json_decref(document);
			document = NULL;
		}
	}
	enter(s, SERVING, 0);
	if (!document) {
		json_t *line = admin_error_line(CODE_BAD_REQUEST, why);
		request_line(s, line, true);
		json_decref(line);
		return;
	}
	s->in_handler = true;
	/* Asked each time: whom a reload takes a role from has it no longer. */
	const enum admin_role role = roles_of_client(s->home->roles, bufferevent_getfd(s->bev), &s->peer, s->role);
	admin_request_serve(s->home->tables, s->home->context, document, role, &s->peer, &request_ops, s, &s->request);
	s->in_handler = false;
	if (s->stop_wanted)
		session_stop(s);
}

/* Takes one line out of the input and serves it; false: there is none. */
static bool serve_next(struct session *s)
{
	struct evbuffer *input = bufferevent_get_input(s->bev);
	struct evbuffer_ptr start, newline;
	evbuffer_ptr_set(input, &start, s->searched, EVBUFFER_PTR_SET);
	newline = evbuffer_search(input, "\n", 1, &start);
	size_t have = evbuffer_get_length(input);
	size_t length = newline.pos < 0 ? have : (size_t)newline.pos;
	if (length > s->home->options->request_max) {
		char why[128];
		snprintf(why, sizeof(why), "the request is longer than %zu bytes", s->home->options->request_max);
		send_error(s, CODE_TOO_LARGE, why);
		s->home->stats->cut++;
		close_when_sent(s);
		return false;
	}
	if (newline.pos < 0) {
		s->searched = have;
		return false;
	}
	const char *text = (const char *)evbuffer_pullup(input, newline.pos + 1);
	s->searched = 0;
	if (!text) {
		die(s, "out of memory");
		return false;
	}
	struct evbuffer *line = evbuffer_new();
	if (!line || evbuffer_remove_buffer(input, line, length + 1) < 0) {
		if (line)
			evbuffer_free(line);
		die(s, "out of memory");
		return false;
	}
	/* Its own buffer: the handler may end the session's input. */
	text = (const char *)evbuffer_pullup(line, -1);
	if (text)
		serve_line(s, text, length > 0 && text[length - 1] == '\r' ? length - 1 : length);
	else
		die(s, "out of memory");
	evbuffer_free(line);
	return true;
}

/* Goes on with whatever the input holds, in state WAITING or READING. */
static void proceed(struct session *s)
{
	if (s->state != WAITING && s->state != READING)
		return;
	if (serve_next(s) || s->state == CLOSING || s->state == DEAD)
		return;
	size_t rest = evbuffer_get_length(bufferevent_get_input(s->bev));
	if (s->end_of_input) {
		if (rest > 0)
			send_error(s, CODE_BAD_REQUEST, "the request does not end with a newline");
		close_when_sent(s);
	} else if (rest > 0 && s->state == WAITING) {
		enter(s, READING, s->home->options->request_us);
	}
}

static void on_turn(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	struct session *s = user;
	if (s->state == DEAD) {
		s->home->ended(s, s->home->owner);
		session_free(s);
		return;
	}
	proceed(s);
}

static void on_deadline(evutil_socket_t fd, short what, void *user)
{
	(void)fd;
	(void)what;
	struct session *s = user;
	bool silent = s->state == WAITING;
	s->home->stats->cut++;
	log_debug("admin", "client cut: %s uid=%u pid=%d", silent ? "no request" : "the request took too long",
		(unsigned)s->peer.uid, (int)s->peer.pid);
	if (!silent)
		send_error(s, CODE_TIMEOUT, "the request was not complete in time");
	close_when_sent(s);
}

static void on_read(struct bufferevent *bev, void *user)
{
	struct session *s = user;
	if (s->state != SERVING) {
		proceed(s);
		return;
	}
	/* Requests that wait behind the open one are kept up to the size of one. */
	if (evbuffer_get_length(bufferevent_get_input(bev)) > s->home->options->request_max)
		die(s, "it sends more while its request is open");
}

static void on_write(struct bufferevent *bev, void *user)
{
	struct session *s = user;
	if (s->state == CLOSING && evbuffer_get_length(bufferevent_get_output(bev)) == 0)
		die(s, NULL);
	else if (s->state == SERVING && s->request)
		admin_request_room(s->request);
}

/* Whether the other side is gone altogether, rather than only done with sending. */
static bool hung_up(struct bufferevent *bev)
{
	struct pollfd fd = {.fd = bufferevent_getfd(bev)};
	return poll(&fd, 1, 0) < 0 || (fd.revents & (POLLHUP | POLLERR));
}

static void on_event(struct bufferevent *bev, short what, void *user)
{
	struct session *s = user;
	if (what & BEV_EVENT_TIMEOUT) {
		die(s, "it does not read its replies");
	} else if ((what & BEV_EVENT_EOF) && !hung_up(bev)) {
		s->end_of_input = true;
		proceed(s);
	} else if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
		die(s, NULL);
	}
}

int session_new(const struct session_home *home, int fd, const struct admin_peer *peer, enum admin_role role,
	struct session **ret_session)
{
	struct session *s = calloc(1, sizeof(*s));
	if (!s) {
		close(fd);
		return -ENOMEM;
	}
	s->home = home;
	s->peer = *peer;
	s->role = role;
	s->bev = bufferevent_socket_new(home->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!s->bev)
		close(fd);
	s->deadline = evtimer_new(home->base, on_deadline, s);
	s->turn = evtimer_new(home->base, on_turn, s);
	if (!s->bev || !s->deadline || !s->turn) {
		session_free(s);
		return -ENOMEM;
	}
	struct timeval write_limit = to_timeval(home->options->write_us);
	bufferevent_setcb(s->bev, on_read, on_write, on_event, s);
	bufferevent_setwatermark(s->bev, EV_READ, 0, home->options->request_max + 2);
	bufferevent_set_timeouts(s->bev, NULL, &write_limit);
	bufferevent_enable(s->bev, EV_READ | EV_WRITE);
	enter(s, WAITING, home->options->first_byte_us);
	*ret_session = s;
	return 0;
}

const struct admin_peer *session_peer(const struct session *s)
{
	return &s->peer;
}

void session_stop(struct session *s)
{
	if (s->in_handler) {
		s->stop_wanted = true;
		return;
	}
	if (s->request) {
		struct admin_request *request = s->request;
		s->request = NULL;
		admin_request_cancel(request);
		if (s->state == SERVING)
			send_error(s, CODE_STOPPING, "propsd is shutting down");
	}
	event_del(s->turn);
	if (s->state == DEAD)
		next_turn(s);
	close_when_sent(s);
}

void session_free(struct session *s)
{
	if (!s)
		return;
	if (s->request)
		admin_request_cancel(s->request);
	if (s->bev) {
		/* One try: a reply to "shutdown" should arrive. */
		evbuffer_unfreeze(bufferevent_get_output(s->bev), 1);
		if (s->state != DEAD)
			evbuffer_write(bufferevent_get_output(s->bev), bufferevent_getfd(s->bev));
		bufferevent_free(s->bev);
	}
	if (s->deadline)
		event_free(s->deadline);
	if (s->turn)
		event_free(s->turn);
	free(s);
}
