#include "benchmarks/op/op_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "benchmarks/times.h"

namespace benchmarks {
namespace {

using Key = std::pair<std::string, std::string>;

void add(OpRow& sum, const OpRow& row) {
  sum.count += row.count;
  sum.op.flop += row.op.flop;
  sum.op.bytes += row.op.bytes;
  sum.seconds += row.seconds;
  sum.roofline += row.roofline;
  sum.in_steps.resize(row.in_steps.size());
  for (size_t i = 0; i < row.in_steps.size(); ++i) sum.in_steps[i] += row.in_steps[i];
}

OpTable sorted(std::map<Key, OpRow> rows, double outside) {
  OpTable table{.outside = outside};
  table.all.op.name = "all";
  for (auto& [key, row] : rows) {
    std::tie(row.op.name, row.op.detail) = key;
    add(table.all, row);
    table.rows.push_back(row);
  }
  std::stable_sort(table.rows.begin(), table.rows.end(),
                   [](const OpRow& a, const OpRow& b) { return a.seconds > b.seconds; });
  return table;
}

std::map<Key, OpRow> rows_of(const TimedStep& step, const Peaks& peaks) {
  std::map<Key, OpRow> rows;
  for (const auto& [op, seconds] : step.ops)
    add(rows[{op.name, op.detail}],
        {.op = op, .count = 1, .seconds = seconds, .roofline = peaks.seconds(op.flop, op.bytes)});
  return rows;
}

void print_row(const OpRow& r, const OpRow& all, int width) {
  fmt::print("{:{}} {:4} {:10.3f} {:7.2f} {:10.2f} {:10.1f} {:8.3f} {:8.1f} {:10.3f} {:8.1f}\n",
             r.op.name + (r.op.detail.empty() ? "" : "  ") + r.op.detail, width, r.count,
             1e3 * r.seconds, 100 * r.seconds / all.seconds, 1e-9 * r.op.flop, 1e-6 * r.op.bytes,
             1e-12 * r.op.flop / r.seconds, 1e-9 * r.op.bytes / r.seconds, 1e3 * r.roofline,
             100 * r.roofline / r.seconds);
}

}  // namespace

OpTable make_table(const std::vector<TimedStep>& steps, const Peaks& peaks) {
  std::map<Key, OpRow> best;
  double outside = 1e30;
  for (const TimedStep& step : steps) {
    double inside = 0;
    for (const auto& [key, row] : rows_of(step, peaks)) {
      inside += row.seconds;
      const auto [found, absent] = best.try_emplace(key, row);
      if (!absent) found->second.seconds = std::min(found->second.seconds, row.seconds);
      found->second.in_steps.push_back(row.seconds);
    }
    outside = std::min(outside, step.seconds - inside);
  }
  return sorted(std::move(best), outside);
}

OpTable by_operation(const OpTable& table) {
  std::map<Key, OpRow> rows;
  for (const OpRow& row : table.rows) add(rows[{row.op.name, ""}], row);
  return sorted(std::move(rows), table.outside);
}

nlohmann::ordered_json to_json(const OpTable& table) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const OpRow& r : table.rows)
    rows.push_back({{"op", r.op.name},
                    {"detail", r.op.detail},
                    {"count", r.count},
                    {"ms", 1e3 * r.seconds},
                    {"ms_in_steps", Times(r.in_steps).spread(1e3)},
                    {"share_of_step", r.seconds / table.all.seconds},
                    {"gflop", 1e-9 * r.op.flop},
                    {"mb", 1e-6 * r.op.bytes},
                    {"tflop_per_second", 1e-12 * r.op.flop / r.seconds},
                    {"gb_per_second", 1e-9 * r.op.bytes / r.seconds},
                    {"roofline_ms", 1e3 * r.roofline},
                    {"share_of_roofline", r.roofline / r.seconds}});
  return rows;
}

void print(const OpTable& table, size_t most_rows) {
  size_t width = 5;
  for (const OpRow& r : table.rows)
    width = std::max(width, r.op.name.size() + 2 + r.op.detail.size());
  fmt::print("{:{}} {:>4} {:>10} {:>7} {:>10} {:>10} {:>8} {:>8} {:>10} {:>8}\n", "per step",
             int(width), "n", "ms", "% step", "GFLOP", "MB", "TFLOP/s", "GB/s", "least ms",
             "reached%");
  for (size_t i = 0; i < std::min(most_rows, table.rows.size()); ++i)
    print_row(table.rows[i], table.all, int(width));
  print_row(table.all, table.all, int(width));
}

}  // namespace benchmarks
