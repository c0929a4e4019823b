/*
 * The thread that writes. It takes what is queued, gathered over 100 ms, in one transaction. After an error it keeps
 * what it has in hand and tries again, while the queue fills and then drops: so a disk that was full for a minute
 * costs nothing, and one that stays full costs rows, and never the daemon.
 *
 * `notes` has: "mark" and "mark_of_outputs", up to which notice of a commit all has been told; "dropped", how many records
 * ever were.
 */
#include "history/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

enum {
	GATHER_US = 100000,
	KEEP_EVERY_US = 600 * 1000000,
	KEEP_LEAP_MS = 3600 * 1000,
	KEEP_ROWS = 1000, /* that go in one transaction */
	KEEP_SOON_US = 50000, /* there are more that are too old */
	MARK_BEFORE_MS = 60000, /* of a new file: an instance that had none before may have committed a moment ago */
	HEADER_SIZE = 100,
	HEADER_VERSION = 60,
	HEADER_ID = 68,
	SPARE_MAX = 256, /* records whose memory is kept */
	NAME_BUFFER = 4096,
};

static const int64_t KEEP_DOUBT_US = 86400 * (int64_t)1000000;

enum insert { INSERT_EXECUTION, INSERT_FAILURE, INSERT_RUN, INSERT_SEEN, INSERT_AUDIT, INSERT_NOTE, INSERTS };

static const char *const inserts[INSERTS] = {
	[INSERT_EXECUTION] =
		"INSERT INTO executions (execution_id, phase, execution_date, start_time, end_time, total_duration_seconds,"
		" total_items, successful_items, failed_items, retry_count, processing_pattern, max_workers,"
		" avg_concurrent_instances, avg_item_duration_seconds, p50_item_duration_seconds,"
		" p95_item_duration_seconds, p99_item_duration_seconds, peak_memory_mb, total_cpu_seconds,"
		" estimated_cost_usd, created_at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)"
		" ON CONFLICT (execution_id, phase) DO UPDATE SET (end_time, total_duration_seconds, total_items,"
		" successful_items, failed_items, retry_count, processing_pattern, max_workers, avg_concurrent_instances,"
		" avg_item_duration_seconds, p50_item_duration_seconds, p95_item_duration_seconds,"
		" p99_item_duration_seconds, peak_memory_mb, total_cpu_seconds, estimated_cost_usd)"
		" = (?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
	[INSERT_FAILURE] = "INSERT INTO failures (execution_id, execution_date, phase, item_id, attempt,"
			   " duration_seconds, error_message, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	/* That a run was committed is the truth, also where its answer was lost and it was refused when it was
	 * sent again. */
	[INSERT_RUN] =
		"INSERT INTO runs (run, execution_id, phase, game_date, player_lookup, game_id, result,"
		" report_version, attempt, level, processor, duration_seconds, cause_count, causes, output_version,"
		" league_number, fingerprints, report_sha256, created_at)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)"
		" ON CONFLICT (run) DO UPDATE SET (execution_id, result, attempt, level, processor,"
		" duration_seconds, cause_count, causes, output_version, league_number, fingerprints,"
		" report_sha256) = (?2, CASE result WHEN 'committed' THEN result ELSE ?7 END, ?9, ?10, ?11, ?12,"
		" ?13, ?14, ?15, ?16, ?17, ?18)",
	[INSERT_SEEN] = "INSERT INTO runs (run, phase, game_date, player_lookup, game_id, result, report_version,"
			" created_at) VALUES (?1, ?3, ?4, ?5, ?6, ?7, ?8, ?19)"
			" ON CONFLICT (run) DO UPDATE SET result = ?7",
	[INSERT_AUDIT] = "INSERT INTO audit (user, uid, gid, pid, command, arguments, result, created_at)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[INSERT_NOTE] = "INSERT INTO notes (name, value) VALUES (?1, ?2)"
			" ON CONFLICT (name) DO UPDATE SET value = ?2",
};

