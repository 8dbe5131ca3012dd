#include "tools/detect/detect_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <ostream>
#include <set>

#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/file_kind.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"
#include "tools/detect/detect_stream.h"
#include "tools/detect/detection.h"
#include "tools/detect/detection_json.h"
#include "tools/detect/image_finisher.h"
#include "tools/detect/opened_job.h"
#include "tools/image_files.h"
#include "tools/run/throughput.h"

namespace tools {
namespace {

using base::ExitCode;

constexpr size_t kUsualBatch = 8;

// Works through images that are all known from the start, and collects what is found in them.
class DetectionRun {
 public:
  DetectionRun(const DetectJob& job, const OpenedJob& opened, std::vector<std::string> images)
      : job_(job), files_(opened.files), images_(std::move(images)), names_(files_.names(images_)) {
    if (opened.truth) sizes_.emplace(*opened.truth);
  }

  // Checks the outputs, and locks them.
  base::OutputLocks take_outputs(std::vector<std::string> inputs) const;
  // Works through the images. If a signal asks for a stop, ends after the batch in work.
  void run(Detection& detection, const DetectionPictures& pictures, const run::StopSignal& stop,
           std::ostream& log);
  // Writes the results of the images that were done. Says on `log` how fast they were done or,
  // after a stop, how many of the images they are. Returns the exit code.
  int report(const run::StopSignal& stop, std::ostream& out, std::ostream& log) const;
  // Writes the results of the images that were done before an error ended the run. Throws the
  // error, with the number of these images added.
  [[noreturn]] void report_failure(const base::Error& error, std::ostream& out) const;

 private:
  // Writes the results, and returns where they are. If their file cannot be written, they go to
  // standard output, so that nothing is lost, and `fault` says why.
  std::string keep_results(std::ostream& out, std::string& fault) const;
  bool keeps_old_results() const;
  std::string json() const { return "[" + entries_ + (entries_.empty() ? "" : "\n") + "]\n"; }
  void finish(const DetectedImage& image, const EncodedPictures& pictures, std::ostream& log);
  void keep_old_files(const OutputNames& names);
  void tell_old_crops(std::ostream& log) const;
  void tell_old_files(std::ostream& log) const;

