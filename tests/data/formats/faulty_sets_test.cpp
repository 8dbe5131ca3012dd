// Data sets with faults: the first is an error that says how to go on, and a check finds them all.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <protozero/pbf_writer.hpp>

#include "data/check/dataset_check.h"
#include "data/formats/source.h"
#include "data/formats/tf_dataset.h"
#include "data/formats/tfrecord.h"
#include "tests/support/catch.h"
#include "tests/support/failure.h"
#include "tests/support/files.h"
#include "tests/support/label_folder.h"

using Catch::Contains, Catch::EndsWith, Catch::StartsWith;
using data::Dataset, data::ProblemKind, data::Problems;
using tests::LabelFolder;
namespace fs = std::filesystem;

namespace {

std::string failure(const data::Source& source) {
  return tests::failure([&] { data::open(source); });
}

// What a check finds: the kinds with their places, in their order.
using Found = std::vector<std::pair<ProblemKind, std::string>>;
Found found_in(const data::Source& source, Dataset* loaded = nullptr) {
  Problems problems;
  const Dataset dataset = data::open(source, "--", &problems);
  if (loaded) *loaded = dataset;
  Found found;
  for (const data::Problem& p : problems.kept()) {
    INFO(p.where << ": " << p.text);
    CHECK_FALSE(p.text.empty());
    CHECK(p.text.find(p.where + ":") == p.text.npos);
    found.emplace_back(p.kind, p.where);
  }
  return found;
}

// Examples of an image with a box whose class has a name and a number. `left` is its upper edge,
// too. Of several boxes, which are equal, only the first has a number.
std::string example_of(const std::string& name, int64_t number, float right = 0.5f, int boxes = 1,
                       int64_t crowd = 0, float left = 0) {
  std::string message;
  protozero::pbf_writer example(message), features(example, 1);
  const auto add = [&](const std::string& key, int list, const auto& write) {
    protozero::pbf_writer entry(features, 1);
    entry.add_string(1, key);
    protozero::pbf_writer feature(entry, 2), values(feature, protozero::pbf_tag_type(list));
    write(values);
  };
  const auto text = [&](const std::string& key, const std::string& value) {
    add(key, 1, [&](auto& values) { values.add_bytes(1, value); });
  };
  const auto real = [&](const std::string& key, float value) {
    add(key, 2, [&](auto& values) {
      for (int i = 0; i < boxes; ++i) values.add_float(1, value);
    });
  };
  const auto whole = [&](const std::string& key, int64_t value) {
    add(key, 3, [&](auto& values) { values.add_int64(1, value); });
  };
  text("image/encoded", "\xff\xd8\xff");
  whole("image/height", 20), whole("image/width", 40);
  real("image/object/bbox/xmin", left), real("image/object/bbox/xmax", right);
  real("image/object/bbox/ymin", left), real("image/object/bbox/ymax", 0.5f);
  add("image/object/class/text", 1, [&](auto& values) {
    for (int i = 0; i < boxes; ++i) values.add_bytes(1, name);
  });
  whole("image/object/class/label", number);
  if (crowd != 0) whole("image/object/is_crowd", crowd);
  return message;
}

// The records of these examples with a label map of bolt 1 and nut 2.
data::Source records(const LabelFolder& f, const std::vector<std::string>& examples) {
  data::RecordWriter writer(f.at("r.record"));
  for (const std::string& example : examples) writer.add(example);
  writer.finish();
  f.text("r.label_map.pbtxt", "item { id: 1 name: 'bolt' } item { id: 2 name: 'nut' }");
  return {.tfrecords = {f.at("r.record")}};
}

}  // namespace

TEST_CASE("VOC: a check goes on behind files that cannot be used") {
  const LabelFolder f;
  const data::Source source = f.voc(5);
  f.text("voc/Annotations/1.xml", "<annotation>");
  f.text("voc/Annotations/2.xml", tests::voc_file({.xmin = "x"}));
  f.text("voc/Annotations/4.xml", tests::voc_file({.name = "gear"}));
  CHECK_THAT(failure(source), Contains("1.xml"));
  data::Source named = source;
  f.text("names.txt", "bolt\nnut\n");
  named.names = f.at("names.txt");
  Dataset dataset;
  const auto place = [&](int i) { return f.at(fmt::format("voc/Annotations/{}.xml", i)); };
  CHECK(found_in(named, &dataset) == Found{{ProblemKind::bad_label_file, place(1) + ":1"},
                                           {ProblemKind::bad_label_file, place(2) + ":1"},
                                           {ProblemKind::unknown_category, place(4)}});
  CHECK(dataset.images.size() == 3);
  CHECK(dataset.objects.size() == 2);
  CHECK(dataset.images[2].object_count == 0);
  CHECK_THAT(dataset.notes.at(0),
             Contains("5 XML files, 2 of them damaged and left out, 3 with a picture in ") &&
                 Contains("; 0 pictures without an XML file left out"));
}

