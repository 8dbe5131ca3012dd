// The options with which a user names a data set.
#pragma once
#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "data/dataset.h"
#include "data/formats/source.h"

namespace tools {

// `standard`: what is done without the option, for the help.
void add_exif_option(CLI::App& app, std::optional<data::ExifPolicy>& exif,
                     const std::string& standard);

struct DatasetInput {
  data::Source source;
  std::optional<data::ExifPolicy> exif;  // this and the next one: if given
  std::optional<bool> follow_links;

  // An option for each format, those that go with them, and how images are read.
  void add_options(CLI::App& app);
  // `source`, whose images are read as the options say, or else as `standard` does.
  data::Source with_policy(data::ImagePolicy standard = {}) const;
  // As data::open: error (usage) unless exactly one format is given. Prints the reader's notes to
  // stderr.
  data::Dataset load(data::Problems* problems = nullptr) const;
  // The same, and labels made for the stored pixels are turned with their pictures: a line on
  // stderr counts the pictures that EXIF turns. Images that are not there stay as annotated.
  data::Dataset load_with_images() const;
  std::string name() const { return source.path(); }
};

}  // namespace tools
