"""Processors behind a URL: a push worker in Flask that knows nothing of propsd, and servers that behave badly."""
import base64
import gzip
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import unittest

import harness

HERE = os.path.dirname(os.path.abspath(__file__))


class Http(harness.Night):
    def setUp(self):
        super().setUp()
        self.seen = os.path.join(self.folder, "seen")

    def flask(self, port=0):
        """A Flask server as its own development server runs it; its port."""
        log = open(os.path.join(self.folder, "flask.log"), "w+")
        process = subprocess.Popen([sys.executable, "-m", "flask", "--app", "push_worker", "run", "--port", str(port)],
                                   cwd=HERE, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "GATE": self.gate,
                                        "SEEN": self.seen})

        def end():
            process.kill()
            process.wait()
            log.close()
        self.addCleanup(end)

        def running():
            self.assertIsNone(process.poll(), "Flask ended")
            log.seek(0)
            return re.search(r"Running on http://127\.0\.0\.1:(\d+)", log.read())
        return int(harness.until(running, "Flask to run", 60).group(1))

    def push(self, url, name="a", phase="report", max_attempts=3, back_off="50ms", start=True, **options):
        changes = {("processor", "push"): {"type": "http", "url": url, **options},
                   phase: {"processor": "push"}, "regen": {"max_attempts": max_attempts, "back_off": back_off}}
        if phase == "precompute":
            changes["report"] = {"processor": "builtin"}
        return self.propsd(name, changes, start=start)

    def requests(self, player=None):
        """What the worker was sent, oldest first."""
        if not os.path.exists(self.seen):
            return []
        with open(self.seen) as file:
            found = [json.loads(line) for line in file.read().splitlines()]
        return [one for one in found if player in (None, one["job"]["player_lookup"])]

    def letters(self):
        return {letter["players"]: letter for _, letter in self.dead()}


