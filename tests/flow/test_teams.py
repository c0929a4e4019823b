"""Teams by whatever sources call them, in events, in propsctl and in a league of one's own: what stands in Redis is codes."""
import datetime
import os
import subprocess
import unittest

import harness

HEADER = "game_date,player_id,player,team,opponent,home,min,pts,reb,oreb,dreb,ast,stl,blk,tov,pf,fgm,fga,tpm,tpa,ftm,fta"
BOX = "30,20,8,2,6,5,1,3,4,3,8,15,2,5,2,2"


class League(harness.Night):
    def setUp(self):
        super().setUp()
        self.database = os.path.join(self.folder, "league.db")

    def csv(self, name, *lines):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        return path

    def box_scores(self, players, opponent):
        """Nine games against the opponent before tonight: {(id, name): team}."""
        day = datetime.date.fromisoformat(self.date)
        return self.csv("games.csv", HEADER, *(
            f"{day - datetime.timedelta(days=3 * n)},{number},{name},{team},{opponent},1,{BOX}"
            for n in range(1, 10) for (number, name), team in players.items()))

    def tonight(self, away, home):
        return self.csv("tonight.csv", "tip_utc,game_date,away,home", f"{harness.moment(self.date, '25:30')},{self.date},{away},{home}")

    def imported(self, *files):
        done = subprocess.run([harness.built("propsctl"), "import", *files, "--into", self.database], capture_output=True, text=True,
                              env={**os.environ, **harness.sanitizer_environment()}, timeout=harness.DEADLINE * harness.SLOW)
        self.assertIsNone(harness.REPORT_OF_SANITIZER.search(done.stderr), done.stderr)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def fields(self, name):
        return sorted(field.decode() for field in self.r.hkeys(self.key(name)))


class Spellings(League):
    def setUp(self):
        super().setUp()
        self.imported(self.box_scores({(501, "Net One"): "BRK", (502, "Net Two"): "Brooklyn Nets"}, "Miami"), self.tonight("bkn", "WSH"))
        self.daemon = self.propsd(changes={"league": {"database": self.database}})

    def test_events_by_any_spelling_are_of_one_team(self):
        game = harness.game(self.date, "BRK@WSH")
        self.odds("Net One", line="20.5", over="-110", under="-110", game_date=None, game_id=game, team="Nets")
        self.lineup("BRK", ["Net One", "a", "b", "c", "d"])
        report = self.wait_report("netone", lambda r: r.get("starter") and "markets" in r, "as a starter")
        self.assertEqual((report["team"], report["game_id"]), ("BKN", harness.game(self.date, "BKN@WAS")))
        self.assertEqual(self.book("netone")["line"], 20.5)
        self.wait_quiet()

        # One fact, whoever wrote it last: the lineup of BKN replaces that of BRK, and leaves no other behind.
        self.lineup("Brooklyn", ["Net Two", "a", "b", "c", "d"])
        self.add("odds", game_id=game.lower(), book="b", total="221.5")
        self.wait_report("nettwo", lambda r: r.get("starter") is True, "as a starter")
        self.wait_report("netone", lambda r: r.get("starter") is False, "on the bench")
        self.slate_player("new man", "brk")
        self.add("slate", game_id=game, status="scheduled")
        self.wait_quiet()
        self.assertEqual(self.report("newman")["team"], "BKN")
        day = self.fields(f"day:{self.date}")
        self.assertEqual([f for f in day if f[:2] in ("l:", "g:")], ["g:" + harness.game(self.date, "BKN@WAS"), "l:BKN"])
        self.assertIn("t:b", self.fields(f"game:{harness.game(self.date, 'BKN@WAS')}"))
        self.assertEqual(self.r.exists(self.key(f"game:{game}")), 0)

        # Two teams may be meant: refused with both. A code that nobody has is a stranger, and is not.
        two = "is the name of several teams: LAC (LA Clippers), LAL (Los Angeles Lakers)"
        game = harness.game(self.date, "LA@BKN")
        of_game = f'game_id: "{game}" names "LA", which {two}'
        for stream, number, error in (
                ("lineup", self.lineup("Los Angeles", ["x"]), f'team: "Los Angeles" {two}'),
                ("lineup", self.lineup("Brooklyn Netts", ["x"]),
                 'team: "Brooklyn Netts" is no team of the league; the nearest is BKN (Brooklyn Nets)'),
                ("odds", self.odds("Net One", line="21", game_date=None, game_id=game), of_game),
                ("slate", self.slate_game("LA@BKN"), of_game)):
            letter = self.letter_of(stream, number)
            self.assertEqual((letter["reason"], letter["field"], letter["error"]), ("malformed", error.split(":")[0], error))
        self.lineup("XYZ", ["Net One"])
        self.wait_quiet()
        self.assertEqual(len(self.dead()), 4)
        self.assertEqual(self.daemon.ctl.metrics()['propsd_unknown_names_total{what="team"}'], 1)

    def test_propsctl_takes_any_spelling(self):
        ctl = self.daemon.ctl
        self.odds("Net One", line="20.5")
        self.odds("Net Two", line="20.5")
        self.wait_quiet()
        before = self.versions("netone", "nettwo")
        ctl.ok("regenerate", "--team", "Brooklyn Nets", "--date", self.date, "--wait")
        self.assertTrue(all(new > old for old, new in zip(before, self.versions("netone", "nettwo"))))
        before = self.versions("netone", "nettwo")
        ctl.ok("regenerate", "--game", harness.game(self.date, "brk@Wizards"), "--wait")
        self.assertTrue(all(new > old for old, new in zip(before, self.versions("netone", "nettwo"))))
        ctl.ok("publish", "lineup", f"game_date={self.date}", "team=New Jersey Nets", "starters=Net One")
        self.wait_report("netone", lambda r: r.get("starter") is True, "as a starter")

        ctl.ok("prioritize", "--team", "BRK", "low")
        ctl.ok("pause", "--game", harness.game(self.date, "BRK@WSH"))
        self.assertEqual(self.fields("orders"), ["pause::game:" + harness.game(self.date, "BKN@WAS"), "priority::team:BKN"])
        self.assertEqual({o.get("team") or o.get("game") for o in ctl.json_lines("orders")}, {"BKN", harness.game(self.date, "BKN@WAS")})
        ctl.ok("resume", "--game", harness.game(self.date, "Nets@Washington"))
        self.assertEqual(self.fields("orders"), ["priority::team:BKN"])
        ctl.ok("cancel", "--team", "nets")
        for arguments in (("regenerate", "--team", "L.A."), ("mute", "--team", "L.A."), ("cancel", "--team", "L.A.")):
            status, _, err = ctl.run(*arguments)
            self.assertEqual((status, err), (2, 'propsctl: the team is "L.A.", which is the name of several teams: LAC (LA Clippers), '
                                                'LAL (Los Angeles Lakers)\n'))


