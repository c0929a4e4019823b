/*
 * The two threads meet in three places: a list of what is new, under a lock, with an eventfd that wakes the other
 * thread; `cancelled` under the same lock; and a completion queue back. Between them a request belongs to the thread
 * that has it.
 *
 * The thread asks epoll what happened, and tells libcurl that alone. curl_multi_perform() would look at each request
 * that is out whenever anything comes: with 80 of them that were ten calls of poll() a reply.
 *
 * libcurl closes kept connections only when it looks for one, so those that a server has closed would stand for hours
 * after a night: its handle is made anew after a minute without requests.
 */
#include "fetch/fetch.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <curl/curl.h>
#include <utlist.h>

#include "base/clock.h"
#include "propsd/version.h"

enum {
	HEADERS_MOST = 64 * 1024,
	IDLE_MS = 60000,
	CONNECT_MS = 30000, /* name, connection and TLS */
	KEPT_CONNECTIONS = 1024,
	CA_SECONDS = 60, /* that parsed certificates are kept: reading the system's takes 15 ms */
	TOKEN_MOST = 16 * 1024,
	EVENTS_MOST = 64, /* of one look */
};

struct fetch {
	struct completion_queue *completions;
	bool running;
	pthread_t thread;
	int wake_fd;

	pthread_mutex_t lock; /* guards the next four */
	struct fetch_request *incoming;
	bool cancels, stop;
	bool woken; /* wake_fd was written to, and not looked at since */

	/* the thread's own */
	int poll_fd; /* of epoll: wake_fd, and what libcurl wants to hear of */
	CURLM *multi;
	int64_t timer_us; /* when libcurl wants to be called; INT64_MAX: not by time */
	struct fetch_request *active;
	int64_t idle_us; /* since when there is none */
};

/* --- texts -------------------------------------------------------------------------------------------------------- */

const char *fetch_header(const struct fetch_request *r, const char *name, char *buffer, size_t size)
{
	const size_t n = strlen(name);
	for (const char *line = r->headers.data, *end; line && *line; line = end + 1) { /* each ends with \n */
		end = strchr(line, '\n');
		if (strncasecmp(line, name, n) == 0 && line[n] == ':') {
			line += n + 1;
			line += strspn(line, " \t");
			size_t length = (size_t)(end - line);
			while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t'))
				length--;
			text_format(buffer, size, "%.*s", (int)length, line);
			return buffer;
		}
	}
	return NULL;
}

int64_t fetch_date_ms(const char *date)
{
	/* It begins with its day; what curl takes beyond that is none of HTTP's. */
	const time_t when = strchr(date, ',') || strchr(date, ':') ? curl_getdate(date, NULL) : -1;
	return when < 0 ? -1 : (int64_t)when * 1000;
}

int64_t fetch_retry_after_ms(const char *value, int64_t now_wall_ms)
{
	const size_t digits = strspn(value, "0123456789");
	if (digits > 0 && value[digits] == '\0')
		return digits > 9 ? INT64_C(1000000000) * 1000 : strtoll(value, NULL, 10) * 1000;
	const int64_t when = fetch_date_ms(value);
	return when < 0 ? -1 : when > now_wall_ms ? when - now_wall_ms : 0;
}

int64_t fetch_pause_ms(const struct fetch_request *r, int64_t most_ms)
{
	char value[64];
	const char *text = fetch_header(r, "Retry-After", value, sizeof(value));
	const int64_t ms = text ? fetch_retry_after_ms(text, clock_wall_ms(clock_system())) : -1;
	return ms < most_ms ? ms : most_ms;
}

static bool has_part(CURLU *parts, CURLUPart which)
{
	char *text = NULL;
	const bool has = curl_url_get(parts, which, &text, 0) == CURLUE_OK && text[0];
	curl_free(text);
	return has;
}

