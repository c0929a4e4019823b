"""propsd_worker.py under a parent that behaves as propsd does, and under one that does not."""
import fcntl
import json
import os
import re
import select
import signal
import sys
import termios
import unittest

from parent import FOLDER, WorkerTest, request

PYTHON = [sys.executable, "-B"]
UNCHANGED = '''
def generate_player_report(player_lookup, game_date):
    print("making a report for", player_lookup)
    return {"player_lookup": player_lookup, "game_date": game_date, "markets": {"points": {"mean": 27.4, "sd": 6.1}}}
'''


class Protocol(WorkerTest):
    def test_hello_says_what_the_worker_is(self):
        child = self.start("def f(player_lookup, game_date): return {}", serve="propsd_worker.serve(f, concurrency=4, max_line=4096)")
        self.assertEqual(child.hello, {"v": 1, "hello": "f", "concurrency": 4, "max_line": 4096})
        named = self.start("def f(job): return {}", serve="propsd_worker.serve(f, name='mymodel')")
        self.assertEqual(named.hello["hello"], "mymodel")
        ours = self.start("def f(job): return {}", environment={"PROPSD_PROCESSOR": "fromtheconfiguration"})
        self.assertEqual(ours.hello["hello"], "fromtheconfiguration")

    def test_a_function_that_prints_is_served_unchanged(self):
        path = self.write("model.py", UNCHANGED)
        child = self.child([*PYTHON, "-m", "propsd_worker", path + ":generate_player_report"])
        child.send(request(17))
        self.assertEqual(child.reply(), {"id": 17, "result": {"player_lookup": "lebronjames", "game_date": "2025-11-15",
                                                             "markets": {"points": {"mean": 27.4, "sd": 6.1}}}})
        self.assertEqual(child.close(), 0)
        self.assertIn("making a report for lebronjames", child.stderr())

    def test_a_module_is_found_beside_the_program_and_meets_the_same_helper(self):
        self.write("mymodel.py", "from propsd_worker import PermanentError, setup\nloaded = []\n@setup\ndef load(): loaded.append(1)\n"
                   "def f(job):\n    assert loaded == [1]\n    raise PermanentError('no games in the warehouse')\n")
        child = self.child([*PYTHON, "-m", "propsd_worker", "mymodel:f"])
        child.send(request(1))
        self.assertEqual(child.reply(), {"id": 1, "error": "no games in the warehouse", "permanent": True})

    def test_jobs_are_answered_in_turn_until_the_end_of_input(self):
        child = self.start("def f(player_lookup, game_date): return {'p': player_lookup}")
        child.send(*(request(n, f"p{n}") for n in range(1, 2001)))
        self.assertEqual([child.reply()["result"]["p"] for _ in range(2000)], [f"p{n}" for n in range(1, 2001)])
        self.assertEqual(child.close(), 0)
        self.assertIsNone(child.line())

    def test_what_runs_at_the_end_of_input_is_finished(self):
        for how in ("", ", concurrency=3", ", prefork=3"):  # the model looks for its gate, as nobody tells it
            child = self.start("import os, time\ndef f(job):\n    propsd_worker.progress(0)\n"
                               "    while not os.path.exists('go'): time.sleep(0.001)\n    return {'done': job['id']}",
                               serve=f"propsd_worker.serve(f{how})")
            count = 3 if how else 1
            child.send(*(request(n) for n in range(count)))
            self.assertEqual(sorted(child.reply()["id"] for _ in range(count)), list(range(count)))  # all of them run
            child.process.stdin.close()
            go = self.write("go", "")
            self.assertEqual(sorted(child.reply()["result"]["done"] for _ in range(count)), list(range(count)))
            self.assertEqual(child.wait(), 0, how)
            self.assertIsNone(child.line())
            os.unlink(go)

    def test_long_lines_in_both_directions(self):
        for how in ("", ", concurrency=2", ", prefork=2"):
            for code in ("def f(job): return {'echo': job['text']}", "async def f(job): return {'echo': job['text']}"):
                child = self.start(code, serve=f"propsd_worker.serve(f{how})")
                texts = ["é" * (1 << 19), "x" * (3 << 20), "y" * 65535, "z" * 65536]
                child.send(*(request(n, text=text) for n, text in enumerate(texts)))
                found = child.replies(len(texts))
                for n, text in enumerate(texts):
                    self.assertEqual(found[n]["result"]["echo"], text, how)
                self.assertEqual(child.close(), 0)

    def test_a_request_beyond_the_promised_length_ends_the_worker(self):
        child = self.start("def f(job): return {}", serve="propsd_worker.serve(f, max_line=1024)")
        with self.assertRaises((BrokenPipeError, AssertionError)):
            child.send(b"{" + b"x" * 5_000_000)
        self.assertEqual(child.wait(), 1)
        self.assertIn("longer than the 1024 bytes", child.stderr())

    def test_lines_that_are_no_requests(self):
        child = self.start("def f(job): return {}")
        child.send(b'{"v":1,"news":"of a later version"}', request(2))
        self.assertEqual(child.reply(), {"id": 2, "result": {}})
        child.send({"v": 2, "id": 3, "player_lookup": "a", "game_date": "2025-11-15"})
        self.assertEqual(child.reply(), {"id": 3, "error": "version 2 of the protocol is not spoken here, only 1", "permanent": True})
        child.send(b"not json")
        self.assertEqual(child.wait(), 1)
        self.assertIn("a request is not JSON", child.stderr())
        self.assertIn("without an id", child.stderr())

    def test_half_a_line_at_the_end_is_no_job(self):
        child = self.start("def f(job): return {}")
        os.write(child.process.stdin.fileno(), json.dumps(request(1)).encode())
        self.assertEqual(child.close(), 0)
        self.assertIsNone(child.line())
        self.assertIn("cut off", child.stderr())

    def test_requests_in_pieces(self):
        child = self.start("def f(job): return {}")
        for byte in json.dumps(request(1)).encode() + b"\n":
            os.write(child.process.stdin.fileno(), bytes([byte]))
        self.assertEqual(child.reply(), {"id": 1, "result": {}})

    def test_a_write_that_a_signal_cuts_goes_on(self):
        child = self.start("import signal\nsignal.signal(signal.SIGUSR1, lambda *_: None)\ndef f(job): return {'x': 'x' * (3 << 20)}")
        pipe = child.process.stdout.fileno()
        room = fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)
        child.send(request(1))
        held = bytearray(4)
        for _ in range(3):
            self.wait_until(lambda: not fcntl.ioctl(pipe, termios.FIONREAD, held) and int.from_bytes(held, sys.byteorder) == room)
            child.process.send_signal(signal.SIGUSR1)  # it waits in write() with a part done
            child._read()
        self.assertEqual(child.reply(), {"id": 1, "result": {"x": "x" * (3 << 20)}})

    def test_terminated_at_once(self):
        for how in ("", ", concurrency=2", ", prefork=2"):  # the model does not end by itself
            child = self.start("import time\ndef f(job):\n    propsd_worker.progress(0)\n    time.sleep(1000)",
                               serve=f"propsd_worker.serve(f{how})")
            child.send(request(1))
            self.assertEqual(child.reply(), {"id": 1, "progress": 0})
            child.process.terminate()
            self.assertEqual(child.wait(), -signal.SIGTERM)
            self.assertIsNone(child.line())  # its forked processes, which hold the pipe of none, are gone or going
            self.assertEqual(child.stderr(), "")

    def test_interrupted_at_once_and_without_a_traceback(self):
        child = self.start("import time\ndef f(job):\n    propsd_worker.progress(0)\n    time.sleep(1000)")
        child.send(request(1))
        child.reply()
        child.process.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(), -signal.SIGINT)
        self.assertEqual(child.stderr(), "")

    def test_a_parent_that_is_gone_ends_the_worker(self):
        child = self.start("def f(job):\n    open('go').read()\n    return {}")
        os.mkfifo(os.path.join(self.folder, "go"))
        child.send(request(1))
        go = os.open(os.path.join(self.folder, "go"), os.O_WRONLY)
        child.process.stdout.close()
        os.close(go)
        self.assertEqual(child.wait(), 1)
        self.assertIn("propsd is gone", child.stderr())


