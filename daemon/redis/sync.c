#include "redis/sync.h"

#include <errno.h>
#include <stdlib.h>

#include <event2/event.h>

struct redis_sync {
	struct event_base *base;
	struct event *wake;
	struct redis_conn *conn;
	struct redis_request request; /* our own, of the log-in */
	bool connected, lost, woken;
	char why[400]; /* of the loss */
	struct { /* the call that waits */
		redis_reply_fn *fn;
		void *data;
		bool heard;
		int result;
		struct err *err;
	} call;
};

static void on_connected(void *arg)
{
	((struct redis_sync *)arg)->connected = true;
}

static void on_lost(void *arg, const char *why)
{
	struct redis_sync *s = arg;
	s->lost = true;
	text_format(s->why, sizeof(s->why), "%s", why);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	((struct redis_sync *)arg)->woken = true;
}

static void on_reply(void *arg, void *data, const struct value *reply)
{
	struct redis_sync *s = arg;
	(void)data;
	s->call.heard = true;
	if (value_is_error(reply))
		s->call.result = err_set(s->call.err, -EPROTO, "Redis said: %s", reply->text);
	else if (s->call.fn)
		s->call.fn(NULL, s->call.data, reply);
}

/* Runs the loop until `*done`. */
static int wait_for(struct redis_sync *s, const bool *done, bool may_wake, struct err *err)
{
	s->woken = false;
	if (may_wake && event_add(s->wake, NULL) < 0)
		return err_set(err, -ENOMEM, "no memory to wait for Redis");
	while (!*done && !s->lost && !s->woken && event_base_loop(s->base, EVLOOP_ONCE) == 0)
		;
	event_del(s->wake);
	if (*done)
		return 0;
	if (s->woken && !s->lost)
		return err_set(err, -ECANCELED, "told to stop");
	return err_set(err, -EIO, "Redis: %s", s->lost ? s->why : "nothing left to wait for");
}

int redis_sync_call(
	struct redis_sync *s, struct redis_request *r, redis_reply_fn *fn, void *data, bool may_wake, struct err *err)
{
	s->call.fn = fn;
	s->call.data = data;
	s->call.heard = false;
	s->call.result = 0;
	s->call.err = err;
	if (redis_send(s->conn, r, on_reply, NULL) < 0)
		return err_set(err, -EIO, "no memory for a request to Redis");
	int result = wait_for(s, &s->call.heard, may_wake, err);
	return result < 0 ? result : s->call.result;
}

static int log_in(struct redis_sync *s, const struct redis_url *url, struct err *err)
{
	int r = 0;
	if (url->password[0]) {
		redis_arg(&s->request, "AUTH");
		if (url->user[0])
			redis_arg(&s->request, url->user);
		redis_arg(&s->request, url->password);
		r = redis_sync_call(s, &s->request, NULL, NULL, true, err);
	}
	if (r == 0 && url->db > 0) {
		redis_arg(&s->request, "SELECT");
		redis_arg_int(&s->request, url->db);
		r = redis_sync_call(s, &s->request, NULL, NULL, true, err);
	}
	return r;
}

int redis_sync_open(const struct redis_sync_options *options, struct redis_sync **ret, struct err *err)
{
	struct redis_sync *s = calloc(1, sizeof(*s));
	struct redis_conn_options conn = {
		.url = options->url,
		.tls = options->tls,
		.reply_limit_us = options->reply_limit_us,
		.on_connected = on_connected,
		.on_lost = on_lost,
		.arg = s,
	};
	int r;

	if (s && (s->base = event_base_new()) != NULL)
		s->wake = event_new(s->base, options->wake_fd, EV_READ, on_wake, s);
	conn.base = s ? s->base : NULL;
	if (!s || !s->wake || (s->conn = redis_conn_new(&conn)) == NULL) {
		r = err_set(err, -ENOMEM, "no memory or no file descriptor for a connection to Redis");
		goto fail;
	}
	r = wait_for(s, &s->connected, true, err);
	if (r == 0)
		r = log_in(s, &options->url, err);
	if (r < 0)
		goto fail;
	*ret = s;
	return 0;
fail:
	redis_sync_close(s);
	return r;
}

void redis_sync_close(struct redis_sync *s)
{
	if (!s)
		return;
	redis_conn_free(s->conn);
	if (s->wake)
		event_free(s->wake);
	if (s->base)
		event_base_free(s->base);
	redis_request_done(&s->request);
	free(s);
}
