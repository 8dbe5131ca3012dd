#include "data/formats/shard_sets.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <string_view>

#include "data/formats/tf_dataset.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/folder_walk.h"
#include "engine/base/text.h"

namespace data {
namespace {

namespace fs = std::filesystem;
constexpr size_t kDigits = 5;
constexpr std::string_view kOf = "-of-";

// The shards of one name and count that were found.
struct ShardSet {
  std::map<int, std::string> files;  // by number
  bool by_glob = false;
};
using SetsByCount = std::map<int, ShardSet>;

std::optional<int> five_digits(std::string_view text) {
  int number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool digits = error == std::errc() && rest == text.data() + text.size() && number >= 0;
  return digits && text.size() == kDigits ? std::optional(number) : std::nullopt;
}

std::string shard_at(const std::string& set, int number, int count) {
  return fmt::format("{}-{:05}{}{:05}", set, number, kOf, count);
}

// Two counts for one name are what two conversions have left, and both hold the same images.
void refuse_two_counts(const std::string& name, const SetsByCount& sets) {
  std::string found;
  for (const auto& [count, set] : sets)
    found +=
        fmt::format("{}{} of -of-{:05}", found.empty() ? "" : " and ", set.files.size(), count);
  base::fail(base::ExitCode::data, base::printable(name), ": shards of several sets (", found,
             "); remove those of the older set, or name one set, as '", base::printable(name),
             fmt::format("-*-of-{:05}'", sets.rbegin()->first));
}

// "1 of 5 shards is missing (00001)", "2 of 5 shards are missing (00001, 00003)": those that are
// not there. Empty if all are.
std::string missing_in_words(const std::string& name, int count, const ShardSet& set) {
  constexpr int kShown = 5;
  std::string shown;
  int missing = 0;
  for (int number = 0; number < count; ++number)
    if (std::error_code unknown;
        !set.files.contains(number) && !fs::exists(shard_at(name, number, count), unknown))
      if (++missing <= kShown) shown += fmt::format("{}{:05}", shown.empty() ? "" : ", ", number);
  if (missing == 0) return "";
  if (missing > kShown) shown += fmt::format(" and {} more", missing - kShown);
  return fmt::format("{} of {} {} missing ({})", missing, base::counted(count, "shard"),
                     missing == 1 ? "is" : "are", shown);
}

// A note if only a part of the set is read. Empty if it is read whole.
std::string check_whole(const std::string& name, int count, const ShardSet& set) {
  const auto read = int(set.files.size());
  if (read == count) return "";
  const std::string missing = set.by_glob ? missing_in_words(name, count, set) : "";
  if (!missing.empty())
    base::fail(base::ExitCode::data, base::printable(name), ": ", missing,
               "; copy or convert the data again, or name each shard that is to be read by its own "
               "path, without *");
  if (read == 1)
    return fmt::format("{} is 1 of {}; the others are not read", set.files.begin()->second,
                       base::counted(count, "shard"));
  return fmt::format("{}: {} of {} are read; the others are left out", name, read,
                     base::counted(count, "shard"));
}

}  // namespace

std::optional<ShardName> parse_shard_name(const std::string& path) {
  constexpr size_t kEnding = 1 + kDigits + kOf.size() + kDigits;
  if (path.size() <= kEnding) return std::nullopt;
  const std::string_view ending = std::string_view(path).substr(path.size() - kEnding);
  if (ending[0] != '-' || ending.substr(1 + kDigits, kOf.size()) != kOf) return std::nullopt;
  const auto number = five_digits(ending.substr(1, kDigits));
  const auto count = five_digits(ending.substr(kEnding - kDigits));
  if (!number || !count || *number >= *count) return std::nullopt;
  return ShardName{path.substr(0, path.size() - kEnding), *number, *count};
}

FoundShards find_shard_sets(const std::vector<std::string>& patterns) {
  FoundShards found;
  std::map<std::string, SetsByCount> sets;
  for (const std::string& pattern : patterns)
    for (const std::string& path : find_shards(pattern)) {
      found.paths.push_back(path);
      const auto name = parse_shard_name(fs::path(path).lexically_normal().string());
      if (!name) continue;
      ShardSet& set = sets[name->set][name->count];
      set.files.emplace(name->number, path);
      set.by_glob |= path != pattern && is_pattern(pattern);
    }
  for (const auto& [name, by_count] : sets) {
    if (by_count.size() > 1) refuse_two_counts(name, by_count);
    const auto& [count, set] = *by_count.begin();
    if (std::string note = check_whole(name, count, set); !note.empty())
      found.notes.push_back(std::move(note));
  }
  return found;
}

std::vector<std::string> shards_of_other_counts(const std::string& set, int count) {
  const fs::path named = set, folder = named.parent_path();
  std::vector<std::string> paths;
  const auto unseen = base::walk(folder.empty() ? "." : folder, false, [&](const auto& entry) {
    const auto name = parse_shard_name(entry.path().filename().string());
    if (name && name->set == named.filename() && name->count != count)
      paths.push_back((folder / entry.path().filename()).string());
    return true;
  });
  if (unseen.count > 0)
    base::fail(base::ExitCode::data, unseen.in_words(), "; shards of an older set may be there");
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace data
