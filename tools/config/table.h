// The table of configuration keys. Each key binds a path to a typed field, with a range and a
// description. Its default is the value that the field has when the key is added. Checks, help and
// documentation are made from the table.
#pragma once
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/interval.h"

namespace config {

class ConfigText;

// What a list of numbers may be.
struct ConfigList {
  base::Interval each;
  size_t min_count = 0, max_count = 64;
};

struct ConfigKey {
  std::string path;          // such as "train.schedule.kind"
  std::string expected;      // such as "an integer from 1 to 64" or "one of cosine, step"
  std::string description;   // one line
  std::string default_json;  // the default as JSON
  // Values at the ends of what is expected, as JSON: the least and the greatest of a number, every
  // name of a choice, nothing for a text.
  std::vector<std::string> extremes;
  bool text = false;  // takes any text, so 12 on the command line is the text "12"
  // Stores the value. Returns false if it is not what is expected.
  std::function<bool(const nlohmann::json&)> assign;
  std::function<nlohmann::json()> value;
};

// A key that the user has set: on the command line, or in a file to another value than its default.
struct ChosenKey {
  std::string path, place;
  bool typed;  // on the command line
};

// From 2^53 on, a number that is written with a point or an exponent may have lost digits.
inline constexpr double kLeastLossyWhole = 9007199254740992.0;

// The table refers to the fields, so they must outlive it.
class ConfigTable {
 public:
  // These add a section, or a key of that type.
  void section(const std::string& path, const std::string& description);
  void flag(const std::string& path, bool& field, const std::string& description);
  void text(const std::string& path, std::string& field, const std::string& description);
  void texts(const std::string& path, std::vector<std::string>& field,
             const std::string& description);
  template <class T>  // int, int64_t, double
  void number(const std::string& path, T& field, base::Interval range,
              const std::string& description);
  // A vector or array of int or double.
  template <class List>
  void numbers(const std::string& path, List& field, ConfigList rule,
               const std::string& description);
  template <class E>
  void choice(const std::string& path, E& field, std::vector<std::pair<std::string, E>> names,
              const std::string& description);

  // Adds a condition on several keys. `complaint` returns what is wrong, or an empty text. The
  // message gives the place of the first of `keys` that was set.
  void rule(std::vector<std::string> keys, std::function<std::string()> complaint);

  // Stores the values. Keys that are absent keep their defaults. Throws Error(usage), "place: key:
  // what is wrong", if a key is unknown (with the nearest name), if a value has the wrong type or
  // is out of range, or if a rule is broken.
  void apply(const ConfigText&);

  const std::vector<ConfigKey>& keys() const { return keys_; }
  // Path and description of each section.
  const std::vector<std::pair<std::string, std::string>>& sections() const { return sections_; }
  bool was_set(const std::string& path) const { return set_.count(path) > 0; }

 private:
  struct Rule {
    std::vector<std::string> keys;
    std::function<std::string()> complaint;
  };

  void add(ConfigKey key);
  const ConfigKey* find(const std::string& path) const;
  bool is_section(const std::string& path) const;
  void apply(const ConfigText&, const nlohmann::json& object, const std::string& prefix);
  void apply_key(const ConfigText&, const ConfigKey&, const nlohmann::json& value);
  [[noreturn]] void unknown(const ConfigText&, const std::string& prefix,
                            const std::string& name) const;
  void add_choice(const std::string& path, std::vector<std::string> names,
                  std::function<size_t()> get, std::function<void(size_t)> set,
                  const std::string& description);
  struct ListField {
    bool integers = false;
    std::function<std::vector<double>()> get;
    std::function<void(const std::vector<double>&)> set;
  };
  void add_numbers(const std::string& path, ConfigList rule, ListField field,
                   const std::string& description);

  std::vector<ConfigKey> keys_;
  std::vector<std::pair<std::string, std::string>> sections_;
  std::vector<Rule> rules_;
  std::set<std::string> set_;
};

// All values as JSON, in the table's order. Reading it back gives the same values.
std::string config_as_json(const ConfigTable&);
// Help for the terminal, with one entry for each key that starts with `part`, or if there are none,
// for each key that contains it. Throws Error(usage) if none does.
std::string config_help(const ConfigTable&, const std::string& part = "");
// The page docs/config_keys.md.
std::string config_markdown(const ConfigTable&);

template <class List>
void ConfigTable::numbers(const std::string& path, List& field, ConfigList rule,
                          const std::string& description) {
  using T = typename List::value_type;
  ListField access;
  access.integers = std::is_integral_v<T>;
  access.get = [&field] { return std::vector<double>(field.begin(), field.end()); };
  access.set = [&field](const std::vector<double>& values) {
    if constexpr (requires { field.resize(size_t(1)); }) field.resize(values.size());
    for (size_t i = 0; i < values.size(); ++i) field[i] = T(values[i]);
  };
  if constexpr (!requires { field.resize(size_t(1)); })
    rule.min_count = rule.max_count = field.size();
  add_numbers(path, rule, std::move(access), description);
}

template <class E>
void ConfigTable::choice(const std::string& path, E& field,
                         std::vector<std::pair<std::string, E>> names,
                         const std::string& description) {
  std::vector<std::string> texts;
  for (const auto& name : names) texts.push_back(name.first);
  auto get = [&field, names] {
    size_t i = 0;
    while (i < names.size() && !(names[i].second == field)) ++i;
    return i;
  };
  auto set = [&field, names](size_t i) { field = names[i].second; };
  add_choice(path, std::move(texts), get, set, description);
}

}  // namespace config
