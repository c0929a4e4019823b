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
        self.others, self.servers, self.turns = [], 0, 0
        self.addCleanup(lambda: [other.close() for other in self.others])

    def stands(self, make, *arguments, **more):
        """Another server, with its path to it."""
        self.servers += 1
        server = make(f"{self.folder}/other{self.servers}.sock", *arguments, **more)
        self.others.append(server)
        self.place.lead(server.path)
        return server

    def daemon_there(self, **changes):
        return self.propsd(changes={"redis": {"url": "unix://" + self.place.path}, **changes})

    def line(self, report):
        return report.get("markets", {}).get("points", {}).get("books", {}).get("fanduel", {}).get("line")

    def hurry(self, daemon):
        """A reload that changes who we are connects again at once, as the back-off is not what is tried."""
        self.turns += 1
        daemon.configure({"redis": {"ca_file": "/nonexistent" if self.turns % 2 else ""}})
        daemon.reload()

    def serves(self, daemon, player="lebronjames"):
        """The real one stands there again; those who hold a connection to another lose it."""
        self.place.lead(self.real)
        for other in self.others:
            other.close()
        self.others.clear()
        self.hurry(daemon)
        self.odds(player, line="25.5")
        self.regenerate(player)
        self.wait_report(player, lambda report: self.line(report) == 25.5)
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
    """28 kinds, each by a server that knows nothing else. Several daemons at a time, as each waits most of the time."""

    def several(self, names):
        met = []
        for number, name in enumerate(names):
            how, says = RUBBISH[name]
            self.place = hostile.Place(f"{self.folder}/place{number}.sock")
            server, began = self.stands(hostile.Rubbish, **how), time.monotonic()
            daemon = self.propsd(f"i{number}", {"redis": {"url": "unix://" + self.place.path, "prefix": f"p{number}:"}}, start=False)
            met.append((name, self.place, server, daemon.launch(), began))
        for name, _, server, daemon, began in met:
            how, says = RUBBISH[name]
            with self.subTest(name):
                daemon.wait_log("redis: not available: .*" + re.escape(says))
                if not how.get("silent"):
                    server.wait(lambda: server.connects >= 6, "the third try of two connections")
                    tries = server.connects // 2
                    self.assertLessEqual((tries - 1) * LEAST_PAUSE, time.monotonic() - began)
                self.assertLess(daemon.rss()[1], 1500 << 20 if harness.SANITIZER else 900 << 20)
                self.assertEqual(daemon.ctl.json("status")["state"], "not ready")
        for number, (name, self.place, _, daemon, _) in enumerate(met):
            self.prefix = f"p{number}:"
            with self.subTest(name):
                self.serves(daemon)


for first in range(4):
    def test(self, names=tuple(RUBBISH)[first::4]):
        self.several(names)
    setattr(FromTheFirstReplyOn, f"test_kinds_{first + 1}_of_4", test)


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


class Liar:
    """A real Redis but for one answer, and a daemon that has no other: in a database of its own, as several stand side by side."""

    def __init__(self, test, number=0):
        self.wrong, self.told, self.held = None, 0, set()  # wrong: (name, bytes), for the next answer to that
        self.place = test.place if number == 0 else hostile.Place(f"{test.folder}/place{number}.sock")
        test.place, self.url = self.place, f"unix://{self.place.path}?db={number}"
        self.client = harness.redis_py.Redis(unix_socket_path=test.real, db=number, health_check_interval=0)
        test.addCleanup(self.client.connection_pool.disconnect)
        self.server = test.stands(hostile.Between, test.real, self.lie)
        self.daemon = test.propsd(f"i{number}", {"redis": {"url": self.url}})

    def lie(self, name):
        with self.server.changed:
            if not self.wrong or self.wrong[0] != name:
                return None
            answer, self.wrong = self.wrong[1], None
            self.told += 1
            self.held = set(self.server.open)
            self.server.changed.notify_all()
            return answer

    def lies(self, name, answer):
        """The next answer to `name`; returns how many lies there were before. A session has two connections, each with one to the real
        Redis: what is left of one before would be lied to as well, and nobody would hear it. Once the new one is ready, what is there
        beyond its own is left."""
        self.daemon.ctl.ok("wait", "ready")
        self.server.wait(lambda: len(self.server.open) == 4, "one session")
        with self.server.changed:
            self.wrong = (name, answer)
            return self.told

    def wait_told(self, told, what):
        self.server.wait(lambda: self.told > told, what)

    def wait_lost(self):
        """Until the session is over that was lied to."""
        self.server.wait(lambda: not self.held & self.server.open, "the session to end")


