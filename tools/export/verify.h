// Compares an exported detector in ONNX Runtime with our own engine.
#pragma once
#include <string>
#include <vector>

#include "tools/run/loaded_model.h"

namespace onnx {

struct Comparison {
  std::string runtime;  // "onnxruntime 1.20.1"
  int64_t images = 0, boxes = 0;
  int64_t unmatched = 0;         // boxes of one side without a partner of their class on the other
  double score = 0, corner = 0;  // the largest differences; of corners in fractions of the sides

  std::string in_words() const;
};

// Runs `model_file` (the bytes of a file with Nms::onnx) in Python's onnxruntime, and the same
// model in our engine with the same suppression. It compares boxes with a score of at least 0.05.
// `python` is the interpreter. Throws Error(resources) if it or its onnxruntime is missing, and
// Error(data) if an image cannot be read.
Comparison compare_in_onnx_runtime(run::LoadedModel&, const kernels::NmsOptions&,
                                   const std::string& model_file,
                                   const std::vector<std::string>& images,
                                   const std::string& python);

}  // namespace onnx
