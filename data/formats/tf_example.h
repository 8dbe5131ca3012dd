// tf.Example messages of detection data: which features they have, and their wire format.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace data {

// The features of one image. Strings point into the parsed message, or into memory of the writer.
struct TfExample {
  int64_t height = 0, width = 0;
  std::string_view filename, source_id, sha256, encoded, format;
  std::vector<float> xmin, xmax, ymin, ymax;  // normalised to 0..1
  std::vector<std::string_view> class_text;
  std::vector<int64_t> class_label;  // read when there is no text; never written
  std::vector<int64_t> is_crowd;
  std::vector<float> area;    // px^2
  std::vector<float> weight;  // read only; empty means 1 each
};

// Limits: 10,000 features, 10,000 values per list; every length lies within the message. Features
// that are not listed above are skipped. `where` stands in front of messages. Error (data): damaged
// message, a limit, a feature of another type.
TfExample parse_example(std::string_view message, const std::string& where);

// Features in the order of their names, so equal examples give equal bytes.
std::string serialize_example(const TfExample& example);

}  // namespace data
