// Writes the convolutions of a forward pass as nodes of an ONNX graph.
#pragma once
#include <map>
#include <string>

#include "engine/trace.h"
#include "tools/export/onnx_graph.h"

namespace onnx {

// Activations become [images, channels, height, width], the layout of ONNX. Weights must lie in
// host memory, in f32. Throws Error(failed) if an operation reads a tensor that no traced operation
// has made.
class NetworkTrace : public engine::Trace {
 public:
  explicit NetworkTrace(Graph& graph) : graph_(graph) {}

  // Says that the tensor is the value `name` of the graph.
  void bind(const engine::Tensor&, const std::string& name);
  // The value of the graph that a tensor became.
  std::string value_of(const engine::Tensor&) const;

  void conv(const engine::Tensor& x, const engine::Tensor& weight, const engine::Tensor& bias,
            const engine::Tensor& residual, const engine::ConvOptions&,
            const engine::Tensor& y) override;
  void max_pool(const engine::Tensor& x, int kernel, int stride, engine::Padding,
                const engine::Tensor& y) override;
  void upsample_add(const engine::Tensor& coarse, const engine::Tensor& fine,
                    const engine::Tensor& y) override;

 private:
  std::string next(const std::string& op);
  std::string kernel(const engine::Tensor& weight);
  std::string channels(const engine::Tensor& bias);

  Graph& graph_;
  std::map<engine::Tensor::Id, std::string> values_, weights_;
  int count_ = 0;
};

}  // namespace onnx
