/*
 * The thread that answers: a question at a time, by a connection that only reads, opened for each. A question waits
 * until what was told before it is written, as far as it can be.
 */
#include "history/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

enum { CELLS_MAX = 40000 };

/* What is asked, by its parameters: ?1 the phase, ?2 from which date, ?3 at least, ?4 at most, ?5 the player or
 * user, ?6 the version or id, ?7 since when. A statement names those that it uses. */
static const char *const questions[HISTORY_ASKS] = {
	[HISTORY_ASKS_EXECUTIONS] =
		"SELECT execution_id, phase, execution_date, start_time, end_time, total_duration_seconds, total_items,"
		" successful_items, failed_items, retry_count, processing_pattern, max_workers, avg_concurrent_instances,"
		" avg_item_duration_seconds, p50_item_duration_seconds, p95_item_duration_seconds,"
		" p99_item_duration_seconds, peak_memory_mb, total_cpu_seconds, estimated_cost_usd, created_at"
		" FROM executions ORDER BY start_time DESC, id DESC LIMIT ?4",
	[HISTORY_ASKS_PLAYER] =
		"SELECT run, execution_id, phase, game_date, player_lookup, game_id, result, report_version,"
		" attempt, level, processor, duration_seconds, cause_count, causes, output_version, league_number,"
		" fingerprints, report_sha256, created_at FROM runs WHERE player_lookup = ?5 AND"
		" (?6 = 0 OR report_version = ?6)"
		" ORDER BY created_at DESC, id DESC LIMIT ?4",
	[HISTORY_ASKS_FAILURES] =
		"WITH latest AS (SELECT *, row_number() OVER (PARTITION BY item_id ORDER BY created_at DESC, id DESC) AS n"
		" FROM failures WHERE execution_date >= ?2 AND (?1 IS NULL OR phase = ?1))"
		" SELECT item_id, count(*) AS failures, avg(duration_seconds) AS mean_duration_seconds,"
		" max(created_at) AS last_failure, max(CASE n WHEN 1 THEN error_message END) AS error_1,"
		" max(CASE n WHEN 2 THEN error_message END) AS error_2,"
		" max(CASE n WHEN 3 THEN error_message END) AS error_3"
		" FROM latest GROUP BY item_id HAVING count(*) >= ?3 ORDER BY failures DESC, item_id LIMIT ?4",
	[HISTORY_ASKS_COMPARE] =
		"SELECT processing_pattern, count(*) AS runs, avg(total_duration_seconds) / 60 AS mean_minutes,"
		" sum(total_items) * 60.0 / nullif(sum(total_duration_seconds), 0) AS items_per_minute,"
		" avg(estimated_cost_usd) AS mean_cost_usd, sum(estimated_cost_usd) AS total_cost_usd,"
		" sum(total_items) AS items, sum(failed_items) AS failed FROM executions"
		" WHERE execution_date >= ?2 AND (?1 IS NULL OR phase = ?1)"
		" GROUP BY processing_pattern ORDER BY mean_minutes, processing_pattern",
	[HISTORY_ASKS_AUDIT] = "SELECT user, uid, gid, pid, command, arguments, result, created_at FROM audit"
			       " WHERE created_at >= ?7 AND (?5 = '' OR user = ?5 OR CAST(uid AS TEXT) = ?5)"
			       " ORDER BY created_at DESC, id DESC LIMIT ?4",
};

static const char *const failure_columns[] = {
	"item_id", "failures", "mean_duration_seconds", "last_failure", "error_1", "error_2", "error_3", NULL};
static const char *const compare_columns[] = {"processing_pattern", "runs", "mean_minutes", "items_per_minute",
	"mean_cost_usd", "total_cost_usd", "items", "failed", NULL};

static const char *const *columns_of(const struct history_question *q)
{
	switch (q->what) {
	case HISTORY_ASKS_PLAYER:
		return history_columns(HISTORY_RUNS);
	case HISTORY_ASKS_FAILURES:
		return failure_columns;
	case HISTORY_ASKS_COMPARE:
		return compare_columns;
	case HISTORY_ASKS_AUDIT:
		return history_columns(HISTORY_AUDIT);
	case HISTORY_ASKS_EXPORT:
		return history_columns(q->table);
	default:
		return history_columns(HISTORY_EXECUTIONS);
	}
}

/* Behind its columns stands the id. */
static void export_sql(const struct history_question *q, struct str *sql)
{
	const char *const *names = history_columns(q->table);
	for (size_t i = 0; names[i]; i++)
		str_printf(sql, "%s %s", i ? "," : "SELECT", names[i]);
	str_printf(
		sql, ", id FROM %s WHERE id > ?6 AND created_at >= ?7 ORDER BY id LIMIT ?4", history_tables[q->table]);
}

struct texts {
	char from[DATE_SIZE], since[HISTORY_TIME_SIZE];
};

static void bind(struct store_query *query, const char *sql, const struct history_question *q, struct texts *texts)
{
	const char *whom = q->what == HISTORY_ASKS_AUDIT ? q->user : q->player;
	date_format(q->from, texts->from);
	history_time(q->since_ms, texts->since);
	if (strstr(sql, "?1"))
		store_bind_text(query, 1, q->phase, q->phase ? strlen(q->phase) : 0);
	if (strstr(sql, "?2"))
		store_bind_text(query, 2, texts->from, strlen(texts->from));
	if (strstr(sql, "?3"))
		store_bind_int(query, 3, q->min);
	if (strstr(sql, "?4"))
		store_bind_int(query, 4, q->limit);
	if (strstr(sql, "?5"))
		store_bind_text(query, 5, whom, strlen(whom));
	if (strstr(sql, "?6"))
		store_bind_int(query, 6, q->what == HISTORY_ASKS_EXPORT ? q->after : q->version);
	if (strstr(sql, "?7"))
		store_bind_text(query, 7, texts->since, strlen(texts->since));
}

