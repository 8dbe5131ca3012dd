#include "kernels/image.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "data/loading/stage_image.h"
#include "tests/support/engine/device_arrays.h"

using kernels::ColourOp, kernels::ColourStep, kernels::DType, kernels::StagedImage, kernels::View;

namespace {

constexpr kernels::ChannelScaling kScaling{{123.68f, 116.779f, 103.939f}, {58.4f, 57.1f, 57.4f}};

data::Picture random_image(int height, int width, unsigned seed) {
  std::mt19937 random(seed);
  data::Picture image{width, height, std::vector<uint8_t>(size_t(height * width * 3))};
  for (uint8_t& byte : image.rgb) byte = uint8_t(random());
  return image;
}

// A picture of numbers, and the steps of the pipeline one after the other, as the definition reads.
template <class A> struct Canvas {
  int height = 0, width = 0;
  std::vector<std::array<A, 3>> pixels;
  Canvas(int h, int w) : height(h), width(w), pixels(size_t(h * w)) {}
  std::array<A, 3>& at(int y, int x) { return pixels[size_t(y * width + x)]; }
};

template <class A>
Canvas<A> place(const data::Picture& image, const data::ImageTransform& t, const float* fill) {
  const data::Placement& p = t.placement;
  Canvas<A> canvas(p.height, p.width);
  for (auto& pixel : canvas.pixels) pixel = {A(fill[0]), A(fill[1]), A(fill[2])};
  for (int y = 0; y < p.crop.height; ++y)
    for (int x = 0; x < p.crop.width; ++x) {
      int column = p.crop.x + x, from = t.flip ? image.width - 1 - column : column;
      const uint8_t* rgb = &image.rgb[size_t(((p.crop.y + y) * image.width + from) * 3)];
      canvas.at(p.y + y, p.x + x) = {A(rgb[0]), A(rgb[1]), A(rgb[2])};
    }
  return canvas;
}

template <class A>
std::vector<A> resize(Canvas<A>& canvas, int height, int width, const kernels::ChannelScaling& s) {
  std::vector<A> out;
  float scale_y = float(canvas.height) / float(height),
        scale_x = float(canvas.width) / float(width);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (size_t c = 0; c < 3; ++c) {
        float source_y = float(y) * scale_y, source_x = float(x) * scale_x;
        int top = int(std::floor(source_y)), left = int(std::floor(source_x));
        int bottom = std::min(top + 1, canvas.height - 1),
            right = std::min(left + 1, canvas.width - 1);
        A ty = source_y - float(top), tx = source_x - float(left);
        A above =
            canvas.at(top, left)[c] + (canvas.at(top, right)[c] - canvas.at(top, left)[c]) * tx;
        A below = canvas.at(bottom, left)[c] +
                  (canvas.at(bottom, right)[c] - canvas.at(bottom, left)[c]) * tx;
        out.push_back((above + (below - above) * ty - A(s.mean[c])) / A(s.deviation[c]));
      }
  return out;
}

struct Stored {
  std::vector<uint8_t> pixels, cache;
};

template <class T>
std::vector<T> normalised_on(const std::string& device, const Stored& stored,
                             const std::vector<StagedImage>& staged, data::PictureSize output,
                             DType dtype) {
  const auto images = int64_t(staged.size());
  std::vector<T> out(size_t(images * output.height * output.width * 3));
  tests::DeviceArrays arrays(device);
  // Described as bytes: a kernel gets a plain pointer.
  const View described = arrays.input(staged, DType::u8, {1, {images}});
  const auto bytes = [&](const std::vector<uint8_t>& from) {
    return arrays.input(from, DType::u8, {1, {int64_t(from.size())}});
  };
  kernels::normalise_images(
      arrays.queue(), bytes(stored.pixels), bytes(stored.cache), described.as<const StagedImage>(),
      kScaling, arrays.output(out, dtype, {4, {images, output.height, output.width, 3}}));
  arrays.fetch();
  return out;
}

// On the CPU; a GPU must give the same bits.
template <class T>
std::vector<T> normalised(const Stored& stored, const std::vector<StagedImage>& staged,
                          data::PictureSize output, DType dtype) {
  const std::vector<T> out = normalised_on<T>("cpu", stored, staged, output, dtype);
  if (tests::have_gpu() && dtype != DType::f64) {
    const std::vector<T> there = normalised_on<T>("cuda:0", stored, staged, output, dtype);
    CHECK(std::memcmp(there.data(), out.data(), out.size() * sizeof(T)) == 0);
  }
  return out;
}

// One picture, staged.
template <class T>
std::vector<T> run(const data::Picture& image, const data::ImageTransform& t,
                   data::PictureSize output, DType dtype, StagedImage* described = nullptr) {
  std::vector<uint8_t> slot(size_t(kernels::slot_bytes(output.height, output.width)));
  StagedImage staged = data::stage_image(image, t, output, slot);
  if (described) *described = staged;
  return normalised<T>({slot, {}}, {staged}, output, dtype);
}

data::ImageTransform whole(const data::Picture& image, bool flip = false) {
  data::ImageTransform t;
  t.flip = flip;
  t.placement = {{0, 0, image.height, image.width}, image.height, image.width, 0, 0, false};
  return t;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::fabs(a[i] - b[i]));
  return largest;
}

}  // namespace

