/*
 * The instance's name: nobody else may work under it, for who has it owns its pending entries and run tokens. A name
 * that stands in Redis is taken over at once where its process is known to be gone, and watched for a while where
 * that cannot be seen from here.
 */
#include "delivery/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* When the process began, in the kernel's ticks; -1: it is gone. One that is dead and not reaped yet is gone, too. */
static int64_t process_start(long pid)
{
	char path[64], text[1024];
	text_format(path, sizeof(path), "/proc/%ld/stat", pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return -1;
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	/* Fields 3 and 22, counted after the last ')': the command's name may hold anything. */
	const char *p = strrchr(text, ')');
	if (!p || p[1] != ' ' || strchr("ZXx", p[2]))
		return -1;
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoll(p, NULL, 10) : -1;
}

/* Boot id and pid namespace: a pid means the same process only within both. */
void name_identify_host(struct delivery *d)
{
	char boot[64] = "?", space[64] = "?";
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	if (file) {
		if (!fgets(boot, sizeof(boot), file))
			boot[0] = '\0';
		fclose(file);
	}
	boot[strcspn(boot, "\n")] = '\0';
	ssize_t n = readlink("/proc/self/ns/pid", space, sizeof(space) - 1);
	if (n > 0)
		space[n] = '\0';
	text_format(d->host, sizeof(d->host), "%s/%s", boot, space);
}

void name_new_boot(struct delivery *d)
{
	uint64_t random = 0;
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		abort(); /* cannot be: the pool is up long before us */
	text_format(d->boot, sizeof(d->boot), "%016llx", (unsigned long long)random);
}

static void on_taken(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;
	if (!link_heard(d, reply, "taking the instance's name", "(u s s u)"))
		return;
	switch (value_int(script_out(reply, TAKE_OUT_STATE))) {
	case TAKE_TAKEN:
		break;
	case TAKE_LAYOUT:
		link_lost(d, "the layout of the keys was changed meanwhile");
		return;
	case TAKE_OTHERS:
		phases_stand_by(d, reply);
		return;
	default: /* whoever has it now, the next session's look tells */
		link_lost(d, "the instance's name changed hands while it was taken");
		return;
	}
	phases_heard(d, reply);
	log_notice("redis", "ready instance=%s boot=%s", d->name, d->boot);
	d->session = SESSION_READY;
	d->fresh = true;
	d->ready_us = link_now_us(d);
	d->ops->wake(d->arg);
}

static void take(struct delivery *d, const char *seen_boot, const char *seen_beats)
{
	struct redis_request *r = link_script(d, SCRIPT_TAKE, NULL);
	redis_arg(script_argv(r, TAKE_NAME), d->name);
	redis_arg(script_argv(r, TAKE_BOOT), seen_boot);
	redis_arg(script_argv(r, TAKE_BEATS), seen_beats);
	redis_arg_int(script_argv(r, TAKE_TTL), BEAT_TTL_MS);
	redis_arg(script_argv(r, TAKE_OURS), d->boot);
	phases_arg(d);
	redis_arg(script_argv(r, TAKE_FIELDS), "boot");
	redis_arg(r, d->boot);
	redis_arg(r, "host");
	redis_arg(r, d->host);
	redis_arg(r, "pid");
	redis_arg_int(r, getpid());
	redis_arg(r, "start");
	redis_arg_int(r, process_start(getpid()));
	redis_arg(r, "beats");
	redis_arg_int(r, ++d->beats);
	redis_arg(r, "league");
	redis_arg(r, d->league);
	link_send(d, on_taken, NULL);
}

static void in_use(struct delivery *d, const char *by)
{
	char why[256];
	text_format(why, sizeof(why),
		"the instance name \"%s\" is in use %s: give each instance a name of its own (instance = \"...\")",
		d->name, by);
	link_stop(d, STOP_NAME_TAKEN, why);
}

/* Of a process on this host: it is there or not, and no heartbeat needs to be waited for. */
static void judge_neighbour(struct delivery *d, const char *boot, const char *beats, long pid, int64_t start)
{
	char by[64];
	/* The second: our own earlier boot, whose heartbeat was lost and came back. */
	if (process_start(pid) != start || pid == (long)getpid()) {
		take(d, boot, beats);
		return;
	}
	text_format(by, sizeof(by), "by process %ld on this host", pid);
	in_use(d, by);
}

/* Reply to HMGET instance:NAME boot host pid start beats. */
static void on_looked(void *arg, void *data, const struct value *reply)
{
	struct delivery *d = arg;
	(void)data;
	if (!link_heard(d, reply, "looking at the instance's name", "(s|n s|n s|n s|n s|n)"))
		return;
	const char *boot = value_text(value_at(reply, 0)), *host = value_text(value_at(reply, 1));
	const char *beats = value_text(value_at(reply, 4));

	if (!boot[0] || strcmp(boot, d->boot) == 0) {
		take(d, boot, beats);
		return;
	}
	if (strcmp(host, d->host) == 0) {
		judge_neighbour(d, boot, beats, (long)value_int(value_at(reply, 2)), value_int(value_at(reply, 3)));
		return;
	}
	if (d->watched_boot[0] && (strcmp(boot, d->watched_boot) != 0 || strcmp(beats, d->watched_beats) != 0)) {
		in_use(d, "on another host");
		return;
	}
	int64_t now = link_now_us(d);
	if (d->watched_boot[0] && now >= d->watched_until_us) {
		take(d, boot, beats);
		return;
	}
	if (!d->watched_boot[0]) {
		log_notice("redis", "name %s belongs to another host, watching whether it is alive", d->name);
		text_format(d->watched_boot, sizeof(d->watched_boot), "%s", boot);
		text_format(d->watched_beats, sizeof(d->watched_beats), "%s", beats);
		d->watched_until_us = now + WATCH_US;
	}
	d->session = SESSION_WATCHING;
	d->ops->wake(d->arg);
}

void name_look(struct delivery *d)
{
	d->session = SESSION_STARTING;
	redis_arg(&d->request, "HMGET");
	redis_arg_format(&d->request, "%sinstance:%s", d->prefix, d->name);
	redis_arg(&d->request, "boot");
	redis_arg(&d->request, "host");
	redis_arg(&d->request, "pid");
	redis_arg(&d->request, "start");
	redis_arg(&d->request, "beats");
	link_send(d, on_looked, NULL);
}
