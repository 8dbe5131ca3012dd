#include "tools/detect/opened_job.h"

#include <algorithm>
#include <ostream>

#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "tools/detect/detection.h"
#include "tools/run/checkpoint_files.h"

namespace tools {

using base::ExitCode, base::fail;

namespace {

std::string left_out_of(const DetectJob& job, const FoundImages& found, bool more) {
  std::string left_out = left_out_in_words(found);
  if (found.files.empty() && !more) fail_without_image(job, left_out);
  return left_out;
}

std::unique_ptr<const GroundTruth> truth_of(const DetectJob& job, const run::ModelFile& model) {
  if (job.truth.empty()) return nullptr;
  return std::make_unique<const GroundTruth>(job.truth, job.split, exif_policy(job, model));
}

std::string unknown_classes_of(const DetectJob& job, const run::ModelFile& model,
                               const GroundTruth* truth) {
  if (!truth) return {};
  return run::unknown_classes_in_words(model.classes(), truth->dataset(),
                                       "--ground-truth " + base::printable(job.truth));
}

}  // namespace

OpenedJob::OpenedJob(const DetectJob& job, const FoundImages& found, bool more)
    : left_out(left_out_of(job, found, more)),
      empty(empty_in_words(found)),
      repeated(repeated_in_words(found)),
      model(run::open_checkpoint(run::checkpoint_file(job.checkpoint, "ssddetect"))),
      truth(truth_of(job, model)),
      unknown_classes(unknown_classes_of(job, model, truth.get())),
      files(job.folders, model.classes()),
      pictures(!job.folders.pictures.empty(), !job.folders.crops.empty(), model.classes(),
               truth.get()) {}

std::vector<std::string> OpenedJob::inputs() const {
  std::vector<std::string> inputs = truth ? truth->files() : std::vector<std::string>();
  inputs.push_back(model.path());
  return inputs;
}

void OpenedJob::begin(std::ostream& log) const {
  files.begin();
  if (!empty.empty()) log << "ssddetect: " << empty << std::endl;
  if (!repeated.empty()) log << "ssddetect: " << repeated << std::endl;
  if (!left_out.empty()) log << "ssddetect: left out: " << left_out << std::endl;
  if (!unknown_classes.empty()) log << "ssddetect: note: " << unknown_classes << std::endl;
}

void fail_without_image(const DetectJob& job, const std::string& left_out) {
  const bool list = std::count(job.inputs.begin(), job.inputs.end(), "-") > 0;
  fail(ExitCode::usage, "no image: ",
       list ? "the list on standard input is empty, expected a path on each line"
            : "give JPEG or PNG files, folders that hold some, - or --watch",
       left_out.empty() ? "" : "; left out: ", left_out);
}

int cut_short(const run::StopSignal& stop, size_t done, std::optional<size_t> all,
              std::ostream& log) {
  log << "ssddetect: stopped by " << stop.reason() << " after "
      << (all ? base::concatenate(done, " of ", base::counted(int64_t(*all), "image"))
              : base::counted(int64_t(done), "image"))
      << "; what is written of these is whole" << std::endl;
  return int(ExitCode::stopped_early);
}

}  // namespace tools
