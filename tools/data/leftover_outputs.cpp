#include "tools/data/leftover_outputs.h"

#include <algorithm>
#include <filesystem>

#include "data/formats/shard_sets.h"
#include "data/formats/tf_dataset.h"
#include "data/formats/tfrecord.h"
#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/base/file_kind.h"
#include "engine/base/folder_walk.h"
#include "engine/base/output_guard.h"
#include "engine/base/text.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;

constexpr const char* kOption = "--to-records";

// A file without any record is the shard of a set of few images.
bool holds_records(const std::string& path) {
  if (base::look_at(path).kind != base::FileKind::regular) return false;
  try {
    std::string_view payload;
    data::RecordReader(path, false).next(payload);
    return true;
  } catch (const base::Error&) {
    return false;
  }
}

}  // namespace

OlderShards::OlderShards(const std::string& prefix, int shards)
    : prefix_(prefix),
      paths_(prefix.empty() ? std::vector<std::string>()
                            : data::shards_of_other_counts(prefix + data::kRecordEnding, shards)) {}

void OlderShards::check(const std::vector<std::string>& inputs, bool overwrite) const {
  if (paths_.empty()) return;
  base::OutputGuard guard(true);
  for (const std::string& path : paths_) guard.add(kOption, path);
  guard.check(inputs);
  const std::string first = base::printable(paths_.front());
  if (!overwrite)
    fail(ExitCode::usage, kOption, ": ", first,
         paths_.size() > 1 ? base::concatenate(" and ", paths_.size() - 1, " more") : "", " exist",
         paths_.size() > 1 ? "" : "s", ", of a set of another number of shards; readers of ",
         base::printable(prefix_ + data::kRecordEnding),
         "-* would meet both sets: choose another name, or give --overwrite to remove the old one");
  for (const std::string& path : paths_)
    if (!holds_records(path))
      fail(ExitCode::usage, kOption, ": ", base::printable(path),
           " has the name of a shard of this set but holds no TFRecord records, so it is not "
           "removed; move it away, or choose another name");
}

size_t OlderShards::remove() const {
  base::remove_files(paths_);
  return paths_.size();
}

std::string other_files_in_words(const std::string& folder, const std::string& ending,
                                 const std::set<std::string>& written) {
  std::vector<std::string> others;
  const auto unseen = base::walk(folder, true, [&](const fs::directory_entry& entry) {
    if (const fs::path& path = entry.path(); path.extension() == ending)
      if (!written.contains(path.lexically_relative(folder).string()))
        others.push_back(path.string());
    return true;
  });
  const std::string not_seen = unseen.count > 0 ? "; " + unseen.in_words() : "";
  if (others.empty())
    return unseen.count == 0 ? ""
                             : "note: " + unseen.in_words() + "; whether other " + ending +
                                   " files are there is not known";
  const bool one = others.size() == 1;
  return base::concatenate("note: ", base::printable(folder), " holds ", others.size(), " other ",
                           ending, one ? " file, " : " files, such as ",
                           base::printable(*std::min_element(others.begin(), others.end())),
                           "; programs that read the folder meet ", one ? "it" : "them", ", too",
                           not_seen);
}

}  // namespace tools
