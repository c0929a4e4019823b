"""A user's program as a processor: what it may do, what it may break, and that nothing of it is left behind."""
import json
import os
import signal
import unittest

import harness
import oracle

BEHAVE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "behave.py")


class Exec(harness.Night):
    def mine(self, environment=(), name="a", **options):
        """An instance whose reports behave.py makes."""
        options.setdefault("children", 2)
        options.setdefault("timeout", "1h")
        changes = {("processor", "mine"): {"type": "exec", "command": ["/usr/bin/python3", BEHAVE],
                                           "environment": [f"MARK={self.folder}", f"GATE={self.gate}", *environment],
                                           **options},
                   "report": {"processor": "mine"},
                   "regen": {"max_attempts": 3, "back_off": "50ms"}}
        return self.propsd(name, changes)

    @staticmethod
    def children(daemon):
        """(pid, state) of all children of the daemon."""
        pid = daemon.now.pid
        found = []
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            for child in file.read().split():
                try:
                    with open(f"/proc/{child}/stat") as stat:
                        found.append((int(child), stat.read().rsplit(")", 1)[1].split()[0]))
                except OSError:
                    continue
        return found

    @staticmethod
    def descriptors(daemon):
        return len(os.listdir(f"/proc/{daemon.now.pid}/fd"))

    def clean(self, daemon):
        """No zombie, no process beyond the children, and as many descriptors as these need."""
        def look():
            children = self.children(daemon)
            alive = self.marked()
            return (not [c for c in children if c[1] == "Z"] and sorted(alive) == sorted(c[0] for c in children)
                    and len(children) <= 3 and self.descriptors(daemon) < 60)
        harness.until(look, lambda: f"nothing left over: children {self.children(daemon)}, marked {self.marked()}, "
                                    f"{self.descriptors(daemon)} descriptors")

    def test_reports_are_the_users_with_ours_around(self):
        daemon = self.mine(directory=self.folder, threads=3, cpu=1, memory="")
        self.seat("LAL@GSW", LAL=["request", "ann"], GSW=["bob"])
        self.injury("request", "questionable", reason="ankle")
        self.injury("ann", "out")
        self.odds("request", line="27.5", over="-110", under="-110")
        self.wait_quiet()
        report = self.report("request")
        asked = report["request"]
        self.assertEqual((report["processor"], report["player_lookup"], report["team"], report["opponent"]),
                         ("mine", "request", "LAL", "GSW"))
        self.assertEqual((report["threads"], report["cwd"], report["mark"], report["cores"]), ("3", self.folder, self.folder, 1))
        self.assertEqual({key: asked[key] for key in ("v", "phase", "player_lookup", "game_date", "team", "opponent", "home",
                                                      "attempt", "version")},
                         {"v": 1, "phase": "report", "player_lookup": "request", "game_date": self.date, "team": "LAL",
                          "opponent": "GSW", "home": False, "attempt": 1, "version": report["version"]})
        self.assertEqual(asked["live"]["injury"], {"status": "questionable", "reason": "ankle"})
        self.assertEqual(asked["live"]["mates"], {"ann": "out"})
        self.assertEqual(asked["live"]["quotes"],
                         [{"market": "points", "book": "fanduel", "line": 27.5, "over": -110, "under": -110}])
        self.assertEqual(asked["causes"], report["causes"])
        self.regenerate("bob")
        self.wait_quiet()
        self.assertIn('"third":0.30000000000000004'.encode(), self.report_text("bob").replace(b": ", b":"))
        self.clean(daemon)

    def test_what_children_break_is_mended_or_told(self):
        """Each breaks something once, or for good; the others are served, and nothing stays behind."""
        daemon = self.mine(timeout="10s", memory="300M", children=2)
        self.regenerate("warmup")
        self.wait_quiet()
        mended = ["killed", "stopped", "closesstdin", "printsmuch", "longline", "grandchild", "session", "partial", "unknownid",
                  "twice", "grows", "noid", "ignoressigterm"]
        told = {"fails": ("no games in the warehouse", "3"), "failsforgood": ("no such player", "1"),
                "wrongplayer": ('player_lookup "somebody" where the request has "wrongplayer"', "1"),
                "wrongkey": ('"version", which is propsd\'s own', "1"), "nojson": ("no JSON", "1"),
                "list": ("a report is an object", "1"), "killedalways": ("was killed by signal 9", "3")}
        for player in [*mended, *told]:
            self.regenerate(player)
        self.regenerate("ann")
        self.wait_quiet()
        letters = {letter["players"]: letter for _, letter in self.dead()}
        for player in [*mended, "ann"]:
            self.assertNotIn(player, letters, player)
            self.assertEqual(self.report(player)["third"], 0.30000000000000004)
        for player, (error, attempts) in told.items():
            self.assertIn(error, letters[player]["error"], player)
            self.assertEqual((letters[player]["reason"], letters[player]["attempts"]), ("failed", attempts), player)
        self.clean(daemon)
        self.assertEqual(list(oracle.check_books(daemon)), [])
        daemon.stop()
        harness.until(lambda: not self.marked(), lambda: f"all to end: {self.marked()}")

    def test_a_timeout_names_itself(self):
        self.mine(timeout="300ms")
        letter = self.letter_of("regenerate", self.regenerate("hangs"))
        self.assertIn("took longer than timeout = 300ms", letter["error"])
        self.wait_quiet()

    def test_a_program_that_cannot_start_holds_jobs_back_and_says_why(self):
        cases = [(["START=dies"], "", "ended with status 3 before its hello; it said: cannot find the model"),
                 (["START=silent"], "200ms", "said no hello within start_timeout = 200ms"),
                 (["START=prints"], "", 'no reply on its standard output: "Loading model..."')]
        for n, (environment, start_timeout, why) in enumerate(cases):
            with self.subTest(why):
                daemon = self.mine(environment, name=f"bad{n}", **({"start_timeout": start_timeout} if start_timeout else {}))
                self.regenerate("ann")
                self.assertIn(why, daemon.wait_log("before its hello"))
                self.assertEqual(self.dead(), [])
                self.assertIsNone(self.report_text("ann"))
                daemon.kill()
                harness.until(lambda: not self.marked(), "children die with the daemon")
        self.mine()
        self.wait_quiet()
        self.assertIn("third", self.report("ann"))

    def test_a_program_that_is_not_there(self):
        daemon = self.propsd(changes={("processor", "mine"): {"type": "exec", "command": ["/no/such/program"]},
                                      "report": {"processor": "mine"}})
        self.regenerate("ann")
        self.assertIn("cannot run /no/such/program: No such file or directory", daemon.wait_log("before its hello"))

    def test_what_the_services_sandbox_does_is_named_by_its_option(self):
        """A service's processes find INVOCATION_ID; without it the words are the program's own."""
        said = {"code": ("PermissionError: [Errno 1] Operation not permitted", "MemoryDenyWriteExecute= or SystemCallFilter="),
                "forks": ("BlockingIOError: [Errno 11] Resource temporarily unavailable", "TasksMax="),
                "writes": ("OSError: [Errno 30] Read-only file system: '/opt/cache'", "ProtectSystem="),
                "home": ("FileNotFoundError: '/home/ada/model.bin'", "ProtectHome=")}
        changes = {("processor", name): {"type": "exec", "command": ["/bin/sh", "-c", f'echo "{words}" >&2; exit 1']}
                   for name, (words, _) in said.items()}
        self.environment["INVOCATION_ID"] = "0123456789abcdef0123456789abcdef"
        service = self.propsd(changes=changes)
        del self.environment["INVOCATION_ID"]
        alone = self.propsd("b", changes)
        for name, (words, option) in said.items():
            with self.subTest(name):
                for daemon in (service, alone):
                    status, out, err = daemon.ctl.run("processor", "test", name, "--player", "ann")
                    self.assertEqual(status, 1, out + err)
                    self.assertIn(words, err)
                    self.assertEqual(f"the service's {option}" in err, daemon is service, err)

    def test_kills_of_the_daemon_during_one_long_job(self):
        daemon = self.mine()
        self.regenerate("slow")
        for _ in range(20):
            harness.until(lambda: self.r.hlen(self.key("running")) == 1 and len(self.marked()) > 0, "the job to run")
            daemon.kill()
            harness.until(lambda: not self.marked(), "children die with the daemon")
            daemon.launch()
        # Nor is it waited for beyond a drain's limit, with a history that knows of the run.
        daemon.configure({"drain": {"limit": "10ms"}, "history": {"file": os.path.join(daemon.folder, "history.db")}})
        daemon.kill()
        before = self.r.hgetall(self.key("running"))
        daemon.start()
        harness.until(lambda: self.r.hgetall(self.key("running")) not in (before, {}) and len(self.marked()) > 0, "the job to run")
        daemon.stop()
        harness.until(lambda: not self.marked(), "children die with the daemon")
        daemon.start()
        self.open_gate()
        self.wait_quiet()
        self.assertEqual(self.dead(), [])
        self.assertIn("third", self.report("slow"))

    def test_a_reload_that_leaves_it_alone_keeps_the_children(self):
        daemon = self.mine(min_children=1, children=1)

        def pids():
            return [pid for pid, _ in self.children(daemon)]
        self.regenerate("ann")
        self.wait_quiet()
        before = pids()
        daemon.configure({"drain": {"limit": "19s"}})
        daemon.reload()
        self.regenerate("bob")
        self.wait_quiet()
        self.assertEqual(pids(), before)
        self.assertEqual(daemon.ctl.json("status")["redis"]["reconnects"], 0)
        daemon.configure({("processor", "mine"): {"type": "exec", "command": ["/usr/bin/python3", BEHAVE], "children": 1,
                                                  "min_children": 1, "environment": [f"MARK={self.folder}", "NEW=1"]}})
        daemon.reload()
        self.regenerate("cid")
        self.wait_quiet()
        self.assertNotEqual(pids(), before)
        self.clean(daemon)

    def test_lines_of_a_megabyte(self):
        self.mine(children=1)
        self.seat("LAL@GSW", LAL=["big"])
        self.wait_quiet()
        self.assertEqual(len(self.report("big")["pad"]), 1 << 20)

    def test_per_job_and_recycled(self):
        for n, options in enumerate([{"per_job": "yes"}, {"recycle_jobs": 2}]):
            daemon = self.mine(name=f"r{n}", **options)
            for player in [f"p{k}" for k in range(12)]:
                self.regenerate(player)
            self.wait_quiet()
            self.clean(daemon)
            daemon.stop()
        harness.until(lambda: not self.marked(), lambda: f"all to end: {self.marked()}")

    def test_many_at_a_time_in_one_child(self):
        daemon = self.mine(["CONCURRENCY=8"], children=1)
        for player in [f"p{k}" for k in range(40)]:
            self.regenerate(player)
        self.wait_quiet()
        self.assertEqual(len(self.children(daemon)), 1)
        self.assertEqual(self.dead(), [])

    def test_reports_are_the_same_however_they_were_made(self):
        """One child, eight, and a kill in the middle: the same bytes, after the keys that say when and why."""
        players, found = [f"p{k}" for k in range(20)], []

        def told(player):
            report = self.report(player)
            return json.dumps({k: v for k, v in report.items()
                               if k not in ("generated_at", "version", "attempt", "causes", "processor")}, sort_keys=True)
        for n, children in enumerate((1, 8, 8)):
            daemon = self.mine(name=f"s{n}", children=children)
            for k, player in enumerate(players):
                self.odds(player, line=f"{k}.5", over="-110", under="-110")
            if n == 2:
                harness.until(lambda: self.r.exists(self.key("reports")), "a report")
                daemon.kill()
                daemon.start()  # what is left may be nothing, and the end would come before it minds signals
            self.wait_quiet()
            found.append([told(player) for player in players])
            daemon.stop()
            self.r.flushall()
        self.assertEqual(found[1], found[0])
        self.assertEqual(found[2], found[0])
        self.assertEqual(json.loads(found[0][7]), {"player_lookup": "p7", "game_date": self.date, "line": 7.5, "third": 0.1 + 0.2})

    def test_odds_of_one_poll_are_one_run(self):
        def version():
            return int(self.r.hget(self.key("day:" + self.date), "v") or 0)
        self.mine(settle="2s")
        self.regenerate("warmup")  # its start is no reason to wait
        self.wait_quiet()
        followed, first = self.notices(), 0
        while True:
            numbers, known = [], len(followed.all)
            for line in range(first, first + 10):  # each is applied before the next one comes
                before = version()
                numbers.append(self.odds("ann", line=f"{line}.5", over="-110", under="-110"))
                harness.until(lambda: version() > before, "it to be applied")
            self.wait_quiet()
            followed.more(1)
            self.assertEqual(self.report("ann")["line"], first + 9.5)
            commits = [number for number, _ in followed.all[known:]]
            if len(commits) == 1:
                break
            # All of them took longer than the first was to wait for others; and it did wait.
            self.assertGreater(oracle.order(commits[0])[0] - oracle.order(numbers[0])[0], 2000)
            first += 10
        self.odds("bob", line="1.5", over="-110", under="-110", priority="urgent")
        self.wait_report("bob", lambda report: True)

    def test_wrap_no_stores_the_bytes_as_they_came(self):
        self.mine(wrap="no")
        self.regenerate("ann")
        self.wait_quiet()
        self.assertEqual(self.report_text("ann"), b'{"player_lookup": "ann", "line": null, "third": 0.30000000000000004}')


if __name__ == "__main__":
    unittest.main()
