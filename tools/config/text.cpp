#include "tools/config/text.h"

#include <filesystem>
#include <fstream>

#include "engine/base/error.h"
#include "engine/base/text.h"
#include "tools/config/parser.h"

namespace config {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr size_t kMaxFileBytes = size_t(16) << 20;
constexpr size_t kMaxBases = 16;
constexpr char kBase[] = "_base_";
constexpr char kCommandLine[] = "command line";

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
    base::fail(base::ExitCode::usage, named_at, "cannot read ", path, ": ", std::strerror(errno));
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

// Reads a file and its chain of bases, one after the other.
class ConfigReader {
 public:
  ConfigText read(const std::string& path, const std::string& named_at) {
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

  ConfigText merge(const std::string& text, const std::string& name) {
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
    for (const auto& [path, line] : own.lines) result.places_[path] = place_of(line);
    return result;
  }

 private:
  std::vector<std::string> open_;
};

ConfigText ConfigText::from_file(const std::string& path) { return ConfigReader().read(path, ""); }

ConfigText ConfigText::from_string(const std::string& text, const std::string& name) {
  return ConfigReader().merge(text, name);
}

ConfigText ConfigText::from_values(json values, std::map<std::string, std::string> places) {
  ConfigText result;
  result.values_ = std::move(values);
  result.places_ = std::move(places);
  return result;
}

namespace {

// Parses JSON or a bare word. A text that starts like a list, an object or a quoted text has to be
// JSON.
json value_of(const std::string& typed, const std::string& place) {
  char first = typed.empty() ? ' ' : typed[0];
  if (first == '{' || first == '[' || first == '"') return parse_config_value(typed, place);
  json value = json::parse(typed, nullptr, false);
  return value.is_discarded() ? json(typed) : value;
}

void refuse_other_encodings(const std::string& place, const std::string& text) {
  if (!base::is_utf8(text))
    base::fail(base::ExitCode::usage, place, ": ", base::printable_path(text),
               " is not UTF-8, expected UTF-8, as a run's config.json has to be: rename the file "
               "or folder, or give another path");
}

}  // namespace

// All keys in the value are from there, and so are sections above it that nothing else has made.
void ConfigText::place_on_command_line(const std::string& path, const json& value) {
  typed_.erase(path);
  places_[path] = kCommandLine;
  if (value.is_object())
    for (const auto& [name, inner] : value.items()) place_on_command_line(path + "." + name, inner);
}

void ConfigText::place_new_sections(const std::string& path) {
  const json* above = &values_;
  size_t start = 0;
  for (size_t dot; (dot = path.find('.', start)) != std::string::npos; start = dot + 1) {
    const auto found =
        above ? above->find(path.substr(start, dot - start)) : json::const_iterator();
    above = above && found != above->end() && found->is_object() ? &*found : nullptr;
    if (!above) places_[path.substr(0, dot)] = kCommandLine;
  }
}

void ConfigText::override_with(const std::string& assignment) {
  const std::string place = kCommandLine;
  size_t equals = assignment.find('=');
  if (equals == 0 || equals == std::string::npos)
    base::fail(base::ExitCode::usage, place, ": \"", assignment.substr(0, 100),
               "\": expected key.path=value");
  std::string path = assignment.substr(0, equals), typed = assignment.substr(equals + 1);
  if (path == kBase) base::fail(base::ExitCode::usage, place, ": ", kBase, " belongs into a file");
  refuse_other_encodings(place, path);
  refuse_other_encodings(place + ": " + path, typed);
  json patch = value_of(typed, place + ": " + path);
  place_new_sections(path);
  place_on_command_line(path, patch);
  typed_[path] = typed;
  size_t end = path.size(), depth = 0;
  for (;;) {
    size_t dot = path.rfind('.', end - 1);
    size_t start = dot == std::string::npos ? 0 : dot + 1;
    if (start >= end || ++depth > kMaxConfigDepth)
      base::fail(base::ExitCode::usage, place, ": \"", path.substr(0, 100),
                 "\": expected key.path=value");
    json section = json::object();
    section[path.substr(start, end - start)] = std::move(patch);
    patch = std::move(section);
    if (start == 0) break;
    end = dot;
  }
  values_.merge_patch(patch);
}

std::string ConfigText::place(const std::string& path) const {
  for (std::string p = path;;) {
    if (auto found = places_.find(p); found != places_.end()) return found->second;
    if (p.empty()) return "configuration";
    size_t dot = p.rfind('.');
    p.resize(dot == std::string::npos ? 0 : dot);
  }
}

bool ConfigText::on_command_line(const std::string& path) const {
  return place(path) == kCommandLine;
}

const std::string* ConfigText::typed(const std::string& path) const {
  auto found = typed_.find(path);
  bool latest = found != typed_.end() && on_command_line(path);
  return latest ? &found->second : nullptr;
}

std::string text_assignment(const std::string& key, const std::string& text,
                            const std::string& option) {
  refuse_other_encodings(option, text);
  return key + "=" + json(text).dump();
}

}  // namespace config
