// Reads and writes tf.Example messages of detection data.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace data {

// The features of one image. The string views point into the parsed message, or into memory of the
// caller who writes one.
struct TfExample {
  int64_t height = 0, width = 0;
  std::string_view filename, source_id, sha256, encoded, format;
  std::vector<float> xmin, xmax, ymin, ymax;  // as fractions of the image
  std::vector<std::string_view> class_text;
  std::vector<int64_t> class_label;  // is never written
  std::vector<int64_t> is_crowd;
  std::vector<float> area;    // px^2
  std::vector<float> weight;  // is never written
};

// Parses a message. Features that are not listed above are skipped. Throws Error(data), which
// begins with `where`, if the message is damaged, if a feature has another type, if a feature of
// one value has none or several, or if there are more than 10,000 features, or values in a list.
TfExample parse_example(std::string_view message, const std::string& where);

// Writes the features in the order of their names, so equal examples give equal bytes.
std::string serialize_example(const TfExample& example);

}  // namespace data
