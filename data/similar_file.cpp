#include "data/similar_file.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "data/image_folder.h"
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

// By which a file is found. A name without an ending means a picture.
std::vector<std::string> forms_of_file(const std::string& name) {
  std::vector<std::string> forms{common_form(name)};
  if (names_image(name)) forms.push_back(form_of_stem(name));
  if (const std::string before = before_export(name); before != name) {
    forms.push_back(common_form(before));
    forms.push_back(form_of_stem(before));
  }
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

SimilarNames::SimilarNames(const std::string& name) {
  for (std::string& form : forms_of(name)) forms_.insert(std::move(form));
}

bool SimilarNames::has(const std::string& name) const {
  return std::ranges::any_of(forms_of_file(name),
                             [this](const std::string& form) { return forms_.contains(form); });
}

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
  for (const std::string& name : names)
    for (const std::string& form : forms_of_file(name)) listed->second.try_emplace(form, name);
  return listed->second;
}

std::string SimilarFiles::find(const fs::path& folder, const std::string& name) {
  const std::string own(without_folders(name)), inside = folder_of(name, name.size() - own.size());
  if (!is_safe(own)) return "";
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

FilesBelow::FilesBelow(const fs::path& folder, size_t most) : folder_(folder), most_(most) {}

std::string FilesBelow::find(const std::string& name) {
  if (!std::exchange(walked_, true))
    walk_visible(folder_, [&, left = most_](const fs::directory_entry& entry) mutable {
      if (left == 0) return false;
      if (names_image(entry.path()))
        places_.emplace(entry.path().filename().string(),
                        entry.path().lexically_relative(folder_).generic_string());
      return --left > 0;
    });
  const auto found = places_.find(name);
  return found == places_.end() ? "" : found->second;
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
