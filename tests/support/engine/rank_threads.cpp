#include "tests/support/engine/rank_threads.h"

#include <unistd.h>

#include <thread>

namespace tests {

std::vector<engine::RankPlace> local_places(int ranks) {
  engine::Socket listener = engine::listen_at(0, true);
  const int port = engine::port_of(listener);
  std::vector<engine::RankPlace> places;
  for (int r = 0; r < ranks; ++r)
    places.push_back(
        {.rank = r, .size = ranks, .master = "127.0.0.1", .port = port, .job = "test"});
  places[0].listener = ::dup(listener.descriptor());
  return places;
}

std::vector<std::string> no_failures(int ranks) { return std::vector<std::string>(size_t(ranks)); }

std::vector<std::string> on_ranks(int ranks, const std::function<void(engine::Collectives&)>& work,
                                  double seconds) {
  const std::vector<engine::RankPlace> places = local_places(ranks);
  std::vector<std::string> failures(places.size());
  std::vector<std::thread> threads;
  for (const engine::RankPlace& place : places)
    threads.emplace_back([&, rank = size_t(place.rank)] {
      try {
        const auto c =
            engine::make_tcp_collectives(engine::meet(places[rank], seconds), int(rank), seconds);
        work(*c);
      } catch (const std::exception& error) {
        failures[rank] = error.what();
      }
    });
  for (std::thread& thread : threads) thread.join();
  return failures;
}

}  // namespace tests