class Output(WorkerTest):
    """Whatever user code does with the descriptors, the protocol stays whole."""

    def test_print_in_every_way_goes_to_stderr(self):
        reply, child = self.run_once('''
import ctypes, os, subprocess, sys
print("at import")
def f(job):
    print("by print")
    sys.stdout.write("without a newline")
    os.write(1, b"by descriptor\\n")
    ctypes.CDLL(None).puts(b"by native code")
    ctypes.CDLL(None).fflush(None)
    subprocess.run(["echo", "by a program"])
    os.system("echo by a shell")
    print("Don\\u010di\\u0107 \\ud800")
    return {"input": sys.stdin.read(), "fd": os.read(0, 10).decode()}''', environment={"PROPSD_PROCESSOR": "m", "LC_ALL": "C"})
        self.assertEqual(reply, {"id": 1, "result": {"input": "", "fd": ""}})
        for words in ("at import", "by print", "without a newline", "by descriptor", "by native code", "by a program", "by a shell"):
            self.assertIn(words, child.said)

    def test_a_program_without_the_variable_is_taken_over_by_serve(self):
        child = self.start("def f(job):\n    print('now')\n    return {}", serve="propsd_worker.serve(f)")
        child.send(request(1))
        self.assertEqual(child.reply(), {"id": 1, "result": {}})

    def test_prints_show_when_they_are_made(self):
        child = self.start("def f(job):\n    print('early')\n    propsd_worker.progress(0.5)\n    open('go').read()\n    return {}")
        os.mkfifo(os.path.join(self.folder, "go"))
        child.send(request(1))
        child.reply()
        self.assertIn("early\n", child.stderr())

    def test_programs_that_are_started_inherit_no_pipe_and_are_no_workers(self):
        reply, _ = self.run_once('''
import os, subprocess, sys
def f(job):
    held = subprocess.run(["ls", "-l", "/proc/self/fd"], stdout=subprocess.PIPE, close_fds=False, text=True).stdout
    other = subprocess.run([sys.executable, "-c", "import propsd_worker; print('mine')"], stdout=subprocess.PIPE, text=True)
    return {"held": held.count("pipe:"), "other": other.stdout}''', environment={"PROPSD_PROCESSOR": "m"})
        self.assertEqual(reply["result"], {"held": 1, "other": "mine\n"})  # the one to us, which is its stdout

    def test_a_forked_process_that_lives_on_holds_no_pipe(self):
        child = self.start('''
import os
def f(job):
    pid = os.fork()
    if pid == 0:
        propsd_worker.progress(0.5)
        open("go").read()
        os._exit(0)
    return {"pid": pid}''')
        go = os.path.join(self.folder, "go")
        os.mkfifo(go)
        child.send(request(1))
        pid = child.reply()["result"]["pid"]
        self.assertEqual(child.close(), 0)
        self.assertIsNone(child.line())  # the end comes though it lives
        os.kill(pid, 0)
        os.close(os.open(go, os.O_WRONLY))

    def test_a_pool_of_processes_inside_a_function(self):
        reply, _ = self.run_once('''
import multiprocessing
def square(n): return n * n
def f(job):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return {"squares": pool.map(square, range(5))}''')
        self.assertEqual(reply["result"], {"squares": [0, 1, 4, 9, 16]})

    def test_closed_descriptors_are_named(self):
        self.write("worker.py", "import propsd_worker\npropsd_worker.serve(lambda job: {})\n")
        child = self.child(["sh", "-c", f"exec {sys.executable} -B worker.py <&-"], hello=False)
        self.assertEqual(child.wait(), 1)
        self.assertIn("standard input and output must be open", child.stderr())

    def test_pipes_that_do_not_block(self):
        self.write("start.py", "import os, sys\nfor fd in (0, 1, 2): os.set_blocking(fd, False)\n"
                   f"os.execv({sys.executable!r}, [{sys.executable!r}, '-B', 'worker.py'])\n")
        self.write("worker.py", "import propsd_worker\npropsd_worker.serve(lambda job: {'echo': job['text']})\n")
        child = self.child([*PYTHON, "start.py"])
        child.send(request(1, text="x" * (1 << 20)))
        self.assertEqual(len(child.reply()["result"]["echo"]), 1 << 20)

    def test_a_program_that_never_serves_says_so(self):
        self.write("worker.py", "import propsd_worker\n")
        child = self.child([*PYTHON, "worker.py"], hello=False, environment={"PROPSD_PROCESSOR": "m"})
        self.assertEqual(child.wait(), 0)
        self.assertIn("without calling serve()", child.stderr())


