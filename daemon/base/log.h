/*
 * The log: one line an event on stderr, with journald's "<N>" priority when stderr is the journal, else with
 * a time. Component first, facts as key=value: log_warn("redis", "connection lost, will retry delay_ms=%d",
 * ...). Any thread. One of the two globals of the house; the level may change at any time.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_NOTICE = 5, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

void log_set_level(enum log_level level);
enum log_level log_level(void);
bool log_level_parse(const char *text, enum log_level *ret_level); /* err warn notice info debug */
const char *log_level_name(enum log_level level);

#define log_err(component, ...) log_write(LOG_LEVEL_ERR, component, __VA_ARGS__)
#define log_warn(component, ...) log_write(LOG_LEVEL_WARN, component, __VA_ARGS__)
#define log_notice(component, ...) log_write(LOG_LEVEL_NOTICE, component, __VA_ARGS__)
#define log_info(component, ...) log_write(LOG_LEVEL_INFO, component, __VA_ARGS__)
#define log_debug(component, ...) log_write(LOG_LEVEL_DEBUG, component, __VA_ARGS__)

/* Control characters in the text are written as \xNN, so that input can never forge a line; texts are cut at
 * 1 KiB. Keeps errno. */
void log_write(enum log_level level, const char *component, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * A flood becomes one line an interval: the first is written at once, the rest counted; the next one after
 * the interval (10 s) says how many were left out. One struct a call site or a cause, zero-initialised; owner
 * thread only.
 */
struct log_flood {
	int64_t next_us;
	unsigned suppressed;
};
void log_flooding(struct log_flood *flood, enum log_level level, const char *component, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
