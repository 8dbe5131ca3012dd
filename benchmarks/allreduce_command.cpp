// `ssdbench allreduce`: how fast the ranks of a run add up a buffer, by its size.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "benchmarks/commands.h"
#include "benchmarks/machine_watch.h"
#include "benchmarks/output.h"
#include "benchmarks/times.h"
#include "engine/base/error.h"
#include "engine/collectives/rendezvous.h"
#include "tools/ranks/local_ranks.h"
#include "tools/ranks/rank_voice.h"
#include "tools/run/rank_place.h"

namespace {

using benchmarks::MachineWatch, benchmarks::Times, engine::Collectives, engine::DType,
    kernels::View;
using json = nlohmann::ordered_json;

constexpr double kTimeout = 60;  // seconds

struct Options {
  int ranks = 2, runs = 10, warmup = 2;
  std::vector<int> kib{4, 64, 1024, 16384, 65536};
  std::string dtype = "f32";
  benchmarks::OutputOptions output;
};

DType dtype_of(const Options& o) {
  return o.dtype == "f16" ? DType::f16 : o.dtype == "bf16" ? DType::bf16 : DType::f32;
}

void fill(const View& v, float value) {
  kernels::dispatch(v.dtype, [&]<class T>() { std::fill_n(v.as<T>(), v.shape.size(), T(value)); });
}

bool all_equal(const View& v, float value) {
  bool all = true;
  kernels::dispatch(v.dtype, [&]<class T>() {
    all = std::all_of(v.as<T>(), v.as<T>() + v.shape.size(),
                      [value](T x) { return float(x) == value; });
  });
  return all;
}

// Seconds of every timed run; the first runs warm up and are checked.
std::vector<double> own_seconds(const Options& o, Collectives& ranks, const View& buffer,
                                MachineWatch& watch) {
  const float mine = float(ranks.rank() % 2 + 1);  // exact in every dtype
  float sum = 0;
  for (int r = 0; r < ranks.size(); ++r) sum += float(r % 2 + 1);
  std::vector<double> seconds;
  for (int i = 0; i < o.warmup + o.runs; ++i) {
    fill(buffer, mine);
    if (ranks.rank() == 0) watch.tick();
    ranks.barrier("the start of a sum");
    const double start = benchmarks::seconds_now(false);
    ranks.sum("a buffer", buffer, {});
    if (i >= o.warmup) seconds.push_back(benchmarks::seconds_now(false) - start);
    if (i == 0 && !all_equal(buffer, sum))
      base::fail(base::ExitCode::failed, "ranks have a wrong sum of ", buffer.shape.size(),
                 " elements: this is a bug");
  }
  return seconds;
}

// A sum has ended when its slowest rank has.
Times slowest(Collectives& ranks, const std::vector<double>& own) {
  const std::string mine(reinterpret_cast<const char*>(own.data()), own.size() * sizeof(double));
  std::vector<double> all(own.size(), 0);
  for (const std::string& text : ranks.gather_bytes("times", mine)) {
    if (text.size() != mine.size())
      base::fail(base::ExitCode::usage, "the ranks were given different numbers of runs");
    std::vector<double> seconds(own.size());
    std::memcpy(seconds.data(), text.data(), text.size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = std::max(all[i], seconds[i]);
  }
  return Times(all);
}

// The bytes that a rank must send at least: those of a ring, 2 (n - 1) / n of the buffer. So rates
// of different numbers of ranks can be compared with the network's; nccl-tests computes the same.
double bus_bytes(double bytes, int ranks) { return bytes * 2 * (ranks - 1) / ranks; }

json measure(const Options& o, Collectives& ranks, int kib, MachineWatch& watch) {
  const size_t bytes = size_t(kib) << 10;
  std::vector<std::byte> memory(bytes);
  const DType dtype = dtype_of(o);
  const View buffer{memory.data(), dtype, {1, {int64_t(bytes) / kernels::size_of(dtype)}}};
  const Times t = slowest(ranks, own_seconds(o, ranks, buffer, watch));
  const double moved = 1e-9 * bus_bytes(double(bytes), ranks.size());
  return {{"what", fmt::format("{} ranks, {} KiB of {}", ranks.size(), kib, o.dtype)},
          {"bytes", bytes},
          {"seconds", t.spread(1)},
          {"bus_gb_per_second",
           {{"min", moved / t.max()}, {"median", moved / t.median()}, {"max", moved / t.min()}}}};
}

void print_row(const json& row, bool first) {
  if (first) fmt::print("{:>12} {:^29} {:^29}\n", "bytes", "ms: min median max", "bus GB/s");
  const json &s = row["seconds"], &rate = row["bus_gb_per_second"];
  const auto three = [](const json& j, double scale) {
    return fmt::format("{:9.3f} {:9.3f} {:9.3f}", scale * j["min"].get<double>(),
                       scale * j["median"].get<double>(), scale * j["max"].get<double>());
  };
  fmt::print("{:12} {} {}\n", row["bytes"].get<size_t>(), three(s, 1e3), three(rate, 1));
  std::fflush(stdout);
}

json settings(const Options& o, int ranks) {
  return {{"mode", "allreduce"}, {"device", "cpu"},  {"transport", "tcp"},
          {"ranks", ranks},      {"dtype", o.dtype}, {"runs", o.runs}};
}

benchmarks::LoggedCase logged(const Options& o, int ranks, const json& rows) {
  benchmarks::LoggedCase c{.parameters = settings(o, ranks), .figures = {}};
  for (const json& row : rows) {
    const std::string size = fmt::format("{}_bytes", row["bytes"].get<size_t>());
    c.figures.emplace_back("allreduce_" + size + "_ms",
                           1e3 * row["seconds"]["median"].get<double>());
    c.figures.emplace_back("allreduce_" + size + "_bus_gb_per_second",
                           row["bus_gb_per_second"]["median"].get<double>());
  }
  return c;
}

// What rank 0 has noticed on its machine. The work of the other ranks there is no disturbance.
benchmarks::MachineReport report(Collectives& ranks, MachineWatch& watch) {
  const std::string mine = fmt::format("{}", watch.own_seconds());
  const std::vector<std::string> all = ranks.gather_bytes("CPU times", mine);
  double helpers = 0;
  for (int r = 1; r < ranks.size(); ++r)
    if (ranks.host(r) == ranks.host(0)) helpers += std::atof(all[size_t(r)].c_str());
  return watch.report(helpers);
}

void benchmark_as(const Options& o, Collectives& ranks) {
  json rows = json::array();
  MachineWatch watch;
  for (const int kib : o.kib) {
    rows.push_back(measure(o, ranks, kib, watch));
    if (ranks.rank() == 0 && o.output.prints_table()) print_row(rows.back(), rows.size() == 1);
  }
  const benchmarks::MachineReport machine = report(ranks, watch);
  if (ranks.rank() != 0) return;
  print_notices(fmt::format("{} ranks", ranks.size()), machine);
  json result = settings(o, ranks.size());
  result["rows"] = rows;
  result["machine"] = machine.to_json();
  write_outputs(o.output, result, {logged(o, ranks.size(), rows)});
}

// This program, once for each rank, with its own arguments.
int start_ranks(int count) {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string line{std::istreambuf_iterator<char>(file), {}};
  std::vector<char*> argv;
  for (size_t at = 0; at < line.size(); at += std::strlen(line.data() + at) + 1)
    argv.push_back(line.data() + at);
  argv.push_back(nullptr);
  return tools::run_local_ranks(count, argv.data());
}

// Checks what rank 0 writes, which is locked, and how many ranks there are.
base::OutputLocks check_rank(const Options& o, bool asked, const engine::RankPlace& place) {
  base::OutputLocks locks;
  if (place.rank == 0) locks = check_outputs(o.output, {});
  if (asked && place.size != o.ranks)
    base::fail(base::ExitCode::usage, "--ranks ", o.ranks, ", but the launcher has started ",
               place.size, " ranks: leave --ranks away, or start as many");
  return locks;
}

int benchmark(const Options& o, bool asked) {
  const auto place = run::place_of_launcher([](const char* name) { return std::getenv(name); });
  if (!place) {
    // Checked here, a refusal is one line and not one for each rank. The locks are given back at
    // once, because rank 0 takes them.
    static_cast<void>(check_outputs(o.output, {}));
    return start_ranks(o.ranks);
  }
  base::OutputLocks locks;
  try {
    locks = check_rank(o, asked, *place);
  } catch (const base::Error& error) {
    return tools::end_ranks_before_meeting(*place, error);
  }
  const auto ranks =
      engine::make_tcp_collectives(engine::meet(*place, kTimeout), place->rank, kTimeout);
  return tools::run_with_ranks(*ranks, [&] {
    benchmark_as(o, *ranks);
    return 0;
  });
}

}  // namespace

namespace benchmarks {

Command add_allreduce_command(tools::Program& program) {
  auto o = std::make_shared<Options>();
  tools::Options opts =
      program.add_command("allreduce", "Times sums over ranks, on CPUs over the network");
  const tools::Option ranks =
      opts.add("--ranks", o->ranks,
               "processes to start on this machine; not needed under torchrun or mpirun")
          .between(2, 256)
          .show_default();
  opts.add("--kib", o->kib, "sizes of the buffer in KiB: 4,1024,65536")
      .comma_separated()
      .between(1, 1 << 22)
      .show_default();
  opts.add("--dtype", o->dtype, "of the buffer").show_default().one_of({"f32", "f16", "bf16"});
  opts.add("--runs", o->runs, "timed sums of each size")
      .between(kFewestRuns, kMostRuns)
      .show_default();
  opts.add("--warmup", o->warmup, "sums before the timed ones; the first is checked")
      .between(1, 1000000)
      .show_default();
  add_output_options(opts, o->output);
  return {opts, [o, ranks] { return benchmark(*o, ranks.given()); }};
}

}  // namespace benchmarks