class Flask(Http):
    def test_a_push_worker_runs_unchanged(self):
        """204 and 200 with some text acknowledge, JSON is the report, 500 and a crash are tried again, 400 is not."""
        token = os.path.join(self.folder, "token")
        with open(token, "w") as file:
            file.write("one\nnot this\n")
        daemon = self.push(f"http://127.0.0.1:{self.flask()}/", token_file=token)
        self.seat("LAL@GSW", LAL=["ann", "ok"], GSW=["report", "created"])
        self.injury("report", "questionable")
        for player in ("failsonce", "crashes", "bad", "badjson", "partial", "list", "html", "otherplayer"):
            self.regenerate(player)
        self.wait_quiet()
        for player in ("ann", "ok", "failsonce", "list", "html"):
            report = self.report(player)
            self.assertEqual((report["stored"], report["processor"], report["player_lookup"]), ("elsewhere", "push", player))
        self.assertEqual(self.report("failsonce")["attempt"], 2)
        self.assertEqual(self.report("report")["markets"], {"points": {"mean": 27.25, "sd": 0.1 + 0.2}})
        self.assertEqual((self.report("created")["markets"], self.report("created")["team"]), ({}, "GSW"))
        self.assertNotIn("stored", self.report("report"))
        letters = self.letters()
        self.assertEqual({player: letter["attempts"] for player, letter in letters.items()},
                         {"crashes": "3", "bad": "1", "badjson": "1", "partial": "3", "otherplayer": "1"})
        self.assertIn("answered 500: 500 Internal Server Error Internal Server Error The server", letters["crashes"]["error"])
        self.assertEqual(letters["bad"]["error"], "answered 400: no such player: bäd at all")
        self.assertEqual(letters["badjson"]["error"], "answered 422: no games in the warehouse")
        self.assertEqual(letters["partial"]["error"], "answered 203")
        self.assertIn('player_lookup "somebody" where the request has "otherplayer"', letters["otherplayer"]["error"])

        asked = self.requests("report")[-1]
        job, message = asked["job"], asked["envelope"]["message"]
        self.assertEqual((job["player_lookup"], job["game_date"], job["phase"], job["v"], job["team"], job["live"]["injury"]),
                         ("report", self.date, "report", 1, "GSW", {"status": "questionable"}))
        self.assertEqual(job["version"], self.report("report")["version"])
        self.assertEqual(message["attributes"], {"phase": "report", "player_lookup": "report", "game_date": self.date,
                                                 "game_id": job["game_id"], "priority": job["priority"],
                                                 "version": str(job["version"])})
        self.assertEqual(message["messageId"], f"report:{self.date}:report:{job['version']}")
        self.assertEqual((message["message_id"], message["publish_time"]), (message["messageId"], message["publishTime"]))
        self.assertEqual(asked["envelope"]["subscription"], "projects/propsd/subscriptions/push")
        first, second = self.requests("failsonce")
        self.assertEqual([one["envelope"]["deliveryAttempt"] for one in (first, second)], [1, 2])
        self.assertLessEqual(first["job"]["version"], second["job"]["version"])
        self.assertEqual(asked["token"], "Bearer one")
        with open(token, "w") as file:
            file.write("two")
        self.regenerate("ann")
        self.wait_quiet()
        self.assertEqual(self.requests("ann")[-1]["token"], "Bearer two")
        self.traces(daemon)

    def traces(self, daemon):
        """An entry's traceparent goes on: in the request, its head and envelope, and in the notice."""
        older, newer = (f"00-{n * 16}-{n * 8}-01" for n in ("0a", "b1"))
        before = daemon.ctl.metrics()["propsd_unknown_fields_total"]
        notices = harness.Notices(self)
        asked = self.requests("ok")[-1]
        self.assertNotIn("traceparent", asked["job"])
        self.assertNotIn("traceparent", asked["envelope"]["message"]["attributes"])
        self.assertIsNone(asked["traceparent"])
        with daemon.stopped():
            self.regenerate("ok", traceparent=older)
            self.regenerate("ok", traceparent=older.upper())
            self.regenerate("ok", traceparent=newer)
        self.wait_quiet()
        asked = self.requests("ok")[-1]
        self.assertEqual([asked["job"]["traceparent"], asked["envelope"]["message"]["attributes"]["traceparent"],
                          asked["traceparent"]], [newer] * 3)
        notices.more(0)
        self.assertEqual(notices.all[-1][1]["traceparent"], newer)
        self.assertNotIn("traceparent", self.report("ok"))
        self.assertEqual(daemon.ctl.metrics()["propsd_unknown_fields_total"], before + 1)
        self.assertIn("answered 400: no such player", "\n".join(daemon.ctl.json("processor", "push")["said"]))

    def test_a_slow_one_is_seen_and_given_up(self):
        daemon = self.push(f"http://127.0.0.1:{self.flask()}/", timeout="5s", max_attempts=1)
        number = self.regenerate("slow")
        shown = harness.until(lambda: [s for s in [daemon.ctl.json("processor", "push")]
                                       if [c for c in s["children"] if c["state"] == "busy"]], "a request under way")[0]
        child, = shown["children"]
        self.assertEqual([run["player"] for run in child["runs"]], ["slow"])
        self.assertTrue(1024 <= child["port"] <= 65535)
        self.assertNotIn("pid", child)
        self.assertEqual((shown["type"], shown["places"], shown["taken"]), ("http", 80, 1))
        letter = self.letter_of("regenerate", number)
        self.assertEqual((letter["error"], letter["attempts"]), ("took longer than timeout = 5s: no reply had come", "1"))

    def test_a_cancelled_one_waits_again(self):
        daemon = self.push(f"http://127.0.0.1:{self.flask()}/")
        self.regenerate("slowonce")
        harness.until(lambda: len(self.requests("slowonce")) == 1, "the job to run")
        table = daemon.ctl.ok("processor", "push")
        self.assertRegex(table, r"(?m)^ *PORT +STATE")
        self.assertRegex(table, r"(?m)^ *\d+ +slowonce +report")
        self.assertIn("1 run cancelled", daemon.ctl.ok("cancel", "slowonce"))
        self.wait_quiet()
        self.assertEqual((self.report("slowonce")["attempt"], len(self.requests("slowonce"))), (1, 2))

    def test_429_slows_all_and_is_no_failed_try(self):
        daemon = self.push(f"http://127.0.0.1:{self.flask()}/", concurrency=4, max_attempts=1)
        self.regenerate("busyonce")
        self.wait_quiet()
        first, second = self.requests("busyonce")
        self.assertGreaterEqual(second["at"] - first["at"], 1)
        self.assertEqual(self.report("busyonce")["attempt"], 1)
        daemon.wait_log("push: its server answered 429 and is left alone for 1s, then asked 2 at a time")
        self.assertEqual(daemon.ctl.json("processor", "push")["places"], 3)  # one success later
        # Refused while it was alone: that is a failed try, so nobody waits for ever.
        letter = self.letter_of("regenerate", self.regenerate("busy"))
        self.assertEqual((letter["error"], letter["attempts"]), ("answered 429", "1"))
        self.wait_quiet()

    def test_503_holds_the_others_back_until_restarted(self):
        daemon = self.push(f"http://127.0.0.1:{self.flask()}/")
        self.regenerate("unavailable")
        state = harness.until(lambda: [s for s in [daemon.ctl.json("processor", "push")] if s["state"] != "ready"], "a slow one")[0]
        self.assertEqual((state["state"], state["places"]), ("slowed", 0))
        self.assertIn("answered 503 and is left alone for 1h, then asked 40 at a time", state["trouble"])
        self.regenerate("ann")
        harness.until(lambda: [p for p in daemon.ctl.json_lines("players") if p["player"] == "ann" and p["state"] == "waiting"],
                      "ann to wait")
        daemon.ctl.ok("processor", "restart", "push")
        self.wait_quiet()
        self.assertEqual((self.report("unavailable")["attempt"], self.report("ann")["stored"]), (1, "elsewhere"))

    def test_refused_connections_are_tried_again_and_open_the_circuit(self):
        kept = socket.socket()  # the port is nobody else's, and refuses until somebody listens
        self.addCleanup(kept.close)
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        port = kept.getsockname()[1]
        daemon = self.push(f"http://127.0.0.1:{port}/", breaker=3, max_attempts=5)
        for player in ("ann", "bob", "cid"):
            self.regenerate(player)
        daemon.wait_log("push: circuit breaker is open")
        self.assertIn("connect to 127.0.0.1 port", "\n".join(daemon.ctl.json("processor", "push")["said"]))
        self.assertEqual(self.dead(), [])
        self.flask(port)
        self.wait_quiet(60)
        self.assertEqual(self.dead(), [])
        self.assertEqual(self.report("cid")["stored"], "elsewhere")

    def test_before_the_report(self):
        """An output is what the built-in report prices on; one that is stored elsewhere leaves the figures to others, and
        each makes the report anew."""
        self.push(f"http://127.0.0.1:{self.flask()}/", phase="precompute")
        self.seat("LAL@GSW", LAL=["report", "ann"])
        self.odds("report", line="27.5", over="-110", under="-110")
        self.wait_quiet()
        book = self.report("report")["markets"]["points"]["books"]["fanduel"]
        self.assertEqual((self.report("report")["markets"]["points"]["mean"], book["line"]), (27.25, 27.5))
        first = self.report("ann")
        self.assertEqual((first["precompute"]["stored"], first["phases"]["precompute"]["processor"]), ("elsewhere", "push"))
        self.injury("ann", "doubtful")
        self.wait_quiet()
        second = self.report("ann")
        self.assertGreater(second["precompute"]["version"], first["precompute"]["version"])
        self.assertEqual(second["phases"]["precompute"]["version"], second["precompute"]["version"])

    def test_jobs_aside(self):
        """Tried and timed by hand, nothing is committed."""
        daemon = self.push(f"http://127.0.0.1:{self.flask()}/")
        status, out, err = daemon.ctl.run("processor", "test", "push", "--player", "report", "--date", self.date)
        self.assertEqual(status, 0, err)
        self.assertIn('"mean": 27.25', out)
        self.assertIn('"player_lookup"', out)
        status, out, err = daemon.ctl.run("processor", "test", "push", "--player", "badjson", "--date", self.date)
        self.assertEqual(status, 1)
        self.assertIn("answered 422: no games in the warehouse", out + err)
        players = os.path.join(self.folder, "players")
        with open(players, "w") as file:
            file.write("ann\nbob\nbad\n")
        made = daemon.ctl.json("baseline", "--processor", "push", "--children", "1,3", "--players", players, "--date", self.date,
                               "--output", os.path.join(self.folder, "baseline.json"))
        self.assertEqual([(run["places"], run["figures"]["items"], run["figures"]["failures"]) for run in made["runs"]],
                         [(1, 3, 1), (3, 3, 1)])
        self.assertIsNone(self.report_text("ann"))
        left = threading.Thread(target=daemon.ctl.run, args=("processor", "test", "push", "--player", "slow", "--date", self.date))
        left.start()
        harness.until(lambda: self.requests("slow"), "a trial to be under way")
        daemon.stop()
        left.join()

    def test_the_job_itself(self):
        daemon = self.push(f"http://127.0.0.1:{self.flask()}/plain", form="json", max_attempts=1, previous="64K")
        for player in ("ann", "report", "ok", "list", "html"):
            self.regenerate(player)
        self.wait_quiet()
        self.assertEqual((self.report("ann")["stored"], self.report("report")["markets"]["points"]["mean"]), ("elsewhere", 27.25))
        self.assertEqual(self.requests("ann")[0]["job"]["player_lookup"], "ann")
        self.assertNotIn("previous", self.requests("ann")[0]["job"])
        before = self.report("ann")
        letters = self.letters()
        self.assertEqual(sorted(letters), ["html", "list", "ok"])
        self.assertIn('answered 200 with a body that is no JSON object: "sign in" (Content-Type: text/html', letters["html"]["error"])
        self.assertIn('"[1]" (Content-Type: application/json)', letters["list"]["error"])
        # Another URL is another processor.
        daemon.configure({("processor", "push"): {"url": daemon.sections[("processor", "push")]["url"] + "?new"}})
        daemon.reload()
        self.regenerate("ann", force=1)
        self.wait_quiet()
        self.assertEqual([one["path"] for one in self.requests("ann")][:1], ["/plain?"])
        self.assertEqual(self.requests("ann")[-1]["path"], "/plain?new")
        self.assertEqual(self.requests("ann")[1]["job"]["previous"], before)


