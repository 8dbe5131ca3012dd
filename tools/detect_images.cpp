#include "tools/detect_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <ostream>
#include <set>

#include "engine/base/error.h"
#include "engine/base/file_kind.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"
#include "tools/detect_stream.h"
#include "tools/detection.h"
#include "tools/detection_json.h"
#include "tools/image_files.h"
#include "tools/run/checkpoint_files.h"
#include "tools/run/throughput.h"

namespace tools {
namespace {

using base::ExitCode, base::fail;

constexpr size_t kUsualBatch = 8;

// The images of a list that is known from the start, and what was found in them.
class DetectionRun {
 public:
  DetectionRun(const DetectJob& job, const DetectionFiles& files, std::vector<std::string> images)
      : job_(job), files_(files), images_(std::move(images)), names_(files.names(images_)) {}

  void check_outputs(std::vector<std::string> inputs) const;
  void run(Detection& detection, std::ostream& log);
  // Writes the results, and says on `log` how fast that was.
  void report(std::ostream& out, std::ostream& log) const;
  size_t unreadable() const { return unreadable_; }

 private:
  std::string json() const { return "[" + entries_ + (entries_.empty() ? "" : "\n") + "]\n"; }
  void finish(const DetectedImage& image, std::ostream& log);

  const DetectJob& job_;
  const DetectionFiles& files_;
  const std::vector<std::string> images_;
  const std::vector<OutputNames> names_;
  std::string entries_;
  size_t boxes_ = 0, unreadable_ = 0;
  std::chrono::duration<double> time_{};
};

void DetectionRun::check_outputs(std::vector<std::string> inputs) const {
  base::OutputGuard guard(job_.overwrite);
  files_.add_to(guard, images_, names_);
  guard.add("--json", job_.json);
  inputs.insert(inputs.end(), images_.begin(), images_.end());
  guard.check(inputs);
}

void DetectionRun::run(Detection& detection, std::ostream& log) {
  const auto start = std::chrono::steady_clock::now();
  run::ImageBatches batches(images_, detection.batch_options());
  while (run::ImageBatch* batch = batches.next())
    for (const DetectedImage& image : detection.find(*batch)) finish(image, log);
  time_ = std::chrono::steady_clock::now() - start;
  const std::string frames = detection.frames_in_words();
  if (!frames.empty()) log << "ssddetect: " << frames << std::endl;
}

void DetectionRun::finish(const DetectedImage& image, std::ostream& log) {
  if (!image.problem.empty()) {
    log << "ssddetect: " << base::printable(image.problem) << std::endl;
    ++unreadable_;
    return;
  }
  for (const NamedBox& box : image.boxes)
    entries_ += (entries_.empty() ? "\n" : ",\n") + coco_entry(image, box);
  boxes_ += image.boxes.size();
  files_.write(image, names_[image.number - 1], true);
}

void DetectionRun::report(std::ostream& out, std::ostream& log) const {
  const size_t read = images_.size() - unreadable_;
  if (job_.json.empty()) {
    out << json();
  } else {
    base::write_file(job_.json, json());
    // Where the results go to standard output themselves, nothing else may.
    (base::is_standard_output(job_.json) ? log : out)
        << fmt::format("{} image{}, {} box{}: {}\n", read, read == 1 ? "" : "s", boxes_,
                       boxes_ == 1 ? "" : "es", base::printable(job_.json));
  }
  if (read > 0)
    log << "ssddetect: " << run::speed_in_words(read, time_.count()) << ", with reading"
        << (job_.folders.any() ? " and writing\n" : "\n");
}

// How many images are not in it.
void tell_matches(const GroundTruth& truth, const std::vector<std::string>& images,
                  std::ostream& log) {
  const auto without = std::count_if(images.begin(), images.end(), [&](const std::string& image) {
    return !truth.image_of(image);
  });
  if (without > 0)
    log << "ssddetect: " << without << " of " << images.size()
        << " images are not in the ground truth" << std::endl;
}

}  // namespace

int detect_images(const DetectJob& job, int list, std::ostream& out, std::ostream& log) {
  if (job.json_lines || !job.watch.empty()) return detect_stream(job, list, out, log);
  PathLines lines(list, kStandardInput);
  const FoundImages found = find_images(job.inputs, job.recursive, lines);
  const std::string left_out = left_out_in_words(found);
  if (found.files.empty())
    fail(ExitCode::usage, "no image: give JPEG or PNG files, or folders that hold some",
         left_out.empty() ? "" : "; left out: ", left_out);
  const std::string checkpoint = run::checkpoint_file(job.checkpoint, "ssddetect");
  const run::ModelFile file(checkpoint);
  std::optional<GroundTruth> truth;
  if (!job.truth.empty()) truth.emplace(job.truth, job.split, exif_policy(job, file));
  const DetectionFiles files(job.folders, file.classes(), truth ? &*truth : nullptr);
  DetectionRun run(job, files, found.files);
  std::vector<std::string> inputs = truth ? truth->files() : std::vector<std::string>();
  inputs.push_back(checkpoint);
  run.check_outputs(std::move(inputs));
  const size_t batch = job.batch > 0 ? size_t(job.batch) : kUsualBatch;
  Detection detection(job, file, int(std::min(batch, found.files.size())));
  files.begin();
  base::create_folders(std::filesystem::path(job.json).parent_path());
  if (!left_out.empty()) log << "ssddetect: left out: " << left_out << std::endl;
  if (truth) tell_matches(*truth, found.files, log);
  run.run(detection, log);
  run.report(out, log);
  return int(run.unreadable() > 0 ? ExitCode::data : ExitCode::done);
}

}  // namespace tools
