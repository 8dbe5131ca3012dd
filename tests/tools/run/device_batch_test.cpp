// Batches on a device with queues for steps and for copies, of which either may lag behind as far
// as the waits between them allow.
#include "tools/run/device_batch.h"
#include "tests/support/catch.h"

#include <deque>

#include "engine/base/error.h"
#include "tests/support/engine/bench.h"
#include "tests/support/small_pictures.h"
#include "tools/run/device.h"

using data::Batch, data::CacheUse, data::Loader, data::LoaderOptions;
using engine::Lane, engine::MemoryKind;
using kernels::Queue;
using tests::SmallPictures, tests::small_options;

namespace {

// The CPU with two queues: work of the late one waits until the other one waits for it.
class TwoQueues : public engine::Backend {
 public:
  explicit TwoQueues(Lane late) : cpu_(engine::make_cpu_backend()), late_(late) {}

  std::string name() const override { return "two queues"; }
  Queue queue(Lane lane) override { return {.stream = lane == Lane::copy ? &copy_ : &compute_}; }
  Queue branch(int) override { return queue(Lane::compute); }
  size_t free_memory() override { return cpu_->free_memory(); }
  void* allocate(size_t bytes, MemoryKind kind) override { return cpu_->allocate(bytes, kind); }
  void release(void* p, MemoryKind kind) noexcept override { cpu_->release(p, kind); }
  void copy(void* to, const void* from, size_t bytes, Queue queue) override {
    if (queue.stream == &copy_) sent += bytes;
    run(queue, [=, this] { cpu_->copy(to, from, bytes, {}); });
  }
  void wait(Queue, Queue awaited) override { synchronize(awaited); }
  void synchronize(Queue queue) override {
    if (!is_late(queue)) return;
    for (; !waiting_.empty(); waiting_.pop_front()) waiting_.front()();
  }
  std::unique_ptr<engine::ConvPlan> plan(const engine::ConvShape& s) override {
    return cpu_->plan(s);
  }
  std::function<void()> record(Queue, const std::function<void()>& work) override { return work; }

  void run(Queue queue, std::function<void()> work) {
    if (is_late(queue))
      waiting_.push_back(std::move(work));
    else
      work();
  }

  size_t sent = 0;  // bytes, in the queue for copies

 private:
  bool is_late(Queue queue) { return queue.stream == this->queue(late_).stream; }

  std::unique_ptr<engine::Backend> cpu_;
  Lane late_;
  char copy_ = 0, compute_ = 0;
  std::deque<std::function<void()>> waiting_;
};

using Images = std::vector<std::vector<float>>;  // the network's input, by step

// Batches of `options` through a DeviceBatch: as fast as the queues go.
class Feed {
 public:
  Feed(std::unique_ptr<engine::Backend> backend, const data::Dataset& dataset,
       const LoaderOptions& options)
      : device_(std::move(backend), 0.01, options.device_cache_bytes),
        batch_(device_.backend(), options.batch_size, options.sample.input.height,
               options.sample.input.width, options.sample.max_boxes, device_.image_cache()),
        loader_(dataset, options) {}

  template <class Run> Images steps(int count, const Run& run) {
    Images seen(static_cast<size_t>(count));
    for (std::vector<float>& images : seen) {
      latest_ = loader_.next();
      batch_.upload(*latest_);
      run([&] { images = input(); });
      batch_.wait_for_upload();
    }
    device_.backend().synchronize(device_.queue());
    return seen;
  }
  engine::Backend& backend() { return device_.backend(); }
  Queue queue() { return device_.queue(); }
  const Batch& latest() const { return *latest_; }

 private:
  std::vector<float> input() {
    const engine::Tensor images =
        batch_.images(device_.context({}, nullptr, true), {}, engine::DType::f32);
    const auto* first = engine::View(images).as<float>();
    return {first, first + images.shape().size()};
  }

  run::Device device_;
  run::DeviceBatch batch_;
  Loader loader_;
  const Batch* latest_ = nullptr;
};

}  // namespace

TEST_CASE("however late copies or steps are, each step sees its own batch") {
  SmallPictures pictures(12);
  pictures.add(90, 70);  // not cached
  for (uint64_t cache : {0, 1 << 20})
    for (Lane late : {Lane::copy, Lane::compute})
      for (int depth : {1, 3}) {
        INFO("cache " << cache << ", late " << int(late) << ", queue " << depth);
        LoaderOptions options = small_options(3);
        options.queue_depth = depth;
        options.device_cache_bytes = cache;
        Feed plain(engine::make_cpu_backend(), pictures.dataset, small_options(3));
        const Images expected = plain.steps(20, [](const auto& step) { step(); });
        Feed feed(std::make_unique<TwoQueues>(late), pictures.dataset, options);
        auto& queues = static_cast<TwoQueues&>(feed.backend());
        const Images seen =
            feed.steps(20, [&](const auto& step) { queues.run(feed.queue(), step); });
        CHECK((seen == expected));
      }
}

