#!/usr/bin/env python3
"""One job in one other system, for compare.py, which tells it when its turn is.

  peer.py JOB SYSTEM JSON    JOB: infer, train, eval, jpeg or nms; JSON: its settings

When it is ready, it prints a line {"ready": true, "version": ..., "settings": ...}. Each line on
standard input is a number of steps; the answer is {"seconds": [...]}, one time for each step, by
the clock of the settings. Whatever a library prints goes to standard error.
"""
import importlib.metadata
import json
import os
import sys
import time

REPLIES = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def torch_setup(o):
    import torch
    torch.manual_seed(0)
    torch.set_num_threads(o["threads"])
    return torch


def torch_infer(o):
    torch = torch_setup(o)
    import torch_ssd320
    model = torch_ssd320.Ssd320().eval()
    torch_ssd320.fold(model)
    model = model.to(memory_format=torch.channels_last)
    images = torch_ssd320.random_images(o["batch"])
    bf16 = o["precision"] == "bf16"
    if o["variant"] == "compiled":
        import torch._inductor.config
        torch._inductor.config.freezing = True
        model = torch.compile(model, dynamic=False)
        how = "torch.compile with freezing, channels_last" + (", autocast bf16" if bf16 else "")
    elif bf16:
        model, images = model.to(torch.bfloat16), images.to(torch.bfloat16)
        how = "eager, batch norm folded, channels_last, weights and images in bf16"
    else:
        how = "eager, batch norm folded, channels_last"

    def step():
        autocast = bf16 and o["variant"] == "compiled"
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            model(images)
    return step, how


def torch_train(o):
    torch = torch_setup(o)
    import torch_ssd320
    model = torch_ssd320.Losses(torch_ssd320.Ssd320()).train()
    model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, weight_decay=4e-4, fused=True)
    data = (torch_ssd320.random_images(o["batch"]), *torch_ssd320.random_targets(o["batch"]))
    run = torch.compile(model, dynamic=False) if o["variant"] == "compiled" else model
    bf16 = o["precision"] == "bf16"

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = run(*data)
        loss.backward()
        optimizer.step()
        return float(loss)
    how = "torch.compile" if o["variant"] == "compiled" else "eager"
    return step, how + ", channels_last, fused SGD" + (", autocast bf16" if bf16 else "")


def pixels(o, count):
    import numpy
    return numpy.random.default_rng(0).integers(0, 256, (count, 320, 320, 3), dtype=numpy.uint8)


def openvino_infer(o):
    import openvino
    hint, batch = o["variant"].upper(), o["batch"]
    core = openvino.Core()
    model = core.read_model(o["onnx"])
    size = batch if hint == "LATENCY" else 1
    model.reshape([size, 320, 320, 3])
    settings = {"PERFORMANCE_HINT": hint, "INFERENCE_NUM_THREADS": o["threads"],
                "INFERENCE_PRECISION_HINT": "bf16" if o["precision"] == "bf16" else "f32"}
    compiled = core.compile_model(model, "CPU", settings)
    images = pixels(o, size)
    how = ", ".join(f"{key} {value}" for key, value in settings.items())
    if hint == "LATENCY":
        request = compiled.create_infer_request()
        return lambda: request.infer([images]), how
    queue = openvino.AsyncInferQueue(compiled)

    def step():
        for _ in range(batch):
            queue.start_async([images])
        queue.wait_all()
    return step, f"{how}, {len(queue)} requests of one image in flight"


def onnxruntime_session(o):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = o["threads"]
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    return onnxruntime.InferenceSession(o["onnx"], options, providers=["CPUExecutionProvider"])


def onnxruntime_infer(o):
    session, images = onnxruntime_session(o), pixels(o, o["batch"])
    return lambda: session.run(None, {"images": images}), "CPU provider, all graph optimisations"


def coco_eval(o, coco_class, eval_class):
    truth = coco_class(o["folder"] + "/annotations.json")
    found = truth.loadRes(o["folder"] + "/detections.json")

    def step():
        job = eval_class(truth, found, "bbox")
        job.evaluate()
        job.accumulate()
        job.summarize()
    return step, "evaluate, accumulate and summarize, files read before"


