"""The history in SQLite: every commit has one row whatever dies, failures and changing commands have theirs, and what leaves it by
`export` gives the figures that the tool shows."""
import csv
import hashlib
import io
import json
import os
import pwd
import re
import resource
import sqlite3
import unittest

import faults
import harness
import night
import test_phases

SOURCE = harness.SOURCE


class History(faults.Faulty):
    def rows(self, daemon, table, *more):
        return [json.loads(line) for line in daemon.ctl.ok("export", table, *more).splitlines()]


class Night(History):
    changes = {("processor", "load"): {"spin_us": 500}, "regen": {"back_off": "100ms"}}

    def test_every_commit_of_a_night_with_kills_has_one_row(self):
        made = night.made_up(self.draw, self.date, happenings=400)
        daemon = self.with_history(changes=self.changes)
        self.play(made, faults.killed(self, daemon), times=6)
        wanted = self.history_is_whole(daemon)
        self.assertGreater(len(wanted), 25)
        self.assertEqual(daemon.ctl.json("history")["state"].get("dropped_ever"), 0)
        daemon.stop()
        with sqlite3.connect(self.history_of(daemon)) as base:
            self.assertEqual(base.execute("PRAGMA integrity_check").fetchone()[0], "ok")
            self.assertEqual(base.execute("SELECT count(*) FROM runs WHERE result = 'committed'").fetchone()[0], len(wanted))
            self.assertGreaterEqual(base.execute("SELECT count(DISTINCT execution_id) FROM executions").fetchone()[0], 1)


class Outputs(History, test_phases.ModelNight):
    """Commits of precompute, each of them followed by a kill before anybody can have written it down."""

    def test_no_kill_loses_the_row_of_an_output(self):
        daemon = self.with_history(changes=self.model_changes(environment=["SLEEP=0.02"]))
        self.seat("LAL@GSW", LAL=["ann", "bob"], GSW=["cid"])
        for n, status in enumerate(["questionable", "out", "available", "doubtful", "out", "probable"]):
            there = self.r.xlen(self.key("outputs"))
            self.injury(("ann", "bob")[n % 2], status)
            harness.until(lambda: self.r.xlen(self.key("outputs")) > there, "an output")
            daemon.kill()
            daemon.launch()
        daemon.ctl.ok("wait", "ready")  # all may have been settled before the last kill
        self.wait_quiet()
        self.assertGreater(len(self.history_is_whole(daemon)), 8)
        wanted = self.history_is_whole(daemon, "precompute", "outputs")
        self.assertGreater(len(wanted), 8)
        # And what Redis has of each player is among them: no commit is without its notice.
        for player in ("ann", "bob", "cid"):
            version = int(self.r.hget(self.key(f"player:{self.date}:{player}"), "pc"))
            self.assertIn((player, self.date, version), wanted.values())
        self.assertLess(0, self.r.pttl(self.key("outputs")))


