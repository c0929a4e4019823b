"""Processors seen and steered from outside: what they run, pauses, fresh children, runs that an operator ends, and the circuit
breaker of one that fails."""
import os
import shutil
import time
import unittest

import harness

BEHAVE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "behave.py")


class Processor(harness.Night):
    def mine(self, environment=(), children=2, max_attempts=3, **options):
        """An instance whose reports behave.py makes."""
        self.path = {name: os.path.join(self.folder, name) for name in ("gate", "broken")}
        return self.propsd(changes={
            ("processor", "mine"): {"type": "exec", "command": ["/usr/bin/python3", BEHAVE], "children": children,
                                    "environment": [f"GATE={self.path['gate']}", f"BROKEN={self.path['broken']}", *environment],
                                    **options},
            "report": {"processor": "mine"}, "regen": {"max_attempts": max_attempts, "back_off": "50ms"}})

    def touch(self, name):
        with open(self.path[name], "w"):
            pass

    def runs(self, daemon):
        """[(pid, player)] of all that children run."""
        return [(child["pid"], run["player"]) for child in daemon.ctl.json("processor", "mine")["children"] for run in child["runs"]]

    def wait_runs(self, daemon, *players):
        """Until just these run; their children's pids."""
        found = harness.until(lambda: [r for r in [self.runs(daemon)] if sorted(p for _, p in r) == sorted(players)],
                              lambda: f"{players} to run: {self.runs(daemon)}")
        return [pid for pid, _ in found[0]]

    def state(self, daemon):
        return daemon.ctl.json("processor", "mine")["state"]

    def tearDown(self):
        self.touch("gate")
        super().tearDown()

    def test_what_it_runs_is_shown(self):
        daemon = self.mine(["START=says"], children=1)
        self.regenerate("slow")
        pid, = self.wait_runs(daemon, "slow")
        shown = harness.until(lambda: [s for s in [daemon.ctl.json("processor", "mine")] if "note" in s["children"][0]["runs"][0]],
                              "progress")[0]
        child, = shown["children"]
        run, = child["runs"]
        self.assertEqual((run["player"], run["phase"], run["progress"], run["note"]), ("slow", "report", 0.5, "half"))
        self.assertEqual((child["pid"], child["state"]), (pid, "busy"))
        self.assertGreater(child["rss"], 1 << 20)
        self.assertEqual(shown["said"], ["loaded a model"])
        self.assertEqual((shown["name"], shown["type"], shown["state"], shown["phases"], shown["places"], shown["taken"]),
                         ("mine", "exec", "ready", ["report"], 1, 1))
        table = daemon.ctl.ok("processor", "mine")
        self.assertRegex(table, rf"(?m)^ *{pid} +slow +report +\d+ m?s +50 % +half$")
        self.touch("gate")
        self.wait_quiet()
        rows = {row["name"]: row for row in daemon.ctl.json_lines("processor")}
        self.assertEqual((rows["mine"]["done"], rows["mine"]["failed"], rows["mine"]["taken"]), (1, 0, 0))
        self.assertEqual((rows["load"]["state"], rows["load"]["phases"]), ("ready", []))
        status, _, err = daemon.ctl.run("processor", "mien")
        self.assertEqual((status, err), (5, 'propsctl: there is no processor "mien"; did you mean load, mine or builtin?\n'))

    def test_a_paused_one_gets_no_jobs(self):
        daemon = self.mine()
        self.assertEqual(daemon.ctl.ok("processor", "pause", "mine"), "Processor mine is paused.\n")
        self.regenerate("ann")
        harness.until(lambda: [p for p in daemon.ctl.json_lines("players") if p["state"] == "waiting" and p["waited_ms"] > 200],
                      "ann to wait")
        self.assertEqual((self.state(daemon), daemon.ctl.json("processor", "mine")["done"]), ("paused", 0))
        self.assertEqual(daemon.ctl.ok("processor", "resume", "mine"), "Processor mine is ready.\n")
        self.wait_quiet()
        self.assertEqual(self.report("ann")["attempt"], 1)

    def test_a_restart_gives_fresh_children_and_ends_no_job(self):
        daemon = self.mine()
        self.regenerate("slow")
        old, = self.wait_runs(daemon, "slow")
        daemon.ctl.ok("processor", "restart", "mine")
        self.regenerate("ann")
        harness.until(lambda: self.report_text("ann"), "a report by a fresh child")
        self.assertEqual(self.wait_runs(daemon, "slow"), [old])
        self.touch("gate")
        self.wait_quiet()
        self.assertEqual(self.report("slow")["attempt"], 1)
        harness.until(lambda: old not in [c["pid"] for c in daemon.ctl.json("processor", "mine")["children"]], "the old child to go")
        status, _, err = daemon.ctl.run("processor", "restart", "builtin")
        self.assertEqual((status, err), (1, "propsctl: processor builtin is part of propsd: there is nothing to restart\n"))

    def test_a_cancelled_run_waits_again_and_counts_no_try(self):
        daemon = self.mine(children=1)
        self.regenerate("slow")
        old, = self.wait_runs(daemon, "slow")
        self.assertEqual(daemon.ctl.ok("cancel", "slow"), "1 run cancelled; what it was for waits again.\n")
        harness.until(lambda: any(pid != old for pid, *_ in self.runs(daemon)), "another child to run him")
        self.touch("gate")
        self.wait_quiet()
        self.assertEqual((self.report("slow")["attempt"], self.dead()), (1, []))

    def test_cancelled_for_good_it_is_a_dead_letter(self):
        daemon = self.mine(children=1)
        number = self.regenerate("slow")
        self.wait_runs(daemon, "slow")
        self.assertEqual(daemon.ctl.ok("cancel", "slow", "--dead"), "1 run cancelled; what it was for becomes dead letters.\n")
        letter = self.letter_of("regenerate", number)
        self.assertEqual((letter["reason"], letter["error"], letter["players"]), ("failed", "cancelled by an operator", "slow"))
        self.wait_quiet(tokens=False)

    def test_who_is_cancelled(self):
        """By team, by game, all: also runs that share a child. Whoever is not meant is not lost for it."""
        daemon = self.mine(["CONCURRENCY=8"], children=1)
        self.touch("gate")
        self.seat("LAL@GSW", LAL=["ann", "slow", "slowtoo"], GSW=["bob"])
        self.seat("BOS@NYK", BOS=["slowbos"])
        os.unlink(self.path["gate"])
        for player in ("slow", "slowtoo", "slowbos"):
            self.regenerate(player)
        self.wait_runs(daemon, "slow", "slowtoo", "slowbos")
        for words, count in ((("--team", "nyk"), 0), (("--game", "20251115_DEN_DAL"), 0), (("ann",), 0)):
            self.assertEqual(daemon.ctl.json("cancel", *words)["cancelled"], count, words)
        status, _, err = daemon.ctl.run("cancel", "--game", "LAL-GSW-x")
        self.assertEqual(status, 2)
        self.assertTrue(err.startswith('propsctl: game_id: "LAL-GSW-x" is neither DATE_AWAY_HOME nor ten digits'), err)
        status, _, err = daemon.ctl.run("cancel", "--team", "LALA")
        self.assertEqual(status, 5)
        self.assertTrue(err.startswith('propsctl: the team is "LALA", which is no team of the league; there are ATL BKN '), err)
        self.assertEqual(daemon.ctl.run("cancel", "ann", "--all")[0], 2)
        done = daemon.ctl.json("cancel", "--team", "lal", "--dead")
        self.assertEqual((done["cancelled"], done["computing"]), (2, 0))
        harness.until(lambda: sorted(l["players"] for _, l in self.dead()) == ["slow", "slowtoo"], lambda: f"letters: {self.dead()}")
        self.wait_runs(daemon, "slowbos")
        self.assertEqual(daemon.ctl.json("cancel", "--all", "--dead")["cancelled"], 1)
        harness.until(lambda: len(self.dead()) == 3, lambda: f"letters: {self.dead()}")
        self.assertEqual({l["error"] for _, l in self.dead()}, {"cancelled by an operator"})

    def test_both_phases_of_a_player_are_shown(self):
        daemon = self.mine()
        daemon.configure({"precompute": {"processor": "mine"}, "report": {"processor": "builtin"}})
        daemon.restart()
        self.regenerate("slow")
        self.wait_runs(daemon, "slow")
        rows = {row["phase"]: row for row in daemon.ctl.json_lines("players", "--all")}
        self.assertEqual((rows["precompute"]["player"], rows["precompute"]["state"]), ("slow", "running"))
        self.assertRegex(daemon.ctl.ok("players"), r"(?m)^slow .* running .* precompute$")
        self.assertEqual(daemon.ctl.ok("players", "--names"), "slow\n")
        self.assertRegex(daemon.ctl.ok("player", "slow"), r"(?m)^precompute +running for \d+ m?s$")
        self.assertEqual(daemon.ctl.json("processor", "mine")["phases"], ["precompute"])
        self.touch("gate")
        self.wait_quiet()
        figures = daemon.ctl.metrics()
        self.assertEqual(figures['propsd_runs_total{phase="precompute",result="ok"}'], 1)
        day, = daemon.ctl.json("player", "slow")["days"]
        self.assertEqual((day["precompute"]["state"], day["precompute"]["runs"]), ("idle", 1))

    def test_a_breaker_opens_and_a_try_closes_it(self):
        """Nothing is sent while it is open, so what waits uses up no tries. It is open for 5 s, then one job tries: on a machine
        that is slow enough this may be so while the test looks, and fails."""
        daemon = self.mine(children=1, breaker=3, max_attempts=100)
        self.touch("broken")
        self.regenerate("ann")
        daemon.wait_log("mine: circuit breaker is open")
        self.regenerate("bob")
        why = "its circuit breaker is open: too many of its last 20 jobs failed"

        def shows_open():
            figures = daemon.ctl.metrics()
            return (self.state(daemon) == "open" and why in daemon.ctl.ok("processor")
                    and "its circuit breaker is open" in " ".join(daemon.ctl.ok("status").split())
                    and [figures[f'propsd_processor_breaker{{phase="report",state="{state}"}}'] for state in
                         ("closed", "open", "half-open")] == [0, 1, 0] and figures['propsd_processor_ready{phase="report"}'] == 0)
        harness.until(shows_open, "it to be shown as open everywhere")
        daemon.wait_log("processor: mine takes no jobs, they wait: " + why)
        warning, = harness.until(lambda: [w for w in daemon.ctl.json("status")["warnings"] if w["kind"] == "processor"], "the warning")
        self.assertEqual(warning["level"], "error")
        self.assertIn("mine takes no jobs, they wait: ", warning["text"])
        os.unlink(self.path["broken"])
        daemon.wait_log("mine: circuit breaker is closed")
        self.wait_quiet()
        attempts = [self.report(player)["attempt"] for player in ("ann", "bob")]
        failed = daemon.now.log().count("mine: circuit breaker is open") - 1 + 3  # each try that failed opened it again
        self.assertEqual((sum(attempts), self.dead()), (failed + 2, []))
        shown = daemon.ctl.json("processor", "mine")
        self.assertEqual((shown["state"], shown["breaker"], shown["done"], shown["failed"]), ("ready", "closed", 2, failed))
        figures = daemon.ctl.metrics()
        self.assertEqual([figures[f'propsd_processor_jobs_total{{phase="report",result="{result}"}}'] for result in
                          ("ok", "failed", "lost")], [2, failed, 0])
        self.assertEqual([figures[f'propsd_runs_total{{phase="report",result="{result}"}}'] for result in ("ok", "failed")], [2, failed])
        self.assertEqual([figures[f'propsd_processor_{name}{{phase="report"}}'] for name in ("ready", "children", "child_starts_total")],
                         [1, 1, 1])
        self.assertEqual(figures['propsd_processor_ready{phase="precompute"}'], 0)
        harness.until(lambda: not [w for w in daemon.ctl.json("status")["warnings"] if w["kind"] == "processor"], "the warning to end")
        self.assertNotIn("processor", [line.split(" ")[0] for line in daemon.ctl.ok("status").splitlines()])

    def test_a_restart_closes_the_breaker(self):
        daemon = self.mine(children=1, breaker=2, max_attempts=100)
        self.touch("broken")
        began = time.monotonic()
        self.regenerate("ann")
        daemon.wait_log("mine: circuit breaker is open")
        os.unlink(self.path["broken"])
        daemon.ctl.ok("processor", "restart", "mine")
        in_time = time.monotonic() - began < 5  # the least that it is open for
        self.wait_quiet()
        self.assertEqual(self.state(daemon), "ready")
        if in_time:
            self.assertEqual(self.report("ann")["attempt"], 3)
            self.assertNotIn("half-open", daemon.now.log())

    def test_a_child_is_told_its_processor_and_where_the_helper_is(self):
        """Beside the program that runs, wherever it was installed; what environment says comes first, and once."""
        prefix = os.path.join(self.folder, "prefix")
        program = os.path.join(prefix, "sbin", "propsd")
        helper = os.path.join(prefix, "share", "propsd", "python")
        os.makedirs(os.path.dirname(program))
        os.makedirs(helper)
        shutil.copy(harness.built("propsd"), program)
        old = os.environ.get("PROPSD_PROGRAM")
        os.environ["PROPSD_PROGRAM"] = program
        self.addCleanup(lambda: os.environ.pop("PROPSD_PROGRAM") if old is None else os.environ.update(PROPSD_PROGRAM=old))
        self.mine(["TZ=Asia/Tokyo"])
        self.regenerate("told")
        self.wait_quiet()
        told = self.report("told")["environment"]
        self.assertEqual(told["PROPSD_PROCESSOR"], "mine")
        self.assertEqual(told["PYTHONPATH"].split(":")[0], helper)
        self.assertEqual(told["TZ"], "Asia/Tokyo")


if __name__ == "__main__":
    unittest.main()
