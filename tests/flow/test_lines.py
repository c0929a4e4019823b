"""How lines moved: each change once, whatever dies; the close is of before tip-off."""
import datetime
import os
import time
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


HEAD = ("season,game_id,game_date,player_id,player,team,opponent,home,starter,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,"
        "fgm,fga,tpm,tpa,ftm,fta")
MEN = ((11, "Ann Able", "LAL", "GSW"), (12, "Bea Baker", "GSW", "LAL"), (13, "Cid Cole", "LAL", "GSW"))


class Grade(harness.Night):
    """A date of recommendations, a tip-off, and the box scores: figures that can be worked out by hand."""

    def setUp(self):
        super().setUp()
        self.date = harness.league_today()
        self.database = os.path.join(self.folder, "league.db")
        self.rows = []
        for n in range(1, 10):
            self.play(n, datetime.date.fromisoformat(self.date) - datetime.timedelta(days=3 * n), MEN)
        self.import_league()

    def play(self, number, date, men, threes=3):
        """All of them have 20 points, 8 rebounds, 6 assists."""
        season = date.year - (date.month < 8)
        for man, name, team, other in men:
            self.rows.append(f"{season}-{(season + 1) % 100:02d},{number:010},{date},{man},{name},{team},{other},{int(team == 'LAL')},1,"
                             f"30.5,20,8,2,6,6,1,3,4,3,8,15,{threes},5,2,2")

    def import_league(self):
        for name, lines in (("players.csv", [HEAD, *self.rows]),
                            ("schedule.csv", ["game_id,tip_utc,game_date,home,away",
                                              f"0000000900,{harness.moment(self.date, '24:00')},{self.date},GSW,LAL"])):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as out:
                out.write("\n".join(lines) + "\n")
        harness.Ctl("/none").ok("import", *(os.path.join(self.folder, n) for n in ("players.csv", "schedule.csv")), "--into", self.database)

    def tip_at(self, moment):
        self.add("slate", game_id=harness.game(self.date, "LAL@GSW"), tip=moment.strftime("%Y-%m-%dT%H:%M:%SZ"), status="scheduled")

    def graded(self, daemon, *more):
        got = daemon.ctl.json("grade", "--date", self.date, *more)
        return got, {(row["player"], row["market"]): row for row in got["calls"]}

    def test_what_became_of_recommendations(self):
        daemon = self.propsd(changes={"league": {"database": self.database}, "report": {"processor": "builtin"}, "model": {"market": "off"}})
        now = datetime.datetime.now(datetime.timezone.utc)
        self.tip_at(now + datetime.timedelta(hours=6))
        self.wait_quiet()
        self.odds("annable", line="10.5", over=-110, under=-110)
        self.odds("annable", market="threes", line="0.5", over=-110, under=-110)
        self.odds("annable", market="pra", line="60.5", over=100, under=-130)
        self.odds("beabaker", market="rebounds", line="30.5", over=-110, under=-110)
        self.odds("beabaker", line="20", over=-200, under=150)
        self.odds("cidcole", line="10.5", over=-110, under=-110)
        self.wait_quiet()
        self.odds("annable", line="12.5", over=-120, under=100)
        self.odds("annable", market="pra", status="off")
        self.wait_quiet()
        got, calls = self.graded(daemon)
        self.assertEqual({row["result"] for row in got["calls"]}, {"pending"})
        self.assertEqual(calls["annable", "points"]["no_close"], "the game has not begun")

        # Tip-off, and what makes reports anew after it: he is out, it is asked for, and then the league grows.
        tip = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(seconds=1)
        self.tip_at(tip)
        harness.until(lambda: time.time() > tip.timestamp() + 1, "tip-off")
        self.injury("annable", "out", ts=now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.regenerate("beabaker")
        self.wait_quiet()
        self.assertEqual(self.report("annable")["status"], "out")
        self.play(900, datetime.date.fromisoformat(self.date), MEN[:2], threes=0)
        self.import_league()
        daemon.ctl.ok("reload")
        harness.until(lambda: daemon.ctl.run("slate", self.date)[0] == 0, "the slate by the newer league")
        self.wait_quiet()

        got, calls = self.graded(daemon)
        result = {key: (row["line"], row["side"], row["price"], row["result"], row.get("count"), round(row["return"], 4), row.get("moved"))
                  for key, row in calls.items()}
        self.assertEqual(result, {("annable", "points"): (12.5, "OVER", -120, "won", 20, 0.8333, 2),
                                  ("annable", "threes"): (0.5, "OVER", -110, "lost", 0, -1, 0),
                                  ("beabaker", "points"): (20, "UNDER", 150, "push", 20, 0, 0),
                                  ("beabaker", "rebounds"): (30.5, "UNDER", -110, "won", 8, 0.9091, 0),
                                  ("cidcole", "points"): (10.5, "OVER", -110, "no_action", None, 0, 0)})
        self.assertEqual(calls["cidcole", "points"]["reason"], "did not play")
        points = calls["annable", "points"]
        self.assertEqual((points["given_line"], points["given_price"], points["close"]["line"], points.get("late")), (10.5, -110, 12.5, None))
        self.assertGreater(points["closing_value"], 0.02)
        self.assertEqual(calls["annable", "threes"]["closing_value"], 0)
        total = got["summary"][-1]
        self.assertEqual({k: total[k] for k in ("market", "bets", "won", "lost", "push", "no_action", "pending", "closed", "better")},
                         {"market": "total", "bets": 4, "won": 2, "lost": 1, "push": 1, "no_action": 1, "pending": 0, "closed": 5, "better": 1})
        mean = (100 / 120 - 1 + 0 + 100 / 110) / 4
        half = 1.96 * (2 * ((100 / 120 - 1 - 2 * mean) ** 2 + (100 / 110 - 2 * mean) ** 2)) ** .5 / 4
        self.assertAlmostEqual(total["return"], mean, places=9)
        self.assertAlmostEqual(total["return_low"], mean - half, places=9)
        self.assertAlmostEqual(total["return_high"], mean + half, places=9)

        _, first = self.graded(daemon, "--first")
        self.assertEqual((first["annable", "points"]["line"], first["annable", "points"]["price"]), (10.5, -110))
        pra = first["annable", "pra"]
        self.assertEqual((pra["stands"], pra["side"], pra["result"], pra["count"], round(pra["return"], 4)), (False, "UNDER", "won", 34, 0.7692))
        self.assertEqual(pra["no_close"], "taken down before tip-off")
        shown = daemon.ctl.ok("grade", "--date", self.date)
        self.assertRegex(shown, r"annable +fanduel +points o12.5 +-120 +20 +won +\+2.0 ")
        self.assertRegex(shown, r"total +4 +2 +1 +1 +1 +0 +\+0.186 ")
        # The game is put off after all: what is recommended now comes in time.
        self.tip_at(datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=6))
        self.wait_quiet()
        self.assertTrue(self.r.exists(self.key(f"tipoff:{self.date}:beabaker")))
        self.odds("beabaker", market="assists", line="0.5", over=-110, under=-110)
        self.wait_quiet()
        self.assertIn(b" OVER assists fanduel\n", self.r.get(self.key(f"given:{self.date}:beabaker")))
        status, _, err = daemon.ctl.run("grade", "--date", harness.tonight(3))
        self.assertEqual(status, 5)
        self.assertIn("nothing is known of " + harness.tonight(3), err)


if __name__ == "__main__":
    unittest.main()