static int take_cell(struct arena *arena, const struct store_query *query, int column, struct history_cell *ret)
{
	const struct store_value value = store_value(query, column);
	ret->type = value.type;
	if (value.type == STORE_INT)
		ret->integer = value.integer;
	else if (value.type == STORE_REAL)
		ret->real = value.real;
	else if (value.type == STORE_TEXT && utf8_valid(value.text, strlen(value.text)))
		ret->text = arena_text(arena, value.text, strlen(value.text));
	else
		ret->type = STORE_NULL;
	return ret->type == STORE_TEXT && !ret->text ? -ENOMEM : 0;
}

static int take_rows(struct store_query *query, struct history_ask *ask, struct err *err)
{
	struct history_answer *a = &ask->answer;
	const size_t most = CELLS_MAX / a->columns;
	struct history_cell *cells = arena_alloc(ask->arena, most * a->columns * sizeof(*cells));
	int rc = cells ? 0 : err_set(err, -ENOMEM, "no memory for the answer");
	while (rc == 0 && a->rows < most && (rc = store_step(query, err)) > 0) {
		rc = 0;
		for (size_t i = 0; rc == 0 && i < a->columns; i++)
			rc = take_cell(ask->arena, query, (int)i, &cells[a->rows * a->columns + i]);
		if (rc < 0)
			return err_set(err, rc, "no memory for the answer");
		if (ask->question.what == HISTORY_ASKS_EXPORT)
			a->last_id = store_int(query, (int)a->columns);
		a->rows++;
	}
	a->cells = cells;
	if (rc == 0 && (int64_t)a->rows < ask->question.limit)
		a->last_id = 0;
	return rc;
}

static int ask_store(struct store *store, struct history_ask *ask, struct err *err)
{
	const struct history_question *q = &ask->question;
	struct store_query *query = NULL;
	struct str exported = {0};
	struct texts texts;
	if (q->what == HISTORY_ASKS_BACKUP)
		return store_backup(store, q->path, err);
	if (q->what == HISTORY_ASKS_EXPORT)
		export_sql(q, &exported);
	const char *sql = q->what == HISTORY_ASKS_EXPORT ? exported.data : questions[q->what];
	int rc = exported.failed ? err_set(err, -ENOMEM, "no memory for the question")
				 : store_prepare(store, sql, &query, err);
	if (rc == 0) {
		bind(query, sql, q, &texts);
		ask->answer.names = columns_of(q);
		while (ask->answer.names[ask->answer.columns])
			ask->answer.columns++;
		rc = take_rows(query, ask, err);
	}
	store_query_free(query);
	str_done(&exported);
	return rc;
}

int history_read(const char *file, struct history_ask *ask)
{
	struct store *store;
	int rc = store_open(file, STORE_READ, &history_schema, &store, &ask->err);
	if (rc < 0)
		return rc;
	rc = ask_store(store, ask, &ask->err);
	store_close(store);
	return rc;
}

/* The next question that can be answered, off the list; NULL: it is the end. */
static struct history_ask *next_ask(struct history *h)
{
	struct history_ask *ask;
	pthread_mutex_lock(&h->lock);
	while (!(ask = h->first) && !h->stop)
		pthread_cond_wait(&h->asked, &h->lock);
	if (ask) {
		h->first = ask->next;
		if (!h->first)
			h->end = &h->first;
		h->waiting++;
		pthread_cond_signal(&h->work);
		while ((!h->tried || h->settled < ask->after) && !h->trouble[0] && !h->writer_ended)
			pthread_cond_wait(&h->asked, &h->lock);
		h->waiting--;
	}
	pthread_mutex_unlock(&h->lock);
	return ask;
}

/* Whether the file is ours to read; else the answer says why not. With `opening` held. */
static bool is_own(struct history *h, struct history_ask *ask)
{
	if (h->id.inode && !history_is_file(h->file, &h->id)) { /* and the log beside it may be the old one's */
		ask->answer.result = err_set(&ask->err, -EAGAIN,
			"%s was taken away or replaced, and is not opened anew yet; ask again", h->file);
		return false;
	}
	pthread_mutex_lock(&h->lock);
	const bool foreign = h->foreign;
	if (foreign)
		ask->answer.result = err_set(&ask->err, -EBUSY, "%s", h->trouble);
	pthread_mutex_unlock(&h->lock);
	return !foreign;
}

void *history_read_on(void *arg)
{
	struct history *h = arg;
	struct history_ask *ask;
	pthread_setname_np(pthread_self(), "history-reads");
	while ((ask = next_ask(h))) {
		pthread_mutex_lock(&h->opening);
		if (is_own(h, ask))
			ask->answer.result = history_read(h->file, ask);
		const struct file_id id = h->id;
		pthread_mutex_unlock(&h->opening);
		if (ask->answer.result == -EBADMSG) {
			pthread_mutex_lock(&h->lock);
			h->suspect = id;
			pthread_mutex_unlock(&h->lock);
		}
		completion_push(h->answers, &ask->done_item);
	}
	pthread_mutex_lock(&h->lock);
	h->reader_ended = true;
	pthread_mutex_unlock(&h->lock);
	return NULL;
}
