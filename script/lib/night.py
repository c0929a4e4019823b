"""What script/run does once Debian's packages are there: build, redis-server, league, propsd, the night, its reports.

Whatever happens, the processes that were started end with this one; only --keep leaves them. The table that runs along is
asked for, four times a second: `propsctl status --json`, and the last entries of the streams for the night's own clock.
"""
import argparse
import ctypes
import glob
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.path.join(ROOT, "build", "release")
PROPSD, PROPSCTL = os.path.join(BUILD, "propsd"), os.path.join(BUILD, "propsctl")
MARK = ".propsd-run"  # in a folder that is ours to empty
ELSEWHERE = "propsd-run."  # of a folder for sockets, where that one is too deep
PREFIX = "props:"
STREAMS = ("regenerate", "slate", "lineup", "injury", "odds")
UNREACHABLE = 3  # propsctl's status while propsd does not listen yet
LIMIT = 30  # seconds for what takes a moment, before it is said to have failed
ROW_EVERY, LOOK_EVERY = 2.0, 0.25


asked_to_end = []  # statuses to end with. An exception that a signal raises may be swallowed where it hits: check() looks here


class Failed(Exception):
    """Cannot go on; the text says why and what to do."""


def shown(path):
    """As it may be typed from anywhere."""
    return os.path.abspath(path)


def quoted(text):
    """As a value of propsd.conf, whatever a path has in it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def number(value):
    return f"{value:,}"


def duration(seconds):
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} us"
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds:.0f} s"


def say(step, text):
    print(f"{step:<9}{text}", flush=True)


def tail(path, lines=15):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "".join(f"  {line}" for line in file.readlines()[-lines:]).rstrip()
    except OSError as error:
        return f"  {error}"


# --- processes -----------------------------------------------------------------------------------------------------------

def die_with_parent():
    """In the child: killed when script/run is, even by kill -9."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


class Processes:
    """redis-server and propsd, in the order of their start; ended backwards, so that propsd can hand in its work."""

    def __init__(self, folder, keep):
        self.folder, self.keep, self.list = folder, keep, []

    def start(self, name, command):
        with open(self.log(name), "wb") as log:
            # A session of their own: ^C on the terminal is for us, and we end them in order.
            process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True, preexec_fn=None if self.keep else die_with_parent)
        self.list.append((name, process))
        with open(os.path.join(self.folder, name + ".pid"), "w", encoding="ascii") as file:
            file.write(f"{process.pid}\n")

    def log(self, name):
        return os.path.join(self.folder, name + ".log")

    def check(self):
        if asked_to_end:
            raise SystemExit(asked_to_end[0])
        for name, process in self.list:
            if process.poll() is not None:
                raise Failed(f"{name} ended with status {process.returncode}; its last words ({shown(self.log(name))}):\n"
                             + tail(self.log(name)))

    def end(self):
        while self.list:
            name, process = self.list.pop()
            process.terminate()
            try:
                process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            os.unlink(os.path.join(self.folder, name + ".pid"))


def pid_of(folder, name):
    """Of a process that an earlier run left there, else 0. The command line tells it from another with its number."""
    try:
        with open(os.path.join(folder, name + ".pid"), encoding="ascii") as file:
            pid = int(file.read())
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return pid if name.encode() in file.read() else 0
    except (OSError, ValueError):
        return 0


def remove_sockets(folder):
    """The folder elsewhere that an earlier run made for its sockets."""
    try:
        elsewhere = os.readlink(os.path.join(folder, "sockets"))
    except OSError:
        return
    if os.path.basename(elsewhere).startswith(ELSEWHERE):
        shutil.rmtree(elsewhere, ignore_errors=True)


def stop(folder):
    """Ends what --keep left, propsd first."""
    stopped = 0
    for name in ("propsd", "redis-server"):
        pid = pid_of(folder, name)
        if not pid:
            continue
        try:
            handle = os.pidfd_open(pid)
            os.kill(pid, signal.SIGTERM)
        except OSError as error:
            raise Failed(f"cannot end {name} (process {pid}): {error.strerror}") from None
        end = time.monotonic() + LIMIT
        while pid_of(folder, name) and time.monotonic() < end:
            time.sleep(0.01)
        os.close(handle)
        if pid_of(folder, name):
            raise Failed(f"{name} (process {pid}) does not end")
        say("stopped", f"{name}, process {pid}")
        stopped += 1
    remove_sockets(folder)
    if not stopped:
        say("stopped", f"nothing: nothing of an earlier run's is running in {shown(folder)}")