static bool is_scheme(CURLU *parts)
{
	char *scheme = NULL;
	const bool is = curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
			(strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
	curl_free(scheme);
	return is;
}

int fetch_check_url(const char *url, struct err *err)
{
	static const char allowed[] = "allowed is http://HOST:PORT/PATH or https://HOST:PORT/PATH";
	CURLU *parts = curl_url();
	int r = 0;
	if (!parts)
		return err_set(err, -ENOMEM, "no memory for a URL");
	const CURLUcode code = curl_url_set(parts, CURLUPART_URL, url, 0);
	if (code != CURLUE_OK)
		r = err_set(err, -EINVAL, "\"%s\" is no URL: %s; %s", url, curl_url_strerror(code), allowed);
	else if (!is_scheme(parts))
		r = err_set(err, -EINVAL, "\"%s\" is of no protocol that is spoken here, %s", url, allowed);
	else if (has_part(parts, CURLUPART_USER) || has_part(parts, CURLUPART_PASSWORD))
		r = err_set(err, -EINVAL, "a URL with a user or a password would show them in logs, %s", allowed);
	else if (has_part(parts, CURLUPART_FRAGMENT))
		r = err_set(err, -EINVAL, "\"%s\" has a fragment (#), which no server gets to see, %s", url, allowed);
	curl_url_cleanup(parts);
	return r;
}

/* --- what libcurl calls, on the thread ---------------------------------------------------------------------------- */

static size_t on_header(char *data, size_t one, size_t length, void *arg)
{
	struct fetch_request *r = arg;
	size_t n = length;
	(void)one;
	r->heard = true;
	while (n > 0 && (data[n - 1] == '\n' || data[n - 1] == '\r'))
		n--;
	if (n >= 5 && memcmp(data, "HTTP/", 5) == 0)
		str_clear(&r->headers); /* of the reply that begins now: a 100 came before */
	else if (n > 0) {
		if (r->headers.length + n > HEADERS_MOST) {
			r->cut = "of headers";
			r->cut_at = HEADERS_MOST;
			return 0;
		}
		str_bytes(&r->headers, data, n);
		str_char(&r->headers, '\n');
	}
	return length;
}

static size_t on_body(char *data, size_t one, size_t length, void *arg)
{
	struct fetch_request *r = arg;
	(void)one;
	if (length > r->most || r->reply.length > r->most - length) {
		r->cut = "in its body";
		r->cut_at = r->most;
		return 0;
	}
	str_bytes(&r->reply, data, length);
	return r->reply.failed ? 0 : length;
}

static int on_new_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	struct fetch_request *r = arg;
	(void)fd, (void)purpose;
	r->opened = true;
	return CURL_SOCKOPT_OK;
}

