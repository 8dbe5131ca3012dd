// The kinds of fields of a ConfigTable: how each reads JSON, and how it says what it expects.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/error.h"
#include "tools/config/table.h"

namespace config {
namespace {

using nlohmann::json;

// "an integer from 1 to 10"
std::string in_words(const std::string& noun, const base::Interval& range) {
  const std::string words = base::in_words(range);
  return words.empty() ? noun : noun + " " + words;
}

// Whole numbers may be written as 1e5, but not from 2^53 on, where a double may change them.
bool is_whole(const json& value) {
  if (value.is_number_integer()) return true;
  if (!value.is_number_float()) return false;
  double v = value.get<double>();
  return std::trunc(v) == v && std::fabs(v) < kLeastLossyWhole;
}

template <class T> bool read_number(const json& value, const base::Interval& range, T& field) {
  if (std::is_integral_v<T> ? !is_whole(value) : !value.is_number()) return false;
  double v = value.get<double>();
  if (!range.contains(v)) return false;
  if constexpr (std::is_integral_v<T>) {
    // As a double, the largest int64_t would be 2^63, one more than it is.
    const bool beyond = value.is_number_unsigned() && value.get<uint64_t>() > uint64_t(INT64_MAX);
    if (beyond) return false;
    const int64_t whole = value.is_number_float() ? int64_t(v) : value.get<int64_t>();
    if (!std::in_range<T>(whole)) return false;
    field = T(whole);
  } else {
    field = v;
  }
  return true;
}

// The least and the greatest number of a range that the type can hold.
template <class T> std::pair<T, T> ends_of(const base::Interval& r) {
  const auto [least, greatest] =
      std::pair(std::numeric_limits<T>::lowest(), std::numeric_limits<T>::max());
  T low = r.low <= double(least) ? least : T(r.low);
  if (r.above_low)
    low = std::is_integral_v<T> ? T(low + 1) : T(std::nextafter(double(low), double(greatest)));
  return {low, r.high >= double(greatest) ? greatest : T(r.high)};
}

// Two lists at the ends of what is allowed: the shortest, of smallest values, and the longest,
// whose values go from the smallest to the largest.
template <class T> std::vector<std::string> extreme_lists(const ConfigList& rule) {
  const auto [low, high] = ends_of<T>(rule.each);
  std::vector<T> longest(rule.max_count, low);
  for (size_t i = 1; i < longest.size(); ++i)
    longest[i] =
        T(double(low) + (double(high) - double(low)) * double(i) / double(longest.size() - 1));
  return {json(std::vector<T>(rule.min_count, low)).dump(), json(longest).dump()};
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

// No path and no name has a byte 0, at which the system would end it.
bool is_text(const json& value) {
  return value.is_string() && value.get_ref<const std::string&>().find('\0') == std::string::npos;
}

}  // namespace

void ConfigTable::flag(const std::string& path, bool& field, const std::string& description) {
  auto assign = [&field](const json& value) {
    if (!value.is_boolean()) return false;
    field = value.get<bool>();
    return true;
  };
  add({path, "true or false", description, "", {"false", "true"}, false, assign, [&field] {
         return json(field);
       }});
}

void ConfigTable::text(const std::string& path, std::string& field,
                       const std::string& description) {
  auto assign = [&field](const json& value) {
    if (!is_text(value)) return false;
    field = value.get<std::string>();
    return true;
  };
  add({path, "a text", description, "", {}, true, assign, [&field] { return json(field); }});
}

void ConfigTable::texts(const std::string& path, std::vector<std::string>& field,
                        const std::string& description) {
  auto assign = [&field](const json& value) {
    if (is_text(value)) {  // one entry needs no brackets, and `key=` on a command line removes all
      field.clear();
      if (value != "") field.push_back(value.get<std::string>());
      return true;
    }
    bool good = value.is_array() && std::all_of(value.begin(), value.end(), is_text);
    if (good) field = value.get<std::vector<std::string>>();
    return good;
  };
  add({path, "a list of texts", description, "", {}, true, assign, [&field] {
         return json(field);
       }});
}

template <class T>
void ConfigTable::number(const std::string& path, T& field, base::Interval range,
                         const std::string& description) {
  const bool largest_of_type = std::is_integral_v<T> && !std::isfinite(range.high);
  std::string expected = largest_of_type
                             ? fmt::format("an integer from {} to {}", ends_of<T>(range).first,
                                           ends_of<T>(range).second)
                             : in_words(std::is_integral_v<T> ? "an integer" : "a number", range);
  auto assign = [&field, range](const json& value) { return read_number(value, range, field); };
  const auto [low, high] = ends_of<T>(range);
  add({path,
       expected,
       description,
       "",
       {json(low).dump(), json(high).dump()},
       false,
       assign,
       [&field] { return json(field); }});
}
template void ConfigTable::number(const std::string&, int&, base::Interval, const std::string&);
template void ConfigTable::number(const std::string&, int64_t&, base::Interval, const std::string&);
template void ConfigTable::number(const std::string&, double&, base::Interval, const std::string&);

void ConfigTable::add_choice(const std::string& path, std::vector<std::string> names,
                             std::function<size_t()> get, std::function<void(size_t)> set,
                             const std::string& description) {
  SSD_CHECK(get() < names.size(), path, " starts with a value that has no name");
  auto assign = [=](const json& value) {
    if (!value.is_string()) return false;
    auto found = std::find(names.begin(), names.end(), value.get<std::string>());
    if (found != names.end()) set(size_t(found - names.begin()));
    return found != names.end();
  };
  std::vector<std::string> all;
  for (const std::string& name : names) all.push_back(json(name).dump());
  add({path, "one of " + joined(names), description, "", all, false, assign,
       [=] { return json(names[get()]); }});
}

void ConfigTable::add_numbers(const std::string& path, ConfigList rule, ListField field,
                              const std::string& description) {
  std::string count = rule.min_count == rule.max_count
                          ? fmt::format("{}", rule.min_count)
                          : fmt::format("{} to {}", rule.min_count, rule.max_count);
  std::string expected = fmt::format("a list of {} {}", count,
                                     in_words(field.integers ? "integers" : "numbers", rule.each));
  auto assign = [=](const json& value) {
    if (!value.is_array() || value.size() < rule.min_count || value.size() > rule.max_count)
      return false;
    std::vector<double> values;
    for (const json& item : value) {
      int whole = 0;
      if (field.integers && !read_number(item, rule.each, whole)) return false;
      if (!read_number(item, rule.each, values.emplace_back())) return false;
    }
    field.set(values);
    return true;
  };
  auto get = [=] {
    if (!field.integers) return json(field.get());
    std::vector<double> values = field.get();
    return json(std::vector<int64_t>(values.begin(), values.end()));
  };
  auto extremes = field.integers ? extreme_lists<int64_t>(rule) : extreme_lists<double>(rule);
  add({path, expected, description, "", extremes, false, assign, get});
}

}  // namespace config
