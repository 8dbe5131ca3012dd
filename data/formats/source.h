// The place of a data set in any of the formats, and the one function that opens it.
#pragma once
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "data/dataset.h"
#include "data/problem.h"

namespace data {

// The user gives exactly one of the first four. Each of the others belongs to some of the formats.
struct Source {
  std::string annotations;             // COCO JSON
  std::vector<std::string> tfrecords;  // shards: paths or globs
  std::string voc;                     // folder of XML files, or of Annotations/ and JPEGImages/
  std::string yolo;                    // data.yaml, its folder, or a folder of label files
  std::string images;                  // folder of the images, if not the one that is usual
  std::string names;                   // VOC, YOLO: file of class names, one per line
  std::string split = "train";         // of data.yaml, or of VOC's ImageSets/Main
  std::string label_map;               // TFRecord: see find_record_labels
  ImagePolicy policy;                  // with which images are read
  bool keep_grouping_class = false;    // whether a category that only groups others is a class
  // Classes of the model that will use the data. A grouping category among them is a class.
  std::vector<std::string> model_classes;
  // Where the user's program takes these values, for messages: from options ("--"), from the keys
  // of a configuration ("data.train." or "data.val."), or from nowhere (empty).
  std::string prefix = "--";

  // How this program calls one of the values, such as "--label-map" or "data.label_map" for
  // "label_map"; empty: it takes it from nowhere.
  std::string option(std::string name) const;
  bool given() const;        // whether any of the first four is given
  std::string path() const;  // the name of the data set in messages; empty if none is given
};

// A format of data sets. Each is a line of the table in source.cpp, from which configuration keys
// and options of programs are made.
struct Format {
  const char* key;      // as in data.train.KEY and --KEY
  const char* meaning;  // for the help
  std::variant<std::string Source::*, std::vector<std::string> Source::*> field;
  Dataset (*open)(const Source&, Problems*);

  bool given_in(const Source&) const;
};
std::span<const Format> formats();

// The keys of all formats, each after `prefix`: "--annotations, --tfrecords, --voc, --yolo".
std::string format_keys(const std::string& prefix);
// Throws Error(usage) unless exactly one of them is given.
void require_one_format(const Source&, const std::string& prefix);

// Reads the data set. If its format has no annotation ids, areas or crowd flags, these are 1, 2,
// ..., width * height, and false. A category without boxes that groups all others is left out, with
// a note. `problems`, if given, collects entries, label files and records that cannot be used; they
// are then left out and no errors. Throws Error(usage), with `prefix` before the names of keys,
// unless exactly one format is given. Other errors are those of the format's reader.
Dataset open(const Source&, const std::string& prefix = "--", Problems* problems = nullptr);

}  // namespace data
