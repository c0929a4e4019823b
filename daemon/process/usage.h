/*
 * What a process takes, by /proc. -1, or false: it is gone, or the system does not tell.
 */
#ifndef PROCESS_USAGE_H
#define PROCESS_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Processor time of it, of what it started, directly or not, and of what of that has ended; in the kernel's ticks of
 * 10 ms. A process whose parent ended before it is none of these any more. */
int64_t usage_cpu_us(pid_t pid);

/* The same of it alone, and of what of its own children has ended and was waited for. */
int64_t usage_own_cpu_us(pid_t pid);

/* The most that it, or one of those that it started and that live still, had resident, in bytes, since
 * usage_forget_peak(). */
int64_t usage_peak(pid_t pid);
bool usage_forget_peak(pid_t pid);

#endif
