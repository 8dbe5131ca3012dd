// Images that begin beyond what an int counts, in memory of which few pages are ever touched.
#include <sys/mman.h>

#include <cstdint>
#include <vector>

#include "kernels/max_pool.h"
#include "tests/support/catch.h"

using namespace kernels;

namespace {

// Zeros. Empty where the system promises no memory that it does not have.
class SparseBytes {
 public:
  explicit SparseBytes(size_t size) : size_(size) {
    void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p != MAP_FAILED) data_ = p;
  }
  ~SparseBytes() {
    if (data_) munmap(data_, size_);
  }
  SparseBytes(const SparseBytes&) = delete;
  SparseBytes& operator=(const SparseBytes&) = delete;
  void* data() const { return data_; }

 private:
  size_t size_;
  void* data_ = nullptr;
};

}  // namespace

TEST_CASE("max_pool: an image that begins 2^31 elements behind the first") {
  constexpr int kSide = 1 << 15, kImages = 3;
  constexpr size_t kOfImage = size_t(kSide) * kSide;
  const SparseBytes memory(kImages * kOfImage * sizeof(bf16));
  if (!memory.data()) return;
  bf16* const x = static_cast<bf16*>(memory.data());
  for (int image = 0; image < kImages; ++image)
    x[size_t(image) * kOfImage + size_t(image)] = bf16(float(image + 1));
  std::vector<bf16> y(kImages);
  std::vector<uint8_t> winner(kImages);
  const Shape out{4, {kImages, 1, 1, 1}};
  max_pool({}, {.kernel = 3, .stride = kSide, .top = 0, .left = 0},
           {x, DType::bf16, {4, {kImages, kSide, kSide, 1}}}, {y.data(), DType::bf16, out},
           {winner.data(), DType::u8, out});
  for (int image = 0; image < kImages; ++image) {
    CHECK(float(y[size_t(image)]) == float(image + 1));
    CHECK(winner[size_t(image)] == image);
  }
}
