#include "tools/run/machine_share.h"

#include "tests/support/catch.h"

using Catch::Contains;

namespace {

config::RunConfig example(const char* device, double memory_gib) {
  config::RunConfig c;
  c.train.device = device;
  c.train.memory_gib = memory_gib;
  c.data.cache_mib = 600;
  c.data.device_cache_mib = 90;
  return c;
}

}  // namespace

TEST_CASE("ranks of one machine share its memory on CPUs, and keep their GPU's memory") {
  const config::RunConfig cpu = run::part_of_machine(example("cpu", 8), 4);
  CHECK(cpu.train.memory_gib == 2);
  CHECK(cpu.data.cache_mib == 150);
  CHECK(cpu.data.device_cache_mib == 22);
  CHECK(run::shares_in_words(cpu, 4) ==
        "4 ranks share this machine's memory: each takes 2 GiB for steps and 150 MiB for decoded "
        "images");

  const config::RunConfig gpu = run::part_of_machine(example("cuda:3", 8), 4);
  CHECK(gpu.train.memory_gib == 8);
  CHECK(gpu.data.cache_mib == 150);
  CHECK(gpu.data.device_cache_mib == 90);
  CHECK_THAT(run::shares_in_words(gpu, 4), !Contains("steps") && Contains("150 MiB"));
}

TEST_CASE("the part of what is free is a number, and a rank that is alone shares nothing") {
  const double part = run::part_of_machine(example("cpu", 0), 8).train.memory_gib;
  CHECK(part >= 0.125);  // of 1 GiB, which is the least
  CHECK(part < 1 << 16);
  const config::RunConfig alone = run::part_of_machine(example("cpu", 0), 1);
  CHECK(alone.train.memory_gib == 0);
  CHECK(alone.data.cache_mib == 600);
  CHECK(run::shares_in_words(alone, 1).empty());
}