TEST_CASE("equal sizes: only normalised") {
  data::Picture image = random_image(37, 53, 1);
  std::vector<float> out = run<float>(image, whole(image), {37, 53}, DType::f32);
  for (size_t i = 0; i < out.size(); ++i)
    REQUIRE(out[i] == (float(image.rgb[i]) - kScaling.mean[i % 3]) / kScaling.deviation[i % 3]);
}

TEST_CASE("resize, crop and flip give the bits of the naive definition") {
  struct Size {
    int height, width, out_height, out_width;
  };
  // Up, down, more than two to one (gathered rows, columns, both), one pixel, wider than a tile.
  const Size sizes[] = {{30, 40, 64, 64},   {97, 131, 64, 64}, {300, 50, 32, 32}, {50, 301, 32, 31},
                        {233, 517, 33, 65}, {1, 1, 7, 5},      {1, 400, 3, 300},  {9, 600, 5, 320}};
  for (const Size& size : sizes)
    for (bool flip : {false, true}) {
      INFO(size.height << "x" << size.width << " flip " << flip);
      data::Picture image = random_image(size.height, size.width, 7);
      data::ImageTransform t = whole(image, flip);
      if (size.height > 20) {
        data::PixelWindow crop{3, 5, size.height - 7, size.width - 6};
        t.placement = {crop, crop.height, crop.width, 0, 0, false};
      }
      const float black[3] = {};
      Canvas<float> canvas = place<float>(image, t, black);
      std::vector<float> expected = resize(canvas, size.out_height, size.out_width, kScaling);
      CHECK(run<float>(image, t, {size.out_height, size.out_width}, DType::f32) == expected);
    }
}

TEST_CASE("padded canvases give the bits of the naive definition") {
  for (int scale : {1, 4})  // 4: gathered
    for (bool flip : {false, true}) {
      data::Picture image = random_image(40 * scale, 50 * scale, 3);
      data::ImageTransform t = whole(image, flip);
      t.placement.crop = {2, 3, 30 * scale, 41 * scale};
      t.placement.height = 61 * scale, t.placement.width = 83 * scale;
      t.placement.y = 11 * scale, t.placement.x = 7 * scale;
      t.placement.fill_with_mean = true;
      StagedImage staged;
      std::vector<float> out = run<float>(image, t, {32, 35}, DType::f32, &staged);
      CHECK(bool(staged.gathered_rows) == (scale == 4));
      double mean = 0;  // of the crop's red
      for (int y = 0; y < t.placement.crop.height; ++y)
        for (int x = 0; x < t.placement.crop.width; ++x) {
          int column = 3 + x, from = flip ? image.width - 1 - column : column;
          mean += image.rgb[size_t(((2 + y) * image.width + from) * 3)];
        }
      CHECK(staged.fill[0] ==
            float(mean / (double(t.placement.crop.height) * t.placement.crop.width)));
      Canvas<float> canvas = place<float>(image, t, staged.fill);
      CHECK(out == resize(canvas, 32, 35, kScaling));
    }
}

