#include "tools/library/session.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "data/image/jpeg.h"
#include "data/loading/sample_builder.h"
#include "engine/base/error.h"
#include "tools/config/shared_limits.h"
#include "tools/run/batch_rows.h"
#include "tools/run/checkpoint_files.h"
#include "tools/run/detection_rules.h"

namespace ssd {
namespace {

using base::ExitCode, base::fail;

constexpr int kMostLabels = 1;  // rows of a batch's tables of boxes, which stay empty here
constexpr int kChannels = 3;

void check_option(const char* name, double value, const base::Interval& range) {
  if (!range.contains(value))
    fail(ExitCode::usage, "options.", name, ": expected a number ", base::in_words(range),
         ", found ", value);
}

const Options& checked(const Options& options) {
  check_option("score_threshold", options.score_threshold, config::limits::score);
  if (options.iou_threshold)
    check_option("iou_threshold", *options.iou_threshold, config::limits::overlap);
  check_option("max_detections", options.max_detections,
               base::between(0, config::limits::boxes.high));
  check_option("batch", options.batch, run::limits::detection_batch);
  check_option("threads", options.threads, config::limits::threads);
  check_option("memory_gib", options.memory_gib, base::at_least(0));
  return options;
}

run::ModelUse model_use(const Options& options) {
  run::ModelUse use{.device = options.device,
                    .threads = options.threads,
                    .memory_gib = options.memory_gib,
                    .precision = options.precision,
                    .limits = {.batch = "options.batch", .memory = "options.memory_gib"},
                    .plan_cache = options.plan_cache,
                    .tell = options.tell};
  if (!use.tell) use.tell = [](const std::string&) {};
  return use;
}

data::PictureView view_of(const Picture& picture, size_t index) {
  const std::string name = base::concatenate("picture ", index);
  if (!picture.rgb) fail(ExitCode::data, name, ": has no pixels");
  data::check_dimensions({.width = picture.width, .height = picture.height}, name, {});
  const ptrdiff_t least = kChannels * ptrdiff_t(picture.width);
  const ptrdiff_t row_bytes = picture.row_bytes == 0 ? least : picture.row_bytes;
  if (row_bytes < least && row_bytes > -least)
    fail(ExitCode::data, name, ": a row of ", picture.width, " RGB pixels has ", least,
         " bytes, expected row_bytes of at least that, found ", row_bytes);
  return {picture.width, picture.height, picture.rgb, row_bytes};
}

std::vector<data::PictureView> views_of(const Picture* pictures, size_t count) {
  std::vector<data::PictureView> views;
  for (size_t i = 0; i < count; ++i) views.push_back(view_of(pictures[i], i));
  return views;
}

// A batch with the memory of its pixels.
struct Staging {
  std::vector<uint8_t> pixels;
  data::Batch batch;

  Staging(size_t rows, data::PictureSize input)
      : pixels(rows * size_t(kernels::slot_bytes(input.height, input.width))) {
    data::prepare(batch, int(rows), {.input = input, .max_boxes = kMostLabels}, pixels);
  }

  void fill(std::span<const data::PictureView> pictures, data::PictureSize input) {
    batch.images = int(pictures.size());
    for (size_t row = 0; row < batch.staged.size(); ++row) {
      run::clear_row(batch, row);
      if (row < pictures.size()) run::fill_row(batch, row, pictures[row], input, int64_t(row));
    }
  }
};

}  // namespace

Detector::Session::Session(const std::string& checkpoint, const Options& options)
    : process_(getpid()), batch_(size_t(checked(options).batch)) {
  thread_.call([&] { load(checkpoint, options); });
}

void Detector::Session::load(const std::string& checkpoint, const Options& options) {
  const run::ModelFile file = run::open_checkpoint(run::checkpoint_file(checkpoint));
  for (const run::ModelClass& c : file.classes().list()) classes_.push_back({c.id, c.name});
  by_column_.resize(size_t(file.classes().classes()) + 1);
  for (size_t i = 0; i < classes_.size(); ++i)
    by_column_[size_t(file.classes().list()[i].column)] = &classes_[i];

  model_ = std::make_unique<run::LoadedModel>(file, model_use(options));
  config::EvalConfig eval = model_->config().eval;
  eval.nms = run::DetectionRules{.score_threshold = options.score_threshold,
                                 .iou = options.iou_threshold,
                                 .most = options.max_detections}
                 .applied_to(eval.nms);
  config::DataConfig data = model_->config().data;
  data.sample.max_boxes = kMostLabels;
  network_ = &model_->prepare(int(batch_), eval, data);
  input_ = {model_->config().model.options.height, model_->config().model.options.width};
  device_ = model_->device().backend().name();
}

bool Detector::Session::belongs_to_another_process() const { return process_ != getpid(); }

std::vector<std::vector<Box>> Detector::Session::detect(const Picture* pictures, size_t count) {
  if (belongs_to_another_process())
    fail(ExitCode::usage, "this detector was made in process ", process_,
         ", which has forked: make one in the new process");
  const std::vector<data::PictureView> views = views_of(pictures, count);
  std::vector<std::vector<Box>> boxes(count);
  if (count == 0) return boxes;
  Staging staging(batch_, input_);
  for (size_t first = 0; first < count; first += batch_) {
    const auto part = std::span(views).subspan(first, std::min(batch_, count - first));
    staging.fill(part, input_);
    std::vector<std::vector<run::FoundBox>> found;
    thread_.call([&] { found = network_->run(staging.batch); });
    for (size_t row = 0; row < part.size(); ++row)
      boxes[first + row] = boxes_of(found[row], pictures[first + row]);
  }
  return boxes;
}

std::vector<Box> Detector::Session::boxes_of(const std::vector<run::FoundBox>& found,
                                             const Picture& picture) const {
  std::vector<Box> boxes;
  for (const run::FoundBox& b : found) {
    const Class* category = by_column_[size_t(b.column)];
    if (!category) continue;
    const data::Rectangle area = b.in_pixels(picture.width, picture.height);
    boxes.push_back(
        {area.x, area.y, area.width, area.height, double(b.score), category->id, category->name});
  }
  return boxes;
}

}  // namespace ssd
