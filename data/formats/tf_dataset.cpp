#include "data/formats/tf_dataset.h"

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "data/formats/shard_scan.h"
#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/base/start_folder.h"
#include "engine/base/worker_threads.h"

namespace data {
namespace {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;

void append(Dataset& out, ShardContent& content) {
  auto first = static_cast<uint32_t>(out.objects.size());
  if (out.objects.size() + content.objects.size() > UINT32_MAX)
    fail(ExitCode::data, out.shards[0], ": over 2^32 boxes");
  for (ImageEntry& image : content.images) {
    image.first_object += first;
    out.images.push_back(std::move(image));
  }
  out.objects.insert(out.objects.end(), content.objects.begin(), content.objects.end());
  content = ShardContent();
}

void number(Dataset& out, bool numeric_ids, Problems* problems) {
  for (size_t i = 0; i < out.objects.size(); ++i) out.objects[i].id = static_cast<int64_t>(i + 1);
  std::unordered_set<int64_t> ids;
  for (size_t i = 0; i < out.images.size(); ++i) {
    ImageEntry& image = out.images[i];
    if (!numeric_ids) image.id = static_cast<int64_t>(i + 1);
    if (!ids.insert(image.id).second)
      report(problems, ProblemKind::duplicate_image_id,
             base::concatenate(out.shards[image.shard], ":", image.offset),
             base::concatenate("image id ", image.id,
                               " occurs again; do the shards belong to two data sets?"));
  }
}

void tell_contradictions(Dataset& out, const std::vector<ShardContent>& contents) {
  int64_t count = 0, boxes = 0;
  std::string first;
  for (const ShardContent& content : contents) {
    if (first.empty()) first = content.first_contradiction;
    count += content.contradictions;
    boxes += int64_t(content.objects.size());
  }
  if (count > 0)
    out.notes.push_back(base::concatenate(count, " of ", boxes,
                                          " boxes have no class number that fits their name, and "
                                          "the names count; the first: ",
                                          first, "; is the label map that of these records?"));
}

// The shards that match a pattern, sorted.
std::vector<std::string> matching(const std::string& pattern) {
  glob_t found = {};
  const int status = glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> paths;
  if (status == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  std::erase_if(paths, [](const std::string& path) {
    return path.find(base::kTemporaryMark) != path.npos || path.ends_with(kLabelMapEnding);
  });
  return paths;
}

// The pattern in which brackets and backslashes stand for themselves, as in names of files.
std::string with_plain_brackets(const std::string& pattern) {
  std::string plain;
  for (const char c : pattern) {
    if (c == '[' || c == '\\') plain += '\\';
    plain += c;
  }
  return plain;
}

}  // namespace

std::vector<int64_t> class_ids(const TfExample& example, const LabelMap& map) {
  if (example.class_text.empty()) return example.class_label;
  std::vector<int64_t> ids;
  for (std::string_view text : example.class_text) ids.push_back(map.lookup(text));
  return ids;
}

Dataset load_tfrecords(const std::vector<std::string>& shards, const LabelMap& map,
                       const TfReadOptions& options) {
  Dataset out;
  out.box_form = BoxForm::edges_in_fractions;
  out.shards = shards;
  out.categories = map.categories();
  std::unordered_map<int64_t, int32_t> category_of;
  for (const Category& category : out.categories)
    category_of.emplace(category.id, category_of.size());
  std::vector<ShardContent> contents(shards.size());
  base::for_each_parallel(shards.size(), options.threads, [&](size_t i) {
    contents[i] = scan_shard(shards[i], static_cast<int32_t>(i), map, category_of, options);
  });
  bool numeric_ids = true;
  for (ShardContent& content : contents) {
    numeric_ids &= content.numeric_ids;
    if (options.problems) options.problems->add(content.problems);
  }
  tell_contradictions(out, contents);
  for (ShardContent& content : contents) append(out, content);
  number(out, numeric_ids, options.problems);
  return out;
}

bool is_pattern(const std::string& text) { return text.find_first_of("*?[") != text.npos; }

std::vector<std::string> find_shards(const std::string& pattern) {
  if (std::error_code unknown; is_pattern(pattern) && fs::exists(pattern, unknown))
    return {pattern};
  std::vector<std::string> paths;
  if (pattern.find_first_of("[\\") != pattern.npos) paths = matching(with_plain_brackets(pattern));
  if (paths.empty()) paths = matching(pattern);
  if (paths.empty())
    fail(ExitCode::data, pattern, ": no file matches; expected TFRecord shards",
         base::start_folder_in_words(pattern));
  return paths;
}

}  // namespace data
