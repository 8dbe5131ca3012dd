// Runs an exported ONNX file with plain loops in double: the operators that a detector without
// suppression uses, as https://onnx.ai/onnx/operators describes them.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tests {

struct OnnxTensor {
  std::vector<int64_t> shape;
  std::vector<double> values;
};

struct OnnxNode {
  std::string op;
  std::vector<std::string> inputs, outputs;
  std::map<std::string, std::vector<int64_t>> integers;  // attributes; a single one is a list, too
  std::map<std::string, std::string> texts;
};

struct OnnxModel {
  int64_t ir_version = 0;
  std::map<std::string, int64_t> opsets;  // by domain
  std::map<std::string, std::string> metadata;
  std::vector<std::string> inputs, outputs;  // names
  std::vector<OnnxNode> nodes;
  std::map<std::string, OnnxTensor> constants;
};

// Throws std::runtime_error for what the exporter does not write.
OnnxModel parse_onnx(const std::string& bytes);

// All values of the graph by name.
std::map<std::string, OnnxTensor> run_onnx(const OnnxModel&, const OnnxTensor& images);

}  // namespace tests
