#!/usr/bin/python3
"""Ten times a night's size, timed on this machine with a redis-server of its own, on a Unix socket.

    bench/size/run.py [--quick] [--turns N] [--json FILE] [--workers N] [ITEM...]

Items (all without any):
    rosters      3,000 roster entries over 30 teams
    one_team     1,500 roster entries of one team, and how long a quote of another player, of high priority, takes meanwhile
    parked       30,000 entries, each with a time of its own, until all are parked
    orders       10,000 waiting players, and 2,000 orders for them
    regenerates  5,000 regenerates of a slate of 510 players
    injuries     2,000 injuries of a team of 2,000
    odds         50,000 quotes of 2,600 players

In all of them: the longest step of the loop (its thread's processor time), the slowest script (Redis' slow log), and the resident
memory once all is quiet, against that before. Each turn is a daemon of its own on an empty Redis, warmed up by the same burst on another
date where that leaves players behind: what is kept of them is no growth. The entries stand in the stream before the daemon may read.
"""
import os
import random
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tests", "flow")]
sys.dont_write_bytecode = True
import figures  # noqa: E402
import harness  # noqa: E402
from place import Admin, Place, metric, mib  # noqa: E402

TEAMS = [a + b + c for a in "ABCD" for b in "KLMNOP" for c in "XYZ"]
STEP_MS, SCRIPT_MS, MEMORY = 10, 5, 1.3


class Turn:
    """One daemon on an empty Redis, and what it is measured by."""

    def __init__(self, place, workers):
        self.place, self.r = place, place.r
        place.r.config_set("slowlog-log-slower-than", 500)
        place.r.config_set("slowlog-max-len", 100000)
        # Without the trace: it takes what it may and keeps it, and here it is looked for what is not given back.
        self.daemon = place.fresh({"pool": {"workers": workers}, "trace": {"records": 0, "reports": 0}})
        self.date = place.date

    def fill(self, entries):
        for at in range(0, len(entries), 2000):
            pipe = self.r.pipeline(transaction=False)
            for stream, fields in entries[at:at + 2000]:
                pipe.xadd("props:" + stream, fields)
            pipe.execute()

    def burst(self, entries, meanwhile=None):
        """Seconds from the moment the daemon may read on until all is settled."""
        with self.place.held(self.daemon):
            self.fill(entries)
            started = time.monotonic()
        if meanwhile:
            meanwhile()
        return self.place.settled(every=0.01) - started

    def quiet(self):
        """Resident memory, in bytes, once nothing is given back any more: that is looked at once a second."""
        self.place.settled()
        least = since = None
        while since is None or time.monotonic() < since + 2.5:
            now = self.daemon.rss()[0]
            if least is None or now < least:
                least, since = now, time.monotonic()
            time.sleep(.1)
        return least

    def begin(self):
        """What came before does not count."""
        self.before = self.quiet()
        self.r.slowlog_reset()

    def end(self, out):
        after = self.quiet()
        out["longest step of the loop"].append(self.longest_step_ms())
        out["slowest script"].append(self.slowest_script_ms())
        out["memory, before"].append(mib(self.before))
        out["memory, after"].append(mib(after))
        out["memory, peak"].append(mib(self.daemon.rss()[1]))

    def longest_step_ms(self):
        return metric(self.daemon, "propsd_loop_step_longest_seconds") * 1000

    def slowest_script_ms(self):
        scripts = [call["duration"] for call in self.r.slowlog_get(-1) if call["command"].startswith(b"EVALSHA")]
        return max(scripts, default=500) / 1000


def roster(date, count, teams, first=0):
    return [("slate", {"player_lookup": f"p{first + i}", "game_date": date, "team": teams[i % len(teams)], "status": "active"})
            for i in range(count)]


# --- the items: what one turn measures, into lists by the figure's name

