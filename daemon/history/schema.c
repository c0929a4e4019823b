#include "history/schema.h"

#include <stddef.h>

/* Times are UTC, YYYY-MM-DDTHH:MM:SS.mmmZ, so that they compare as texts; dates are YYYY-MM-DD. Released: it never
 * changes. */
static const char first[] =
	"CREATE TABLE executions ("
	" id INTEGER PRIMARY KEY,"
	" execution_id TEXT NOT NULL,"
	" phase TEXT NOT NULL,"
	" execution_date TEXT NOT NULL,"
	" start_time TEXT NOT NULL,"
	" end_time TEXT NOT NULL,"
	" total_duration_seconds REAL NOT NULL,"
	" total_items INTEGER NOT NULL,"
	" successful_items INTEGER NOT NULL,"
	" failed_items INTEGER NOT NULL,"
	" retry_count INTEGER NOT NULL,"
	" processing_pattern TEXT NOT NULL,"
	" max_workers INTEGER NOT NULL,"
	" avg_concurrent_instances REAL NOT NULL,"
	" avg_item_duration_seconds REAL,"
	" p50_item_duration_seconds REAL,"
	" p95_item_duration_seconds REAL,"
	" p99_item_duration_seconds REAL,"
	" peak_memory_mb REAL,"
	" total_cpu_seconds REAL,"
	" estimated_cost_usd REAL NOT NULL,"
	" created_at TEXT NOT NULL,"
	" UNIQUE (execution_id, phase));"
	"CREATE INDEX executions_created ON executions (created_at);"
	"CREATE INDEX executions_date ON executions (execution_date);"
	"CREATE TABLE failures ("
	" id INTEGER PRIMARY KEY,"
	" execution_id TEXT NOT NULL,"
	" execution_date TEXT NOT NULL,"
	" phase TEXT NOT NULL,"
	" item_id TEXT NOT NULL,"
	" attempt INTEGER NOT NULL,"
	" duration_seconds REAL,"
	" error_message TEXT NOT NULL,"
	" created_at TEXT NOT NULL);"
	"CREATE INDEX failures_created ON failures (created_at);"
	"CREATE INDEX failures_date ON failures (execution_date);"
	"CREATE TABLE runs ("
	" id INTEGER PRIMARY KEY,"
	" run TEXT NOT NULL UNIQUE," /* INSTANCE/BOOT/SERIAL, the run's token */
	" execution_id TEXT,"
	" phase TEXT NOT NULL,"
	" game_date TEXT NOT NULL,"
	" player_lookup TEXT NOT NULL,"
	" game_id TEXT,"
	" result TEXT NOT NULL," /* committed, refused, failed */
	" report_version INTEGER NOT NULL,"
	" attempt INTEGER,"
	" level TEXT,"
	" processor TEXT,"
	" duration_seconds REAL,"
	" cause_count INTEGER,"
	" causes TEXT,"
	" output_version INTEGER,"
	" league_number INTEGER,"
	" fingerprints TEXT,"
	" report_sha256 TEXT,"
	" created_at TEXT NOT NULL);"
	"CREATE INDEX runs_created ON runs (created_at);"
	"CREATE INDEX runs_player ON runs (player_lookup, id);"
	"CREATE TABLE audit ("
	" id INTEGER PRIMARY KEY,"
	" user TEXT NOT NULL," /* its name where the system knows one, else the number */
	" uid INTEGER NOT NULL,"
	" gid INTEGER NOT NULL,"
	" pid INTEGER NOT NULL,"
	" command TEXT NOT NULL,"
	" arguments TEXT NOT NULL,"
	" result TEXT NOT NULL,"
	" created_at TEXT NOT NULL);"
	"CREATE INDEX audit_created ON audit (created_at);"
	"CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"; /* see writer.c */

static const char *const steps[] = {first};

const struct store_schema history_schema = {
	.name = "history",
	.id = 0x50726848, /* "PrhH" */
	.steps = steps,
	.count = sizeof(steps) / sizeof(steps[0]),
	.wal = true,
	.keeps_older = true,
};

const char *const history_tables[] = {
	[HISTORY_EXECUTIONS] = "executions",
	[HISTORY_FAILURES] = "failures",
	[HISTORY_RUNS] = "runs",
	[HISTORY_AUDIT] = "audit",
	[HISTORY_TABLES] = NULL,
};

static const char *const columns[HISTORY_TABLES][HISTORY_COLUMNS_MAX] = {
	[HISTORY_EXECUTIONS] = {"execution_id", "phase", "execution_date", "start_time", "end_time",
		"total_duration_seconds", "total_items", "successful_items", "failed_items", "retry_count",
		"processing_pattern", "max_workers", "avg_concurrent_instances", "avg_item_duration_seconds",
		"p50_item_duration_seconds", "p95_item_duration_seconds", "p99_item_duration_seconds", "peak_memory_mb",
		"total_cpu_seconds", "estimated_cost_usd", "created_at"},
	[HISTORY_FAILURES] = {"execution_id", "execution_date", "phase", "item_id", "attempt", "duration_seconds",
		"error_message", "created_at"},
	[HISTORY_RUNS] = {"run", "execution_id", "phase", "game_date", "player_lookup", "game_id", "result",
		"report_version", "attempt", "level", "processor", "duration_seconds", "cause_count", "causes",
		"output_version", "league_number", "fingerprints", "report_sha256", "created_at"},
	[HISTORY_AUDIT] = {"user", "uid", "gid", "pid", "command", "arguments", "result", "created_at"},
};

const char *const *history_columns(enum history_table table)
{
	return columns[table];
}
