// `ssdbench infer`: detection with the whole SSD320, from decoded pictures or from JPEG files to
// boxes.
#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "benchmarks/commands.h"
#include "benchmarks/peak_memory.h"
#include "benchmarks/step_case.h"
#include "engine/base/error.h"
#include "engine/base/temporary_folder.h"
#include "engine/base/text.h"

namespace {

using json = nlohmann::ordered_json;

constexpr int kDrawn = 64;           // files, where the user gives none
constexpr int kOriginalSteps = 100;  // for the 99 % latency of the original's table
constexpr const char* kDecoded = "decoded";
constexpr const char* kFiles = "files";

struct Options : benchmarks::StepOptions {
  std::vector<std::string> from{kDecoded}, images;
  bool original_table = false;
};

// The files of the user, or drawn ones.
class Files {
 public:
  explicit Files(const Options& o) {
    if (!o.images.empty()) {
      for (const std::string& path : o.images) add(path);
      if (names_.empty())
        base::fail(base::ExitCode::usage, "--images: no JPEG or PNG file in ",
                   base::printable(o.images[0]));
      pictures_ = o.images[0];
    } else if (std::find(o.from.begin(), o.from.end(), kFiles) != o.from.end()) {
      folder_.emplace("ssdbench");
      names_ = benchmarks::draw_files(folder_->path().string(), kDrawn);
      pictures_ = "drawn";
    }
    given_ = !o.images.empty();
  }
  // What `from` works on, in words: "random" for decoded pictures of no files.
  std::string pictures(const std::string& from) const {
    return given_ || from == kFiles ? pictures_ : "random";
  }
  std::unique_ptr<benchmarks::Feed> feed(const Options& o, const std::string& from,
                                         benchmarks::Ssd320Run& run, int images) const {
    engine::Backend& backend = run.device().backend();
    if (from == kFiles)
      return benchmarks::file_feed(run.config(), images, names_, o.threads, o.all_steps());
    if (given_) return benchmarks::decoded_feed(backend, run.config(), images, names_, o.threads);
    return benchmarks::random_feed(backend, run.config(), images);
  }

 private:
  // A file, or the pictures in a folder.
  void add(const std::string& path) {
    std::error_code none;
    if (!std::filesystem::is_directory(path, none)) return names_.push_back(path);
    const size_t first = names_.size();
    for (const auto& entry : std::filesystem::directory_iterator(path, none))
      if (const auto ending = entry.path().extension();
          ending == ".jpg" || ending == ".jpeg" || ending == ".png")
        names_.push_back(entry.path().string());
    std::sort(names_.begin() + std::ptrdiff_t(first), names_.end());
  }

