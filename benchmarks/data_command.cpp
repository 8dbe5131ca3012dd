// `ssdbench data`: images per second from JPEG files to batches by number of threads, against the
// bare decoder on the same files, per core.
#include <fmt/core.h>

#include <ctime>

#include "benchmarks/commands.h"
#include "data/encoded_image.h"
#include "data/formats/coco.h"
#include "data/loading/loader.h"

namespace {

struct Options {
  std::string annotations, images;
  int batch = 16;
  double seconds = 4;
  std::vector<int> threads{1, 2};
  int64_t cache_mib = 0;
};

double seconds_of(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

struct Rate {
  double wall, cpu;  // images per second
};

// Calls step(), which gives a number of images, until the time is over.
template <class Step> Rate measure(double seconds, const Step& step) {
  int64_t count = 0;
  double wall = -seconds_of(CLOCK_MONOTONIC), cpu = -seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  while (wall + seconds_of(CLOCK_MONOTONIC) < seconds) count += step();
  wall += seconds_of(CLOCK_MONOTONIC), cpu += seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  return {double(count) / wall, double(count) / cpu};
}

// Passes over all files, already read, in one thread.
Rate decoder_rate(const data::Dataset& dataset, double seconds) {
  std::vector<std::vector<uint8_t>> files;
  for (const data::ImageEntry& entry : dataset.images)
    files.push_back(data::read_encoded_image(dataset, entry));
  data::Image image;
  return measure(seconds, [&] {
    for (const auto& file : files) data::decode_image_into(file, "file", {}, image);
    return int64_t(files.size());
  });
}

Rate loader_rate(const data::Dataset& dataset, const Options& o, int threads) {
  data::LoaderOptions options;
  options.batch_size = o.batch;
  options.threads = threads;
  options.sample.cache_bytes = uint64_t(o.cache_mib) << 20;
  options.sample.ground_truth.class_columns.assign(dataset.categories.size(), 1);
  data::Loader loader(dataset, options);
  // The first epoch fills buffers, and the cache when there is one.
  for (int64_t i = 0; i < loader.batches_per_epoch(); ++i) loader.next();
  return measure(o.seconds, [&] {
    loader.next();
    return int64_t(o.batch);
  });
}

void print(int threads, Rate rate, Rate bare) {
  fmt::print("{},{:.1f},{:.1f},{:.2f}\n", threads, rate.wall, rate.cpu, rate.cpu / bare.cpu);
}

void benchmark(const Options& o) {
  const data::Dataset dataset = data::load_coco(o.annotations, o.images);
  const Rate bare = decoder_rate(dataset, o.seconds);
  fmt::print("threads,images_per_second,images_per_cpu_second,of_bare_decoder\n");
  print(0, bare, bare);
  for (int threads : o.threads) print(threads, loader_rate(dataset, o, threads), bare);
}

}  // namespace

namespace benchmarks {

Command add_data_command(CLI::App& program) {
  auto o = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand("data", "Times JPEG files to batches, by threads (CSV)");
  app->add_option("--annotations", o->annotations, "COCO JSON")->required();
  app->add_option("--images", o->images, "folder of its images")->required();
  app->add_option("--batch", o->batch, "images per batch")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app->add_option("--seconds", o->seconds, "per measurement")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  app->add_option("--threads", o->threads, "numbers of threads to try: 1,2,4")
      ->delimiter(',')
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app->add_option("--cache-mib", o->cache_mib, "memory for decoded images")
      ->check(CLI::Range(0, 1 << 30))
      ->capture_default_str();
  return {app, [o] {
            benchmark(*o);
            return 0;
          }};
}

}  // namespace benchmarks
