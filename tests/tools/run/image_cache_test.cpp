// The cache of whole images in device memory: what the network sees has the same bits without it,
// and images that are there are not decoded again.

#include "tests/support/catch.h"
#include "tests/support/engine/bench.h"
#include "tests/support/small_pictures.h"
#include "tools/run/device.h"
#include "tools/run/device_batch.h"

#include <xxhash.h>

using data::Batch, data::CacheUse, data::Cursor, data::Loader, data::LoaderOptions;
using tests::SmallPictures, tests::small_options;

namespace {

constexpr uint64_t kAll = 1 << 20;  // a cache with room for every picture that fits in a slot

// A loader and the device that its batches go to.
class Stream {
 public:
  Stream(const data::Dataset& dataset, LoaderOptions options, Cursor start = {},
         const std::string& device = "cpu")
      : device_(device, 0.01, 1, tests::backend_options(), options.device_cache_bytes),
        batch_(device_.backend(), options.batch_size, options.sample.input.height,
               options.sample.input.width, options.sample.max_boxes, device_.image_cache()),
        loader_(dataset, options, start) {}

  // Of all that a step reads of the next batch: the network's input, boxes, classes, weights.
  uint64_t next() {
    latest_ = loader_.next();
    batch_.upload(*latest_);
    engine::Context c = device_.context({}, nullptr, true);
    const engine::Tensor images = batch_.images(
        c, {{123.68f, 116.779f, 103.939f}, {58.4f, 57.1f, 57.4f}}, engine::DType::f32);
    std::vector<float> values(size_t(images.shape().size()));
    device_.backend().copy(values.data(), engine::View(images).data, values.size() * sizeof(float),
                           device_.queue());
    device_.backend().synchronize(device_.queue());
    uint64_t hash = mix(0, values);
    hash = mix(mix(mix(hash, latest_->boxes), latest_->labels), latest_->weights);
    return mix(mix(hash, latest_->image_index), latest_->counts);
  }
  std::vector<uint64_t> next(int batches) {
    std::vector<uint64_t> hashes;
    for (int i = 0; i < batches; ++i) hashes.push_back(next());
    return hashes;
  }
  const Batch& latest() const { return *latest_; }
  Loader& loader() { return loader_; }

 private:
  template <class T> static uint64_t mix(uint64_t hash, const std::vector<T>& values) {
    return XXH64(values.data(), values.size() * sizeof(T), hash);
  }

  run::Device device_;
  run::DeviceBatch batch_;
  Loader loader_;
  const Batch* latest_ = nullptr;
};

int rows_read(const Batch& batch) {
  int rows = 0;
  for (const CacheUse& use : batch.cache_use) rows += use.kind == CacheUse::Kind::read;
  return rows;
}

// 24 pictures, six batches of four. Those beyond the first 18: rows and columns of a single pixel,
// more than twice as long as the input; and three that are larger than a slot.
struct OddPictures : SmallPictures {
  OddPictures() : SmallPictures(18) {
    add(1, 1), add(1, 400), add(400, 1);
    add(90, 70), add(37, 36), add(2000, 1);
  }
  static constexpr int kFitting = 21;
};

struct Kind {
  const char* name;
  data::AugmentOptions augment;
  bool means;  // of some images' pixels are needed
};

std::vector<Kind> kinds() {
  data::ColourOptions distorted, other_order;
  distorted.probability = other_order.probability = 0.5;
  other_order.order = data::ColourOrder::brightness_contrast_saturation_hue;
  using data::CropKind;
  const auto ssd = [](CropKind kind) { return data::AugmentOptions{.crop = {.kind = kind}}; };
  return {{"as it is", data::no_augmentation(), false},
          {"random crop", {}, false},
          {"ssd", ssd(CropKind::ssd), false},
          {"ssd_pad", ssd(CropKind::ssd_pad), true},
          {"ssd_fixed_aspect", ssd(CropKind::ssd_fixed_aspect), false},
          {"ssd_pad_fixed_aspect", ssd(CropKind::ssd_pad_fixed_aspect), false},
          {"distorted colours", {.colour = distorted}, true},
          {"in the other order", {.crop = {.kind = CropKind::none}, .colour = other_order}, true}};
}

}  // namespace

