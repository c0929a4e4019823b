"""The peer Celery: its worker is `python3 -m celery -A peer_celery worker`. LATE=1: jobs are acknowledged when they are done, and
those whose worker process died are given to another."""
import os

import celery

import work

late = os.environ.get("LATE") == "1"
app = celery.Celery("peer", broker="redis+socket://" + os.environ["REDIS"], backend="redis+socket://" + os.environ["REDIS"])
app.conf.update(task_acks_late=late, task_reject_on_worker_lost=late, broker_connection_retry_on_startup=True)
do = app.task(name="do")(work.work)