# --- before the night ------------------------------------------------------------------------------------------------------

def arguments():
    parser = argparse.ArgumentParser(prog="script/run", add_help=False, usage="script/run [DATA] [OPTION]...; --help tells all")
    parser.add_argument("data", nargs="?")
    parser.add_argument("--night")
    parser.add_argument("--speed", default="3600")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--dir", default=os.path.join(ROOT, "build", "run"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model")
    parser.add_argument("--phase", choices=("precompute", "report"))
    parser.add_argument("--children", type=int)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--stop", action="store_true")
    args = parser.parse_args()
    if args.workers is not None and not 1 <= args.workers <= 256:
        parser.error(f"--workers {args.workers}: a number from 1 to 256")
    try:
        if args.speed != "max" and not float(args.speed) > 0:
            raise ValueError
    except ValueError:
        parser.error(f"--speed {args.speed}: a number above 0, or max")
    if args.night and not args.data:
        parser.error("--night: the made-up league has one night; name a folder with DATA")
    if not args.model and (args.phase or args.children is not None):
        parser.error("--phase and --children are about a model of your own: name it with --model FILE.py")
    if args.children is not None and not 1 <= args.children <= 1024:
        parser.error(f"--children {args.children}: a number from 1 to 1024")
    args.dir = os.path.abspath(args.dir)
    return args


def model_command(model):
    """What runs it: FILE.py calls serve() itself, of FILE.py:FUNCTION propsd_worker serves the function."""
    path, colon, function = model.partition(".py:")
    path = os.path.abspath(path + ".py" if colon else path)
    if not os.path.isfile(path):
        raise Failed(f"--model {model}: there is no file {path}")
    python = shutil.which("python3") or sys.executable  # that of the person's own environment, if one is active
    return [python, "-m", "propsd_worker", f"{path}:{function}"] if colon else [python, path]


def children_of(args):
    return args.children or 2 * os.cpu_count()


def model_sections(args):
    """Of propsd.conf, for a model of a person's own; nothing without one."""
    if not args.model:
        return ""
    command = ", ".join(quoted(word) for word in model_command(args.model))
    children = children_of(args)
    phases = 'report { processor = "model" }' if args.phase == "report" else \
        'precompute { processor = "model" }  # report: the built-in one, on its output'
    return f'''processor "model" {{
	type = "exec"
	command = {{ {command} }}
	environment = {{ {quoted("PYTHONPATH=" + os.path.join(ROOT, "worker"))} }}
	directory = {quoted(os.getcwd())}
	children = {children}  min_children = {children}  # warm before the night
}}
{phases}
'''


def prepare(folder):
    """An empty folder of ours; never empties another's."""
    if pid_of(folder, "propsd") or pid_of(folder, "redis-server"):
        raise Failed(f"an earlier run's processes are still there, in {shown(folder)}: end them with script/run --stop, or take "
                     "another folder with --dir")
    if os.path.isdir(folder) and os.listdir(folder) and not os.path.exists(os.path.join(folder, MARK)):
        raise Failed(f"{shown(folder)} has files in it that no earlier run made: name an empty or a new folder with --dir")
    remove_sockets(folder)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(os.path.join(folder, MARK), "w", encoding="ascii"):
        pass


def choose_night(data, wanted):
    """The timeline in a folder of a person's own."""
    if not os.path.isdir(data):
        raise Failed(f"{data}: there is no such folder")
    if wanted and os.path.isfile(wanted):
        return wanted
    nights = sorted(glob.glob(os.path.join(data, "*.ndjson")) + glob.glob(os.path.join(data, "*.ndjson.gz")))
    if not nights:
        raise Failed(f"{data}: no night in it, that is a file *.ndjson or *.ndjson.gz; docs/events.md says what one looks like")
    chosen = [night for night in nights if wanted in os.path.basename(night)] if wanted else nights[-1:]
    if len(chosen) != 1:
        raise Failed(f"--night {wanted}: {len(chosen)} of these fit, and it must be one: "
                     + ", ".join(os.path.basename(night) for night in nights))
    return chosen[0]


