// Adds up the operations of steps into a table with a row per operation and shape.
#pragma once
#include <nlohmann/json.hpp>
#include <vector>

#include "benchmarks/op/op_meter.h"
#include "benchmarks/op/peaks.h"

namespace benchmarks {

struct OpRow {
  Op op;  // flop and bytes of all of them
  int count = 0;
  double seconds = 0, roofline = 0;  // of one step; roofline: the sum of each one's least
  std::vector<double> in_steps;      // seconds in each step that was timed
};

struct OpTable {
  std::vector<OpRow> rows;  // by operation and shape, slowest first
  OpRow all;
  double outside = 0;  // seconds between the operations
};

// In each row the fastest step counts.
OpTable make_table(const std::vector<TimedStep>& steps, const Peaks&);
// The same with one row per operation, whatever its shape.
OpTable by_operation(const OpTable&);

// The shares are of the time that all operations take together.
nlohmann::ordered_json to_json(const OpTable&);
void print(const OpTable&, size_t most_rows);

}  // namespace benchmarks
