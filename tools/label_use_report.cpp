#include "tools/label_use_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace tools {

void print_label_use(const data::LabelUse& use) {
  if (use.left_out() > 0)
    fmt::print("labels: {} would take no part in training: {}\n",
               data::share_in_words(use.left_out(), use.labels), data::reasons_in_words(use));
  const std::string cuts = data::cuts_in_words(use, data::OvershootPolicy::drop);
  if (!cuts.empty()) fmt::print("labels: {}\n", cuts);
}

nlohmann::ordered_json label_use_json(const data::LabelUse& use) {
  nlohmann::ordered_json left_out = nlohmann::ordered_json::object();
  for (int i = 0; i < data::kLabelFates; ++i) {
    const auto fate = static_cast<data::LabelFate>(i);
    if (fate != data::LabelFate::trained && use.count(fate) > 0)
      left_out[data::name_of(fate)] = use.count(fate);
  }
  return {
      {"labels", use.labels}, {"trained", use.trained()}, {"cut", use.cut}, {"left_out", left_out}};
}

}  // namespace tools
