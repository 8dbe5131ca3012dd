// The names of devices, as known_device() takes them and programs offer them.
#pragma once
#include <array>

namespace engine {

// "auto" is a GPU if there is one. kGpuWord may have a number behind it, as in "cuda:1".
inline constexpr const char* kGpuWord = "cuda";
inline constexpr std::array<const char*, 3> kDeviceWords{"auto", "cpu", kGpuWord};
inline constexpr const char* kDeviceNames = "auto, cpu, cuda or cuda:N";  // for messages

}  // namespace engine
