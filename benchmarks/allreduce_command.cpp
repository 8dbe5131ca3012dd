// `ssdbench allreduce`: how fast the ranks of a run add up a buffer, by its size. Between CPUs the
// sums go over TCP, between GPUs over NCCL.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "benchmarks/commands.h"
#include "benchmarks/equal_values.h"
#include "benchmarks/machine_watch.h"
#include "benchmarks/output.h"
#include "benchmarks/times.h"
#include "engine/base/error.h"
#include "engine/device_words.h"
#include "tools/ranks/local_ranks.h"
#include "tools/ranks/rank_meeting.h"
#include "tools/ranks/rank_voice.h"
#include "tools/run/rank_place.h"

namespace {

using benchmarks::EqualValues, benchmarks::MachineWatch, benchmarks::Times, engine::Collectives,
    engine::DType, kernels::View;
using json = nlohmann::ordered_json;

constexpr double kTimeout = 60;  // seconds

struct Options {
  int ranks = 2, runs = 10, warmup = 2;
  std::vector<int> kib{4, 64, 1024, 16384, 65536};
  std::string dtype = "f32", device = "auto";
  benchmarks::OutputOptions output;
};

DType dtype_of(const Options& o) {
  return o.dtype == "f16" ? DType::f16 : o.dtype == "bf16" ? DType::bf16 : DType::f32;
}

// What a rank adds up with the others.
struct Rank {
  engine::Backend& backend;
  Collectives& ranks;
  MachineWatch& watch;
};

// Queues the sum and waits for it, also on a GPU, where that includes the time to launch it.
double seconds_of_sum(Collectives& ranks, EqualValues& buffer) {
  ranks.barrier("the start of a sum");
  const double start = benchmarks::seconds_now(false);
  ranks.sum("a buffer", buffer.view(), buffer.queue());
  buffer.wait();
  return benchmarks::seconds_now(false) - start;
}

// Seconds of every timed run; the first runs warm up and are checked.
std::vector<double> own_seconds(const Options& o, const Rank& r, EqualValues& buffer) {
  Collectives& ranks = r.ranks;
  const float mine = float(ranks.rank() % 2 + 1);  // exact in every dtype
  float sum = 0;
  for (int r = 0; r < ranks.size(); ++r) sum += float(r % 2 + 1);
  std::vector<double> seconds;
  for (int i = 0; i < o.warmup + o.runs; ++i) {
    buffer.fill(mine);
    if (ranks.rank() == 0) r.watch.tick();
    const double took = seconds_of_sum(ranks, buffer);
    if (i >= o.warmup) seconds.push_back(took);
    if (i == 0 && ranks.intact() && !buffer.all_equal(sum))
      base::fail(base::ExitCode::failed, "ranks have a wrong sum of ", buffer.view().shape.size(),
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

json measure(const Options& o, const Rank& r, int kib) {
  const size_t bytes = size_t(kib) << 10;
  EqualValues buffer(r.backend, bytes, dtype_of(o));
  const Times t = slowest(r.ranks, own_seconds(o, r, buffer));
  const double moved = 1e-9 * bus_bytes(double(bytes), r.ranks.size());
  return {{"what", fmt::format("{} ranks, {} KiB of {}", r.ranks.size(), kib, o.dtype)},
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

bool on_gpu(engine::Backend& backend) { return backend.queue(engine::Lane::compute).gpu; }

json settings(const Options& o, const Rank& r) {
  return {{"mode", "allreduce"},
          {"device", r.backend.name()},
          {"transport", on_gpu(r.backend) ? "nccl" : "tcp"},
          {"ranks", r.ranks.size()},
          {"dtype", o.dtype},
          {"runs", o.runs}};
}

benchmarks::LoggedCase logged(const json& settings, const json& rows) {
  benchmarks::LoggedCase c{.parameters = settings, .figures = {}};
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

// Ranks on CPUs and ranks on GPUs cannot add up together.
void check_devices(Collectives& ranks, bool gpu) {
  const std::string mine = gpu ? "a GPU" : "a CPU";
  const std::vector<std::string> all = ranks.gather_bytes("kinds of device", mine);
  for (int r = 1; r < ranks.size(); ++r)
    if (all[size_t(r)] != all[0])
      base::fail(base::ExitCode::resources, rank_in_words(ranks, r), " has ", all[size_t(r)],
                 ", but rank 0 has ", all[0], ": give all ranks --device cpu, or --device cuda");
}

void benchmark_as(const Options& o, const std::string& device, Collectives& ranks) {
  const auto backend = engine::make_backend(device);
  check_devices(ranks, on_gpu(*backend));
  json rows = json::array();
  MachineWatch watch;
  const Rank rank{*backend, ranks, watch};
  for (const int kib : o.kib) {
    rows.push_back(measure(o, rank, kib));
    if (ranks.rank() == 0 && o.output.prints_table()) print_row(rows.back(), rows.size() == 1);
  }
  const benchmarks::MachineReport machine = report(ranks, watch);
  if (ranks.rank() != 0) return;
  print_notices(fmt::format("{} ranks", ranks.size()), machine);
  json result = settings(o, rank);
  const benchmarks::LoggedCase log = logged(result, rows);
  result["rows"] = rows;
  result["machine"] = machine.to_json();
  write_outputs(o.output, result, {log});
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
  std::string device;
  try {
    locks = check_rank(o, asked, *place);
    device = run::device_of_rank(o.device, *place, engine::cuda_devices());
  } catch (const base::Error& error) {
    return tools::end_ranks_before_meeting(*place, error);
  }
  const auto ranks = tools::meet_ranks(*place, kTimeout, device != "cpu");
  return tools::run_with_ranks(*ranks, [&] {
    benchmark_as(o, device, *ranks);
    return 0;
  });
}

}  // namespace

namespace benchmarks {

Command add_allreduce_command(tools::Program& program) {
  auto o = std::make_shared<Options>();
  tools::Options opts =
      program.add_command("allreduce", "Times sums over ranks, on CPUs or on GPUs");
  const tools::Option ranks =
      opts.add("--ranks", o->ranks,
               "processes to start on this machine; not needed under torchrun or mpirun")
          .between(2, 256)
          .show_default();
  opts.add("--device", o->device,
           "where each rank adds up; auto: on GPUs where there are any, one for each rank")
      .show_default()
      .one_of({engine::kDeviceWords.begin(), engine::kDeviceWords.end()});
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
