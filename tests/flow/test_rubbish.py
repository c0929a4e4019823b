"""A server in Redis' place that speaks rubbish, or that is a Redis but for one answer: no process ends of it, the log names what was
wrong, it is not asked again and again without a pause, and once a real Redis stands there all is served."""
import re
import time
import unittest

import harness
import hostile
from hostile import array, bulk

NIL, NONE, OK = b"$-1\r\n", b"*0\r\n", b"+OK\r\n"
LEAST_PAUSE = 0.05  # between two tries, however short the back-off is


class Hostile(harness.Night):
    """A real Redis, a place whose path the daemon knows, and who stands there instead."""

    def setUp(self):
        super().setUp()
        self.real = self.redis.path
        self.place = hostile.Place(self.folder + "/place.sock")
        self.others = []
        self.addCleanup(lambda: [other.close() for other in self.others])

    def stands(self, make, *arguments, **more):
        """Another server, with its path to it."""
        server = make(f"{self.folder}/other{len(self.others)}.sock", *arguments, **more)
        self.others.append(server)
        self.place.lead(server.path)
        return server

    def daemon_there(self, **changes):
        return self.propsd(changes={"redis": {"url": "unix://" + self.place.path}, **changes})

    def line(self, report):
        return report.get("markets", {}).get("points", {}).get("books", {}).get("fanduel", {}).get("line")

    def serves(self, daemon, player="lebronjames"):
        """The real one stands there again; those who hold a connection to another lose it."""
        self.place.lead(self.real)
        for other in self.others:
            other.close()
        self.others.clear()
        self.odds(player, line="25.5")
        self.regenerate(player)
        self.wait_report(player, lambda report: self.line(report) == 25.5, seconds=60)
        self.wait_quiet()
        self.assertEqual(self.dead(), [])
        daemon.ctl.ok("status")
        daemon.check()


# What a server answers to whatever it is asked, and what the log says of it.
NO_ANSWER = "is no answer to that"
RUBBISH = {
    "ok to everything": (dict(answer=OK), NO_ANSWER),
    "numbers": (dict(answer=b":1\r\n"), NO_ANSWER),
    "largest number": (dict(answer=b":9223372036854775807\r\n"), NO_ANSWER),
    "a number that is none": (dict(answer=b":12x\r\n"), "no reply of Redis: Bad integer value"),
    "nil": (dict(answer=NIL), "Redis answered nil, which " + NO_ANSWER),
    "nil array": (dict(answer=b"*-1\r\n"), "Redis answered nil, which " + NO_ANSWER),
    "empty arrays": (dict(answer=NONE), "Redis answered an array of 0, which " + NO_ANSWER),
    "arrays in arrays": (dict(answer=b"*3\r\n*0\r\n*-1\r\n*1\r\n*0\r\n"), "Redis answered an array of 3"),
    "deeper than any reply": (dict(answer=b"*1\r\n" * 100000), "nested"),
    "an error": (dict(answer=b"-ERR no\r\n"), "ERR no"),
    "an error without words": (dict(answer=b"-\r\n"), "an error without a text"),
    "an error of half a megabyte": (dict(answer=b"-ERR " + b"x" * (1 << 19) + b"\r\n"), "ERR xxxxxxxxxxxxxxx"),
    "a huge string": (dict(answer=b"$99999999999\r\n", endless=b"x" * 65536), "a reply is too large"),
    "a string of negative length": (dict(answer=b"$-5\r\n"), "Bulk string length out of range"),
    "a huge array": (dict(answer=b"*2147483647\r\n"), "a reply is too large"),
    "an array larger than numbers": (dict(answer=b"*99999999999999999999\r\n"), "no reply of Redis: Bad multi-bulk length"),
    "millions of arrays of a million": (dict(answer=b"*1048576\r\n", endless=b"*1048576\r\n" + b"*0\r\n" * 1048576), "a reply is too large"),
    "a line without end": (dict(answer=b"+", endless=b"a" * 65536), "a reply is too large"),
    "a server that speaks first": (dict(answer=b"", greets=b"+hello\r\n", silent=True), "a reply that nobody asked for"),
    "a map of RESP3": (dict(answer=b"%1\r\n+a\r\n:1\r\n"), "Protocol error"),
    "a set, a truth, a number of RESP3": (dict(answer=b"~3\r\n#t\r\n,1.5\r\n(123\r\n"), "Protocol error"),
    "a double of RESP3": (dict(answer=b",1.5\r\n"), "Protocol error"),
    "a push of RESP3": (dict(answer=b">2\r\n+message\r\n+x\r\n"), "Protocol error"),
    "binary": (dict(answer=bytes(range(256))), "Protocol error"),
    "a web server": (dict(answer=b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), "Protocol error"),
    "half a reply, then closed": (dict(answer=b"*3\r\n$6\r\nmast", ends=True), "closed by Redis"),
    "closed at once": (dict(answer=b"", ends=True), "closed by Redis"),
    "never a word": (dict(answer=b"", silent=True), "no reply within the time limit"),
}


