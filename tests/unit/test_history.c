/* The history: executions on a clock of the test's, and the file under everything that may befall it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "history/history.h"

enum { SECOND = 1000000, DAY_MS = 86400000 };

static char folder[64], file[128];

/* --- a clock ------------------------------------------------------------------------------------------------------ */

static struct {
	struct clock clock;
	int64_t us;
} now;

static int64_t mono(const struct clock *clock)
{
	(void)clock;
	return now.us;
}

static int64_t wall(const struct clock *clock)
{
	(void)clock;
	return 1763250000000 + now.us / 1000;
}

static void set_clock(void)
{
	now.clock = (struct clock){.mono_us = mono, .wall_ms = wall};
	now.us = 1000 * (int64_t)SECOND;
}

static void assert_near(double have, double want, double apart)
{
	if (!(have >= want - apart && have <= want + apart))
		fail_msg("%.15g, and not %.15g", have, want);
}

/* --- executions --------------------------------------------------------------------------------------------------- */

static struct {
	struct history_execution row[32];
	size_t count;
} told;

static void tell(void *arg, const struct history_execution *row)
{
	(void)arg;
	assert_true(told.count < 32);
	told.row[told.count++] = *row;
}

static void usage(void *arg, int64_t *ret_cpu_us, int64_t *ret_memory)
{
	(void)arg;
	*ret_cpu_us = now.us / 2; /* half of a processor, always */
	*ret_memory = 64 << 20;
}

static struct executions *begin_executions(void)
{
	const struct executions_options options = {.clock = &now.clock, .instance = "a", .usage = usage, .tell = tell};
	struct executions *e;
	set_clock();
	told.count = 0;
	assert_int_equal(executions_new(&options, &e), 0);
	return e;
}

static void pass(struct executions *e, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		now.us += SECOND;
		executions_tick(e);
	}
}

static void run(struct executions *e, enum phase phase, int seconds, bool failed)
{
	executions_begin(e, phase, "multiprocessing", 4);
	now.us += (int64_t)seconds * SECOND;
	executions_end(e, phase,
		&(struct executions_item){
			.counts = true, .failed = failed, .again = failed, .took_us = (int64_t)seconds * SECOND});
}

static const struct history_execution *last_of(enum phase phase)
{
	for (size_t i = told.count; i > 0; i--)
		if (told.row[i - 1].phase == phase)
			return &told.row[i - 1];
	fail_msg("nothing was told of that phase");
	return NULL;
}

static void an_execution_begins_with_the_first_run_and_ends_with_60_s_of_quiet(void **state)
{
	struct executions *e = begin_executions();
	date_t date;
	(void)state;
	assert_string_equal(executions_id(e, &date), "");
	run(e, PHASE_REPORT, 2, false);
	const int64_t end_ms = wall(NULL);
	char id[HISTORY_EXECUTION_SIZE];
	text_format(id, sizeof(id), "%s", executions_id(e, &date));
	assert_string_equal(id, "a-20251115T235640.000Z");
	pass(e, 30);
	run(e, PHASE_REPORT, 6, true);
	pass(e, 59);
	assert_string_equal(executions_id(e, &date), id);
	pass(e, 1);
	assert_string_equal(executions_id(e, &date), "");
	const struct history_execution *row = last_of(PHASE_REPORT);
	assert_string_equal(row->id, id);
	assert_int_equal(row->items, 2);
	assert_int_equal(row->successful, 1);
	assert_int_equal(row->failed, 1);
	assert_int_equal(row->retries, 1);
	assert_int_equal(row->max_workers, 4);
	assert_near(row->seconds, 38, 1e-9); /* without the quiet at its end */
	assert_int_equal(row->end_ms, end_ms + 36000);
	assert_near(row->concurrent, 8.0 / 38, 1e-9);
	assert_near(row->mean, 4, 1e-9);
	assert_near(row->p50, 2, 1e-9);
	assert_near(row->p99, 6, 1e-9);
	assert_near(row->memory_mb, 64, 1e-9);
	/* 64 MiB for four are bought as half a GiB. */
	assert_near(row->cost, 8 * (0.000024 + 0.5 * 0.0000025) + 2 * 0.0000004, 1e-12);
	assert_true(row->cpu_seconds >= 38.0 / 2 && row->cpu_seconds <= 100.0 / 2);
	executions_free(e);
}