def rosters(turn, out, part):
    turn.burst(roster(harness.tonight(3), 3000 // part, TEAMS[:30]))
    turn.begin()
    out["settled in"].append(turn.burst(roster(turn.date, 3000 // part, TEAMS[:30])))


def one_team(turn, out, part):
    count = 1500 // part
    turn.burst(roster(harness.tonight(3), count, ["LAL"]))
    turn.burst(roster(turn.date, 1, ["GSW"], count))
    other, took = f"p{count}", []

    def quotes():
        """One after the other, as long as the roster is not through; above the roster's level, for within a level who came first goes
        first."""
        while not took or turn.place.unsettled():
            followed = turn.place.notices()
            started = time.monotonic()
            turn.r.xadd("props:odds", {"player_lookup": other, "game_date": turn.date, "market": "points", "book": "b",
                                       "line": f"{len(took) % 100}.5", "priority": "high"})
            followed.wait_player(other)
            took.append(time.monotonic() - started)
    turn.begin()
    out["settled in"].append(turn.burst(roster(turn.date, count, ["LAL"]), quotes))
    out["a quote of another meanwhile, the slowest"].append(max(took) * 1000)


def parked(turn, out, part):
    chance, count = random.Random(1), 30000 // part
    turn.burst([("regenerate", {"player_lookup": f"p{i}", "game_date": turn.date}) for i in range(500)])
    turn.begin()
    admin = Admin(turn.daemon)
    now = int(turn.r.time()[0]) * 1000 + 8000 // part

    def wait():
        started = time.monotonic()
        harness.until(lambda: admin.ask("status")["entries"]["parked"] >= count, "all to be parked", 60, 0.01)
        out["parked in"].append(time.monotonic() - started)
    turn.burst([("regenerate", {"player_lookup": f"p{i % 500}", "game_date": turn.date, "not_before": str(now + chance.randrange(3000))})
                for i in range(count)], wait)
    admin.close()


def orders(turn, out, part):
    """The orders are written by another instance, so all of them are seen at once."""
    players, count = 10000 // part, 2000 // part
    entries = [("regenerate", {"player_lookup": f"p{i}", "game_date": turn.date}) for i in range(players)]
    turn.burst(entries)
    turn.begin()
    admin = Admin(turn.daemon)
    waiting = lambda level: admin.ask("status")["waiting"][level]
    admin.ask("pause")
    turn.fill(entries)
    harness.until(lambda: waiting("normal") >= players, "all to wait", 60, 0.01)
    until_ms = int(turn.r.time()[0]) * 1000 + 3600000
    started = time.monotonic()
    turn.r.hset("props:orders", mapping={f"priority:{turn.date}:p{i * 5}": f"{until_ms} {('urgent', 'low')[i % 2]}" for i in range(count)})
    harness.until(lambda: waiting("urgent") >= count // 2, "the orders to be in force", 60, 0.01)
    out["orders in force in"].append(time.monotonic() - started)
    started = time.monotonic()
    admin.ask("resume")
    out["then settled in"].append(turn.place.settled(every=0.01) - started)
    admin.close()


def regenerates(turn, out, part):
    turn.burst(roster(turn.date, 510, TEAMS[:30]))
    turn.burst([("slate", {"game_id": harness.game(turn.date, f"{TEAMS[i]}@{TEAMS[i + 1]}"), "status": "scheduled"})
                for i in range(0, 30, 2)])
    turn.begin()
    out["settled in"].append(turn.burst([("regenerate", {"game_date": turn.date})] * (5000 // part)))


def injuries(turn, out, part):
    count = 2000 // part
    turn.burst(roster(turn.date, count, ["LAL"]))
    turn.begin()
    out["settled in"].append(turn.burst([("injury", {"player_lookup": f"p{i}", "game_date": turn.date, "status": "doubtful"})
                                         for i in range(count)]))


def odds(turn, out, part):
    books = [f"book{n}" for n in range(8)]
    turn.burst(roster(turn.date, 2600, TEAMS[:30]))
    turn.begin()
    out["settled in"].append(turn.burst([
        ("odds", {"player_lookup": f"p{i * 7919 % 2600}", "game_date": turn.date, "market": "points", "book": books[i // 2600 % 8],
                  "line": f"{i % 60}.5", "over": "-110", "under": "-110"}) for i in range(50000 // part)]))


ITEMS = {f.__name__: f for f in (rosters, one_team, parked, orders, regenerates, injuries, odds)}
GOALS = {("rosters", "settled in"): 1, ("one_team", "settled in"): 1, ("parked", "parked in"): 1,
         ("one_team", "a quote of another meanwhile, the slowest"): 50}
WORDS = {
    "rosters": "3,000 roster entries over 30 teams",
    "one_team": "1,500 roster entries of one team",
    "parked": "30,000 entries with times of their own",
    "orders": "10,000 waiting players, 2,000 orders",
    "regenerates": "5,000 regenerates of a slate of 510 players",
    "injuries": "2,000 injuries of a team of 2,000",
    "odds": "50,000 quotes of 2,600 players",
}


class Lists(dict):
    def __missing__(self, key):
        return self.setdefault(key, [])


def measure(out, place, args, name):
    """Steps and scripts are told at their median over the turns: whoever else is on the machine lengthens the most of one."""
    lists = Lists()
    out.section(f"{name}: {WORDS[name]}{', a tenth of it' if args.quick else ''}; {args.turns} turns")
    for _ in range(args.turns):
        turn = Turn(place, args.workers)
        ITEMS[name](turn, lists, 10 if args.quick else 1)
        turn.end(lists)
    for figure, values in lists.items():
        if figure.startswith("memory"):
            continue
        unit = "s" if figure.endswith(" in") else "ms"
        goal = {"longest step of the loop": STEP_MS, "slowest script": SCRIPT_MS}.get(figure, GOALS.get((name, figure)))
        out.add(figure, figures.median(values), unit, goal=goal, spread=values)
    out.add("resident memory, once quiet", figures.median(lists["memory, after"]), "MiB", against=figures.median(lists["memory, before"]),
            ratio=figures.median([a / b for a, b in zip(lists["memory, after"], lists["memory, before"])]), goal=MEMORY,
            spread=lists["memory, after"])
    out.add("  at its peak", figures.median(lists["memory, peak"]), "MiB", spread=lists["memory, peak"])


def main():
    parser = figures.parser("size", __doc__, ITEMS, "a tenth of it, once: to see that it works, not to tell anybody")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--workers", default="2")
    args = parser.parse_args()
    if args.quick:
        args.turns = 1
    out = figures.Figures(args.json)
    place = Place()
    try:
        for item in args.items or ITEMS:
            measure(out, place, args, item)
    finally:
        place.close()


if __name__ == "__main__":
    main()