class Functions(WorkerTest):
    def test_called_by_its_parameters(self):
        both, job, all_three = [["lebronjames", "2025-11-15"], [7], ["lebronjames", "2025-11-15", 7]]
        for code, expected in (
                ("def f(player_lookup, game_date): return {'got': [player_lookup, game_date]}", both),
                ("def f(game_date, player_lookup): return {'got': [player_lookup, game_date]}", both),
                ("def f(who, when): return {'got': [who, when]}", both),
                ("def f(who, when, simulations=1000): return {'got': [who, when]}", both),
                ("def f(*a, **k): return {'got': list(a)}", both),
                ("f = lambda a, b, /: {'got': [a, b]}", both),
                ("def f(job): return {'got': [job['version']]}", job),
                ("def f(request): return {'got': [request['version']]}", job),
                ("def f(job, verbose=False): return {'got': [job['version']]}", job),
                ("def f(player_lookup, game_date, job): return {'got': [player_lookup, game_date, job['version']]}", all_three),
                ("def f(a, b, c): return {'got': [a, b, c['version']]}", all_three),
                ("def f(a, b, *, job): return {'got': [a, b, job['version']]}", all_three),
                ("def f(a, b, job=None): return {'got': [a, b, job['version']]}", all_three),
                ("class M:\n    def go(self, player_lookup, game_date): return {'got': [player_lookup, game_date]}\nf = M().go", both),
                ("class M:\n    def __call__(self, job): return {'got': [job['version']]}\nf = M()", job),
                ("class M:\n    async def __call__(self, job): return {'got': [job['version']]}\nf = M()", job),
                ("import functools\ndef g(x, a, b): return {'got': [a, b]}\nf = functools.partial(g, 1)", both)):
            with self.subTest(code):
                self.assertEqual(self.run_once(code)[0].get("result"), {"got": expected})

    def test_one_that_cannot_be_called_is_told_before_the_hello(self):
        for code in ("def f(): return {}", "def f(a, b, c, d): return {}", "def f(a, *, b): return {}", "def f(player, job): return {}",
                     "def f(verbose=False): return {}", "def f(**k): return {}", "f = 7"):
            child = self.start(code, hello=False)
            self.assertEqual(child.wait(), 1, code)
            self.assertRegex(child.stderr(), "TypeError: .*(is called with|takes a function)", code)
            self.assertIsNone(child.line())

    def test_options_that_are_wrong_are_named(self):
        for options in ("concurrency=0", "prefork=-1", "concurrency=True", "max_line='1M'"):
            child = self.start("def f(job): return {}", serve=f"propsd_worker.serve(f, {options})", hello=False)
            self.assertEqual(child.wait(), 1)
            self.assertIn("ValueError: " + options.split("=")[0], child.stderr())

    def test_jobs_at_a_time(self):
        """Jobs that end only when all of them have begun."""
        codes = {
            "threads": "import threading\nall = threading.Barrier(4)\ndef f(job):\n    all.wait()\n    return {'id': job['id']}",
            "async": "import asyncio\nbegun = []\nasync def f(job):\n    begun.append(1)\n"
                     "    while len(begun) < 4: await asyncio.sleep(0)\n    return {'id': job['id']}",
            "processes": "import os\ndef f(job):\n    open(f'begun{job[\"id\"]}', 'w').close()\n"
                         "    while not all(os.path.exists(f'begun{n}') for n in range(4)): os.sched_yield()\n    return {'id': job['id']}"}
        for name, code in codes.items():
            with self.subTest(name):
                how = "prefork=4" if name == "processes" else "concurrency=4"
                child = self.start(code, serve=f"propsd_worker.serve(f, {how})")
                self.assertEqual(child.hello["concurrency"], 4)
                child.send(*(request(n) for n in range(4)))
                self.assertEqual({n: r["result"]["id"] for n, r in child.replies(4).items()}, {n: n for n in range(4)})
                self.assertEqual(child.close(), 0)

    def test_no_more_at_a_time_than_were_said(self):
        for kind in ("", "async "):
            child = self.start("import asyncio, threading, time\nlock, now, most = threading.Lock(), [0], [0]\n"
                               f"{kind}def f(job):\n    with lock:\n        now[0] += 1\n        most[0] = max(most[0], now[0])\n"
                               + ("    await asyncio.sleep(0.001)\n" if kind else "    time.sleep(0.001)\n")
                               + "    with lock: now[0] -= 1\n    return {'most': most[0]}", serve="propsd_worker.serve(f, concurrency=3)")
            child.send(*(request(n) for n in range(50)))
            self.assertLessEqual(max(r["result"]["most"] for r in child.replies(50).values()), 3)

    def test_progress(self):
        child = self.start("def f(job):\n    for i in range(10000): propsd_worker.progress(0.4, 'simulating\\nnow ' + 'x' * 500)\n"
                           "    return {}")
        child.send(request(1))
        first = child.reply()
        self.assertEqual((first["id"], first["progress"]), (1, 0.4))
        self.assertTrue(first["note"].startswith("simulating now xxx") and len(first["note"]) <= 200)
        lines = 1
        while "result" not in child.reply():
            lines += 1
        self.assertLess(lines, 1000)  # not ten thousand

    def test_progress_is_of_the_job_that_calls_it(self):
        for code in ("def f(job):\n    propsd_worker.progress(job['id'] / 10)\n    return {}",
                     "import asyncio\nasync def f(job):\n    await asyncio.sleep(0)\n    propsd_worker.progress(job['id'] / 10)\n    return {}",
                     "import threading\ndef f(job):\n    t = threading.Thread(target=propsd_worker.progress, args=(job['id'] / 10,))\n"
                     "    t.start(); t.join()\n    return {}"):
            child = self.start(code, serve="propsd_worker.serve(f, concurrency=4)" if "Thread" not in code else "propsd_worker.serve(f)")
            child.send(*(request(n) for n in range(4)))
            told = {}
            for _ in range(8):
                reply = child.reply()
                if "progress" in reply:
                    told[reply["id"]] = reply["progress"]
            self.assertEqual(told, {n: n / 10 for n in range(4)})

    def test_progress_that_is_out_of_range(self):
        child = self.start("def f(job):\n    propsd_worker.progress(float('nan'))\n    propsd_worker.progress(7)\n    return {}")
        child.send(request(1))
        self.assertEqual(child.reply(), {"id": 1, "progress": 1})
        self.assertEqual(child.reply(), {"id": 1, "result": {}})

    def test_nothing_of_a_job_comes_after_its_reply(self):
        child = self.start('''
import contextvars, threading
second, told = threading.Event(), threading.Event()
def tell():
    second.wait()
    propsd_worker.progress(0.5)
    told.set()
def f(job):
    if job["id"] == 1:
        threading.Thread(target=contextvars.copy_context().run, args=(tell,)).start()
    else:
        second.set()
        told.wait()
    return {}''')
        child.send(request(1), request(2))
        self.assertEqual([child.reply(), child.reply()], [{"id": 1, "result": {}}, {"id": 2, "result": {}}])

class Setup(WorkerTest):
    def test_runs_once_before_the_hello(self):
        for kind in ("", "async "):
            child = self.start("import os\ncalls = []\n@propsd_worker.setup\ndef one():\n    calls.append(1)\n    open('loading').read()\n"
                               f"@propsd_worker.setup(each=True)\ndef two(): calls.append(2)\n{kind}def f(job): return {{'calls': calls}}",
                               hello=False)
            loading = os.path.join(self.folder, "loading")
            os.mkfifo(loading)
            child.send(request(1), request(2))
            go = os.open(loading, os.O_WRONLY)  # it is there now, and has not said hello
            self.assertEqual(select.select([child.process.stdout], [], [], 0)[0], [])
            os.close(go)
            self.assertEqual(child.reply()["v"], 1)
            self.assertEqual([child.reply()["result"]["calls"] for _ in range(2)], [[1, 2]] * 2)
            os.unlink(loading)

    def test_one_of_a_loop_runs_on_the_loop(self):
        reply, _ = self.run_once("import asyncio\n@propsd_worker.setup\nasync def load():\n    global loop\n"
                                 "    loop = asyncio.get_running_loop()\n"
                                 "async def f(job): return {'same': loop is asyncio.get_running_loop()}")
        self.assertEqual(reply["result"], {"same": True})

    def test_one_that_fails_ends_the_worker_without_a_hello(self):
        for how in ("", ", prefork=2"):
            for which in ("", "(each=True)"):
                child = self.start(f"@propsd_worker.setup{which}\ndef load(): raise RuntimeError('no model')\ndef f(job): return {{}}",
                                   serve=f"propsd_worker.serve(f{how})", hello=False)
                self.assertEqual(child.wait(), 1)
                self.assertIsNone(child.line())
                self.assertIn("RuntimeError: no model", child.stderr())


