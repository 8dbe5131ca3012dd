// COCO annotation files, both ways. Only boxes are read; polygons and masks are skipped.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>

#include "data/dataset.h"
#include "data/problem.h"

namespace data {

// The end of messages about single entries.
inline constexpr const char* kCocoCure =
    "; `ssddata check` lists every problem, and `ssddata convert --leave-out-faulty --to-coco "
    "FILE` "
    "writes a file without such entries";

struct CocoOptions {
  // When given, bad entries are reported here and left out; without it the first one is an error.
  // If several images have one id, the first is kept if all have the same file name. Otherwise none
  // is kept, because nothing says to which image the annotations with this id belong. The same
  // holds for categories.
  Problems* problems = nullptr;
};

// Reads a COCO JSON file of up to 4 GiB. Boxes are in pixels, in file order within their image, and
// boxes of any finite size are kept. A missing area becomes width * height, a missing iscrowd 0.
// Throws Error(data), "file: byte B, line N: annotation id 5: ...", if the syntax is wrong, a value
// is missing or wrong, two images or two categories have one id, an annotation belongs to an
// unknown image or category, or a file name leads out of the image folder.
Dataset load_coco(const std::string& annotations_path, const std::string& image_folder,
                  const CocoOptions& options = {});

// Writes images, annotations and categories, with the shortest numbers that read back the same.
// Segmentations are empty. The file appears whole or not at all. Throws Error(data) if it cannot be
// written.
void write_coco(const std::string& path, const Dataset& dataset);
// The same into a stream; `path` is the file in messages.
void write_coco(std::ostream& out, const Dataset& dataset, const std::string& path);

// Whether a file name from outside stays below the folder it is relative to: not absolute, no "..",
// no NUL, no drive letter, at most 4096 bytes.
bool stays_in_folder(const std::string& file_name);

}  // namespace data
