/*
 * The simulation's own test: each mistake that somebody could make in the protocol, planted on purpose, must
 * be found within some hundred seeds. A few were made, and are named so. SIM_BUG=NAME hunts one of them;
 * SIM_SEEDS=N for so many seeds.
 *
 * A hunt runs in a process of its own: a planted bug may end in an assertion, which counts as found.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "tests/sim/sim_world.h"

static const struct sim_bug bugs[] = {
	/* acknowledging */
	{.name = "entries are acknowledged once applied", .acks_at_once = true},
	{.name = "a commit, refused or not, covers whatever was needed meanwhile", .covers_all = true},
	{.name = "needs are dropped at the bound", .drops_needs = true},
	{.name = "a run's result is lost", .loses_results = true},
	{.name = "acknowledgements are not sent", .drop = "XACK"},
	{.name = "own pending entries are never read again", .drop_pages = true},
	{.name = "a trim takes what no group has read (was so)", .script = {"if ours then", "if not groups.err then"}},
	{.name = "entries are claimed from the living",
		.script = {" and call('EXISTS', P .. 'instance:' .. consumer.name) == 0", ""}},
	{.name = "the group is made at the end of the stream",
		.script = {"'CREATE', stream, ARGV[2], '0'", "'CREATE', stream, ARGV[2], '$'"}},
	{.name = "what was trimmed under a dead instance gets no letter (was so)",
		.script = {"bury(stream, id, 'trimmed'", "tostring(stream, id, 'trimmed'"}},
	/* apply */
	{.name = "an older entry overwrites a newer one",
		.script = {"(not old_key or key > old_key) then", "true then"}},
	{.name = "a regenerate raises no version",
		.script = {"if kind == 'm' or old_value ~= value\n", "if old_value ~= value\n"}},
	{.name = "equal values raise the version", .script = {"if kind == 'm' or old_value ~= value\n", "if true\n"}},
	{.name = "a quote that comes again after one of its sides changes nothing",
		.script = {"and passes(field, value, old_key, key) then", "and false then"}},
	{.name = "a side that comes again after the other line changes nothing",
		.script = {"side == '' or other == '' or value ~= 'off'",
			"side == '' or other == '' or false and value ~= 'off'"}},
	{.name = "a quote does not see the side of its own list",
		.script = {"local text = other ~= side and known[head .. other .. rest]",
			"local text = other == side and false or nil"}},
	{.name = "a replay needs a run", .script = {"  put(at)\n  if not players", "  put(v)\n  if not players"}},
	{.name = "what was applied before needs nothing",
		.script = {"  put(at)\n  if not players", "  put(write and at or 0)\n  if not players"}},
	{.name = "apply does not look at the slate's version",
		.script = {"if (audience == 'b' and sv0 or dsv) ~= sv then return put(SLATE) end", ""}},
	{.name = "slate entries of one list are written in part",
		.script = {"(audience == 'b' and sv0 or dsv) ~= sv then return put(SLATE)",
			"(audience == 'b' and sv0 or dsv) ~= sv then return put(SLATE) end\n"
			"  if audience == 'b' and dsv ~= sv0 then put(NEED); return put(v)"}},
	{.name = "who ever ran is not told of",
		.script = {"local done, from = call('HGETALL', P .. 'done:' .. game), #ran",
			"local done, from = {}, #ran"}},
	{.name = "events after tip-off are applied",
		.script = {"if old_key ~= key and is_late(what, players) then", "if false then"}},
	{.name = "what was applied expires when the tip-off is moved (was so)",
		.script = {"if old_key ~= key and is_late(what, players) then", "if is_late(what, players) then"}},
	{.name = "events after the tip-off of a game that events named are applied (was so)",
		.script = {"return game and find(what, ' ' .. game, 5, true)", "return false"}},
	{.name = "an item does not see the one of its hash before it", .script = {"    known[field] = write\n", ""}},
	{.name = "what a list's last hash got is not written", .script = {"  close()\nend)", "end)"}},
	{.name = "what a hash got is not written before the next one",
		.script = {"local function open(first, players)\n  close()",
			"local function open(first, players)\n  writes = {}"}},
	{.name = "an event id's owner is not kept",
		.script = {"if seen then return seen ~= owner end", "if seen then return true end"}},
	{.name = "event ids are not looked at",
		.script = {"if seen then return seen ~= owner end", "if seen then return false end"}},
	{.name = "audience from the wrong slate: a change of the slate is not told",
		.script = {"changed[to + 1], changed[to + 2] = field, key .. ' ' .. at .. ' ' .. value", ""}},
	{.name = "a change of the slate is told by its old value",
		.script = {"changed[to + 1], changed[to + 2] = field, key .. ' ' .. at .. ' ' .. value",
			"changed[to + 1], changed[to + 2] = field, old or (key .. ' ' .. at .. ' ' .. value)"}},
	{.name = "who ever was committed counts as never",
		.script = {"put(at <= v0 and tonumber(", "put(at > v0 and tonumber("}},
	{.name = "teams that a player left are forgotten",
		.script = {"if kind == 'r' and old_value then", "if false then"}},
	{.name = "a change of a line is not kept", .script = {"    if moves then\n", "    if moves and old then\n"}},
	{.name = "what says again where a line stands is kept as a change",
		.script = {"    if moves then\n", "    if kind == 'q' then\n"}},
	{.name = "changes of a hash's lines are kept of its last list alone",
		.script = {"call('APPEND', lines, text)", "#text\n    call('SET', lines, text)"}},
	{.name = "a change of a line that was overtaken is kept as often as it comes",
		.script = {"return before[2] ~= field or before[3] ~= value", "return true"}},
	{.name = "a game that events name raises no version", .script = {"v = v + 1; named_at = v", "named_at = v"}},
	/* begin */
	{.name = "begin does not look at the slate's version",
		.script = {"if dsv ~= sv then return ask_again() end", ""}},
	{.name = "who runs already is begun again", .script = {"if alive(holder) then return {BUSY} end", ""}},
	{.name = "a dead process' token blocks its player",
		.script = {"if alive(holder) then return {BUSY} end", "if true then return {BUSY} end"}},
	{.name = "runs lost with their process do not count",
		.script = {"if lost_runs >= max_lost then return settled(POISON) end", ""}},
	{.name = "runs lost with their process are repeated at once",
		.script = {"if lost_runs > 2 then", "if false then"}},
	{.name = "runs outside count when their process dies", .script = {"'/%d+ (%d+)$'", "'(%d+)$'"}},
	{.name = "the beat gives up tokens of runs outside", .script = {"'(%-?%d+) %d+$'", "'(%d+) %d+$'"}},
	{.name = "failed runs are repeated for ever", .script = {"if failed >= max_failed then", "if false then"}},
	{.name = "failed runs are repeated at once", .script = {"if now_ms() < due then return waiting(due) end", ""}},
	{.name = "back-off doubles by all failures on record (was so)",
		.script = {"need <= newest and failed or 1)", "need <= newest and all or 1)"}},
	{.name = "who ever ran is not kept",
		.script = {"if call('HSET', P .. 'done:' .. none, player, place.team) == 1 then", "if false then"}},
	/* ends of a run */
	{.name = "commit takes whatever comes",
		.script = {"if tokens[n] ~= ARGV[i + 1] .. ' ' .. version then", "if false then"}},
	{.name = "commit looks at the version alone",
		.script = {"if tokens[n] ~= ARGV[i + 1] .. ' ' .. version then",
			"if tonumber(version) < (tonumber(call('HGET', pk, 'c')) or 0) then"}},
	{.name = "commit leaves the token", .script = {"drop[#drop + 1] = fields[n]", ""}},
	{.name = "commit leaves the failures", .script = {"call('HDEL', pk, 'a', 'x')", ""}},
	{.name = "a failed run leaves the token",
		.script = {"    call('HDEL', running, field)\n    local _, list", "    local _, list"}},
	{.name = "the beat gives up tokens of runs under way", .script = {"known[ARGV[i + 0]] = ARGV[i + 1]", ""}},
	{.name = "tokens that nobody knows of stay",
		.script = {"if sub(token, 1, #me) == me then call('HDEL', running, tokens[n])",
			"if sub(token, 1, #me) == me then"}},
	{.name = "a name is taken whatever stands there by then",
		.script = {"  return answer(0)\nend\nif tonumber", "end\nif tonumber"}},
	/* processors that wait */
	{.name = "children: an answer is taken after the deadline", .of_phases = true, .answers_late = true},
	{.name = "children: a place is not given back when one dies", .of_phases = true, .keeps_places = true},
	{.name = "children: jobs are lost when a processor is started anew", .of_phases = true, .restart_loses = true},
	{.name = "children: a job that they had no time for has failed", .of_phases = true, .counts_refused = true},
	{.name = "children: what an operator gives up for good waits again", .of_phases = true, .buries_nobody = true},
	{.name = "children: their rate is not kept", .of_phases = true, .keeps_no_rate = true},
	{.name = "an error that no other try can mend is tried again",
		.script = {"(permanent == \"!\" and max_failed or 1)", "1"}},
	{.name = "that no other try can mend it is not noted", .script = {" .. version .. ARGV[i + 3]", " .. version"}},
	/* orders */
	{.name = "an order that outlives its end", .deaf = true},
	{.name = "an order that has ended stays in Redis",
		.script = {"ended = ended + call('HDEL', orders, field)", "ended = ended + 1"}},
	{.name = "a mute forgets a run when it ends",
		.script = {"do owe(match(list[n], '^([^/]+)/([^/]+)')) end", "do call('HDEL', marks, list[n]) end"}},
	{.name = "a mute notes no run", .script = {"then call('HSET', marks, field, need) end", "then end"}},
	/* phases */
	{.name = "an entry is done when its report is", .of_phases = true, .slow_settles = true},
	{.name = "a report follows precompute up to the fact, and not up to the output",
		.of_phases = true,
		.forgets_output = true},
	{.name = "the output at hand is taken for the one that stands", .of_phases = true, .keeps_output = true},
	{.name = "precompute is not told of what it reads", .of_phases = true, .reads_less = true},
	{.name = "an output counts from its run's version",
		.of_phases = true,
		.script = {"      at = call('HINCRBY', day, 'v', 1)", "      at = tonumber(version)"}},
	{.name = "an output raises no version",
		.of_phases = true,
		.script = {"      at = call('HINCRBY', day, 'v', 1)", "      at = tonumber(call('HGET', day, 'v'))"}},
	{.name = "a begin that finds precompute covered does not tell of the output",
		.of_phases = true,
		.script = {"answer[4], answer[5] = tonumber(output_at),", "answer[4], answer[5] = 0,"}},
	{.name = "equal bytes are a new output",
		.of_phases = true,
		.script = {"if old_rest ~= rest or old_failed ~= '0' or call('EXISTS', key) == 0 then", "if true then"}},
	{.name = "equal bytes leave precompute as it was",
		.of_phases = true,
		.script = {"    call('HSET', pk, \"p\" .. 'c', version, ",
			"    if at == tonumber(version) then call('HSET', pk, \"p\" .. 'c', version) end\n"
			"    call('HSET', pk, "}},
	{.name = "an output is written whatever comes",
		.of_phases = true,
		.script = {"  if call('HGET', running, field) == ARGV[i + 1] .. ' ' .. version then\n    local bytes",
			"  if true then\n    local bytes"}},
	{.name = "an output is written where its version is higher",
		.of_phases = true,
		.script = {"  if call('HGET', running, field) == ARGV[i + 1] .. ' ' .. version then\n    local bytes",
			"  if tonumber(version) >= pc then\n    local bytes"}},
	{.name = "a precompute that is given up does not mark the output",
		.of_phases = true,
		.script = {"if verdict ~= COVERED and failed == '0' then", "if false then"}},
	{.name = "that a precompute was given up raises no version",
		.of_phases = true,
		.script = {"V = call('HINCRBY', day, 'v', 1)\n      output_at = V", "output_at = V"}},
	{.name = "precompute's commit clears the report's failures",
		.of_phases = true,
		.script = {"call('HDEL', pk, \"p\" .. 'a', \"p\" .. 'x')", "call('HDEL', pk, 'a', 'x')"}},
	{.name = "precompute's failures count against the report",
		.of_phases = true,
		.script = {"call('HSET', pk, phase .. 'a', now_ms()", "call('HSET', pk, 'a', now_ms()"}},
	{.name = "precompute's lost runs count against the report",
		.of_phases = true,
		.script = {"call('HSET', pk, phase .. 'x', lost)", "call('HSET', pk, 'x', lost)"}},
	{.name = "the phases of a player share a token",
		.of_phases = true,
		.script = {"player .. (phase == \"\" and '' or '/' .. phase)", "player"}},
	{.name = "a player without an output never gets one",
		.of_phases = true,
		.script = {"return bytes, not o or moved or (wanted_bytes and not bytes)", "return bytes, false"}},
	{.name = "an output that is lost is asked for by an entry that any run covers (was so)",
		.of_phases = true,
		.script = {"output and 'precompute' or 'first')", "'first')"}},
	{.name = "precompute does not follow where events move a player (was so)",
		.of_phases = true,
		.script = {"return bytes, not o or moved or", "return bytes, not o or"}},
	{.name = "a run is told of what was made before, however long",
		.script = {"return #bytes > 0 and #bytes <= most and", "return #bytes > 0 and"}},
	{.name = "precompute is told of an output for another game",
		.of_phases = true,
		.script = {"if not (made and here) then", "if not made then"}},
	/* instances of different phases */
	{.name = "phases: who is outdated applies entries",
		.of_tables = true,
		.from_seed = 650,
		.script = {"if outdated(ARGV[4]) then", "if false then"}},
	{.name = "phases: who is outdated begins runs",
		.of_tables = true,
		.script = {"if outdated(ARGV[11]) then", "if false then"}},
	{.name = "phases: others come into force and nothing is made anew",
		.of_tables = true,
		.script = {"if call('HGET', P .. 'day:' .. date, 'v') then\n      local stream",
			"if false then\n      local stream"}},
	{.name = "phases: each start brings its own into force",
		.of_tables = true,
		.script = {"if ours < newest then", "if false then"}},
	{.name = "phases: what nobody reads makes nobody known", .of_tables = true, .forgets_unknown = true},
	/* league, letters */
	{.name = "a new league touches nobody", .script = {"if head[1] then", "if false then"}},
	{.name = "what entries say of themselves is believed",
		.script = {"return call('ZSCORE', own_of(stream), id)", "return 1"}},
	{.name = "what scripts add is not noted as propsd's own",
		.script = {"call('ZADD', own_of(stream)", "match('', ''"}},
	{.name = "a retried letter is a new entry",
		.script = {"fields[#fields + 1] = 'origin'\nfields[#fields + 1] = origin\n", ""}},
	{.name = "a retried letter's player keeps his failures",
		.script = {"for n = 5, behind - 1 do call('HDEL'", "for n = 5, 4 do call('HDEL'"}},
	{.name = "a letter without an acknowledgement",
		.script = {"if call('XACK', ARGV[3], ARGV[2], ARGV[4]) == 0 then return false end", ""}},
};
enum { BUGS = sizeof(bugs) / sizeof(bugs[0]) };

