#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tools/report/evaluation.h"
#include "tools/report/html.h"
#include "tools/report/plot.h"

namespace report {
namespace {

std::string scores_plot(const Matched& m) {
  constexpr size_t kBins = 20;
  const double least = m.points.front().score, most = m.points.back().score;
  BarPlot plot{.title = "scores of right and wrong detections",
               .x_title = "score",
               .y_title = "detections",
               .bars = {{"right", "good", std::vector<double>(kBins)},
                        {"wrong", "bad", std::vector<double>(kBins)}},
               .logarithmic = true};
  for (size_t i = 0; i < kBins; ++i)
    plot.labels.push_back(shown(std::lerp(least, most, double(i) / double(kBins))));
  for (size_t i = 0; i < m.matches.size(); ++i) {
    if (m.matches[i].outcome == data::Outcome::ignored) continue;
    const double part = (m.of.detections[i].score - least) / (most - least);
    const size_t bin = std::min(kBins - 1, size_t(std::max(0., part * double(kBins))));
    ++plot.bars[m.matches[i].outcome == data::Outcome::right ? 0 : 1].values[bin];
  }
  return figure(plot.html(), fmt::format("Scores of the detections that found an object at IoU {}, "
                                         "and of the others. Each label is the least score of its "
                                         "bin.",
                                         m.of.rule.iou));
}

std::string sizes_plot(const Matched& m) {
  const std::vector<double> limits{8, 16, 32, 64, 128, 256};
  const size_t bins = limits.size() + 1;
  BarPlot plot{.title = "sizes of found and missed objects",
               .x_title = "side in pixels at 320 x 320",
               .y_title = "objects",
               .labels = {"below 8", "8", "16", "32", "64", "128", "256 up"},
               .bars = {{"found", "good", std::vector<double>(bins)},
                        {"missed", "bad", std::vector<double>(bins)}},
               .stacked = true};
  for (const data::ImageEntry& image : m.of.truth.images)
    for (uint32_t k = 0; k < image.object_count; ++k) {
      const size_t index = image.first_object + k;
      const data::Object& o = m.of.truth.objects[index];
      if (o.crowd || !(o.width > 0) || !(o.height > 0)) continue;
      constexpr double kInputSide = 320;
      const double side = kInputSide * std::sqrt(o.width / image.width * (o.height / image.height));
      const auto bin = std::upper_bound(limits.begin(), limits.end(), side) - limits.begin();
      ++plot.bars[m.confusion.found[index] ? 0 : 1].values[size_t(bin)];
    }
  return figure(
      plot.html(),
      fmt::format("Objects that were found at a score of at least {:.2f}, and missed ones, "
                  "by the square root of their area after resizing to 320 x 320.",
                  m.best.score));
}

std::string overlap_plot(const Matched& m) {
  BarPlot plot{.title = "IoU of right detections",
               .x_title = "IoU",
               .y_title = "detections",
               .bars = {{"right", "good", std::vector<double>(10)}}};
  const double least = m.of.rule.iou;
  size_t unknown = 0;
  for (int i = 0; i < 10; ++i) plot.labels.push_back(shown(std::lerp(least, 1., i / 10.)));
  for (size_t i = 0; i < m.matches.size(); ++i) {
    if (m.matches[i].outcome != data::Outcome::right || m.of.detections[i].score < m.best.score)
      continue;
    if (!std::isfinite(m.matches[i].iou)) {
      ++unknown;
      continue;
    }
    const double part = (m.matches[i].iou - least) / std::max(1 - least, 1e-9);
    ++plot.bars[0].values[std::min<size_t>(9, size_t(std::max(0., part * 10)))];
  }
  const std::string left_out =
      unknown > 0 ? fmt::format(" {} whose IoU is not measurable are left out.", unknown) : "";
  return figure(plot.html(), fmt::format("IoU of the right detections with a score of at least "
                                         "{:.2f}. Each label is the least IoU of its bin.{}",
                                         m.best.score, left_out));
}

}  // namespace

std::string histograms_section(const Matched& m) {
  return section("histograms", "Scores, sizes, IoU",
                 grid(scores_plot(m) + sizes_plot(m) + overlap_plot(m)));
}

}  // namespace report
