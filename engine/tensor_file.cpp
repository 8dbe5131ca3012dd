#include "engine/tensor_file.h"

#include <cstring>
#include <map>

#include "engine/base/error.h"
#include "kernels/view.h"

namespace engine {
namespace {

template <class From, class To> std::vector<To> converted(const std::vector<char>& raw) {
  std::vector<To> values(raw.size() / sizeof(From));
  for (size_t i = 0; i < values.size(); ++i) {
    From x;
    std::memcpy(&x, raw.data() + i * sizeof x, sizeof x);
    values[i] = To(kernels::Acc<From>(x));
  }
  return values;
}

template <class To> std::vector<To> read_as(const TensorFile& file, const StoredTensor& t) {
  using Convert = std::vector<To> (*)(const std::vector<char>&);
  static const std::map<std::string, Convert> kConverts{{"F32", converted<float, To>},
                                                        {"F64", converted<double, To>},
                                                        {"F16", converted<kernels::f16, To>},
                                                        {"BF16", converted<kernels::bf16, To>}};
  if (const auto convert = kConverts.find(t.dtype); convert != kConverts.end()) {
    std::vector<char> raw(t.bytes);
    file.read(t, raw.data());
    return convert->second(raw);
  }
  base::fail(base::ExitCode::checkpoint, file.path(), ": tensor '", t.name, "' has dtype ", t.dtype,
             ", expected a floating-point type");
}

}  // namespace

int64_t StoredTensor::size() const {
  int64_t n = 1;
  for (int64_t d : shape) n *= d;
  return n;
}

std::vector<float> TensorFile::read_floats(const StoredTensor& t) const {
  return read_as<float>(*this, t);
}
std::vector<double> TensorFile::read_doubles(const StoredTensor& t) const {
  return read_as<double>(*this, t);
}

uint64_t bytes_per_element(const std::string& dtype) {
  static const std::map<std::string, uint64_t> kBytes{
      {"F64", 8},  {"I64", 8}, {"U64", 8}, {"F32", 4}, {"I32", 4}, {"U32", 4}, {"F16", 2},
      {"BF16", 2}, {"I16", 2}, {"U16", 2}, {"I8", 1},  {"U8", 1},  {"BOOL", 1}};
  auto found = kBytes.find(dtype);
  return found == kBytes.end() ? 0 : found->second;
}

int64_t bytes_of_shape(const std::vector<int64_t>& shape, uint64_t element_bytes) {
  constexpr int64_t kMost = int64_t(1) << 62;
  int64_t bytes = int64_t(element_bytes);
  for (int64_t side : shape)
    if (side < 0 || __builtin_mul_overflow(bytes, side, &bytes) || bytes > kMost) return -1;
  return bytes;
}

}  // namespace engine
