#include "admin/ask.h"

#include <assert.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "admin/names.h"

/* Over once the client's request is ended and no reply is on the way. */
static void settle(struct ask *ask)
{
	if (ask->request || ask->out > 0)
		return;
	if (ask->done)
		ask->done(ask);
	if (ask->timer)
		event_free(ask->timer);
	free(ask);
}

static void on_cancel(struct admin_request *request, void *user)
{
	struct ask *ask = user;
	(void)request;
	ask->request = NULL;
	settle(ask);
}

void *ask_new(struct admin_request *request, struct admin_context *context, size_t size, void (*done)(struct ask *ask))
{
	struct ask *ask = calloc(1, size);
	if (!ask) {
		admin_error(request, CODE_INTERNAL, "out of memory");
		return NULL;
	}
	ask->context = context;
	ask->request = request;
	ask->done = done;
	admin_keep(request, on_cancel, ask);
	return ask;
}

struct admin_request *ask_release(struct ask *ask)
{
	struct admin_request *request = ask->request;
	ask->request = NULL;
	settle(ask);
	return request;
}

void ask_sends(struct ask *ask)
{
	ask->out++;
}

bool ask_came(struct ask *ask)
{
	assert(ask->out > 0);
	ask->out--;
	if (ask->request)
		return true;
	settle(ask);
	return false;
}

bool ask_answered(struct ask *ask, const struct value *reply)
{
	if (!ask_came(ask))
		return false;
	if (!reply)
		ask_error(ask, CODE_UNAVAILABLE, "Redis cannot be reached: %s", delivery_state(ask->context->delivery));
	else if (value_is_error(reply))
		ask_error(ask, CODE_FAILED, "Redis refused: %.*s", (int)reply->length, reply->text);
	else
		return true;
	return false;
}

void ask_reply(struct ask *ask, json_t *data)
{
	struct admin_request *request = ask->request;
	ask->request = NULL;
	admin_reply(request, data);
	settle(ask);
}

static void end_error(struct ask *ask, enum protocol_code code, json_t *data, const char *format, va_list list)
{
	char text[1024];
	vsnprintf(text, sizeof(text), format, list);
	struct admin_request *request = ask->request;
	ask->request = NULL;
	admin_error_data(request, code, data, "%s", text);
	settle(ask);
}

void ask_error(struct ask *ask, enum protocol_code code, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	end_error(ask, code, NULL, format, list);
	va_end(list);
}

void ask_error_data(struct ask *ask, enum protocol_code code, json_t *data, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	end_error(ask, code, data, format, list);
	va_end(list);
}

void ask_unknown_player(struct ask *ask, date_t date, const char *lookup)
{
	struct admin_request *request = ask->request;
	ask->request = NULL;
	admin_unknown_player(request, ask->context, date, lookup);
	settle(ask);
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
	struct ask *ask = user;
	(void)fd;
	(void)what;
	if (ask->request)
		ask->look(ask);
}

void ask_rest(struct ask *ask)
{
	if (ask->timer)
		event_free(ask->timer);
	ask->timer = NULL;
}

bool ask_every(struct ask *ask, int ms, void (*look)(struct ask *ask))
{
	ask_rest(ask);
	struct timeval interval = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	ask->look = look;
	ask->timer = event_new(ask->context->base, -1, EV_PERSIST, on_timer, ask);
	if (ask->timer && event_add(ask->timer, &interval) == 0)
		return true;
	ask_error(ask, CODE_INTERNAL, "out of memory");
	return false;
}
