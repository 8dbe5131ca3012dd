// Every option by which a program writes a file, and everything that may lie at its place before.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/special_files.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using Catch::Contains;
using tests::Outcome, tests::text_of;

namespace {

struct OutputOption {
  std::string program, option;
  std::string arguments;  // run in the place's folder, before the option
  std::string given;      // the option's value
  std::string written;    // one file that this writes, below w/
  std::string input;      // a file that this reads
};

constexpr const char* kVal = "--annotations data/annotations/instances_val.json";
constexpr const char* kValFile = "data/annotations/instances_val.json";
constexpr const char* kModel = "--checkpoint run/last.safetensors";

// What the places of all tests hold: a drawn data set, a model, its detections, records.
std::vector<OutputOption> output_options() {
  const std::string images = " --images data/images";
  const std::string convert = std::string("convert ") + kVal + images;
  const std::string image = "data/images/000005.jpg";
  const std::string box =
      std::string(kModel) + " --score-threshold 0 --classes circle --max 1 " + image;
  return {
      {"ssddata", "--to-coco", convert, "w/out.json", "out.json", kValFile},
      {"ssddata", "--to-records", convert, "w/set", "set.record-00000-of-00001", image},
      {"ssddata", "--to-voc", convert, "w", "000005.xml", kValFile},
      {"ssddata", "--to-yolo", convert, "w", "000005.txt", kValFile},
      {"ssddata", "--to-yolo", convert, "w", "classes.txt", image},
      {"ssddata", "--to-images", convert, "w", "000005.jpg", image},
      {"ssddata", "--to-train", std::string("split ") + kVal + " --to-val /proc/self/fd/1",
       "w/t.json", "t.json", kValFile},
      {"ssddata", "--to-val", std::string("split ") + kVal + " --to-train /proc/self/fd/1",
       "w/v.json", "v.json", kValFile},
      {"ssddata", "-o", std::string("show ") + kVal + images, "w", "000000000005.jpg", image},
      {"ssddata", "-o", std::string("show ") + kVal + images, "w", "contact_sheet.jpg", kValFile},
      {"ssddata", "-o", "show --augmented tiny.json --count 2", "w", "001.jpg", "tiny.json"},
      {"ssddata", "--report", std::string("stats ") + kVal, "w/r.html", "r.html", kValFile},
      {"ssddetect", "-o", std::string(kModel) + " " + image, "w", "000005.jpg", image},
      {"ssddetect", "--json", std::string(kModel) + " --score-threshold 0.001 " + image,
       "w/found.json", "found.json", "run/last.safetensors"},
      {"ssdexport", "--onnx", kModel, "w/m.onnx", "m.onnx", "run/last.safetensors"},
      {"ssdexport", "--weights", kModel, "w/m.st", "m.st", "run/last.safetensors"},
      {"ssddetect", "--save-crops", box, "w", "circle/000005_1.jpg", image},
      {"ssddetect", "--save-txt", box, "w", "000005.txt", image},
      {"ssddetect", "--save-txt", box, "w", "classes.txt", image},
      {"ssdeval", "--save-detections", std::string(kModel) + " --threads 1", "w/d.json", "d.json",
       image},
      {"ssdeval", "--per-class", std::string(kModel) + " --threads 1", "w/c.csv", "c.csv",
       kValFile},
      {"ssdeval", "--per-class", std::string(kVal) + " --detections found.json", "w/c.csv", "c.csv",
       "found.json"},
      {"ssdeval", "--report", std::string(kModel) + " --threads 1", "w/r.html", "r.html", image},
      {"ssdeval", "--report", std::string(kVal) + images + " --detections found.json", "w/r.html",
       "r.html", "found.json"},
  };
}

// One data set and one model for all cases; what is written goes to w/, which is made anew.
class Place {
 public:
  Place() : place_(4, 2) {
    const Outcome trained = place_.train("run", "train.steps=1 eval.every_steps=0");
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
    const Outcome found = run("ssdeval", std::string(kModel) + " --save-detections found.json");
    INFO(found.err);
    REQUIRE(found.exit_code == 0);
  }
  std::string at(const std::string& name) const { return place_.at(name); }
  void empty() const {
    fs::remove_all(at("w"));
    fs::create_directory(at("w"));
  }
  Outcome run(const std::string& program, const std::string& arguments) const {
    return tests::run(fmt::format("cd {} && OMP_NUM_THREADS=1 timeout 60 {} {}", at(""),
                                  tests::program(program).string(), arguments));
  }
  Outcome write(const OutputOption& o, const std::string& more = "") const {
    return run(o.program, fmt::format("{} {} {} {}", o.arguments, o.option, o.given, more));
  }
  void empty_for(const OutputOption& o) const {
    empty();
    fs::create_directories(fs::path(spot(o)).parent_path());
  }
  std::string spot(const OutputOption& o) const { return at("w/" + o.written); }

