#include "app/loader.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/completion.h"
#include "base/str.h"
#include "league/load.h"
#include "league/snapshot.h"
#include "model/model.h"
#include "pool/pool.h"

#define LOADER_MAGIC 0x6c6f6164u

struct loader {
	uint32_t magic;
	struct pool *pool;
	struct completion_queue *done;
	bool busy;
	/* The worker's, while busy. */
	struct pool_task task;
	struct completion_item item;
	char path[512];
	int64_t max_memory;
	void (*before)(void *arg);
	void *arg;
	struct snapshot *snapshot;
	int result;
	struct err err;
};

int league_read(const char *path, int64_t max_memory, struct snapshot **ret_snapshot, struct err *err)
{
	struct snapshot *snapshot;
	int r = league_load(path, max_memory, &snapshot, err);
	if (r < 0)
		return r;
	if (model_prepare(snapshot) < 0) {
		snapshot_drop(snapshot);
		return err_set(err, -ENOMEM, "no memory for what the model derives from the league");
	}
	*ret_snapshot = snapshot;
	return 0;
}

struct league_file league_file(const char *path)
{
	struct stat st;
	if (!path[0] || stat(path, &st) < 0)
		return (struct league_file){0};
	return (struct league_file){.device = st.st_dev,
		.inode = st.st_ino,
		.size = st.st_size,
		.changed_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec};
}

bool league_file_same(struct league_file a, struct league_file b)
{
	return a.device == b.device && a.inode == b.inode && a.size == b.size && a.changed_ns == b.changed_ns;
}

static void run(struct pool_task *task, struct pool_worker *worker)
{
	struct loader *l = (struct loader *)((char *)task - offsetof(struct loader, task));
	(void)worker;
	assert(l->magic == LOADER_MAGIC);
	if (l->before)
		l->before(l->arg);
	if (l->path[0])
		l->result = league_read(l->path, l->max_memory, &l->snapshot, &l->err);
	completion_push(l->done, &l->item);
}

int loader_new(struct pool *pool, struct loader **ret_loader)
{
	struct loader *l = calloc(1, sizeof(*l));
	int r = l ? completion_new(&l->done) : -ENOMEM;
	if (r < 0) {
		free(l);
		return r;
	}
	l->magic = LOADER_MAGIC;
	l->pool = pool;
	*ret_loader = l;
	return 0;
}

void loader_free(struct loader *l)
{
	if (!l)
		return;
	snapshot_drop(l->snapshot);
	completion_free(l->done);
	free(l);
}

int loader_fd(const struct loader *l)
{
	return completion_fd(l->done);
}

void loader_start(struct loader *l, const char *path, int64_t max_memory, void (*before)(void *arg), void *arg)
{
	assert(!l->busy);
	l->busy = true;
	l->result = 0;
	l->max_memory = max_memory;
	l->before = before;
	l->arg = arg;
	text_format(l->path, sizeof(l->path), "%s", path);
	pool_task_init(&l->task, LEVEL_HIGH, run);
	l->task.label = "league";
	pool_submit(l->pool, &l->task);
}

bool loader_busy(const struct loader *l)
{
	return l->busy;
}

bool loader_take(struct loader *l, int *ret_result, struct snapshot **ret_snapshot, struct err *ret_err)
{
	if (!completion_take(l->done))
		return false;
	l->busy = false;
	*ret_result = l->result;
	*ret_err = l->err;
	*ret_snapshot = l->snapshot;
	l->snapshot = NULL;
	return true;
}
