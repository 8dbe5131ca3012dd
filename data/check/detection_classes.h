// Recognises detections whose class ids are not those of the annotations.
#pragma once
#include <span>
#include <string>

#include "data/dataset.h"
#include "data/metrics/detections.h"

namespace data {

// A warning if detections lie on objects, but on those of other classes, as they do if ids are
// counted from 0 or classes are in another order; else empty.
//
// For each object, the detection with the highest score among those on it (IoU of 0.5) gives the
// class that was found. There is a warning if at least ten objects are found, if at least half of
// them are found as another class, and if four fifths follow one rule by which each class that was
// found stands for one class of the objects. A detector that confuses classes follows no such rule.
std::string classes_in_words(std::span<const Detection> detections, const Dataset& truth);

}  // namespace data
