"""Runs model.onnx of a folder on its images, and compares the boxes with those of expected.json.

expected.json: [{"file", "height", "width", "boxes": [[class, score, ymin, xmin, ymax, xmax], ...]}]
An image file is its RGB pixels, row by row. Prints a line for each image, and in the last line one
JSON object.
"""
import json
import sys

try:
    import numpy
    import onnxruntime
except ImportError as error:
    sys.exit(f"missing: {error.name}")

FEWEST, NEAR = 0.05, 0.02  # the score from which boxes count; how far a partner's corners may be

folder = sys.argv[1]
session = onnxruntime.InferenceSession(f"{folder}/model.onnx", providers=["CPUExecutionProvider"])
result = {"runtime": f"onnxruntime {onnxruntime.__version__}", "images": 0, "boxes": 0,
          "unmatched": 0, "score": 0.0, "corner": 0.0}


def detected(image):
    pixels = numpy.fromfile(f"{folder}/{image['file']}", numpy.uint8)
    batch = pixels.reshape(1, image["height"], image["width"], 3)
    count, boxes, scores, classes = session.run(
        ["num_detections", "detection_boxes", "detection_scores", "detection_classes"], {"images": batch})
    return [[int(classes[0, i]), float(scores[0, i]), *map(float, boxes[0, i])] for i in range(count[0])]


def distance(a, b):
    return max(abs(x - y) for x, y in zip(a[2:], b[2:])) if a[0] == b[0] else 1.0


for image in json.load(open(f"{folder}/expected.json")):
    there = detected(image)
    result["images"] += 1
    print(f"image {result['images']}", flush=True)  # who waits for the result sees that it goes on
    for box in (b for b in image["boxes"] if b[1] >= FEWEST):
        result["boxes"] += 1
        partner = min(there, key=lambda other: distance(box, other), default=None)
        if partner is None or distance(box, partner) > NEAR:
            result["unmatched"] += 1
            continue
        there.remove(partner)
        result["score"] = max(result["score"], abs(box[1] - partner[1]))
        result["corner"] = max(result["corner"], distance(box, partner))
    # A box at the limit may lie below it on one side only.
    result["unmatched"] += sum(b[1] >= FEWEST + 0.001 for b in there)
print(json.dumps(result))
