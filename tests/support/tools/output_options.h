// Every option by which a program writes a file, with a call that does so.
#pragma once
#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/tools/training_run.h"

namespace tests {

inline constexpr const char* kVal = "--annotations data/annotations/instances_val.json";
inline constexpr const char* kValFile = "data/annotations/instances_val.json";
inline constexpr const char* kModel = "--checkpoint run/last.safetensors";

struct OutputOption {
  std::string program, option;
  std::string arguments;   // run in the place's folder, before the option
  std::string given;       // the option's value
  std::string written;     // one file that this writes, below w/
  std::string input;       // a file that this reads
  bool same_bytes = true;  // whether two calls write the same: times differ
};

// What the places of all tests hold: a drawn data set, a model, its detections, records.
std::vector<OutputOption> output_options();

// One data set and one model for all cases; what is written goes to w/, which is made anew.
class OutputPlace {
 public:
  OutputPlace();
  std::string at(const std::string& name) const { return place_.at(name); }
  void empty() const {
    std::filesystem::remove_all(at("w"));
    std::filesystem::create_directory(at("w"));
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
    std::filesystem::create_directories(std::filesystem::path(spot(o)).parent_path());
  }
  std::string spot(const OutputOption& o) const { return at("w/" + o.written); }

 private:
  tests::TrainingPlace place_;
};

// Something that may lie where a program would write.
struct Laid {
  const char* what;
  std::function<bool(const std::string& path)> lay;  // false where the system does not allow it
  std::function<bool(const std::string& path)> stays;
};

// A file, a hard link to `input`, a link to nothing, a pipe, a socket, and devices of the test's
// own.
std::vector<Laid> what_may_lie(const std::string& input);

}  // namespace tests
