#include "tests/cuda_model/cudnn_alone/cudnn_calls.h"

#include <dlfcn.h>

#include <stdexcept>
#include <utility>

namespace tests {
namespace {

void accept(cudnnStatus_t status) {
  if (status != CUDNN_STATUS_SUCCESS) throw CudnnRefusal{status};
}

struct ConvolutionNames {
  cudnnBackendDescriptorType_t type;
  Name rule, x, w, y, alpha, beta;
};

const ConvolutionNames& names_of(Pass pass) {
  static const ConvolutionNames all[] = {
      {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
       CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
       CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
       CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
       CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA},
      {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA},
      {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
       CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA}};
  return all[int(pass)];
}

}  // namespace

CudnnCalls::CudnnCalls(const std::string& path) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) throw std::runtime_error(dlerror());
  auto find = [&](auto& function, const char* symbol) {
    function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, symbol));
    if (!function) throw std::runtime_error(path + " has no " + symbol);
  };
  find(version, "cudnnGetVersion");
  find(error_string, "cudnnGetErrorString");
  find(last_error, "cudnnGetLastErrorString");
  find(create, "cudnnCreate");
  find(destroy, "cudnnDestroy");
  find(set_stream, "cudnnSetStream");
  find(create_descriptor, "cudnnBackendCreateDescriptor");
  find(destroy_descriptor, "cudnnBackendDestroyDescriptor");
  find(finalize, "cudnnBackendFinalize");
  find(set, "cudnnBackendSetAttribute");
  find(get, "cudnnBackendGetAttribute");
  find(execute, "cudnnBackendExecute");
}

Made::Made(const CudnnCalls& calls, cudnnBackendDescriptorType_t type) : calls_(&calls) {
  accept(calls.create_descriptor(type, &handle_));
}
Made::Made(Made&& other) noexcept
    : calls_(other.calls_), handle_(std::exchange(other.handle_, nullptr)) {}
Made::~Made() {
  if (handle_) calls_->destroy_descriptor(handle_);
}

Made& Made::set(Name name, cudnnBackendAttributeType_t t, int64_t count, const void* values) {
  accept(calls_->set(handle_, name, t, count, values));
  return *this;
}
Made& Made::numbers(Name name, const Sizes& v) {
  return set(name, CUDNN_TYPE_INT64, int64_t(v.size()), v.data());
}
Made& Made::flag(Name name, bool v) { return set(name, CUDNN_TYPE_BOOLEAN, 1, &v); }
Made& Made::real(Name name, float v) { return set(name, CUDNN_TYPE_FLOAT, 1, &v); }
Made& Made::precise(Name name, double v) { return set(name, CUDNN_TYPE_DOUBLE, 1, &v); }
Made& Made::type(Name name, cudnnDataType_t v) { return set(name, CUDNN_TYPE_DATA_TYPE, 1, &v); }
Made& Made::text(Name name, const std::string& v) {
  return set(name, CUDNN_TYPE_CHAR, int64_t(v.size()), v.data());
}
Made& Made::parts(Name name, const std::vector<const Made*>& all) {
  std::vector<cudnnBackendDescriptor_t> handles;
  for (const Made* part : all) handles.push_back(part->handle_);
  return set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, int64_t(handles.size()), handles.data());
}
Made& Made::finalize() {
  accept(calls_->finalize(handle_));
  return *this;
}

Sizes Made::read_numbers(Name name, size_t most) const {
  Sizes values(most);
  int64_t count = 0;
  accept(calls_->get(handle_, name, CUDNN_TYPE_INT64, int64_t(most), &count, values.data()));
  values.resize(size_t(count));
  return values;
}

Sizes nhwc(const Sizes& d) { return {d[1] * d[2] * d[3], 1, d[1] * d[3], d[1]}; }
Sizes nchw(const Sizes& d) { return {d[1] * d[2] * d[3], d[2] * d[3], d[3], 1}; }

Made tensor(const CudnnCalls& calls, const TensorOf& t) {
  Made made(calls, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  made.number(CUDNN_ATTR_TENSOR_UNIQUE_ID, t.id)
      .type(CUDNN_ATTR_TENSOR_DATA_TYPE, t.type)
      .numbers(CUDNN_ATTR_TENSOR_DIMENSIONS, t.dims)
      .numbers(CUDNN_ATTR_TENSOR_STRIDES, t.strides.empty() ? nhwc(t.dims) : t.strides)
      .number(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, t.alignment)
      .flag(CUDNN_ATTR_TENSOR_IS_VIRTUAL, t.is_virtual)
      .finalize();
  return made;
}

Made convolution_rule(const CudnnCalls& calls, const ConvolutionOf& c) {
  Made made(calls, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  made.number(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, 2)
      .type(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
      .chosen(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE,
              CUDNN_CROSS_CORRELATION)
      .numbers(CUDNN_ATTR_CONVOLUTION_DILATIONS, c.dilations)
      .numbers(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, c.strides)
      .numbers(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, c.pre)
      .numbers(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, c.post)
      .finalize();
  return made;
}

Made convolution(const CudnnCalls& calls, Pass pass, const Made& rule, const Made& x, const Made& w,
                 const Made& y, float alpha, float beta) {
  const ConvolutionNames& n = names_of(pass);
  Made made(calls, n.type);
  made.part(n.rule, rule).part(n.x, x).part(n.w, w).part(n.y, y);
  made.real(n.alpha, alpha).real(n.beta, beta).finalize();
  return made;
}

Made pointwise_rule(const CudnnCalls& calls, cudnnPointwiseMode_t mode) {
  Made made(calls, CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  made.chosen(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, mode)
      .type(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
  return made;
}

Made pointwise(const CudnnCalls& calls, const Made& rule, const Made& x, const Made* b,
               const Made& y) {
  Made made(calls, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  made.part(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, rule)
      .part(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x)
      .part(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
  if (b) made.part(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *b);
  made.finalize();
  return made;
}

Made graph(const CudnnCalls& calls, const std::vector<const Made*>& operations) {
  Made made(calls, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  made.parts(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations).finalize();
  return made;
}

}  // namespace tests
