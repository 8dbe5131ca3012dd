#include "tools/run/evaluate_model.h"

#include <nlohmann/json.hpp>

#include "data/loading/loader.h"
#include "engine/base/write_file.h"
#include "tools/run/evaluation_report.h"
#include "tools/run/run_options.h"

namespace run {
namespace {

// Adds the boxes of one image, in pixels. Boxes of classes that the data set lacks are left out.
void add_detections(const std::vector<FoundBox>& found, const data::ImageEntry& image,
                    const std::vector<int>& categories, std::vector<data::Detection>& out) {
  for (const FoundBox& b : found) {
    const int category = categories[size_t(b.column)];
    if (category < 0) continue;
    const data::Rectangle area = b.in_pixels(image.width, image.height);
    out.push_back({.image_id = image.id,
                   .category = category,
                   .x = area.x,
                   .y = area.y,
                   .width = area.width,
                   .height = area.height,
                   .score = double(b.score)});
  }
}

}  // namespace

ModelEvaluation evaluate_model(Inference& inference, const config::RunConfig& config,
                               const data::Dataset& dataset, const ClassList& classes,
                               data::EvaluationOptions metrics) {
  data::LoaderOptions options = evaluation_loader(config, dataset, classes);
  options.batch_size = inference.batch_size();
  engine::Memory pixels(inference.backend(), options.pixel_bytes(), engine::Place::pinned);
  options.pixels = {static_cast<uint8_t*>(pixels.data()), pixels.bytes()};
  data::Loader loader(dataset, options);
  const std::vector<int> categories = classes.categories_of(dataset);
  ModelEvaluation result;
  inference.refresh();
  while (const data::Batch* batch = loader.next()) {
    const auto found = inference.run(*batch);
    for (size_t row = 0; row < found.size(); ++row)
      if (batch->image_index[row] >= 0)
        add_detections(found[row], dataset.images[size_t(batch->image_index[row])], categories,
                       result.detections);
  }
  result.unreadable = int64_t(loader.skipped().size());
  metrics.reference_area |= config.eval.reference_area;
  result.metrics = data::evaluate(dataset, result.detections, metrics);
  return result;
}

logs::NamedValues named_metrics(const data::Evaluation& e) {
  logs::NamedValues values;
  for (size_t i = 0; i < e.stats.size(); ++i)
    values.emplace_back(data::metric_names()[i], e.stats[i]);
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
