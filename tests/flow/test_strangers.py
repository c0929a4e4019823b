"""Names that nobody knows: they are seen, named with what is nearest, and refused where the configuration says so."""
import datetime
import json
import os
import time
import unittest

import harness

PLAYERS = ("season,game_id,game_date,player_id,player,team,opponent,home,starter,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,"
           "fgm,fga,tpm,tpa,ftm,fta")
BOX = "1,30.5,20,8,2,6,5,1,3,4,3,8,15,2,5,2,2"


def after(date, days):
    return str(datetime.date.fromisoformat(date) + datetime.timedelta(days=days))


class WithLeague(harness.Night):
    """Tonight GSW at LAL; OKC plays at DEN tomorrow."""

    def setUp(self):
        super().setUp()
        self.database = os.path.join(self.folder, "league.db")
        self.changes = {"league": {"database": self.database}, "report": {"processor": "builtin"}}
        self.tomorrow = after(self.date, 1)
        self.write_rows("rows.csv", {11: ("Ann Able", "LAL", "GSW"), 12: ("Bea Baker", "GSW", "LAL"),
                                     13: ("Barnabas Fairweather", "OKC", "DEN"), 14: ("Dan Deuce", "DEN", "OKC")})
        with open(os.path.join(self.folder, "schedule.csv"), "w") as out:
            print("game_id,tip_utc,game_date,home,away", file=out)
            print(f"0000000900,{harness.moment(self.date, '25:30')},{self.date},LAL,GSW", file=out)
            print(f"0000000901,{harness.moment(self.tomorrow, '25:30')},{self.tomorrow},DEN,OKC", file=out)
        self.bring_in("rows.csv", "schedule.csv")

    def write_rows(self, name, people):
        """Nine games of each, every third day up to three days before the date."""
        with open(os.path.join(self.folder, name), "w") as out:
            print(PLAYERS, file=out)
            for n in range(1, 10):
                date = datetime.date.fromisoformat(after(self.date, -3 * n))
                season = date.year - (date.month < 8)
                for person, (player, team, opponent) in people.items():
                    game = n + 10 * (team in ("OKC", "DEN"))
                    home = int(team < opponent) if team in ("OKC", "DEN") else int(team == "LAL")
                    print(f"{season}-{(season + 1) % 100:02d},00000000{game:02d},{date},{person},{player},{team},"
                          f"{opponent},{home},{BOX}", file=out)

    def bring_in(self, *names):
        harness.Ctl("/none").ok("import", *(os.path.join(self.folder, name) for name in names), "--into", self.database)

    def strangers(self, daemon, *options):
        """{(kind, name, source): the row}"""
        return {(row["kind"], row["name"], row["source"]): row for row in daemon.ctl.json_lines("strangers", *options)}

    def kinds(self, daemon):
        return daemon.ctl.json("status").get("strangers")


