"""Other spellings of a player are he: those that come with propsd, those of a file, those that are given while propsd runs."""
import os
import subprocess
import unittest

import harness

HEAD = ("season_type,game_id,game_date,player_id,player,team,opponent,home,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,"
        "fgm,fga,tpm,tpa,ftm,fta")
DORT, MATE = "luguentzdort", "joemate"


class Aliases(harness.Night):
    def csv(self, name, *lines):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        return path

    def box_scores(self):
        rows = []
        for n in range(1, 9):
            for number, name, points in ((601, "Luguentz Dort", 12), (602, "Mate, Joe", 30)):
                rows.append(f"regular,002250000{n},2026-11-0{n},{number},\"{name}\",OKC,MIA,1,34,{points + n % 3},6,1,5,5,1,0,2,2,"
                            "9,18,2,6,4,5")
        return self.csv("player_games.csv", HEAD, *rows)

    def ctl_import(self, *files):
        done = subprocess.run([harness.built("propsctl"), "import", *files, "--into", self.database], capture_output=True, text=True,
                              env={**os.environ, **harness.sanitizer_environment()}, timeout=harness.DEADLINE * harness.SLOW)
        self.assertIsNone(harness.REPORT_OF_SANITIZER.search(done.stderr), done.stderr)
        return done

    def setUp(self):
        super().setUp()
        self.date = "2026-11-20"
        self.database = os.path.join(self.folder, "league.db")
        done = self.ctl_import(self.box_scores())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def daemon(self, name="a"):
        made = self.propsd(name, changes={"league": {"database": self.database}, "report": {"processor": "builtin"},
                                          "ingest": {"past": "accept"}})
        made.ctl.ok("wait", "ready")
        return made

    def test_spellings_that_come_with_propsd(self):
        self.daemon()
        self.odds("Lu Dort", line="9.5", over="-110", under="-110")
        self.odds("Dort, Luguentz", book="other", line="10.5", over="-110", under="-110")
        self.wait_quiet()
        points = self.report(DORT)["markets"]["points"]
        self.assertEqual({book: points["books"][book]["line"] for book in points["books"]}, {"fanduel": 9.5, "other": 10.5})
        self.assertGreater(points["mean"], 5)
        before = self.report(MATE)["version"] if self.report_text(MATE) else 0
        self.injury("Lu Dort", "out")
        self.wait_quiet()
        self.assertEqual((self.report(DORT)["status"], self.report(DORT)["injury"]["status"]), ("out", "out"))
        self.assertGreater(self.report(MATE)["version"], before)  # his team-mate is told
        self.assertIsNone(self.report_text("ludort"))

    def test_a_file_of_aliases(self):
        aliases = self.csv("aliases.csv", "alias,player,player_id,team", "Dortmund,Luguentz Dort,,", "Joey,\"Mate, Joe\",602,OKC",
                           "Joe Mate,Luguentz Dort,,", "Dort. Luguentz,Luguentz Dort,,", "LUGUENTZ DORT,luguentz-dort,,",
                           "Joey,Luguentz Dort,,", "No Body,Someone Unknown,,", "Z,Joe Mate,,QQQ")
        done = self.ctl_import(aliases)
        self.assertEqual(done.returncode, 1, done.stderr)  # not all of it went in
        for line, words in ((4, 'column alias, value "Joe Mate": is another player\'s own name, who has box scores (the last of '
                                "2026-11-08): it cannot mean Luguentz Dort"),
                            (6, 'column alias, value "LUGUENTZ DORT": is how the player is written anyway: both are luguentzdort'),
                            (7, f"joey: other values for it stand at {aliases}:3, and those are kept"),
                            (9, 'column team, value "QQQ": no team of the league')):
            self.assertIn(f"{aliases}:{line}: {words}", done.stdout)
        self.assertIn("No Body = Someone Unknown: no box score has either name yet", done.stdout)
        self.assertIn("league number 2; 8 rows read, 4 new, 0 changed, 4 refused", done.stdout)
        self.assertIn("league number 2 as before", self.ctl_import(aliases).stdout)

        self.daemon()
        self.odds("Dortmund", line="9.5", over="-110", under="-110")
        self.odds("joey", line="29.5", over="-110", under="-110")
        self.odds("No Body", line="3.5", over="-110", under="-110")
        self.wait_quiet()
        self.assertEqual(self.report(DORT)["markets"]["points"]["books"]["fanduel"]["line"], 9.5)
        self.assertEqual(self.report(MATE)["markets"]["points"]["books"]["fanduel"]["line"], 29.5)
        self.assertEqual(self.report("nobody")["status"], "no_history")
        self.assertIsNone(self.report_text("dortmund"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
