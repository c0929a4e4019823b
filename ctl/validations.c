#include "validations.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "text.h"

#define SYSTEM_STATE "/var/lib/propsd"
#define NAME "validate.jsonl"
#define FIELDS_SHOWN 10

/* --- the file ------------------------------------------------------------------------------------------------------ */

int validations_path(char path[PATH_MAX], struct err *err)
{
	const char *unit = getenv("STATE_DIRECTORY"), *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	if (unit && *unit)
		text_format(path, PATH_MAX, "%.*s/" NAME, (int)strcspn(unit, ":"), unit);
	else if (access(SYSTEM_STATE, W_OK) == 0)
		text_format(path, PATH_MAX, SYSTEM_STATE "/" NAME);
	else if (state && *state == '/')
		text_format(path, PATH_MAX, "%s/propsd/" NAME, state);
	else if (home && *home == '/')
		text_format(path, PATH_MAX, "%s/.local/state/propsd/" NAME, home);
	else
		return err_set(err, -ENOENT, "no place for the results: --results names one");
	return 0;
}

/* The folders that lead to it. */
static void make_folders(const char *path)
{
	char folder[PATH_MAX];
	text_format(folder, sizeof(folder), "%s", path);
	for (char *p = strchr(folder + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(folder, 0700); /* one that is there, or cannot be made: open() will say */
		*p = '/';
	}
}

/* Opened for writing at its end and locked. */
static int open_locked(const char *path)
{
	char copy[PATH_MAX];
	struct stat folder, mine, there;
	for (;;) {
		int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0)
			return -errno;
		text_format(copy, sizeof(copy), "%s", path);
		/* What root makes in the daemon's folder is the daemon's user's: its timer writes there, too. */
		if (geteuid() == 0 && stat(dirname(copy), &folder) == 0 && fstat(fd, &mine) == 0 && mine.st_size == 0 &&
			fchown(fd, folder.st_uid, folder.st_gid) < 0) {
			const int why = errno;
			close(fd);
			return -why;
		}
		if (flock(fd, LOCK_EX) == 0 && fstat(fd, &mine) == 0 && stat(path, &there) == 0 &&
			mine.st_ino == there.st_ino)
			return fd;
		close(fd); /* it was moved aside meanwhile */
	}
}

static int write_whole(int fd, const char *text, size_t length)
{
	while (length > 0) {
		const ssize_t n = write(fd, text, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

int validations_add(const char *path, const json_t *line, struct err *err)
{
	char old[PATH_MAX];
	struct stat st;
	char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (!text)
		return err_set(err, -ENOMEM, "out of memory");
	make_folders(path);
	int r, fd = open_locked(path);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > VALIDATIONS_MAX_BYTES) {
		text_format(old, sizeof(old), "%s.old", path);
		r = rename(path, old) < 0 ? -errno : 0;
		close(fd);
		fd = r < 0 ? r : open_locked(path);
	}
	const size_t length = strlen(text);
	text[length] = '\n'; /* in place of its end: written by length, in one go */
	r = fd < 0 ? fd : write_whole(fd, text, length + 1);
	if (fd >= 0 && close(fd) < 0 && r == 0)
		r = -errno;
	free(text);
	return r < 0 ? err_set(err, r, "%s: %s", path, strerror(-r)) : 0;
}

static int read_one(const char *path, int64_t since_ms, json_t *lines, unsigned *ret_faulty, struct err *err)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t length;
	FILE *file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? 0 : err_set(err, -errno, "%s: %s", path, strerror(errno));
	while ((length = getline(&text, &size, file)) >= 0) {
		json_t *line = json_loadb(text, (size_t)length, 0, NULL);
		if (!json_is_integer(json_object_get(line, "at_ms")))
			++*ret_faulty;
		else if (int_of(line, "at_ms", 0) >= since_ms)
			json_array_append(lines, line);
		json_decref(line);
	}
	const int r = ferror(file) ? err_set(err, -EIO, "%s: %s", path, strerror(errno)) : 0;
	free(text);
	fclose(file);
	return r;
}

int validations_read(const char *path, int64_t since_ms, json_t **ret_lines, unsigned *ret_faulty, struct err *err)
{
	char old[PATH_MAX];
	json_t *lines = json_array();
	*ret_faulty = 0;
	text_format(old, sizeof(old), "%s.old", path);
	int r = read_one(old, since_ms, lines, ret_faulty, err);
	if (r == 0)
		r = read_one(path, since_ms, lines, ret_faulty, err);
	if (r < 0)
		json_decref(lines);
	else
		*ret_lines = lines;
	return r;
}

/* --- the sum ------------------------------------------------------------------------------------------------------- */

static json_t *pair_of(json_t *pairs, const json_t *line)
{
	static const char *const keys[] = {"first", "second", "phase"};
	size_t i, k;
	json_t *pair;
	json_array_foreach (pairs, i, pair) {
		for (k = 0; k < 3 && strcmp(text_of(pair, keys[k]), text_of(line, keys[k])) == 0; k++)
			;
		if (k == 3)
			return pair;
	}
	pair = json_pack("{s:s, s:s, s:s, s:i, s:o}", "first", text_of(line, "first"), "second",
		text_of(line, "second"), "phase", text_of(line, "phase"), "runs", 0, "fields", json_object());
	json_array_append_new(pairs, pair);
	return pair;
}

static void count(json_t *object, const char *key, int64_t by)
{
	json_object_set_new(object, key, json_integer(int_of(object, key, 0) + by));
}

static int by_count(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	const int64_t d = int_of(y, "players", 0) - int_of(x, "players", 0);
	return d != 0 ? (d > 0) - (d < 0) : strcmp(text_of(x, "path"), text_of(y, "path"));
}

/* {path: players} as a list, the most frequent first, so many of them. */
static json_t *most(json_t *fields)
{
	const size_t total = json_object_size(fields);
	json_t **rows = calloc(total + 1, sizeof(json_t *)), *list = json_array(), *number;
	const char *path;
	size_t i = 0;
	json_object_foreach (fields, path, number)
		if (rows && i < total)
			rows[i++] = json_pack("{s:s, s:O}", "path", path, "players", number);
	if (rows)
		qsort(rows, i, sizeof(json_t *), by_count);
	for (size_t k = 0; k < i; k++) {
		if (k < FIELDS_SHOWN)
			json_array_append(list, rows[k]);
		json_decref(rows[k]);
	}
	free(rows);
	return list;
}

json_t *validations_sum(const json_t *lines)
{
	static const char *const counts[] = {"compared", "equal", "different", "failed", "moved"};
	json_t *pairs = json_array(), *line, *pair, *player, *field;
	size_t i, j, k;
	json_array_foreach ((json_t *)lines, i, line) {
		pair = pair_of(pairs, line);
		count(pair, "runs", 1);
		for (k = 0; k < sizeof(counts) / sizeof(counts[0]); k++)
			count(pair, counts[k], int_of(line, counts[k], 0));
		json_object_set(pair, "last_ms", json_object_get(line, "at_ms"));
		json_array_foreach (json_object_get(line, "players"), j, player)
			json_array_foreach (json_object_get(player, "fields"), k, field)
				if (json_is_string(field))
					count(json_object_get(pair, "fields"), json_string_value(field), 1);
	}
	json_array_foreach (pairs, i, pair)
		json_object_set_new(pair, "fields", most(json_object_get(pair, "fields")));
	return json_pack("{s:o}", "pairs", pairs);
}
