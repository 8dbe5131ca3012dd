// Opens and checks the data of a training run.
#pragma once
#include <string>
#include <vector>

#include "tools/run/class_list.h"
#include "tools/run/model_file.h"

namespace run {

struct TrainingData {
  data::Dataset train, val;  // val is empty if there is nothing to evaluate on
  ClassList classes;         // of the model
  data::Fingerprint train_print, val_print;
  std::vector<std::string> remarks;  // lines for the log, such as how many labels take no part

  std::string in_words() const;  // the numbers of images and of classes
};

// Opens the data sets, and looks up every image. A resumed run keeps the classes of its checkpoint.
// Throws Error(data) if nothing can be trained on or too many images cannot be used, and
// Error(checkpoint) if the configuration or the data do not fit the checkpoint.
TrainingData load_training_data(const config::RunConfig&, const ModelFile* resumed);

}  // namespace run
