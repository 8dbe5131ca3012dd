#include "benchmarks/feeds.h"

#include <fmt/format.h>

#include <cstring>

#include "benchmarks/random_batch.h"
#include "data/image/image_file.h"
#include "data/loading/loader.h"
#include "data/synthetic/shapes.h"
#include "engine/base/error.h"
#include "engine/base/ranges.h"
#include "tools/run/image_batches.h"
#include "tools/run/run_options.h"

namespace benchmarks {
namespace {

constexpr size_t kMostDecoded = size_t(1) << 30;  // bytes of pictures that lie decoded

class RandomFeed : public Feed {
 public:
  RandomFeed(engine::Backend& backend, const config::RunConfig& config, int images)
      : batch_(backend, images, config.data.sample.max_boxes, config.model.options) {}
  const data::Batch& next() override { return batch_.get(); }

 private:
  RandomBatch batch_;
};

// The files in turn, from the first on again after the last one.
std::vector<std::string> in_turn(const std::vector<std::string>& files, size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(files[i % files.size()]);
  return names;
}

run::ImageBatchOptions batch_options(const config::RunConfig& config, int images, int threads) {
  const model::DetectorOptions& o = config.model.options;
  return {.batch_size = images,
          .max_boxes = config.data.sample.max_boxes,
          .input = {o.height, o.width},
          .threads = threads};
}

const data::Batch& readable(const run::ImageBatch* batch) {
  SSD_CHECK(batch, "a feed ended before the run");
  for (const std::string& problem : batch->problems)
    if (!problem.empty()) base::fail(base::ExitCode::data, problem);
  return batch->batch;
}

class FileFeed : public Feed {
 public:
  FileFeed(const std::vector<std::string>& files, const run::ImageBatchOptions& options)
      : batches_(files, options) {}
  const data::Batch& next() override {
    base::Range range("data wait");
    return readable(batches_.next());
  }

 private:
  run::ImageBatches batches_;
};

class DecodedFeed : public Feed {
 public:
  DecodedFeed(engine::Backend& backend, const config::RunConfig& config, int images,
              const std::vector<std::string>& files, int threads) {
    const model::DetectorOptions& o = config.model.options;
    const size_t bytes = size_t(images) * size_t(kernels::slot_bytes(o.height, o.width));
    const size_t whole = (files.size() + size_t(images) - 1) / size_t(images);
    const size_t count = std::clamp<size_t>(kMostDecoded / bytes, 1, whole);
    run::ImageBatches batches(in_turn(files, count * size_t(images)),
                              batch_options(config, images, threads));
    for (size_t i = 0; i < count; ++i) {
      batches_.push_back(readable(batches.next()));
      data::Batch& kept = batches_.back();
      memory_.push_back(
          std::make_unique<engine::Memory>(backend, bytes, engine::MemoryKind::pinned));
      std::memcpy(memory_.back()->data(), kept.pixels.data(), bytes);
      kept.pixels = {static_cast<uint8_t*>(memory_.back()->data()), bytes};
    }
  }
  const data::Batch& next() override { return batches_[at_++ % batches_.size()]; }

 private:
  std::vector<std::unique_ptr<engine::Memory>> memory_;
  std::vector<data::Batch> batches_;
  size_t at_ = 0;
};

class TrainingFeed : public Feed {
 public:
  TrainingFeed(engine::Backend& backend, const config::RunConfig& config,
               const data::Dataset& dataset)
      : options_(run::training_loader(
            config, dataset,
            run::ClassList(dataset, config::ClassColumns::by_id, config.model.options.classes))),
        pixels_(backend, options_.pixel_bytes(), engine::MemoryKind::pinned) {
    options_.batch_key = "--batch";
    options_.pixels = {static_cast<uint8_t*>(pixels_.data()), pixels_.bytes()};
    loader_ = std::make_unique<data::Loader>(dataset, options_);
  }
  const data::Batch& next() override {
    base::Range range("data wait");
    return *loader_->next();
  }

 private:
  data::LoaderOptions options_;
  engine::Memory pixels_;
  std::unique_ptr<data::Loader> loader_;
};

}  // namespace

std::unique_ptr<Feed> random_feed(engine::Backend& backend, const config::RunConfig& config,
                                  int images) {
  return std::make_unique<RandomFeed>(backend, config, images);
}

std::unique_ptr<Feed> decoded_feed(engine::Backend& backend, const config::RunConfig& config,
                                   int images, const std::vector<std::string>& files, int threads) {
  return std::make_unique<DecodedFeed>(backend, config, images, files, threads);
}

std::unique_ptr<Feed> file_feed(const config::RunConfig& config, int images,
                                const std::vector<std::string>& files, int threads, int batches) {
  return std::make_unique<FileFeed>(in_turn(files, size_t(images) * size_t(batches)),
                                    batch_options(config, images, threads));
}

std::unique_ptr<Feed> training_feed(engine::Backend& backend, const config::RunConfig& config,
                                    const data::Dataset& dataset) {
  return std::make_unique<TrainingFeed>(backend, config, dataset);
}

std::vector<std::string> draw_files(const std::string& folder, int count) {
  data::SceneOptions options{.width = 640, .height = 480};
  std::vector<std::string> files;
  for (int i = 0; i < count; ++i) {
    files.push_back(fmt::format("{}/{:03}.jpg", folder, i));
    data::write_image(files.back(), data::draw_scene(options, uint64_t(i)).image);
  }
  return files;
}

}  // namespace benchmarks
