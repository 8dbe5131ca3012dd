#include "data/formats/foreign/file_kinds.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "data/formats/encoding.h"
#include "engine/base/record_crc.h"

namespace data {

using namespace std::string_view_literals;

char first_letter(std::string_view file) {
  const size_t first = file.find_first_not_of("\xef\xbb\xbf \t\r\n");
  return first == std::string_view::npos ? '\0' : file[first];
}

bool is_picture(std::string_view file) {
  return file.starts_with("\x89PNG"sv) || file.starts_with("\xff\xd8\xff"sv);
}

bool is_table(std::string_view file) {
  const std::string_view line = file.substr(0, std::min(file.find('\n'), size_t{1000}));
  const bool plain = line.find_first_of("{}[]<>\0"sv) == std::string_view::npos;
  return plain && std::count_if(line.begin(), line.end(),
                                [](char c) { return c == ',' || c == ';' || c == '\t'; }) >= 3;
}

bool is_record_file(std::string_view file) {
  constexpr size_t kLength = 8;
  uint32_t sum = 0;
  if (file.size() < kLength + sizeof sum) return false;
  std::memcpy(&sum, file.data() + kLength, sizeof sum);
  return base::record_crc(file.substr(0, kLength)) == sum;
}

bool is_data_yaml(std::string_view file) {
  const std::string_view head = file.substr(0, 4096);
  if (std::string_view("{[<").find(first_letter(file)) != head.npos) return false;
  return std::ranges::any_of(std::to_array({"names:"sv, "train:"sv, "val:"sv}), [&](auto key) {
    return head.starts_with(key) || head.find("\n" + std::string(key)) != head.npos;
  });
}

std::string packed_in_words(std::string_view file) {
  if (const std::string wide = wide_in_words(file); !wide.empty()) return wide;
  if (file.starts_with("PK\x03\x04"sv)) return "a zip file: unpack it and name the JSON file in it";
  if (file.starts_with("\x1f\x8b"sv)) return "a gzip file: unpack it with gunzip";
  if (file.starts_with("version https://git-lfs"sv))
    return "the pointer that Git LFS leaves: `git lfs pull` fetches the file";
  return "";
}

}  // namespace data
