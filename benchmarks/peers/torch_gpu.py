#!/usr/bin/env python3
"""SSD320 in PyTorch on a GPU, in every way it offers: images per second, and latency at batch 1.

The model of torch_ssd320.py under automatic mixed precision, channels_last; eager, compiled with
CUDA graphs (reduce-overhead, max-autotune), and compiled with the whole training step in one graph.
Training: losses on fixed random targets, backward, fused SGD, loss scaling for fp16. Inference:
batch norm folded, boxes decoded, the 1000 best scores of an image through torchvision's
batched_nms, 100 detections.

Writes JSON after every variant, so that whatever ends it, the rest is kept. One that fails is noted
under "errors". --warm-up compiles everything into PyTorch's caches and measures nothing.
"""
import argparse
import json
import os
import signal
import statistics
import time

import torch
from torch.nn import functional as F

from torch_ssd320 import CLASSES, Ssd320, fold

ANCHORS, DETECTIONS, CANDIDATES = 12804, 100, 1000
DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16}


class Clock:
    """Seconds left for everything, and an alarm that ends one variant."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def left(self):
        return self.end - time.monotonic()

    def __enter__(self):
        def ring(*_):
            raise TimeoutError("no time left")
        signal.signal(signal.SIGALRM, ring)
        signal.alarm(max(1, int(0.6 * self.left())))  # the others want some, too

    def __exit__(self, *_):
        signal.alarm(0)


def synchronize(device):
    if device == "cuda":
        torch.cuda.synchronize()


def seconds_per_call(call, args):
    """Median of some runs, each long enough for the clock."""
    if args.warm_up:
        call()
        synchronize(args.device)
        return None
    for _ in range(3):
        call()
    synchronize(args.device)
    start = time.perf_counter()
    call()
    synchronize(args.device)
    count = max(1, int(0.3 / max(time.perf_counter() - start, 1e-6)))
    runs = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(count):
            call()
        synchronize(args.device)
        runs.append((time.perf_counter() - start) / count)
    return statistics.median(runs)


def images_of(batch, device):
    x = torch.rand(batch, 3, 320, 320, device=device) * 240 - 120
    return x.contiguous(memory_format=torch.channels_last)


class Losses(torch.nn.Module):
    """Focal loss and smooth L1, from class numbers: 0..90, -1 where no class is right."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, images, labels, boxes, matched):
        predicted, logits = self.model(images)
        logits = logits.float()
        truth = (labels.unsqueeze(-1) == torch.arange(CLASSES, device=labels.device)).float()
        p = torch.sigmoid(logits)
        entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
        miss = p + truth - 2 * p * truth
        focal = ((0.75 - 0.5 * truth) * miss * miss * entropy).sum()
        smooth = (F.smooth_l1_loss(predicted.float(), boxes, reduction="none") * matched).sum()
        return (focal + smooth / 4) / matched.sum().clamp(min=1)


def training_step(batch, dtype, frozen, mode, device):
    """A function that does one step, and keeps nothing on the host."""
    model = Losses(Ssd320()).to(device=device, memory_format=torch.channels_last).train()
    if frozen:
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.eval()
                module.requires_grad_(False)
    parameters = [p for p in model.parameters() if p.requires_grad]
    fused = {"fused": True} if device == "cuda" else {}
    optimizer = torch.optim.SGD(parameters, lr=1e-3, momentum=0.9, weight_decay=4e-4, **fused)
    scaler = torch.amp.GradScaler(device) if dtype == torch.float16 else None
    matched = (torch.rand(batch, ANCHORS, 1, device=device) < 0.005).float()
    chosen = torch.randint(1, CLASSES, (batch, ANCHORS), device=device)
    labels = torch.where(matched[..., 0] > 0, chosen, torch.full_like(chosen, -1))
    data = (images_of(batch, device), labels, torch.randn(batch, ANCHORS, 4, device=device), matched)
    run = model
    if mode in ("reduce-overhead", "max-autotune"):
        run = torch.compile(model, mode=mode, dynamic=False)
    elif mode == "whole graph":
        run = torch.compile(model, dynamic=False)

    def step():
        optimizer.zero_grad(set_to_none=mode != "whole graph")
        with torch.autocast(device, dtype=dtype, cache_enabled=mode != "whole graph"):
            loss = run(*data)
        if scaler is None:
            loss.backward()
            optimizer.step()
        else:
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()

    return recorded(step) if mode == "whole graph" else step


