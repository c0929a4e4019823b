"""propsctl against a real propsd and a real Redis: what it says is so, and what it waits for has happened."""
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import unittest

import harness

FAILS_SOME = {("processor", "load"): {"fail_rate": 0.4}, "regen": {"max_attempts": 1}}
SLOW = {("processor", "load"): {"sleep_ms": 300, "slots": 2}}


class Waiting(harness.Night):
    def test_wait_idle_covers_what_was_added_before(self):
        daemon = self.propsd()
        daemon.ctl.ok("wait", "ready")
        last = 0
        for _ in range(100):
            self.regenerate("lebronjames")
            daemon.ctl.ok("wait", "idle")
            version = self.report("lebronjames")["version"]
            self.assertGreater(version, last)
            last = version

    def test_wait_idle_covers_what_the_daemon_has_not_read_yet(self):
        """Request and entry both lie there when the stopped daemon goes on, the request first."""
        daemon = self.propsd()
        daemon.ctl.ok("wait", "ready")
        for n in range(10):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(harness.DEADLINE * harness.SLOW)
                client.connect(daemon.socket)
                lines = client.makefile("rb")
                client.sendall(b'{"v":1,"cmd":"ping"}\n')  # the session is there
                self.assertTrue(json.loads(lines.readline())["ok"])
                daemon.signal(signal.SIGSTOP)
                client.sendall(b'{"v":1,"cmd":"wait","args":{"for":"idle"}}\n')
                self.regenerate(f"p{n}")
                daemon.signal(signal.SIGCONT)
                answer = next(line for line in map(json.loads, lines) if "ok" in line)  # progress may come before
                self.assertTrue(answer["ok"])
                self.assertIsNotNone(self.report_text(f"p{n}"))

    def test_wait_idle_covers_what_another_instance_runs(self):
        first, second = self.propsd("a", changes=SLOW), self.propsd("b", changes=SLOW)
        for daemon in (first, second):
            daemon.ctl.ok("wait", "ready")
        players = [f"p{n}" for n in range(8)]
        for player in players:
            self.regenerate(player)
        for daemon in (first, second):
            daemon.ctl.ok("wait", "idle")
            self.assertEqual([p for p in players if self.report_text(p) is None], [])

    def test_wait_idle_gives_up_in_time_and_says_what_is_left(self):
        daemon = self.propsd(changes={("processor", "load"): {"sleep_ms": 600_000}})
        daemon.ctl.ok("wait", "ready")
        self.regenerate("lebronjames")
        status, _, said = daemon.ctl.run("wait", "idle", "--timeout", "300ms")
        self.assertEqual(status, 6)
        self.assertRegex(said, r"^propsctl: not idle in time: ")
        daemon.kill()