class FromTheFirstReplyOn(Hostile):
    """28 kinds, each by a server that knows nothing else."""

    def rubbish(self, how, says):
        server = self.stands(hostile.Rubbish, **how)
        began = time.monotonic()
        daemon = self.daemon_there()
        daemon.wait_log("redis: not available: .*" + re.escape(says), seconds=60)
        if not how.get("silent"):
            server.wait(lambda: server.connects >= 6, "the third try of two connections", 120)
            tries = server.connects // 2
            self.assertLessEqual((tries - 1) * LEAST_PAUSE, time.monotonic() - began)
        self.assertLess(daemon.rss()[1], 1500 << 20 if harness.SANITIZER else 900 << 20)
        self.assertEqual(daemon.ctl.json("status")["state"], "not ready")
        self.serves(daemon)


for number, (name, (how, says)) in enumerate(RUBBISH.items()):
    def test(self, how=how, says=says):
        self.rubbish(how, says)
    setattr(FromTheFirstReplyOn, f"test_{number:02}_" + re.sub(r"\W+", "_", name), test)


# Of one command or script, what a Redis does not answer to it. What comes before and behind is a real one's.
WRONG = {
    "client id": (OK, NIL, NONE),
    "role": (OK, NIL, NONE, b":1\r\n", array(bulk("master")), array(b":1\r\n", b":2\r\n"), array(array(bulk("master"))),
             array(bulk("slave"), bulk("h"), b":1\r\n", bulk("sync"), b":-1\r\n"), array(bulk("sentinel"), NONE)),
    "time": (OK, NIL, NONE, array(bulk("1")), array(bulk("x"), bulk("0")), array(bulk("-5"), bulk("0")),
             array(bulk("9223372036854775807"), bulk("999999")), array(bulk("9000000000000"), bulk("0"))),
    "migrate": (OK, NIL, NONE, b":1\r\n", array(bulk("1")), array(b":-1\r\n", bulk("")), array(bulk("one"), bulk(""))),
    "script load": (NIL, b":1\r\n", NONE),
    "rights": (OK, NIL, b":1\r\n", array(b":1\r\n")),
    "group": (OK, NIL, NONE, b":-1\r\n"),
    "hmget": (OK, NIL, NONE, array(NIL), array(*[b":1\r\n"] * 5), array(*[NIL] * 6)),
    "take": (OK, NIL, NONE, b":0\r\n"),
    "beat": (OK, NIL, NONE, array(bulk("mine")), array(bulk("ours"), b":1700000000000\r\n"), array(bulk("mine"), bulk("now")),
             array(bulk("mine"), b":9007199254740992\r\n")),
    "claim": (OK, NIL, b":1\r\n", array(b":1\r\n"), array(array(NIL, b":0\r\n")), array(array(array(NIL), b":0\r\n")),
              array(array(array(array(bulk("1-1"), bulk("x"))), b":0\r\n")), array(array(NONE, b":-7\r\n")),
              array(array(array(array(bulk("no id"), NONE)), b":0\r\n"))),
    "hgetall": (OK, NIL, b":1\r\n", array(b":1\r\n", b":2\r\n"), array(bulk("pause"), NIL)),
    "xreadgroup": (OK, b":1\r\n", array(NIL), array(b":1\r\n"), array(array(bulk("props:odds"))), array(array(bulk("props:odds"), NIL)),
                   array(array(bulk("elsewhere"), NONE)), array(array(bulk("props:odds"), array(NIL))),
                   array(array(bulk("props:odds"), array(array(bulk("no id"), NONE)))),
                   array(array(bulk("props:odds"), array(array(b":1\r\n", NONE)))),
                   array(array(bulk("props:odds"), array(array(bulk("1-1"), array(b":1\r\n")))))),
    "slate": (OK, NIL, NONE, array(b":1\r\n"), array(b":-1\r\n", NONE), array(b":1700000000000\r\n", array(b":1\r\n", b":2\r\n"))),
    "apply": (OK, NIL, NONE, b":1\r\n", array(NIL, NONE), array(NIL, NIL, b":0\r\n", b":1\r\n"), array(NIL, NONE, b":6\r\n"),
              array(NIL, NONE, b":-1\r\n"), array(NIL, NONE, OK), array(NIL, NONE, b":0\r\n"), array(NIL, NONE, b":0\r\n", b":-1\r\n"),
              array(NIL, NONE, *[b":0\r\n"] * 99), array(b":1\r\n", NONE, b":0\r\n", b":1\r\n")),
    "begin": (OK, NIL, NONE, array(NIL, NONE), array(NIL, NONE, NIL, NONE), array(NIL, NONE, array(b":9\r\n"), NONE),
              array(NIL, NONE, array(b":0\r\n"), NONE), array(NIL, NONE, array(b":0\r\n", b":1\r\n", b":0\r\n", b":1\r\n", b":1\r\n", NIL), NONE),
              array(NIL, NONE, array(b":3\r\n", b":9223372036854775807\r\n"), NONE), array(NIL, NONE, array(b":4\r\n", b":1\r\n"), NONE),
              array(NIL, NONE, array(b":-1\r\n"), NONE), array(b":1\r\n", NONE, array(b":2\r\n"), NONE)),
    "commit": (OK, NIL, NONE, b":1\r\n", array(NIL), array(b":1\r\n"), array(NONE), array(array(OK)), array(*[array(b":1\r\n")] * 9)),
    "xack": (OK, NIL, NONE, b":-1\r\n"),
}
SAYS = {  # what the log calls it
    "client id": "CLIENT ID", "role": "ROLE", "time": "TIME", "migrate": "looking at the layout of the keys", "script load": "SCRIPT LOAD", "rights": "checking the user's rights",
    "group": "making the consumer group", "hmget": "looking at the instance's name", "take": "taking the instance's name", "beat": "heartbeat",
    "claim": "claiming entries", "hgetall": "reading standing orders", "xreadgroup": "reading the input streams", "slate": "reading a slate",
    "apply": "apply", "begin": "begin", "commit": "commit", "xack": "XACK"}
