// Opens NVIDIA's run-time compiler (NVRTC), with which cuDNN compiles plans, ahead of cuDNN. NVRTC
// opens a library of its own by name alone. If NVIDIA's libraries come from Python's packages, the
// loader does not know their folders, and cuDNN would refuse every plan that has to be compiled.
#pragma once
#include <string>
#include <vector>

namespace engine {

// Finds the libraries of NVRTC near that file of cuDNN's: those in its folder, else those in other
// NVIDIA packages of the same Python (nvidia/*/lib). Returns them in the order in which they must
// be opened.
std::vector<std::string> nvrtc_beside(const std::string& cudnn_file);

// Opens them, so that they are found by name from now on.
void open_nvrtc_beside(const std::string& cudnn_file);

}  // namespace engine
