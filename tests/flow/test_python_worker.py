"""Functions in Python behind a real propsd, by propsd_worker.py: one that knows nothing of it, numpy in many children, and
reports that are the same whoever made them."""
import json
import os
import subprocess
import sys
import unittest

import harness

HELPER = os.path.join(harness.SOURCE, "worker")
UNCHANGED = '''
import os
os.write(1, b"this is no reply\\n")
print("neither is this")
def generate_player_report(player_lookup, game_date):
    print("making a report for", player_lookup)
    return {"player_lookup": player_lookup, "game_date": game_date, "markets": {"points": {"mean": 27.4, "sd": 6.1}}}
'''
NUMPY = '''
import numpy as np
def generate_player_report(player_lookup, game_date):
    print("numpy", np.__version__)
    draws = np.random.default_rng(list(player_lookup.encode())).normal(25, 6, (200, 200))
    figures = draws @ draws.T
    return {"player_lookup": player_lookup, "points": {"mean": draws.mean(), "sd": draws.std()}, "trace": np.trace(figures),
            "pmf": np.histogram(draws, bins=20)[0] / draws.size, "n": np.int64(draws.size), "any": (draws > 40).any()}
'''
SCRIPT = '''
import propsd_worker
@propsd_worker.setup
def load():
    global mean
    mean = 25.5
def project(player_lookup, game_date, job):
    if player_lookup == "nobody":
        raise propsd_worker.PermanentError("no games in the warehouse")
    if player_lookup == "unlucky":
        return {}["points"]
    if player_lookup == "nan":
        return {"markets": {"points": {"mean": float("nan")}}}
    return {"mean": mean, "out": [mate for mate, status in job["live"]["mates"].items() if status == "out"]}
if __name__ == "__main__":
    propsd_worker.serve(project%s)
'''


class PythonWorker(harness.Night):
    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def mine(self, command, name="a", **options):
        return self.propsd(name, {("processor", "mine"): {"type": "exec", "command": ["/usr/bin/python3", "-B", *command],
                                                          "environment": [f"PYTHONPATH={HELPER}"], "children": 2, **options},
                                  "report": {"processor": "mine"}, "regen": {"max_attempts": 2, "back_off": "50ms"}})

    def test_a_function_that_prints_runs_unchanged(self):
        path = self.write("model.py", UNCHANGED)
        daemon = self.mine(["-m", "propsd_worker", path + ":generate_player_report"])
        self.injury("lebronjames", "questionable")
        self.wait_quiet()
        report = self.report("lebronjames")
        self.assertEqual(report["markets"], {"points": {"mean": 27.4, "sd": 6.1}})
        self.assertEqual((report["player_lookup"], report["game_date"], report["processor"]), ("lebronjames", self.date, "mine"))
        for words in ("this is no reply", "neither is this", "player=lebronjames: making a report for lebronjames"):
            self.assertIn(words, daemon.wait_log(words))
        self.assertEqual(self.dead(), [])

    def test_numpy_in_eight_children_equals_one_pass_by_hand(self):
        if subprocess.run(["/usr/bin/python3", "-c", "import numpy"], stderr=subprocess.DEVNULL).returncode:
            self.skipTest("python3-numpy is not installed")
        path = self.write("model.py", NUMPY)
        target = path + ":generate_player_report"
        players = [f"player{chr(ord('a') + n)}" for n in range(20)]
        found = []
        for name, options in (("one", {"children": 1}), ("eight", {"children": 8, "min_children": 8}),
                              ("forked", {"children": 1, "prefork": "8"})):
            forks = options.pop("prefork", None)
            daemon = self.mine(["-m", "propsd_worker", target, *(["--prefork", forks] if forks else [])], name=name, **options)
            for player in players:
                self.regenerate(player)
            self.wait_quiet()
            self.assertEqual(self.dead(), [])
            found.append([self.plain(player) for player in players])
            daemon.stop()
            self.r.flushall()
        self.assertEqual(found[0], found[1])
        self.assertEqual(found[0], found[2])
        by_hand = subprocess.run([sys.executable, "-B", "-m", "propsd_worker", target, "--try", players[3], self.date],
                                 env={**os.environ, "PYTHONPATH": HELPER, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                                 capture_output=True, text=True, check=True)
        self.assertEqual({**json.loads(by_hand.stdout), "game_date": self.date}, found[0][3])

    def test_the_sample_worker_runs_before_the_report(self):
        games = self.write("games.csv", "player_lookup,game_date,points,rebounds,assists\n" + "".join(
            f"ann,2020-01-{day:02},{20 + day},8,{day}\n" for day in range(1, 11)))
        self.propsd(changes={("processor", "mine"): {"type": "exec", "children": 1, "environment": [f"PYTHONPATH={HELPER}", f"GAMES={games}"],
                                                     "command": ["/usr/bin/python3", "-B", os.path.join(HELPER, "sample_worker.py")]},
                             "precompute": {"processor": "mine"}, "report": {"processor": "builtin"}})
        self.seat("LAL@GSW", LAL=["ann", "bob"])
        self.odds("ann", line="20.5", over="-110", under="-110")
        report = self.wait_report("ann", lambda report: {"mean", "books"} <= set(report.get("markets", {}).get("points", {})),
                                  "figures of the worker")
        points = report["markets"]["points"]
        self.assertEqual((points["mean"], points["books"]["fanduel"]["line"]), (25.5, 20.5))
        self.assertGreater(points["books"]["fanduel"]["p_over"], 0.8)
        self.assertEqual(report["precompute"]["games"], 10)
        self.injury("bob", "out")
        self.wait_report("ann", lambda report: report["precompute"]["mates_out"] == ["bob"], "the run for his team-mate")

    def plain(self, player):
        """The report without what differs from run to run."""
        return {key: value for key, value in self.report(player).items()
                if key not in ("attempt", "causes", "generated_at", "processor", "version")}

    def test_what_the_function_says_reaches_the_letter(self):
        for n, how in enumerate(("", ", concurrency=4", ", prefork=4")):
            with self.subTest(how):
                daemon = self.mine([self.write("worker.py", SCRIPT % how)], name=f"w{n}")
                self.seat("LAL@GSW", LAL=["lebronjames", "anthonydavis"])
                self.injury("anthonydavis", "out")
                for player in ("nobody", "unlucky", "nan"):
                    self.regenerate(player)
                self.wait_quiet()
                letters = {letter["players"]: letter for _, letter in self.dead()}
                self.assertEqual((letters["nobody"]["error"], letters["nobody"]["attempts"]), ("no games in the warehouse", "1"))
                self.assertRegex(letters["unlucky"]["error"], r"^KeyError: 'points', at [\w/.-]*worker.py:\d+ in project$")
                self.assertEqual(letters["unlucky"]["attempts"], "2")
                self.assertTrue(letters["nan"]["error"].startswith("markets.points.mean is NaN"), letters["nan"])
                report = self.report("lebronjames")
                self.assertEqual((report["mean"], report["out"]), (25.5, ["anthonydavis"]))
                daemon.stop()
                self.r.flushall()


if __name__ == "__main__":
    unittest.main()
