// Boxes in images that come one after another, a line of JSON for each as soon as it is done.
#pragma once
#include <iosfwd>

namespace tools {

struct DetectJob;

// The images of job.inputs, then those of job.watch, until SIGINT, SIGTERM or SIGHUP, or the end of
// the inputs when nothing is watched. Lines go to `out`: image_line. Files that exist are never
// replaced: names get a number. `list`, `log` and errors are those of detect_images. Returns the
// exit code: stopped_early when a signal came before the images of job.inputs were done; data when
// an image could not be read; else done.
int detect_stream(const DetectJob& job, int list, std::ostream& out, std::ostream& log);

}  // namespace tools
