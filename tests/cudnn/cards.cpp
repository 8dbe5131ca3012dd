#include "tests/cudnn/cards.h"

#include <dlfcn.h>

#include <nlohmann/json.hpp>

#include "engine/base/error.h"

namespace tests {
namespace {

// The keys that cuDNN 9.19 wants. Clocks are those of an H200 for all: they only order engines.
std::string properties_of(const Card& card) {
  const int64_t mib = int64_t(1) << 20;
  return nlohmann::json{{"deviceName", card.name},
                        {"cudaDeviceId", 0},
                        {"deviceVer", card.sm * 10},
                        {"driverVer", 13000},
                        {"isTccDriver", 0},
                        {"l2CacheSize", card.l2_mib * mib},
                        {"maxGridSize", {2147483647, 65535, 65535}},
                        {"maxBlockSize", {1024, 1024, 64}},
                        {"maxCtasPerSM", card.blocks},
                        {"maxRegistersPerSM", 65536},
                        {"maxSharedMemoryPerBlock", 49152},
                        {"maxSharedMemoryPerBlockOptin", card.shared_memory},
                        {"maxThreadsPerBlock", 1024},
                        {"maxThreadsPerSM", card.threads},
                        {"memClockRateKHz", 2619000},
                        {"multiProcessorCount", card.multiprocessors},
                        {"pciDeviceId", 0},
                        {"regsPerBlock", 65536},
                        {"reservedSharedMemoryPerBlock", 1024},
                        {"smClockRateKHz", 1785000},
                        {"supportCoopLaunch", 1},
                        {"totalGlobalMem", card.memory_gib * 1024 * mib},
                        {"warpSize", 32}}
      .dump();
}

}  // namespace

// cuDNN opens libcuda.so.1 by name: this one is then loaded already.
void load_driver_shim() {
  static void* const shim = dlopen(SSD_LIBCUDA_SHIM, RTLD_NOW | RTLD_GLOBAL);
  if (!shim) base::fail(base::ExitCode::failed, "cannot load the driver's shim: ", dlerror());
}

const std::vector<Card>& cards() {
  static const std::vector<Card> all{
      {"NVIDIA A100-SXM4-80GB", 80, 108, 166912, 2048, 32, 40, 80},
      {"NVIDIA L4", 89, 58, 101376, 1536, 24, 48, 24},
      {"NVIDIA H200", 90, 132, 232448, 2048, 32, 60, 141},
      {"NVIDIA B200", 100, 148, 232448, 2048, 32, 126, 180},
      {"NVIDIA RTX PRO 6000", 120, 188, 101376, 1536, 24, 128, 96},
  };
  return all;
}

std::shared_ptr<const engine::CudnnDevice> device_of(const Card& card) {
  return std::make_shared<engine::CudnnDevice>(properties_of(card));
}

}  // namespace tests
