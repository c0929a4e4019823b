"""Servers in Redis' place: one that sends bytes of its own, and one that stands before a real Redis and changes what it answers to
some commands. Both listen on a path of their own; a Place is a path that leads to one of them, or to the real one, as the test says."""
import hashlib
import os
import socket
import threading

import harness


def _scripts():
    """{how its first line begins: "apply"...}: by which a script is known when it is loaded."""
    folder, names = os.path.join(harness.SOURCE, "daemon", "delivery", "scripts"), {}
    for name in os.listdir(folder):
        if name.endswith(".lua") and name != "prelude.lua":
            with open(os.path.join(folder, name), "rb") as source:
                names[source.readline()[:20]] = name[:-4]
    return names


class Place:
    """A socket's path that leads to another one: led elsewhere in one step, so that there is never nothing."""

    def __init__(self, path):
        self.path = path

    def lead(self, target):
        os.symlink(target, self.path + ".new")
        os.replace(self.path + ".new", self.path)


class Server:
    """Listens on `path`, a thread a connection. `connects` is how many there were."""

    def __init__(self, path):
        self.path = path
        self.connects = 0
        self.open = set()
        self.changed = threading.Condition()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with self.changed:
                self.connects += 1
                self.open.add(client)
                self.changed.notify_all()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            self.serve(client)
        except (OSError, EOFError):
            pass
        with self.changed:
            self.open.discard(client)
        client.close()

    def wait(self, condition, what, seconds=harness.DEADLINE):
        with self.changed:
            if not self.changed.wait_for(condition, seconds * harness.SLOW):
                raise AssertionError(f"waited {seconds * harness.SLOW:.0f} s for {what}")

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        with self.changed:
            for client in self.open:
                client.shutdown(socket.SHUT_RDWR)


class Rubbish(Server):
    """Answers to whatever comes with the same bytes. `endless`: without end, as long as anybody takes them. `ends`: closes afterwards;
    `silent`: takes what comes and says nothing. `greets`: what it says before anybody asked."""

    def __init__(self, path, answer, endless=b"", ends=False, silent=False, greets=b""):
        self.answer, self.endless, self.ends, self.silent, self.greets = answer, endless, ends, silent, greets
        super().__init__(path)

    def serve(self, client):
        client.sendall(self.greets)
        while client.recv(65536):
            if self.silent:
                continue
            client.sendall(self.answer)
            while self.endless:
                client.sendall(self.endless)
            if self.ends:
                return


class Stream:
    """Bytes of a socket by commands and replies; both look alike, and what was read is kept as it came."""

    def __init__(self, source):
        self.source, self.buffer = source, b""

    def _more(self):
        piece = self.source.recv(65536)
        if not piece:
            raise EOFError
        self.buffer += piece

    def _line(self, at):
        while True:
            end = self.buffer.find(b"\r\n", at)
            if end >= 0:
                return end + 2
            self._more()

    def _end(self, at):
        """Where the value at `at` ends, and its texts."""
        end = self._line(at)
        head = self.buffer[at:at + 1]
        if head not in (b"$", b"*"):
            return end, [self.buffer[at + 1:end - 2]]
        number = int(self.buffer[at + 1:end - 2])
        if number < 0:
            return end, []
        if head == b"$":
            while len(self.buffer) < end + number + 2:
                self._more()
            return end + number + 2, [self.buffer[end:end + number]]
        texts = []
        for _ in range(number):
            end, more = self._end(end)
            texts += more
        return end, texts

    def take(self):
        """(bytes, texts) of the next one."""
        end, texts = self._end(0)
        taken, self.buffer = self.buffer[:end], self.buffer[end:]
        return taken, texts


class Between(Server):
    """Passes all on to the real Redis and back. `lie(name)` is asked at each answer, the command's or script's name in small letters
    ("xreadgroup", "client id", "apply"), and gives bytes in its place, or None."""

    def __init__(self, path, real, lie):
        self.real, self.lie, self.scripts, self.names = real, lie, _scripts(), {}
        super().__init__(path)

    def name_of(self, texts):
        command = texts[0].decode().lower()
        if command == "evalsha":
            return self.names[texts[1]]
        if command == "script":
            name = next(name for line, name in self.scripts.items() if line in texts[2])
            self.names[hashlib.sha1(texts[2]).hexdigest().encode()] = name
        return f"{command} {texts[1].decode().lower()}" if command in ("client", "script") else command

    def serve(self, client):
        real = socket.socket(socket.AF_UNIX)
        real.connect(self.real)
        asked = []
        with self.changed:
            self.open.add(real)
        threading.Thread(target=self._back, args=(client, real, asked), daemon=True).start()
        try:
            requests = Stream(client)
            while True:
                text, parts = requests.take()
                asked.append(self.name_of(parts))
                real.sendall(text)
        finally:
            with self.changed:
                self.open.discard(real)
            real.shutdown(socket.SHUT_RDWR)
            real.close()

    def _back(self, client, real, asked):
        try:
            replies = Stream(real)
            while True:
                text, _ = replies.take()
                lie = self.lie(asked.pop(0))
                client.sendall(text if lie is None else lie)
        except (OSError, EOFError):
            pass
        try:
            client.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def bulk(text):
    text = text if isinstance(text, bytes) else str(text).encode()
    return b"$%d\r\n%s\r\n" % (len(text), text)


def array(*items):
    return b"*%d\r\n" % len(items) + b"".join(items)
