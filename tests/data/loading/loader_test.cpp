#include "data/loading/loader.h"
#include "tests/support/catch.h"

#include <chrono>
#include <fstream>
#include <random>

#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/write_file.h"
#include "tests/support/small_pictures.h"

#include <xxhash.h>

using base::Error, base::ExitCode;
using data::Batch, data::Cursor, data::Dataset, data::Loader, data::LoaderOptions;
using tests::small_options;
using Pictures = tests::SmallPictures;

namespace {

template <class T> uint64_t mix(uint64_t hash, const std::vector<T>& values) {
  return XXH64(values.data(), values.size() * sizeof(T), hash);
}

// Of everything in the batch that a training step reads.
uint64_t hash_of(const Batch& b, uint64_t hash) {
  hash = mix(hash, std::vector<int64_t>{b.start.epoch, b.start.image, b.images});
  hash = mix(mix(mix(mix(hash, b.boxes), b.labels), b.weights), b.counts);
  hash = mix(mix(mix(mix(hash, b.image_index), b.heights), b.widths), b.staged);
  for (const kernels::StagedImage& s : b.staged) {
    size_t rows = size_t(s.gathered_rows ? 32 : s.picture_height);
    hash = XXH64(b.pixels.data() + s.offset, rows * size_t(s.row_bytes), hash);
  }
  return hash;
}

uint64_t stream_hash(Loader& loader, int batches, uint64_t hash = 0) {
  for (int i = 0; i < batches; ++i) hash = hash_of(*loader.next(), hash);
  return hash;
}

void sleep_randomly(int64_t) {
  thread_local std::mt19937 random(std::random_device{}());
  std::this_thread::sleep_for(std::chrono::microseconds(random() % 1500));
}

ExitCode failure_code(Loader& loader) {
  try {
    while (loader.next()) {
    }
  } catch (const Error& error) {
    return error.code();
  }
  return ExitCode::done;
}

}  // namespace

TEST_CASE("too few images for a batch: what helps, and no smaller batch where it is 1 already") {
  Pictures pictures(3);
  pictures.dataset.source = "set.json";
  const auto said = [&](int batch_size, int world) -> std::string {
    LoaderOptions options = small_options(batch_size);
    options.batch_key = "train.batch_size";
    options.world = world;
    try {
      Loader(pictures.dataset, options);
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::data);
      return error.what();
    }
    return "";
  };
  CHECK(said(3, 1).empty());
  CHECK(said(8, 1) ==
        "set.json has 3 images, expected at least 8 for one batch; lower train.batch_size to 3, "
        "or add images");
  CHECK_THAT(said(2, 2),
             Catch::EndsWith("; lower train.batch_size to 1 for each rank, or add images"));
  CHECK_THAT(said(1, 4),
             Catch::EndsWith("; each of 4 ranks needs 1: start 3 at most, or add images"));
  CHECK_THAT(said(2, 4),
             Catch::EndsWith("; each of 4 ranks needs 2: start 1 at most, or add images"));
  CHECK_THAT(said(8, 4), Catch::EndsWith("; each of 4 ranks needs 8: start 1 at most with a "
                                         "smaller train.batch_size, or add images"));
}

TEST_CASE("every thread count, queue depth and cache gives the same stream") {
  Pictures pictures(23);
  constexpr int kBatches = 17;  // three epochs and a bit
  Loader plain(pictures.dataset, small_options());
  uint64_t expected = stream_hash(plain, kBatches);
  for (int threads : {1, 2, 8})
    for (int depth : {1, 2, 5})
      for (uint64_t cache : {0, 10'000, 1 << 20}) {
        INFO(threads << " threads, queue " << depth << ", cache " << cache);
        LoaderOptions options = small_options();
        options.threads = threads, options.queue_depth = depth;
        options.sample.cache_bytes = cache;
        options.sample.before_read = sleep_randomly;
        Loader loader(pictures.dataset, options);
        CHECK(stream_hash(loader, kBatches) == expected);
        CHECK(loader.cached_bytes() <= cache);
        CHECK((loader.cached_bytes() > 0) == (cache > 0));
      }
  LoaderOptions other = small_options();
  other.seed = 43;
  Loader loader(pictures.dataset, other);
  CHECK(stream_hash(loader, kBatches) != expected);
}

TEST_CASE("which pictures stay in a device's memory is no matter of threads or time") {
  Pictures pictures(23);
  const auto uses_of = [&](int threads) {
    LoaderOptions options = small_options();
    options.device_cache_bytes = 20'000;
    options.threads = threads;
    options.sample.before_read = sleep_randomly;
    Loader loader(pictures.dataset, options);
    std::vector<std::tuple<int64_t, int, int64_t, int64_t>> uses;
    for (int i = 0; i < 17; ++i) {
      const Batch& batch = *loader.next();
      for (size_t row = 0; row < 4; ++row) {
        const data::CacheUse& use = batch.cache_use[row];
        uses.emplace_back(batch.image_index[row], int(use.kind), use.offset, use.bytes);
      }
    }
    CHECK(loader.pictures_on_device() > 5);
    return uses;
  };
  const auto expected = uses_of(1);
  CHECK(uses_of(2) == expected);
  CHECK(uses_of(7) == expected);
}

TEST_CASE("a stream resumed from any cursor goes on with the same bits") {
  Pictures pictures(23);
  for (int stop = 0; stop < 12; ++stop) {
    LoaderOptions options = small_options();
    Loader whole(pictures.dataset, options), before(pictures.dataset, options);
    for (int i = 0; i < stop; ++i) whole.next(), before.next();
    Cursor cursor = before.cursor();
    CHECK(cursor.epoch == stop / 5);
    CHECK(cursor.image == stop % 5 * 4);
    options.threads = 3;
    Loader after(pictures.dataset, options, cursor);
    CHECK(stream_hash(after, 9) == stream_hash(whole, 9));
    CHECK(after.cursor() == whole.cursor());
  }
}

TEST_CASE("an epoch visits every image once, in another order each time") {
  Pictures pictures(24);
  Loader loader(pictures.dataset, small_options());
  std::vector<int64_t> previous;
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::vector<int64_t> seen;
    for (int i = 0; i < 6; ++i) {
      const Batch* batch = loader.next();
      CHECK(batch->start.epoch == epoch);
      seen.insert(seen.end(), batch->image_index.begin(), batch->image_index.end());
    }
    CHECK(seen != previous);
    previous = seen;
    std::set<int64_t> distinct(seen.begin(), seen.end());
    CHECK(distinct.size() == 24);
  }
}

