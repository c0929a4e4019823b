// oneTBB: one arena per urgency, with its priorities; the outside thread takes no part (no place is reserved
// for it).
#include <memory>
#include <semaphore.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#include "peer.h"

using oneapi::tbb::global_control;
using oneapi::tbb::task_arena;
using oneapi::tbb::task_group;

static std::unique_ptr<global_control> control;
static std::unique_ptr<task_arena> low, urgent;

static void open_tbb(unsigned workers, bool urgency)
{
	// One more than workers: the outside thread counts.
	control = std::make_unique<global_control>(global_control::max_allowed_parallelism, workers + 1);
	low = std::make_unique<task_arena>(
		int(workers), 0, urgency ? task_arena::priority::low : task_arena::priority::normal);
	low->initialize();
	if (urgency) {
		urgent = std::make_unique<task_arena>(int(workers), 0, task_arena::priority::high);
		urgent->initialize();
	}
}

static void close_tbb(void)
{
	urgent.reset();
	low.reset();
	control.reset();
}

static void submit(struct job *job)
{
	task_arena &arena = job->urgency == JOB_URGENT && urgent ? *urgent : *low;
	arena.enqueue([job] { job->run(job); });
}

static void fan_out(struct job *(*child)(unsigned), unsigned children, unsigned rounds)
{
	sem_t done;
	sem_init(&done, 0, 0);
	low->enqueue([=, &done] {
		for (unsigned round = 0; round < rounds; round++) {
			task_group group;
			for (unsigned i = 0; i < children; i++) {
				struct job *job = child(i);
				group.run([job] { job->run(job); });
			}
			group.wait();
		}
		sem_post(&done);
	});
	while (sem_wait(&done))
		;
}

extern "C" const struct peer peer_onetbb = {"oneTBB", 0, true, open_tbb, close_tbb, submit, nullptr, fan_out};
