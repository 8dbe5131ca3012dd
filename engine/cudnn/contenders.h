// The plans of cuDNN's that are tried against each other for a convolution. Finding and compiling
// them takes seconds, so that is done for many convolutions at once; they travel as text from the
// thread that made them to the one that runs them.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/cudnn/choice.h"

namespace engine {

struct CudnnContenders {
  struct Plan {
    std::string recipe, text;  // of a CudnnChoice
  };
  std::vector<Plan> plans;      // by falling preference
  std::optional<Plan> trusted;  // for plain_conv(shape), where the shape is another
};

// Several plans of each recipe; nothing unfused where cuDNN has a fused kernel ready. With
// `deterministic` the one that the rule chooses (choose_first).
CudnnContenders contenders(const std::shared_ptr<const CudnnDevice>&, const ConvShape&,
                           bool deterministic);

// The same for many shapes, on so many threads, each with a device that `open` makes for it. A
// thread that fails leaves its shapes out.
std::map<ConvShape, CudnnContenders> contenders(
    const std::vector<ConvShape>&, bool deterministic, int threads,
    const std::function<std::shared_ptr<const CudnnDevice>()>& open);

}  // namespace engine
