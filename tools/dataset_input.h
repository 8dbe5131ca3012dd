// The options by which programs are given a labelled data set.
#pragma once
#include <CLI/CLI.hpp>
#include <string>

#include "data/dataset.h"
#include "data/formats/label_map.h"
#include "data/problem.h"

namespace tools {

struct DatasetInput {
  std::string annotations, images, records, label_map;

  // --annotations and --images, or --records and --label-map.
  void add_options(CLI::App& app);
  // With `problems`, bad entries of annotation files are collected instead of being errors. Images
  // that are not given lie beside the annotations. Error (usage): neither or both kinds are given.
  data::Dataset load(data::Problems* problems = nullptr) const;
  const std::string& name() const { return annotations.empty() ? records : annotations; }
};

}  // namespace tools
