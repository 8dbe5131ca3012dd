// The card for which most tests of plans make them.
#pragma once
#include "engine/base/error.h"
#include "tests/cudnn/cards.h"
#include "tests/support/catch.h"

namespace tests {

// Null, after a warning, where there is no cuDNN.
inline std::shared_ptr<const engine::CudnnDevice> described_h200() {
  load_driver_shim();
  try {
    return device_of(cards()[2]);
  } catch (const base::Error& error) {
    if (error.code() != base::ExitCode::resources) throw;
    WARN("skipped: " << error.what());
    return nullptr;
  }
}

}  // namespace tests
