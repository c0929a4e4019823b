"""Sinks that write to a store of objects: the newest report of each player comes there, and never an older one over a newer, whatever the
server says, and whoever dies."""
import os
import random
import re
import ssl
import subprocess
import threading
import unittest

import fake_s3
import harness
import test_sinks


class Bucket(test_sinks.Sunk):
    """The same to a store of objects: each PUT has a condition, and a signature that the store computes by itself."""
    form = "s3"

    def setUp(self):
        super().setUp()
        self.store = self.open_store()
        self.keys = os.path.join(self.folder, "keys")
        self.write_keys(f"[default]\naws_access_key_id = {self.store.key}\naws_secret_access_key = {self.store.secret}\n")

    def open_store(self, **more):
        store = fake_s3.Store(self.form, **more)
        self.addCleanup(store.stop)
        self.addCleanup(lambda: self.assertEqual(store.falls(), []))
        return store

    def write_keys(self, text):
        with open(self.keys, "w") as file:
            file.write(text)

    def sink(self, **more):
        return {("sink", "archive"): {"type": "s3", "url": self.store.url, "bucket": "reports", "prefix": "nba/",
                                      "key_file": self.keys, "form": self.form, **more}}

    def path(self, player, date=None, place=None):
        return f"/reports/nba/{date or self.date}/{player.replace('@', '%40')}.json"

    def written(self, player, date=None, place=None):
        return self.store.body(self.path(player, date))

    def statuses(self, method):
        return [status for how, path, status in self.store.requests if how == method and path.endswith(".json")]


class Objects(Bucket):
    def test_what_is_committed_is_there_with_its_version(self):
        a = self.propsd("a", self.sink())
        for _ in range(3):
            self.move()
            self.wait_written()
        self.assertEqual(self.wait_settled(a)["failed"], 0)
        for player in self.players:
            headers = self.store.headers_of(self.path(player))
            self.assertEqual(headers[fake_s3.FORMS[self.form][2] + "meta-version"], str(self.report(player)["version"]))
            self.assertEqual(headers["Content-Type"], "application/json")
        self.regenerate("Jalen Williams@CHA")  # whose name must be encoded, in the address and in the signature
        harness.until(lambda: self.written("jalenwilliams@CHA"), "him to be written")
        self.wait_settled(a)
        # Known from the replies: nobody looks before he writes. Where two notices come before the first is served, the report is
        # there with the second, and that is looked at.
        self.assertEqual(set(self.statuses("PUT")), {200})
        self.assertLessEqual(set(self.statuses("HEAD")), {200})
        self.assertEqual(self.view(a)["type"], "s3")

    def test_another_writer_is_met_by_a_412(self):
        a = self.propsd("a", self.sink())
        self.move()
        self.wait_written()
        meta = fake_s3.FORMS[self.form][2] + "meta-version"
        with self.store.lock:
            # An older one, so that ours must follow; a newer one, which must stay; and one of nobody we know.
            self.store.objects[self.path("p0")] = (b"old", {meta: "1"}, '"x"', 1)
            self.store.objects[self.path("p1")] = (b"new", {meta: "999999"}, '"y"', 2)
            self.store.objects[self.path("p2")] = (b"foreign", {}, '"z"', 3)
            del self.store.objects[self.path("p3")]
        self.move()
        self.wait_written("p0", "p2", "p3", "p4", "p5")
        self.wait_settled(a)
        self.assertEqual(self.written("p1"), b"new")
        self.assertGreaterEqual(self.view(a)["kept"], 1)
        self.assertIn(412, self.statuses("PUT"))

    def test_a_write_whose_reply_is_lost_is_found_there(self):
        lost = []

        def fail(method, path, number):
            if method == "PUT" and path not in lost:
                lost.append(path)
                return "lost"
        self.store.fail = fail
        a = self.propsd("a", self.sink())
        self.move()
        self.wait_written()
        self.wait_settled(a)
        self.assertEqual(len(self.store.writes), len({path for path, _, _ in self.store.writes}), "each was written once")

    def test_503_and_closed_connections_are_tried_again(self):
        chance = random.Random(harness.seed_of_run())
        self.store.fail = lambda method, path, number: chance.choice([None, None, 503, "drop"])
        a = self.propsd("a", self.sink())
        for _ in range(5):
            self.move()
            self.wait_quiet()
        self.store.fail = lambda *_: None
        self.wait_written()
        self.wait_settled(a)

    def test_killed_between_the_write_and_its_mark(self):
        a = self.propsd("a", self.sink())
        self.move()
        self.wait_written()
        self.wait_settled(a)
        answered, killed = threading.Event(), threading.Event()

        def fail(method, path, number):
            if method == "PUT" and path == self.path("p0") and not answered.is_set():
                answered.set()
                return "lost"
            if answered.is_set() and not killed.is_set():
                killed.wait(harness.DEADLINE * harness.SLOW)  # what follows comes too late
                return "drop"
        self.store.fail = fail
        self.move("p0")
        self.wait_quiet()
        harness.until(lambda: not self.behind(["p0"]), "the object to be written")
        a.kill()
        killed.set()
        self.assertEqual(self.group()["pending"], 1)
        a.start()
        view = self.wait_view(a, lambda v: v["kept"] and v.get("lag") == 0, "has looked at it again")
        self.assertEqual((self.group()["pending"], view["written"], view["kept"]), (0, 0, 1))
        self.assertEqual(self.behind(), [])


class OfGoogle(Objects):
    form = "google"


