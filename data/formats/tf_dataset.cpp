#include "data/formats/tf_dataset.h"

#include <glob.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "data/formats/tfrecord.h"
#include "engine/base/atomic_file.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/base/worker_threads.h"

namespace data {
namespace {

using base::ExitCode, base::fail;

// The content of one shard, before ids are assigned.
struct ShardContent {
  std::vector<ImageEntry> images;  // first_object counts within the shard
  std::vector<Object> objects;
  bool numeric_ids = true;
};

bool parse_id(std::string_view text, int64_t& id) {
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc() && rest == text.data() + text.size() && !text.empty();
}

// Converts normalised edges to pixels, exactly in float64. Rounding never moves the box past an
// edge of the image that the record's box does not pass.
Object object_from_edges(const TfExample& e, size_t i) {
  Object object;
  double right = double(e.xmax[i]) * double(e.width), bottom = double(e.ymax[i]) * double(e.height);
  object.x = double(e.xmin[i]) * double(e.width);
  object.y = double(e.ymin[i]) * double(e.height);
  object.width = right - object.x;
  object.height = bottom - object.y;
  while (object.x + object.width > right) object.width = std::nextafter(object.width, -INFINITY);
  while (object.y + object.height > bottom)
    object.height = std::nextafter(object.height, -INFINITY);
  object.area = object.width * object.height;
  return object;
}

class ShardScanner {
 public:
  ShardScanner(const std::string& path, int32_t shard, const LabelMap& map,
               const std::unordered_map<int64_t, int32_t>& category_of,
               const TfReadOptions& options)
      : reader_(path, options.verify),
        shard_(shard),
        map_(map),
        category_of_(category_of),
        numbers_(options.numbers),
        advice_(options.advice) {}

  ShardContent scan() {
    std::string_view payload;
    while (reader_.next(payload)) add(payload);
    return std::move(out_);
  }

 private:
  void add(std::string_view payload) {
    std::string where = base::concatenate(reader_.path(), ":", reader_.record_offset());
    TfExample example = parse_example(payload, where);
    check(example, where);
    ImageEntry image;
    image.width = static_cast<int>(example.width);
    image.height = static_cast<int>(example.height);
    image.file_name = example.filename;
    image.shard = shard_;
    image.offset = reader_.offset_of(example.encoded);
    image.bytes = example.encoded.size();
    image.first_object = static_cast<uint32_t>(out_.objects.size());
    image.object_count = static_cast<uint32_t>(example.xmin.size());
    out_.numeric_ids &= parse_id(example.source_id, image.id);
    out_.images.push_back(std::move(image));
    add_objects(example, where);
  }

  void check(const TfExample& e, const std::string& where) {
    if (e.encoded.empty()) fail(ExitCode::data, where, ": no image/encoded");
    constexpr int64_t kLongestSide = 1'000'000;
    if (e.width < 1 || e.height < 1 || e.width > kLongestSide || e.height > kLongestSide)
      fail(ExitCode::data, where, ": image of ", e.width, " x ", e.height,
           " pixels, expected image/width and image/height of 1 to 1000000");
    size_t count = e.xmin.size();
    for (size_t size : {e.xmax.size(), e.ymin.size(), e.ymax.size(), class_count(e)})
      if (size != count)
        fail(ExitCode::data, where, ": ", count, " xmin, ", e.xmax.size(), " xmax, ", e.ymin.size(),
             " ymin, ", e.ymax.size(), " ymax, ", class_count(e),
             " classes; expected as many of each");
    for (size_t size : {e.is_crowd.size(), e.area.size()})
      if (size != 0 && size != count)
        fail(ExitCode::data, where, ": ", count, " boxes, but ", e.is_crowd.size(),
             " is_crowd and ", e.area.size(), " area");
  }

  static size_t class_count(const TfExample& e) {
    return e.class_text.empty() ? e.class_label.size() : e.class_text.size();
  }

  void add_objects(const TfExample& e, const std::string& where) {
    std::vector<int64_t> classes = class_ids(e, map_);
    if (!numbers_ && e.class_text.empty() && !classes.empty())
      fail(ExitCode::data, where,
           ": the classes are numbers without names, and no label map says what they mean: ",
           advice_, " (\"coco\" stands for COCO's numbers 1 to 90)");
    for (size_t i = 0; i < classes.size(); ++i) {
      Object object = object_from_edges(e, i);
      if (!std::isfinite(object.x + object.y + object.width + object.height))
        fail(ExitCode::data, where, ": box ", i, " has NaN or infinity");
      auto category = category_of_.find(classes[i]);
      if (category == category_of_.end())
        fail(ExitCode::data, where, ": class ",
             e.class_text.empty() ? std::to_string(classes[i])
                                  : "\"" + base::printable(e.class_text[i], 100) + "\"",
             " is not in the label map; ",
             classes[i] == 0 ? "0 is the background: do the numbers of these records begin at 0?"
                             : advice_);
      object.category = category->second;
      object.crowd = !e.is_crowd.empty() && e.is_crowd[i] != 0;
      if (!e.area.empty() && std::isfinite(e.area[i])) object.area = e.area[i];
      out_.objects.push_back(object);
    }
  }

  RecordReader reader_;
  int32_t shard_;
  const LabelMap& map_;
  const std::unordered_map<int64_t, int32_t>& category_of_;
  bool numbers_;
  const std::string& advice_;
  ShardContent out_;
};

void append(Dataset& out, ShardContent& content) {
  auto first = static_cast<uint32_t>(out.objects.size());
  if (out.objects.size() + content.objects.size() > UINT32_MAX)
    fail(ExitCode::data, out.shards[0], ": over 2^32 boxes");
  for (ImageEntry& image : content.images) {
    image.first_object += first;
    out.images.push_back(std::move(image));
  }
  out.objects.insert(out.objects.end(), content.objects.begin(), content.objects.end());
  content = {};
}

void number(Dataset& out, bool numeric_ids) {
  for (size_t i = 0; i < out.objects.size(); ++i) out.objects[i].id = static_cast<int64_t>(i + 1);
  std::unordered_set<int64_t> ids;
  for (size_t i = 0; i < out.images.size(); ++i) {
    ImageEntry& image = out.images[i];
    if (!numeric_ids) image.id = static_cast<int64_t>(i + 1);
    if (!ids.insert(image.id).second)
      fail(ExitCode::data, out.shards[image.shard], ":", image.offset, ": image id ", image.id,
           " occurs again; do the shards belong to two data sets?");
  }
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
  out.shards = shards;
  out.categories = map.categories();
  std::unordered_map<int64_t, int32_t> category_of;
  for (const Category& category : out.categories)
    category_of.emplace(category.id, category_of.size());
  std::vector<ShardContent> contents(shards.size());
  base::for_each_parallel(shards.size(), options.threads, [&](size_t i) {
    contents[i] =
        ShardScanner(shards[i], static_cast<int32_t>(i), map, category_of, options).scan();
  });
  bool numeric_ids = true;
  for (ShardContent& content : contents) {
    numeric_ids &= content.numeric_ids;
    append(out, content);
  }
  number(out, numeric_ids);
  return out;
}

std::vector<std::string> find_shards(const std::string& pattern) {
  glob_t found = {};
  int status = glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> paths;
  if (status == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  std::erase_if(paths, [](const std::string& path) {
    return path.find(base::kTemporaryMark) != path.npos || path.ends_with(kLabelMapEnding);
  });
  if (paths.empty()) fail(ExitCode::data, pattern, ": no file matches; expected TFRecord shards");
  return paths;
}

}  // namespace data
