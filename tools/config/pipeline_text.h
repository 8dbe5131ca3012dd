// Protobuf's text format as a tree of fields, without a schema.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace config {

constexpr size_t kLargestPipeline = size_t(1) << 20;

struct TextField {
  std::string path;  // with the names of the messages around it, such as "model.ssd.num_classes"
  int line = 0;
  enum Kind { word, quoted, message } kind = word;
  std::string value;              // of a word or a quoted text
  std::vector<TextField> fields;  // of a message
};

// Parses a text. A list [a, b] becomes one field for each value. Bounds: 1 MiB, 16 levels, 10,000
// fields. Throws Error(usage), "name:line: what is wrong".
std::vector<TextField> parse_text_fields(std::string_view text, const std::string& name);

}  // namespace config
