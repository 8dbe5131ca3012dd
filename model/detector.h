// The detector: images in, class logits and box codes of every anchor out.
#pragma once
#include <memory>

#include "model/backbone.h"
#include "model/fpn.h"
#include "model/heads.h"

namespace model {

class Detector {
 public:
  // Declares the detector's parameters in `parameters`; the caller allocates them afterwards.
  Detector(Parameters& parameters, const DetectorOptions& options);
  Detector(const Detector&) = delete;
  Detector& operator=(const Detector&) = delete;

  // images: [n, height, width, 3] in the activations' dtype. With c.training, batch norm uses the
  // batch's statistics and updates the moving ones (unless frozen); otherwise `folded` weights when
  // given.
  Predictions forward(const Context&, const Tensor& images,
                      const FoldedWeights* folded = nullptr) const;

  std::unique_ptr<FoldedWeights> fold(engine::Backend&) const;  // a copy for inference
  void fold_again(kernels::Queue, FoldedWeights&) const;        // after training went on

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