TEST_CASE("flags of records that are neither 0 nor 1 are refused") {
  const LabelFolder f;
  CHECK(failure(records(f, {example_of("bolt", 1, 0.5f, 1, 1)})) == "no error");
  for (const int64_t bad : {-1, 2})
    CHECK_THAT(failure(records(f, {example_of("bolt", 1, 0.5f, 1, bad)})),
               Contains(fmt::format("box 0: is_crowd is {}, expected 0 or 1", bad)));
}

TEST_CASE("boxes of records in pixels are refused") {
  const LabelFolder f;
  CHECK(failure(records(f, {example_of("bolt", 1, 30)})) == "no error");  // only reaches far
  CHECK_THAT(failure(records(f, {example_of("bolt", 1, 30, 1, 0, 12)})),
             Contains("box 0: xmin 12 and ymin 12, and ") && Contains("are these pixels?"));
}

TEST_CASE("VOC: names in a list that have no file are told with their line") {
  const LabelFolder f;
  data::Source source = f.voc(3);
  const std::string list = f.at("voc/ImageSets/Main/train.txt");
  f.text("voc/ImageSets/Main/train.txt", "\xEF\xBB\xBF\n");
  CHECK(failure(source) == list + ": it lists no image, expected a name of an image per line");
  CHECK(found_in(source) == Found{{ProblemKind::bad_label_file, list}});
  f.text("voc/ImageSets/Main/train.txt", "");
  CHECK(failure(source) ==
        list + ": the file is empty (0 bytes), expected a name of an image per line");
  CHECK(found_in(source) == Found{{ProblemKind::bad_label_file, list}});
  f.text("voc/ImageSets/Main/train.txt", "0\ngone\n2 1\n0\nlost\n");
  CHECK(failure(source) == list + ":2: there is no " + f.at("voc/Annotations/gone.xml") +
                               " for this name; remove the line, or add the file");
  CHECK(found_in(source) == Found{{ProblemKind::bad_label_file, list + ":2"},
                                  {ProblemKind::bad_label_file, list + ":5"}});
  f.text("voc/ImageSets/Main/train.txt", "0\n2\n0\n");
  CHECK_THAT(data::open(source).notes.at(0),
             Contains("1 is listed again and counts as often (the first: " + list + ":3)"));
  f.text("voc/ImageSets/Main/bolt_train.txt", "0\n");
  source.split = "test";
  CHECK_THAT(failure(source),
             Contains("test.txt: there is no list of this split; the folder has train: choose"));
}

TEST_CASE("YOLO: a check goes on behind images and lines that cannot be used") {
  const LabelFolder f;
  const data::Source source = f.yolo(5);
  f.text("yolo/labels/0.txt", "0 .5 .5 .2 .2\n7 .5 .5 .2 .2\n0 .5 .5\n1 .5 .5 .2 .2\n");
  f.text("yolo/images/2.jpg", "no image");
  f.text("yolo/labels/3.txt", "\xff\xfe");
  CHECK_THAT(failure(source), Contains("0.txt:2: class 7"));
  Dataset dataset;
  CHECK(found_in(source, &dataset) ==
        Found{{ProblemKind::bad_label_file, f.at("yolo/labels/0.txt:2")},
              {ProblemKind::bad_label_file, f.at("yolo/labels/0.txt:3")},
              {ProblemKind::unreadable_image, f.at("yolo/images/2.jpg")},
              {ProblemKind::bad_label_file, f.at("yolo/labels/3.txt")}});
  // The image whose labels are all damaged is no background.
  CHECK(dataset.images.size() == 3);
  CHECK_THAT(
      dataset.notes.at(0),
      Contains(
          "5 images, 4 with a label file (0 of them empty, 2 damaged), 0 without, 1 unreadable; "
          "1 left out, since no box of the damaged label file can be read"));
  CHECK(dataset.images[0].object_count == 2);
}

