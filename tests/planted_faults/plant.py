#!/usr/bin/env python3
"""Plants the faults of a table into a copy of the sources, one at a time, and says which test finds
each. Ends with 0 if every fault is found.

  tests/planted_faults/plant.py [-o FOLDER] [--markdown] TABLE [NAME...]

TABLE is such as tests/planted_faults/gradients.txt, whose head says how it is written. NAMEs choose
among its faults. FOLDER (build/planted_faults/TABLE) gets the copy, its build and the results. A
run that was interrupted goes on where it was. If any source has changed since, it begins anew.
--markdown prints rows of a table for a document."""
import argparse
import collections
import pathlib
import sys

import planting


class Table:
    """faults: (name, file, tests, text that is taken out, text in its place). modelled: for the
    modelled GPU."""

    def __init__(self, path):
        self.faults, self.modelled = [], False
        head, old, new = None, [], []

        def end():
            if head:
                self.faults.append((head[0], head[1], head[2:], "\n".join(old), "\n".join(new)))

        for line in pathlib.Path(path).read_text().splitlines():
            if line == "on the modelled GPU":
                self.modelled = True
            elif line.startswith("fault "):
                end()
                head, old, new = line.split()[1:], [], []
            elif line[:2] in ("- ", "-"):
                old.append(line[2:])
            elif line[:2] in ("+ ", "+"):
                new.append(line[2:])
        end()


def try_one(copy, fault):
    name, file, tests, old, new = fault
    text = (copy.root / file).read_text()
    if text.count(old) != 1:
        return planting.WRONG, f"the text is not in {file} exactly once"
    return copy.try_fault(f"{name}: {old} => {new}", file, text.replace(old, new), tests)


def row_of(fault, verdict, by):
    who, _, how = by.partition("; ") if verdict == planting.FOUND else ("", "", by)
    who = f"`{who}`" if who else f"**{verdict}**"
    how = how.replace("|", "\\|")
    return f"| {fault[0].replace('_', ' ')} | `{fault[1]}` | {who} | {how} |"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("-o", dest="folder")
    parser.add_argument("table")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--markdown", action="store_true")
    a = parser.parse_args()
    table = Table(a.table)
    folder = a.folder or f"build/planted_faults/{pathlib.Path(a.table).stem}"
    copy = planting.Copy(folder, table.modelled)
    counts = collections.Counter()
    for fault in table.faults:
        if a.names and fault[0] not in a.names:
            continue
        verdict, by = try_one(copy, fault)
        counts[verdict] += 1
        print(row_of(fault, verdict, by) if a.markdown else f"{fault[0]:36} {verdict:6} {by}",
              flush=True)
    planting.report(counts)
    sys.exit(0 if set(counts) <= {planting.FOUND} else 1)


if __name__ == "__main__":
    main()
