"""Real redis-server, real propsd, real propsctl, seen from outside only.

A test is a class derived from Night. Each has a folder of its own, a redis-server on a Unix socket in it, and as many
propsd as it starts; all end with the test. A propsd that ends by itself, ends with another status than the test asked
for, or writes a sanitizer's report fails the test, and its log is shown.

Nothing here sleeps for an amount of time in the hope that something has happened by then. What can be waited for is
waited for: READY=1 on a notify socket, commits by XREAD BLOCK on the stream `reports`, ends of processes on a pidfd. What
can only be asked is asked by until(), the one place that polls. What a daemon has written to its log when it answers a command is
there for log(): the log is a file.

Environment: PROPSD_BUILD (folder of the build), PROPSD_SOURCE, PROPSD_SEED (of random tests), PROPSD_KEEP=1 (leave the
folders), PROPSD_PROGRAM and PROPSD_CTL (other programs in the daemon's and the tool's place: the self-test's fake).
"""
import contextlib
import datetime
import glob
import grp
import json
import os
import random
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import zoneinfo

import redis as redis_py

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("PROPSD_SOURCE") or os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("PROPSD_BUILD") or os.path.join(SOURCE, "build", "release")
DATA = os.environ.get("PROPSD_DATA") or next(
    (path for path in (os.path.join(SOURCE, *[".."] * up, "shared", "data", "nba") for up in (1, 2)) if os.path.isdir(path)), "/nonexistent")
STREAMS = ("regenerate", "slate", "lineup", "injury", "odds")
REPORT_OF_SANITIZER = re.compile(
    r"(AddressSanitizer|LeakSanitizer|ThreadSanitizer|UndefinedBehaviorSanitizer|runtime error:|MemorySanitizer)")


def _sanitizer():
    try:
        with open(os.path.join(BUILD, "CMakeCache.txt")) as cache:
            found = re.search(r"^PROPSD_SANITIZE:\w+=(.*)$", cache.read(), re.M)
            return found.group(1) if found else ""
    except OSError:
        return ""


# What ignores a signal is inherited by each program that is run; who runs us in the background ignores some.
for _number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, signal.SIG_DFL)

SANITIZER = _sanitizer()
# Deadlines are for what never comes; they are wide, and wider where code is instrumented.
SLOW = 6 if "thread" in SANITIZER else 3 if SANITIZER else 1
DEADLINE = 120


def built(name):
    """The program of the build, wherever CMake puts it."""
    for folder in ("", "bin", "daemon" if name == "propsd" else "ctl"):
        path = os.path.join(BUILD, folder, name)
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    raise AssertionError(f"{name} is not built in {BUILD} (PROPSD_BUILD)")


def seed_of_run():
    """A new seed a run, printed; PROPSD_SEED brings one back."""
    seed = int(os.environ.get("PROPSD_SEED") or random.SystemRandom().randrange(10**9))
    print(f"seed: PROPSD_SEED={seed}", file=sys.stderr, flush=True)
    return seed


def until(condition, what, seconds=DEADLINE, every=0.005):
    """Asks until the answer is true and returns it. `what` says what was waited for: text, or a function that says it."""
    end = time.monotonic() + seconds * SLOW
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds * SLOW:.0f} s for {what() if callable(what) else what}")
        time.sleep(every)  # what can only be asked


def tonight(days=2):
    """A game date that is not over during the test: "2026-11-26"."""
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y-%m-%d")


def league_today():
    """The date where the league plays, so that tip-off can come while a test runs."""
    return datetime.datetime.now(zoneinfo.ZoneInfo("America/New_York")).strftime("%Y-%m-%d")


def free_port():
    """One that nobody listens on, below those that the system gives to connections."""
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", random.randrange(15000, 32000)))
                return probe.getsockname()[1]
            except OSError:
                continue


def moment(date, clock):
    """"2026-11-26", "23:30" -> "2026-11-26T23:30:00Z". Hours beyond 23 are the next day's, as a night's are."""
    hours, minutes = map(int, clock.split(":"))
    day = datetime.datetime.strptime(date, "%Y-%m-%d") + datetime.timedelta(hours=hours, minutes=minutes)
    return day.strftime("%Y-%m-%dT%H:%M:%SZ")


