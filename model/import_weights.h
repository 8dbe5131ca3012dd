// Initial values from a file: another run's checkpoint, or a classifier trained elsewhere.
#pragma once
#include <string>
#include <vector>

#include "engine/parameters.h"
#include "engine/safetensors.h"

namespace model {

struct ImportReport {
  std::string source;                              // the file, and whose names its tensors have
  std::vector<std::string> loaded, reinitialised;  // names of ours
  std::vector<std::string> other_shape;  // of the latter: "name [file's shape], expected [ours]"
  std::vector<std::string> unused;       // names in the file
  std::string hint;                      // what else has to fit these weights; often empty
  bool class_rows = false;               // rows of the class predictor were taken one by one

  // One line: how many tensors were loaded, re-initialised (by part of the model) and not used.
  std::string in_words() const;
};

// For each column of our class predictor, the background's first, the file's column of the same
// class; -1: the file has none.
struct ClassColumns {
  int in_file = 0;  // columns there, with the background
  std::vector<int> source;
};

// Reads a safetensors file with names as in weight_names.h, whichever fits most tensors. A tensor
// is loaded iff its name maps to one of ours and its shape, in our axis order, is identical; others
// keep the values they have, and so does momentum. Statistics of batch norm count as tensors. Of a
// checkpoint of ours the weights are taken, not their averages. Error(checkpoint), before anything
// is changed: nothing fits, a value is not finite, a dtype is no floating-point type, one tensor is
// stored under two names.
//
// With `columns`, rows of the class predictor (channel anchor * columns + column) are taken class
// by class, also when the number of classes differs; the others keep their values.
ImportReport import_weights(engine::Backend&, const engine::SafetensorsFile&, engine::Parameters&,
                            const ClassColumns* columns = nullptr);
ImportReport import_weights(engine::Backend&, const std::string& path, engine::Parameters&);

}  // namespace model