class Reported(WithLeague):
    def test_each_is_named_with_its_book_and_what_is_nearest(self):
        daemon = self.propsd(changes=self.changes)
        self.odds("Ann Able", line="25.5")
        self.injury("Barnabas Fairweather", "out")  # who does not play tonight: a status may be told all the same
        self.wait_quiet()
        self.assertIsNone(self.kinds(daemon))
        self.assertIn("No stranger", daemon.ctl.ok("strangers"))

        for line in ("9.5", "10.5", "11.5"):
            self.odds("Barney Fairweather", line=line)
        self.odds("Barney Fairweather", book="draftkings", line="9.5")
        self.odds("Barnabas Fairweather", line="9.5")
        self.add("odds", game_id=harness.game(self.date, "OKC@DEN"), book="fanduel", total="220")
        self.add("odds", game_id=harness.game(self.date, "LAL@GSW"), book="fanduel", total="220")
        self.lineup("LAL", ["Ann Able", "Bee Baker"])
        self.regenerate(team="XQZ")
        self.wait_quiet()
        found = self.strangers(daemon)
        tonight, next_game = (harness.game(date, teams) for date, teams in
                              ((self.date, "GSW@LAL"), (self.tomorrow, "OKC@DEN")))
        wrong, turned = (harness.game(self.date, teams) for teams in ("OKC@DEN", "LAL@GSW"))
        self.assertEqual({key: (row["count"], row["spelling"], [near["name"] for near in row["nearest"]])
                          for key, row in found.items()},
                         {("player", "barneyfairweather", "fanduel"): (3, "Barney Fairweather", ["barnabasfairweather"]),
                          ("player", "barneyfairweather", "draftkings"): (1, "Barney Fairweather", ["barnabasfairweather"]),
                          ("player", "beebaker", "lineup"): (1, "beebaker", ["beabaker"]),
                          ("team", "XQZ", "regenerate"): (1, "XQZ", []),
                          ("game", turned, "fanduel"): (1, turned, [tonight]),
                          ("wrong_date", wrong, "fanduel"): (1, wrong, [next_game]),
                          ("wrong_date", "barnabasfairweather", "fanduel"): (1, "Barnabas Fairweather", [next_game])})
        row = found["player", "barneyfairweather", "fanduel"]
        ids = [int(number.split("-")[0]) for stream, number, pairs in self.sent if dict(pairs).get("player_lookup") == "Barney Fairweather"]
        self.assertEqual((row["first_ms"], row["last_ms"], row["date"]), (ids[0], ids[2], self.date))
        self.assertEqual(row["nearest"][0]["why"],
                         f"has the same end, plays for OKC, not on {self.date}; names are never taken by likeness")
        self.assertIn('propsctl alias add "Barney Fairweather" barnabasfairweather', row["remedy"])
        self.assertEqual(set(self.strangers(daemon, "--kind", "wrong_date")), {key for key in found if key[0] == "wrong_date"})
        self.assertEqual(len(self.strangers(daemon, "--limit", "2")), 2)
        self.assertIn("2 of 7, newest first", daemon.ctl.ok("strangers", "--limit", "2"))
        self.assertEqual(self.kinds(daemon), {"player": 3, "team": 1, "game": 1, "wrong_date": 2})
        self.assertIn("strangers   player 3, team 1, game 1, wrong_date 2: propsctl strangers\n", daemon.ctl.ok("status"))
        harness.until(lambda: daemon.ctl.metrics()['propsd_strangers{what="wrong_date"}'] == 2, "the metric")
        metrics = daemon.ctl.metrics()
        self.assertEqual([metrics[f'propsd_unknown_names_total{{what="{kind}"}}']
                          for kind in ("player", "team", "game", "ambiguous", "wrong_date")], [5, 1, 1, 0, 2])

        # His report says so, and nobody else's; and the name is no help to anybody.
        self.assertIs(self.report("barneyfairweather")["unknown_player"], True)
        self.assertNotIn("unknown_player", self.report("annable"))
        status, out, err = daemon.ctl.run("player", "barneyfairweathertt")
        self.assertEqual(status, 5)
        self.assertNotRegex(out + err, r"\bbarneyfairweather\b")
        self.assertEqual(daemon.ctl.json("player", "barneyfairweather")["player"], "barneyfairweather")

        # Known from here on: to the slate, and with a newer league.
        self.slate_player("Barney Fairweather", "LAL")
        self.wait_report("barneyfairweather", lambda report: "unknown_player" not in report and report["team"] == "LAL")
        self.assertFalse([key for key in self.strangers(daemon) if key[1] == "barneyfairweather"])
        self.injury("Cy Child", "out")
        self.wait_report("cychild", lambda report: report.get("unknown_player"))
        self.write_rows("more.csv", {15: ("Cy Child", "LAL", "GSW")})
        self.bring_in("more.csv")
        daemon.ctl.ok("reload")
        self.wait_report("cychild", lambda report: report["league"]["number"] == 2 and "unknown_player" not in report)
        self.wait_quiet()
        self.assertFalse([key for key in self.strangers(daemon) if key[1] == "cychild"])

        # A flood has its bounds, and is told of.
        self.add_all([("odds", {"player_lookup": f"nobody{n}", "game_date": self.date, "market": "points", "book": "b",
                                "line": "10.5"}) for n in range(300)])
        self.wait_quiet()
        self.assertEqual(len(self.strangers(daemon, "--limit", "256")), 256)
        self.assertRegex(daemon.ctl.ok("strangers"), r"20 of 256, newest first\.\n[0-9]+ more had to make room\.")

    def test_without_a_league_nobody_is_one(self):
        daemon = self.propsd(changes={"ingest": {"strangers": "refuse"}})
        self.odds("Barney Fairweather", line="9.5")
        self.lineup("BOS", ["Bea Baker"])
        self.wait_quiet()
        self.assertIsNone(self.kinds(daemon))
        self.assertNotIn("unknown_player", self.report("barneyfairweather"))
        self.assertEqual(self.dead(), [])


