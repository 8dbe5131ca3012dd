// An ONNX model under construction: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace onnx {

// Element types, by their numbers in TensorProto.DataType.
enum class Type { f32 = 1, u8 = 2, i32 = 6, i64 = 7, f16 = 10 };

using Attribute = std::variant<int64_t, float, std::string, std::vector<int64_t>>;

struct Node {
  std::string op;
  std::vector<std::string> inputs;  // "" is an optional input that is left out
  std::map<std::string, Attribute> attributes = {};
  std::string domain = "";  // empty for ONNX's own operators
};

// The axes of an input or output: a number, or a name for one that is known at run time only.
using Axis = std::variant<int64_t, std::string>;

class Graph {
 public:
  // If `half_weights`, f32 constants of more than 1024 values are stored as f16, followed by a
  // Cast.
  Graph(int opset, bool half_weights) : opset_(opset), half_weights_(half_weights) {}

  void input(const std::string& name, Type, const std::vector<Axis>& shape);
  void output(const std::string& name, Type, const std::vector<Axis>& shape);

  // Constants. `values` has as many values as the product of `shape` says.
  std::string constant(const std::string& name, std::span<const float> values,
                       const std::vector<int64_t>& shape);
  std::string exact_constant(const std::string& name, std::span<const float> values,
                             const std::vector<int64_t>& shape);  // never stored as f16
  std::string constant(const std::string& name, const std::vector<int64_t>& values);  // 1-D
  std::string scalar(const std::string& name, float value);
  std::string scalar(const std::string& name, int64_t value);

  // Appends a node with one output, named `name`, and returns that name. Nodes run in the order in
  // which they were added.
  std::string node(const std::string& name, const Node&);
  void nodes(const std::vector<std::string>& outputs, const Node&);

  // Returns the bytes of the file. Throws Error(failed) if a node reads a value that no node before
  // it makes, and Error(usage) if the file has more than 2 GiB, which protocol buffers cannot hold.
  std::string model(const std::string& graph_name,
                    const std::map<std::string, std::string>& metadata) const;

 private:
  void initializer(const std::string& name, Type, const std::vector<int64_t>& shape,
                   std::string bytes);
  std::string values_as_half(const std::string& name, std::span<const float> values,
                             const std::vector<int64_t>& shape);
  void make(const std::string& name);
  std::string opset_import(const std::string& domain, int version) const;

  int opset_;
  bool half_weights_;
  std::vector<std::string> nodes_, initializers_, inputs_, outputs_;  // messages
  std::set<std::string> made_, domains_;                              // names of values
};

}  // namespace onnx
