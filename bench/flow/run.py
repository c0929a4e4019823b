#!/usr/bin/python3
"""What propsd does through Redis, measured on this machine with a redis-server of its own.

    bench/flow/run.py [--quick] [--json FILE] [--workers N] [--data FOLDER] [ITEM...]

Items (all without any):
    slate       a cold slate of 300 players through the built-in processor; resident memory with and without a league
    latency     one odds event at a time on an idle daemon: XADD to committed report, and where the time goes
    burst       500,000 odds events for 300 players of 12 games waiting in the stream, against a bare consumer of the same
    singles     100,000 regenerate events, each with a player of its own: nothing can be merged
    urgent      5,000 low players of 2 ms waiting: when does an urgent one start; does prioritize bring the last to the front
    slots       200 low runs of 150 ms waiting in slots: does an urgent one start at once

The league is that of --data (box scores, as propsctl import reads them), else real data where it is found, else the sample
league. What is compared is measured in turns, in the same run; medians, with the least and the most beside them.
"""
import datetime
import json
import os
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tests", "flow")]
sys.dont_write_bytecode = True
import figures  # noqa: E402
import harness  # noqa: E402
import oracle  # noqa: E402
from place import Place, Shares, command, metric, mib  # noqa: E402

SAMPLE_DATE, REAL_DATE = "2026-01-15", "2025-11-12"
PLAYERS, GAMES = 300, 12


class League:
    """Players of 12 games of one date, 25 a game, and the database they are in."""

    def __init__(self, folder, data):
        self.real = bool(data) or os.path.isdir(harness.DATA)
        source = data or harness.DATA
        if not self.real:
            source = os.path.join(folder, "sample")
            command(os.path.join(harness.SOURCE, "script", "sample-league"), source, "--date", SAMPLE_DATE)
        self.database = os.path.join(folder, "league.db")
        command(harness.built("propsctl"), "import", source, "--into", self.database)
        known = oracle.League(source)
        self.date = REAL_DATE if self.real else SAMPLE_DATE
        if len(known.schedule.get(self.date, ())) < GAMES:
            self.date = max(known.schedule, key=lambda date: (min(len(known.schedule[date]), GAMES), date))
        games = sorted(known.schedule[self.date])[:GAMES]
        rosters = known.rosters(self.date)
        self.players = []
        each = PLAYERS // len(games)
        for name in games:
            teams = name.split("_")[1:]
            here = sorted(player for player, team in rosters.items() if team in teams)
            self.players += [(player, name) for player in here[:each]]
        self.games = len(games)
        # Before any tip: the afternoon of the date.
        self.ts = harness.moment(self.date, "17:00")
        self.changes = {"league": {"database": self.database}, "report": {"processor": "builtin"}, "ingest": {"past": "accept"}}

    def lines(self):
        return "".join(f"{player} {name}\n" for player, name in self.players)


def program(name):
    return os.path.join(harness.BUILD, "bench", "flow", name)


# --- the items

def slate(out, place, args):
    league = args.league
    out.section(f"cold slate: {len(league.players)} players of {league.games} games, {'real' if league.real else 'sample'} league, "
                f"{args.workers} workers")
    times, loaded = [], []
    for _ in range(3 if args.quick else 5):
        daemon = place.fresh({**league.changes, "pool": {"workers": args.workers}})
        loaded.append(mib(daemon.rss()[0]))
        pipe = place.r.pipeline(transaction=False)
        for player, name in league.players:
            pipe.xadd("props:regenerate", {"player_lookup": player, "game_id": name})
        started = time.monotonic()
        pipe.execute()
        times.append(place.settled() - started)
        after = mib(daemon.rss()[0])
    out.add("cold slate of 300 players", figures.median(times) * PLAYERS / len(league.players), "s", goal=2, spread=times)
    out.add("resident memory, league loaded", figures.median(loaded), "MiB", goal=150e6 / 2**20)
    out.add("resident memory, after the slate", after, "MiB", goal=150e6 / 2**20)
    daemon = place.fresh({"pool": {"workers": args.workers}})
    place.date = harness.tonight()
    for n in range(PLAYERS):
        place.regenerate(f"p{n}")
    place.settled()
    out.add("resident memory, no league, after 300 runs", mib(daemon.rss()[0]), "MiB", goal=24e6 / 2**20)


