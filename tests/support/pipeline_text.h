// A pipeline.config with the values of the original's recipe for eight GPUs.
#pragma once

namespace tests {

extern const char* const kPipeline;

}  // namespace tests
