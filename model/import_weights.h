// Initial values from a file: another run's checkpoint, or a classifier trained elsewhere.
#pragma once
#include <string>
#include <vector>

#include "engine/parameters.h"

namespace model {

struct ImportReport {
  std::string source;                              // the file, and whose names its tensors have
  std::vector<std::string> loaded, reinitialised;  // names of ours
  std::vector<std::string> other_shape;  // of the latter: "name [file's shape], expected [ours]"
  std::vector<std::string> unused;       // names in the file
  std::string hint;                      // what else has to fit these weights; often empty

  // One line: how many tensors were loaded, re-initialised (by part of the model) and not used.
  std::string in_words() const;
};

// Reads a safetensors file with names as in weight_names.h, whichever fits most tensors. A tensor
// is loaded iff its name maps to one of ours and its shape, in our axis order, is identical; others
// keep the values they have, and so does momentum. Statistics of batch norm count as tensors. Of a
// checkpoint of ours the weights are taken, not their averages. Error(checkpoint), before anything
// is changed: nothing fits, a value is not finite, a dtype is no floating-point type, one tensor is
// stored under two names.
ImportReport import_weights(engine::Backend&, const std::string& path, engine::Parameters&);

}  // namespace model
