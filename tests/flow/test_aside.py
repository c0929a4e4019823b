"""Jobs made aside: a processor tried and timed by children of its own, and nothing of it committed."""
import http.server
import json
import os
import signal
import socket
import subprocess
import threading
import unittest

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
BEHAVE = os.path.join(HERE, "behave.py")
MODEL = os.path.join(HERE, "model.py")
NOT_SAID_AGAIN = ("id", "priority", "causes", "deadline", "version", "attempt")  # of a request, from run to run
EXCEPTED = ("generated_at", "version", "attempt", "causes")  # of a report, by README


class Aside(harness.Night):
    def mine(self, environment=(), changes=None, **options):
        """An instance whose reports behave.py makes."""
        return self.propsd(changes={
            ("processor", "mine"): {"type": "exec", "command": ["/usr/bin/python3", BEHAVE], "children": 1,
                                    "environment": [f"MARK={self.folder}", f"GATE={self.path('gate')}",
                                                    f"BROKEN={self.path('broken')}", *environment], **options},
            "report": {"processor": "mine"}, "regen": {"max_attempts": 1, "back_off": "50ms"}, **(changes or {})})

    def path(self, name):
        return os.path.join(self.folder, name)

    def touch(self, name):
        with open(self.path(name), "w"):
            pass

    def children(self, daemon):
        """Of the daemon's own processor."""
        return sorted(child["pid"] for child in daemon.ctl.json("processor", "mine")["children"])

    def tried(self, daemon, player, *more, status=0, name="mine"):
        got, out, err = daemon.ctl.run("--json", "processor", "test", name, "--player", player, "--date", self.date, *more)
        self.assertEqual(got, status, out + err)
        return json.loads(out)

    def baseline(self, daemon, *arguments, status=0):
        """(its file, standard output, standard error)"""
        path = self.path("baseline.json")
        got, out, err = daemon.ctl.run("baseline", "--processor", "mine", "--date", self.date, "--output", path, *arguments)
        self.assertEqual(got, status, out + err)
        self.assertFalse(os.path.exists(path + ".part"))
        if not os.path.exists(path):
            return None, out, err
        with open(path) as file:
            return json.load(file), out, err

    def keys(self):
        """All that stands in Redis, but for what an instance writes by the clock: what a key is, and when it expires."""
        read = {b"string": self.r.get, b"hash": self.r.hgetall, b"set": lambda key: sorted(self.r.smembers(key)),
                b"zset": lambda key: self.r.zrange(key, 0, -1, withscores=True), b"stream": lambda key: self.r.xrange(key)}
        found = {}
        for key in sorted(self.r.keys()):
            if not key.startswith((self.key("instance:").encode(), self.key("books:").encode())) and key != self.key("watch").encode():
                found[key] = (read[self.r.type(key)](key), self.r.execute_command("PEXPIRETIME", key))
        return found

    def tearDown(self):
        self.touch("gate")
        super().tearDown()


