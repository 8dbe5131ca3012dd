// The names that other programs give to the model's tensors.
#pragma once
#include <array>
#include <string>

namespace model {

// Who has named the tensors of a file.
enum class Naming {
  ours,         // this program, in its checkpoints
  torchvision,  // torchvision or timm, in their ResNets
  tf_slim       // TF-slim's ResNet v1, and the Object Detection API's weight-shared SSD with an FPN
};
inline constexpr std::array<Naming, 3> kNamings{Naming::ours, Naming::torchvision, Naming::tf_slim};

const char* in_words(Naming);

// Translates `ours`, a name of Parameters::named(), to that naming. The result has none of the
// prefixes that stored_base() takes off. It is empty if a model of that naming has no such tensor.
std::string foreign_name(const std::string& ours, Naming);

// Takes prefixes such as "module." off a name in a file. Programs put them in front of all names
// when they wrap a model.
std::string stored_base(const std::string& name, Naming);

// If a tensor of that name belongs to a training and not to a model, what it is: "optimizer",
// "Momentum", "global_step"; else an empty text.
std::string state_kind(const std::string& name);

// The axes of a convolution kernel in files of that naming: element i is the file's axis that
// corresponds to our axis i of [out, height, width, in].
std::array<int, 4> kernel_axes(Naming);

}  // namespace model
