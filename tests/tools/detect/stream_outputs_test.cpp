// What lies in the folders of a stream of detections (`ssddetect --json-lines`) is never replaced.
#include "tests/support/catch.h"
#include "tests/support/tools/output_options.h"

namespace fs = std::filesystem;
using tests::kModel, tests::Laid, tests::Outcome;

TEST_CASE("outputs: a stream of detections replaces nothing that lies in its folders") {
  const tests::OutputPlace p;
  const std::string call =
      std::string(kModel) +
      " --json-lines --score-threshold 0 --classes circle --max 1 data/images/000005.jpg ";
  for (const auto& [option, name, other] :
       {std::tuple("-o", "000005.jpg", "000005_2.jpg"),
        {"--save-txt", "000005.txt", "000005_2.txt"},
        {"--save-crops", "circle/000005_1.jpg", "circle/000005_2_1.jpg"}})
    for (const Laid& laid : tests::what_may_lie(p.at(tests::kValFile))) {
      INFO(option << ": " << laid.what);
      p.empty();
      fs::create_directory(p.at("w/circle"));
      const std::string spot = p.at("w/" + std::string(name));
      if (!laid.lay(spot)) continue;
      const Outcome outcome = p.run("ssddetect", call + option + " w");
      INFO(outcome.err);
      CHECK(outcome.exit_code == 0);
      CHECK(laid.stays(spot));
      CHECK(fs::is_regular_file(p.at("w/" + std::string(other))));
    }
}
