// The model's trainable parameters and moving statistics: named slices of a few flat buffers, so
// that one launch updates, checks or sums them all.
//
// Declare everything with add(), then allocate(). The trainable buffer is laid out as
//   [decayed, trained][other, trained][frozen]
// in order of declaration within each part, every entry on a 64-byte boundary, gaps zero.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "engine/backend.h"
#include "engine/precision.h"
#include "engine/tape.h"

namespace engine {

struct Init {
  enum class Kind { constant, normal, truncated_normal } kind = Kind::constant;
  // The constant, or the standard deviation. truncated_normal redraws beyond two of these.
  double value = 0;
};

struct ParameterSpec {
  std::string name;
  Shape shape;
  Init init;
  // A convolution kernel: L2-regularised, and copied to the working dtype. Others stay in the
  // master dtype.
  bool kernel = false;
};

class Parameters {
 public:
  using Id = int;

  Parameters(Backend& backend, Precision precision) : backend_(backend), precision_(precision) {}

  // Declares a parameter, or a statistic, which is not trained (a moving mean or variance).
  Id add(ParameterSpec spec);
  Id add_statistic(std::string name, int64_t channels, double value);
  // Allocates and initialises. The values depend on (seed, name) alone. Parameters whose names
  // begin with one of `frozen` get no gradient and no update; throws Error(usage) if one of these
  // fits no parameter. If `gradients` is false, there are none, for inference.
  void allocate(uint64_t seed, const std::vector<std::string>& frozen = {}, bool gradients = true);

  // What operations use: working dtype for kernels, master dtype for others and statistics.
  const Tensor& operator[](Id id) const { return entries_[size_t(id)].working; }
  const Tensor& statistic(Id id) const { return statistics_[size_t(id)].value; }

  void watch(Tape&) const;  // asks for the gradient of everything that is trained
  void zero_gradients(kernels::Queue);
  void refresh_working(kernels::Queue);  // makes the working copies again after values were loaded

  // Flat buffers in the master dtype, of trained() elements; decayed() come first.
  View master() const, gradient() const;
  View master(Id id) const { return master_of(entries_[size_t(id)]); }  // of one parameter
  // The low-precision copies, flat. Empty if the working dtype is the master dtype.
  View working() const;
  int64_t trained() const { return trained_; }
  int64_t decayed() const { return decayed_; }
  View statistics() const;  // all moving statistics, flat

  // Each trainable parameter and statistic, also before allocate().
  struct Declared {
    std::string name;
    Shape shape;
  };
  std::vector<Declared> declared() const;
  // Each trainable parameter and statistic by name, as a view of its master value.
  struct Named {
    std::string name;
    View value;
    int64_t offset = 0;  // of its first value in the flat buffers
    bool frozen = false, statistic = false;
    bool trained() const { return !frozen && !statistic; }
  };
  std::vector<Named> named() const;
  int64_t trainable_values() const;  // scalars declared with add()
  struct Bytes {
    size_t values, gradients, working;  // values: masters and statistics
  };
  Bytes bytes_by_use() const;
  const Precision& precision() const { return precision_; }

 private:
  struct Entry {
    ParameterSpec spec;
    int64_t offset = 0;  // elements, in the flat buffers
    bool frozen = false;
    Tensor working, gradient;
  };
  struct Statistic {
    std::string name;
    int64_t channels, offset = 0;
    double start;
    Tensor value;
  };
  void lay_out(const std::vector<std::string>& frozen);
  void initialise(uint64_t seed);
  View slice(const std::unique_ptr<Memory>&, int64_t offset, Shape, DType) const;
  View master_of(const Entry&) const;

  Backend& backend_;
  Precision precision_;
  std::vector<Entry> entries_;
  std::vector<Statistic> statistics_;
  int64_t decayed_ = 0, trained_ = 0, total_ = 0, statistic_total_ = 0;
  std::unique_ptr<Memory> master_, gradient_, working_, statistic_memory_;
};

// A trained parameter's values in a flat buffer that is laid out as Parameters::master(); empty
// for others, and in an empty buffer.
View part_of(const View& flat, const Parameters::Named&);

}  // namespace engine
