"""Other spellings of a player are he: those that come with propsd, those of a file, those that are given while propsd runs."""
import os
import subprocess
import unittest

import harness

HEAD = ("season_type,game_id,game_date,player_id,player,team,opponent,home,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,"
        "fgm,fga,tpm,tpa,ftm,fta")
BEHAVE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "behave.py")
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

    def daemon(self, name="a", changes=None):
        made = self.propsd(name, changes={"league": {"database": self.database}, "report": {"processor": "builtin"},
                                          "ingest": {"past": "accept"}, **(changes or {})})
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

    def test_a_file_that_comes_while_propsd_runs_moves_what_stood_under_its_spellings(self):
        self.date = harness.tonight()
        daemon = self.daemon()
        self.odds("Thunder Wing", line="9.5", over="-110", under="-110")
        self.odds("Joe Mate", line="29.5")
        self.injury("Thunder Wing", "out")
        self.wait_quiet()
        self.assertIsNotNone(self.report_text("thunderwing"))
        daemon.ctl.ok("pause")
        self.odds("Thunder Wing", line="10.5", book="other")  # somebody waits under the old name
        self.wait_read("odds")
        self.assertEqual(self.ctl_import(self.csv("aliases.csv", "alias,player", "Thunder Wing,Luguentz Dort")).returncode, 0)
        daemon.ctl.ok("reload")
        daemon.ctl.ok("resume")
        self.wait_report(DORT, lambda report: report["status"] == "out", "that has what stood under the spelling")
        self.wait_quiet()
        self.assertIsNone(self.report_text("thunderwing"))
        self.assertEqual([k for k in self.r.keys("*thunderwing*")], [])
        self.injury("Thunder Wing", "available")
        self.wait_quiet()
        books = self.report(DORT)["markets"]["points"]["books"]
        self.assertEqual({book: books[book]["line"] for book in books}, {"fanduel": 9.5, "other": 10.5})

    # --- given while propsd runs

    def refused(self, ctl, *arguments):
        status, _, err = ctl.run(*arguments)
        self.assertNotEqual(status, 0)
        return err

    def test_one_that_is_given_moves_what_stood_under_it_to_the_man(self):
        self.date = harness.tonight()
        a, b = self.daemon("a"), self.daemon("b")
        self.slate_game("OKC@MIA")
        self.wait_quiet()
        notices = self.notices()
        self.odds("Thunder Wing", line="9.5", over="-110", under="-110")
        self.odds("Thunder Wing", market="pra", line="19.5", over="-110", under="-110")
        self.odds("Luguentz Dort", line="10.5", over="-105", under="-115", book="other")
        self.wait_quiet()  # of two that are applied together the path has the later one
        self.odds("Thunder Wing", line="8.5", book="other")  # the older one ...
        self.odds("Luguentz Dort", line="11.5", over="-105", under="-115", book="other")  # ... of these two does not replace it
        self.odds("Luguentz Dort", line="7.5", book="third")
        self.odds("Thunder Wing", line="6.5", book="third")  # the newer one does
        self.odds("Luguentz Dort", line="4.5", side="over", price="-110", book="fourth")
        self.odds("Thunder Wing", line="4.5", side="under", price="-120", book="fourth")
        self.injury("Thunder Wing", "questionable", reason="knee")
        self.lineup("OKC", ["Thunder Wing", "Joe Mate"])
        self.wait_quiet()
        self.assertEqual(self.report("thunderwing")["status"], "no_history")
        self.assertNotIn("injury", self.report(DORT))

        self.assertEqual(b.ctl.json("alias", "add", "Thunder Wing", "Luguentz Dort"),
                         {"v": 1, "spelling": "thunderwing", "player": DORT, "moved": 7, "withdrawn": 1})
        self.wait_quiet()
        report = self.report(DORT)
        books = {market: {book: q.get("line") for book, q in m["books"].items()} for market, m in report["markets"].items() if "books" in m}
        self.assertEqual(books, {"points": {"fanduel": 9.5, "other": 11.5, "third": 6.5, "fourth": 4.5}, "pra": {"fanduel": 19.5}})
        fourth = report["markets"]["points"]["books"]["fourth"]
        self.assertEqual((fourth["over"], fourth["under"]), (-110, -120))
        self.assertEqual((report["injury"], report["starter"]), ({"status": "questionable", "reason": "knee"}, True))
        self.assertTrue(self.report(MATE)["starter"])
        self.assertIsNone(self.report_text("thunderwing"))
        self.assertEqual([k for k in self.r.keys("*thunderwing*")], [])
        notices.wait(lambda n: n.get("moved_to") == DORT and n["player_lookup"] == "thunderwing", "of what was withdrawn")
        lines = a.ctl.json("lines", "Luguentz Dort", "--date", self.date, "--market", "points")["paths"]
        self.assertEqual({path["book"]: [p["line"] for p in path["points"]] for path in lines},
                         {"fanduel": [9.5], "fourth": [4.5, 4.5], "other": [10.5, 8.5, 11.5], "third": [7.5, 6.5]})

        # Every instance knows, also one that has begun since, and all dates.
        for daemon, line in ((a, "5.5"), (b, "4.5"), (self.daemon("c"), "3.5")):
            daemon.ctl.ok("publish", "odds", "player_lookup=Thunder Wing", f"game_date={self.date}", "market=steals", "book=x",
                          f"line={line}")
            self.wait_report(DORT, lambda r: r["markets"].get("steals", {}).get("books", {}).get("x", {}).get("line") == float(line))
        self.assertEqual([(x["spelling"], x["player"]) for x in a.ctl.json_lines("alias", "list")], [("thunderwing", DORT)])
        a.ctl.ok("slate", self.date)  # reads what there is by now
        self.assertIn("luguentzdort", a.ctl.ok("player", "Thunder Wing", "--date", self.date))

        # What is wrong with others.
        for names, words in ((("Dort, Luguentz", "luguentzdort"), "is how the player is written anyway"),
                             (("Joe Mate", "Luguentz Dort"), "another player's own name, who has box scores (Joe Mate)"),
                             (("Thunder Wing", "Joe Mate"), "thunderwing is an alias of luguentzdort already"),
                             (("Wing", "Thunder Wing"), 'there is no player "thunderwing"'),
                             (("Wing", "Luguentz Dorta"), "luguentzdort")):
            self.assertIn(words, self.refused(a.ctl, "alias", "add", *names))
        self.assertIn("is no alias", self.refused(a.ctl, "alias", "remove", "Wing"))

        # Taken back: what comes from now on is the spelling's own again, what has moved stays.
        b.ctl.ok("alias", "remove", "Thunder Wing")
        self.assertEqual(a.ctl.json_lines("alias", "list"), [])
        self.odds("Thunder Wing", line="2.5")
        self.wait_quiet()
        self.assertEqual(self.report("thunderwing")["markets"]["points"]["books"]["fanduel"]["line"], 2.5)
        self.assertEqual(self.report(DORT)["markets"]["points"]["books"]["fanduel"]["line"], 9.5)

    def test_who_waits_for_a_run_under_the_old_spelling_is_settled_by_the_mans(self):
        self.date = harness.tonight()
        a, b = self.daemon("a"), self.daemon("b")
        for daemon in (a, b):
            daemon.ctl.ok("pause")  # keeps players waiting
        for n in range(20):
            self.odds("Thunder Wing", line=f"{n}.5", book=f"b{n}")
        self.wait_read("odds")
        harness.until(lambda: any(d.ctl.run("player", "thunderwing", "--date", self.date)[0] == 0 for d in (a, b)), "somebody to wait")
        a.ctl.ok("alias", "add", "thunderwing", "Luguentz Dort")
        a.ctl.ok("resume")
        self.wait_quiet()
        self.assertIsNone(self.report_text("thunderwing"))
        self.assertEqual(len(self.report(DORT)["markets"]["points"]["books"]), 20)
        self.assertEqual([k for k in self.r.keys("*thunderwing*")], [])

    def test_a_run_that_is_under_way_for_the_old_spelling_commits_nothing(self):
        self.commits_nothing(lambda: self.odds("slow", line="9.5"))
        self.assertEqual(self.report(DORT)["line"], 9.5)

    def test_nor_does_a_first_run_of_whom_only_the_date_has_anything(self):
        self.commits_nothing(lambda: self.injury("slow", "questionable"))

    def test_dates_on_which_nothing_moves_keep_their_reports(self):
        self.date = harness.tonight(10)
        a = self.daemon("a")
        a.ctl.ok("pause")
        self.odds("Thunder Wing", line="9.5")
        self.wait_read("odds")
        harness.until(lambda: a.ctl.run("player", "thunderwing", "--date", self.date)[0] == 0, "him to wait")
        a.ctl.ok("alias", "add", "Thunder Wing", "Luguentz Dort")
        a.ctl.ok("resume")
        self.wait_quiet()
        self.assertEqual(self.report("thunderwing")["markets"]["points"]["books"]["fanduel"]["line"], 9.5)
        self.odds("Thunder Wing", line="10.5")
        self.wait_quiet()
        self.assertEqual(self.report(DORT)["markets"]["points"]["books"]["fanduel"]["line"], 10.5)

    def commits_nothing(self, cause):
        """For a name that became another's while his first run was under way."""
        self.date = harness.tonight()
        changes = {("processor", "mine"): {"type": "exec", "command": ["/usr/bin/python3", BEHAVE], "environment": [f"GATE={self.gate}"],
                                           "children": 2}, "report": {"processor": "mine"}}
        a = self.daemon("a", changes)
        followed = self.notices()
        cause()  # behave.py: waits for the gate
        harness.until(lambda: self.r.hlen(self.key("running")), "his run to begin")
        b = self.daemon("b", changes)
        b.ctl.ok("alias", "add", "slow", "Luguentz Dort")
        self.open_gate()
        self.wait_quiet()
        followed.more(1)
        self.assertEqual(set(followed.players()), {DORT})
        self.assertEqual([k for k in self.r.keys("*:slow")], [])
        a.check()

    def test_who_has_not_heard_of_an_alias_writes_nothing_by_the_old_spelling(self):
        """The other instance knows the date's slate from before, and is told of nothing before the entry comes."""
        self.date = harness.tonight()
        b = self.daemon("b")
        self.odds("Joe Mate", line="29.5")
        self.wait_quiet()
        a = self.daemon("a")
        a.ctl.ok("alias", "add", "Thunder Wing", "Luguentz Dort")  # nothing stands under it: no entry goes out
        a.stop()
        self.odds("Thunder Wing", line="9.5")
        self.wait_quiet()
        self.assertEqual(self.report(DORT)["markets"]["points"]["books"]["fanduel"]["line"], 9.5)
        self.assertEqual([k for k in self.r.keys("*thunderwing*")], [])
        c = self.daemon("c")
        c.ctl.ok("alias", "remove", "Thunder Wing")
        c.stop()
        self.odds("Thunder Wing", line="8.5")
        self.wait_quiet()
        self.assertEqual(self.report("thunderwing")["markets"]["points"]["books"]["fanduel"]["line"], 8.5)
        self.assertEqual(self.report(DORT)["markets"]["points"]["books"]["fanduel"]["line"], 9.5)
        b.check()


if __name__ == "__main__":
    unittest.main(verbosity=2)