static const char *const result_names[] = {
	[HISTORY_COMMITTED] = "committed", [HISTORY_REFUSED] = "refused", [HISTORY_FAILED] = "failed"};

#define DIGITS "0123456789"

static const char *const mark_names[PHASE_COUNT] = {[PHASE_REPORT] = "mark", [PHASE_PRECOMPUTE] = "mark_of_outputs"};

struct writer {
	struct history *h;
	struct store *store; /* NULL: not open */
	struct store_query *insert[INSERTS];
	int lock_fd; /* of FILE.lock; -1: not ours */
	struct file_id log; /* of the -wal file of the one that is open */
	struct history_record *batch; /* in hand */
	size_t count, room;
	uint64_t dropped; /* as of that batch */
	int64_t agreed_ms, agreed_us; /* the clocks when they last went together; 0: not looked at */
	int64_t kept_us; /* when rows that are too old are looked for again */
	bool troubled; /* it was told in the log, */
	uint64_t dropped_before; /* and what was dropped until then */
};

/* --- binding ---------------------------------------------------------------------------------------------------- */

static void bind_text(struct store_query *q, int n, const char *text)
{
	store_bind_text(q, n, text, text ? strlen(text) : 0);
}

static void bind_or_null(struct store_query *q, int n, const char *text)
{
	bind_text(q, n, text && text[0] ? text : NULL);
}

static void bind_positive(struct store_query *q, int n, double value) /* below 0: not known */
{
	if (value < 0)
		store_bind_null(q, n);
	else
		store_bind_real(q, n, value);
}

static void bind_count(struct store_query *q, int n, int64_t value) /* 0: none */
{
	if (value > 0)
		store_bind_int(q, n, value);
	else
		store_bind_null(q, n);
}

static int write_execution(struct writer *w, const struct history_record *r, struct err *err)
{
	struct store_query *q = w->insert[INSERT_EXECUTION];
	const struct history_execution *x = &r->of_phase;
	char date[DATE_SIZE], start[HISTORY_TIME_SIZE], end[HISTORY_TIME_SIZE], now[HISTORY_TIME_SIZE];
	const double reals[] = {x->mean, x->p50, x->p95, x->p99, x->memory_mb, x->cpu_seconds};
	const int64_t counts[] = {(int64_t)x->items, (int64_t)x->successful, (int64_t)x->failed, (int64_t)x->retries};
	bind_text(q, 1, x->id);
	bind_text(q, 2, phase_name(x->phase));
	bind_text(q, 3, date_format(x->date, date));
	bind_text(q, 4, history_time(x->start_ms, start));
	bind_text(q, 5, history_time(x->end_ms, end));
	store_bind_real(q, 6, x->seconds);
	for (int i = 0; i < 4; i++)
		store_bind_int(q, 7 + i, counts[i]);
	bind_text(q, 11, x->pattern);
	store_bind_int(q, 12, x->max_workers);
	store_bind_real(q, 13, x->concurrent);
	for (int i = 0; i < 6; i++)
		bind_positive(q, 14 + i, reals[i]);
	store_bind_real(q, 20, x->cost);
	bind_text(q, 21, history_time(r->ms, now));
	return store_run(q, err);
}

static int write_failure(struct writer *w, const struct history_record *r, struct err *err)
{
	struct store_query *q = w->insert[INSERT_FAILURE];
	char date[DATE_SIZE], now[HISTORY_TIME_SIZE];
	bind_text(q, 1, r->execution);
	bind_text(q, 2, date_format(r->execution_date, date));
	bind_text(q, 3, phase_name(r->run.phase));
	bind_text(q, 4, r->run.player);
	store_bind_int(q, 5, r->run.attempt);
	bind_positive(q, 6, (double)r->run.took_us / 1e6);
	bind_text(q, 7, r->run.error);
	bind_text(q, 8, history_time(r->ms, now));
	return store_run(q, err);
}

