"""script/run as a newcomer starts it, on the sample league, as fast as it goes."""
import glob
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import house

RUN = os.path.join(house.SOURCE, "script", "run")
for number in (signal.SIGINT, signal.SIGTERM):  # a shell cannot catch what it was told to ignore
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)


def processes_of(folder):
    """Command lines of all that run below the folder."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                line = file.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in line and f"/{os.getpid()}/" not in path:
            found.append(line)
    return found


@unittest.skipUnless(os.path.realpath(house.BUILD) == os.path.realpath(os.path.join(house.SOURCE, "build", "release")),
                     "script/run is for the release build")
class Run(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="propsd-house-")
        # Too deep for a Unix socket, and with a blank in it.
        self.folder = os.path.join(self.top, "a folder", "deep" * 25)
        self.addCleanup(shutil.rmtree, self.top)

    def run_it(self, *arguments):
        return subprocess.run([RUN, "--dir", self.folder, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=900)

    def assert_all_ended(self, why=None):
        """Nobody tells of the end of processes that are not ours."""
        end = time.monotonic() + 60
        while processes_of(self.folder) and time.monotonic() < end:
            time.sleep(0.02)
        self.assertEqual(processes_of(self.folder), [], why)

    def test_a_night_ends_with_its_reports_and_without_processes(self):
        done = self.run_it("--speed", "max", "--workers", "2")
        self.assertEqual(done.returncode, 0, done.stdout)
        reports = glob.glob(os.path.join(self.folder, "reports", "*", "*.json"))
        self.assertGreater(len(reports), 100)
        for path in reports:
            with open(path, encoding="utf-8") as file:
                report = json.load(file)
            self.assertEqual(os.path.basename(path), report["player_lookup"] + ".json")
        self.assertIn("0 letters", done.stdout)
        for line in done.stdout.splitlines():
            self.assertTrue(len(line) < 80 or self.folder in line or house.SOURCE in line, line)  # paths are whole
        self.assert_all_ended()

    def test_kept_processes_answer_and_are_ended_by_stop(self):
        # Short enough for the sockets to lie in it, with all that a URL, a configuration and a shell take apart.
        self.folder = os.path.join(self.top, "50%41 o'ne \"two\"")
        done = self.run_it("--speed", "max", "--keep")
        try:
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertEqual(len(processes_of(self.folder)), 2, processes_of(self.folder))  # redis-server and propsd
            again = self.run_it()
            self.assertEqual(again.returncode, 1)
            self.assertIn("script/run --stop", again.stdout)
        finally:
            stopped = self.run_it("--stop")
        self.assertEqual(stopped.returncode, 0)
        self.assertIn("propsd", stopped.stdout)
        self.assertIn("redis-server", stopped.stdout)
        self.assert_all_ended()

    def test_an_interrupt_leaves_no_process(self):
        for what in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with subprocess.Popen([RUN, "--dir", self.folder, "--speed", "100"], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, start_new_session=True) as child:
                for line in child.stdout:
                    if line.startswith("night "):
                        break
                child.send_signal(what)
                child.stdout.read()
            self.assertNotEqual(child.returncode, 0)
            self.assert_all_ended(what)

    def test_a_folder_of_others_is_left_alone(self):
        os.makedirs(self.folder)
        mine = os.path.join(self.folder, "mine")
        with open(mine, "w", encoding="ascii"):
            pass
        done = self.run_it()
        self.assertEqual(done.returncode, 1)
        self.assertIn("has files in it", done.stdout)
        self.assertTrue(os.path.exists(mine))

    def test_a_model_of_ones_own_runs_before_the_report(self):
        model = os.path.join(self.top, "my model.py")
        with open(model, "w", encoding="ascii") as file:
            file.write("def project(player_lookup, game_date, job):\n"
                       "    assert not job['live'].get('quotes')\n"
                       "    return {'markets': {'points': {'mean': 21.25, 'sd': 5}}, 'mine': player_lookup}\n")
        done = self.run_it("--speed", "max", "--model", model + ":project", "--children", "2")
        self.assertEqual(done.returncode, 0, done.stdout)
        paths = glob.glob(os.path.join(self.folder, "reports", "*", "*.json"))
        self.assertRegex(done.stdout, rf"(?m)^model +[\d,]+ runs for 19,904 events, .* 0 failed\n +its output is in {len(paths)} of {len(paths)} rep")
        for path in paths:
            with open(path, encoding="utf-8") as file:
                report = json.load(file)
            self.assertEqual(report["precompute"]["mine"], report["player_lookup"])
            if report["status"] == "ok":
                self.assertEqual(report["markets"]["points"]["mean"], 21.25)
        self.assert_all_ended()

    def test_a_model_that_does_not_start_ends_the_night(self):
        model = os.path.join(self.top, "model.py")
        with open(model, "w", encoding="ascii") as file:
            file.write("raise SystemExit('the warehouse is away')\n")
        done = self.run_it("--model", model)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("script/run: the model is down: its child ended with status 1 before its hello; it said: the warehouse is away",
                      done.stdout)
        self.assert_all_ended()

    def test_what_is_wrong_is_said(self):
        for arguments, words in ((["/nowhere"], "/nowhere: there is no such folder"), (["--workers", "0"], "1 to 256"),
                                 (["--speed", "fast"], "a number above 0, or max"), ([house.SOURCE], "no night in it"),
                                 (["--phase", "report"], "name it with --model"), (["--model", "/nowhere.py"], "there is no file /nowhere.py"),
                                 (["--model", __file__, "--children", "0"], "1 to 1024")):
            done = self.run_it(*arguments)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(words, done.stdout)


if __name__ == "__main__":
    unittest.main()