class OwnLeague(League):
    """RED and BLU; BRK is one of theirs, and Houston's nickname is, too."""

    def setUp(self):
        super().setUp()
        self.imported(self.tonight("Los Rojos", "Blue Town"), self.box_scores({(1, "Ann Able"): "Rockets"}, "BRK"),
                      self.csv("teams.csv", "code,name,aliases", "RED,Rodby Rockets,Rockets|Los Rojos", "BLU,Blue Town,Blues;BRK"))
        self.own = {"league": {"database": self.database}}
        self.game = harness.game(self.date, "RED@BLU")

    def test_it_is_in_force_from_a_reload_on(self):
        """Until then its spellings are nobody's, and entries with them are letters that can be sent again."""
        daemon = self.propsd()
        letter = self.letter_of("lineup", self.lineup("Los Rojos", ["Ann Able"]))
        self.assertIn('team: "Los Rojos" is no team of the league; there are ATL BKN', letter["error"])
        daemon.configure(self.own)
        daemon.reload()
        daemon.wait_log("the league calls its teams otherwise: entries in hand are read anew")
        daemon.ctl.ok("wait", "ready", "--timeout", "10m")
        daemon.ctl.ok("dead", "retry", self.dead()[0][0])
        self.odds("Ann Able", line="19.5", over="-110", under="-110", game_date=None, game_id=harness.game(self.date, "rockets@BRK"))
        report = self.wait_report("annable", lambda r: r.get("starter") and self.book("annable"), "as a starter")
        self.assertEqual((report["team"], report["opponent"], report["game_id"]), ("RED", "BLU", self.game))
        self.wait_quiet()
        self.assertEqual(self.dead(), [])
        status, _, err = daemon.ctl.run("regenerate", "--team", "Lakers")
        self.assertEqual((status, err), (5, 'propsctl: the team is "Lakers", which is no team of the league; there are BLU RED\n'))

    def test_who_has_another_league_refuses_none_of_its_teams(self):
        """What an instance without it reads, and cannot read whole, goes to the one that has it."""
        first = self.propsd("a", self.own)
        self.odds("Ann Able", line="19.5")
        self.wait_quiet()
        second = self.propsd("b")
        second.ctl.ok("wait", "ready")
        with first.stopped():
            for n in range(4):  # one of them may be its own
                self.lineup("Los Rojos", ["Ann Able", f"man {n}"])
            self.wait_read("lineup")
        report = self.wait_report("annable", lambda r: r.get("starter"), "as a starter")
        self.assertEqual(report["team"], "RED")
        self.wait_quiet()
        self.assertGreater(second.ctl.metrics()['propsd_entries_read_total{stream="lineup"}'], 0)
        self.assertEqual(self.dead(), [])


if __name__ == "__main__":
    unittest.main()
