#include "process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/str.h"
#include "process/usage.h"

#include <utlist.h>

enum {
	PIECE = 65536, /* read at a time: a step of the loop */
	PIPE = 1 << 20,
	PIECES_AT_THE_END = PIPE / PIECE, /* of what a child left: its pipe holds so much */
	WORD_MAX = 1000,
	NICE = 10,
	SWEEP_US = 1000000,
};

struct child {
	struct children *all;
	const struct child_ops *ops;
	void *arg;
	size_t most;
	pid_t pid;
	int pidfd, in, out, err;
	struct event *reads, *words, *writes, *ends;
	struct str line, word, pending;
	size_t sent; /* of `pending` */
	bool broken, hanging_up, reaped;
	int64_t cpu_us; /* at its end */
	struct child *next, *prev;
};

/* --- in the new process ------------------------------------------------------------------------------------------- */

static int cannot_run(const char *program, int error)
{
	const char *hint =
		error == EACCES ? " (is it executable for the daemon's user, on a file system without noexec?)" : "";
	dprintf(STDERR_FILENO, "cannot run %s: %s%s\n", program, strerror(error), hint);
	return 127;
}

/* So many of those that we may use, beginning at another one for each child. */
static int keep_to(long cores)
{
	cpu_set_t may, mine;
	CPU_ZERO(&mine);
	if (sched_getaffinity(0, sizeof(may), &may) < 0)
		return -errno;
	const int count = CPU_COUNT(&may);
	const int first = count > 0 ? (int)(getpid() % count) : 0;
	int place = 0;
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &may))
			continue;
		if ((place - first + count) % count < cores)
			CPU_SET(cpu, &mine);
		place++;
	}
	return sched_setaffinity(0, sizeof(mine), &mine) < 0 ? -errno : 0;
}

/* argv: CHILD_NAME, the daemon's pid, the directory, the cores ("0": all), the command. */
int child_main(int argc, char **argv)
{
	if (argc < 5)
		return 127;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != (pid_t)atol(argv[1])) /* it died before we asked */
		return 127;
	setpriority(PRIO_PROCESS, 0, NICE); /* behind the loop, as our workers are; if it may not be, so be it */
	if (argv[2][0] && chdir(argv[2]) < 0) {
		dprintf(STDERR_FILENO, "cannot go to its directory %s: %s\n", argv[2], strerror(errno));
		return 127;
	}
	const long cores = atol(argv[3]);
	const int r = cores > 0 ? keep_to(cores) : 0;
	if (r < 0) {
		dprintf(STDERR_FILENO, "cannot keep to cpu = %ld: %s (a service's SystemCallFilter= may refuse it)\n",
			cores, strerror(-r));
		return 127;
	}
	execvp(argv[4], argv + 4);
	return cannot_run(argv[4], errno);
}

/* --- start -------------------------------------------------------------------------------------------------------- */

struct pipes {
	int in[2], out[2], err[2];
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_pipes(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&p->in[i]);
		close_fd(&p->out[i]);
		close_fd(&p->err[i]);
	}
}

