#include "tools/evaluate_files.h"

#include <algorithm>
#include <ostream>

#include "data/metrics/detections.h"
#include "tools/run/evaluation_report.h"

namespace tools {
namespace {

void tell_oddities(const FileEvaluation& job, const data::Dataset& truth,
                   const data::DetectionFile& file, std::ostream& log) {
  if (file.unknown_categories)
    log << "ssdeval: warning: " << job.detections << ": " << file.unknown_categories
        << " detections of categories without annotations were left out, the first of category "
        << file.first_unknown_category << "\n";
  if (file.negative_sizes)
    log << "ssdeval: warning: " << job.detections << ": " << file.negative_sizes
        << " detections have a negative width or height and match nothing\n";
  for (const std::string& remark : {run::unmeasured_in_words(truth, job.input.name()),
                                    run::untrained_in_words(data::count_labels(truth))})
    if (!remark.empty()) log << "ssdeval: " << remark << "\n";
  bool has_zero = std::any_of(truth.objects.begin(), truth.objects.end(),
                              [](const data::Object& object) { return object.id == 0; });
  if (has_zero && !job.options.id_zero_is_missed)
    log << "ssdeval: note: " << job.input.name()
        << " has annotation id 0, which pycocotools counts as missed (--strict-ids does, too)\n";
}

}  // namespace

void evaluate_files(const FileEvaluation& job, std::ostream& out, std::ostream& log) {
  data::Dataset truth = job.input.load();
  data::DetectionFile file = data::load_detections(job.detections, truth);
  tell_oddities(job, truth, file, log);
  data::Evaluation evaluation = data::evaluate(truth, file.detections, job.options);
  run::report({.json = job.json, .per_class = job.per_class}, evaluation, job.options, truth, out);
}

}  // namespace tools
