-- Tables for what `propsctl export` writes, one a table, with every column of it:
--   propsctl export executions --phase-numbers --since 24h >executions.ndjson
--   bq load --source_format=NEWLINE_DELIMITED_JSON propsd.executions executions.ndjson
-- An execution that is open is exported as it stands: load again from a time before, and keep of each execution_id and phase the row
-- with the latest end_time. Everything else is written once.

CREATE SCHEMA IF NOT EXISTS propsd;

-- What was worked on together, a row for each phase that ran in it.
CREATE TABLE IF NOT EXISTS propsd.executions (
  execution_id STRING NOT NULL,
  phase STRING NOT NULL,
  execution_date DATE NOT NULL,
  start_time TIMESTAMP NOT NULL,
  end_time TIMESTAMP NOT NULL,
  total_duration_seconds FLOAT64 NOT NULL,
  total_items INT64 NOT NULL,
  successful_items INT64 NOT NULL,
  failed_items INT64 NOT NULL,
  retry_count INT64 NOT NULL,
  processing_pattern STRING NOT NULL,
  max_workers INT64 NOT NULL,
  avg_concurrent_instances FLOAT64 NOT NULL,
  avg_item_duration_seconds FLOAT64,
  p50_item_duration_seconds FLOAT64,
  p95_item_duration_seconds FLOAT64,
  p99_item_duration_seconds FLOAT64,
  peak_memory_mb FLOAT64,
  total_cpu_seconds FLOAT64,
  estimated_cost_usd FLOAT64 NOT NULL,
  created_at TIMESTAMP NOT NULL
)
PARTITION BY execution_date
CLUSTER BY phase, processing_pattern;

-- Each try that failed.
CREATE TABLE IF NOT EXISTS propsd.failures (
  execution_id STRING NOT NULL,
  execution_date DATE NOT NULL,
  phase STRING NOT NULL,
  item_id STRING NOT NULL,
  attempt INT64 NOT NULL,
  duration_seconds FLOAT64,
  error_message STRING NOT NULL,
  created_at TIMESTAMP NOT NULL
)
PARTITION BY execution_date
CLUSTER BY item_id, phase;

-- Each run: what it was for, what it read, what came of it.
CREATE TABLE IF NOT EXISTS propsd.runs (
  run STRING NOT NULL,
  execution_id STRING,
  phase STRING NOT NULL,
  game_date DATE NOT NULL,
  player_lookup STRING NOT NULL,
  game_id STRING,
  result STRING NOT NULL,
  report_version INT64 NOT NULL,
  attempt INT64,
  level STRING,
  processor STRING,
  duration_seconds FLOAT64,
  cause_count INT64,
  causes STRING,
  output_version INT64,
  league_number INT64,
  fingerprints STRING,
  report_sha256 STRING,
  created_at TIMESTAMP NOT NULL
)
PARTITION BY game_date
CLUSTER BY player_lookup, result;