def make_night(args):
    league = os.path.join(args.dir, "league")
    step([os.path.join(ROOT, "script", "sample-league"), "--seed", str(args.seed), league], "cannot make the sample league")
    return league, glob.glob(os.path.join(league, "*.ndjson.gz"))[0]


def step(command, what):
    """A step of a moment, whose words matter only if it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Failed(f"{what}:\n" + "\n".join(f"  {line}" for line in done.stdout.splitlines()[-15:]))
    return done.stdout


def build():
    begun = time.monotonic()
    os.makedirs(BUILD, exist_ok=True)
    log = os.path.join(BUILD, "build.log")
    with open(log, "wb") as file:
        configured = subprocess.run(["cmake", "--preset", "release"], cwd=ROOT, stdout=file, stderr=file).returncode == 0
    # ninja keeps to one line on a terminal, and that is progress enough.
    output = None if sys.stdout.isatty() else open(log, "ab")
    built = configured and subprocess.run(["cmake", "--build", "--preset", "release", "--target", "propsd", "propsctl"], cwd=ROOT,
                                          stdout=output, stderr=output).returncode == 0
    if not built:
        raise Failed("the build failed" + (f" ({shown(log)}):\n{tail(log)}" if output or not configured else ""))
    say("build", f"{shown(PROPSD)} and propsctl, {duration(time.monotonic() - begun)}")


def import_league(data, database):
    begun = time.monotonic()
    said = step([PROPSCTL, "--quiet", "import", data, "--into", database], f"cannot import {data}")
    if not os.path.exists(database):
        raise Failed(f"{data}: no league in it, such as player_games*.csv; propsctl import says:\n{said}")
    say("league", f"{shown(data)}, imported in {duration(time.monotonic() - begun)}")


# --- the night ---------------------------------------------------------------------------------------------------------------

class Night:
    def __init__(self, args, processes, folder):
        self.args, self.processes = args, processes
        # A socket's path has room for 107 bytes; a deep folder gets its sockets elsewhere.
        if len(os.path.join(folder, "status.sock")) > 100:
            folder = tempfile.mkdtemp(prefix=ELSEWHERE)
            os.symlink(folder, os.path.join(args.dir, "sockets"))
        self.redis_socket = os.path.join(folder, "redis.sock")
        self.redis_url = "unix://" + urllib.parse.quote(self.redis_socket)
        self.admin_socket = os.path.join(folder, "admin.sock")
        self.status_socket = os.path.join(folder, "status.sock")
        self.client = None

    def start_redis(self):
        import redis  # Debian's, installed by script/bootstrap
        self.processes.start("redis-server", ["redis-server", "--port", "0", "--unixsocket", self.redis_socket, "--dir", self.args.dir,
                                              "--appendonly", "yes", "--save", ""])
        self.client = redis.Redis(unix_socket_path=self.redis_socket, decode_responses=True)
        end = time.monotonic() + LIMIT
        while True:
            self.processes.check()
            try:
                self.client.ping()
                break
            except redis.RedisError as error:
                if time.monotonic() > end:
                    raise Failed(f"redis-server does not answer: {error}") from None
                time.sleep(0.01)
        say("redis", f"redis-server {self.client.info('server')['redis_version']} on {shown(self.redis_socket)}")

    def start_propsd(self, database):
        config = os.path.join(self.args.dir, "propsd.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f'''# Of script/run; etc/propsd.conf shows all options.
instance = "run"
redis {{ url = {quoted(self.redis_url)} }}
admin {{ socket = {quoted(self.admin_socket)}  status_socket = {quoted(self.status_socket)}  group = "" }}
league {{ database = {quoted(database)} }}
history {{ file = {quoted(os.path.join(self.args.dir, "history.db"))} }}
pool {{ workers = {self.args.workers or "auto"} }}
ingest {{ past = "accept" }}  # the night may be long over
{model_sections(self.args)}''')
        begun = time.monotonic()
        self.processes.start("propsd", [PROPSD, "--config", config])
        while True:
            done = subprocess.run([PROPSCTL, "--socket", self.admin_socket, "wait", "ready", "--timeout", f"{LIMIT}s"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode == 0:
                break
            self.processes.check()
            if done.returncode != UNREACHABLE or time.monotonic() - begun > LIMIT:
                raise Failed(f"propsd does not get ready: {done.stdout.strip()}; its log ({shown(self.processes.log('propsd'))}):\n"
                             + tail(self.processes.log("propsd")))
            time.sleep(0.005)
        took = time.monotonic() - begun
        league = self.status()["league"]
        say("propsd", f"ready in {duration(took)}: {self.status()['workers']['count']} workers, {number(league['players'])} players, "
            f"{number(league['rows'])} box scores")

    def status(self):
        done = subprocess.run([PROPSCTL, "--socket", self.admin_socket, "--json", "status"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        if done.returncode:
            self.processes.check()
            raise Failed(f"propsctl status: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def model(self):
        """The person's own, as propsd knows it (docs/protocol.md); None without one."""
        if not self.args.model:
            return None
        with socket.socket(socket.AF_UNIX) as admin:
            admin.connect(self.admin_socket)
            admin.sendall(b'{"v":1,"cmd":"processor","args":{"name":"model"}}\n')
            with admin.makefile() as answers:
                return json.loads(answers.readline())["data"]

    def wait_model(self):
        """Until its children have loaded what they need: a night is not for that."""
        if not self.args.model:
            return
        begun = time.monotonic()
        while True:
            model = self.model()
            check_model(model)
            ready = sum(child["state"] == "idle" for child in model["children"])
            if ready >= children_of(self.args):
                break
            self.processes.check()
            time.sleep(0.02)
        say("model", f"{shown(self.args.model)}, makes the {'report' if 'report' in model['phases'] else 'figures before the report'}: "
            f"{ready} children ready in {duration(time.monotonic() - begun)}")

    def sent(self):
        """How many entries stand in the streams, and what the night's clock says."""
        pipe = self.client.pipeline(transaction=False)
        for stream in STREAMS:
            pipe.xlen(PREFIX + stream)
            pipe.xrevrange(PREFIX + stream, count=1)
        replies = pipe.execute()
        times = [entry[0][1].get("ts", "") for entry in replies[1::2] if entry]
        return sum(replies[::2]), max(times, default="")[11:16]

    def play(self, timeline):
        """Until all is committed; returns seconds, status and script/play's words."""
        table = Table()
        words = os.path.join(self.args.dir, "play.log")
        begun = time.monotonic()
        with open(words, "w", encoding="utf-8") as log:
            player = subprocess.Popen([os.path.join(ROOT, "script", "play"), timeline, "--redis", self.redis_url,
                                       "--speed", self.args.speed], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                      start_new_session=True, preexec_fn=die_with_parent)
        try:
            while True:
                over = player.poll() is not None
                if over and player.returncode:
                    raise Failed(f"script/play ended with status {player.returncode}:\n{tail(words)}")
                status = self.status()
                sent, clock = self.sent()
                idle = status["ready"] and not status["entries"]["unacked"] and status["entries"]["read"] >= sent and \
                    not any(count for state, count in status["players"].items() if state != "idle")
                seconds = time.monotonic() - begun
                table.show(seconds, clock, sent, status, last=over and idle)
                if over and idle:
                    break
                self.processes.check()
                check_model(self.model())
                time.sleep(LOOK_EVERY)
        finally:
            player.kill()
            player.wait()
        with open(words, encoding="utf-8") as log:
            return seconds, status, log.read().splitlines()

    def reports(self):
        keys = sorted(self.client.scan_iter(PREFIX + "report:*", count=1000))
        found = []
        for n in range(0, len(keys), 500):
            found += [json.loads(text) for text in self.client.mget(keys[n:n + 500]) if text]
        for report in found:
            folder = os.path.join(self.args.dir, "reports", report["game_date"])
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, report["player_lookup"] + ".json"), "w", encoding="utf-8") as file:
                json.dump(report, file, ensure_ascii=False, indent=2, sort_keys=True)
                file.write("\n")
        return found

    def run_times(self):
        """Seconds that a run computed at the median, from the histogram: the bound of the bucket that holds it."""
        text = step([PROPSCTL, "--socket", self.admin_socket, "metrics"], "propsctl metrics")
        buckets = []
        for line in text.splitlines():
            begin = 'propsd_run_seconds_bucket{phase="report",le="'
            if line.startswith(begin) and "+Inf" not in line:
                bound, count = line[len(begin):].split('"} ')
                buckets.append((float(bound), float(count)))
        half = buckets[-1][1] / 2 if buckets else 0
        return next((bound for bound, count in buckets if half and count >= half), None)



