"""A copy of the sources in a folder of its own, in which faults are planted one at a time, and the
tests that may notice them."""
import glob
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOUND, MISSED, WRONG = "found", "missed", "wrong"
TEST_SECONDS, BUILD_SECONDS = 300, 1800


def run(command, folder, seconds, log):
    """The exit code; None if it took too long. Then its children are ended, too."""
    environment = dict(os.environ, OMP_NUM_THREADS="1", OMP_WAIT_POLICY="passive")
    with open(log, "wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output,
                                   env=environment, start_new_session=True)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


def tests_of(pattern="**"):
    """Names of the tests in a folder of tests/."""
    files = glob.glob(str(ROOT / "tests" / pattern / "*_test.cpp"), recursive=True)
    return sorted(pathlib.Path(f).stem for f in files if "/cuda_model/" not in f)


def source_names(root):
    """The files that git knows under a folder, without those that were deleted."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True,
                           check=True).stdout.split("\0")
    return sorted(name for name in names if name and (root / name).is_file())


def hash_of(root, names):
    """Of the names and the contents of all these files."""
    whole = hashlib.sha256()
    for name in names:
        whole.update(f"{name}\0{hashlib.sha256((root / name).read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def copy_sources(root, names, copy):
    """Makes the copy equal to the sources. Files that are equal keep their times."""
    for old in [p for p in copy.rglob("*") if p.is_file() or p.is_symlink()]:
        if str(old.relative_to(copy)) not in names:
            old.unlink()
    for name in names:
        source, to = root / name, copy / name
        to.parent.mkdir(parents=True, exist_ok=True)
        if not to.exists() or to.read_bytes() != source.read_bytes():
            shutil.copy(source, to)


class Results:
    """Verdicts in a file, one a line. Each has the hash of the sources that it was found with, and
    holds for no others: a change of any source or test may change it."""

    def __init__(self, path, sources):
        self.path, self.sources = pathlib.Path(path), sources

    def lines(self):
        # The last line of a run that was killed may be cut short.
        text = self.path.read_text() if self.path.exists() else ""
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")]

    def known(self, key):
        for line in self.lines():
            if line["fault"] == key and line.get("sources") == self.sources:
                return line["verdict"], line["by"]
        return None

    def of_other_sources(self):
        return sum(line.get("sources") != self.sources for line in self.lines())

    def add(self, key, verdict):
        cut_short = self.path.exists() and not self.path.read_bytes().endswith(b"\n")
        with open(self.path, "a") as file:
            file.write(("\n" if cut_short and self.path.stat().st_size else "") + json.dumps(
                {"fault": key, "sources": self.sources, "verdict": verdict[0], "by": verdict[1]})
                + "\n")


class Copy:
    """FOLDER/copy has the sources, FOLDER/build the tests. What was found out stands in
    FOLDER/results.jsonl, so that a run that was interrupted goes on where it was, as long as the
    sources stay the same."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.root, self.build = self.folder / "copy", self.folder / "build"
        self.root.mkdir(parents=True, exist_ok=True)
        names = source_names(ROOT)
        copy_sources(ROOT, names, self.root)
        self.results = Results(self.folder / "results.jsonl", hash_of(ROOT, names))
        if stale := self.results.of_other_sources():
            print(f"{stale} results of other sources are not used", flush=True)
        if run(["cmake", "-S", ".", "-B", str(self.build), "-G", "Ninja", "-DSSD_CUDA=OFF",
                "-DSSD_BENCHMARKS=OFF", "-DSSD_WARNINGS_ARE_ERRORS=OFF",
                "-DSSD_OPTIMIZATION=-O1"], self.root, BUILD_SECONDS,
               self.folder / "configure.log") != 0:
            raise SystemExit(f"the copy cannot be configured: see {self.folder}/configure.log")
        self.sound = {}  # test: whether it passes without a fault

    def made(self, test):
        return run(["ninja", "-C", str(self.build), test], self.root, BUILD_SECONDS,
                   self.folder / "build.log") == 0

    def passes(self, test):
        return run([str(self.build / "tests" / test)], self.root, TEST_SECONDS,
                   self.folder / "test.log") == 0

    def check_sound(self, tests):
        """Tests that fail without a fault would find every fault, so they are left out."""
        for test in tests:
            if test not in self.sound:
                self.sound[test] = self.made(test) and self.passes(test)
                if not self.sound[test]:
                    print(f"left out, because it fails without a fault: {test}", flush=True)
        return [test for test in tests if self.sound[test]]

    def try_fault(self, key, file, text, tests):
        """Plants a fault: `text` takes the place of the file's. Returns a verdict and who found
        it, or why there is none."""
        known = self.results.known(key)
        if known:
            return known
        tests = self.check_sound(tests)
        path = self.root / file
        good = path.read_text()
        path.write_text(text)
        try:
            verdict = self.judge(tests)
        finally:
            path.write_text(good)
        self.results.add(key, verdict)
        return verdict

    def judge(self, tests):
        for test in tests:
            if not self.made(test):
                log = (self.folder / "build.log").read_text(errors="replace")
                return WRONG, (re.findall(r"error: .*", log) or ["it does not compile"])[0]
            if not self.passes(test):
                return FOUND, test
        return MISSED, ""


def report(counts):
    wrong = counts.get(WRONG, 0)
    print(f"{counts.get(FOUND, 0)} found, {counts.get(MISSED, 0)} missed"
          + (f", {wrong} do not compile or do not fit the sources" if wrong else ""))