def game(date, teams):
    """"2026-11-26", "LAL@GSW" -> "20261126_LAL_GSW"."""
    return date.replace("-", "") + "_" + teams.replace("@", "_")


class NotifySocket:
    """What a service manager would hear (sd_notify)."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.heard = []  # [(monotonic seconds, "READY=1")...]

    def drain(self):
        while select.select([self.socket], [], [], 0)[0]:
            for line in self.socket.recv(65536).decode().splitlines():
                self.heard.append((time.monotonic(), line))

    def wait(self, process, message, since=0, seconds=DEADLINE):
        """True once `message` was heard after the first `since` lines; False if the process ended before."""
        end = time.monotonic() + seconds * SLOW
        ended = os.pidfd_open(process.pid) if process.poll() is None else -1
        try:
            while True:
                self.drain()
                if any(line.startswith(message) for _, line in self.heard[since:]):
                    return True
                left = end - time.monotonic()
                if ended < 0 or left <= 0:
                    return False
                if ended in select.select([self.socket, ended], [], [], left)[0]:
                    self.drain()
                    return any(line.startswith(message) for _, line in self.heard[since:])
        finally:
            if ended >= 0:
                os.close(ended)

    def close(self):
        self.socket.close()


class Process:
    """A child with a log, a file that may be read while it runs, and an end that was asked for or not."""

    def __init__(self, name, command, folder, environment):
        self.name = name
        self.asked = None  # statuses that the test asked for; None: it should be running
        descriptor, self.log_path = tempfile.mkstemp(suffix=".log", dir=folder)
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=descriptor,
                                        stderr=subprocess.STDOUT)
        os.close(descriptor)

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process.poll() is None

    def wait_end(self, seconds=DEADLINE):
        """The exit status; -9 after a kill -9."""
        try:
            return self.process.wait(seconds * SLOW)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {seconds * SLOW:.0f} s\n{self.tail()}")

    def tail(self, lines=40):
        return f"--- {self.name} (pid {self.pid}), last lines of its log:\n" + "\n".join(self.log().splitlines()[-lines:])

    def log(self):
        """All that it wrote until now."""
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()


class Redis:
    """A private redis-server on a Unix socket in `folder`. `.r` is a client of it; replies are bytes."""

    def __init__(self, folder, aof=False, options=()):
        self.folder = folder
        self.path = os.path.join(folder, "redis.sock")
        self.aof = aof
        self.options = list(options)
        self.process = None
        self.log_path = os.path.join(folder, "redis.log")
        self.r = redis_py.Redis(unix_socket_path=self.path, health_check_interval=0)

    @property
    def url(self):
        return "unix://" + self.path

    def start(self):
        self._mend_tail()
        notify = NotifySocket(os.path.join(self.folder, "redis.notify"))
        try:
            self.process = subprocess.Popen(
                ["redis-server", "--port", "0", "--unixsocket", self.path, "--dir", self.folder, "--save", "",
                 "--appendonly", "yes" if self.aof else "no", "--appendfsync", "no", "--logfile", self.log_path,
                 "--supervised", "systemd", "--daemonize", "no", *self.options],
                env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": notify.path}, stdin=subprocess.DEVNULL)
            if not notify.wait(self.process, "READY=1"):
                raise AssertionError("redis-server did not start: see " + self.log_path)
        finally:
            notify.close()
            os.unlink(notify.path)
        self.r.connection_pool.disconnect()
        return self

    def kill(self):
        """kill -9: what a crash of the server is. With the append-only file on, nothing accepted is lost: each reply comes
        after the write, and the system has what was written. (appendfsync no: everysec puts off writes, and not only
        syncs, while a sync takes long; that lost entries on a busy disk.)"""
        self.process.kill()
        self.process.wait()

    def _mend_tail(self):
        """Redis 7.0 that was killed while it wrote a transaction cuts the file behind the last whole command, and not
        before the MULTI: what it accepts afterwards becomes part of that transaction, and the next kill takes it. Its own
        tool cuts at the right place."""
        manifest = os.path.join(self.folder, "appendonlydir", "appendonly.aof.manifest")
        if os.path.exists(manifest):
            subprocess.run(["redis-check-aof", "--fix", manifest], input=b"y\n", stdout=subprocess.DEVNULL, check=True)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        self.r.close()
        self.r.connection_pool.disconnect()

    def cut(self):
        """Closes every client's connection, as a network would. Returns how many there were."""
        return self.r.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    def info(self, section):
        return self.r.info(section)


