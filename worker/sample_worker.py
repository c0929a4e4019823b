"""A sample processor: projects a player from his past games in a CSV file. Standard library only.

    python3 sample_worker.py --try lebronjames 2025-11-15 --job request.json

Made for `precompute { processor = ... }`: propsd prices the lines on its figures. The games are in the file that GAMES names in the
environment, else games.csv, with the columns player_lookup, game_date, points, rebounds, assists.
"""
import collections
import csv
import os
import statistics

import propsd_worker

MARKETS = ("points", "rebounds", "assists")
games = collections.defaultdict(list)


@propsd_worker.setup
def load():
    with open(os.environ.get("GAMES", "games.csv"), newline="") as file:
        for game in csv.DictReader(file):
            games[game["player_lookup"]].append(game)


def project(player_lookup, game_date, job):
    past = sorted((g for g in games[player_lookup] if g["game_date"] < game_date), key=lambda g: g["game_date"])[-20:]
    if len(past) < 5:
        raise propsd_worker.PermanentError(f"only {len(past)} games of {player_lookup} before {game_date}")
    print(f"projecting {player_lookup} from {len(past)} games")  # goes to propsd's log
    mates_out = [mate for mate, status in job["live"].get("mates", {}).items() if status == "out"]
    boost = 1 + 0.03 * len(mates_out)  # somebody has to take their shots
    markets = {}
    for done, market in enumerate(MARKETS):
        propsd_worker.progress(done / len(MARKETS), market)
        values = [float(game[market]) for game in past]
        markets[market] = {"mean": statistics.fmean(values) * boost, "sd": statistics.stdev(values)}
    return {"player_lookup": player_lookup, "markets": markets, "games": len(past), "mates_out": mates_out}


if __name__ == "__main__":
    propsd_worker.serve(project)
