#include "data/formats/tf_example.h"

#include <protozero/pbf_message.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "engine/base/counted.h"
#include "engine/base/error.h"

namespace data {
namespace {

using protozero::pbf_reader, protozero::pbf_writer, protozero::pbf_wire_type;
constexpr size_t kMostFeatures = 10'000, kMostValues = 10'000;

// Field numbers of tensorflow/core/example: Example.features, Features.feature, the map entry, and
// Feature's three lists, each with its values in field 1.
enum Tag : protozero::pbf_tag_type {
  kFeatures = 1,
  kFeature = 1,
  kKey = 1,
  kValue = 2,
  kValues = 1
};
enum ListTag : protozero::pbf_tag_type { kBytesList = 1, kFloatList = 2, kInt64List = 3 };

std::string_view text(protozero::data_view view) { return {view.data(), view.size()}; }

// Reads the features of one message into `out`.
class ExampleParser {
 public:
  ExampleParser(TfExample& out, const std::string& where) : out_(out), where_(where) {}

  void parse(std::string_view message) {
    pbf_reader example(message.data(), message.size());
    while (example.next(kFeatures, pbf_wire_type::length_delimited)) {
      pbf_reader features = example.get_message();
      while (features.next(kFeature, pbf_wire_type::length_delimited))
        parse_entry(features.get_message());
    }
  }

 private:
  void parse_entry(pbf_reader entry) {
    if (++features_ > kMostFeatures) refuse("more than 10000 features");
    pbf_reader feature;
    name_ = {};
    while (entry.next()) {
      if (entry.tag_and_type() == protozero::tag_and_type(kKey, pbf_wire_type::length_delimited))
        name_ = text(entry.get_view());
      else if (entry.tag_and_type() ==
               protozero::tag_and_type(kValue, pbf_wire_type::length_delimited))
        feature = entry.get_message();
      else
        entry.skip();
    }
    if (feature.length() > 0) take_feature(feature);  // one without a list is as if absent
  }

  void take_feature(pbf_reader f) {
    if (name_ == "image/height")
      out_.height = integer(f);
    else if (name_ == "image/width")
      out_.width = integer(f);
    else if (name_ == "image/filename")
      out_.filename = bytes(f);
    else if (name_ == "image/source_id")
      out_.source_id = bytes(f);
    else if (name_ == "image/key/sha256")
      out_.sha256 = bytes(f);
    else if (name_ == "image/encoded")
      out_.encoded = bytes(f);
    else if (name_ == "image/format")
      out_.format = bytes(f);
    else if (name_ == "image/object/bbox/xmin")
      out_.xmin = floats(f);
    else if (name_ == "image/object/bbox/xmax")
      out_.xmax = floats(f);
    else if (name_ == "image/object/bbox/ymin")
      out_.ymin = floats(f);
    else if (name_ == "image/object/bbox/ymax")
      out_.ymax = floats(f);
    else if (name_ == "image/object/class/text")
      out_.class_text = byte_list(f);
    else if (name_ == "image/object/class/label")
      out_.class_label = integers(f);
    else if (name_ == "image/object/is_crowd")
      out_.is_crowd = integers(f);
    else if (name_ == "image/object/area")
      out_.area = floats(f);
    else if (name_ == "image/object/weight")
      out_.weight = floats(f);
  }

  // Calls take(list reader) for the list of the given type; another type is an error.
  template <class Take> void for_list(pbf_reader feature, ListTag tag, Take take) {
    while (feature.next()) {
      if (feature.tag() > kInt64List) {  // a field that only later versions know
        feature.skip();
        continue;
      }
      if (feature.wire_type() != pbf_wire_type::length_delimited) refuse("no list in ", name_);
      if (feature.tag() != tag) refuse("unexpected type of ", name_);
      pbf_reader list = feature.get_message();
      while (list.next())
        if (list.tag() == kValues)
          take(list);
        else
          list.skip();
    }
  }

  std::vector<std::string_view> byte_list(pbf_reader feature) {
    std::vector<std::string_view> values;
    for_list(feature, kBytesList, [&](pbf_reader& list) {
      if (list.wire_type() != pbf_wire_type::length_delimited) refuse("unexpected type of ", name_);
      append(values, text(list.get_view()));
    });
    return values;
  }

