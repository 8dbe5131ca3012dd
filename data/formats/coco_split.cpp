#include "data/formats/coco_split.h"

#include <nlohmann/json.hpp>
#include <ostream>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "data/formats/coco_sax.h"
#include "data/formats/json_text.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/loaded_file.h"
#include "engine/base/write_file.h"

namespace data {
namespace {

using base::ExitCode, base::fail;

// Which entries of the file's sections go to the second file.
struct Places {
  std::vector<bool> images, annotations;
};

Places places_of(base::LoadedFile& file, const std::vector<bool>& second) {
  const CocoRecords records = read_coco_records(file, nullptr);
  if (records.images.size() != second.size())
    fail(ExitCode::data, file.path(), ": has ",
         base::counted(int64_t(records.images.size()), "image"), ", expected ", second.size(),
         ": the file changed while it was read");
  std::unordered_map<int64_t, bool> place_of;
  for (size_t i = 0; i < second.size(); ++i) place_of[records.images[i].id] = second[i];
  Places places{second, {}};
  places.annotations.reserve(records.annotations.size());
  for (const CocoAnnotation& a : records.annotations)
    places.annotations.push_back(place_of.at(a.image_id));
  return places;
}

class PartWriter {
 public:
  PartWriter(const std::string& path, std::string_view text, const Places& places)
      : path_(path), text_(text), places_(places) {}

  void write(std::ostream& out, bool second) const {
    std::string_view separator = "{";
    for (const auto& [key, value] : json_members(text_, path_)) {
      out << separator << "\n" << key << ": ";
      const std::string name = nlohmann::json::parse(key).get<std::string>();
      if (name == "images")
        write_entries(out, value, places_.images, second);
      else if (name == "annotations")
        write_entries(out, value, places_.annotations, second);
      else
        out << value;
      separator = ",";
    }
    out << "\n}\n";
  }

 private:
  void write_entries(std::ostream& out, std::string_view array, const std::vector<bool>& places,
                     bool second) const {
    const std::vector<std::string_view> entries = json_elements(array, path_);
    if (entries.size() != places.size())
      fail(ExitCode::data, path_, ": has ", entries.size(), " entries in a section, expected ",
           places.size());
    std::string_view separator = "[";
    for (size_t i = 0; i < entries.size(); ++i)
      if (places[i] == second) out << std::exchange(separator, ",") << "\n" << entries[i];
    out << (separator == "[" ? "[]" : "\n]");
  }

  const std::string& path_;
  std::string_view text_;
  const Places& places_;
};

}  // namespace

void split_coco(const std::string& annotations, const std::vector<bool>& second,
                const std::string& first_path, const std::string& second_path) {
  base::LoadedFile file(annotations);
  const Places places = places_of(file, second);
  const PartWriter writer(annotations, file.bytes(), places);
  base::write_together({{first_path, [&](std::ostream& out) { writer.write(out, false); }},
                        {second_path, [&](std::ostream& out) { writer.write(out, true); }}});
}

}  // namespace data
