#include "model/detector.h"

#include "engine/base/error.h"
#include "engine/base/ranges.h"

namespace model {
namespace {

const DetectorOptions& checked(const DetectorOptions& options) {
  check(options);
  return options;
}

}  // namespace

Detector::Detector(Parameters& parameters, const DetectorOptions& options)
    : parameters_(parameters),
      options_(checked(options)),
      build_(parameters),
      backbone_(build_, options_),
      pyramid_(build_, options_,
               {backbone_.channels(1), backbone_.channels(2), backbone_.channels(3)}),
      heads_(build_, options_),
      batch_norm_layers_(build_.take_batch_norm_layers()) {}

Predictions Detector::forward(const Context& c, const Tensor& images,
                              const FoldedWeights* folded) const {
  base::Range range("forward");
  const auto& s = images.shape();
  SSD_CHECK(s.rank == 4 && s[1] == options_.height && s[2] == options_.width && s[3] == 3,
            "detector: images must be [n, ", options_.height, ", ", options_.width, ", 3]");
  SSD_CHECK(!(c.training && folded), "detector: folded weights are for inference");
  Network net{.parameters = parameters_,
              .folded = folded,
              .frozen_batch_norm = options_.frozen_batch_norm,
              .sync_batch_norm = options_.sync_batch_norm,
              .decay = options_.batch_norm_decay};
  return heads_.forward(c, net, pyramid_.forward(c, net, backbone_.forward(c, net, images)));
}

std::unique_ptr<FoldedWeights> Detector::fold(engine::Backend& backend) const {
  return std::make_unique<FoldedWeights>(backend, parameters_, batch_norm_layers_);
}

void Detector::fold_again(kernels::Queue queue, FoldedWeights& folded) const {
  folded.fold(queue, parameters_, batch_norm_layers_);
}

}  // namespace model