class Table:
    """Rows that say how it goes: one each ROW_EVERY seconds stays, on a terminal the newest is written over meanwhile."""
    COLUMNS = (("night's", "clock", 7), ("events", "sent", 8), ("events", "read", 8), ("players", "waiting", 9),
               ("players", "running", 9), ("reports", "written", 9), ("dead", "letters", 9), ("odds to", "median", 9),
               ("report", "99 of 100", 11))

    def __init__(self):
        self.live = sys.stdout.isatty()
        self.next_row = ROW_EVERY
        print()
        for row in (0, 1):
            print(self.line([column[row] for column in self.COLUMNS]))

    def line(self, cells):
        return "".join(f"{cell:>{column[2]}}" for cell, column in zip(cells, self.COLUMNS)).rstrip()

    def show(self, seconds, clock, sent, status, last):
        age = status["event_age"]["odds"]
        row = self.line([clock or "-", number(sent), number(status["entries"]["read"]), number(status["players"]["waiting"]),
                         number(status["players"]["running"] + status["players"]["beginning"]), number(status["runs"]["ok"]),
                         number(sum(status["dead_letters"].values())),
                         duration(age["p50_ms"] / 1000) if age["count"] else "-", duration(age["p99_ms"] / 1000) if age["count"] else "-"])
        stays = last or seconds >= self.next_row
        if self.live:
            print("\r\033[K" + row, end="\n" if stays else "", flush=True)
        elif stays:
            print(row, flush=True)
        if stays:
            self.next_row = seconds + ROW_EVERY


