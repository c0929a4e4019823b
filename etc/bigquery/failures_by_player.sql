-- Players who failed three times or more within seven days, with their three latest errors: `propsctl failures`. The day is the
-- league's, as propsd has it.
WITH latest AS (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY item_id ORDER BY created_at DESC, attempt DESC) AS n
  FROM propsd.failures
  WHERE execution_date >= DATE_SUB(CURRENT_DATE('America/New_York'), INTERVAL 7 DAY)
)
SELECT
  item_id,
  COUNT(*) AS failures,
  AVG(duration_seconds) AS mean_duration_seconds,
  MAX(created_at) AS last_failure,
  MAX(CASE WHEN n = 1 THEN error_message END) AS error_1,
  MAX(CASE WHEN n = 2 THEN error_message END) AS error_2,
  MAX(CASE WHEN n = 3 THEN error_message END) AS error_3
FROM latest
GROUP BY item_id
HAVING COUNT(*) >= 3
ORDER BY failures DESC, item_id
LIMIT 20