class Ctl:
    """propsctl against one daemon's socket."""

    def __init__(self, path):
        self.socket = path

    def run(self, *arguments, timeout=DEADLINE, stdin=None, environment=None):
        """(exit status, standard output, standard error)"""
        program = os.environ.get("PROPSD_CTL")
        command = (shlex.split(program) if program else [built("propsctl")]) + ["--socket", self.socket]
        done = subprocess.run(command + [str(a) for a in arguments], capture_output=True, text=True, input=stdin,
                              timeout=timeout * SLOW,
                              env={**sanitizer_environment(), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                                   **(environment or {})})
        if REPORT_OF_SANITIZER.search(done.stderr):
            raise AssertionError("propsctl:\n" + done.stderr)
        return done.returncode, done.stdout, done.stderr

    def ok(self, *arguments, **options):
        """Standard output of a command that must succeed."""
        status, out, err = self.run(*arguments, **options)
        if status != 0:
            raise AssertionError(f"propsctl {' '.join(map(str, arguments))}: status {status}\n{out}{err}")
        return out

    def json(self, *arguments, **options):
        return json.loads(self.ok("--json", *arguments, **options))

    def json_lines(self, *arguments, **options):
        """Lists are JSON lines."""
        return [json.loads(line) for line in self.ok("--json", *arguments, **options).splitlines() if line.strip()]

    def metrics(self):
        """{"propsd_entries_settled_total{how=\\"commit\\"}": 12.0, ...}"""
        values = {}
        for line in self.ok("metrics").splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                values[name] = float(value)
        return values


def sanitizer_environment():
    return {"ASAN_OPTIONS": "detect_leaks=1:exitcode=99:strict_string_checks=1",
            "UBSAN_OPTIONS": "print_stacktrace=1:exitcode=99",
            "TSAN_OPTIONS": "exitcode=66:second_deadlock_stack=1"}


