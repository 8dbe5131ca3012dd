#include "data/metrics/detections.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <ostream>

#include "data/formats/json_fault.h"
#include "data/likely_name.h"
#include "data/metrics/detection_lines.h"
#include "data/metrics/detections_sax.h"
#include "data/metrics/foreign_results.h"
#include "data/similar_file.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"

namespace data {
namespace {

constexpr uint64_t kLargestFile = uint64_t{4} << 30;
constexpr size_t kBufferBytes = size_t{1} << 20;

void check_numbers(std::span<const Detection> detections) {
  for (size_t i = 0; i < detections.size(); ++i) {
    const Detection& d = detections[i];
    for (double value : {d.x, d.y, d.width, d.height, d.score})
      if (!std::isfinite(value))
        base::fail(base::ExitCode::data, "detection ", i, " (image id ", d.image_id,
                   "): cannot write NaN or infinity");
  }
}

void read_array(base::LoadedFile& file, JsonCursor& cursor, DetectionHandler& handler) {
  nlohmann::json::sax_parse(JsonIterator{&cursor}, JsonIterator{&cursor}, &handler);
  if (const std::string more = behind_zero_in_words(cursor.rest()); !more.empty())
    base::fail(base::ExitCode::data, file.position(cursor.offset()), more);
}

// For a message: the name of an image that is similar to this one, or the usual cause if there is
// none.
std::string nearly_in_words(const std::string& name, const Dataset& truth) {
  const std::string own(without_folders(name));
  const SimilarNames similar(own);
  for (const ImageEntry& image : truth.images)
    if (const std::string other(without_folders(image.file_name));
        other != own && similar.has(other))
      return "; the annotations have " + base::printable_name(image.file_name) +
             ", which is nearly that name: give both one name";
  return "; are these detections of other images?";
}

}  // namespace

DetectionFile load_detections(const std::string& path, const Dataset& truth) {
  base::LoadedFile file(path, kLargestFile);
  if (const std::string foreign = foreign_results(file.bytes()); !foreign.empty())
    base::fail(base::ExitCode::data, path, ": ", foreign);
  DetectionFile out;
  JsonCursor cursor(file.bytes());
  DetectionHandler handler(file, cursor, truth, out);
  if (has_detection_lines(file.bytes()))
    read_detection_lines(file, cursor, handler, out);
  else
    read_array(file, cursor, handler);
  const bool in_known_images = !out.detections.empty() || out.unknown_categories > 0;
  if (out.unknown_images > 0 && !in_known_images)
    base::fail(base::ExitCode::data, path, ": none of the file names of its ", out.unknown_images,
               " detections is an annotated image, the first is ",
               base::printable_name(out.first_unknown_image),
               nearly_in_words(out.first_unknown_image, truth));
  return out;
}

void write_detections(std::ostream& out, std::span<const Detection> detections,
                      const Dataset& truth) {
  check_numbers(detections);
  fmt::memory_buffer buffer;
  buffer.push_back('[');
  for (size_t i = 0; i < detections.size(); ++i) {
    const Detection& d = detections[i];
    fmt::format_to(
        std::back_inserter(buffer),
        R"({}{{"image_id": {}, "category_id": {}, "bbox": [{}, {}, {}, {}], "score": {}}})",
        i ? ",\n" : "\n", d.image_id, truth.categories.at(d.category).id, d.x, d.y, d.width,
        d.height, d.score);
    if (buffer.size() < kBufferBytes) continue;
    out.write(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    buffer.clear();
  }
  fmt::format_to(std::back_inserter(buffer), "\n]\n");
  out.write(buffer.data(), static_cast<std::streamsize>(buffer.size()));
}

void write_detections(const std::string& path, std::span<const Detection> detections,
                      const Dataset& truth) {
  check_numbers(detections);
  base::write_file(path, [&](std::ostream& file) { write_detections(file, detections, truth); });
}

}  // namespace data
