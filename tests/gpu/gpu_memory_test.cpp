// The GPU's own count of its memory while steps run. Alone on the GPU (cmake/Tests.cmake).

#include "tests/support/catch.h"
#include "tests/support/tiny_step.h"

using namespace tests;

TEST_CASE("a GPU's live memory is constant after the twentieth step") {
  if (!have_gpu()) return;
  TinyStep tiny("cuda:0", "fp16");
  tiny.run(20);
  const size_t free = tiny.device().backend().free_memory();
  tiny.run(200);
  CHECK(tiny.device().backend().free_memory() == free);
}

TEST_CASE("memory of a GPU comes back with its owner") {
  if (!have_gpu()) return;
  auto backend = open_backend("cuda:0");
  { engine::Memory first(*backend, 1 << 20, engine::Place::device); }
  const size_t before = backend->free_memory();
  for (int i = 0; i < 20; ++i) {
    Bench bench(size_t(512) << 20, "cuda:0");
    TinyStep tiny("cuda:0", "fp32");
    tiny.run(1);
  }
  // Libraries keep some of what they asked for; forty times half a GiB would show.
  CHECK(backend->free_memory() + (size_t(256) << 20) > before);
}
