/*
 * One measurement in a fresh process: measure PEER WORKLOAD WORKERS COUNT US PER_US [--...]. Prints "FIGURE
 * VALUE" lines; run.py interleaves the peers and makes the table.
 *
 * Work is a fixed number of turns of a dependent multiplication (PER_US of them take a microsecond, by
 * `measure calibrate`), not a look at the clock: time during which a thread was off its processor must not
 * count as work done.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "peer.h"

static const struct peer *const peers[] = {
	&peer_propsd, &peer_heap, &peer_glib, &peer_libuv, &peer_onetbb, &peer_qt, &peer_rayon, &peer_futex};

static int64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* What all threads of the process have had of the processors. */
static double cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void sleep_until(int64_t ns)
{
	struct timespec t = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static void work(uint32_t iterations)
{
	uint64_t x = iterations | 1;
	for (uint32_t i = 0; i < iterations; i++) {
		x *= UINT64_C(6364136223846793005);
		__asm__ volatile("" : "+r"(x));
	}
}

/* ---- Who has done how many: a line per thread, so that counting costs the same few ns in every pool ---- */

static struct {
	alignas(128) _Atomic uint64_t count;
} done[512];
static _Atomic unsigned done_used;
static _Thread_local _Atomic uint64_t *own_done;

static void count_done(void)
{
	if (!own_done)
		own_done = &done[atomic_fetch_add(&done_used, 1)].count;
	atomic_store_explicit(own_done, atomic_load_explicit(own_done, memory_order_relaxed) + 1, memory_order_release);
}

static uint64_t all_done(void)
{
	uint64_t sum = 0;
	unsigned used = atomic_load(&done_used);
	for (unsigned i = 0; i < used; i++)
		sum += atomic_load_explicit(&done[i].count, memory_order_acquire);
	return sum;
}

static _Atomic uint64_t low_started; /* W4 only */
static uint64_t low_at_start[100000];
static struct job *first_urgent;
static uint64_t warmed_up; /* jobs that warm_up() has run */
static const struct peer *peer;
static char *jobs;
static size_t job_stride;

static struct job *job_at(unsigned index)
{
	return (struct job *)(jobs + (size_t)index * job_stride);
}

/* ---- The end of a job, told to whoever sleeps for just that one ---- */

enum { JOB_OPEN, JOB_AWAITED, JOB_ENDED };

static void end_job(struct job *job)
{
	count_done();
	if (__atomic_exchange_n(&job->end, JOB_ENDED, __ATOMIC_ACQ_REL) == JOB_AWAITED)
		syscall(SYS_futex, &job->end, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void await_job(struct job *job)
{
	uint32_t open = JOB_OPEN;
	__atomic_compare_exchange_n(&job->end, &open, JOB_AWAITED, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	while (__atomic_load_n(&job->end, __ATOMIC_ACQUIRE) != JOB_ENDED)
		syscall(SYS_futex, &job->end, FUTEX_WAIT_PRIVATE, JOB_AWAITED, NULL, NULL, 0);
}

/* Until `count` are done, which are the last but for warm_up()'s. Without looking again and again, and without a
 * counter that all share: it sleeps for one job after the other, the last first. As all pools take the oldest
 * first that is one sleep for nearly all, and a few for those that are still in hand then. */
static void await_all(unsigned count)
{
	uint64_t all = warmed_up + count;
	for (unsigned i = count; i-- && all_done() < all;)
		await_job(job_at(i));
	if (peer->turn)
		peer->turn();
}

static void run_plain(struct job *job)
{
	work(job->iterations);
	end_job(job);
}

static void run_stamped(struct job *job)
{
	job->started_ns = now_ns();
	work(job->iterations);
	end_job(job);
}

static void run_low(struct job *job)
{
	atomic_fetch_add_explicit(&low_started, 1, memory_order_seq_cst);
	work(job->iterations);
	end_job(job);
}

static void run_urgent(struct job *job)
{
	job->started_ns = now_ns();
	low_at_start[((char *)job - (char *)first_urgent) / (ptrdiff_t)job_stride] = atomic_load(&low_started);
	work(job->iterations);
	end_job(job);
}

static void make_jobs(unsigned count, void (*run)(struct job *), double us, double per_us)
{
	job_stride = (sizeof(struct job) + peer->job_size + 15) / 16 * 16;
	jobs = aligned_alloc(64, (count * job_stride + 63) / 64 * 64);
	if (!jobs)
		abort();
	memset(jobs, 0, count * job_stride);
	for (unsigned i = 0; i < count; i++)
		*job_at(i) = (struct job){.run = run, .iterations = (uint32_t)(us * per_us), .urgency = JOB_LOW};
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void print_waits(unsigned first, unsigned count)
{
	int64_t *waits = calloc(count, sizeof(*waits));
	if (!waits)
		abort();
	for (unsigned i = 0; i < count; i++)
		waits[i] = job_at(first + i)->started_ns - job_at(first + i)->submitted_ns;
	qsort(waits, count, sizeof(*waits), by_size);
	printf("p50_us %.2f\np99_us %.2f\nmax_us %.2f\n", (double)waits[count / 2] / 1e3,
		(double)waits[count * 99 / 100] / 1e3, (double)waits[count - 1] / 1e3);
	free(waits);
}

/* ---- The workloads ---- */

/* Each worker has run something once: threads that are made on demand are made before the clock starts. */
static void warm_up(unsigned workers, double per_us)
{
	unsigned count = workers * 4;
	make_jobs(count, run_plain, 50, per_us); /* never freed: the pool may still have a hand on the last */
	for (unsigned i = 0; i < count; i++)
		peer->submit(job_at(i));
	await_all(count);
	warmed_up = count;
}

/* W1; W6 with `seldom` > 0: every hundredth takes that many times longer. */
static void one_submitter(unsigned count, double us, double per_us, unsigned seldom)
{
	make_jobs(count, run_plain, us, per_us);
	for (unsigned i = 0; seldom && i < count; i += 100)
		job_at(i)->iterations *= seldom;
	double cpu = cpu_ns();
	int64_t start = now_ns();
	for (unsigned i = 0; i < count; i++)
		peer->submit(job_at(i));
	int64_t submitted = now_ns();
	await_all(count);
	int64_t end = now_ns();
	printf("cpu_ns %.2f\n", (cpu_ns() - cpu) / count);
	printf("ns_per_task %.2f\nsubmit_ns %.2f\n", (double)(end - start) / count, (double)(submitted - start) / count);
}

static void fan_out(unsigned rounds, double us, double per_us)
{
	enum { CHILDREN = 200 };
	make_jobs(CHILDREN, run_plain, us, per_us);
	int64_t start = now_ns();
	peer->fan_out(job_at, CHILDREN, rounds);
	printf("us_per_round %.2f\n", (double)(now_ns() - start) / 1e3 / rounds);
}

/* W3, W5: one task every `interval`, none before the last one has long ended. */
static void now_and_then(unsigned count, int64_t interval_ns, double us, double per_us)
{
	struct rusage before, after;
	make_jobs(count, run_stamped, us, per_us);
	int64_t next = now_ns() + 20000000;
	sleep_until(next);
	getrusage(RUSAGE_SELF, &before);
	double cpu = cpu_ns();
	for (unsigned i = 0; i < count; i++) {
		struct job *job = job_at(i);
		next += interval_ns;
		sleep_until(next);
		job->submitted_ns = now_ns();
		peer->submit(job);
		if (peer->turn)
			peer->turn();
	}
	await_all(count);
	cpu = cpu_ns() - cpu;
	getrusage(RUSAGE_SELF, &after);
	print_waits(0, count);
	/* The outside thread's own sleep is one switch a task. */
	printf("cpu_us %.2f\nswitches %.2f\n", cpu / 1e3 / count,
		(double)(after.ru_nvcsw - before.ru_nvcsw + after.ru_nivcsw - before.ru_nivcsw) / count);
}

/* W4 */
static void urgent_among_low(unsigned workers, unsigned count, double us, double per_us)
{
	enum { INTERVAL_NS = 5000000 };
	unsigned most = sizeof(low_at_start) / sizeof(low_at_start[0]), urgent = 0;
	uint64_t *low_at_submit = calloc(most, sizeof(*low_at_submit));
	make_jobs(count + most, run_low, us, per_us);
	first_urgent = job_at(count);
	for (unsigned i = 0; i < most; i++) {
		job_at(count + i)->run = run_urgent;
		job_at(count + i)->urgency = JOB_URGENT;
	}
	for (unsigned i = 0; i < count; i++)
		peer->submit(job_at(i));
	int64_t next = now_ns();
	while (urgent < most) {
		next += INTERVAL_NS;
		sleep_until(next);
		/* While some would still wait for the urgent one to overtake. */
		if (atomic_load(&low_started) + 200 > count)
			break;
		struct job *job = job_at(count + urgent);
		job->submitted_ns = now_ns();
		peer->submit(job);
		low_at_submit[urgent++] = atomic_load(&low_started);
		if (peer->turn)
			peer->turn();
	}
	await_all(count + urgent);
	print_waits(count, urgent);
	for (unsigned i = 0; i < urgent; i++) /* each: a run has too few for its own p99 to say much */
		printf("wait_us %.2f\n",
			(double)(job_at(count + i)->started_ns - job_at(count + i)->submitted_ns) / 1e3);
	/* A worker may have taken one already and not said so yet: one each is no inversion. */
	uint64_t after = 0, inversions = 0;
	for (unsigned i = 0; i < urgent; i++)
		if (low_at_start[i] > low_at_submit[i]) {
			uint64_t started = low_at_start[i] - low_at_submit[i];
			after += started;
			inversions += started > workers ? started - workers : 0;
		}
	printf("urgent %u\nafter %llu\ninversions %llu\n", urgent, (unsigned long long)after,
		(unsigned long long)inversions);
	free(low_at_submit);
}

static void calibrate(void)
{
	enum { TURNS = 2000000, RUNS = 9 };
	int64_t took[RUNS];
	for (int i = 0; i < RUNS; i++) {
		int64_t start = now_ns();
		work(TURNS);
		took[i] = now_ns() - start;
	}
	qsort(took, RUNS, sizeof(*took), by_size);
	printf("per_us %.2f\n", TURNS / ((double)took[RUNS / 4] / 1e3));
}

/* ---- A round for those whose tasks may submit ---- */

static struct {
	const struct peer *peer;
	struct job *(*child)(unsigned);
	unsigned children, rounds;
	_Atomic unsigned open;
	struct job *root;
	sem_t done;
} join;

static void leave_round(void)
{
	if (atomic_fetch_sub(&join.open, 1) > 1)
		return;
	if (--join.rounds)
		join.peer->submit(join.root);
	else
		sem_post(&join.done);
}

static void run_child(struct job *job)
{
	work(job->iterations);
	leave_round();
}

static void run_root(struct job *job)
{
	(void)job;
	atomic_store(&join.open, join.children + 1);
	for (unsigned i = 0; i < join.children; i++) {
		struct job *child = join.child(i);
		child->run = run_child;
		join.peer->submit(child);
	}
	leave_round();
}

void fan_out_by_submit(const struct peer *used, struct job *(*child)(unsigned), unsigned children, unsigned rounds)
{
	join.peer = used;
	join.child = child;
	join.children = children;
	join.rounds = rounds;
	join.root = calloc(1, sizeof(struct job) + used->job_size);
	if (!join.root)
		abort();
	*join.root = (struct job){.run = run_root, .urgency = JOB_LOW};
	sem_init(&join.done, 0, 0);
	used->submit(join.root);
	while (sem_wait(&join.done))
		;
	free(join.root);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "calibrate")) {
		calibrate();
		return 0;
	}
	if (argc != 7) {
		fprintf(stderr, "usage: measure calibrate | measure PEER WORKLOAD WORKERS COUNT US PER_US\n");
		return 2;
	}
	const char *workload = argv[2];
	unsigned workers = (unsigned)atoi(argv[3]), count = (unsigned)atoi(argv[4]);
	double us = atof(argv[5]), per_us = atof(argv[6]);
	for (size_t i = 0; i < sizeof(peers) / sizeof(*peers); i++)
		if (!strcmp(peers[i]->name, argv[1]))
			peer = peers[i];
	if (!peer || !workers || !count) {
		fprintf(stderr, "measure: no such peer '%s', or no workers, or no tasks\n", argv[1]);
		return 2;
	}
	peer->open(workers, !strcmp(workload, "W4"));
	warm_up(workers, per_us);
	if (!strcmp(workload, "W1"))
		one_submitter(count, us, per_us, 0);
	else if (!strcmp(workload, "W2"))
		fan_out(count, us, per_us);
	else if (!strcmp(workload, "W3"))
		now_and_then(count, 2000000, us, per_us);
	else if (!strcmp(workload, "W4"))
		urgent_among_low(workers, count, us, per_us);
	else if (!strcmp(workload, "W5"))
		now_and_then(count, 1000000, us, per_us);
	else if (!strcmp(workload, "W6"))
		one_submitter(count, us, per_us, 100);
	else
		return 2;
	peer->close();
	return 0;
}
