#include "tools/report/evaluation.h"

#include <fmt/format.h>

#include "data/metrics/measurable.h"
#include "engine/base/counted.h"
#include "tools/report/html.h"

namespace report {

Matched::Matched(const Evaluated& evaluated)
    : of(evaluated),
      matches(data::match_boxes(of.truth, of.detections, of.rule)),
      points(data::operating_points(of.truth, of.detections, matches)),
      best(data::best_point(points)),
      confusion(data::count_confusion(of.truth, of.detections, matches, best.score, of.rule)) {}

namespace {

// A threshold is worth recommending only if some detections are right and it leaves out others.
std::string threshold_in_words(const Matched& m) {
  const std::string taken = fmt::format(
      "The confusion matrix, the sizes and the pictures below take a score threshold of {:.2f}.",
      m.best.score);
  const std::string values = fmt::format("precision {:.4f}, recall {:.4f}, F1 {:.4f}",
                                         m.best.precision(), m.best.recall(), m.best.f1());
  if (m.best.right == 0)
    return paragraph(
        fmt::format("No detection is right at IoU {}, so no score threshold is better "
                    "than another. {}",
                    m.of.rule.iou, taken));
  if (m.best.score <= m.points.front().score)
    return paragraph(
        fmt::format("At IoU {}, F1 is highest if no detection is left out: {}. So no "
                    "score threshold is recommended. {}",
                    m.of.rule.iou, values, taken));
  return paragraph(
      fmt::format("At IoU {}, F1 is highest with a score threshold of {:.2f}: {}. It "
                  "is a good first value for ssddetect --score-threshold. {}",
                  m.of.rule.iou, m.best.score, values, taken));
}

}  // namespace

std::string metrics_section(const Matched& m) {
  Table table{.columns = {{"metric"}, {"value", true}}};
  for (size_t i = 0; i < m.of.metrics.stats.size(); ++i)
    table.rows.push_back({data::metric_names()[i], metric_cell(m.of.metrics.stats[i])});
  std::string body = paragraph(
      fmt::format("{} {} in {} {}, and {} {}.", grouped(m.of.metrics.objects),
                  base::noun_for(m.of.metrics.objects, "object"), grouped(m.of.metrics.images),
                  base::noun_for(m.of.metrics.images, "image"), grouped(m.of.metrics.detections),
                  base::noun_for(m.of.metrics.detections, "detection")));
  if (m.of.metrics.stats[0] < 0)
    body += warning("There is no metric: " + data::why_unmeasured(m.of.truth) + ".");
  body += threshold_in_words(m);
  return section("metrics", "Metrics", body + table.html());
}

std::string evaluation_part(const Evaluated& evaluated) {
  const Matched m(evaluated);
  return metrics_section(m) + precision_section(m) + classes_section(m) + confusion_section(m) +
         histograms_section(m) + pictures_section(m);
}

}  // namespace report
