#include "tools/output_names.h"

#include <utility>

#include "engine/base/error.h"
#include "tools/image_files.h"

namespace tools {

namespace fs = std::filesystem;

namespace {

// The name without what is too long for a file system; whole characters of UTF-8.
std::string shortened(std::string name) {
  constexpr size_t kLongest = 200;  // bytes; file systems allow 255
  if (name.size() <= kLongest) return name;
  size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
  name.resize(end > 0 ? end : kLongest);
  return name;
}

// A class as the name of a folder, which is not hidden.
std::string folder_name(std::string name) {
  for (char& c : name)
    if (c == '/' || c == '\\' || static_cast<unsigned char>(c) < ' ' || c == 127) c = '_';
  if (name.empty()) return "_";
  if (name.front() == '.') name.front() = '_';
  return shortened(std::move(name));
}

}  // namespace

std::string stem_of(const std::string& image) { return shortened(fs::path(image).stem().string()); }

std::map<std::string, std::string> folders_of_classes(const std::string& crops,
                                                      const run::ClassList& classes) {
  UnusedNames unused;
  std::map<std::string, std::string> folders;
  for (const bool as_it_is : {true, false})
    for (const run::ModelClass& c : classes.list())
      if ((folder_name(c.name) == c.name) == as_it_is)
        folders.emplace(c.name, (fs::path(crops) / unused.take(folder_name(c.name))).string());
  return folders;
}

bool is_taken(const fs::path& path) {
  std::error_code unknown;
  return fs::exists(fs::symlink_status(path, unknown));
}

std::string new_name(const fs::path& stem, const std::string& ending) {
  std::string path = stem.string() + ending;
  for (int i = 2; is_taken(path); ++i) path = base::concatenate(stem.string(), "_", i, ending);
  return path;
}

}  // namespace tools