/* It is about to be sent. By itself libcurl would send it on one kept connection after the other, five times. */
static int on_connected(void *arg, char *to, char *from, int to_port, int from_port)
{
	struct fetch_request *r = arg;
	(void)to, (void)from, (void)to_port;
	atomic_store_explicit(&r->port, from_port, memory_order_relaxed); /* for people to see */
	return r->sent++ == 0 || r->opened ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* --- one request, on the thread ----------------------------------------------------------------------------------- */

static int fail(struct fetch_request *r, int result, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int fail(struct fetch_request *r, int result, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(r->error, sizeof(r->error), format, arguments);
	va_end(arguments);
	return r->result = result;
}

static int add_line(struct fetch_request *r, const char *line)
{
	struct curl_slist *more = curl_slist_append(r->lines, line);
	if (!more)
		return fail(r, -ENOMEM, "no memory for a request");
	r->lines = more;
	return 0;
}

static int add_token(struct fetch_request *r)
{
	static const char head[] = "Authorization: Bearer ";
	char line[sizeof(head) + TOKEN_MOST], *token = line + sizeof(head) - 1;
	/* A pipe in its place has no line, and holds nobody up. */
	const int fd = open(r->token_file, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	const bool got = f && fgets(token, TOKEN_MOST, f);
	const int problem = errno;
	int result;

	if (f)
		fclose(f);
	else if (fd >= 0)
		close(fd);
	if (!f)
		return fail(r, -EACCES, "cannot read token_file %s: %s", r->token_file, strerror(problem));
	if (got)
		token[strcspn(token, "\r\n")] = '\0';
	if (!got || !token[0])
		return fail(r, -EACCES, "token_file %s has no token in its first line", r->token_file);
	memcpy(line, head, sizeof(head) - 1);
	result = add_line(r, line);
	explicit_bzero(line, sizeof(line));
	return result;
}

static int add_lines(struct fetch_request *r)
{
	/* Else a long body waits for a leave to be sent. libcurl up to 8.2 would sign it, too (curl#11664). */
	int result = r->sigv4 ? 0 : add_line(r, "Expect:");
	for (size_t i = 0; result == 0 && r->header_lines && r->header_lines[i]; i++)
		result = add_line(r, r->header_lines[i]);
	if (result == 0 && r->token_file && r->token_file[0])
		result = add_token(r);
	return result;
}

static void set_request(struct fetch_request *r)
{
	CURL *easy = r->easy;
	curl_easy_setopt(easy, CURLOPT_URL, r->url);
	if (r->body) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_length);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, r->body);
	}
	if (strcmp(r->method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, r->lines);
	if (r->ca_file && r->ca_file[0])
		curl_easy_setopt(easy, CURLOPT_CAINFO, r->ca_file);
	if (r->sigv4) {
		curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, r->sigv4);
		curl_easy_setopt(easy, CURLOPT_USERPWD, r->user);
	}
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)((r->timeout_us + 999) / 1000));
}

static void set_house_rules(struct fetch_request *r)
{
	CURL *easy = r->easy;
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* who gives up waits for no name that is still looked up */
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* the environment's would be asked */
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, (long)CA_SECONDS);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	/* Asks for none; what is encoded all the same is decoded, so that the bound is on what it unpacks to. */
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "identity");
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "propsd/" PROPSD_VERSION);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, r);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, r);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, r);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, r->error);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, r);
}

static void hand_back(struct fetch *f, struct fetch_request *r)
{
	curl_easy_cleanup(r->easy);
	curl_slist_free_all(r->lines);
	r->easy = r->lines = NULL;
	completion_push(f->completions, &r->item);
}

static void drop(struct fetch *f, struct fetch_request *r)
{
	DL_DELETE(f->active, r);
	curl_multi_remove_handle(f->multi, r->easy);
	if (!f->active)
		f->idle_us = clock_mono_us(clock_system());
}

static void begin(struct fetch *f, struct fetch_request *r)
{
	int result = (r->easy = curl_easy_init()) != NULL ? 0 : fail(r, -ENOMEM, "no memory for a request");
	if (result == 0)
		result = add_lines(r);
	if (result == 0) {
		set_house_rules(r);
		set_request(r);
		if (curl_multi_add_handle(f->multi, r->easy) != CURLM_OK)
			result = fail(r, -ENOMEM, "no memory for a request");
	}
	if (result == 0)
		DL_APPEND(f->active, r);
	else
		hand_back(f, r);
}

/* --- its end, on the thread --------------------------------------------------------------------------------------- */

