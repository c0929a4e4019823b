"""A night with a league database: the sample league's or a real one, imported by propsctl, sent by script/play."""
import os
import shutil
import subprocess
import tempfile
import unittest

import faults
import harness
import oracle

SAMPLE_DATE = "2026-01-15"


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=600 * harness.SLOW,
                          env={**os.environ, **harness.sanitizer_environment()})
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Timeline:
    """Its events as script/play sends them, malformed ones mixed in: what faults.Faulty plays."""

    def __init__(self, test, path, malformed, seed):
        out = run(os.path.join(harness.SOURCE, "script", "play"), path, "--redis", test.redis.url,
                  "--malformed", str(malformed), "--seed", str(seed))
        bad = {(stream, number): ("malformed", field if field != "-" else None)
               for stream, number, field in (line.split()[1:] for line in out.splitlines() if line.startswith("malformed: "))}
        there = sorted(oracle.sent_by(test), key=lambda e: oracle.order(e[1]))
        self.opening = []
        self.events = [(stream, pairs, bad.get((stream, number))) for stream, number, pairs in there]
        assert len(bad) == malformed and len(self.events) > malformed, out
        test.r.flushall()


class Imported:
    """A league: its files, the database that propsctl made of them, what the oracle makes of them."""

    def __init__(self, make):
        self.folder = tempfile.mkdtemp(prefix="propsd-")
        unittest.addModuleCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.files = make(self.folder)
        self.database = os.path.join(self.folder, "league.db")
        run(harness.built("propsctl"), "import", self.files, "--into", self.database)
        self.league = oracle.League(self.files)


class LeagueNight(faults.Faulty):
    """`league_files` and `timeline_path` say which. A league is imported once a program, and a timeline once sent in calm:
    its reports are what every other test of the class compares with."""
    imported, calm_runs = {}, {}

    @classmethod
    def setUpClass(cls):
        made = cls.imported.get(cls.league_files)
        if not made:
            made = cls.imported[cls.league_files] = Imported(cls.league_files)
        cls.files, cls.database, cls.league = made.files, made.database, made.league

    def setUp(self):
        super().setUp()
        self.date = self.night_date
        self.changes = {"league": {"database": self.database}, "report": {"processor": "builtin"}, "ingest": {"past": "accept"}}

    def calm_night(self, malformed=12):
        """(the events, the reports of a run without faults, which equal the fold)"""
        path = self.timeline_path()
        if path not in self.calm_runs:
            made = Timeline(self, path, malformed, self.seed)
            self.calm_runs[path] = made, self.calm(made)
        return self.calm_runs[path]

    def calm(self, made, changes=None, **more):
        return super().calm(made, {**self.changes, **(changes or {})}, league=self.league, **more)

    def play(self, made, fault, times=10, **more):
        return super().play(made, fault, times, league=self.league, **more)


class SampleNight(LeagueNight):
    night_date = SAMPLE_DATE

    @staticmethod
    def league_files(folder):
        run(os.path.join(harness.SOURCE, "script", "sample-league"), folder, "--date", SAMPLE_DATE)
        return folder

    def timeline_path(self):
        return os.path.join(self.files, "night.ndjson.gz")
