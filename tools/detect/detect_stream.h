// Finds objects in images that come one after another, and writes a line of JSON for each as soon
// as it is done: ssddetect --json-lines and --watch.
#pragma once
#include <iosfwd>

namespace tools {

struct DetectJob;

// Takes the images of job.inputs, and then those that come into the folder job.watch, until SIGINT,
// SIGTERM or SIGHUP. If no folder is watched, it ends with the inputs. Writes a line (image_line)
// to `out` for each image. Files that exist are never replaced: new names get a number. `list`,
// `log` and errors are those of detect_images(). Returns the exit code: stopped_early if a signal
// came before the images of job.inputs were done, else data if an image could not be read, else
// done.
int detect_stream(const DetectJob& job, int list, std::ostream& out, std::ostream& log);

}  // namespace tools
