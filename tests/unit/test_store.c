#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static char folder[64], path[128];

static const char *const steps[] = {
	"CREATE TABLE player (lookup TEXT PRIMARY KEY, points REAL)",
	"ALTER TABLE player ADD COLUMN team TEXT; CREATE INDEX by_team ON player (team)",
};
static const struct store_schema first = {.name = "test", .id = 0x74657374, .steps = steps, .count = 1, .wal = true};
static const struct store_schema second = {.name = "test", .id = 0x74657374, .steps = steps, .count = 2, .wal = true};
static const struct store_schema plain = {.name = "test", .id = 0x74657374, .steps = steps, .count = 1};
static const struct store_schema foreign = {.name = "other", .id = 0x6f746872, .steps = steps, .count = 1};

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/store.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/test.db", folder);
	return 0;
}

static void remove_files(void)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	for (int i = 0; i < 3; i++) {
		char name[160];
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
}

static int remove_folder(void **state)
{
	(void)state;
	remove_files();
	return rmdir(folder);
}

static struct store *opened(enum store_mode mode, const struct store_schema *schema)
{
	struct store *store = NULL;
	struct err err = {0};
	if (store_open(path, mode, schema, &store, &err) < 0)
		fail_msg("%s", err.text);
	return store;
}

static int64_t get(struct store *store, const char *sql)
{
	int64_t number = -1;
	struct err err = {0};
	if (store_get_int(store, sql, &number, &err) < 0)
		fail_msg("%s", err.text);
	return number;
}

static void exec(struct store *store, const char *sql)
{
	struct err err = {0};
	if (store_exec(store, sql, &err) < 0)
		fail_msg("%s", err.text);
}

static struct store_query *prepared(struct store *store, const char *sql)
{
	struct store_query *query = NULL;
	struct err err = {0};
	if (store_prepare(store, sql, &query, &err) < 0)
		fail_msg("%s", err.text);
	return query;
}

