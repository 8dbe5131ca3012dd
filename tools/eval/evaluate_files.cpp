#include "tools/eval/evaluate_files.h"

#include <algorithm>
#include <ostream>
#include <set>

#include "data/check/detection_classes.h"
#include "data/check/detection_units.h"
#include "data/check/odd_detections.h"
#include "data/formats/source_files.h"
#include "data/metrics/detections.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/output_guard.h"
#include "engine/base/text.h"
#include "tools/eval/evaluation_page.h"
#include "tools/logs/evaluation_watch.h"
#include "tools/run/class_list.h"

namespace tools {
namespace {

// Without a class that both sides know, every metric would be 0 and say nothing.
void refuse_other_classes(const FileEvaluation& job, const data::Dataset& truth,
                          const data::DetectionFile& file) {
  if (file.unknown_categories == 0 || !file.detections.empty()) return;
  const bool named = !file.unknown_category_names.empty();
  std::vector<std::string> theirs, ours;
  for (const std::string& name : file.unknown_category_names) theirs.push_back(run::quoted(name));
  if (!named) theirs.push_back("category_id " + std::to_string(file.first_unknown_category));
  for (const data::Category& category : truth.categories)
    ours.push_back((named ? "" : std::to_string(category.id) + " ") + run::quoted(category.name));
  base::fail(base::ExitCode::data, job.detections, ": none of its ", file.unknown_categories,
             " detections", file.unknown_images ? " in annotated images" : "", " is of a class of ",
             job.input.name(), ": ", named ? "they are of " : "the first has ", run::listed(theirs),
             "; the annotations have ", ours.empty() ? "no class" : run::listed(ours), ". ",
             named ? "Classes are matched by name: name them as the annotations do"
                   : "Entries without a name are matched by id: number the classes as the "
                     "annotations do",
             ", or give the annotations of these detections");
}

std::string first_unknown_class(const data::DetectionFile& file) {
  if (!file.unknown_category_names.empty()) return run::quoted(file.unknown_category_names.front());
  return std::to_string(file.first_unknown_category) +
         (file.first_unknown_category == 0 ? "; are they counted from 0?" : "");
}

// Begins a warning about the detections.
std::ostream& warn(const FileEvaluation& job, std::ostream& log) {
  return log << "ssdeval: warning: " << base::printable(job.detections) << ": ";
}

// Tells which images were unread, unknown, found by file_name only, or named by several ids.
void tell_odd_images(const FileEvaluation& job, const data::DetectionFile& file,
                     std::ostream& log) {
  if (file.unread_images)
    warn(job, log) << base::counted(file.unread_images, "image")
                   << " without detections, because ssddetect could not read "
                   << (file.unread_images == 1 ? "it: " : "them, the first: ")
                   << base::printable(file.first_unread) << "\n";
  if (file.unknown_images)
    warn(job, log) << base::counted(file.unknown_images, "detection")
                   << " in images without annotations left out, the first in "
                   << base::printable(file.first_unknown_image) << "\n";
  if (file.images_by_name)
    log << "ssdeval: " << base::printable(job.detections) << ": "
        << base::counted(file.images_by_name, "detection") << " with another image_id than "
        << base::printable(job.input.name()) << " matched by file_name\n";
  if (file.doubled_images)
    warn(job, log) << file.doubled_images
                   << (file.doubled_images == 1 ? " file_name stands" : " file names stand")
                   << " under several values of image_id, the first is "
                   << base::printable(file.first_doubled_image)
                   << "; if these images were detected twice, the second boxes count as false\n";
}

void tell_oddities(const FileEvaluation& job, const data::Dataset& truth,
                   const data::DetectionFile& file, std::ostream& log) {
  if (file.unknown_categories)
    warn(job, log) << base::counted(file.unknown_categories, "detection")
                   << " of categories without annotations left out, the first of category "
                   << first_unknown_class(file) << "\n";
  if (file.categories_by_name)
    log << "ssdeval: " << base::printable(job.detections) << ": "
        << base::counted(file.categories_by_name, "detection") << " with another category_id than "
        << base::printable(job.input.name()) << " matched by category\n";
  if (file.negative_sizes)
    warn(job, log) << base::counted(file.negative_sizes, "detection")
                   << " of negative width or height, which match nothing\n";
  if (const std::string units = data::units_in_words(file.detections, truth); !units.empty())
    warn(job, log) << units << "\n";
  if (const std::string classes = data::classes_in_words(file.detections, truth); !classes.empty())
    warn(job, log) << classes << "\n";
  for (const std::string& odd : data::odd_detections(file.detections, truth))
    warn(job, log) << odd << "\n";
  if (const std::string cut = data::threshold_in_words(file.detections); !cut.empty())
    log << "ssdeval: note: " << base::printable(job.detections) << ": " << cut << "\n";
  for (const std::string& remark : {run::unmeasured_in_words(truth, job.input.name(), job.options),
                                    run::odd_areas_in_words(truth, job.input.name(), job.options),
                                    run::untrained_in_words(data::count_labels(truth))})
    if (!remark.empty()) log << "ssdeval: " << remark << "\n";
  bool has_zero = std::any_of(truth.objects.begin(), truth.objects.end(),
                              [](const data::Object& object) { return object.id == 0; });
  if (has_zero && !job.options.id_zero_is_missed)
    log << "ssdeval: note: " << base::printable(job.input.name())
        << " has annotation id 0, which pycocotools counts as missed (--strict-ids does, too)\n";
}

// Detections are made in upright pictures, but annotations may be those of the stored pixels.
void tell_frames(const FileEvaluation& job, const data::FileLookup& images,
                 const data::DetectionFile& file, std::ostream& log) {
  if (file.turned_images > 0) {
    warn(job, log)
        << base::counted(file.turned_images, "image")
        << " with the annotated width and height exchanged, the first is "
        << base::printable(file.first_turned)
        << ": their annotations seem to be those of the stored pixels, and EXIF turns the "
           "pictures; give --images, so that the boxes are turned, too\n";
    return;
  }
  const std::string unseen =
      unseen_in_words(images, "do not meet detections in upright pictures, as ssddetect's are");
  if (!unseen.empty()) log << "ssdeval: " << unseen << "\n";
}

void tell_images(const data::Dataset& truth, const std::vector<data::Detection>& detections,
                 std::ostream& log) {
  std::set<int64_t> images;
  for (const data::Detection& d : detections) images.insert(d.image_id);
  const size_t without = truth.images.size() - images.size();
  if (without > 0)
    log << "ssdeval: " << without << " of "
        << base::counted(int64_t(truth.images.size()), "annotated image")
        << " without detections\n";
}

}  // namespace

void evaluate_files(const FileEvaluation& job, std::ostream& out, std::ostream& log) {
  data::FileLookup images;
  data::Dataset truth = job.input.load_with_images(images);
  run::refuse_same_names(truth);
  base::OutputGuard guard(job.overwrite);
  guard.add("--per-class", job.report.per_class);
  guard.add("--report", job.report.page);
  std::vector<std::string> inputs = data::files_of(job.input.source, truth);
  inputs.push_back(job.detections);
  const base::OutputLocks locks = guard.take(inputs);
  data::DetectionFile file = data::load_detections(job.detections, truth);
  refuse_other_classes(job, truth, file);
  tell_odd_images(job, file, log);
  tell_oddities(job, truth, file, log);
  tell_frames(job, images, file, log);
  tell_images(truth, file.detections, log);
  run::tell_limit(truth, file.detections, job.options, log);
  const logs::EvaluationWatch watch{
      .say = [&](const std::string& line) { log << "ssdeval: " + line << std::endl; }};
  logs::EvaluationProgress progress(watch);
  data::EvaluationOptions options = job.options;
  options.progress = [&](size_t done, size_t all) {
    progress.done(int64_t(done), int64_t(all), "classes measured");
  };
  data::Evaluation evaluation = data::evaluate(truth, file.detections, options);
  run::report(job.report, evaluation, job.options, truth, out);
  if (!job.report.page.empty())  // last: if it cannot be written, the metrics are not lost
    write_evaluation_page(job.report.page, {.title = job.detections,
                                            .data = job.input.name(),
                                            .truth = truth,
                                            .detections = file.detections,
                                            .metrics = evaluation,
                                            .options = job.options});
}

}  // namespace tools
