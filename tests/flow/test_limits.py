"""Bounds: a Redis without memory, more delayed entries than fit, runs that end with their process, keys that expire."""
import time
import unittest

import harness
import oracle


class Memory(harness.Night):
    def test_at_redis_memory_limit_events_wait_and_nothing_is_lost(self):
        daemon = self.propsd(changes={("processor", "load"): {"spin_us": 20_000}})
        self.seat(LAL=["l1", "l2"])
        self.add_all([("odds", {"player_lookup": f"p{n}", "game_date": self.date, "market": "points", "book": "fanduel", "line": "5.5"})
                      for n in range(200)])
        followed = self.notices()
        followed.more(1000)
        self.r.config_set("maxmemory", "1mb")  # below what is in use: every XADD is refused, reads and acks work
        with self.assertRaisesRegex(Exception, "OOM"):
            self.regenerate("nobody")
        self.sent.clear()
        followed.more(500)
        daemon.check()
        self.r.config_set("maxmemory", "0")
        self.wait_quiet()
        for n in range(200):
            self.assertEqual(self.book(f"p{n}")["line"], 5.5)
        self.assertEqual(self.dead(), [])
        self.assertEqual(list(oracle.check_books(daemon)), [])


class Delayed(harness.Night):
    def test_what_is_delayed_takes_no_place_from_what_is_not(self):
        """300 entries that are due in an hour, where 100 may be in flight: what comes after them is served at once."""
        self.propsd(changes={"ingest": {"max_in_flight": 100, "max_parked": 1000}})
        due = int(time.time() * 1000) + 3_600_000
        self.add_all([("odds", {"player_lookup": f"p{n}", "game_date": self.date, "market": "points", "book": "fanduel", "line": "5.5",
                                "not_before": str(due)}) for n in range(300)])
        self.wait_acked("odds", self.odds("lebronjames", line="25.5"))
        self.wait_acked("regenerate", self.regenerate("stephencurry", priority="urgent"))
        self.report("lebronjames")
        self.report("stephencurry")
        self.assertEqual(self.pending("odds"), 300)
        self.assertIsNone(self.report_text("p0"))

    def test_one_stream_that_is_full_stops_no_other(self):
        daemon = self.propsd(changes={"ingest": {"max_in_flight": 100, "max_parked": 100}})
        due = int(time.time() * 1000) + 3_600_000
        self.add_all([("odds", {"player_lookup": f"p{n}", "game_date": self.date, "market": "points", "book": "fanduel", "line": "5.5",
                                "not_before": str(due)}) for n in range(2000)])
        harness.until(lambda: daemon.ctl.json("status")["entries"]["parked"] >= 100, "the stream to be full")
        for n in range(50):
            self.regenerate(f"q{n}")
            self.injury(f"q{n}", "probable")
        for n in range(50):
            self.wait_report(f"q{n}", lambda report: report.get("injury") == {"status": "probable"})
        entries = daemon.ctl.json("status")["entries"]
        self.assertLessEqual(entries["parked"], 100 + 100)

    def test_a_delayed_entry_of_an_instance_that_died_is_served_by_another_when_due(self):
        first = self.propsd("a")
        due = int(time.time() * 1000) + 2000
        number = self.regenerate("lebronjames", not_before=due)
        harness.until(lambda: self.pending("regenerate"), "it to be read")
        first.kill()
        self.propsd("b")
        self.wait_acked("regenerate", number)  # the heartbeat of the dead lasts 10 s
        self.assertGreaterEqual(oracle.order(self.r.xrevrange(self.key("reports"), count=1)[0][0].decode())[0], due)

    def test_a_delay_beyond_the_limit_is_refused_by_when_the_entry_came(self):
        """Not by when it is read: the verdict is the same after a restart, and on every instance."""
        daemon = self.propsd(changes={"ingest": {"max_delay": "10m"}}, start=False)
        now = int(time.time() * 1000)
        old = self.add("regenerate", {"player_lookup": "lebronjames", "game_date": self.date, "not_before": str(now - 1000)}, id=f"{now - 900_000}-0")
        late = self.add("regenerate", {"player_lookup": "austinreaves", "game_date": self.date, "not_before": str(now - 1000)}, id=f"{now - 300_000}-0")
        daemon.start()
        letter = self.letter_of("regenerate", old)
        self.assertEqual((letter["reason"], letter["field"]), ("malformed", "not_before"))
        self.assertIn("is more than 10m ahead; ingest.max_delay allows no more", letter["error"])
        self.wait_acked("regenerate", late)
        self.wait_report("austinreaves", lambda report: True)
        (letter, _), = self.dead()
        daemon.ctl.ok("dead", "retry", letter)  # it comes anew, and what it waits for is over by now
        self.wait_report("lebronjames", lambda report: True)
        self.wait_quiet()
        self.assertEqual(self.dead(), [])


