"""What benchmarks through Redis share: a private redis-server, one propsd at a time on it, and what both used."""
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "tests", "flow"))
import harness  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")


class Place(harness.Night):
    """A Redis and a daemon at a time, without a test around them."""

    def runTest(self):
        pass

    def __init__(self, options=()):
        super().__init__()
        self.folder = tempfile.mkdtemp(prefix="propsd-")
        self.environment, self.daemons, self.sent = {}, [], []
        self.date = harness.tonight()
        self.redis = harness.Redis(self.folder, options=options)
        self.redis.start()

    def fresh(self, changes, name="bench"):
        """A new daemon on an empty Redis, ready."""
        self.gone()
        self.r.flushall()
        daemon = harness.Propsd(self, f"{name}{len(self.daemons)}", changes)
        self.daemons.append(daemon)
        daemon.start()
        daemon.ctl.ok("wait", "ready", "--timeout", "60s")
        return daemon

    def gone(self):
        for daemon in self.daemons:
            if daemon.now.running:
                daemon.now.asked = {0}
                daemon.signal(15)
                daemon.now.wait_end()

    def close(self):
        self.gone()
        self.redis.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def held(self, daemon):
        """The daemon stands still while its streams fill."""
        daemon.signal(19)
        yield
        daemon.signal(18)

    def settled(self, seconds=120, every=0.002):
        """Waits until all is committed and acked; returns when that was. Asking costs Redis time: what takes seconds is asked
        about less often."""
        harness.until(lambda: (self.check_alive(), not self.unsettled())[1], "all to be settled", seconds, every)
        return time.monotonic()


class Admin:
    """The admin socket without a process a command."""

    def __init__(self, daemon):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(daemon.socket)
        self.file = self.socket.makefile()

    def ask(self, command, **arguments):
        self.socket.sendall(json.dumps({"v": 1, "cmd": command, "args": arguments}).encode() + b"\n")
        answer = json.loads(self.file.readline())
        assert answer["ok"], answer
        return answer.get("data")

    def close(self):
        self.file.close()
        self.socket.close()


def command(*words, stdin=None):
    done = subprocess.run(words, capture_output=True, text=True, input=stdin, timeout=600)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words[:6])}: status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def seconds_of(pid):
    """CPU seconds of a process, all threads."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class Shares:
    """CPU of Redis and of propsd over a piece of time."""

    def __init__(self, place, daemon):
        self.pids = place.redis.process.pid, daemon.now.pid
        self.wall, self.before = time.monotonic(), [seconds_of(pid) for pid in self.pids]

    def words(self):
        wall = time.monotonic() - self.wall
        redis, daemon = (seconds_of(pid) - before for pid, before in zip(self.pids, self.before))
        return f"CPU: Redis {redis / wall:.2f} of a core, propsd {daemon / wall:.2f}"


def metric(daemon, name):
    return sum(value for key, value in daemon.ctl.metrics().items() if key.split("{")[0] == name)


def mib(size):
    return size / 2**20
