/* rayon, through rayon/lib.rs. It knows no priorities; from outside it takes the oldest first. */
#include "peer.h"

struct rayon;
typedef void rayon_run(void *job);
typedef void *rayon_child(uint32_t index);
struct rayon *rayon_open(size_t workers);
void rayon_close(struct rayon *pool);
void rayon_submit(struct rayon *pool, rayon_run *run, void *job);
void rayon_fan_out(struct rayon *pool, rayon_run *run, rayon_child *child, uint32_t children, uint32_t rounds);

static struct rayon *pool;
static struct job *(*child_at)(unsigned index);

static void run_job(void *argument)
{
	struct job *job = argument;
	job->run(job);
}

static void *child_of(uint32_t index)
{
	return child_at(index);
}

static void open_rayon(unsigned workers, bool urgency)
{
	(void)urgency;
	pool = rayon_open(workers);
}

static void close_rayon(void)
{
	rayon_close(pool);
}

static void submit(struct job *job)
{
	rayon_submit(pool, run_job, job);
}

static void fan_out(struct job *(*child)(unsigned), unsigned children, unsigned rounds)
{
	child_at = child;
	rayon_fan_out(pool, run_job, child_of, children, rounds);
}

const struct peer peer_rayon = {
	.name = "rayon", .open = open_rayon, .close = close_rayon, .submit = submit, .fan_out = fan_out};
