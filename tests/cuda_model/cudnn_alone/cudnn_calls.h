// cuDNN's graph API by way of a table of its functions, for tests that use it rightly and wrongly.
#pragma once
#include <cudnn_graph.h>

#include <string>
#include <vector>

namespace tests {

using Sizes = std::vector<int64_t>;
using Name = cudnnBackendAttributeName_t;

// The functions of a shared library: the model, or cuDNN itself.
class CudnnCalls {
 public:
  explicit CudnnCalls(const std::string& path);  // std::runtime_error where it cannot be opened

  size_t (*version)();
  const char* (*error_string)(cudnnStatus_t);
  void (*last_error)(char*, size_t);
  cudnnStatus_t (*create)(cudnnHandle_t*);
  cudnnStatus_t (*destroy)(cudnnHandle_t);
  cudnnStatus_t (*set_stream)(cudnnHandle_t, cudaStream_t);
  cudnnStatus_t (*create_descriptor)(cudnnBackendDescriptorType_t, cudnnBackendDescriptor_t*);
  cudnnStatus_t (*destroy_descriptor)(cudnnBackendDescriptor_t);
  cudnnStatus_t (*finalize)(cudnnBackendDescriptor_t);
  cudnnStatus_t (*set)(cudnnBackendDescriptor_t, Name, cudnnBackendAttributeType_t, int64_t,
                       const void*);
  cudnnStatus_t (*get)(cudnnBackendDescriptor_t, Name, cudnnBackendAttributeType_t, int64_t,
                       int64_t*, void*);
  cudnnStatus_t (*execute)(cudnnHandle_t, cudnnBackendDescriptor_t, cudnnBackendDescriptor_t);
};

// Thrown by Made where a call is refused.
struct CudnnRefusal {
  cudnnStatus_t status;
};

// A descriptor that lives as long as this object.
class Made {
 public:
  Made(const CudnnCalls&, cudnnBackendDescriptorType_t);
  ~Made();
  Made(const Made&) = delete;
  Made(Made&& other) noexcept;

  Made& set(Name, cudnnBackendAttributeType_t, int64_t count, const void* values);
  Made& numbers(Name, const Sizes&);
  Made& number(Name name, int64_t v) { return numbers(name, {v}); }
  Made& flag(Name, bool);
  Made& real(Name, float);
  Made& precise(Name, double);
  Made& type(Name, cudnnDataType_t);
  Made& text(Name, const std::string&);
  Made& parts(Name, const std::vector<const Made*>&);
  Made& part(Name name, const Made& v) { return parts(name, {&v}); }
  template <class Enumeration>
  Made& chosen(Name name, cudnnBackendAttributeType_t t, Enumeration v) {
    return set(name, t, 1, &v);
  }
  Made& finalize();
  Sizes read_numbers(Name, size_t most) const;

  cudnnBackendDescriptor_t get() const { return handle_; }
  const CudnnCalls& calls() const { return *calls_; }

 private:
  const CudnnCalls* calls_;
  cudnnBackendDescriptor_t handle_ = nullptr;
};

// A tensor with dimensions N, C, H, W; NHWC in memory unless strides are given.
struct TensorOf {
  int64_t id = 1;
  Sizes dims;
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
  bool is_virtual = false;
  Sizes strides = {};
  int64_t alignment = 16;
};
Sizes nhwc(const Sizes& dims);
Sizes nchw(const Sizes& dims);
Made tensor(const CudnnCalls&, const TensorOf&);

struct ConvolutionOf {
  Sizes pre{0, 0}, post{0, 0}, strides{1, 1}, dilations{1, 1};
};
Made convolution_rule(const CudnnCalls&, const ConvolutionOf&);
enum class Pass { forward, backward_data, backward_filter };
Made convolution(const CudnnCalls&, Pass, const Made& rule, const Made& x, const Made& w,
                 const Made& y, float alpha = 1, float beta = 0);
Made pointwise_rule(const CudnnCalls&, cudnnPointwiseMode_t);
Made pointwise(const CudnnCalls&, const Made& rule, const Made& x, const Made* b, const Made& y);
Made graph(const CudnnCalls&, const std::vector<const Made*>& operations);

}  // namespace tests
