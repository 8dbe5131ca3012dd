// `ssdbench infer`: detection with the whole SSD320, from decoded pictures or from JPEG files to
// boxes.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "benchmarks/commands.h"
#include "benchmarks/step_case.h"
#include "engine/base/error.h"
#include "engine/base/temporary_folder.h"
#include "engine/base/text.h"
#include "tools/image_files.h"

namespace {

using json = nlohmann::ordered_json;

constexpr int kDrawn = 64;           // files, where the user gives none
constexpr int kOriginalSteps = 100;  // for the 99 % latency of the original's table
constexpr const char* kDecoded = "decoded";
constexpr const char* kFiles = "files";

struct Options : benchmarks::StepOptions {
  std::vector<std::string> from{kDecoded}, images;
  bool recursive = false, original_table = false;
};

// The files of the user, or drawn ones.
class Files {
 public:
  explicit Files(const Options& o) : options_(o), given_(!o.images.empty()) {
    if (given_) {
      find();
      pictures_ = o.images[0];
    } else if (std::find(o.from.begin(), o.from.end(), kFiles) != o.from.end()) {
      folder_.emplace("ssdbench");
      names_ = benchmarks::draw_files(folder_->path().string(), kDrawn);
      pictures_ = "drawn";
    }
  }
  const std::vector<std::string>& names() const { return names_; }

  benchmarks::StepSource source(const std::string& from) const {
    // What it works on, in words: "random" for decoded pictures of no files.
    return {from, given_ || from == kFiles ? pictures_ : "random",
            [this, from](benchmarks::Ssd320Run& run) { return feed(from, run); }};
  }

 private:
  // As ssddetect does.
  void find() {
    tools::PathLines list(STDIN_FILENO, tools::kStandardInput);
    const tools::FoundImages found = tools::find_images(options_.images, options_.recursive, list);
    const std::string left_out = tools::left_out_in_words(found);
    if (found.files.empty())
      base::fail(base::ExitCode::usage, "--images: no JPEG or PNG file in ",
                 base::printable(options_.images[0]),
                 left_out.empty() ? "" : "; left out: ", left_out);
    if (!left_out.empty()) fmt::print(stderr, "ssdbench: left out: {}\n", left_out);
    for (const std::string& note : {tools::empty_in_words(found), tools::repeated_in_words(found)})
      if (!note.empty()) fmt::print(stderr, "ssdbench: {}\n", note);
    names_ = found.files;
  }

  std::unique_ptr<benchmarks::Feed> feed(const std::string& from,
                                         benchmarks::Ssd320Run& run) const {
    engine::Backend& backend = run.device().backend();
    const config::RunConfig& config = run.config();
    const int images = config.train.batch_size, threads = options_.threads;
    if (from == kFiles)
      return benchmarks::file_feed(config, images, names_, threads, options_.all_steps());
    if (given_) return benchmarks::decoded_feed(backend, config, images, names_, threads);
    return benchmarks::random_feed(backend, config, images);
  }

  const Options& options_;
  const bool given_;
  std::optional<base::TemporaryFolder> folder_;
  std::vector<std::string> names_;
  std::string pictures_;
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

logs::NamedValues figures(const json& r) {
  const auto value = [](const json& j) {
    return j.is_null() ? std::numeric_limits<double>::quiet_NaN() : j.get<double>();
  };
  const json& latency = r["latency_ms"];
  return {{"infer_throughput", value(r["images_per_second"]["mean_of_rates"])},
          {"eval_avg_latency", value(latency["mean"])},
          {"eval_90%_latency", value(latency["p90"])},
          {"eval_95%_latency", value(latency["p95"])},
          {"eval_99%_latency", value(latency["p99"])}};
}

void print_foot(const Options& o, const json& rows) {
  if (o.original_table) print_original_table(rows);
}

void benchmark(const Options& o) {
  if (o.original_table && o.steps < kOriginalSteps)
    base::fail(base::ExitCode::usage, "--original-table has the 99 % latency, which needs --steps ",
               kOriginalSteps, " or more, not ", o.steps);
  if (o.original_table && !o.output.prints_table())
    base::fail(base::ExitCode::usage,
               "--original-table is printed with the other table, in whose "
               "place --json prints JSON: give --json a file");
  const Files files(o);
  std::vector<std::string> inputs = o.inputs();
  for (const std::string& name : files.names()) inputs.push_back(name);
  const base::OutputLocks locks = check_outputs(o.output, inputs);
  std::vector<benchmarks::StepSource> sources;
  for (const std::string& from : o.from) sources.push_back(files.source(from));
  benchmark_steps(o, sources,
                  {.head = [&o] { print_head(o); },
                   .row = print_row,
                   .foot = [&o](const json& rows) { print_foot(o, rows); },
                   .figures = figures});
  say_missing_percentiles(o);
}

}  // namespace

namespace benchmarks {

Command add_infer_command(tools::Program& program) {
  auto o = std::make_shared<Options>();
  o->mode = "infer", o->steps = 300, o->warmup = 100;
  tools::Options opts =
      program.add_command("infer", "Times detection from pictures to boxes, NMS included");
  add_step_options(opts, *o);
  opts.add("--from", o->from,
           "decoded: pictures in memory; files: JPEG files, with reading and decoding; both: "
           "decoded,files")
      .comma_separated()
      .each_of({kDecoded, kFiles})
      .show_default();
  const tools::Option images =
      opts.add("--images FILE|DIR|-", o->images,
               "JPEG and PNG files, folders of them, or - for a list on standard input; "
               "without it, random pictures and drawn files");
  opts.add("--recursive", o->recursive, "take the images below the folders, too").needs(images);
  opts.add("--original-table", o->original_table,
           "also the table of the original's README, by its definitions");
  return {opts, [o] {
            o->settle();
            benchmark(*o);
            return 0;
          }};
}

}  // namespace benchmarks