 private:
  tests::TrainingPlace place_;
};

const Place& place() {
  static const Place one;
  return one;
}

// What lies in a folder and below it, but for folders that hold something.
std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (fs::is_symlink(entry.symlink_status()) || !entry.is_directory() ||
        fs::is_empty(entry.path()))
      names.insert(entry.path().lexically_relative(folder).string());
  return names;
}

// One line that names the option and what lies there, and nothing beside it was written.
void check_refused(const OutputOption& o, const Outcome& outcome, const std::string& because) {
  INFO(outcome.err);
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.out.empty());
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK_THAT(outcome.err, Contains(o.program + ": " + o.option + ": ") && Contains(because));
  CHECK(names_in(place().at("w")) == std::set<std::string>{o.written});
}

// Calls `lay(path)` to put something where an option is going to write, and `check` after that.
template <class Check> void for_each_option(const Check& check) {
  for (const OutputOption& o : output_options()) {
    INFO(o.program << " " << o.arguments << " " << o.option << " " << o.written);
    place().empty_for(o);
    check(o, place().spot(o));
  }
}

}  // namespace

TEST_CASE("outputs: written where nothing is, and into folders that are not there yet") {
  for_each_option([](const OutputOption& o, const std::string& spot) {
    fs::remove_all(place().at("w"));
    const Outcome outcome = place().write(o);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 0);
    CHECK(fs::file_size(spot) > 10);
    for (const std::string& name : names_in(place().at("w")))
      CHECK(name.find(".tmp.") == std::string::npos);
  });
}

TEST_CASE("outputs: a file that exists is replaced with --overwrite only") {
  for_each_option([](const OutputOption& o, const std::string& spot) {
    base::write_file(spot, std::string_view("precious"));
    check_refused(o, place().write(o), "exists; choose another name, or give --overwrite");
    CHECK(text_of(spot) == "precious");
    const Outcome outcome = place().write(o, "--overwrite");
    INFO(outcome.err);
    CHECK(outcome.exit_code == 0);
    CHECK(text_of(spot) != "precious");
  });
}

TEST_CASE("outputs: an input is never replaced, whatever its name") {
  for_each_option([](const OutputOption& o, const std::string& spot) {
    const std::string input = place().at(o.input), before = text_of(input);
    for (const bool hard : {false, true}) {
      fs::remove(spot);
      hard ? fs::create_hard_link(input, spot) : fs::create_symlink(input, spot);
      for (const char* more : {"", "--overwrite"})
        check_refused(o, place().write(o, more), "is the input ");
      CHECK(text_of(spot) == before);
      CHECK(fs::equivalent(spot, input));
    }
    fs::remove(spot);
  });
}

TEST_CASE("outputs: an input is recognised in every spelling") {
  const Place& p = place();
  p.empty();
  const std::string before = text_of(p.at(kValFile));
  for (const std::string& spelling :
       {std::string(kValFile), "./" + std::string(kValFile), "data//../" + std::string(kValFile),
        p.at(kValFile), "w/../" + std::string(kValFile)})
    for (const OutputOption& o : output_options()) {
      if (o.input != kValFile || !o.given.ends_with(o.written)) continue;
      OutputOption over = o;
      over.given = spelling;
      const Outcome outcome = p.write(over, "--overwrite");
      INFO(spelling << ": " << outcome.err);
      CHECK(outcome.exit_code == 2);
      CHECK_THAT(outcome.err, Contains("input") && Contains("never replaced"));
      CHECK(text_of(p.at(kValFile)) == before);
    }
  const std::string photo = text_of(p.at("data/images/000005.jpg"));
  for (const std::string& command :
       {"ssddetect " + std::string(kModel) + " data/images -o data/images --overwrite",
        "ssddata convert " + std::string(kVal) +
            " --images data/images --to-images data/images "
            "--overwrite"}) {
    const size_t blank = command.find(' ');
    const Outcome outcome = p.run(command.substr(0, blank), command.substr(blank));
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(text_of(p.at("data/images/000005.jpg")) == photo);
  }
}

