#include "engine/device_wait.h"

#include <chrono>
#include <optional>
#include <thread>

#include "tests/support/catch.h"

TEST_CASE("a wait for the device is seen by another thread, from its start to its end") {
  CHECK(engine::seconds_waiting() == 0);
  std::optional<engine::DeviceWait> wait(std::in_place);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  double seen = 0;
  std::thread([&] { seen = engine::seconds_waiting(); }).join();
  CHECK(seen >= 0.03);
  wait.reset();
  CHECK(engine::seconds_waiting() == 0);
  wait.emplace();
  CHECK(engine::seconds_waiting() < seen);  // the next one begins anew
}