TEST_CASE("ranks share each global batch") {
  Pictures pictures(23);
  LoaderOptions options = small_options(6);
  Loader whole(pictures.dataset, options);
  options.batch_size = 2, options.world = 3;
  std::vector<std::unique_ptr<Loader>> ranks;
  for (options.rank = 0; options.rank < 3; ++options.rank)
    ranks.push_back(std::make_unique<Loader>(pictures.dataset, options));
  for (int i = 0; i < 8; ++i) {
    const Batch* all = whole.next();
    for (size_t rank = 0; rank < 3; ++rank) {
      const Batch* part = ranks[rank]->next();
      CHECK(ranks[rank]->cursor() == whole.cursor());
      for (size_t row = 0; row < 2; ++row) {
        CHECK(part->image_index[row] == all->image_index[row * 3 + rank]);
        CHECK(part->boxes[row * 12 + 2] == all->boxes[(row * 3 + rank) * 12 + 2]);
      }
    }
  }
}

TEST_CASE("evaluation: one pass in file order, remainder kept, nothing changed") {
  Pictures pictures(10);
  Loader loader(pictures.dataset, for_evaluation(small_options()));
  CHECK(loader.batches_per_epoch() == 3);
  int64_t next_image = 0;
  while (const Batch* batch = loader.next()) {
    CHECK(batch->images == (next_image == 8 ? 2 : 4));
    for (size_t row = 0; row < 4; ++row) {
      if (int(row) >= batch->images) {
        CHECK(batch->image_index[row] == -1);
        CHECK(batch->counts[row] == 0);
        continue;
      }
      const data::ImageEntry& entry = pictures.dataset.images[size_t(next_image)];
      CHECK(batch->image_index[row] == next_image++);
      CHECK((batch->heights[row] == entry.height && batch->widths[row] == entry.width));
      const kernels::StagedImage& staged = batch->staged[row];
      CHECK((staged.height == entry.height && staged.width == entry.width && !staged.flip));
      CHECK(batch->counts[row] == std::min<int>(3, int(entry.object_count)));
      if (entry.object_count > 0) CHECK(batch->boxes[row * 12 + 2] == float(14.5 / entry.height));
    }
  }
  CHECK(next_image == 10);
  CHECK(loader.next() == nullptr);
}

TEST_CASE("caller's memory for pixels") {
  Pictures pictures(8);
  LoaderOptions options = small_options();
  std::vector<uint8_t> memory(options.pixel_bytes());
  options.pixels = memory;
  Loader loader(pictures.dataset, options), plain(pictures.dataset, small_options());
  const Batch* batch = loader.next();
  CHECK((batch->pixels.data() >= memory.data() &&
         batch->pixels.data() + batch->pixels.size() <= memory.data() + memory.size()));
  CHECK(hash_of(*batch, 0) == stream_hash(plain, 1));
}

TEST_CASE("an unreadable image fails the batch that needs it, by name") {
  Pictures pictures(20);
  pictures.damage(13);
  LoaderOptions options = small_options();
  options.shuffle = false, options.threads = 3;
  {
    Loader loader(pictures.dataset, options);
    for (int i = 0; i < 3; ++i) CHECK(loader.next()->start.image == 4 * i);
    for (int i = 0; i < 2; ++i) {
      CHECK_THROWS_WITH(loader.next(), Catch::Contains("13.png") &&
                                           Catch::EndsWith("or leave it out of the data"));
      CHECK(failure_code(loader) == ExitCode::data);
    }
  }
  pictures.dataset.images[2].width += 1;
  Loader mismatch(pictures.dataset, options);
  CHECK_THROWS_WITH(mismatch.next(),
                    Catch::Contains("2.png") && Catch::Contains("annotations say"));
}

