// Qt 6's QThreadPool, with its priorities. A task is a QRunnable in the job's own memory: nothing is allocated.
#include <new>
#include <QRunnable>
#include <QThreadPool>
#include "peer.h"

namespace
{
struct Task final : QRunnable {
	struct job *job;

	explicit Task(struct job *own) : job(own)
	{
		setAutoDelete(false);
	}
	void run() override
	{
		job->run(job);
	}
};
}

static QThreadPool *pool;

static void open_qt(unsigned workers, bool)
{
	pool = new QThreadPool;
	pool->setMaxThreadCount(int(workers));
	pool->setExpiryTimeout(-1); // threads stay
}

static void close_qt(void)
{
	delete pool;
}

static void submit(struct job *job)
{
	pool->start(new (job_own(job)) Task(job), job->urgency == JOB_URGENT ? 1 : 0);
}

static void fan_out(struct job *(*child)(unsigned), unsigned children, unsigned rounds)
{
	fan_out_by_submit(&peer_qt, child, children, rounds);
}

extern "C" const struct peer peer_qt = {"Qt", sizeof(Task), true, open_qt, close_qt, submit, nullptr, fan_out};
