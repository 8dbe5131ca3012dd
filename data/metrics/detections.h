// Lists of detections, and how COCO result files are read and written.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace data {

struct Detection {
  int64_t image_id = 0;
  int32_t category = 0;                        // index into Dataset::categories
  double x = 0, y = 0, width = 0, height = 0;  // pixels; (x, y) is the left top corner
  double score = 0;
};

struct DetectionFile {
  std::vector<Detection> detections;  // in file order
  int64_t unknown_categories = 0;     // entries left out because the truth lacks their category
  int64_t first_unknown_category = 0;
  // The names of the left out categories that have one, up to kMostUnknownNames of them.
  static constexpr size_t kMostUnknownNames = 100;
  std::vector<std::string> unknown_category_names;
  int64_t negative_sizes = 0;  // entries with a negative side; they are kept, but match nothing
  // Entries whose names belong to another image, or another category, than their ids.
  int64_t images_by_name = 0, categories_by_name = 0;
  int64_t unknown_images = 0;  // entries left out because no image has their file_name
  std::string first_unknown_image;
  int64_t doubled_images = 0;  // images whose file_name has two image ids or more
  std::string first_doubled_image;
  int64_t unread_images = 0;  // lines that say that ssddetect could not read an image
  std::string first_unread;   // what the first of them says
  // Lines of ssddetect in which an image has the annotated width and height exchanged.
  int64_t turned_images = 0;
  std::string first_turned;
};

// Reads a COCO result file of up to 4 GiB: an array of objects with image_id, category_id, bbox [x,
// y, width, height] and score. An entry that also has file_name or category, as ssddetect writes
// them, belongs to the image and the category of that name, whatever its ids are (DetectionNames).
// Other keys are skipped. The lines of `ssddetect --json-lines` are read, too, and so is a file
// with a detection on each line (detection_lines.h). Throws Error(data), which begins with the
// file, the position and the number of the detection, if the syntax is wrong, if a value is
// missing, NaN or of a wrong type, if an entry or a line repeats a key that is read, or if an
// image_id is not in `truth`. Throws Error(data), too, if all entries have file names, but none is
// that of an image of `truth`.
DetectionFile load_detections(const std::string& path, const Dataset& truth);

// Writes a COCO result file, with the shortest numbers that read back the same. The file appears
// whole or not at all. Throws Error(data) if a number is not finite.
void write_detections(const std::string& path, std::span<const Detection> detections,
                      const Dataset& truth);
void write_detections(std::ostream& out, std::span<const Detection> detections,
                      const Dataset& truth);

}  // namespace data