def quoted(value):
    """A value as propsd.conf writes it: text quoted, lists in braces."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(quoted(v) for v in value) + "}"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def config_text(sections):
    """{"pool": {"workers": "2"}, ("processor", "load"): {...}, "instance": "a"} -> propsd.conf"""
    text = ""
    for name, content in sections.items():
        if not isinstance(content, dict):
            text += f"{name} = {quoted(content)}\n"
            continue
        head = name if isinstance(name, str) else f"{name[0]} {quoted(name[1])}"
        text += head + " {\n" + "".join(f"\t{k} = {quoted(v)}\n" for k, v in content.items()) + "}\n"
    return text


class Propsd:
    """One instance. Its configuration is the smallest that works without a league database, with `changes` over it:
    {"pool": {"workers": "8"}, ("processor", "load"): {"spin_us": 100}}; a section given as None is left out."""

    def __init__(self, night, name="a", changes=None, socket_of=None):
        self.night = night
        self.name = name
        self.folder = os.path.join(night.folder, name)
        os.makedirs(self.folder, mode=0o750, exist_ok=True)
        self.socket = socket_of.socket if socket_of else os.path.join(self.folder, "admin.sock")
        self.config_path = os.path.join(self.folder, "propsd.conf")
        self.notify = NotifySocket(os.path.join(self.folder, "notify"))
        self.ctl = Ctl(self.socket)
        self.now = None  # the Process
        self.ended = []  # those before it
        group = grp.getgrgid(os.getgid()).gr_name
        self.sections = {
            "instance": name,
            "redis": {"url": night.redis.url},
            "admin": {"socket": self.socket, "status_socket": os.path.join(self.folder, "status.sock"), "group": group},
            "league": {"database": ""},
            "history": {"file": ""},
            "pool": {"workers": "2"},
            ("processor", "load"): {"type": "synthetic"},
            "report": {"processor": "load"},
            "regen": {"back_off": "100ms"},
        }
        self.configure(changes or {})

    def configure(self, changes):
        """Merges into the sections and writes the file; a running daemon reads it at reload()."""
        for name, content in changes.items():
            if content is None:
                self.sections.pop(name, None)
            elif isinstance(content, dict):
                self.sections[name] = {**self.sections.get(name, {}), **content}
            else:
                self.sections[name] = content
        self.write(config_text(self.sections))

    def write(self, text):
        with open(self.config_path, "w") as out:
            out.write(text)

    def command(self, *more):
        program = os.environ.get("PROPSD_PROGRAM")
        return (shlex.split(program) if program else [built("propsd")]) + ["--config", self.config_path, *more]

    def launch(self):
        """Starts the process and waits for nothing."""
        if self.now:
            self.ended.append(self.now)
        self.notify.drain()
        self.since = len(self.notify.heard)
        self.now = Process(f"propsd {self.name}", self.command(), self.folder,
                           {**sanitizer_environment(), "PATH": os.environ["PATH"], "NOTIFY_SOCKET": self.notify.path,
                            **self.night.environment})
        return self

    def start(self, seconds=DEADLINE):
        """Starts and returns once READY=1 was said."""
        self.launch()
        if not self.notify.wait(self.now.process, "READY=1", self.since, seconds):
            raise AssertionError(f"propsd {self.name} never said READY=1\n{self.now.tail()}")
        return self

    def check(self):
        """Still there, unless the test asked for its end."""
        if self.now and self.now.asked is None and not self.now.running:
            status = self.now.wait_end()
            self.now.asked = {status}  # said once
            raise AssertionError(f"propsd {self.name} ended by itself with status {status}\n{self.now.tail()}")

    def signal(self, number):
        self.now.process.send_signal(number)

    @contextlib.contextmanager
    def stopped(self):
        """Meanwhile the process stands still: what is added then is there when it goes on, however slow the machine is. (But for the
        first entry alone, which answers the read that waits in Redis.)"""
        def states():
            for thread in os.listdir(f"/proc/{self.now.pid}/task"):
                with open(f"/proc/{self.now.pid}/task/{thread}/stat", encoding="ascii", errors="replace") as stat:
                    yield stat.read().rsplit(")", 1)[1].split()[0]
        self.signal(signal.SIGSTOP)
        try:
            until(lambda: set(states()) == {"T"}, f"propsd {self.name} to stand still")
            yield
        finally:
            self.signal(signal.SIGCONT)

    def kill(self):
        """kill -9"""
        self.check()
        self.now.asked = {-signal.SIGKILL}
        self.now.process.kill()
        self.now.wait_end()

    def stop(self, seconds=DEADLINE):
        """SIGTERM, drained, status 0."""
        self.check()
        self.notify.wait(self.now.process, "READY=1", self.since, seconds)  # one just launched does not mind signals yet
        self.now.asked = {0}
        self.signal(signal.SIGTERM)
        status = self.now.wait_end(seconds)
        if status != 0:
            raise AssertionError(f"propsd {self.name} drained with status {status}\n{self.now.tail()}")

    def restart(self):
        if self.now.running:
            self.stop()
        return self.start()

    def ends_with(self, status, seconds=DEADLINE):
        """The process is expected to leave by itself with this status."""
        self.now.asked = {status}
        got = self.now.wait_end(seconds)
        if got != status:
            raise AssertionError(f"propsd {self.name} ended with status {got}, not {status}\n{self.now.tail()}")
        return self.now.log()

    def reload(self, seconds=DEADLINE):
        """SIGHUP, and waits until it was acted on (RELOADING=1, then READY=1)."""
        self.notify.drain()
        since = len(self.notify.heard)
        self.signal(signal.SIGHUP)
        if not self.notify.wait(self.now.process, "RELOADING=1", since, seconds):
            raise AssertionError(f"propsd {self.name} did not say RELOADING=1\n{self.now.tail()}")
        reloading = next(n for n, (_, line) in enumerate(self.notify.heard) if n >= since and line == "RELOADING=1")
        if not self.notify.wait(self.now.process, "READY=1", reloading, seconds):
            raise AssertionError(f"propsd {self.name} did not say READY=1 after a reload\n{self.now.tail()}")

    def wait_log(self, pattern, seconds=DEADLINE):
        """The first line of this process's log that matches, once there is one."""
        wanted = re.compile(pattern)
        with open(self.now.log_path, "rb") as log:
            def look():
                while True:
                    at = log.tell()
                    line = log.readline()
                    if not line.endswith(b"\n"):  # the end, or one that is not whole yet
                        log.seek(at)
                        return None
                    text = line.decode("utf-8", "replace").rstrip("\n")
                    if wanted.search(text):
                        return text
            return until(look, lambda: f"/{pattern}/ in the log\n{self.now.tail()}", seconds)

    def rss(self):
        """Resident memory in bytes, now and at its peak."""
        with open(f"/proc/{self.now.pid}/status") as status:
            text = status.read()
        return tuple(int(re.search(key + r":\s+(\d+) kB", text).group(1)) * 1024 for key in ("VmRSS", "VmHWM"))

    def finish(self):
        """End of the test: drains what runs; returns what was wrong."""
        wrong = []
        if self.now and self.now.running and self.now.asked is None:
            self.notify.wait(self.now.process, "READY=1", self.since)
            self.now.asked = {0}
            self.signal(signal.SIGTERM)
        for process in [*self.ended, *([self.now] if self.now else [])]:
            try:
                status = process.wait_end()
            except AssertionError as late:
                process.process.kill()
                process.wait_end()
                wrong.append(str(late))
                continue
            if process.asked is None or status not in process.asked:
                wrong.append(f"{process.name} ended with status {status}, asked for: {process.asked}\n{process.tail()}")
            if REPORT_OF_SANITIZER.search(process.log()):
                wrong.append("a sanitizer's report\n" + process.tail(200))
        self.notify.close()
        return wrong