def latency(out, place, args):
    league = args.league
    count = 200 if args.quick else 1000
    out.section(f"latency: one odds event at a time, {count} of them, idle otherwise")
    daemon = place.fresh({**league.changes, "pool": {"workers": args.workers}})
    fields = ("game_date", league.date, "market", "points", "book", "fanduel", "over", "-110", "under", "-110", "ts", league.ts)
    probe = lambda n, first: measured(place, "props:", n, 3000, fields, league.lines(), first)
    probe(len(league.players), 0)  # each has his first report: the rest of the stages is kept
    before = daemon.ctl.metrics()
    taken = probe(count, len(league.players))
    after = daemon.ctl.metrics()
    hop, trip = measured(place, "bare", count, 3000), measured(place, "trip", count, 3000)
    p50, p99 = figures.median(taken), figures.quantile(taken, .99)
    out.add("odds event, XADD to committed report, p50", p50 / 1000, "ms", goal=1)
    out.add("odds event, XADD to committed report, p99", p99 / 1000, "ms", goal=5)
    mean = lambda name, label="": share(before, after, name, label) * 1e6
    wait, run = mean("propsd_queue_wait_seconds"), mean("propsd_run_seconds")
    bare_hop, bare_trip = figures.median(hop), figures.median(trip)
    out.note("where it goes (us): " + ", ".join(f"{name} {value:.0f}" for name, value in (
        ("XADD to a blocked reader and a notice to its reader, two bare hops", 2 * bare_hop),
        ("three bare script round trips (apply, begin, commit)", 3 * bare_trip),
        ("waiting for a place", wait), ("the run, begin's reply to completion", run))) +
        f", the rest {p50 - 2 * bare_hop - 3 * bare_trip - wait - run:.0f}")
    out.add("  share of Redis' own hops and trips", (2 * bare_hop + 3 * bare_trip) / p50, "of p50")
    out.add("  share of the run", run / p50, "of p50")


def share(before, after, name, label):
    def of(values, suffix):
        return sum(v for k, v in values.items() if k.split("{")[0] == name + suffix and label in k)
    count = of(after, "_count") - of(before, "_count")
    return (of(after, "_sum") - of(before, "_sum")) / count if count else 0


def measured(place, what, count, pause, fields=(), lines="", first=0):
    """Latencies in microseconds, in the order they were taken."""
    return [float(line) for line in command(program("probe"), place.redis.path, what, str(count), str(pause), str(first), *fields, stdin=lines).split()]


def burst(out, place, args):
    league = args.league
    count = 50_000 if args.quick else 500_000
    rounds = 3 if args.quick else 5
    out.section(f"burst: {count:,} odds events for {len(league.players)} players of {league.games} games, waiting; {rounds} turns of each")
    bare, rates, runs, peaks, ratios = [], [], [], [], []
    for n in range(rounds):
        daemon = place.fresh({**league.changes, "pool": {"workers": args.workers}})
        idle = daemon.rss()[0]
        with place.held(daemon):
            command(program("load_stream"), place.redis.path, "props:odds", "odds", str(count), league.date, league.ts, stdin=league.lines())
            taken = float(command(program("bare_consumer"), place.redis.path, "props:odds", "bare", str(count)))
            place.r.xgroup_destroy("props:odds", "bare")
            shares, started = Shares(place, daemon), time.monotonic()
        ended = place.settled(every=0.02)
        bare.append(count / taken)
        rates.append(count / (ended - started))
        ratios.append(rates[-1] / bare[-1])
        runs.append(place.r.xinfo_stream("props:reports")["entries-added"] if "entries-added" in place.r.xinfo_stream("props:reports")
                    else sum(v for k, v in daemon.ctl.metrics().items() if k.startswith("propsd_runs_total")))
        peaks.append(mib(daemon.rss()[1]))
        words = shares.words()
    out.add("bare consumer", figures.median(bare), "events/s", spread=bare)
    out.add("propsd, all committed and acked", figures.median(rates), "events/s", against=figures.median(bare),
            ratio=figures.median(ratios), goal=.5, better="higher", spread=rates)
    out.add("  seconds until all is committed and acked", count / figures.median(rates), "s")
    out.add("  regenerations", figures.median(runs), "runs", spread=runs)
    out.add("  peak resident memory", figures.median(peaks), "MiB", spread=peaks)
    out.note(f"{words}; resident before: {mib(idle):.0f} MiB")


def singles(out, place, args):
    count = 20_000 if args.quick else 100_000
    rounds = 3 if args.quick else 5
    out.section(f"singles: {count:,} regenerate events, each of a player of its own, no work; {rounds} turns")
    rates, bare, peaks = [], [], []
    for _ in range(rounds):
        daemon = place.fresh({"pool": {"workers": args.workers}})
        with place.held(daemon):
            command(program("load_stream"), place.redis.path, "props:regenerate", "regenerate", str(count), harness.tonight())
            bare.append(count / float(command(program("bare_consumer"), place.redis.path, "props:regenerate", "bare", str(count))))
            place.r.xgroup_destroy("props:regenerate", "bare")
            shares, started = Shares(place, daemon), time.monotonic()
        rates.append(count / (place.settled(every=0.02) - started))
        peaks.append(mib(daemon.rss()[1]))
        words = shares.words()
    out.add("players regenerated, committed and acked", figures.median(rates), "a second", goal=30_000, better="higher", spread=rates)
    out.add("  bare consumer of the same stream", figures.median(bare), "events/s", spread=bare)
    out.add("  peak resident memory", figures.median(peaks), "MiB", spread=peaks)
    out.note(words)


