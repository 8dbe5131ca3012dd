#include "data/likely_name.h"

#include <glib.h>

#include <map>
#include <memory>
#include <string_view>

#include "data/dataset.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
namespace {

using Text = std::unique_ptr<char, decltype(&g_free)>;

Text normalized(const std::string& name, GNormalizeMode mode) {
  return {g_utf8_normalize(name.data(), gssize(name.size()), mode), g_free};
}

// What GLib takes.
bool is_text(const std::string& name) {
  return base::is_utf8(name) && name.find('\0') == name.npos;
}

bool is_dropped(gunichar letter) {
  return letter == '-' || letter == '_' || g_unichar_isspace(letter);
}

std::string without_marks(const char* text) {
  std::string simple;
  for (; *text; text = g_utf8_next_char(text))
    if (!is_dropped(g_utf8_get_char(text)))
      simple.append(text, size_t(g_utf8_next_char(text) - text));
  return simple;
}

}  // namespace

std::string_view without_folders(std::string_view path) {
  return path.substr(path.find_last_of("/\\") + 1);
}

std::string without_case(const std::string& name) {
  if (!is_text(name)) {
    const Text lower(g_ascii_strdown(name.data(), gssize(name.size())), g_free);
    return lower.get();
  }
  const Text folded(g_utf8_casefold(name.data(), gssize(name.size())), g_free);
  return normalized(folded.get(), G_NORMALIZE_DEFAULT).get();
}

std::string simplified(const std::string& name) {
  return is_text(name) ? without_marks(without_case(name).c_str()) : base::simplified(name);
}

bool look_equal(const std::string& a, const std::string& b) {
  if (a == b || !is_text(a) || !is_text(b)) return false;
  return std::string_view(normalized(a, G_NORMALIZE_DEFAULT).get()) ==
         normalized(b, G_NORMALIZE_DEFAULT).get();
}

std::string difference_in_words(const std::string& a, const std::string& b) {
  return look_equal(a, b) ? "in their Unicode characters, although they look equal"
                          : "in case, blanks, - or _";
}

std::string alike_in_words(const std::vector<std::string>& names) {
  constexpr int kShown = 3;
  std::map<std::string, const std::string*> first_of;
  std::string words;
  int pairs = 0;
  for (const std::string& name : names) {
    const auto [first, fresh] = first_of.try_emplace(simplified(name), &name);
    if (fresh || *first->second == name || ++pairs > kShown) continue;
    words += base::concatenate(words.empty() ? "'" : "; '", base::printable_name(*first->second),
                               "' and '", base::printable_name(name), "' differ only ",
                               difference_in_words(*first->second, name));
  }
  return pairs > kShown ? base::concatenate(words, "; and ", pairs - kShown, " more") : words;
}

std::string class_file_of(const Dataset& dataset) {
  return dataset.class_file.empty() ? dataset.source : dataset.class_file;
}

std::string same_name_in_words(const Category& one, const Category& other) {
  const std::string places =
      one.place.empty() || other.place.empty()
          ? base::concatenate("the categories with ids ", one.id, " and ", other.id)
          : base::concatenate("the classes of ", one.place, " and ", other.place);
  return base::concatenate(places, " are both named \"", base::printable_name(one.name),
                           "\", but classes are told apart by name: rename one of them, or give "
                           "the boxes of both one id");
}

std::string same_name_in_words(const Dataset& dataset) {
  std::map<std::string_view, const Category*> known;
  for (const Category& category : dataset.categories)
    if (const auto [first, fresh] = known.try_emplace(category.name, &category); !fresh) {
      const std::string file = class_file_of(dataset);
      return base::concatenate(base::printable(file), file.empty() ? "" : ": ",
                               same_name_in_words(*first->second, category));
    }
  return {};
}

}  // namespace data
