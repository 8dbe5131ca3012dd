// How the readers of formats take a data::Source. YOLO's takes it as it is (yolo_source.h).
#pragma once
#include "data/formats/source.h"

namespace data {

Dataset open_coco(const Source&, Problems*);
Dataset open_tfrecords(const Source&, Problems*);
Dataset open_voc(const Source&, Problems*);

}  // namespace data
