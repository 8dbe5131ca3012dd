// The options by which programs are given a labelled data set.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

#include "data/dataset.h"
#include "data/formats/source.h"

namespace tools {

struct DatasetInput {
  data::Source source;

  // An option for each format, and those that go with them.
  void add_options(CLI::App& app);
  // As data::open: error (usage) unless exactly one format is given. Prints the reader's notes to
  // stderr.
  data::Dataset load(data::Problems* problems = nullptr) const;
  std::string name() const { return source.path(); }
};

}  // namespace tools
