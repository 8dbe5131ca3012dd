// Runs a faulty kernel on the first GPU and ends as a program of ours would.
//   planted_fault out_of_bounds|trap|race|uninitialised|divergence [FILE]
// With FILE, writes it before, and again after the fault, from memory of the device.
#include <cstdio>
#include <map>
#include <string>

#include "engine/base/error.h"
#include "engine/safetensors.h"
#include "tests/support/engine/bench.h"
#include "tests/support/engine/test_kernels.h"

namespace {

const std::map<std::string, tests::Fault> kFaults{
    {"out_of_bounds", tests::Fault::out_of_bounds},
    {"trap", tests::Fault::trap},
    {"race", tests::Fault::race},
    {"uninitialised", tests::Fault::uninitialised},
    {"divergence", tests::Fault::divergence},
};

void save(engine::Backend& backend, const engine::Memory& memory, const std::string& path) {
  std::vector<char> bytes(memory.bytes());
  kernels::Queue queue = backend.queue(engine::Lane::compute);
  backend.copy(bytes.data(), memory.data(), bytes.size(), queue);
  backend.synchronize(queue);
  const engine::TensorToStore values{"values", {int64_t(bytes.size() / 4)}, "F32", bytes.data()};
  engine::write_safetensors(path, {&values, 1}, {});
}

void run(tests::Fault fault, const std::string& path) {
  constexpr int64_t kNumbers = 256;
  auto backend = tests::open_backend("cuda:0");
  kernels::Queue queue = backend->queue(engine::Lane::compute);
  engine::Memory good(*backend, kNumbers * 4, engine::MemoryKind::device);
  engine::Memory unwritten(*backend, kNumbers * 4, engine::MemoryKind::device);
  const std::vector<float> values(kNumbers, 7);
  backend->copy(good.data(), values.data(), good.bytes(), queue);
  if (!path.empty()) save(*backend, good, path);
  tests::plant(queue, fault, {unwritten.data(), kernels::DType::i32, {1, {kNumbers}}});
  backend->synchronize(queue);
  if (!path.empty()) save(*backend, good, path);
}

}  // namespace

int main(int argc, char** argv) {
  const auto fault = argc > 1 ? kFaults.find(argv[1]) : kFaults.end();
  if (fault == kFaults.end()) return int(base::ExitCode::usage);
  try {
    run(fault->second, argc > 2 ? argv[2] : "");
    return 0;
  } catch (const base::Error& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return int(e.code());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return int(base::ExitCode::failed);
  }
}
