"""propsctl validate against a real propsd: equal where both make the same, what differs and by how much where they do not,
and nothing committed by it."""
import json
import os
import re
import unittest

import harness

HELPER = os.path.join(harness.SOURCE, "worker")
MODEL = '''
import os, time
def project(player_lookup, game_date, job):
    shift = float(os.environ.get("SHIFT", "0"))
    if player_lookup == os.environ.get("FAILS"):
        raise ValueError("the warehouse is away")
    gate = os.environ.get("GATE")
    if gate:
        open(gate + ".here", "w").close()
        while not os.path.exists(gate):
            time.sleep(0.005)  # told by nobody
    mean = 20 + len(player_lookup) + shift
    if job["phase"] == "precompute":
        return {"markets": {"points": {"mean": mean, "sd": 6}}}
    quotes = {quote["book"]: quote["line"] for quote in job["live"].get("quotes", [])}
    return {"markets": {"points": {"mean": mean, "sd": 6.5, "lines": quotes}}, "notes": ["by", "hand"]}
'''
ROSTER = {"LAL": ["ann", "bob", "cid"], "GSW": ["dora", "emil", "fritz"]}
PLAYERS = sorted(name for names in ROSTER.values() for name in names)


class Validate(harness.Night):
    def with_model(self, report="mine", others=None, **more):
        path = os.path.join(self.folder, "model.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(MODEL)
        command = ["/usr/bin/python3", "-B", "-m", "propsd_worker", path + ":project"]
        changes = {("processor", name): {"type": "exec", "command": command, "environment": [f"PYTHONPATH={HELPER}", *environment]}
                   for name, environment in {"mine": [], **(others or {})}.items()}
        daemon = self.propsd(changes={**changes, "report": {"processor": report}, "regen": {"max_attempts": 1}, **more})
        self.seat("LAL@GSW", **ROSTER)
        for name in PLAYERS:
            self.odds(name, line="19.5", over="-110", under="-110")
        self.wait_quiet()
        return daemon

    @property
    def results(self):
        return os.path.join(self.folder, "state", "validate.jsonl")

    def validate(self, daemon, *arguments):
        """(exit status, what it says as JSON)"""
        status, out, err = daemon.ctl.run("--json", "validate", "--date", self.date, "--results", self.results, *arguments)
        self.assertEqual(err if status == 0 else "", "")
        return status, json.loads(out.splitlines()[-1])

    def keys(self):
        """What stands in Redis, but for what a daemon with nothing to do writes from time to time too: who lives, who watches a
        date, when a book was last heard."""
        def stands(key):
            if self.r.type(key) != b"stream":
                return self.r.dump(key)
            return self.r.xrange(key), [(group["name"], group["pending"], group["last-delivered-id"]) for group in self.r.xinfo_groups(key)]
        return {key: stands(key) for key in self.r.keys("*")
                if not re.search(rb":(instance|reader|clock|workers?|watch|books)\b|:instances?:", key)}

    def test_a_sample_equals_what_is_committed_and_commits_nothing(self):
        daemon = self.with_model()
        before = self.keys(), self.versions(*PLAYERS)
        status, said = self.validate(daemon, "--sample", "4", "--seed", "7")
        self.assertEqual((status, said["equal"], said["different"], said["failed"], said["moved"]), (0, 4, 0, 0, 0), said)
        self.assertEqual((said["population"], said["first"], said["second"], said["phase"]), (6, "mine", "committed", "report"))
        self.assertEqual((self.keys(), self.versions(*PLAYERS)), before)
        self.assertEqual(len(set(said["sampled"])), 4)
        self.assertEqual(self.validate(daemon, "--sample", "4", "--seed", "7")[1]["sampled"], said["sampled"])
        self.assertNotEqual(self.validate(daemon, "--sample", "4", "--seed", "8")[1]["sampled"], said["sampled"])
        status, all_of_them = self.validate(daemon, "--sample", "100")
        self.assertEqual((status, sorted(all_of_them["sampled"])), (0, PLAYERS))
        seed = all_of_them["seed"]
        self.assertEqual(self.validate(daemon, "--sample", "100", "--seed", str(seed))[1]["sampled"], all_of_them["sampled"])
        told = daemon.ctl.ok("validate", "--sample", "2", "--date", self.date, "--results", self.results)
        self.assertRegex(told, rf"\Acompared    2 of 6 players of {self.date}, seed \d+\n")

    def test_another_processor_differs_by_so_much(self):
        daemon = self.with_model(others={"other": ["SHIFT=0.5"], "same": [], "failing": ["FAILS=dora"]})
        status, said = self.validate(daemon, "--sample", "6", "--processor", "mine", "--against", "other")
        self.assertEqual((status, said["different"], said["equal"]), (1, 6, 0))
        ann = next(row for row in said["players"] if row["player"] == "ann")
        self.assertEqual(ann["differences"], [{"path": "$.markets.points.mean", "first": 23, "second": 23.5, "by": 0.5}])
        for arguments in (["--tolerance", "0.5"], ["--ignore", "mean"], ["--ignore", "x", "$.markets.*.mean", "y.z"],
                          ["--ignore", "a,markets"]):
            self.assertEqual(self.validate(daemon, "--sample", "6", "--processor", "mine", "--against", "other", *arguments)[0], 0)
        self.assertEqual(self.validate(daemon, "--sample", "6", "--processor", "mine", "--against", "same")[0], 0)
        # The configured one against what is committed is another question than the other one against it.
        self.assertEqual(self.validate(daemon, "--sample", "6", "--processor", "same")[0], 0)
        self.assertEqual(self.validate(daemon, "--sample", "6", "--processor", "other")[0], 1)
        status, said = self.validate(daemon, "--sample", "6", "--processor", "failing", "--against", "mine")
        self.assertEqual((status, said["equal"], said["failed"]), (1, 5, 1))
        self.assertRegex(said["players"][0]["error"], "^failing: ValueError: the warehouse is away")
        told = daemon.ctl.run("validate", "--date", self.date, "--results", self.results, "--sample", "1", "--seed", "3",
                              "--processor", "mine", "--against", "other")[1]
        self.assertRegex(told, r"different   1\n\n\w+ differs in 1 field\n  \$\.markets\.points\.mean  [\d.]+ / \d+\.5, by 0\.5\n\Z")

    def test_outputs_of_precompute(self):
        daemon = self.with_model("builtin", {"other": ["SHIFT=0.5"]}, precompute={"processor": "mine"})
        status, said = self.validate(daemon, "--sample", "6", "--processor", "mine")
        self.assertEqual((status, said["equal"], said["phase"], said["second"]), (0, 6, "precompute", "committed"), said)
        status, said = self.validate(daemon, "--sample", "6", "--processor", "other", "--phase", "precompute")
        self.assertEqual((status, said["different"]), (1, 6))
        status, said = self.validate(daemon, "--sample", "6", "--processor", "mine", "--against", "other")
        self.assertEqual((status, said["different"], said["phase"]), (1, 6, "precompute"))
        # And the reports that are made of the committed outputs.
        status, said = self.validate(daemon, "--sample", "6")
        self.assertEqual((status, said["equal"], said["first"]), (0, 6, "builtin"), said)

    def test_files_of_an_older_system(self):
        daemon = self.with_model()
        old = os.path.join(self.folder, "old")
        os.makedirs(os.path.join(old, self.date))

        def write(player, text):
            with open(os.path.join(old, self.date, player + ".json"), "w", encoding="utf-8") as file:
                file.write(text)

        self.assertEqual(self.validate(daemon, "--sample", "3", "--against", old)[0], 5)  # there is none
        for name in PLAYERS[:5]:  # what the function itself gives: nothing of what propsd puts around
            write(name, json.dumps({"markets": self.report(name)["markets"], "notes": ["by", "hand"]}))
        status, said = self.validate(daemon, "--sample", "6", "--against", old)
        self.assertEqual((status, said["equal"], said["skipped"]), (0, 5, 1), said)
        write("bob", json.dumps({"markets": {"points": {"mean": 23.25, "sd": "6.5"}}, "notes": ["by"], "more": None, "team": "GSW"}))
        status, said = self.validate(daemon, "--sample", "6", "--against", old)
        self.assertEqual((status, said["equal"], said["different"]), (1, 4, 1))
        self.assertEqual(sorted(said["players"][0]["differences"], key=lambda row: row["path"]), [
            {"path": "$.markets.points.lines", "first": {"fanduel": 19.5}},
            {"path": "$.markets.points.mean", "first": 23, "second": 23.25, "by": 0.25},
            {"path": "$.markets.points.sd", "first": 6.5, "second": "6.5"}, {"path": "$.more", "second": None},
            {"path": "$.notes[1]", "first": "hand"}, {"path": "$.team", "first": "LAL", "second": "GSW"}])
        write("bob", "{\n\n\"markets\":,}")
        status, said = self.validate(daemon, "--sample", "6", "--against", old)
        self.assertEqual(status, 1)
        self.assertRegex(said["error"], r"bob\.json:3: not JSON: ")

    def test_facts_that_move_in_between_are_no_difference(self):
        gate = os.path.join(self.folder, "gate")
        daemon = self.with_model(others={"gated": [f"GATE={gate}"]})
        done = harness.subprocess.Popen([harness.built("propsctl"), "--socket", daemon.socket, "--json", "validate", "--sample", "1",
                                         "--seed", "1", "--date", self.date, "--results", self.results, "--processor", "gated"],
                                        stdout=harness.subprocess.PIPE, text=True)
        harness.until(lambda: os.path.exists(gate + ".here"), "the job aside runs")
        for name in PLAYERS:  # it has read its facts
            self.odds(name, line="25.5", over="-110", under="-110")
        self.wait_quiet()
        with open(gate, "w"):
            pass
        out, _ = done.communicate(timeout=harness.DEADLINE * harness.SLOW)
        self.assertEqual((done.returncode, json.loads(out)["equal"]), (0, 1), out)

    def test_what_was_found_is_kept_and_put_together(self):
        daemon = self.with_model(others={"other": ["SHIFT=0.5"]})
        self.validate(daemon, "--sample", "6", "--seed", "1")
        self.validate(daemon, "--sample", "3", "--seed", "2")
        status, out, _ = daemon.ctl.run("validate", "--summary", "--days", "7", "--results", self.results)
        self.assertEqual(status, 0, out)
        self.assertIn("players     9 compared: 9 equal, 0 different\n", out)
        self.validate(daemon, "--sample", "2", "--seed", "3", "--processor", "mine", "--against", "other")
        status, out, _ = daemon.ctl.run("validate", "--summary", "--results", self.results, "--json")
        pairs = json.loads(out)["pairs"]
        self.assertEqual(status, 1)
        self.assertEqual([(pair["second"], pair["runs"], pair["equal"], pair["different"]) for pair in pairs],
                         [("committed", 2, 9, 0), ("other", 1, 0, 2)])
        self.assertEqual(pairs[1]["fields"], [{"path": "$.markets.points.mean", "players": 2}])
        with open(self.results, "a", encoding="utf-8") as file:
            file.write("half a li\n")
        self.assertIn("1 line of", daemon.ctl.run("validate", "--summary", "--results", self.results)[1])
        # Longer ago than asked for.
        with open(self.results, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file if line.startswith("{")]
        with open(self.results, "w", encoding="utf-8") as file:
            for line in lines:
                file.write(json.dumps({**line, "at_ms": line["at_ms"] - 8 * 86400 * 1000}) + "\n")
        self.assertIn("Nothing was validated in the last 7 days",
                      daemon.ctl.ok("validate", "--summary", "--results", self.results))
        self.assertIn("9 equal", daemon.ctl.run("validate", "--summary", "--days", "9", "--results", self.results)[1])

    def test_where_what_is_found_is_kept(self):
        daemon = self.with_model()
        state = os.path.join(self.folder, "of-the-unit")
        daemon.ctl.ok("validate", "--sample", "1", "--date", self.date, environment={"STATE_DIRECTORY": state})
        self.assertTrue(os.path.exists(os.path.join(state, "validate.jsonl")))
        # It does not grow for ever.
        path = os.path.join(state, "validate.jsonl")
        with open(path, "a", encoding="utf-8") as file:
            file.write("x" * (1 << 20) + "\n")
        daemon.ctl.ok("validate", "--sample", "1", "--date", self.date, environment={"STATE_DIRECTORY": state})
        self.assertLess(os.path.getsize(path), 4096)
        self.assertGreater(os.path.getsize(path + ".old"), 1 << 20)
        out = daemon.ctl.ok("validate", "--summary", environment={"STATE_DIRECTORY": state})
        self.assertIn("2 compared: 2 equal", out)

    def test_what_cannot_be_compared_is_said(self):
        daemon = self.with_model()
        for arguments, status, words in (
                ([], 2, '"validate" wants --sample N, or --summary'),
                (["--sample", "0"], 2, "--sample is \"0\""),
                (["--sample", "1", "sd"], 2, 'takes no argument but keys behind --ignore: "sd"'),
                (["--sample", "1", "--ignore", "a..b"], 2, '--ignore: "a..b" is no key and no path'),
                (["--sample", "1", "--against", "nowhere"], 5, "there is no folder nowhere; where it is a processor, --processor names"),
                (["--sample", "1", "--processor", "mine", "--against", "./nowhere"], 5, "there is no folder ./nowhere"),
                (["--sample", "1", "--processor", "nobody"], 5, 'there is no processor "nobody"; propsctl processor lists them'),
                (["--sample", "1", "--processor", "mine", "--against", "nobody"], 5, "nobody"),
                (["--sample", "1", "--phase", "precompute"], 1, "no processor serves the phase precompute here"),
                (["--sample", "1", "--date", "2020-02-02", "--results", "/proc/no/file"], 0, "Nobody plays on 2020-02-02"),
                (["--sample", "1", "--date", self.date, "--results", "/proc/no/file"], 1, "the result is not kept: /proc/no/file")):
            with self.subTest(arguments=arguments):
                done = daemon.ctl.run("validate", *arguments)
                self.assertEqual(done[0], status, done)
                self.assertIn(words, done[1] + done[2])
        os.mkdir(os.path.join(self.folder, "empty"))
        done = daemon.ctl.run("validate", "--sample", "1", "--date", self.date, "--against", self.folder + "/empty")
        self.assertEqual((done[0], done[2]), (5, f"propsctl: none of the 6 players of {self.date} has a file in {self.folder}/empty\n"))


if __name__ == "__main__":
    unittest.main()
