#include "data/formats/foreign_json.h"

#include <algorithm>

namespace data {
namespace {

using namespace std::string_view_literals;

bool holds(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

// ASCII text in UTF-16 has a NUL in every other byte, so it is found without a byte order mark,
// too.
bool is_utf16(std::string_view file) {
  return file.starts_with("\xff\xfe"sv) || file.starts_with("\xfe\xff"sv) ||
         (file.size() >= 4 && (file[0] == 0) != (file[1] == 0) &&
          (file[0] == 0) == (file[2] == 0) && (file[1] == 0) == (file[3] == 0));
}

}  // namespace

std::string foreign_bytes(std::string_view file) {
  if (is_utf16(file))
    return "the text is UTF-16, expected UTF-8: convert it, as with "
           "`iconv -f UTF-16 -t UTF-8 OLD.json > NEW.json`";
  if (file.starts_with("PK\x03\x04"sv)) return "a zip file: unpack it and name the JSON file in it";
  if (file.starts_with("\x1f\x8b"sv)) return "a gzip file: unpack it with gunzip";
  const size_t first = file.find_first_not_of("\xef\xbb\xbf \t\r\n");
  if (first == std::string_view::npos || file[first] != '<') return "";
  const std::string_view head = file.substr(0, 4096);
  if (holds(head, "<annotations") || holds(head, "<track") || holds(head, "<image "))
    return "the XML of CVAT, expected COCO JSON: export the task as \"COCO 1.0\"";
  return "XML or HTML, expected COCO JSON; a folder of PASCAL VOC files is given as `voc`";
}

std::string foreign_json(std::string_view file) {
  const std::string_view head = file.substr(0, 65536),
                         tail = file.substr(file.size() - std::min<size_t>(file.size(), 4096));
  if (holds(head, "\"shapes\"") && (holds(head, "\"imagePath\"") || holds(tail, "\"imagePath\"")))
    return "a file of Labelme, which has one per image: convert the folder with labelme2coco, or "
           "export COCO JSON";
  if (holds(head, "\"_via_") || (holds(head, "\"regions\"") && holds(head, "\"filename\"")))
    return "a project of VIA (VGG Image Annotator): export the annotations as COCO";
  if (holds(head, "\"features\"") && holds(head, "\"geometry\""))
    return "GeoJSON: export COCO JSON";
  return "";
}

}  // namespace data