def pycocotools_eval(o):
    import pycocotools.coco
    import pycocotools.cocoeval
    return coco_eval(o, pycocotools.coco.COCO, pycocotools.cocoeval.COCOeval)


def faster_coco_eval(o):
    import faster_coco_eval as package
    return coco_eval(o, package.COCO, package.COCOeval_faster)


def jpeg_batches(o, decode, how):
    """Reads, decodes and scales a batch of the files in turn; one thread."""
    import numpy
    names = sorted(os.path.join(o["folder"], name) for name in os.listdir(o["folder"]))
    batch, at = numpy.empty((o["batch"], 320, 320, 3), numpy.uint8), [0]

    def step():
        for row in range(o["batch"]):
            batch[row] = decode(names[at[0] % len(names)])
            at[0] += 1
    return step, how


def pillow_jpeg(o):
    from PIL import Image

    def decode(name):
        with Image.open(name) as picture:
            return picture.convert("RGB").resize((320, 320), Image.Resampling.BILINEAR)
    return jpeg_batches(o, decode, "open, convert, resize (bilinear)")


def opencv_jpeg(o):
    import cv2
    cv2.setNumThreads(1)

    def decode(name):
        picture = cv2.imread(name, cv2.IMREAD_COLOR_RGB)
        return cv2.resize(picture, (320, 320), interpolation=cv2.INTER_LINEAR)
    return jpeg_batches(o, decode, "imread, resize (linear), one thread")


def torchvision_jpeg(o):
    o = dict(o, threads=1)
    torch_setup(o)
    from torchvision.io import decode_jpeg, read_file
    from torchvision.transforms.functional import resize

    def decode(name):
        picture = resize(decode_jpeg(read_file(name)), [320, 320], antialias=False)
        return picture.permute(1, 2, 0).numpy()
    return jpeg_batches(o, decode, "decode_jpeg, resize (bilinear), one thread")


def torchvision_nms(o):
    """batched_nms on what the exported network says of real pictures."""
    torch = torch_setup(o)
    from torchvision.ops import batched_nms
    import numpy
    from PIL import Image
    names = sorted(os.listdir(o["folder"]))[:o["batch"]]
    pictures = [numpy.asarray(Image.open(os.path.join(o["folder"], n)).convert("RGB")) for n in names]
    found = [onnxruntime_session(o).run(["boxes", "scores"], {"images": p[None]}) for p in pictures]
    sets = [(torch.from_numpy(boxes[0]), torch.from_numpy(scores[0])) for boxes, scores in found]
    best = o["variant"] == "best 1000"

    def suppress(boxes, scores):
        flat = scores.flatten()
        if best:
            values, chosen = flat.topk(1000)
        else:
            chosen = (flat > 1e-8).nonzero().squeeze(1)
            values = flat[chosen]
        at, label = chosen // scores.shape[1], chosen % scores.shape[1]
        return batched_nms(boxes[at], values, label, 0.6)[:100]

    def step():
        for boxes, scores in sets:
            suppress(boxes, scores)
    return step, "the best 1000 scores of a picture" if best else "all scores, as ours"


SYSTEMS = {
    ("infer", "torch"): torch_infer, ("train", "torch"): torch_train,
    ("infer", "openvino"): openvino_infer, ("infer", "onnxruntime"): onnxruntime_infer,
    ("eval", "pycocotools"): pycocotools_eval, ("eval", "faster-coco-eval"): faster_coco_eval,
    ("jpeg", "pillow"): pillow_jpeg, ("jpeg", "opencv-python-headless"): opencv_jpeg,
    ("jpeg", "torchvision"): torchvision_jpeg, ("nms", "torchvision"): torchvision_nms,
}


def reply(**values):
    REPLIES.write(json.dumps(values) + "\n")
    REPLIES.flush()


def main():
    job, system, settings = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    clock = time.process_time if settings.get("cpu_time") else time.perf_counter
    step, how = SYSTEMS[job, system](settings)
    for _ in range(settings["warmup"]):
        step()
    reply(ready=True, version=importlib.metadata.version(system), settings=how)
    for line in sys.stdin:
        seconds = []
        for _ in range(int(line)):
            start = clock()
            step()
            seconds.append(clock() - start)
        reply(seconds=seconds)


if __name__ == "__main__":
    main()
