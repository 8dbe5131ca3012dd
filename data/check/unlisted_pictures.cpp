#include "data/check/unlisted_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <unordered_set>

#include "data/image_folder.h"
#include "engine/base/text.h"

namespace data {
namespace {

namespace fs = std::filesystem;

bool is_coco(const Dataset& set) {
  return set.box_form == BoxForm::corner_and_size && set.shards.empty();
}

}  // namespace

std::string UnlistedPictures::in_words() const {
  std::string words;
  if (unlisted > 0)
    words = base::share_in_words(unlisted, pictures) +
            " pictures are listed by no entry, such as " + base::printable_path(first);
  const std::string unread = data::in_words(others);
  return words + (words.empty() || unread.empty() ? "" : "; ") + unread;
}

UnlistedPictures find_unlisted(const std::string& folder, std::span<const Dataset* const> sets) {
  constexpr size_t kMostEntries = 1'000'000;
  std::unordered_set<std::string> listed;
  for (const Dataset* set : sets) {
    if (!is_coco(*set)) return {};
    for (const ImageEntry& image : set->images)
      listed.insert(fs::path(image.file_name).lexically_normal().generic_string());
  }
  UnlistedPictures found;
  size_t entries = 0;
  const fs::path root = folder.empty() ? "." : folder;
  const auto unseen = walk_visible(root, [&](const fs::directory_entry& entry) {
    const fs::path& path = entry.path();
    std::error_code unknown;
    if (names_other_picture(path) && !entry.is_directory(unknown))
      ++found.others[lower_ending(path)];
    if (!names_image(path) || entry.is_directory(unknown)) return ++entries <= kMostEntries;
    ++found.pictures;
    const std::string name = path.lexically_relative(root).generic_string();
    if (!listed.contains(name) && (found.unlisted++ == 0 || name < found.first)) found.first = name;
    return ++entries <= kMostEntries;
  });
  const bool whole = unseen.count == 0 && entries <= kMostEntries;
  return whole && found.unlisted < found.pictures ? found : UnlistedPictures{};
}

}  // namespace data
