"""etc/prometheus and etc/grafana against real output: every name and label that they use is there, and every query of the
dashboard and the alerts is answered by a real Prometheus that scrapes a real propsd."""
import json
import os
import re
import shutil
import subprocess
import unittest
import urllib.parse
import urllib.request

import harness

DASHBOARD = os.path.join(harness.SOURCE, "etc", "grafana", "propsd.json")
RULES = os.path.join(harness.SOURCE, "etc", "prometheus", "propsd.rules.yml")
VARIABLES = {"$instance": ".*", "$job": "propsd", "$__rate_interval": "5m"}
# Words of the language, and labels that Prometheus adds.
WORDS = {"sum", "by", "max", "rate", "increase", "histogram_quantile", "and", "or", "up"}
ADDED = {"instance", "job", "le"}


def dashboard_queries():
    """[(title, query)] with the variables filled in."""
    with open(DASHBOARD, encoding="utf-8") as file:
        dashboard = json.load(file)
    found = [(panel["title"], target["expr"]) for panel in dashboard["panels"] for target in panel["targets"]]
    for name, value in VARIABLES.items():
        found = [(title, query.replace(name, value)) for title, query in found]
    return found


def rule_queries():
    """[(alert, query)]; the file is written so that it needs no reader of YAML."""
    with open(RULES, encoding="utf-8") as file:
        text = file.read()
    found = re.findall(r"- alert: (\w+)\n +expr: (?:>\n((?: {10}.*\n)+)|(.*)\n)", text)
    return [(name, " ".join((folded or line).split())) for name, folded, line in found]


def series_of(text):
    """{name: {label: {values}}} of a scrape."""
    found = {}
    for line in text.splitlines():
        match = re.match(r"(\w+)(?:\{(.*)\})? ", line)
        if match and not line.startswith("#"):
            labels = found.setdefault(match[1], {})
            for label, value in re.findall(r'(\w+)="([^"]*)"', match[2] or ""):
                labels.setdefault(label, set()).add(value)
    return found


class Dashboard(harness.Night):
    def test_all_that_is_asked_for_is_there(self):
        port = harness.free_port()
        daemon = self.propsd("a", {"metrics": {"listen": f"127.0.0.1:{port}"}})
        self.add("odds", player_lookup="somebody", game_id=harness.game(self.date, "LAL@GSW"), market="points", book="b", line="20.5",
                 over="-110", under="-110")
        harness.until(lambda: daemon.ctl.metrics()['propsd_entries_settled_total{how="commit"}'] == 1, "a commit")
        series = series_of(daemon.ctl.ok("metrics"))
        queries = dashboard_queries()
        self.assertGreater(len(queries), 30)
        self.assertGreaterEqual(len(rule_queries()), 10)
        for title, query in queries + rule_queries():
            with self.subTest(title):
                self.names_are_there(query, series)
        if not shutil.which("prometheus"):
            self.skipTest("prometheus is not installed (script/bootstrap installs it): names and labels are checked, no query is run")
        self.queries_are_answered(port, queries)

    def names_are_there(self, query, series):
        bare = re.sub(r'"[^"]*"|\[[^]]*\]', "", query)
        names = [n for n in re.findall(r"\b[a-z_]+\b", re.sub(r"\{[^}]*\}|by \([^)]*\)", "", bare)) if n not in WORDS]
        self.assertTrue(names or query.startswith("up{"), query)
        labels = {}
        for name in names:
            self.assertIn(name, series)
            labels.update(series[name])
        for label in re.findall(r"by \(([^)]*)\)", query):
            for one in label.split(", "):
                self.assertIn(one, set(labels) | ADDED)
        for label, operator, value in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', query):
            if label in ADDED:
                continue
            self.assertIn(label, labels)
            for one in value.split("|") if "~" in operator else [value]:
                self.assertIn(one, labels[label])

    def ask(self, port, query):
        """The list of results; None while Prometheus does not answer."""
        url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(url, timeout=60 * harness.SLOW) as answer:
                return json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            if error.code in (400, 422):
                raise AssertionError(f"{query}: {error.read().decode()}") from error
            return None
        except OSError:
            return None

    def queries_are_answered(self, scraped, queries):
        port = harness.free_port()
        with open(os.path.join(self.folder, "prometheus.yml"), "w", encoding="ascii") as file:
            file.write("global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
                       f"rule_files: [{json.dumps(RULES)}]\n"
                       "scrape_configs:\n"
                       f"  - {{job_name: propsd, static_configs: [{{targets: ['127.0.0.1:{scraped}']}}]}}\n")
        server = harness.Process("prometheus", [
            "prometheus", "--config.file", os.path.join(self.folder, "prometheus.yml"), "--storage.tsdb.path",
            os.path.join(self.folder, "tsdb"), "--web.listen-address", f"127.0.0.1:{port}"], self.folder,
            {"PATH": os.environ["PATH"]})
        try:
            # Two scrapes, and what a rate is made of is there.
            harness.until(lambda: server.process.poll() is not None or
                          [r for r in self.ask(port, 'sum_over_time(up{job="propsd"}[5m])') or () if float(r["value"][1]) >= 3],
                          lambda: "three scrapes\n" + server.tail())
            self.assertIsNone(server.process.poll(), server.tail())
            harness.until(lambda: [r["value"][1] for r in self.ask(port, 'up{job="propsd"}') or ()] == ["1"], "a scrape that succeeds")
            quiet = {"Warnings that stand", "Stages reused"}  # nothing stands, and the model in use has no stages
            for title, query in queries:
                with self.subTest(title):  # a scrape that came too late leaves a gap until the next
                    harness.until(lambda: self.ask(port, query) or (title in quiet and self.ask(port, query) == []), query)
            for name, query in rule_queries():
                with self.subTest(name):
                    harness.until(lambda: isinstance(self.ask(port, query), list), query)
        finally:
            server.process.terminate()
            server.wait_end()


if __name__ == "__main__":
    unittest.main()
