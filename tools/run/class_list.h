// The classes of a model: which column of the network belongs to which name, whatever the data's
// ids are.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/image/colour.h"
#include "tools/config/run_config.h"

namespace run {

struct ModelClass {
  int column = 0;  // 1 .. classes; column 0 is the background
  int64_t id = 0;  // of the category in the training data
  std::string name;
  friend bool operator==(const ModelClass&, const ModelClass&) = default;
};

class ClassList {
 public:
  ClassList() = default;
  // by_id: column = category id, so gaps in the ids are columns that never get a positive. dense:
  // the place in the file. `classes` 0: as many as needed. Error(data) for ids that have no column
  // and names that occur twice.
  ClassList(const data::Dataset&, config::ClassColumns, int classes);

  int classes() const { return classes_; }
  const std::vector<ModelClass>& list() const { return list_; }
  std::string name_of(int column) const;  // "class 12" for columns without a category

  // For each category of `dataset`, matched by name: its column, or -1 when the model lacks it.
  std::vector<int> columns_of(const data::Dataset&) const;
  // For each column 0 .. classes: index of the category in `dataset`, or -1.
  std::vector<int> categories_of(const data::Dataset&) const;

  std::string to_json() const;
  static ClassList from_json(const std::string& text,
                             const std::string& source);  // Error(checkpoint)

 private:
  int classes_ = 0;
  std::vector<ModelClass> list_;
};

// "'bolt', 'nut' and 7 more", of names in quotes.
std::string quoted(const std::string& name);
std::string listed(const std::vector<std::string>& names);

// The classes of `dataset` that the model does not have, in words, with the names of the model that
// differ from theirs in case, spaces, '-' or '_' alone: "the model does not know 2 of the 3 classes
// of val.json: 'Bolt' (it has 'bolt'), 'gear'". Empty when it knows all. Error(data) when it knows
// none.
std::string unknown_classes_in_words(const ClassList&, const data::Dataset& dataset,
                                     const std::string& name);
// The classes of the model that `dataset` does not list, likewise.
std::string missing_classes_in_words(const ClassList&, const data::Dataset& dataset,
                                     const std::string& name);

// For pictures.
data::ClassColours class_colours(const ClassList&);

}  // namespace run