class Failures(WorkerTest):
    def test_an_exception_is_told_in_a_line_and_whole_on_stderr(self):
        reply, child = self.run_once("def inner(x): return {}['points']\ndef f(player_lookup, game_date):\n    return inner(3)\n")
        self.assertRegex(reply["error"], r"^KeyError: 'points', at [\w.-]+/worker.py:2 in inner, called from [\w.-]+/worker.py:4 in f$")
        self.assertNotIn("permanent", reply)
        self.assertIn("job 1 (lebronjames 2025-11-15) failed:\nTraceback", child.said)
        self.assertNotIn("propsd_worker.py\"", child.said)

    def test_a_cause_and_a_class_of_a_module(self):
        self.write("mine.py", "class Wrong(Exception): pass\n")
        reply, _ = self.run_once("import mine\ndef f(job):\n    raise mine.Wrong('a\\nb')\n")
        self.assertTrue(reply["error"].startswith("mine.Wrong: a b, at "), reply)

    def test_the_text_is_bounded_and_the_trace_is_not(self):
        for message in ("'x' * 100000", "'é' * 100000"):
            reply, child = self.run_once(f"def f(job): raise ValueError({message})")
            self.assertLessEqual(len(reply["error"].encode()), 1000)
            self.assertIn("worker.py:2 in f", reply["error"])
            self.assertGreater(len(child.said), 100000)
        reply, _ = self.run_once("def f(job): return f(job)")
        self.assertTrue(reply["error"].startswith("RecursionError: "), reply)

    def test_a_permanent_one(self):
        reply, child = self.run_once("def f(job): raise propsd_worker.PermanentError('no games in the warehouse')")
        self.assertEqual(reply, {"id": 1, "error": "no games in the warehouse", "permanent": True})
        self.assertEqual(child.said, "")
        reply, _ = self.run_once("def f(job): raise propsd_worker.PermanentError")
        self.assertEqual(reply, {"id": 1, "error": "PermanentError", "permanent": True})

    def test_what_ends_a_program_ends_only_the_job(self):
        cases = (("sys.exit('no data')", "the function called sys.exit('no data')"), ("sys.exit()", "sys.exit(None)"),
                 ("raise KeyboardInterrupt", "KeyboardInterrupt"), ("raise MemoryError", "MemoryError"),
                 ("raise GeneratorExit", "GeneratorExit"), ("raise BaseException('odd')", "BaseException: odd"),
                 ("raise Evil", "Evil, at "))
        for kind in ("def", "async def"):
            for how in ("", ", concurrency=2", ", prefork=2"):
                child = self.start("import sys\nclass Evil(Exception):\n    def __str__(self): raise OSError\n"
                                   f"{kind} f(job):\n    if 'code' in job: exec(job['code'])\n    return {{}}",
                                   serve=f"propsd_worker.serve(f{how})")
                child.send(*(request(n, code=raised) for n, (raised, _) in enumerate(cases)), request(100))
                found = child.replies(len(cases) + 1)
                for n, (_, words) in enumerate(cases):
                    self.assertIn(words, found[n]["error"])
                self.assertEqual(found[100], {"id": 100, "result": {}})
                self.assertEqual(child.close(), 0)

    def test_native_code_that_crashes_says_where(self):
        child = self.start("import ctypes\ndef f(job): ctypes.string_at(0)")
        child.send(request(1))
        self.assertEqual(child.wait(), -signal.SIGSEGV)
        self.assertIn("in f", child.stderr())


class Results(WorkerTest):
    def refused(self, code, *words):
        reply, _ = self.run_once(code)
        self.assertTrue(reply.get("permanent"), str(reply)[:500])
        for word in words:
            self.assertIn(word, reply["error"])

    def test_what_python_has_and_json_has_not(self):
        reply, _ = self.run_once('''
import collections, dataclasses, datetime, decimal, enum, pathlib, types, uuid
class Side(enum.Enum):
    OVER = "OVER"
class Level(enum.IntEnum):
    HIGH = 2
@dataclasses.dataclass
class Figures:
    mean: decimal.Decimal
    sd: float
Pair = collections.namedtuple("Pair", "a b")
def f(job):
    return {"decimal": [decimal.Decimal("24.50"), decimal.Decimal("24"), decimal.Decimal("1E+2")],
            "date": datetime.date(2025, 11, 15), "time": datetime.datetime(2025, 11, 15, 20, 30, tzinfo=datetime.timezone.utc),
            "set": {3, 1, 2}, "frozen": frozenset(["b", "a"]), "tuple": (1, Pair(2, 3)), "side": Side.OVER, "level": Level.HIGH,
            "figures": Figures(decimal.Decimal("27.4"), 6.1), "proxy": types.MappingProxyType({"a": 1}), "path": pathlib.Path("/a/b"),
            "uuid": uuid.UUID(int=1), "keys": {1: "a", 24.5: "b", False: "c", None: "d", decimal.Decimal("7.5"): "e",
                                              datetime.date(2025, 11, 15): "f", Side.OVER: "g"}, "name": "Don\\u010di\\u0107"}''')
        self.assertEqual(reply["result"], {
            "decimal": [24.5, 24, 100], "date": "2025-11-15", "time": "2025-11-15T20:30:00+00:00", "set": [1, 2, 3], "frozen": ["a", "b"],
            "tuple": [1, [2, 3]], "side": "OVER", "level": 2, "figures": {"mean": 27.4, "sd": 6.1}, "proxy": {"a": 1}, "path": "/a/b",
            "uuid": "00000000-0000-0000-0000-000000000001", "name": "Dončić",
            "keys": {"1": "a", "24.5": "b", "false": "c", "null": "d", "7.5": "e", "2025-11-15": "f", "OVER": "g"}})

    def test_a_dataclass_is_a_result(self):
        reply, _ = self.run_once("import dataclasses\n@dataclasses.dataclass\nclass R:\n    mean: float\ndef f(job): return R(1.5)")
        self.assertEqual(reply["result"], {"mean": 1.5})

    def test_numpy(self):
        try:
            import numpy  # noqa: F401
        except ImportError:
            self.skipTest("python3-numpy is not installed")
        reply, _ = self.run_once('''
import numpy as np
def f(player_lookup, game_date):
    return {"f64": np.float64(0.1), "f32": np.float32(0.5), "i64": np.int64(7), "b": np.bool_(True), "s": np.str_("x"),
            "long": np.longdouble(1.5), "array": np.array([[1.5, 2], [3, 4]]), "ints": np.arange(3), "zero": np.array(4),
            "day": np.datetime64("2025-11-15"), "ns": np.datetime64("2025-11-15T20:30:00", "ns"),
            "keys": {np.int64(3): np.float32(1), np.float64(2.5): 1, np.str_("k"): [np.int8(1)]}, "of": np.array([{"a": np.int8(1)}])}''')
        self.assertEqual(reply.get("result"), {
            "f64": 0.1, "f32": 0.5, "i64": 7, "b": True, "s": "x", "long": 1.5, "array": [[1.5, 2], [3, 4]], "ints": [0, 1, 2], "zero": 4,
            "day": "2025-11-15", "ns": "2025-11-15T20:30:00.000000000", "keys": {"3": 1, "2.5": 1, "k": [1]}, "of": [{"a": 1}]}, reply)
        for value, words in (("np.array([0.1, np.nan])", "a.pmf[1] is NaN"), ("np.float32('inf')", "a.pmf is Infinity"),
                             ("np.complex128(1j)", "a.pmf is of type complex"), ("np.timedelta64(3, 'D')", "a.pmf is a span of time"),
                             ("np.datetime64('NaT')", "a.pmf is NaT"), ("np.array([b'x'])", "a.pmf[0] is of type bytes")):
            self.refused(f"import numpy as np\ndef f(job): return {{'a': {{'pmf': {value}}}}}", words)

    def test_the_likes_of_numpy_without_it(self):
        self.write("array.py", "")  # not a name of ours to import
        reply, _ = self.run_once("class D: kind = 'f'\nclass Tensor:\n    dtype = D()\n    def tolist(self): return [1.5, 2]\n"
                                 "def f(job): return {'t': Tensor()}")
        self.assertEqual(reply["result"], {"t": [1.5, 2]})
        child = self.start("import sys\ndef f(job): return {'numpy': 'numpy' in sys.modules}")
        child.send(request(1))
        self.assertEqual(child.reply()["result"], {"numpy": False})

    def test_numbers_that_json_has_not_are_named_by_their_key(self):
        self.refused("def f(job): return {'markets': {'points': {'mean': float('nan')}}}", "markets.points.mean is NaN")
        self.refused("def f(job): return {'a': [1, {'b': float('-inf')}]}", "a[1].b is -Infinity")
        self.refused("import decimal\ndef f(job): return {'a': decimal.Decimal('NaN')}", "a is NaN")
        self.refused("def f(job): return {'a': {float('nan'): 1}}", "a key of a is NaN")
        self.refused("def f(job): return '{\"a\": {\"b\": NaN}}'", "a.b is NaN")
        self.refused("def f(job): return b'{\"a\": [-Infinity]}'", "a[0] is -Infinity")

    def test_values_that_json_has_not_are_named_by_key_and_type(self):
        self.write("m.py", "class Model: pass\n")
        self.refused("import m\ndef f(job): return {'a': {'model': m.Model()}}", "a.model is of type m.Model")
        self.refused("def f(job): return {'a': b'bytes'}", "a is of type bytes")
        self.refused("def f(job): return {'a': {(1, 2): 3}}", "a has a key of type tuple: (1, 2)")
        self.refused("def f(job): return {'a': {1, 'b'}}", "a is a set whose members cannot be sorted")
        self.refused("def f(job): return {'a': {1: 1, '1': 2}, 'b': {(): 0}}", "a has two keys that are both '1'")
        self.refused("def f(job):\n    d = {}\n    d['d'] = d\n    return d", "does it contain itself?")
        self.refused("def f(job):\n    l = []\n    for i in range(200000): l = [l]\n    return {'l': l}", "l[0][0]", "nested more than 200 deep")
        self.refused("def f(job): return {'a': {'name': '\\ud83d'}}", "a.name is a text with half a character")

    def test_results_that_are_none(self):
        self.refused("def f(job): pass", "returned None", "is there a `return`?")
        self.refused("def f(job): return [1]", "returned list: a dict is wanted")
        self.refused("async def g(): pass\ndef f(job): return g()", "returned coroutine", "the async function itself")
        self.refused("def f(job): return 'done'", "a text that is not JSON", "'done'")
        self.refused("def f(job): return '[1]'", "the JSON text of list")
        self.refused("def f(job): return b'\\xff{}'", "a text that is not JSON")
        self.refused("def f(job): return (n for n in [1])", "returned generator")

    def test_json_of_the_functions_own_stays_as_it_is(self):
        for code in (r'''def f(job): return '\n{"a": 1.10,\r\n "a\\n": "\\u00e9é"}\n' ''',
                     r'''def f(job): return '\n{"a": 1.10,\r\n "a\\n": "\\u00e9é"}\n'.encode()''',
                     r'''def f(job): return bytearray('{"a": 1.10,\r\n "a\\n": "\\u00e9é"}'.encode())'''):
            child = self.start(code)
            child.send(request(1))
            self.assertEqual(child.line().decode(), r'''{"id":1,"result":{"a": 1.10,   "a\n": "\u00e9é"}}''')

    def test_equal_results_are_equal_bytes(self):
        lines = set()
        for seed in ("1", "2", "3"):
            child = self.start("def f(job): return {'z': 1, 'a': {'q', 'w', 'e', 'r'}, 'f': 0.1 + 0.2}", environment={"PYTHONHASHSEED": seed})
            child.send(request(1))
            lines.add(child.line())
        self.assertEqual(lines, {b'{"id":1,"result":{"z":1,"a":["e","q","r","w"],"f":0.30000000000000004}}'})


