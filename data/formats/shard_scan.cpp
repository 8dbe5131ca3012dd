#include "data/formats/shard_scan.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "data/formats/tfrecord.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
namespace {

using base::ExitCode, base::fail;

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

// Counts boxes that lie many sides of their images away. One may be a fault; nearly all are pixels.
class PixelBoxes {
 public:
  void add(const TfExample& e, const std::string& where) {
    constexpr float kMostSides = 3;
    boxes_ += int64_t(e.xmin.size());
    for (size_t i = 0; i < e.xmin.size(); ++i) {
      if (!(e.xmin[i] > kMostSides && e.ymin[i] > kMostSides)) continue;
      if (far_++ == 0)
        first_ =
            base::concatenate(where, ": box ", i, ": xmin ", e.xmin[i], " and ymin ", e.ymin[i]);
    }
  }
  void refuse() const {
    if (far_ > 0 && far_ * 10 >= boxes_ * 9)
      fail(ExitCode::data, first_, ", and ", far_, " of ", base::counted(boxes_, "box"),
           " are like it, expected 0 to 1: edges are divided by the image's sides; are these "
           "pixels?");
  }

 private:
  int64_t boxes_ = 0, far_ = 0;
  std::string first_;
};

class ShardScanner {
 public:
  ShardScanner(const std::string& path, int32_t shard, const LabelMap& map,
               const std::unordered_map<int64_t, int32_t>& category_of,
               const TfReadOptions& options)
      : reader_(path, options.verify),
        shard_(shard),
        map_(map),
        category_of_(category_of),
        options_(options),
        problems_(options.problems ? &out_.problems : nullptr) {}

  ShardContent scan() {
    std::string_view payload;
    while (next(payload)) {
      const std::string where = base::concatenate(reader_.path(), ":", reader_.record_offset());
      take_or_report(problems_, ProblemKind::bad_record, where, [&] { add(payload, where); });
    }
    take_or_report(problems_, ProblemKind::bad_record, reader_.path(), [&] { pixels_.refuse(); });
    return std::move(out_);
  }

 private:
  // The next record that can be read. Behind a damaged length, the file has none.
  bool next(std::string_view& payload) {
    for (bool found = false;;) {
      const uint64_t at = reader_.next_offset();
      const std::string where = base::concatenate(reader_.path(), ":", at);
      if (take_or_report(problems_, ProblemKind::bad_record, where,
                         [&] { found = reader_.next(payload); }))
        return found;
      if (reader_.next_offset() == at) return false;
    }
  }

  void add(std::string_view payload, const std::string& where) {
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
    const std::vector<Object> objects = objects_of(example, where);
    out_.numeric_ids &= parse_id(example.source_id, image.id);
    out_.images.push_back(std::move(image));
    out_.objects.insert(out_.objects.end(), objects.begin(), objects.end());
    count_contradictions(example, where);
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
    pixels_.add(e, where);
    for (size_t size : {e.is_crowd.size(), e.area.size()})
      if (size != 0 && size != count)
        fail(ExitCode::data, where, ": ", base::counted(int64_t(count), "box"), ", but ",
             e.is_crowd.size(), " is_crowd and ", e.area.size(), " area");
    for (size_t i = 0; i < e.is_crowd.size(); ++i)
      if (e.is_crowd[i] != 0 && e.is_crowd[i] != 1)
        fail(ExitCode::data, where, ": box ", i, ": is_crowd is ", e.is_crowd[i],
             ", expected 0 or 1");
  }

  static size_t class_count(const TfExample& e) {
    return e.class_text.empty() ? e.class_label.size() : e.class_text.size();
  }

  std::vector<Object> objects_of(const TfExample& e, const std::string& where) const {
    const std::vector<int64_t> classes = class_ids(e, map_);
    if (!options_.numbers && e.class_text.empty() && !classes.empty())
      fail(ExitCode::data, where,
           ": the classes are numbers without names, and no label map says what they mean: ",
           options_.advice, " (\"coco\" stands for COCO's numbers 1 to 90)");
    std::vector<Object> objects;
    for (size_t i = 0; i < classes.size(); ++i) {
      Object object = object_from_edges(e, i);
      if (!std::isfinite(object.x + object.y + object.width + object.height))
        fail(ExitCode::data, where, ": box ", i, " has NaN or infinity");
      auto category = category_of_.find(classes[i]);
      if (category == category_of_.end()) refuse_class(e, i, classes[i], where);
      object.category = category->second;
      object.crowd = !e.is_crowd.empty() && e.is_crowd[i] != 0;
      if (!e.area.empty() && std::isfinite(e.area[i])) object.area = e.area[i];
      objects.push_back(object);
    }
    return objects;
  }

  [[noreturn]] void refuse_class(const TfExample& e, size_t i, int64_t number,
                                 const std::string& where) const {
    fail(ExitCode::data, where, ": class ",
         e.class_text.empty() ? std::to_string(number)
                              : "\"" + base::printable_name(e.class_text[i]) + "\"",
         " is not in the label map; ",
         number == 0 ? "0 is the background: do the numbers of these records begin at 0?"
                     : options_.advice);
  }

  // The original reads the name. A number means something only if the map belongs to the records.
  void count_contradictions(const TfExample& e, const std::string& where) {
    if (!options_.numbers || e.class_text.empty() || e.class_label.empty()) return;
    if (e.class_label.size() != e.class_text.size()) {
      const size_t names = e.class_text.size(), numbers = e.class_label.size();
      return add_contradiction(where, int64_t(names),
                               "the record has " + base::counted(int64_t(names), "class name") +
                                   ", but " + base::counted(int64_t(numbers), "class number"));
    }
    for (size_t i = 0; i < e.class_label.size(); ++i) {
      if (map_.lookup(e.class_text[i]) == e.class_label[i]) continue;
      const auto other = category_of_.find(e.class_label[i]);
      add_contradiction(
          where, 1,
          base::concatenate(
              "box ", i, " is named \"", base::printable_name(e.class_text[i]),
              "\", but has the number ", e.class_label[i],
              other == category_of_.end()
                  ? ", which the label map lacks"
                  : base::concatenate(" of \"", base::printable_name(name_of(other->first)),
                                      "\"")));
    }
  }

  void add_contradiction(const std::string& where, int64_t boxes, const std::string& text) {
    if (problems_) problems_->add(problem_at(ProblemKind::contradictory_class, where, text));
    if (out_.contradictions == 0) out_.first_contradiction = where + ": " + text;
    out_.contradictions += boxes;
  }

  std::string name_of(int64_t id) const {
    for (const Label& label : map_.labels())
      if (label.id == id) return label.display_name.empty() ? label.name : label.display_name;
    return {};
  }

  RecordReader reader_;
  int32_t shard_;
  const LabelMap& map_;
  const std::unordered_map<int64_t, int32_t>& category_of_;
  const TfReadOptions& options_;
  ShardContent out_;
  Problems* problems_;  // null: the first one is an error
  PixelBoxes pixels_;
};

}  // namespace

ShardContent scan_shard(const std::string& path, int32_t shard, const LabelMap& map,
                        const std::unordered_map<int64_t, int32_t>& category_of,
                        const TfReadOptions& options) {
  return ShardScanner(path, shard, map, category_of, options).scan();
}

}  // namespace data
