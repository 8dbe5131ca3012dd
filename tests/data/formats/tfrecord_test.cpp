// Record files: framing, messages, and whole data sets, with damage of every kind.
#include "data/formats/tfrecord.h"
#include "tests/support/catch.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <protozero/pbf_writer.hpp>

#include "data/encoded_image.h"
#include "data/formats/tf_dataset.h"
#include "data/image/image_file.h"
#include "data/sha256.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/record_crc.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"

using Catch::Contains;
using data::Dataset;

namespace {

std::string hex(std::string_view digits) {
  std::string bytes;
  for (size_t i = 0; i < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  return bytes;
}

std::string framed(std::string_view payload, uint64_t length) {
  std::string out(reinterpret_cast<const char*>(&length), 8);
  auto add_crc = [&out](std::string_view of) {
    uint32_t crc = base::record_crc(of);
    out.append(reinterpret_cast<const char*>(&crc), 4);
  };
  add_crc(std::string(out));
  out += payload;
  add_crc(payload);
  return out;
}
std::string framed(std::string_view payload) { return framed(payload, payload.size()); }

// The payloads of a file with these bytes; throws as the reader does.
std::vector<std::string> read_records(const std::string& bytes) {
  tests::TemporaryFolder folder;
  std::string path = (folder.path() / "r").string();
  std::ofstream(path, std::ios::binary) << bytes;
  data::RecordReader reader(path);
  std::vector<std::string> out;
  for (std::string_view payload; reader.next(payload);) out.emplace_back(payload);
  return out;
}

data::TfExample small_example() {
  data::TfExample e;
  e.height = 48, e.width = 64;
  e.filename = "a.jpg", e.source_id = "7", e.sha256 = "00", e.encoded = "\xff\xd8\xff",
  e.format = "jpeg";
  e.xmin = {0.25f, 0}, e.xmax = {0.75f, 1}, e.ymin = {0, 0.5f}, e.ymax = {0.5f, 1};
  e.class_text = {"cat", "dog"};
  e.is_crowd = {0, 1};
  e.area = {12.5f, 3};
  return e;
}

// An Example message with one feature whose value bytes are `feature`.
std::string message_of(const std::string& name, const std::string& feature) {
  std::string message;
  protozero::pbf_writer example(message);
  protozero::pbf_writer features(example, 1);
  protozero::pbf_writer entry(features, 1);
  entry.add_string(1, name);
  entry.add_message(2, feature);
  return message;
}

// A data set of three JPEG files in `folder`.
Dataset three_images(const tests::TemporaryFolder& folder) {
  Dataset d;
  d.image_folder = folder.path().string();
  d.categories = {{1, "person"}, {90, "toothbrush"}};
  for (int i = 0; i < 3; ++i) {
    data::ImageEntry image{.id = 100 + i, .width = 37 + i, .height = 21};
    image.file_name = fmt::format("{}.jpg", i);
    image.first_object = static_cast<uint32_t>(d.objects.size());
    data::write_image(folder.path() / image.file_name, tests::picture(image.width, image.height));
    for (int k = 0; k < i; ++k)
      d.objects.push_back({.id = 10 * i + k,
                           .category = k,
                           .crowd = k == 1,
                           .x = 1.5 + k,
                           .y = 2,
                           .width = 7,
                           .height = 3.25,
                           .area = 11});
    image.object_count = static_cast<uint32_t>(i);
    d.images.push_back(image);
  }
  return d;
}

}  // namespace

TEST_CASE("CRC-32C and SHA-256 give their published values") {
  // RFC 3720, B.4.
  std::string zeros(32, '\0'), ones(32, '\xff'), up(32, 0), down(32, 0);
  for (int i = 0; i < 32; ++i) up[i] = static_cast<char>(i), down[i] = static_cast<char>(31 - i);
  for (auto [bytes, crc] :
       {std::pair(zeros, 0x8a9136aau), std::pair(ones, 0x62a8ab43u), std::pair(up, 0x46dd794eu),
        std::pair(down, 0x113fdb5cu), std::pair(std::string("123456789"), 0xe3069283u),
        std::pair(std::string(), 0u)}) {
    CHECK(base::crc32c(bytes) == crc);
  }
  // FIPS 180-4 examples.
  CHECK(data::sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(data::sha256_hex("abc") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(data::sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(data::sha256_hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// The library cuts what it is given into blocks of up to kilobytes.
TEST_CASE("CRC-32C takes the bytes that it is given, at every length and alignment") {
  constexpr uint32_t kReversedPolynomial = 0x82f63b78;
  std::string bytes(5000, 0);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * i * 31 + 7);
  for (size_t start = 0; start < 9; ++start) {
    uint32_t crc = ~0u;
    for (size_t size = 0; start + size < bytes.size(); ++size) {
      REQUIRE(base::crc32c({bytes.data() + start, size}) == ~crc);
      crc ^= static_cast<uint8_t>(bytes[start + size]);
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? kReversedPolynomial : 0);
    }
  }
}

TEST_CASE("records come back as written, also empty ones") {
  tests::TemporaryFolder folder;
  std::string path = (folder.path() / "r").string();
  {
    data::RecordWriter writer(path);
    writer.add("one");
    writer.add("");
    writer.add(std::string(100'000, 'x'));
    CHECK_FALSE(std::filesystem::exists(path));
    writer.finish();
  }
  auto bytes = base::read_file(path, 1 << 20);
  auto records = read_records(std::string(bytes.begin(), bytes.end()));
  REQUIRE(records.size() == 3);
  CHECK(records[0] == "one");
  CHECK(records[1].empty());
  CHECK(records[2] == std::string(100'000, 'x'));
  CHECK(read_records("").empty());
  { data::RecordWriter unfinished((folder.path() / "u").string()); }
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("framing is TensorFlow's") {
  // What tf.io.TFRecordWriter (2.21) writes for the payload "abc".
  std::string bytes = hex("0300000000000000b099490e6162636e57f121");
  CHECK(read_records(bytes) == std::vector<std::string>{"abc"});
  CHECK(framed("abc") == bytes);
}

TEST_CASE("a file cut off at any byte gives its whole records, then an error") {
  std::string bytes = framed("first") + framed("second record");
  size_t border = framed("first").size();
  for (size_t size = 1; size < bytes.size(); ++size) {
    INFO(size);
    if (size == border) {
      CHECK(read_records(bytes.substr(0, size)).size() == 1);
    } else {
      CHECK_THROWS_WITH(
          read_records(bytes.substr(0, size)),
          Contains(size < border ? "/r:0: truncated" : fmt::format("/r:{}: truncated", border)));
    }
  }
}

TEST_CASE("any flipped bit is found") {
  std::string bytes = framed("payload");
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    INFO(bit);
    CHECK_THROWS_WITH(read_records(damaged), Contains("corrupted record"));
  }
}

TEST_CASE("lengths lie, even with good checksums") {
  for (uint64_t length :
       {uint64_t{4}, uint64_t{1} << 20, (uint64_t{1} << 30), (uint64_t{1} << 30) + 1,
        uint64_t{1} << 63, UINT64_MAX - 16, UINT64_MAX - 15, UINT64_MAX - 3, UINT64_MAX}) {
    INFO(length);
    CHECK_THROWS_AS(read_records(framed("abc", length)), base::Error);
  }
  CHECK_THROWS_WITH(read_records(framed("abc", UINT64_MAX)), Contains("expected at most 1 GiB"));
}

TEST_CASE("examples come back as written") {
  data::TfExample e = small_example();
  std::string message = data::serialize_example(e);
  data::TfExample back = data::parse_example(message, "m");
  CHECK(back.height == 48);
  CHECK(back.width == 64);
  CHECK((back.filename == e.filename && back.source_id == e.source_id && back.sha256 == e.sha256));
  CHECK((back.encoded == e.encoded && back.format == e.format));
  CHECK((back.xmin == e.xmin && back.xmax == e.xmax && back.ymin == e.ymin && back.ymax == e.ymax));
  CHECK((back.class_text == e.class_text && back.is_crowd == e.is_crowd && back.area == e.area));
  CHECK((back.class_label.empty() && back.weight.empty()));
}

TEST_CASE("an example without objects still has all features") {
  data::TfExample e = small_example();
  e.xmin = e.xmax = e.ymin = e.ymax = e.area = {};
  e.class_text = {};
  e.is_crowd = {};
  std::string message = data::serialize_example(e);
  // Key, then a value of two bytes that is an empty list of the right kind.
  CHECK(message.find("image/object/area" + hex("12021200")) != std::string::npos);
  CHECK(message.find("image/object/class/text" + hex("12020a00")) != std::string::npos);
  CHECK(message.find("image/object/is_crowd" + hex("12021a00")) != std::string::npos);
  CHECK(data::parse_example(message, "m").xmin.empty());
}

TEST_CASE("numbers may be packed or not, keys in any order, unknown ones are skipped") {
  std::string unpacked, list;
  protozero::pbf_writer values(list);
  values.add_float(1, 0.5f);
  values.add_float(1, 0.25f);
  protozero::pbf_writer(unpacked).add_message(2, list);
  CHECK(data::parse_example(message_of("image/object/area", unpacked), "m").area ==
        std::vector<float>{0.5f, 0.25f});
  CHECK(data::parse_example(message_of("some/thing", unpacked), "m").area.empty());
  CHECK(data::parse_example("", "m").width == 0);
}

TEST_CASE("a feature without a list is as if absent, and kinds of later versions are skipped") {
  CHECK(data::parse_example(message_of("image/width", ""), "m").width == 0);
  CHECK(data::parse_example(message_of("image/filename", ""), "m").filename.empty());
  std::string feature, list;
  protozero::pbf_writer(list).add_int64(1, 7);
  protozero::pbf_writer writer(feature);
  writer.add_uint32(9, 1);
  writer.add_message(3, list);
  CHECK(data::parse_example(message_of("image/width", feature), "m").width == 7);
}

TEST_CASE("a message cut off or damaged anywhere never does harm") {
  std::string message = data::serialize_example(small_example());
  int refused = 0;
  for (size_t size = 0; size < message.size(); ++size) {
    try {
      data::parse_example(std::string(message.substr(0, size)), "m");
    } catch (const base::Error& error) {
      ++refused;
      CHECK(error.code() == base::ExitCode::data);
    }
  }
  CHECK(refused > static_cast<int>(message.size()) * 9 / 10);
  for (size_t at = 0; at < message.size(); ++at)
    for (int value : {0x00, 0x7f, 0x80, 0xff}) {
      std::string damaged = message;
      damaged[at] = static_cast<char>(value);
      try {
        data::parse_example(damaged, "m");
      } catch (const base::Error&) {
      }
    }
}

TEST_CASE("messages over the limits are refused") {
  std::string list, feature;
  protozero::pbf_writer(list).add_string(1, std::string(10'001, '\1'));
  protozero::pbf_writer(feature).add_message(3, list);
  CHECK_THROWS_WITH(data::parse_example(message_of("image/object/is_crowd", feature), "m"),
                    Contains("more than 10000 values"));
  CHECK_THROWS_WITH(data::parse_example(message_of("image/object/area", feature), "m"),
                    Contains("unexpected type of image/object/area"));
  CHECK_THROWS_WITH(data::parse_example(message_of("image/width", feature), "m"),
                    Contains("values"));
  CHECK_THROWS_WITH(
      data::parse_example(message_of("image/object/area", hex("1203") + hex("0a0101")), "m"),
      Contains("damaged tf.Example"));
  std::string many, features;
  for (int i = 0; i <= 10'000; ++i) protozero::pbf_writer(features).add_message(1, std::string());
  protozero::pbf_writer(many).add_message(1, features);
  CHECK_THROWS_WITH(data::parse_example(many, "m"), Contains("more than 10000 features"));
}

TEST_CASE("a data set survives the way through shards") {
  tests::TemporaryFolder folder;
  Dataset d = three_images(folder);
  std::string prefix = (folder.path() / "coco_train").string();
  data::TfWriteReport report = data::write_tfrecords(d, prefix, 2);
  CHECK(report.images == 3);
  CHECK(report.boxes == 3);
  CHECK(report.dropped_boxes == 0);
  CHECK(data::shard_name("coco_train", 0, 100) == "coco_train.record-00000-of-00100");
  auto shards = data::find_shards(prefix + "*");
  REQUIRE(shards ==
          std::vector<std::string>{data::shard_name(prefix, 0, 2), data::shard_name(prefix, 1, 2)});
  Dataset back = data::load_tfrecords(shards, data::coco_label_map());
  REQUIRE(back.images.size() == 3);
  // Images 0 and 2 went to the first shard.
  const int order[] = {0, 2, 1};
  for (int i = 0; i < 3; ++i) {
    const data::ImageEntry &a = d.images[order[i]], &b = back.images[i];
    CHECK(
        (a.id == b.id && a.width == b.width && a.height == b.height && a.file_name == b.file_name));
    CHECK(data::read_encoded_image(d, a) == data::read_encoded_image(back, b));
    auto x = d.objects_of(a), y = back.objects_of(b);
    REQUIRE(x.size() == y.size());
    for (size_t k = 0; k < x.size(); ++k) {
      CHECK(d.categories[x[k].category].name == back.categories[y[k].category].name);
      CHECK(x[k].crowd == y[k].crowd);
      CHECK(x[k].area == y[k].area);
      for (auto side :
           {&data::Object::x, &data::Object::y, &data::Object::width, &data::Object::height})
        CHECK(x[k].*side == Approx(y[k].*side).margin(1e-5));
    }
  }
}

TEST_CASE(
    "boxes past the border or without area are not written; at the border they stay, and stay "
    "inside") {
  tests::TemporaryFolder folder;
  Dataset d = three_images(folder);
  d.images.resize(1);
  d.images[0].first_object = 0;
  double w = d.images[0].width, h = d.images[0].height;
  d.objects = {};
  auto add = [&](double x, double y, double width, double height) {
    d.objects.push_back({.id = 1, .x = x, .y = y, .width = width, .height = height});
  };
  add(0, 0, w, h), add(0.3, 0.7, w - 0.3, h - 0.7), add(-2, -2, 4, 4);     // written
  add(0, 0, 0, 5), add(0, 0, 5, -1), add(1, 0, w, 5), add(0, 1e-9, 5, h);  // not
  d.images[0].object_count = static_cast<uint32_t>(d.objects.size());
  std::string prefix = (folder.path() / "x").string();
  data::TfWriteReport report = data::write_tfrecords(d, prefix, 1);
  CHECK(report.boxes == 3);
  CHECK(report.dropped_boxes == 4);
  Dataset back = data::load_tfrecords({data::shard_name(prefix, 0, 1)}, data::coco_label_map());
  REQUIRE(back.objects.size() == 3);
  for (const data::Object& o : back.objects) {
    CHECK(o.x + o.width <= w);
    CHECK(o.y + o.height <= h);
  }
  data::write_tfrecords(back, prefix + "2", 1);
  Dataset again =
      data::load_tfrecords({data::shard_name(prefix + "2", 0, 1)}, data::coco_label_map());
  CHECK(again.objects.size() == 3);
}

TEST_CASE("records that make no data set are refused by place") {
  tests::TemporaryFolder folder;
  std::string path = (folder.path() / "r").string();
  auto load = [&](const data::TfExample& e) {
    std::ofstream(path, std::ios::binary) << framed(data::serialize_example(e));
    return data::load_tfrecords({path}, data::coco_label_map());
  };
  data::TfExample e = small_example();
  CHECK(load(e).objects.size() == 2);
  CHECK(load(e).images[0].id == 7);
  e.source_id = "abc";
  CHECK(load(e).images[0].id == 1);
  e.class_text = {"cat", "gnu"};
  CHECK_THROWS_WITH(load(e), Contains(path + ":0: class \"gnu\" is not in the label map"));
  e.class_text = {"cat"};
  CHECK_THROWS_WITH(load(e), Contains("expected as many of each"));
  e = small_example(), e.area = {1};
  CHECK_THROWS_WITH(load(e), Contains("1 area"));
  e = small_example(), e.xmax[0] = NAN;
  CHECK_THROWS_WITH(load(e), Contains("NaN"));
  e = small_example(), e.width = 0;
  CHECK_THROWS_WITH(load(e), Contains("image of 0 x 48"));
  e = small_example(), e.encoded = "";
  CHECK_THROWS_WITH(load(e), Contains("no image/encoded"));
  std::string good = framed(data::serialize_example(small_example()));
  std::ofstream(path, std::ios::binary) << good << good;
  CHECK_THROWS_WITH(data::load_tfrecords({path}, data::coco_label_map()),
                    Contains("image id 7 occurs again"));
  CHECK_THROWS_WITH(data::find_shards(path + "x*"), Contains("no file matches"));
}
