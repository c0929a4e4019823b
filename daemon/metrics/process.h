/* What /proc says of this process, for metrics.c. 0 where it says nothing. */
#ifndef METRICS_PROCESS_H
#define METRICS_PROCESS_H

double process_memory_bytes(void *context, unsigned label);
double process_cpu_seconds(void *context, unsigned label);
double process_open_fds(void *context, unsigned label);
double process_max_fds(void *context, unsigned label);
double process_start_time(void *context, unsigned label); /* Unix seconds */

#endif
