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
TEST_SECONDS, BUILD_SECONDS = 900, 1800
# Of the modelled GPU, with the seed of each, as in cmake/CudaModel.cmake.
SCHEDULES = {"early": "1", "late": "2", "random": "3"}


def run(command, folder, seconds, log, more=None):
    """The exit code; None if it took too long. Then its children are ended, too. `more`: further
    variables of its environment."""
    environment = dict(os.environ, OMP_NUM_THREADS="1", OMP_WAIT_POLICY="passive", **(more or {}))
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
    """Makes the copy equal to the sources, but for its builds. Files that are equal keep their
    times."""
    for old in [p for p in copy.rglob("*") if p.is_file() or p.is_symlink()]:
        name = old.relative_to(copy)
        if str(name) not in names and name.parts[0] != "build":
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


def how_it_failed(code, said):
    """In a few words, as far as the modelled GPU or a kernel's check tell."""
    if code is None:
        return f"it did not end in {TEST_SECONDS} s"
    found = re.search(r"cuda_model: [^\n]*|kernel \S+: 0x[^\n]*|misaligned access[^\n]*|cuda"
                      r"Error\w+", said)
    if not found:
        return "wrong results"
    text = re.sub(r"0x[0-9a-f]+: ", "", found.group(0))
    return text if len(text) <= 100 else text[:97] + "..."


class Copy:
    """FOLDER/copy has the sources, and in its build/planted the tests: ccache then takes it for any
    other checkout. What was found out stands in FOLDER/results.jsonl, so that a run that was
    interrupted goes on where it was, as long as the sources stay the same. With `modelled` the
    tests run on the modelled GPU, once in each of its schedules (docs/cuda_model.md)."""

    def __init__(self, folder, modelled=False):
        self.folder = pathlib.Path(folder).resolve()
        self.root = self.folder / "copy"
        self.build = self.root / "build/planted"
        self.schedules = list(SCHEDULES) if modelled else [""]
        self.root.mkdir(parents=True, exist_ok=True)
        names = source_names(ROOT)
        copy_sources(ROOT, names, self.root)
        self.results = Results(self.folder / "results.jsonl", hash_of(ROOT, names))
        if stale := self.results.of_other_sources():
            print(f"{stale} results of other sources are not used", flush=True)
        options = ["-DSSD_CUDA=MODEL"] if modelled else [
            "-DSSD_CUDA=OFF", "-DSSD_OPTIMIZATION=-O1", "-DSSD_WARNINGS_ARE_ERRORS=OFF"]
        if run(["cmake", "-S", ".", "-B", str(self.build), "-G", "Ninja", "-DSSD_BENCHMARKS=OFF",
                *options], self.root, BUILD_SECONDS, self.folder / "configure.log") != 0:
            raise SystemExit(f"the copy cannot be configured: see {self.folder}/configure.log")
        self.sound = {}  # test: whether it passes without a fault

    def made(self, test):
        return run(["ninja", "-C", str(self.build), test], self.root, BUILD_SECONDS,
                   self.folder / "build.log") == 0

    def surroundings(self, schedule):
        """Variables for a test on the modelled GPU, and no plans that a sound program has kept."""
        if not schedule:
            return {}
        cache = self.folder / "cache"
        shutil.rmtree(cache, ignore_errors=True)
        return {"CUDA_MODEL_SCHEDULE": schedule, "CUDA_MODEL_SEED": SCHEDULES[schedule],
                "SSD_TEST_FEW_ROUNDS": "1", "XDG_CACHE_HOME": str(cache),
                "LD_LIBRARY_PATH": str(self.build / "tests")}

    def failure(self, test):
        """"TEST", or "TEST, SCHEDULE; HOW" on the modelled GPU; "" if the test passes."""
        program, log = self.build / "tests" / test, self.folder / "test.log"
        for schedule in self.schedules:
            code = run([str(program)], self.root, TEST_SECONDS, log, self.surroundings(schedule))
            if code != 0:
                how = how_it_failed(code, log.read_text(errors="replace"))
                return f"{test}, {schedule}; {how}" if schedule else test
        return ""

    def is_sound(self, test):
        """Whether the test passes without a fault: others would find every fault."""
        if test not in self.sound:
            self.sound[test] = self.made(test) and not self.failure(test)
            if not self.sound[test]:
                print(f"left out, because it fails without a fault: {test}", flush=True)
        return self.sound[test]

    def try_fault(self, key, file, text, tests):
        """Plants a fault: `text` takes the place of the file's. Returns a verdict and who found
        it, or why there is none."""
        verdict = self.results.known(key)
        if verdict:
            return verdict
        path = self.root / file
        good = path.read_text()
        verdict = MISSED, ""
        for test in tests:
            if verdict[0] == MISSED and self.is_sound(test):
                path.write_text(text)
                try:
                    verdict = self.judge(test)
                finally:
                    path.write_text(good)
        self.results.add(key, verdict)
        return verdict

    def judge(self, test):
        if not self.made(test):
            log = (self.folder / "build.log").read_text(errors="replace")
            return WRONG, (re.findall(r"error: .*", log) or ["it does not compile"])[0]
        by = self.failure(test)
        return (FOUND, by) if by else (MISSED, "")


def report(counts):
    wrong = counts.get(WRONG, 0)
    print(f"{counts.get(FOUND, 0)} found, {counts.get(MISSED, 0)} missed"
          + (f", {wrong} do not compile or do not fit the sources" if wrong else ""))