  std::vector<float> floats(pbf_reader feature) {
    std::vector<float> values;
    for_list(feature, kFloatList, [&](pbf_reader& list) {
      if (list.wire_type() == pbf_wire_type::fixed32) return append(values, list.get_float());
      if (list.wire_type() != pbf_wire_type::length_delimited) refuse("unexpected type of ", name_);
      for (float value : list.get_packed_float()) append(values, value);
    });
    return values;
  }

  std::vector<int64_t> integers(pbf_reader feature) {
    std::vector<int64_t> values;
    for_list(feature, kInt64List, [&](pbf_reader& list) {
      if (list.wire_type() == pbf_wire_type::varint) return append(values, list.get_int64());
      if (list.wire_type() != pbf_wire_type::length_delimited) refuse("unexpected type of ", name_);
      for (int64_t value : list.get_packed_int64()) append(values, value);
    });
    return values;
  }

  template <class T> void append(std::vector<T>& values, T value) {
    if (values.size() >= kMostValues) refuse("more than 10000 values in ", name_);
    values.push_back(value);
  }

  int64_t integer(pbf_reader feature) {
    std::vector<int64_t> values = integers(feature);
    if (values.size() != 1)
      refuse(name_, " has ", base::counted(int64_t(values.size()), "value"), ", expected 1");
    return values[0];
  }

  std::string_view bytes(pbf_reader feature) {
    std::vector<std::string_view> values = byte_list(feature);
    if (values.size() != 1)
      refuse(name_, " has ", base::counted(int64_t(values.size()), "value"), ", expected 1");
    return values[0];
  }

  template <class... What> [[noreturn]] void refuse(const What&... what) {
    base::fail(base::ExitCode::data, where_, ": ", what...);
  }

  TfExample& out_;
  const std::string& where_;
  std::string_view name_;
  size_t features_ = 0;
};

// Appends the entries of the feature map.
class ExampleWriter {
 public:
  explicit ExampleWriter(std::string& message)
      : example_(message), features_(example_, kFeatures) {}

  void bytes(const char* name, const std::vector<std::string_view>& values) {
    add(name, kBytesList, values.empty(), [&](pbf_writer& list) {
      for (std::string_view value : values) list.add_bytes(kValues, value.data(), value.size());
    });
  }
  void floats(const char* name, const std::vector<float>& values) {
    add(name, kFloatList, values.empty(),
        [&](pbf_writer& list) { list.add_packed_float(kValues, values.begin(), values.end()); });
  }
  void integers(const char* name, const std::vector<int64_t>& values) {
    add(name, kInt64List, values.empty(),
        [&](pbf_writer& list) { list.add_packed_int64(kValues, values.begin(), values.end()); });
  }

 private:
  template <class Fill> void add(const char* name, ListTag tag, bool empty, Fill fill) {
    pbf_writer entry(features_, kFeature);
    entry.add_string(kKey, name);
    pbf_writer feature(entry, kValue);
    if (empty) return feature.add_message(tag, "", 0);  // because a pbf_writer would omit the list
    pbf_writer list(feature, tag);
    fill(list);
  }

  pbf_writer example_, features_;
};

}  // namespace

TfExample parse_example(std::string_view message, const std::string& where) {
  TfExample example;
  try {
    ExampleParser(example, where).parse(message);
  } catch (const protozero::exception& error) {
    base::fail(base::ExitCode::data, where, ": damaged tf.Example: ", error.what());
  }
  return example;
}

std::string serialize_example(const TfExample& example) {
  std::string message;
  {
    ExampleWriter writer(message);
    writer.bytes("image/encoded", {example.encoded});
    writer.bytes("image/filename", {example.filename});
    writer.bytes("image/format", {example.format});
    writer.integers("image/height", {example.height});
    writer.bytes("image/key/sha256", {example.sha256});
    writer.floats("image/object/area", example.area);
    writer.floats("image/object/bbox/xmax", example.xmax);
    writer.floats("image/object/bbox/xmin", example.xmin);
    writer.floats("image/object/bbox/ymax", example.ymax);
    writer.floats("image/object/bbox/ymin", example.ymin);
    writer.bytes("image/object/class/text", example.class_text);
    writer.integers("image/object/is_crowd", example.is_crowd);
    writer.bytes("image/source_id", {example.source_id});
    writer.integers("image/width", {example.width});
  }
  return message;
}

}  // namespace data
