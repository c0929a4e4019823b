"""How lines moved: each change once, whatever dies; the close is of before tip-off."""
import os
import unittest

import harness

BEHAVE = os.path.join(harness.SOURCE, "tests", "flow", "behave.py")


class Lines(harness.Night):
    def setUp(self):
        super().setUp()
        self.date = harness.tonight(-2)  # over, and not too old

    def at(self, clock):
        return harness.moment(self.date, clock)

    def kept(self, player):
        return (self.r.get(self.key(f"lines:{self.date}:{player}")) or b"").decode().splitlines()

    def paths(self, daemon, player, *more):
        got = daemon.ctl.json("lines", player, "--date", self.date, *more)
        return got, {(path["market"], path["book"]): path for path in got["paths"]}

    def test_each_change_once_over_kills_and_where_it_closed(self):
        daemon = self.propsd(changes={("processor", "mine"): {"type": "exec", "command": ["/usr/bin/python3", BEHAVE],
                                                              "environment": [f"GATE={self.gate}"], "children": 1},
                                      "report": {"processor": "mine"}})
        self.slate_game("LAL@GSW", tip="25:30")
        harness.until(lambda: self.r.hexists(self.key(f"day:{self.date}"), "g:" + harness.game(self.date, "LAL@GSW")), "the game")
        where = {"game_id": harness.game(self.date, "LAL@GSW"), "team": "LAL", "game_date": None}
        for clock, line, over in (("18:00", "24.5", "-110"), ("19:00", "24.5", "-110"), ("20:00", "25.5", "-120"), ("20:00", "25.5", "-105"),
                                  ("25:29", "26.5", "-110"), ("25:31", "30.5", "-110")):
            self.odds("slow", line=line, over=over, under="-110", ts=self.at(clock), **where)
        self.odds("slow", market="pra", book="a book", line="40", ts=self.at("18:30"), **where)
        self.odds("slow", market="pra", book="a book", status="off", ts=self.at("21:00"), **where)
        self.odds("slow", book="fanduel", line="35.5", over=120, alt=1, ts=self.at("18:30"), **where)
        # All is applied, and nothing of it acknowledged: after a kill each entry comes again.
        harness.until(lambda: len(self.kept("slow")) == 6, "six changes of main lines")
        kept = self.kept("slow")
        for _ in range(2):
            daemon.kill()
            self.assertGreater(self.pending("odds"), 0)
            daemon.start()
        self.open_gate()
        self.wait_quiet()
        self.assertEqual(self.kept("slow"), kept)
        self.assertGreater(self.r.pttl(self.key(f"lines:{self.date}:slow")), 3600_000)

        got, paths = self.paths(daemon, "slow")
        self.assertEqual((got["game_id"], got["kept"], got["cut"]), (where["game_id"], 6, False))
        points = paths["points", "fanduel"]
        self.assertEqual([(p["line"], p["over"]) for p in points["points"]], [(24.5, -110), (25.5, -120), (25.5, -105), (26.5, -110)])
        self.assertEqual([p["time_ms"] - got["tip_ms"] for p in points["points"]],
                         [60_000 * m for m in (-450, -330, -330, -1)])
        self.assertEqual(points["close"], points["points"][-1])
        self.assertEqual(points["close"]["fair_over"], 0.5)
        self.assertEqual(paths["pra", "a book"]["no_close"], "taken down before tip-off")
        self.assertEqual(list(self.paths(daemon, "slow", "--market", "pra")[1]), [("pra", "a book")])
        self.assertEqual(list(self.paths(daemon, "slow", "--book", "fanduel")[1]), [("points", "fanduel")])
        shown = daemon.ctl.ok("lines", "slow", "--date", self.date)
        self.assertIn("points at fanduel  ▁▅▅█\n", shown)
        self.assertIn("close: 26.5, said ", shown)
        self.assertIn("no close: taken down before tip-off\n", shown)

        # Tip-off is moved back: what was said after it counts no more. And it is told where nothing is known of him.
        self.slate_game("LAL@GSW", tip="20:00")
        self.wait_quiet()
        got, paths = self.paths(daemon, "slow")
        self.assertEqual(paths["points", "fanduel"]["close"]["over"], -105)
        status, _, err = daemon.ctl.run("lines", "slow", "--market", "dunks")
        self.assertEqual(status, 2)
        self.assertIn("allowed are points", err)
        self.assertEqual(self.paths(daemon, "nobody")[0]["paths"], [])

        # Of too many the oldest go, and what stands is still told.
        self.odds("many", market="pra", line="40", ts=self.at("18:00"), **where)
        self.add_all([("odds", {"player_lookup": "many", "market": "points", "book": "fanduel", "line": str(n % 90 + 0.5), "ts": self.at("18:00"),
                                "team": "LAL", "game_id": where["game_id"]}) for n in range(2600)])
        self.wait_quiet()
        got, paths = self.paths(daemon, "many")
        self.assertTrue(got["cut"])
        self.assertIn(got["kept"], range(1800, 2601))
        self.assertEqual(len(paths["points", "fanduel"]["points"]), got["kept"])
        self.assertTrue(paths["pra", "fanduel"]["points"][0]["by_then"])
        self.assertEqual(paths["pra", "fanduel"]["no_close"], "what was last said may be from after tip-off")
        self.assertLess(self.r.strlen(self.key(f"lines:{self.date}:many")), 150_000)


if __name__ == "__main__":
    unittest.main()