static int open_pipes(struct pipes *p)
{
	*p = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
	if (pipe2(p->in, O_CLOEXEC) < 0 || pipe2(p->out, O_CLOEXEC) < 0 || pipe2(p->err, O_CLOEXEC) < 0 ||
		fcntl(p->in[1], F_SETFL, O_NONBLOCK) < 0 || fcntl(p->out[0], F_SETFL, O_NONBLOCK) < 0 ||
		fcntl(p->err[0], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	/* A long line goes with one wake-up of either side, and not with one for each 64 KiB. Where the user has too many
	 * pipes of that size already they stay small. */
	fcntl(p->in[1], F_SETPIPE_SZ, PIPE);
	fcntl(p->out[0], F_SETPIPE_SZ, PIPE);
	return 0;
}

/* A fresh group, no signal blocked or ignored, no descriptor but the three. */
static int spawn(const struct child_options *o, char **argv, const struct pipes *p, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t all, none;
	int r;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	r = posix_spawn_file_actions_adddup2(&files, p->in[0], STDIN_FILENO);
	r = r ? r : posix_spawn_file_actions_adddup2(&files, p->out[1], STDOUT_FILENO);
	r = r ? r : posix_spawn_file_actions_adddup2(&files, p->err[1], STDERR_FILENO);
	r = r ? r : posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	r = r ? r
	      : posix_spawnattr_setflags(
			&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = r ? r : posix_spawnattr_setpgroup(&attributes, 0);
	r = r ? r : posix_spawnattr_setsigmask(&attributes, &none);
	r = r ? r : posix_spawnattr_setsigdefault(&attributes, &all);
	r = r ? r : posix_spawn(ret, "/proc/self/exe", &files, &attributes, argv, (char *const *)o->environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return -r;
}

static void on_out(evutil_socket_t fd, short what, void *arg);
static void on_err(evutil_socket_t fd, short what, void *arg);
static void on_in(evutil_socket_t fd, short what, void *arg);
static void on_end(evutil_socket_t fd, short what, void *arg);

static int watch(struct child *c, struct event_base *base)
{
	c->reads = event_new(base, c->out, EV_READ | EV_PERSIST, on_out, c);
	c->words = event_new(base, c->err, EV_READ | EV_PERSIST, on_err, c);
	c->writes = event_new(base, c->in, EV_WRITE, on_in, c);
	c->ends = event_new(base, c->pidfd, EV_READ, on_end, c);
	if (!c->reads || !c->words || !c->writes || !c->ends || event_add(c->reads, NULL) < 0 ||
		event_add(c->words, NULL) < 0 || event_add(c->ends, NULL) < 0)
		return -ENOMEM;
	return 0;
}

static int run(struct child *c, const struct child_options *o)
{
	enum { OURS = 4 };
	size_t words = 0;
	struct pipes p;
	char parent[24], cores[24];
	int r;

	while (o->command[words])
		words++;
	char **argv = calloc(words + OURS + 1, sizeof(*argv));
	if (!argv)
		return -ENOMEM;
	text_format(parent, sizeof(parent), "%d", (int)getpid());
	text_format(cores, sizeof(cores), "%u", o->cpu);
	argv[0] = (char *)(uintptr_t)CHILD_NAME;
	argv[1] = parent;
	argv[2] = (char *)(uintptr_t)o->directory;
	argv[3] = cores;
	for (size_t i = 0; i < words; i++)
		argv[OURS + i] = (char *)(uintptr_t)o->command[i];
	r = open_pipes(&p);
	if (r == 0)
		r = spawn(o, argv, &p, &c->pid);
	free(argv);
	if (r < 0) {
		close_pipes(&p);
		return r;
	}
	DL_APPEND(c->all->living, c);
	close_fd(&p.in[0]);
	close_fd(&p.out[1]);
	close_fd(&p.err[1]);
	c->in = p.in[1];
	c->out = p.out[0];
	c->err = p.err[0];
	c->pidfd = pidfd_open(c->pid, 0);
	return c->pidfd < 0 ? -errno : watch(c, c->all->base);
}

int child_start(struct children *all, const struct child_options *options, const struct child_ops *ops, void *arg,
	struct child **ret, struct err *err)
{
	struct child *c = calloc(1, sizeof(*c));
	if (!c)
		return err_set(err, -ENOMEM, "no memory for a child");
	*c = (struct child){.all = all,
		.ops = ops,
		.arg = arg,
		.most = options->most,
		.pidfd = -1,
		.in = -1,
		.out = -1,
		.err = -1,
		.cpu_us = -1};
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	int r = run(c, options);
	if (r < 0) {
		err_set(err, r, "cannot start %s: %s", options->command[0], strerror(-r));
		child_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

/* --- lines -------------------------------------------------------------------------------------------------------- */

static void stop_reading(struct child *c)
{
	event_del(c->reads);
	event_del(c->writes);
	c->broken = true;
}

static void broke(struct child *c, const char *why)
{
	if (c->broken)
		return;
	stop_reading(c);
	c->ops->broke(c->arg, why);
}

static void take_out(struct child *c, const char *bytes, size_t length)
{
	while (length > 0 && !c->broken) {
		const char *end = memchr(bytes, '\n', length);
		size_t n = end ? (size_t)(end - bytes) : length;
		if (c->line.length + n > c->most) {
			char why[128], most[32];
			text_format(most, sizeof(most), "%zu", c->most);
			text_format(why, sizeof(why), "wrote a line of more than %s bytes, which is the limit (output)",
				most);
			broke(c, why);
			return;
		}
		if (end && c->line.length == 0)
			c->ops->line(c->arg, bytes, n); /* whole as it lies */
		else {
			str_bytes(&c->line, bytes, n);
			if (c->line.failed)
				broke(c, "wrote a line that there was no memory for");
			else if (end)
				c->ops->line(c->arg, c->line.data, c->line.length);
		}
		if (end)
			str_clear(&c->line);
		n += end != NULL;
		bytes += n;
		length -= n;
	}
}

static void say(struct child *c)
{
	if (c->word.length > 0 && !c->word.failed) {
		for (size_t i = 0; i < c->word.length; i++)
			if ((unsigned char)c->word.data[i] < ' ' || c->word.data[i] == 0x7f)
				c->word.data[i] = ' ';
		if (!utf8_valid(c->word.data, c->word.length))
			for (size_t i = 0; i < c->word.length; i++)
				if ((unsigned char)c->word.data[i] >= 0x80)
					c->word.data[i] = '?';
		c->ops->word(c->arg, c->word.data);
	}
	str_clear(&c->word);
}

static void take_err(struct child *c, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i] == '\n')
			say(c);
		else if (c->word.length < WORD_MAX)
			str_char(&c->word, bytes[i]);
}

/* One piece of a pipe; false: nothing is there (any more). */
static bool read_piece(struct child *c, int fd, void (*take)(struct child *c, const char *bytes, size_t length))
{
	char bytes[PIECE];
	ssize_t n = read(fd, bytes, sizeof(bytes));
	if (n > 0)
		take(c, bytes, (size_t)n);
	return n > 0 || (n < 0 && errno == EINTR);
}

static void on_out(evutil_socket_t fd, short what, void *arg)
{
	struct child *c = arg;
	(void)what;
	errno = 0;
	if (!read_piece(c, fd, take_out) && errno != EAGAIN)
		event_del(
			c->reads); /* closed: its end is told by the pidfd, or it never answers and runs into its timeout */
}

static void on_err(evutil_socket_t fd, short what, void *arg)
{
	struct child *c = arg;
	(void)what;
	errno = 0;
	if (!read_piece(c, fd, take_err) && errno != EAGAIN)
		event_del(c->words);
}

void child_listen(struct child *c)
{
	for (int i = 0; i < PIECES_AT_THE_END && !c->reaped && read_piece(c, c->err, take_err); i++)
		;
}

static void write_on(struct child *c)
{
	while (!c->broken && c->sent < c->pending.length) {
		ssize_t n = write(c->in, c->pending.data + c->sent, c->pending.length - c->sent);
		if (n >= 0)
			c->sent += (size_t)n;
		else if (errno == EAGAIN) {
			event_add(c->writes, NULL);
			return;
		} else if (errno != EINTR) {
			broke(c, "closed its standard input");
			return;
		}
	}
	str_clear(&c->pending);
	c->sent = 0;
	if (c->hanging_up)
		close_fd(&c->in);
}

static void on_in(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	write_on(arg);
}

void child_send(struct child *c, const char *bytes, size_t length)
{
	if (c->broken || c->hanging_up)
		return;
	str_bytes(&c->pending, bytes, length);
	if (c->pending.failed)
		broke(c, "there was no memory for what it is to read");
	else if (c->pending.length - c->sent == length) /* nothing waits before it */
		write_on(c);
}

void child_hang_up(struct child *c)
{
	c->hanging_up = true;
	if (c->pending.length == 0) {
		event_del(c->writes);
		close_fd(&c->in);
	}
}

/* --- its end ------------------------------------------------------------------------------------------------------ */

void child_signal(struct child *c, int number)
{
	if (c->reaped || c->pid <= 0)
		return;
	if (kill(-c->pid, number) < 0)
		kill(c->pid, number);
}

static void reap(struct child *c, siginfo_t *info)
{
	child_signal(c, SIGKILL); /* its group: while it is not reaped, the number is its own */
	c->cpu_us = usage_own_cpu_us(c->pid);
	while (waitid(P_PID, (id_t)c->pid, info, WEXITED) < 0 && errno == EINTR)
		;
	c->reaped = true;
	c->all->orphans = true;
	DL_DELETE(c->all->living, c);
}

static void on_end(evutil_socket_t fd, short what, void *arg)
{
	struct child *c = arg;
	siginfo_t info = {0};
	char how[96];
	(void)fd, (void)what;

	reap(c, &info);
	for (int i = 0; i < PIECES_AT_THE_END && !c->broken && read_piece(c, c->out, take_out); i++)
		;
	for (int i = 0; i < PIECES_AT_THE_END && read_piece(c, c->err, take_err); i++)
		;
	say(c);
	if (info.si_code == CLD_EXITED)
		text_format(how, sizeof(how), "ended with status %d", info.si_status);
	else
		text_format(how, sizeof(how), "was killed by signal %d (%s)", info.si_status, strsignal(info.si_status));
	c->ops->ended(c->arg, how);
}

static void free_event(struct event *e)
{
	if (e)
		event_free(e);
}

void child_free(struct child *c)
{
	siginfo_t info;
	if (!c)
		return;
	if (c->pid > 0 && !c->reaped)
		reap(c, &info);
	free_event(c->reads);
	free_event(c->words);
	free_event(c->writes);
	free_event(c->ends);
	close_fd(&c->pidfd);
	close_fd(&c->in);
	close_fd(&c->out);
	close_fd(&c->err);
	str_done(&c->line);
	str_done(&c->word);
	str_done(&c->pending);
	free(c);
}

pid_t child_pid(const struct child *c)
{
	return c->pid;
}

int64_t child_cpu_us(const struct child *c)
{
	return c->cpu_us;
}

uint64_t child_rss(const struct child *c)
{
	char path[48];
	unsigned long long size, resident = 0;
	text_format(path, sizeof(path), "/proc/%d/statm", (int)c->pid);
	FILE *f = c->reaped ? NULL : fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%llu %llu", &size, &resident) != 2)
		resident = 0;
	fclose(f);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool is_living(const struct children *all, pid_t pid)
{
	for (const struct child *c = all->living; c; c = c->next)
		if (c->pid == pid)
			return true;
	return false;
}

/* Orphans become the main thread's children, and so are what the loop thread started. */
static bool end_orphans(const struct children *all)
{
	char path[64];
	bool found = false;
	int pid;

	text_format(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *f = fopen(path, "re");
	while (f && fscanf(f, "%d", &pid) == 1) {
		if (is_living(all, pid))
			continue;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, WNOHANG); /* else the next sweep finds it dead */
		found = true;
	}
	if (f)
		fclose(f);
	return found;
}

void child_sweep(struct children *all, int64_t now_us)
{
	if (now_us < child_sweep_us(all))
		return;
	all->swept_us = now_us;
	all->orphans = end_orphans(all);
}

int64_t child_sweep_us(const struct children *all)
{
	return all->orphans ? all->swept_us + SWEEP_US : INT64_MAX;
}
