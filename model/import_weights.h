// Loads initial values from a file: a checkpoint of another run, or a classifier trained elsewhere.
#pragma once
#include <string>
#include <vector>

#include "engine/parameters.h"
#include "engine/tensor_file.h"

namespace model {

// "Our" names and shapes are those of Parameters::named().
struct ImportReport {
  std::string source;                      // the file, and whose names its tensors have
  std::vector<std::string> loaded;         // our names
  std::vector<std::string> reinitialised;  // our names of those that keep their values
  // For those of the latter that the file has in another shape: "name [its shape], expected
  // [ours]".
  std::vector<std::string> other_shape;
  // The file's names of what belongs to a training and not to a model: buffers of an optimiser,
  // averages, the step.
  std::vector<std::string> training_state;
  std::vector<std::string> unused;  // the other names of the file that were not used
  std::string hint;                 // what else has to fit these weights; empty if nothing is known
  bool class_rows = false;          // whether the file's class predictor was read row by row

  // Returns one line with four counts: tensors that were loaded; those that keep their initial
  // values (by name or, if there are many, by part of the model); those of a training's state (by
  // kind); and those that were not used.
  std::string in_words() const;
};

// Which columns of our class predictor a file's class predictor has, too.
struct ClassColumns {
  int in_file = 0;  // columns in the file, with the background's
  // For each of our columns, the background's first: the file's column of the same class, or -1 if
  // the file has none.
  std::vector<int> source;
};

// Reads a file of tensors into `parameters`. Of the namings in weight_names.h it takes the one
// that fits most tensors. A tensor is loaded if and only if its name maps to one of ours and its
// shape, in our order of axes, is the same. Other tensors keep the values they have. The moving
// statistics of batch norm are loaded, too; the optimiser's state is not. A checkpoint of this
// program gives its weights, not their averages.
//
// If `columns` are given and the file's class predictor has in_file columns, the predictor is read
// class by class: row (output channel) anchor * columns + column belongs to that column. Rows of
// classes that the file lacks keep their values. So do all rows if the file has none of our
// classes.
//
// Throws Error(checkpoint), before anything is changed, if nothing fits, if a value is not finite,
// if a dtype is not a floating-point type, or if one tensor is stored under two names.
ImportReport import_weights(engine::Backend&, const engine::TensorFile&, engine::Parameters&,
                            const ClassColumns* columns = nullptr);
// `path` is what engine::open_weights takes.
ImportReport import_weights(engine::Backend&, const std::string& path, engine::Parameters&);

}  // namespace model