class AtOneAnswer(Hostile):
    """Each kind of answer wrong in turn, to as many daemons at a time as there are commands."""
    redis_options = ("--databases", str(len(WRONG)))

    def turn(self, liar):
        """From here on the test is with that daemon."""
        self.redis.r, self.place = liar.client, liar.place

    def wrong_in_turn(self, names):
        liars = {name: Liar(self, number) for number, name in enumerate(names)}
        for liar in liars.values():
            self.turn(liar)
            self.regenerate("lebronjames")
            self.wait_quiet()
        for number in range(max(len(WRONG[name]) for name in names)):
            told = {name: liar.lies(name, WRONG[name][number]) for name, liar in liars.items() if number < len(WRONG[name])}
            if names == AT_A_BEGIN:
                self.redis.cut()
            for name in told:
                self.turn(liars[name])
                if name == "slate":
                    liars[name].daemon.ctl.run("regenerate", "--slate", "--date", self.date)
                self.odds("lebronjames", line=f"{number}.5")
            for name in told:
                with self.subTest(name, answer=WRONG[name][number]):
                    self.turn(liars[name])
                    liars[name].wait_told(told[name], f"{name} to be answered wrongly")
                    liars[name].wait_lost()
                    self.hurry(liars[name].daemon)
                    self.wait_report("lebronjames", lambda report: self.line(report) == number + 0.5)
        for name, liar in liars.items():
            with self.subTest(name):
                self.turn(liar)
                self.wait_quiet()
                self.assertEqual(self.dead(), [])
                self.assertRegex(liar.daemon.now.log(), f"redis: (.* left out. )?(connection lost|not available): {SAYS[name]}: "
                                                          "Redis answered .* is no answer to that")
                self.serves(liar.daemon)

    def test_at_the_begin_of_a_session(self):
        self.wrong_in_turn(AT_A_BEGIN)

    def test_later(self):
        self.wrong_in_turn(tuple(name for name in WRONG if name not in AT_A_BEGIN))


class OfOperators(Hostile):
    """Whoever asked is told, and does not wait for what never comes."""

    def setUp(self):
        super().setUp()
        self.liar = Liar(self)
        self.daemon = self.liar.daemon
        self.regenerate("lebronjames")
        self.wait_quiet()

    def asks(self, name, answers, *question):
        for answer in answers:
            with self.subTest(answer=answer):
                self.daemon.ctl.ok("wait", "ready")
                told = self.liar.lies(name, answer)
                status, out, err = self.daemon.ctl.run(*question)
                self.assertEqual(self.liar.told, told + 1, out + err)
                self.assertNotEqual(status, 0, out)
                self.assertIn("is no answer to that", out + err)
                self.liar.wrong = None

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
                told = self.liar.lies("left", answer)
                self.daemon.ctl.ok("wait", "idle")
                self.assertEqual(self.liar.told, told + 1)
        self.daemon.wait_log("counting what is left: Redis answered")
        told = self.liar.lies("fate", b":1\r\n")
        self.daemon.ctl.ok("regenerate", "--player", "lebronjames", "--date", self.date, "--wait")
        self.assertEqual(self.liar.told, told + 1)


if __name__ == "__main__":
    unittest.main()
