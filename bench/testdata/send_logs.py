"""Sends log lines with Prefect's own handler, and prints the seconds from the first line to the last one's receipt."""
import logging
import sys
import time
import uuid

from prefect.logging.handlers import APILogHandler, APILogWorker

lines, text = int(sys.argv[1]), sys.argv[2]
logger = logging.getLogger("bench")
logger.setLevel(logging.INFO)
logger.propagate = False
logger.addHandler(APILogHandler())
run = {"flow_run_id": str(uuid.uuid4())}

began = time.perf_counter()
for i in range(lines):
    logger.info("%d %s", i, text, extra=run)
APILogWorker.drain_all()
print(time.perf_counter() - began)
