#include "tools/run/machine_share.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "tools/run/device.h"

namespace run {
namespace {

constexpr double kGiB = double(size_t(1) << 30);

bool on_cpu(const config::RunConfig& c) { return c.train.device == "cpu"; }

}  // namespace

config::RunConfig part_of_machine(config::RunConfig c, int ranks) {
  if (ranks <= 1) return c;
  c.data.cache_mib /= ranks;
  if (!on_cpu(c)) return c;
  c.data.device_cache_mib /= ranks;
  if (c.train.memory_gib == 0)
    c.train.memory_gib = double(step_memory(*engine::make_cpu_backend(), 0)) / kGiB;
  c.train.memory_gib /= ranks;
  return c;
}

std::string shares_in_words(const config::RunConfig& own, int ranks) {
  std::vector<std::string> parts;
  if (on_cpu(own)) parts.push_back(fmt::format("{:.3g} GiB for steps", own.train.memory_gib));
  if (own.data.cache_mib > 0)
    parts.push_back(fmt::format("{} MiB for decoded images", own.data.cache_mib));
  if (ranks <= 1 || parts.empty()) return {};
  return fmt::format("{} ranks share this machine's memory: each takes {}", ranks,
                     fmt::join(parts, " and "));
}

}  // namespace run