static const char *stages_text(const struct history_run *run, char *buffer, size_t size)
{
	size_t length = 0;
	buffer[0] = '\0';
	for (int i = 0; i < HISTORY_STAGES; i++) {
		char hex[FINGERPRINT_SIZE];
		if (run->stages[i].name)
			length += text_format(buffer + length, size - length, "%s%s=%s", length ? " " : "",
				run->stages[i].name, fingerprint_hex(run->stages[i].fingerprint, hex));
	}
	return buffer;
}

static int write_run(struct writer *w, const struct history_record *r, struct err *err)
{
	const struct history_run *run = &r->run;
	struct store_query *q = w->insert[run->seen ? INSERT_SEEN : INSERT_RUN];
	char date[DATE_SIZE], now[HISTORY_TIME_SIZE], stages[512], hex[2 * HISTORY_SHA256 + 1] = "";
	bind_text(q, 1, run->run);
	bind_text(q, 3, phase_name(run->phase));
	bind_text(q, 4, date_format(run->date, date));
	bind_text(q, 5, run->player);
	bind_or_null(q, 6, run->game);
	bind_text(q, 7, result_names[run->result]);
	store_bind_int(q, 8, run->version);
	bind_text(q, 19, history_time(r->ms, now));
	if (run->seen)
		return store_run(q, err);
	for (int i = 0; run->digested && i < HISTORY_SHA256; i++)
		snprintf(hex + 2 * i, 3, "%02x", run->sha256[i]);
	bind_or_null(q, 2, r->execution);
	store_bind_int(q, 9, run->attempt);
	bind_or_null(q, 10, run->level);
	bind_or_null(q, 11, run->processor);
	bind_positive(q, 12, (double)run->took_us / 1e6);
	store_bind_int(q, 13, run->causes);
	bind_or_null(q, 14, run->cause_ids);
	bind_count(q, 15, run->output_version);
	bind_count(q, 16, run->league);
	bind_or_null(q, 17, stages_text(run, stages, sizeof(stages)));
	bind_or_null(q, 18, hex);
	const int rc = store_run(q, err);
	return rc == 0 && run->result == HISTORY_FAILED ? write_failure(w, r, err) : rc;
}

/* His name may be anything or nothing, and the system may have to ask for it: so it is done here. */
static const char *user_name(uid_t uid, char *buffer, size_t size)
{
	char memory[NAME_BUFFER];
	struct passwd entry, *found = NULL;
	if (getpwuid_r(uid, &entry, memory, sizeof(memory), &found) == 0 && found &&
		utf8_valid(found->pw_name, strlen(found->pw_name)))
		text_format(buffer, size, "%s", found->pw_name);
	else
		text_format(buffer, size, "%u", (unsigned)uid);
	return buffer;
}

static int write_audit(struct writer *w, const struct history_record *r, struct err *err)
{
	struct store_query *q = w->insert[INSERT_AUDIT];
	char name[64], now[HISTORY_TIME_SIZE];
	bind_text(q, 1, user_name(r->audit.uid, name, sizeof(name)));
	store_bind_int(q, 2, r->audit.uid);
	store_bind_int(q, 3, r->audit.gid);
	store_bind_int(q, 4, r->audit.pid);
	bind_text(q, 5, r->audit.command);
	bind_text(q, 6, r->audit.arguments);
	bind_text(q, 7, r->audit.result);
	bind_text(q, 8, history_time(r->ms, now));
	return store_run(q, err);
}

static int write_note(struct writer *w, const char *name, const char *value, struct err *err)
{
	struct store_query *q = w->insert[INSERT_NOTE];
	bind_text(q, 1, name);
	bind_text(q, 2, value);
	return store_run(q, err);
}

static int write_mark(struct writer *w, const struct history_record *r, struct err *err)
{
	return write_note(w, mark_names[r->mark.phase], r->mark.notice, err);
}

