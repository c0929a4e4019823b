"""Two men of one name are two: each has reports, figures and injuries of his own, an event's team, game or player id chooses, and a
name that fits both is neither's. Who has the bare name keeps it, whatever is imported later. An initial means the one man of a roster."""
import datetime
import json
import os
import unittest

import harness

PLAYERS = ("season,game_id,game_date,player_id,player,team,opponent,home,starter,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,"
           "fgm,fga,tpm,tpa,ftm,fta")
BOX = "8,2,6,5,1,3,4,3,8,15,2,5,2,2"
FIRST, SECOND = "jalenwilliams", "jalenwilliams@CHA"


class Namesakes(harness.Night):
    def setUp(self):
        super().setUp()
        self.day = datetime.date.fromisoformat(self.date)
        self.later = str(self.day + datetime.timedelta(days=1))
        self.database = os.path.join(self.folder, "league.db")
        self.sunk = os.path.join(self.folder, "sunk")
        os.mkdir(self.sunk)

    # --- the league: 0 to 9 games of each, one a day, the last of them 10 days ago

    def rows(self, person, name, team, points, days):
        for n in days:
            date = self.day - datetime.timedelta(days=n)
            season = date.year - (date.month < 8)
            yield (f"{season}-{(season + 1) % 100:02d},,{date},{person},{name},{team},BOS,1,1,{30 + n % 3},{points + n % 4},{BOX}")

    def csv(self, name, *lines):
        path = os.path.join(self.folder, name)
        with open(path, "w") as out:
            out.write("\n".join(lines) + "\n")
        return path

    def league(self):
        men = [(20, "Jalen Williams", "OKC", 30), (10, "Jalen Williams", "CHA", 10), (31, "Ora Oak", "OKC", 12),
               (32, "Cal Char", "CHA", 14), (33, "Jonathan Isaac", "ORL", 16)]
        lines = [line for person, name, team, points in men
                 for line in self.rows(person, name, team, points, range(10, 22 if person == 20 else 20))]
        return [self.csv("players.csv", PLAYERS, *lines),
                self.csv("schedule.csv", "game_id,tip_utc,game_date,home,away",
                         *(f"00000009{n:02d},{harness.moment(date, '25:30')},{date},{home},{away}" for n, (date, home, away) in
                           enumerate([(self.date, "DEN", "CHA"), (self.date, "ORL", "OKC"), (self.later, "ORL", "OKC")])))]

    def imports(self, *files):
        harness.Ctl("/none").ok("import", *files, "--into", self.database)

    def started(self):
        self.imports(*self.league())
        daemon = self.propsd(changes={"league": {"database": self.database}, ("processor", "load"): None,
                                      "report": {"processor": "builtin"}, ("sink", "files"): {"type": "directory", "path": self.sunk}})
        daemon.ctl.ok("wait", "ready")
        self.regenerate(slate="1")
        self.wait_quiet()
        return daemon

    def reports(self, date=None):
        prefix = self.key(f"report:{date or self.date}:")
        return sorted(key.decode()[len(prefix):] for key in self.r.scan_iter(prefix + "*"))

    def lines_of(self, *players, date=None):
        return [(self.book(player, date=date) or {}).get("line") for player in players]

    def test_each_has_his_own(self):
        daemon = self.started()
        everybody = sorted([FIRST, SECOND, "oraoak", "calchar", "jonathanisaac"])
        self.assertEqual(self.reports(), everybody)
        first, second = self.report(FIRST), self.report(SECOND)
        self.assertEqual((first["player_lookup"], first["team"]), (FIRST, "OKC"))
        self.assertEqual((second["player_lookup"], second["team"], second["opponent"]), (SECOND, "CHA", "DEN"))
        self.assertGreater(first["markets"]["points"]["mean"], 25)
        self.assertLess(second["markets"]["points"]["mean"], 20)
        for game in first["similar_games"] + second["similar_games"]:
            if game["player_lookup"] in (FIRST, SECOND):
                self.assertIn("OKC" if game["player_lookup"] == FIRST else "CHA", game["game_id"])

        # The event's team, its game, its player id, a name with a team.
        for number, more in enumerate([{"team": "CHA"}, {"game_id": harness.game(self.date, "CHA@DEN")}, {"player_id": "10"}], 1):
            self.odds("Jalen Williams", line=f"{number}.5", **more)
            self.wait_quiet()
            self.assertEqual(self.lines_of(FIRST, SECOND), [None, number + .5], more)
        self.odds("Jalen Williams@CHA", line="5.5")
        self.add("odds", data=json.dumps({"player_lookup": "Jalen Williams", "game_date": self.date, "market": "points",
                                          "book": "fanduel", "line": 31.5, "player_id": 20}))
        self.wait_quiet()
        self.assertEqual(self.lines_of(FIRST, SECOND), [31.5, 5.5])
        self.injury("Jalen Williams", "out", team="CHA")
        self.lineup("OKC", ["Jalen Williams", "Ora Oak"])
        self.wait_quiet()
        self.assertEqual([self.report(p)["status"] for p in (FIRST, SECOND)], ["ok", "out"])
        self.assertEqual((self.report(FIRST)["starter"], self.report(SECOND).get("starter")), (True, None))

        # Nothing says which: neither. On the next date one of them plays alone.
        number = self.odds("Jalen Williams", line="12.5")
        letter = self.letter_of("odds", number)
        self.assertEqual((letter["reason"], letter["field"]), ("ambiguous", "player_lookup"))
        self.assertIn("may be jalenwilliams@CHA of CHA or jalenwilliams of OKC; ", letter["error"])
        number = self.injury("Jalen Williams", "doubtful", player_id="33")
        self.assertIn("player_id 33", self.letter_of("injury", number)["error"])
        self.odds("Jalen Williams", line="32.5", game_date=self.later)
        self.wait_quiet()
        self.assertEqual(self.lines_of(FIRST, date=self.later), [32.5])
        self.assertEqual(self.lines_of(FIRST), [31.5])
        self.assertEqual(self.reports(self.later), [FIRST])

        # An initial, where the roster leaves one man.
        self.odds("J. Isaac", line="16.5", team="ORL")
        self.wait_quiet()
        self.assertEqual(self.lines_of("jonathanisaac"), [16.5])
        self.assertEqual(self.reports(), everybody)

        self.operators(daemon)
        self.traded(daemon)
        self.assertEqual(self.reports(), everybody)
        harness.until(lambda: {name.split(".json")[0] for name in os.listdir(os.path.join(self.sunk, self.date)) if name[0] != "."}
                      == set(everybody), "a file of each")

    def operators(self, daemon):
        """propsctl takes either name."""
        for name in ("Jalen Williams@CHA", SECOND, "jalenwilliams@CHO"):
            self.assertEqual(daemon.ctl.json("report", name, "--date", self.date)["player_lookup"], SECOND)
            self.assertEqual(daemon.ctl.json("player", name, "--date", self.date)["player"], SECOND)
        for name in ("Jalen Williams", "jalenwilliams@OKC"):
            self.assertEqual(daemon.ctl.json("report", name, "--date", self.date)["player_lookup"], FIRST)
        before = self.versions(FIRST, SECOND)
        daemon.ctl.ok("regenerate", "--player", FIRST, "--date", self.date, "--wait")
        middle = self.versions(FIRST, SECOND)
        self.assertGreater(middle[0], before[0])
        self.assertEqual(middle[1], before[1])
        daemon.ctl.ok("regenerate", "--player", SECOND, "--date", self.date, "--wait")
        self.assertEqual(self.versions(FIRST), middle[:1])
        self.assertGreater(self.versions(SECOND)[0], middle[1])

    def traded(self, daemon):
        """What stands under his name stays there: a trade renames nobody on the date."""
        self.slate_player("Jalen Williams@CHA", "ORL")
        self.injury("Jalen Williams", "available", team="ORL")
        self.odds("Jalen Williams", line="6.5", team="ORL")
        self.wait_quiet()
        self.assertEqual(self.lines_of(FIRST, SECOND), [31.5, 6.5])
        self.assertEqual(self.report(SECOND)["team"], "ORL")
        self.assertEqual(daemon.ctl.json("player", "Jalen Williams@ORL", "--date", self.date)["player"], SECOND)

    def test_who_has_the_bare_name_keeps_it(self):
        daemon = self.started()
        self.odds("Jalen Williams", line="9.5", team="CHA")
        self.odds("Jalen Williams", line="30.5", team="OKC")
        self.wait_quiet()
        # The second plays on, and for another team; then come older rows of him, too.
        self.imports(self.csv("traded.csv", PLAYERS, *self.rows(10, "Jalen Williams", "DEN", 10, range(2, 6))))
        daemon.reload()
        self.regenerate(slate="1")
        self.wait_quiet()
        self.assertEqual(self.lines_of(FIRST, SECOND), [30.5, 9.5])
        self.assertEqual([self.report(p)["team"] for p in (FIRST, SECOND)], ["OKC", "DEN"])
        self.assertEqual([name for name in self.reports() if name.startswith(FIRST)], [FIRST, SECOND])

        # What a slate entry before it decides is decided: with the second's game called off the first plays alone. The letter
        # of before is tried again by the slate of now.
        early = self.letter_of("odds", self.odds("Jalen Williams", book="early", line="27.5"))
        self.add_all([("slate", {"game_id": harness.game(self.date, "CHA@DEN"), "status": "postponed"}),
                      ("odds", {"player_lookup": "Jalen Williams", "game_date": self.date, "market": "points", "book": "fanduel",
                                "line": "28.5"})])
        self.wait_quiet()
        self.assertEqual(self.lines_of(FIRST), [28.5])
        self.assertEqual([letter for _, letter in self.dead()], [early])
        daemon.ctl.ok("dead", "retry", self.dead()[0][0])
        self.wait_quiet()
        self.assertEqual(self.book(FIRST, book="early")["line"], 27.5)

    def test_without_ids_they_are_two_from_the_first_date_on_which_both_play(self):
        files = self.league()
        with open(files[0]) as rows:
            text = rows.read()
        with open(files[0], "w") as rows:
            rows.write(text.replace(",20,Jalen", ",,Jalen").replace(",10,Jalen", ",,Jalen"))
        self.league = lambda: files
        self.started()
        self.assertGreater(self.report(FIRST)["markets"]["points"]["mean"], 25)
        self.assertLess(self.report(SECOND)["markets"]["points"]["mean"], 20)


if __name__ == "__main__":
    unittest.main()
