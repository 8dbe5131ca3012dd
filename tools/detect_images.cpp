#include "tools/detect_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "data/check/label_frame.h"
#include "data/image/draw.h"
#include "data/image/image_file.h"
#include "engine/base/error.h"
#include "engine/base/file_kind.h"
#include "engine/base/nearest_name.h"
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

// Where the name ends that begins at `begin` of a list such as "car,bus". A name may have commas
// itself, so the longest one that the model knows is taken.
size_t end_of_name(const std::string& list, size_t begin, const std::set<std::string>& known) {
  const auto comma_from = [&](size_t from) { return std::min(list.find(',', from), list.size()); };
  size_t longest = comma_from(begin);
  for (size_t end = longest; end < list.size();) {
    end = comma_from(end + 1);
    if (known.contains(list.substr(begin, end - begin))) longest = end;
  }
  return longest;
}

void add_names(const std::string& list, const std::set<std::string>& known,
               std::set<std::string>& names) {
  for (size_t begin = 0, end; begin < list.size(); begin = end + 1) {
    end = end_of_name(list, begin, known);
    if (end > begin) names.insert(list.substr(begin, end - begin));
  }
}

std::string without_class(const std::string& name, const std::vector<std::string>& known) {
  std::vector<std::string> all;
  for (const std::string& one : known) all.push_back(run::quoted(one));
  const std::string nearest = base::nearest_name(name, known);
  return base::concatenate("--classes: the model has no class ", run::quoted(name),
                           nearest.empty() ? "; it has " + run::listed(all)
                                           : ", did you mean " + run::quoted(nearest) + "?");
}

// Those that the user names, or all.
std::vector<const run::ModelClass*> wanted_classes(const run::ClassList& classes,
                                                   const std::vector<std::string>& lists) {
  std::vector<std::string> known;
  for (const run::ModelClass& c : classes.list()) known.push_back(c.name);
  std::set<std::string> names;
  for (const std::string& list : lists) add_names(list, {known.begin(), known.end()}, names);
  if (names.empty() && !lists.empty())
    fail(ExitCode::usage, "--classes: no name in ", run::quoted(lists[0]));
  for (const std::string& name : names)
    if (std::find(known.begin(), known.end(), name) == known.end())
      fail(ExitCode::usage, without_class(name, known));
  std::vector<const run::ModelClass*> wanted;
  for (const run::ModelClass& c : classes.list())
    if (names.empty() || names.contains(c.name)) wanted.push_back(&c);
  return wanted;
}

