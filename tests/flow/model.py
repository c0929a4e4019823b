#!/usr/bin/python3
"""A precompute worker for tests: says what it was asked to run, and gives figures that follow from what it was given.

Its projection of points is 20, less 5 when he himself is questionable, plus 2 for each team-mate who is out, so that a test can
tell from a report which facts its output knew. Who is out gets no markets. A player called big... gets a megabyte more."""
import json
import os
import sys
import time

SAY = os.fdopen(os.dup(1), "wb", buffering=0)
LOG = os.open(os.environ["RUNS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def say(value):
    data = json.dumps(value).encode() + b"\n"
    while data:
        data = data[os.write(SAY.fileno(), data):]


def output(job):
    live = job["live"]
    injury = live.get("injury", {}).get("status")
    mean = 20 - 5 * (injury == "questionable") + 2 * sum(status == "out" for status in live["mates"].values())
    made = {"markets": {} if injury == "out" else {"points": {"mean": mean, "sd": 5}}, "opponents": job.get("opponent", "")}
    if job["player_lookup"].startswith("big"):
        made["markets"]["assists"] = {"pmf": [1 / 1000] * 1000}
        made["pad"] = "x" * (1 << 20)
    return made


def main():
    say({"v": 1, "hello": "model", "concurrency": 1, "max_line": int(os.environ.get("MAX_LINE", "4194304"))})
    for line in iter(lambda: sys.stdin.readline(), ""):
        job = json.loads(line)
        os.write(LOG, (json.dumps({"player": job["player_lookup"], "phase": job["phase"],
                                   "causes": sorted(cause["type"] for cause in job["causes"]),
                                   "quotes": len(job["live"]["quotes"]),
                                   "precompute": job.get("precompute"), "previous": job.get("previous")}) + "\n").encode())
        time.sleep(float(os.environ.get("SLEEP", "0")))  # the work that it stands for
        gate = os.environ.get("GATE")
        while gate and not os.path.exists(gate):
            time.sleep(0.005)  # told by nobody
        fails = os.environ.get("FAILS", "")
        if job["player_lookup"] in fails.split(","):
            say({"id": job["id"], "error": "the warehouse is down"})
        elif job["phase"] == "report":
            say({"id": job["id"], "result": {"made_of": job.get("precompute"), "quotes": job["live"]["quotes"]}})
        else:
            say({"id": job["id"], "result": output(job)})


main()