class Refused(WithLeague):
    def setUp(self):
        super().setUp()
        self.changes["ingest"] = {"strangers": "refuse"}

    def refused(self, stream, number, field, *words):
        letter = self.letter_of(stream, number)
        self.assertEqual((letter["reason"], letter["field"]), ("stranger", field))
        for word in (*words, "ingest.strangers is refuse", "To do: ", "propsctl dead retry"):
            self.assertIn(word, letter["error"])
        return next(key for key, found in self.dead() if found["id"] == number)

    def test_what_names_a_stranger_is_a_dead_letter_that_says_who_is_nearest(self):
        daemon = self.propsd(changes=self.changes)
        letter = self.refused("odds", self.odds("Barney Fairweather", line="9.5"), "player_lookup", '"Barney Fairweather"', "barnabasfairweather (has the same end")
        self.refused("lineup", self.lineup("LAL", ["Ann Able", "Bee Baker"]), "starters", '"beebaker"', "beabaker (")
        self.refused("regenerate", self.regenerate(team="XQZ"), "team", '"XQZ" has no game on ' + self.date)
        # A schedule's comes on days when its teams do not play as well.
        self.wait_acked("regenerate", self.regenerate(team="XQZ", event_id="schedule:evening:2026-01-01T00:00:00Z"))
        self.refused("odds", self.add("odds", game_id=harness.game(self.date, "LAL@GSW"), book="b", total="220"), "game_id",
                     harness.game(self.date, "GSW@LAL"))
        self.refused("odds", self.odds("Barnabas Fairweather", line="9.5"), "game_date", '"Barnabas Fairweather" does not play on ' + self.date,
                     harness.game(self.tomorrow, "OKC@DEN"))
        self.assertEqual(self.kinds(daemon), {"player": 2, "team": 1, "game": 1, "wrong_date": 1})
        harness.until(lambda: daemon.ctl.metrics()['propsd_dead_letters_total{reason="stranger"}'] == 5, "all to be counted")
        # Those who are known are served beside them, whoever came in between.
        self.add_all([("odds", {"player_lookup": name, "game_date": self.date, "market": "points", "book": f"b{n}", "line": "10.5"})
                      for n in range(60) for name in ("Ann Able", "No Body", "Bea Baker")])
        self.wait_quiet()
        self.assertEqual([len(self.report(name)["markets"]["points"]["books"]) for name in ("annable", "beabaker")], [60, 60])
        self.assertIsNone(self.report_text("nobody"))
        self.assertIsNone(self.report_text("barneyfairweather"))

        # A newcomer whom the slate names first is none; and a letter is taken in once its name is known.
        self.slate_player("New Man", "LAL")
        self.odds("New Man", line="5.5")
        self.wait_report("newman", lambda report: "markets" in report)
        daemon.ctl.ok("dead", "retry", letter)
        def his():
            return [key for key, one in self.dead() if json.loads(one["fields"]).get("player_lookup") == "Barney Fairweather"]
        again = harness.until(lambda: [key for key in his() if key != letter], "the letter to come again")[0]
        self.write_rows("more.csv", {15: ("Barney Fairweather", "LAL", "GSW")})
        self.bring_in("more.csv")
        daemon.ctl.ok("reload")
        daemon.ctl.ok("dead", "retry", again)
        self.wait_report("barneyfairweather", lambda report: (self.book("barneyfairweather") or {}).get("line") == 9.5)
        self.wait_quiet()
        self.assertEqual(his(), [])

    def test_what_another_instance_has_made_known_is_known_here(self):
        """Whoever judges has read the slate since the entry came."""
        first = self.propsd("a", changes=self.changes)
        self.odds("Ann Able", line="25.5")
        self.wait_quiet()  # it has the slate
        second = self.propsd("b", changes=self.changes)
        for n in range(20):
            self.wait_acked("slate", self.slate_player(f"New Man {n}", "LAL"))
            self.wait_acked("odds", self.odds(f"New Man {n}", line="5.5"))
        self.wait_quiet()
        self.assertEqual(self.dead(), [])
        self.assertEqual([self.kinds(daemon) for daemon in (first, second)], [None, None])


