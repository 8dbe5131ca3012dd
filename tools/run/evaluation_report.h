// An evaluation for people and for programs.
#pragma once
#include <iosfwd>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "data/loading/label_use.h"
#include "data/metrics/coco_eval.h"

namespace run {

// COCO's twelve lines: " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | ...".
void print_summary(std::ostream& out, const data::Evaluation& evaluation,
                   const data::EvaluationOptions& options);

// A line per class, the best AP first: AP, AP50, AP75, AR, objects, detections.
void print_categories(std::ostream& out, const data::Evaluation& evaluation,
                      const data::Dataset& truth);

// The twelve metrics by name, counts, and "per_class", an array by ascending category id. A metric
// without objects is -1, as in COCO; where all are, "unmeasured" says why.
nlohmann::ordered_json evaluation_json(const data::Evaluation& evaluation,
                                       const data::Dataset& truth);

// per_class.csv, by ascending category id. Error (data): the file cannot be written.
void write_per_class(const std::string& path, const data::Evaluation& evaluation,
                     const data::Dataset& truth);

// "warning: NAME cannot be measured: it has no objects; every metric is -1"; empty when it can be.
std::string unmeasured_in_words(const data::Dataset& truth, const std::string& name);

// "note: 3 of 12 (25.0 %) objects count here, but would take no part in training: ..."; empty when
// all would.
std::string untrained_in_words(const data::LabelUse&);

// A line on `log`, "ssdeval: note: ...", when the metrics leave out detections or cannot find some
// objects because an image has too many of one category.
void tell_limit(const data::Dataset& truth, std::span<const data::Detection> detections,
                const data::EvaluationOptions& options, std::ostream& log);

struct ReportRequest {
  bool json = false;      // one JSON object instead of tables
  std::string per_class;  // a CSV file to write, if any
};

// What the request asks for; tables or JSON go to `out`. Error (data): a file cannot be written.
void report(const ReportRequest& request, const data::Evaluation& evaluation,
            const data::EvaluationOptions& options, const data::Dataset& truth, std::ostream& out);

}  // namespace run
