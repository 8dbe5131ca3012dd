#include "tools/detect/detection.h"

#include <algorithm>
#include <set>

#include "data/likely_name.h"
#include "engine/base/error.h"
#include "engine/base/nearest_name.h"

namespace tools {
namespace {

using base::ExitCode, base::fail;

// Rows of a batch's tables of boxes, which stay empty here.
constexpr int kMostLabels = 1;

// The end of the name that begins at `begin` of a list such as "car,bus". A name may have commas
// itself, so this takes the longest name that the model knows.
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
  std::string nearest = base::nearest_name(name, known);
  for (const std::string& one : known) {
    all.push_back(run::quoted(one));
    if (data::simplified(one) == data::simplified(name)) nearest = one;
  }
  return base::concatenate(
      "--classes: the model has no class ", run::quoted(name),
      nearest.empty()
          ? "; it has " + run::listed(all)
          : ", did you mean " + run::quoted(nearest) +
                (data::look_equal(nearest, name) ? ", which has other Unicode characters?" : "?"));
}

// For each column, the class that has it if the user wants that class, else null. If the user names
// none, all classes are wanted.
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
  std::vector<const run::ModelClass*> wanted(size_t(classes.classes()) + 1);
  for (const run::ModelClass& c : classes.list())
    if (names.empty() || names.contains(c.name)) wanted[size_t(c.column)] = &c;
  return wanted;
}

config::DataConfig data_of(config::DataConfig data) {
  data.sample.max_boxes = kMostLabels;
  return data;
}

}  // namespace

data::ExifPolicy exif_policy(const DetectJob& job, const run::ModelFile& file) {
  return job.exif.value_or(file.config().data.image_policy.exif);
}

Detection::Detection(const DetectJob& job, const run::ModelFile& file, int batch_size)
    : job_(job),
      batch_size_(batch_size),
      by_column_(wanted_classes(file.classes(), job.classes)),
      frames_{.policy = exif_policy(job, file), .prefix = "--"},
      model_(file, job.use),
      inference_(
          &model_.prepare(batch_size, evaluation(), data_of(model_.config().data), columns())) {}

config::EvalConfig Detection::evaluation() const {
  config::EvalConfig eval = model_.config().eval;
  eval.nms = job_.rules.applied_to(eval.nms);
  return eval;
}

// The columns for which boxes are looked for; none stands for all. Columns without a class were
// never trained. In an evaluation their boxes are left out only after they have taken a place among
// the best ones, as in the original. It is the same here, unless --classes or --agnostic is given.
std::vector<int> Detection::columns() const {
  std::vector<int> columns;
  for (size_t column = 0; column < by_column_.size(); ++column)
    if (by_column_[column] && (job_.rules.agnostic || !job_.classes.empty()))
      columns.push_back(int(column));
  return columns;
}

run::ImageBatchOptions Detection::batch_options() const {
  const model::DetectorOptions& options = model_.config().model.options;
  return {.batch_size = batch_size_,
          .max_boxes = kMostLabels,
          .input = {options.height, options.width},
          .threads = job_.use.threads,
          .keep_pictures = !job_.folders.pictures.empty() || !job_.folders.crops.empty(),
          .exif = frames_.policy};
}

int Detection::finishing_threads() const {
  return batch_options().keep_pictures ? job_.use.threads : 1;
}

std::vector<DetectedImage> Detection::find(run::ImageBatch& batch) {
  const auto found = inference_->run(batch.batch);
  std::vector<DetectedImage> images;
  for (size_t row = 0; row < size_t(batch.batch.images); ++row) {
    const int width = batch.batch.widths[row], height = batch.batch.heights[row];
    images.push_back({.number = size_t(batch.batch.start.image) + row + 1,
                      .file = batch.files[row],
                      .width = width,
                      .height = height,
                      .boxes = in_pixels(found[row], width, height),
                      .picture = std::move(batch.pictures[row]),
                      .problem = batch.problems[row]});
    frames_.oriented += batch.orientations[row] != 1;
    odd_.add(batch.files[row], batch.traits[row]);
  }
  frames_.images += batch.batch.images;
  return images;
}

std::vector<std::string> Detection::remarks() const {
  std::vector<std::string> lines = odd_.in_words();
  if (frames_.oriented > 0) lines.insert(lines.begin(), frames_.in_words());
  return lines;
}

std::vector<NamedBox> Detection::in_pixels(const std::vector<run::FoundBox>& found, double width,
                                           double height) const {
  std::vector<NamedBox> boxes;
  for (const run::FoundBox& b : found)
    if (const run::ModelClass* category = by_column_[size_t(b.column)])
      boxes.push_back({category, b.in_pixels(width, height), double(b.score)});
  return boxes;
}

}  // namespace tools
