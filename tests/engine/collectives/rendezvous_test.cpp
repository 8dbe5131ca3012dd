// How ranks find each other, and who is refused.
#include "engine/collectives/rendezvous.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/engine/rank_threads.h"

using namespace tests;
using engine::RankPlace;

namespace {

using Delays = std::vector<std::chrono::milliseconds>;  // before each rank comes

// What each of these ranks was told; "": they met.
std::vector<std::string> met(const std::vector<RankPlace>& places, double seconds,
                             const Delays& delays = {}) {
  std::vector<std::string> failures(places.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < places.size(); ++i)
    threads.emplace_back([&, i] {
      if (!delays.empty()) std::this_thread::sleep_for(delays[i]);
      try {
        const auto peers = engine::meet(places[i], seconds);
        for (const engine::Peer& peer : peers)
          if (bool(peer.socket) == (peer.rank == places[i].rank) || peer.host.empty())
            failures[i] = "a wrong table";
      } catch (const base::Error& error) {
        failures[i] = error.what();
        if (error.code() != base::ExitCode::resources) failures[i] = "another code";
      }
    });
  for (std::thread& thread : threads) thread.join();
  return failures;
}

}  // namespace

TEST_CASE("ranks meet in any order of their coming") {
  for (const int ranks : {1, 2, 3, 5}) CHECK(met(local_places(ranks), 30) == no_failures(ranks));
  std::vector<RankPlace> places = local_places(3);
  std::reverse(places.begin(), places.end());
  CHECK(met(places, 30) == no_failures(3));
}

TEST_CASE("rank 0 takes the next port where one is taken") {
  const engine::Socket taken = engine::listen_at(0, true);
  std::vector<RankPlace> places = local_places(2);
  for (RankPlace& place : places) {
    place.listener = -1;
    place.port = engine::port_of(taken);
    place.ports = 8;
  }
  CHECK(met(places, 30) == no_failures(2));
}

TEST_CASE("ranks that do not come are named") {
  std::vector<RankPlace> places = local_places(4);
  places.erase(places.begin() + 2, places.end());
  const auto failures = met(places, 0.5);
  for (const std::string& failure : failures)
    CHECK_THAT(failure, Catch::Contains("rank 2, 3 of 4 did not come within 0.5 s to rank 0 on ") &&
                            Catch::Contains(", port ") && Catch::Contains("MASTER_ADDR"));
}

TEST_CASE("without rank 0 the address is named") {
  std::vector<RankPlace> places = local_places(2);
  const engine::Socket closed(places[0].listener);
  places[1].port = 1;
  const auto failures = met({places[1]}, 0.3);
  CHECK_THAT(failures[0], Catch::Contains("found no rank 0 at 127.0.0.1 port 1 within 0.3 s"));
}

TEST_CASE("contradicting ranks are told how") {
  std::vector<RankPlace> places = local_places(3);
  places[2].size = 4;
  for (const std::string& failure : met(places, 20))
    CHECK_THAT(failure, Catch::Contains("rank 2") && Catch::Contains("counts 4 ranks"));
  places = local_places(3);
  places[2].rank = 1;
  for (const std::string& failure : met(places, 20))
    CHECK_THAT(failure, Catch::Contains("two processes have the same rank"));
}

TEST_CASE("a rank that comes after a contradiction is told, too") {
  using std::chrono::milliseconds;
  std::vector<RankPlace> places = local_places(3);
  places[2].size = 4;
  for (const std::string& failure :
       met(places, 20, {milliseconds(0), milliseconds(700), milliseconds(0)}))
    CHECK_THAT(failure, Catch::Contains("rank 2") && Catch::Contains("counts 4 ranks"));
}

TEST_CASE("other jobs and strangers are passed over") {
  std::vector<RankPlace> places = local_places(2);
  RankPlace stranger = places[1];
  stranger.job = "another";
  std::thread other([&] { met({stranger}, 1); });
  engine::Socket mute = engine::connect_until({"127.0.0.1", places[0].port},
                                              engine::Clock::now() + std::chrono::seconds(1));
  REQUIRE(engine::send_all(mute, "GET / HTTP/1.0\r\n\r\n", 18,
                           engine::Clock::now() + std::chrono::seconds(1)));
  CHECK(met(places, 30) == no_failures(2));
  other.join();
}
