#include "data/metrics/detection_names.h"

#include <algorithm>
#include <utility>

#include "data/likely_name.h"

namespace data {
namespace {

// Whether the paths are equal, or one is the end of the other and begins with a whole name.
bool ends_alike(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  if (!a.ends_with(b)) return false;
  const std::string_view folders = a.substr(0, a.size() - b.size());
  return folders.empty() || folders.ends_with('/') || folders.ends_with('\\');
}

// The name without the longest of the folders that it begins with.
std::string_view without_layout(std::string_view name, const std::vector<std::string>& folders) {
  size_t longest = 0;
  for (const std::string& folder : folders)
    if (name.starts_with(folder) && name.size() > folder.size() && name[folder.size()] == '/')
      longest = std::max(longest, folder.size() + 1);
  return name.substr(longest);
}

void add_once(std::unordered_map<std::string, int32_t>& map, std::string key, int32_t value) {
  const auto [entry, is_new] = map.try_emplace(std::move(key), value);
  if (!is_new) entry->second = -1;
}

}  // namespace

DetectionNames::DetectionNames(const Dataset& truth) {
  for (const ImageEntry& image : truth.images) {
    file_of_.emplace(image.id, image.file_name);
    if (!truth.layout_folders.empty())
      without_layout_.emplace(image.id, without_layout(image.file_name, truth.layout_folders));
    by_path_.emplace(image.file_name, image.id);
    by_name_.emplace(without_folders(image.file_name), image.id);
  }
  for (size_t i = 0; i < truth.categories.size(); ++i) {
    add_once(categories_, truth.categories[i].name, static_cast<int32_t>(i));
    add_once(alike_, simplified(truth.categories[i].name), static_cast<int32_t>(i));
  }
}

int64_t DetectionNames::image_of(std::string_view file_name, int64_t likely) const {
  const auto own = file_of_.find(likely);
  if (own != file_of_.end() && own->second == file_name) return likely;
  if (const auto whole = by_path_.find(file_name); whole != by_path_.end()) return whole->second;
  const int64_t alike = alike_in(file_of_, file_name);
  return alike == kNone ? alike_in(without_layout_, file_name) : alike;
}

int64_t DetectionNames::alike_in(const Names& names, std::string_view file_name) const {
  int64_t found = kNone;
  const auto [first, last] = by_name_.equal_range(without_folders(file_name));
  for (auto at = first; at != last; ++at) {
    const auto name = names.find(at->second);
    if (name == names.end() || !ends_alike(name->second, file_name)) continue;
    if (found != kNone) return kSeveral;
    found = at->second;
  }
  return found;
}

int32_t DetectionNames::category_of(const std::string& name) const {
  if (const auto found = categories_.find(name); found != categories_.end()) return found->second;
  const auto alike = alike_.find(simplified(name));
  return alike == alike_.end() ? -1 : alike->second;
}

}  // namespace data