static int (*const writes[])(struct writer *w, const struct history_record *r, struct err *err) = {
	[HISTORY_IS_RUN] = write_run,
	[HISTORY_IS_EXECUTION] = write_execution,
	[HISTORY_IS_AUDIT] = write_audit,
	[HISTORY_IS_MARK] = write_mark,
};

/* --- the file --------------------------------------------------------------------------------------------------- */

static void close_file(struct writer *w)
{
	for (int i = 0; i < INSERTS; i++) {
		store_query_free(w->insert[i]);
		w->insert[i] = NULL;
	}
	store_close(w->store);
	w->store = NULL;
}

static void set_foreign(struct history *h, bool foreign)
{
	pthread_mutex_lock(&h->lock);
	h->foreign = foreign;
	pthread_mutex_unlock(&h->lock);
}

/* One process alone writes a file that has a log beside it (struct store_schema). */
static int take_lock(struct writer *w, struct err *err)
{
	char path[PATH_MAX];
	if (w->lock_fd >= 0)
		return 0;
	text_format(path, sizeof(path), "%s.lock", w->h->file);
	w->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (w->lock_fd < 0)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	const int r = flock(w->lock_fd, LOCK_EX | LOCK_NB) == 0 ? 0 : -errno;
	set_foreign(w->h, r == -EWOULDBLOCK);
	if (r == 0)
		return 0;
	close(w->lock_fd);
	w->lock_fd = -1;
	if (r != -EWOULDBLOCK)
		return err_set(err, r, "%s: %s", path, strerror(-r));
	return err_set(err, -EBUSY, "%s is written by another propsd: each instance wants a history.file of its own",
		w->h->file);
}

static uint32_t big_endian(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Whether it may be moved aside: ours, or nothing that SQLite knows. What is another's database, or a newer
 * propsd's, stays. */
static bool is_ours(const char *file)
{
	unsigned char header[HEADER_SIZE];
	const int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const ssize_t n = fd >= 0 ? read(fd, header, sizeof(header)) : -1;
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return false;
	if (n < HEADER_SIZE || memcmp(header, "SQLite format 3", 16) != 0)
		return true;
	return big_endian(header + HEADER_ID) == history_schema.id &&
	       big_endian(header + HEADER_VERSION) <= (uint32_t)history_schema.count;
}

static bool move_aside(struct writer *w)
{
	static const char *const parts[] = {"", "-wal", "-shm"};
	char now[HISTORY_TIME_SIZE], from[PATH_MAX], to[PATH_MAX];
	history_time(clock_wall_ms(w->h->options.clock), now);
	bool moved = false;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		text_format(from, sizeof(from), "%s%s", w->h->file, parts[i]);
		text_format(to, sizeof(to), "%s.damaged-%s%s", w->h->file, now, parts[i]);
		const bool done = rename(from, to) == 0;
		if (i == 0 && !done) {
			log_err("history", "cannot move the damaged %s aside: %s", from, strerror(errno));
			return false;
		}
		if (i == 0)
			log_err("history", "%s is damaged: moved to %s, a new one is begun", from, to);
		moved |= done;
	}
	pthread_mutex_lock(&w->h->lock);
	w->h->moved++;
	pthread_mutex_unlock(&w->h->lock);
	return moved;
}

static int read_note(struct writer *w, const char *name, char *ret, size_t size, struct err *err)
{
	struct store_query *q;
	int rc = store_prepare(w->store, "SELECT value FROM notes WHERE name = ?1", &q, err);
	if (rc < 0)
		return rc;
	bind_text(q, 1, name);
	rc = store_step(q, err);
	if (rc > 0) {
		size_t length;
		text_format(ret, size, "%s", store_text(q, 0, &length));
	}
	store_query_free(q);
	return rc;
}

/* "MILLISECONDS-NUMBER": somebody may have changed it by hand, and Redis would refuse it for ever. */
static bool is_notice(const char *text)
{
	const size_t ms = strspn(text, DIGITS), rest = strspn(text + ms + (text[ms] == '-'), DIGITS);
	return ms > 0 && rest > 0 && text[ms] == '-' && text[ms + 1 + rest] == '\0' && ms < 20 && rest < 20;
}