TEST_CASE("YOLO: listed images that are gone, or listed again, are told with their line") {
  const LabelFolder f;
  const data::Source source = f.yolo(3);
  const std::string list = f.at("yolo/list.txt");
  f.text("yolo/data.yaml", "names: [bolt, nut]\n\ntrain: list.txt\n");
  f.text("yolo/list.txt", "images/0.jpg\nimages/gone.jpg\n./images/1.jpg\nimages/lost.jpg\n");
  CHECK(failure(source) == list + ":2: " + f.at("yolo/images/gone.jpg") +
                               " does not exist; remove the line, or add the image; so it is with "
                               "2 of the 4 images of " +
                               list);
  CHECK(found_in(source) ==
        Found{{ProblemKind::missing_file, list + ":2"}, {ProblemKind::missing_file, list + ":4"}});
  f.text("yolo/list.txt", "images/gone.jpg\n");
  CHECK(found_in(source) == Found{{ProblemKind::missing_file, list + ":1"}});
  for (const char* nothing : {"", "\n \n"}) {
    f.text("yolo/list.txt", nothing);
    CHECK_THAT(failure(source), StartsWith(list + ": the file ") &&
                                    EndsWith(", expected a path of an image per line"));
    CHECK(found_in(source) == Found{{ProblemKind::bad_label_file, list}});
  }
  fs::create_directory(f.at("yolo/none"));
  f.text("yolo/data.yaml", "names: [bolt, nut]\ntrain: none\n");
  CHECK_THAT(failure(source), StartsWith(f.at("yolo/none") + ": no .jpg, .jpeg, or .png files"));
  f.text("yolo/data.yaml", "names: [bolt, nut]\n\ntrain: list.txt\n");
  f.text("yolo/list.txt", "images/0.jpg\nimages/1.jpg\n./images/0.jpg\n");
  CHECK_THAT(data::open(source).notes.at(0),
             Contains("1 image is listed again and counts as often (the first: line 3)"));
}

TEST_CASE("YOLO: a place of another machine is told with its line and the cure") {
  const LabelFolder f;
  data::Source source = f.yolo(2);
  const std::string yaml = f.at("yolo/data.yaml");
  f.text("yolo/data.yaml", "names: [bolt, nut]\ntrain: /home/somebody/set/images\n");
  CHECK_THAT(failure(source),
             Contains(yaml + ":2: train: /home/somebody/set/images does not exist, "
                             "expected a folder of images or a list") &&
                 Contains("write it relative to " + f.at("yolo")) && Contains("set `path`"));
  const LabelFolder elsewhere;
  elsewhere.yolo(1);
  f.text("yolo/data.yaml", "names: [bolt, nut]\ntrain: " + elsewhere.at("yolo/images") + "\n");
  CHECK_THAT(failure(source), Contains(yaml + ":2: ") && Contains("is not below " + f.at("yolo")) &&
                                  Contains("set `path` in data.yaml to a folder above all images"));
  source.split = "test";
  CHECK_THAT(failure(source), Contains("no images for split \"test\", expected one of its splits: "
                                       "train"));
}

TEST_CASE("records: a check goes on behind records that cannot be used") {
  const LabelFolder f;
  const data::Source source =
      records(f, {example_of("bolt", 1), example_of("gear", 1), "no example", example_of("nut", 2),
                  example_of("bolt", 1, NAN), example_of("bolt", 1)});
  std::vector<uint64_t> at;
  {
    data::RecordReader reader(f.at("r.record"));
    for (std::string_view payload; reader.next(payload);) at.push_back(reader.record_offset());
  }
  const auto place = [&](size_t i) { return fmt::format("{}:{}", f.at("r.record"), at[i]); };
  CHECK_THAT(failure(source), Contains(place(1)));
  Dataset dataset;
  CHECK(found_in(source, &dataset) == Found{{ProblemKind::bad_record, place(1)},
                                            {ProblemKind::bad_record, place(2)},
                                            {ProblemKind::bad_record, place(4)}});
  CHECK(dataset.images.size() == 3);
  CHECK(dataset.objects.size() == 3);

  // Behind a damaged payload the next record is read, behind a damaged length nothing is.
  std::string bytes = tests::text_of(f.at("r.record"));
  bytes[at[3] + 20] ^= 1;
  tests::write_text(f.at("r.record"), bytes);
  CHECK(found_in(source, &dataset).size() == 4);
  CHECK(dataset.images.size() == 2);
  bytes[at[3]] ^= 1;
  tests::write_text(f.at("r.record"), bytes);
  CHECK(found_in(source, &dataset).back().second == place(3));
  CHECK(dataset.images.size() == 1);
}

