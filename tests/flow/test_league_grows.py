"""A league that grows on one machine of several, while a night is played: nothing stands still, and in the end every report
is as the newer league has it, whether or not the others ever get the file."""
import csv
import glob
import gzip
import json
import os
import shutil
import unittest

import harness
import league_night
import night
import oracle


def without_last_games(source, folder, since):
    """The league's files as they were before the games from `since` on were played."""
    os.mkdir(folder)
    for path in glob.glob(os.path.join(source, "*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as old, \
                gzip.open(os.path.join(folder, os.path.basename(path)), "wt", encoding="utf-8", newline="") as new:
            rows = csv.DictReader(old)
            out = csv.DictWriter(new, rows.fieldnames)
            out.writeheader()
            out.writerows(row for row in rows if "schedule" in path or row["game_date"] < since)
    return folder


class Grows(league_night.SampleNight):
    def setUp(self):
        super().setUp()
        before = without_last_games(self.files, os.path.join(self.folder, "before"), "2026-01-09")
        harness.Ctl("/none").ok("import", before, "--into", os.path.join(self.folder, "a.db"))
        shutil.copy(os.path.join(self.folder, "a.db"), os.path.join(self.folder, "b.db"))

    def instance(self, name):
        return self.propsd(name, {**self.changes, "league": {"database": os.path.join(self.folder, name + ".db")}})

    def blocked_read(self, name):
        """Whether a connection of that instance waits for new entries."""
        return [client for client in self.r.client_list() if client["cmd"] == "xreadgroup" and client["flags"] == "b"
                and client.get("name", "").endswith(name)]

    def dates(self, daemon):
        return daemon.ctl.json("status").get("dates", [])

    def test_the_import_on_one_of_two_stops_no_date(self):
        made, calm = self.calm_night()
        strangers = [("odds", [("player_lookup", f"New Man {n}"), ("game_date", self.date), ("market", "points"), ("book", "b"),
                               ("line", "9.5"), ("ts", f"{self.date}T12:00:00Z")]) for n in range(60)]
        first, second = self.instance("a"), self.instance("b")
        half = len(made.events) // 2
        bad = night.send(self, made.events[:half])
        self.wait_quiet()
        # What both have applied and not run yet when the day's number rises; some of it only one of them knows of.
        first.ctl.ok("pause")
        self.add_all(strangers)
        bad.update(night.send(self, made.events[half:half + 500]))
        for stream in harness.STREAMS:
            self.wait_read(stream)
        harness.Ctl("/none").ok("import", self.files, "--into", os.path.join(self.folder, "a.db"))
        harness.until(lambda: b" 2 " in self.r.hget(self.key(f"day:{self.date}"), "league"), "the day's number to rise")
        first.ctl.ok("resume")
        bad.update(night.send(self, made.events[half + 500:]))
        self.wait_quiet()
        oracle.check(self, oracle.fold(self.sent, self.date, self.league, bad), bad, [first, second], False)
        reports = oracle.all_normalised(self)
        self.same(calm, {player: reports[player] for player in reports if not player.startswith("newman")})
        self.assertEqual({json.loads(text)["league"]["number"] for text in oracle.all_reports(self).values()}, {2})

        # The other one says what it waits for and who has it; nothing of it lies there, and it reads nothing that it
        # could not serve.
        def entries():
            return second.ctl.json("status")["entries"]

        def reads_nothing():
            read = entries()["read"]
            for _ in range(20):
                self.wait_acked("regenerate", self.regenerate("newman1", force="1"))
            return entries()["read"] == read
        harness.until(lambda: self.dates(second) and 'which instance "a" has' in self.dates(second)[0]["why"], "it to say so")
        harness.until(lambda: entries()["in_flight"] == 0, "it to have nothing left")
        harness.until(lambda: not self.blocked_read("b"), "its last read to end")
        harness.until(reads_nothing, "it to read nothing any more")

        # Once its file is there it takes part again by itself.
        shutil.copy(os.path.join(self.folder, "a.db"), os.path.join(self.folder, "b.new"))
        os.rename(os.path.join(self.folder, "b.new"), os.path.join(self.folder, "b.db"))
        harness.until(lambda: not self.dates(second), "it to have the league")
        self.assertEqual(second.ctl.json("status")["league"]["number"], 2)
        first.stop()
        self.wait_acked("regenerate", self.regenerate("newman1", force="1"))
        harness.until(lambda: entries()["in_flight"] == 0, "it to have done all")

    def test_who_has_the_newer_league_ends_and_the_other_goes_on(self):
        """What stood still would stand still for good."""
        first, second = self.instance("a"), self.instance("b")

        def both_read():
            """Who never read of the date has nothing of it that could wait."""
            self.wait_acked("regenerate", self.regenerate("newman"))
            return all(daemon.ctl.json("status")["entries"]["read"] for daemon in (first, second))
        harness.until(both_read, "both to know the date")
        harness.Ctl("/none").ok("import", self.files, "--into", os.path.join(self.folder, "a.db"))
        harness.until(lambda: b" 2 " in self.r.hget(self.key(f"day:{self.date}"), "league"), "the day's number to rise")
        self.wait_acked("regenerate", self.regenerate("newman"))
        harness.until(lambda: self.dates(second) and 'which instance "a" has' in self.dates(second)[0]["why"], "the other to wait")
        first.stop()
        number = self.regenerate("newman", force="1")
        self.wait_acked("regenerate", number, seconds=600)  # a minute later, with what it has
        self.assertEqual(self.report("newman")["league"]["number"], 1)


if __name__ == "__main__":
    unittest.main()
