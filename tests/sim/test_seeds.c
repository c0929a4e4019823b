/*
 * The simulation over many seeds: SIM_SEEDS=N runs that many, SIM_FIRST=N begins there, SIM_SEED=N runs one
 * and tells what happens, with SIM_TRACE=1 every request too. SIM_TABLES=1: in all of them instances have different phases
 * for a while.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "tests/sim/sim_world.h"

static unsigned long number(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);
	return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

int main(void)
{
	struct redis_server servers[2];
	struct sim_counts counts = {0};
	static const struct sim_bug tables = {.name = "none", .of_tables = true};
	struct sim_setup setup = {.servers = servers, .bug = number("SIM_TABLES", 0) ? &tables : NULL};
	const char *one = getenv("SIM_SEED");
	unsigned long seeds = number("SIM_SEEDS", 400), first = number("SIM_FIRST", 0), failures = 0;
	int64_t since = clock_mono_us(clock_system());

	if (zone_set("America/New_York") < 0)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!one)
		log_set_level((enum log_level)0);
	redis_server_start(&servers[0], NULL);
	redis_server_start(&servers[1], NULL);
	if (one) {
		setup.seed = strtoull(one, NULL, 10);
		setup.verbose = true;
		setup.trace = getenv("SIM_TRACE") != NULL;
		first = setup.seed;
		seeds = 1;
	}
	for (unsigned long s = first; s < first + seeds; s++) {
		setup.seed = s;
		const char *wrong = sim_run(&setup, &counts);
		if (*wrong) {
			printf("seed %lu: %s\n", s, wrong);
			failures++;
		}
	}
	printf("%lu seeds from %lu, %lu failed; %u events, %u steps, %" PRIu64
	       " requests, %u runs, %u commits, %u outputs (%u equal, %u asked for), %u refused, %u failed runs, "
	       "%u kills, %u stops, %u cuts, %u restarts, %u failovers, %u groups, %u trims, %u drains, %u "
	       "retries, %u crashes, "
	       "%u slate answers, %u expired, %u duplicates, %u letters, %u leagues, "
	       "%u orders, %u set aside, %u muted, %u tables changed, %u processors meddled with, %.1f s\n",
		seeds, first, failures, counts.events, counts.steps, counts.requests, counts.runs, counts.commits,
		counts.outputs, counts.equal, counts.asked, counts.refused, counts.fails, counts.kills, counts.stops,
		counts.cuts, counts.restarts, counts.failovers, counts.groups, counts.trims, counts.drains,
		counts.retries, counts.crashes, counts.slates, counts.expired, counts.duplicates, counts.letters,
		counts.leagues, counts.orders, counts.aside, counts.muted, counts.tables, counts.meddled,
		(double)(clock_mono_us(clock_system()) - since) / 1e6);
	redis_server_stop(&servers[0]);
	redis_server_stop(&servers[1]);
	return failures != 0;
}