static void a_run_that_goes_on_is_no_quiet(void **state)
{
	struct executions *e = begin_executions();
	date_t date;
	(void)state;
	executions_begin(e, PHASE_PRECOMPUTE, "pubsub", 1);
	pass(e, 300);
	assert_string_not_equal(executions_id(e, &date), "");
	executions_end(e, PHASE_PRECOMPUTE, &(struct executions_item){.counts = false});
	pass(e, 60);
	assert_string_equal(executions_id(e, &date), "");
	assert_int_equal(told.count, 0); /* nothing came of it */
	executions_free(e);
}

static void it_is_cut_at_15_minutes_and_what_runs_is_of_the_next(void **state)
{
	struct executions *e = begin_executions();
	char first[HISTORY_EXECUTION_SIZE];
	date_t date;
	(void)state;
	run(e, PHASE_REPORT, 1, false);
	text_format(first, sizeof(first), "%s", executions_id(e, &date));
	for (int i = 0; i < 29; i++) { /* never quiet for a minute */
		pass(e, 30);
		run(e, PHASE_REPORT, 0, false);
	}
	executions_begin(e, PHASE_REPORT, "pool", 2);
	assert_string_equal(executions_id(e, &date), first);
	pass(e, 30);
	assert_string_not_equal(executions_id(e, &date), first);
	assert_string_not_equal(executions_id(e, &date), "");
	assert_string_equal(last_of(PHASE_REPORT)->id, first);
	assert_int_equal(last_of(PHASE_REPORT)->items, 30);
	executions_end(e, PHASE_REPORT, &(struct executions_item){.counts = true, .took_us = 30 * SECOND});
	executions_close(e);
	assert_string_not_equal(last_of(PHASE_REPORT)->id, first);
	assert_int_equal(last_of(PHASE_REPORT)->items, 1);
	executions_free(e);
}

static void each_phase_that_ran_has_a_row_and_they_share_the_time(void **state)
{
	struct executions *e = begin_executions();
	(void)state;
	run(e, PHASE_PRECOMPUTE, 30, false);
	run(e, PHASE_REPORT, 10, false);
	executions_close(e);
	const struct history_execution *pre = last_of(PHASE_PRECOMPUTE), *report = last_of(PHASE_REPORT);
	assert_string_equal(pre->id, report->id);
	assert_near(pre->cpu_seconds, 15, 1e-9);
	assert_near(report->cpu_seconds, 5, 1e-9);
	assert_near(report->seconds, 10, 1e-9);
	executions_free(e);
}

static void what_is_open_is_told_now_and_then_for_it_may_be_killed(void **state)
{
	struct executions *e = begin_executions();
	(void)state;
	run(e, PHASE_REPORT, 1, false);
	pass(e, 1);
	assert_int_equal(told.count, 1);
	pass(e, 20);
	assert_int_equal(told.count, 1); /* it has not changed */
	run(e, PHASE_REPORT, 1, false);
	pass(e, 10);
	assert_int_equal(told.count, 2);
	assert_int_equal(last_of(PHASE_REPORT)->items, 2);
	executions_free(e);
}

static void of_many_durations_a_sample_is_kept(void **state)
{
	struct durations d = {0};
	struct history_execution row;
	(void)state;
	for (int i = 1; i <= 100000; i++)
		durations_add(&d, i);
	durations_figures(&d, &row);
	assert_near(row.mean, 50000.5e-6, 1e-12); /* of all */
	assert_true(row.p50 > 0.045 && row.p50 < 0.055);
	assert_true(row.p99 > 0.095 && row.p99 <= 0.1);
	durations_done(&d);
	for (int i = 100; i >= 1; i--)
		durations_add(&d, i * SECOND);
	durations_figures(&d, &row); /* exact */
	assert_near(row.p50, 50, 1e-9);
	assert_near(row.p95, 95, 1e-9);
	assert_near(row.p99, 99, 1e-9);
	durations_done(&d);
}