TEST_CASE("records: a class whose name and number contradict each other is told") {
  const LabelFolder f;
  const data::Source good = records(f, {example_of("bolt", 1), example_of("nut", 2)});
  CHECK(found_in(good).empty());
  for (const std::string& note : data::open(good).notes)
    CHECK_THAT(note, !Contains("number that fits"));
  const data::Source odd =
      records(f, {example_of("bolt", 1), example_of("nut", 1), example_of("nut", 0)});
  const Found found = found_in(odd);
  REQUIRE(found.size() == 2);
  CHECK(found[0].first == ProblemKind::contradictory_class);
  const Dataset dataset = data::open(odd);
  CHECK(dataset.objects[1].category == 1);  // as in the original, the name counts
  CHECK_THAT(dataset.notes.at(0),
             StartsWith("2 of 3 boxes have no class number that fits their name") &&
                 Contains("box 0 is named \"nut\", but has the number 1 of \"bolt\""));
  const data::Source short_one =
      records(f, {example_of("bolt", 1), example_of("bolt", 1, 0.5f, 2)});
  REQUIRE(found_in(short_one).size() == 1);
  CHECK(found_in(short_one)[0].first == ProblemKind::contradictory_class);
  CHECK_THAT(data::open(short_one).notes.at(0),
             Contains("2 of 3 boxes have no class number") &&
                 Contains("the record has 2 class names, but 1 class number; "));
  // Without a map of their own, the numbers of records mean nothing.
  fs::remove(f.at("r.label_map.pbtxt"));
  const data::Source person{.tfrecords = {f.at("p.record")}};
  data::RecordWriter writer(f.at("p.record"));
  writer.add(example_of("person", 7));
  writer.finish();
  CHECK(found_in(person).empty());
}

TEST_CASE("an id that stands for two classes of a label map is told with both lines") {
  const LabelFolder f;
  data::Source source = records(f, {example_of("bolt", 1)});
  f.text("map.pbtxt",
         "item { id: 1 name: 'bolt' }\nitem { id: 2 name: 'nut' }\n"
         "item {\n id: 1\n name: 'gear'\n}\n");
  source.label_map = f.at("map.pbtxt");
  CHECK(failure(source) ==
        f.at("map.pbtxt") +
            ":6: id 1 stands for \"gear\", and in line 1 for \"bolt\"; give each "
            "class an id of its own, the one that the records use");
}

TEST_CASE("shards that are compressed are named for what they are, and damaged ones have a cure") {
  using namespace std::string_literals;
  const LabelFolder f;
  const auto told = [&](const std::string& bytes) {
    f.text("a.record", bytes);
    return failure({.tfrecords = {f.at("a.record")}});
  };
  const std::string rest(40, 'x');
  CHECK_THAT(told("\x1f\x8b\x08\0"s + rest),
             EndsWith("the file is compressed (gzip): unpack it first, as with gunzip"));
  CHECK_THAT(told("\x28\xb5\x2f\xfd"s + rest), EndsWith("compressed (zstd): unpack it first"));
  CHECK_THAT(told("PK\x03\x04"s + rest), EndsWith("compressed (zip): unpack it first"));
  for (const char* head : {"\x78\x01", "\x78\x9c", "\x78\xda", "\x58\x85"})
    CHECK_THAT(told(head + rest), EndsWith("compressed (zlib): unpack it first"));
  for (const char* head : {"\x78\x02", "\x79\x9c", "xy"})  // the check of zlib's head differs
    CHECK_THAT(told(head + rest), EndsWith("is this a TFRecord file?"));
  const std::string cure = "; copy the shard or make it again, or leave it out";
  CHECK_THAT(told("short"), EndsWith("truncated record, 5 bytes left" + cure));
}

TEST_CASE("the time of a check grows with the faulty annotations, and not with their square") {
  const LabelFolder f;
  const auto seconds = [&](int faulty) {
    std::string boxes;
    for (int i = 0; i < faulty; ++i)
      boxes += fmt::format(
          "{}{{\"id\": {}, \"image_id\": {}, \"category_id\": {}, "
          "\"bbox\": [1, 2, 3{}]}}",
          i ? ",\n" : "", i + 1, 1 + i % 2, 1 + i % 3 / 2, i % 5 ? ", 4" : "");
    f.text("a.json",
           "{\"images\": [{\"id\": 1, \"width\": 40, \"height\": 20, \"file_name\": "
           "\"a.jpg\"}], \"categories\": [{\"id\": 1, \"name\": \"bolt\"}], "
           "\"annotations\": [" +
               boxes + "]}");
    double least = 1e9;
    for (int run = 0; run < 3; ++run) {
      Problems problems;
      const std::clock_t start = std::clock();
      data::check_labels(data::open({.annotations = f.at("a.json")}, "--", &problems), problems);
      least = std::min(least, double(std::clock() - start) / CLOCKS_PER_SEC);
      CHECK(problems.count(data::Severity::error) > faulty / 2);
    }
    return least;
  };
  // Sixteen times as many take 256 times as long if the work grows with the square.
  CHECK(seconds(160'000) < 80 * std::max(seconds(10'000), 1e-3));
}
