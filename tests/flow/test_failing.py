"""Runs that fail are tried again, then told of; a fault of one player is nobody else's."""
import unittest

import harness
import oracle

FAILS = {("processor", "load"): {"fail_rate": 1.0}, "regen": {"max_attempts": 3, "back_off": "100ms"}}
WORKS = {("processor", "load"): {"fail_rate": 0.0}}


class Failing(harness.Night):
    def test_a_player_whose_runs_all_fail_is_told_of_after_so_many_attempts(self):
        daemon = self.propsd(changes=FAILS)
        number = self.regenerate("lebronjames")
        letter = self.letter_of("regenerate", number)
        self.assertEqual(letter["reason"], "failed")
        self.assertIn("lebronjames", letter["players"])
        self.assertEqual(letter["attempts"], "3")
        self.assertTrue(letter["error"])
        self.wait_quiet()
        self.assertEqual(len(self.dead()), 1)
        self.assertIsNone(self.report_text("lebronjames"))
        self.assertEqual(list(oracle.check_books(daemon)), [])
        self.wait_settled_by(daemon, "dead", 1)

    def test_attempts_outlive_a_kill(self):
        daemon = self.propsd(changes=FAILS)
        number = self.regenerate("lebronjames")
        daemon.wait_log("lebronjames")  # the first failure is said
        daemon.kill()
        daemon.start()
        letter = self.letter_of("regenerate", number)
        self.assertEqual((letter["reason"], letter["attempts"]), ("failed", "3"))
        self.wait_quiet()

    def test_some_that_fail_hold_up_none_that_do_not(self):
        """Whether a synthetic run fails follows from player and version, so a try at an unchanged version fails again."""
        daemon = self.propsd(changes={("processor", "load"): {"fail_rate": 0.4}, "regen": {"max_attempts": 2, "back_off": "1h", "max_back_off": "1h"}})
        players = [f"p{n}" for n in range(40)]
        followed = self.notices()
        self.add_all([("regenerate", {"player_lookup": player, "game_date": self.date}) for player in players])
        followed.wait_count(12)
        self.assertLess(len(self.dead()), 3, "those that fail are not given up yet, and the others have been served")
        daemon.configure({"regen": {"back_off": "10ms", "max_back_off": "10ms"}})
        daemon.restart()
        self.wait_quiet()
        buried = [name for _, letter in self.dead() for name in players if name in letter["players"].split(",")]
        self.assertTrue(buried)
        self.assertEqual(sorted(buried + [name for name in players if self.report_text(name)]), sorted(players))

    def test_who_fails_together_does_not_come_back_together(self):
        """Each waits a share of the back-off of his own."""
        self.propsd(changes={("processor", "load"): {"fail_rate": 1.0}, "regen": {"max_attempts": 2, "back_off": "20s"}})
        players = [f"p{n}" for n in range(40)]
        numbers = self.add_all([("regenerate", {"player_lookup": player, "game_date": self.date}) for player in players])
        letters = harness.until(self.dead, "the first to fail again")
        self.assertLess(len(letters), 20)
        waited = int(letters[0][0].split("-")[0]) - int(numbers[0].split("-")[0])
        self.assertLess(waited, 20000)

    def test_a_later_attempt_that_works_says_which_it_was(self):
        daemon = self.propsd(changes={**FAILS, "regen": {"max_attempts": 10, "back_off": "300ms"}})
        self.regenerate("lebronjames")
        daemon.wait_log("lebronjames")
        daemon.configure(WORKS)
        daemon.restart()
        report = self.wait_report("lebronjames", lambda report: True)
        self.assertGreater(report["attempt"], 1)
        self.wait_quiet()
        self.assertEqual(self.dead(), [])

    def test_new_data_after_the_dead_letter_is_a_new_beginning(self):
        daemon = self.propsd(changes=FAILS)
        self.letter_of("regenerate", self.regenerate("lebronjames"))
        self.wait_quiet()
        daemon.configure(WORKS)
        daemon.restart()
        self.odds("lebronjames", line="25.5")
        self.wait_report("lebronjames", lambda report: True)
        self.wait_quiet()
        self.assertEqual(len(self.dead()), 1)

    def test_a_team_of_which_all_fail_is_one_letter(self):
        daemon = self.propsd()
        self.seat(LAL=["l1", "l2", "l3"])
        daemon.configure(FAILS)
        daemon.restart()
        number = self.add("regenerate", team="LAL", game_date=self.date)
        letter = self.letter_of("regenerate", number)
        self.wait_quiet()
        self.assertEqual(len(self.dead()), 1)
        for player in ("l1", "l2", "l3"):
            self.assertIn(player, letter["players"])

    def test_a_retried_letter_is_the_entry_it_was(self):
        daemon = self.propsd(changes=FAILS)
        number = self.odds("lebronjames", line="25.5")
        self.letter_of("odds", number)
        self.wait_quiet()
        daemon.configure(WORKS)
        daemon.restart()
        self.odds("lebronjames", line="26.5")
        self.wait_quiet()
        daemon.ctl.ok("dead", "retry", self.dead()[0][0])
        self.wait_quiet()
        self.assertEqual(self.dead(), [])
        self.assertEqual(self.book("lebronjames")["line"], 26.5, "the older line stays old")


if __name__ == "__main__":
    unittest.main()
