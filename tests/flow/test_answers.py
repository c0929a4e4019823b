"""Every command's answer as --json gives it, against a golden file: one daemon, one night in a fixed state, each command once.

tests/golden/json/NAME.json is what NAME answers, a line's object each, with what differs from run to run put as a word by the tables
below, and each kind of object once. A command without a golden file fails, and so does a file of no command. A change is looked at and
then taken over with UPDATE_GOLDEN=1. What looks is also shown as people see it: no line is wider than 80 columns.
"""
import datetime
import json
import os
import re
import time
import unittest

import harness

GOLDEN = os.path.join(harness.SOURCE, "tests", "golden", "json")
BEHAVE = os.path.join(harness.SOURCE, "tests", "flow", "behave.py")
HEAD = ("season,game_id,game_date,player_id,player,team,opponent,home,starter,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,"
        "fgm,fga,tpm,tpa,ftm,fta")
MEN = ((11, "Ann Able", "LAL", "GSW"), (12, "Bea Baker", "GSW", "LAL"), (13, "Cid Cole", "LAL", "GSW"))

# Texts that are the machine's, the moment's or chance's: in their place stands "text". Of each number only that it is one.
VOLATILE = {"arguments", "cpu", "default", "execution_date", "execution_id", "file", "fingerprint", "host", "identity", "machines", "propsctl",
            "propsd", "reasons", "remedy", "reply", "request", "result", "run", "run_id", "sha256", "source_file", "started", "stderr", "text",
            "user", "value", "version"}
# What stands in these lists is up to the clock: which warnings were looked for, which events one run served. Of them one element is kept, with
# all members that any has.
UNSURE = {"warnings", "wrong", "runs", "last_runs", "fields", "executions"}
MAYBE = re.compile("(_seconds|_bytes|cpu_ms)$")  # null where it was too short to be measured
# Parts of texts that differ from run to run.
PARTS = (
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?Z?)?", "TIME"),
    (r"\b\d{4}-\d\d-\d\d\b", "DATE"),
    (r"\b\d{8}_", "DAY_"),
    (r"\b\d{13}-\d+\b", "ENTRY"),
    (r"\b[0-9a-f]{16,64}\b", "HASH"),
    (r"\buid \d+\b", "uid N"),
)


# What nobody knows: exit code 5 and a sentence, never an empty answer. Where a date is left out it is today, and a day off is no mistake.
UNKNOWN = (
    "slate 2031-01-01", "fresh --date 2031-01-01", "grade --date 2031-01-01", "players --date 2031-01-01", "events --date 2031-01-01",
    "player annable --date 2031-01-01", "why annable --date 2031-01-01", "lines annable --date 2031-01-01", "report annable --date 2031-01-01",
    "price annable points 20.5 --date 2031-01-01", "baseline --processor mine --slate --date 2031-01-01 --children 1",
    "players --game 20310101_LAL_GSW", "cancel --game 20310101_LAL_GSW", "regenerate --game 20310101_LAL_GSW",
    "players --team XYZ", "players --team Lakkers", "cancel --team XYZ", "regenerate --team XYZ", "prioritize --team Lakkers low",
    "pause --team Lakkers", "mute --team Lakkers", "resume --team Lakkers",
    "player nosuch", "why nosuch", "report nosuch", "price nosuch points 20.5", "lines nosuch", "events --player nosuch", "history nosuch",
    "cancel nosuch", "regenerate --player nosuch", "prioritize nosuch low", "pause --player nosuch", "mute --player nosuch",
    "alias add somebody nosuch", "processor test mine --player nosuch", "alias remove nosuch",
    "processor nosuch", "processor pause nosuch", "processor resume nosuch", "processor restart nosuch", "processor test nosuch --player annable",
    "baseline --processor nosuch --slate --children 1", "validate --sample 1 --processor nosuch",
    "dead show 1-1", "dead retry 1-1", "dead drop 1-1", "history annable --report-version 999999",
    "report annable --phase precompute --date 2031-01-01", "slate load /nonexistent", "analyze /nonexistent")
