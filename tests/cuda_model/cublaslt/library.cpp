// The functions of cuBLASLt that the engine calls, exported by a shared library of its name.
#include <atomic>
#include <deque>
#include <mutex>

#include "tests/cuda_model/cublaslt/product.h"

using namespace cuda_model;
using namespace cuda_model::cublaslt;

namespace {

std::mutex mutex;
std::atomic<bool> refusing = false;
std::atomic<long> alive = 0;

template <class Work> cublasStatus_t call(Work work) {
  try {
    work();
    return CUBLAS_STATUS_SUCCESS;
  } catch (const Refusal& refusal) {
    return refusal.status;
  }
}

// Objects of one kind, by the pointers that cuBLASLt's users have.
template <class T> struct Objects {
  template <class Pointer> static void make(Pointer* made, const T& object) {
    require(made);
    const std::lock_guard lock(mutex);
    all().push_back(object);
    *made = reinterpret_cast<Pointer>(&all().back());
    ++alive;
  }
  template <class Pointer> static T& at(Pointer pointer, const char* name) {
    require(pointer);
    T* const object = find(pointer);
    expect(object, std::string("no ") + name + " is at this address");
    expect(!object->destroyed, std::string("a ") + name + " is used after it was destroyed");
    return *object;
  }
  template <class Pointer> static void destroy(Pointer pointer, const char* name) {
    if (!pointer) return;
    at(pointer, name).destroyed = true;
    --alive;
  }

 private:
  static T* find(const void* pointer) {
    const std::lock_guard lock(mutex);
    for (T& object : all())
      if (&object == pointer) return &object;
    return nullptr;
  }
  static std::deque<T>& all() {
    static std::deque<T> objects;
    return objects;
  }
};

Handle& checked(cublasLtHandle_t handle) {
  require(handle, CUBLAS_STATUS_NOT_INITIALIZED);
  return Objects<Handle>::at(handle, "handle");
}

const Matrix& layout(cublasLtMatrixLayout_t m) { return Objects<Matrix>::at(m, "layout"); }

Matrices matrices(cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c,
                  cublasLtMatrixLayout_t d) {
  return {layout(a), layout(b), layout(c), layout(d)};
}

const Operation& checked(cublasLtMatmulDesc_t operation, const Matrices& m) {
  const Operation& o = Objects<Operation>::at(operation, "operation");
  check(o, m);
  return o;
}

void queue(const Handle& handle, Product product, cudaStream_t stream) {
  int device = 0;
  cudaGetDevice(&device);
  expect(device == handle.ordinal, "a handle is used on another device");
  check_memory(product);
  require(product.algorithm->fault != Algorithm::Fault::fails, CUBLAS_STATUS_EXECUTION_FAILED);
  const std::string name = std::string("cuBLASLt's algorithm '") + product.algorithm->name + "'";
  const cudaError_t status = enqueue(
      stream, [product = std::move(product)] { compute(product); }, name);
  require(status == cudaSuccess, CUBLAS_STATUS_EXECUTION_FAILED);
}

}  // namespace

extern "C" {

size_t cublasLtGetVersion() { return CUBLAS_VERSION; }

const char* cublasLtGetStatusString(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS:
      return "success";
    case CUBLAS_STATUS_NOT_INITIALIZED:
      return "the library was not initialized";
    case CUBLAS_STATUS_INVALID_VALUE:
      return "an unsupported value or parameter was passed to the function";
    case CUBLAS_STATUS_NOT_SUPPORTED:
      return "the functionality requested is not supported";
    case CUBLAS_STATUS_EXECUTION_FAILED:
      return "the GPU program failed to execute";
    default:
      return "unknown status";
  }
}

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  return call([&] {
    require(handle);
    Handle made;
    require(!refusing && cudaGetDevice(&made.ordinal) == cudaSuccess,
            CUBLAS_STATUS_NOT_INITIALIZED);
    Objects<Handle>::make(handle, made);
  });
}

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  return call([&] { Objects<Handle>::destroy(handle, "handle"); });
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* made, cudaDataType type,
                                          uint64_t rows, uint64_t columns, int64_t leading) {
  return call([&] {
    Objects<Matrix>::make(made, {type, int64_t(rows), int64_t(columns), leading});
  });
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t m) {
  return call([&] { Objects<Matrix>::destroy(m, "layout"); });
}

cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t m,
                                                cublasLtMatrixLayoutAttribute_t name,
                                                const void* value, size_t bytes) {
  return call([&] { set(Objects<Matrix>::at(m, "layout"), name, value, bytes); });
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* made, cublasComputeType_t compute,
                                        cudaDataType_t scale) {
  return call([&] { Objects<Operation>::make(made, {.compute = compute, .scale = scale}); });
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t operation) {
  return call([&] { Objects<Operation>::destroy(operation, "operation"); });
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t operation,
                                              cublasLtMatmulDescAttributes_t name,
                                              const void* value, size_t bytes) {
  return call([&] { set(Objects<Operation>::at(operation, "operation"), name, value, bytes); });
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* made) {
  return call([&] { Objects<Preference>::make(made, {}); });
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  return call([&] { Objects<Preference>::destroy(preference, "preference"); });
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t name,
                                                    const void* value, size_t bytes) {
  return call([&] { set(Objects<Preference>::at(preference, "preference"), name, value, bytes); });
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle,
                                              cublasLtMatmulDesc_t operation,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int wanted,
                                              cublasLtMatmulHeuristicResult_t results[],
                                              int* count) {
  return call([&] {
    checked(handle);
    require(wanted > 0);
    const Matrices m = matrices(a, b, c, d);
    const Operation& o = checked(operation, m);
    const auto found = proposals(o, m, Objects<Preference>::at(preference, "preference"));
    require(!found.empty(), CUBLAS_STATUS_NOT_SUPPORTED);
    *count = std::min(wanted, int(found.size()));
    for (int i = 0; i < *count; ++i) {
      const Algorithm& algorithm = *found[size_t(i)];
      results[i] = {};
      results[i].algo = bytes_of(algorithm, o, m);
      results[i].workspaceSize = algorithm.workspace(m.d);
      results[i].state = algorithm.fault == Algorithm::Fault::refused ? CUBLAS_STATUS_NOT_SUPPORTED
                                                                      : CUBLAS_STATUS_SUCCESS;
    }
  });
}

cublasStatus_t cublasLtMatmulAlgoCheck(cublasLtHandle_t handle, cublasLtMatmulDesc_t operation,
                                       cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                       cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                       const cublasLtMatmulAlgo_t* algo,
                                       cublasLtMatmulHeuristicResult_t* result) {
  return call([&] {
    checked(handle);
    require(algo && result);
    const Matrices m = matrices(a, b, c, d);
    const Algorithm& algorithm = algorithm_of(*algo, checked(operation, m), m);
    require(algorithm.fault != Algorithm::Fault::refused, CUBLAS_STATUS_NOT_SUPPORTED);
    result->workspaceSize = algorithm.workspace(m.d);
    result->state = CUBLAS_STATUS_SUCCESS;
  });
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t operation,
                              const void* alpha, const void* a, cublasLtMatrixLayout_t a_layout,
                              const void* b, cublasLtMatrixLayout_t b_layout, const void* beta,
                              const void* c, cublasLtMatrixLayout_t c_layout, void* d,
                              cublasLtMatrixLayout_t d_layout, const cublasLtMatmulAlgo_t* algo,
                              void* workspace, size_t bytes, cudaStream_t stream) {
  return call([&] {
    const Handle& on = checked(handle);
    require(alpha && beta);
    expect(algo, "a product without an algorithm: heuristics would be asked in every step");
    const Matrices m = matrices(a_layout, b_layout, c_layout, d_layout);
    const Operation& o = checked(operation, m);
    const Algorithm& algorithm = algorithm_of(*algo, o, m);
    require(bytes >= algorithm.workspace(m.d));
    queue(on,
          {o, m.a, m.b, m.c, m.d, *static_cast<const float*>(alpha),
           *static_cast<const float*>(beta), a, b, c, d, workspace, &algorithm},
          stream);
  });
}

// For tests: what was made and not destroyed; and whether no handle can be had.
long cuda_model_cublaslt_alive() { return alive; }
void cuda_model_cublaslt_refuse(bool refuse) { refusing = refuse; }

}  // extern "C"
