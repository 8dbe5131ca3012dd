// What other programs call the model's tensors.
#pragma once
#include <array>
#include <string>

namespace model {

// ours: checkpoints of this program. torchvision: its ResNets, and timm's. tf_slim: TF-slim's
// ResNet v1 and the Object Detection API's weight-shared SSD with an FPN.
enum class Naming { ours, torchvision, tf_slim };
inline constexpr std::array<Naming, 3> kNamings{Naming::ours, Naming::torchvision, Naming::tf_slim};

const char* in_words(Naming);

// The name that `ours`, a name of Parameters::named(), has there, without the prefixes that
// stored_base() takes off. Empty when that model has no such tensor.
std::string foreign_name(const std::string& ours, Naming);

// A name as a file has it, without the prefixes that programs wrap a model in.
std::string stored_base(const std::string& name, Naming);

// Where kernel axis i of ours, [out, height, width, in], lies in a kernel stored there.
std::array<int, 4> kernel_axes(Naming);

}  // namespace model
