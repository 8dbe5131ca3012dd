// Files of an earlier conversion that readers would take together with the new ones.
#pragma once
#include <set>
#include <string>
#include <vector>

namespace tools {

// The shards of an earlier `--to-records PREFIX` that were more or fewer than now.
class OlderShards {
 public:
  OlderShards(const std::string& prefix, int shards);

  // Error(usage): one of them is among `inputs` or holds no records, or there are some and
  // `overwrite` is false.
  void check(const std::vector<std::string>& inputs, bool overwrite) const;
  // Call it when the new shards are whole, before they get their names: the label map belongs to
  // one of the sets only. Returns how many were removed; Error(data) if one cannot be.
  size_t remove() const;

 private:
  const std::string prefix_;
  const std::vector<std::string> paths_;
};

// "note: out holds 3 other .xml files, such as out/a.xml; programs that read the folder meet them,
// too": those below `folder` with this ending that are not `written`, which has paths relative to
// the folder. Empty if there are none.
std::string other_files_in_words(const std::string& folder, const std::string& ending,
                                 const std::set<std::string>& written);

}  // namespace tools
