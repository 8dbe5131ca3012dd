#include <cstring>
#include <protozero/pbf_reader.hpp>
#include <stdexcept>

#include "kernels/view.h"
#include "tests/support/onnx_run.h"

namespace tests {
namespace {

using protozero::pbf_reader;

template <class T> std::vector<double> values_of(const std::string& bytes) {
  std::vector<double> values;
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    values.push_back(double(value));
  }
  return values;
}

std::vector<double> half_values(const std::string& bytes) {
  std::vector<double> values;
  for (size_t at = 0; at + 2 <= bytes.size(); at += 2) {
    uint16_t bits;
    std::memcpy(&bits, bytes.data() + at, 2);
    values.push_back(double(kernels::f16::decode(bits)));
  }
  return values;
}

void parse_tensor(pbf_reader tensor, OnnxModel& model) {
  OnnxTensor parsed;
  std::string name, raw;
  int type = 0;
  while (tensor.next()) switch (tensor.tag()) {
      case 1:
        parsed.shape.push_back(tensor.get_int64());
        break;
      case 2:
        type = tensor.get_int32();
        break;
      case 8:
        name = tensor.get_string();
        break;
      case 9:
        raw = tensor.get_bytes();
        break;
      default:
        throw std::runtime_error("a tensor with field " + std::to_string(tensor.tag()));
    }
  parsed.values = type == 1    ? values_of<float>(raw)
                  : type == 7  ? values_of<int64_t>(raw)
                  : type == 10 ? half_values(raw)
                               : throw std::runtime_error("a tensor of another type");
  model.constants[name] = parsed;
}

void parse_attribute(pbf_reader attribute, OnnxNode& node) {
  std::string name;
  while (attribute.next()) switch (attribute.tag()) {
      case 1:
        name = attribute.get_string();
        break;
      case 3:
      case 8:
        node.integers[name].push_back(attribute.get_int64());
        break;
      case 4:
        node.texts[name] = attribute.get_bytes();
        break;
      default:
        attribute.skip();
    }
}

OnnxNode parse_node(pbf_reader node) {
  OnnxNode parsed;
  while (node.next()) switch (node.tag()) {
      case 1:
        parsed.inputs.push_back(node.get_string());
        break;
      case 2:
        parsed.outputs.push_back(node.get_string());
        break;
      case 4:
        parsed.op = node.get_string();
        break;
      case 5:
        parse_attribute(node.get_message(), parsed);
        break;
      default:
        node.skip();
    }
  return parsed;
}

std::string first_string(pbf_reader message) { return message.next(1) ? message.get_string() : ""; }

void parse_graph(pbf_reader graph, OnnxModel& model) {
  while (graph.next()) switch (graph.tag()) {
      case 1:
        model.nodes.push_back(parse_node(graph.get_message()));
        break;
      case 5:
        parse_tensor(graph.get_message(), model);
        break;
      case 11:
        model.inputs.push_back(first_string(graph.get_message()));
        break;
      case 12:
        model.outputs.push_back(first_string(graph.get_message()));
        break;
      default:
        graph.skip();
    }
}

}  // namespace

OnnxModel parse_onnx(const std::string& bytes) {
  OnnxModel model;
  pbf_reader file(bytes);
  while (file.next()) switch (file.tag()) {
      case 1:
        model.ir_version = file.get_int64();
        break;
      case 7:
        parse_graph(file.get_message(), model);
        break;
      case 8: {
        pbf_reader opset = file.get_message();
        std::string domain;
        while (opset.next())
          if (opset.tag() == 1)
            domain = opset.get_string();
          else
            model.opsets[domain] = opset.get_int64();
        break;
      }
      case 14: {
        pbf_reader entry = file.get_message();
        std::string key;
        while (entry.next()) (entry.tag() == 1 ? key : model.metadata[key]) = entry.get_string();
        break;
      }
      default:
        file.skip();
    }
  return model;
}

}  // namespace tests