class PerGame(WorkerTest):
    """Work that the players of a game share."""

    @staticmethod
    def night(**live):
        """Requests of 12 games, two teams each, five players a team, as one sequential pass would send them."""
        for game in range(12):
            for home in (True, False):
                team, opponent = (f"{side}{game}" for side in ("HA" if home else "AH"))
                players = [f"{team.lower()}p{n}" for n in range(5)]
                for player in players:
                    facts = {"tip": "2025-11-16T01:30:00Z", "injury": {"status": "out"} if player.endswith("p4") else {},
                             "mates": {mate: "out" if mate.endswith("p4") else "none" for mate in players if mate != player},
                             "starters": players, "totals": {"fanduel": 228.5}, "quotes": [{"market": "points", "line": ord(player[-1])}]}
                    facts = {key: value for key, value in {**facts, **live}.items() if value != {}}
                    yield request(0, player, game_id=f"20251115_A{game}_H{game}", team=team, opponent=opponent, home=home, live=facts)

    def results(self, child, requests):
        requests = [{**each, "id": n} for n, each in enumerate(requests)]
        child.send(*requests)
        found = child.replies(len(requests))
        return [found[n].get("result", found[n].get("error")) for n in range(len(requests))]

    def test_once_a_game_until_its_facts_change(self):
        for given, key in (("game_id, game_date, home_team, away_team, tip, game_status, spreads", "tip"),
                           ("job", "tip"), ("game_id, totals", "totals"), ("*, game_id, totals, simulations=1000, **more", "totals")):
            child = self.start("calls = []\n@propsd_worker.per_game\n"
                               f"def pace({given}):\n    calls.append(1)\n    return len(calls)\n"
                               "def f(player_lookup, game_date, job): return {'n': pace(job)}")
            expected = [{"n": game + 1} for game in range(12) for _ in range(10)]
            self.assertEqual(self.results(child, self.night()), expected, given)
            self.assertEqual(self.results(child, self.night()), expected)
            changed = {"tip": "2025-11-16T02:00:00Z", "totals": {"fanduel": 229.5}}
            self.assertEqual(self.results(child, self.night(**{key: changed[key]})), [{"n": n["n"] + 12} for n in expected])
            self.assertEqual(self.results(child, self.night(quotes=[], injury={"status": "out"})), expected)  # facts that it is not given
            other = [{**each, "game_date": "2025-11-16"} for each in self.night()]
            self.assertEqual(self.results(child, other), [{"n": n["n"] + 24} for n in expected])
            self.assertEqual(child.close(), 0)

    def test_once_a_team_where_it_is_given_what_is_the_teams(self):
        for given in ("team", "injuries", "starters", "job, opponent", "home, game_id", "lineup_confirmed"):
            child = self.start("calls = []\n@propsd_worker.per_game\n"
                               f"def rotation({given}):\n    calls.append(1)\n    return len(calls)\n"
                               "def f(player_lookup, game_date, job): return {'n': rotation(job)}")
            self.assertEqual(self.results(child, self.night()), [{"n": team + 1} for team in range(24) for _ in range(5)], given)

    def test_what_it_is_given(self):
        names = ("game_id", "game_date", "home_team", "away_team", "tip", "game_status", "totals", "spreads", "job", "team", "opponent",
                 "home", "starters", "lineup_confirmed", "injuries")
        child = self.start(f"@propsd_worker.per_game\ndef g({', '.join(names)}): return dict(locals())\ndef f(job): return g(job)")
        away = list(self.night())[5]
        team = {f"a0p{n}": "out" if n == 4 else "none" for n in range(5)}
        self.assertEqual(self.results(child, [away]), [{
            "game_id": "20251115_A0_H0", "game_date": "2025-11-15", "home_team": "H0", "away_team": "A0", "tip": "2025-11-16T01:30:00Z",
            "game_status": None, "totals": {"fanduel": 228.5}, "spreads": {}, "team": "A0", "opponent": "H0", "home": False,
            "starters": list(team), "lineup_confirmed": None, "injuries": team,
            "job": {"game_id": "20251115_A0_H0", "game_date": "2025-11-15",
                    "live": {"tip": "2025-11-16T01:30:00Z", "totals": {"fanduel": 228.5}}}}])
        bare = dict.fromkeys(names)
        bare.update(game_id="G", game_date="2025-11-15", totals={}, spreads={}, injuries={},
                    job={"game_id": "G", "game_date": "2025-11-15", "live": {}})
        self.assertEqual(self.results(child, [request(1, game_id="G")]), [bare])

    def test_what_is_no_fact_of_a_game_is_named(self):
        for key in ("['player_lookup']", "['live']['injury']", "['team']"):
            reply, _ = self.run_once(f"@propsd_worker.per_game\ndef g(job): return job{key}\ndef f(job): return g({{**job, 'game_id': 'G'}})")
            self.assertIn(f"{re.findall(chr(39) + '([a-z_]+)' + chr(39), key)[-1]}: no fact of a game", reply["error"])
        for wrong, words in (("def g(game_id, player_lookup): pass", "g: player_lookup is no fact of a game"),
                             ("def g(game_id, /): pass", "g: game_id is no fact"), ("g = 7", "a decorator of a function, not of int")):
            child = self.start(wrong + "\npropsd_worker.per_game(g)", hello=False)
            self.assertEqual(child.wait(), 1)
            self.assertIn("TypeError: ", child.stderr())
            self.assertIn(words, child.stderr())
        child = self.start("@propsd_worker.per_game(size=0)\ndef g(game_id): pass", hello=False)
        self.assertEqual(child.wait(), 1)
        self.assertIn("ValueError: per_game: size: 0 is not a whole number", child.stderr())
        reply, _ = self.run_once("@propsd_worker.per_game\ndef g(game_id): pass\ndef f(job): g('20251115_LAL_GSW')")
        self.assertIn("g() is called with the job, a dict, not with str", reply["error"])

    def test_inside_a_job_it_needs_no_job(self):
        for how in ("pace()", "threads.submit(pace).result()"):  # a thread of the function's own, too
            child = self.start("import concurrent.futures\nthreads = concurrent.futures.ThreadPoolExecutor(1)\ncalls = []\n"
                               "@propsd_worker.per_game\ndef pace(game_id):\n    calls.append(game_id)\n    return len(calls)\n"
                               f"def f(player_lookup, game_date): return {{'n': {how}}}")
            self.assertEqual(self.results(child, self.night()), [{"n": game + 1} for game in range(12) for _ in range(10)])
        child = self.start("@propsd_worker.per_game\ndef pace(game_id): pass\npace()", hello=False)
        self.assertEqual(child.wait(), 1)
        self.assertIn("pace() knows of no job here: call it with the job", child.stderr())

    def test_an_error_is_not_kept(self):
        for kind in ("", "async "):
            wait = "await " if kind else ""
            child = self.start(f"import sys\ncalls = []\n@propsd_worker.per_game\n{kind}def g(game_id):\n    calls.append(1)\n"
                               "    if len(calls) == 1: raise ValueError('the warehouse is away')\n"
                               "    if len(calls) == 2: raise propsd_worker.PermanentError('no such game')\n"
                               "    if len(calls) == 3: sys.exit(4)\n    return len(calls)\n"
                               f"{kind}def f(job): return {{'n': {wait}g(job)}}")
            one = list(self.night())[0]
            self.assertRegex(self.results(child, [one])[0], r"^ValueError: the warehouse is away, at \S+/worker.py:\d+ in g")
            child.send({**one, "id": 5})
            self.assertEqual(child.reply(), {"id": 5, "error": "no such game", "permanent": True})
            self.assertIn("the function called sys.exit(4)", self.results(child, [one])[0])
            self.assertEqual(self.results(child, [one, one]), [{"n": 4}] * 2)

    def test_jobs_at_a_time_compute_it_once(self):
        """Four jobs of a game: the one that computes goes on when the other three are known to wait for it."""
        codes = {"threads": """
import threading
known = propsd_worker.concurrent.futures.Future.result
waiting = threading.Semaphore(0)
def result(self, timeout=None):  # what waits for another's result comes by here
    waiting.release()
    return known(self, timeout)
propsd_worker.concurrent.futures.Future.result = result
@propsd_worker.per_game
def g(game_id):
    calls.append(game_id)
    for _ in range(3): waiting.acquire()
    if len(calls) == 1: raise ValueError("first")
    return len(calls)
def f(job): return {"n": g(job)}""", "async": """
import asyncio
begun = []
@propsd_worker.per_game
async def g(game_id):
    calls.append(game_id)
    while len(begun) < 4 * len(calls): await asyncio.sleep(0)
    for _ in range(10): await asyncio.sleep(0)  # those that wait have come to that
    if len(calls) == 1: raise ValueError("first")
    return len(calls)
async def f(job):
    begun.append(1)
    return {"n": await g(job)}"""}
        for name, code in codes.items():
            with self.subTest(name):
                child = self.start("calls = []" + code, serve="propsd_worker.serve(f, concurrency=4)")
                four = list(self.night())[:4]
                self.assertTrue(all(each.startswith("ValueError: first, at ") for each in self.results(child, four)))  # it is theirs, too
                self.assertEqual(self.results(child, four), [{"n": 2}] * 4)
                self.assertEqual(child.close(), 0)

    def test_other_games_do_not_wait(self):
        for kind in ("", "async "):
            child = self.start(f"import asyncio, threading\nboth = threading.Barrier(2)\nhere = []\n@propsd_worker.per_game\n{kind}def g(game_id):\n"
                               + ("    here.append(1)\n    while len(here) < 2: await asyncio.sleep(0)\n" if kind else "    both.wait()\n")
                               + f"    return game_id\n{kind}def f(job): return {{'g': {'await ' if kind else ''}g(job)}}",
                               serve="propsd_worker.serve(f, concurrency=2)")
            self.assertEqual(self.results(child, list(self.night())[:20:10]), [{"g": "20251115_A0_H0"}, {"g": "20251115_A1_H1"}])

    def test_a_job_that_gives_up_takes_it_from_nobody(self):
        child = self.start("""
import asyncio
calls, go = [], asyncio.Event()
@propsd_worker.per_game
async def g(game_id):
    calls.append(1)
    await go.wait()
    return len(calls)
async def f(job):
    if job["id"]:
        asyncio.get_running_loop().call_later(0, go.set)
        return {"n": await g(job)}
    try:
        await asyncio.wait_for(g(job), 0.001)
    except asyncio.TimeoutError:
        return {"n": 0}""", serve="propsd_worker.serve(f, concurrency=2)")
        one = list(self.night())[0]
        self.assertEqual(self.results(child, [one]), [{"n": 0}])
        child.send({**one, "id": 7})
        self.assertEqual(child.reply(), {"id": 7, "result": {"n": 1}})

    def test_what_was_used_last_is_kept_and_can_be_forgotten(self):
        child = self.start("calls = []\n@propsd_worker.per_game(size=2)\ndef g(game_id):\n    calls.append(1)\n    return len(calls)\n"
                           "def f(job):\n    if job.get('forget'): g.clear()\n    return {'n': g(job), 'kept': len(g.kept)}")
        games = [request(0, game_id=game) for game in "ABACBA"]  # B goes for C, A for B
        self.assertEqual([each["n"] for each in self.results(child, games)], [1, 2, 1, 3, 4, 5])
        self.assertEqual(self.results(child, [request(0, game_id="A", forget=True)]), [{"n": 6, "kept": 1}])

    def test_without_a_game_nothing_is_kept(self):
        for kind in ("", "async "):
            child = self.start(f"calls = []\n@propsd_worker.per_game\n{kind}def g(game_id, game_date):\n    calls.append(1)\n"
                               f"    return len(calls)\n{kind}def f(job): return {{'n': {'await ' if kind else ''}g(job), 'kept': len(g.kept)}}")
            self.assertEqual(self.results(child, [request(0)] * 3), [{"n": n, "kept": 0} for n in (1, 2, 3)])

    def test_a_result_that_needs_itself_is_an_error(self):
        for kind in ("", "async "):
            wait = "await " if kind else ""
            child = self.start(f"@propsd_worker.per_game\n{kind}def g(game_id): return {wait}g({{'game_id': game_id, 'game_date': '2025-11-15'}})\n"
                               f"{kind}def f(job): return {{'n': {wait}g(job)}}")
            self.assertIn("g() wants its own result of the same game", self.results(child, [request(0, game_id="A")])[0])

    def test_what_the_function_does_to_its_facts_is_its_own(self):
        child = self.start("@propsd_worker.per_game\ndef g(totals, job):\n    totals.clear()\n    job['live'].clear()\n    return 1\n"
                           "def f(job):\n    g(job)\n    return {'live': job['live']}")
        one = list(self.night())[0]
        self.assertEqual(self.results(child, [one]), [{"live": one["live"]}])

    def test_forked_processes_have_what_was_kept_and_wait_for_nobody_that_is_not_there(self):
        child = self.start("""
import os, threading
started, never = threading.Event(), threading.Event()
@propsd_worker.per_game
def g(game_id):
    if os.getpid() == loader and game_id == "B":
        started.set()
        never.wait()
    return os.getpid() == loader
loader = os.getpid()
@propsd_worker.setup
def load():
    g(dict(game_id="A", game_date="2025-11-15"))
    threading.Thread(target=g, args=(dict(game_id="B", game_date="2025-11-15"),), daemon=True).start()
    started.wait()
def f(job): return {"loaders": g(job)}""", serve="propsd_worker.serve(f, prefork=2)")
        self.assertEqual(self.results(child, [request(0, game_id=game) for game in "AB"]), [{"loaders": True}, {"loaders": False}])


