"""The tests' own test: harness, night and oracle against a fake that is right, and against each of its planted bugs."""
import os
import random
import shlex
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import harness
import night
import oracle

FAKE = os.path.join(HERE, "fake_propsd.py")
BUGS = next(eval(line.split("=", 1)[1] + rest) for line, rest in
            [(text[text.index("BUGS = "):text.index("BUG = ")], "") for text in [open(FAKE).read()]])
SEED = harness.seed_of_run()


class OracleAgainstTheFake(harness.Night):
    def setUp(self):
        os.environ["PROPSD_PROGRAM"] = shlex.join([sys.executable, "-B", FAKE])
        self.addCleanup(os.environ.pop, "PROPSD_PROGRAM")
        super().setUp()

    def play(self, bug="", kills=0, seed=SEED, shuffle=False):
        self.environment = {"FAKE_BUG": bug}
        draw = random.Random(seed)
        made = night.made_up(draw, self.date, happenings=500)
        events = night.shuffled(draw, made.events) if shuffle else made.events
        daemon = self.propsd(f"a{len(self.daemons)}")
        bad = night.send(self, made.opening)
        patience = 5 if bug else harness.DEADLINE  # that it never ends is a way to be caught
        self.wait_quiet(patience)
        # Without kills in small pieces, each settled and checked before the next: a later commit hides no earlier fault.
        chunk = len(events) // (kills + 1) + 1 if kills else 12
        for at in range(0, len(events), chunk):
            bad.update(night.send(self, events[at:at + chunk]))
            if kills and at + chunk < len(events):
                self.notices().more(draw.randrange(1, 60))
                daemon.kill()
                daemon.start()
            if not kills or at + chunk >= len(events):
                self.wait_quiet(patience)
                oracle.check(self, oracle.fold(self.sent, self.date, skip=bad), bad)
        return oracle.all_normalised(self)

    def clear(self):
        self.daemons[-1].stop()
        self.r.flushall()
        self.sent.clear()

    def test_a_night_without_faults_equals_the_fold(self):
        self.play()

    def test_ten_kills_change_nothing(self):
        self.play(kills=10)

    def test_another_interleaving_of_the_streams_gives_the_same_bytes(self):
        first = self.play()
        self.clear()
        self.assertEqual(first, self.play(shuffle=True))

    def test_a_daemon_that_dies_fails_the_test(self):
        daemon = self.propsd()
        daemon.now.process.kill()
        harness.until(lambda: not daemon.now.running, "its end")
        with self.assertRaisesRegex(AssertionError, "ended by itself with status -9"):
            daemon.check()
        daemon.now.asked = {-9}

    def test_a_daemon_that_never_gets_ready_fails_the_test(self):
        daemon = self.propsd(start=False)
        os.environ["PROPSD_PROGRAM"] = "/bin/true"
        with self.assertRaisesRegex(AssertionError, "never said READY=1"):
            daemon.start()
        daemon.now.asked = {0}

    def test_a_sanitizers_report_fails_the_test(self):
        daemon = self.propsd(start=False)
        os.environ["PROPSD_PROGRAM"] = "/bin/echo WARNING: ThreadSanitizer: data race"
        daemon.launch()
        daemon.ends_with(0)
        self.assertTrue(any("sanitizer" in wrong for wrong in daemon.finish()))
        self.daemons.clear()


def planted(bug):
    def test(self):
        # A night may not hold what a bug spoils; one of a few must.
        for seed in range(SEED, SEED + 4):
            try:
                self.play(bug, kills=6 if bug == "ack_first" else 0, seed=seed)
            except AssertionError as caught:
                if "ended by itself" in str(caught) or "never said" in str(caught):
                    raise
                return
            self.clear()
        self.fail(f"{bug} was not caught")
    test.__name__ = f"test_planted_bug_{bug}_is_caught"
    return test


for name in BUGS:
    setattr(OracleAgainstTheFake, f"test_planted_bug_{name}_is_caught", planted(name))


class Words(unittest.TestCase):
    def test_names_fold_to_lookups(self):
        for name, lookup in (("LeBron James", "lebronjames"), ("Luka Dončić", "lukadoncic"), ("Jaren Jackson Jr.", "jarenjacksonjr"),
                             ("Dāvis Bertāns", "davisbertans"), ("Đorđe Łukasz Øre Œuf", "dordelukaszoreoeuf"), ("D'Angelo", "dangelo")):
            self.assertEqual(oracle.fold_name(name), lookup)

    def test_a_report_that_is_not_canonical_is_refused(self):
        oracle.parse_report('{"a":1.25,"b":[{"x":"ü"}],"c":-0.5}')
        for text in ('{"b":1,"a":2}', '{"a":null}', '{"a":1.50}', '{"a":1.0}', '{"a":1.23456}', '{"a": 1}', '{"a":1e5}', '{"a":-0}',
                     '{"a":1,"a":1}', '{"a":[null]}', '{"a":NaN}'):
            with self.assertRaises(oracle.NotCanonical, msg=text):
                oracle.parse_report(text)

    def test_what_the_contract_excepts_is_not_compared(self):
        one = '{"attempt":1,"causes":[],"generated_at":"x","league":{"fingerprint":"f","number":3},"stages":{"p":{"ms":1,"reused":true}},"version":4}'
        two = '{"attempt":2,"causes":[1],"generated_at":"y","league":{"fingerprint":"f","number":4},"stages":{"p":{"ms":2,"reused":false}},"version":9}'
        self.assertEqual(oracle.normalised(one), oracle.normalised(two))
        self.assertNotEqual(oracle.normalised(one), oracle.normalised(one.replace('"f"', '"g"')))

    def test_an_entry_between_tips_is_called_ambiguous(self):
        date = "2026-11-26"
        game = harness.game(date, "LAL@GSW")
        sent = [("slate", "1-1", [("player_lookup", "a"), ("game_date", date), ("team", "LAL"), ("status", "active")]),
                ("slate", "1-2", [("game_id", game), ("tip", harness.moment(date, "25:00"))]),
                ("slate", "1-3", [("game_id", game), ("tip", harness.moment(date, "26:00"))]),
                ("injury", "1-4", [("player_lookup", "a"), ("game_date", date), ("status", "out"), ("ts", harness.moment(date, "25:30"))])]
        with self.assertRaises(oracle.Ambiguous):
            oracle.fold(sent, date)


if __name__ == "__main__":
    unittest.main()