def start_of(place, player, date, task):
    """Milliseconds from the entry to the start of its run, by its report: both moments are whole ones."""
    report = place.report(player, date)
    made = datetime.datetime.strptime(report["generated_at"], "%Y-%m-%dT%H:%M:%S.%f%z").timestamp() * 1000
    return made - task / 1000 - int(report["causes"][0]["id"].split("-")[0])


def urgent(out, place, args):
    task = 2000
    count = 1500 if args.quick else 5000
    rounds = 1 if args.quick else 3
    out.section(f"urgent: {count:,} low players of {task / 1000:g} ms waiting, {args.workers} workers, {rounds} turns")
    taken, starts, before = [], [], []
    for _ in range(rounds):
        daemon = place.fresh({"pool": {"workers": args.workers}, ("processor", "load"): {"spin_us": task}})
        date = harness.tonight()
        load = lambda: command(program("load_stream"), place.redis.path, "props:regenerate", "regenerate", str(count), date, "low")
        load()
        followed = place.notices()
        followed.wait_count(20)
        lines = "".join(f"urgent{n} -\n" for n in range(1000))
        # As many as surely fit into the time that the low ones take.
        samples = int(count * task / 1e6 / int(args.workers) / .03)
        taken += measured(place, "props:", samples, 20_000, ("game_date", date, "priority", "urgent"), lines)
        starts += [start_of(place, f"urgent{n}", date, task) for n in range(samples)]
        followed.more(1)
        if len(followed.all) >= count + samples:
            out.note("the low players were through before the urgent ones: too few samples under load")
        place.settled()
        # The last of those that wait, raised by hand.
        place.date = date
        place.add_all([("regenerate", {"player_lookup": f"q{n}", "game_date": date, "priority": "low"}) for n in range(count // 5)])
        followed = place.notices()
        followed.wait_count(20)
        last = f"q{count // 5 - 1}"
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(daemon.socket)
            request = {"v": 1, "cmd": "prioritize", "args": {"player": last, "level": "urgent", "date": date}}
            followed.more(1)
            seen = len(followed.all)
            admin.sendall(json.dumps(request).encode() + b"\n")
            assert json.loads(admin.makefile().readline())["ok"]
        followed.wait_player(last)
        before.append(followed.players().index(last) - seen)
        place.settled()
    out.add("urgent event, XADD to start, p50", figures.median(starts), "ms")
    out.add("urgent event, XADD to start, p99", figures.quantile(starts, .99), "ms", goal=(task + 1000) / 1000)
    out.add("  XADD to committed report, p50", figures.median(taken) / 1000, "ms")
    out.add("  XADD to committed report, p99", figures.quantile(taken, .99) / 1000, "ms")
    out.note(f"{len(taken)} samples; a start is generated_at less one task's length, to a millisecond more or less")
    # Begun are 2 ms of work, at least two a worker: those are not overtaken, and one may be on its way back from Redis.
    out.add("runs that ended between prioritize and his own", figures.median(before), "runs", goal=2 * int(args.workers) + 1,
            spread=before)


def slots(out, place, args):
    out.section("slots: 200 low runs of 150 ms waiting in 32 slots")
    taken = []
    for _ in range(2 if args.quick else 5):
        place.fresh({"pool": {"workers": args.workers}, ("processor", "load"): {"sleep_ms": 150}})
        date = harness.tonight()
        command(program("load_stream"), place.redis.path, "props:regenerate", "regenerate", "200", date, "low")
        place.notices(from_start=True).wait_count(1)
        taken += measured(place, "props:", 3, 1000, ("game_date", date, "priority", "urgent"), "u0 -\nu1 -\nu2 -\n")
        place.settled()
    start = [us / 1000 - 150 for us in taken]
    out.add("urgent event, XADD to start, p50", figures.median(start), "ms")
    out.add("urgent event, XADD to start, worst", max(start), "ms", goal=10)
    out.note(f"{len(start)} samples; start = commit less 150 ms, so timer and commit are in it")


ITEMS = {f.__name__: f for f in (slate, latency, burst, singles, urgent, slots)}


def main():
    parser = figures.parser("flow", __doc__, ITEMS, "a tenth of it: to see that it works, not to tell anybody")
    parser.add_argument("--workers", default="2")
    parser.add_argument("--data", metavar="FOLDER", help="box scores to import")
    args = parser.parse_args()
    items = args.items or list(ITEMS)
    out = figures.Figures(args.json)
    place = Place()
    try:
        if set(items) & {"slate", "latency", "burst"}:
            args.league = League(place.folder, args.data)
        for item in items:
            ITEMS[item](out, place, args)
    finally:
        place.close()


if __name__ == "__main__":
    main()
