/* Ready is when it says so in its log: nothing is polled. */
#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

enum { ARGUMENTS_MAX = 64 };

static void die(const char *what, const char *detail)
{
	fprintf(stderr, "redis-server of the test: %s: %s\n", what, detail);
	abort();
}

static void run_child(const struct redis_server *s, const char *const *arguments, int output, pid_t parent)
{
	const char *argv[ARGUMENTS_MAX] = {"redis-server", "--port", "0", "--unixsocket", s->socket, "--dir", s->folder,
		"--save", "", "--appendonly", "no", "--daemonize", "no"};
	size_t n = 13;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	for (; arguments && *arguments && n < ARGUMENTS_MAX - 1; arguments++)
		argv[n++] = *arguments;
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	/* Sanitizers of the test are none of the server's business. */
	unsetenv("LD_PRELOAD");
	execvp("redis-server", (char *const *)argv);
	_exit(127);
}

void redis_server_start_in(struct redis_server *s, const char *folder, const char *const *arguments)
{
	int output[2];
	char log[16384];
	size_t length = 0;

	snprintf(s->folder, sizeof(s->folder), "%s", folder);
	snprintf(s->socket, sizeof(s->socket), "%s/redis.sock", folder);
	if (pipe2(output, O_CLOEXEC) < 0)
		die("pipe", folder);
	pid_t parent = getpid();
	s->pid = fork();
	if (s->pid == 0)
		run_child(s, arguments, output[1], parent);
	close(output[1]);
	for (;;) {
		ssize_t n = read(output[0], log + length, sizeof(log) - 1 - length);
		if (n <= 0)
			die("did not start (is it installed?)", length ? log : folder);
		length += (size_t)n;
		log[length] = '\0';
		if (strstr(log, "ready to accept connections at") ||
			strstr(log, "server is now ready to accept connections"))
			break;
	}
	/* It may log more: to nowhere, and never blocked by a full pipe, as SIGPIPE is ignored by it. */
	close(output[0]);
}

void redis_server_start(struct redis_server *s, const char *const *arguments)
{
	char folder[] = "/tmp/propsd-test.XXXXXX";
	if (!mkdtemp(folder))
		die("mkdtemp", folder);
	redis_server_start_in(s, folder, arguments);
}

void redis_server_kill(struct redis_server *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	s->pid = 0;
}

void redis_server_stop(struct redis_server *s)
{
	char command[128];
	redis_server_kill(s);
	snprintf(command, sizeof(command), "rm -rf '%s'", s->folder);
	if (strncmp(s->folder, "/tmp/", 5) == 0 && system(command) != 0)
		die("cannot remove", s->folder);
}

struct redisContext *redis_server_connect(const struct redis_server *s)
{
	redisContext *c = redisConnectUnix(s->socket);
	if (!c || c->err)
		die("cannot connect", c ? c->errstr : "no memory");
	return c;
}

long long redis_server_do(struct redisContext *c, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	redisReply *r = redisvCommand(c, format, list);
	va_end(list);
	if (!r)
		die(format, c->errstr);
	if (r->type == REDIS_REPLY_ERROR)
		die(format, r->str);
	long long result = r->type == REDIS_REPLY_INTEGER ? r->integer
			   : r->type == REDIS_REPLY_ARRAY ? (long long)r->elements
							  : (long long)r->len;
	freeReplyObject(r);
	return result;
}

int free_port(void)
{
	for (int tries = 0; tries < 1000; tries++) {
		/* Below those that the system gives to connections: one of these might have it by the time that it is used. */
		uint16_t port = 0;
		if (getrandom(&port, sizeof(port), 0) != sizeof(port))
			break;
		port = (uint16_t)(15000 + port % 17000);
		const struct sockaddr_in address = {
			.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
		const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		const bool ours = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
		if (fd >= 0)
			close(fd);
		if (ours)
			return port;
	}
	die("no free port", "");
	return 0;
}
