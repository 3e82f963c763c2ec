"""Compares requests that are stored with requests that are not, in turn on the same server.

Prints a table. The processor's time is the server's own; the time of a request has the client's part in it too.
"""

import argparse
import http.client
import json
import os
import statistics
import threading
import time

from server import Server

QUESTION = "A weekend in Kyoto, and what is there to see in the rain?"
KINDS = {
    "completion": ("/v1/chat/completions", {"messages": [{"role": "user", "content": QUESTION}]}),
    "completion, streamed": ("/v1/chat/completions", {"messages": [{"role": "user", "content": QUESTION}], "stream": True}),
    "response": ("/v1/responses", {"input": QUESTION}),
    "response, streamed": ("/v1/responses", {"input": QUESTION, "stream": True}),
}


def processor_seconds(process):
    fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(server, kind, is_stored, callers, requests):
    """The seconds of each request, and the processor's seconds for all."""
    path, body = KINDS[kind]
    data = json.dumps({"model": "stub", "store": is_stored, **body})
    headers = {"Authorization": "Bearer load", "Content-Type": "application/json"}
    times, lock = [], threading.Lock()

    def call():
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        own = []
        for _ in range(requests // callers):
            start = time.perf_counter()
            connection.request("POST", path, data, headers)
            response = connection.getresponse()
            response.read()
            assert response.status == 200, response.status
            own.append(time.perf_counter() - start)
        connection.close()
        with lock:
            times.extend(own)

    before = processor_seconds(server.process.pid)
    threads = [threading.Thread(target=call) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, processor_seconds(server.process.pid) - before


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=320, help="of each kind in a round")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with Server("--word-time", "0", store=os.environ.get("CHAT_LOAD_STORE")) as server:
        print("| request | callers | stored, ms | not stored, ms | ratio | processor: stored, ms | not stored, ms | ratio |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|")
        for kind in KINDS:
            for callers in (1, 16):
                times, seconds = {True: [], False: []}, {True: [], False: []}
                run(server, kind, True, callers, callers * 2)
                for _ in range(arguments.rounds):
                    for is_stored in (True, False):
                        found, used = run(server, kind, is_stored, callers, arguments.requests)
                        times[is_stored].append(statistics.median(found) * 1e3)
                        seconds[is_stored].append(used / len(found) * 1e3)
                wall = [statistics.median(times[is_stored]) for is_stored in (True, False)]
                cpu = [statistics.median(seconds[is_stored]) for is_stored in (True, False)]
                print(
                    f"| {kind} | {callers} | {wall[0]:.2f} | {wall[1]:.2f} | {wall[0] / wall[1]:.1f} "
                    f"| {cpu[0]:.2f} | {cpu[1]:.2f} | {cpu[0] / max(cpu[1], 1e-9):.1f} |", flush=True)


if __name__ == "__main__":
    main()