TEST_CASE("a picture that is kept whole gives the bits of one that was cut and gathered") {
  const data::PictureSize output{33, 65};
  const size_t slot_size = size_t(kernels::slot_bytes(output.height, output.width));
  for (auto [height, width] :
       {std::pair(40, 70), {67, 100}, {20, 400}, {300, 25}, {1, 1}, {1, 900}})
    for (int variant = 0; variant < 8; ++variant) {
      INFO(height << "x" << width << " variant " << variant);
      const data::Picture image = random_image(height, width, 4);
      data::ImageTransform t = whole(image, variant % 2);
      data::Placement& p = t.placement;
      if (variant & 2) {  // a part, and where it is the right one also the last byte
        p.crop = {height / 3, width / 4, height - height / 3, width - width / 4};
        p.height = p.crop.height, p.width = p.crop.width;
      }
      if (variant & 4) {
        p.height += 2 * height, p.width += 10, p.y = height, p.x = 3;
        t.colour = {{ColourOp::brightness, 0.1f}, {ColourOp::hue, 0.2f}};
      }
      const std::vector<float> expected = run<float>(image, t, output, DType::f32);
      // Memory of exactly the picture's size: the address sanitizer sees what is read beside it.
      Stored stored{{}, std::vector<uint8_t>(size_t(data::whole_picture_bytes({height, width})))};
      REQUIRE(stored.cache.size() <= slot_size);
      StagedImage staged = data::stage_whole_image(image, t, stored.cache);
      staged.cached = true;
      CHECK(normalised<float>(stored, {staged}, output, DType::f32) == expected);
      CHECK_FALSE(data::needs_pixels(t));
      StagedImage described = data::describe_whole_image({height, width}, t);
      described.cached = true;
      CHECK(normalised<float>(stored, {described}, output, DType::f32) == expected);
    }
}

TEST_CASE("a batch of pictures in slots and in the cache: each is read where it is") {
  const data::PictureSize output{24, 20};
  const data::Picture first = random_image(30, 31, 1), second = random_image(24, 40, 2);
  const auto place = size_t(data::whole_picture_bytes({30, 31}));
  Stored stored{std::vector<uint8_t>(size_t(kernels::slot_bytes(24, 20))),
                std::vector<uint8_t>(place + size_t(data::whole_picture_bytes({24, 40})))};
  const std::span<uint8_t> cache = stored.cache;
  std::vector<StagedImage> staged;
  staged.push_back(data::stage_whole_image(second, whole(second), cache.subspan(place)));
  staged.back().offset += int64_t(place), staged.back().cached = true;
  staged.push_back(data::stage_image(second, whole(second, true), output, stored.pixels));
  staged.push_back(data::stage_whole_image(first, whole(first), cache));
  staged.back().cached = true;
  const std::vector<float> out = normalised<float>(stored, staged, output, DType::f32);
  std::vector<float> expected = run<float>(second, whole(second), output, DType::f32);
  for (const auto& [image, flip] : {std::pair(&second, true), {&first, false}}) {
    const std::vector<float> one = run<float>(*image, whole(*image, flip), output, DType::f32);
    expected.insert(expected.end(), one.begin(), one.end());
  }
  CHECK(out == expected);
}

TEST_CASE("half types are the rounded f32 values") {
  data::Picture image = random_image(71, 93, 5);
  std::vector<float> exact = run<float>(image, whole(image), {40, 50}, DType::f32);
  auto half = run<kernels::f16>(image, whole(image), {40, 50}, DType::f16);
  auto brain = run<kernels::bf16>(image, whole(image), {40, 50}, DType::bf16);
  for (size_t i = 0; i < exact.size(); ++i) {
    REQUIRE(half[i].bits == kernels::f16(exact[i]).bits);
    REQUIRE(brain[i].bits == kernels::bf16(exact[i]).bits);
  }
}

namespace {

// Colour operations in double, by another route than the kernel's: HSV by sectors of a circle.
std::array<double, 3> to_hsv(std::array<double, 3> x) {
  double high = std::max({x[0], x[1], x[2]}), range = high - std::min({x[0], x[1], x[2]});
  double angle = 0;
  if (range > 0 && high == x[0])
    angle = std::fmod((x[1] - x[2]) / range + 6, 6);
  else if (range > 0 && high == x[1])
    angle = (x[2] - x[0]) / range + 2;
  else if (range > 0)
    angle = (x[0] - x[1]) / range + 4;
  return {angle / 6, high > 0 ? range / high : 0, high};
}

std::array<double, 3> from_hsv(std::array<double, 3> hsv) {
  double angle = hsv[0] * 6, chroma = hsv[1] * hsv[2], base = hsv[2] - chroma;
  double second = chroma * (1 - std::fabs(std::fmod(angle, 2) - 1));
  const double c = chroma, s = second;
  const std::array<double, 3> sectors[6] = {{c, s, 0}, {s, c, 0}, {0, c, s},
                                            {0, s, c}, {s, 0, c}, {c, 0, s}};
  std::array<double, 3> rgb = sectors[int(angle) % 6];
  for (double& v : rgb) v += base;
  return rgb;
}

void apply(Canvas<double>& canvas, const ColourStep& step) {
  std::array<double, 3> mean{};
  for (const auto& pixel : canvas.pixels)
    for (size_t c = 0; c < 3; ++c) mean[c] += pixel[c] / 255 / double(canvas.pixels.size());
  for (auto& pixel : canvas.pixels) {
    std::array<double, 3> x{pixel[0] / 255, pixel[1] / 255, pixel[2] / 255};
    double value = step.value;
    std::array<double, 3> hsv = to_hsv(x);
    if (step.op == ColourOp::brightness)
      for (double& v : x) v += value;
    if (step.op == ColourOp::contrast)
      for (size_t c = 0; c < 3; ++c) x[c] = (x[c] - mean[c]) * value + mean[c];
    if (step.op == ColourOp::hue) {
      hsv[0] = hsv[0] + value - std::floor(hsv[0] + value);
      x = from_hsv(hsv);
    }
    if (step.op == ColourOp::saturation) {
      hsv[1] = std::clamp(hsv[1] * value, 0.0, 1.0);
      x = from_hsv(hsv);
    }
    for (size_t c = 0; c < 3; ++c) pixel[c] = std::clamp(x[c] * 255, 0.0, 255.0);
  }
}

}  // namespace