class Test(Aside):
    """One job."""

    def test_it_is_what_a_run_would_be_and_changes_no_key(self):
        daemon = self.mine()
        self.seat("LAL@GSW", LAL=["request", "ann"], GSW=["bob"])
        self.injury("ann", "out")
        self.lineup("LAL", ["request"])
        self.odds("request", line="24.5", over="-110", under="-110")
        self.wait_quiet()
        before = self.keys()
        tried = self.tried(daemon, "request")
        self.assertEqual(self.keys(), before)
        committed = self.report("request")
        made = json.loads(tried["result"])
        for report in (made, committed):
            for key in EXCEPTED:
                del report[key]
            for key in NOT_SAID_AGAIN:
                report["request"].pop(key, None)
        self.assertEqual(made, committed)
        self.assertEqual(made["request"]["live"]["mates"], {"ann": "out"})
        self.assertEqual((tried["ok"], tried["phase"], tried["game_id"]), (True, "report", harness.game(self.date, "LAL@GSW")))
        self.assertEqual(json.loads(tried["reply"])["id"], json.loads(tried["request"])["id"])
        self.assertEqual((tried["request_bytes"], tried["reply_bytes"], tried["result_bytes"]),
                         tuple(len(tried[key].encode()) for key in ("request", "reply", "result")))
        self.assertGreater(tried["peak_bytes"], 1 << 20)

    def test_a_day_and_a_player_that_nobody_spoke_of_change_no_key_either(self):
        daemon = self.mine()
        self.regenerate("ann")
        self.wait_quiet()
        before = self.keys()
        status, out, err = daemon.ctl.run("--json", "processor", "test", "mine", "--player", "Somebody New", "--date", "2031-01-01")
        self.assertEqual(status, 0, err)
        tried = json.loads(out)
        self.assertEqual((tried["player"], tried["date"], tried["game_id"]), ("somebodynew", "2031-01-01", ""))
        self.assertEqual(json.loads(tried["request"])["live"], {"mates": {}, "quotes": []})
        self.assertEqual(self.keys(), before)
        self.assertIn("somebodynew, 2031-01-01, in no game\n",
                      daemon.ctl.ok("processor", "test", "mine", "--player", "Somebody New", "--date", "2031-01-01"))

    def test_a_game_that_only_events_named_is_told_as_to_a_run(self):
        daemon = self.mine()
        self.odds("request", line="9.5", over="100", game_id=harness.game(self.date, "DEN@BOS"), team="DEN")
        self.wait_quiet()
        before = self.keys()
        tried = self.tried(daemon, "request")
        self.assertEqual(self.keys(), before)
        asked, told = json.loads(tried["request"]), self.report("request")["request"]
        for key in NOT_SAID_AGAIN:
            asked.pop(key, None)
            told.pop(key, None)
        self.assertEqual(asked, told)
        self.assertEqual((asked["game_id"], asked["team"]), (harness.game(self.date, "DEN@BOS"), "DEN"))

    def test_one_that_is_paused_or_broken_can_be_tried_and_is_left_alone(self):
        daemon = self.mine(breaker=1)
        self.regenerate("ann")
        self.wait_quiet()
        own, done = self.children(daemon), daemon.ctl.json("processor", "mine")["done"]
        daemon.ctl.ok("processor", "pause", "mine")
        self.assertTrue(self.tried(daemon, "bob")["ok"])
        daemon.ctl.ok("processor", "resume", "mine")
        self.touch("broken")
        self.regenerate("carl")
        daemon.wait_log("mine: circuit breaker is open")
        tried = self.tried(daemon, "bob", status=1)
        self.assertEqual((tried["ok"], tried["permanent"], tried["error"]), (False, False, "the warehouse is closed"))
        os.unlink(self.path("broken"))
        self.assertTrue(self.tried(daemon, "bob")["ok"])
        after = daemon.ctl.json("processor", "mine")
        self.assertEqual((after["done"], after["failed"]), (done, 1))
        self.assertIn(after["state"], ("open", "half-open"))
        self.assertEqual(self.children(daemon), own)
        self.assertIsNone(self.report_text("bob"))
        harness.until(lambda: self.marked() == own, "the children of trials to go")

    def test_what_becomes_of_one_that_fails(self):
        daemon = self.mine(["START=says"], timeout="5s")
        for player, error, permanent in (
                ("killedalways", "its child was killed by signal 9 (Killed); it said: loaded a model", False),
                ("failsforgood", "no such player", True),
                ("wrongkey", 'its result has a key "version", which is propsd\'s own: leave it out', True),
                ("hangs", "took longer than timeout = 5s; its child was killed by signal 15 (Terminated)", False),
                ("partial", "its child ended with status 3", False)):
            tried = self.tried(daemon, player, status=1)
            self.assertEqual((tried["ok"], tried["permanent"]), (False, permanent), player)
            self.assertTrue(tried["error"].startswith(error), tried["error"])
            self.assertEqual(tried["said"][0], "loaded a model")
            self.assertNotIn("result", tried)
            self.assertEqual((tried["reply_bytes"] > 0, tried.get("peak_bytes", 0) > 0),
                             (player in ("failsforgood", "wrongkey"),) * 2, player)
            self.assertGreaterEqual(tried["cpu_ms"], 0, "also of one that is dead")
        shown = daemon.ctl.run("processor", "test", "mine", "--player", "failsforgood", "--date", self.date)
        self.assertEqual(shown[0], 1)
        self.assertIn("ended       failed, for good\nerror       no such player\nsaid        loaded a model\n", shown[1])
        self.assertEqual(self.dead(), [])

    def test_children_that_do_not_come_up_are_told_of_at_once(self):
        daemon = self.mine(["START=dies"])
        status, _, err = daemon.ctl.run("processor", "test", "mine", "--player", "ann")
        self.assertEqual(status, 1)
        self.assertEqual(err, "propsctl: mine: its child ended with status 3 before its hello; it said: cannot find the model\n")
        daemon.configure({("processor", "mine"): {"environment": ["START=silent"], "start_timeout": "100ms"}})
        daemon.reload()
        status, _, err = daemon.ctl.run("processor", "test", "mine", "--player", "ann")
        self.assertEqual(status, 1)
        self.assertIn("said no hello within start_timeout = 100ms", err)

    def test_who_and_what_is_asked_for_must_be_known(self):
        daemon = self.mine()
        for words, wanted, said in (
                (("mien", "--player", "ann"), 5, 'there is no processor "mien"; did you mean'),
                (("mine",), 2, 'wants --player'),
                (("mine", "--player", "ann", "--phase", "both"), 2, "report, precompute"),
                (("load", "--player", "ann", "--phase", "precompute"), 1,
                 'processor "load" is of type synthetic, which serves no phase but report')):
            status, _, err = daemon.ctl.run("processor", "test", *words)
            self.assertEqual(status, wanted, err)
            self.assertIn(said, err)
        status, _, err = daemon.ctl.run("--socket", os.path.join(daemon.folder, "status.sock"), "processor", "test", "mine", "--player", "ann")
        self.assertEqual(status, 4, err)

    def test_what_propsd_computes_itself_can_be_tried_too(self):
        daemon = self.mine()
        self.seat("LAL@GSW", LAL=["ann"])
        tried = self.tried(daemon, "ann", name="builtin")
        self.assertEqual((tried["ok"], tried["type"], tried["request_bytes"], tried["reply_bytes"]), (True, "builtin", 0, 0))
        self.assertNotIn("peak_bytes", tried)
        self.assertEqual(json.loads(tried["result"])["processor"], "builtin")
        daemon.configure({("processor", "sleeps"): {"type": "synthetic", "sleep_ms": 20, "slots": 4}})
        daemon.reload()
        self.assertGreaterEqual(self.tried(daemon, "ann", name="sleeps")["took_ms"], 20)


