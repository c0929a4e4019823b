"""A webhook is told of each recommendation that newly is one: once, whoever dies, and however often its report is made."""
import http.server
import json
import os
import threading
import unittest

import harness


class Hook:
    """A server that keeps what it is sent; `answers`: what it says to the next ones, else 204."""

    def __init__(self):
        hook, self.bodies, self.heads, self.answers, self.lock = self, [], [], [], threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with hook.lock:
                    status, headers = hook.answers.pop(0) if hook.answers else (204, {})
                    hook.heads.append((self.path, dict(self.headers), status))
                    if status < 300:
                        hook.bodies.append(json.loads(body))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/very-secret?thread=7"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Alerts(harness.Night):
    def setUp(self):
        super().setUp()
        self.hook = Hook()
        self.addCleanup(self.hook.stop)
        self.urls = os.path.join(self.folder, "url")
        with open(self.urls, "w") as file:
            file.write(self.hook.url + "\n")
        self.version = 0

    def sink(self, form="json", **more):
        return {("sink", "alert"): {"type": "webhook", "url_file": self.urls, "form": form, "cool_down": "1h",
                                    "min_return": 0.05, **more}}

    def commit(self, player, side="OVER", line=24.5, returns=0.123, market="points", book="fanduel", age_ms=0):
        """A report as propsd commits one, and when its quote was heard."""
        self.version += 1
        seconds, micros = self.r.time()
        ms = seconds * 1000 + micros // 1000 - age_ms
        report = {"player_lookup": player, "game_date": self.date, "game_id": "20251115_LAL_GSW", "version": self.version,
                  "generated_at": "2025-11-15T00:00:00.000Z", "status": "ok",
                  "markets": {market: {"books": {book: {"line": line, "over": 115, "under": -135, "p_over": 0.6226,
                                                        "return_over": returns, "return_under": returns - 0.3,
                                                        "recommendation": side}}}}}
        pipe = self.r.pipeline(transaction=True)
        pipe.set(self.key(f"report:{self.date}:{player}"), json.dumps(report))
        pipe.hset(self.key(f"player:{self.date}:{player}"), mapping={"c": self.version,
                                                                    f"q:{market}:{book}": f"m{ms}a0 1 2450 115 -135"})
        pipe.xadd(self.key("reports"), {"player_lookup": player, "game_date": self.date, "version": self.version})
        pipe.execute()

    def wait_seen(self):
        """Until the sink has looked at every report."""
        def look():
            groups = {group["name"]: group for group in self.r.xinfo_groups(self.key("reports"))}
            group = groups.get(b"sink:alert")
            last = self.r.xinfo_stream(self.key("reports"))["last-generated-id"]
            return group and group["pending"] == 0 and group["last-delivered-id"] == last
        harness.until(look, "the sink to have seen all reports")

    def wait_told(self, count):
        harness.until(lambda: len(self.hook.bodies) >= count, lambda: f"{count} messages; there are {self.hook.bodies}")

    def begin(self, **more):
        daemon = self.propsd(changes=self.sink(**more))
        harness.until(lambda: self.r.exists(self.key("reports")) and self.r.xinfo_groups(self.key("reports")), "its group")
        return daemon

    def test_what_is_told_and_what_is_not(self):
        daemon = self.begin(markets=["points", "pra"], max_quote_age="10m")
        self.commit("lebronjames")
        self.wait_told(1)
        self.wait_seen()
        self.assertEqual(self.hook.bodies[0], {
            "type": "recommendation", "player_lookup": "lebronjames", "game_date": self.date, "game_id": "20251115_LAL_GSW",
            "market": "points", "book": "fanduel", "side": "OVER", "line": 24.5, "price": 115, "probability": 0.6226,
            "return": 0.123, "version": 1, "generated_at": "2025-11-15T00:00:00.000Z"})
        self.assertEqual(self.hook.heads[0][0], "/hooks/very-secret?thread=7")
        # Again, on another line within the cool-down, gone and back, another market, too little, too old, a pass.
        for change in ({}, {"line": 25.5}, {"side": "PASS"}, {}, {"market": "threes"}):
            self.commit("lebronjames", **change)
            self.wait_seen()
        self.commit("stephencurry", returns=0.049)
        self.commit("anthonydavis", age_ms=3_600_000)
        self.commit("lukadoncic", side="PASS")
        self.wait_seen()
        self.assertEqual(len(self.hook.bodies), 1)
        # The old quote is heard anew; another book of the first.
        self.commit("anthonydavis", side="UNDER", returns=0.5)
        self.commit("lebronjames", book="draftkings")
        self.wait_told(3)
        self.wait_seen()
        self.assertEqual(sorted((body["player_lookup"], body["book"], body["side"]) for body in self.hook.bodies[1:]),
                         [("anthonydavis", "fanduel", "UNDER"), ("lebronjames", "draftkings", "OVER")])
        self.assertEqual([body["price"] for body in self.hook.bodies if body["side"] == "UNDER"], [-135])
        # A restart forgets nothing: what was told stands in Redis, with an expiry.
        daemon.restart()
        daemon.ctl.ok("wait", "ready")
        self.commit("anthonydavis", side="UNDER", returns=0.5)
        self.wait_seen()
        self.assertEqual(len(self.hook.bodies), 3)
        self.assertGreater(self.r.ttl(self.key(f"sink:alert:told:{self.date}")), 0)

    def test_a_server_that_fails_is_asked_again_and_one_that_asks_for_a_pause_has_it(self):
        self.hook.answers = [(500, {}), (429, {"Retry-After": "1"}), (403, {})]
        daemon = self.begin(form="discord", cool_down="0s")
        self.commit("lebronjames")
        self.wait_told(1)
        self.wait_seen()
        self.assertEqual([status for _, _, status in self.hook.heads], [500, 429, 403, 204])
        self.assertEqual(self.hook.bodies, [{
            "content": "lebronjames: points OVER 24.5 at +115 (fanduel), return +12.3 %, probability 62.3 %, 20251115\\_LAL\\_GSW",
            "allowed_mentions": {"parse": []}}])
        # Without a cool-down another line is told at once, in Slack's form after a reload.
        daemon.configure(self.sink("slack", cool_down="0s"))
        daemon.reload()
        self.commit("lebronjames", line=25.5, book="a<b>&c")
        self.wait_told(2)
        self.assertEqual(self.hook.bodies[1], {"text": "lebronjames: points OVER 25.5 at +115 (a&lt;b&gt;&amp;c), return +12.3 %, "
                                                       "probability 62.3 %, 20251115_LAL_GSW"})
        # Its address is a secret.
        self.hook.answers = [(404, {})]
        self.commit("lebronjames", line=26.5)
        daemon.wait_log("answers 404")
        shown = daemon.now.log() + daemon.ctl.ok("config", "show") + daemon.ctl.ok("status")
        self.assertNotIn("very-secret", shown)
        self.wait_told(3)