/* --- the file ----------------------------------------------------------------------------------------------------- */

static struct history *open_with_clock(size_t queue, int64_t keep_us, const struct clock *clock)
{
	const struct history_options options = {
		.file = file, .instance = "a", .keep_us = keep_us, .clock = clock, .queue = queue, .retry_us = 10000};
	struct history *h;
	struct err err;
	if (history_new(&options, &h, &err) < 0)
		fail_msg("%s", err.text);
	return h;
}

static struct history *open_history(size_t queue, int64_t keep_us)
{
	return open_with_clock(queue, keep_us, clock_system());
}

static void close_history(struct history *h)
{
	assert_true(history_stop(h, 600 * (int64_t)SECOND));
	history_free(h);
}

static void tell_run(struct history *h, int serial, enum history_result result)
{
	struct history_run r = {.phase = PHASE_REPORT,
		.result = result,
		.date = 20000,
		.level = "normal",
		.attempt = 1,
		.version = serial,
		.took_us = 1000};
	text_format(r.run, sizeof(r.run), "a/boot/%d", serial);
	text_format(r.player, sizeof(r.player), "p%d", serial % 3);
	text_format(r.error, sizeof(r.error), "error %d", serial);
	history_begun(h, PHASE_REPORT, "pool", 1);
	history_ended(h, &r);
}

static struct {
	int result;
	size_t rows;
	char why[512], first[256];
	bool came;
} answer;

static void on_answer(void *arg, const struct history_answer *a)
{
	(void)arg;
	answer.came = true;
	answer.result = a->result;
	answer.rows = a->rows;
	text_format(answer.why, sizeof(answer.why), "%s", a->why);
	answer.first[0] = '\0';
	if (a->rows > 0 && a->cells[0].type == STORE_TEXT)
		text_format(answer.first, sizeof(answer.first), "%s", a->cells[0].text);
}

static void ask(struct history *h, const struct history_question *q)
{
	struct pollfd fd = {.fd = history_fd(h), .events = POLLIN};
	answer.came = false;
	assert_int_equal(history_ask(h, q, on_answer, NULL), 0);
	while (!answer.came) {
		assert_true(poll(&fd, 1, 600000) > 0);
		history_answered(h);
	}
}

static size_t rows_of(struct history *h, enum history_table table)
{
	ask(h, &(struct history_question){.what = HISTORY_ASKS_EXPORT, .table = table, .limit = 1000});
	if (answer.result < 0)
		fail_msg("%s", answer.why);
	return answer.rows;
}

/* Waits until the view says so: what the thread does is its own business. */
static struct history_view look_until(struct history *h, bool (*says)(const struct history_view *view))
{
	struct history_view view;
	for (int i = 0; i < 600000; i++) {
		history_look(h, &view);
		if (says(&view))
			return view;
		usleep(1000); /* the thread tells nobody */
	}
	fail_msg("it never came: trouble \"%s\", moved %d", view.trouble, (int)view.moved);
	return view;
}

static bool is_troubled(const struct history_view *view)
{
	return view->trouble[0] != '\0';
}

static bool is_fine(const struct history_view *view)
{
	return !view->trouble[0] && view->queued == 0 && view->dropped_ever >= 0;
}

