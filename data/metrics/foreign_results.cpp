#include "data/metrics/foreign_results.h"

#include "data/formats/foreign/file_kinds.h"
#include "data/formats/lines.h"

namespace data {
namespace {

const std::string kExpected =
    "expected an array of detections, each {\"image_id\": 1, \"category_id\": 1, \"bbox\": [x, y, "
    "width, height], \"score\": 0.9}";

}  // namespace

std::string foreign_results(std::string_view file) {
  if (const std::string nothing = nothing_in_words(file); !nothing.empty())
    return nothing + ", expected an array of detections";
  if (const std::string packed = packed_in_words(file); !packed.empty()) return packed;
  if (is_picture(file)) return "a picture, " + kExpected;
  if (first_letter(file) == '<') return "XML or HTML, " + kExpected;
  return is_table(file) ? "a table (CSV), " + kExpected : "";
}

std::string wrapped_results(std::string_view file) {
  const std::string_view head = file.substr(0, 65536);
  if (head.find("\"scores\"") != head.npos)
    return "the file is an object of lists, " + kExpected + ", an entry for each box";
  if (head.find("\"score\"") != head.npos)
    return "the file is an object, expected an array of detections; if the array stands in it, "
           "write that alone into a file, as `jq .annotations` does where that is its name";
  return "the file is an object, expected an array of detections; is it an annotation file?";
}

}  // namespace data
