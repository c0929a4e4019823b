"""propsd.conf: what is wrong is said with file, line and what is allowed; a reload takes all of a file or nothing of it."""
import subprocess
import unittest

import harness


class CheckConfig(harness.Night):
    def check(self, text=None, changes=None):
        """(status, what was said)"""
        daemon = self.propsd(f"x{len(self.daemons)}", changes, start=False)
        if text is not None:
            daemon.write(text)
        done = subprocess.run(daemon.command("--check-config"), capture_output=True, text=True,
                              timeout=harness.DEADLINE * harness.SLOW, env=harness.sanitizer_environment())
        return done.returncode, done.stdout + done.stderr, daemon.config_path

    def refuses(self, text, line, *words):
        status, said, path = self.check(text)
        self.assertEqual(status, 78, said)
        self.assertIn(f"{path}:{line}" if line else path, said)
        for word in words:
            self.assertIn(word, said)

    def test_a_good_file(self):
        status, said, _ = self.check()
        self.assertEqual(status, 0, said)

    def test_the_file_that_is_installed(self):
        with open(harness.SOURCE + "/etc/propsd.conf") as installed:
            status, said, _ = self.check(installed.read())
        self.assertEqual(status, 0, said)

    def test_an_empty_file_is_all_defaults(self):
        status, said, _ = self.check("")
        self.assertEqual(status, 0, said)

    def test_an_unknown_key(self):
        self.refuses('pool {\n\tworker = "2"\n}\n', 2, "worker")

    def test_an_unknown_section(self):
        self.refuses('instance = "a"\npools {\n}\n', 2, "pools")

    def test_values_out_of_range(self):
        self.refuses('pool {\n\tworkers = "257"\n}\n', 2, "workers", "257", "256")
        self.refuses('pool {\n\tworkers = "many"\n}\n', 2, "workers", "many", "auto")
        self.refuses('pool {\n\n\taging = "soon"\n}\n', 3, "aging", "soon")
        self.refuses('pool {\n\taging = "5"\n}\n', 2, "aging")
        self.refuses('ingest {\n\tpast = "maybe"\n}\n', 2, "past", "maybe", "accept", "refuse")
        self.refuses('redis {\n\turl = "http://here"\n}\n', 2, "url", "http://here", "redis://")
        self.refuses('league {\n\tmax_memory = "12X"\n}\n', 2, "max_memory", "12X")
        self.refuses('processor "x" {\n\ttype = "magic"\n}\n', 2, "type", "magic", "synthetic")
        self.refuses('processor "x" {\n\ttype = "synthetic"\n\tfail_rate = 2.0\n}\n', 3, "fail_rate", "2")
        self.refuses('tier "x" {\n\tpriority = "top"\n}\n', 2, "priority", "top", "urgent")

    def test_a_processor_that_is_not_there(self):
        self.refuses('report {\n\tprocessor = "nobody"\n}\n', 2, "nobody")

    def test_what_is_no_configuration_at_all(self):
        self.refuses("pool {\n", None)
        self.refuses("= = =\n", None)
        self.refuses("\x00\x01\x02", None)

    def test_a_file_that_is_not_there(self):
        daemon = self.propsd(start=False)
        done = subprocess.run([*daemon.command()[:-1], "/nonexistent/propsd.conf", "--check-config"], capture_output=True, text=True,
                              timeout=harness.DEADLINE * harness.SLOW, env=harness.sanitizer_environment())
        self.assertEqual(done.returncode, 78)
        self.assertIn("/nonexistent/propsd.conf", done.stderr)

    def test_a_daemon_does_not_start_with_a_bad_file(self):
        daemon = self.propsd(start=False)
        daemon.write("pool {\n\tworkers = \"0\"\n}\n")
        daemon.launch()
        self.assertIn(":2", daemon.ends_with(78))

    def test_arguments(self):
        daemon = self.propsd(start=False)
        program = daemon.command()[:-2]
        for arguments, status in ((["--help"], 0), (["--version"], 0), (["--colour"], 2), (["--config"], 2), (["extra"], 2)):
            done = subprocess.run(program + arguments, capture_output=True, text=True, timeout=harness.DEADLINE * harness.SLOW,
                                  env=harness.sanitizer_environment())
            self.assertEqual(done.returncode, status, (arguments, done.stderr))
            self.assertTrue(done.stdout if status == 0 else done.stderr)


class Reload(harness.Night):
    def test_sighup_takes_what_changed(self):
        daemon = self.propsd()
        before = threads(daemon)
        daemon.configure({"pool": {"workers": "5"}})
        daemon.reload()
        harness.until(lambda: threads(daemon) == before + 3, "three more workers")
        self.regenerate("lebronjames")
        self.wait_report("lebronjames", lambda report: True)

    def test_a_bad_file_changes_nothing(self):
        daemon = self.propsd()
        before = threads(daemon)
        with open(daemon.config_path) as config:
            good = config.read()
        daemon.write(good.replace('workers = "2"', 'workers = "6"') + "\nnonsense = 1\n")
        status, _, said = daemon.ctl.run("reload")
        self.assertEqual(status, 1)
        self.assertIn("nonsense", said)
        daemon.reload()  # by signal: it says RELOADING and READY, and goes on as it was
        daemon.wait_log("nonsense")
        self.assertEqual(threads(daemon), before)
        self.regenerate("lebronjames")
        self.wait_report("lebronjames", lambda report: True)
        daemon.write(good)
        daemon.ctl.ok("reload")

    def test_what_needs_a_restart_is_said(self):
        daemon = self.propsd()
        daemon.configure({"redis": {"group": "others"}})
        daemon.ctl.ok("reload")
        daemon.wait_log("redis.group")
        for _ in range(2):  # it waits still, and is said again, at the next reload
            shown = {option["key"]: option for option in daemon.ctl.json("config", "show")["options"]}["redis.group"]
            self.assertEqual((shown["value"], shown["waits"]), ("propsd", "others"))
            self.assertIn("propsd (after a restart: others)", daemon.ctl.ok("config", "show"))
            self.assertEqual(daemon.ctl.json("reload")["restart"], 1)
        daemon.configure({"redis": {"group": "propsd"}})
        self.assertEqual(daemon.ctl.json("reload")["restart"], 0)
        self.assertNotIn("after a restart", daemon.ctl.ok("config", "show"))
        self.regenerate("lebronjames")
        self.wait_report("lebronjames", lambda report: True)

    def test_a_reload_in_the_middle_of_work_loses_nothing(self):
        daemon = self.propsd(changes={("processor", "load"): {"spin_us": 2000}})
        followed = self.notices()
        self.add_all([("regenerate", {"player_lookup": f"p{n:03}", "game_date": self.date}) for n in range(300)])
        for n, workers in enumerate((1, 8, 3, 2)):
            followed.wait_count(20 * (n + 1))
            daemon.configure({"pool": {"workers": str(workers)}})
            daemon.reload()
        followed.wait_count(300)
        self.wait_quiet()
        self.assertEqual(len(set(followed.players())), 300)


def threads(daemon):
    with open(f"/proc/{daemon.now.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("Threads:"))


if __name__ == "__main__":
    unittest.main()
