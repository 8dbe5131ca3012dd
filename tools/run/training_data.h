// The data of a training run, opened and checked.
#pragma once
#include <string>
#include <vector>

#include "tools/run/class_list.h"
#include "tools/run/model_file.h"

namespace run {

struct TrainingData {
  data::Dataset train, val;  // val: empty when there is nothing to evaluate on
  ClassList classes;         // of the model
  data::Fingerprint train_print, val_print;
  std::vector<std::string> remarks;  // for the log: what of the data takes no part, and why
};

// A resumed run keeps the classes of its checkpoint. Error(data), Error(checkpoint): what cannot be
// trained on.
TrainingData load_training_data(const config::RunConfig&, const ModelFile* resumed);

}  // namespace run