class Told(History):
    """One daemon, many questions."""

    def setUp(self):
        super().setUp()
        self.daemon = self.with_history(changes={("processor", "load"): {"fail_rate": 1.0}, "regen": {"max_attempts": 4, "back_off": "10ms"}})
        self.ctl = self.daemon.ctl

    def fail_and_mend(self):
        self.letter_of("regenerate", self.regenerate("lebronjames"))
        self.daemon.configure({("processor", "load"): {"fail_rate": 0.0}})
        self.daemon.reload()
        for player in ("stephencurry", "kevindurant", "lukadoncic"):
            self.regenerate(player)
        self.wait_quiet()

    def test_failures_runs_audit_export_and_backup(self):
        self.fail_and_mend()
        self.check_failures()
        self.check_runs()
        self.check_audit()
        self.check_export()
        self.check_backup()
        self.check_damage()

    def check_failures(self):
        (row,) = self.ctl.json_lines("failures")
        self.assertEqual((row["item_id"], row["failures"]), ("lebronjames", 4))
        self.assertEqual(len(row["errors"]), 3)
        self.assertEqual(self.ctl.json_lines("failures", "--min", 5), [])
        self.assertEqual(self.ctl.json_lines("failures", "--phase", "precompute"), [])
        self.assertEqual([r["attempt"] for r in self.rows(self.daemon, "failures")], [1, 2, 3, 4])

    def check_runs(self):
        runs = self.ctl.json("history", "Stephen Curry")["runs"]
        self.assertEqual([run["result"] for run in runs], ["committed"])
        report = self.report("stephencurry")
        version = report["version"]
        (one,) = self.ctl.json("history", "stephencurry", "--report-version", version)["runs"]
        self.assertEqual(one["cause_count"], 1)
        self.assertRegex(one["causes"], r"^regenerate:\d+-\d+$")
        self.assertEqual(one["report_sha256"], hashlib.sha256(self.report_text("stephencurry")).hexdigest())
        self.assertIn(one["report_sha256"], self.ctl.ok("history", "stephencurry", "--report-version", version))
        self.assertEqual(self.ctl.run("history", "stephencurry", "--report-version", version + 1)[0], 5)
        self.assertEqual(self.ctl.run("history", "--report-version", 3)[0], 2)

    def check_audit(self):
        self.ctl.ok("prioritize", "lebronjames", "high")
        self.assertEqual(self.ctl.run("dead", "drop", "1-1")[0], 5)
        me = next((p.pw_name for p in pwd.getpwall() if p.pw_uid == os.getuid()), str(os.getuid()))
        rows = self.ctl.json_lines("audit")
        last = {row["command"]: row for row in reversed(rows)}
        self.assertEqual({row["user"] for row in rows}, {me})
        self.assertEqual(last["prioritize"]["result"], "ok")
        self.assertIn("player=lebronjames", last["prioritize"]["arguments"])
        self.assertIn("high", last["prioritize"]["arguments"])
        self.assertEqual(last["dead-drop"]["result"], "not_found")
        self.assertEqual(self.ctl.json_lines("audit", "--user", "nobody-of-that-name"), [])
        self.assertEqual(self.ctl.json_lines("audit", "--user", os.getuid()), rows)
        self.assertEqual(self.ctl.json_lines("audit", "--since", "1h"), rows)
        self.assertEqual(self.ctl.json_lines("audit", "--since", "2090-01-01"), [])
        self.assertEqual(self.ctl.run("audit", "--since", "soon")[0], 2)
        self.assertEqual(self.ctl.run("--socket", os.path.join(self.daemon.folder, "status.sock"), "audit")[0], 4)

    def check_export(self):
        lines = self.rows(self.daemon, "runs", "--phase-numbers")
        self.assertEqual({row["phase"] for row in lines}, {"phase5"})
        table = list(csv.DictReader(io.StringIO(self.ctl.ok("export", "runs", "--format", "csv"))))
        self.assertEqual([row["run"] for row in table], [row["run"] for row in lines])
        self.assertEqual([row["phase"] for row in table], ["report"] * len(lines))
        self.assertEqual(self.ctl.ok("export", "runs", "--format", "csv", "--since", "2090-01-01").count("\n"), 1)
        (execution,) = self.rows(self.daemon, "executions")  # it is open: told as it stands
        self.assertEqual(execution["total_items"], len(lines))
        self.assertEqual((execution["successful_items"], execution["failed_items"], execution["retry_count"]), (3, 4, 3))
        self.assertEqual((execution["processing_pattern"], execution["phase"]), ("pool", "report"))
        self.assertGreater(execution["total_duration_seconds"], 0)
        self.assertGreater(execution["estimated_cost_usd"], 0)
        self.assertGreater(execution["peak_memory_mb"], 0)
        self.assertEqual({row["execution_id"] for row in lines}, {execution["execution_id"]})
        self.check_dashboards()

    def loaded(self):
        """What BigQuery would have after a load, in SQLite: the columns that the tables of etc/bigquery declare, all of them."""
        base = sqlite3.connect(":memory:")
        base.row_factory = sqlite3.Row
        for table in ("executions", "failures", "runs"):
            with open(os.path.join(SOURCE, "etc/bigquery/tables.sql")) as ddl:
                body = re.search(rf"CREATE TABLE IF NOT EXISTS propsd\.{table} \((.*?)\n\)", ddl.read(), re.S).group(1)
            declared = re.findall(r"^\s+(\w+) [A-Z]", body, re.M)
            rows = self.rows(self.daemon, table)
            self.assertEqual([list(row) for row in rows], [declared] * len(rows), "the export and the table differ")
            base.execute(f"CREATE TABLE {table} ({', '.join(declared)})")
            base.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(declared))})", [list(row.values()) for row in rows])
        return base

    def query(self, base, name):
        """A query as it is written for BigQuery, in SQLite's words where the two differ."""
        with open(os.path.join(SOURCE, "etc/bigquery", name)) as text:
            sql = text.read()
        sql = re.sub(r"DATE_SUB\(CURRENT_DATE\('America/New_York'\), INTERVAL (\d+) DAY\)", r"date('now', '-\1 days', '-5 hours')", sql)
        sql = sql.replace("propsd.", "").replace("SAFE_DIVIDE(", "safe_divide(")
        base.create_function("safe_divide", 2, lambda a, b: None if not b or a is None else a / b)
        return [dict(row) for row in base.execute(sql)]

    def check_dashboards(self):
        base = self.loaded()
        (failed,) = self.query(base, "failures_by_player.sql")
        (told,) = self.ctl.json_lines("failures")
        self.assertEqual((failed["item_id"], failed["failures"]), (told["item_id"], told["failures"]))
        self.assertAlmostEqual(failed["mean_duration_seconds"], told["mean_duration_seconds"])
        self.assertEqual([failed[f"error_{n}"] for n in (1, 2, 3)], told["errors"])
        (pattern,) = self.query(base, "patterns_compared.sql")
        (told,) = self.ctl.json_lines("compare")
        self.assertEqual((pattern["processing_pattern"], pattern["runs"]), (told["processing_pattern"], told["runs"]))
        for key in ("mean_minutes", "items_per_minute", "mean_cost_usd"):
            self.assertAlmostEqual(pattern[key], told[key])

    def check_backup(self):
        copy = os.path.join(self.folder, "copy.db")
        self.ctl.ok("backup", copy)
        with sqlite3.connect(copy) as base:
            self.assertEqual(base.execute("SELECT count(*) FROM runs").fetchone()[0], 7)
        status, _, err = self.ctl.run("backup", copy)
        self.assertEqual(status, 1, err)
        self.assertIn("exists", err)

    def check_damage(self):
        """A file that is damaged while propsd is down: moved aside, a new one begun, work goes on and all of it is told."""
        self.daemon.stop()
        with open(self.history_of(self.daemon), "r+b") as file:
            file.seek(100)
            file.write(b"\xff" * 8000)
        self.daemon.start()
        self.regenerate("stephencurry")
        self.wait_quiet()
        # Beside it there may be earlier ones: by their notices the new file hears of commits of the last minute.
        version = self.report("stephencurry")["version"]
        self.assertEqual(len(self.ctl.json("history", "stephencurry", "--report-version", version)["runs"]), 1)
        self.assertTrue([name for name in os.listdir(self.daemon.folder) if name.startswith("history.db.damaged-")])
        self.assertIn("a damaged file", self.ctl.ok("history"))
        self.assertEqual(self.ctl.json("history")["state"]["moved"], 1)


