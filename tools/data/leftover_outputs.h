// Finds files of an earlier conversion that readers would take together with the new ones.
#pragma once
#include <set>
#include <string>
#include <vector>

namespace tools {

// The shards of earlier calls with `--to-records PREFIX` and another number of shards.
class OlderShards {
 public:
  OlderShards(const std::string& prefix, int shards);

  // Throws Error(usage) if one of them is among `inputs` or holds no records, or if there are any
  // and `overwrite` is false.
  void check(const std::vector<std::string>& inputs, bool overwrite) const;
  // Removes them and returns their number. Call it when the new shards are whole but do not have
  // their names yet, so that there never are shards of two sets. Throws Error(data) if one cannot
  // be removed.
  size_t remove() const;

 private:
  const std::string prefix_;
  const std::vector<std::string> paths_;
};

// Says how many files below `folder` have this ending and are not among `written`, which has paths
// relative to the folder: "note: out holds 3 other .xml files, such as out/a.xml; programs that
// read the folder meet them, too". Empty if there are none.
std::string other_files_in_words(const std::string& folder, const std::string& ending,
                                 const std::set<std::string>& written);

}  // namespace tools
