#include "data/formats/foreign_json.h"

#include <algorithm>

#include "data/formats/encoding.h"
#include "data/formats/lines.h"

namespace data {
namespace {

using namespace std::string_view_literals;

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

// Whether the first line is an object, and another one follows.
bool is_json_lines(std::string_view file) {
  const size_t end = file.find('\n');
  return file.starts_with("{"sv) && end != std::string_view::npos && end + 1 < file.size() &&
         file[file.find_last_not_of(" \r", end - 1)] == '}' && file[end + 1] == '{';
}

// A first line of words between commas or semicolons.
bool is_table(std::string_view file) {
  const std::string_view line = file.substr(0, std::min(file.find('\n'), size_t{1000}));
  const bool plain = line.find_first_of("{}[]<>\0"sv) == std::string_view::npos;
  return plain && std::count_if(line.begin(), line.end(),
                                [](char c) { return c == ',' || c == ';' || c == '\t'; }) >= 3;
}

bool is_array_of(std::string_view file, std::string_view field) {
  const size_t first = file.find_first_not_of("\xef\xbb\xbf \t\r\n");
  return first != std::string_view::npos && file[first] == '[' &&
         contains(file.substr(0, 4096), field);
}

}  // namespace

std::string foreign_bytes(std::string_view file) {
  if (std::string nothing = nothing_in_words(file); !nothing.empty())
    return nothing + ", expected a COCO file";
  if (const std::string wide = wide_in_words(file); !wide.empty()) return wide;
  if (file.starts_with("\x89PNG"sv) || file.starts_with("\xff\xd8\xff"sv))
    return "a picture, expected a COCO file; a folder of pictures is given as `images`";
  if (file.starts_with("PK\x03\x04"sv)) return "a zip file: unpack it and name the JSON file in it";
  if (file.starts_with("\x1f\x8b"sv)) return "a gzip file: unpack it with gunzip";
  if (is_json_lines(file))
    return contains(file.substr(0, 4096), "\"bbox\""sv)
               ? "JSON Lines with boxes, expected one COCO object: export COCO JSON; a results "
                 "file is given as `ssdeval --detections`"
               : "JSON Lines, an object per line, expected one COCO object: export COCO JSON";
  if (file.starts_with("version https://git-lfs"sv))
    return "the pointer that Git LFS leaves: `git lfs pull` fetches the file";
  if (is_table(file)) return "a table (CSV), expected COCO JSON: export COCO JSON";
  if (is_array_of(file, "\"bbox\""sv))
    return "the file is an array, expected an object with images, annotations, and categories; a "
           "results file is given as `ssdeval --detections`";
  if (is_array_of(file, "\"rectanglelabels\""sv) || is_array_of(file, "\"from_name\""sv))
    return "a project of Label Studio: export it as COCO";
  if (is_array_of(file, "\"coordinates\""sv)) return "CreateML: export COCO JSON";
  const size_t first = file.find_first_not_of("\xef\xbb\xbf \t\r\n");
  if (first == std::string_view::npos || file[first] != '<') return "";
  const std::string_view head = file.substr(0, 4096);
  if (contains(head, "<annotations") || contains(head, "<track") || contains(head, "<image "))
    return "the XML of CVAT, expected COCO JSON: export the task as \"COCO 1.0\"";
  return "XML or HTML, expected COCO JSON; a folder of PASCAL VOC files is given as `voc`";
}

std::string foreign_json(std::string_view file) {
  const std::string_view head = file.substr(0, 65536),
                         tail = file.substr(file.size() - std::min<size_t>(file.size(), 4096));
  if (contains(head, "\"shapes\"") &&
      (contains(head, "\"imagePath\"") || contains(tail, "\"imagePath\"")))
    return "a file of Labelme, which has one per image: convert the folder with labelme2coco, or "
           "export COCO JSON";
  if (contains(head, "\"_via_") ||
      (contains(head, "\"regions\"") && contains(head, "\"filename\"")))
    return "a project of VIA (VGG Image Annotator): export the annotations as COCO";
  if (contains(head, "\"features\"") && contains(head, "\"geometry\""))
    return "GeoJSON: export COCO JSON";
  if (contains(head, "\"image_id\"") && contains(head, "\"detections\""))
    return "a line of `ssddetect --json-lines`, which is given as `ssdeval --detections`";
  return "";
}

}  // namespace data