class Trouble(History):
    def test_what_cannot_be_written_stops_nothing_and_is_told(self):
        """The folder is not there yet; then it is."""
        folder = os.path.join(self.folder, "later")
        daemon = self.propsd(changes={"history": {"file": os.path.join(folder, "history.db")}})
        number = self.regenerate("lebronjames")
        self.wait_acked("regenerate", number)
        harness.until(lambda: any(w["kind"] == "history" for w in daemon.ctl.json("status").get("warnings", [])), "a warning")
        self.assertEqual(daemon.ctl.metrics()["propsd_history_failing"], 1)
        self.assertEqual(daemon.ctl.run("history")[0], 1)
        # Another one's file is not written to, and not touched.
        other = self.propsd("b", {"history": {"file": os.path.join(self.folder, "other.db")}})
        self.make_folder(folder)
        harness.until(lambda: daemon.ctl.run("history", "lebronjames")[0] == 0, "the history to be written", every=0.1)
        self.assertEqual(len(daemon.ctl.json("history", "lebronjames")["runs"]) + len(self.rows(other, "runs")), 1)
        other.stop()
        other.configure({"history": {"file": os.path.join(folder, "history.db")}})
        other.start()
        harness.until(lambda: any("another propsd" in w["text"] for w in other.ctl.json("status").get("warnings", [])), "a warning")
        other.stop()
        self.no_room(daemon)
        daemon.stop()

    def make_folder(self, folder):
        """With a history that somebody keeps something of his own in, so that it is larger than the limit below."""
        os.mkdir(folder + ".new")
        with sqlite3.connect(os.path.join(folder + ".new", "history.db")) as base:
            base.executescript("PRAGMA application_id = 0x50726848; CREATE TABLE own (x); INSERT INTO own VALUES (zeroblob(600000))")
        os.rename(folder + ".new", folder)

    def no_room(self, daemon):
        """A limit on the size of files, as a disk that is full: everything else goes on, and all rows are there when there is room again."""
        def warned():
            return any(w["kind"] == "history" and "disk I/O error" in w["text"] for w in daemon.ctl.json("status").get("warnings", []))
        unlimited = resource.prlimit(daemon.now.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(daemon.now.pid, resource.RLIMIT_FSIZE, (300_000, unlimited[1]))
        harness.until(lambda: self.wait_acked("regenerate", self.regenerate("lebronjames")) or warned(), "a warning")
        self.assertEqual(daemon.ctl.metrics()["propsd_history_failing"], 1)
        self.assertIn("disk I/O error", daemon.ctl.ok("status"))
        daemon.wait_log("cannot be written, will try again; the daemon goes on: .*disk I/O error")
        self.wait_acked("regenerate", self.regenerate("stephencurry"))
        version = self.report("stephencurry")["version"]
        resource.prlimit(daemon.now.pid, resource.RLIMIT_FSIZE, unlimited)
        harness.until(lambda: not warned(), "the warning to go", every=0.1)
        daemon.wait_log("written again; rows that were dropped meanwhile: 0")
        self.assertEqual(daemon.ctl.metrics()["propsd_history_failing"], 0)
        self.assertEqual(len(daemon.ctl.json("history", "stephencurry", "--report-version", version)["runs"]), 1)
        mine = {run: row for run, row in self.commits().items() if run.startswith("a/")}
        known = {row["run"] for row in self.rows(daemon, "runs") if row["result"] == "committed"}
        self.assertLessEqual(mine.keys(), known)


if __name__ == "__main__":
    unittest.main()
