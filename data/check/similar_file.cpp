#include "data/check/similar_file.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace data {
namespace {

namespace fs = std::filesystem;

std::string in_case(std::string text, int (*change)(int)) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 128) c = static_cast<char>(change(c));
  return text;
}

// The likeliest first.
std::vector<std::string> variants_of(const std::string& name) {
  std::vector<std::string> variants{name};
  for (const char* ending : {".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG"}) {
    variants.push_back(fs::path(name).replace_extension(ending).generic_string());
    variants.push_back(name + ending);
  }
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
