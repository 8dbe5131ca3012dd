"""What the scripts of this folder share: running the programs, naming the machine, writing a table into the docs."""
import datetime
import json
import os
import platform
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DOCUMENT = os.path.join(ROOT, "docs", "performance.md")


class Failure(Exception):
    """A program that cannot go on; the rest goes on without it."""


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else "it said nothing"


class Place:
    """Programs, files and settings that all jobs share. `options` has bin, threads and checkpoint."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.bin = os.path.abspath(options.bin)
        self.notices = []
        self.environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads))

    def run(self, name, *arguments):
        command = [os.path.join(self.bin, name), *map(str, arguments)]
        try:
            done = subprocess.run(command, env=self.environment, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        except OSError as error:
            raise Failure(f"{name}: {error.strerror}")
        if done.returncode:
            raise Failure(last_line(done.stderr))
        return done

    def program(self, name, *arguments):
        """What it prints on standard output."""
        return self.run(name, *arguments).stdout

    def bench(self, *arguments):
        result = json.loads(self.program("ssdbench", *arguments, "--json"))
        rows = result.get("results", [])
        for holder in [result, *rows]:
            self.notices += holder.get("machine", {}).get("notices", [])
        return result

    def at(self, name):
        return os.path.join(self.folder, name)

    def pictures(self, name="set", train=64, **options):
        """Drawn pictures of COCO's size, as a data set; `options` are those of ssddata synth."""
        if not os.path.exists(self.at(name)):
            options = {"width": 640, "height": 480, **options}
            words = [word for key, value in options.items()
                     for word in ("--" + key.replace("_", "-"), value)]
            self.program("ssddata", "synth", self.at(name), "--train", train, "--val", 8, *words)
        return self.at(name + "/images"), self.at(name + "/annotations/instances_train.json")

    def train_one_step(self, name, annotations, *keys):
        """SSD320, changed by `keys`, after a single step: a checkpoint for measurements of speed."""
        file = self.at(name + "/last.safetensors")
        if not os.path.exists(file):
            images, _ = self.pictures()
            self.program("ssdtrain", "--config", os.path.join(ROOT, "configs/ssd320_base.json"),
                         "--output-dir", self.at(name), "data.train.annotations=" + annotations,
                         "data.train.images=" + images, "data.val=null", "train.steps=1",
                         "train.schedule.warmup_steps=0", *keys)
        return file

    def checkpoint(self):
        """SSD320 with 90 classes: the user's, or one after a single step."""
        return self.options.checkpoint or self.train_one_step("run", self.pictures()[1],
                                                              "train.batch_size=8")

    def onnx(self):
        file = self.at("model.onnx")
        if not os.path.exists(file):
            self.program("ssdexport", "--checkpoint", self.checkpoint(), "--onnx", file, "--nms", "none")
        return file


def cpu_name():
    try:
        with open("/proc/cpuinfo") as info:
            return next(l.split(":", 1)[1].strip() for l in info if l.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def git(*command):
    done = subprocess.run(["git", "-C", ROOT, *command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    return done.stdout.strip()


def commit():
    """Of what was measured: the table of earlier measurements is no change of it."""
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!benchmarks/history.csv")
    return (git("rev-parse", "--short=12", "HEAD") or "unknown") + ("+changes" if changed else "")


def now():
    return datetime.datetime.now().isoformat(timespec="seconds")


def worst(notices):
    """Of notices that differ in their numbers alone, the one with the largest."""
    kinds = {}
    for notice in notices:
        kinds.setdefault(re.sub(r"[0-9.]+", "", notice), []).append(notice)
    number = lambda text: float(re.search(r"[0-9.]+", text)[0])
    return [max(same, key=number) for _, same in sorted(kinds.items())]


def write_document(script, content):
    """Replaces what lies between the two marks of `script` in docs/performance.md."""
    with open(DOCUMENT) as file:
        text = file.read()
    mark = f"<!-- {script} writes from here -->\n"
    begin = text.find(mark)
    end = text.find("<!-- to here -->\n", begin)
    if begin < 0 or end < 0:
        raise SystemExit(f"{script}: {DOCUMENT}: the two marks for the table are missing")
    with open(DOCUMENT, "w") as file:
        file.write(f"{text[:begin + len(mark)]}\n{content}\n{text[end:]}")
