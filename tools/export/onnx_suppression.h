// Non-maximum suppression in an ONNX graph.
#pragma once
#include <string>

#include "tools/export/onnx_detector.h"
#include "tools/export/onnx_graph.h"

namespace onnx {

struct Candidates {
  std::string boxes, scores;  // values [batch, anchors, 4] and [batch, anchors, classes]
  int64_t anchors = 0, classes = 0;
};

// Adds the graph's outputs, as onnx_detector.h describes them.
void write_outputs(Graph&, const ExportOptions&, const Candidates&);

}  // namespace onnx