static void a_new_file_gets_every_step_and_wal(void **state)
{
	(void)state;
	struct store *store = opened(STORE_WRITE, &second);
	assert_int_equal(get(store, "PRAGMA user_version"), 2);
	assert_int_equal(get(store, "PRAGMA application_id"), 0x74657374);
	assert_int_equal(get(store, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	assert_int_equal(get(store, "SELECT count(*) FROM sqlite_master WHERE name = 'by_team'"), 1);
	assert_string_equal(store_path(store), path);
	store_close(store);
}

static void without_wal_there_is_one_file_only(void **state)
{
	(void)state;
	struct store *store = opened(STORE_WRITE, &plain);
	exec(store, "INSERT INTO player VALUES ('lebronjames', 24)");
	assert_int_equal(get(store, "SELECT journal_mode = 'delete' FROM pragma_journal_mode"), 1);
	char name[160];
	snprintf(name, sizeof(name), "%s-wal", path);
	assert_int_equal(access(name, F_OK), -1);
	store_close(store);
	/* A folder that may not be written to is enough for reading. */
	assert_int_equal(chmod(folder, 0500), 0);
	store = opened(STORE_READ, &plain);
	assert_int_equal(get(store, "SELECT count(*) FROM player"), 1);
	store_close(store);
	assert_int_equal(chmod(folder, 0700), 0);
}

static void an_old_file_gets_the_missing_step_and_keeps_its_rows(void **state)
{
	(void)state;
	struct store *store = opened(STORE_WRITE, &first);
	exec(store, "INSERT INTO player VALUES ('lebronjames', 24)");
	store_close(store);
	store = opened(STORE_WRITE, &second);
	assert_int_equal(get(store, "PRAGMA user_version"), 2);
	assert_int_equal(get(store, "SELECT count(*) FROM player WHERE team IS NULL"), 1);
	store_close(store);
}

static void a_step_that_fails_leaves_the_version_before_it(void **state)
{
	(void)state;
	static const char *const bad[] = {"CREATE TABLE a (x)", "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)"};
	const struct store_schema schema = {.name = "test", .id = 0x74657374, .steps = bad, .count = 2};
	struct store *store = NULL;
	struct err err = {0};
	assert_int_equal(store_open(path, STORE_WRITE, &schema, &store, &err), -EINVAL);
	assert_null(store);
	assert_non_null(strstr(err.text, path));
	assert_non_null(strstr(err.text, "no such table: nowhere"));
	const struct store_schema half = {.name = "test", .id = 0x74657374, .steps = bad, .count = 1};
	store = opened(STORE_WRITE, &half);
	assert_int_equal(get(store, "PRAGMA user_version"), 1);
	assert_int_equal(get(store, "SELECT count(*) FROM sqlite_master WHERE name = 'b'"), 0);
	store_close(store);
}

static void reading_wants_a_file_of_this_version(void **state)
{
	(void)state;
	struct store *store = NULL;
	struct err err = {0};
	assert_int_equal(store_open(path, STORE_READ, &first, &store, &err), -ENOENT);
	assert_non_null(strstr(err.text, "No such file"));
	store_close(opened(STORE_WRITE, &first));
	assert_int_equal(store_open(path, STORE_READ, &second, &store, &err), -ESTALE);
	assert_non_null(strstr(err.text, "test database of version 1, this propsd reads version 2"));
	store_close(opened(STORE_WRITE, &second));
	assert_int_equal(store_open(path, STORE_READ, &first, &store, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "made by a newer propsd"));
	assert_int_equal(store_open(path, STORE_WRITE, &first, &store, &err), -ENOTSUP);
	assert_null(store);
	store = opened(STORE_READ, &second);
	assert_int_equal(store_exec(store, "DELETE FROM player", &err), -EROFS);
	store_close(store);
}

static void a_copy_has_what_the_file_has_and_leaves_it_alone(void **state)
{
	static const struct store_schema newer = {.name = "test", .id = 0x74657374, .steps = steps, .count = 2};
	(void)state;
	struct store *copy = opened(STORE_COPY, &plain); /* of nothing */
	exec(copy, "INSERT INTO player VALUES ('lebronjames', 24)");
	store_close(copy);
	assert_int_equal(access(path, F_OK), -1);

	struct store *store = opened(STORE_WRITE, &plain);
	exec(store, "INSERT INTO player VALUES ('lebronjames', 24)");
	copy = opened(STORE_COPY, &newer); /* of an older version */
	assert_string_equal(store_path(copy), path);
	assert_int_equal(get(copy, "SELECT count(*) FROM player WHERE team IS NULL"), 1);
	exec(copy, "DELETE FROM player");
	assert_int_equal(get(store, "SELECT count(*) FROM player"), 1);
	assert_int_equal(get(store, "PRAGMA user_version"), 1);
	exec(store, "DELETE FROM player"); /* the copy holds no lock */
	store_close(store);
	store_close(copy);

	struct err err = {0};
	copy = NULL;
	assert_int_equal(store_open(path, STORE_COPY, &foreign, &copy, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "not a other database of propsd"));
	FILE *f = fopen(path, "wb");
	fputs("this is no database, and long enough to be taken for one if its first bytes were others", f);
	fclose(f);
	assert_int_equal(store_open(path, STORE_COPY, &plain, &copy, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "file is not a database"));
	assert_int_equal(store_open(folder, STORE_COPY, &plain, &copy, &err), -EISDIR);
	assert_null(copy);
}

static void another_kind_of_file_is_refused(void **state)
{
	(void)state;
	struct store *store = NULL;
	struct err err = {0};
	store_close(opened(STORE_WRITE, &foreign));
	assert_int_equal(store_open(path, STORE_WRITE, &first, &store, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "not a test database of propsd"));
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	for (int i = 0; i < 1000; i++)
		fputs("this is no database\n", f);
	fclose(f);
	assert_int_equal(store_open(path, STORE_READ, &first, &store, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "not a database"));
	assert_int_equal(store_open(path, STORE_WRITE, &first, &store, &err), -EBADMSG);
	assert_int_equal(store_open(folder, STORE_WRITE, &first, &store, &err), -EISDIR);
	assert_null(store);
}

static void what_is_no_regular_file_is_refused_and_never_waited_for(void **state)
{
	(void)state;
	struct store *store = NULL;
	struct err err = {0};
	assert_int_equal(mkfifo(path, 0600), 0);
	for (int mode = STORE_READ; mode <= STORE_WRITE; mode++) {
		assert_int_equal(store_open(path, (enum store_mode)mode, &first, &store, &err), -EINVAL);
		assert_non_null(strstr(err.text, "a pipe, socket or device, where a database file is right"));
		assert_int_equal(store_open(folder, (enum store_mode)mode, &first, &store, &err), -EISDIR);
		assert_non_null(strstr(err.text, "a directory, where a database file is right"));
	}
	assert_null(store);
}

static void a_file_that_bears_the_version_and_is_another_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *change, *says;
	} rows[] = {
		{"DROP INDEX by_team", "no test database as propsd makes it: the index \"by_team\" is missing"},
		{"DROP TABLE player", "the table \"player\" is missing"},
		{"ALTER TABLE player RENAME TO players", "the table \"player\" is missing"},
		{"ALTER TABLE player RENAME points TO score", "the table \"player\" is another"},
		{"DROP TABLE player; CREATE TABLE player (lookup, points, team)", "the table \"player\" is another"},
		{"DROP TABLE player; CREATE VIEW player AS SELECT 1", "the table \"player\" is missing"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store *store = opened(STORE_WRITE, &second);
		struct err err = {0};
		exec(store, rows[i].change);
		store_close(store);
		store = NULL;
		for (int mode = STORE_READ; mode <= STORE_WRITE; mode++) {
			assert_int_equal(store_open(path, (enum store_mode)mode, &second, &store, &err), -EBADMSG);
			if (!strstr(err.text, rows[i].says))
				fail_msg("%s: %s", rows[i].change, err.text);
			assert_null(store);
		}
		remove_files();
	}
	/* What somebody added for himself is in nobody's way. */
	struct store *store = opened(STORE_WRITE, &second);
	exec(store, "CREATE TABLE note (text); CREATE INDEX by_points ON player (points)");
	store_close(store);
	store_close(opened(STORE_READ, &second));
}

static void a_column_tells_what_it_holds(void **state)
{
	(void)state;
	struct store *store = opened(STORE_WRITE, &first);
	struct err err = {0};
	struct store_query *q = prepared(store, "SELECT NULL, 1, 1.5, CAST(x'780079' AS TEXT), x'00'");
	assert_int_equal(store_step(q, &err), 1);
	for (int i = STORE_NULL; i <= STORE_BLOB; i++)
		assert_int_equal(store_value(q, i).type, i);
	assert_int_equal(store_value(q, STORE_INT).integer, 1);
	assert_true(store_value(q, STORE_REAL).real == 1.5);
	assert_memory_equal(store_value(q, STORE_TEXT).text, "x\0y", 4);
	assert_int_equal(store_value(q, STORE_TEXT).length, 3);
	store_query_free(q);
	store_close(store);
}

static void rows_come_back_as_they_were_bound(void **state)
{
	(void)state;
	struct store *store = opened(STORE_WRITE, &second);
	struct err err = {0};
	struct store_query *insert = prepared(store, "INSERT INTO player VALUES (?1, ?2, ?3)");
	store_bind_text(insert, 1, "lebronjamesXX", 11);
	store_bind_real(insert, 2, 24.5);
	store_bind_text(insert, 3, NULL, 0);
	assert_int_equal(store_run(insert, &err), 0);
	assert_int_equal(store_changes(store), 1);
	assert_int_equal(store_last_id(store), 1);
	store_bind_text(insert, 1, "x", 1);
	store_bind_real(insert, 2, NAN);
	store_bind_text(insert, 3, "", 0);
	assert_int_equal(store_run(insert, &err), 0);
	store_query_free(insert);

	struct store_query *select = prepared(store, "SELECT lookup, points, team FROM player ORDER BY lookup");
	size_t length;
	for (int round = 0; round < 2; round++) {
		assert_int_equal(store_step(select, &err), 1);
		assert_string_equal(store_text(select, 0, &length), "lebronjames");
		assert_int_equal(length, 11);
		assert_true(store_real(select, 1) == 24.5);
		assert_int_equal(store_int(select, 1), 24);
		assert_true(store_is_null(select, 2));
		assert_string_equal(store_text(select, 2, &length), "");
		assert_int_equal(length, 0);
		assert_int_equal(store_step(select, &err), 1);
		assert_true(isnan(store_real(select, 1)));
		assert_false(store_is_null(select, 2));
		assert_int_equal(store_step(select, &err), 0); /* and from the start again */
	}
	assert_int_equal(store_step(select, &err), 1);
	store_reset(select);
	assert_int_equal(store_step(select, &err), 1);
	assert_string_equal(store_text(select, 0, &length), "lebronjames");
	store_query_free(select);
	store_query_free(NULL);
	store_close(store);
}

static void errors_name_file_cause_and_sql(void **state)
{
	(void)state;
	struct store *store = opened(STORE_WRITE, &first);
	struct err err = {0};
	struct store_query *query = NULL;
	assert_int_equal(store_prepare(store, "SELECT x FROM nowhere", &query, &err), -EINVAL);
	assert_null(query);
	char want[256];
	snprintf(want, sizeof(want), "%s: no such table: nowhere (in: SELECT x FROM nowhere)", path);
	assert_string_equal(err.text, want);
	query = prepared(store, "INSERT INTO player (lookup) VALUES ('a')");
	assert_int_equal(store_run(query, &err), 0);
	assert_int_equal(store_run(query, &err), -EEXIST);
	assert_non_null(strstr(err.text, "UNIQUE constraint failed: player.lookup"));
	store_query_free(query);
	int64_t number = 42;
	assert_int_equal(store_get_int(store, "SELECT 1 WHERE 0", &number, &err), -ENOENT);
	assert_int_equal(number, 42);
	store_close(store);
}

static void a_rollback_undoes_and_a_commit_keeps(void **state)
{
	(void)state;
	struct store *store = opened(STORE_WRITE, &first);
	struct err err = {0};
	assert_int_equal(store_begin(store, &err), 0);
	exec(store, "INSERT INTO player VALUES ('a', 1)");
	store_rollback(store);
	store_rollback(store);
	assert_int_equal(get(store, "SELECT count(*) FROM player"), 0);
	assert_int_equal(store_begin(store, &err), 0);
	exec(store, "INSERT INTO player VALUES ('a', 1)");
	assert_int_equal(store_commit(store, &err), 0);
	assert_int_equal(store_begin(store, &err), 0);
	exec(store, "INSERT INTO player VALUES ('b', 1)");
	store_close(store); /* in the middle of a transaction */
	store = opened(STORE_READ, &first);
	assert_int_equal(get(store, "SELECT count(*) FROM player"), 1);
	store_close(store);
}

static void a_reader_sees_the_state_before_an_open_transaction(void **state)
{
	(void)state;
	struct store *writer = opened(STORE_WRITE, &first), *reader = opened(STORE_READ, &first);
	struct err err = {0};
	assert_int_equal(store_begin(writer, &err), 0);
	exec(writer, "INSERT INTO player VALUES ('a', 1)");
	assert_int_equal(get(reader, "SELECT count(*) FROM player"), 0);
	assert_int_equal(store_commit(writer, &err), 0);
	assert_int_equal(get(reader, "SELECT count(*) FROM player"), 1);
	store_close(reader);
	store_close(writer);
}

static void a_second_writer_is_told_that_the_file_is_busy(void **state)
{
	(void)state;
	struct store *one = opened(STORE_WRITE, &first), *two = opened(STORE_WRITE, &first);
	struct err err = {0};
	assert_int_equal(store_begin(one, &err), 0);
	exec(two, "PRAGMA busy_timeout = 0");
	assert_int_equal(store_begin(two, &err), -EBUSY);
	assert_non_null(strstr(err.text, "database is locked"));
	store_rollback(one);
	assert_int_equal(store_begin(two, &err), 0);
	store_rollback(two);
	store_close(one);
	store_close(two);
}

static void memory_databases_work(void **state)
{
	(void)state;
	struct store *store = NULL;
	struct err err = {0};
	assert_int_equal(store_open(":memory:", STORE_WRITE, &second, &store, &err), 0);
	assert_int_equal(get(store, "PRAGMA user_version"), 2);
	store_close(store);
	store_close(NULL);
}

static bool is_there(const char *name)
{
	return access(name, F_OK) == 0;
}

static void an_older_file_is_copied_before_its_steps(void **state)
{
	static const struct store_schema keeps = {
		.name = "test", .id = 0x74657374, .steps = steps, .count = 2, .wal = true, .keeps_older = true};
	char older[160];
	struct err err;
	(void)state;
	struct store *store = opened(STORE_WRITE, &first);
	exec(store, "INSERT INTO player VALUES ('a', 1)");
	store_close(store);
	snprintf(older, sizeof(older), "%s.v1.part", path);
	FILE *f = fopen(older, "w"); /* killed in the middle of it */
	assert_non_null(f);
	fclose(f);
	store_close(opened(STORE_WRITE, &keeps));
	assert_false(is_there(older));
	snprintf(older, sizeof(older), "%s.v1", path);
	assert_true(is_there(older));
	store_close(opened(STORE_READ, &second));
	/* It is of the older version, with all that it had. */
	assert_int_equal(store_open(older, STORE_READ, &first, &store, &err), 0);
	assert_int_equal(get(store, "SELECT count(*) FROM player"), 1);
	store_close(store);
	unlink(older);
	store_close(opened(STORE_WRITE, &keeps)); /* nothing is new to it any more */
	assert_false(is_there(older));
}

static void a_backup_is_whole_and_writes_over_nothing(void **state)
{
	char copy[160];
	struct err err;
	(void)state;
	struct store *store = opened(STORE_WRITE, &first), *read;
	exec(store, "INSERT INTO player VALUES ('a', 1)");
	snprintf(copy, sizeof(copy), "%s/copy.db", folder);
	assert_int_equal(store_backup(store, copy, &err), 0);
	assert_int_equal(store_open(copy, STORE_READ, &first, &read, &err), 0);
	assert_int_equal(get(read, "SELECT count(*) FROM player"), 1);
	store_close(read);
	assert_int_equal(store_backup(store, copy, &err), -EEXIST);
	assert_non_null(strstr(err.text, copy));
	assert_true(is_there(copy));
	unlink(copy);
	store_close(store);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_copy_that_found_no_room_or_no_time_is_none(void **state)
{
	char copy[160], part[170];
	struct err err;
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	struct store *store = opened(STORE_WRITE, &first), *read;
	snprintf(copy, sizeof(copy), "%s/copy.db", folder);
	snprintf(part, sizeof(part), "%s.part", copy);
	for (int i = 0; i < 500; i++)
		exec(store, "INSERT INTO player VALUES (hex(randomblob(100)), 1)");
	limit_files(40000); /* less than the rows take */
	assert_int_equal(store_backup(store, copy, &err), -EIO);
	limit_files(RLIM_INFINITY);
	assert_non_null(strstr(err.text, copy));
	assert_false(is_there(copy));
	assert_false(is_there(part));
	FILE *f = fopen(part, "w"); /* what one leaves that is killed */
	assert_non_null(f);
	fputs("half of it", f);
	fclose(f);
	assert_int_equal(store_backup(store, copy, &err), 0);
	assert_false(is_there(part));
	assert_int_equal(store_open(copy, STORE_READ, &first, &read, &err), 0);
	assert_int_equal(get(read, "SELECT count(*) FROM player"), 500);
	store_close(read);
	unlink(copy);
	store_close(store);
}

static void what_it_is_stands_in_the_file_itself_from_the_start(void **state)
{
	unsigned char header[100];
	(void)state;
	struct store *store = opened(STORE_WRITE, &first);
	FILE *f = fopen(path, "r"); /* and not only in the log beside it */
	assert_non_null(f);
	assert_int_equal(fread(header, sizeof(header), 1, f), 1);
	assert_memory_equal(header + 60, "\0\0\0\1", 4);
	assert_memory_equal(header + 68, "test", 4);
	fclose(f);
	store_close(store);
}

#define row(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row(a_new_file_gets_every_step_and_wal),
		row(without_wal_there_is_one_file_only),
		row(an_old_file_gets_the_missing_step_and_keeps_its_rows),
		row(a_step_that_fails_leaves_the_version_before_it),
		row(reading_wants_a_file_of_this_version),
		row(a_copy_has_what_the_file_has_and_leaves_it_alone),
		row(another_kind_of_file_is_refused),
		row(what_is_no_regular_file_is_refused_and_never_waited_for),
		row(a_file_that_bears_the_version_and_is_another_is_refused),
		row(a_column_tells_what_it_holds),
		row(rows_come_back_as_they_were_bound),
		row(errors_name_file_cause_and_sql),
		row(a_rollback_undoes_and_a_commit_keeps),
		row(a_reader_sees_the_state_before_an_open_transaction),
		row(a_second_writer_is_told_that_the_file_is_busy),
		row(memory_databases_work),
		row(an_older_file_is_copied_before_its_steps),
		row(a_backup_is_whole_and_writes_over_nothing),
		row(a_copy_that_found_no_room_or_no_time_is_none),
		row(what_it_is_stands_in_the_file_itself_from_the_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
