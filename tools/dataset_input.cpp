#include "tools/dataset_input.h"

#include <iostream>

#include "engine/base/text.h"

namespace tools {

void DatasetInput::add_options(CLI::App& app) {
  for (const data::Format& f : data::formats()) {
    std::string name = std::string("--") + f.key;
    if (f.key == std::string("tfrecords")) name += ",--records";  // shorter to type
    std::visit(
        [&](auto field) {
          app.add_option(name, source.*field, f.meaning)->expected(1)->type_name("PATH");
        },
        f.field);
  }
  app.add_option("--images", source.images, "image folder [where the format has it]")
      ->type_name("DIR");
  app.add_option("--names", source.names, "file of class names of VOC and YOLO, one per line")
      ->type_name("FILE");
  app.add_option("--split", source.split, "images of a data.yaml or of VOC's ImageSets/Main")
      ->capture_default_str()
      ->type_name("NAME");
  app.add_option("--label-map", source.label_map,
                 "label map of the TFRecord shards; coco: COCO's 80 classes [the file beside them]")
      ->type_name("FILE");
}

data::Dataset DatasetInput::load(data::Problems* problems) const {
  data::Dataset dataset = data::open(source, "--", problems);
  for (const std::string& note : dataset.notes)
    std::cerr << "note: " << base::printable(note) << '\n';
  return dataset;
}

}  // namespace tools