TEST_CASE("skip: counted, replaced by the next image, at most one in a hundred") {
  Pictures pictures(200);
  pictures.damage(7), pictures.damage(50);
  LoaderOptions options = small_options(10);
  options.shuffle = false, options.epochs = 2, options.threads = 4;
  options.sample.image_errors = data::ImageErrorPolicy::skip;
  Loader loader(pictures.dataset, options);
  const Batch* batch = loader.next();
  CHECK(batch->image_index == std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 8, 8, 9});
  CHECK(loader.skipped().size() == 1);
  while (loader.next()) {
  }
  REQUIRE(loader.skipped().size() == 2);
  CHECK(loader.skipped()[1].image == 50);
  CHECK(loader.skipped()[1].reason.find("50.png") != std::string::npos);

  LoaderOptions evaluation = for_evaluation(options);
  Loader evaluated(pictures.dataset, evaluation);
  CHECK(evaluated.next()->image_index[7] == -1);

  LoaderOptions strict = options;
  strict.sample.image_errors = data::ImageErrorPolicy::error;
  CHECK_THROWS_WITH(Loader(pictures.dataset, strict).next(),
                    Catch::EndsWith("or set data.on_bad_image=skip for up to 1 %"));

  pictures.damage(51);
  Loader too_many(pictures.dataset, options);
  CHECK(failure_code(too_many) == ExitCode::data);
  CHECK_THROWS_WITH(too_many.next(), Catch::Contains("3 of 200 images"));
}

TEST_CASE("what workers throw reaches next(), whatever it is") {
  Pictures pictures(8);
  LoaderOptions options = small_options();
  options.sample.image_errors = data::ImageErrorPolicy::skip;  // only data errors are skipped
  options.sample.before_read = [](int64_t) { throw std::bad_alloc(); };
  Loader loader(pictures.dataset, options);
  CHECK_THROWS_AS(loader.next(), std::bad_alloc);
  CHECK_THROWS_AS(loader.next(), std::bad_alloc);
}

TEST_CASE("a loader can be destroyed in every state") {
  Pictures pictures(9, 3);
  std::mt19937 random(1);
  for (int run = 0; run < 1000; ++run) {
    LoaderOptions options = small_options(1 + int(random() % 3));
    options.sample.input = {4, 4};
    options.threads = 1 + int(random() % 4), options.queue_depth = 1 + int(random() % 3);
    options.epochs = int(random() % 3);
    bool throws = random() % 4 == 0;
    if (throws)
      options.sample.before_read = [](int64_t image) {
        if (image == 5) throw std::runtime_error("five");
      };
    Loader loader(pictures.dataset, options);
    try {
      for (uint32_t i = random() % 8; i > 0; --i) loader.next();
    } catch (const std::runtime_error&) {
      CHECK(throws);
    }
    if (random() % 4 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 300));
  }
}

TEST_CASE("data sets and options that cannot work are refused") {
  Pictures pictures(3);
  CHECK_THROWS_WITH(Loader(pictures.dataset, small_options()), Catch::Contains("3 images"));
  Dataset empty;
  LoaderOptions options = small_options();
  options.sample.ground_truth.class_columns = {};
  options.drop_remainder = false;
  CHECK_THROWS_WITH(Loader(empty, options), Catch::Contains("0 images"));
  options = small_options(1);
  options.threads = 0;
  CHECK_THROWS_WITH(Loader(pictures.dataset, options), Catch::Contains("threads"));
  options = small_options(1);
  options.world = 2, options.rank = 2;
  CHECK_THROWS_WITH(Loader(pictures.dataset, options), Catch::Contains("world"));
}

TEST_CASE("images inside record files") {
  Pictures pictures(4);
  std::vector<uint8_t> shard(100, 7);
  Dataset records = pictures.dataset;
  for (data::ImageEntry& entry : records.images) {
    std::vector<uint8_t> bytes = base::read_file(pictures.folder.path() / entry.file_name, 1 << 20);
    entry.shard = 0, entry.offset = shard.size(), entry.bytes = bytes.size();
    shard.insert(shard.end(), bytes.begin(), bytes.end());
  }
  records.shards = {(pictures.folder.path() / "records").string()};
  base::write_file(records.shards[0], shard);
  {
    Loader from_files(pictures.dataset, small_options()), from_records(records, small_options());
    CHECK(stream_hash(from_files, 3) == stream_hash(from_records, 3));
  }
  records.images[2].bytes += 1'000'000;
  Loader damaged(records, small_options());
  CHECK(failure_code(damaged) == ExitCode::data);
}