TEST_CASE("a batch may be changed as soon as its upload is over, on every device") {
  SmallPictures pictures(12);
  const LoaderOptions options = small_options(3);
  Feed plain(engine::make_cpu_backend(), pictures.dataset, options);
  const Images expected = plain.steps(4, [](const auto& step) { step(); });
  run::Device device(tests::open_backend(GENERATE(from_range(tests::devices()))), 0.01);
  run::DeviceBatch uploaded(device.backend(), options.batch_size, options.sample.input.height,
                            options.sample.input.width, options.sample.max_boxes);
  Loader loader(pictures.dataset, options);
  for (const std::vector<float>& images : expected) {
    Batch batch = *loader.next();
    std::vector<uint8_t> pixels(batch.pixels.begin(), batch.pixels.end());
    batch.pixels = pixels;
    uploaded.upload(batch);
    const engine::Tensor input =
        uploaded.images(device.context({}, nullptr, true), {}, engine::DType::f32);
    uploaded.wait_for_upload();
    std::fill(pixels.begin(), pixels.end(), uint8_t(0x55));
    CHECK((tests::read(device.backend(), input) == tests::Values(images.begin(), images.end())));
  }
}

TEST_CASE("only the pixels that a batch uses cross to the device") {
  SmallPictures pictures(4);
  LoaderOptions options = small_options();
  options.queue_depth = 1;
  options.device_cache_bytes = 1 << 20;
  options.sample.augment = data::no_augmentation();
  Feed feed(std::make_unique<TwoQueues>(Lane::copy), pictures.dataset, options);
  auto& queues = static_cast<TwoQueues&>(feed.backend());
  const auto now = [](const auto& step) { step(); };
  const size_t described = 4 * sizeof(kernels::StagedImage),
               boxes = 4 * 3 * (4 * sizeof(float) + sizeof(int32_t) + sizeof(float));
  feed.steps(1, now);
  CHECK(queues.sent > described + boxes + 4 * 3 * 24 * 24);
  CHECK(queues.sent < described + boxes + size_t(4 * kernels::slot_bytes(16, 20)));
  queues.sent = 0;
  feed.steps(1, now);
  for (const kernels::StagedImage& image : feed.latest().staged) CHECK(image.cached);
  CHECK(queues.sent == described + boxes);
}

TEST_CASE("a batch that would reach outside the cache or its slots is refused") {
  run::Device device(engine::make_cpu_backend(), 0.01, 8192);
  const int64_t slot = kernels::slot_bytes(16, 20);
  std::vector<uint8_t> pixels(size_t(2 * slot));
  Batch good;
  data::prepare(good, 2, {.input = {16, 20}, .max_boxes = 1}, pixels);
  good.cache_use = {{CacheUse::Kind::keep, 8192 - 3072, 3072}, {CacheUse::Kind::read, 0, 1792}};
  const kernels::StagedImage picture{
      .height = 24, .width = 24, .picture_height = 24, .picture_width = 24, .row_bytes = 72};
  good.staged = {picture, picture};
  good.staged[1].cached = true;
  run::DeviceBatch with(device.backend(), 2, 16, 20, 1, device.image_cache()),
      without(device.backend(), 2, 16, 20, 1);
  CHECK_NOTHROW(with.upload(good));
  CHECK_THROWS_AS(without.upload(good), base::Error);
  const auto refused = [&](const auto& change) {
    Batch bad = good;
    change(bad);
    CHECK_THROWS_AS(with.upload(bad), base::Error);
  };
  refused([](Batch& b) { b.cache_use[0].offset += 64; });
  refused([](Batch& b) { b.cache_use[0].offset = -64; });
  refused([](Batch& b) { b.cache_use[0].bytes = 8192, b.cache_use[0].offset = 0; });
  refused([](Batch& b) { b.cache_use[1].bytes -= 64; });  // its last pixels lie behind
  refused([](Batch& b) { b.staged[1].offset = 64; });
  refused([](Batch& b) { b.cache_use[1].kind = CacheUse::Kind::none; });
  refused([](Batch& b) { b.cache_use.pop_back(); });
  refused([](Batch& b) { b.cache_use.clear(); });
  refused([&](Batch& b) {
    b.cache_use[0] = {};
    b.staged[0].offset = 2 * slot - 100;
  });
}
