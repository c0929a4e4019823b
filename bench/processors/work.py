"""The function that the peers run: the same sleep and the same notes as ../slow_model.py."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "worker"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import slow_model  # noqa: E402


def work(name):
    slow_model.note("start", name)
    time.sleep(slow_model.SLEEP)
    slow_model.note("end", name)
    return {"markets": {"points": {"mean": 20 + len(name) / 10, "sd": 5}}}
