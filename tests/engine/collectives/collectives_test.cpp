// Collectives between ranks that are threads of this process.
#include <unistd.h>

#include <array>
#include <chrono>
#include <cmath>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/engine/rank_threads.h"

using namespace tests;
using base::Error;
using engine::Collectives, engine::HostCollectives;
using kernels::DType, kernels::View;

namespace {

constexpr kernels::Queue kQueue;

std::string own_host() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

template <class T> View view_of(std::vector<T>& values, DType dtype) {
  return {values.data(), dtype, {1, {int64_t(values.size())}}};
}

double term(int rank, size_t i) { return double((i * 7 + size_t(rank) * 13) % 31) - 11; }

template <class T> void check_sum(Collectives& c, DType dtype, size_t size) {
  std::vector<T> values(size);
  for (size_t i = 0; i < size; ++i) values[i] = T(kernels::Acc<T>(term(c.rank(), i)));
  c.sum("values", view_of(values, dtype), kQueue);
  for (size_t i = 0; i < size; ++i) {
    double expected = 0;
    for (int r = 0; r < c.size(); ++r) expected += term(r, i);
    if (double(kernels::Acc<T>(values[i])) != expected)
      throw std::runtime_error("wrong sum at " + std::to_string(i));
  }
}

// Values whose sum depends on the order of the additions.
std::vector<float> uneven(int rank, size_t size) {
  std::vector<float> values(size);
  for (size_t i = 0; i < size; ++i)
    values[i] = std::ldexp(1.f + float(i % 97) / 97, int((i + size_t(rank) * 5) % 23)) *
                (rank % 2 ? -1.f : 1.f);
  return values;
}

const std::vector<size_t> kSizes{0, 1, 2, 3, 17, 4093, 8191, (size_t(1) << 20) + 3};

}  // namespace

TEST_CASE("sums of whole numbers are exact, for any size and number of ranks") {
  for (const int ranks : {1, 2, 3, 4})
    for (const size_t size : kSizes) {
      INFO(ranks << " ranks, " << size << " values");
      const auto failures = on_ranks(ranks, [&](Collectives& c) {
        check_sum<float>(c, DType::f32, size);
        check_sum<double>(c, DType::f64, size);
        check_sum<kernels::f16>(c, DType::f16, size);
        check_sum<kernels::bf16>(c, DType::bf16, size);
      });
      CHECK(failures == no_failures(ranks));
    }
}

TEST_CASE("sums add in order of rank, whatever their size") {
  constexpr int kRanks = 3;
  for (const size_t size : {size_t(5), size_t(4999), (size_t(5) << 20) / 4 + 1}) {
    std::vector<float> expected = uneven(0, size);
    for (int r = 1; r < kRanks; ++r) {
      const std::vector<float> next = uneven(r, size);
      for (size_t i = 0; i < size; ++i) expected[i] += next[i];
    }
    std::vector<std::vector<float>> sums(kRanks);
    const auto failures = on_ranks(kRanks, [&](Collectives& c) {
      sums[size_t(c.rank())] = uneven(c.rank(), size);
      c.sum("values", view_of(sums[size_t(c.rank())], DType::f32), kQueue);
    });
    CHECK(failures == no_failures(kRanks));
    for (const std::vector<float>& sum : sums) CHECK(sum == expected);
  }
}

TEST_CASE("a sum of half values is rounded once") {
  // 2048 + 1 is 2048 in f16, 2048 + 1 + 1 is not.
  const auto failures = on_ranks(3, [](Collectives& c) {
    std::vector<kernels::f16> value{kernels::f16(c.rank() == 0 ? 2048.f : 1.f)};
    c.sum("values", view_of(value, DType::f16), kQueue);
    if (float(value[0]) != 2050.f) throw std::runtime_error("rounded twice");
  });
  CHECK(failures == no_failures(3));
}

TEST_CASE("infinities and NaN reach every rank") {
  const auto failures = on_ranks(3, [](Collectives& c) {
    std::vector<float> values(2, 1.f);
    if (c.rank() == 1) values = {INFINITY, NAN};
    c.sum("values", view_of(values, DType::f32), kQueue);
    if (values[0] != INFINITY || !std::isnan(values[1])) throw std::runtime_error("lost");
  });
  CHECK(failures == no_failures(3));
}