  std::optional<base::TemporaryFolder> folder_;
  std::vector<std::string> names_;
  std::string pictures_;
  bool given_ = false;
};

void print_head(const Options& o) {
  fmt::print("infer {}, {} steps of each batch size after {} of warm-up, {} time\n", o.precision,
             o.steps, o.warmup, o.cpu_time ? "CPU" : "wall");
  fmt::print("{:>5} {:8} {:^29} {:^29} {:>8} {:>11}  {}\n", "batch", "from",
             "img/s: min median max", "ms/step: min median max", "TFLOP/s", "memory, MiB",
             "latency ms: mean p50 p90 p95 p99");
}

std::string in_ms(const json& value) {
  return value.is_null() ? "-" : fmt::format("{:.2f}", value.get<double>());
}

void print_row(const json& r) {
  fmt::print("{:5} {:8} {} {} {:8.3f} {:11.0f} ", r["batch"].get<int>(),
             r["from"].get<std::string>(), benchmarks::min_median_max(r["images_per_second"]),
             benchmarks::min_median_max(r["ms_per_step"]),
             r["tflop_per_second"]["median"].get<double>(), r["device_memory_mib"].get<double>());
  for (const json& value : r["latency_ms"]) fmt::print(" {}", in_ms(value));
  fmt::print("\n");
  benchmarks::print_phases(r);
  std::fflush(stdout);
}

// The columns and definitions of the original's README: the mean of rates, and latencies of which a
// percentile lies between its neighbours.
void print_original_table(const json& rows) {
  fmt::print(
      "\n| from | batch size | throughput avg, images/s | latency avg, ms | latency 90 %, ms "
      "| latency 95 %, ms | latency 99 %, ms |\n|---|---|---|---|---|---|---|\n");
  for (const json& r : rows) {
    const json& latency = r["latency_ms"];
    fmt::print("| {} | {} | {:.2f} | {} | {} | {} | {} |\n", r["from"].get<std::string>(),
               r["batch"].get<int>(), r["images_per_second"]["mean_of_rates"].get<double>(),
               in_ms(latency["mean"]), in_ms(latency["p90"]), in_ms(latency["p95"]),
               in_ms(latency["p99"]));
  }
}

benchmarks::LoggedCase logged(const json& r) {
  const auto value = [](const json& j) {
    return j.is_null() ? std::numeric_limits<double>::quiet_NaN() : j.get<double>();
  };
  const json& latency = r["latency_ms"];
  return {.parameters = {{"mode", r["mode"]},
                         {"from", r["from"]},
                         {"batch_size", r["batch"]},
                         {"device", r["device"]},
                         {"precision", r["precision"]},
                         {"warmup_iters", r["warmup"]},
                         {"benchmark_iters", r["steps"]}},
          .figures = {{"infer_throughput", value(r["images_per_second"]["mean_of_rates"])},
                      {"eval_avg_latency", value(latency["mean"])},
                      {"eval_90%_latency", value(latency["p90"])},
                      {"eval_95%_latency", value(latency["p95"])},
                      {"eval_99%_latency", value(latency["p99"])}}};
}

void benchmark(const Options& o) {
  if (o.original_table && o.steps < kOriginalSteps)
    base::fail(base::ExitCode::usage, "--original-table has the 99 % latency, which needs --steps ",
               kOriginalSteps, " or more, not ", o.steps);
  check_outputs(o.output);
  const Files files(o);
  json rows = json::array();
  std::vector<benchmarks::LoggedCase> cases;
  for (int images : o.batches) {
    benchmarks::forget_peak_memory();
    benchmarks::Ssd320Run run(o, images);
    for (const std::string& from : o.from) {
      const auto feed = files.feed(o, from, run, images);
      rows.push_back(measure_steps(
          o, {.images = images, .from = from, .pictures = files.pictures(from)}, run, *feed));
      cases.push_back(logged(rows.back()));
      if (!o.output.prints_table()) continue;
      if (rows.size() == 1) print_head(o);
      print_row(rows.back());
    }
  }
  if (o.original_table && o.output.prints_table()) print_original_table(rows);
  if (o.output.prints_table()) say_missing_percentiles(o);
  write_outputs(o.output, {{"results", rows}}, cases);
}

}  // namespace

namespace benchmarks {

Command add_infer_command(CLI::App& program) {
  auto o = std::make_shared<Options>();
  o->mode = "infer", o->steps = 300, o->warmup = 100;
  CLI::App* app =
      program.add_subcommand("infer", "Times detection from pictures to boxes, NMS included");
  add_step_options(*app, *o);
  app->add_option("--checkpoint", o->checkpoint,
                  "a trained model; without it, SSD320 with random weights");
  app->add_option(
         "--from", o->from,
         "decoded: pictures in memory; files: JPEG files, with reading and decoding; both: "
         "decoded,files")
      ->delimiter(',')
      ->check(CLI::IsMember({kDecoded, kFiles}))
      ->capture_default_str();
  app->add_option("--images", o->images,
                  "folders and files; without it, random pictures and drawn files");
  app->add_flag("--original-table", o->original_table,
                "also the table of the original's README, by its definitions");
  return {app, [o] {
            o->settle();
            benchmark(*o);
            return 0;
          }};
}

}  // namespace benchmarks