class Prefork(WorkerTest):
    CODE = '''
import os, signal
@propsd_worker.setup
def load():
    global loader
    loader = os.getpid()
@propsd_worker.setup(each=True)
def connect():
    global connected
    connected = os.getpid()
def f(job):
    if job["player_lookup"] == "killer":
        os.kill(os.getpid(), signal.SIGKILL)
    if job["player_lookup"] == "exit":
        os._exit(3)
    return {"pid": os.getpid(), "loader": loader, "connected": connected}
'''

    def test_the_model_is_loaded_once_and_each_connects(self):
        child = self.start(self.CODE, serve="propsd_worker.serve(f, prefork=4)")
        self.assertEqual(child.hello["concurrency"], 4)
        child.send(*(request(n) for n in range(200)))
        for reply in child.replies(200).values():
            self.assertEqual(reply["result"]["loader"], child.process.pid)
            self.assertEqual(reply["result"]["connected"], reply["result"]["pid"])
            self.assertNotEqual(reply["result"]["pid"], child.process.pid)
        self.assertEqual(child.close(), 0)
        self.assertEqual(child.stderr(), "")

    def test_a_process_that_dies_costs_its_job_and_is_replaced(self):
        child = self.start(self.CODE, serve="propsd_worker.serve(f, prefork=2)")
        for _ in range(20):
            child.send(request(1, "killer"), request(2), request(3, "exit"), request(4))
            found = child.replies(4)
            self.assertEqual(found[1]["error"], "the process that ran the job was killed by SIGKILL (out of memory?)")
            self.assertEqual(found[3]["error"], "the process that ran the job exited with 3")
            self.assertIn("result", found[2])
            self.assertIn("result", found[4])
        # Its own, the wire, three a process: the last who died may be replaced a moment after his reply.
        self.wait_until(lambda: len(os.listdir(f"/proc/{child.process.pid}/fd")) == 3 + 2 + 2 * 3)
        self.assertEqual(child.close(), 0)

    def test_the_processes_end_with_the_one_that_forked_them(self):
        child = self.start("import os, time\ndef f(job):\n    propsd_worker.progress(0, str(os.getpid()))\n    time.sleep(1000)",
                           serve="propsd_worker.serve(f, prefork=3)")
        child.send(*(request(n) for n in range(3)))
        pids = [int(child.reply()["note"]) for _ in range(3)]
        child.process.kill()
        child.wait()
        self.wait_until(lambda: not any(self.alive(pid) for pid in pids))

    @staticmethod
    def alive(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
        except OSError:
            return False

    def test_processes_that_do_not_come_up_end_the_worker(self):
        child = self.start("import os\n@propsd_worker.setup(each=True)\ndef dies(): os._exit(4)\ndef f(job): return {}",
                           serve="propsd_worker.serve(f, prefork=2)", hello=False)
        self.assertEqual(child.wait(), 1)
        self.assertIn("exited with 4 before it was ready", child.stderr())

    def test_processes_that_die_without_a_job_end_the_worker(self):
        child = self.start("import os\n@propsd_worker.setup(each=True)\ndef here(): open(f'pid{os.getpid()}', 'w').close()\n"
                           "def f(job): return {}", serve="propsd_worker.serve(f, prefork=2)")

        def kill_who_is_there():
            for name in os.listdir(self.folder):
                if name.startswith("pid"):
                    os.unlink(os.path.join(self.folder, name))
                    try:
                        os.kill(int(name[3:]), signal.SIGKILL)
                    except ProcessLookupError:  # with the one that forked it
                        pass
            return child.process.poll() is not None
        self.wait_until(kill_who_is_there)
        self.assertEqual(child.wait(), 1)
        self.assertIn("5 forked processes in a row ended without a job", child.stderr())

    def test_what_is_loaded_stays_out_of_collections(self):
        reply, _ = self.run_once("import gc\ndef f(job): return {'frozen': gc.get_freeze_count()}",
                                 serve="propsd_worker.serve(f, prefork=1)")
        self.assertGreater(reply["result"]["frozen"], 1000)

    def test_with_threads_and_with_a_loop_in_each(self):
        for kind in ("", "async "):
            child = self.start(f"import os\n{kind}def f(job): return {{'pid': os.getpid()}}",
                               serve="propsd_worker.serve(f, prefork=2, concurrency=3)")
            self.assertEqual(child.hello["concurrency"], 6)
            child.send(*(request(n) for n in range(100)))
            self.assertLessEqual(len({r["result"]["pid"] for r in child.replies(100).values()}), 2)
            self.assertEqual(child.close(), 0)

    def test_numpy_in_eight(self):
        try:
            import numpy  # noqa: F401
        except ImportError:
            self.skipTest("python3-numpy is not installed")
        code = '''
import numpy as np
@propsd_worker.setup
def load():
    global games
    games = np.random.default_rng(7).normal(25, 6, 10000)
def f(player_lookup, game_date):
    print("numpy", np.__version__)
    draws = np.random.default_rng(len(player_lookup)).choice(games, 1000)
    return {"player_lookup": player_lookup, "points": {"mean": draws.mean(), "sd": draws.std()}, "pmf": np.histogram(draws)[0] / 1000}
'''
        found = []
        for how in ("", ", prefork=8"):
            child = self.start(code, serve=f"propsd_worker.serve(f{how})")
            child.send(*(request(n, "p" * (n + 1)) for n in range(20)))
            found.append(child.replies(20))
            self.assertEqual(child.close(), 0)
        self.assertEqual(*found)


class ByHand(WorkerTest):
    CODE = "def f(player_lookup, game_date, job):\n    print('printed')\n    propsd_worker.progress(0.5, 'half')\n" \
           "    return {'p': player_lookup, 'd': game_date, 'phase': job['phase'], 'live': job['live'], 'name': job['player']}"

    def test_a_job_is_done_and_shown(self):
        for how in ("", ", concurrency=3", ", prefork=3"):
            done = self.by_hand(self.CODE, "--try", "LeBron James", "2025-11-15", serve=f"propsd_worker.serve(f{how})")
            self.assertEqual(json.loads(done.stdout), {"p": "lebronjames", "d": "2025-11-15", "phase": "report", "live": {},
                                                       "name": "LeBron James"})
            self.assertIn('\n  "p": "lebronjames",\n', done.stdout)
            self.assertRegex(done.stderr, r"printed\n 50%  half\nok: \d+ bytes in \d+\.\d{3} s, setup \d+\.\d{3} s, peak memory \d+ MiB\n")
            self.assertEqual(done.returncode, 0)

    def test_a_request_of_a_file(self):
        path = self.write("job.json", json.dumps(request(9, "nikolajokic", player="Nikola Jokić", phase="precompute", live={"tip": "x"})))
        done = self.by_hand(self.CODE, "--try", "--job", path)
        self.assertEqual(json.loads(done.stdout), {"p": "nikolajokic", "d": "2025-11-15", "phase": "precompute", "live": {"tip": "x"},
                                                   "name": "Nikola Jokić"})
        done = self.by_hand(self.CODE, "--try", "Luka Dončić", "2025-11-16", "--job", path, "--model", "mine")
        self.assertEqual(json.loads(done.stdout)["p"], "lukadoncic")

    def test_a_failure(self):
        done = self.by_hand("def f(job): return {'a': {'b': float('nan')}}", "--try", "lebronjames", "2025-11-15")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("it would not be tried again\nerror: a.b is NaN", done.stderr)
        done = self.by_hand("def f(job): raise ValueError('x')", "--try", "lebronjames", "2025-11-15")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Traceback", done.stderr)
        self.assertIn("it would be tried again", done.stderr)

    def test_what_is_wrong_with_the_command_is_said(self):
        for arguments, words in ((["--try"], "who?"), (["--try", "a", "15.11.2025"], "written as 2025-11-15"),
                                 (["--try", "a", "b", "c"], "a player and a date"), (["--try", "a", "--job", "/nowhere"], "/nowhere")):
            done = self.by_hand(self.CODE, *arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stderr)

    def test_the_command(self):
        path = self.write("model.py", UNCHANGED)
        done = self.run_command([*PYTHON, "-m", "propsd_worker", path + ":generate_player_report", "--try", "lebronjames", "2025-11-15"])
        self.assertEqual(json.loads(done.stdout)["player_lookup"], "lebronjames")
        for target, words in ((path + ":nothing", "has no function nothing; it has generate_player_report"), ("model", "MODULE:FUNCTION"),
                              ("/nowhere.py:f", "no such file")):
            done = self.run_command([*PYTHON, "-m", "propsd_worker", target])
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)
        self.write("no.py", "def f(): pass\n")
        done = self.run_command([*PYTHON, "-m", "propsd_worker", "no.py:f"])
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^propsd_worker: f\(\): a function is called with .*\n$")

    def test_a_terminal_is_told_how(self):
        import pty
        path = self.write("worker.py", "import propsd_worker\npropsd_worker.serve(lambda job: {})\n")
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ["PYTHONPATH"] = FOLDER
            os.execv(sys.executable, [*PYTHON, path])
        said = b""
        try:
            while True:
                said += os.read(terminal, 4096)
        except OSError:
            pass
        os.close(terminal)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 1)
        self.assertIn(b"to try it by hand: --try PLAYER DATE", said)


