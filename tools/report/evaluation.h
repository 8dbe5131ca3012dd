// The part of a report that shows one evaluation.
#pragma once
#include <span>
#include <string>

#include "data/metrics/box_matches.h"
#include "data/metrics/coco_eval.h"
#include "data/metrics/confusion.h"

namespace report {

// Which classes the evaluated model has. It is empty where only detections are known.
struct ModelClasses {
  std::vector<bool> knows;                // by category of the data: whether the model has it
  std::vector<std::string> without_data;  // the model's classes that the data lacks
  bool has(size_t category) const { return knows.empty() || knows[category]; }
};

struct Evaluated {
  const data::Dataset& truth;
  std::span<const data::Detection> detections;
  const data::Evaluation& metrics;
  data::MatchRule rule = {};
  ModelClasses classes = {};
};

// What the plots and pictures of an evaluation are made of. `of` must outlive it.
struct Matched {
  explicit Matched(const Evaluated& of);
  const Evaluated& of;
  std::vector<data::BoxMatch> matches;
  std::vector<data::OperatingPoint> points;
  data::OperatingPoint best;  // whose score is the threshold of confusion matrix and pictures
  data::Confusion confusion;
};

// The sections, in this order, each in a file of its name.
std::string metrics_section(const Matched&);
std::string precision_section(const Matched&);
std::string classes_section(const Matched&);
std::string confusion_section(const Matched&);
std::string histograms_section(const Matched&);
std::string pictures_section(const Matched&);

// All of these sections. Reads the images that are shown; one that cannot be read is named with the
// reason.
std::string evaluation_part(const Evaluated&);

}  // namespace report