TEST_CASE("outputs: bases of a configuration, and label maps beside shards, are inputs, too") {
  const Place& p = place();
  p.empty();
  base::write_file(p.at("w/child.json"), std::string_view(R"({"_base_": "../tiny.json"})"));
  const std::string convert = std::string("convert ") + kVal + " --images data/images ";
  REQUIRE(p.run("ssddata", convert + "--to-records w/set").exit_code == 0);
  fs::create_hard_link(p.at("tiny.json"), p.at("w/001.jpg"));
  const std::string eval = std::string(kModel) + " --config w/child.json --threads 1 ";
  for (const auto& [program, arguments, input] :
       {std::tuple("ssddata", std::string("show --augmented w/child.json --count 2 -o w"),
                   "tiny.json"),
        {"ssdeval", eval + "--per-class tiny.json", "tiny.json"},
        {"ssddata", "convert --tfrecords 'w/set.record-*' --to-coco w/set.label_map.pbtxt",
         "w/set.label_map.pbtxt"}}) {
    const std::string before = text_of(p.at(input));
    const Outcome outcome = p.run(program, arguments + " --overwrite");
    INFO(arguments << ": " << outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.err, Contains("input"));
    CHECK(text_of(p.at(input)) == before);
  }
}

TEST_CASE("outputs: a device is written in place, a link to one likewise") {
  for_each_option([](const OutputOption& o, const std::string& spot) {
    if (!tests::make_device(spot)) return;
    const Outcome direct = place().write(o);
    INFO(direct.err);
    CHECK(direct.exit_code == 0);
    CHECK(fs::is_character_file(fs::symlink_status(spot)));
    const std::string device = place().at("device");
    fs::rename(spot, device);
    place().empty_for(o);
    fs::create_symlink(device, spot);
    const Outcome linked = place().write(o);
    INFO(linked.err);
    CHECK(linked.exit_code == 0);
    CHECK(fs::is_symlink(fs::symlink_status(spot)));
    CHECK(fs::is_character_file(fs::symlink_status(device)));
    fs::remove(device);
  });
}

TEST_CASE("outputs: a pipe gets the bytes that a file would get") {
  for_each_option([](const OutputOption& o, const std::string& spot) {
    REQUIRE(place().write(o).exit_code == 0);
    const std::string expected = text_of(spot);
    place().empty_for(o);
    tests::make_pipe(spot);
    const Outcome outcome = tests::run(fmt::format(
        "cd {} && (timeout 60 cat {} > got & OMP_NUM_THREADS=1 timeout 60 {} {} {} {}; "
        "status=$?; wait; exit $status)",
        place().at(""), spot, tests::program(o.program).string(), o.arguments, o.option, o.given));
    INFO(outcome.err);
    CHECK(outcome.exit_code == 0);
    CHECK(fs::is_fifo(fs::symlink_status(spot)));
    CHECK(text_of(place().at("got")) == expected);
  });
}

TEST_CASE("outputs: a link to a file is replaced with --overwrite, and the file stays") {
  for_each_option([](const OutputOption& o, const std::string& spot) {
    const std::string target = place().at("target");
    base::write_file(target, std::string_view("precious"));
    fs::create_symlink(target, spot);
    check_refused(o, place().write(o), "exists");
    REQUIRE(place().write(o, "--overwrite").exit_code == 0);
    CHECK(text_of(target) == "precious");
    CHECK(fs::is_regular_file(fs::symlink_status(spot)));
    fs::remove(target);
  });
}

TEST_CASE("outputs: folders, sockets, disks and links to nothing are refused") {
  for_each_option([](const OutputOption& o, const std::string& spot) {
    const auto refused = [&](const char* what) {
      for (const char* more : {"", "--overwrite"}) check_refused(o, place().write(o, more), what);
      fs::remove_all(spot);
    };
    fs::create_directory(spot);
    refused("is a folder");
    tests::make_socket(spot);
    refused("is a socket");
    fs::create_symlink("nowhere", spot);
    refused("link that leads to no file");
    if (tests::make_block_device(spot)) refused("is a block device");
  });
}

