#!/usr/bin/env python3
"""This engine and other systems on the same jobs, in turns: rates, ratios, their spread.

Every round, each side has one turn, and the ratio of a round is that of its turns: so what changes
on the machine from round to round meets both sides. A turn's figure is the median of its steps.
Whatever a peer leaves out is said in its settings or in docs/performance.md. Called by compare.sh,
which installs the peers.
"""
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import compare_options
import measuring
from measuring import Failure, last_line

PACKAGES = {"torch": "torch", "torchvision": "torchvision", "openvino": "openvino",
            "onnxruntime": "onnxruntime", "pycocotools": "pycocotools",
            "faster-coco-eval": "faster_coco_eval", "pillow": "PIL",
            "opencv-python-headless": "cv2"}
FEWEST_ROUNDS = 3


class Peer:
    """A process that does its job's steps when it is told to, and waits in between."""

    def __init__(self, place, job, system, settings):
        if importlib.util.find_spec(PACKAGES[system]) is None:
            raise Failure("is not installed")
        self.log = open(place.at(f"peer_{job}_{system}.log"), "w+")
        command = [sys.executable, os.path.join(HERE, "peer.py"), job, system, json.dumps(settings)]
        self.process = subprocess.Popen(command, env=place.environment, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.log)
        said = self.answer()
        self.version, self.settings = said["version"], said["settings"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            raise Failure(last_line(self.log.read()))
        return json.loads(line)

    def turn(self, steps):
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return statistics.median(self.answer()["seconds"])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Job:
    """What is measured: `ours` gives the seconds of a step of `images` images."""

    def __init__(self, title, kind, images, peers, settings, ours):
        self.title, self.kind, self.images = title, kind, images
        self.peers, self.settings, self.ours = peers, settings, ours


def step_job(place, mode, precision, batch, wanted, variants):
    o = place.options
    title = f"{'inference' if mode == 'infer' else 'training'} {precision}, batch {batch}"

    def ours():
        row = place.bench(mode, "--device", "cpu", "--precision", precision, "--batch", batch,
                          "--threads", o.threads, "--warmup", 2, "--steps", o.steps)["results"][0]
        return row["ms_per_step"]["median"] / 1000
    peers = [(system, {"variant": variant}, wanted) for system, variant in variants]
    return Job(title, mode, batch, peers,
               {"precision": precision, "batch": batch, "needs_onnx": mode == "infer"}, ours)


def eval_job(place):
    o = place.options
    folder = place.at("eval")

    def ours():
        files = [] if os.path.exists(folder) else ["--files", folder]
        os.makedirs(folder, exist_ok=True)
        rows = place.bench("eval", "--count", o.eval_images, "--threads", o.threads, *files)["rows"]
        return rows[0]["seconds"]["median"]
    return Job(f"COCO evaluation of {o.eval_images} images", "eval", o.eval_images,
               [("pycocotools", {}, 10), ("faster-coco-eval", {}, 2)], {"folder": folder}, ours)


def jpeg_job(place):
    """JPEG files to a batch, per core. Ours scales on the device: that is added."""
    images, annotations = place.pictures()
    batch, scaling = 16, []

    def ours():
        if not scaling:
            row = place.bench("infer", "--device", "cpu", "--batch", 8, "--threads", 1, "--warmup", 1,
                              "--steps", 3, "--cpu-time")["results"][0]
            scaling.append(row["phases_ms"]["other"]["median"] / 8000)
        rows = place.bench("data", "--annotations", annotations, "--images", images, "--batch", batch,
                           "--threads", 1, "--runs", 3, "--seconds", 0.5)["results"]
        return batch * (1 / rows[1]["images_per_cpu_second"]["median"] + scaling[0])
    peers = [("pillow", {}, 1.2), ("opencv-python-headless", {}, 1.2), ("torchvision", {}, 1.2)]
    return Job("JPEG to batch, per core", "jpeg", batch, peers,
               {"folder": images, "batch": batch, "cpu_time": True}, ours)


def nms_job(place):
    images, _ = place.pictures()
    batch = 2

    def ours():
        row = place.bench("infer", "--device", "cpu", "--checkpoint", place.checkpoint(), "--images",
                          images, "--batch", batch, "--threads", place.options.threads, "--warmup", 1,
                          "--steps", 3)["results"][0]
        return row["phases_ms"]["suppression"]["median"] / 1000
    peers = [("torchvision", {"variant": "all"}, 5), ("torchvision", {"variant": "best 1000"}, "")]
    return Job("suppression, logits to boxes", "nms", batch, peers,
               {"folder": images, "batch": batch, "needs_onnx": True}, ours)


def jobs_of(place):
    o = place.options
    networks = [("torch", "eager"), ("torch", "compiled"), ("openvino", "latency")]
    fast = [("torch", "compiled"), ("torch", "eager")]
    for precision in ("fp32", "bf16"):
        for batch in (1, 8):
            sides = networks + [("openvino", "throughput")] * (batch > 1)
            sides += [("onnxruntime", "")] * (precision == "fp32")
            yield "infer", lambda p=precision, b=batch, s=sides: step_job(
                place, "infer", p, b, 1.6 if p == "fp32" else 1.05, s)
    for precision, wanted in (("fp32", 1.8), ("bf16", 1.35)):
        yield "train", lambda p=precision, w=wanted: step_job(place, "train", p, 8, w, fast)
    yield "eval", lambda: eval_job(place)
    yield "jpeg", lambda: jpeg_job(place)
    yield "nms", lambda: nms_job(place)


def start_peers(place, job):
    started = []
    for system, settings, wanted in job.peers:
        settings = dict(job.settings, threads=place.options.threads, warmup=1, **settings)
        entry = {"system": system, "variant": settings.get("variant", ""), "wanted": wanted, "turns": []}
        try:
            if settings.pop("needs_onnx", False) and system != "torch":
                settings["onnx"] = place.onnx()
            entry["peer"] = Peer(place, job.kind, system, settings)
            entry.update(version=entry["peer"].version, settings=entry["peer"].settings)
        except Failure as failure:
            entry["error"] = str(failure)
        started.append(entry)
    return started


def measure(place, job):
    print(f"compare: {job.title}", file=sys.stderr, flush=True)
    noticed = len(place.notices)
    ours = [job.ours()]  # a turn that does not count: it makes files that the peers need
    ours.clear()
    peers = start_peers(place, job)
    for _ in range(place.options.rounds):
        ours.append(job.ours())
        for entry in peers:
            if "error" in entry:
                continue
            try:
                entry["turns"].append(entry["peer"].turn(place.options.steps if job.kind in ("infer", "train") else 1))
            except Failure as failure:
                entry["error"] = str(failure)
    for entry in peers:
        if "peer" in entry:
            entry.pop("peer").close()
    return {"title": job.title, "unit": "images/s", "ours": rates(job.images, ours),
            "peers": [finished(job.images, ours, entry) for entry in peers],
            "notices": measuring.worst(place.notices[noticed:])}


def spread(values):
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def rates(images, seconds):
    return spread([images / s for s in seconds])


def finished(images, ours, entry):
    turns = entry.pop("turns")
    if "error" not in entry:
        entry["rate"] = rates(images, turns)
        entry["ratio"] = spread([theirs / mine for mine, theirs in zip(ours, turns)])
    return entry


def three(s):
    return f"{s['min']:.2f} {s['median']:.2f} {s['max']:.2f}"


def table(result):
    lines = ["| job | system | settings | images/s: min median max | ours / theirs: min median max | wanted |",
             "|---|---|---|---|---|---|"]
    for job in result["jobs"]:
        if "error" in job:
            lines.append(f"| {job['title']} | | {job['error']} | | | |")
            continue
        lines.append(f"| **{job['title']}** | ours | | {three(job['ours'])} | | |")
        for p in job["peers"]:
            name = f"{p['system']} {p.get('version', '')}".strip()
            if "error" in p:
                lines.append(f"| | {name} {p['variant']} | {p['error']} | | | {p['wanted']} |")
            else:
                lines.append(f"| | {name} | {p['settings']} | {three(p['rate'])} | {three(p['ratio'])} | {p['wanted']} |")
    return "\n".join(lines) + "\n"


def describe(result):
    m, o = result["machine"], result["options"]
    return (f"{m['cpu']}, {m['threads']} threads, {result['date'][:10]}, commit {result['commit']}; "
            f"{o['rounds']} rounds, turns of {o['steps']} steps.")


def measure_all(place, o):
    deadline, done = time.monotonic() + 60 * o.minutes, []
    for kind, make in jobs_of(place):
        if kind not in o.jobs.split(","):
            continue
        try:
            job = make()
            if time.monotonic() > deadline:
                done.append({"title": job.title, "error": f"not measured: {o.minutes:g} minutes were over"})
            else:
                done.append(measure(place, job))
        except Failure as failure:
            done.append({"title": kind, "error": str(failure)})
    return done


def main():
    o = compare_options.parse(__doc__.splitlines()[0], measuring.ROOT, FEWEST_ROUNDS)
    result = {"date": measuring.now(), "commit": measuring.commit(),
              "machine": {"cpu": measuring.cpu_name(), "cores": os.cpu_count(), "threads": o.threads,
                          "load": os.getloadavg()[0]},
              "options": {k: v for k, v in vars(o).items() if k != "bin"}}
    with tempfile.TemporaryDirectory(prefix="ssd_compare") as folder:
        place = measuring.Place(o, folder)
        result["jobs"] = measure_all(place, o)
    print(describe(result) + "\n\n" + table(result), end="")
    notices = sorted({f"{j['title']}: {n}" for j in result["jobs"] for n in j.get("notices", [])})
    for notice in notices:
        print(f"compare: {notice}", file=sys.stderr)
    if o.json:
        with open(o.json, "w") as file:
            json.dump(result, file, indent=1)
            file.write("\n")
    if o.docs and notices:
        print("compare: the machine was busy: the table is not written into the docs", file=sys.stderr)
        return 1
    if o.docs:
        measuring.write_document("compare.sh", f"{describe(result)}\n\n{table(result)}")
    return 1 if any("error" in job for job in result["jobs"]) else 0


if __name__ == "__main__":
    sys.exit(main())
