#include <fmt/format.h>

#include <algorithm>

#include "data/formats/label_map.h"

namespace data {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text)
    if (c == '\n')
      out += "\\n";
    else if (c == '"' || c == '\\')
      out += {'\\', c};
    else
      out += c;
  return out + '"';
}

}  // namespace

bool needs_new_ids(const std::vector<Category>& categories) {
  return std::any_of(categories.begin(), categories.end(),
                     [](const Category& category) { return category.id < 1; });
}

std::string label_map_text(const std::vector<Category>& categories) {
  const bool numbered = needs_new_ids(categories);
  std::string text;
  for (size_t i = 0; i < categories.size(); ++i) {
    const int64_t id = numbered ? static_cast<int64_t>(i + 1) : categories[i].id;
    text += fmt::format("item {{\n  id: {}\n  name: {}\n}}\n", id, quoted(categories[i].name));
  }
  return text;
}

}  // namespace data
