#include "tests/support/label_folder.h"

#include <fmt/format.h>

#include "data/formats/voc.h"
#include "data/formats/yolo.h"

namespace tests {

std::string voc_file(const VocFile& f) {
  return fmt::format(
      "<annotation>{}<size><width>40</width><height>20</height></size><object><name>{}</name>{}"
      "<bndbox><xmin>{}</xmin><ymin>2</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>"
      "</annotation>",
      f.filename.empty() ? "" : "<filename>" + f.filename + "</filename>", f.name, f.more, f.xmin);
}

data::Source LabelFolder::voc(int images) const {
  for (int i = 0; i < images; ++i) {
    image(fmt::format("voc/JPEGImages/{}.jpg", i));
    text(fmt::format("voc/Annotations/{}.xml", i), voc_file());
  }
  return {.voc = at("voc")};
}

data::Source LabelFolder::yolo(int images) const {
  for (int i = 0; i < images; ++i) {
    image(fmt::format("yolo/images/{}.jpg", i));
    text(fmt::format("yolo/labels/{}.txt", i), "0 .5 .5 .2 .2\n");
  }
  text("yolo/data.yaml", "names: [bolt, nut]\ntrain: images\n");
  return {.yolo = at("yolo")};
}

data::Dataset LabelFolder::read_yolo() const {
  return data::load_yolo(at("labels"), at("images"), {"bolt", "nut"});
}

data::Dataset LabelFolder::read_voc() const {
  return data::load_voc(at("xml"), at("images"), {}, "", "--images");
}

}  // namespace tests