static void a_run_has_one_row_whoever_tells_of_it(void **state)
{
	struct history *h = open_history(0, 90 * (int64_t)DAY_MS * 1000);
	struct history_run seen = {
		.phase = PHASE_REPORT, .date = 20000, .version = 1, .run = "a/boot/1", .player = "p1"};
	(void)state;
	tell_run(h, 1, HISTORY_REFUSED); /* its first answer was lost */
	history_seen(h, &seen, clock_wall_ms(clock_system()));
	text_format(seen.run, sizeof(seen.run), "a/boot/2");
	text_format(seen.player, sizeof(seen.player), "p2");
	history_seen(h, &seen, clock_wall_ms(clock_system()));
	tell_run(h, 2, HISTORY_REFUSED);
	tell_run(h, 3, HISTORY_FAILED);
	assert_int_equal(rows_of(h, HISTORY_RUNS), 3);
	assert_int_equal(rows_of(h, HISTORY_FAILURES), 1);
	ask(h, &(struct history_question){.what = HISTORY_ASKS_PLAYER, .player = "p2", .limit = 10});
	assert_int_equal(answer.rows, 1);
	assert_string_equal(answer.first, "a/boot/2");
	close_history(h);
	h = open_history(0, 90 * (int64_t)DAY_MS * 1000);
	assert_int_equal(rows_of(h, HISTORY_RUNS), 3);
	assert_true(rows_of(h, HISTORY_EXECUTIONS) == 1); /* told at the end */
	close_history(h);
}

static void the_mark_holds_at_once_and_is_kept(void **state)
{
	char mark[HISTORY_NOTICE_SIZE];
	struct history *h = open_history(0, 90 * (int64_t)DAY_MS * 1000);
	(void)state;
	look_until(h, is_fine);
	assert_true(history_mark(h, PHASE_REPORT, mark));
	assert_string_not_equal(mark, "1763250000000-5");
	history_set_mark(h, PHASE_REPORT, "1763250000000-5");
	assert_true(history_mark(h, PHASE_REPORT, mark));
	assert_string_equal(mark, "1763250000000-5");
	close_history(h);
	h = open_history(0, 90 * (int64_t)DAY_MS * 1000);
	look_until(h, is_fine);
	assert_true(history_mark(h, PHASE_REPORT, mark));
	assert_string_equal(mark, "1763250000000-5");
	close_history(h);
}

static void where_the_queue_is_full_rows_are_dropped_and_counted(void **state)
{
	struct history_view view;
	(void)state;
	mkdir(file, 0700); /* nothing can be written: a folder is in its place */
	struct history *h = open_history(100, 90 * (int64_t)DAY_MS * 1000);
	look_until(h, is_troubled);
	for (int i = 0; i < 1000; i++)
		tell_run(h, i, HISTORY_COMMITTED);
	history_look(h, &view);
	assert_true(view.dropped >= 800); /* a batch in hand, and the queue */
	assert_int_equal(view.queued + view.dropped, 1001); /* and the execution, once */
	assert_false(history_has_room(h));
	rmdir(file);
	look_until(h, is_fine);
	assert_true(history_has_room(h));
	const size_t rows = rows_of(h, HISTORY_RUNS) + rows_of(h, HISTORY_EXECUTIONS);
	history_look(h, &view); /* asked for, the execution was told once more */
	assert_true(rows >= 1001 - view.dropped && rows <= 1002 - view.dropped);
	tell_run(h, 2000, HISTORY_COMMITTED); /* the count goes with what is written next at the latest */
	assert_true(rows_of(h, HISTORY_RUNS) > 0);
	history_look(h, &view);
	const uint64_t dropped = view.dropped;
	close_history(h);
	h = open_history(100, 90 * (int64_t)DAY_MS * 1000);
	view = look_until(h, is_fine);
	assert_int_equal(view.dropped, 0);
	assert_int_equal(view.dropped_ever, dropped);
	close_history(h);
}

static void write_file(const char *bytes, size_t length)
{
	FILE *f = fopen(file, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, length, f), length);
	fclose(f);
}

static size_t files_like(const char *part)
{
	size_t count = 0;
	struct dirent *entry;
	DIR *dir = opendir(folder);
	while ((entry = readdir(dir)))
		count += strstr(entry->d_name, part) != NULL;
	closedir(dir);
	return count;
}

