// Detections as a flat list, and COCO result files, both ways.
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
  double x = 0, y = 0, width = 0, height = 0;  // left, top, width, height in px
  double score = 0;
};

struct DetectionFile {
  std::vector<Detection> detections;  // in file order
  int64_t unknown_categories = 0;     // entries left out, as COCO's own tool does without a word
  int64_t first_unknown_category = 0;
  int64_t negative_sizes = 0;                          // kept; they match nothing
  int64_t images_by_name = 0, categories_by_name = 0;  // whose id means another in the truth
  int64_t unknown_images = 0;                          // entries left out: no image has the name
  std::string first_unknown_image;
};

// Reads a COCO result file of up to 4 GiB: an array of objects with image_id, category_id, bbox
// [x, y, width, height], and score. An entry that also has file_name or category, as ssddetect
// writes them, belongs to the image and the category of that name, whatever its ids are (see
// DetectionNames). Other keys are skipped. Errors (data) say "file: byte B,
// line N: detection 5: ...": syntax, NaN, missing, repeated, or wrong values, an image_id that is
// not in `truth`; and file names of which none is an image of `truth`.
DetectionFile load_detections(const std::string& path, const Dataset& truth);

// Writes a COCO result file; numbers are the shortest that read back the same. Errors (data): a
// number that is not finite; the file cannot be written. A file appears whole or not at all.
void write_detections(const std::string& path, std::span<const Detection> detections,
                      const Dataset& truth);
void write_detections(std::ostream& out, std::span<const Detection> detections,
                      const Dataset& truth);

}  // namespace data
