#include "metrics/process.h"

#include "base/str.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* One of the small files of /proc, whole; false if it cannot be read. */
static bool read_file(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, buffer, size - 1);
	close(fd);
	buffer[n > 0 ? n : 0] = '\0';
	return n > 0;
}

double process_memory_bytes(void *context, unsigned label)
{
	(void)context, (void)label;
	char text[256];
	unsigned long pages;
	if (!read_file("/proc/self/statm", text, sizeof(text)) || sscanf(text, "%*s %lu", &pages) != 1)
		return 0;
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

double process_cpu_seconds(void *context, unsigned label)
{
	(void)context, (void)label;
	struct timespec ts;
	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts) < 0)
		return 0;
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

double process_open_fds(void *context, unsigned label)
{
	(void)context, (void)label;
	DIR *folder = opendir("/proc/self/fd");
	if (folder == NULL)
		return 0;
	int n = -1; /* the folder's own */
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
		n += entry->d_name[0] != '.';
	closedir(folder);
	return n;
}

double process_max_fds(void *context, unsigned label)
{
	(void)context, (void)label;
	struct rlimit limit;
	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? 0 : (double)limit.rlim_cur;
}

double process_start_time(void *context, unsigned label)
{
	(void)context, (void)label;
	char text[1024], boot[4096];
	/* Field 22, in ticks since the boot; the name in field 2 may hold blanks and brackets, so count from
	 * its end. */
	if (!read_file("/proc/self/stat", text, sizeof(text)))
		return 0;
	char *p = strrchr(text, ')');
	for (int field = 2; p != NULL && field < 22; field++)
		p = strchr(p + 1, ' ');
	/* /proc/stat is long on large machines, but its line is among the last: look for it by pieces. */
	FILE *f = p != NULL ? fopen("/proc/stat", "re") : NULL;
	if (f == NULL)
		return 0;
	double start = 0;
	while (fgets(boot, sizeof(boot), f) != NULL)
		if (strncmp(boot, "btime ", 6) == 0)
			start = strtod(boot + 6, NULL) + strtod(p, NULL) / (double)sysconf(_SC_CLK_TCK);
	fclose(f);
	return start;
}