# --- after the night -----------------------------------------------------------------------------------------------------------

def edges(reports, most=10):
    """The main lines with the largest edge: one a player and market, the book that is farthest off."""
    rows = {}
    for report in reports:
        for market, figures in report.get("markets", {}).items():
            for book, quote in figures.get("books", {}).items():
                if quote.get("recommendation", "PASS") == "PASS" or "line" not in quote:
                    continue
                key = (report["player_lookup"], market)
                row = (abs(quote["edge"]), report["player_lookup"], market, book, quote, figures)
                if key not in rows or row[0] > rows[key][0]:
                    rows[key] = row
    return sorted(rows.values(), key=lambda row: (-row[0], row[1], row[2]))[:most], len(rows)


def price(value):
    return f"{value:+d}" if value is not None else "-"


def has_prices(reports):
    return any("over" in quote or "under" in quote for report in reports for figures in report.get("markets", {}).values()
               for quote in figures.get("books", {}).values())


def show_edges(reports):
    best, count = edges(reports)
    if not best:
        print("No line has an edge of 0.03 or more." if has_prices(reports) else
              "No book gave prices with this night's lines, so nothing is recommended.")
        return
    print(f"{number(count)} times the model and a book differ by an edge of 0.03 or more. The largest:\n")
    print(f"{'player':<20}{'market':<10}{'book':<11}{'bet':<12}{'at':>5}{'mean':>7}{'p over':>7}{'edge':>7}")
    for _, player, market, book, quote, figures in best:
        bet = quote["recommendation"].lower()
        print(f"{player[:19]:<20}{market:<10}{book[:10]:<11}{bet + ' ' + format(quote['line'], 'g'):<12}{price(quote.get(bet)):>5}"
              f"{figures['mean']:>7.1f}{quote['p_over']:>7.2f}{quote['edge']:>+7.2f}")


def model_lines(model, events, reports):
    """What the model did, beside the night's own events."""
    if not model:
        return
    say("model", f"{number(model['done'])} runs for {number(events)} events, {100 * model['done'] / max(events, 1):.2g} of 100; "
        f"{number(model['failed'])} failed")
    if "precompute" in model["phases"]:
        used = sum("precompute" in report.get("phases", {}) for report in reports)
        say("", f"its output is in {number(used)} of {number(len(reports))} reports")


def check_model(model):
    """One that does not start, or fails again and again, would be waited for without an end."""
    if not model or model["state"] not in ("down", "open"):
        return
    if model["state"] == "down":
        raise Failed(f"the model is down: {model['trouble']}")  # its last words are in there
    raise Failed("most runs of the model fail; its last words:\n" + "\n".join(f"  {line}" for line in model["said"][-15:]))