  const DetectJob& job_;
  const DetectionFiles& files_;
  const std::vector<std::string> images_;
  const std::vector<OutputNames> names_;
  // Files of an earlier run: crops, by image, and the files of images that cannot be read now.
  std::map<std::string, std::set<std::string>> old_crops_;
  std::set<std::string> old_files_;
  std::optional<TruthSizes> sizes_;  // none: there is no ground truth
  std::string entries_;
  size_t done_ = 0, boxes_ = 0, unreadable_ = 0;
  std::chrono::duration<double> time_{};
};

base::OutputLocks DetectionRun::take_outputs(std::vector<std::string> inputs) const {
  base::OutputGuard guard(job_.overwrite, base::LockKind::shared);
  files_.add_to(guard, images_, names_);
  guard.add("--json", job_.json);
  inputs.insert(inputs.end(), images_.begin(), images_.end());
  files_.check_labels();  // first, because the guard would advise --overwrite, which cannot help
  base::OutputLocks locks = guard.take(inputs);
  files_.check_labels();  // again, because another program may have ended just before
  return locks;
}

void DetectionRun::run(Detection& detection, const DetectionPictures& pictures,
                       const run::StopSignal& stop, std::ostream& log) {
  if (job_.overwrite && !job_.folders.crops.empty()) old_crops_ = files_.old_crops(names_);
  const auto start = std::chrono::steady_clock::now();
  run::ImageBatches batches(images_, detection.batch_options());
  ImageFinisher finisher(
      pictures, detection.finishing_threads(),
      [&](const DetectedImage& image, const EncodedPictures& made) { finish(image, made, log); });
  while (run::ImageBatch* batch = stop.requested() ? nullptr : batches.next())
    finisher.add(detection.find(*batch));
  finisher.wait();
  time_ = std::chrono::steady_clock::now() - start;
  std::vector<std::string> lines = detection.remarks();
  if (sizes_) lines.push_back(sizes_->in_words());
  for (const std::string& line : lines)
    if (!line.empty()) log << "ssddetect: " << line << std::endl;
}

void DetectionRun::finish(const DetectedImage& image, const EncodedPictures& pictures,
                          std::ostream& log) {
  const OutputNames& names = names_[image.number - 1];
  if (!image.problem.empty()) {
    log << "ssddetect: " << base::printable(image.problem) << std::endl;
    ++done_, ++unreadable_;
    keep_old_files(names);
    return;
  }
  if (const auto old = old_crops_.find(names.crops); old != old_crops_.end())
    for (const std::string& path : files_.crop_paths(image, names)) old->second.erase(path);
  if (sizes_) sizes_->add(image.file, image.width, image.height);
  files_.write(image, pictures, names, true);
  for (const NamedBox& box : image.boxes)
    entries_ += (entries_.empty() ? "\n" : ",\n") + coco_entry(image, box);
  boxes_ += image.boxes.size();
  ++done_;
}

// Notes the files that an earlier run has written for an image that cannot be read now.
void DetectionRun::keep_old_files(const OutputNames& names) {
  std::error_code unknown;
  for (const std::string& path : {names.picture, names.labels})
    if (!path.empty() && std::filesystem::exists(path, unknown)) old_files_.insert(path);
  if (const auto crops = old_crops_.extract(names.crops)) old_files_.merge(crops.mapped());
}

void DetectionRun::tell_old_files(std::ostream& log) const {
  if (old_files_.empty()) return;
  const size_t count = old_files_.size();
  log << "ssddetect: note: " << base::counted(int64_t(count), "file") << " of an earlier run stay"
      << (count == 1 ? "s" : "") << ", of images that cannot be read now, such as "
      << base::printable(*old_files_.begin()) << std::endl;
}

// Names the crops of an earlier run. They are not removed, because they may be somebody's own
// pictures.
void DetectionRun::tell_old_crops(std::ostream& log) const {
  size_t count = 0;
  std::string first;
  for (const auto& [image, crops] : old_crops_) {
    if (count == 0 && !crops.empty()) first = *crops.begin();
    count += crops.size();
  }
  if (count == 0) return;
  log << "ssddetect: note: " << base::counted(int64_t(count), "crop") << " of an earlier run stay"
      << (count == 1 ? "s" : "") << " in " << base::printable(job_.folders.crops)
      << ", of boxes that were not found now, such as " << base::printable(first) << std::endl;
}

std::string DetectionRun::keep_results(std::ostream& out, std::string& fault) const {
  try {
    if (!job_.json.empty()) {
      base::write_file(job_.json, json());
      return base::printable(job_.json);
    }
  } catch (const base::Error& error) {
    fault = error.what();
    if (base::is_standard_output(job_.json)) return {};
  }
  out << json() << std::flush;
  return out ? "standard output" : "";
}

// Results without any image would replace good ones, as after a misspelt path.
bool DetectionRun::keeps_old_results() const {
  return done_ == unreadable_ && base::look_at(job_.json).kind == base::FileKind::regular;
}

int DetectionRun::report(const run::StopSignal& stop, std::ostream& out, std::ostream& log) const {
  const size_t read = done_ - unreadable_;
  if (keeps_old_results()) {
    log << "ssddetect: no image was read, so " << base::printable(job_.json)
        << " keeps what it has\n";
    tell_old_crops(log);
    tell_old_files(log);
    return done_ < images_.size() ? cut_short(stop, done_, images_.size(), log)
                                  : int(ExitCode::data);
  }
  std::string fault;
  const std::string place = keep_results(out, fault);
  if (!fault.empty())
    base::fail(ExitCode::data, fault, "; the results of ", done_, " of ",
               base::counted(int64_t(images_.size()), "image"),
               place.empty() ? " are lost" : " are in " + place + " instead");
  if (!job_.json.empty()) {
    // Where the results go to standard output themselves, nothing else may.
    (base::is_standard_output(job_.json) ? log : out)
        << fmt::format("{}, {}: {}\n", base::counted(int64_t(read), "image"),
                       base::counted(int64_t(boxes_), "box"), base::printable(job_.json));
  }
  if (done_ < images_.size()) return cut_short(stop, done_, images_.size(), log);
  tell_old_crops(log);
  tell_old_files(log);
  if (read > 0)
    log << "ssddetect: " << run::speed_in_words(read, time_.count()) << ", with reading"
        << (job_.folders.any() ? " and writing\n" : "\n");
  return int(unreadable_ > 0 ? ExitCode::data : ExitCode::done);
}

void DetectionRun::report_failure(const base::Error& error, std::ostream& out) const {
  if (keeps_old_results())
    base::fail(error.code(), error.what(), "; no image was read, so ", base::printable(job_.json),
               " keeps what it has");
  std::string fault;
  const std::string place = keep_results(out, fault);
  base::fail(error.code(), error.what(), "; the run ended after ", done_, " of ",
             base::counted(int64_t(images_.size()), "image"),
             place.empty() ? ", and their results are lost" : ", whose results are in " + place,
             fault.empty() ? "" : ": " + fault);
}

// How the images and the ground truth belong together.
void tell_matches(const GroundTruth& truth, const std::vector<std::string>& images,
                  std::ostream& log) {
  TruthMatches matches(truth);
  for (const std::string& image : images) matches.add(image);
  const std::string words = matches.in_words();
  if (!words.empty()) log << "ssddetect: " << words << std::endl;
}

}  // namespace

int detect_images(const DetectJob& job, int list, std::ostream& out, std::ostream& log) {
  if (job.json_lines || !job.watch.empty()) return detect_stream(job, list, out, log);
  if (job.overwrite && job.json.empty() && !job.folders.any())
    base::fail(ExitCode::usage, "--overwrite needs one of -o, --json, --save-crops, --save-txt: ",
               "nothing else is written into a file");
  const run::StopSignal stop;
  PathLines lines(list, kStandardInput, [&stop] { return stop.requested(); });
  const FoundImages found = find_images(job.inputs, job.recursive, lines);
  if (stop.requested()) return cut_short(stop, 0, {}, log);
  const OpenedJob opened(job, found, false);
  DetectionRun run(job, opened, found.files);
  const base::OutputLocks locks = run.take_outputs(opened.inputs());
  const size_t batch = job.batch > 0 ? size_t(job.batch) : kUsualBatch;
  Detection detection(job, opened.model, int(std::min(batch, found.files.size())));
  base::create_folders(std::filesystem::path(job.json).parent_path());
  opened.begin(log);
  if (opened.truth) tell_matches(*opened.truth, found.files, log);
  try {
    run.run(detection, opened.pictures, stop, log);
  } catch (const base::Error& error) {
    run.report_failure(error, out);
  }
  return run.report(stop, out, log);
}

}  // namespace tools
