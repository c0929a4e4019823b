#!/usr/bin/python3
"""A program of a user's own that sleeps 0.15 s a player, behind propsd with a redis-server of its own, and behind what a user would
take instead.

    bench/processors/run.py [--quick] [--json FILE] [--turns N] [--children N] [ITEM...]

Items (all but the last two, real and long, without any):
    warm      200 players through 20 warm children: wall time, against 200 / 20 sleeps
    urgent    20 urgent players come while 200 low ones are at work: who starts before them
    withdrawn a player of an idle evening is out: when his lines are gone from his report, while the model takes its time
    overhead  one job at a time that does nothing, through propsd against a bare pipe to the same program
    peers     200 jobs through propsd, multiprocessing.Pool and Celery (prefork, Redis); then a kill -9 of a worker amid them
    http      800 players through a server that takes 0.15 s, 80 at a time, against a bare asyncio client on the same server
    http_trip one request at a time that takes no time, through propsd against that client
    real      200 players of 15 s through 20 children: two and a half minutes
    long      100,000 jobs that do nothing: descriptors and memory, early and late

Sleeping needs no processor, so these figures bear neighbours better than others do. What is compared is measured in turns.
"""
import asyncio
import json
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "tests", "flow")]
sys.dont_write_bytecode = True
import figures  # noqa: E402
import harness  # noqa: E402
from place import Admin, Place  # noqa: E402

MODEL = os.path.join(HERE, "..", "slow_model.py")
PYTHON = "/usr/bin/python3"  # Debian's, which has Celery
PATIENCE = 15  # seconds without any job's end, after which what is not done is lost


def ours_of(daemon):
    """How many jobs the processor has done."""
    admin = Admin(daemon)
    try:
        return admin.ask("processor", name="mine")["done"]
    finally:
        admin.close()


class Log:
    """What slow_model.py noted: {job: when} of starts and of ends, the first of each. Read on from where it was read to: who looks on
    takes next to nothing from those that are measured."""

    def __init__(self, path):
        open(path, "w").close()
        self.path, self.file, self.rest = path, open(path), ""
        self.starts, self.ends, self.whose = {}, {}, {}

    def read(self):
        """What came since: who looks on must not take the processors from those who are looked at."""
        *lines, self.rest = (self.rest + self.file.read()).split("\n")
        for line in lines:
            what, job, pid, when = line.split()
            (self.starts if what == "start" else self.ends).setdefault(job, float(when))
            self.whose[job] = int(pid)
        return self.starts, self.ends, self.whose

    def ended(self, jobs):
        ends = self.read()[1]
        return sum(job in ends for job in jobs)

    def wait(self, jobs, patience=None):
        """Until all these ended, or none did for so long; the seconds of the last end, and who is missing."""
        before, since = -1, time.monotonic()
        while True:
            ends = self.read()[1]
            missing = [job for job in jobs if job not in ends]
            if len(missing) != before:
                before, since = len(missing), time.monotonic()
            if not missing or time.monotonic() > since + (patience or 120):
                return max((ends[job] for job in jobs if job in ends), default=0), missing
            time.sleep(0.01)


# --- who is measured: each has children(), send(), close()

class Ours:
    name = "propsd"

    def __init__(self, place, args, log, sleep=0.15, children=None, environment=()):
        self.place, self.count = place, children or args.children
        self.daemon = place.fresh({
            ("processor", "mine"): {"type": "exec", "command": [PYTHON, MODEL], "children": self.count, "min_children": self.count,
                                    "environment": [f"PYTHONPATH={os.path.join(harness.SOURCE, 'worker')}", f"SLEEP={sleep}",
                                                    *([f"LOG={log.path}"] if log else []), *environment]},
            "report": {"processor": "mine"}, "regen": {"back_off": "50ms"}})
        harness.until(lambda: self.idle() == self.count, "the children to be ready", 60, 0.02)

    def processor(self):
        admin = Admin(self.daemon)
        try:
            return admin.ask("processor", name="mine")
        finally:
            admin.close()

    def events(self, limit):
        admin = Admin(self.daemon)
        try:
            return admin.ask("events", limit=limit)["events"]
        finally:
            admin.close()

    def idle(self):
        return sum(child["state"] == "idle" for child in self.processor()["children"])

    def send(self, jobs, priority="normal"):
        pipe = self.place.r.pipeline(transaction=False)
        for job in jobs:
            pipe.xadd("props:regenerate", {"player_lookup": job, "game_date": self.place.date, "priority": priority})
        pipe.execute()

    def close(self):
        self.place.gone()