/* What it says of the time before us. */
static int read_notes(struct writer *w, struct err *err)
{
	char mark[PHASE_COUNT][HISTORY_NOTICE_SIZE], dropped[32] = "0";
	int rc = read_note(w, "dropped", dropped, sizeof(dropped), err);
	for (int p = 0; rc >= 0 && p < PHASE_COUNT; p++) {
		rc = read_note(w, mark_names[p], mark[p], sizeof(mark[p]), err);
		if (rc >= 0 && (rc == 0 || !is_notice(mark[p]))) {
			text_format(mark[p], sizeof(mark[p]), "%" PRId64 "-0",
				clock_wall_ms(w->h->options.clock) - MARK_BEFORE_MS);
			rc = write_note(w, mark_names[p], mark[p], err);
		}
	}
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&w->h->lock);
	w->h->dropped_ever = strtoll(dropped, NULL, 10);
	memcpy(w->h->mark, mark, sizeof(mark));
	w->h->marked = true;
	pthread_mutex_unlock(&w->h->lock);
	return 0;
}

static int look_at(const char *path, struct file_id *ret)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return -errno;
	*ret = (struct file_id){st.st_dev, st.st_ino};
	return 0;
}

bool history_is_file(const char *path, const struct file_id *id)
{
	struct file_id there = {0};
	return look_at(path, &there) == 0 && there.device == id->device && there.inode == id->inode;
}

static int open_once(struct writer *w, struct err *err)
{
	char log[PATH_MAX];
	int rc = take_lock(w, err);
	if (rc == 0)
		rc = store_open(w->h->file, STORE_WRITE, &history_schema, &w->store, err);
	for (int i = 0; rc == 0 && i < INSERTS; i++)
		rc = store_prepare(w->store, inserts[i], &w->insert[i], err);
	if (rc == 0)
		rc = read_notes(w, err);
	if (rc == 0 && (rc = look_at(w->h->file, &w->h->id)) < 0)
		err_set(err, rc, "%s: %s", w->h->file, strerror(-rc));
	text_format(log, sizeof(log), "%s-wal", w->h->file);
	w->log = (struct file_id){0};
	(void)look_at(log, &w->log);
	if (rc < 0)
		close_file(w);
	return rc;
}

/* Somebody may take the file away, or put another in its place; what SQLite has open is not what the name says
 * then. It leaves the log that belonged to the old one, and would take that for the new one's. */
static void look_for_file(struct writer *w)
{
	static const char *const ends[] = {"-wal", "-shm"};
	char path[PATH_MAX];
	if (!w->store || history_is_file(w->h->file, &w->h->id))
		return;
	log_warn("history", "%s was taken away or replaced: opened anew", w->h->file);
	pthread_mutex_lock(&w->h->opening);
	close_file(w);
	text_format(path, sizeof(path), "%s-wal", w->h->file);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]) && (i > 0 || history_is_file(path, &w->log)); i++) {
		text_format(path, sizeof(path), "%s%s", w->h->file, ends[i]);
		unlink(path);
	}
	pthread_mutex_unlock(&w->h->opening);
}

static int open_file(struct writer *w, struct err *err)
{
	if (w->store)
		return 0;
	pthread_mutex_lock(&w->h->opening);
	int rc = open_once(w, err);
	if (rc == -EBADMSG && is_ours(w->h->file) && move_aside(w))
		rc = open_once(w, err);
	pthread_mutex_unlock(&w->h->opening);
	return rc;
}

/* Damaged inside, where opening it sees nothing. */
static int begin_anew(struct writer *w, struct err *err)
{
	close_file(w);
	pthread_mutex_lock(&w->h->opening);
	if (is_ours(w->h->file))
		move_aside(w);
	pthread_mutex_unlock(&w->h->opening);
	return open_file(w, err);
}

/* --- a batch ---------------------------------------------------------------------------------------------------- */

