"""propsctl against a daemon: what each command does, what it says, how it ends."""
import json
import os
import subprocess
import unittest

import harness
import oracle

DONE, FAILED, USAGE, UNREACHABLE, DENIED, NOT_FOUND, TIMEOUT = range(7)


class Commands(harness.Night):
    def setUp(self):
        super().setUp()
        self.daemon = self.propsd()
        self.ctl = self.daemon.ctl
        self.ctl.ok("wait", "ready")
        self.seat("LAL@GSW", LAL=["lebronjames", "austinreaves"], GSW=["stephencurry"])

    def ends(self, status, *arguments, **options):
        """What a command says on standard error when it ends with this status; nothing may be on standard output then."""
        got, out, err = self.ctl.run(*arguments, **options)
        self.assertEqual(got, status, out + err)
        if status in (USAGE, UNREACHABLE, DENIED, NOT_FOUND):
            self.assertEqual(out, "")
        self.assertEqual(len(err.strip().splitlines()) >= 1, status != DONE, err)
        return err

    # --- look

    def test_status(self):
        text = self.ctl.ok("status")
        self.assertIn("redis", text.lower())
        status = self.ctl.json("status")
        self.assertEqual((status["instance"], status["ready"], status["paused"], status["workers"]["count"]), ("a", True, False, 2))

    def test_players_and_one_player(self):
        rows = self.ctl.json_lines("players", "--all")
        self.assertEqual({row["player"] for row in rows}, {"lebronjames", "austinreaves", "stephencurry"})
        self.assertEqual(sorted(self.ctl.ok("players", "--names").split()), ["austinreaves", "lebronjames", "stephencurry"])
        one = self.ctl.json("player", "LeBron James", "--date", self.date)
        self.assertEqual(one["player"], "lebronjames")

    def test_a_report_is_the_one_in_redis(self):
        self.odds("lebronjames", line="25.5")
        self.wait_quiet()
        for arguments in (("report", "lebronjames"), ("report", "LeBron James", "--json")):
            out = self.ctl.ok(*arguments, "--date", self.date)
            self.assertEqual(json.loads(out), self.report("lebronjames"))
        table = self.ctl.ok("report", "lebronjames", "--date", self.date, "--table")
        self.assertIn("25.5", table)

    def test_the_slate(self):
        out = self.ctl.ok("slate", self.date)
        for word in ("LAL", "GSW", "lebronjames"):
            self.assertIn(word, out)
        self.assertIn(harness.game(self.date, "LAL@GSW"), self.ctl.ok("--json", "slate", self.date))

    def test_metrics_tell_the_longest_step_of_the_loop(self):
        before = self.ctl.metrics()
        after = self.ctl.metrics()
        self.assertGreater(after["propsd_loop_step_seconds_count"], before["propsd_loop_step_seconds_count"])
        longest = after["propsd_loop_step_longest_seconds"]
        # Time of the processor: more than none, and never more than the whole process used.
        self.assertGreater(longest, 0)
        self.assertLess(longest, after["process_cpu_seconds_total"] + 0.01)
        self.assertGreaterEqual(after["propsd_loop_step_seconds_sum"], longest)

    def test_metrics_are_prometheus_text(self):
        text = self.ctl.ok("metrics")
        for name in ("propsd_entries_read_total", "propsd_entries_settled_total", "propsd_entries_forgotten_total", "propsd_entries_in_flight"):
            self.assertIn(f"# TYPE {name} ", text)
        self.assertNotIn("lebronjames", text, "never a player as a label")

    def test_version(self):
        self.assertRegex(self.ctl.ok("version"), r"\d+\.\d+\.\d+")
        self.assertIsInstance(self.ctl.json("version"), dict)

    def test_dead_letters(self):
        self.assertEqual(self.ctl.json_lines("dead", "list"), [])
        self.add("odds", player_lookup="lebronjames", game_date=self.date, market="dunks", book="fanduel", line="1.5")
        self.wait_quiet()
        letters = self.ctl.json_lines("dead", "list")
        self.assertEqual(len(letters), 1)
        self.assertEqual((letters[0]["reason"], letters[0]["field"]), ("malformed", "market"))
        self.assertIn("dunks", self.ctl.ok("dead", "list"))

    # --- act

    def test_regenerate_and_wait(self):
        before = self.versions("lebronjames")
        self.ctl.ok("regenerate", "--player", "LeBron James", "--date", self.date, "--wait")
        self.assertGreater(self.versions("lebronjames"), before)
        self.assertEqual(self.report("lebronjames")["causes"][0]["type"], "regenerate")
        out = self.ctl.ok("regenerate", "--team", "LAL", "--date", self.date, "--wait")
        self.assertRegex(out, r"completed 2/2 in [\d.]+ m?s, 0 failed|completed 2/2 in [\d.]+ m?s")
        self.assertRegex(self.ctl.ok("regenerate", "--slate", "--date", self.date, "--wait"), r"completed 3/3 in ")
        self.assertRegex(self.ctl.ok("regenerate", "--game", harness.game(self.date, "LAL@GSW"), "--wait"), r"completed 3/3 in ")

    def test_regenerate_goes_through_redis(self):
        before = self.r.xlen(self.key("regenerate"))
        self.ctl.ok("regenerate", "--player", "lebronjames", "--date", self.date, "--force", "--priority", "high")
        entry = self.r.xrevrange(self.key("regenerate"), count=1)[0][1]
        self.assertEqual(self.r.xlen(self.key("regenerate")), before + 1)
        self.assertEqual((entry[b"player_lookup"], entry[b"force"], entry[b"priority"]), (b"lebronjames", b"1", b"high"))
        self.wait_quiet()

    def test_regenerate_with_failures(self):
        self.daemon.configure({("processor", "load"): {"fail_rate": 1.0}, "regen": {"max_attempts": 1}})
        self.daemon.restart()
        self.ctl.ok("wait", "ready")
        status, out, err = self.ctl.run("regenerate", "--team", "LAL", "--date", self.date, "--wait")
        self.assertEqual(status, FAILED, out + err)
        self.assertRegex(out + err, r"completed 0/2 in .*, 2 failed")
        self.assertIn("lebronjames", out)
        self.assertIn("austinreaves", out)

    def test_regenerate_within_a_time(self):
        self.ctl.ok("pause")
        self.ends(TIMEOUT, "regenerate", "--player", "lebronjames", "--date", self.date, "--wait", "--timeout", "200ms")
        self.ctl.ok("resume")
        self.wait_quiet()

    def test_publish_to_each_stream(self):
        day = f"game_date={self.date}"
        self.ctl.ok("publish", "odds", "player_lookup=lebronjames", day, "market=points", "book=fanduel", "line=25.5", "over=-110")
        self.ctl.ok("publish", "injury", "player_lookup=austinreaves", day, "status=doubtful", "reason=left ankle")
        self.ctl.ok("publish", "lineup", "team=LAL", day, "starters=lebronjames,austinreaves")
        self.ctl.ok("publish", "slate", "player_lookup=gabevincent", day, "team=LAL", "status=active")
        self.ctl.ok("publish", "regenerate", "player_lookup=stephencurry", day)
        self.ctl.ok("wait", "idle")
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 25.5)
        self.assertEqual(self.report("austinreaves")["injury"], {"status": "doubtful", "reason": "left ankle"})
        self.assertIs(self.report("lebronjames")["starter"], True)
        self.assertEqual(self.report("gabevincent")["team"], "LAL")
        self.assertEqual(self.dead(), [])

    def test_publish_refuses_what_is_malformed(self):
        before = self.r.xlen(self.key("odds"))
        said = self.ctl.run("publish", "odds", "player_lookup=lebronjames", f"game_date={self.date}", "market=dunks", "book=x", "line=1.5")
        self.assertIn(said[0], (FAILED, USAGE))
        self.assertIn("dunks", said[2])
        self.assertEqual(self.r.xlen(self.key("odds")), before)

    def test_publish_refuses_what_lies_too_far_ahead(self):
        said = self.ctl.run("publish", "regenerate", "player_lookup=lebronjames", f"game_date={self.date}", "not_before=2099-01-01T00:00:00Z")
        self.assertEqual(said[0], 2)
        self.assertIn('not_before: "2099-01-01T00:00:00Z" is more than 30d ahead; ingest.max_delay allows no more', said[2])

    def test_a_slate_from_a_file(self):
        path = os.path.join(self.folder, "slate.ndjson")
        with open(path, "w") as out:
            out.write(json.dumps({"game_id": harness.game(self.date, "BOS@NYK"), "tip": harness.moment(self.date, "24:30"), "status": "scheduled"}) + "\n")
            out.write(json.dumps({"player_lookup": "Jayson Tatum", "game_date": self.date, "team": "BOS", "status": "active"}) + "\n")
        self.ctl.ok("slate", "load", path)
        self.wait_quiet()
        report = self.report("jaysontatum")
        self.assertEqual((report["team"], report["opponent"]), ("BOS", "NYK"))
        with open(path) as text:
            self.ctl.ok("slate", "load", "-", stdin=text.read())
        self.wait_quiet()

    def test_pause_and_resume(self):
        self.ctl.ok("pause")
        before = self.versions("lebronjames")
        self.regenerate("lebronjames")
        self.ends(TIMEOUT, "wait", "idle", "--timeout", "300ms")
        self.assertEqual(self.versions("lebronjames"), before)
        self.daemon.restart()
        self.ctl.ok("wait", "ready")
        self.ends(TIMEOUT, "wait", "idle", "--timeout", "300ms")
        self.ctl.ok("resume")
        self.ctl.ok("wait", "idle")
        self.assertGreater(self.versions("lebronjames"), before)

    def test_a_pause_holds_on_every_instance(self):
        other = self.propsd("b")
        other.ctl.ok("wait", "ready")
        self.ctl.ok("pause")
        harness.until(lambda: other.ctl.json("status")["paused"], "the other to know")
        before = self.versions("lebronjames", "austinreaves", "stephencurry")
        for player in ("lebronjames", "austinreaves", "stephencurry"):
            self.regenerate(player)
        self.assertEqual(self.ctl.run("wait", "idle", "--timeout", "1500ms")[0], TIMEOUT)
        self.assertEqual(self.versions("lebronjames", "austinreaves", "stephencurry"), before)
        other.ctl.ok("resume")
        self.wait_quiet()

    def test_workers(self):
        self.assertIn("2", self.ctl.ok("workers"))
        for count in (7, 1, 2):
            self.ctl.ok("workers", count)
            self.regenerate("lebronjames")
            self.wait_quiet()
        self.ends(USAGE, "workers", 0)
        self.ends(USAGE, "workers", 257)

    def test_prioritize_and_take_it_back(self):
        self.ctl.ok("prioritize", "LeBron James", "urgent", "--for", "1h")
        self.assertIn("lebronjames", str(self.r.hgetall(self.key("orders"))))
        self.ctl.ok("prioritize", "lebronjames", "none")
        harness.until(lambda: "lebronjames" not in str(self.r.hgetall(self.key("orders"))), "the order to be gone")

    def test_wait_idle(self):
        self.regenerate("lebronjames")
        self.ctl.ok("wait", "idle")
        self.assertEqual(self.unsettled(), "")

    def test_drain(self):
        self.daemon.now.asked = {0}
        self.ctl.ok("drain")
        self.assertEqual(self.daemon.now.wait_end(), 0)

    # --- what goes wrong

    def test_a_report_that_is_not_there(self):
        """Without a league any name may be one; a report is there or not."""
        self.assertIn("lebronjanes", self.ends(NOT_FOUND, "report", "lebronjanes", "--date", self.date))
        self.assertIn("2026-01-15", self.ends(NOT_FOUND, "report", "lebronjames", "--date", "2026-01-15"))

    def test_usage(self):
        for arguments in (["nonsense"], ["players", "--state", "asleep"], ["prioritize", "lebronjames", "top"], ["regenerate"],
                          ["regenerate", "--player"], ["wait", "forever"], ["wait", "idle", "--timeout", "soon"], ["publish", "odds", "x"],
                          ["publish", "weather", "a=b"], ["status", "--colour"], []):
            with self.subTest(arguments):
                self.ends(USAGE, *arguments)

    def test_every_command_has_help(self):
        for command in ("status", "players", "player", "report", "slate", "regenerate", "prioritize", "pause", "resume", "workers", "metrics",
                        "publish", "wait", "reload", "version", "import"):
            for arguments in ((command, "--help"), ("help", command)):
                self.assertIn(f"propsctl {command}", self.ctl.ok(*arguments))

    def test_without_a_daemon(self):
        nowhere = harness.Ctl(os.path.join(self.folder, "nobody.sock"))
        for arguments in (("status",), ("wait", "ready", "--timeout", "200ms")):
            status, out, err = nowhere.run(*arguments)
            self.assertIn(status, (UNREACHABLE, TIMEOUT) if arguments[0] == "wait" else (UNREACHABLE,))
            self.assertEqual(out, "")
        self.assertIn("nobody.sock", nowhere.run("status")[2])
        self.daemon.kill()
        status, _, err = self.ctl.run("status")
        self.assertEqual(status, UNREACHABLE, err)

    def test_the_status_socket_only_looks(self):
        look = harness.Ctl(os.path.join(self.daemon.folder, "status.sock"))
        self.assertTrue(look.ok("status"))
        self.assertTrue(look.ok("metrics"))
        status, _, err = look.run("pause")
        self.assertEqual(status, DENIED, err)
        self.assertEqual(look.run("workers", 3)[0], DENIED)
        self.assertEqual(look.run("regenerate", "--player", "lebronjames")[0], DENIED)

    def test_a_socket_that_one_may_not_use(self):
        if os.getuid() != 0:
            self.skipTest("only root can try as somebody else")
        os.chmod(self.folder, 0o755)
        os.chmod(self.daemon.folder, 0o755)
        done = subprocess.run([harness.built("propsctl"), "--socket", self.daemon.socket, "status"], user="nobody", group="nogroup",
                              extra_groups=[], capture_output=True, text=True, timeout=harness.DEADLINE * harness.SLOW)
        self.assertEqual(done.returncode, DENIED, done.stderr)

    def test_the_socket_from_the_environment(self):
        status, out, err = harness.Ctl("/nonexistent").run("version", environment={"PROPSCTL_SOCKET": self.daemon.socket})
        self.assertNotEqual(status, DONE, "the option wins")
        done = subprocess.run([harness.built("propsctl"), "status"], env={"PROPSCTL_SOCKET": self.daemon.socket}, capture_output=True,
                              timeout=harness.DEADLINE * harness.SLOW)
        self.assertEqual(done.returncode, DONE)

    def test_nothing_of_it_hurt_the_books(self):
        self.ctl.ok("regenerate", "--slate", "--date", self.date, "--wait")
        self.ctl.ok("wait", "idle")
        self.assertEqual(list(oracle.check_books(self.daemon)), [])


if __name__ == "__main__":
    unittest.main()
