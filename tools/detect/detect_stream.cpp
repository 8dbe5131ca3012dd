#include "tools/detect/detect_stream.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <ostream>

#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "tools/command_line.h"
#include "tools/detect/detection.h"
#include "tools/detect/detection_json.h"
#include "tools/detect/folder_watch.h"
#include "tools/detect/image_finisher.h"
#include "tools/detect/opened_job.h"
#include "tools/image_files.h"
#include "tools/run/throughput.h"

namespace tools {
namespace {

using base::ExitCode;

// Gives the paths of images: first those of files and folders that were named, then those of the
// list, and then those that come into the watched folder.
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
  // Whether images may come that are not among found().
  bool more() const { return list_left_ || watch_; }
  // Whether a signal came while images that were given by name or in the list were left.
  bool any_left() const {
    return stop_.requested() && (given_ < found_.files.size() || list_left_);
  }

  // Waits for the first image of the list if no image was named and no folder is watched. Returns
  // whether there is any image, or a folder into which one may come.
  bool wait_for_first() {
    if (watch_ || given_ < found_.files.size()) return true;
    if (list_left_) found_.files = list_.next(1);
    list_left_ = list_left_ && (!found_.files.empty() || ended());
    return !found_.files.empty();
  }

  // Ends the inputs: whoever waits for an image returns without one.
  void end() { no_more_ = true; }
  // Whether the inputs have ended: by end(), by a signal, or because the reader of standard output
  // has gone. The last is checked here because no line is written, and fails, while no image comes.
  bool ended() {
    if (no_more_ || stop_.requested()) return true;
    if (reader_has_gone()) unread_ = true;
    return unread_;
  }
  // Whether the inputs have ended because nobody reads the lines any more.
  bool unread() const { return unread_; }

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

  size_t present_at_start() const { return watch_ ? watch_->present_at_start() : 0; }

 private:
  const run::StopSignal& stop_;
  std::atomic<bool> no_more_ = false, unread_ = false;
  std::optional<FolderWatch> watch_;
  FoundImages found_;
  size_t given_ = 0;
  PathLines list_;
  bool list_left_ = false;
};

// Ends the inputs when the work ends in any way, so that no thread goes on waiting for an image.
struct EndOfInputs {
  Inputs& inputs;
  ~EndOfInputs() { inputs.end(); }
};

struct Counts {
  size_t images = 0, unreadable = 0;
};

// Writes the files and then the line of each image.
class Lines {
 public:
  // `matches` and `sizes` may be null. All referred to must outlive this.
  Lines(const DetectionFiles& files, TruthMatches* matches, TruthSizes* sizes, std::ostream& out,
        std::ostream& log)
      : files_(files), matches_(matches), sizes_(sizes), out_(out), log_(log) {}

  void add(const DetectedImage& image, const EncodedPictures& pictures) {
    if (matches_) matches_->add(image.file);
    if (image.problem.empty()) {
      if (sizes_) sizes_->add(image.file, image.width, image.height);
      files_.write(image, pictures, files_.new_names(image.file), false);
    } else {
      log_ << "ssddetect: " << base::printable(image.problem) << std::endl;
      ++counts_.unreadable;
    }
    if (!(out_ << image_line(image) << std::flush)) unread_ = true;
    ++counts_.images;
  }
  bool unread() const { return unread_; }  // whether a line could not be written
  const Counts& counts() const { return counts_; }