static int errno_of(CURLcode code)
{
	static const struct {
		CURLcode code;
		int result;
	} known[] = {
		{CURLE_COULDNT_CONNECT, -ECONNREFUSED},
		{CURLE_COULDNT_RESOLVE_HOST, -EHOSTUNREACH},
		{CURLE_OPERATION_TIMEDOUT, -ETIMEDOUT},
		{CURLE_GOT_NOTHING, -ECONNRESET},
		{CURLE_RECV_ERROR, -ECONNRESET},
		{CURLE_SEND_ERROR, -ECONNRESET},
		{CURLE_PARTIAL_FILE, -ECONNRESET},
		{CURLE_SSL_CONNECT_ERROR, -EKEYREJECTED},
		{CURLE_PEER_FAILED_VERIFICATION, -EKEYREJECTED},
		{CURLE_SSL_CACERT_BADFILE, -EACCES},
		{CURLE_UNSUPPORTED_PROTOCOL, -EPROTO}, /* a reply of HTTP/0.9, as bytes of anything else look like */
		{CURLE_WEIRD_SERVER_REPLY, -EPROTO},
		{CURLE_BAD_CONTENT_ENCODING, -EPROTO},
		{CURLE_WRITE_ERROR, -EPROTO}, /* what cannot be decoded; the rest of them is ours */
		{CURLE_URL_MALFORMAT, -EINVAL},
		{CURLE_OUT_OF_MEMORY, -ENOMEM},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].code == code)
			return known[i].result;
	return -EIO;
}

/* A kept connection may end just as it is used again. If libcurl's next one is fresh, that was the second and last time. */
static bool was_stale(const struct fetch_request *r, CURLcode code)
{
	return (code == CURLE_ABORTED_BY_CALLBACK || errno_of(code) == -ECONNRESET) && !r->heard && !r->opened &&
	       !r->again;
}

static void take_figures(struct fetch_request *r)
{
	long status = 0, connections = 0;
	curl_off_t whole = 0, before = 0;
	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(r->easy, CURLINFO_NUM_CONNECTS, &connections);
	curl_easy_getinfo(r->easy, CURLINFO_TOTAL_TIME_T, &whole);
	curl_easy_getinfo(r->easy, CURLINFO_PRETRANSFER_TIME_T, &before);
	r->status = (int)status;
	r->connections += (unsigned)connections;
	r->took_us = whole - before;
}

static void ended(struct fetch *f, struct fetch_request *r, CURLcode code)
{
	char most[SIZE_SIZE];
	take_figures(r);
	if (was_stale(r, code)) {
		curl_multi_remove_handle(f->multi, r->easy);
		curl_easy_setopt(r->easy, CURLOPT_FRESH_CONNECT, 1L);
		r->again = true;
		if (curl_multi_add_handle(f->multi, r->easy) == CURLM_OK)
			return;
	}
	drop(f, r);
	if (code == CURLE_OK && (r->headers.failed || r->reply.failed))
		code = CURLE_OUT_OF_MEMORY;
	if (r->reply.failed)
		fail(r, -ENOMEM, "no memory for the reply");
	else if (r->cut)
		fail(r, -EMSGSIZE, "its reply has more than %s %s", size_format((int64_t)r->cut_at, most), r->cut);
	else if (code == CURLE_OUT_OF_MEMORY)
		fail(r, -ENOMEM, "no memory, or a line of more than 100K in the reply's head");
	else if (code != CURLE_OK) {
		r->result = errno_of(code);
		if (!r->error[0])
			text_format(r->error, sizeof(r->error), "%s", curl_easy_strerror(code));
	}
	hand_back(f, r);
}