static int write_all(struct writer *w, struct err *err)
{
	char dropped[32];
	look_for_file(w);
	int rc = open_file(w, err);
	if (rc < 0 || (rc = store_begin(w->store, err)) < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < w->count; i++)
		rc = writes[w->batch[i].kind](w, &w->batch[i], err);
	if (rc == 0 && w->dropped > w->h->dropped_noted) { /* nobody else writes that one */
		text_format(dropped, sizeof(dropped), "%" PRIu64,
			(uint64_t)w->h->dropped_ever + w->dropped - w->h->dropped_noted);
		rc = write_note(w, "dropped", dropped, err);
	}
	if (rc == 0)
		return store_commit(w->store, err);
	store_rollback(w->store);
	return rc;
}

static void settle(struct writer *w, bool written)
{
	struct history *h = w->h;
	pthread_mutex_lock(&h->lock);
	const uint64_t lost = h->dropped - w->dropped_before;
	h->settled += w->count;
	h->tried = true;
	if (written) {
		h->written += w->count;
		h->dropped_ever += (int64_t)(w->dropped - h->dropped_noted);
		h->dropped_noted = w->dropped;
		h->trouble[0] = '\0';
	} else
		h->dropped += w->count;
	pthread_cond_signal(&h->asked);
	pthread_mutex_unlock(&h->lock);
	if (written && w->troubled)
		log_notice("history", "written again; rows that were dropped meanwhile: %" PRIu64, lost);
	if (written)
		w->troubled = false;
	w->count = 0;
	if (w->room > SPARE_MAX) {
		free(w->batch);
		w->batch = NULL;
		w->room = 0;
	}
}

/* Told once a trouble, and again where it is another. */
static void tell_trouble(struct writer *w, const struct err *err)
{
	struct history *h = w->h;
	pthread_mutex_lock(&h->lock);
	const bool other = strcmp(h->trouble, err->text) != 0;
	text_format(h->trouble, sizeof(h->trouble), "%s", err->text);
	h->tried = true;
	if (!w->troubled)
		w->dropped_before = h->dropped;
	pthread_cond_signal(&h->asked); /* questions need not wait for what cannot be written */
	pthread_mutex_unlock(&h->lock);
	if (!w->troubled || other)
		log_err("history", "cannot be written, will try again; the daemon goes on: %s", err->text);
	w->troubled = true;
}

static int try_batch(struct writer *w, struct err *err)
{
	int rc = write_all(w, err);
	if (rc == -EBADMSG && w->store && begin_anew(w, err) == 0)
		rc = write_all(w, err);
	if (rc < 0 && rc != -ENOSPC && w->store)
		close_file(w); /* what has changed under it is seen when it is opened */
	return rc;
}

/* --- what is too old -------------------------------------------------------------------------------------------- */

/* A clock that is set ahead by mistake would take all rows with it: it is believed after a day. */
static int64_t believed_ms(struct writer *w)
{
	const int64_t wall_ms = clock_wall_ms(w->h->options.clock), us = clock_mono_us(w->h->options.clock);
	const int64_t passed_us = us - w->agreed_us, expected_ms = w->agreed_ms + passed_us / 1000;
	if (w->agreed_ms > 0 && wall_ms > expected_ms + KEEP_LEAP_MS && passed_us < KEEP_DOUBT_US)
		return expected_ms;
	w->agreed_ms = wall_ms;
	w->agreed_us = us;
	return wall_ms;
}

