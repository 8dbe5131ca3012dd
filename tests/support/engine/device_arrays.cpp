#include "tests/support/engine/device_arrays.h"

#include <cstdlib>
#include <map>

namespace tests {
namespace {

// One per device for the whole program: thousands of small problems share it.
engine::Backend& backend_of(const std::string& device) {
  static std::map<std::string, std::unique_ptr<engine::Backend>> open;
  std::unique_ptr<engine::Backend>& backend = open[device];
  if (!backend) backend = open_backend(device);
  return *backend;
}

}  // namespace

DeviceArrays::DeviceArrays(const std::string& device) : backend_(backend_of(device)) {}

void* DeviceArrays::place(const void* from, size_t bytes) {
  if (!queue().gpu) return const_cast<void*>(from);
  engine::Memory& copy = copies_.emplace_back(backend_, bytes, engine::MemoryKind::device);
  backend_.copy(copy.data(), from, bytes, queue());
  return copy.data();
}

void DeviceArrays::fetch() {
  for (const Result& r : results_) backend_.copy(r.to, r.from, r.bytes, queue());
  backend_.synchronize(queue());
  results_.clear();  // their owners may end before the next problem
}

int rounds(int all, int few) { return std::getenv("SSD_TEST_FEW_ROUNDS") ? few : all; }
int rounds(int all) { return rounds(all, (all + 49) / 50); }

}  // namespace tests