 private:
  const DetectionFiles& files_;
  TruthMatches* const matches_;
  TruthSizes* const sizes_;
  std::ostream &out_, &log_;
  Counts counts_;
  std::atomic<bool> unread_ = false;
};

// Works until the inputs end or nobody reads the lines any more.
void detect_all(Detection& detection, const DetectionPictures& pictures, Inputs& inputs,
                Lines& lines) {
  run::ImageBatches batches([&inputs](size_t most) { return inputs.next(most); },
                            detection.batch_options());
  const EndOfInputs end{inputs};
  ImageFinisher finisher(
      pictures, detection.finishing_threads(),
      [&](const DetectedImage& image, const EncodedPictures& made) {
        lines.add(image, made);
        if (lines.unread()) inputs.end();
      },
      [&inputs] { inputs.end(); });
  while (run::ImageBatch* batch = lines.unread() ? nullptr : batches.next())
    finisher.add(detection.find(*batch));
  finisher.wait();
}

// Refuses --recursive if no folder is among the inputs: the user may expect it to work for --watch,
// which it does not.
void check_recursive(const DetectJob& job) {
  if (!job.recursive || job.watch.empty()) return;
  for (const std::string& input : job.inputs)
    if (std::error_code unknown; std::filesystem::is_directory(input, unknown)) return;
  base::fail(
      ExitCode::usage,
      "--recursive: --watch looks at new images of its folder, but not below it, and no other "
      "folder is given");
}

// Says which folder is watched, and whether the images that it holds already are taken: they are
// only if the folder is an input, too.
std::string watching_in_words(const DetectJob& job, size_t present) {
  const std::string words = "watching " + base::printable(job.watch);
  if (present == 0) return words;
  std::error_code unknown;
  const bool taken = std::any_of(job.inputs.begin(), job.inputs.end(), [&](const auto& input) {
    return std::filesystem::equivalent(input, job.watch, unknown);
  });
  const bool one = present == 1;
  return base::concatenate(words, "; it holds ", base::counted(int64_t(present), "image"),
                           " already, which ",
                           taken ? (one ? "comes first" : "come first")
                           : one ? "is not taken: name the folder as an input, too, to have it"
                                 : "are not taken: name the folder as an input, too, to have them");
}

void say(const std::string& words, std::ostream& log) {
  if (!words.empty()) log << "ssddetect: " << words << std::endl;
}

}  // namespace

int detect_stream(const DetectJob& job, int list, std::ostream& out, std::ostream& log) {
  if (output_is_closed())
    base::fail(ExitCode::failed,
               "standard output is closed, but the lines go there; give it a file or a pipe");
  check_recursive(job);
  const run::StopSignal stop;
  Inputs inputs(job, list, stop);
  const OpenedJob opened(job, inputs.found(), inputs.more());
  const base::OutputLocks locks = opened.files.take_for_stream(opened.inputs(), job.watch);
  Detection detection(job, opened.model, job.batch > 0 ? job.batch : 1);
  std::optional<TruthMatches> matches;
  std::optional<TruthSizes> sizes;
  if (opened.truth) matches.emplace(*opened.truth), sizes.emplace(*opened.truth);
  if (!inputs.wait_for_first() && !inputs.ended()) fail_without_image(job, opened.left_out);
  opened.begin(log);
  if (!job.watch.empty()) say(watching_in_words(job, inputs.present_at_start()), log);
  const auto start = std::chrono::steady_clock::now();
  Lines lines(opened.files, matches ? &*matches : nullptr, sizes ? &*sizes : nullptr, out, log);
  try {
    detect_all(detection, opened.pictures, inputs, lines);
  } catch (const base::Error& error) {
    base::fail(error.code(), error.what(), "; the run ended after ",
               base::counted(int64_t(lines.counts().images), "image"), ", whose lines are written");
  }
  const Counts& counts = lines.counts();
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  for (const std::string& line : detection.remarks()) say(line, log);
  if (matches) say(matches->in_words(), log);
  if (sizes) say(sizes->in_words(), log);
  if (inputs.any_left()) {
    const size_t known = inputs.found().files.size();
    return cut_short(stop, counts.images, inputs.more() ? std::nullopt : std::optional(known), log);
  }
  say((stop.requested() ? "stopped by " + stop.reason() + " after " : "") +
          run::speed_in_words(counts.images - counts.unreadable, time.count()),
      log);
  if (inputs.unread() || (lines.unread() && reader_has_gone()))
    base::fail(ExitCode::failed,
               "cannot write all of the output to standard output: nobody reads it any more");
  return int(counts.unreadable > 0 ? ExitCode::data : ExitCode::done);
}

}  // namespace tools
