"""A slow model of the user's own before the report: run only when what it reads has changed."""
import json
import os
import unittest

import harness

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "model.py")


class ModelNight(harness.Night):
    def model_changes(self, reads=None, report=None, environment=(), **more):
        return {("processor", "mine"): {"type": "exec", "command": ["/usr/bin/python3", MODEL], "children": 2,
                                        "environment": [f"RUNS={self.runs_path}", *environment]},
                "precompute": {"processor": "mine", **({"reads": reads} if reads is not None else {})},
                "report": {"processor": "builtin", **(report or {})},
                "regen": {"max_attempts": 2, "back_off": "50ms"}, **more}

    def with_model(self, name="a", **more):
        return self.propsd(name, self.model_changes(**more))

    @property
    def runs_path(self):
        return os.path.join(self.folder, "runs")

    def runs(self):
        """What the model was asked to run."""
        if not os.path.exists(self.runs_path):
            return []
        with open(self.runs_path) as file:
            return [json.loads(line) for line in file]

    def ran(self):
        return [run["player"] for run in self.runs() if run["phase"] == "precompute"]

    def points(self, player):
        return self.report(player).get("markets", {}).get("points", {})


class Phases(ModelNight):
    def test_each_phase_runs_for_what_it_reads(self):
        daemon = self.with_model()
        self.seat("LAL@GSW", LAL=["ann", "bob"], GSW=["cid"])
        self.assertEqual(sorted(set(self.ran())), ["ann", "bob", "cid"])
        before = len(self.ran())
        self.odds("ann", line="19.5", over="-110", under="-110")
        self.add("odds", game_id=harness.game(self.date, "LAL@GSW"), book="fanduel", total="224.5")
        self.wait_quiet()
        self.assertEqual(len(self.ran()), before, "odds are not read by the model")
        self.assertEqual(self.points("ann")["mean"], 20)
        told = daemon.ctl.ok("report", "ann", "--date", self.date, "--phase", "precompute")
        self.assertEqual(told, self.r.get(self.key(f"pre:{self.date}:ann")).decode() + "\n")
        self.assertGreater(self.points("ann")["books"]["fanduel"]["p_over"], 0.4)
        self.injury("bob", "out")
        self.wait_quiet()
        self.assertEqual(sorted(self.ran()[before:]), ["ann", "bob"], "his own injury and his team-mate's")
        self.assertEqual(self.points("ann")["mean"], 22)
        self.assertEqual(self.points("cid")["mean"], 20)
        self.assertEqual([run["quotes"] for run in self.runs()], [0] * len(self.runs()), "what is not read is not given")

    def test_what_it_does_not_read_is_no_reason_to_run(self):
        self.with_model(reads=["injury", "slate"])
        self.seat("LAL@GSW", LAL=["ann", "bob"])
        before = len(self.ran())
        self.injury("bob", "out")
        self.lineup("LAL", ["ann"])
        self.wait_quiet()
        self.assertEqual(self.ran()[before:], ["bob"])
        self.assertEqual(self.points("ann")["mean"], 20)

    def test_an_equal_output_makes_no_new_report(self):
        self.with_model(report={"reads": ["odds"]})
        self.seat("LAL@GSW", LAL=["ann"], GSW=["cid"])
        version, before = self.report("ann")["version"], len(self.ran())
        self.lineup("LAL", ["ann"])
        self.wait_quiet()
        self.assertEqual(self.ran()[before:], ["ann"])
        self.assertEqual(self.report("ann")["version"], version)
        self.injury("ann", "questionable")
        self.wait_quiet()
        self.assertGreater(self.report("ann")["version"], version)
        self.assertEqual(self.points("ann")["mean"], 15)

    def test_each_phase_is_told_what_it_made_before_where_that_is_wanted(self):
        daemon = self.with_model(report={"processor": "mine", "reads": ["injury"]}, environment=["MAX_LINE=1500000"])
        self.seat("LAL@GSW", LAL=["ann", "bigbob"])
        self.injury("ann", "questionable")
        self.injury("bigbob", "questionable")
        self.wait_quiet()
        self.assertEqual([run["previous"] for run in self.runs() if run["previous"]], [], "it was not asked for")
        daemon.configure({("processor", "mine"): {"previous": "4M"}})
        daemon.reload()
        for player in ("ann", "bigbob"):
            harness.until(lambda: any(run["previous"] for run in self.runs() if run["player"] == player), "all to be made anew")
        self.wait_quiet()
        before, output = self.report("ann"), json.loads(self.r.get(self.key(f"pre:{self.date}:ann")))
        since = len(self.runs())
        self.injury("ann", "out")
        self.injury("bigbob", "out")
        self.wait_quiet()
        told = {(run["player"], run["phase"]): run["previous"] for run in reversed(self.runs()[since:])}
        self.assertEqual(told["ann", "precompute"], output)
        self.assertEqual(told["ann", "report"], before)
        self.assertEqual(len(told["bigbob", "precompute"]["pad"]), 1 << 20)
        self.assertIsNone(told["bigbob", "report"], "beside its precompute another megabyte is more than a line may have")
        self.assertEqual(self.dead(), [])

    def test_a_report_is_made_at_once_and_again(self):
        self.open_gate()
        self.with_model(environment=[f"GATE={self.gate}"])
        self.seat("LAL@GSW", LAL=["ann"], GSW=["cid"])
        self.odds("ann", line="19.5", over="-110", under="-110")
        self.wait_quiet()
        self.assertIn("books", self.points("ann"))
        os.unlink(self.gate)
        number = self.injury("ann", "out")
        withdrawn = self.wait_report("ann", lambda report: report.get("injury"), "with the injury")
        self.assertNotIn("books", withdrawn.get("markets", {}).get("points", {}), "lines are withdrawn before the model is done")
        self.assertEqual(withdrawn["markets"]["points"]["mean"], 20)
        pending = self.r.xpending_range(self.key("injury"), "propsd", "-", "+", 10)
        self.assertEqual([entry["message_id"].decode() for entry in pending], [number], "not settled while the model runs")
        self.open_gate()
        self.wait_quiet()
        self.assertNotIn("mean", self.points("ann"))

    def test_reports_that_are_not_eager_wait(self):
        self.open_gate()
        self.with_model(report={"eager": "no"}, environment=[f"GATE={self.gate}"])
        self.seat("LAL@GSW", LAL=["ann"], GSW=["cid"])
        version = self.report("ann")["version"]
        os.unlink(self.gate)
        before = len(self.runs())
        self.injury("ann", "questionable")
        harness.until(lambda: len(self.runs()) > before, "the model to run")
        self.odds("cid", line="19.5", over="-110", under="-110")
        self.wait_report("cid", lambda report: report.get("markets", {}).get("points", {}).get("books"))
        self.assertEqual(self.report("ann")["version"], version)
        self.open_gate()
        self.wait_quiet()
        self.assertEqual(self.points("ann")["mean"], 15)

    def test_what_waits_for_the_model_takes_no_place_from_what_does_not(self):
        """2,000 injuries wait for a model that takes its time, where 1,000 entries may be in flight: reports go on at once."""
        self.open_gate()
        daemon = self.with_model(environment=[f"GATE={self.gate}"], ingest={"max_in_flight": 1000})
        players = [f"p{n}" for n in range(20)]
        self.seat("LAL@GSW", LAL=players[:10], GSW=players[10:])
        os.unlink(self.gate)
        last = self.add_all([("injury", {"player_lookup": players[n % 20], "game_date": self.date,
                                         "status": ("doubtful", "questionable", "probable")[n % 3]}) for n in range(2000)])[-1]
        self.add_all([("odds", {"player_lookup": players[n % 20], "game_date": self.date, "market": "points", "book": "fanduel",
                                "line": f"{n % 97}.5", "over": "-110", "under": "-110"}) for n in range(20000)])
        for n in range(19980, 20000):
            self.wait_report(players[n % 20], lambda report, line=n % 97 + .5:
                             report["markets"]["points"].get("books", {}).get("fanduel", {}).get("line") == line)
        for n in range(1980, 2000):
            self.wait_report(players[n % 20], lambda report, status=("doubtful", "questionable", "probable")[n % 3]:
                             report.get("injury", {}).get("status") == status, "its own injury, before the model is done")
        self.regenerate(players[0], phase="report")
        harness.until(lambda: self.pending("odds") + self.pending("regenerate") == 0, "the rest to be settled")
        self.assertEqual((self.pending("injury"), self.acked("injury", last)), (2000, False))
        entries = daemon.ctl.json("status")["entries"]
        self.assertEqual((entries["parked"], entries["in_flight"]), (2000, 0))
        self.open_gate()
        self.wait_quiet()
        self.assertEqual(self.points(players[1])["mean"], 15 if 1981 % 3 == 1 else 20)
        self.assertLess(len(self.ran()), 200, "a run serves all that came before it")

    def test_who_has_only_odds_gets_an_output_too(self):
        self.with_model()
        self.odds("stranger", line="19.5", over="-110", under="-110")
        self.wait_quiet()
        self.assertEqual(self.ran(), ["stranger"])
        self.assertEqual(self.points("stranger")["mean"], 20)
        for n in range(20):
            self.odds("stranger", line=f"{n}.5", over="-110", under="-110")
        self.wait_quiet()
        self.assertEqual(self.ran(), ["stranger"])

    def test_a_model_that_dies_leaves_the_last_output_and_says_so(self):
        daemon = self.with_model()
        self.seat("LAL@GSW", LAL=["ann"], GSW=["cid"])
        daemon.stop()
        daemon.configure({("processor", "mine"): {"type": "exec", "command": ["/usr/bin/python3", MODEL], "children": 2,
                                                  "environment": [f"RUNS={self.runs_path}", "FAILS=ann,dot"]}})
        daemon.start()
        number = self.injury("ann", "questionable")
        letter = self.letter_of("injury", number)
        self.assertIn("the warehouse is down", letter["error"])
        self.assertEqual(letter["players"], "ann")
        report = self.wait_report("ann", lambda report: report["phases"]["precompute"].get("failed"))
        self.assertEqual(report["markets"]["points"]["mean"], 20)
        self.assertEqual(report["injury"]["status"], "questionable")
        self.odds("ann", line="19.5", over="-110", under="-110")
        self.odds("dot", line="19.5", over="-110", under="-110")
        self.wait_quiet()
        self.assertIn("books", self.points("ann"))
        self.assertEqual((self.report("dot")["status"], self.report("dot")["phases"]["precompute"]),
                         ("no_projection", {"failed": True}))

    def test_the_output_is_everywhere(self):
        """Instances share it, and a restart runs nothing again."""
        first = self.with_model()
        self.seat("LAL@GSW", LAL=["ann", "bigbob"], GSW=["cid"])
        before = len(self.ran())
        first.stop()
        self.with_model("b")
        self.odds("ann", line="19.5", over="-110", under="-110")
        for line in ("19.5", "20.5"):
            self.odds("bigbob", line=line, over="-110", under="-110")
        self.wait_quiet()
        self.assertEqual(len(self.ran()), before)
        self.assertEqual(self.points("ann")["mean"], 20)
        self.assertEqual(self.points("bigbob")["mean"], 20)
        self.assertGreater(self.report("bigbob")["precompute"]["omitted_bytes"], 1 << 20)
        self.assertLess(len(self.report_text("bigbob")), 4096, "a megabyte is not written again with each quote")
        self.assertEqual(len(json.loads(self.r.get(self.key(f"pre:{self.date}:bigbob")))["pad"]), 1 << 20)
        self.assertEqual(self.report("ann")["precompute"], {"opponents": "GSW"})

    def test_large_outputs_are_not_asked_for_with_each_quote(self):
        """What was read of them is kept, and not their bytes, of which not even two would fit here."""
        bigs = [f"big{k}" for k in range(4)]
        self.with_model(precompute={"processor": "mine", "cache": "1M"})
        self.seat("LAL@GSW", LAL=bigs)
        followed = self.notices()
        for n, line in enumerate(("19.5", "20.5"), 1):
            before = self.redis.info("stats")["total_net_output_bytes"]
            for big in bigs:
                self.odds(big, line=line, over="-110", under="-110")
            followed.wait_count(n * len(bigs))  # who only polls makes Redis say as much, where it takes long
            self.assertLess(self.redis.info("stats")["total_net_output_bytes"] - before, 1 << 20)
            self.wait_quiet()
        self.assertEqual([self.points(big)["books"]["fanduel"]["line"] for big in bigs], [20.5] * 4)

    def test_whose_report_reads_the_bytes_gets_them(self):
        """Also where the report before did not want them any more. (A change of `eager` would begin a new session.)"""
        daemon = self.with_model(report={"eager": "yes"})
        self.seat("LAL@GSW", LAL=["ann"])
        self.odds("ann", line="19.5", over="-110", under="-110")
        self.wait_quiet()
        self.assertEqual(self.points("ann")["mean"], 20)
        daemon.configure({"report": {"processor": "mine", "eager": "yes"}})
        daemon.reload()
        self.wait_quiet()
        self.odds("ann", line="20.5", over="-110", under="-110")
        self.wait_quiet()
        self.assertEqual(self.report("ann")["made_of"]["markets"], {"points": {"mean": 20, "sd": 5}})
        self.assertEqual(self.dead(), [])

    def test_a_lost_output_is_made_again(self):
        self.with_model(precompute={"processor": "mine", "cache": "1M"})
        self.seat("LAL@GSW", LAL=["ann"], GSW=["cid"])
        self.r.delete(self.key(f"pre:{self.date}:ann"))
        daemon = self.daemons[0]
        daemon.kill()
        daemon.start()
        before = len(self.ran())
        self.odds("ann", line="19.5", over="-110", under="-110")
        self.wait_quiet()
        self.assertEqual(self.ran()[before:], ["ann"])
        self.assertEqual(self.points("ann")["mean"], 20)

    def test_regenerate_by_phase(self):
        self.with_model()
        self.seat("LAL@GSW", LAL=["ann"], GSW=["cid"])
        before, version = len(self.ran()), self.report("ann")["version"]
        self.regenerate("ann", phase="report")
        self.wait_quiet()
        self.assertEqual(len(self.ran()), before)
        self.assertGreater(self.report("ann")["version"], version)
        self.regenerate("ann", phase="precompute")
        self.wait_quiet()
        self.assertEqual(self.ran()[before:], ["ann"])
        self.regenerate("ann")
        self.wait_quiet()
        self.assertEqual(self.ran()[before:], ["ann", "ann"])
        letter = self.letter_of("regenerate", self.regenerate("ann", phase="both"))
        self.assertEqual((letter["reason"], letter["field"]), ("malformed", "phase"))

    def test_kills_between_the_phases(self):
        daemon = self.with_model(environment=["SLEEP=0.02"])
        self.seat("LAL@GSW", LAL=["ann", "bob"], GSW=["cid", "dot"])
        for n, status in enumerate(["questionable", "out", "available", "questionable", "out", "probable", "questionable"]):
            number = self.injury("ann" if n % 2 else "bob", status)
            self.odds("cid", line=f"{n}.5", over="-110", under="-110")
            # Or all is done: a test that is held up may come too late.
            harness.until(lambda: self.r.hlen(self.key("running")) > 0 or self.acked("injury", number), "something to run")
            daemon.kill()
            daemon.launch()
        self.wait_quiet()
        self.assertEqual(self.dead(), [])
        self.assertEqual(self.points("bob")["mean"], 15)
        self.assertEqual(self.points("ann")["mean"], 20)

    def test_both_phases_by_ones_own_program(self):
        self.with_model(report={"processor": "mine"})
        self.seat("LAL@GSW", LAL=["ann"])
        self.odds("ann", line="19.5", over="-110", under="-110")
        self.wait_quiet()
        report = self.report("ann")
        self.assertEqual(report["made_of"]["markets"], {"points": {"mean": 20, "sd": 5}})
        self.assertEqual(report["quotes"][0]["line"], 19.5)
        self.assertEqual(report["phases"]["precompute"]["processor"], "mine")

    def test_a_phase_added_by_a_reload(self):
        daemon = self.propsd()
        self.seat("LAL@GSW", LAL=["ann"], GSW=["cid"])
        daemon.configure({("processor", "mine"): {"type": "exec", "command": ["/usr/bin/python3", MODEL], "children": 2,
                                                  "environment": [f"RUNS={self.runs_path}"]},
                          "precompute": {"processor": "mine"}, "report": {"processor": "builtin"}})
        daemon.reload()
        daemon.ctl.ok("wait", "ready")
        self.odds("ann", line="19.5", over="-110", under="-110")
        self.wait_quiet()
        self.assertEqual(self.points("ann")["mean"], 20)


if __name__ == "__main__":
    unittest.main()