def summary(night, seconds, status, words, reports):
    entries, settled, runs = status["entries"], status["entries"]["settled"], status["runs"]
    age = {name: a for name, a in status["event_age"].items() if a["count"]}
    median, model = night.run_times(), night.model()
    ahead = model["done"] - model["failed"] if model and "precompute" in model["phases"] else 0  # made no report
    ok = max(runs["ok"] - ahead, 0)
    out, withdrawn = (sum(report["status"] == kind for report in reports) for kind in ("out", "withdrawn"))
    print(f"\nAll is committed and acknowledged: {number(entries['read'])} events in {duration(seconds)}.\n")
    for line in words:
        say("events", line)
    say("settled", ", ".join(f"{number(count)} {WORDS[how]}" for how, count in settled.items() if count))
    say("runs", f"{number(ok)}, {entries['read'] / max(ok, 1):.1f} events each, {runs['failed']} failed"
        + (f"; half computed in {duration(median)} or less" if median else ""))
    model_lines(model, sum(night.client.xlen(PREFIX + stream) for stream in STREAMS if stream != "regenerate"), reports)
    say("reports", f"{number(len(reports))} players, {out} of them out, {withdrawn} withdrawn")
    for name, a in age.items():
        say("", f"{name + ' to report':<22} median {duration(a['p50_ms'] / 1000)}, 99 of 100 within {duration(a['p99_ms'] / 1000)}")
    say("dead", f"{number(sum(status['dead_letters'].values()))} letters (entries that were given up, and why)")
    print()


WORDS = {"commit": "by their own run", "other": "covered by a run before", "dead": "dead letters", "duplicate": "twins of others",
         "expired": "after tip-off", "none": "that touch nobody"}


def look_further(args, night, reports):
    ctl = shlex.quote(shown(PROPSCTL))
    example = reports[len(reports) // 2] if reports else {"player_lookup": "PLAYER", "game_date": "DATE"}
    player, date = example["player_lookup"], example["game_date"]
    folder = os.path.join(args.dir, "reports")
    print(f"\nEach report as a file: {shown(folder)}/DATE/PLAYER.json")
    if not args.keep:
        print(f"Logs beside it: {shown(args.dir)}/*.log. With --keep, propsd goes on running and answers propsctl.")
        return
    print(f"""redis-server and propsd go on running. Look further:

  export PROPSCTL_SOCKET={shlex.quote(shown(night.admin_socket))}
  {ctl} status
  {ctl} players --all
  {ctl} player {player} --date {date}
  {ctl} report {player} --date {date} --table
  {ctl} regenerate --slate --date {date} --force --wait
  {ctl} help
  redis-cli -s {shlex.quote(shown(night.redis_socket))} XRANGE {PREFIX}odds - + COUNT 3

End them with: {shlex.quote(os.path.join(ROOT, 'script', 'run'))} --stop{'' if args.dir == os.path.join(ROOT, 'build', 'run') else ' --dir ' + shlex.quote(args.dir)}""")


def play_a_night(args):
    data, timeline = args.data, choose_night(args.data, args.night) if args.data else None
    prepare(args.dir)
    build()
    processes = Processes(args.dir, args.keep)
    night = Night(args, processes, args.dir)
    done = False
    try:
        if not data:
            data, timeline = make_night(args)
        database = os.path.join(args.dir, "league.db")
        import_league(data, database)
        night.start_redis()
        night.start_propsd(database)
        night.wait_model()
        pace = "as fast as it goes" if args.speed == "max" else f"at {float(args.speed):,g} times its pace"
        say("night", f"{os.path.basename(timeline)}, played {pace}")
        seconds, status, words = night.play(timeline)
        reports = night.reports()
        summary(night, seconds, status, words, reports)
        show_edges(reports)
        look_further(args, night, reports)
        done = True
    finally:
        if not (done and args.keep):
            processes.end()
            remove_sockets(args.dir)


def on_signal(number_of, _):
    asked_to_end.append(128 + number_of)
    raise SystemExit(128 + number_of)


def main():
    args = arguments()
    for one in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(one, on_signal)
    try:
        if args.stop:
            stop(args.dir)
        else:
            play_a_night(args)
    except Failed as failure:
        print(f"script/run: {failure}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"script/run: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