class Phases(Aside):
    def setUp(self):
        super().setUp()
        self.runs = self.path("runs")

    def modelled(self, **options):
        return self.mine([f"RUNS={self.runs}"], {("processor", "model"): {
            "type": "exec", "command": ["/usr/bin/python3", MODEL], "children": 1,
            "environment": [f"RUNS={self.runs}", f"MARK={self.folder}"]},
            "precompute": {"processor": "model"}, "report": {"processor": "mine"}, **options})

    def test_an_output_is_made_of_what_precompute_reads_and_kept_nowhere(self):
        daemon = self.modelled()
        self.seat("LAL@GSW", LAL=["ann", "bob"])
        self.injury("bob", "out")
        self.odds("ann", line="24.5", over="-110")
        self.wait_quiet()
        before = self.keys()
        tried = self.tried(daemon, "ann", name="model")
        self.assertEqual(tried["phase"], "precompute")
        self.assertEqual(tried["result"].encode(), self.r.get(self.key(f"pre:{self.date}:ann")))
        self.assertEqual(json.loads(tried["request"])["live"]["quotes"], [])  # it does not read them
        self.assertEqual(self.keys(), before)
        self.assertIn("ended       well: this output would be kept, and nothing was committed\n",
                      daemon.ctl.ok("processor", "test", "model", "--player", "ann", "--date", self.date))

    def test_a_report_is_made_of_the_output_that_stands(self):
        daemon = self.modelled()
        self.seat("LAL@GSW", LAL=["request", "bob"])
        self.wait_quiet()
        before = self.keys()
        tried = self.tried(daemon, "request")
        self.assertEqual(json.loads(tried["request"])["precompute"], json.loads(self.r.get(self.key(f"pre:{self.date}:request"))))
        self.assertEqual(json.loads(tried["result"])["phases"], self.report("request")["phases"])
        self.assertEqual(self.keys(), before)

    def test_where_a_run_would_ask_for_an_output_nothing_is_asked_for(self):
        """There is none yet; it is lost; or events name another game than it was made for."""
        daemon = self.modelled()
        self.regenerate("lost")
        self.regenerate("moved")
        self.odds("moved", line="9.5", over="100", game_id=harness.game(self.date, "DEN@BOS"), team="DEN")
        self.wait_quiet()
        daemon.ctl.ok("pause")
        self.r.delete(self.key(f"pre:{self.date}:lost"))
        self.odds("moved", line="8.5", over="100", game_id=harness.game(self.date, "NYK@MIA"), team="NYK")
        harness.until(lambda: b" 20" in self.r.hget(self.key(f"player:{self.date}:moved"), "g") and
                      b"NYK" in self.r.hget(self.key(f"player:{self.date}:moved"), "g"), "the move to be applied")
        before = self.keys()
        for player in ("never", "lost", "moved"):
            tried = self.tried(daemon, player)
            self.assertNotIn("precompute", json.loads(tried["request"]), player)
            self.assertNotIn("phases", json.loads(tried["result"]), player)
        self.assertEqual(self.keys(), before)
        daemon.ctl.ok("resume")
        self.wait_quiet()