def recorded(step):
    """The step as one CUDA graph."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(4):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


class Scores(torch.nn.Module):
    """The best candidates of every image: scores, classes, decoded boxes."""

    def __init__(self, model, device):
        super().__init__()
        self.model = model
        centres = torch.rand(ANCHORS, 2, device=device)
        self.register_buffer("anchors", torch.cat([centres, 0.05 + 0.3 * centres], 1))

    def forward(self, images):
        codes, logits = self.model(images)
        best, index = logits[..., 1:].flatten(1).topk(CANDIDATES, dim=1)
        anchor, label = index // (CLASSES - 1), index % (CLASSES - 1)
        codes = codes.float().gather(1, anchor.unsqueeze(-1).expand(-1, -1, 4))
        at = self.anchors[anchor]
        centre = codes[..., :2] / 10 * at[..., 2:] + at[..., :2]
        half = torch.exp(codes[..., 2:] / 5) * at[..., 2:] / 2
        boxes = torch.cat([centre - half, centre + half], -1).clamp(0, 1)
        return boxes, torch.sigmoid(best.float()), label


def detection(batch, dtype, mode, device):
    """A function that detects objects in a batch."""
    from torchvision.ops import batched_nms
    model = Ssd320().eval()
    fold(model)
    model = model.to(device=device, dtype=dtype, memory_format=torch.channels_last)
    scores = Scores(model, device)
    if mode != "eager":
        scores = torch.compile(scores, mode=mode, dynamic=False)
    images = images_of(batch, device).to(dtype)

    @torch.inference_mode()
    def run():
        boxes, values, labels = scores(images)
        found = []
        for i in range(batch):
            kept = batched_nms(boxes[i], values[i], labels[i], 0.6)[:DETECTIONS]
            found.append((boxes[i][kept], values[i][kept], labels[i][kept]))
        return found

    return run


def latency(call, args):
    """p50 and p99 in ms of single calls, each waited for."""
    times = []
    for i in range(20 if args.warm_up else 320):
        start = time.perf_counter()
        call()
        synchronize(args.device)
        if i >= 20:
            times.append(1e3 * (time.perf_counter() - start))
    times.sort()
    return {"p50_ms": times[len(times) // 2], "p99_ms": times[len(times) * 99 // 100]} if times else {}


def peaks(args):
    """What this GPU does with a large matrix product (TFLOP/s) and a large copy (TB/s, both ways)."""
    if args.device != "cuda" or args.warm_up:
        return {}
    a, b = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    product = seconds_per_call(lambda: torch.mm(a, b), args)
    x = torch.empty(1 << 31, dtype=torch.uint8, device="cuda").random_()
    y = torch.empty_like(x)
    copy = seconds_per_call(lambda: y.copy_(x), args)
    return {"matmul_tflops": 2 * 8192**3 / product / 1e12, "copy_tb_per_s": 2 * x.numel() / copy / 1e12}


def variants(args):
    """Jobs as dictionaries, the most telling first."""
    modes = ["max-autotune", "reduce-overhead", "eager"] if args.device == "cuda" else ["eager"]
    batch, small = (128, 1) if args.device == "cuda" else (1, 1)
    train = lambda mode, b, dtype="fp16", frozen=False: {
        "mode": "train", "precision": dtype, "batch": b, "variant": mode, "frozen": frozen}
    infer = lambda mode, b, dtype="fp16": {
        "mode": "infer", "precision": dtype, "batch": b, "variant": mode, "frozen": False}
    if args.device != "cuda":
        return [train("eager", batch, "bf16"), infer("eager", small, "bf16")]
    jobs = [train("eager", batch), train(modes[0], batch), infer(modes[0], small),
            infer(modes[0], batch), train("whole graph", batch), train(modes[0], batch, frozen=True),
            infer("eager", small), infer("eager", batch)]
    jobs += [train(modes[0], batch, "bf16"), train(modes[1], batch), infer(modes[1], small)]
    for other in (256, 64):
        jobs += [train(modes[0], other), infer(modes[0], other)]
    return jobs


def measure(job, args):
    torch.manual_seed(0)
    if args.device == "cuda":
        torch.cuda.empty_cache()
    dtype = DTYPES[job["precision"]]
    if job["mode"] == "train":
        call = training_step(job["batch"], dtype, job["frozen"], job["variant"], args.device)
    else:
        call = detection(job["batch"], dtype, job["variant"], args.device)
    seconds = seconds_per_call(call, args)
    row = dict(job)
    if seconds:
        row["images_per_second"] = job["batch"] / seconds
    if job["mode"] == "infer" and job["batch"] == 1:
        row.update(latency(call, args))
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300, help="for everything")
    parser.add_argument("--output", help="file of the JSON; without it, stdout")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--warm-up", action="store_true")
    args = parser.parse_args()
    clock = Clock(args.seconds)
    result = {"torch": torch.__version__, "device": args.device, "results": [], "errors": {}}
    if args.device == "cuda":
        if not torch.cuda.is_available():
            raise SystemExit("torch_gpu: PyTorch finds no GPU here")
        result["gpu"] = torch.cuda.get_device_name()
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
        result.update(peaks(args))
    for job in variants(args):
        name = " ".join(str(v) for v in job.values())
        if clock.left() < 10:
            result["errors"][name] = "not run: no time left"
            continue
        try:
            with clock:
                result["results"].append(measure(job, args))
        except Exception as error:  # one variant must not lose the others
            result["errors"][name] = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        save(result, args)
    save(result, args)
    if not args.output and not args.warm_up:
        print(json.dumps(result))


def save(result, args):
    if not args.output or args.warm_up:
        return
    with open(args.output + ".part", "w") as file:
        json.dump(result, file, indent=1)
    os.replace(args.output + ".part", args.output)


if __name__ == "__main__":
    main()
