#!/usr/bin/python3
"""What it costs to look at propsd and to keep what happened, on this machine with a redis-server of its own.

    bench/operators/run.py [--quick] [--json FILE] [ITEM...]

Items (all without any):
    busy     how long `status` takes, asked ten times a second, while 1,000,000 odds events are worked through
    crowd    200 clients who each ask for `status` once a second: processor time of propsd
    history  a burst of odds events with and without a history, ten pairs in turns: time, and processor time of propsd

The record (propsctl events, why) has no switch: what it costs is in every figure of bench/flow.
"""
import os
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "flow"), os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tests", "flow")]
sys.dont_write_bytecode = True
import figures  # noqa: E402
import run as flow  # noqa: E402
from place import Admin, Place, command, seconds_of  # noqa: E402

CLIENTS = 200


def loaded(place, daemon, league, count):
    """So many odds events wait, and the daemon stands still; returns how to let it go."""
    held = place.held(daemon)
    held.__enter__()
    command(flow.program("load_stream"), place.redis.path, "props:odds", "odds", str(count), league.date, league.ts, stdin=league.lines())
    return lambda: held.__exit__(None, None, None)


def busy(out, place, args):
    count = 100_000 if args.quick else 1_000_000
    out.section(f"busy: status ten times a second while {count:,} odds events are worked through")
    daemon = place.fresh(args.league.changes)
    taken, over = [], threading.Event()

    def poll():
        admin = Admin(daemon)
        while not over.wait(.1):
            asked = time.monotonic()
            admin.ask("status")
            taken.append((time.monotonic() - asked) * 1000)
        admin.close()

    go = loaded(place, daemon, args.league, count)
    thread = threading.Thread(target=poll)
    go()
    started = time.monotonic()
    thread.start()
    ended = place.settled(seconds=600, every=.2)
    over.set()
    thread.join()
    out.add("status, p50", figures.median(taken), "ms")
    out.add("status, p99", figures.quantile(taken, .99), "ms", goal=10)
    out.add("status, the slowest", max(taken), "ms", goal=10)
    out.note(f"{len(taken)} answers in {ended - started:.1f} s, {count / (ended - started):,.0f} events a second")


def crowd(out, place, args):
    seconds = 5 if args.quick else 20
    out.section(f"crowd: {CLIENTS} clients, each asks for status once a second, for {seconds} s")
    daemon = place.fresh(args.league.changes)
    for player, name in args.league.players:
        place.add("regenerate", player_lookup=player, game_id=name)
    place.settled()

    def share_of(clients):
        before, began = seconds_of(daemon.now.pid), time.monotonic()
        for n in range(seconds * len(clients) or 1):
            due = began + (n / len(clients) if clients else seconds)
            time.sleep(max(0, due - time.monotonic()))
            if clients:
                clients[n % len(clients)].ask("status")
        return (seconds_of(daemon.now.pid) - before) / (time.monotonic() - began)

    alone = share_of([])
    clients = [Admin(daemon) for _ in range(CLIENTS)]
    asked = share_of(clients)
    for client in clients:
        client.close()
    out.add("share of a processor that propsd takes", asked - alone, "", goal=.05)
    out.note(f"{alone:.4f} without them")


def history(out, place, args):
    count = 20_000 if args.quick else 100_000
    pairs = 2 if args.quick else 10
    out.section(f"history: {count:,} odds events, {pairs} pairs in turns")
    walls, shares = [], []
    for n in range(pairs):
        taken = {}
        for kept in (n % 2 == 0, n % 2 != 0):
            changes = {**args.league.changes, "history": {"file": os.path.join(place.folder, f"history{n}.db") if kept else ""}}
            daemon = place.fresh(changes)
            go = loaded(place, daemon, args.league, count)
            before, started = seconds_of(daemon.now.pid), time.monotonic()
            go()
            taken[kept] = place.settled(every=.02) - started, seconds_of(daemon.now.pid) - before
        walls.append(taken[True][0] / taken[False][0])
        shares.append(taken[True][1] / taken[False][1])
    out.add("time until all is settled, with over without", figures.median(walls), "times", goal=1.05, spread=walls)
    out.add("processor time of propsd, with over without", figures.median(shares), "times", spread=shares)


ITEMS = {f.__name__: f for f in (busy, crowd, history)}


def main():
    args = figures.parser("operators", __doc__, ITEMS, "a tenth of it: to see that it works, not to tell anybody").parse_args()
    out = figures.Figures(args.json)
    place = Place()
    try:
        args.league = flow.League(place.folder, None)
        for item in args.items or ITEMS:
            ITEMS[item](out, place, args)
    finally:
        place.close()


if __name__ == "__main__":
    main()