class Sample(WorkerTest):
    GAMES = "player_lookup,game_date,minutes,points,rebounds,assists\n" + "".join(
        f"lebronjames,2025-10-{day:02},35,{20 + day},8,{day}\n" for day in range(1, 11)) + "lebronjames,2025-11-15,35,99,99,99\n"

    def test_the_sample_worker_projects_from_past_games(self):
        self.write("games.csv", self.GAMES)
        child = self.child([*PYTHON, os.path.join(FOLDER, "sample_worker.py")])
        self.assertEqual(child.hello["hello"], "project")
        child.send(request(1), request(2, live={"mates": {"anthonydavis": "out", "austinreaves": "none"}}), request(3, "nobody"))
        found = child.replies(3)
        self.assertEqual(found[1]["result"]["markets"]["points"]["mean"], 25.5)
        self.assertEqual(found[1]["result"]["games"], 10)
        self.assertAlmostEqual(found[2]["result"]["markets"]["points"]["mean"], 25.5 * 1.03)
        self.assertEqual(found[2]["result"]["mates_out"], ["anthonydavis"])
        self.assertEqual(found[3], {"id": 3, "error": "only 0 games of nobody before 2025-11-15", "permanent": True})
        self.assertEqual(child.close(), 0)
        self.assertIn("projecting lebronjames from 10 games", child.stderr())

    def test_it_runs_by_hand(self):
        self.write("games.csv", self.GAMES)
        done = self.run_command([*PYTHON, os.path.join(FOLDER, "sample_worker.py"), "--try", "LeBron James", "2025-11-15"])
        self.assertEqual(json.loads(done.stdout)["markets"]["rebounds"], {"mean": 8.0, "sd": 0.0})


