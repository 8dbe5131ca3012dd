#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "data/formats/voc.h"
#include "data/formats/xml_text.h"
#include "engine/base/file.h"
#include "engine/base/write_file.h"

namespace data {
namespace {

namespace fs = std::filesystem;

void add_text(pugi::xml_node parent, const char* name, const std::string& text) {
  parent.append_child(name).text().set(text.c_str());
}

void add_object(pugi::xml_node annotation, const std::string& name, const Object& o) {
  pugi::xml_node object = annotation.append_child("object");
  add_text(object, "name", name);
  add_text(object, "difficult", "0");
  pugi::xml_node box = object.append_child("bndbox");
  const double edges[] = {o.x + 1, o.y + 1, o.x + o.width, o.y + o.height};
  for (int i = 0; i < 4; ++i) add_text(box, kVocEdges[i], fmt::format("{}", edges[i]));
}

std::string voc_text(const Dataset& dataset, const ImageEntry& image) {
  pugi::xml_document document;
  pugi::xml_node annotation = document.append_child("annotation");
  add_text(annotation, "filename", image.file_name);
  pugi::xml_node size = annotation.append_child("size");
  add_text(size, "width", std::to_string(image.width));
  add_text(size, "height", std::to_string(image.height));
  add_text(size, "depth", "3");
  for (const Object& object : dataset.objects_of(image))
    if (!object.crowd) add_object(annotation, dataset.categories.at(object.category).name, object);
  std::ostringstream text;
  document.save(text, "  ", pugi::format_default | pugi::format_no_declaration);
  return text.str();
}

}  // namespace

std::string voc_file(const ImageEntry& image) {
  return fs::path(image.file_name).replace_extension(".xml").string();
}

int64_t write_voc(const std::string& folder, const Dataset& dataset) {
  base::create_folders(folder);
  const fs::path mark = fs::path(folder) / kVocUnfinished;
  base::write_file(mark, "The label files in this folder are being written, or are incomplete.\n");
  for (const ImageEntry& image : dataset.images) {
    const fs::path path = base::safe_output(folder, voc_file(image));
    base::create_folders(path.parent_path());
    base::write_file(path, voc_text(dataset, image), base::not_durable());
  }
  base::remove_files({mark.string()});
  return std::count_if(dataset.objects.begin(), dataset.objects.end(),
                       [](const Object& o) { return o.crowd; });
}

}  // namespace data