TEST_CASE("colour operations against a float64 reference") {
  const std::vector<ColourStep> cases[] = {
      {{ColourOp::brightness, 0.15f}},
      {{ColourOp::brightness, -0.2f}},
      {{ColourOp::contrast, 1.25f}},
      {{ColourOp::contrast, 0.8f}},
      {{ColourOp::hue, 0.2f}},
      {{ColourOp::hue, -0.19f}},
      {{ColourOp::saturation, 1.4f}},
      {{ColourOp::saturation, 0.3f}},
      {{ColourOp::brightness, 0.1f},
       {ColourOp::saturation, 0.6f},
       {ColourOp::hue, -0.1f},
       {ColourOp::contrast, 1.3f}},
      {{ColourOp::brightness, -0.1f},
       {ColourOp::contrast, 1.4f},
       {ColourOp::saturation, 1.5f},
       {ColourOp::hue, 0.15f}},
  };
  for (const auto& steps : cases)
    for (bool padded : {false, true}) {
      INFO("first op " << int(steps[0].op) << " of " << steps.size() << " padded " << padded);
      data::Picture image = random_image(45, 61, 11);
      std::fill_n(image.rgb.begin(), 300, uint8_t(90));  // grey: no hue
      std::fill_n(image.rgb.begin() + 300, 300, uint8_t(0));
      data::ImageTransform t = whole(image, true);
      t.colour = steps;
      if (padded) t.placement.height = 70, t.placement.y = 6, t.placement.fill_with_mean = true;
      StagedImage staged;
      std::vector<float> single = run<float>(image, t, {50, 40}, DType::f32, &staged);
      Canvas<double> canvas = place<double>(image, t, staged.fill);
      for (const ColourStep& step : steps) apply(canvas, step);
      std::vector<double> expected = resize(canvas, 50, 40, kScaling);
#ifndef SSD_CUDA_BUILD  // kernels compiled by nvcc have no f64
      // The means of contrast steps are measured and handed over in f32.
      CHECK(largest_difference(run<double>(image, t, {50, 40}, DType::f64), expected) < 5e-6);
#endif
      CHECK(largest_difference({single.begin(), single.end()}, expected) < 2e-5);
    }
}

TEST_CASE("a batch: every picture by its own description, blank rows black") {
  data::PictureSize output{24, 20};
  size_t slot = size_t(kernels::slot_bytes(24, 20));
  std::vector<uint8_t> pixels(3 * slot);
  std::vector<StagedImage> staged;
  data::Picture first = random_image(30, 31, 1), second = random_image(200, 90, 2);
  staged.push_back(data::stage_image(first, whole(first), output, std::span(pixels).first(slot)));
  staged.push_back(data::empty_slot());
  staged.push_back(
      data::stage_image(second, whole(second, true), output, std::span(pixels).subspan(2 * slot)));
  staged[2].offset = int64_t(2 * slot);
  size_t image_size = size_t(output.height * output.width * 3);
  std::vector<float> out = normalised<float>({pixels, {}}, staged, output, DType::f32);
  std::vector<float> a = run<float>(first, whole(first), output, DType::f32);
  std::vector<float> c = run<float>(second, whole(second, true), output, DType::f32);
  CHECK(std::equal(a.begin(), a.end(), out.begin()));
  CHECK(std::equal(c.begin(), c.end(), out.begin() + long(2 * image_size)));
  for (size_t i = 0; i < image_size; ++i)
    REQUIRE(out[image_size + i] == (0 - kScaling.mean[i % 3]) / kScaling.deviation[i % 3]);
  kernels::normalise_images({}, {}, {}, nullptr, kScaling,
                            {nullptr, DType::f32, {4, {0, 24, 20, 3}}});
}
