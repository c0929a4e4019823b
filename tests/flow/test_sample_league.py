"""The sample league: the same bytes each time, box scores that add up, an import that refuses nothing, a night that fits."""
import collections
import csv
import gzip
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import harness

sys.path.insert(0, os.path.join(harness.SOURCE, "script", "lib"))
import timeline  # noqa: E402

DATE = "2026-03-07"


def make(folder, *arguments):
    done = subprocess.run([os.path.join(harness.SOURCE, "script", "sample-league"), folder, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"script/sample-league: status {done.returncode}\n{done.stdout}{done.stderr}")


def sums(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(pathlib.Path(folder).iterdir())}


def rows(folder, pattern):
    for name in sorted(os.listdir(folder)):
        if name.startswith(pattern):
            with gzip.open(os.path.join(folder, name), "rt", encoding="utf-8", newline="") as text:
                yield from csv.DictReader(text)


class SampleLeague(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="propsd-sample-")
        cls.folder = os.path.join(cls.scratch.name, "league")
        make(cls.folder, "--seed", "5", "--date", DATE)
        cls.players = list(rows(cls.folder, "player_games"))
        cls.teams = list(rows(cls.folder, "team_games"))
        cls.night = timeline.read(os.path.join(cls.folder, "night.ndjson.gz"))

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def test_equal_arguments_give_equal_bytes(self):
        again = os.path.join(self.scratch.name, "again")
        make(again, "--seed", "5", "--date", DATE)
        self.assertEqual(sums(self.folder), sums(again))

    def test_another_seed_is_another_league(self):
        other = os.path.join(self.scratch.name, "other")
        make(other, "--seed", "6", "--date", DATE)
        same = set(sums(self.folder).values()) & set(sums(other).values())
        self.assertEqual(same, set())

    def test_box_scores_add_up(self):
        boxes = collections.defaultdict(list)
        for row in self.players:
            boxes[row["game_id"], row["team"]].append(row)
        self.assertEqual(len(boxes), len(self.teams))
        points = {(t["game_id"], t["team"]): int(t["pts"]) for t in self.teams}
        for team in self.teams:
            where = (team["game_id"], team["team"])
            box = boxes[where]
            for column in ("pts reb oreb dreb ast stl blk tov pf fgm fga tpm tpa ftm fta").split():
                self.assertEqual(int(team[column]), sum(int(row[column]) for row in box), (where, column))
            self.assertEqual(round(sum(float(row["min"]) for row in box), 2), int(team["min"]), where)
            self.assertEqual((int(team["min"]) - 240) % 25, 0, where)
            self.assertEqual(sum(row["starter"] == "1" for row in box), 5, where)
            margin = points[where] - points[team["game_id"], team["opponent"]]
            self.assertNotEqual(margin, 0, where)
            self.assertEqual(team["win"], str(int(margin > 0)), where)
            self.assertEqual(sum(int(row["plus_minus"]) for row in box), 5 * margin, where)
        for row in self.players:
            n = {c: int(row[c]) for c in "pts reb oreb dreb fgm fga tpm tpa ftm fta".split()}
            self.assertEqual(n["pts"], 2 * n["fgm"] + n["tpm"] + n["ftm"], row)
            self.assertEqual(n["reb"], n["oreb"] + n["dreb"], row)
            self.assertTrue(n["tpm"] <= n["fgm"] <= n["fga"] and n["tpm"] <= n["tpa"] and n["ftm"] <= n["fta"], row)

    def test_figures_are_those_of_a_league(self):
        self.assertEqual(len({row["team"] for row in self.teams}), 30)
        self.assertIn(len({row["player_id"] for row in self.players}), range(430, 620))
        self.assertEqual({row["season"] for row in self.teams}, {"2024-25", "2025-26"})
        names = collections.defaultdict(set)
        for row in self.players:
            names[timeline.fold_name(row["player"])].add(row["player_id"])
        self.assertEqual({name: ids for name, ids in names.items() if len(ids) > 1}, {})
        points = [int(row["pts"]) for row in self.teams]
        mean = sum(points) / len(points)
        self.assertTrue(105 < mean < 120, mean)
        deviation = (sum((p - mean) ** 2 for p in points) / len(points)) ** .5
        self.assertTrue(10 < deviation < 18, deviation)
        at_home = sum(row["home"] == "1" and row["win"] == "1" for row in self.teams) / (len(self.teams) / 2)
        self.assertTrue(.48 < at_home < .65, at_home)
        minutes = max(float(row["min"]) for row in self.players)
        self.assertTrue(40 < minutes < 62, minutes)

    def test_the_night_fits_the_league(self):
        tips = timeline.tips(self.night)
        scheduled = {f"{row['game_date'].replace('-', '')}_{row['away']}_{row['home']}": row
                     for row in rows(self.folder, "schedule") if row["game_date"] == DATE}
        self.assertEqual(set(tips), set(scheduled))
        for game, tip in tips.items():
            self.assertEqual(timeline.time_ms(scheduled[game]["tip_utc"]), tip)
        self.assertEqual([e["ts"] for e in self.night], sorted(e["ts"] for e in self.night))
        roster = {}
        for row in self.players:  # ascending by date
            roster[row["player"]] = row["team"]
        quoted = set()
        for event in self.night:
            if "game" in event and event["type"] != "tip":
                self.assertLess(timeline.time_ms(event["ts"]), tips[timeline.game_id(DATE, event["game"])], event)
            if event["type"] == "odds":
                self.assertEqual(roster[event["player"]], event["team"], event)
                self.assertIn(event["team"], event["game"].split("@"))
                quoted.add(event["player"])
        self.assertGreater(len(quoted), 80)

    def test_the_night_holds_all_that_can_happen(self):
        kinds = collections.Counter(e["type"] for e in self.night)
        self.assertEqual(set(kinds), {"odds", "game_total", "game_odds", "injury", "lineup", "report_pending", "tip"})
        odds = [e for e in self.night if e["type"] == "odds"]
        self.assertEqual({e["status"] for e in odds}, {"open", "move", "off"})
        self.assertEqual({e["market"] for e in odds}, set(timeline.MARKETS) | {"fga"})
        self.assertGreater(len({e["book"] for e in odds}), 3)
        self.assertTrue(any(e.get("alt") and e["status"] == "off" for e in odds))
        self.assertTrue(any(not e.get("alt") and e["status"] == "off" for e in odds))
        self.assertEqual({e["status"] for e in self.night if e["type"] == "lineup"}, {"expected", "confirmed"})
        self.assertLess({"Out", "Questionable", "Day-To-Day", "Available"}, {e["status"] for e in self.night if e["type"] == "injury"})
        mapper = timeline.Mapper()
        entries = list(mapper.entries(self.night))
        self.assertTrue(any(e.fields.get("alt") == "1" and e.fields.get("status") != "off" for e in entries))
        self.assertEqual(set(mapper.not_sent), {"odds, market fga", "game_odds, market h2h", "report_pending", "tip"})

    def test_a_night_out_of_season_is_imported_whole_too(self):
        folder = os.path.join(self.scratch.name, "summer")
        make(folder, "--date", "2026-07-20")  # its seasons go over the end of what the calendar calls one
        done = subprocess.run([harness.built("propsctl"), "import", folder, "--into", os.path.join(self.scratch.name, "summer.db"), "--json"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for f in json.loads(done.stdout)["files"]:
            if "kind" in f:
                self.assertEqual((f["refused"], f["skipped"]), (0, 0), f)

    def test_its_import_refuses_nothing_and_can_be_repeated(self):
        database = os.path.join(self.scratch.name, "league.db")
        for new in (len(self.players), 0):
            done = subprocess.run([harness.built("propsctl"), "import", self.folder, "--into", database, "--json"],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            summary = json.loads(done.stdout)
            self.assertEqual(summary["number"], 1)
            self.assertEqual(summary["number_changed"], new > 0)
            self.assertEqual(summary["clashes"], [])
            read = [f for f in summary["files"] if "kind" in f]
            self.assertEqual({f["kind"] for f in read}, {"player_games", "team_games", "game_odds", "schedule"})
            for f in read:
                self.assertEqual((f["refused"], f["changed"], f["skipped"]), (0, 0, 0), f)
            self.assertEqual(sum(f["new"] for f in read if f["kind"] == "player_games"), new)
            others = {os.path.basename(f["file"]): f["not_league_data"] for f in summary["files"] if "kind" not in f}
            self.assertEqual(others, {"night.ndjson.gz": "timeline"})


if __name__ == "__main__":
    unittest.main()