static void give_up(struct fetch *f, struct fetch_request *r)
{
	if (r->easy)
		take_figures(r);
	fail(r, -ECANCELED, "cancelled");
	hand_back(f, r);
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

/* False: it is to stop. */
static bool take_orders(struct fetch *f)
{
	struct fetch_request *list, *r, *next, *cancelled = NULL;
	eventfd_t count;
	bool stop;

	(void)eventfd_read(f->wake_fd, &count); /* or it was at 0 */
	pthread_mutex_lock(&f->lock);
	f->woken = false;
	list = f->incoming;
	f->incoming = NULL;
	stop = f->stop;
	DL_FOREACH_SAFE (list, r, next)
		if (r->cancelled) {
			DL_DELETE(list, r);
			DL_APPEND(cancelled, r);
		}
	DL_FOREACH_SAFE (f->active, r, next)
		if (f->cancels && r->cancelled) {
			drop(f, r);
			DL_APPEND(cancelled, r);
		}
	f->cancels = false;
	pthread_mutex_unlock(&f->lock);

	DL_FOREACH_SAFE (cancelled, r, next) {
		DL_DELETE(cancelled, r);
		give_up(f, r);
	}
	DL_FOREACH_SAFE (list, r, next) {
		DL_DELETE(list, r);
		begin(f, r);
	}
	return !stop;
}

static void take_ended(struct fetch *f)
{
	struct fetch_request *r;
	CURLMsg *message;
	int left;
	while ((message = curl_multi_info_read(f->multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE) {
			const CURLcode code = message->data.result; /* the message goes with its handle */
			curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &r);
			ended(f, r, code);
		}
}

/* What libcurl wants to hear of a socket; `known`: it was told of before. */
static int on_interest(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct fetch *f = arg;
	struct epoll_event event = {.data.fd = fd};
	(void)easy;
	if (what == CURL_POLL_REMOVE)
		return epoll_ctl(f->poll_fd, EPOLL_CTL_DEL, fd, NULL), 0;
	event.events = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
	if (epoll_ctl(f->poll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) < 0)
		return -1; /* no memory: libcurl gives up what it asks for */
	return curl_multi_assign(f->multi, fd, f) == CURLM_OK ? 0 : -1;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct fetch *f = arg;
	(void)multi;
	f->timer_us = ms < 0 ? INT64_MAX : clock_mono_us(clock_system()) + ms * INT64_C(1000);
	return 0;
}

static CURLM *new_multi(struct fetch *f)
{
	CURLM *multi = curl_multi_init();
	if (!multi)
		return NULL;
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_interest);
	curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, f);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(multi, CURLMOPT_TIMERDATA, f);
	return multi;
}

static void let_connections_go(struct fetch *f)
{
	CURLM *before = f->multi, *fresh = new_multi(f);
	f->idle_us = 0;
	if (!fresh)
		return; /* another time */
	f->multi = fresh;
	curl_multi_cleanup(before);
	f->timer_us = INT64_MAX;
}

/* What happened at sockets, told to libcurl. True: wake_fd was written to. */
static bool take_events(struct fetch *f, int64_t most_us)
{
	struct epoll_event events[EVENTS_MOST];
	const int64_t wait_ms = most_us > 0 ? (most_us + 999) / 1000 : 0; /* early would be for nothing */
	const int n = epoll_wait(f->poll_fd, events, EVENTS_MOST, (int)wait_ms);
	bool woken = false;
	int running;
	for (int i = 0; i < n; i++) {
		uint32_t what = events[i].events;
		if (what & (EPOLLERR | EPOLLHUP))
			what |= EPOLLIN | EPOLLOUT; /* who reads or writes is told what it is */
		if (events[i].data.fd == f->wake_fd)
			woken = true;
		else
			curl_multi_socket_action(f->multi, events[i].data.fd,
				(what & EPOLLIN ? CURL_CSELECT_IN : 0) | (what & EPOLLOUT ? CURL_CSELECT_OUT : 0),
				&running);
	}
	return woken;
}

static void *run(void *arg)
{
	const int64_t idle_us = IDLE_MS * INT64_C(1000);
	struct fetch *f = arg;
	int running;

	for (bool woken = true; !woken || take_orders(f);) {
		const int64_t now = clock_mono_us(clock_system());
		if (now >= f->timer_us) {
			f->timer_us = INT64_MAX;
			curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &running);
		}
		take_ended(f);
		if (f->idle_us && now - f->idle_us >= idle_us)
			let_connections_go(f);
		woken = take_events(f, f->timer_us < now + idle_us ? f->timer_us - now : idle_us);
	}
	return NULL;
}

/* --- on the loop -------------------------------------------------------------------------------------------------- */

