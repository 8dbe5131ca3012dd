// The times in a file that a command of ssdbench wrote with --json.
#pragma once
#include <map>
#include <set>
#include <string>
#include <utility>

namespace benchmarks {

// Quartiles of the times of a row, in seconds; they rise.
struct Quartiles {
  double p25 = 0, median = 0, p75 = 0;
};

// By the case that was timed, in words, and the number of the row among those of its case, from 1.
using ResultRows = std::map<std::pair<std::string, int>, Quartiles>;

struct ResultFile {
  ResultRows rows;
  std::map<std::string, std::set<std::string>> settings;  // of all rows, by name
  std::set<std::string> notices;  // what disturbed the measurement, in words
  std::string cpu, version;       // of the machine and the program; empty if not told
};

// Reads a file of at most 4 MiB. Throws Error(data) if it is no result of ssdbench.
ResultFile read_result_file(const std::string& path);

}  // namespace benchmarks
