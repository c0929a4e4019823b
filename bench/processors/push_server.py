#!/usr/bin/python3
"""A server for jobs by HTTP that waits SLEEP seconds and gives a small report: as bare as asyncio's streams are. Says its port; notes
"end JOB PID WHEN" in LOG, as slow_model.py does, and keeps the last request's bytes in REQUEST."""
import asyncio
import json
import os
import time

SLEEP = float(os.environ.get("SLEEP", "0.15"))
LOG = open(os.environ["LOG"], "a", buffering=1) if "LOG" in os.environ else None
BODY = b'{"markets":{"points":{"mean":27.4,"sd":6.1}}}'
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            body = await reader.readexactly(length)
            if SLEEP:
                await asyncio.sleep(SLEEP)
            if LOG:
                LOG.write(f"end {json.loads(body)['player_lookup']} {os.getpid()} {time.monotonic()}\n")
            if "REQUEST" in os.environ:
                with open(os.environ["REQUEST"], "wb") as file:
                    file.write(head + body)
            writer.write(REPLY)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
