#include "data/check/similar_file.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "data/formats/image_folder.h"
#include "data/likely_name.h"
#include "engine/base/text.h"

namespace data {
namespace {

namespace fs = std::filesystem;

// As a browser shows an address: %20 is a blank. A slash or a NUL is never made.
std::string without_escapes(const std::string& name) {
  std::string plain;
  for (size_t i = 0; i < name.size(); ++i) {
    unsigned value = 0;
    const char* digits = name.data() + i + 1;
    if (name[i] == '%' && i + 2 < name.size() &&
        std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2 && value && value != '/')
      plain += static_cast<char>(value), i += 2;
    else
      plain += name[i];
  }
  return plain;
}

// What all spellings of a name share.
std::string common_form(const std::string& name) {
  std::string plain = without_escapes(name);
  for (const char blank : {'+', '_'}) std::ranges::replace(plain, blank, ' ');
  return without_case(plain);
}

std::string form_of_stem(const std::string& name) {
  return common_form(fs::path(name).stem().string()) + ".";
}

// The name that a file had before an exporter made "a_jpg.rf.0123.jpg" of "a.jpg".
std::string before_export(const std::string& name) {
  const std::string stem = name.substr(0, name.find(".rf."));
  const size_t mark = stem.rfind('_');
  if (stem.size() == name.size() || mark == stem.npos) return name;
  return stem.substr(0, mark) + "." + stem.substr(mark + 1);
}

// The likeliest first.
std::vector<std::string> forms_of(const std::string& name) {
  std::vector<std::string> forms;
  for (const std::string& as : {name, before_export(name)})
    for (const std::string& form : {common_form(as), common_form(as) + ".", form_of_stem(as)})
      forms.push_back(form);
  return forms;
}

// The folder in a name from data, with the slashes of this system. Empty if it leads elsewhere.
std::string folder_of(const std::string& name, size_t last) {
  std::string folder = name.substr(0, last);
  std::ranges::replace(folder, '\\', '/');
  const fs::path path = folder;
  const bool inside = path.is_relative() && std::ranges::find(path, "..") == path.end();
  return inside ? folder : "";
}

bool is_safe(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('\0') == name.npos;
}

}  // namespace

const SimilarFiles::Names& SimilarFiles::names_in(const fs::path& folder) {
  const auto [listed, fresh] = listed_.try_emplace(folder);
  if (!fresh) return listed->second;
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator at(folder.empty() ? "." : folder, error), end; !error && at != end;
       at.increment(error)) {
    std::error_code unknown;
    if (at->is_regular_file(unknown)) names.push_back(at->path().filename().string());
  }
  std::ranges::sort(names);  // of several names, the first counts
  for (const std::string& name : names) {
    listed->second.try_emplace(common_form(name), name);
    if (names_image(name)) listed->second.try_emplace(form_of_stem(name), name);
  }
  return listed->second;
}

std::string SimilarFiles::find(const fs::path& folder, const std::string& name) {
  const size_t last = name.find_last_of("/\\") + 1;
  const std::string own = name.substr(last), inside = folder_of(name, last);
  if (!is_safe(own)) return "";
  const std::scoped_lock lock(mutex_);
  for (const std::string& place :
       inside.empty() ? std::vector<std::string>{""} : std::vector<std::string>{inside, ""}) {
    const Names& names = names_in(folder / place);
    for (const std::string& form : forms_of(own))
      if (const auto found = names.find(form); found != names.end())
        return (fs::path(place) / found->second).generic_string();
  }
  return "";
}

std::string SimilarFiles::in_words(const fs::path& folder, const std::string& name) {
  const std::string similar = find(folder, name);
  if (similar.empty()) return "";
  return ", which has " + base::printable_path(similar) +
         (look_equal(similar, name) ? " (in other Unicode characters, although they look equal)"
                                    : "");
}

std::string similar_path_in_words(const fs::path& path) {
  const fs::path plain = path.has_filename() ? path : path.parent_path();
  const fs::path folder = plain.has_parent_path() ? plain.parent_path() : ".";
  const std::string wanted = common_form(plain.filename().string());
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (const std::string name = at->path().filename().string();
        name != plain.filename().string() && common_form(name) == wanted)
      names.push_back(name);
  if (names.empty()) return "";
  return "; there is " +
         base::printable_path(
             (folder / *std::ranges::min_element(names)).lexically_normal().string());
}

}  // namespace data
