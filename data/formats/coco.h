// COCO annotation files, both ways. Only boxes are read; polygons and masks are skipped.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>

#include "data/dataset.h"
#include "data/problem.h"

namespace data {

struct CocoCounts {  // what the file says of shapes that we do not keep
  int64_t polygons = 0, run_lengths = 0, without_segmentation = 0;
};

struct CocoOptions {
  // When given, bad entries are reported here and left out; without it the first one is an error.
  Problems* problems = nullptr;
  CocoCounts* counts = nullptr;
};

// Reads a COCO JSON file of up to 4 GiB: boxes in px, in file order within their image. Boxes of
// any finite size are kept. A missing area becomes width * height, a missing iscrowd 0. Errors
// (data) say "file: byte B, line N: annotation id 5: ...": syntax, missing or wrong values,
// duplicate ids of images or categories, annotations of unknown images or categories, file names
// that leave the image folder.
Dataset load_coco(const std::string& annotations_path, const std::string& image_folder,
                  const CocoOptions& options = {});

// Writes images, annotations, and categories; numbers are the shortest that read back the same.
// Segmentations are empty. The file appears whole or not at all. Errors: data.
void write_coco(const std::string& path, const Dataset& dataset);
// The same into a stream; `path` is the file in messages.
void write_coco(std::ostream& out, const Dataset& dataset, const std::string& path);

// Whether a file name from outside stays below the folder it is relative to: not absolute, no "..",
// no NUL, no drive letter, at most 4096 bytes.
bool stays_in_folder(const std::string& file_name);

}  // namespace data
