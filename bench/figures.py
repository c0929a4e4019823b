"""How every benchmark speaks: a table for people, and with --json one object a line in a file:
figure, value, unit, against, ratio, goal, met."""
import argparse
import json


def parser(folder, description, items, quick, kind="item"):
    """The arguments that every benchmark takes: .items, the names of `items` that are wanted (all without any), .quick and
    .json. `quick` says what --quick does."""
    def known(name):
        if name not in items:
            raise argparse.ArgumentTypeError(f"{name}: the {kind}s are {', '.join(items)}")
        return name

    made = argparse.ArgumentParser(prog=f"bench/{folder}/run.py", description=description,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("items", nargs="*", type=known, metavar=kind.upper(), help=", ".join(items))
    made.add_argument("--quick", action="store_true", help=quick)
    made.add_argument("--json", metavar="FILE", help="one object a figure")
    return made


class Figures:
    """add() prints a line of the table and writes the object. `better`: whether lower or higher values are."""

    def __init__(self, path=None, width=46):
        self.out = open(path, "w", encoding="utf-8") if path else None
        self.width = width
        self.missed = 0

    def section(self, title):
        print(f"\n{title}", flush=True)

    def note(self, text):
        print(f"    {text}", flush=True)

    def add(self, figure, value, unit, against=None, ratio=None, goal=None, better="lower", spread=None):
        """`against`: what it is compared with; the ratio follows from it unless given. The goal is one for the ratio where
        there is one, else for the value."""
        if ratio is None and against:
            ratio = value / against
        judged = value if ratio is None else ratio
        met = None if goal is None else bool(judged <= goal if better == "lower" else judged >= goal)
        self.missed += met is False
        line = f"  {figure:<{self.width}} {_short(value):>10} {unit:<9}"
        if spread:
            line += f" ({_short(min(spread))} to {_short(max(spread))})"
        if against is not None:
            line += f"  against {_short(against)}"
        if ratio is not None:
            line += f"  ratio {ratio:.3f}"
        if goal is not None:
            line += f"  goal {'at most' if better == 'lower' else 'at least'} {_short(goal)}: {'met' if met else 'MISSED'}"
        print(line, flush=True)
        self.record(figure, value, unit, against, ratio, goal, met)

    def record(self, figure, value, unit, against=None, ratio=None, goal=None, met=None):
        """Writes the object alone, for those who print tables of their own."""
        if self.out:
            entry = {"figure": figure, "value": value, "unit": unit, "against": against, "ratio": ratio, "goal": goal, "met": met}
            self.out.write(json.dumps(entry) + "\n")
            self.out.flush()


def _short(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def quantile(values, share):
    """The value that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
