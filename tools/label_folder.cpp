#include "tools/label_folder.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "data/formats/yolo.h"
#include "engine/base/error.h"
#include "engine/base/folder_walk.h"
#include "engine/base/tell.h"
#include "engine/base/text.h"
#include "tools/output_names.h"

namespace tools {

namespace fs = std::filesystem;

namespace {

fs::path names_file(const LabelFolder& folder) {
  return fs::path(folder.path) / data::kYoloNamesFile;
}

constexpr int kNumbers = 5;  // class, x and y of the centre, width, height

// Whether a file is a label file with a box: it begins with five numbers.
bool holds_box(const fs::path& path) {
  if (std::error_code unknown; !fs::is_regular_file(path, unknown)) return false;  // not a pipe
  std::ifstream file(path);
  double number = 0;
  int count = 0;
  while (count < kNumbers && file >> number) ++count;
  return count == kNumbers;
}

}  // namespace

bool has_class_names(const LabelFolder& folder) {
  const fs::path path = names_file(folder);
  std::error_code unknown;
  if (!fs::is_regular_file(path, unknown) ||
      fs::file_size(path, unknown) > 2 * folder.class_names.size())
    return false;
  std::string found;
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    found += line + '\n';
  }
  return found == folder.class_names;
}

void refuse_other_classes(const LabelFolder& folder) {
  if (folder.path.empty() || has_class_names(folder)) return;
  const fs::path names = names_file(folder);
  const auto unseen = base::walk(folder.path, folder.with_folders, [&](const auto& entry) {
    const fs::path& path = entry.path();
    if (path.extension() != ".txt" || path == names ||
        folder.written.contains(path.lexically_relative(folder.path).string()) || !holds_box(path))
      return true;
    base::fail(base::ExitCode::usage, folder.option, ": ", base::printable(path.string()),
               " is a label file, and ", base::printable(names.string()),
               is_taken(names) ? " lists other classes than " + folder.owner + " has"
                               : std::string(" is missing, so that its classes are not known"),
               "; choose another folder, or remove the label files");
  });
  if (unseen.count > 0)
    base::tell("warning: " + folder.option + ": " + unseen.in_words() +
               "; label files there may have other classes than " +
               base::printable(names.string()));
}

void refuse_made_labels(const std::string& option, const std::string& path) {
  if (std::error_code unknown; !fs::is_regular_file(path, unknown)) return;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  std::istringstream numbers(line);
  double number = 0;
  int count = 0;
  while (numbers >> number) ++count;
  if (count == kNumbers && numbers.eof())
    base::fail(base::ExitCode::usage, option, ": ", base::printable(path),
               " holds labels without scores, so no detector wrote it, and they would be lost; "
               "choose another folder");
}

}  // namespace tools
