#include "tools/config/reader.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/base/error.h"
#include "engine/base/start_folder.h"
#include "tools/config/parser.h"

namespace config {
namespace fs = std::filesystem;

namespace {

constexpr size_t kMaxFileBytes = size_t(16) << 20;
constexpr size_t kMaxBases = 16;

std::string read_bounded(const std::string& path, const std::string& named_at) {
  // Reading a pipe could wait forever, and a device might never end.
  std::error_code unknown;
  const fs::file_status there = fs::status(path, unknown);
  if (fs::exists(there) && !fs::is_regular_file(there))
    base::fail(base::ExitCode::usage, named_at, "cannot read ", path, ": it is ",
               fs::is_directory(there) ? "a folder" : "a pipe or a device",
               ", expected a JSON file");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file)
    base::fail(base::ExitCode::usage, named_at, "cannot read ", path, ": ", std::strerror(errno),
               base::start_folder_in_words(path));
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), std::streamsize(text.size()));
  if (file.bad())
    base::fail(base::ExitCode::usage, named_at, "cannot read ", path, ": ", std::strerror(errno));
  text.resize(size_t(file.gcount()));
  if (text.size() > kMaxFileBytes)
    base::fail(base::ExitCode::usage, path, ":1: larger than 16 MiB, expected a configuration");
  return text;
}

}  // namespace

ConfigText ConfigReader::read(const std::string& path, const std::string& named_at) {
  std::error_code error;
  std::string identity = fs::weakly_canonical(path, error).string();
  for (const std::string& open : open_)
    if (open == identity) base::fail(base::ExitCode::usage, named_at, path, " is its own base");
  if (open_.size() == kMaxBases)
    base::fail(base::ExitCode::usage, named_at, "a chain of more than ", kMaxBases, " bases");
  open_.push_back(identity);
  ConfigText result = merge(read_bounded(path, named_at), path);
  result.files_.push_back(path);
  return result;
}

ConfigText ConfigReader::merge(const std::string& text, const std::string& name) {
  ParsedConfig own = parse_config(text, name);
  auto place_of = [&](int line) { return base::concatenate(name, ":", line); };
  ConfigText result;
  if (auto base = own.values.find(kBase); base != own.values.end()) {
    std::string at = place_of(own.lines[kBase]) + ": " + kBase + ": ";
    if (!base->is_string()) base::fail(base::ExitCode::usage, at, "expected the path of a file");
    result = read((fs::path(name).parent_path() / base->get<std::string>()).string(), at);
    own.values.erase(base);
  }
  result.values_.merge_patch(own.values);
  result.forget_replaced(own.values, "");
  for (const auto& [path, line] : own.lines) result.places_[path] = place_of(line);
  return result;
}

}  // namespace config
