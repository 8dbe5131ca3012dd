#include "tools/detect_stream.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <ostream>

#include "engine/base/error.h"
#include "engine/base/text.h"
#include "tools/detection.h"
#include "tools/detection_json.h"
#include "tools/folder_watch.h"
#include "tools/image_files.h"
#include "tools/run/checkpoint_files.h"
#include "tools/run/stop_signal.h"
#include "tools/run/throughput.h"

namespace tools {
namespace {

using base::ExitCode, base::fail;

// Files and folders that were named, then a list, then a folder as it fills.
class Inputs {
 public:
  Inputs(const DetectJob& job, int list, const run::StopSignal& stop)
      : stop_(stop), list_(list, kStandardInput, [this] { return ended(); }) {
    if (!job.watch.empty()) watch_.emplace(job.watch, [this] { return ended(); });
    std::vector<std::string> named = job.inputs;
    list_left_ = std::erase(named, "-") > 0;
    found_ = find_images(named, job.recursive, list_);
  }
  Inputs(const Inputs&) = delete;
  Inputs& operator=(const Inputs&) = delete;

  const FoundImages& found() const { return found_; }
  bool any() const { return !found_.files.empty() || list_left_ || watch_; }

  // Nothing more is wanted: what waits for an image returns.
  void end() { no_more_ = true; }
  bool ended() const { return no_more_ || stop_.requested(); }

  std::vector<std::string> next(size_t most) {
    if (ended()) return {};
    if (given_ < found_.files.size()) {
      const size_t count = std::min(most, found_.files.size() - given_);
      const auto first = found_.files.begin() + ptrdiff_t(given_);
      given_ += count;
      return {first, first + ptrdiff_t(count)};
    }
    if (list_left_) {
      std::vector<std::string> paths = list_.next(most);
      if (!paths.empty() || ended()) return paths;
      list_left_ = false;
    }
    return watch_ ? watch_->next(most) : std::vector<std::string>();
  }

 private:
  const run::StopSignal& stop_;
  std::atomic<bool> no_more_ = false;
  std::optional<FolderWatch> watch_;
  FoundImages found_;
  size_t given_ = 0;
  PathLines list_;
  bool list_left_ = false;
};

// However the work ends, nobody waits for the next image then.
struct EndOfInputs {
  Inputs& inputs;
  ~EndOfInputs() { inputs.end(); }
};

struct Counts {
  size_t images = 0, unreadable = 0;
};

// Until the inputs end, or nobody reads the lines any more.
Counts detect_all(Detection& detection, const DetectionFiles& files, Inputs& inputs,
                  std::ostream& out, std::ostream& log) {
  Counts counts;
  run::ImageBatches batches([&inputs](size_t most) { return inputs.next(most); },
                            detection.batch_options());
  const EndOfInputs end{inputs};
  while (run::ImageBatch* batch = out ? batches.next() : nullptr)
    for (const DetectedImage& image : detection.find(*batch)) {
      ++counts.images;
      if (image.problem.empty()) {
        files.write(image, files.new_names(image.file), false);
      } else {
        log << "ssddetect: " << base::printable(image.problem) << std::endl;
        ++counts.unreadable;
      }
      out << image_line(image) << std::flush;
    }
  return counts;
}

}  // namespace

int detect_stream(const DetectJob& job, int list, std::ostream& out, std::ostream& log) {
  const run::StopSignal stop;
  Inputs inputs(job, list, stop);
  const std::string left_out = left_out_in_words(inputs.found());
  if (!inputs.any())
    fail(ExitCode::usage, "no image: give JPEG or PNG files, folders that hold some, -, or --watch",
         left_out.empty() ? "" : "; left out: ", left_out);
  const std::string checkpoint = run::checkpoint_file(job.checkpoint, "ssddetect");
  const run::ModelFile file(checkpoint);
  std::optional<GroundTruth> truth;
  if (!job.truth.empty()) truth.emplace(job.truth, job.split, exif_policy(job, file));
  const DetectionFiles files(job.folders, file.classes(), truth ? &*truth : nullptr);
  files.check_stream({checkpoint}, job.watch);
  Detection detection(job, file, job.batch > 0 ? job.batch : 1);
  files.begin();
  if (!left_out.empty()) log << "ssddetect: left out: " << left_out << std::endl;
  if (!job.watch.empty()) log << "ssddetect: watching " << base::printable(job.watch) << std::endl;
  const auto start = std::chrono::steady_clock::now();
  const Counts counts = detect_all(detection, files, inputs, out, log);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  const std::string frames = detection.frames_in_words();
  if (!frames.empty()) log << "ssddetect: " << frames << std::endl;
  log << "ssddetect: " << (stop.requested() ? "stopped by " + stop.reason() + " after " : "")
      << run::speed_in_words(counts.images - counts.unreadable, time.count()) << std::endl;
  if (counts.unreadable > 0) return int(ExitCode::data);
  return int(stop.requested() && job.watch.empty() ? ExitCode::stopped_early : ExitCode::done);
}

}  // namespace tools
