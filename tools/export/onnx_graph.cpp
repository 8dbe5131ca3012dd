#include "tools/export/onnx_graph.h"

#include <cmath>
#include <protozero/pbf_writer.hpp>

#include "engine/base/error.h"
#include "engine/base/version.h"
#include "kernels/view.h"

namespace onnx {
namespace {

using protozero::pbf_writer;

// Field numbers of onnx.proto.
namespace model_field {
enum : protozero::pbf_tag_type {
  ir_version = 1,
  producer,
  producer_version,
  graph = 7,
  opset = 8,
  metadata = 14
};
}
namespace graph_field {
enum : protozero::pbf_tag_type { node = 1, name = 2, initializer = 5, input = 11, output = 12 };
}
namespace node_field {
enum : protozero::pbf_tag_type { input = 1, output, name, op, attribute, domain = 7 };
}
namespace attribute_field {
enum : protozero::pbf_tag_type { name = 1, number = 2, integer, text, integers = 8, type = 20 };
}
namespace tensor_field {
enum : protozero::pbf_tag_type { dims = 1, type = 2, name = 8, raw = 9 };
}
namespace value_field {
enum : protozero::pbf_tag_type {
  name = 1,
  type = 2,
  tensor_type = 1,
  element = 1,
  shape = 2,
  axis = 1,
  size = 1,
  symbol = 2
};
}

constexpr size_t kMostBytes = (size_t(1) << 31) - 1;
constexpr size_t kSmallConstant = 1024;

// The version of the file format that came with a version of the operators
// (https://github.com/onnx/onnx/blob/main/docs/Versioning.md).
int ir_version(int opset) { return opset >= 21 ? 10 : opset >= 19 ? 9 : 8; }

template <class T> std::string bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

struct AttributeWriter {
  pbf_writer& out;
  void type(int number) const { out.add_enum(attribute_field::type, number); }

