#include "data/check/similar_file.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

namespace data {
namespace {

namespace fs = std::filesystem;

std::string in_case(std::string text, int (*change)(int)) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 128) c = static_cast<char>(change(c));
  return text;
}

// As a browser shows an address: %20 is a blank. A slash or a NUL is never made.
std::string without_escapes(const std::string& name) {
  std::string plain;
  for (size_t i = 0; i < name.size(); ++i) {
    unsigned value = 0;
    const char* digits = name.data() + i + 1;
    if (name[i] == '%' && i + 2 < name.size() &&
        std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2 && value && value != '/')
      plain += static_cast<char>(value), i += 2;
    else
      plain += name[i];
  }
  return plain;
}

// The likeliest first.
std::vector<std::string> variants_of(const std::string& name) {
  std::vector<std::string> variants{name};
  for (const char* ending : {".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG"}) {
    variants.push_back(fs::path(name).replace_extension(ending).generic_string());
    variants.push_back(name + ending);
  }
  variants.push_back(without_escapes(name));
  variants.push_back(in_case(name, std::tolower));
  variants.push_back(in_case(name, std::toupper));
  return variants;
}

}  // namespace

std::string similar_file(const fs::path& folder, const std::string& name) {
  const std::string last = name.substr(name.find_last_of("/\\") + 1);
  for (const std::string& stem : {name, last})
    for (const std::string& variant : variants_of(stem)) {
      std::error_code unknown;
      if (variant != name && !stem.empty() && fs::is_regular_file(folder / variant, unknown))
        return variant;
    }
  return "";
}

}  // namespace data