class Server:
    """Plain sockets: each connection is a thread that `behave(connection, number)` gets, and is closed after it."""

    def __init__(self, test, behave, context=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.behave, self.context, self.test = behave, context, test
        self.connections, self.requests = [], []
        test.addCleanup(self.close)
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection, len(self.connections)), daemon=True).start()

    def serve(self, connection, number):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.behave(self, connection, number)
        except OSError:
            pass  # the other side has gone, or the test is over
        finally:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()

    def request(self, connection):
        """One whole request's job; None: the other side has closed."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return None
            data += more
        head, body = data.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
        while len(body) < length:
            body += connection.recv(65536)
        envelope = json.loads(body)
        job = json.loads(base64.b64decode(envelope["message"]["data"])) if "message" in envelope else envelope
        self.requests.append(job)
        return job

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # its thread would wait on, and maybe for another's by the same number
        self.accepting.join()
        self.listener.close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def reply(body=b"", status="200 OK", headers=()):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def endless(connection, head, piece):
    connection.sendall(head)
    while True:
        connection.sendall(piece)


def forever(server, connection):
    """Says nothing more until the other side goes."""
    while connection.recv(65536):
        pass


class Hostile(Http):
    """What each player's server does is told by his name; everybody is asked once, but who says otherwise."""
    big = json.dumps({"pad": "x" * (1 << 20)}).encode()

    def behave(self, server, connection, number):
        job = server.request(connection)
        if job:
            self.players[job["player_lookup"]](server, connection)

    def players_and_errors(self):
        bomb = gzip.compress(b'{"pad": "' + b"x" * (64 << 20) + b'"}')
        say = lambda text: lambda server, c: c.sendall(text)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        return {
            "loris": (lambda s, c: (c.sendall(head), forever(s, c)), "took longer than timeout = [0-9]+s: its reply was not whole"),
            "silent": (forever, "took longer than timeout = [0-9]+s: no reply had come"),
            "endlessbody": (lambda s, c: endless(c, head + b"\r\n{", b"x" * 65536), "its reply has more than 1M in its body"),
            "endlesshead": (lambda s, c: endless(c, head, b"X-A: " + b"b" * 1000 + b"\r\n"), "its reply has more than 64K of headers"),
            "endlessline": (lambda s, c: endless(c, head + b"X-A: ", b"b" * 65536), "a line of more than 100K in the reply's head"),
            "endlessearly": (lambda s, c: endless(c, b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), "headers"),
            "claimsmuch": (say(head + b"Content-Length: 99999999999\r\n\r\n{}"), "with 99999999997 bytes remaining"),
            "gzipbomb": (say(reply(bomb, headers=["Content-Encoding: gzip"])), "its reply has more than 1M in its body"),
            "redirect": (say(reply(status="302 Found", headers=["Location: http://127.0.0.1:1/x\x01\xff"])),
                         r"answered 302 and sends on to http://127\.0\.0\.1:1/x.*, which is not followed"),
            "nowhere": (say(reply(status="304 Not Modified")), "^answered 304$"),
            "halfclosed": (lambda s, c: (c.shutdown(socket.SHUT_WR), forever(s, c)), "Empty reply from server"),
            "cutshort": (say(head + b"Content-Length: 100\r\n\r\n{"), "with 99 bytes remaining"),
            "reset": (lambda s, c: c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"), "Empty reply|reset by peer"),
            "ssh": (say(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"), "HTTP/0.9"),
            "nohttp": (say(b"\x00\xff" * 100), "HTTP/0.9"),
            "badgzip": (say(reply(b"none", headers=["Content-Encoding: gzip"])), "content unencoding"),
            "badjson": (say(reply(b'{"markets": {')), "its reply is no JSON"),
            "nan": (say(reply(b'{"mean": NaN}')), "its reply is no JSON"),
            "twice": (say(reply(b'{"a": 1, "a": 2}')), "its reply is no JSON: duplicate object key"),
            "badutf8": (say(reply(b'{"a": "\xff"}')), "its reply is no JSON"),
            "ourkey": (say(reply(b'{"version": 3}')), "\"version\", which is propsd's own"),
            "words": (say(reply(b"\xff\xfe" * 200, status="400 Bad")), r"answered 400: \?\?"),
        }

    def test_what_servers_do_is_bounded_and_named(self):
        permanent = ("badjson", "nan", "twice", "badutf8", "ourkey", "words")
        cases = self.players_and_errors()
        self.players = {player: do for player, (do, _) in cases.items()}
        self.players.update(
            gzip=lambda s, c: c.sendall(reply(gzip.compress(self.big[:1000] + b'"}'), headers=["Content-Encoding: gzip"])),
            early=lambda s, c: c.sendall(b"HTTP/1.1 102 Processing\r\n\r\n" + reply(b'{"early": 1}')),
            only102=lambda s, c: c.sendall(b"HTTP/1.1 102 Processing\r\n\r\n"),
            chunked=lambda s, c: c.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n3\r\n 1}\r\n0\r\n\r\n"),
            untilclosed=lambda s, c: c.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b'  {"a": 1}\n'))
        server = Server(self, Hostile.behave.__get__(self))
        timeout = 5 * harness.SLOW
        daemon = self.push(f"http://127.0.0.1:{server.port}/", output="1M", timeout=f"{timeout}s", breaker=0, max_attempts=2)
        before = daemon.rss()[0]
        for player in self.players:
            self.regenerate(player)
        self.wait_quiet(120)
        letters = self.letters()
        for player, (_, error) in cases.items():
            self.assertRegex(letters[player]["error"], error, player)
            self.assertEqual(letters[player]["attempts"], "1" if player in permanent else "2", player)
        self.assertEqual(sorted(letters), sorted(cases))
        self.assertEqual(len(self.report("gzip")["pad"]), 991)
        self.assertEqual((self.report("early")["early"], self.report("only102")["stored"]), (1, "elsewhere"))
        self.assertEqual((self.report("chunked")["a"], self.report("untilclosed")["a"]), (1, 1))
        if not harness.SANITIZER:  # two tries of each at a time, and what the allocator keeps
            self.assertLess(daemon.rss()[1] - before, 100 << 20)

    def test_an_answer_after_the_deadline_is_none(self):
        late = threading.Event()

        def behave(server, connection, number):
            while (job := server.request(connection)) is not None:
                if job["attempt"] == 1:
                    late.wait(harness.DEADLINE * harness.SLOW)
                connection.sendall(reply(json.dumps({"attempt_told": job["attempt"]}).encode()))
        server = Server(self, behave)
        self.push(f"http://127.0.0.1:{server.port}/", form="json", timeout="500ms", max_attempts=100)
        self.regenerate("ann")
        report = self.wait_report("ann", lambda r: True)
        late.set()
        self.wait_quiet()
        self.assertEqual(self.report("ann"), report)
        self.assertGreater(report["attempt_told"], 1)

    def test_a_kept_connection_that_ends_costs_no_try(self):
        """The server closes each connection when a second request has come on it, before it has said a word."""
        def behave(server, connection, number):
            if server.request(connection) is not None:
                connection.sendall(reply(b'{"a": 1}'))
                server.request(connection)
        server = Server(self, behave)
        daemon = self.push(f"http://127.0.0.1:{server.port}/", concurrency=1, max_attempts=1)
        for player in [f"p{n}" for n in range(6)]:
            self.regenerate(player)
            self.wait_quiet()
            self.assertEqual((self.report(player)["a"], self.report(player)["attempt"]), (1, 1))
        self.assertEqual(self.dead(), [])
        self.assertEqual(len(server.requests), 11)  # five of them twice
        self.assertEqual(daemon.ctl.metrics()['propsd_processor_child_starts_total{phase="report"}'], 6)

    def test_all_kept_connections_end_at_once(self):
        """A worker that starts anew leaves as many dead connections as there were jobs: the next job is sent on one of them
        and then on a fresh one, not on one after the other."""
        together = threading.Barrier(8)

        def behave(server, connection, number):
            server.request(connection)
            if number <= 8:
                together.wait(harness.DEADLINE * harness.SLOW)
            connection.sendall(reply(b'{"a": 1}'))
            server.request(connection)
        server = Server(self, behave)
        self.push(f"http://127.0.0.1:{server.port}/", concurrency=8, max_attempts=1)
        for player in [f"p{n}" for n in range(8)]:
            self.regenerate(player)
        self.wait_quiet()
        self.regenerate("last")
        self.wait_quiet()
        self.assertEqual((self.report("last")["attempt"], self.dead()), (1, []))
        self.assertEqual(len([job for job in server.requests if job["player_lookup"] == "last"]), 2)
        self.assertEqual(len(server.connections), 9)

    def test_connections_are_kept(self):
        def behave(server, connection, number):
            while server.request(connection) is not None:
                connection.sendall(reply(b'{"a": 1}'))
        server = Server(self, behave)
        self.push(f"http://127.0.0.1:{server.port}/", concurrency=4)
        for player in [f"p{n}" for n in range(200)]:
            self.regenerate(player)
        self.wait_quiet()
        self.assertEqual(self.report("p199")["a"], 1)
        self.assertLessEqual(len(server.connections), 4)

    def test_tls_is_checked(self):
        """A certificate of nobody's is refused; with its authority in ca_file it is taken, for its name alone."""
        key, certificate = (os.path.join(self.folder, name) for name in ("key.pem", "cert.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                        "-out", certificate, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)

        def behave(server, connection, number):
            while server.request(connection) is not None:
                connection.sendall(reply(b'{"a": 1}'))
        server = Server(self, behave, context)
        plain = Server(self, lambda server, connection, number: connection.sendall(reply()))
        cases = [(f"https://localhost:{server.port}/", None, "SSL certificate problem"),
                 (f"https://127.0.0.1:{server.port}/", certificate, "SSL: no alternative certificate subject name matches"),
                 (f"https://localhost:{plain.port}/", certificate, "SSL|TLS|wrong version"),
                 (f"https://localhost:{server.port}/", os.path.join(self.folder, "none.pem"), "none.pem"),
                 (f"https://localhost:{server.port}/", certificate, None)]
        for n, (url, ca, error) in enumerate(cases):
            with self.subTest(url=url, ca=ca):
                daemon = self.push(url, name=f"t{n}", max_attempts=2, **({"ca_file": ca} if ca else {}))
                number = self.regenerate("ann", force=1)
                if error:
                    self.assertRegex(self.letter_of("regenerate", number)["error"], error)
                else:
                    self.wait_quiet()
                    self.assertEqual(self.report("ann")["a"], 1)
                daemon.stop()

    def test_what_cannot_be_a_url_is_refused_at_start(self):
        daemon = self.push("http://127.0.0.1:99999/", start=False).launch()
        self.assertIn('processor "push": "http://127.0.0.1:99999/" is no URL: Port number', daemon.ends_with(78))

    def test_a_stop_with_requests_out(self):
        server = Server(self, lambda server, connection, number: (server.request(connection), forever(server, connection)))
        daemon = self.push(f"http://127.0.0.1:{server.port}/", start=False)
        daemon.configure({"drain": {"limit": "100ms"}})
        # It leaves at once, without a look at its threads.
        self.environment["TSAN_OPTIONS"] = harness.sanitizer_environment()["TSAN_OPTIONS"] + ":report_thread_leaks=0"
        daemon.start()
        self.regenerate("ann")
        harness.until(lambda: server.requests, "a request")
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