AT_A_BEGIN = ("client id", "role", "time", "script load", "rights", "migrate", "group", "hmget", "take")  # of a session


class Between(Hostile):
    """A real Redis but for one answer."""

    def setUp(self):
        super().setUp()
        self.wrong, self.told = None, 0  # (name, bytes): for the next answer to that
        self.server = self.stands(hostile.Between, self.real, self.lie)
        self.daemon = self.daemon_there()
        self.regenerate("lebronjames")
        self.wait_quiet()

    def lie(self, name):
        with self.server.changed:
            if not self.wrong or self.wrong[0] != name:
                return None
            answer, self.wrong = self.wrong[1], None
            self.told += 1
            self.server.changed.notify_all()
            return answer

    def lies(self, name, answer):
        """The next answer to `name`; returns how many lies there were before."""
        with self.server.changed:
            self.wrong = (name, answer)
            return self.told

    def reconnects(self):
        return self.daemon.ctl.json("status")["redis"]["reconnects"]


class AtOneAnswer(Between):
    """Each kind of answer wrong in turn; a reload that changes who we are connects again at once, as the back-off is not what is tried."""

    def hurry(self, number):
        self.daemon.configure({"redis": {"ca_file": "" if number % 2 else "/nonexistent"}})
        self.daemon.ctl.ok("reload")

    def wrong_in_turn(self, name, answers):
        for number, answer in enumerate(answers):
            with self.subTest(answer=answer):
                before = self.reconnects()
                told = self.lies(name, answer)
                if name in AT_A_BEGIN:
                    self.redis.cut()
                elif name == "slate":
                    self.daemon.ctl.run("regenerate", "--slate", "--date", self.date)
                self.odds("lebronjames", line=f"{number}.5")
                self.server.wait(lambda: self.told > told, f"{name} to be answered wrongly")
                if name not in AT_A_BEGIN:
                    harness.until(lambda: self.reconnects() > before, "the session to end")
                self.hurry(number)
                self.wait_report("lebronjames", lambda report: self.line(report) == number + 0.5)
                self.daemon.ctl.ok("wait", "ready", "--timeout", "60s")  # or the next step takes this reconnect for its own
        self.wait_quiet()
        self.assertEqual(self.dead(), [])
        self.assertRegex(self.daemon.now.log(), f"redis: (connection lost|not available): {SAYS[name]}: Redis answered .* is no answer to that")
        self.serves(self.daemon)


