#include "tools/run/evaluate_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "data/loading/loader.h"
#include "engine/base/write_file.h"
#include "tools/run/evaluation_report.h"
#include "tools/run/run_options.h"

namespace run {
namespace {

// A detection with the index of its image in the data set. The detections of all ranks are sorted
// by it.
struct PlacedDetection {
  int64_t image = 0;
  data::Detection detection;
};

// Adds the boxes of one image, in pixels. Boxes of classes that the data set lacks are left out.
void add_detections(const std::vector<FoundBox>& found, int64_t index,
                    const data::ImageEntry& image, const std::vector<int>& categories,
                    std::vector<PlacedDetection>& out) {
  for (const FoundBox& b : found) {
    const int category = categories[size_t(b.column)];
    if (category < 0) continue;
    const data::Rectangle area = b.in_pixels(image.width, image.height);
    out.push_back({index,
                   {.image_id = image.id,
                    .category = category,
                    .x = area.x,
                    .y = area.y,
                    .width = area.width,
                    .height = area.height,
                    .score = double(b.score)}});
  }
}

struct Found {
  std::vector<PlacedDetection> detections;
  int64_t unreadable = 0;  // images
  bool stopped = false;
};

// Whether an evaluation is to stop before one of its batches. If one of several ranks asks for it,
// all of them stop before the same batch: none waits longer for the others than they need for a few
// batches.
class Stop {
 public:
  Stop(const std::function<bool()>& asked, engine::Collectives* ranks)
      : asked_(asked), ranks_(ranks) {}

  bool before(int64_t batch) const {
    constexpr int64_t kEvery = 8;
    const bool own = asked_ && asked_();
    if (!ranks_) return own;
    if (batch % kEvery != 0) return false;
    const auto all = ranks_->gather_bytes("wishes to stop an evaluation", own ? "stop" : "");
    return std::any_of(all.begin(), all.end(), [](const auto& wish) { return !wish.empty(); });
  }

