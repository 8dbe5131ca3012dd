#include "tools/dataset_input.h"

#include <filesystem>

#include "data/formats/coco.h"
#include "data/formats/tf_dataset.h"
#include "engine/base/error.h"

namespace tools {

void DatasetInput::add_options(CLI::App& app) {
  app.add_option("--annotations", annotations, "COCO annotation file (JSON)");
  app.add_option("--images", images, "image folder [the annotations' folder]");
  app.add_option("--records", records, "TFRecord shards, as in 'data/coco_val.record-*'");
  app.add_option("--label-map", label_map, "label map of the records [COCO's 80 classes]");
}

data::Dataset DatasetInput::load(data::Problems* problems) const {
  if (annotations.empty() == records.empty())
    base::fail(base::ExitCode::usage, "give either --annotations or --records");
  if (!records.empty())
    return data::load_tfrecords(data::find_shards(records), data::label_map_or_coco(label_map));
  std::filesystem::path beside = std::filesystem::path(annotations).parent_path();
  std::string folder = !images.empty() ? images : beside.empty() ? "." : beside.string();
  return data::load_coco(annotations, folder, {.problems = problems});
}

}  // namespace tools