# These find nothing, and that is no mistake.
NOTHING = ("slate", "players --date {date} --state backing-off", "fresh", "dead list --player nosuch", "orders", "resume --team LAL",
           "unmute --book nosuch", "prioritize annable none", "validate --sample 1 --date 2031-01-01", "regenerate --slate --date 2031-01-01",
           "regenerate --outdated --date {date}", "cancel --team LAL", "audit --user nosuch", "failures --min 1000")


class Answers(harness.Night):
    def setUp(self):
        super().setUp()
        self.date = harness.league_today()
        self.database = os.path.join(self.folder, "league.db")
        day = datetime.date.fromisoformat(self.date)
        season = day.year - (day.month < 8)
        self.rows = [f"{season}-{(season + 1) % 100:02d},{n + 1:010},{day - datetime.timedelta(days=n)},{man},{name},{team},{other},"
                     f"{int(team == 'LAL')},1,30.5,20,8,2,6,6,1,3,4,3,8,15,3,5,2,2" for n in range(9) for man, name, team, other in MEN]
        self.files = [self.written("players.csv", HEAD, *self.rows[len(MEN):]),
                      self.written("schedule.csv", "game_id,tip_utc,game_date,home,away",
                                   f"0000000900,{harness.moment(self.date, '24:00')},{self.date},GSW,LAL")]
        harness.Ctl("/none").ok("import", *self.files, "--into", self.database)
        self.daemon = self.propsd(changes={
            "league": {"database": self.database}, "history": {"file": os.path.join(self.folder, "history.db")},
            "report": {"processor": "builtin"}, "precompute": {"processor": "mine"},
            ("processor", "load"): None, "regen": {"max_attempts": 1},
            ("processor", "mine"): {"type": "exec", "command": ["/usr/bin/python3", BEHAVE], "children": 1},
            ("schedule", "evening"): {"at": "17:30", "slate": "yes"}})
        self.ctl = self.daemon.ctl
        self.met = set()

    def written(self, name, *lines):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        return path

    def tip_at(self, tip):
        return {"game_id": harness.game(self.date, "LAL@GSW"), "tip": tip.strftime("%Y-%m-%dT%H:%M:%SZ"), "status": "scheduled"}

    def plain(self, value, name="", unsure=False):
        """Without what differs from run to run. Lists of objects have each kind of object once."""
        unsure = unsure or name in UNSURE
        if isinstance(value, dict):
            made = {key: self.plain(one, key, unsure) for key, one in value.items()}
            if value.get("check", "append-only file") != "append-only file":  # what the machine is like
                made["level"] = "text"
                made.pop("remedy", None)
            return made
        if isinstance(value, list):
            made = []
            for one in (self.plain(one, name, unsure) for one in value):
                if one not in made:
                    made.append(one)
            if unsure and all(isinstance(one, dict) for one in made):
                made = [{key: next(one[key] for one in made if key in one) for key in sorted(set().union(*made))}] if made else []
            return sorted(made, key=json.dumps)
        if isinstance(value, bool):
            return value
        if not isinstance(value, str):
            return None if value is None and not MAYBE.search(name) else "number"
        if name in VOLATILE or unsure:
            return "text"
        value = value.replace(self.folder, "FOLDER")
        for pattern, word in PARTS:
            value = re.sub(pattern, word, value)
        return value

    def answers(self, name, *arguments, stdin=None):
        """Runs a command with --json and holds what it answers against its golden file; returns the objects."""
        objects = [json.loads(line) for line in self.ctl.ok("--json", *arguments, stdin=stdin).splitlines()]
        self.met.add(name)
        path = os.path.join(GOLDEN, name + ".json")
        text = "".join(json.dumps(one, indent=1, ensure_ascii=False) + "\n" for one in self.plain(objects))
        if os.environ.get("UPDATE_GOLDEN"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        self.assertTrue(os.path.exists(path), f"{path} is missing: look at what UPDATE_GOLDEN=1 makes of it")
        with open(path, encoding="utf-8") as file:
            self.assertEqual(text, file.read(), f"{name}: another answer than {path}")
        return objects

    def looks(self, name, *arguments):
        """One that may be asked twice: also as people see it."""
        objects = self.answers(name, *arguments)
        for line in self.ctl.ok(*arguments, environment={"COLUMNS": "80"}).splitlines():
            self.assertLessEqual(len(line), 80, f"{name}: {line}")
        return objects

    def commands(self):
        """All, as propsctl's own table has them, but for those that have no answer to be read by programs."""
        said = self.ctl.ok("help").split("\nOptions for")[0]
        return {name.strip().replace(" ", "_").replace("-", "_") for name in re.findall(r"(?m)^  ([a-z][a-z -]*?)  +\S|^  ([a-z]+ [a-z]+) ", said)
                for name in name if name} - {"help"}

    def night(self):
        """A game with its events, all settled one after the other."""
        tonight = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=6)
        for stream, fields in (
                ("slate", self.tip_at(tonight)),
                ("injury", {"player_lookup": "cidcole", "game_date": self.date, "status": "out", "reason": "left ankle"}),
                ("lineup", {"team": "LAL", "game_date": self.date, "starters": "annable", "confirmed": "1"}),
                ("odds", {"player_lookup": "annable", "game_date": self.date, "market": "points", "book": "fanduel", "line": "44.5", "over": "-110",
                          "under": "-110"}),
                ("odds", {"player_lookup": "annable", "game_date": self.date, "market": "points", "book": "fanduel", "line": "45.5", "over": "-105",
                          "under": "-115"}),
                ("odds", {"player_lookup": "anable", "game_date": self.date, "market": "points", "book": "draftkings", "line": "18.5"}),
                ("odds", {"player_lookup": "annable", "game_date": self.date, "market": "dunks", "book": "draftkings", "line": "18.5"})):
            self.add(stream, fields)
            self.ctl.ok("wait", "idle")

    def test_each_command(self):
        self.ctl.ok("wait", "ready")
        self.night()
        day = ("--date", self.date)
        # What the heartbeat brings.
        harness.until(lambda: (lambda now: now.get("letters") == 1 and now["fleet"]["names"] and now.get("slate"))(
            self.ctl.json("status")), "the fleet to be known")
        for line in UNKNOWN:
            status, out, err = self.ctl.run(*line.split())
            self.assertEqual((status, out), (5, ""), line + err)
            self.assertRegex(err, r"\Apropsctl: .*\n\Z", line)
        for line in NOTHING:
            self.ctl.ok(*line.format(date=self.date).split())
        self.looks("version", "version")
        self.looks("wait", "wait", "idle")
        self.looks("status", "status")
        self.looks("fresh", "fresh", *day)
        self.looks("doctor", "doctor")
        self.looks("players", "players", "--all", *day)
        self.looks("player", "player", "annable", *day)
        self.looks("why", "why", "annable", *day)
        why = " ".join(self.ctl.ok("why", "annable", *day).split())
        self.assertRegex(why, r"made for odds \d+-\d+ \(annable points fanduel line 45.5 over -105 under -115\)")
        self.assertIn("lineup: LAL starters annable confirmed 1", why)
        self.looks("events", "events", "--type", "injury")
        self.answers("report", "report", "annable", *day)
        self.looks("price", "price", "annable", "points", "20.5", "-115", "-105", *day)
        self.looks("slate", "slate", self.date)
        letter = self.looks("dead_list", "dead", "list")[0]["id"]
        self.looks("dead_show", "dead", "show", letter)
        self.looks("processor_one", "processor", "mine")
        self.looks("processor", "processor")
        self.looks("schedule", "schedule")
        self.looks("strangers", "strangers")
        self.answers("metrics", "metrics")

        self.answers("regenerate", "regenerate", "--player", "annable", *day, "--wait")
        self.looks("regenerate_dry", "regenerate", "--slate", *day, "--dry-run")
        self.answers("prioritize", "prioritize", "annable", "urgent", "--for", "1h30m", *day)
        self.answers("pause", "pause", "--team", "LAL", "--for", "10m")
        self.answers("mute", "mute", "--book", "fanduel", "--for", "10m")
        self.looks("orders", "orders")
        self.answers("resume", "resume", "--team", "LAL")
        self.answers("unmute", "unmute", "--book", "fanduel")
        self.answers("cancel", "cancel", "--all")
        self.answers("publish", "publish", "injury", "player_lookup=annable", f"game_date={self.date}", "status=questionable")
        self.answers("slate_load", "slate", "load", "-", stdin=json.dumps(
            {"player_lookup": "dee dunn", "game_date": self.date, "team": "GSW", "status": "active"}))
        self.answers("alias_add", "alias", "add", "An Able", "annable")
        self.looks("alias_list", "alias", "list")
        self.answers("alias_remove", "alias", "remove", "An Able")
        self.answers("dead_retry", "dead", "retry", letter)
        self.regenerate("fails")
        self.ctl.ok("wait", "idle")
        self.answers("dead_drop", "dead", "drop", "all")

        self.answers("processor_pause", "processor", "pause", "mine")
        self.answers("processor_resume", "processor", "resume", "mine")
        self.answers("processor_restart", "processor", "restart", "mine")
        self.looks("processor_test", "processor", "test", "mine", "--player", "annable", *day)
        measured, results = os.path.join(self.folder, "baseline.json"), os.path.join(self.folder, "validate.jsonl")
        self.answers("baseline", "baseline", "--processor", "mine", "--slate", *day, "--children", "1", "--output", measured)
        self.looks("analyze", "analyze", measured)
        self.answers("validate", "validate", "--sample", "1", "--seed", "1", *day, "--results", results)
        self.looks("validate_summary", "validate", "--summary", "--results", results)
        self.answers("workers", "workers", 3)
        self.answers("log_level", "log-level", "debug")
        self.looks("config_show", "config", "show", "--changed")

        # Tip-off, and then the box scores are there.
        tip = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(seconds=2)
        self.add("slate", self.tip_at(tip))
        self.written("players.csv", HEAD, *self.rows)
        harness.until(lambda: time.time() > tip.timestamp() + 1, "tip-off")
        self.ctl.ok("wait", "idle")
        self.answers("import", "import", *self.files, "--into", self.database)
        self.answers("reload", "reload")
        harness.until(lambda: self.ctl.run("slate", self.date)[0] == 0, "the slate by the newer league")
        self.ctl.ok("wait", "idle")
        self.looks("lines", "lines", "annable", *day)
        self.looks("grade", "grade", *day)

        # What the history's writer brings.
        self.ctl.ok("wait", "idle")
        version = self.report("annable")["version"]
        harness.until(lambda: version in [row["report_version"] for row in self.ctl.json("history", "annable")["runs"]], "his last run")
        harness.until(lambda: len(self.ctl.json_lines("compare")) == 3, "the baseline")
        harness.until(lambda: "reload" in [row["command"] for row in self.ctl.json_lines("audit", "--limit", 500)], "the last command")
        self.looks("history", "history")
        self.looks("history_player", "history", "annable")
        self.looks("history_version", "history", "annable", "--report-version", version)
        self.looks("failures", "failures", "--min", "1")
        self.looks("compare", "compare")
        self.looks("audit", "audit", "--limit", "500")
        self.answers("export", "export", "executions")
        self.answers("backup", "backup", os.path.join(self.folder, "copy.db"))
        wanted = self.commands()
        self.daemon.now.asked = {0}
        self.answers("drain", "drain", "--yes")
        self.daemon.now.wait_end()

        self.assertGreater(len(wanted), 40)
        self.assertEqual(sorted(wanted - self.met), [], "commands without a golden answer")
        self.assertEqual(sorted({name.removesuffix(".json") for name in os.listdir(GOLDEN)} - self.met), [], "golden answers of no command")


if __name__ == "__main__":
    unittest.main()