class Regenerate(harness.Night):
    def seats(self):
        self.seat("LAL@GSW", LAL=[f"l{n}" for n in range(12)], GSW=[f"g{n}" for n in range(8)])

    def test_wait_completes_a_slate(self):
        daemon = self.propsd()
        self.seats()
        daemon.ctl.ok("wait", "idle")
        said = daemon.ctl.ok("regenerate", "--slate", "--date", self.date, "--wait")
        self.assertRegex(said, r"\Acompleted 20/20 in .*, 0 failed\n\Z")

    def test_wait_tells_who_failed(self):
        daemon = self.propsd(changes=FAILS_SOME)
        self.seats()
        daemon.ctl.ok("wait", "idle")
        status, said, _ = daemon.ctl.run("regenerate", "--slate", "--date", self.date, "--wait")
        lines = said.splitlines()
        self.assertRegex(lines[-1], r"^completed \d+/20 in .*, \d+ failed$")
        failed = {line.split(":")[0] for line in lines[:-1]}
        self.assertEqual(int(lines[-1].split()[-2]), len(failed))
        self.assertEqual(status, 1 if failed else 0)
        self.assertTrue(failed)  # of 20 at a rate of 0.4, by player and version: the same each time
        letter = self.dead()[-1][1]
        self.assertEqual(set(letter["players"].split(",")), failed)

    def test_wait_follows_an_entry_that_another_instance_serves(self):
        """Which of the two reads it is chance; over ten rounds it is the other one now and then."""
        first, second = self.propsd("a"), self.propsd("b")
        self.seats()
        first.ctl.ok("wait", "idle")
        second.ctl.ok("wait", "ready")
        for daemon in (first, second) * 5:
            said = daemon.ctl.json("regenerate", "--team", "LAL", "--date", self.date, "--wait")
            self.assertEqual((said["total"], said["completed"], said["failed"]), (12, 12, 0))

    def test_waiting_costs_a_bounded_amount(self):
        """Of Redis 200 questions a second for all who wait together; of each one's connection a line in 100 ms, or in 20 us for each
        player of all of them where that is more. Counted is over the time that it took."""
        clients, players = 7, 1000  # one user may have eight connections
        daemon = self.propsd()
        self.slate_game("LAL@GSW")
        self.add_all([("slate", {"player_lookup": f"p{n}", "game_date": self.date, "team": ("LAL", "GSW")[n % 2], "status": "active"})
                      for n in range(players)])
        self.wait_quiet()
        daemon.ctl.ok("pause")
        waiting = [self.waits(daemon, {"slate": True, "date": self.date, "wait": True}) for _ in range(clients)]
        for one in waiting:
            self.assertIn("progress", one.readline())

        def now():
            seconds, micro = self.r.time()
            return seconds + micro / 1e6
        before = now()
        self.r.config_resetstat()
        for _ in range(10):
            for one in waiting:
                self.assertEqual(json.loads(one.readline())["progress"]["done"], 0)
        asked = self.r.info("commandstats")["cmdstat_xinfo|groups"]["calls"]
        took = now() - before
        self.assertLess(asked, 200 * took + clients)
        self.assertGreater(took, 9 * clients * players * 20e-6)
        daemon.ctl.ok("resume")
        for one in waiting:
            last = next(line for line in map(json.loads, one) if "ok" in line)
            self.assertEqual((last["ok"], last["data"]["total"], last["data"]["completed"]), (True, players, players))

    def waits(self, daemon, arguments):
        """Its lines, as they come."""
        client = socket.socket(socket.AF_UNIX)
        self.addCleanup(client.close)
        client.settimeout(harness.DEADLINE * harness.SLOW)
        client.connect(daemon.socket)
        client.sendall(json.dumps({"v": 1, "cmd": "regenerate", "args": arguments}).encode() + b"\n")
        lines = client.makefile("r", encoding="utf-8")
        self.addCleanup(lines.close)
        return lines

    def test_the_work_goes_on_when_the_client_leaves(self):
        daemon = self.propsd(changes=SLOW)
        self.seats()
        daemon.ctl.ok("wait", "idle")
        before = self.versions(*[f"l{n}" for n in range(12)])
        status, _, said = daemon.ctl.run("regenerate", "--team", "LAL", "--date", self.date, "--wait", "--timeout", "100ms")
        self.assertEqual(status, 6)
        self.assertIn("the others go on", said)
        daemon.ctl.ok("wait", "idle")
        after = self.versions(*[f"l{n}" for n in range(12)])
        self.assertTrue(all(new > old for new, old in zip(after, before)), (before, after))


class Orders(harness.Night):
    def test_a_pause_holds_on_all_instances_until_it_is_taken_back(self):
        first, second = self.propsd("a"), self.propsd("b")
        first.ctl.ok("wait", "ready")
        first.ctl.ok("pause")
        harness.until(lambda: second.ctl.json("status")["paused"], "the pause reaches the other instance")
        number = self.regenerate("lebronjames")
        self.assertEqual(first.ctl.run("wait", "idle", "--timeout", "1s")[0], 6)
        self.assertIsNone(self.report_text("lebronjames"))
        second.ctl.ok("resume")
        self.wait_acked("regenerate", number)
        self.assertIsNotNone(self.report_text("lebronjames"))
        first.ctl.ok("wait", "idle")

    def test_a_standing_order_is_shown_and_survives_a_restart(self):
        daemon = self.propsd()
        daemon.ctl.ok("wait", "ready")
        daemon.ctl.ok("prioritize", "LeBron James", "urgent", "--for", "1h")
        daemon.restart()
        daemon.ctl.ok("wait", "ready")
        order = harness.until(lambda: daemon.ctl.json("player", "lebronjames")["days"][0].get("order"), "the order is known")
        self.assertEqual(order["level"], "urgent")
        daemon.ctl.ok("prioritize", "lebronjames", "none")
        self.assertEqual(daemon.ctl.run("player", "lebronjames")[0], 5, "the order was all that was known of him")


