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
  ImagePolicy policy;                  // of reading the images
  bool keep_grouping_class = false;    // also a category that only groups others is a class
  // Of a model that the data is for: a grouping category among them is a class, too.
  std::vector<std::string> model_classes;

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

// Error (usage): none or several formats are given, named as `prefix` + key. Else as the format's
// reader. With `problems`, bad entries of COCO JSON are collected there instead of being errors.
// A category without boxes that is the supercategory of all others is left out, with a note.
// What a format does not have gets: annotation ids 1, 2, ... in file order, area = width * height,
// no crowd regions.
Dataset open(const Source&, const std::string& prefix = "--", Problems* problems = nullptr);

}  // namespace data
