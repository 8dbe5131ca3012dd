#include "data/metrics/detection_lines.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "data/formats/json_fault.h"
#include "data/formats/lines.h"
#include "engine/base/error.h"

namespace data {
namespace {

using nlohmann::json;

constexpr int kOfLine = 1, kOfEntry = 3;           // the depth of their keys
constexpr size_t kLongestLine = size_t{64} << 20;  // a line in memory takes a multiple of its bytes

// Tells the handler of a value as the parser would.
void give(const json& value, DetectionHandler& to) {
  std::string text;
  switch (value.type()) {
    case json::value_t::object:
      to.start_object(value.size());
      for (const auto& [name, item] : value.items()) {
        to.key(text = name);
        give(item, to);
      }
      to.end_object();
      return;
    case json::value_t::array:
      to.start_array(value.size());
      for (const json& item : value) give(item, to);
      to.end_array();
      return;
    case json::value_t::string:
      to.string(text = value.get<std::string>());
      return;
    case json::value_t::boolean:
      to.boolean(value.get<bool>());
      return;
    case json::value_t::number_integer:
      to.number_integer(value.get<int64_t>());
      return;
    case json::value_t::number_unsigned:
      to.number_unsigned(value.get<uint64_t>());
      return;
    case json::value_t::number_float:
      to.number_float(value.get<double>(), "");
      return;
    default:
      to.null();
  }
}

class LineReader {
 public:
  LineReader(base::LoadedFile& file, JsonCursor& cursor, DetectionHandler& handler,
             DetectionFile& out)
      : file_(file), cursor_(cursor), handler_(handler), out_(out) {}

  void read(std::string_view line) {
    cursor_.at = line.data();  // for the places in messages
    if (line.size() > kLongestLine)
      refuse(base::concatenate("the line has ", line.size(), " bytes, expected at most ",
                               kLongestLine,
                               "; write each image on a line of its own, or all "
                               "detections as one array"));
    const json parsed = parse(line);
    if (!parsed.is_object()) refuse("expected an object on each line");
    if (const auto error = parsed.find("error"); error != parsed.end()) {
      if (out_.unread_images++ == 0 && error->is_string()) out_.first_unread = *error;
      return;
    }
    const auto found = parsed.find("detections");
    if (found == parsed.end()) return give(parsed, handler_);
    if (!found->is_array()) refuse("detections is no array");
    for (json entry : *found) {
      if (!entry.is_object()) refuse("detections holds a value that is no object");
      for (const char* of_image : {"image_id", "file_name"})
        if (const auto value = parsed.find(of_image); value != parsed.end())
          entry[of_image] = *value;
      give(entry, handler_);
    }
    compare_size(parsed);
  }

 private:
  // The size of the image stands in ssddetect's lines.
  void compare_size(const json& line) {
    const auto whole = [&](const char* name) {
      const auto value = line.find(name);
      return value != line.end() && value->is_number_integer() ? value->get<int64_t>() : 0;
    };
    const auto name = line.find("file_name");
    const bool named = name != line.end() && name->is_string();
    handler_.compare_size(named ? name->get<std::string>() : "", whole("image_id"), whole("width"),
                          whole("height"));
  }

  json parse(std::string_view line) {
    // By depth: the fields that the object which is read there has so far.
    std::array<uint32_t, size_t(kDeepestJson) + 2> seen{};
    const auto look = [&](int depth, json::parse_event_t event, json& value) {
      if (depth > kDeepestJson) refuse("arrays and objects nested deeper than 64");
      if (event == json::parse_event_t::object_start) seen[size_t(depth) + 1] = 0;
      if (event == json::parse_event_t::key && (depth == kOfLine || depth == kOfEntry))
        note_field(value.get_ref<const std::string&>(), seen[size_t(depth)]);
      return true;
    };
    try {
      return json::parse(line, look);
    } catch (const json::exception& error) {
      const bool last = line.data() + line.size() == cursor_.end;
      refuse(json_fault(error.what()) +
             (last ? "; if the line is cut off, remove it or run ssddetect again" : ""));
    }
  }

  // As in an array, a field that is read may not stand twice in one object.
  void note_field(const std::string& name, uint32_t& seen) {
    constexpr std::string_view kRead[] = {"image_id",  "category_id", "bbox",       "score",
                                          "file_name", "category",    "detections", "error"};
    const auto at = std::ranges::find(kRead, name) - std::begin(kRead);
    if (at == std::ssize(kRead)) return;
    if (seen >> at & 1) refuse("has " + name + " twice in one object");
    seen |= 1u << at;
  }

  [[noreturn]] void refuse(const std::string& what) {
    base::fail(base::ExitCode::data, file_.position(cursor_.offset()), what);
  }

  base::LoadedFile& file_;
  JsonCursor& cursor_;
  DetectionHandler& handler_;
  DetectionFile& out_;
};

}  // namespace

bool has_detection_lines(std::string_view file) {
  if (file.starts_with("\xef\xbb\xbf")) file.remove_prefix(3);
  std::string_view line = file.substr(0, file.find_first_of("\r\n"));
  if (!line.starts_with('{')) return false;
  line.remove_prefix(std::min(line.find_first_not_of(" \t", 1), line.size()));
  constexpr std::string_view kFields[] = {"\"image_id\"", "\"category_id\"", "\"bbox\"",
                                          "\"score\"",    "\"file_name\"",   "\"category\""};
  return std::ranges::any_of(kFields, [&](auto field) { return line.starts_with(field); });
}

void read_detection_lines(base::LoadedFile& file, JsonCursor& cursor, DetectionHandler& handler,
                          DetectionFile& out) {
  LineReader reader(file, cursor, handler, out);
  handler.start_array(0);
  for_lines(file.bytes(), [&](std::string_view line, int) {
    if (line.find_first_not_of(" \t") != line.npos) reader.read(line);
  });
  handler.end_array();
}

}  // namespace data
