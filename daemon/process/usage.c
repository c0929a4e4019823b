#include "process/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

enum {
	PROCESSES_MAX = 256, /* of one tree: what is asked for is bounded */
	PATH_SIZE = 64,
};

/* Fields of /proc/PID/stat, from behind the name, which may hold anything: utime, stime, cutime and cstime are 12 to 15. */
static bool ticks_of(pid_t pid, unsigned long long *sum)
{
	char path[PATH_SIZE], line[1024];
	unsigned long long own, system, ended, ended_system;

	text_format(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "re");
	const size_t n = f ? fread(line, 1, sizeof(line) - 1, f) : 0;
	if (f)
		fclose(f);
	line[n] = '\0';
	const char *name_end = strrchr(line, ')');
	if (!name_end || sscanf(name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu", &own,
				 &system, &ended, &ended_system) != 4)
		return false;
	*sum += own + system + ended + ended_system;
	return true;
}

struct family {
	pid_t pid[PROCESSES_MAX];
	size_t count;
};

/* Each thread has its own children. */
static void add_children(struct family *all, pid_t pid)
{
	char path[PATH_SIZE];
	const struct dirent *thread;
	int child;

	text_format(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *threads = opendir(path);
	while (threads && (thread = readdir(threads)) != NULL) {
		if (thread->d_name[0] == '.')
			continue;
		text_format(path, sizeof(path), "/proc/%d/task/%.10s/children", (int)pid, thread->d_name);
		FILE *f = fopen(path, "re");
		while (f && all->count < PROCESSES_MAX && fscanf(f, "%d", &child) == 1)
			all->pid[all->count++] = child;
		if (f)
			fclose(f);
	}
	if (threads)
		closedir(threads);
}

static void find_family(struct family *all, pid_t pid)
{
	all->pid[0] = pid;
	all->count = 1;
	for (size_t i = 0; i < all->count; i++)
		add_children(all, all->pid[i]);
}

int64_t usage_cpu_us(pid_t pid)
{
	struct family all;
	unsigned long long ticks = 0;
	find_family(&all, pid);
	for (size_t i = 0; i < all.count; i++)
		if (!ticks_of(all.pid[i], &ticks) && i == 0)
			return -1;
	return (int64_t)(ticks * 1000000 / (unsigned long long)sysconf(_SC_CLK_TCK));
}

int64_t usage_own_cpu_us(pid_t pid)
{
	unsigned long long ticks = 0;
	return ticks_of(pid, &ticks) ? (int64_t)(ticks * 1000000 / (unsigned long long)sysconf(_SC_CLK_TCK)) : -1;
}

static int64_t peak_of(pid_t pid)
{
	char path[PATH_SIZE], line[256];
	long long kilobytes = -1;

	text_format(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %lld", &kilobytes) == 1)
			break;
	if (f)
		fclose(f);
	return kilobytes < 0 ? -1 : kilobytes * 1024;
}

static bool forget_peak_of(pid_t pid)
{
	char path[PATH_SIZE];
	text_format(path, sizeof(path), "/proc/%d/clear_refs", (int)pid);
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	const bool done = fd >= 0 && write(fd, "5", 1) == 1;
	if (fd >= 0)
		close(fd);
	return done;
}

int64_t usage_peak(pid_t pid)
{
	struct family all;
	int64_t most = peak_of(pid);
	find_family(&all, pid);
	for (size_t i = 1; most >= 0 && i < all.count; i++) {
		const int64_t peak = peak_of(all.pid[i]);
		most = peak > most ? peak : most;
	}
	return most;
}

bool usage_forget_peak(pid_t pid)
{
	struct family all;
	find_family(&all, pid);
	for (size_t i = 1; i < all.count; i++)
		(void)forget_peak_of(all.pid[i]);
	return forget_peak_of(pid);
}
