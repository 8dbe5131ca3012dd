#include "tools/label_use_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "engine/base/text.h"

namespace tools {

std::vector<std::string> label_use_lines(const data::LabelUse& use, bool of_check) {
  std::vector<std::string> lines;
  if (use.left_out() > 0)
    lines.push_back(fmt::format("labels: {} would take no part in training: {}{}",
                                base::share_in_words(use.left_out(), use.labels),
                                data::reasons_in_words(use),
                                of_check ? "" : "; `ssddata check` names them"));
  const std::string borders = data::borders_in_words(use, data::OvershootPolicy::drop);
  if (!borders.empty()) lines.push_back("labels: " + borders);
  if (const std::string tiny = data::tiny_in_words(use); !tiny.empty())
    lines.push_back("labels: " + tiny);
  return lines;
}

void print_label_use(const data::LabelUse& use, bool of_check) {
  for (const std::string& line : label_use_lines(use, of_check)) fmt::print("{}\n", line);
}

nlohmann::ordered_json label_use_json(const data::LabelUse& use) {
  nlohmann::ordered_json left_out = nlohmann::ordered_json::object();
  for (int i = 0; i < data::kLabelFates; ++i) {
    const auto fate = static_cast<data::LabelFate>(i);
    if (fate != data::LabelFate::trained && use.count(fate) > 0)
      left_out[data::name_of(fate)] = use.count(fate);
  }
  return {{"labels", use.labels},
          {"trained", use.trained()},
          {"cut", use.cut},
          {"beyond", use.beyond},
          {"left_out", left_out}};
}

}  // namespace tools