for name, answers in WRONG.items():
    def test(self, name=name, answers=answers):
        self.wrong_in_turn(name, answers)
    setattr(AtOneAnswer, "test_" + name.replace(" ", "_"), test)


class OfOperators(Between):
    """Whoever asked is told, and does not wait for what never comes."""

    def asks(self, name, answers, *question):
        for answer in answers:
            with self.subTest(answer=answer):
                self.daemon.ctl.ok("wait", "ready", "--timeout", "30s")
                told = self.lies(name, answer)
                status, out, err = self.daemon.ctl.run(*question)
                self.assertEqual(self.told, told + 1, out + err)
                self.assertNotEqual(status, 0, out)
                self.assertIn("is no answer to that", out + err)
                self.wrong = None

    def test_regenerate(self):
        self.asks("xadd", (NIL, b":1\r\n", NONE), "regenerate", "--player", "lebronjames", "--date", self.date, "--wait")

    def test_dead_list(self):
        self.asks("xrevrange", (OK, NIL, b":1\r\n", array(NIL), array(array(bulk("1-1")))), "dead", "list")

    def test_dead_retry(self):
        self.asks("xrange", (OK, NIL, b":1\r\n", array(NIL), array(array(bulk("1-1"), NIL))), "dead", "retry", "1-1")
        for answer in (NONE, b":-1\r\n"):
            self.letter_of("odds", self.add("odds", {"player_lookup": "p"}))
            self.asks("retry", (answer,), "dead", "retry", self.dead()[-1][0])

    def test_report(self):
        self.asks("get", (NONE, b":1\r\n"), "report", "lebronjames", "--date", self.date)

    def test_pause_and_resume(self):
        self.asks("hset", (OK, NIL, NONE), "pause")
        self.asks("hdel", (OK, NIL, NONE), "resume")

    def test_what_is_waited_for(self):
        """Here the question is asked again of the next session, and no wrong answer is taken for a good one."""
        for answer in (OK, NIL, NONE, array(b":0\r\n"), array(b":0\r\n", NIL)):
            with self.subTest(answer=answer):
                told = self.lies("left", answer)
                self.daemon.ctl.ok("wait", "idle", "--timeout", "60s")
                self.assertEqual(self.told, told + 1)
        self.daemon.wait_log("counting what is left: Redis answered")
        told = self.lies("fate", b":1\r\n")
        self.daemon.ctl.ok("regenerate", "--player", "lebronjames", "--date", self.date, "--wait", "--timeout", "60s")
        self.assertEqual(self.told, told + 1)


if __name__ == "__main__":
    unittest.main()