class Documents(WorkerTest):
    """What the documents show runs."""

    @staticmethod
    def blocks(name, language):
        with open(os.path.join(os.path.dirname(FOLDER), "docs", name), encoding="utf-8") as file:
            found = re.findall(r"^```(\w*)\n(.*?)^```$", file.read(), re.M | re.S)
        return [text for its, text in found if its == language]

    def test_the_child_without_the_helper(self):
        [code] = [block for block in self.blocks("processors.md", "python") if "by hand" in block]
        child = self.child([*PYTHON, self.write("plain.py", code)])
        self.assertEqual(child.hello["v"], 1)
        child.send(request(17), request(18))
        self.assertEqual([child.reply()["id"], child.reply()["id"]], [17, 18])
        self.assertEqual(child.close(), 0)

    def test_lines_that_are_shown_are_lines(self):
        for block in self.blocks("processors.md", "json"):
            while block:  # one after the other, broken for reading or not
                value, end = json.JSONDecoder().raw_decode(block)
                self.assertEqual(value.get("v", 1), 1)
                block = block[end:].lstrip()
        [asked] = [json.loads(block) for block in self.blocks("processors.md", "json") if '"live"' in block]
        child = self.start("def f(job): return {'live': job['live']}")
        child.send(asked)
        self.assertEqual(child.reply(), {"id": 17, "result": {"live": asked["live"]}})

    def test_the_function_of_the_tutorial(self):
        code = self.blocks("tutorial-processor.md", "python")[0]
        done = self.run_command([*PYTHON, "-m", "propsd_worker", self.write("model.py", code) + ":generate_player_report",
                                 "--try", "LeBron James", "2025-11-15"])
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = [block for block in self.blocks("tutorial-processor.md", "") if "--try" in block]
        self.assertIn(done.stdout.strip(), shown[0])
        self.assertIn("simulating lebronjames\nok: 93 bytes in ", done.stderr)
        self.assertIn("simulating lebronjames\nok: 93 bytes in ", shown[0])


if __name__ == "__main__":
    unittest.main()
