"""A parent as propsd is one: starts a worker with pipes at 0, 1 and 2, writes requests, reads replies."""
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = os.environ.get("PROPSD_SOURCE") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(SOURCE, "worker")
PATIENCE = 300  # seconds, only for what never comes


class Child:
    """One worker. Its stderr goes to a file, as much as it likes."""

    def __init__(self, command, folder, environment=None):
        self.errors = tempfile.TemporaryFile(dir=folder)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, bufsize=0,
                                        cwd=folder, env={**os.environ, "PYTHONPATH": FOLDER, **(environment or {})})
        self.buffer = b""

    def send(self, *requests):
        """Requests as dicts or raw lines. Writes and reads in turns, as the loop of propsd does."""
        rest = b"".join((r if isinstance(r, bytes) else json.dumps(r).encode()) + b"\n" for r in requests)
        sink, source = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(sink, False)
        while rest:
            can_read, can_write, _ = select.select([source], [sink], [], PATIENCE)
            if not can_read and not can_write:
                raise AssertionError(f"the worker takes no request: {self.stderr()}")
            if can_write:
                rest = rest[os.write(sink, rest):]
            if can_read:
                self._read()

    def _read(self):
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        self.buffer += data
        return bool(data)

    def line(self):
        """The next raw line, None at the end of the worker's output."""
        end = time.monotonic() + PATIENCE
        while b"\n" not in self.buffer:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"no line from the worker: {self.stderr()}")
            if not self._read():
                if self.buffer:
                    raise AssertionError(f"half a line: {self.buffer[:200]!r}")
                return None
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line

    def reply(self):
        line = self.line()
        if line is None:
            raise AssertionError(f"the worker is gone ({self.process.wait(PATIENCE)}): {self.stderr()}")
        return json.loads(line)

    def replies(self, count):
        """The last lines of so many jobs, by id."""
        found = {}
        while len(found) < count:
            reply = self.reply()
            if "progress" not in reply:
                assert reply["id"] not in found, f"answered twice: {reply}"
                found[reply["id"]] = reply
        return found

    def close(self):
        """Ends its input; its exit code."""
        self.process.stdin.close()
        return self.process.wait(PATIENCE)

    def wait(self):
        return self.process.wait(PATIENCE)

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self.errors):
            file.close()


class WorkerTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="propsd-worker-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start(self, code, *arguments, serve="propsd_worker.serve(f)", hello=True, environment=None):
        """A worker of this code; with `hello` it has said it."""
        path = self.write("worker.py", f"import propsd_worker\n{code}\nif __name__ == '__main__':\n    {serve}\n")
        return self.child([sys.executable, "-B", path, *arguments], hello=hello, environment=environment)

    def child(self, command, hello=True, environment=None):
        child = Child(command, self.folder, environment)
        self.addCleanup(child.end)
        if hello:
            child.hello = child.reply()
        return child

    def run_once(self, code, *arguments, **options):
        """What a worker says to one request."""
        child = self.start(code, *arguments, **options)
        child.send(request(1))
        reply = child.reply()
        self.assertEqual(child.close(), 0)
        child.said = child.stderr()
        return reply, child

    def by_hand(self, code, *arguments, serve="propsd_worker.serve(f)"):
        path = self.write("worker.py", f"import propsd_worker\n{code}\nif __name__ == '__main__':\n    {serve}\n")
        return self.run_command([sys.executable, "-B", path, *arguments])

    def run_command(self, command):
        return subprocess.run(command, cwd=self.folder, env={**os.environ, "PYTHONPATH": FOLDER}, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=PATIENCE)

    def wait_until(self, question):
        end = time.monotonic() + PATIENCE
        while not question():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)  # processes that are not ours: nobody tells of their end


def request(number, lookup="lebronjames", date="2025-11-15", **more):
    return {"v": 1, "id": number, "phase": "report", "player_lookup": lookup, "game_date": date, "attempt": 1, "version": 7,
            "causes": [], "live": {}, **more}