class Pool:
    name = "multiprocessing.Pool"

    def __init__(self, place, args, log):
        self.process = subprocess.Popen([PYTHON, "-B", os.path.join(HERE, "peer_pool.py")], stdin=subprocess.PIPE, text=True,
                                        start_new_session=True, env={**os.environ, "CHILDREN": str(args.children), "LOG": log.path})
        self.send([f"warm{n}" for n in range(args.children)])
        log.wait([f"warm{n}" for n in range(args.children)])

    def send(self, jobs):
        self.process.stdin.write(" ".join(jobs) + "\n")
        self.process.stdin.flush()

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)  # its processes outlive it otherwise
        self.process.wait()
        self.process.stdin.close()


class Celery:
    name, late = "Celery", "0"

    def __init__(self, place, args, log):
        place.r.flushall()
        environment = {**os.environ, "REDIS": place.redis.path, "LOG": log.path, "LATE": self.late, "C_FORCE_ROOT": "1"}
        os.environ.update({name: environment[name] for name in ("REDIS", "LATE")})
        sys.path.insert(0, HERE)
        sys.modules.pop("peer_celery", None)
        import peer_celery
        self.app = peer_celery
        self.process = subprocess.Popen([PYTHON, "-B", "-m", "celery", "-A", "peer_celery", "worker", "-P", "prefork", "-c", str(args.children),
                                         "--without-gossip", "--without-mingle"], cwd=HERE, env=environment,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.send([f"warm{n}" for n in range(2 * args.children)])
        log.wait([f"warm{n}" for n in range(2 * args.children)])

    def send(self, jobs):
        for job in jobs:
            self.app.do.apply_async((job,), ignore_result=True)

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.app.app.close()


class CeleryLate(Celery):
    name, late = "Celery, acks_late", "1"


# --- the items

def names(prefix, count):
    return [f"{prefix}{n}" for n in range(count)]


def fresh_log(place):
    return Log(os.path.join(place.folder, "notes"))


def wall(whose, log, jobs, least=0):
    """Seconds from before they are sent to the end of the last. Nobody looks for it before it can be."""
    began = time.monotonic()
    whose.send(jobs)
    time.sleep(max(0, began + least - time.monotonic()))
    return log.wait(jobs)[0] - began


def warm(out, place, args):
    out.section(f"warm: {args.jobs} players of 0.15 s, {args.children} warm children; {args.turns} turns")
    times, committed, least = [], [], args.jobs / args.children * 0.15
    log = fresh_log(place)
    ours = Ours(place, args, log)
    for turn in range(args.turns):
        began = time.monotonic()
        times.append(wall(ours, log, names(f"p{turn}x", args.jobs), least))
        committed.append(place.settled() - began)
    ours.close()
    out.add("XADD to the last job's end", figures.median(times), "s", against=least, goal=1.02, spread=times)
    out.add("XADD to all committed and acked", figures.median(committed), "s", against=least, spread=committed)


def urgent(out, place, args):
    out.section(f"urgent: 20 urgent players among {args.jobs} low ones of 0.15 s; {args.turns} turns")
    before, waits = [], []
    log = fresh_log(place)
    ours = Ours(place, args, log)
    for turn in range(args.turns):
        low, high = names(f"low{turn}x", args.jobs), names(f"high{turn}x", 20)
        ours.send(low, "low")
        harness.until(lambda: log.ended(low) >= args.jobs // 3, "a third to be done", 60, 0.01)
        time.sleep(0.075)  # the children began together: amid their jobs, none is just about to be given out
        ours.send(high, "urgent")
        sent = time.monotonic()
        log.wait(low + high)
        starts = log.read()[0]
        last = max(starts[job] for job in high)
        before.append(sum(sent < starts[job] < last for job in low))
        waits.append(last - sent)
        place.settled()
    ours.close()
    out.add("low ones that start before the last urgent one", figures.median(before), "", goal=0, spread=before)
    out.add("XADD to the start of the last urgent one", figures.median(waits), "s", spread=waits)


def withdrawn(out, place, args):
    times = 30 if args.quick else 200
    out.section(f"withdrawn: {times} times a player of 15 is out, his report in the built-in form on a model of 0.15 s")
    daemon = place.fresh({("processor", "mine"): {"type": "exec", "command": [PYTHON, MODEL], "children": args.children,
                                                  "min_children": args.children,
                                                  "environment": [f"PYTHONPATH={os.path.join(harness.SOURCE, 'worker')}"]},
                          "precompute": {"processor": "mine"}, "report": {"processor": "builtin"}})
    players = names("p", 15)
    place.seat("LAL@GSW", LAL=players, GSW=names("q", 15))
    for player in players:
        place.odds(player, line="19.5", over="-110", under="-110")
    place.settled(every=0.01)
    seen, took = "$", []

    def wait_report(player, is_it):
        """When the notice of the first report was there that is so."""
        nonlocal seen
        while True:
            for number, notice in place.r.xread({"props:reports": seen}, block=60000)[0][1]:
                when, seen = time.monotonic(), number
                if notice[b"player_lookup"].decode() == player and is_it(place.report(player)):
                    return when

    def has_lines(report):
        return bool(report.get("markets", {}).get("points", {}).get("books"))
    for n in range(times):
        player, before = players[n % len(players)], ours_of(daemon)
        if not has_lines(place.report(player)):
            sys.exit(f"{player} has no lines that could be withdrawn: {place.report_text(player)}")
        seen = place.r.xinfo_stream("props:reports")["last-generated-id"]
        began = time.monotonic()
        place.injury(player, "out")
        took.append((wait_report(player, lambda report: not has_lines(report)) - began) * 1000)
        if ours_of(daemon) > before:
            sys.exit("the model was done before the report: that shows nothing")
        place.settled(every=0.01)
        place.injury(player, "available")
        place.settled(every=0.01)
    place.gone()
    out.add("XADD to the report without his lines, p50", figures.median(took), "ms")
    out.add("p99", figures.quantile(took, .99), "ms", goal=5)


def bare_pipe(request, count):
    """Seconds from a request written to its reply read, one after the other, and those that the function took by its own clock."""
    child = subprocess.Popen([PYTHON, MODEL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                             env={"PATH": os.environ["PATH"], "PYTHONPATH": os.path.join(harness.SOURCE, "worker"), "SLEEP": "0"})
    child.stdout.readline()
    trips, took = [], []
    for n in range(count):
        line = json.dumps({**request, "id": n + 1}, separators=(",", ":")).encode() + b"\n"
        began, reply = time.perf_counter(), b""
        os.write(child.stdin.fileno(), line)
        while not reply.endswith(b"\n"):
            reply += os.read(child.stdout.fileno(), 65536)
        trips.append(time.perf_counter() - began)
        took.append(json.loads(reply)["result"]["took"])
    child.stdin.close()
    child.wait()
    return trips, took


def overhead(out, place, args):
    count = 100 if args.quick else 500
    out.section(f"overhead: {count} jobs that do nothing, one at a time; {args.turns} turns")
    kept, ratios, ours_us, bare_us = os.path.join(place.folder, "request"), [], [], []
    ours = Ours(place, args, None, 0, 1, [f"REQUEST={kept}"])
    ours.send(["ann"])
    place.settled()
    ours.close()
    with open(kept) as file:
        request = json.load(file)
    ours = Ours(place, args, None, 0, 1)
    for _ in range(args.turns):
        followed = place.notices()
        our_trips, our_took = [], []
        for n in range(count):
            place.r.xadd("props:regenerate", {"player_lookup": "ann", "game_date": place.date, "force": "1"})
            followed.wait_count(n + 1)
            our_trips.append(ours.processor()["children"][0]["last_us"] / 1e6)
            our_took.append(json.loads(place.report_text("ann"))["took"])
        trips, bare_took = bare_pipe(request, count)
        ours_us.append((figures.median(our_trips) - figures.median(our_took)) * 1e6)
        bare_us.append((figures.median(trips) - figures.median(bare_took)) * 1e6)
        ratios.append(ours_us[-1] / bare_us[-1])
    ours.close()
    out.add("request written to reply read, less the function", figures.median(ours_us), "us", against=figures.median(bare_us),
            ratio=figures.median(ratios), goal=1.5, spread=ours_us)
    out.note("against: the same through a bare pipe")


def killed(whose, log, jobs):
    """(jobs that are never done, seconds from the kill to the end of the job that was hit or None)"""
    whose.send(jobs)
    harness.until(lambda: log.ended(jobs) >= len(jobs) // 4, "a quarter to be done", 60, 0.01)
    while True:
        starts, ends, pids = log.read()
        running = [job for job in jobs if job in starts and job not in ends]
        hit = max(running, key=starts.get, default=None)  # the last that began
        if hit and time.monotonic() - starts[hit] < 0.1:
            break
        if all(job in ends for job in jobs):
            sys.exit("all jobs were done before one could be hit: the machine is too busy for this")
    os.kill(pids[hit], signal.SIGKILL)
    when = time.monotonic()
    missing = log.wait(jobs, PATIENCE)[1]
    ends = log.read()[1]
    return len(missing), ends[hit] - when if hit in ends else None


def peers(out, place, args):
    out.section(f"peers: {args.jobs} jobs of 0.15 s, {args.children} processes; {args.turns} turns")
    able = [Ours, Pool]
    if subprocess.run([PYTHON, "-c", "import celery"], capture_output=True).returncode == 0:
        able += [Celery, CeleryLate]
    else:
        out.note("Celery is left out: python3-celery is not installed (script/bootstrap --with-bench)")
    times, lost, again = ({kind: [] for kind in able} for _ in range(3))
    for turn in range(args.turns):
        for kind in able:
            log = fresh_log(place)
            whose = kind(place, args, log)
            times[kind].append(wall(whose, log, names(f"{turn}x", args.jobs), args.jobs / args.children * 0.15))
            missing, seconds = killed(whose, log, names("k", args.jobs))
            lost[kind].append(missing)
            again[kind] += [seconds] if seconds is not None else []
            whose.close()
    for kind in able:
        out.note(kind.name)
        out.add("  wall time", figures.median(times[kind]), "s", against=args.jobs / args.children * 0.15, spread=times[kind])
        out.add("  jobs lost at a kill -9 of a worker process", figures.median(lost[kind]), "", goal=0 if kind is Ours else None,
                spread=lost[kind])
        if again[kind]:
            out.add("  from the kill until that job is done after all", figures.median(again[kind]), "s", spread=again[kind])


class Server:
    """push_server.py"""

    def __init__(self, **environment):
        self.process = subprocess.Popen([PYTHON, "-B", os.path.join(HERE, "push_server.py")], stdout=subprocess.PIPE, text=True,
                                        env={"PATH": os.environ["PATH"], **environment})
        self.port = int(self.process.stdout.readline())

    def options(self, concurrency):
        return {("processor", "mine"): {"type": "http", "url": f"http://127.0.0.1:{self.port}/", "form": "json",
                                        "concurrency": concurrency},
                "report": {"processor": "mine"}, "regen": {"back_off": "50ms"}}

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


async def bare_client(port, requests, at_once):
    """Sends them all, so many at a time, each connection kept; seconds of each from its writing to the reply read."""
    left, trips = iter(requests), []

    async def one():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in left:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]))
            trips.append(time.perf_counter() - began)
        writer.close()
        await writer.wait_closed()
    await asyncio.gather(*[one() for _ in range(at_once)])
    return trips


def request_of(body):
    return (b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)) + body