class Notices:
    """Follows the stream `reports`, one entry a commit, from where it was when this was made (or from the start)."""

    def __init__(self, night, from_start=False):
        self.night = night
        self.key = night.key("reports")
        self.all = []  # [(id, {"player_lookup":..., "version": int, ...})]
        last = night.r.xrevrange(self.key, count=1)
        self.cursor = b"0-0" if from_start or not last else last[0][0]

    def more(self, milliseconds):
        """Reads what is there, or what comes within that time. The list of new ones."""
        client = self.night.r
        got = client.xread({self.key: self.cursor}, count=1000, block=max(1, int(milliseconds)))
        new = []
        for number, fields in (got[0][1] if got else ()):
            notice = {k.decode(): v.decode() for k, v in fields.items()}
            notice["version"] = int(notice["version"])
            new.append((number.decode(), notice))
            self.cursor = number
        self.all += new
        return new

    def wait(self, wanted, what, seconds=DEADLINE):
        """Reads until a notice is `wanted(notice)`; looks at those read before, too. Returns (id, notice)."""
        end, seen = time.monotonic() + seconds * SLOW, 0
        while True:
            for found in self.all[seen:]:
                if wanted(found[1]):
                    return found
            seen = len(self.all)
            self.night.check_alive()
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds * SLOW:.0f} s for a commit: {what}")
            self.more(min(500, (end - time.monotonic()) * 1000 + 1))

    def wait_player(self, player, after=0, seconds=DEADLINE):
        """A commit of this player with a version above `after`."""
        return self.wait(lambda n: n["player_lookup"] == player and n["version"] > after,
                         f"{player}, version above {after}", seconds)[1]

    def wait_count(self, count, seconds=DEADLINE):
        self.wait(lambda n: len(self.all) >= count, lambda: f"{count} commits, {len(self.all)} came", seconds)
        return self.all

    def players(self):
        return [notice["player_lookup"] for _, notice in self.all]