/* A piece of it. 1: there may be more. */
static int forget_old(struct writer *w, struct err *err)
{
	char before[HISTORY_TIME_SIZE], sql[160];
	const int64_t ms = believed_ms(w) - w->h->options.keep_us / 1000;
	int rc = 0, more = 0;
	history_time(ms, before);
	for (int t = 0; rc >= 0 && t < HISTORY_TABLES; t++) {
		struct store_query *q;
		text_format(sql, sizeof(sql),
			"DELETE FROM %s WHERE id IN (SELECT id FROM %s WHERE created_at < ?1 ORDER BY created_at LIMIT %d)",
			history_tables[t], history_tables[t], KEEP_ROWS);
		rc = store_prepare(w->store, sql, &q, err);
		if (rc < 0)
			break;
		bind_text(q, 1, before);
		rc = store_run(q, err);
		more |= rc == 0 && store_changes(w->store) >= KEEP_ROWS;
		store_query_free(q);
	}
	return rc < 0 ? rc : more;
}

static void keep_bounds(struct writer *w)
{
	const int64_t now = clock_mono_us(w->h->options.clock);
	struct err err;
	if (!w->store || now < w->kept_us)
		return;
	int rc = forget_old(w, &err);
	if (rc == -EBADMSG)
		rc = begin_anew(w, &err);
	if (rc < 0)
		tell_trouble(w, &err);
	w->kept_us = now + (rc > 0 ? KEEP_SOON_US : KEEP_EVERY_US);
}

/* --- the thread ------------------------------------------------------------------------------------------------- */

static void wait_us(struct history *h, int64_t us)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += us / 1000000;
	until.tv_nsec += us % 1000000 * 1000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(&h->work, &h->lock, &until);
}

/* Waits for records, and then for more of them unless somebody asks. False: there are none, and it is the end. */
static bool take_batch(struct writer *w)
{
	struct history *h = w->h;
	pthread_mutex_lock(&h->lock);
	if (h->count == 0 && !h->stop)
		wait_us(h, h->options.retry_us); /* the bounds are looked after meanwhile, and a new file is begun */
	if (h->count > 0 && h->count < h->options.queue / 2 && !h->stop && h->waiting == 0)
		wait_us(h, GATHER_US);
	struct history_record *spare = w->batch;
	const size_t room = w->room;
	w->batch = h->queue;
	w->count = h->count;
	w->room = h->room;
	w->dropped = h->dropped;
	h->queue = spare;
	h->count = 0;
	h->room = room;
	const bool stop = h->stop;
	pthread_mutex_unlock(&h->lock);
	return w->count > 0 || !stop;
}

/* The reader has met what cannot be. It may have been seen while writing as well: then there is a new one by now. */
static void look_for_damage(struct writer *w)
{
	struct history *h = w->h;
	struct err err;
	pthread_mutex_lock(&h->lock);
	const struct file_id suspect = h->suspect;
	h->suspect = (struct file_id){0};
	pthread_mutex_unlock(&h->lock);
	const bool is_open = w->store && suspect.inode == h->id.inode && suspect.device == h->id.device;
	if (is_open && begin_anew(w, &err) < 0)
		tell_trouble(w, &err);
}

void *history_write_on(void *arg)
{
	struct history *h = arg;
	struct writer w = {.h = h, .lock_fd = -1};
	struct err err;
	pthread_setname_np(pthread_self(), "history");
	int rc = try_batch(&w, &err); /* an empty one: the file is there from the start on */
	if (rc < 0)
		tell_trouble(&w, &err);
	else
		settle(&w, true);
	while (take_batch(&w)) {
		while ((rc = try_batch(&w, &err)) < 0) {
			tell_trouble(&w, &err);
			pthread_mutex_lock(&h->lock);
			if (!h->stop)
				wait_us(h, h->options.retry_us);
			const bool stop = h->stop;
			pthread_mutex_unlock(&h->lock);
			if (stop)
				break;
		}
		if (rc < 0)
			log_err("history", "left behind records=%zu", w.count);
		settle(&w, rc == 0);
		look_for_damage(&w);
		keep_bounds(&w);
	}
	close_file(&w);
	if (w.lock_fd >= 0)
		close(w.lock_fd);
	free(w.batch);
	pthread_mutex_lock(&h->lock);
	h->writer_ended = true;
	pthread_cond_signal(&h->asked);
	pthread_mutex_unlock(&h->lock);
	return NULL;
}
