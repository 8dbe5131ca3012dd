// Images per second from JPEG files to batches by number of threads, against the bare decoder on
// the same files, per core.
//   loader_benchmark ANNOTATIONS IMAGE_FOLDER [--batch 16] [--seconds 4] [--threads 1 2]
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <ctime>

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

}  // namespace

int main(int count, char** arguments) {
  Options o;
  CLI::App app("Images per second of the loader");
  app.add_option("annotations", o.annotations, "COCO JSON")->required();
  app.add_option("images", o.images, "folder of its images")->required();
  app.add_option("--batch", o.batch, "images per batch");
  app.add_option("--seconds", o.seconds, "per measurement");
  app.add_option("--threads", o.threads, "numbers of threads to try");
  app.add_option("--cache-mib", o.cache_mib, "memory for decoded images");
  CLI11_PARSE(app, count, arguments);
  try {
    data::Dataset dataset = data::load_coco(o.annotations, o.images);
    Rate bare = decoder_rate(dataset, o.seconds);
    fmt::print("threads,images_per_second,images_per_cpu_second,of_bare_decoder\n");
    print(0, bare, bare);
    for (int threads : o.threads) print(threads, loader_rate(dataset, o, threads), bare);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
