#include "data/formats/foreign_json.h"

#include <algorithm>

#include "data/formats/lines.h"

namespace data {
namespace {

using namespace std::string_view_literals;

bool holds(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

// The encoding of a text that is not in UTF-8, as iconv calls it; else empty. Text of ASCII in 16
// or 32 bits has NULs in the same places, also without a byte order mark.
std::string wide_encoding(std::string_view file) {
  if (file.starts_with("\xff\xfe\0\0"sv) || file.starts_with("\0\0\xfe\xff"sv)) return "UTF-32";
  if (file.starts_with("\xff\xfe"sv) || file.starts_with("\xfe\xff"sv)) return "UTF-16";
  if (file.size() < 4) return "";
  std::string nul;
  for (char c : file.substr(0, 4)) nul += c == 0 ? '0' : '1';
  if (nul == "1000") return "UTF-32LE";
  if (nul == "0001") return "UTF-32BE";
  if (nul == "1010") return "UTF-16LE";
  return nul == "0101" ? "UTF-16BE" : "";
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
         holds(file.substr(0, 4096), field);
}

}  // namespace

std::string foreign_bytes(std::string_view file) {
  if (std::string nothing = nothing_in_words(file); !nothing.empty())
    return nothing + ", expected a COCO file";
  if (const std::string encoding = wide_encoding(file); !encoding.empty())
    return "the text is " + encoding + ", expected UTF-8: convert it, as with `iconv -f " +
           encoding + " -t UTF-8 OLD.json > NEW.json`";
  if (file.starts_with("PK\x03\x04"sv)) return "a zip file: unpack it and name the JSON file in it";
  if (file.starts_with("\x1f\x8b"sv)) return "a gzip file: unpack it with gunzip";
  if (is_json_lines(file))
    return "JSON Lines, an object per line, expected one COCO object: export COCO JSON";
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
