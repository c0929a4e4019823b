#include "process/program.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

enum { LARGEST = 1 << 20 };

/* A file of moderate size, open; -1: there is none. Nothing that is not a file is opened for long: a pipe would wait. */
static int open_file(int folder, const char *name, off_t *ret_size)
{
	struct stat st;
	const int file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file < 0)
		return -1;
	if (fstat(file, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= LARGEST) {
		*ret_size = st.st_size;
		return file;
	}
	close(file);
	return -1;
}

static void add_file(struct fingerprint *f, int folder, const char *word)
{
	char name[4096];
	off_t size = 0;
	text_format(name, sizeof(name), "%s", word);
	int file = open_file(folder, name, &size);
	char *colon = strrchr(name, ':');
	if (file < 0 && colon) {
		*colon = '\0';
		file = open_file(folder, name, &size);
	}
	if (file < 0)
		return;
	char *bytes = malloc((size_t)size + 1);
	const ssize_t length = bytes ? read(file, bytes, (size_t)size) : -1;
	if (length >= 0)
		*f = fingerprint_join(*f, fingerprint_of(bytes, (size_t)length));
	free(bytes);
	close(file);
}

struct fingerprint program_fingerprint(const char *const *command, const char *directory)
{
	struct fingerprint f = {0};
	const bool own = !directory || !directory[0];
	const int folder = own ? AT_FDCWD : open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; (own || folder >= 0) && command && command[i]; i++)
		add_file(&f, folder, command[i]);
	if (!own && folder >= 0)
		close(folder);
	return f;
}
