// The classes of a model: the name that belongs to each column of the class predictor. Data sets
// are matched by these names, whatever ids they have.
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
  // Gives each category a column. With by_id the column is the category's id, so gaps in the ids
  // are columns without objects. With dense the columns are 1, 2, ... in the order of the file. If
  // `classes` is 0, there are as many columns as needed. Throws Error(data) if there is no
  // category, if an id is below 1 or above the number of columns, or if two categories have one
  // name.
  ClassList(const data::Dataset&, config::ClassColumns, int classes);

  int classes() const { return classes_; }
  const std::vector<ModelClass>& list() const { return list_; }
  std::string name_of(int column) const;  // "class 12" if column 12 has no category

  // The column of each category of the data set, or -1 if the model lacks a class of that name.
  std::vector<int> columns_of(const data::Dataset&) const;
  // For each column 0 .. classes() the index of its category in the data set, or -1.
  std::vector<int> categories_of(const data::Dataset&) const;

  std::string to_json() const;
  // Throws Error(checkpoint), which begins with `source`, if the text is not that of a class list.
  static ClassList from_json(const std::string& text, const std::string& source);

 private:
  int classes_ = 0;
  std::vector<ModelClass> list_;
};

// A name in quotes, safe to print.
std::string quoted(const std::string& name);
// The first eight names and the number of the others: "'bolt', 'nut' and 7 more".
std::string listed(const std::vector<std::string>& names);

// The name in quotes, with a name of `classes` that is probably meant to be the same, if there is
// one: "'Bolt' (it has 'bolt')".
std::string with_likely(const std::string& name, const ClassList& classes);

// listed() of with_likely() of names, which is computed only for those that are shown.
std::string listed_with_likely(const std::vector<std::string>& names, const ClassList& classes);

// Says which classes of `dataset` the model lacks, and which of its own may be meant: "the model
// does not know 2 of the 3 classes of val.json: 'Bolt' (it has 'bolt'), 'gear'". Empty if it has
// all of them. Throws Error(data) if it has none. `name` is that of the data set in messages.
std::string unknown_classes_in_words(const ClassList&, const data::Dataset& dataset,
                                     const std::string& name);
// Says which classes of the model `dataset` does not list. Empty if it lists all of them.
std::string missing_classes_in_words(const ClassList&, const data::Dataset& dataset,
                                     const std::string& name);

// Throws Error(data) if two categories have one name.
void refuse_same_names(const data::Dataset&);

// The colours in which pictures show the classes.
data::ClassColours class_colours(const ClassList&);

}  // namespace run
