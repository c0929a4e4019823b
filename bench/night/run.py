#!/usr/bin/python3
"""A night with a model that takes 0.15 s a player, at the same pace: not there, before the report, and as the report.

    bench/night/run.py [--quick] [--json FILE] [--speed N] [--children N] [--turns N] [NIGHT...]

Nights (both without any): sample, of script/sample-league; real, of 2025-11-12, where the data is found. Per turn each is played
    with the built-in model alone,
    with the slow model as precompute, its output small and then a megabyte larger,
    with the slow model as the report, which reads the odds,
each on an empty Redis, by a propsd of its own whose children are warm. Events are those of the night; what propsd adds is none.
"""
import glob
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tests", "flow")]
sys.dont_write_bytecode = True
import figures  # noqa: E402
import harness  # noqa: E402
from place import Admin, Place, command  # noqa: E402

MODEL = os.path.join(HERE, "..", "slow_model.py")
REAL = "timeline-2025-11-12-books.ndjson.gz"
NIGHTS = ("sample", "real")
WAYS = ("the built-in model alone", "the model before the report", "... with 1 MB of output", "the model is the report")


def processor(children, *environment):
    return {"type": "exec", "command": ["/usr/bin/python3", MODEL], "children": children, "min_children": children,
            "environment": [f"PYTHONPATH={os.path.join(harness.SOURCE, 'worker')}", *environment]}


def changes_of(way, args):
    mine = {("processor", "mine"): processor(args.children, *(["PAD=1048576"] if way == WAYS[2] else []))}
    if way == WAYS[0]:
        return {}
    return {**mine, "report": {"processor": "mine"}} if way == WAYS[3] else {**mine, "precompute": {"processor": "mine"}}


def model_of(daemon):
    admin = Admin(daemon)
    try:
        return admin.ask("processor", name="mine")
    finally:
        admin.close()


def quantile(daemon, share):
    """Seconds from an odds entry's arrival to its commit, between the bounds of the histogram's bucket that has it."""
    buckets, below, start = [], 0, 0.0
    for name, value in daemon.ctl.metrics().items():
        if name.startswith("propsd_event_age_seconds_bucket{") and 'type="odds"' in name and "+Inf" not in name:
            buckets.append((float(name.split('le="')[1].split('"')[0]), value))
    wanted = share * buckets[-1][1]
    for bound, count in sorted(buckets):
        if count >= wanted and count > below:
            return start + (bound - start) * (wanted - below) / (count - below)
        start, below = bound, count
    return start


def play(place, league, way, args):
    """(model runs that events caused, odds to report p50, p99, seconds beyond the night's own, events)"""
    database, timeline = league
    daemon = place.fresh({"league": {"database": database}, "report": {"processor": "builtin"}, "ingest": {"past": "accept"},
                          "pool": {"workers": args.workers}, **changes_of(way, args)})
    mine = way != WAYS[0]
    idle = lambda: sum(child["state"] == "idle" for child in model_of(daemon)["children"])
    if mine:
        harness.until(lambda: idle() == args.children, "the children to be ready", 60, 0.05)
    done = subprocess.run([os.path.join(harness.SOURCE, "script", "play"), timeline, "--redis", place.redis.url, "--speed", str(args.speed),
                           "--quiet"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"script/play: {done.stdout}{done.stderr}")
    started = harness.time.monotonic()
    seconds = place.settled(600, every=0.25) - started
    events = sum(place.r.xinfo_stream("props:" + stream)["length"] for stream in ("slate", "lineup", "injury", "odds")
                 if place.r.exists("props:" + stream))
    model = model_of(daemon) if mine else {"done": 0, "failed": 0}
    if place.r.xlen("props:dead"):
        sys.exit(f"dead letters: {place.r.xrange('props:dead', count=1)}")
    first = sum(1 for _ in place.r.scan_iter("props:report:*", 1000)) if mine else 0  # the slate is asked for once, before the events
    return model["done"] + model["failed"] - first, quantile(daemon, .5), quantile(daemon, .99), seconds, events


def import_night(place, name):
    """(database, timeline), or None where there is none."""
    source = os.path.join(place.folder, name)
    if name == "sample":
        command(os.path.join(harness.SOURCE, "script", "sample-league"), source)
        timeline = glob.glob(os.path.join(source, "*.ndjson.gz"))[0]
    else:
        source, timeline = harness.DATA, os.path.join(harness.DATA, REAL)
        if not os.path.exists(timeline):
            return None
    command(harness.built("propsctl"), "import", source, "--into", os.path.join(place.folder, name + ".db"))
    return os.path.join(place.folder, name + ".db"), timeline


def night(out, place, args, name):
    league = import_night(place, name)
    out.section(f"{name} night at {args.speed:,} times its pace, {args.children} children of 0.15 s a player; {args.turns} turns")
    if not league:
        out.note(f"skipped: {os.path.join(harness.DATA, REAL)} is not there; PROPSD_DATA names the folder that has it")
        return
    got = {way: [] for way in WAYS}
    for turn in range(args.turns):
        for way in WAYS if turn % 2 == 0 else reversed(WAYS):
            got[way].append(play(place, league, way, args))
    bare = None
    for way in WAYS:
        runs, p50, p99, late, events = zip(*got[way])
        out.note(f"{way}: {figures.median(events):,} events")
        if way != WAYS[0]:
            share = [100 * r / e for r, e in zip(runs, events)]
            out.add("  model runs, beside each player's first", figures.median(runs), "runs", spread=runs)
            out.add("  model runs, of 100 events", figures.median(share), "", goal=7 if way != WAYS[3] else None)
        bare = bare or p50
        ratio = figures.median([mine / other for mine, other in zip(p50, bare)])
        ahead = way in WAYS[1:3]
        out.add("  odds to report, p50", figures.median(p50) * 1000, "ms", against=figures.median(bare) * 1000 if way != WAYS[0] else None,
                ratio=ratio if way != WAYS[0] else None, goal=1.1 if ahead else None, spread=[x * 1000 for x in p50])
        out.add("  odds to report, p99", figures.median(p99) * 1000, "ms", spread=[x * 1000 for x in p99])
        out.add("  all settled, after the night's last event", figures.median(late), "s")


def main():
    parser = figures.parser("night", __doc__, NIGHTS, "four times the pace, once: to see that it works, not to tell anybody", "night")
    parser.add_argument("--speed", type=int, default=3600)
    parser.add_argument("--children", type=int, default=20)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--workers", default="2")
    args = parser.parse_args()
    if args.quick:
        args.turns, args.speed = 1, 4 * args.speed
    out = figures.Figures(args.json)
    place = Place()
    try:
        for name in args.items or NIGHTS:
            night(out, place, args, name)
    finally:
        place.close()


if __name__ == "__main__":
    main()
