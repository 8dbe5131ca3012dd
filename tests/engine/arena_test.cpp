#include "engine/arena.h"
#include "tests/support/catch.h"

#include <cstring>
#include <random>
#include <vector>

#include "engine/base/error.h"

using engine::Arena;

TEST_CASE("arena: pieces are aligned, apart, and come back") {
  std::vector<char> block(1 << 20);
  Arena arena(block.data(), block.size());
  void *a = arena.take(1), *b = arena.take(300), *c = arena.take(0);
  CHECK(static_cast<char*>(b) - static_cast<char*>(a) == 256);
  CHECK(static_cast<char*>(c) - static_cast<char*>(b) == 512);
  CHECK(arena.live() == 256 + 512 + 256);
  CHECK(arena.peak() == 1024);
  arena.give_back(b);
  CHECK(arena.take(512) == b);
  CHECK(arena.peak() == 1024);
  for (void* p : {a, b, c}) arena.give_back(p);
  CHECK(arena.empty());
  CHECK(arena.live() == 0);
  CHECK(arena.take(block.size()) == block.data());  // the gaps have merged
}

TEST_CASE("arena: running out is an error with numbers, and loses nothing") {
  std::vector<char> block(4096);
  Arena arena(block.data(), block.size());
  void* all = arena.take(4096);
  try {
    arena.take(1);
    FAIL("no error");
  } catch (const base::Error& e) {
    CHECK(e.code() == base::ExitCode::resources);
    CHECK_THAT(e.what(), Catch::Contains("1 KiB wanted, 4 KiB of 4 KiB in use") &&
                             Catch::Contains("train.memory_gib or --memory-gib"));
  }
  arena.give_back(all);
  CHECK(arena.empty());
}

TEST_CASE("arena: random traffic never overlaps, and repeats address for address") {
  std::vector<char> block(8 << 20);
  auto traffic = [&] {
    Arena arena(block.data(), block.size());
    std::mt19937 random(5);
    struct Piece {
      char* at;
      size_t bytes;
      char mark;
    };
    std::vector<Piece> pieces;
    for (int step = 0; step < 3000; ++step) {
      if (pieces.size() > 60 || (!pieces.empty() && random() % 2)) {
        size_t k = random() % pieces.size();
        Piece p = pieces[k];
        REQUIRE(std::all_of(p.at, p.at + p.bytes, [&](char x) { return x == p.mark; }));
        arena.give_back(p.at);
        pieces.erase(pieces.begin() + long(k));
      } else {
        size_t bytes = 1 + random() % 20000;
        Piece p{static_cast<char*>(arena.take(bytes)), bytes, char(step)};
        std::memset(p.at, p.mark, bytes);
        pieces.push_back(p);
      }
    }
    return arena.trace();
  };
  CHECK(traffic() == traffic());
}
