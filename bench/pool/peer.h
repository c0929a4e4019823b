/* One face for all the pools that are compared: what a user of each would write, no more. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { JOB_URGENT, JOB_LOW };

/* The peer's own part (peer->job_size bytes, 16-byte aligned) follows each job. */
struct job {
	void (*run)(struct job *job); /* counts itself as done */
	int64_t submitted_ns, started_ns;
	uint32_t iterations;
	uint16_t urgency;
	uint32_t end; /* measure.c's: whether it has ended, whether somebody sleeps for that */
};

struct peer {
	const char *name;
	size_t job_size;
	bool urgency; /* knows which task is urgent */
	void (*open)(unsigned workers, bool urgency);
	void (*close)(void);
	void (*submit)(struct job *job); /* from the outside thread */
	void (*turn)(void); /* outside thread: what the peer wants done now and then; may be NULL */
	/* Runs `rounds` times: a task forks `children` jobs, all are joined, then the next round. Returns at
	 * the end. */
	void (*fan_out)(struct job *(*child)(unsigned), unsigned children, unsigned rounds);
};

extern const struct peer peer_propsd, peer_heap, peer_glib, peer_libuv, peer_onetbb, peer_qt, peer_rayon, peer_futex;

static inline void *job_own(struct job *job)
{
	return (char *)job + sizeof(struct job);
}

static inline struct job *job_of(void *own)
{
	return (struct job *)((char *)own - sizeof(struct job));
}

/* For peers whose submit() may be called from a task: a counter and one more task a round do for a join. */
void fan_out_by_submit(const struct peer *peer, struct job *(*child)(unsigned), unsigned children, unsigned rounds);

#ifdef __cplusplus
}
#endif

#endif