class Baseline(Aside):
    """Many."""

    def with_history(self, changes=None, **options):
        return self.mine(changes={"history": {"file": self.path("history.db")}, **(changes or {})}, **options)

    def executions(self, daemon):
        """Those of baselines, as they are exported."""
        rows = [json.loads(line) for line in daemon.ctl.ok("export", "executions").splitlines()]
        return [row for row in rows if row["processing_pattern"] == "sequential"]

    def same_execution(self, row, run):
        """What the history has of a run and what its file says."""
        items, figures = run["items"], run["figures"]
        times = sorted(item["seconds"] for item in items)
        self.assertRegex(row["execution_id"], r"^baseline-a-\d{4}-\d\d-\d\dT")
        self.assertEqual((row["total_items"], row["failed_items"], row["successful_items"], row["retry_count"], row["max_workers"]),
                         (len(items), figures["failures"], len(items) - figures["failures"], 0, run["places"]))
        self.assertLess(row["start_time"], row["end_time"])
        self.assertGreater(row["estimated_cost_usd"], 0)
        self.assertAlmostEqual(row["peak_memory_mb"], max(item["peak_bytes"] or 0 for item in items) / (1 << 20), places=6)
        self.assertAlmostEqual(row["total_cpu_seconds"] or 0, sum(item["cpu_seconds"] or 0 for item in items), places=6)
        for name, seconds in (("avg", sum(times) / len(times)), ("p50", times[(len(times) + 1) // 2 - 1]), ("p99", times[-1])):
            self.assertAlmostEqual(row[name + "_item_duration_seconds"], seconds, places=5)
        if run["complete"]:
            self.assertAlmostEqual(row["total_duration_seconds"], run["seconds"], places=5)
            self.assertAlmostEqual(row["avg_concurrent_instances"], sum(times) / run["seconds"], places=3)

    def test_each_number_of_children_does_all_and_the_file_says_how(self):
        daemon = self.with_history()
        self.seat("LAL@GSW", LAL=["ann", "bob"], GSW=["carl"])
        self.wait_quiet()
        before = self.keys()
        file, out, err = self.baseline(daemon, "--slate", "--children", "2,1", "--repeat", "2")
        self.assertEqual(self.keys(), before)
        self.assertEqual([file[key] for key in ("v", "kind", "processor", "type", "phase", "date", "players", "repeat", "interrupted")],
                         [1, "baseline", "mine", "exec", "report", self.date, 3, 2, False])
        self.assertEqual([(run["children"], run["places"], run["complete"]) for run in file["runs"]], [(2, 2, True), (1, 1, True)])
        for run in file["runs"]:
            figures, items = run["figures"], run["items"]
            self.assertEqual(sorted((item["player"], item["repeat"]) for item in items),
                             [(player, n) for player in ("ann", "bob", "carl") for n in (1, 2)])
            times = sorted(item["seconds"] for item in items)
            self.assertEqual((figures["items"], figures["failures"]), (6, 0))
            self.assertAlmostEqual(figures["total"], sum(times), places=6)
            self.assertAlmostEqual(figures["mean"], sum(times) / 6, places=6)
            self.assertEqual((figures["p50"], figures["p95"], figures["p99"]), (times[2], times[5], times[5]))
            self.assertEqual(figures["peak_bytes"], max(item["peak_bytes"] for item in items))
            self.assertEqual(figures["reply_bytes"], sum(item["reply_bytes"] for item in items))
            self.assertGreater(run["seconds"], 0)
        self.assertRegex(err, r"(?m)^\[6/6\] \w+: \d+\.\d\ds, \d+MB$")
        self.assertRegex(out, r"(?m)^ +2 +6 +0 ")
        rows = self.executions(daemon)
        self.assertEqual(len({row["execution_id"] for row in rows}), 2)
        for row, run in zip(rows, file["runs"], strict=True):
            self.same_execution(row, run)
        (told,) = [row for row in daemon.ctl.json_lines("compare") if row["processing_pattern"] == "sequential"]
        seconds = [row["total_duration_seconds"] for row in rows]
        self.assertEqual((told["runs"], told["items"], told["failed"]), (2, 12, 0))
        self.assertAlmostEqual(told["mean_minutes"], sum(seconds) / 120)
        self.assertAlmostEqual(told["items_per_minute"], 12 * 60 / sum(seconds))
        self.assertAlmostEqual(told["total_cost_usd"], sum(row["estimated_cost_usd"] for row in rows))
        self.assertRegex(daemon.ctl.ok("history"), r"(?m)\bsequential\b")
        self.assertRegex(daemon.ctl.ok("compare"), r"(?m)^sequential +2 ")
        quiet = daemon.ctl.run("-q", "--json", "baseline", "--processor", "mine", "--date", self.date, "--slate", "--children", "1",
                               "--output", self.path("other.json"))
        self.assertEqual((quiet[0], quiet[2]), (0, ""))
        with open(self.path("other.json")) as other:
            self.assertEqual(json.loads(quiet[1])["runs"][0]["items"], json.load(other)["runs"][0]["items"])

    def test_memory_and_processor_time_are_each_jobs_own(self):
        daemon = self.mine()
        with open(self.path("players"), "w") as file:
            file.write("# by what they do\nann\n\n allocates  # 64 MB\nburns\nburnsbelow\r\nbob")
        file, _, _ = self.baseline(daemon, "--players", self.path("players"), "--children", "1")
        items = {item["player"]: item for item in file["runs"][0]["items"]}
        self.assertEqual(sorted(items), ["allocates", "ann", "bob", "burns", "burnsbelow"])
        self.assertGreater(items["allocates"]["peak_bytes"], 64 << 20)
        for player in ("ann", "burns", "bob"):
            self.assertLess(items[player]["peak_bytes"], 60 << 20, player)
        for player in ("burns", "burnsbelow"):
            self.assertGreaterEqual(items[player]["cpu_seconds"], 0.11, player)  # four clocks of 10 ms
        for player in ("ann", "bob"):
            self.assertLess(items[player]["cpu_seconds"], items["burns"]["cpu_seconds"], player)  # and not what ran before as well

    def test_a_child_that_does_several_at_a_time_shares_out_what_it_takes(self):
        daemon = self.mine(["CONCURRENCY=3"])
        self.seat("LAL@GSW", LAL=["allocates", "burns", "ann"])
        file, _, err = self.baseline(daemon, "--slate", "--children", "1")
        run, = file["runs"]
        figures, items = run["figures"], run["items"]
        self.assertEqual((run["places"], figures["failures"], len(items)), (3, 0, 3))
        self.assertGreater(figures["peak_bytes"], 64 << 20)  # the child's, whatever job it was for
        self.assertEqual(figures["peak_bytes"], max(item["peak_bytes"] for item in items))
        self.assertGreaterEqual(figures["cpu_seconds"], 0.11)  # as much as burns takes alone
        self.assertAlmostEqual(figures["cpu_seconds"], sum(item["cpu_seconds"] for item in items), places=5)
        self.assertRegex(err, r"(?m)^\[3/3\] \w+: \d+\.\d\ds, \d+MB$")

    def test_children_for_a_job_each(self):
        daemon = self.mine(per_job="yes")
        self.seat("LAL@GSW", LAL=["ann", "bob"], GSW=["carl"])
        file, _, _ = self.baseline(daemon, "--slate", "--children", "2", "--repeat", "2")
        run, = file["runs"]
        self.assertEqual((run["figures"]["items"], run["figures"]["failures"]), (6, 0))
        self.assertTrue(all(item["peak_bytes"] for item in run["items"]))

    def test_a_slate_that_another_instance_changed_is_read_anew(self):
        daemon = self.mine()
        self.seat("LAL@GSW", LAL=["ann"])
        self.baseline(daemon, "--slate", "--children", "1")
        day = self.key("day:" + self.date)
        self.r.hset(day, mapping={"r:bob": self.r.hget(day, "r:ann"), "sv": int(self.r.hget(day, "sv")) + 1})
        file, _, _ = self.baseline(daemon, "--slate", "--children", "1")
        self.assertEqual(sorted(item["player"] for item in file["runs"][0]["items"]), ["ann", "bob"])

    def test_failures_are_counted_and_end_nothing(self):
        daemon = self.with_history(changes={"report": {"processor": "load"}}, timeout="5s")
        self.seat("LAL@GSW", LAL=["ann", "killedalways"], GSW=["hangs", "failsforgood", "zoe"])
        file, out, err = self.baseline(daemon, "--slate", "--children", "1,2")
        for run in file["runs"]:
            failed = {item["player"]: item["error"] for item in run["items"] if not item["ok"]}
            self.assertEqual(sorted(failed), ["failsforgood", "hangs", "killedalways"])
            self.assertEqual((run["complete"], run["figures"]["items"], run["figures"]["failures"]), (True, 5, 3))
            self.assertEqual(run["figures"]["p99"], max(item["seconds"] for item in run["items"] if item["ok"]))
        for row, run in zip(self.executions(daemon), file["runs"], strict=True):
            self.same_execution(row, run)
        self.assertEqual(daemon.ctl.json_lines("failures", "--min", "1"), [], "no report has failed")
        self.assertRegex(err, r"(?m)^\[\d/5\] failsforgood: failed after \d+\.\d\ds: no such player$")
        self.assertEqual(self.dead(), [])

    def test_an_interrupted_one_keeps_what_is_done(self):
        daemon = self.with_history()
        self.seat("LAL@GSW", LAL=["ann", "bob"])
        self.touch("gate")
        self.slate_player("slow", "LAL")
        self.wait_quiet()
        os.unlink(self.path("gate"))
        own = self.children(daemon)
        path = self.path("baseline.json")
        running = subprocess.Popen([harness.built("propsctl"), "--socket", daemon.socket, "baseline", "--processor", "mine", "--date",
                                    self.date, "--slate", "--children", "1,2", "--output", path], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env={**harness.sanitizer_environment(), "PATH": os.environ["PATH"]})
        seen = []
        while "[2/3]" not in "".join(seen):
            seen.append(running.stderr.readline())
            self.assertTrue(seen[-1], f"it ended: {seen}")
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=harness.DEADLINE * harness.SLOW)
        self.assertEqual(running.returncode, 1, err)
        self.assertIn(f"Interrupted; what was done is written to {path}.\n", err)
        self.assertRegex(out, r"(?m)^ +1 +2 +0 ")
        with open(path) as file:
            kept = json.load(file)
        self.assertTrue(kept["interrupted"])
        self.assertEqual([(run["complete"], sorted(item["player"] for item in run["items"])) for run in kept["runs"]],
                         [(False, ["ann", "bob"])])
        (row,) = harness.until(lambda: self.executions(daemon), "its execution")
        self.same_execution(row, kept["runs"][0])
        harness.until(lambda: self.marked() == own, "the trial's child to go, though its job hangs")

    def test_what_cannot_be_done_leaves_no_file(self):
        daemon = self.mine()
        with open(self.path("players"), "w") as file:
            file.write("x" * 300)
        with open(self.path("none"), "w") as file:
            file.write("# nobody\n")
        for words, wanted, said in (
                (("--children", "1"), 2, "wants one of --slate and --players; none is given"),
                (("--children", "1", "--slate", "--players", "x"), 2, "both are given"),
                (("--children", "1,,2", "--slate"), 2, '--children is "1,,2"; it must be different numbers from 1 to 256'),
                (("--children", "2,2", "--slate"), 2, "different numbers"),
                (("--children", "0", "--slate"), 2, "different numbers"),
                (("--children", "1", "--players", self.path("missing")), 1, "No such file"),
                (("--children", "1", "--players", self.path("none")), 1, "names 0 players"),
                (("--children", "1", "--players", self.path("players")), 1, "players:1: the line is longer than 254 bytes"),
                (("--children", "1", "--slate"), 5, "nobody plays on")):
            file, out, err = self.baseline(daemon, *words, status=wanted)
            self.assertIsNone(file)
            self.assertEqual(out, "")
            self.assertIn(said, err)
        status, _, err = daemon.ctl.run("baseline", "--processor", "mine", "--slate", "--children", "1", "--output", "/nowhere/x")
        self.assertEqual((status, err), (1, "propsctl: cannot write /nowhere/x.part: No such file or directory\n"))


class Server(http.server.BaseHTTPRequestHandler):
    """A worker behind a URL. Who is called slow... waits for the test."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        job = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        player = job["player_lookup"]
        if player.startswith("slow"):
            self.server.waiting.release()
            self.server.gate.wait()
        status, body = {"stored": (204, b""), "fails": (500, b'{"error": "the warehouse is closed"}'),
                        "never": (400, b"no such player")}.get(player, (200, json.dumps({"line": 1.50, "of": player}).encode()))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Http(Aside):
    def setUp(self):
        super().setUp()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        self.server.gate, self.server.waiting = threading.Event(), threading.Semaphore(0)
        self.server.handle_error = lambda *_: None  # who leaves is no error
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        for end in (thread.join, self.server.server_close, self.server.shutdown, self.server.gate.set):
            self.addCleanup(end)

    def push(self):
        return self.propsd(changes={("processor", "mine"): {
            "type": "http", "form": "json", "url": f"http://127.0.0.1:{self.server.server_address[1]}/"}})

    def test_one_request_is_shown_as_it_went_and_came(self):
        daemon = self.push()
        self.seat("LAL@GSW", LAL=["ann"])
        before = self.keys()
        tried = self.tried(daemon, "ann")
        self.assertEqual((tried["type"], tried["reply"], json.loads(tried["request"])["player_lookup"]),
                         ("http", '{"line": 1.5, "of": "ann"}', "ann"))
        self.assertEqual(json.loads(tried["result"])["line"], 1.5)
        self.assertNotIn("peak_bytes", tried)
        tried = self.tried(daemon, "stored")
        self.assertEqual((tried["ok"], tried["reply_bytes"], json.loads(tried["result"])["stored"]), (True, 0, "elsewhere"))
        for player, permanent, body, error in (
                ("fails", False, '{"error": "the warehouse is closed"}', "answered 500: the warehouse is closed"),
                ("never", True, "no such player", "answered 400: no such player")):
            tried = self.tried(daemon, player, status=1)
            self.assertEqual((tried["permanent"], tried["reply"], tried["error"]), (permanent, body, error))
        self.assertEqual(self.keys(), before)

    def test_so_many_requests_at_a_time(self):
        daemon = self.push()
        self.seat("LAL@GSW", LAL=["slow", "slowtoo", "slower"])
        with open(self.path("out"), "w") as out:
            running = subprocess.Popen([harness.built("propsctl"), "--socket", daemon.socket, "baseline", "--processor", "mine", "--date",
                                        self.date, "--slate", "--children", "2", "--output", self.path("baseline.json")], stdout=out,
                                       stderr=out, env={**harness.sanitizer_environment(), "PATH": os.environ["PATH"]})
            for _ in range(2):
                self.assertTrue(self.server.waiting.acquire(timeout=harness.DEADLINE * harness.SLOW))
            shown = daemon.ctl.json("processor", "mine")
            self.assertEqual((shown["taken"], shown["children"]), (0, []))  # those of the daemon's own
            self.assertFalse(self.server.waiting.acquire(blocking=False))
            self.server.gate.set()
            self.assertEqual(running.wait(harness.DEADLINE * harness.SLOW), 0)
        with open(self.path("baseline.json")) as file:
            run, = json.load(file)["runs"]
        self.assertEqual((run["places"], run["figures"]["items"], run["figures"]["failures"]), (2, 3, 0))
        self.assertIsNone(run["figures"]["cpu_seconds"])

    def test_one_that_leaves_ends_its_requests(self):
        daemon = self.push()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(daemon.socket)
            client.sendall(json.dumps({"v": 1, "cmd": "aside", "args": {"processor": "mine", "items": [{"player": "slow"}]}}).encode() + b"\n")
            self.assertTrue(self.server.waiting.acquire(timeout=harness.DEADLINE * harness.SLOW))
        for _ in range(4):
            self.assertTrue(self.tried(daemon, "ann")["ok"])


class Bounds(Aside):
    """What clients may cost."""

    def ask(self, daemon, **arguments):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(harness.DEADLINE * harness.SLOW)
        client.connect(daemon.socket)
        self.addCleanup(client.close)
        client.sendall(json.dumps({"v": 1, "cmd": "aside", "args": {"processor": "mine", "date": self.date, **arguments}}).encode() + b"\n")
        return client

    def lines(self, client):
        """Of the answer, the last included."""
        with client.makefile("rb") as file:
            for line in file:
                answer = json.loads(line)
                yield answer
                if "progress" not in answer:
                    return

    def test_one_that_leaves_ends_its_children_and_makes_room(self):
        daemon = self.mine()
        clients = [self.ask(daemon, items=[{"player": "slow"}]) for _ in range(4)]
        for client in clients:
            self.assertIn("ready", next(self.lines(client))["progress"])
        answer, = self.lines(self.ask(daemon, items=[{"player": "ann"}]))
        self.assertEqual((answer["code"], answer["error"]),
                         ("busy", "4 trials of processors are under way already; try again when one is over"))
        harness.until(lambda: len(self.marked()) == 4, lambda: f"four children: {self.marked()}")
        clients[0].close()
        harness.until(lambda: len(self.marked()) == 3, "its child to end")
        harness.until(lambda: daemon.ctl.run("processor", "test", "mine", "--player", "ann")[0] == 0, "room for another")
        for client in clients[1:]:
            client.close()
        harness.until(lambda: not self.marked(), "all children to end")

    def test_what_its_children_leave_behind_is_ended(self):
        """Also where the daemon has no children of its own."""
        daemon = self.mine(changes={"report": {"processor": "load"}})
        for player in ("session", "grandchild", "ann"):
            self.assertTrue(self.tried(daemon, player)["ok"])
        self.tried(daemon, "session")
        harness.until(lambda: not self.marked(), lambda: f"all to end: {self.marked()}")
        own = f"/proc/{daemon.now.pid}/task/{daemon.now.pid}/children"
        def left():
            with open(own) as file:
                return file.read()
        harness.until(lambda: not left(), lambda: f"no child and no zombie: {left()}")

    def test_one_that_leaves_while_nothing_of_it_is_a_child(self):
        daemon = self.mine(changes={("processor", "sleeps"): {"type": "synthetic", "sleep_ms": 50, "slots": 4}})
        for processor in ("sleeps", "builtin", "sleeps"):
            client = self.ask(daemon, processor=processor, items=[{"player": "ann"}], repeat=100, children=4)
            answers = self.lines(client)
            self.assertIn("ready", next(answers)["progress"])
            self.assertIn("item", next(answers)["progress"])
            client.close()
        self.assertTrue(self.tried(daemon, "ann", name="sleeps")["ok"])

    def test_a_client_that_does_not_read_holds_back_further_jobs(self):
        """Each result is a megabyte: what it has not read is bounded, and nothing of it is left out."""
        count = 40
        daemon = self.mine([f"COUNT={self.path('count')}"])
        client = self.ask(daemon, items=[{"player": "big"}], repeat=count, result=True)
        stalled = harness.until(lambda: [n for n in [os.path.getsize(self.path("count")) if os.path.exists(self.path("count")) else 0]
                                         if n > 0 and self.stands(n)], "jobs to stand still")[0]
        self.assertLess(stalled, 5)
        sizes, texts, last = [], 0, None
        for answer in self.lines(client):
            last = answer
            step = answer.get("progress", {})
            if "piece" in step:
                texts += len(step["piece"]["text"])
            if "item" in step:
                sizes.append((texts, step["item"]["result_bytes"]))
                texts = 0
        self.assertEqual((len(sizes), last["data"]["items"], last["data"]["failures"]), (count, count, 0))
        for got, said in sizes:
            self.assertEqual(got, said)
            self.assertGreater(got, 1 << 20)

    def stands(self, n):
        """Whether no further job is begun while the daemon does other things."""
        for daemon in self.daemons:
            for _ in range(20):
                daemon.ctl.ok("status")
        return os.path.getsize(self.path("count")) == n

    def test_a_lost_session_holds_it_up_and_ends_nothing(self):
        daemon = self.mine([f"COUNT={self.path('count')}"], children=1)
        client = self.ask(daemon, items=[{"player": f"p{n}"} for n in range(300)])
        answers = self.lines(client)
        for answer in answers:
            if answer["progress"].get("item", {}).get("n") == 10:
                break
        self.redis.cut()
        rest = list(answers)
        self.assertEqual((rest[-1]["data"]["items"], rest[-1]["data"]["failures"]), (300, 0))

    def test_a_daemon_that_is_told_to_end_ends_it(self):
        daemon = self.mine()
        client = self.ask(daemon, items=[{"player": "slow"}])
        answers = self.lines(client)
        self.assertIn("ready", next(answers)["progress"])
        daemon.stop()
        self.assertEqual(next(answers)["code"], "stopping")
        harness.until(lambda: not self.marked(), lambda: f"its child to end: {self.marked()}")

    def test_a_trial_of_two_children_runs_two_at_a_time(self):
        daemon = self.mine()
        client = self.ask(daemon, items=[{"player": "slow"}, {"player": "slowtoo"}, {"player": "ann"}], children=2)
        answers = self.lines(client)
        self.assertEqual(next(answers)["progress"]["ready"]["places"], 2)
        harness.until(lambda: len(self.marked()) == 2, lambda: f"two children: {self.marked()}")
        self.touch("gate")
        rest = list(answers)
        self.assertEqual(sorted(answer["progress"]["item"]["player"] for answer in rest[:-1]), ["ann", "slow", "slowtoo"])
        self.assertTrue(rest[-1]["ok"])


if __name__ == "__main__":
    unittest.main()
