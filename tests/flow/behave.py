#!/usr/bin/python3
"""A worker for tests: does to whoever it is asked for what his name says, and a plain report for everybody else.

    behave.py [MARK]

Speaks the protocol by hand, so that it can break it. What happens on the first attempt only says so below."""
import json
import os
import signal
import sys
import threading
import time

SAY = os.fdopen(os.dup(1), "wb", buffering=0)


def say(value):
    data = json.dumps(value).encode() + b"\n"
    while data:
        data = data[os.write(SAY.fileno(), data):]


def report(job):
    quotes = job["live"]["quotes"]
    return {"player_lookup": job["player_lookup"], "line": quotes[0]["line"] if quotes else None, "third": 0.1 + 0.2}


def fork_one(job, new_session):
    if os.fork() == 0:
        if new_session:
            os.setsid()
        hang()  # holds all three pipes
    say({"id": job["id"], "result": report(job)})
    os._exit(0)


def hang():
    """Does nothing for good: whoever tests it must end it."""
    while True:
        signal.pause()


def once(what):
    """Only on the first attempt."""
    return lambda job: what(job) if job["attempt"] == 1 else say({"id": job["id"], "result": report(job)})


def broken(job):
    say({"id": job["id"], "error": "the warehouse is closed"})


def slow(job):
    say({"id": job["id"], "progress": 0.5, "note": "half"})
    while not os.path.exists(os.environ["GATE"]):
        time.sleep(0.005)  # a worker of the user's, told by nobody
    say({"id": job["id"], "result": report(job)})


def grow(job):
    held = bytearray(400 << 20)
    held[::4096] = b"x" * len(held[::4096])
    hang()


def print_much(job):
    line = b"x" * 99 + b"\n"
    os.write(1, b"this is no reply\n")
    for _ in range(1 << 20):
        SAY.write(line)


def allocate(job):
    held = bytearray(64 << 20)
    held[::4096] = b"x" * len(held[::4096])
    del held
    say({"id": job["id"], "result": report(job)})


def burn():
    """0.15 s of a processor's time, however long that takes."""
    end = time.process_time() + 0.15
    while time.process_time() < end:
        pass


def burn_here(job):
    burn()
    say({"id": job["id"], "result": report(job)})


def burn_below(job):
    pid = os.fork()
    if pid == 0:
        burn()
        os._exit(0)
    os.waitpid(pid, 0)
    say({"id": job["id"], "result": report(job)})


def twice(job):
    say({"id": job["id"], "result": report(job)})
    say({"id": job["id"], "result": report(job)})


def ignore_sigterm(job):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hang()


def close_stdin(job):
    say({"id": job["id"], "result": report(job)})
    os.close(0)
    hang()


DOES = {
    "killed": once(lambda job: os.kill(os.getpid(), signal.SIGKILL)),
    "killedalways": lambda job: os.kill(os.getpid(), signal.SIGKILL),
    "stopped": once(lambda job: os.kill(os.getpid(), signal.SIGSTOP)),
    "hangs": lambda job: hang(),
    "ignoressigterm": once(ignore_sigterm),
    "closesstdin": close_stdin,
    "printsmuch": once(print_much),
    "longline": once(lambda job: [SAY.write(b"x" * (1 << 20)) for _ in range(100)]),
    "grandchild": lambda job: fork_one(job, False),
    "session": lambda job: fork_one(job, True),
    "partial": once(lambda job: (SAY.write(b'{"id":%d,"resu' % job["id"]), os._exit(3))),
    "unknownid": once(lambda job: say({"id": job["id"] + 1000, "result": {}})),
    "twice": twice,
    "grows": once(grow),
    "allocates": allocate,
    "burns": burn_here,
    "burnsbelow": burn_below,
    "fails": lambda job: say({"id": job["id"], "error": "no games in the warehouse"}),
    "failsforgood": lambda job: say({"id": job["id"], "error": "no such player", "permanent": True}),
    "wrongplayer": lambda job: say({"id": job["id"], "result": {"player_lookup": "somebody"}}),
    "wrongkey": lambda job: say({"id": job["id"], "result": {"version": 3}}),
    "nojson": lambda job: SAY.write(b'{"id":%d,"result":{"a":NaN}}\n' % job["id"]),
    "list": lambda job: say({"id": job["id"], "result": [1]}),
    "noid": once(lambda job: say({"result": report(job)})),
    "slow": slow,
    "big": lambda job: say({"id": job["id"], "result": {"pad": "y" * (1 << 20), "causes_seen": len(job["causes"])}}),
    "told": lambda job: say({"id": job["id"], "result": {"environment": dict(os.environ)}}),
    "request": lambda job: say({"id": job["id"], "result": {"request": {k: v for k, v in job.items() if k != "deadline"},
                                                            "threads": os.environ.get("OMP_NUM_THREADS"),
                                                            "cwd": os.getcwd(), "cores": len(os.sched_getaffinity(0)), "mark": os.environ.get("MARK")}}),
}


def main():
    start = os.environ.get("START", "")
    if start == "dies":
        sys.stderr.write("cannot find the model\n")
        sys.exit(3)
    if os.path.exists(os.environ.get("DOWN", "")):
        sys.stderr.write("the warehouse does not answer\n")
        sys.exit(3)
    if start == "silent":
        hang()
    if start == "prints":
        os.write(1, b"Loading model...\n")
    if start == "says":
        sys.stderr.write("loaded a model\n")
        sys.stderr.flush()
    say({"v": 1, "hello": "behave", "concurrency": int(os.environ.get("CONCURRENCY", "1"))})
    for line in iter(lambda: sys.stdin.readline(), ""):
        job = json.loads(line)
        if "COUNT" in os.environ:  # a byte a job
            with open(os.environ["COUNT"], "ab") as count:
                count.write(b"x")
        if os.path.exists(os.environ.get("BROKEN", "")):
            broken(job)
            continue
        player = job["player_lookup"]
        does = DOES.get("slow" if player.startswith("slow") else player, lambda job: say({"id": job["id"], "result": report(job)}))
        if does == slow:  # beside the others, where it takes several
            threading.Thread(target=slow, args=(job,), daemon=True).start()
        else:
            does(job)


main()