class Operators(harness.Night):
    def test_a_condition_is_told_when_it_begins_and_when_it_ends(self):
        hook = Hook()
        self.addCleanup(hook.stop)
        urls = os.path.join(self.folder, "url")
        with open(urls, "w") as file:
            file.write(hook.url)
        hook.answers = [(500, {}), (429, {"Retry-After": "1"})]
        operator = {"url_file": urls, "conditions": ["dead_letters"], "after": "0s", "stale_after": "1h"}
        daemon = self.propsd("a", changes={"operator": operator})

        def wait_told(count):
            harness.until(lambda: len(hook.bodies) >= count, lambda: f"{count} messages; there are {hook.bodies}")
            return hook.bodies[count - 1]
        self.letter_of("injury", self.add("injury", player_lookup="x", game_date=self.date, status="unwell"))
        daemon.ctl.run("doctor")  # which looks at once, as each minute does
        told = wait_told(1)
        since = told.pop("since")
        self.assertRegex(since, r"^\d{4}-\d\d-\d\dT")
        remedy, text = told.pop("remedy"), told.pop("text")
        self.assertIn("propsctl dead list", remedy)
        self.assertTrue(text)
        self.assertEqual(told, {"type": "condition", "condition": "dead_letters", "stands": True, "instance": "a"})
        self.assertEqual([status for _, _, status in hook.heads], [500, 429, 204])
        # Its end, in a sentence.
        daemon.configure({"operator": {**operator, "form": "slack", "conditions": ["dead_letters", "not_fresh"]}})
        daemon.reload()
        daemon.ctl.ok("dead", "drop", "--all")
        daemon.ctl.run("doctor")
        self.assertTrue(wait_told(2)["text"].startswith("propsd a: dead_letters is over; it was: "))
        # No session: not fresh, until there is one.
        self.redis.stop()
        self.assertTrue(wait_told(3)["text"].startswith("propsd a: not_fresh: there is no session with Redis: "))
        self.redis.start()
        self.assertTrue(wait_told(4)["text"].startswith("propsd a: not_fresh is over; "))
        self.assertNotIn("very-secret", daemon.now.log() + daemon.ctl.ok("config", "show"))


if __name__ == "__main__":
    unittest.main()