int fetch_new(struct fetch **ret, struct err *err)
{
	struct fetch *f = calloc(1, sizeof(*f));
	int r = f ? completion_new(&f->completions) : -ENOMEM;
	if (r < 0) {
		free(f);
		return err_set(err, r, "cannot make the queue of HTTP replies: %s", strerror(-r));
	}
	pthread_mutex_init(&f->lock, NULL);
	f->poll_fd = f->wake_fd = -1;
	*ret = f;
	return 0;
}

static int start_thread(struct fetch *f)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the loop's */
	const int r = pthread_create(&f->thread, NULL, run, f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		pthread_setname_np(f->thread, "fetch");
	return -r;
}

static void close_all(struct fetch *f)
{
	curl_multi_cleanup(f->multi);
	f->multi = NULL;
	curl_global_cleanup();
	if (f->poll_fd >= 0)
		close(f->poll_fd);
	if (f->wake_fd >= 0)
		close(f->wake_fd);
	f->poll_fd = f->wake_fd = -1;
}

static int open_all(struct fetch *f)
{
	struct epoll_event event = {.events = EPOLLIN};
	f->wake_fd = event.data.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	f->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (f->wake_fd < 0 || f->poll_fd < 0 || epoll_ctl(f->poll_fd, EPOLL_CTL_ADD, f->wake_fd, &event) < 0)
		return -errno;
	f->timer_us = INT64_MAX;
	f->multi = new_multi(f);
	return f->multi ? 0 : -ENOMEM;
}

int fetch_use(struct fetch *f, struct err *err)
{
	if (f->running)
		return 0;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, -EIO, "cannot start libcurl");
	int r = open_all(f);
	if (r == 0)
		r = start_thread(f);
	f->running = r == 0;
	if (r == 0)
		return 0;
	close_all(f);
	return err_set(err, r, "cannot start the thread for HTTP: %s", strerror(-r));
}

static void wake(struct fetch *f)
{
	if (!f->woken)
		(void)eventfd_write(f->wake_fd, 1);
	f->woken = true;
}

static void stop_thread(struct fetch *f)
{
	struct fetch_request *r, *next;
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	wake(f);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	f->running = false;
	DL_FOREACH_SAFE (f->active, r, next) {
		drop(f, r);
		give_up(f, r);
	}
	fetch_completed(f);
	close_all(f);
}

void fetch_free(struct fetch *f)
{
	if (!f)
		return;
	if (f->running)
		stop_thread(f);
	completion_free(f->completions);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

int fetch_fd(const struct fetch *f)
{
	return completion_fd(f->completions);
}

void fetch_completed(struct fetch *f)
{
	for (struct completion_item *item = completion_take(f->completions), *next; item; item = next) {
		next = item->next;
		struct fetch_request *r = (struct fetch_request *)((char *)item - offsetof(struct fetch_request, item));
		r->done(r->arg, r);
	}
}

void fetch_start(struct fetch *f, struct fetch_request *r)
{
	assert(f->running);
	r->result = r->status = 0;
	r->error[0] = '\0';
	r->connections = 0;
	atomic_store_explicit(&r->port, 0, memory_order_relaxed);
	r->took_us = 0;
	r->cancelled = r->again = r->heard = r->opened = false;
	r->sent = 0;
	r->cut = NULL;
	str_clear(&r->headers);
	str_clear(&r->reply);
	pthread_mutex_lock(&f->lock);
	DL_APPEND(f->incoming, r);
	wake(f);
	pthread_mutex_unlock(&f->lock);
}

void fetch_cancel(struct fetch *f, struct fetch_request *r)
{
	pthread_mutex_lock(&f->lock);
	r->cancelled = f->cancels = true;
	wake(f);
	pthread_mutex_unlock(&f->lock);
}

int fetch_port(const struct fetch_request *r)
{
	return atomic_load_explicit(&r->port, memory_order_relaxed);
}

void fetch_request_done(struct fetch_request *r)
{
	str_done(&r->headers);
	str_done(&r->reply);
}