class ByHttp(Ours):
    def __init__(self, place, server, at_once):
        self.place, self.daemon = place, place.fresh(server.options(at_once))


def http(out, place, args):
    jobs, at_once = 4 * args.jobs, 4 * args.children
    out.section(f"http: {jobs} jobs of 0.15 s, {at_once} at a time; {args.turns} turns")
    log = fresh_log(place)
    server = Server(LOG=log.path)
    ours = ByHttp(place, server, at_once)
    times, committed, bare, ratios = [], [], [], []
    for turn in range(args.turns):
        began = time.monotonic()
        times.append(wall(ours, log, names(f"p{turn}x", jobs)))
        committed.append(place.settled() - began)
        body = names(f"b{turn}x", jobs)
        requests = [request_of(json.dumps({"player_lookup": job, "pad": "x" * 200}).encode()) for job in body]
        began = time.monotonic()
        asyncio.run(bare_client(server.port, requests, at_once))
        bare.append(log.wait(body)[0] - began)
        ratios.append(times[-1] / bare[-1])
    ours.close()
    server.close()
    out.add("XADD to the last job's end", figures.median(times), "s", against=figures.median(bare), ratio=figures.median(ratios), goal=1.03,
            spread=times)
    out.add("XADD to all committed and acked", figures.median(committed), "s", against=figures.median(bare), spread=committed)
    out.note("against: a bare asyncio client on the same server, from its start to the last job's end")