TEST_CASE("what the network sees has the same bits with a cache of any size") {
  const std::string device = GENERATE(from_range(tests::devices()));
  OddPictures pictures;
  constexpr int kBatches = 6 * 5;  // five epochs
  for (const Kind& kind : kinds()) {
    LoaderOptions options = small_options();
    options.sample.augment = kind.augment;
    const auto expected = Stream(pictures.dataset, options, {}, device).next(kBatches);
    for (uint64_t cache : {kAll, uint64_t(20'000), uint64_t(100)})
      for (auto [depth, threads] : {std::pair(1, 1), {2, 3}, {5, 2}}) {
        INFO(device << ", " << kind.name << ", " << cache << " bytes, queue " << depth);
        options.device_cache_bytes = cache;
        options.queue_depth = depth, options.threads = threads;
        Stream stream(pictures.dataset, options, {}, device);
        CHECK(stream.next(kBatches) == expected);
        const int64_t kept = stream.loader().pictures_on_device();
        CHECK((cache == kAll ? kept == OddPictures::kFitting : kept < OddPictures::kFitting));
        CHECK((cache > 100) == (kept > 1));
      }
  }
}

TEST_CASE("images on the device are not decoded, uploaded or read again") {
  OddPictures pictures;
  for (const Kind& kind : kinds()) {
    INFO(kind.name);
    LoaderOptions options = small_options();
    options.sample.augment = kind.augment;
    options.device_cache_bytes = kAll;
    options.epochs = 5, options.queue_depth = 3;
    std::atomic<int64_t> reads = 0;
    options.sample.before_read = [&](int64_t) { ++reads; };
    Stream stream(pictures.dataset, options);
    std::vector<int> read_in_epoch;
    while (stream.loader().cursor().epoch < 5) {
      const auto epoch = size_t(stream.loader().cursor().epoch);
      stream.next();
      read_in_epoch.resize(epoch + 1);
      read_in_epoch[epoch] += rows_read(stream.latest());
    }
    constexpr int kVisits = 24 * 5;
    int rows = 0;
    for (int epoch_rows : read_in_epoch) rows += epoch_rows;
    CHECK(reads == kVisits - rows);
    CHECK(stream.loader().decoded() == reads);
    CHECK(read_in_epoch[0] == 0);
    if (kind.means) continue;
    // In the second epoch those are missing whose first batch may not be uploaded yet.
    CHECK(read_in_epoch[1] >= OddPictures::kFitting - 4 * (options.queue_depth - 1));
    for (size_t epoch = 2; epoch < 5; ++epoch) CHECK(read_in_epoch[epoch] == OddPictures::kFitting);
  }
}

TEST_CASE("a stream that goes on with an empty cache shows the same bits") {
  OddPictures pictures;
  const auto expected = Stream(pictures.dataset, small_options()).next(20);
  LoaderOptions options = small_options();
  options.device_cache_bytes = kAll;
  for (int stop : {1, 5, 6, 7, 13}) {
    CAPTURE(stop);
    Stream before(pictures.dataset, options);
    before.next(stop);
    Stream after(pictures.dataset, options, before.loader().cursor());
    CHECK(after.next(20 - stop) == std::vector<uint64_t>(expected.begin() + stop, expected.end()));
    CHECK(after.loader().pictures_on_device() > 0);
  }
}

TEST_CASE("unreadable images and those in their place are never read from the cache") {
  SmallPictures pictures(200);
  pictures.damage(7);
  ++pictures.dataset.images[50].width;  // another size than the picture's
  for (bool shuffle : {false, true}) {
    LoaderOptions options = small_options(10);
    options.shuffle = shuffle, options.threads = 3;
    options.sample.image_errors = data::ImageErrorPolicy::skip;
    options.sample.augment.colour = {};
    constexpr int kBatches = 60;
    const auto expected = Stream(pictures.dataset, options).next(kBatches);
    options.device_cache_bytes = kAll;
    Stream stream(pictures.dataset, options);
    CHECK(stream.next(kBatches) == expected);
    CHECK(stream.loader().skipped().size() == 2);
    CHECK(stream.loader().pictures_on_device() == 198);
    // Image 8 is in its batch twice: as itself from the cache, and decoded in the place of 7.
    if (!shuffle) {
      stream.next();
      CHECK(stream.latest().image_index[7] == 8);
      CHECK_FALSE(stream.latest().staged[7].cached);
      CHECK(stream.latest().image_index[8] == 8);
      CHECK(stream.latest().staged[8].cached);
    }
  }
}

TEST_CASE("an epoch's last batch, the rows that it lacks, and a single batch per epoch") {
  for (int count : {4, 5, 7}) {
    CAPTURE(count);
    SmallPictures pictures(count);
    LoaderOptions options = small_options();
    options.drop_remainder = false;
    const auto expected = Stream(pictures.dataset, options).next(20);
    options.device_cache_bytes = kAll;
    Stream stream(pictures.dataset, options);
    CHECK(stream.next(20) == expected);
    CHECK(stream.loader().pictures_on_device() == count);
  }
}

TEST_CASE("an evaluation has no cache on the device; the host's holds what the device's does not") {
  OddPictures pictures;
  LoaderOptions options = small_options();
  options.device_cache_bytes = 20'000;
  options.sample.cache_bytes = kAll;
  Loader evaluation(pictures.dataset, data::for_evaluation(options));
  CHECK(evaluation.next()->cache_use.empty());

  options.sample.augment.colour = {};
  Stream stream(pictures.dataset, options);
  stream.next(24);
  const int64_t decoded = stream.loader().decoded();
  stream.next(24);
  CHECK(stream.loader().decoded() == decoded);
  uint64_t all = 0;
  for (const data::ImageEntry& e : pictures.dataset.images) all += uint64_t(3 * e.width * e.height);
  CHECK(stream.loader().cached_bytes() < all - 10'000);
}
