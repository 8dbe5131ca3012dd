// The detector computes class logits and box codes of every anchor from images.
#pragma once
#include <memory>

#include "model/backbone.h"
#include "model/fpn.h"
#include "model/heads.h"

namespace model {

class Detector {
 public:
  // Declares the detector's parameters in `parameters`, which must outlive it. The caller then
  // calls parameters.allocate(). Throws Error(usage) if an option is out of range.
  Detector(Parameters& parameters, const DetectorOptions& options);
  Detector(const Detector&) = delete;
  Detector& operator=(const Detector&) = delete;

  // Takes images [n, height, width, 3] in the activations' dtype. If the context is in training,
  // batch norm uses the batch's statistics and updates the moving ones, unless it is frozen.
  // Otherwise batch norm uses the moving statistics. If `folded` is given, its weights take the
  // place of the batch norms.
  Predictions forward(const Context&, const Tensor& images,
                      const FoldedWeights* folded = nullptr) const;

  // Copies the weights for inference, with the batch norms folded in.
  std::unique_ptr<FoldedWeights> fold(engine::Backend&) const;
  // Brings such a copy up to date after the weights have changed.
  void fold_again(kernels::Queue, FoldedWeights&) const;

  const DetectorOptions& options() const { return options_; }
  const Parameters& parameters() const { return parameters_; }

 private:
  const Parameters& parameters_;
  DetectorOptions options_;
  LayerBuilder build_;
  Backbone backbone_;
  FeaturePyramid pyramid_;
  Heads heads_;
  std::vector<ConvLayer> batch_norm_layers_;
};

}  // namespace model
