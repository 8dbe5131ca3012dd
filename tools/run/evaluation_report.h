// Prints and writes an evaluation, for people and for programs.
#pragma once
#include <iosfwd>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "data/loading/label_use.h"
#include "data/metrics/coco_eval.h"

namespace run {

// Prints COCO's twelve lines, which begin with
//  Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = ...
void print_summary(std::ostream& out, const data::Evaluation& evaluation,
                   const data::EvaluationOptions& options);

// Prints a line per class, the best AP first: AP, AP50, AP75, AR, objects, detections.
void print_categories(std::ostream& out, const data::Evaluation& evaluation,
                      const data::Dataset& truth);

// The twelve metrics with their names, counts, and "per_class", an array in ascending order of
// category ids. As in COCO, a metric without objects is -1. If all are, "unmeasured" says why.
nlohmann::ordered_json evaluation_json(const data::Evaluation& evaluation,
                                       const data::Dataset& truth);

// Writes per_class.csv, in ascending order of category ids. The metrics of a category without
// objects are empty.
void write_per_class(const std::string& path, const data::Evaluation& evaluation,
                     const data::Dataset& truth);

// A warning that says why every metric is -1, or how many objects take no part in the metrics
// because of their area. Empty if all objects that are no crowd regions take part.
std::string unmeasured_in_words(const data::Dataset& truth, const std::string& name,
                                const data::EvaluationOptions& options);

// A note on objects that may count as small or large by mistake, because their area is odd. Empty
// if there are none, or if the area of the box counts instead.
std::string odd_areas_in_words(const data::Dataset& truth, const std::string& name,
                               const data::EvaluationOptions& options);

// A note such as "note: 3 of 12 (25.0 %) objects count here, but would take no part in training:
// ...". Empty if all of them would.
std::string untrained_in_words(const data::LabelUse&);

// Writes a line "ssdeval: note: ..." to `log` if the metrics leave out detections, or cannot find
// some objects, because an image has too many of one category.
void tell_limit(const data::Dataset& truth, std::span<const data::Detection> detections,
                const data::EvaluationOptions& options, std::ostream& log);

struct ReportRequest {
  bool json = false;      // one JSON object instead of tables
  std::string per_class;  // path of a CSV file to write, or empty
  std::string page;       // path of an HTML report to write, or empty
};

// Prints and writes what the request asks for. Tables or JSON go to `out`.
void report(const ReportRequest& request, const data::Evaluation& evaluation,
            const data::EvaluationOptions& options, const data::Dataset& truth, std::ostream& out);

}  // namespace run
