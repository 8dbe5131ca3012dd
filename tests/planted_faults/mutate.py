#!/usr/bin/env python3
"""Changes random places of kernels/, engine/ and data/, one at a time in a copy of the sources, and
says which test finds each change. Lists those that no test finds; a person has to judge them, since
some change nothing that can be seen.

  tests/planted_faults/mutate.py [-o FOLDER] [--count 200] [--seed 1] [--only PATH]

--only takes files whose path begins so. FOLDER (build/mutants) gets the copy, its build and the
results. A run that was interrupted goes on where it was. If any source has changed since, it begins
anew."""
import argparse
import collections
import pathlib
import random
import re

import planting

FOLDERS = ("kernels", "engine/ops", "engine/conv", "engine/base", "engine", "data")
# What is looked for, and what takes its place. The sources have blanks around binary operators
# only, so that templates and pointers do not match.
CHANGES = [(r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "),
           (r" == ", " != "), (r" != ", " == "), (r" && ", " || "), (r" \|\| ", " && "),
           (r" \+ ", " - "), (r" - ", " + "), (r" \* ", " / "), (r" / ", " * "),
           (r" \+= ", " -= "), (r" -= ", " += "), (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
           (r"(?<![\w.])1(?![\w.])", "2"), (r"(?<![\w.])0(?![\w.])", "1"),
           (r"std::min\(", "std::max("), (r"std::max\(", "std::min(")]
PASSED_OVER = ("//", "#", "template", "using", "static_assert", "SSD_CHECK", "constexpr", "case")


def sources(only):
    names = []
    for folder in FOLDERS:
        deep = "**/*" if folder == "data" else "*"
        for ending in (".cpp", ".cu"):
            names += [str(p.relative_to(planting.ROOT))
                      for p in (planting.ROOT / folder).glob(deep + ending)]
    return sorted({n for n in names if n.startswith(only) and not re.search("cuda|absent", n)})


def places(file, text):
    """All changes of a file: (line, first character, last character, new text)."""
    found, start = [], 0
    for number, line in enumerate(text.split("\n"), 1):
        code = line.split("//")[0]
        if line.startswith(" ") and not code.strip().startswith(PASSED_OVER):
            quoted = [m.span() for m in re.finditer(r'"(\\.|[^"\\])*"', code)]
            for pattern, new in CHANGES:
                for m in re.finditer(pattern, code):
                    if not any(a <= m.start() < b for a, b in quoted):
                        found.append((number, start + m.start(), start + m.end(), new))
        start += len(line) + 1
    return found


def tests_for(file):
    """Tests that are likely to notice a change, the likeliest first."""
    path = pathlib.Path(file)
    own, include = f"{path.stem}_test", f'#include "{path.with_suffix(".h")}"'
    texts = {p.stem: p.read_text() for p in (planting.ROOT / "tests").rglob("*_test.cpp")}
    everywhere = planting.tests_of()
    near = [t for t in everywhere if include in texts[t]]
    folder = planting.tests_of(str(path.parent))
    if path.parts[0] == "kernels":
        folder += planting.tests_of("engine/ops")
    wide = planting.tests_of("model") if path.parts[0] != "data" else ["ssddata_test"]
    folder.sort(key=lambda t: not t.startswith(path.stem.split("_")[0]))
    order = [t for t in everywhere if t == own] + near + folder + wide
    return list(dict.fromkeys(order))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("-o", dest="folder", default="build/mutants")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    a = parser.parse_args()
    copy = planting.Copy(a.folder)
    every = [(file, *place) for file in sources(a.only)
             for place in places(file, (copy.root / file).read_text())]
    chosen = random.Random(a.seed).sample(every, min(a.count, len(every)))
    counts, survivors = collections.Counter(), []
    for file, line, first, last, new in chosen:
        text = (copy.root / file).read_text()
        what = f"{file}:{line}: '{text[first:last].strip()}' became '{new.strip()}' in: " \
            + text.split("\n")[line - 1].strip()
        verdict, by = copy.try_fault(what, file, text[:first] + new + text[last:], tests_for(file))
        counts[verdict] += 1
        print(f"{verdict:6} {by:32} {what}", flush=True)
        if verdict == planting.MISSED:
            survivors.append(what)
    planting.report(counts)
    if survivors:
        print("not found:", *survivors, sep="\n  ")


if __name__ == "__main__":
    main()
