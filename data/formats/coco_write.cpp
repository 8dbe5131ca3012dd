#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <ostream>

#include "data/formats/coco.h"
#include "engine/base/error.h"
#include "engine/base/write_file.h"

namespace data {
namespace {

using Buffer = fmt::memory_buffer;

std::string quoted(const std::string& text, const std::string& path) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::exception&) {
    base::fail(base::ExitCode::data, path, ": cannot write a name that is not UTF-8");
  }
}

void append_image(Buffer& out, const ImageEntry& image, const std::string& path) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"id": {}, "file_name": {}, "width": {}, "height": {}}})", image.id,
                 quoted(image.file_name, path), image.width, image.height);
}

void append_annotation(Buffer& out, const Object& object, int64_t image_id, int64_t category_id) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"id": {}, "image_id": {}, "category_id": {}, "bbox": [{}, {}, {}, {}], )"
                 R"("area": {}, "iscrowd": {}, "segmentation": []}})",
                 object.id, image_id, category_id, object.x, object.y, object.width, object.height,
                 object.area, object.crowd ? 1 : 0);
}

// Puts the entries of a section one per line, and hands full buffers to the file.
class SectionWriter {
 public:
  explicit SectionWriter(std::ostream& file) : file_(file) {}
  ~SectionWriter() { flush(); }
  Buffer& next() {
    if (buffer_.size() > size_t{1} << 20) flush();
    std::string_view separator = first_ ? "\n" : ",\n";
    buffer_.append(separator.begin(), separator.end());
    first_ = false;
    return buffer_;
  }

 private:
  void flush() {
    file_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    buffer_.clear();
  }
  std::ostream& file_;
  Buffer buffer_;
  bool first_ = true;
};

void write_images(std::ostream& file, const Dataset& dataset, const std::string& path) {
  file << "{\"images\": [";
  SectionWriter section(file);
  for (const ImageEntry& image : dataset.images) append_image(section.next(), image, path);
}

void write_annotations(std::ostream& file, const Dataset& dataset) {
  file << "],\n\"annotations\": [";
  SectionWriter section(file);
  for (const ImageEntry& image : dataset.images)
    for (const Object& object : dataset.objects_of(image))
      append_annotation(section.next(), object, image.id,
                        dataset.categories.at(object.category).id);
}

void write_categories(std::ostream& file, const Dataset& dataset, const std::string& path) {
  file << "],\n\"categories\": [";
  SectionWriter section(file);
  for (const Category& category : dataset.categories)
    fmt::format_to(std::back_inserter(section.next()), R"({{"id": {}, "name": {}}})", category.id,
                   quoted(category.name, path));
}

void check_numbers(const Dataset& dataset, const std::string& path) {
  for (const Object& object : dataset.objects)
    for (double value : {object.x, object.y, object.width, object.height, object.area})
      if (!std::isfinite(value))
        base::fail(base::ExitCode::data, path, ": annotation id ", object.id,
                   ": cannot write a box with NaN or infinity");
}

}  // namespace

void write_coco(std::ostream& out, const Dataset& dataset, const std::string& path) {
  check_numbers(dataset, path);
  write_images(out, dataset, path);
  write_annotations(out, dataset);
  write_categories(out, dataset, path);
  out << "]}\n";
}

void write_coco(const std::string& path, const Dataset& dataset) {
  base::write_file(path, [&](std::ostream& file) { write_coco(file, dataset, path); });
}

}  // namespace data
