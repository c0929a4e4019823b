"""A push worker as tutorials write it, in Flask: what a team has that is called by Pub/Sub. It knows nothing of propsd.

Players of some names fare worse; GATE is a file that those wait for who are slow, SEEN one that gets a line a request."""
import base64
import collections
import json
import os
import time

from flask import Flask, request

app = Flask(__name__)
tries = collections.Counter()


@app.post("/")
def push():
    envelope = request.get_json()
    if not envelope or "message" not in envelope:
        return "Bad Request: invalid Pub/Sub message format", 400
    job = json.loads(base64.b64decode(envelope["message"]["data"]))
    return work(job, envelope)


def work(job, envelope):
    player = job["player_lookup"]
    tries[player] += 1
    with open(os.environ["SEEN"], "a") as seen:
        seen.write(json.dumps({"job": job, "envelope": envelope, "at": time.monotonic(),
                               "path": request.full_path, "token": request.headers.get("Authorization"),
                               "traceparent": request.headers.get("traceparent")}) + "\n")
    return players.get(player, lambda: ("", 204))()


@app.post("/plain")
def plain():
    return work(request.get_json(), {})


def slow():
    while not os.path.exists(os.environ["GATE"]):
        time.sleep(0.02)  # a server of the user's, told by nobody
    return "", 204


def crashes():
    raise KeyError("no games in the warehouse")


players = {
    "ok": lambda: ("OK", 200),
    "report": lambda: {"markets": {"points": {"mean": 27.25, "sd": 0.1 + 0.2}}},
    "created": lambda: ({"player_lookup": "created", "markets": {}}, 201),
    "failsonce": lambda: ("", 500 if tries["failsonce"] == 1 else 204),
    "crashes": crashes,
    "bad": lambda: ("no such player: bäd <b>at all</b>", 400),
    "badjson": lambda: ({"error": "no games in the warehouse"}, 422),
    "slow": slow,
    "slowonce": lambda: slow() if tries["slowonce"] == 1 else ("", 204),
    "busyonce": lambda: ("", 429, {"Retry-After": "1"}) if tries["busyonce"] == 1 else ("", 204),
    "busy": lambda: ("", 429, {"Retry-After": "0"}),
    "unavailable": lambda: ("", 503, {"Retry-After": "3600"}) if tries["unavailable"] == 1 else ("", 204),
    "partial": lambda: ("", 203),
    "list": lambda: (json.dumps([1]), 200, {"Content-Type": "application/json"}),
    "html": lambda: ("<html>sign in</html>", 200),
    "otherplayer": lambda: {"player_lookup": "somebody"},
}