class Night(unittest.TestCase):
    """The base of every flow test."""
    aof = False
    redis_options = ()
    prefix = "props:"
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="propsd-")  # short: socket paths end at 107 bytes
        self.addCleanup(self._remove)
        self.gate = os.path.join(self.folder, "gate")
        self.environment = {}
        self.daemons = []
        self.date = tonight()
        self.sent = []  # [(stream, id, {field: value} or list of pairs)]
        self.redis = Redis(self.folder, self.aof, self.redis_options)
        self.addCleanup(self._finish)
        self.redis.start()

    @property
    def r(self):
        return self.redis.r

    def key(self, name):
        return self.prefix + name

    # --- daemons

    def propsd(self, name="a", changes=None, start=True, **more):
        """A daemon of this test; started unless told otherwise."""
        made = Propsd(self, name, changes, **more)
        self.daemons.append(made)
        return made.start() if start else made

    def check_alive(self):
        for daemon in self.daemons:
            daemon.check()

    def _finish(self):
        wrong = []
        self.open_gate()
        failed = not self._outcome.success
        for daemon in self.daemons:
            if failed and daemon.now:
                print(daemon.now.tail(), file=sys.stderr, flush=True)
            wrong += daemon.finish()
        self.redis.stop()
        if wrong:
            raise AssertionError("\n".join(wrong))

    def _remove(self):
        if os.environ.get("PROPSD_KEEP"):
            print(f"left: {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- programs that it runs (behave.py, model.py)

    def open_gate(self):
        """What jobs wait for that are slow."""
        with open(self.gate, "w", encoding="ascii"):
            pass

    def marked(self):
        """Processes that have MARK=folder of this test in their environment: children, and whatever they forked."""
        found = []
        for path in glob.glob("/proc/[0-9]*/environ"):
            try:
                with open(path, "rb") as file:
                    if f"MARK={self.folder}\0".encode() in file.read():
                        found.append(int(path.split("/")[2]))
            except OSError:
                continue
        return sorted(found)

    # --- what goes in

    def add(self, stream, fields=None, id="*", **more):
        """XADD; fields as a mapping, or a list of pairs (then a name may come twice, and values may be any bytes)."""
        pairs = list(fields.items()) if isinstance(fields, dict) else list(fields or [])
        pairs += [(k, v) for k, v in more.items() if v is not None]
        flat = [x for pair in pairs for x in pair]
        number = self.r.execute_command("XADD", self.key(stream), id, *flat).decode()
        self.sent.append((stream, number, pairs))
        return number

    def add_all(self, entries):
        """[(stream, fields)...] in their order, pipelined. The ids."""
        pipe = self.r.pipeline(transaction=False)
        pairs = []
        for stream, fields in entries:
            listed = list(fields.items()) if isinstance(fields, dict) else list(fields)
            pairs.append(listed)
            pipe.execute_command("XADD", self.key(stream), "*", *[x for pair in listed for x in pair])
        numbers = [n.decode() for n in pipe.execute()]
        self.sent += [(stream, number, listed) for (stream, _), number, listed in zip(entries, numbers, pairs)]
        return numbers

    def regenerate(self, player=None, **more):
        return self.add("regenerate", player_lookup=player, game_date=self.date, **more)

    def odds(self, player, market="points", book="fanduel", line=None, over=None, under=None, **more):
        more.setdefault("game_date", self.date)
        return self.add("odds", player_lookup=player, market=market, book=book, line=line, over=over, under=under, **more)

    def injury(self, player, status, **more):
        return self.add("injury", player_lookup=player, game_date=self.date, status=status, **more)

    def lineup(self, team, starters, confirmed=1, **more):
        return self.add("lineup", team=team, game_date=self.date, starters=",".join(starters), confirmed=confirmed, **more)

    def slate_game(self, teams, tip="25:30", status="scheduled", **more):
        return self.add("slate", game_id=game(self.date, teams), tip=tip and moment(self.date, tip), status=status, **more)

    def slate_player(self, player, team, status="active", **more):
        return self.add("slate", player_lookup=player, game_date=self.date, team=team, status=status, **more)

    def seat(self, teams="LAL@GSW", **rosters):
        """A game with its players, settled: seat("LAL@GSW", LAL=["a"], GSW=["b", "c"])."""
        self.slate_game(teams)
        for team, players in rosters.items():
            for player in players:
                self.slate_player(player, team)
        self.wait_quiet()

    # --- what comes out

    def notices(self, from_start=False):
        return Notices(self, from_start)

    def report_text(self, player, date=None):
        return self.r.get(self.key(f"report:{date or self.date}:{player}"))

    def report(self, player, date=None):
        text = self.report_text(player, date)
        self.assertIsNotNone(text, f"no report of {player}")
        return json.loads(text)

    def wait_report(self, player, wanted, what="", seconds=DEADLINE):
        """The committed report once it is as wanted."""
        last = []

        def look():
            self.check_alive()
            text = self.report_text(player)
            last[:] = [text]
            found = json.loads(text) if text else None
            return found if found and wanted(found) else None
        return until(look, lambda: f"a report of {player} {what}; the last: {last[0]}", seconds)

    def book(self, player, market="points", book="fanduel", date=None):
        """That book's part of the report; None where there is none."""
        return self.report(player, date).get("markets", {}).get(market, {}).get("books", {}).get(book)

    def dead(self):
        """Dead letters: [(id, {field: text})]."""
        return [(n.decode(), {k.decode(): v.decode() for k, v in f.items()})
                for n, f in self.r.xrange(self.key("dead"))]

    def versions(self, *players):
        """Committed versions, 0 where there is no report."""
        found = []
        for player in players:
            text = self.report_text(player)
            found.append(json.loads(text)["version"] if text else 0)
        return found

    def settled_by(self, daemon, how):
        """How many entries this daemon counts as settled that way."""
        return daemon.ctl.metrics().get(f'propsd_entries_settled_total{{how="{how}"}}', 0)

    def wait_settled_by(self, daemon, how, count):
        """So many; it may hear of an entry's end after Redis has shown it."""
        until(lambda: self.settled_by(daemon, how) == count, lambda: f"{count} settled as {how}, there are {self.settled_by(daemon, how)}")

    def letter_of(self, stream, number, seconds=DEADLINE):
        """The dead letter of the entry with this id, once it is there."""
        def look():
            self.check_alive()
            found = [letter for _, letter in self.dead() if (letter["stream"], letter["id"]) == (self.key(stream), number)]
            return found[0] if found else None
        return until(look, f"a dead letter of {stream} {number}", seconds)

    def unsettled(self, tokens=True):
        """What is not yet settled, in words; "" when all is quiet: every entry delivered and acked, no run under way.
        Without `tokens` runs do not count: those of the dead stand until the player is next begun."""
        for stream in STREAMS:
            key = self.key(stream)
            try:
                groups = self.r.xinfo_groups(key)
                last = self.r.xinfo_stream(key)["last-generated-id"]
            except redis_py.ResponseError as missing:
                if "no such key" in str(missing):
                    continue
                raise
            if not groups:
                return f"{key} has no group"
            for group in groups:
                if _number(group["last-delivered-id"]) < _number(last):
                    return f"{key}: delivered up to {group['last-delivered-id'].decode()} of {last.decode()}"
                if group["pending"]:
                    return f"{key}: {group['pending']} pending, first {self.r.xpending(key, group['name'])['min']}"
        if tokens and self.r.hlen(self.key("running")):
            return f"running: {self.r.hgetall(self.key('running'))}"
        return ""

    def wait_quiet(self, seconds=DEADLINE, tokens=True):
        """Until every entry is settled, as Redis tells it."""
        last = [""]

        def look():
            self.check_alive()
            try:
                # Twice, as it looks at one stream after another: an entry may have been added behind its back, by propsd too.
                last[0] = self.unsettled(tokens) or self.unsettled(tokens)
            except redis_py.ConnectionError as away:
                last[0] = str(away)
            return not last[0]
        until(look, lambda: "quiet: " + last[0], seconds)

    def pending(self, stream, group="propsd"):
        """How many entries are delivered and not acked; 0 without a group."""
        try:
            return self.r.xpending(self.key(stream), group)["pending"]
        except redis_py.ResponseError:
            return 0

    def wait_read(self, stream):
        """Until every entry of the stream is delivered."""
        def look():
            self.check_alive()
            groups = self.r.xinfo_groups(self.key(stream))
            return groups and groups[0]["last-delivered-id"] == self.r.xinfo_stream(self.key(stream))["last-generated-id"]
        until(look, f"{stream} to be read")

    def acked(self, stream, number):
        """Delivered and no longer pending."""
        groups = self.r.xinfo_groups(self.key(stream)) if self.r.exists(self.key(stream)) else []
        if not groups or _number(groups[0]["last-delivered-id"]) < _number(number):
            return False
        return not self.r.xpending_range(self.key(stream), groups[0]["name"], number, number, 1)

    def wait_acked(self, stream, number, seconds=DEADLINE):
        def look():
            self.check_alive()
            return self.acked(stream, number)
        until(look, f"{number} of {stream} acked", seconds)


def _number(stream_id):
    text = stream_id.decode() if isinstance(stream_id, bytes) else stream_id
    ms, _, seq = text.partition("-")
    return int(ms), int(seq or 0)
