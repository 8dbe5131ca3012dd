#include "tests/cuda_model/settings.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <string>

#include "tests/cuda_model/model.h"

namespace cuda_model {
namespace {

uint64_t number(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

Schedule schedule_named(const std::string& name) {
  if (name == "early") return Schedule::early;
  if (name == "late") return Schedule::late;
  if (name == "random") return Schedule::random;
  fail("CUDA_MODEL_SCHEDULE is '" + name + "': expected early, late or random");
}

Settings from_environment() {
  Settings s;
  const char* schedule = std::getenv("CUDA_MODEL_SCHEDULE");
  s.devices = int(number("CUDA_MODEL_DEVICES", 1));
  s.memory = number("CUDA_MODEL_MEMORY_MIB", 3072) << 20;
  s.schedule = schedule_named(schedule ? schedule : "early");
  s.seed = number("CUDA_MODEL_SEED", 1);
  return s;
}

}  // namespace

Settings& settings() {
  static Settings all = from_environment();
  return all;
}

uint64_t seed() { return settings().seed; }

uint64_t random_below(uint64_t n) {  // splitmix64
  static uint64_t state = settings().seed * 0x9e3779b97f4a7c15;
  uint64_t x = state += 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return (x ^ x >> 31) % n;
}

std::vector<unsigned> thread_order(unsigned n) {
  std::vector<unsigned> order(n);
  std::iota(order.begin(), order.end(), 0u);
  if (settings().schedule == Schedule::late) std::reverse(order.begin(), order.end());
  if (settings().schedule == Schedule::random)
    for (unsigned i = n; i > 1; --i) std::swap(order[i - 1], order[random_below(i)]);
  return order;
}

}  // namespace cuda_model
