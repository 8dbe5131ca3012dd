#include "data/image_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/permitted.h"

namespace data {
namespace {

namespace fs = std::filesystem;

void take_file(const fs::directory_entry& entry, const std::string& folder, bool wanted,
               ImageFolder& out) {
  const bool image = names_image(entry.path());
  if (!image && !names_other_picture(entry.path())) return;
  std::error_code unknown;
  if (entry.is_directory(unknown)) return;
  if (!wanted)
    out.below += image;
  else if (image)
    out.images.push_back(entry.path().lexically_relative(folder));
  else
    ++out.others[lower_ending(entry.path())];
}

}  // namespace

base::UnseenFolders walk_visible(const fs::path& folder, const base::Visit& visit) {
  const auto is_visible = [](const fs::directory_entry& entry) { return !is_hidden(entry.path()); };
  const auto visit_visible = [&](const fs::directory_entry& entry) {
    return !is_visible(entry) || visit(entry);
  };
  return base::walk(folder, true, visit_visible, is_visible);
}

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

std::string lower_ending(const fs::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return ending;
}

bool names_image(const fs::path& path) {
  static const std::set<std::string> kEndings{".jpg", ".jpeg", ".png"};
  return kEndings.contains(lower_ending(path));
}

bool names_other_picture(const fs::path& path) {
  static const std::set<std::string> kEndings{".bmp",  ".dib",  ".webp", ".tif",  ".tiff", ".gif",
                                              ".heic", ".heif", ".avif", ".jfif", ".jpe",  ".jp2",
                                              ".jxl",  ".ppm",  ".pgm",  ".pnm",  ".dng",  ".raw",
                                              ".cr2",  ".nef",  ".mpo",  ".exr",  ".svg",  ".ico"};
  return kEndings.contains(lower_ending(path));
}

ImageFolder list_images(const std::string& folder, bool with_subfolders) {
  base::require_permitted(folder);
  std::error_code error;
  if (!fs::is_directory(folder, error)) base::fail(base::ExitCode::data, folder, ": not a folder");
  ImageFolder out;
  const auto options =
      with_subfolders ? fs::directory_options::none : fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator entry(folder, options, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unknown;
    if (is_hidden(entry->path())) {
      const bool folder_too = entry->is_directory(unknown);
      out.hidden += !folder_too && names_image(entry->path());
      if (folder_too) entry.disable_recursion_pending();
      continue;
    }
    if (with_subfolders && entry->is_directory(unknown)) base::require_permitted(entry->path());
    take_file(*entry, folder, with_subfolders || entry.depth() == 0, out);
  }
  if (error)
    base::fail(base::ExitCode::data, folder, ": cannot read the folder: ", error.message());
  std::sort(out.images.begin(), out.images.end());
  return out;
}

std::string in_words(const std::map<std::string, int64_t>& others) {
  int64_t total = 0;
  std::string list;
  for (const auto& [ending, count] : others) {
    total += count;
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", ending, count);
  }
  if (total == 0) return "";
  return fmt::format("{} of formats that are not read ({})", base::counted(total, "picture"), list);
}

std::string hidden_in_words(int64_t hidden) {
  if (hidden == 0) return "";
  return base::counted(hidden, "hidden image") + " (of a name that begins with a dot)";
}

}  // namespace data
