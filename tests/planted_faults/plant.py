#!/usr/bin/env python3
"""Plants the faults of a table into a copy of the sources, one at a time, and says which test finds
each. Ends with 0 if every fault is found.

  tests/planted_faults/plant.py [-o FOLDER] TABLE [NAME...]

TABLE is such as tests/planted_faults/gradients.txt, whose head says how it is written. NAMEs choose
among its faults. FOLDER (build/planted_faults) gets the copy, its build and the results. A run that
was interrupted goes on where it was. If any source has changed since, it begins anew."""
import argparse
import collections
import sys

import planting


def faults_of(table):
    """(name, file, tests, text that is taken out, text in its place)"""
    faults, head, old = [], None, None
    for line in open(table):
        line = line.rstrip("\n")
        if line.startswith("fault "):
            head = line.split()[1:]
        elif line.startswith("- "):
            old = line[2:]
        elif line.startswith("+ "):
            faults.append((head[0], head[1], head[2:], old, line[2:]))
    return faults


def try_one(copy, fault):
    name, file, tests, old, new = fault
    text = (copy.root / file).read_text()
    if text.count(old) != 1:
        return planting.WRONG, f"the text is not in {file} exactly once"
    return copy.try_fault(f"{name}: {old} => {new}", file, text.replace(old, new), tests)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("-o", dest="folder", default="build/planted_faults")
    parser.add_argument("table")
    parser.add_argument("names", nargs="*")
    a = parser.parse_args()
    copy = planting.Copy(a.folder)
    counts = collections.Counter()
    for fault in faults_of(a.table):
        if a.names and fault[0] not in a.names:
            continue
        verdict, by = try_one(copy, fault)
        counts[verdict] += 1
        print(f"{fault[0]:36} {verdict:6} {by}", flush=True)
    planting.report(counts)
    sys.exit(0 if set(counts) <= {planting.FOUND} else 1)


if __name__ == "__main__":
    main()
