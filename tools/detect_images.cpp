#include "tools/detect_images.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "data/image/draw.h"
#include "data/image/image_file.h"
#include "engine/base/error.h"
#include "engine/base/file_kind.h"
#include "engine/base/output_guard.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"
#include "tools/command_line.h"
#include "tools/image_files.h"
#include "tools/run/checkpoint_files.h"
#include "tools/run/image_batches.h"

namespace tools {
namespace {

using base::ExitCode, base::fail;

struct NamedBox {
  const run::ModelClass* category = nullptr;
  data::Rectangle area;  // in pixels
  double score = 0;
};

class DetectionRun {
 public:
  DetectionRun(const DetectJob& job, const run::ClassList& classes, std::vector<std::string> images)
      : job_(job),
        images_(std::move(images)),
        by_column_(size_t(classes.classes()) + 1),
        colours_(run::class_colours(classes)) {
    for (const run::ModelClass& c : classes.list()) by_column_[size_t(c.column)] = &c;
    if (!job.pictures.empty()) pictures_ = picture_names(images_, job.pictures);
  }

  void run(run::LoadedModel& model, std::ostream& log);
  std::string json() const { return "[" + entries_ + (entries_.empty() ? "" : "\n") + "]\n"; }
  size_t images() const { return images_.size(); }
  size_t boxes() const { return boxes_; }
  size_t unreadable() const { return unreadable_; }

 private:
  void finish(const run::ImageBatch& batch, size_t row, const std::vector<run::FoundBox>& found,
              std::ostream& log);
  std::vector<NamedBox> in_pixels(const std::vector<run::FoundBox>& found, double width,
                                  double height) const;
  void add_entry(size_t image, const NamedBox& box);
  void draw(size_t image, data::Image picture, const std::vector<NamedBox>& boxes) const;

  const DetectJob& job_;
  const std::vector<std::string> images_;
  std::vector<const run::ModelClass*> by_column_;  // null: no class has this column
  const data::ClassColours colours_;
  std::vector<std::string> pictures_;  // [images_] to write; empty: none
  std::string entries_;
  size_t boxes_ = 0, unreadable_ = 0;
};

void DetectionRun::run(run::LoadedModel& model, std::ostream& log) {
  config::EvalConfig eval = model.config().eval;
  eval.nms.score_threshold = job_.score_threshold;
  if (job_.most > 0) eval.nms.max_total = job_.most;
  config::DataConfig data = model.config().data;
  data.sample.max_boxes = 1;
  const int batch_size = int(std::min(size_t(job_.batch), images_.size()));
  run::Inference& inference = model.prepare(batch_size, eval, data);
  const model::DetectorOptions& options = model.config().model.options;
  run::ImageBatches batches(images_, {.batch_size = batch_size,
                                      .max_boxes = data.sample.max_boxes,
                                      .input = {options.height, options.width},
                                      .threads = job_.use.threads,
                                      .keep_pictures = !pictures_.empty()});
  while (const run::ImageBatch* batch = batches.next()) {
    const auto found = inference.run(batch->batch);
    for (size_t row = 0; row < size_t(batch->batch.images); ++row)
      finish(*batch, row, found[row], log);
  }
}

void DetectionRun::finish(const run::ImageBatch& batch, size_t row,
                          const std::vector<run::FoundBox>& found, std::ostream& log) {
  if (!batch.problems[row].empty()) {
    log << "ssddetect: " << base::printable(batch.problems[row]) << std::endl;
    ++unreadable_;
    return;
  }
  const size_t image = size_t(batch.batch.image_index[row]);
  const auto boxes = in_pixels(found, batch.batch.widths[row], batch.batch.heights[row]);
  for (const NamedBox& box : boxes) add_entry(image, box);
  boxes_ += boxes.size();
  if (!pictures_.empty()) draw(image, batch.pictures[row], boxes);
}

// Columns that no class has were never trained: what they found is left out, as in evaluation.
std::vector<NamedBox> DetectionRun::in_pixels(const std::vector<run::FoundBox>& found, double width,
                                              double height) const {
  std::vector<NamedBox> boxes;
  for (const run::FoundBox& b : found) {
    const run::ModelClass* category = by_column_[size_t(b.column)];
    if (!category) continue;
    boxes.push_back({category, b.in_pixels(width, height), double(b.score)});
  }
  return boxes;
}

void DetectionRun::add_entry(size_t image, const NamedBox& box) {
  const data::Rectangle& a = box.area;
  const nlohmann::ordered_json entry{{"image_id", image + 1},
                                     {"file_name", images_[image]},
                                     {"category_id", box.category->id},
                                     {"category", box.category->name},
                                     {"bbox", {a.x, a.y, a.width, a.height}},
                                     {"score", box.score}};
  entries_ += entries_.empty() ? "\n" : ",\n";
  // File names and classes need not be UTF-8.
  entries_ += entry.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void DetectionRun::draw(size_t image, data::Image picture,
                        const std::vector<NamedBox>& boxes) const {
  std::vector<data::DrawnBox> drawn;  // the best ones first
  for (const NamedBox& box : boxes)
    drawn.push_back({box.area, box.category->name, fmt::format("{:.2f}", box.score),
                     colours_.of(box.category->name)});
  data::draw_boxes(picture, drawn);
  data::write_image(pictures_[image], picture);
}

void check_outputs(const DetectJob& job, const std::vector<std::string>& pictures,
                   std::vector<std::string> inputs) {
  base::OutputGuard guard(job.overwrite);
  for (const std::string& picture : pictures) guard.add("-o", picture);
  guard.add("--json", job.json);
  inputs.push_back(job.checkpoint);
  guard.check(inputs);
}

}  // namespace

int detect_images(const DetectJob& job, std::ostream& out, std::ostream& log) {
  std::vector<std::string> images = find_images(job.inputs);
  if (images.empty())
    fail(ExitCode::usage, "no image: give JPEG or PNG files, or folders that hold some");
  if (!job.pictures.empty())
    check_outputs(job, picture_names(images, job.pictures), images);
  else
    check_outputs(job, {}, images);
  const run::ModelFile file(run::checkpoint_file(job.checkpoint, "ssddetect"));
  DetectionRun detection(job, file.classes(), std::move(images));
  run::LoadedModel model(file, job.use);
  base::create_folders(job.pictures);
  base::create_folders(std::filesystem::path(job.json).parent_path());
  detection.run(model, log);
  if (job.json.empty()) {
    out << detection.json();
  } else {
    base::write_file(job.json, detection.json());
    // Where the results go to standard output themselves, nothing else may.
    (base::is_standard_output(job.json) ? log : out)
        << fmt::format("{} images, {} boxes: {}\n", detection.images() - detection.unreadable(),
                       detection.boxes(), base::printable(job.json));
  }
  return int(detection.unreadable() > 0 ? ExitCode::data : ExitCode::done);
}

}  // namespace tools
