#include "data/formats/yolo/yolo_names.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "data/formats/class_names.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
namespace {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;

std::vector<std::string> name_files(const fs::path& folder) {
  std::vector<std::string> found;
  std::error_code unknown;
  for (const fs::path& place : {folder, folder / "labels"})
    for (const char* name : {"classes.txt", "obj.names"})
      if (fs::exists(place / name, unknown)) found.push_back((place / name).string());
  return found;
}

// Whether a file may hold class names, as its name says.
bool may_hold_names(const fs::path& path) {
  const std::string ending = path.extension().string();
  if (ending == ".names" || ending == ".labels" || ending == ".yaml" || ending == ".yml")
    return true;
  std::string stem = path.stem().string();
  std::ranges::transform(stem, stem.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return ending == ".txt" &&
         (stem.find("class") != stem.npos || stem == "names" || stem == "labels" || stem == "obj");
}

// Such a file in the folder, in labels/ below it, or in the folder above it. Empty if there is
// none.
std::string likely_names(const fs::path& folder) {
  const fs::path whole = fs::absolute(folder / "").lexically_normal().parent_path();
  for (const fs::path& place : {whole, whole / "labels", whole.parent_path()}) {
    std::set<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator entry(place, error), end; !error && entry != end;
         entry.increment(error))
      if (may_hold_names(entry->path())) found.insert(entry->path());
    if (!found.empty()) return found.begin()->string();
  }
  return "";
}

[[noreturn]] void refuse_without_names(const Source& source) {
  const std::string option = source.option("names"), likely = likely_names(source.yolo);
  fail(ExitCode::data, source.yolo, ": no data.yaml, classes.txt or obj.names: ",
       option.empty() ? "put the class names into its classes.txt, one per line"
                      : "give the file of class names with " + option,
       likely.empty() ? "" : "; there is " + base::printable_path(likely));
}

}  // namespace

std::string names_beside_labels(const std::string& folder) {
  const std::vector<std::string> found = name_files(folder);
  return found.empty() ? "" : found[0];
}

std::vector<std::string> names_of_folder(const Source& source) {
  if (!source.names.empty()) return read_class_names(source.names);
  const std::vector<std::string> files = name_files(source.yolo);
  if (files.empty()) refuse_without_names(source);
  std::vector<std::string> names = read_class_names(files[0]);
  for (size_t i = 1; i < files.size(); ++i)
    if (read_class_names(files[i]) != names) {
      const std::string option = source.option("names");
      fail(ExitCode::data, base::printable_path(files[0]), " and ", base::printable_path(files[i]),
           " have different class names; ",
           option.empty() ? "remove the file that is wrong"
                          : "give the file that is right with " + option);
    }
  return names;
}

}  // namespace data