class DetectionRun {
 public:
  DetectionRun(const DetectJob& job, const run::ClassList& classes, std::vector<std::string> images)
      : job_(job),
        images_(std::move(images)),
        by_column_(size_t(classes.classes()) + 1),
        colours_(run::class_colours(classes)) {
    for (const run::ModelClass* c : wanted_classes(classes, job.classes))
      by_column_[size_t(c->column)] = c;
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
  config::EvalConfig evaluation(config::EvalConfig eval) const;
  std::vector<int> columns() const;
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

config::EvalConfig DetectionRun::evaluation(config::EvalConfig eval) const {
  eval.nms.score_threshold = job_.score_threshold;
  eval.nms.agnostic = job_.agnostic;
  if (job_.iou) eval.nms.iou_threshold = *job_.iou;
  if (job_.most == 0) return eval;
  eval.nms.max_total = job_.most;
  eval.nms.max_per_class = std::max(eval.nms.max_per_class, job_.most);
  return eval;
}

// Columns that no class has were never trained. In an evaluation their boxes take a place before
// they are left out, as in the original; so they do here unless other rules than its are asked for.
std::vector<int> DetectionRun::columns() const {
  std::vector<int> columns;
  for (size_t column = 0; column < by_column_.size(); ++column)
    if (by_column_[column] && (job_.agnostic || !job_.classes.empty()))
      columns.push_back(int(column));
  return columns;
}

void DetectionRun::run(run::LoadedModel& model, std::ostream& log) {
  config::DataConfig data = model.config().data;
  data.sample.max_boxes = 1;
  const int batch_size = int(std::min(size_t(job_.batch), images_.size()));
  run::Inference& inference =
      model.prepare(batch_size, evaluation(model.config().eval), data, columns());
  const model::DetectorOptions& options = model.config().model.options;
  const data::ExifPolicy exif = job_.exif.value_or(data.image_policy.exif);
  run::ImageBatches batches(images_, {.batch_size = batch_size,
                                      .max_boxes = data.sample.max_boxes,
                                      .input = {options.height, options.width},
                                      .threads = job_.use.threads,
                                      .keep_pictures = !pictures_.empty(),
                                      .exif = exif});
  data::FrameReport frames{.policy = exif, .images = int64_t(images_.size())};
  while (const run::ImageBatch* batch = batches.next()) {
    const auto found = inference.run(batch->batch);
    for (size_t row = 0; row < size_t(batch->batch.images); ++row)
      finish(*batch, row, found[row], log);
    for (int orientation : batch->orientations) frames.oriented += orientation != 1;
  }
  if (frames.oriented > 0) log << "ssddetect: " << frames.in_words() << std::endl;
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

std::vector<NamedBox> DetectionRun::in_pixels(const std::vector<run::FoundBox>& found, double width,
                                              double height) const {
  std::vector<NamedBox> boxes;
  for (const run::FoundBox& b : found)
    if (const run::ModelClass* category = by_column_[size_t(b.column)])
      boxes.push_back({category, b.in_pixels(width, height), double(b.score)});
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

void check_outputs(const DetectJob& job, const std::string& checkpoint,
                   const std::vector<std::string>& pictures, std::vector<std::string> inputs) {
  base::OutputGuard guard(job.overwrite);
  for (const std::string& picture : pictures) guard.add("-o", picture);
  guard.add("--json", job.json);
  inputs.push_back(checkpoint);
  guard.check(inputs);
}

}  // namespace

int detect_images(const DetectJob& job, std::istream& list, std::ostream& out, std::ostream& log) {
  const FoundImages found = find_images(job.inputs, job.recursive, list);
  std::vector<std::string> images = found.files;
  const std::string left_out = left_out_in_words(found);
  if (images.empty())
    fail(ExitCode::usage, "no image: give JPEG or PNG files, or folders that hold some",
         left_out.empty() ? "" : "; left out: ", left_out);
  const std::string checkpoint = run::checkpoint_file(job.checkpoint, "ssddetect");
  if (!job.pictures.empty())
    check_outputs(job, checkpoint, picture_names(images, job.pictures), images);
  else
    check_outputs(job, checkpoint, {}, images);
  const run::ModelFile file(checkpoint);
  DetectionRun detection(job, file.classes(), std::move(images));
  run::LoadedModel model(file, job.use);
  base::create_folders(job.pictures);
  base::create_folders(std::filesystem::path(job.json).parent_path());
  if (!left_out.empty()) log << "ssddetect: left out: " << left_out << std::endl;
  const auto start = std::chrono::steady_clock::now();
  detection.run(model, log);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  const size_t read = detection.images() - detection.unreadable();
  if (job.json.empty()) {
    out << detection.json();
  } else {
    base::write_file(job.json, detection.json());
    // Where the results go to standard output themselves, nothing else may.
    (base::is_standard_output(job.json) ? log : out)
        << fmt::format("{} image{}, {} box{}: {}\n", read, read == 1 ? "" : "s", detection.boxes(),
                       detection.boxes() == 1 ? "" : "es", base::printable(job.json));
  }
  if (read > 0)
    log << fmt::format("ssddetect: {} image{} in {:.2f} s, {:.1f} images/s, with reading{}\n", read,
                       read == 1 ? "" : "s", time.count(), double(read) / time.count(),
                       job.pictures.empty() ? "" : " and drawing");
  return int(detection.unreadable() > 0 ? ExitCode::data : ExitCode::done);
}

}  // namespace tools
