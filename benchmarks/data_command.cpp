// `ssdbench data`: images per second from JPEG files to batches by number of threads, against the
// bare decoder on the same files, per core.
#include <fmt/core.h>

#include "benchmarks/commands.h"
#include "benchmarks/machine_watch.h"
#include "benchmarks/output.h"
#include "benchmarks/times.h"
#include "data/encoded_image.h"
#include "data/formats/coco.h"
#include "data/formats/source_files.h"
#include "data/loading/loader.h"
#include "tools/config/shared_limits.h"

namespace {

using benchmarks::Times, benchmarks::seconds_now;
using json = nlohmann::ordered_json;

struct Options {
  std::string annotations, images;
  int batch = 16, runs = 5;
  double seconds = 1;
  std::vector<int> threads{1, 2};
  int64_t cache_mib = 0;
  benchmarks::OutputOptions output;
};

struct Spread {
  Times wall, cpu;  // seconds per image
};

// In each run, calls step(), which gives a number of images, until its time is over.
template <class Step> Spread measure(const Options& o, const Step& step) {
  std::vector<double> wall, cpu;
  for (int i = 0; i < o.runs; ++i) {
    const double start = seconds_now(false), cpu_start = seconds_now(true);
    int64_t count = 0;
    do count += step();
    while (seconds_now(false) - start < o.seconds);
    wall.push_back((seconds_now(false) - start) / double(count));
    cpu.push_back((seconds_now(true) - cpu_start) / double(count));
  }
  return {Times(std::move(wall)), Times(std::move(cpu))};
}

// Passes over all files, already read, in one thread.
Spread bare_decoder(const data::Dataset& dataset, const Options& o) {
  std::vector<std::vector<uint8_t>> files;
  for (const data::ImageEntry& entry : dataset.images)
    files.push_back(data::read_encoded_image(dataset, entry));
  data::Picture image;
  size_t at = 0;
  return measure(o, [&] {
    data::decode_image_into(files[at++ % files.size()], "file", {}, image);
    return int64_t(1);
  });
}

Spread loader(const data::Dataset& dataset, const Options& o, int threads) {
  data::LoaderOptions options;
  options.batch_size = o.batch;
  options.batch_key = "--batch";
  options.threads = threads;
  options.sample.cache_bytes = uint64_t(o.cache_mib) << 20;
  options.sample.ground_truth.class_columns.assign(dataset.categories.size(), 1);
  data::Loader loader(dataset, options);
  // The first epoch fills buffers, and the cache when there is one.
  for (int64_t i = 0; i < loader.batches_per_epoch(); ++i) loader.next();
  return measure(o, [&] {
    loader.next();
    return int64_t(o.batch);
  });
}

json rates(const Times& t) {
  return {{"min", 1 / t.max()}, {"median", 1 / t.median()}, {"max", 1 / t.min()}};
}

// `threads` is 0 for the bare decoder.
json to_json(int threads, const Spread& s, const Spread& bare) {
  return {{"what", threads == 0 ? "bare decoder" : "loader"},
          {"threads", threads == 0 ? 1 : threads},
          {"images_per_second", rates(s.wall)},
          {"images_per_cpu_second", rates(s.cpu)},
          {"ms_per_image", s.wall.spread(1e3)},
          {"of_bare_decoder", bare.cpu.median() / s.cpu.median()}};
}

json measure_all(const data::Dataset& dataset, const Options& o) {
  const Spread bare = bare_decoder(dataset, o);
  json rows{to_json(0, bare, bare)};
  for (int threads : o.threads) rows.push_back(to_json(threads, loader(dataset, o, threads), bare));
  return rows;
}

std::string three(const json& j) {
  return fmt::format("{:8.1f} {:8.1f} {:8.1f}", j["min"].get<double>(), j["median"].get<double>(),
                     j["max"].get<double>());
}

void print(const json& rows, const Options& o) {
  fmt::print("{} runs of {} s, batch {}\n{:12} {:>7} {:^26} {:^26} {:>15}\n", o.runs, o.seconds,
             o.batch, "", "threads", "images/s: min median max", "images/s of a core",
             "of bare decoder");
  for (const json& r : rows)
    fmt::print("{:12} {:7} {} {} {:15.2f}\n", r["what"].get<std::string>(), r["threads"].get<int>(),
               three(r["images_per_second"]), three(r["images_per_cpu_second"]),
               r["of_bare_decoder"].get<double>());
}

void benchmark(const Options& o) {
  data::Dataset dataset = data::load_coco(o.annotations, o.images);
  dataset.source = o.annotations;
  const base::OutputLocks locks =
      check_outputs(o.output, data::files_of({.annotations = o.annotations}, dataset));
  benchmarks::MachineWatch watch;
  json result{{"mode", "data"},
              {"pictures", o.annotations},
              {"batch", o.batch},
              {"runs", o.runs},
              {"cache_mib", o.cache_mib}};
  result["results"] = measure_all(dataset, o);
  const benchmarks::MachineReport machine = watch.report();
  result["machine"] = machine.to_json();
  if (o.output.prints_table()) print(result["results"], o);
  benchmarks::print_notices("data", machine);
  benchmarks::LoggedCase logged{.parameters = {{"mode", "data"}, {"batch_size", o.batch}}};
  for (const json& r : result["results"])
    logged.figures.emplace_back(fmt::format("{}_{}_threads_throughput",
                                            r["what"].get<std::string>(), r["threads"].get<int>()),
                                r["images_per_second"]["median"].get<double>());
  write_outputs(o.output, result, {logged});
}

}  // namespace

namespace benchmarks {

Command add_data_command(tools::Program& program) {
  auto o = std::make_shared<Options>();
  tools::Options opts = program.add_command("data", "Times JPEG files to batches, by threads");
  opts.add("--annotations FILE", o->annotations, "COCO JSON").required();
  opts.add("--images DIR", o->images, "folder of its images").required();
  opts.add("--batch", o->batch, "images per batch")
      .whole_within(config::limits::batch_size)
      .show_default();
  opts.add("--runs", o->runs, "timed runs of everything")
      .between(kFewestRuns, kMostRuns, kWhyNotFewer)
      .show_default();
  opts.add("--seconds", o->seconds, "least seconds of a run").between(0.01, 3600.0).show_default();
  opts.add("--threads", o->threads, "numbers of threads to try: 1,2,4")
      .comma_separated()
      .between(1, 4096)
      .show_default();
  opts.add("--cache-mib", o->cache_mib, "MiB of memory for decoded images")
      .between(0, 1 << 30)
      .show_default();
  add_output_options(opts, o->output);
  return {opts, [o] {
            benchmark(*o);
            return 0;
          }};
}

}  // namespace benchmarks
