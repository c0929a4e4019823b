/*
 * A file a player, PATH/DATE/PLAYER.json, with the report's bytes and nothing else. What version it is stands beside it,
 * in PATH/DATE/.versions, a line a player: not every report has its version in it.
 *
 * Who writes holds PATH/DATE/.lock (flock), so instances, also of several machines, go one after the other, and compare
 * what is there with what they have. Then: the report beside its place, synced; the line; the rename. Killed before the
 * line, nothing has changed. Killed between line and rename the line says more than the file has: so of an equal version
 * the bytes are compared, and the next try, which is sure to come, for the notice is pending, writes it. Nobody writes
 * an older one meanwhile, because of the line.
 *
 * Rejected: extended attributes and the time of change as the place of the version (not on every file system, lost by
 * copies), the version within the bytes (a program's report may have none, or another thing of that name).
 */
#include "sink/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fold.h"
#include "base/str.h"

#define LOCK ".lock"
#define VERSIONS ".versions"
#define VERSIONS_NEW ".versions.tmp"

enum {
	LOCK_STEP_US = 10000,
	LOCK_LIMIT_US = 5000000,
	VERSIONS_MOST = 16 << 20, /* a line takes 80 bytes at most */
	NAME_SIZE = LOOKUP_SIZE + 16,
};

struct store {
	const char *path;
	const struct patience *patience;
};

/* The day that is written to, locked. */
struct day {
	int fd, lock_fd;
	char path[4400];
	struct str versions; /* the file as it stands */
};

/* --- errors ------------------------------------------------------------------------------------------------------- */

/* What a person may do about it. */
static const char *remedy(int code)
{
	static const struct {
		int code;
		const char *text;
	} known[] = {
		{ENOENT, "make the folder, and give it to the user that propsd runs as"},
		{ENOTDIR, "a folder is to be there"},
		{EISDIR, "a folder stands in the file's place: move it away"},
		{ELOOP, "a symbolic link stands in its place: move it away"},
		{EACCES, "let the user that propsd runs as write there (chown)"},
		{EPERM, "let the user that propsd runs as write there (chown)"},
		{EROFS, "mount it writable; under systemd name it in ReadWritePaths= (systemctl edit propsd)"},
		{ENOSPC, "free space there, or give path another place"},
		{EDQUOT, "free space there, or raise the quota of the user that propsd runs as"},
		{EFBIG, "raise the file size limit (LimitFSIZE=, ulimit -f)"},
		{EIO, "look at the disk: dmesg"},
		{ESTALE, "mount the file system anew"},
		{EBUSY, "see whether an instance that writes there hangs"},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].code == code)
			return known[i].text;
	return "see to it";
}

/* `code` is an errno. */
static int wrong(struct err *err, int code, const char *folder, const char *name)
{
	return err_set(err, -code, "%s%s%s: %s: %s", folder, name[0] ? "/" : "", name, strerror(code), remedy(code));
}

/* --- files -------------------------------------------------------------------------------------------------------- */

/* The whole of a file in the folder; -ENOENT: there is none. */
static int read_file(int folder, const char *name, size_t most, struct str *s)
{
	char piece[16384];
	ssize_t n = 0;
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	while (s->length < most && (n = read(fd, piece, sizeof(piece))) > 0)
		str_bytes(s, piece, (size_t)n);
	const int code = n < 0 ? errno : s->failed ? ENOMEM : 0;
	close(fd);
	return -code;
}

/* A new file in the folder, whole and on the disk, or none. */
static int write_file(int folder, const char *name, const void *data, size_t length, bool sync)
{
	const char *p = data;
	int code = 0;
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
	if (fd < 0)
		return -errno;
	while (code == 0 && length > 0) {
		const ssize_t n = write(fd, p, length);
		if (n > 0) {
			p += n;
			length -= (size_t)n;
		} else if (n == 0 || errno != EINTR)
			code = n == 0 ? ENOSPC : errno;
	}
	if (code == 0 && sync && fsync(fd) < 0)
		code = errno;
	if (close(fd) < 0 && code == 0)
		code = errno; /* of file systems over a network: what was written did not arrive */
	if (code)
		unlinkat(folder, name, 0);
	return -code;
}

/* --- the day ------------------------------------------------------------------------------------------------------ */

static void leave_day(struct day *d)
{
	if (d->lock_fd >= 0)
		close(d->lock_fd); /* and with it the lock */
	if (d->fd >= 0)
		close(d->fd);
	str_done(&d->versions);
}

static int open_folder(struct store *s, struct day *d, date_t date, struct err *err)
{
	char name[DATE_SIZE];
	int r = 0, base = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (base < 0)
		return wrong(err, errno, s->path, "");
	date_format(date, name);
	if (mkdirat(base, name, 0777) == 0)
		fsync(base);
	else if (errno != EEXIST)
		r = wrong(err, errno, s->path, name);
	if (r == 0) {
		d->fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (d->fd < 0)
			r = wrong(err, errno, s->path, name);
	}
	text_format(d->path, sizeof(d->path), "%s/%s", s->path, name);
	close(base);
	return r;
}

