// The table of configuration keys: each binds a path to a typed field, its range, one line of
// description and (the field's value at that time) its default. Validation, help and documentation
// come from it.
#pragma once
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/interval.h"
#include "tools/config/text.h"

namespace config {

struct ConfigList {
  base::Interval each;
  size_t min_count = 0, max_count = 64;
};

struct ConfigKey {
  std::string path;          // "train.schedule.kind"
  std::string expected;      // "an integer from 1 to 64", "one of cosine, step"
  std::string description;   // one line
  std::string default_json;  // the default as JSON
  // The least and the greatest that is expected, of a choice every name, as JSON; of texts none.
  std::vector<std::string> extremes;
  bool text = false;  // takes any text, so a number typed on the command line is a text, too
  // Stores the value; returns false when it is not what is expected.
  std::function<bool(const nlohmann::json&)> assign;
  std::function<nlohmann::json()> value;
};

// Fields are held by reference: they have to outlive the table.
class ConfigTable {
 public:
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

  // A key of earlier versions that never changed anything. Configurations of old runs still carry
  // it: one of `names` is read and forgotten, and it is in no list of keys.
  void retired(const std::string& path, std::vector<std::string> names);

  // A condition on several keys. `complaint` returns an empty text when all is well; the message is
  // placed at the first of `keys` that was set.
  void rule(std::vector<std::string> keys, std::function<std::string()> complaint);

  // Stores the values, keys absent keep their defaults. Error(usage) "place: key: what is wrong"
  // for unknown keys (with the nearest name), wrong types, values out of range, broken rules.
  void apply(const ConfigText&);

  const std::vector<ConfigKey>& keys() const { return keys_; }
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
  std::vector<ConfigKey> retired_;
  std::vector<std::pair<std::string, std::string>> sections_;
  std::vector<Rule> rules_;
  std::set<std::string> set_;
};

// All values as JSON, in the table's order; reading it back gives the same values.
std::string config_as_json(const ConfigTable&);
// For the terminal: one entry per key; only keys that start with `prefix`. Error(usage) if none
// does.
std::string config_help(const ConfigTable&, const std::string& prefix = "");
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