TEST_CASE("gather, broadcast and gather_bytes keep the order of ranks") {
  constexpr int kRanks = 4;
  const auto failures = on_ranks(kRanks, [](Collectives& c) {
    std::vector<int32_t> mine{c.rank(), 10 * c.rank()}, all(2 * kRanks);
    c.gather("pairs", view_of(mine, DType::i32), view_of(all, DType::i32), kQueue);
    std::vector<double> from(100000, c.rank());
    c.broadcast("values", view_of(from, DType::f64), 2, kQueue);
    const std::string own(size_t(c.rank()) * 70000, char('a' + c.rank()));
    const std::vector<std::string> texts = c.gather_bytes("texts", own);
    for (int r = 0; r < kRanks; ++r) {
      const std::string expected(size_t(r) * 70000, char('a' + r));
      const bool good = all[size_t(2 * r)] == r && all[size_t(2 * r + 1)] == 10 * r &&
                        texts[size_t(r)] == expected;
      if (!good) throw std::runtime_error("wrong part of rank " + std::to_string(r));
    }
    if (from != std::vector<double>(100000, 2)) throw std::runtime_error("wrong broadcast");
    c.barrier("end");
  });
  CHECK(failures == no_failures(kRanks));
}

TEST_CASE("a queue that only plans exchanges nothing") {
  const auto failures = on_ranks(2, [](Collectives& c) {
    std::vector<float> value{1};
    if (c.rank() == 0) c.sum("values", view_of(value, DType::f32), {.plan = true});
    c.barrier("end");
    if (value[0] != 1) throw std::runtime_error("it was summed");
  });
  CHECK(failures == no_failures(2));
}

TEST_CASE("calls that differ are named") {
  const auto failures = on_ranks(2, [](Collectives& c) {
    std::vector<float> values(c.rank() == 0 ? 100 : 101);
    c.sum("gradients", view_of(values, DType::f32), kQueue);
  });
  CHECK_THAT(failures[0], Catch::Contains("rank 1 on") && Catch::Contains("another call") &&
                              Catch::Contains("the sum of gradients (call 0, 404 bytes of f32)"));
  const auto kinds = on_ranks(2, [](Collectives& c) {
    std::vector<float> values(100);
    if (c.rank() == 0) return c.sum("gradients", view_of(values, DType::f32), kQueue);
    c.barrier("end");
  });
  CHECK_THAT(kinds[0], Catch::Contains("the gathering of end"));
}

TEST_CASE("a rank that leaves early is named, with its host and the call") {
  std::string leaving;
  const auto failures = on_ranks(3, [&](Collectives& c) {
    if (c.rank() == 2) {
      leaving = engine::rank_in_words(c, 2);
      return;
    }
    std::vector<float> values(100000);
    c.sum("gradients", view_of(values, DType::f32), kQueue);
  });
  CHECK(leaving == "rank 2 on " + own_host());
  for (const int r : {0, 1})
    CHECK_THAT(failures[size_t(r)],
               Catch::Contains(leaving + " is gone: it ended or lost its connection during the sum "
                                         "of gradients"));
}

