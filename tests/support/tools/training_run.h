// Small training jobs on drawn pictures, and what they leave behind.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/files.h"
#include "tests/support/paths.h"

namespace tests {

// A folder with drawn pictures and `tiny.json`, the configuration of a detector so small that a
// step takes milliseconds: batches of 4 on one thread, an evaluation every 4 steps of 12.
class TrainingPlace {
 public:
  explicit TrainingPlace(int train = 24, int val = 8);
  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string config() const { return at("tiny.json"); }
  // Run inside the folder: ssdtrain with these arguments.
  Outcome ssdtrain(const std::string& arguments) const;
  // ssdtrain --config tiny.json --output-dir `run` and these.
  Outcome train(const std::string& run, const std::string& more = "") const;
  // What ssdtrain() runs. `launcher`: words of a shell that start a program.
  std::string command(const std::string& arguments, const std::string& launcher = "") const;

 private:
  TemporaryFolder folder_;
};

// Starts a long run with these further arguments of ssdtrain and sends it `signals`, words of a
// shell in which $p is its process, once its third step is logged.
Outcome interrupted(const TrainingPlace&, const std::string& run, const std::string& signals,
                    const std::string& more = "");

// Bytes of every tensor of a checkpoint, by name.
std::map<std::string, std::vector<char>> tensors_of(const std::string& checkpoint);
int64_t step_of(const std::string& checkpoint);

// results.csv: rows of cells by column, without the clock's column.
using Row = std::map<std::string, std::string>;
std::vector<Row> results_of(const std::string& run);

// Changes one byte in the middle of a file, under a new inode.
void damage(const std::string& path);

}  // namespace tests
