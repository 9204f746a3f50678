#!/usr/bin/env python3
"""compare_traces.py NAME OURS.jsonl VENDOR.jsonl: what each command changed, `tpuc run --trace` against step.py's --hash."""
import itertools
import json
import sys


def ours(line):
    entry = json.loads(line)
    changed = {(run["memory"], run.get("lane", 0), run["start"], run["crc32"]) for run in entry["changed"]}
    extents = {(run["memory"], run.get("lane", 0), run["start"], run["end"]) for run in entry["changed"]}
    return {"gdma": "dma"}.get(entry["engine"], entry["engine"]), entry["fields"], changed, extents


def vendor(line):
    entry = json.loads(line)
    names = {"L": "local", "D": "ddr", "S": "l2"}
    changed, extents = set(), set()
    for run in entry["d"].get("x", []):
        lane = run[1] if run[0] == "L" else 0
        changed.add((names[run[0]], lane, run[-2], run[-1]))
    for first, last, start, end in entry["d"].get("L", []):
        extents |= {("local", lane, start, end) for lane in range(first, last + 1)}
    for key in "DS":
        extents |= {(names[key], 0, start, end) for start, end in entry["d"].get(key, [])}
    return entry["e"], entry["f"], changed, extents


def main():
    name, our_path, vendor_path = sys.argv[1:]
    equal, different, changing, runs, engines = 0, 0, 0, 0, {}
    with open(our_path, encoding="utf8") as a, open(vendor_path, encoding="utf8") as b:
        for index, (x, y) in enumerate(itertools.zip_longest(a, b)):
            if x is None or y is None:
                print(f"{name}: one trace ends at command {index}")
                different += 1
                break
            mine, theirs = ours(x), vendor(y)
            engines[theirs[0]] = engines.get(theirs[0], 0) + 1
            changing += bool(theirs[2])
            runs += len(theirs[2])
            if mine == theirs:
                equal += 1
                continue
            different += 1
            if different <= 5:
                what = [part for part, p, q in zip(("engine", "fields", "content", "ranges"), mine, theirs) if p != q]
                print(f"{name}: command {index} ({mine[0]}) differs in {', '.join(what)}:",
                      sorted(mine[3] ^ theirs[3])[:3] or sorted(mine[2] ^ theirs[2])[:3])
    kinds = ", ".join(f"{count} {engine}" for engine, count in sorted(engines.items()))
    print(f"{name}: {equal} of {equal + different} commands equal ({kinds}; {changing} change memory, {runs} runs of bytes)")
    return int(different != 0)


sys.exit(main())
