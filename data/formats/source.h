// Where a data set of any format is, and the one function that opens it.
#pragma once
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
  std::string images;                  // folder of the images, if it is not the usual one
  std::string names;                   // VOC, YOLO: file of class names, one per line
  std::string split = "train";         // of data.yaml, or of VOC's ImageSets/Main
  std::string label_map;               // TFRecord: see find_record_labels
  ImagePolicy policy;                  // with which images are read
  bool keep_grouping_class = false;    // whether a category that only groups others is a class
  // Classes of the model that will use the data. A grouping category among them is a class.
  std::vector<std::string> model_classes;
  // How the user gives these values, for messages: by options ("--"), by the keys of a
  // configuration ("data.train." or "data.val."), or not at all (empty).
  std::string prefix = "--";

  // The option or key of one of the values, such as "--label-map" or "data.label_map" for
  // "label_map"; empty if the user cannot give it.
  std::string option(std::string name) const;
  bool given() const;        // whether any of the first four is given
  std::string path() const;  // the name of the data set in messages; empty if none is given
};

// The values of a Source that belong to some of the formats.
enum class SourceValue { images, names, label_map, keep_grouping_class, split };

// A format of data sets. Each is an entry of the table in format_table.cpp, from which
// configuration keys, options of programs and their rules are made.
struct Format {
  const char* key;      // as in data.train.KEY and --KEY
  const char* name;     // for messages
  const char* meaning;  // for the help
  std::variant<std::string Source::*, std::vector<std::string> Source::*> field;
  Dataset (*open)(const Source&, Problems*);
  std::vector<SourceValue> reads;  // which values its data sets may have
  // Why this data set does not read the value. Empty if it does, or if the only reason is that the
  // value is not in `reads`.
  std::string (*why_unread)(const Source&, SourceValue);
  // Whether a path without a key is of this format, if no format before this one recognises it.
  // Null: any path that is no folder.
  // `doubt` gets what of the path could not be looked at, so that the answer may be wrong.
  bool (*recognises)(const std::string& path, std::string& doubt);
  bool has_label_files = false;  // files below the folder in `field`, or beside the images
  bool needs_images = false;     // a configuration has to name the folder of the images

  bool given_in(const Source&) const;
  bool reads_value(SourceValue) const;
  void give(Source&, const std::string& path) const;       // sets `field`
  bool takes_patterns() const;                             // `field` is a list of files
  std::vector<std::string> paths_in(const Source&) const;  // what the user gave in `field`
};
const std::vector<Format>& formats();
// The names of the formats that read the value, joined by " and ".
std::string formats_with(SourceValue);

// The one format that is given; null if it is none or several.
const Format* format_of(const Source&);

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