static void a_damaged_file_is_moved_aside_and_a_new_one_begun(void **state)
{
	(void)state;
	write_file("this was a database once", 24);
	struct history *h = open_history(0, 90 * (int64_t)DAY_MS * 1000);
	tell_run(h, 1, HISTORY_COMMITTED);
	assert_int_equal(rows_of(h, HISTORY_RUNS), 1);
	assert_int_equal(look_until(h, is_fine).moved, 1);
	assert_int_equal(files_like("damaged-"), 1);
	close_history(h);
}

static void another_database_is_left_alone(void **state)
{
	static const char *const steps[] = {"CREATE TABLE mine (x)"};
	static const struct store_schema schema = {.name = "other", .id = 1, .steps = steps, .count = 1};
	struct store *store;
	struct err err;
	(void)state;
	assert_int_equal(store_open(file, STORE_WRITE, &schema, &store, &err), 0);
	store_close(store);
	struct history *h = open_history(0, 90 * (int64_t)DAY_MS * 1000);
	tell_run(h, 1, HISTORY_COMMITTED);
	assert_non_null(strstr(look_until(h, is_troubled).trouble, "not a history database"));
	assert_int_equal(files_like("damaged-"), 0);
	close_history(h);
	assert_int_equal(store_open(file, STORE_READ, &schema, &store, &err), 0);
	store_close(store);
}

static void one_file_has_one_writer(void **state)
{
	struct history *h = open_history(0, 90 * (int64_t)DAY_MS * 1000);
	(void)state;
	tell_run(h, 1, HISTORY_COMMITTED);
	assert_int_equal(rows_of(h, HISTORY_RUNS), 1);
	struct history *other = open_history(0, 90 * (int64_t)DAY_MS * 1000);
	ask(other, &(struct history_question){.what = HISTORY_ASKS_EXPORT, .table = HISTORY_RUNS, .limit = 1000});
	assert_int_equal(answer.result, -EBUSY); /* and not the other's rows */
	assert_non_null(strstr(answer.why, "another propsd"));
	assert_non_null(strstr(look_until(other, is_troubled).trouble, "another propsd"));
	close_history(h);
	look_until(other, is_fine); /* it takes over */
	assert_int_equal(rows_of(other, HISTORY_RUNS), 1);
	close_history(other);
}

static void a_file_that_is_taken_away_is_made_anew(void **state)
{
	struct history *h = open_history(0, 90 * (int64_t)DAY_MS * 1000);
	(void)state;
	tell_run(h, 1, HISTORY_COMMITTED);
	assert_int_equal(rows_of(h, HISTORY_RUNS), 1);
	assert_int_equal(unlink(file), 0);
	tell_run(h, 2, HISTORY_COMMITTED);
	struct history_view view = look_until(h, is_fine);
	assert_int_equal(view.dropped, 0);
	assert_int_equal(rows_of(h, HISTORY_RUNS), 1);
	close_history(h);
}