  void operator()(float value) const {
    out.add_float(attribute_field::number, value);
    type(1);
  }
  void operator()(int64_t value) const {
    out.add_int64(attribute_field::integer, value);
    type(2);
  }
  void operator()(const std::string& value) const {
    out.add_bytes(attribute_field::text, value);
    type(3);
  }
  void operator()(const std::vector<int64_t>& values) const {
    for (int64_t value : values) out.add_int64(attribute_field::integers, value);
    type(7);
  }
};

std::string value_info(const std::string& name, Type type, const std::vector<Axis>& shape) {
  std::string axes;
  pbf_writer shape_out(axes);
  for (const Axis& axis : shape) {
    std::string message;
    pbf_writer out(message);
    if (const auto* size = std::get_if<int64_t>(&axis))
      out.add_int64(value_field::size, *size);
    else
      out.add_string(value_field::symbol, std::get<std::string>(axis));
    shape_out.add_message(value_field::axis, message);
  }
  std::string tensor, kind, info;
  pbf_writer tensor_out(tensor), kind_out(kind), info_out(info);
  tensor_out.add_int32(value_field::element, int(type));
  tensor_out.add_message(value_field::shape, axes);
  kind_out.add_message(value_field::tensor_type, tensor);
  info_out.add_string(value_field::name, name);
  info_out.add_message(value_field::type, kind);
  return info;
}

}  // namespace

void Graph::make(const std::string& name) {
  SSD_CHECK(made_.insert(name).second, "onnx: '", name, "' is made twice");
}

void Graph::input(const std::string& name, Type type, const std::vector<Axis>& shape) {
  make(name);
  inputs_.push_back(value_info(name, type, shape));
}

void Graph::output(const std::string& name, Type type, const std::vector<Axis>& shape) {
  SSD_CHECK(made_.contains(name), "onnx: nothing makes the output '", name, "'");
  outputs_.push_back(value_info(name, type, shape));
}

void Graph::initializer(const std::string& name, Type type, const std::vector<int64_t>& shape,
                        std::string bytes) {
  make(name);
  std::string& message = initializers_.emplace_back();
  pbf_writer out(message);
  for (int64_t size : shape) out.add_int64(tensor_field::dims, size);
  out.add_int32(tensor_field::type, int(type));
  out.add_string(tensor_field::name, name);
  out.add_bytes(tensor_field::raw, bytes);
}

std::string Graph::values_as_half(const std::string& name, std::span<const float> values,
                                  const std::vector<int64_t>& shape) {
  std::vector<kernels::f16> half;
  half.reserve(values.size());
  for (float value : values) {
    half.push_back(kernels::f16(value));
    if (!std::isfinite(float(half.back())))
      base::fail(base::ExitCode::failed, "the weight ", value, " in '", name,
                 "' is beyond half precision, which ends at 65504: leave --half away");
  }
  initializer(name + "_half", Type::f16, shape, bytes_of(std::span<const kernels::f16>(half)));
  return node(name, {"Cast", {name + "_half"}, {{"to", int64_t(Type::f32)}}});
}

std::string Graph::constant(const std::string& name, std::span<const float> values,
                            const std::vector<int64_t>& shape) {
  if (half_weights_ && values.size() > kSmallConstant) return values_as_half(name, values, shape);
  return exact_constant(name, values, shape);
}

std::string Graph::exact_constant(const std::string& name, std::span<const float> values,
                                  const std::vector<int64_t>& shape) {
  initializer(name, Type::f32, shape, bytes_of(values));
  return name;
}

std::string Graph::constant(const std::string& name, const std::vector<int64_t>& values) {
  initializer(name, Type::i64, {int64_t(values.size())}, bytes_of(std::span(values)));
  return name;
}

std::string Graph::scalar(const std::string& name, float value) {
  initializer(name, Type::f32, {}, bytes_of(std::span<const float>(&value, 1)));
  return name;
}

std::string Graph::scalar(const std::string& name, int64_t value) {
  initializer(name, Type::i64, {}, bytes_of(std::span<const int64_t>(&value, 1)));
  return name;
}

std::string Graph::node(const std::string& name, const Node& what) {
  nodes({name}, what);
  return name;
}

void Graph::nodes(const std::vector<std::string>& outputs, const Node& what) {
  std::string& message = nodes_.emplace_back();
  pbf_writer out(message);
  for (const std::string& input : what.inputs) {
    SSD_CHECK(input.empty() || made_.contains(input), "onnx: ", what.op, " '", outputs[0],
              "' reads '", input, "', which nothing makes");
    out.add_string(node_field::input, input);
  }
  for (const std::string& output : outputs) {
    make(output);
    out.add_string(node_field::output, output);
  }
  out.add_string(node_field::name, outputs[0]);
  out.add_string(node_field::op, what.op);
  for (const auto& [name, value] : what.attributes) {
    pbf_writer attribute(out, node_field::attribute);
    attribute.add_string(attribute_field::name, name);
    std::visit(AttributeWriter{attribute}, value);
  }
  if (!what.domain.empty()) out.add_string(node_field::domain, what.domain);
  domains_.insert(what.domain);
}

std::string Graph::opset_import(const std::string& domain, int version) const {
  std::string message;
  pbf_writer out(message);
  out.add_string(1, domain);
  out.add_int64(2, version);
  return message;
}

std::string Graph::model(const std::string& graph_name,
                         const std::map<std::string, std::string>& metadata) const {
  std::string graph;
  pbf_writer graph_out(graph);
  size_t bytes = 0;
  for (const std::string& message : initializers_) bytes += message.size();
  if (bytes > kMostBytes)
    base::fail(base::ExitCode::usage, "the weights take ", bytes >> 20,
               " MiB, and an ONNX file holds less than 2048; --half stores them in half as many");
  for (const std::string& message : nodes_) graph_out.add_message(graph_field::node, message);
  graph_out.add_string(graph_field::name, graph_name);
  for (const std::string& message : initializers_)
    graph_out.add_message(graph_field::initializer, message);
  for (const std::string& message : inputs_) graph_out.add_message(graph_field::input, message);
  for (const std::string& message : outputs_) graph_out.add_message(graph_field::output, message);

  std::string model;
  pbf_writer out(model);
  out.add_int64(model_field::ir_version, ir_version(opset_));
  out.add_string(model_field::producer, "ssd320");
  out.add_string(model_field::producer_version, base::version_parts().front().second);
  out.add_message(model_field::graph, graph);
  out.add_message(model_field::opset, opset_import("", opset_));
  for (const std::string& domain : domains_)
    if (!domain.empty()) out.add_message(model_field::opset, opset_import(domain, 1));
  for (const auto& [key, value] : metadata) {
    pbf_writer entry(out, model_field::metadata);
    entry.add_string(1, key);
    entry.add_string(2, value);
  }
  return model;
}

}  // namespace onnx