def http_trip(out, place, args):
    count = 200 if args.quick else 1000
    out.section(f"http_trip: {count} jobs that do nothing, one at a time; {args.turns} turns")
    kept = os.path.join(place.folder, "http-request")
    server = Server(SLEEP="0", REQUEST=kept)
    ours = ByHttp(place, server, 1)
    ours.send(["ann"])
    place.settled()
    ours.close()
    server.close()
    with open(kept, "rb") as file:
        request = file.read()
    server = Server(SLEEP="0")
    ours = ByHttp(place, server, 1)
    ours_us, whole_us, bare_us, ratios = [], [], [], []
    for _ in range(args.turns):
        followed, trips = place.notices(), []
        for n in range(count):
            place.r.xadd("props:regenerate", {"player_lookup": "ann", "game_date": place.date, "force": "1"})
            followed.wait_count(n + 1)
            trips.append(ours.processor()["last_us"])
        ours_us.append(figures.median(trips))
        steps = ours.events(1000)  # as many as it tells
        whole_us.append(figures.median([step["took_ms"] for step in steps if step["step"] == "ran"]) * 1e3)
        bare_us.append(figures.median(asyncio.run(bare_client(server.port, [request] * count, 1))) * 1e6)
        ratios.append(ours_us[-1] / bare_us[-1])
    ours.close()
    server.close()
    out.add("request written to reply read", figures.median(ours_us), "us", against=figures.median(bare_us), ratio=figures.median(ratios),
            goal=1.5, spread=ours_us)
    out.add("begun to report made, on three threads", figures.median(whole_us), "us", against=figures.median(bare_us), spread=whole_us)
    out.note("against: the same bytes by a bare asyncio client, the same server")