class Slate(harness.Night):
    def test_a_file_is_loaded_whole_or_not_at_all(self):
        daemon = self.propsd()
        daemon.ctl.ok("wait", "ready")
        games = ["BOS@NYK", "DEN@PHX", "LAL@GSW"]
        lines = [json.dumps({"game_id": harness.game(self.date, g), "tip": harness.moment(self.date, "25:30"), "status": "scheduled"})
                 for g in games]
        lines += [json.dumps({"player_lookup": f"{team.lower()}{n}", "game_date": self.date, "team": team, "status": "active"})
                  for g in games for team in g.split("@") for n in range(40)]
        path = os.path.join(self.folder, "slate.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines + ['{"player_lookup":"p","team":"LAKERS"}']) + "\n")
        status, _, said = daemon.ctl.run("slate", "load", path)
        self.assertEqual(status, 1)
        self.assertIn(f"{path}:244: ", said)
        self.assertEqual(self.r.xlen(self.key("slate")), 0)
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        self.assertEqual(daemon.ctl.ok("slate", "load", path), "Added 243 entries to slate.\n")
        daemon.ctl.ok("wait", "idle")
        slate = daemon.ctl.json("slate", self.date)
        self.assertEqual([g["game_id"] for g in slate["games"]], [harness.game(self.date, g) for g in games])
        self.assertEqual([(g["away_players"], g["home_players"]) for g in slate["games"]], [(40, 40)] * 3)
        self.assertEqual(len(daemon.ctl.ok("players", "--names").split()), 240)
        self.assertEqual(len(daemon.ctl.json_lines("players", "--all")), 240)


class Looking(harness.Night):
    def test_a_report_is_redis_bytes(self):
        daemon = self.propsd()
        self.odds("lebronjames", line=25.5, over=-110, under=-110)
        daemon.ctl.ok("wait", "idle")
        self.assertEqual(daemon.ctl.ok("report", "LeBron James", "--date", self.date), self.report_text("lebronjames").decode() + "\n")
        self.assertEqual(daemon.ctl.run("report", "stephencurry", "--date", self.date)[0], 5)

    def test_a_dead_letter_is_listed_and_tried_again(self):
        daemon = self.propsd(changes={("processor", "load"): {"fail_rate": 1.0}, "regen": {"max_attempts": 1}})
        self.regenerate("lebronjames")
        daemon.ctl.ok("wait", "idle")
        letter, = daemon.ctl.json_lines("dead", "list")
        self.assertEqual((letter["reason"], letter["players"]), ("failed", "lebronjames"))
        daemon.configure({("processor", "load"): {"fail_rate": 0.0}})
        daemon.ctl.ok("reload")
        daemon.ctl.ok("dead", "retry", letter["id"])
        daemon.ctl.ok("wait", "idle")
        self.assertIsNotNone(self.report_text("lebronjames"))
        self.assertEqual(daemon.ctl.ok("dead", "list"), "No dead letter.\n")

    def test_the_status_socket_looks_and_does_not_touch(self):
        daemon = self.propsd()
        ctl = harness.Ctl(os.path.join(daemon.folder, "status.sock"))
        self.assertEqual(ctl.json("status")["instance"], daemon.name)
        for command in (["pause"], ["reload"], ["drain"], ["regenerate", "--player", "x"], ["workers", "3"]):
            self.assertEqual(ctl.run(*command)[0], 4)
        self.assertFalse(ctl.json("status")["paused"])

    def on_terminal(self, daemon, *words, answer=b"", pager="cat"):
        """(exit status, what is on the screen). The answer is given once it is asked for."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([harness.built("propsctl"), "--socket", daemon.socket, *words], stdin=theirs, stdout=theirs,
                                   stderr=theirs, env={"PATH": os.environ["PATH"], "TERM": "dumb", "LC_ALL": "C.UTF-8", "PAGER": pager})
        os.close(theirs)
        screen = b""
        while True:
            try:
                block = os.read(ours, 65536)
            except OSError:  # all who had it open are gone
                break
            screen += block
            if answer and b"[y/N]" in screen:
                os.write(ours, answer)
                answer = b""
            if not block:
                break
        os.close(ours)
        return process.wait(harness.DEADLINE * harness.SLOW), screen.decode().replace("\r\n", "\n")

    def test_drain_asks_on_a_terminal_and_ends_the_daemon(self):
        daemon = self.propsd()
        daemon.ctl.ok("wait", "ready")
        self.assertEqual(daemon.ctl.run("drai")[0], 2)
        status, screen = self.on_terminal(daemon, "drain", answer=b"n\n")
        self.assertEqual(status, 1, screen)
        self.assertIn("nothing was done", screen)
        self.assertEqual(daemon.ctl.json("status")["state"], "ready")
        status, screen = self.on_terminal(daemon, "drain", answer=b"y\n")
        self.assertEqual(status, 0, screen)
        daemon.ends_with(0)

    def test_what_was_there_before_a_restart_and_what_is_not_there(self):
        """One daemon, from before it runs until after its restart."""
        daemon = self.propsd(start=False)
        self.assertEqual(daemon.ctl.run("wait", "ready", "--timeout", "100ms")[0], 6)
        waits = subprocess.Popen([harness.built("propsctl"), "--socket", daemon.socket, "wait", "ready"], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, text=True)
        self.assertIn("waiting: propsd is not running: ", waits.stderr.readline())
        daemon.start()
        waits.stderr.read()
        self.assertEqual(waits.wait(harness.DEADLINE * harness.SLOW), 0)
        waits.stderr.close()
        self.seat("LAL@GSW", LAL=["l0", "l1"], GSW=["g0"])
        self.seat("BOS@NYK", BOS=["b0"])
        for player in ("l0", "g0", "b0"):
            self.regenerate(player)
        daemon.ctl.ok("wait", "idle")
        game = harness.game(self.date, "LAL@GSW")
        for options, names in ((["--team", "LAL"], {"l0", "l1"}), (["--game", game], {"g0", "l0", "l1"}),
                               (["--game", game, "--team", "BOS"], set())):
            rows = daemon.ctl.json_lines("players", *options)
            self.assertEqual({row["player"] for row in rows}, names, options)
        before = daemon.ctl.json("player", "l0", "--date", self.date)["days"][0]
        self.assertGreater(before["committed"], 0)
        status, screen = self.on_terminal(daemon, "report", "l0", "--date", self.date)
        self.assertEqual(status, 0, screen)
        self.assertGreater(screen.count("\n"), 3)
        self.assertEqual(json.loads(screen), daemon.ctl.json("report", "l0", "--date", self.date))
        for command in ("fresh", "players"):  # Ctrl-C is the pager's
            status, screen = self.on_terminal(daemon, command, pager="cat >/dev/null; kill -INT $PPID; kill -QUIT $PPID; echo paged")
            self.assertIn(status, (0, 1), screen)
            self.assertEqual(screen.splitlines()[-1], "paged")
        status, screen = self.on_terminal(daemon, "orders", pager="/no/such/pager -x")
        self.assertEqual(status, 0, screen)
        self.assertIn(daemon.ctl.ok("orders").strip(), screen)
        self.assertIn('propsctl: PAGER is "/no/such/pager -x", which cannot be run: shown without it', screen)

        entries = self.r.xlen(self.key("regenerate"))
        for wait in ([], ["--wait"]):
            status, _, said = daemon.ctl.run("regenerate", "--game", "20310101_LAL_GSW", *wait)
            self.assertEqual((status, said), (5, "propsctl: nobody is known to play in 20310101_LAL_GSW on 2031-01-01\n"))
        self.assertEqual(self.r.xlen(self.key("regenerate")), entries)
        status, out, said = daemon.ctl.run("regenerate", "--slate", "--date", "2031-01-01", "--wait")  # a day off
        self.assertEqual((status, said), (0, "propsctl: nobody is known to play on 2031-01-01\n"))
        self.assertRegex(out, "^completed 0/0 in ")
        reply = daemon.ctl.json("regenerate", "--slate", "--date", "2031-01-01")
        self.assertEqual((reply["players"], reply["warning"]), (0, "nobody is known to play on 2031-01-01"))

        daemon.restart()
        daemon.ctl.ok("wait", "ready")
        after = daemon.ctl.json("player", "l0", "--date", self.date)["days"][0]
        self.assertEqual(after["committed"], before["committed"])
        self.assertGreater(after["last_commit_ms"], 0)
        self.assertEqual(daemon.ctl.json("player", "l0")["days"][0]["committed"], before["committed"])
        self.assertEqual(daemon.ctl.run("player", "nobody")[0], 5)

    def test_watch_looks_again(self):
        daemon = self.propsd()
        daemon.ctl.ok("wait", "ready")
        for command, count in (("status", 3), ("fresh", 2)):
            watching = subprocess.Popen([harness.built("propsctl"), "--socket", daemon.socket, "--json", "--watch=0.1", command],
                                        stdout=subprocess.PIPE, text=True)
            said = [json.loads(watching.stdout.readline()) for _ in range(count)]
            watching.kill()
            watching.wait()
            watching.stdout.close()
            if command == "status":
                self.assertLess(said[0]["uptime_ms"], said[2]["uptime_ms"])
        for command in (["pause"], ["wait", "ready"], ["events", "--follow"]):
            self.assertEqual(daemon.ctl.run(*command, "--watch")[0], 2)

    SHELLS = {
        "bash": ("propsctl.bash", 'source "$1"; shift; COMP_WORDS=(propsctl "$@"); COMP_CWORD=$#; _propsctl; printf "%s\\n" "${COMPREPLY[@]}"'),
        # What zsh's own functions would be given: they work in its line editor alone.
        "zsh": ("propsctl.zsh", """
            file=$1; shift; words=(propsctl "$@"); CURRENT=$#words; PREFIX=$words[CURRENT]
            compadd() { shift 3; print -l -- "$@" }
            _describe() { print -l -- "${(@)${(@P)3}%%:*}" }
            source $file"""),
        "fish": ("propsctl.fish", 'source $argv[1]; complete -C "propsctl $argv[2..-1]"'),
    }

    def completed(self, shell, *words, socket=None):
        """What the shell offers, sorted, without what it says of each."""
        file, script = self.SHELLS[shell]
        source = os.environ.get("PROPSD_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
        path = os.path.join(source, "etc", "completions", file)
        options = {"bash": ["--norc", "-c", script, "bash"], "zsh": ["-f", "-c", script, "zsh"], "fish": ["-N", "-c", script]}
        folder = os.path.dirname(harness.built("propsctl"))
        environment = {"PATH": folder + ":" + os.environ["PATH"], "HOME": self.folder, "LC_ALL": "C.UTF-8"}
        if socket:
            environment["PROPSCTL_SOCKET"] = socket
        done = subprocess.run([shell, *options[shell], path, *words], capture_output=True, text=True, env=environment,
                              timeout=harness.DEADLINE * harness.SLOW)
        return sorted(line.split("\t")[0] for line in done.stdout.splitlines() if line)

    def offers(self, offered, shell, *words, **options):
        """Nobody at a prompt is kept waiting: where propsd takes longer than some seconds nothing is offered."""
        found = []

        def look():
            found[:] = self.completed(shell, *words, **options)
            return found == offered
        harness.until(look, lambda: f"{shell} to offer {offered} for {words}: {found}")

    def test_each_shell_completes_live_names_and_words(self):
        daemon = self.propsd()
        game = self.date.replace("-", "") + "_LAL_GSW"
        daemon.ctl.ok("wait", "ready")
        daemon.ctl.ok("publish", "slate", f"game_id={game}", f"tip={self.date}T23:30:00Z")
        self.regenerate("lebronjames")
        daemon.ctl.ok("wait", "idle")
        self.add("injury", player_lookup="lebronjames", game_date=self.date, status="nonsense")
        daemon.ctl.ok("wait", "idle")
        letter = self.dead()[-1][0]
        levels = sorted(["urgent", "high", "normal", "low", "none"])
        shells = [shell for shell in self.SHELLS if shutil.which(shell)]
        self.assertIn("bash", shells)
        for shell in shells:
            for words, offered in ((["player", "leb"], ["lebronjames"]), (["prioritize", "lebronjames", ""], levels),
                                   (["prioritize", "--team", "LAL", ""], levels), (["pause", "--player", ""], ["lebronjames"]),
                                   (["regenerate", "--date", self.date, "--game", ""], [game]),
                                   (["dead", "retry", ""], [letter]), (["mute", "--type", "o"], ["odds"]), (["unmute", "--b"], ["--book"]),
                                   (["publish", "injury", "status=out", "rea"], ["reason="])):
                self.offers(offered, shell, *words, socket=daemon.socket)
            self.offers(["lebronjames"], shell, "--socket", daemon.socket, "player", "le")
            # bash takes words apart at "=", and puts in what comes behind it.
            parts = ["=", "ru"] if shell == "bash" else []
            word = ["--state"] + parts if parts else ["--state=ru"]
            self.assertEqual(self.completed(shell, "players", *word), ["running"] if parts else ["--state=running"], shell)
            self.assertEqual(self.completed(shell, "player", "le", socket=os.path.join(self.folder, "nobody")), [], shell)


if __name__ == "__main__":
    unittest.main()