class Silent(harness.Night):
    """When a book spoke is told by the ids of its entries, so nobody need wait for it to be silent."""

    def quotes(self, now, **books):
        """{book: (game, [seconds ago...])}, all in the order of time."""
        times = sorted(((ago, book, game) for book, (game, agos) in books.items() for ago in agos), reverse=True)
        for number, (ago, book, game) in enumerate(times):
            self.add("odds", id=f"{now - ago * 1000}-{number + 1}", player_lookup="who" + game.lower().replace("@", ""), market="points", book=book,
                     game_id=harness.game(self.date, game), line=str(10 + number / 2))
        self.wait_quiet()

    def silent(self, daemon):
        found = [warning for warning in daemon.ctl.json("status")["warnings"] if warning["kind"] == "book_silent"]
        return found[0]["text"] if found else ""

    def test_a_book_that_fell_silent_is_named_while_its_games_have_not_tipped(self):
        daemon = self.propsd(changes={"ingest": {"silent_after": "2m"}})
        now = int(time.time() * 1000)

        def at(minutes):
            return datetime.datetime.fromtimestamp(now / 1000 + 60 * minutes, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        for teams, minutes in (("LAL@GSW", 60), ("NYK@BOS", -10), ("DEN@OKC", 600), ("MIA@CHI", 61)):
            self.add("slate", game_id=harness.game(self.date, teams), tip=at(minutes))
        self.wait_quiet()
        steady = [900, 880, 860, 840, 820, 800]
        self.quotes(now, mute=("LAL@GSW", steady),
                    slow=("LAL@GSW", [20000, 14000, 7000, 800]),  # that is its way
                    early=("NYK@BOS", steady),  # its game has tipped
                    later=("DEN@OKC", steady),  # there is time
                    once=("LAL@GSW", [900]),
                    off=("MIA@CHI", steady),
                    held=("LAL@GSW", steady),
                    lively=("LAL@GSW", steady + list(range(780, 0, -20))))
        harness.until(lambda: "mute" in self.silent(daemon) and "held" in self.silent(daemon),
                      lambda: f"it to be noticed: {self.silent(daemon)} {self.r.hgetall(self.key('books:' + self.date))}")
        daemon.ctl.ok("pause", "--book", "held")
        self.add("slate", game_id=harness.game(self.date, "MIA@CHI"), status="postponed")
        since = datetime.datetime.fromtimestamp((now - 800_000) / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        wanted = (f"no odds any more, and games to come: mute since {since} (",
                  f" min; its longest pause before was 0 min) of {self.date}")

        def mute_alone():
            self.odds("wholalgsw", market="assists", book="lively", line="4.5", game_id=harness.game(self.date, "LAL@GSW"))
            text = self.silent(daemon)
            return text.startswith(wanted[0]) and text.endswith(wanted[1])
        harness.until(mute_alone, lambda: "mute alone: " + self.silent(daemon), every=0.5)
        self.assertEqual(daemon.ctl.metrics()['propsd_warning{kind="book_silent"}'], 1)
        # Another instance that starts now says the same, and so does this one after a restart.
        daemon.restart()
        self.regenerate("nobody")
        harness.until(lambda: "mute" in self.silent(daemon), "it to be noticed again")
        # It speaks again, and all is well; at the end of a night there is nothing to be warned of.
        self.odds("wholalgsw", book="mute", line="44.5", game_id=harness.game(self.date, "LAL@GSW"))

        def all_well():  # so long as the other goes on
            self.odds("wholalgsw", market="assists", book="lively", line="4.5", game_id=harness.game(self.date, "LAL@GSW"))
            return not self.silent(daemon)
        harness.until(all_well, lambda: "the end of it: " + self.silent(daemon), every=0.5)
        daemon.wait_log("book_silent: over")


if __name__ == "__main__":
    unittest.main()
