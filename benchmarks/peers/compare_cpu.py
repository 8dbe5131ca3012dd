#!/usr/bin/python3
"""SSD320 on the CPU, this engine and PyTorch in turns: images per second and their ratio.

  benchmarks/peers/compare_cpu.py --program build/cpu/bin/ssdbench

For fp32 and bf16 both run training steps and inference, one after the other, as often as --rounds
says; the fastest step counts, and of the peer the fastest of its settings. Ours includes exact NMS
at inference and anchor matching in training; the peer does without. Exit code 1 when a ratio is
below 1. On a busy machine: OMP_WAIT_POLICY=passive and --cpu-time.
"""
import argparse
import json
import os
import subprocess
import sys

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch_ssd320.py")


def result_of(command, options):
    environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads))
    if options.cpu_time:
        command = command + ["--cpu-time"]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def ours(precision, mode, options):
    command = [options.program, mode, "--device", "cpu", "--precision", precision, "--json",
               "--batch", str(options.batch), "--threads", str(options.threads),
               "--steps", str(options.steps), "--warmup", "2"]
    return result_of(command, options)["results"][0]["images_per_second"]["max"]


def peers(precision, mode, options):
    command = [sys.executable, PEER, "--dtype", precision, "--batch", str(options.batch),
               "--threads", str(options.threads), "--steps", str(options.steps), "--modes", mode]
    return result_of(command, options)[mode]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/cpu/bin/ssdbench")
    parser.add_argument("--precisions", default="fp32,bf16", type=lambda text: text.split(","))
    parser.add_argument("--modes", default="train,infer", type=lambda text: text.split(","))
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5, help="timed steps of each run")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--cpu-time", action="store_true", help="rates by CPU time of all threads")
    options = parser.parse_args()
    print(f"batch {options.batch}, {options.threads} threads, {'CPU' if options.cpu_time else 'wall'} time; "
          "images/s of the fastest step")
    print(f"{'':12}{'ours':>9}{'PyTorch':>9}{'ratio':>8}", flush=True)
    slower = False
    for precision in options.precisions:
        for mode in options.modes:
            mine = other = 0.0
            for _ in range(options.rounds):
                other = max(other, peers(precision, mode, options))
                mine = max(mine, ours(precision, mode, options))
            slower = slower or mine < other
            print(f"{mode} {precision:6}{mine:9.2f}{other:9.2f}{mine / other:8.2f}", flush=True)
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
