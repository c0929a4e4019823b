/* What /proc says that a process takes, against children of the test that take it. */
#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/usage.h"

enum { MB = 1 << 20, BURNT_US = 100000, CLOCKS_US = 40000 /* four of 10 ms are read, each rounded down */ };

static void burn(void)
{
	const clock_t end = clock() + BURNT_US * (CLOCKS_PER_SEC / 1000000);
	while (clock() < end)
		;
}

/* So much is resident for a moment. */
static void hold(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		_exit(1);
	memset(p, 1, size);
	munmap(p, size);
}

static void burn_below(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		burn();
		_exit(0);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static pid_t living; /* below the child, in its memory */

static void burn_below_and_leave_it(void)
{
	int pipes[2];
	char byte = 0;
	if (pipe(pipes) < 0)
		_exit(1);
	living = fork();
	if (living == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		burn();
		if (write(pipes[1], &byte, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(pipes[0], &byte, 1) != 1)
		_exit(1);
}

static void hold_48(void)
{
	hold(48 * MB);
}

static void nothing(void)
{
}

/* A child that does what it is told, each time it is asked. */
struct worker {
	pid_t pid;
	int to, from;
};

static struct worker start(void (*const *does)(void))
{
	int to[2], from[2];
	char byte;
	assert_int_equal(pipe(to), 0);
	assert_int_equal(pipe(from), 0);
	struct worker w = {.pid = fork(), .to = to[1], .from = from[0]};
	if (w.pid == 0) {
		close(to[1]);
		while (read(to[0], &byte, 1) == 1) {
			(*does++)();
			if (write(from[1], &byte, 1) != 1)
				break;
		}
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	return w;
}

static void let_do(const struct worker *w)
{
	char byte = 0;
	assert_int_equal(write(w->to, &byte, 1), 1);
	assert_int_equal(read(w->from, &byte, 1), 1);
}

static void end(struct worker *w)
{
	close(w->to);
	close(w->from);
	while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void time_is_of_the_process_and_all_below_it(void **state)
{
	static void (*const does[])(void) = {nothing, burn, burn_below, burn_below_and_leave_it};
	(void)state;
	struct worker w = start(does);
	let_do(&w);
	for (size_t i = 1; i < sizeof(does) / sizeof(*does); i++) {
		const int64_t before = usage_cpu_us(w.pid);
		assert_true(before >= 0);
		let_do(&w);
		assert_true(usage_cpu_us(w.pid) - before >= BURNT_US - CLOCKS_US);
	}
	end(&w);
	assert_int_equal(usage_cpu_us(w.pid), -1);
}

static void the_peak_is_of_what_came_since_it_was_forgotten(void **state)
{
	static void (*const does[])(void) = {nothing, hold_48, nothing};
	(void)state;
	struct worker w = start(does);
	let_do(&w);
	if (!usage_forget_peak(w.pid)) { /* a kernel without it */
		end(&w);
		skip();
	}
	const int64_t idle = usage_peak(w.pid);
	assert_true(idle > 0);
	let_do(&w);
	assert_true(usage_peak(w.pid) >= idle + 40 * MB);
	assert_true(usage_forget_peak(w.pid));
	let_do(&w);
	assert_true(usage_peak(w.pid) < idle + 40 * MB);
	end(&w);
	assert_int_equal(usage_peak(w.pid), -1);
	assert_false(usage_forget_peak(w.pid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_is_of_the_process_and_all_below_it),
		cmocka_unit_test(the_peak_is_of_what_came_since_it_was_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