def real(out, place, args):
    out.section(f"real: {args.jobs} players of 15 s, {args.children} children")
    log = fresh_log(place)
    ours = Ours(place, args, log, 15)
    began = time.monotonic()
    ours.send(names("p", args.jobs))
    out.add("XADD to all committed and acked", place.settled(400, every=0.05) - began, "s", goal=155)
    ours.close()


def long(out, place, args):
    count, part = 10_000 if args.quick else 100_000, 1000  # each player once a part: what comes twice would be one job
    out.section(f"long: {count:,} jobs that do nothing, 4 children")
    ours = Ours(place, args, None, 0, 4)
    seen = []
    began = time.monotonic()
    for n in range(0, count, part):
        ours.send([f"p{k}" for k in range(part)])
        place.r.xtrim("props:reports", maxlen=1000)
        harness.until(lambda: not place.unsettled(), "a part to be settled", 600, 0.05)
        children = [child["rss"] for child in ours.processor()["children"]]
        seen.append((len(os.listdir(f"/proc/{ours.daemon.now.pid}/fd")), ours.daemon.rss()[0], max(children)))
    took = time.monotonic() - began
    done = ours.processor()["done"]
    early, late = seen[len(seen) // 4], seen[-1]
    ours.close()
    out.add("runs", done, f"in {took:.0f} s")
    for n, (what, unit, by) in enumerate((("descriptors", "", 1), ("resident memory", "MiB", 2**20), ("the largest child", "MiB", 2**20))):
        out.add(what + ", at the end", late[n] / by, unit, against=early[n] / by, goal=1.05)


ITEMS = {f.__name__: f for f in (warm, urgent, withdrawn, overhead, peers, http, http_trip, real, long)}
BY_NAME_ONLY = ("real", "long")


def main():
    parser = figures.parser("processors", __doc__, ITEMS, "one turn: to see that it works, not to tell anybody")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--children", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=200)
    args = parser.parse_args()
    if args.quick:
        args.turns = 1
    out = figures.Figures(args.json)
    place = Place()
    try:
        for item in args.items or [name for name in ITEMS if name not in BY_NAME_ONLY]:
            ITEMS[item](out, place, args)
    finally:
        place.close()


if __name__ == "__main__":
    main()