static void a_backup_that_is_put_in_its_place_has_its_own_rows_and_the_next(void **state)
{
	struct history *h = open_history(0, 90 * (int64_t)DAY_MS * 1000);
	struct history_question backup = {.what = HISTORY_ASKS_BACKUP};
	(void)state;
	tell_run(h, 1, HISTORY_COMMITTED);
	text_format(backup.path, sizeof(backup.path), "%s/copy.db", folder);
	ask(h, &backup);
	assert_int_equal(answer.result, 0);
	for (int i = 2; i < 200; i++) /* the log beside the file is full of them */
		tell_run(h, i, HISTORY_COMMITTED);
	assert_int_equal(rows_of(h, HISTORY_RUNS), 199);
	assert_int_equal(rename(backup.path, file), 0);
	tell_run(h, 1000, HISTORY_COMMITTED);
	look_until(h, is_fine);
	assert_int_equal(rows_of(h, HISTORY_RUNS), 2);
	history_set_mark(h, PHASE_REPORT, "1-1"); /* opened anew it is still that one, and sound */
	close_history(h);
	h = open_history(0, 90 * (int64_t)DAY_MS * 1000);
	assert_int_equal(rows_of(h, HISTORY_RUNS), 2);
	assert_int_equal(look_until(h, is_fine).moved, 0);
	close_history(h);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* What has no room waits, and is dropped and counted where it is more than the queue takes. `room` gives or takes it. */
static void without_room(void (*room)(bool given), const char *words)
{
	struct history_view view;
	int told_runs = 0;
	struct history *h = open_history(100, 90 * (int64_t)DAY_MS * 1000);
	look_until(h, is_fine);
	room(false);
	for (history_look(h, &view); !view.trouble[0]; history_look(h, &view)) {
		tell_run(h, ++told_runs, HISTORY_COMMITTED);
		usleep(1000); /* the thread tells nobody */
	}
	const bool as_expected = strstr(view.trouble, words) != NULL;
	for (int i = 0; i < 500; i++)
		tell_run(h, ++told_runs, HISTORY_COMMITTED);
	history_look(h, &view);
	room(true);
	if (!as_expected || view.dropped == 0)
		fail_msg("trouble \"%s\", dropped %d", view.trouble, (int)view.dropped);
	look_until(h, is_fine);
	ask(h, &(struct history_question){.what = HISTORY_ASKS_EXPORT, .table = HISTORY_RUNS, .limit = 100000});
	history_look(h, &view);
	assert_int_equal(view.moved, 0);
	/* Of what was dropped some may be an execution as it stood. */
	assert_true(answer.rows >= (size_t)told_runs - view.dropped && answer.rows < (size_t)told_runs);
	tell_run(h, ++told_runs, HISTORY_COMMITTED);
	close_history(h);
	h = open_history(100, 90 * (int64_t)DAY_MS * 1000);
	assert_int_equal(look_until(h, is_fine).dropped_ever, view.dropped);
	close_history(h);
}

static void limit(bool given)
{
	limit_files(given ? RLIM_INFINITY : 300000); /* the log beside the file reaches that soon */
}

static void a_limit_on_files_costs_what_does_not_fit_into_the_queue(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	without_room(limit, "disk I/O error");
}

/* All of it goes into a file; what is left is less than a page. */
static void fill(bool given)
{
	static const char bytes[4096];
	char name[160];
	text_format(name, sizeof(name), "%s/fills", folder);
	if (given) {
		unlink(name);
		return;
	}
	const int fd = open(name, O_WRONLY | O_CREAT, 0600);
	while (write(fd, bytes, sizeof(bytes)) == sizeof(bytes))
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static void a_full_disk_does_likewise(void **state)
{
	(void)state;
	if (mount("history", folder, "tmpfs", 0, "size=8m") < 0) {
		print_message("skipped: %s: cannot mount a file system of its own: %s\n", __func__, strerror(errno));
		skip();
	}
	without_room(fill, "database or disk is full");
	assert_int_equal(umount(folder), 0);
}

static bool has_moved(const struct history_view *view)
{
	return view->moved > 0;
}

static void one_that_is_damaged_while_it_is_used_is_moved_aside_too(void **state)
{
	char bytes[4096];
	(void)state;
	struct history *h = open_history(0, 90 * (int64_t)DAY_MS * 1000);
	for (int i = 0; i < 500; i++)
		tell_run(h, i, HISTORY_FAILED);
	close_history(h); /* from the log into the file */
	h = open_history(0, 90 * (int64_t)DAY_MS * 1000);
	assert_int_equal(rows_of(h, HISTORY_RUNS), 500);
	memset(bytes, 0xff, sizeof(bytes));
	const int fd = open(file, O_WRONLY);
	assert_true(fd >= 0);
	for (int page = 1; page < 30; page++)
		assert_int_equal(pwrite(fd, bytes, sizeof(bytes), page * (off_t)sizeof(bytes)), sizeof(bytes));
	close(fd);
	ask(h, &(struct history_question){.what = HISTORY_ASKS_EXPORT, .table = HISTORY_FAILURES, .limit = 10000});
	assert_true(answer.result == -EBADMSG || answer.rows < 500); /* or the writer has met it before */
	struct history_view view = look_until(h, has_moved);
	tell_run(h, 5, HISTORY_COMMITTED);
	assert_true(rows_of(h, HISTORY_RUNS) > 0);
	assert_true(history_stop(h, 600 * (int64_t)SECOND));
	history_look(h, &view);
	assert_int_equal(view.moved, 1); /* and not the new one after it */
	history_free(h);
}

static void one_of_a_newer_propsd_is_left_alone(void **state)
{
	const char *steps[] = {history_schema.steps[0], "CREATE TABLE later (x)"};
	const struct store_schema newer = {
		.name = "history", .id = history_schema.id, .steps = steps, .count = 2, .wal = true};
	struct store *store;
	struct err err;
	(void)state;
	assert_int_equal(history_schema.count, 1); /* or the steps above are those of today */
	assert_int_equal(store_open(file, STORE_WRITE, &newer, &store, &err), 0);
	struct history *h = open_history(0, 90 * (int64_t)DAY_MS * 1000);
	tell_run(h, 1, HISTORY_COMMITTED);
	assert_non_null(strstr(look_until(h, is_troubled).trouble, "made by a newer propsd"));
	assert_int_equal(files_like("damaged-"), 0);
	close_history(h);
	store_close(store);
}

static void a_mark_that_is_none_is_not_believed(void **state)
{
	struct store *store;
	struct err err;
	char mark[HISTORY_NOTICE_SIZE];
	(void)state;
	close_history(open_history(0, 90 * (int64_t)DAY_MS * 1000));
	static const char *const marks[] = {"", "-", "12", "12-", "x-1", "1-1 ", "99999999999999999999-0"};
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		char sql[128];
		assert_int_equal(store_open(file, STORE_WRITE, &history_schema, &store, &err), 0);
		text_format(sql, sizeof(sql), "UPDATE notes SET value = '%s' WHERE name = 'mark'", marks[i]);
		assert_int_equal(store_exec(store, sql, &err), 0);
		store_close(store);
		struct history *h = open_history(0, 90 * (int64_t)DAY_MS * 1000);
		look_until(h, is_fine);
		assert_true(history_mark(h, PHASE_REPORT, mark));
		assert_true(strlen(mark) > 10 && strcmp(mark, marks[i]) != 0);
		close_history(h);
	}
}

static _Atomic int64_t ahead_ms, passed_us; /* of a clock that another thread looks at, too */

static int64_t stepped_mono(const struct clock *clock)
{
	(void)clock;
	return clock_mono_us(clock_system()) + atomic_load(&passed_us);
}

static int64_t stepped_wall(const struct clock *clock)
{
	(void)clock;
	return clock_wall_ms(clock_system()) + atomic_load(&passed_us) / 1000 + atomic_load(&ahead_ms);
}

static void a_clock_that_is_set_ahead_takes_no_rows_with_it(void **state)
{
	const struct clock stepped = {.mono_us = stepped_mono, .wall_ms = stepped_wall};
	const int64_t hour_us = 3600 * (int64_t)SECOND;
	(void)state;
	atomic_store(&ahead_ms, 0);
	atomic_store(&passed_us, 0);
	struct history *h = open_with_clock(0, 2 * (int64_t)DAY_MS * 1000, &stepped);
	tell_run(h, 1, HISTORY_COMMITTED);
	assert_int_equal(rows_of(h, HISTORY_RUNS), 1);
	atomic_store(&ahead_ms, 400 * (int64_t)DAY_MS);
	tell_run(h, 2, HISTORY_COMMITTED);
	for (int i = 0; i < 20; i++) { /* the thread looks each ten minutes */
		atomic_fetch_add(&passed_us, hour_us);
		tell_run(h, 3, HISTORY_COMMITTED);
		assert_int_equal(rows_of(h, HISTORY_RUNS), 3);
	}
	atomic_fetch_add(&passed_us, 24 * hour_us); /* it stays so: perhaps it was wrong before */
	for (int i = 0; i < 600000 && rows_of(h, HISTORY_RUNS) == 3; i++)
		usleep(1000);
	assert_int_equal(rows_of(h, HISTORY_RUNS), 2);
	close_history(h);
}

static bool without_rows(struct history *h)
{
	return rows_of(h, HISTORY_RUNS) == 1;
}

static void what_is_too_old_goes(void **state)
{
	struct history *h = open_history(0, 2 * (int64_t)DAY_MS * 1000);
	const int64_t now_ms = clock_wall_ms(clock_system());
	struct history_run seen = {.phase = PHASE_REPORT, .date = 20000, .version = 1, .player = "p1"};
	(void)state;
	look_until(h, is_fine);
	for (int i = 0; i < 3000; i++) { /* more than go at once */
		text_format(seen.run, sizeof(seen.run), "a/old/%d", i);
		history_seen(h, &seen, now_ms - 3 * (int64_t)DAY_MS);
	}
	text_format(seen.run, sizeof(seen.run), "a/new/1");
	history_seen(h, &seen, now_ms - DAY_MS);
	close_history(h);
	h = open_history(0, 2 * (int64_t)DAY_MS * 1000);
	for (int i = 0; i < 600000 && !without_rows(h); i++)
		usleep(1000); /* the thread tells nobody */
	assert_true(without_rows(h));
	ask(h, &(struct history_question){.what = HISTORY_ASKS_PLAYER, .player = "p1", .limit = 10});
	assert_string_equal(answer.first, "a/new/1");
	close_history(h);
}

static void without_a_history_nothing_is_asked_of_it(void **state)
{
	struct history_view view;
	(void)state;
	history_begun(NULL, PHASE_REPORT, "pool", 1);
	history_void(NULL, PHASE_REPORT);
	history_tick(NULL);
	history_look(NULL, &view);
	assert_false(view.on);
	assert_int_equal(history_ask(NULL, &(struct history_question){0}, on_answer, NULL), -ENOENT);
	assert_true(history_stop(NULL, 0));
	history_free(NULL);
}

static int make_folder(void **state)
{
	(void)state;
	text_format(folder, sizeof(folder), "/tmp/propsd-history-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	text_format(file, sizeof(file), "%s/history.db", folder);
	return 0;
}

static int remove_folder(void **state)
{
	char command[128];
	(void)state;
	(void)umount2(folder, MNT_DETACH); /* where a test did not come to it */
	limit_files(RLIM_INFINITY);
	text_format(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

#define with_folder(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_execution_begins_with_the_first_run_and_ends_with_60_s_of_quiet),
		cmocka_unit_test(a_run_that_goes_on_is_no_quiet),
		cmocka_unit_test(it_is_cut_at_15_minutes_and_what_runs_is_of_the_next),
		cmocka_unit_test(each_phase_that_ran_has_a_row_and_they_share_the_time),
		cmocka_unit_test(what_is_open_is_told_now_and_then_for_it_may_be_killed),
		cmocka_unit_test(of_many_durations_a_sample_is_kept),
		with_folder(a_run_has_one_row_whoever_tells_of_it),
		with_folder(the_mark_holds_at_once_and_is_kept),
		with_folder(where_the_queue_is_full_rows_are_dropped_and_counted),
		with_folder(a_damaged_file_is_moved_aside_and_a_new_one_begun),
		with_folder(another_database_is_left_alone),
		with_folder(one_file_has_one_writer),
		with_folder(a_file_that_is_taken_away_is_made_anew),
		with_folder(a_backup_that_is_put_in_its_place_has_its_own_rows_and_the_next),
		with_folder(a_limit_on_files_costs_what_does_not_fit_into_the_queue),
		with_folder(a_full_disk_does_likewise),
		with_folder(one_that_is_damaged_while_it_is_used_is_moved_aside_too),
		with_folder(one_of_a_newer_propsd_is_left_alone),
		with_folder(a_mark_that_is_none_is_not_believed),
		with_folder(a_clock_that_is_set_ahead_takes_no_rows_with_it),
		with_folder(what_is_too_old_goes),
		cmocka_unit_test(without_a_history_nothing_is_asked_of_it),
	};
	if (zone_set("America/New_York") < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