 private:
  const std::function<bool()>& asked_;
  engine::Collectives* ranks_;
};

// The batches of the rank that has the most.
int64_t most_batches(const data::Dataset& dataset, const data::LoaderOptions& options) {
  const int64_t together = int64_t(options.world) * options.batch_size;
  return (int64_t(dataset.images.size()) + together - 1) / together;
}

// Finds the boxes in this rank's part of the images.
Found find_boxes(Inference& inference, const data::Dataset& dataset,
                 const std::vector<int>& categories, data::LoaderOptions options, const Stop& stop,
                 logs::EvaluationProgress& progress) {
  engine::Memory pixels(inference.backend(), options.pixel_bytes(), engine::MemoryKind::pinned);
  options.pixels = {static_cast<uint8_t*>(pixels.data()), pixels.bytes()};
  data::Loader loader(dataset, options);
  Found all;
  inference.refresh();
  const data::Batch* batch = nullptr;
  for (int64_t i = 0, most = most_batches(dataset, options); i < most; ++i) {
    progress.done(i * options.batch_size * options.world, int64_t(dataset.images.size()), "images");
    all.stopped = stop.before(i);
    if (all.stopped) break;
    if (i == 0 || batch) batch = loader.next();
    if (!batch) continue;  // other ranks have one more
    const auto found = inference.run(*batch);
    for (size_t row = 0; row < found.size(); ++row)
      if (const int64_t index = batch->image_index[row]; index >= 0)
        add_detections(found[row], index, dataset.images[size_t(index)], categories,
                       all.detections);
  }
  all.unreadable = int64_t(loader.skipped().size());
  return all;
}

template <class T> std::string bytes_of(const T* values, size_t count) {
  static_assert(std::is_trivially_copyable_v<T>);
  return {reinterpret_cast<const char*>(values), count * sizeof(T)};
}

// Gathers the detections of all ranks. An image belongs to one rank, so sorting them by image keeps
// the order that a single process would give.
Found over_ranks(engine::Collectives& ranks, const Found& own) {
  Found all;
  for (const std::string& part :
       ranks.gather_bytes("detections", bytes_of(own.detections.data(), own.detections.size()))) {
    const size_t before = all.detections.size();
    all.detections.resize(before + part.size() / sizeof(PlacedDetection));
    std::memcpy(all.detections.data() + before, part.data(),
                (all.detections.size() - before) * sizeof(PlacedDetection));
  }
  std::stable_sort(
      all.detections.begin(), all.detections.end(),
      [](const PlacedDetection& a, const PlacedDetection& b) { return a.image < b.image; });
  for (const std::string& part :
       ranks.gather_bytes("unreadable images", bytes_of(&own.unreadable, 1))) {
    int64_t unreadable = 0;
    std::memcpy(&unreadable, part.data(), std::min(part.size(), sizeof unreadable));
    all.unreadable += unreadable;
  }
  return all;
}

// Gives all ranks the metrics of rank 0, so that they come to the same decisions.
void share_metrics(engine::Collectives& ranks, data::Evaluation& metrics) {
  const std::string mine = bytes_of(metrics.stats.data(), metrics.stats.size());
  const std::string stats = ranks.gather_bytes("metrics", ranks.rank() == 0 ? mine : "")[0];
  std::memcpy(metrics.stats.data(), stats.data(), std::min(stats.size(), mine.size()));
}

}  // namespace

ModelEvaluation evaluate_model(Inference& inference, const config::RunConfig& config,
                               const data::Dataset& dataset, const ClassList& classes,
                               data::EvaluationOptions metrics, engine::Collectives* ranks,
                               const logs::EvaluationWatch& watch) {
  data::LoaderOptions options = evaluation_loader(config, dataset, classes);
  options.batch_size = inference.batch_size();
  options.rank = engine::rank_of(ranks);
  options.world = engine::count_of(ranks);
  const auto start = std::chrono::steady_clock::now();
  logs::EvaluationProgress progress(watch);
  Found found = find_boxes(inference, dataset, classes.categories_of(dataset), options,
                           Stop(watch.stop, ranks), progress);
  if (ranks && !found.stopped) found = over_ranks(*ranks, found);
  ModelEvaluation result;
  result.unreadable = found.unreadable;
  result.stopped = found.stopped;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (result.stopped) return result;
  for (const PlacedDetection& d : found.detections) result.detections.push_back(d.detection);
  metrics.progress = [&](size_t done, size_t all) {
    progress.done(int64_t(done), int64_t(all), "classes measured");
  };
  metrics.reference_area |= config.eval.reference_area;
  if (options.rank == 0) result.metrics = data::evaluate(dataset, result.detections, metrics);
  if (ranks) share_metrics(*ranks, result.metrics);
  return result;
}

std::string nothing_found_in_words(const ModelEvaluation& result,
                                   const config::EvalConfig& config) {
  if (!result.detections.empty()) return {};
  return fmt::format(
      "nothing was detected, because no box of the data's classes has a score above "
      "eval.score_threshold={:g}",
      config.nms.score_threshold);
}

logs::NamedValues named_metrics(const data::Evaluation& e) {
  logs::NamedValues values;
  for (size_t i = 0; i < e.stats.size(); ++i)
    if (e.stats[i] >= 0) values.emplace_back(data::metric_names()[i], e.stats[i]);
  return values;
}

void write_evaluation(const std::string& folder, const std::string& prefix,
                      const ModelEvaluation& result, const data::Dataset& dataset, int64_t step) {
  const std::string start = folder + "/" + prefix;
  nlohmann::ordered_json metrics = evaluation_json(result.metrics, dataset);
  metrics["step"] = step;
  const std::string text =
      metrics.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  base::write_file(start + "metrics.json", text + "\n");
  write_per_class(start + "per_class.csv", result.metrics, dataset);
  data::write_detections(start + "detections.json", result.detections, dataset);
}

}  // namespace run