static int lock_folder(struct store *s, struct day *d, struct err *err)
{
	d->lock_fd = openat(d->fd, LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (d->lock_fd < 0)
		return wrong(err, errno, d->path, LOCK);
	for (int64_t waited = 0; flock(d->lock_fd, LOCK_EX | LOCK_NB) < 0; waited += LOCK_STEP_US) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return wrong(err, errno, d->path, LOCK);
		if (waited >= LOCK_LIMIT_US)
			return err_set(err, -EBUSY, "%s/%s: another process has held it for %d s: %s", d->path, LOCK,
				LOCK_LIMIT_US / 1000000, remedy(EBUSY));
		if (s->patience->wait(s->patience->arg, LOCK_STEP_US))
			return err_set(err, -ECANCELED, "told to stop");
	}
	return 0;
}

/* --- versions ----------------------------------------------------------------------------------------------------- */

/* Where the player's line begins; NULL: he has none. */
static const char *line_of(const struct str *versions, const char *player, size_t *ret_length)
{
	const size_t n = strlen(player);
	for (const char *line = versions->data, *end; line && *line; line = end) {
		end = strchrnul(line, '\n');
		end += *end == '\n';
		if (strncmp(line, player, n) == 0 && line[n] == ' ') {
			*ret_length = (size_t)(end - line);
			return line;
		}
	}
	return NULL;
}

static int64_t version_of(const struct str *versions, const char *player)
{
	size_t length;
	const char *line = line_of(versions, player, &length);
	return line ? strtoll(line + strlen(player) + 1, NULL, 10) : 0;
}

static int write_version(struct day *d, const struct sink_report *report, struct err *err)
{
	struct str s = {0};
	size_t length = 0;
	const char *line = line_of(&d->versions, report->player, &length),
		   *data = d->versions.data ? d->versions.data : "";
	const size_t before = line ? (size_t)(line - data) : d->versions.length;
	str_bytes(&s, data, before);
	if (s.length > 0 && s.data[s.length - 1] != '\n')
		str_char(&s, '\n'); /* cut off in a crash of the machine */
	str_printf(&s, "%s %lld\n", report->player, (long long)report->version);
	str_bytes(&s, data + before + length, d->versions.length - before - length);
	/* Not synced: the order of this and the rename matters to processes, and none outlives the machine. */
	int r = s.failed ? -ENOMEM : write_file(d->fd, VERSIONS_NEW, s.data, s.length, false);
	if (r == 0 && renameat(d->fd, VERSIONS_NEW, d->fd, VERSIONS) < 0)
		r = -errno;
	str_done(&s);
	return r < 0 ? wrong(err, -r, d->path, VERSIONS) : 0;
}

/* What is there has a higher version, or is the same. */
static int is_there(struct day *d, const struct sink_report *report, const char *name, bool *ret, struct err *err)
{
	struct str there = {0};
	int r = read_file(d->fd, VERSIONS, VERSIONS_MOST, &d->versions);
	if (r < 0 && r != -ENOENT)
		return wrong(err, -r, d->path, VERSIONS);
	const int64_t version = version_of(&d->versions, report->player);
	r = version < report->version ? -ENOENT : read_file(d->fd, name, report->length + 1, &there);
	*ret = r == 0 && (version > report->version || (there.length == report->length && there.length > 0 &&
							       memcmp(there.data, report->body, there.length) == 0));
	str_done(&there);
	return r < 0 && r != -ENOENT ? wrong(err, -r, d->path, name) : 0;
}

/* --- the store ---------------------------------------------------------------------------------------------------- */

static int put(struct store *s, const struct sink_report *report, bool *ret_kept, struct err *err)
{
	struct day d = {.fd = -1, .lock_fd = -1};
	char name[NAME_SIZE], beside[NAME_SIZE];
	text_format(name, sizeof(name), "%s.json", report->player);
	text_format(beside, sizeof(beside), ".%s.json.tmp", report->player);

	int r = open_folder(s, &d, report->date, err);
	if (r == 0)
		r = lock_folder(s, &d, err);
	if (r == 0)
		r = is_there(&d, report, name, ret_kept, err);
	if (r < 0 || *ret_kept)
		goto out;
	r = write_file(d.fd, beside, report->body, report->length, true);
	if (r < 0) {
		wrong(err, -r, d.path, name);
		goto out;
	}
	r = write_version(&d, report, err);
	if (r == 0 && renameat(d.fd, beside, d.fd, name) < 0)
		r = wrong(err, errno, d.path, name);
	if (r == 0 && fsync(d.fd) < 0)
		r = wrong(err, errno, d.path, "");
	if (r < 0)
		unlinkat(d.fd, beside, 0);
out:
	leave_day(&d);
	return r;
}

static int open_store(const struct sink_options *options, const struct patience *patience, struct store **ret,
	char *target, size_t size, struct err *err)
{
	struct store *s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(err, -ENOMEM, "no memory");
	*s = (struct store){.path = options->path, .patience = patience};
	text_format(target, size, "directory %s", options->path);
	*ret = s;
	return 0;
}

static void close_store(struct store *s)
{
	free(s);
}

const struct store_type store_directory = {.open = open_store, .close = close_store, .put = put};
