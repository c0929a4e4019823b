#include "stop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void both(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

int stop_watch(void)
{
	sigset_t signals;
	both(&signals);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	const int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

bool stop_wanted(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	struct signalfd_siginfo ignored;
	sigset_t signals;
	if (poll(&wait, 1, 0) <= 0)
		return false;
	while (read(fd, &ignored, sizeof(ignored)) > 0)
		;
	both(&signals);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	return true;
}