COMPUTES, COMPUTES_NOT = {("processor", "load"): {"spin_us": 10_000_000}}, {("processor", "load"): {"spin_us": 0}}


class Poison(harness.Night):
    """Whoever is to be killed while he runs runs for long; whoever is to end does not run at all."""

    def token(self, player):
        return self.r.hget(self.key("running"), f"{self.date}/{player}")

    def test_a_player_whose_run_ends_the_process_again_and_again_is_given_up_and_no_other(self):
        daemon = self.propsd(changes={**COMPUTES, "ingest": {"max_deliveries": 2}})
        number = self.regenerate("poison")
        before = None
        for n in range(2):
            # The token of the dead stands until it is found dead at the next begin.
            before = harness.until(lambda: {self.token("poison")} - {None, before}, "his run").pop()
            daemon.kill()
            if n == 1:
                daemon.configure(COMPUTES_NOT)
            daemon.launch()
        letter = self.letter_of("regenerate", number)
        self.assertEqual(letter["reason"], "poison")
        self.assertIn("poison", letter["players"])
        self.regenerate("innocent")
        self.wait_report("innocent", lambda report: True)
        self.wait_quiet(tokens=False)
        self.assertEqual(len(self.dead()), 1)
        self.assertIsNone(self.report_text("poison"))

    def test_a_run_in_a_slot_is_not_blamed_for_its_process(self):
        daemon = self.propsd(changes={("processor", "load"): {"sleep_ms": 600_000}, "ingest": {"max_deliveries": 2}})
        self.regenerate("lebronjames")
        before = None
        for n in range(4):
            before = harness.until(lambda: {self.token("lebronjames")} - {None, before}, "his run").pop()
            daemon.kill()
            if n == 3:
                daemon.configure({("processor", "load"): {"sleep_ms": 0}})
            daemon.start()
        self.wait_quiet()
        self.assertEqual(self.dead(), [])
        self.report("lebronjames")

    def test_a_commit_clears_what_was_lost(self):
        daemon = self.propsd(changes={**COMPUTES, "ingest": {"max_deliveries": 2}})
        for _ in range(3):
            self.regenerate("lebronjames")
            harness.until(lambda: self.token("lebronjames"), "his run")
            daemon.kill()
            daemon.configure(COMPUTES_NOT)
            daemon.start()
            self.wait_quiet()
            daemon.configure(COMPUTES)
            daemon.reload()
        self.assertEqual(self.dead(), [])
        self.report("lebronjames")


class Expire(harness.Night):
    def test_keys_of_a_date_live_for_as_long_as_the_configuration_says(self):
        self.propsd(changes={"redis": {"keep": "48h"}})
        self.seat(LAL=["lebronjames"])
        self.odds("lebronjames", line="25.5", event_id="x")
        self.lineup("LAL", ["lebronjames"])
        self.add("odds", game_id=harness.game(self.date, "LAL@GSW"), total="220.5", book="fanduel")
        self.wait_quiet()
        self.assertGreater(self.r.ttl(self.key(f"report:{self.date}:lebronjames")), 0)
        plain = self.date.replace("-", "").encode()
        dated = [key for key in self.r.scan_iter(match=self.key("*")) if self.date.encode() in key or plain in key]
        self.assertGreater(len(dated), 3)
        lives = {key: self.r.ttl(key) for key in dated}
        self.assertTrue(all(86400 < ttl < 6 * 86400 for ttl in lives.values()), lives)
        self.assertLess(max(lives.values()) - min(lives.values()), 60, lives)


if __name__ == "__main__":
    unittest.main()
