// Sets of TFRecord shards: which files, by their names, belong together.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace data {

// What the name of a shard says: "m/t.record-00003-of-00100" is number 3 of the 100 of
// "m/t.record".
struct ShardName {
  std::string set;
  int number = 0, count = 0;
};
// Empty if the name does not end in -KKKKK-of-NNNNN, or if K is not below N.
std::optional<ShardName> parse_shard_name(const std::string& path);

struct FoundShards {
  std::vector<std::string> paths;  // in the order of the patterns, each pattern's sorted
  std::vector<std::string> notes;  // on sets of which only a part is read
};
// The shards that these paths and globs name. Throws Error(data) if a pattern matches nothing, if
// shards of one name belong to sets of different sizes, or if a glob takes a set of which a file
// does not exist. Files with other names are taken as they are.
FoundShards find_shard_sets(const std::vector<std::string>& patterns);

// The files, sorted, whose names are those of shards of `set` (such as "out/train.record") with a
// number of shards other than `count`.
std::vector<std::string> shards_of_other_counts(const std::string& set, int count);

}  // namespace data
