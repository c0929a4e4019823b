#!/usr/bin/python3
"""The same work through our pool and through those a user would take instead.

    bench/pool/run.py [--quick] [--json FILE] [--build FOLDER] [WORKLOAD...]

Workloads (all without any):
    W1  one outside thread submits tasks of 0, 1 and 20 us; time a task, of 20 us also processor time
    W2  a task forks 200 children of 20 us, all are joined, again and again; time a round (ideal 2,000 us on two cores)
    W3  two workers asleep, a task every 2 ms: from submitting to its start
    W4  24,000 low tasks of 50 us wait, an urgent one comes every 5 ms: its wait; low ones started after it was visible
    W5  60 workers asleep, a task every ms: processor time and context switches a task, the submitter's included
    W6  tasks of 10 us, one in a hundred takes 100 times as long; time and processor time a task
    IR  instructions a task of 0 us (callgrind), which do not depend on the machine's mood

Each figure is the median of its runs, with the least and the most below it; the peers take turns, each run is a fresh
process. The ratio is ours to the best of the others. A turn during which something else took more than a twentieth of the
processors is thrown away and repeated, for --patience seconds in all; after that it is kept and counted as disturbed.
"""
import os
import re
import resource
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
sys.dont_write_bytecode = True
import figures  # noqa: E402

OURS, PEERS = "propsd", ("heap", "GLib", "libuv", "oneTBB", "Qt", "rayon")
ALL = (OURS,) + PEERS
FLOOR = "futex"  # no pool: one thread on one futex. What waking a thread costs whoever does it.
CPU_GOAL = 1.02  # where time is the work itself: what else the pool takes of the processors


