// Where the batches of a timed run come from.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/loading/batch.h"
#include "engine/backend.h"
#include "tools/config/run_config.h"

namespace benchmarks {

class Feed {
 public:
  virtual ~Feed() = default;
  // Valid until the next call. The range "data wait" holds the time that this takes.
  virtual const data::Batch& next() = 0;
};

// One batch of random pictures of the network's size, and random boxes, in pinned memory.
std::unique_ptr<Feed> random_feed(engine::Backend&, const config::RunConfig&, int images);
// Batches of decoded pictures in pinned memory, with the files in turn. If there is not room for
// all files, only the first ones are used.
std::unique_ptr<Feed> decoded_feed(engine::Backend&, const config::RunConfig&, int images,
                                   const std::vector<std::string>& files, int threads);
// Batches with the files in turn, which threads read and decode while the detection runs, as in
// ssddetect. They are enough for `batches` batches.
std::unique_ptr<Feed> file_feed(const config::RunConfig&, int images,
                                const std::vector<std::string>& files, int threads, int batches);
// A data set as in training. It must outlive the feed. Throws Error(data) if the categories have
// ids beyond the 90 classes.
std::unique_ptr<Feed> training_feed(engine::Backend&, const config::RunConfig&,
                                    const data::Dataset&);

// Writes `count` drawn scenes of 640 x 480 pixels as JPEG files into the folder, and returns them.
std::vector<std::string> draw_files(const std::string& folder, int count);

}  // namespace benchmarks
