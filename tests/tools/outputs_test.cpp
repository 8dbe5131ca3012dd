// Every option by which a program writes a file, and everything that may lie at its place before.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "engine/base/output_locks.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/special_files.h"
#include "tests/support/tools/output_options.h"

namespace fs = std::filesystem;
using Catch::Contains;
using tests::kModel, tests::kVal, tests::kValFile, tests::Outcome, tests::output_options,
    tests::OutputOption, tests::OutputPlace, tests::text_of;

namespace {

const OutputPlace& place() {
  static const OutputPlace one;
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

TEST_CASE("outputs: two programs never write one of them at the same time") {
  for_each_option([](const OutputOption& o, const std::string& spot) {
    fs::remove_all(place().at("w"));
    const fs::path given = place().at(o.given);
    base::OutputLocks locks;
    if (given == fs::path(spot))
      locks.take_name("a test", given);
    else if (spot.starts_with(given.string() + "/"))
      locks.take_folder("a test", given);
    else
      locks.take_name("a test", given.string() + ".record");
    const Outcome outcome = place().write(o, "--overwrite");
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
    CHECK_THAT(outcome.err, Contains(o.program + ": " + o.option + ": ") &&
                                Contains(" is being written by another program"));
    CHECK_FALSE(fs::exists(spot));
  });
}

TEST_CASE("outputs: two programs never draw one data set at the same time") {
  place().empty();
  base::OutputLocks locks;
  locks.take_name("a test", place().at("w/set"));
  const Outcome outcome = place().run("ssddata", "synth w/set --train 1 --val 1");
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err ==
        "ssddata: folder: w/set is being written by another program; wait until that has ended, or "
        "choose another name\n");
  CHECK_FALSE(fs::exists(place().at("w/set")));
}

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
  const OutputPlace& p = place();
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
  const OutputPlace& p = place();
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
    const std::string got = text_of(place().at("got"));
    CHECK((o.same_bytes ? got == expected : !got.empty()));
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
  const OutputPlace& p = place();
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
    const std::string printed = p.write(there).out;
    CHECK((printed.find(expected) != printed.npos || (!o.same_bytes && !printed.empty())));
    // The file that the shell opened for standard output is not one to replace, either.
    there.given = "w/shell --overwrite > w/shell";
    const Outcome outcome = p.write(there);
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.err, Contains("where standard output goes"));
  }
}

TEST_CASE("outputs: - and ~ make no file or folder of that name") {
  const OutputPlace& p = place();
  const auto [name, given, told] = GENERATE(table<std::string, std::string, std::string>(
      {{"-", "-", "is no name for a file: write /dev/stdout"},
       {"~", "~/x", "~/x would make a folder named ~"}}));
  std::vector<OutputOption> options = output_options();
  options.push_back({"ssddata", "", "synth", "", "", ""});
  options.push_back({"ssdtrain", "--output-dir", "--config tiny.json train.steps=1", "", "", ""});
  for (OutputOption& o : options) {
    if (o.program == "ssdbench" && o.option == "--json" && given == "-") continue;  // it prints
    INFO(o.program << " " << o.option);
    o.given = "'" + given + "'";
    const Outcome outcome = p.write(o);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.err, Contains(told));
    CHECK_FALSE(fs::exists(p.at(name)));
    fs::remove_all(p.at(name));
  }
}

TEST_CASE("outputs: two options never name one file") {
  const OutputPlace& p = place();
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
  std::set<std::string> outputs{"--output", "--output-dir", "--files"};
  for (const OutputOption& o : output_options()) outputs.insert(o.option);
  std::istringstream words(
      "--help --version --device --precision --seed --split --shards --threads "
      "--overwrite --count --id --random --columns --cell --score-threshold --max "
      "--batch --json --reference-area --strict-ids --dry-run --deterministic "
      "--print-config --help-config --markdown --help-pipeline --train --val --width --height "
      "--classes --quality --min-objects --max-objects --min-size --max-size "
      "--no-images --strict --all --fraction --by --iou --agnostic --recursive --nms "
      "--opset --half --verify --python --ranks --memory-gib --json-lines "
      "--algorithm --cache-mib --conv-algorithm --cpu-time --dtype --fixed-weights --from --frozen "
      "--kib --mode --no-graph --original-table --peak-gb --peak-tflop --phases --plain-loops "
      "--rows --runs --seconds --steps --warmup --weight-gradients");
  const std::set<std::string> values{std::istream_iterator<std::string>(words), {}};
  const std::regex name(R"(--[a-z][a-z-]+)");
  const std::set<std::string> of_reading{"--exif", "--follow-links", "--no-follow-links",
                                         "--keep-grouping-class", "--leave-out-faulty"};
  size_t seen = 0;
  for (const char* command :
       {"ssdtrain", "ssdeval", "ssddetect", "ssddata check", "ssddata stats", "ssddata convert",
        "ssddata synth", "ssddata show", "ssddata split", "ssdexport", "ssdbench train",
        "ssdbench infer", "ssdbench data", "ssdbench eval", "ssdbench op", "ssdbench conv",
        "ssdbench allreduce", "ssdbench compare"}) {
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
