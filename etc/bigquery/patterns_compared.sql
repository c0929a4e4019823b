-- Ways of processing compared over thirty days: `propsctl compare`.
SELECT
  processing_pattern,
  COUNT(*) AS runs,
  AVG(total_duration_seconds) / 60 AS mean_minutes,
  SAFE_DIVIDE(SUM(total_items) * 60.0, SUM(total_duration_seconds)) AS items_per_minute,
  AVG(estimated_cost_usd) AS mean_cost_usd,
  SUM(estimated_cost_usd) AS total_cost_usd
FROM propsd.executions
WHERE execution_date >= DATE_SUB(CURRENT_DATE('America/New_York'), INTERVAL 30 DAY)
GROUP BY processing_pattern
ORDER BY mean_minutes, processing_pattern