/* In a child: the first seed that finds it goes through the pipe. */
static void hunt(struct redis_server *servers, const struct sim_bug *bug, unsigned long seeds, int out)
{
	struct sim_counts counts = {0};
	struct sim_setup setup = {.servers = servers, .bug = bug, .steps_max = 60000};
	for (setup.seed = bug->from_seed; setup.seed < bug->from_seed + seeds; setup.seed++) {
		dprintf(out, "seed %" PRIu64 ": ", setup.seed);
		const char *wrong = sim_run(&setup, &counts);
		dprintf(out, "%s\n", wrong);
		if (*wrong)
			_exit(1);
	}
	_exit(0);
}

/* The last line that was written, cut. */
static void last_words(int in, char *text, size_t size)
{
	static char all[1 << 20];
	size_t n = 0;
	ssize_t more;
	while (n < sizeof(all) - 1 && (more = read(in, all + n, sizeof(all) - 1 - n)) > 0)
		n += (size_t)more;
	all[n] = '\0';
	char *last = all;
	for (char *p = all; (p = strstr(p, "seed ")) != NULL; p++)
		last = p;
	snprintf(text, size, "%.*s", (int)strcspn(last, "\n"), last);
}

int main(void)
{
	struct redis_server servers[2];
	const char *one = getenv("SIM_BUG"), *seeds = getenv("SIM_SEEDS");
	unsigned missed = 0, found = 0;
	int64_t since = clock_mono_us(clock_system());

	if (zone_set("America/New_York") < 0)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	log_set_level((enum log_level)0);
	redis_server_start(&servers[0], NULL);
	redis_server_start(&servers[1], NULL);
	for (int i = 0; i < BUGS; i++) {
		int words[2], status;
		char text[160];
		if (one && !strstr(bugs[i].name, one))
			continue;
		if (pipe(words) < 0)
			return 2;
		pid_t child = fork();
		if (child == 0) {
			close(words[0]);
			hunt(servers, &bugs[i], seeds ? strtoul(seeds, NULL, 10) : 300, words[1]);
		}
		close(words[1]);
		last_words(words[0], text, sizeof(text));
		close(words[0]);
		waitpid(child, &status, 0);
		bool caught = !(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == SIM_STALE));
		printf("%s  %-70s %s\n", caught ? "found " : "MISSED", bugs[i].name, text);
		missed += !caught;
		found += caught;
	}
	printf("%u planted bugs found, %u missed, %.1f s\n", found, missed,
		(double)(clock_mono_us(clock_system()) - since) / 1e6);
	redis_server_stop(&servers[0]);
	redis_server_stop(&servers[1]);
	return missed != 0 || found == 0;
}
