"""Ids are their producers': one far ahead of Redis' clock stops nothing that comes after it, and is shown as a time that can be."""
import time
import unittest

import harness

LARGEST = "18446744073709551614-1"


class Ahead(harness.Night):
    def setUp(self):
        super().setUp()
        self.daemon = self.propsd()

    def quote_at(self, number, player, line, **more):
        return self.add("odds", {"player_lookup": player, "game_date": self.date, "market": "points", "book": "fanduel",
                                 "line": line, **more}, id=number)

    def settled(self, how):
        return self.settled_by(self.daemon, how)

    def test_an_id_after_tip_off_is_no_event_after_tip_off(self):
        now = int(time.time() * 1000)
        self.add("slate", {"game_id": harness.game(self.date, "LAL@GSW"), "tip": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now // 1000 + 1800)), "status": "scheduled"})
        self.slate_player("lebronjames", "LAL")
        self.wait_quiet()
        self.quote_at(f"{now + 3_600_000}-0", "lebronjames", "10.5")
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 10.5)
        self.odds("lebronjames", line="11.5")  # Redis goes on from the id ahead: its id is ahead as well
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 11.5)
        self.assertEqual((self.settled("expired"), self.dead()), (0, []))
        self.odds("lebronjames", line="12.5", ts=str(now + 1_900_000))  # a time that the producer names counts as it stands
        self.wait_quiet()
        self.assertEqual(self.settled("expired"), 1)
        self.assertEqual(self.book("lebronjames")["line"], 11.5)

    def test_micro_and_nanoseconds_and_the_largest_id(self):
        self.seat(LAL=["lebronjames"])
        now = time.time_ns()
        years = {time.strftime("%Y", time.gmtime())}
        for line, number in enumerate((f"{now // 1000}-0", f"{now}-0", LARGEST), 20):
            self.quote_at(number, "lebronjames", f"{line}.5")
            refused = self.add("injury", {"player_lookup": "lebronjames", "game_date": self.date, "status": "hurt"}, id=number)
            letter = self.letter_of("injury", refused)
            self.assertEqual(letter["reason"], "malformed")
            for when in ("first", "last"):
                self.assertIn(letter[when][:4], years | {time.strftime("%Y", time.gmtime())}, letter)
            self.wait_quiet()
            self.assertEqual(self.book("lebronjames")["line"], line + 0.5)
        self.assertEqual(self.settled("expired"), 0)
        age = {name: value for name, value in self.daemon.ctl.metrics().items() if name.startswith("propsd_event_age_seconds_sum")}
        self.assertTrue(age)
        self.assertLess(max(age.values()), 3600)

    def test_what_became_of_an_entry_ahead_is_found(self):
        """The letter is younger than its entry, and has a lower id."""
        self.daemon.configure({("processor", "load"): {"fail_rate": 1}, "regen": {"max_attempts": 1}})
        self.daemon.restart()
        self.add("regenerate", {"player_lookup": "nobody", "game_date": self.date}, id=f"{int(time.time() * 1000) + 3_600_000}-0")
        self.wait_quiet()
        status, out, err = self.daemon.ctl.run("regenerate", "--player", "lebronjames", "--date", self.date, "--wait")
        self.assertEqual((status, len(self.dead())), (1, 2), out + err)
        self.assertIn("lebronjames", out + err)


class Many(harness.Night):
    def test_an_entry_of_ten_thousand_fields_is_a_letter_like_others(self):
        daemon = self.propsd()
        number = self.add("odds", [(f"field{n:05}", "v" * 300) for n in range(10000)])
        letter = self.letter_of("odds", number)
        self.assertEqual(letter["reason"], "malformed")
        self.assertLess(len(letter["fields"]), 20000)
        listed = daemon.ctl.json_lines("dead", "list")
        self.assertEqual([one["entry"] for one in listed], [number])
        self.assertIn("more fields", listed[0]["fields"]["..."])
        self.assertEqual(listed[0]["fields"]["field00000"], "v" * 256)
        status, out, err = daemon.ctl.run("dead", "retry", listed[0]["id"])
        self.assertNotEqual(status, 0)
        self.assertIn("10000 fields", out + err)
        self.assertIn("10000 fields", letter["error"])
        self.assertEqual(len(self.dead()), 1)
        self.regenerate("lebronjames")
        self.wait_report("lebronjames", lambda report: True)
        self.add_all([("odds", [(f"k{n}", "\x01" * 256) for n in range(700)])] * 100)
        self.wait_quiet()
        self.assertEqual(len(self.dead()), 101)
        listed = daemon.ctl.json_lines("dead", "list", "--limit", "1000")  # as many as a reply holds
        self.assertGreater(len(listed), 5)
        self.assertIn(" of 101, newest first", "".join(daemon.ctl.run("dead", "list", "--limit", "1000")[1:]))
        self.assertNotIn("connection lost", daemon.now.log())


@unittest.skipIf(harness.SANITIZER, "an entry of 260 MB is too much for an instrumented build")
class Large(harness.Night):
    redis_options = ("--proto-max-bulk-len", "512mb")

    def test_an_entry_larger_than_any_reply_is_buried_by_its_id(self):
        daemon = self.propsd()
        self.regenerate("before")
        self.wait_quiet()
        number = self.add("odds", {"player_lookup": "p", "note": b"z" * (260 << 20)})
        self.sent.clear()
        self.regenerate("after")
        self.wait_report("after", lambda report: True)
        letter = self.letter_of("odds", number)
        self.assertEqual((letter["reason"], letter["fields"]), ("too_large", "{}"))
        daemon.wait_log(f"dead letter reason=too_large .*stream=props:odds id={number}")
        self.assertEqual(daemon.ctl.metrics()['propsd_dead_letters_total{reason="too_large"}'], 1)
        self.odds("p", line="10.5")
        self.wait_quiet()
        self.assertEqual(self.book("p")["line"], 10.5)


if __name__ == "__main__":
    unittest.main()