class Others:
    """What the rest of the machine took of its processors since this was made."""

    def __init__(self):
        self.began, self.busy = time.monotonic(), self._busy()

    @staticmethod
    def _busy():
        with open("/proc/stat", encoding="ascii") as stat:
            fields = [int(field) for field in stat.readline().split()[1:9]]
        mine = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        all_busy = (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")
        return all_busy - sum(usage.ru_utime + usage.ru_stime for usage in mine)

    def share(self):
        return max(0.0, (self._busy() - self.busy) / (time.monotonic() - self.began) / os.cpu_count())


class Bench:
    def __init__(self, options):
        self.patience, self.kept, self.thrown, self.disturbed = options.patience, 0, 0, 0
        self.measure = os.path.join(options.build, "bench", "pool", "measure")
        if not os.access(self.measure, os.X_OK):
            sys.exit(f"bench/pool: {self.measure} is not there; script/bench pool installs the other pools and builds it")
        self.quick, self.runs = options.quick, 3 if options.quick else 7
        self.figures = figures.Figures(options.json)
        self.workload = self.group = None  # of the rows that are printed now
        found = dict(line.split() for line in self._out([self.measure, "calibrate"]).splitlines())
        self.per_us = found["per_us"]

    @staticmethod
    def _out(command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"bench/pool: {' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def gather(self, workload, workers, count, us, peers=ALL):
        """{peer: {figure: [a value a run]}}"""
        values = {peer: {} for peer in peers}
        for _ in range(self.runs):
            for peer, text in self.turn(workload, workers, count, us, peers):
                for line in text.splitlines():
                    name, value = line.split()
                    values[peer].setdefault(name, []).append(float(value))
        return values

    def turn(self, workload, workers, count, us, peers):
        while True:
            began = time.monotonic()
            while self.patience > 0:
                others = Others()
                time.sleep(0.3)
                if others.share() < 0.05:
                    break
                self.patience -= time.monotonic() - began
                began = time.monotonic()
            others, began = Others(), time.monotonic()
            texts = [(peer, self._out([self.measure, peer, workload, str(workers), str(count), str(us), self.per_us]))
                     for peer in peers]
            quiet = others.share() < 0.05
            if quiet or self.patience <= 0:
                self.kept += 1
                self.disturbed += not quiet
                return texts
            self.thrown += 1
            self.patience -= time.monotonic() - began

    def title(self, text):
        self.workload = text.split()[0]
        print(f"\n{text}")
        print(f"  {'':<21}" + "".join(f"{peer:>13}" for peer in ALL))

    def row(self, name, unit, runs, goals=(), value_goal=None):
        """One row: runs is {peer: [values]}; a name that begins with two blanks belongs to the row above it. goals:
        [(most that the ratio to the best of these peers may be, None: it is only told, peers)]; value_goal: the most that our
        value may be."""
        medians = {peer: figures.median(values) for peer, values in runs.items()}
        print(f"  {name:<21}" + "".join(f"{short(medians[p]) if p in medians else '-':>13}" for p in ALL), flush=True)
        spreads = {p: f"{brief(min(v))}-{brief(max(v))}" for p, v in runs.items() if len(v) > 1}
        print(f"  {'  ' + unit:<21}" + "".join(f"{spreads.get(p, ''):>13}" for p in ALL))
        ours = medians[OURS]
        if not name.startswith(" "):
            self.group = f"{self.workload} {name}"
        figure = f"{self.group}, {name.strip()}, {unit}" if name.startswith(" ") else f"{self.group}, {unit}"
        for most, peers in goals or [(None, PEERS)]:
            rivals = {p: medians[p] for p in peers if p in medians}
            if not rivals:
                break
            best = min(rivals, key=rivals.get)
            ratio = ours / rivals[best] if rivals[best] else None
            self.verdict(figure, ours, unit, f"{best} {short(rivals[best])}", rivals[best], ratio, most)
        if value_goal is not None:
            self.verdict(figure, ours, unit, None, None, None, value_goal)

    def verdict(self, figure, value, unit, name, against, ratio, goal):
        judged = value if ratio is None else ratio
        met = None if goal is None else judged <= goal
        text = f"{judged:.2f} of {name}" if ratio is not None else f"{short(value)} {unit}" if name is None else ""
        if goal is not None:
            text += f", goal at most {goal:.4g}: {'met' if met else 'NOT REACHED'}"
        if text:
            print(f"  {'':<21}{text:>65}")
        self.figures.record(figure, value, unit, against, ratio, goal, met)


def short(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 1 or value == 0 else f"{value:.2f}"


def brief(value):
    return f"{value / 1000:.0f}k" if value >= 100000 else f"{value / 1000:.1f}k" if value >= 10000 else short(value)


def pick(values, name):
    return {peer: found[name] for peer, found in values.items()}


def w1(bench):
    bench.title("W1  one outside thread submits")
    for us, count, goal in (0, 1000000, 0.7), (1, 300000, 1.0), (20, 30000, None):
        for workers in 2, 16:
            values = bench.gather("W1", workers, count // (5 if bench.quick else 1), us)
            bench.row(f"{us} us, {workers} workers", "ns a task", pick(values, "ns_per_task"), [(goal, PEERS)])
            if us == 20:
                bench.row("  processor time", "ns a task", pick(values, "cpu_ns"), [(CPU_GOAL, PEERS)])
                bench.row("  of which submitting", "ns a task", pick(values, "submit_ns"))


def w2(bench):
    bench.title("W2  a task forks 200 children of 20 us, joined")
    for workers, goals in (2, [(1.05, ("oneTBB",))]), (16, [(0.9, PEERS)]):
        values = bench.gather("W2", workers, 40 if bench.quick else 250, 20)
        bench.row(f"{workers} workers", "us a round", pick(values, "us_per_round"), goals)


def floor(values, *names):
    found = ", ".join(f"{name.replace('_us', '')} {short(figures.median(values[FLOOR][name]))}" for name in names)
    print(f"  a thread and a futex without any pool: {found} us")


def w3(bench):
    bench.title("W3  two workers asleep, a task every 2 ms: submitted to started")
    values = bench.gather("W3", 2, 200 if bench.quick else 1000, 1, ALL + (FLOOR,))
    bench.row("p50", "us", pick(values, "p50_us"))
    bench.row("p99", "us", pick(values, "p99_us"), [(None, PEERS), (1.15, (FLOOR,))])
    bench.row("processor time", "us a task", pick(values, "cpu_us"))
    floor(values, "p50_us", "p99_us", "cpu_us")


def w4(bench):
    bench.title("W4  24,000 low tasks of 50 us, two workers, an urgent one every 5 ms")
    values = bench.gather("W4", 2, 8000 if bench.quick else 24000, 50)
    bench.row("its wait, p50", "us", pick(values, "p50_us"))
    together = {peer: [figures.quantile(waits, 0.99)] for peer, waits in pick(values, "wait_us").items()}
    bench.row("its wait, p99", "us", together, value_goal=55)
    bench.row("low ones after it", "in a run", pick(values, "after"))
    bench.row("more than one a worker", "in a run", pick(values, "inversions"), value_goal=0)


def w5(bench):
    bench.title("W5  60 workers asleep, a task every ms")
    values = bench.gather("W5", 60, 300 if bench.quick else 2000, 1, ALL + (FLOOR,))
    bench.row("processor time", "us a task", pick(values, "cpu_us"), [(None, PEERS), (1.1, (FLOOR,))])
    bench.row("context switches", "a task", pick(values, "switches"))
    bench.row("start, p50", "us", pick(values, "p50_us"))
    bench.row("start, p99", "us", pick(values, "p99_us"))
    floor(values, "p50_us", "p99_us", "cpu_us")


def w6(bench):
    bench.title("W6  tasks of 10 us, one in a hundred of 1,000 us")
    for workers in 2, 16:
        values = bench.gather("W6", workers, 6000 if bench.quick else 30000, 10)
        bench.row(f"{workers} workers", "ns a task", pick(values, "ns_per_task"))
        bench.row("  processor time", "ns a task", pick(values, "cpu_ns"), [(CPU_GOAL, PEERS)])


def ir(bench):
    """The difference between two lengths leaves out start and end."""
    bench.title("IR  instructions a task of 0 us, two workers (callgrind)")
    few, many = 10000, 30000
    runs = {}
    for peer in ALL:
        counts = []
        for count in few, many:
            command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", bench.measure, peer, "W1", "2",
                       str(count), "0", bench.per_us]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            found = re.search(r"Collected\s*:\s*(\d+)", done.stderr)
            if not found:
                sys.exit(f"bench/pool: valgrind on {peer}: {done.stderr.strip()[-500:]}")
            counts.append(int(found.group(1)))
        runs[peer] = [(counts[1] - counts[0]) / (many - few)]
    bench.row("all threads", "a task", runs)


WORKLOADS = {"W1": w1, "W2": w2, "W3": w3, "W4": w4, "W5": w5, "W6": w6, "IR": ir}


def main():
    parser = figures.parser("pool", __doc__, WORKLOADS, "short runs, three of each", "workload")
    parser.add_argument("--patience", type=float, default=60, metavar="SECONDS", help="60 if not given")
    parser.add_argument("--build", default=os.path.join(HERE, "..", "..", "build", "release"), metavar="FOLDER")
    options = parser.parse_args()
    bench = Bench(options)
    print(f"{os.cpu_count()} cores, medians of {bench.runs} interleaved runs, least and most below, load "
          f"{os.getloadavg()[0]:.1f} at the start")
    for name in options.items or WORKLOADS:
        WORKLOADS[name](bench)
    print(f"\n{bench.kept} turns, {bench.disturbed} of them disturbed by others; {bench.thrown} more thrown away for that")
    return 0


if __name__ == "__main__":
    sys.exit(main())
