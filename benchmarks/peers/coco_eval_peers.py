#!/usr/bin/env python3
"""The case of `ssdbench eval` in pycocotools and faster-coco-eval: seconds and stats.

    ssdbench eval --files FOLDER; python3 benchmarks/peers/coco_eval_peers.py FOLDER
"""
import contextlib
import importlib.metadata
import io
import sys
import time


def run(name, coco_class, eval_class, folder):
    with contextlib.redirect_stdout(io.StringIO()):
        start = time.perf_counter()
        truth = coco_class(folder + "/annotations.json")
        found = truth.loadRes(folder + "/detections.json")
        read, cpu = time.perf_counter(), time.process_time()
        job = eval_class(truth, found, "bbox")
        job.evaluate()
        job.accumulate()
        job.summarize()
        end, cpu = time.perf_counter(), time.process_time() - cpu
    print(f"{name} {importlib.metadata.version(name)}: read {read - start:.2f} s, "
          f"evaluate {end - read:.2f} s, of the CPU {cpu:.2f} s")
    print(" ".join(repr(float(value)) for value in job.stats[:12]), flush=True)


def main():
    folder = sys.argv[1]
    try:
        import faster_coco_eval
        run("faster-coco-eval", faster_coco_eval.COCO, faster_coco_eval.COCOeval_faster, folder)
    except ImportError:
        print("faster-coco-eval is not installed")
    import pycocotools.coco
    import pycocotools.cocoeval
    run("pycocotools", pycocotools.coco.COCO, pycocotools.cocoeval.COCOeval, folder)


if __name__ == "__main__":
    main()
