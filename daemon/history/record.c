#include "history/record.h"

#include <time.h>

#include "base/str.h"

const char *history_time(int64_t ms, char buffer[HISTORY_TIME_SIZE])
{
	const time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	gmtime_r(&seconds, &tm);
	text_format(buffer, HISTORY_TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(ms % 1000));
	return buffer;
}
