// nms_parity <SETS >LISTS: one class of suppression for tests/peers/nms_peer.py. SETS is a JSON
// list of {"boxes": [[ymin, xmin, ymax, xmax], ...], "scores": [...], "threshold": t}, LISTS one of
// lists of indices.
#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/support/engine/naive_nms.h"

namespace {

std::vector<int> kept(const nlohmann::json& set) {
  tests::NmsProblem p;
  for (const auto& b : set.at("boxes"))
    p.boxes.push_back(
        {b.at(0).get<float>(), b.at(1).get<float>(), b.at(2).get<float>(), b.at(3).get<float>()});
  p.scores = set.at("scores").get<std::vector<float>>();
  p.count = int(p.boxes.size());
  const int room = std::max(1, p.count);
  const kernels::NmsOptions options{.iou_threshold = set.at("threshold").get<float>(),
                                    .max_per_class = room,
                                    .max_total = room,
                                    .window = {}};
  const tests::NmsOutput out = tests::output_on("cpu", p, options);
  return {out.anchors.begin(), out.anchors.begin() + out.counts[0]};
}

}  // namespace

int main() {
  try {
    nlohmann::json lists = nlohmann::json::array();
    for (const auto& set : nlohmann::json::parse(std::cin)) lists.push_back(kept(set));
    std::cout << lists << "\n";
  } catch (const std::exception& e) {
    std::cerr << "nms_parity: " << e.what() << "\n";
    return 1;
  }
  return 0;
}