TEST_CASE("a rank that hangs is named after the timeout") {
  const auto start = std::chrono::steady_clock::now();
  const auto failures = on_ranks(
      3,
      [](Collectives& c) {
        if (c.rank() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(2500));
        c.barrier("step");
      },
      1);
  for (const int r : {0, 2})
    CHECK_THAT(failures[size_t(r)],
               Catch::Contains("rank 1 on ") && Catch::Contains("did not answer for 1 s in the "
                                                                "gathering of step"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(6));
}

TEST_CASE("abort ends the calls of all ranks with its code and its reason") {
  const auto failures = on_ranks(3, [](Collectives& c) {
    std::vector<float> values(3000000);
    if (c.rank() == 1)
      return c.abort(base::ExitCode::data,
                     engine::message_for_all(c, std::runtime_error("photo.jpg: cannot be read")));
    try {
      c.sum("gradients", view_of(values, DType::f32), kQueue);
    } catch (const Error& error) {
      if (error.code() != base::ExitCode::data) throw std::runtime_error("another code");
      throw;
    }
  });
  for (const int r : {0, 2})
    CHECK_THAT(failures[size_t(r)],
               Catch::Contains("rank 1 on ") && Catch::Contains("photo.jpg: cannot be read"));
}

TEST_CASE("a rank that ends the run hears the last words of rank 0, or that there are none") {
  const auto words_of_first = [](Collectives& c, double seconds) {
    c.abort(base::ExitCode::data, engine::message_for_all(c, std::runtime_error("bad")));
    return c.last_words_of_first(seconds);
  };
  const std::string first = "rank 0 on " + own_host() + ": ";
  // Rank 0 ends the run later, earlier, or because of the others.
  for (const int late : {0, 1, 2}) {
    const auto said = on_ranks(3, [&](Collectives& c) {
      if ((late == 0) == (c.rank() == 0)) std::this_thread::sleep_for(std::chrono::seconds(2));
      if (c.rank() == 0 && late == 2) c.barrier("start");
      if (c.rank() == 0) return c.abort(base::ExitCode::data, first + "bad");
      throw std::runtime_error(words_of_first(c, 30));
    });
    for (const int r : {1, 2}) {
      INFO(said[size_t(r)]);
      CHECK_THAT(said[size_t(r)],
                 Catch::StartsWith(late < 2 ? first : "rank ") && Catch::EndsWith(": bad"));
    }
  }
  const auto start = std::chrono::steady_clock::now();
  const auto silent = on_ranks(2, [&](Collectives& c) {
    if (c.rank() == 1) throw std::runtime_error("heard: " + words_of_first(c, 30));
  });
  CHECK(silent[1] == "heard: ");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE(
    "a failure that reaches ranks one after another names the rank that failed, and no other") {
  // Each rank hears of it from the one before, in a call of those two only.
  for (const bool ends_by_itself : {true, false}) {
    const auto failures = on_ranks(4, [&](Collectives& c) {
      if (c.rank() == 3 && !ends_by_itself) return;
      if (c.rank() == 3)
        return c.abort(base::ExitCode::data, engine::message_for_all(c, std::runtime_error("bad")));
      std::vector<float> values(100);
      c.broadcast("weights", view_of(values, DType::f32), c.rank() + 1, kQueue);
    });
    for (const int r : {0, 1, 2}) {
      INFO(failures[size_t(r)]);
      CHECK_THAT(failures[size_t(r)], Catch::StartsWith("rank 3 on " + own_host()));
      CHECK_THAT(failures[size_t(r)].substr(1), !Catch::Contains("rank "));
    }
  }
}

TEST_CASE("a rank that has gone is named to another thread, while this one is in a call") {
  const auto failures = on_ranks(2, [](Collectives& c) {
    auto& host = dynamic_cast<HostCollectives&>(c);
    c.barrier("start");
    if (c.rank() == 1) return;
    std::string seen;
    std::thread watcher([&] {
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
      while (seen.empty() && std::chrono::steady_clock::now() < end) seen = host.gone();
    });
    CHECK_THROWS_AS(c.barrier("step"), Error);
    watcher.join();
    if (seen != engine::rank_in_words(c, 1)) throw std::runtime_error("named: " + seen);
  });
  CHECK(failures == no_failures(2));
}

TEST_CASE("nobody is gone while all are there, whatever they have sent") {
  const auto failures = on_ranks(2, [](Collectives& c) {
    auto& host = dynamic_cast<HostCollectives&>(c);
    c.barrier("start");
    if (c.rank() == 1) c.gather_bytes("words", "unread for a while");
    if (c.rank() == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      if (!host.gone().empty()) throw std::runtime_error("named: " + host.gone());
      c.gather_bytes("words", "");
    }
    c.barrier("end");
  });
  CHECK(failures == no_failures(2));
}

TEST_CASE("a shorter patience counts from the next call on") {
  const auto start = std::chrono::steady_clock::now();
  const auto failures = on_ranks(2, [](Collectives& c) {
    c.barrier("start");
    dynamic_cast<HostCollectives&>(c).give_up_after(0.5);
    if (c.rank() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    c.barrier("step");
  });
  CHECK_THAT(failures[0], Catch::Contains("rank 1 on ") && Catch::Contains("for 0.5 s"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("ranks of one machine are counted") {
  const auto failures = on_ranks(3, [](Collectives& c) {
    if (engine::ranks_here(&c) != 3) throw std::runtime_error("another number");
  });
  CHECK(failures == no_failures(3));
  CHECK(engine::ranks_here(nullptr) == 1);
}
