// Finds objects in a picture in memory, from C++: detect CHECKPOINT PICTURE.ppm
#include <ssd320/detector.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

struct Pixels {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;
};

// Other programs have their pixels from a camera or a decoder. Of all formats, PPM takes the
// fewest lines: "P6", the width, the height, 255, a line break, and the pixels.
Pixels read_ppm(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string kind;
  Pixels pixels;
  int most = 0;
  file >> kind >> pixels.width >> pixels.height >> most;
  file.get();
  if (!file || kind != "P6" || most != 255 || pixels.width < 1 || pixels.height < 1 ||
      pixels.width > 16384 || pixels.height > 16384)
    throw std::runtime_error(std::string(path) + ": not a PPM picture of 8 bits");
  pixels.rgb.resize(std::size_t(pixels.width) * std::size_t(pixels.height) * 3);
  file.read(reinterpret_cast<char*>(pixels.rgb.data()), std::streamsize(pixels.rgb.size()));
  if (!file) throw std::runtime_error(std::string(path) + ": has fewer pixels than it says");
  return pixels;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: detect CHECKPOINT PICTURE.ppm\n";
    return int(ssd::ErrorCode::usage);
  }
  try {
    const ssd::Detector detector(argv[1]);
    const Pixels picture = read_ppm(argv[2]);
    for (const ssd::Box& box : detector.detect({picture.rgb.data(), picture.width, picture.height}))
      std::printf("%s %.6f %.3f %.3f %.3f %.3f\n", box.class_name.c_str(), box.score, box.x, box.y,
                  box.width, box.height);
    if (std::fflush(stdout) != 0) throw std::runtime_error("the boxes could not be written");
    return 0;
  } catch (const ssd::Error& error) {
    std::cerr << error.what() << '\n';
    return int(error.code());
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