class Refusals(Bucket):
    def stands(self, daemon, pattern):
        view = self.wait_view(daemon, lambda v: re.search(pattern, v.get("trouble", "")), f"says {pattern}")
        self.assertEqual(view["state"], "retrying")

    def is_over(self, daemon):
        self.wait_written()
        self.wait_settled(daemon)

    def test_wrong_keys(self):
        self.write_keys(f"{self.store.key}\nwrong\n")
        a = self.propsd("a", self.sink())
        self.move()
        self.stands(a, r"PUT http://\S+: 403 SignatureDoesNotMatch.*: correct key_file, or region")
        self.write_keys("# nothing\n")
        self.stands(a, r"key_file \S+keys: write access key and secret there")
        os.unlink(self.keys)
        self.stands(a, r"key_file \S+keys: No such file or directory")
        self.write_keys(f"{self.store.key}\n{self.store.secret}\n")  # read for each request: no reload
        self.is_over(a)

    def test_a_certificate_that_nobody_vouches_for(self):
        pem = os.path.join(self.folder, "store.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                        pem, "-out", pem + ".crt", "-days", "2", "-subj", "/CN=store", "-addext", "subjectAltName=IP:127.0.0.1"],
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem + ".crt", pem)
        self.store = self.open_store(tls=context)
        a = self.propsd("a", self.sink())
        self.move()
        self.stands(a, r"https://127\.0\.0\.1:\d+: .*: its certificate must be signed by one of ca_file, and name the host of url")
        self.assertEqual(self.store.requests, [])
        a.configure(self.sink(ca_file=pem + ".crt"))
        a.reload()
        self.is_over(a)

    def test_a_wrong_region(self):
        self.store.region = "eu-central-1"
        a = self.propsd("a", self.sink())
        self.move()
        self.stands(a, r"400 AuthorizationHeaderMalformed, the region 'us-east-1' is wrong; expecting 'eu-central-1': correct region")
        a.configure(self.sink(region="eu-central-1"))
        a.reload()
        self.is_over(a)

    def test_no_server(self):
        a = self.propsd("a", self.sink(url="http://127.0.0.1:1"))
        self.move()
        self.wait_quiet()
        self.stands(a, r"http://127\.0\.0\.1:1: .*: see whether it runs, and whether url is right")
        a.configure(self.sink())
        a.reload()
        self.is_over(a)

    def test_a_server_without_conditions(self):
        self.store.fail = lambda method, path, number: 501 if path.endswith(".json") else None
        a = self.propsd("a", self.sink())
        self.move()
        self.stands(a, r"501 NotImplemented.*knows no conditional PUT")
        self.store.fail = lambda *_: None
        self.is_over(a)

    def test_a_server_that_ignores_conditions(self):
        self.store.conditional = False
        a = self.propsd("a", self.sink())
        self.move()
        self.stands(a, r"takes a PUT whose condition \(If-None-Match: \*\) does not hold.*: use another")
        self.assertEqual({path for path, _, _ in self.store.writes}, {"/reports/nba/.propsd"}, "no report was put there")
        self.store.conditional = True
        self.is_over(a)

    def test_a_store_that_asks_for_rest_has_it_and_no_other_sink_waits(self):
        self.store.fail = lambda method, path, number: (503, {"Retry-After": "3600"}) if path.endswith(".json") else None
        a = self.propsd("a", {**self.sink(), ("sink", "beside"): {"type": "directory", "path": self.place}})
        self.move()
        self.stands(a, r"503 SlowDown, .*: asks to be left alone for 10m: it wants fewer requests")
        self.assertGreater(self.view(a)["retry_ms"], 60000, "longer than any back-off")
        self.move()
        self.wait_quiet()

        def beside(player):
            try:
                with open(os.path.join(self.place, self.date, player + ".json"), "rb") as file:
                    return file.read()
            except FileNotFoundError:
                return None
        harness.until(lambda: all(beside(player) == self.report_text(player) for player in self.players), "the other sink to have written")
        self.assertEqual(self.statuses("PUT"), [503], "it was asked once, for whichever player")
        self.store.fail = lambda *_: None
        a.configure(self.sink(ca_file=self.keys))  # another one, that begins anew
        a.reload()
        self.is_over(a)

    def test_a_stop_waits_for_no_server(self):
        hangs = threading.Event()
        self.addCleanup(hangs.set)
        self.store.fail = lambda *_: hangs.wait(harness.DEADLINE * harness.SLOW) and None
        a = self.propsd("a", self.sink())
        self.move()
        self.wait_quiet()  # nor does a commit
        harness.until(lambda: self.store.requests, "a request")
        a.stop()
        hangs.set()
        a.start()
        self.is_over(a)


class Sharing(Bucket):
    """Two instances on one bucket, with a server that fails at random, killed again and again."""
    aof = True

    def test_the_newest_is_there_in_the_end_and_never_an_older_one_over_it(self):
        chance = random.Random(harness.seed_of_run())
        self.store.fail = lambda method, path, number: chance.choice([None] * 6 + [503, "drop", "lost"])
        daemons = [self.propsd(name, self.sink()) for name in "ab"]
        for _ in range(8):
            for _ in range(4):
                self.move(*chance.sample(self.players, 3))
            before = len(self.store.writes)
            harness.until(lambda: len(self.store.writes) > before, "an object to be written")
            if chance.random() < 0.3:
                self.r.xtrim(self.key("reports"), maxlen=1, approximate=False)
            hit = chance.choice(daemons)
            hit.kill()
            hit.start()
        self.store.fail = lambda *_: None
        self.move()
        self.wait_written()
        for daemon in daemons:
            self.wait_settled(daemon)
        self.assertEqual(self.group()["pending"], 0)


if __name__ == "__main__":
    unittest.main()
