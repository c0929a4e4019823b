"""A night with a league database: the sample league's or a real one, imported by propsctl, sent by script/play."""
import os
import shutil
import subprocess
import tempfile

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


class LeagueNight(faults.Faulty):
    """Each class has one league of its own; `league_files` and `timeline_path` say which."""
    spin = {}

    @classmethod
    def setUpClass(cls):
        cls.league_folder = tempfile.mkdtemp(prefix="propsd-")
        cls.addClassCleanup(shutil.rmtree, cls.league_folder, ignore_errors=True)
        folder = cls.league_files()
        cls.database = os.path.join(cls.league_folder, "league.db")
        run(harness.built("propsctl"), "import", folder, "--into", cls.database)
        cls.league = oracle.League(folder)

    def setUp(self):
        super().setUp()
        self.date = self.night_date
        self.changes = {"league": {"database": self.database}, "report": {"processor": "builtin"}, "ingest": {"past": "accept"}}

    def timeline(self, malformed=12):
        return Timeline(self, self.timeline_path(), malformed, self.seed)

    def calm(self, made, changes=None, **more):
        return super().calm(made, {**self.changes, **(changes or {})}, league=self.league, **more)

    def play(self, made, fault, times=10, **more):
        return super().play(made, fault, times, league=self.league, **more)


class SampleNight(LeagueNight):
    night_date = SAMPLE_DATE

    @classmethod
    def league_files(cls):
        run(os.path.join(harness.SOURCE, "script", "sample-league"), cls.league_folder, "--date", SAMPLE_DATE)
        return cls.league_folder

    def timeline_path(self):
        return os.path.join(self.league_folder, "night.ndjson.gz")