TEST_CASE("outputs: standard output is written to, and never replaced") {
  const Place& p = place();
  for (const OutputOption& o : output_options()) {
    if (!o.given.ends_with(o.written)) continue;  // a folder of files
    INFO(o.program << " " << o.option);
    p.empty();
    OutputOption there = o;
    there.given = "w/plain";
    REQUIRE(p.write(there).exit_code == 0);
    const std::string expected = text_of(p.at("w/plain"));
    // Not /dev/stdout: a fault would replace the machine's own.
    there.given = "/proc/self/fd/1";
    CHECK_THAT(p.write(there).out, Contains(expected));
    // The file that the shell opened for standard output is not one to replace, either.
    there.given = "w/shell --overwrite > w/shell";
    const Outcome outcome = p.write(there);
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.err, Contains("where standard output goes"));
  }
}

TEST_CASE("outputs: two options never name one file") {
  const Place& p = place();
  p.empty();
  const std::string convert = std::string("convert ") + kVal + " --images data/images ";
  for (const auto& [program, arguments, code] :
       {std::tuple("ssdeval", std::string(kModel) + " --per-class w/x --save-detections w/./x", 2),
        {"ssddetect", std::string(kModel) + " data/images -o w --json w/000001.jpg", 2},
        {"ssddata", convert + "--to-coco w/classes.txt --to-yolo w", 2},
        {"ssddata", convert + "--to-coco w/000005.jpg/a.json --to-images w", 2}}) {
    const Outcome outcome = p.run(program, arguments);
    INFO(arguments << ": " << outcome.err);
    CHECK(outcome.exit_code == code);
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
    CHECK(fs::is_empty(p.at("w")));
  }
}

TEST_CASE("outputs: every option that takes a file or folder is known here") {
  // Inputs; tests/tools/pipes_test.cpp has them one by one.
  const std::set<std::string> inputs{
      "--annotations", "--tfrecords", "--records",      "--voc",    "--yolo",         "--images",
      "--names",       "--label-map", "--checkpoint",   "--config", "--resume",       "--init-from",
      "--detections",  "--augmented", "--ground-truth", "--watch",  "--from-pipeline"};
  std::set<std::string> outputs{"--output", "--output-dir"};
  for (const OutputOption& o : output_options()) outputs.insert(o.option);
  std::istringstream words(
      "--help --version --device --precision --seed --split --shards --threads "
      "--overwrite --count --id --random --columns --cell --score-threshold --max "
      "--batch --json --reference-area --strict-ids --dry-run --deterministic "
      "--print-config --help-config --markdown --help-pipeline --train --val --width --height "
      "--classes --quality --min-objects --max-objects --min-size --max-size "
      "--no-images --strict --all --fraction --by --iou --agnostic --recursive --nms "
      "--opset --half --verify --python --ranks --memory-gib --json-lines");
  const std::set<std::string> values{std::istream_iterator<std::string>(words), {}};
  const std::regex name(R"(--[a-z][a-z-]+)");
  const std::set<std::string> of_reading{"--exif", "--follow-links", "--no-follow-links",
                                         "--keep-grouping-class"};
  size_t seen = 0;
  for (const char* command :
       {"ssdtrain", "ssdeval", "ssddetect", "ssddata check", "ssddata stats", "ssddata convert",
        "ssddata synth", "ssddata show", "ssddata split", "ssdexport"}) {
    const std::string words = command;
    const Outcome help =
        tests::run(tests::program(words.substr(0, words.find(' '))).string() +
                   (words.find(' ') < words.size() ? words.substr(words.find(' ')) : "") + " -h");
    for (std::sregex_iterator at(help.out.begin(), help.out.end(), name), end; at != end; ++at) {
      INFO(command << ": " << at->str() << " is in none of the lists of this test");
      CHECK((inputs.contains(at->str()) || outputs.contains(at->str()) ||
             values.contains(at->str()) || of_reading.contains(at->str())));
      ++seen;
    }
  }
  CHECK(seen > 80);
}
