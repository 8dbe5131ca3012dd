"""A copy of the sources in a folder of its own, in which faults are planted one at a time, and the
tests that may notice them."""
import glob
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


class Copy:
    """FOLDER/copy has the sources, FOLDER/build the tests. What was found out stands in
    FOLDER/results.jsonl, so that a run that was interrupted goes on where it was."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.root, self.build = self.folder / "copy", self.folder / "build"
        self.results = self.folder / "results.jsonl"
        self.root.mkdir(parents=True, exist_ok=True)
        self.copy_sources()
        if run(["cmake", "-S", ".", "-B", str(self.build), "-G", "Ninja", "-DSSD_CUDA=OFF",
                "-DSSD_BENCHMARKS=OFF", "-DSSD_WARNINGS_ARE_ERRORS=OFF",
                "-DCMAKE_CXX_FLAGS_RELEASE=-O1"], self.root, BUILD_SECONDS,
               self.folder / "configure.log") != 0:
            raise SystemExit(f"the copy cannot be configured: see {self.folder}/configure.log")
        self.sound = {}  # test: whether it passes without a fault

    def copy_sources(self):
        names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True,
                               check=True).stdout.split("\n")
        for name in filter(None, names):
            source, to = ROOT / name, self.root / name
            if not source.is_file():
                continue
            to.parent.mkdir(parents=True, exist_ok=True)
            if not to.exists() or to.read_bytes() != source.read_bytes():
                shutil.copy(source, to)

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

    def known(self):
        if not self.results.exists():
            return {}
        lines = [json.loads(line) for line in self.results.read_text().splitlines()
                 if line.endswith("}")]
        return {line["fault"]: (line["verdict"], line["by"]) for line in lines}

    def try_fault(self, key, file, text, tests):
        """Plants a fault: `text` takes the place of the file's. Returns a verdict and who found
        it, or why there is none."""
        known = self.known().get(key)
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
        with open(self.results, "a") as results:
            results.write(json.dumps({"fault": key, "verdict": verdict[0], "by": verdict[1]}) + "\n")
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
