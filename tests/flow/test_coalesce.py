"""Nothing twice for nothing: a burst costs one run while the player waits, at most one more while he runs."""
import os
import unittest

import harness
import oracle

BEHAVE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "behave.py")


class Coalesce(harness.Night):
    def burst(self, player, count, first=0):
        return self.add_all([("odds", {"player_lookup": player, "game_date": self.date, "market": "points", "book": "fanduel",
                                       "line": f"{(first + n) % 200}.5"}) for n in range(count)])

    def version(self):
        """Of the date: each entry that changes something raises it."""
        return int(self.r.hget(self.key("day:" + self.date), "v") or 0)

    def test_a_burst_that_waited_in_the_stream_costs_one_run(self):
        self.burst("lebronjames", 150)
        self.propsd()
        followed = self.notices(from_start=True)
        self.wait_quiet()
        followed.more(1)
        # Read in more than one piece, it may be begun between two of them.
        self.assertLessEqual(len(followed.all), 3)
        self.assertEqual(self.book("lebronjames")["line"], 149.5)

    def gated(self):
        """An instance whose only place is taken, until the gate opens; the day's version then."""
        self.propsd(changes={("processor", "mine"): {"type": "exec", "command": ["/usr/bin/python3", BEHAVE],
                                                     "environment": [f"GATE={self.gate}"], "children": 1},
                             "report": {"processor": "mine"}})
        followed = self.notices()
        self.regenerate("slow")
        harness.until(lambda: self.r.hlen(self.key("running")), "the run to begin")
        return followed, self.version()

    def test_a_burst_while_he_waits_costs_one_run(self):
        followed, before = self.gated()
        self.burst("lebronjames", 100)
        self.burst("lebronjames", 100, 100)
        harness.until(lambda: self.version() == before + 200, "the bursts to be applied")
        self.open_gate()
        self.wait_quiet()
        followed.more(1)
        self.assertEqual(followed.players(), ["slow", "lebronjames"])
        self.assertEqual(self.report("lebronjames")["line"], 199.5)

    def test_a_burst_while_he_runs_costs_one_more(self):
        """His run lasts until all of the burst has been applied."""
        followed, before = self.gated()
        numbers = self.burst("slow", 100)
        harness.until(lambda: self.version() == before + 100, "the burst to be applied")
        self.open_gate()
        self.wait_quiet()
        followed.more(1)
        self.assertEqual(followed.players(), ["slow"] * 2)
        self.assertEqual(self.report("slow")["line"], 99.5)
        self.assertIn(numbers[-1], [cause["id"] for cause in self.report("slow")["causes"]])

    def test_the_causes_of_a_merged_run_are_all_there(self):
        _, before = self.gated()
        numbers = [("odds", self.odds("lebronjames", line="25.5")), ("injury", self.injury("lebronjames", "probable")),
                   ("regenerate", self.regenerate("lebronjames"))]
        harness.until(lambda: self.version() == before + 3, "all to be applied")
        self.open_gate()
        self.wait_quiet()
        causes = {(cause["type"], cause["id"]) for cause in self.report("lebronjames")["causes"]}
        self.assertEqual(causes, set(numbers))
        self.assertEqual(oracle.check_books(self.daemons[0]), [])

    def test_a_replay_of_what_is_covered_runs_nothing(self):
        daemon = self.propsd()
        followed = self.notices()
        self.burst("lebronjames", 20)
        self.regenerate("stephencurry")
        self.wait_quiet()
        followed.more(1)
        ran = len(followed.all)
        self.r.xgroup_destroy(self.key("odds"), "propsd")
        self.r.xgroup_destroy(self.key("regenerate"), "propsd")
        self.regenerate("klaythompson")
        self.wait_report("klaythompson", lambda report: True)
        self.wait_quiet()
        followed.more(1)
        self.assertEqual(followed.players()[ran:], ["klaythompson"])
        self.assertEqual(self.dead(), [])
        daemon.check()


if __name__ == "__main__":
    unittest.main()
