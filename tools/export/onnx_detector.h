// Writes a detector as one ONNX file, which computes boxes from pixels.
#pragma once
#include <string>

#include "tools/run/loaded_model.h"

namespace onnx {

// The oldest and the newest version of ONNX's operators that this writer knows.
inline constexpr int kOldestOpset = 17, kNewestOpset = 21;

enum class Nms {
  none,       // every anchor's box and scores, for a program with a suppression of its own
  onnx,       // ONNX's own operators
  tensor_rt,  // TensorRT's EfficientNMS_TRT, which no other runtime knows
};

struct ExportOptions {
  int opset = kOldestOpset;
  Nms nms = Nms::onnx;
  bool half_weights = false;  // weights are stored as f16; the network computes in f32
  kernels::NmsOptions suppression;
};

// Returns the bytes of the file. Its network takes `images` u8 [batch, height, width, 3], RGB of
// any size, and resizes and normalises them as ssddetect does. Boxes are (ymin, xmin, ymax, xmax)
// in fractions of the image's sides. The outputs depend on the suppression:
// * none: boxes f32 [batch, anchors, 4], not clipped; scores f32 [batch, anchors, classes].
// * onnx: num_detections i64 [batch]; detection_boxes f32 [batch, most, 4], clipped;
//   detection_scores f32 [batch, most], the highest first; detection_classes i64 [batch, most],
//   numbered from 0.
//   Rows after num_detections have the score 0.
// * tensor_rt: the same names; num_detections i32 [batch, 1], detection_classes i32. Boxes are not
//   clipped.
// The model must be on the CPU, in f32. Throws Error(usage) if the weights have more than 2 GiB.
std::string detector_file(run::LoadedModel&, const ExportOptions&);

}  // namespace onnx
